/**
 * Random programs for users: as a fast-check arbitrary that shrinks programs first, shapes next and numbers last, one by one
 * from a seed, as functions of arrays, and as runnable source.
 */
import fc from "fast-check";
import type { NDArray } from "../../../src/array/ndarray.ts";
import { InvalidOption } from "../../../src/error.ts";
import type { LawCase, Params, Primitive } from "../../../src/ir/primitive.ts";
import { requireOptions } from "../../../src/options.ts";
import { requireRange } from "./arbitraries.ts";
import { hasSample } from "./cases.ts";
import { uniform } from "../chance.ts";
import { vocabularyOf } from "./program-builder.ts";
import { caseFromChoices } from "./program-case.ts";
import { generateProgram as generate, sampledNames } from "./program-generator.ts";
import type { GeneratorSettings } from "./program-generator.ts";
import { shrunkPrograms } from "./program-shrink.ts";
import { sourceOf } from "./program-source.ts";
import { functionOf } from "./program.ts";
import type { OwnPrimitive, Program } from "./program.ts";
import { createQuota } from "./quota.ts";
import type { Quota } from "./quota.ts";

export interface ProgramOptions {
  /** Names of the library's primitives to draw from. Default all that have samples. */
  readonly primitives?: readonly string[];
  /** Primitives of your own, by the name they are exported under, and the module that printed source imports them from. */
  readonly own?: Readonly<Record<string, { readonly primitive: unknown; readonly from: string }>>;
  /** Most applications of primitives and calls. Default 5. */
  readonly maxLength?: number;
  /** How deep jit, vmap, grad and others may hold inner programs. Default 1. */
  readonly depth?: number;
  /** The table that decides which primitive comes next. Default one of its own. */
  readonly quota?: Quota;
}

const programOptionNames = ["primitives", "own", "maxLength", "depth", "quota"];

const recordOf = (asked: string, subject: unknown): Primitive => {
  const record = (typeof subject === "function" ? (subject as { primitive?: unknown }).primitive : subject) as
    | Primitive
    | undefined;
  if (typeof record !== "object" || record === null || !("laws" in record) || !hasSample(record))
    throw new InvalidOption(
      asked,
      "something that is no primitive with laws.sample",
      "Give what definePrimitive returned",
    );
  return record;
};

const settingsOf = (asked: string, options: ProgramOptions): GeneratorSettings => {
  const { maxLength = 5, depth = 1, quota = createQuota(), own } = options;
  requireRange(asked, 1, maxLength, "length");
  requireRange(asked, 0, depth, "depth");
  const records = Object.fromEntries(
    Object.entries(own ?? {}).map(([name, { primitive, from }]): [string, OwnPrimitive] => [
      name,
      { primitive: recordOf(asked, primitive), from },
    ]),
  );
  const { primitives = sampledNames } = options;
  for (const name of primitives)
    if (!sampledNames.includes(name))
      throw new InvalidOption(asked, `primitive "${name}"`, `Known: ${sampledNames.join(", ")}`);
  const names = [...Object.keys(records), ...primitives];
  return { names, own: own === undefined ? undefined : records, maxLength, depth, quota };
};

/**
 * One random program of a seed: plain data, a function of arrays with testing.programFunction, source with testing.printProgram.
 * @example testing.generateProgram({ seed: 3 }).instructions.length > 0 // true
 */
export const generateProgram = (options: ProgramOptions & { readonly seed: number }): Program => {
  requireOptions("testing.generateProgram", options, [...programOptionNames, "seed"], true);
  return generate(settingsOf("testing.generateProgram", options), uniform(options.seed));
};

/** fast-check's form of an arbitrary with a shrinker of its own is a class. */
class ProgramArbitrary extends fc.Arbitrary<Program> {
  readonly #settings: GeneratorSettings;

  constructor(settings: GeneratorSettings) {
    super();
    this.#settings = settings;
  }

  override generate(random: fc.Random): fc.Value<Program> {
    const program = generate(this.#settings, uniform(random.nextInt()));
    return new fc.Value(printable(program), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Program {
    return typeof value === "object" && value !== null && "instructions" in value && "outputs" in value;
  }

  override shrink(program: Program): fc.Stream<fc.Value<Program>> {
    const smaller = shrunkPrograms(program, vocabularyOf(this.#settings.own));
    return fc.stream(smaller).map((next) => new fc.Value(printable(next), undefined));
  }
}

/** fast-check prints a counterexample as source. */
const printable = (program: Program): Program =>
  Object.defineProperty({ ...program }, fc.toStringMethod, {
    value: () => `\n${printProgram(program)}`,
    enumerable: false,
  });

/**
 * The program as a function of its arguments that returns a list of arrays.
 * @example testing.programFunction({ instructions: [{ kind: "input", shape: [], dtype: "float64", domain: { low: 0, high: 1 }, values: [0.5] }], outputs: [0, 0] })(array(2)) // [2, 2]
 */
export const programFunction = (program: Program): ((...inputs: NDArray[]) => NDArray[]) =>
  functionOf(program, vocabularyOf(program.own));

/**
 * The program as a TypeScript module: imports, `inputs`, the function `f`, and a last statement about them.
 * @param statement  what the module does with `inputs` and `f`; by default it prints the results
 * @example testing.printProgram(testing.generateProgram({ seed: 3 })) // import { array } from "cotangent"; ...
 */
export const printProgram = (program: Program, statement = "console.log(String(f(...inputs)));"): string =>
  sourceOf(program, statement);

/**
 * Random programs over the library's primitives, tame by construction, the primitive with the emptiest quota first. A seed of
 * fast-check repeats a run; a path alone does not, for the quota depends on the programs before: the printed source does.
 * @param options  primitives, own, maxLength (5), depth (1), quota
 * @example fc.assert(fc.property(testing.programs({ maxLength: 2 }), (program) => testing.checkProgram(program, { order: 0 }).worst.js === 0), { numRuns: 5, seed: 1 }) // undefined
 */
export const programs = (options: ProgramOptions = {}): fc.Arbitrary<Program> => {
  requireOptions("testing.programs", options, programOptionNames);
  return new ProgramArbitrary(settingsOf("testing.programs", options));
};

/**
 * The case that a primitive's sampler makes of recorded choices: inputs and parameters. Printed programs use it for parameters
 * that cannot be written down.
 * @example testing.caseOf(ops.shape.reshape, [1, 3, 0]).params // { shape: [3] }
 */
export const caseOf = (primitive: unknown, choices: readonly number[]): LawCase<any> =>
  caseFromChoices(recordOf("testing.caseOf", primitive), choices) as LawCase<Params>;
