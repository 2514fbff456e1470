/**
 * What every program must obey: the same result on every back end and under vmap as in a loop, derivatives that are limits of
 * differences, a pullback that pairs. Each law is one call of a public check, so that the printed source repeats it.
 */
import {
  CotangentError,
  GradientMismatch,
  KinkNearPoint,
  LawViolation,
  NotDifferentiable,
} from "../../../src/error.ts";
import { createArray } from "../../../src/array/create.ts";
import { isFloat } from "../../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../../src/array/ndarray.ts";
import type { Backend } from "../../../src/backend/index.ts";
import { requireOptions } from "../../../src/options.ts";
import { jit } from "../../../transforms/jit.ts";
import { drawArray, uniform } from "../chance.ts";
import { checkGradsAgainst } from "../check-grads.ts";
import type { Mode } from "../check-grads.ts";
import { checkJit } from "../check-jit.ts";
import { checkVmap, stacked } from "../check-vmap.ts";
import { elementsOf } from "../comparison.ts";
import { vocabularyOf } from "./program-builder.ts";
import { calls } from "./program-calls.ts";
import { sourceOf, sourceOfArray } from "./program-source.ts";
import type { InputInstruction, Program } from "./program.ts";
import { argumentsOf, functionOf, inputsOf, inSinglePrecision, isTame } from "./program.ts";

export interface CheckProgramOptions {
  /** Back ends compared with eager evaluation. Default wasm, js and interpreter. */
  readonly backends?: readonly Backend[];
  /** Order of derivatives compared with differences; 0 leaves them out. Default 1. */
  readonly order?: 0 | 1 | 2;
  /** Maps and differentiates jit(f), compiled to JavaScript, instead of f. Default false. */
  readonly compiled?: boolean;
  /** Also tries back ends and derivatives in float32, where every primitive takes it. Default false. */
  readonly single?: boolean;
  /** Examples mapped by vmap; 0 leaves it out. Default 3. */
  readonly lanes?: number;
  /** Seed of directions and examples. Default 0. */
  readonly seed?: number;
}

/** What was found. */
export interface ProgramReport {
  /** Largest relative error with floor 1 by law: the back ends, "vmap", and the nests of modes. */
  readonly worst: Readonly<Record<string, number>>;
  /** Laws that could not be judged here, with the reason. */
  readonly skipped: Readonly<Record<string, string>>;
}

interface Law {
  readonly name: string;
  /** Errors by name; a text is the reason why it says nothing. */
  readonly check: () => Readonly<Record<string, number>> | string;
  readonly statement: string;
}

/** The back end that compiles fastest: here it is the rules of jit that are tried. */
const onJs = { backend: "js" } as const;

const subjectText = (compiled: boolean): string => (compiled ? 'jit(f, { backend: "js" })' : "f");

/** A program under test. */
interface Subject {
  readonly program: Program;
  readonly f: (...x: NDArray[]) => NDArray[];
  /** The same in float64, for a program in float32. */
  readonly wide?: (...x: NDArray[]) => NDArray[];
  readonly inputs: readonly ConcreteArray[];
  readonly compiled: boolean;
  readonly seed: number;
}

const backendLaw = (f: (...x: NDArray[]) => NDArray[], inputs: readonly ConcreteArray[], backend: Backend): Law => ({
  name: backend,
  check: () => checkJit(f, inputs, { backends: [backend], otherArgs: inputs }).worst,
  statement: `testing.checkJit(f, inputs, { backends: ["${backend}"], otherArgs: inputs });`,
});

/** Another argument: drawn anew from its domain, or a little beside this one. */
const anotherArgument = (input: InputInstruction, x: ConcreteArray, seed: number, isAnew: boolean): ConcreteArray => {
  const random = uniform(seed);
  if (isAnew) return drawArray(random, input);
  if (!isFloat(x.dtype)) return x;
  return createArray(
    Array.from(elementsOf(x), (value) => value + 1e-3 * (2 * random() - 1)),
    { shape: x.shape, dtype: x.dtype },
  );
};

/** Arguments of one more example: new ones if the program stays tame there, else nearby ones. */
const example = (
  program: Program,
  f: (...x: NDArray[]) => NDArray[],
  inputs: readonly ConcreteArray[],
  seed: number,
): readonly ConcreteArray[] => {
  const draw = (isAnew: boolean): readonly ConcreteArray[] =>
    inputsOf(program).map((input, k) => anotherArgument(input, inputs[k]!, seed + 31 * k, isAnew));
  const anew = draw(true);
  try {
    if (f(...anew).every(isTame)) return anew;
  } catch (error) {
    if (!(error instanceof CotangentError)) throw error;
  }
  return draw(false);
};

const batchLaw = ({ program, f, inputs, compiled, seed }: Subject, lanes: number): Law => {
  const random = uniform(seed);
  const mapped = inputs.map(() => random() < 0.85);
  const inAxes = inputs.map((x, k) =>
    mapped[k]! || (k === 0 && !mapped.includes(true)) ? Math.floor(random() * (x.ndim + 1)) : null,
  );
  const examples = [inputs];
  for (let k = 1; k < lanes; k++) examples.push(example(program, f, inputs, seed + 1009 * k));
  const batched = inputs.map((x, k) =>
    inAxes[k] === null
      ? x
      : stacked(
          examples.map((own) => own[k]!),
          inAxes[k]!,
        ),
  );
  return {
    name: "vmap",
    check: () => ({ vmap: checkVmap(compiled ? jit(f, onJs) : f, batched, { inAxes }).worst }),
    statement: `testing.checkVmap(${subjectText(compiled)}, [\n${batched.map((x) => `  ${sourceOfArray(x)},\n`).join("")}], { inAxes: ${JSON.stringify(inAxes)} });`,
  };
};

