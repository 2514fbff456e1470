/**
 * Smaller programs that may fail in the same way: first shorter ones, then smaller shapes, numbers last.
 * Every candidate runs and stays tame; what fast-check keeps is up to the law that failed.
 */
import { CotangentError } from "../../../src/error.ts";
import type { NDArray } from "../../../src/array/ndarray.ts";
import { isConcrete } from "../../../src/array/ndarray.ts";
import { isFloat } from "../../../src/array/dtype.ts";
import { sameShape } from "../../../src/array/shape.ts";
import type { Domain, InputSpec } from "../../../src/ir/primitive.ts";
import { drawArray, uniform } from "../chance.ts";
import { elementsOf } from "../comparison.ts";
import { caseFromChoices } from "./program-case.ts";
import { argumentsOf, inputsOf, isTame, lengthOf, pruned, valuesOf } from "./program.ts";
import type {
  ApplyInstruction,
  CallInstruction,
  InputInstruction,
  Instruction,
  Program,
  Vocabulary,
} from "./program.ts";

/** Smaller programs, the boldest first; each of them runs and weighs less, so shrinking ends. */
export function* shrunkPrograms(program: Program, find: Vocabulary): Generator<Program> {
  const weight = weightOf(program);
  for (const candidate of [shorter, smaller, rounder])
    for (const next of candidate(program, find)) {
      const { program: own } = pruned(next);
      if (isLess(weightOf(own), weight) && keepsFactors(own) && isUsable(own, find)) yield own;
    }
}

const solves: ReadonlyMap<string, string> = new Map([
  ["feSolve", "feFactor"],
  ["sparseSolve", "sparseFactor"],
]);
const factors: ReadonlySet<string> = new Set(solves.values());

/** Factors go only into solves with the numbers they were made of: their tangent is zero by convention. */
const keepsFactors = ({ instructions, outputs }: Program): boolean => {
  const isFactor = (k: number): boolean => {
    const own = instructions[k]!;
    return own.kind === "apply" && factors.has(own.primitive);
  };
  const holds = (step: Instruction): boolean => {
    if (step.kind !== "apply" && step.kind !== "call") return true;
    if (step.kind === "call" && !step.programs.every(keepsFactors)) return false;
    if (step.kind !== "apply" || !solves.has(step.primitive)) return !step.operands.some(isFactor);
    const [factor, matrix, ...others] = step.operands;
    const own = instructions[factor!]!;
    const isOwn = own.kind === "apply" && own.primitive === solves.get(step.primitive) && own.operands[0] === matrix;
    return isOwn && ![matrix!, ...others].some(isFactor);
  };
  return instructions.every(holds) && !outputs.some(isFactor);
};

/** Steps, instructions, elements of arguments, choices of samplers, digits: each counts only among equals in those before. */
export const weightOf = (program: Program): readonly number[] => {
  const steps = stepsOf(program);
  const inputs = inputsOf(program);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
  return [
    steps.length,
    lengthOf(program),
    program.outputs.length,
    sum(inputs.map(({ values }) => values.length)),
    sum(steps.flatMap((step) => (step.kind === "apply" ? (step.choices ?? []) : [])).map(Math.abs)),
    sum(inputs.flatMap(({ values }) => values.map((value) => String(value).length))),
  ];
};

/** Applications and calls, inner programs included. */
const stepsOf = ({ instructions }: Program): readonly (ApplyInstruction | CallInstruction)[] =>
  instructions.flatMap((step) =>
    step.kind === "call" ? [step, ...step.programs.flatMap(stepsOf)] : step.kind === "apply" ? [step] : [],
  );

/** Lexicographic order. */
export const isLess = (left: readonly number[], right: readonly number[]): boolean => {
  const k = left.findIndex((value, place) => value !== right[place]);
  return k >= 0 && left[k]! < right[k]!;
};

const isUsable = (program: Program, find: Vocabulary): boolean => {
  try {
    return inputsOf(program).length > 0 && valuesOf(program, argumentsOf(program), find).every(isTame);
  } catch (error) {
    // Types that no longer fit are refused by name; so are values.
    if (error instanceof CotangentError || error instanceof TypeError) return false;
    throw error;
  }
};

