/**
 * Programs as plain data: a list of instructions, each giving one value from earlier ones. They can be run as functions of
 * arrays, printed as source (program-source.ts), drawn at random (program-generator.ts) and made smaller (program-shrink.ts).
 * Inner programs, as those of grad, vmap or scan, are held by instructions of kind "call".
 */
import { LawViolation } from "../../../src/error.ts";
import { createArray } from "../../../src/array/create.ts";
import type { DType } from "../../../src/array/dtype.ts";
import { isFloat } from "../../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../../src/array/ndarray.ts";
import type { Shape } from "../../../src/array/shape.ts";
import type { Domain, Params, Primitive } from "../../../src/ir/primitive.ts";
import { bind } from "../../../src/ir/trace.ts";
import { elementsOf } from "../comparison.ts";
import { calls } from "./program-calls.ts";

/** An argument of the program: its type, the domain other arguments are drawn from, and the numbers of this case. */
export interface InputInstruction {
  readonly kind: "input";
  readonly shape: Shape;
  readonly dtype: DType;
  readonly domain: Domain;
  readonly values: readonly number[];
}

/** An array that the program closes over. */
export interface ConstantInstruction {
  readonly kind: "constant";
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: readonly number[];
}

/** One output of a primitive. */
export interface ApplyInstruction {
  readonly kind: "apply";
  readonly primitive: string;
  readonly operands: readonly number[];
  readonly params: Params;
  readonly output: number;
  /** How many outputs the primitive has here. */
  readonly outputs: number;
  /** Numbers the primitive's sampler drew, where its case came from there. */
  readonly choices?: readonly number[];
  /** The primitive whose sampler made the parameters, if not its own. */
  readonly drawnBy?: string;
}

/** A transform or control flow over inner programs: see program-calls.ts for the names. */
export interface CallInstruction {
  readonly kind: "call";
  readonly call: string;
  readonly programs: readonly Program[];
  readonly operands: readonly number[];
  /** Plain settings of the call, such as mapped axes. */
  readonly settings: Readonly<Record<string, number | readonly (number | null)[]>>;
}

export type Instruction = InputInstruction | ConstantInstruction | ApplyInstruction | CallInstruction;

/** Instructions in order, and which of their values are returned. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly outputs: readonly number[];
  /** Primitives that the library's families do not hold, by name. */
  readonly own?: Readonly<Record<string, OwnPrimitive>>;
}

/** A primitive of the user's: what definePrimitive returned, and the module it is imported from in printed source. */
export interface OwnPrimitive {
  readonly primitive: Primitive;
  /** Module specifier for the printed source, such as "./softsign.ts". */
  readonly from: string;
}

/** Primitives by name; the generator, the interpreter and the printer share one. */
export type Vocabulary = (name: string) => Primitive;

export const inputsOf = ({ instructions }: Program): readonly InputInstruction[] =>
  instructions.filter((instruction) => instruction.kind === "input");

export const arrayOf = ({ values, shape, dtype }: InputInstruction | ConstantInstruction): ConcreteArray =>
  createArray([...values], { shape, dtype });

/** The arguments of this case. */
export const argumentsOf = (program: Program): readonly ConcreteArray[] => inputsOf(program).map(arrayOf);

/** All values of a program, one per instruction. */
export const valuesOf = (program: Program, inputs: readonly NDArray[], find: Vocabulary): readonly NDArray[] => {
  const values: NDArray[] = [];
  let next = 0;
  for (const instruction of program.instructions)
    values.push(instruction.kind === "input" ? inputs[next++]! : valueOf(instruction, values, find));
  return values;
};

/** Value of one instruction after those before it. */
export const valueOf = (
  instruction: Exclude<Instruction, InputInstruction>,
  values: readonly NDArray[],
  find: Vocabulary,
): NDArray => {
  if (instruction.kind === "constant") return arrayOf(instruction);
  const operands = instruction.operands.map((k) => values[k]!);
  if (instruction.kind === "apply")
    return bind(find(instruction.primitive), operands, instruction.params)[instruction.output]!;
  const call = calls[instruction.call];
  if (call === undefined)
    throw new LawViolation("a program", `call "${instruction.call}"`, `Known: ${Object.keys(calls).join(", ")}`);
  return call.run(
    instruction.programs.map((program) => functionOf(program, find)),
    operands,
    instruction.settings,
  );
};

/** The program as a function of its arguments that gives a list of arrays. */
export const functionOf =
  (program: Program, find: Vocabulary) =>
  (...inputs: NDArray[]): NDArray[] => {
    const values = valuesOf(program, inputs, find);
    return program.outputs.map((k) => values[k]!);
  };

/** Values this large make differences of them useless. */
const tameBound = 1e4;

/** Finite floats of moderate size: what programs are kept in. */
export const isTame = (x: NDArray): boolean => {
  if (!isFloat(x.dtype)) return true;
  const elements = elementsOf(x);
  for (let k = 0; k < elements.length; k++) if (!(Math.abs(elements[k]!) <= tameBound)) return false;
  return true;
};

/** Names of the primitives a program applies, inner programs included. */
export const primitivesOf = ({ instructions }: Program): readonly string[] =>
  instructions.flatMap((instruction) =>
    instruction.kind === "apply"
      ? [instruction.primitive]
      : instruction.kind === "call"
        ? instruction.programs.flatMap(primitivesOf)
        : [],
  );

/** Number of instructions, inner programs included: what shrinking reduces first. */
export const lengthOf = ({ instructions }: Program): number =>
  instructions.reduce(
    (sum, instruction) =>
      sum +
      1 +
      (instruction.kind === "call" ? instruction.programs.reduce((all, inner) => all + lengthOf(inner), 0) : 0),
    0,
  );

/** Without instructions that no output needs. `keep` tells which inputs are left. */
export const pruned = (program: Program): { readonly program: Program; readonly keptInputs: readonly boolean[] } => {
  const { instructions, outputs } = program;
  const needed = new Set(outputs);
  for (let k = instructions.length - 1; k >= 0; k--) {
    const instruction = instructions[k]!;
    if (!needed.has(k) || instruction.kind === "input" || instruction.kind === "constant") continue;
    for (const operand of instruction.operands) needed.add(operand);
  }
  const place = new Map<number, number>();
  instructions.forEach((_, k) => {
    if (needed.has(k)) place.set(k, place.size);
  });
  const kept = instructions.flatMap((instruction, k): Instruction[] => {
    if (!needed.has(k)) return [];
    if (instruction.kind === "input" || instruction.kind === "constant") return [instruction];
    return [{ ...instruction, operands: instruction.operands.map((operand) => place.get(operand)!) }];
  });
  return {
    program: { ...program, instructions: kept, outputs: outputs.map((k) => place.get(k)!) },
    keptInputs: instructions.flatMap(({ kind }, k) => (kind === "input" ? [needed.has(k)] : [])),
  };
};

/** float64 replaced by float32 in arguments, constants and parameters, inner programs included. */
export const inSinglePrecision = (program: Program): Program => ({
  ...program,
  instructions: program.instructions.map((instruction): Instruction => {
    if (instruction.kind === "call") return { ...instruction, programs: instruction.programs.map(inSinglePrecision) };
    if (instruction.kind === "apply") return { ...instruction, params: singleParams(instruction.params) };
    if (instruction.dtype !== "float64") return instruction;
    return { ...instruction, dtype: "float32", values: instruction.values.map(Math.fround) };
  }),
});

const singleParams = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).map(([key, value]) => [key, value === "float64" ? "float32" : value]));