/** Modes of differentiation that every call inside has. */
const modesOf = ({ instructions }: Program): readonly Mode[] =>
  instructions.reduce<readonly Mode[]>(
    (modes, instruction) =>
      instruction.kind === "call"
        ? [calls[instruction.call]!.modes, ...instruction.programs.map(modesOf)].reduce(
            (common, own) => common.filter((mode) => own.includes(mode)),
            modes,
          )
        : modes,
    ["forward", "reverse"],
  );

const derivativeLaw = ({ program, f, wide, inputs, compiled, seed }: Subject, order: 1 | 2): Law => {
  const modes = modesOf(program);
  const hasFloats = [inputs, f(...inputs)].every((side) => side.some(({ dtype, size }) => isFloat(dtype) && size > 0));
  // float32 anywhere: judged by the bounds of float32.
  const isNarrowed = [...inputs, ...f(...inputs)].some(({ dtype }) => dtype === "float32");
  return {
    name: "derivatives",
    check: () => {
      if (!hasFloats) return "no float among the arguments, or none among the results";
      if (modes.length === 0) return "one call has forward mode only, another reverse mode only";
      try {
        const g = compiled ? jit(f, onJs) : f;
        const { worst } = checkGradsAgainst(g, wide ?? g, inputs, { order, modes, directions: 1, seed });
        return isNarrowed ? prefixed(worst, "float32 ") : worst;
      } catch (error) {
        if (error instanceof KinkNearPoint) return "a kink near the point";
        if (error instanceof GradientMismatch && error.isUnresolved) return "a slope too steep for differences";
        if (error instanceof NotDifferentiable) return "a primitive refuses its derivative by name";
        throw error;
      }
    },
    statement: `testing.checkGrads(${subjectText(compiled)}, inputs, { order: ${order}, modes: ${JSON.stringify(modes)}, directions: 1, seed: ${seed} });`,
  };
};

const prefixed = (errors: Readonly<Record<string, number>>, prefix: string): Record<string, number> =>
  Object.fromEntries(
    Object.entries(errors).map(([name, error]) => [name.startsWith(prefix) ? name : `${prefix}${name}`, error]),
  );

/**
 * Tries the laws on one program: every back end against eager evaluation, vmap against a loop, derivatives against differences.
 * @param program  a value of testing.programs, or plain data of that form
 * @param options  backends, compiled (false), order (1), single (false), lanes (3), seed (0)
 * @returns the worst errors, and the laws that could not be judged
 * @throws LawViolation whose message holds the program as runnable source, ending in the check that fails
 * @example
 * const program = testing.generateProgram({ seed: 7 });
 * Object.keys(testing.checkProgram(program, { order: 0 }).worst) // ["wasm", "js", "interpreter", "vmap"]
 */
export const checkProgram = (program: Program, options: CheckProgramOptions = {}): ProgramReport => {
  requireOptions("checkProgram", options, ["backends", "compiled", "order", "single", "lanes", "seed"]);
  const { backends = ["wasm", "js", "interpreter"], order = 1, single = false, lanes = 3, seed = 0 } = options;
  const { compiled = false } = options;
  const f = functionOf(program, vocabularyOf(program.own));
  const inputs = argumentsOf(program);
  const laws = [
    ...backends.map((backend) => backendLaw(f, inputs, backend)),
    ...(lanes === 0 ? [] : [batchLaw({ program, f, inputs, compiled, seed }, lanes)]),
    ...(order === 0 ? [] : [derivativeLaw({ program, f, inputs, compiled, seed }, order)]),
  ];
  const worst: Record<string, number> = {};
  const skipped: Record<string, string> = {};
  const tryLaws = (own: Program, list: readonly Law[], prefix: string): void => {
    for (const { name, check, statement } of list) {
      const found = attempt(name, check, () => sourceOf(own, statement));
      if (typeof found === "string") skipped[`${prefix}${name}`] = found;
      else Object.assign(worst, prefixed(found, prefix));
    }
  };
  tryLaws(program, laws, "");
  if (single) {
    const narrow = inSinglePrecision(program);
    if (drawsNumbers(program)) skipped["float32"] = "its random numbers are others in float32";
    else if (runs(narrow)) tryLaws(narrow, singleLaws(narrow, f, backends, seed), "float32 ");
    else skipped["float32"] = "a primitive takes float64 only";
  }
  return { worst, skipped };
};

/** Whether the program, inner ones included, draws random numbers, whose stream depends on the dtype. */
const drawsNumbers = ({ instructions }: Program): boolean =>
  instructions.some((step) =>
    step.kind === "call" ? step.programs.some(drawsNumbers) : step.kind === "apply" && step.primitive === "randomUnit",
  );

/** Whether types and values are what the primitives take. */
const runs = (program: Program): boolean => {
  try {
    return functionOf(program, vocabularyOf(program.own))(...argumentsOf(program)).every(isTame);
  } catch (error) {
    if (error instanceof CotangentError) return false;
    throw error;
  }
};

const singleLaws = (program: Program, wide: Subject["f"], backends: readonly Backend[], seed: number): Law[] => {
  const f = functionOf(program, vocabularyOf(program.own));
  const inputs = argumentsOf(program);
  return [
    ...backends.map((backend) => backendLaw(f, inputs, backend)),
    derivativeLaw({ program, f, wide, inputs, compiled: false, seed }, 1),
  ];
};

const attempt = <T>(name: string, check: () => T, source: () => string): T => {
  try {
    return check();
  } catch (error) {
    throw new LawViolation(
      `a random program, law ${name}`,
      error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      `This program fails in the same way:\n\n${source()}`,
      { cause: error },
    );
  }
};