// --- Shorter ----------------------------------------------------------------------------------

function* shorter(program: Program, find: Vocabulary): Generator<Program> {
  const { instructions, outputs } = program;
  const values = valuesOf(program, argumentsOf(program), find);
  if (outputs.length > 1) for (const output of outputs) yield { ...program, outputs: [output] };
  if (outputs.length > 2)
    for (let k = 0; k < outputs.length; k++) yield { ...program, outputs: outputs.toSpliced(k, 1) };
  // An earlier value as the only output: everything after it goes.
  for (let k = 0; k < instructions.length; k++)
    if (isStep(instructions[k]!) && !outputs.includes(k)) yield { ...program, outputs: [k] };
  // A value as an argument: everything before it goes.
  for (let k = instructions.length - 1; k >= 0; k--)
    if (isStep(instructions[k]!) && !(outputs.length === 1 && outputs[0] === k))
      yield { ...program, instructions: instructions.with(k, inputLike(values[k]!)) };
  for (let k = 0; k < instructions.length; k++) yield* without(program, k, values);
  for (let k = 0; k < instructions.length; k++) {
    const instruction = instructions[k]!;
    if (instruction.kind !== "call") continue;
    yield* withoutCall(program, k, instruction);
    yield* withShorterInner(program, k, instruction, find);
  }
}

const isStep = ({ kind }: Instruction): boolean => kind === "apply" || kind === "call";

/** An argument that holds a value's numbers. */
const inputLike = (x: NDArray): InputInstruction => {
  const values = isConcrete(x) ? Array.from(elementsOf(x)) : [];
  const domain: Domain = {
    low: values.reduce((least, value) => Math.min(least, value), 0),
    high: values.reduce((most, value) => Math.max(most, value), 0),
  };
  return { kind: "input", shape: x.shape, dtype: x.dtype, domain, values };
};

/** The program with a step replaced by one of its operands of the same type. */
function* without(program: Program, place: number, values: readonly NDArray[]): Generator<Program> {
  const instruction = program.instructions[place]!;
  if (instruction.kind !== "apply" && instruction.kind !== "call") return;
  const own = values[place]!;
  const rename = (k: number, other: number): number => (k === place ? other : k);
  for (const operand of new Set(instruction.operands)) {
    const x = values[operand]!;
    if (x.dtype !== own.dtype || !sameShape(x.shape, own.shape)) continue;
    yield {
      ...program,
      instructions: program.instructions.map((other) =>
        "operands" in other ? { ...other, operands: other.operands.map((k) => rename(k, operand)) } : other,
      ),
      outputs: program.outputs.map((k) => rename(k, operand)),
    };
  }
}

/** The program with the steps of an inner program in the place of the call. */
function* withoutCall(program: Program, place: number, { programs, operands }: CallInstruction): Generator<Program> {
  for (const inner of programs) {
    if (inputsOf(inner).length !== operands.length) continue;
    const steps = inner.instructions.filter(({ kind }) => kind !== "input");
    let [inputs, next] = [0, place];
    const own = inner.instructions.map(({ kind }) => (kind === "input" ? operands[inputs++]! : next++));
    const renamed =
      (rename: (k: number) => number) =>
      (step: Instruction): Instruction =>
        "operands" in step ? { ...step, operands: step.operands.map(rename) } : step;
    const outside = (k: number): number =>
      k < place ? k : k === place ? own[inner.outputs[0]!]! : k + steps.length - 1;
    yield {
      ...program,
      instructions: [
        ...program.instructions.slice(0, place),
        ...steps.map(renamed((k) => own[k]!)),
        ...program.instructions.slice(place + 1).map(renamed(outside)),
      ],
      outputs: program.outputs.map(outside),
    };
  }
}

/** The program with a smaller inner program; operands of arguments that went are dropped where nothing else is needed. */
function* withShorterInner(
  program: Program,
  place: number,
  call: CallInstruction,
  find: Vocabulary,
): Generator<Program> {
  for (const [k, inner] of call.programs.entries())
    for (const next of shorter(inner, find)) {
      const { program: own, keptInputs } = pruned(next);
      if (
        keptInputs.length !== inputsOf(inner).length ||
        keptInputs.includes(false) ||
        lengthOf(own) >= lengthOf(inner)
      )
        continue;
      yield {
        ...program,
        instructions: program.instructions.with(place, { ...call, programs: call.programs.with(k, own) }),
      };
    }
}

// --- Smaller ----------------------------------------------------------------------------------

/** Smaller cases of a program that is one application; otherwise arguments of fewer elements where the types still fit. */
function* smaller(program: Program, find: Vocabulary): Generator<Program> {
  const steps = program.instructions.filter(isStep);
  const [only] = steps;
  if (steps.length === 1 && only!.kind === "apply" && only!.choices !== undefined && only!.drawnBy === undefined)
    yield* smallerCases(only!, find, program);
  for (const [k, instruction] of program.instructions.entries()) {
    if (instruction.kind !== "input") continue;
    for (const [axis, extent] of instruction.shape.entries())
      if (extent > 1) yield* withExtent(program, k, axis, extent);
  }
}

function* smallerCases(step: ApplyInstruction, find: Vocabulary, program: Program): Generator<Program> {
  const choices = step.choices!;
  for (const [k, choice] of choices.entries()) {
    if (choice <= 0) continue;
    for (const less of new Set([0, Math.floor(choice / 2), choice - 1])) {
      const own = choices.with(k, less);
      const drawn = caseFromChoices(find(step.primitive), own);
      const inputs = drawn.inputs.map((spec, place) => freshInput(spec, place));
      const operands = inputs.map((_, place) => place);
      yield {
        ...program,
        instructions: [...inputs, { ...step, operands, params: drawn.params, choices: own }],
        outputs: [inputs.length],
      };
    }
  }
}

const freshInput = (spec: InputSpec, seed: number): InputInstruction => ({
  kind: "input",
  shape: spec.shape,
  dtype: spec.dtype,
  domain: spec.domain,
  values: Array.from(elementsOf(drawArray(uniform(seed), spec))),
});

/** All inputs that share an extent with this axis, cut to one element along it, or this one alone. */
function* withExtent(program: Program, place: number, axis: number, extent: number): Generator<Program> {
  const cut = (instruction: InputInstruction, along: number): InputInstruction => {
    const inner = instruction.shape.slice(along + 1).reduce((product, size) => product * size, 1);
    return {
      ...instruction,
      shape: instruction.shape.with(along, 1),
      values: instruction.values.filter((_, k) => Math.floor(k / inner) % extent === 0),
    };
  };
  yield {
    ...program,
    instructions: program.instructions.map((instruction) => {
      if (instruction.kind !== "input") return instruction;
      const along = instruction.shape.indexOf(extent);
      return along < 0 ? instruction : cut(instruction, along);
    }),
  };
  yield {
    ...program,
    instructions: program.instructions.with(place, cut(program.instructions[place] as InputInstruction, axis)),
  };
}

// --- Rounder ----------------------------------------------------------------------------------

/** Arguments with fewer digits, kept in their domains. */
function* rounder(program: Program): Generator<Program> {
  for (const [k, instruction] of program.instructions.entries()) {
    if (instruction.kind !== "input" || !isFloat(instruction.dtype)) continue;
    for (const digits of [0, 1, 2]) {
      const values = instruction.values.map((value) => Number(value.toFixed(digits)));
      if (values.every((value, i) => value === instruction.values[i])) break;
      if (!values.every((value) => isAllowed(value, instruction.domain))) continue;
      if (instruction.domain.distinct === true && new Set(values).size < values.length) continue;
      yield { ...program, instructions: program.instructions.with(k, { ...instruction, values }) };
      break;
    }
  }
}

const isAllowed = (value: number, { low, high, kinks = [] }: Domain): boolean =>
  value >= low && value <= high && kinks.every((kink) => Math.abs(value - kink) >= 1e-2);
