/**
 * Random applications of a primitive, drawn from its own `laws`: what every law ranges over.
 * The choices of the sampler come from fast-check, so that failing cases shrink: choices first, numbers are redrawn.
 */
import fc from "fast-check";
import { LawViolation, NotDifferentiable } from "../../../src/error.ts";
import { createArray } from "../../../src/array/create.ts";
import type { DType } from "../../../src/array/dtype.ts";
import { isFloat } from "../../../src/array/dtype.ts";
import { fromBuffer } from "../../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../../src/array/ndarray.ts";
import { avalOf } from "../../../src/ir/aval.ts";
import type { InputSpec, LawCase, Params, Pick, Primitive, TypeOf } from "../../../src/ir/primitive.ts";
import { toList } from "../../../src/ir/primitive.ts";
import { bind } from "../../../src/ir/trace.ts";
import type { Uniform } from "../chance.ts";
import { drawArray, pickFromIntegers, specialValues, uniform } from "../chance.ts";

/** One random application of a primitive. */
export interface Application {
  readonly specs: readonly InputSpec[];
  readonly inputs: readonly ConcreteArray[];
  readonly params: Params;
  /** Which of several outputs is looked at. */
  readonly output: number;
  readonly pick: Pick;
  readonly random: Uniform;
}

/** Whether the primitive says where its cases come from. */
export const hasSample = ({ laws }: Primitive): boolean => "sample" in laws;

/** A case of the primitive's laws; a primitive with a test of its own has none. */
export const sampleOf = (primitive: Primitive, pick: Pick): LawCase<Params> => {
  const { laws } = primitive;
  if (!("sample" in laws))
    throw new LawViolation(
      `a case of ${primitive.name}`,
      `its laws name the test ${laws.testedIn} instead of a sample`,
      "Give laws.sample, which draws inputs and parameters",
    );
  return laws.sample(pick) as LawCase<Params>;
};

export interface RunSettings {
  /** Random cases per law. */
  readonly runs: number;
  /** Seed of fast-check; by default another one each time, and printed. */
  readonly seed?: number | undefined;
}

/** Runs a law on random applications of the primitive; a failure prints seed, path and the smallest case. */
export const forAllApplications = (
  primitive: Primitive,
  { runs, seed: own }: RunSettings,
  law: (application: Application) => void,
): void => {
  const property = fc.property(fc.gen(), fc.integer(), (generate, seed) => {
    const pick = pickFromIntegers((min, max) => generate(fc.integer, { min, max }));
    const { inputs: specs, params } = sampleOf(primitive, pick);
    const random = uniform(seed);
    const inputs = specs.map((spec) => drawArray(random, spec));
    const outputs = typesOf(primitive, inputs, params).length;
    law({ specs, inputs, params, output: outputs > 1 ? pick.integer(0, outputs - 1) : 0, pick, random });
  });
  const details = fc.check(property, {
    numRuns: runs,
    maxSkipsPerRun: 1000,
    ...(own === undefined ? {} : { seed: own }),
  });
  if (!details.failed) return;
  const cause = details.errorInstance;
  throw new LawViolation(
    `a law of ${primitive.name}`,
    `${cause instanceof Error ? cause.message : ""}\n${fc.defaultReportMessage(details)}`,
    "The seed and path above repeat the smallest case",
    { cause },
  );
};

/** Leaves the case out where the claim does not hold. */
export const provided = (claim: boolean): void => fc.pre(claim);

/** A derivative that the rule refuses by name is no case of a law; one that always refuses runs out of cases. */
export const unlessRefused = <T>(derivative: () => T): T => {
  try {
    return derivative();
  } catch (error) {
    fc.pre(!(error instanceof NotDifferentiable));
    throw error;
  }
};

/** The inputs with float64 replaced by another dtype, where the primitive takes it; else as they are. */
export const inAnotherDType = (
  primitive: Primitive,
  inputs: readonly ConcreteArray[],
  params: Params,
  dtype: DType,
): readonly ConcreteArray[] => {
  const cast = inputs.map((x) => (x.dtype === "float64" ? createArray(x, { dtype }) : x));
  try {
    primitive.abstractEval(cast.map(avalOf), params);
    return cast;
  } catch {
    return inputs;
  }
};

/** Some elements replaced by the values where machines differ. */
export const withSpecialValues = (x: ConcreteArray, random: Uniform): ConcreteArray => {
  if (x.dtype === "bool") return x;
  const special = specialValues(x.dtype);
  const buffer = x.toTypedArray();
  for (let k = 0; k < buffer.length; k++)
    if (random() < 0.5) buffer[k] = special[Math.floor(random() * special.length)]!;
  return fromBuffer(buffer, x.shape, x.dtype);
};

export const typesOf = (primitive: Primitive, inputs: readonly NDArray[], params: Params): readonly TypeOf[] =>
  toList(primitive.abstractEval(inputs.map(avalOf), params));

/** Positions of float inputs. */
export const floatPositions = (inputs: readonly NDArray[]): number[] =>
  inputs.flatMap((x, k) => (isFloat(x.dtype) ? [k] : []));

/** A random choice of at least one of the positions. */
export const someOf = (pick: Pick, positions: readonly number[]): number[] => {
  const chosen = pick.subset(positions.length).map((k) => positions[k]!);
  return chosen.length > 0 ? chosen : [pick.oneOf(positions)];
};

/** A function of flat arrays. */
export type ArrayMap = (...inputs: NDArray[]) => NDArray;

/** One output of the primitive as a function of the inputs at `positions`, the others fixed. */
export const asFunction =
  (
    primitive: Primitive,
    {
      inputs,
      params,
      output = 0,
    }: { readonly inputs: readonly NDArray[]; readonly params: Params; readonly output?: number },
    positions: readonly number[] = inputs.map((_, k) => k),
  ): ArrayMap =>
  (...chosen) => {
    const all = [...inputs];
    positions.forEach((position, k) => (all[position] = chosen[k]!));
    return bind(primitive, all, params)[output]!;
  };

/** Inputs as text, for failure messages. */
export const show = (inputs: readonly NDArray[], params: Params): string =>
  ` at ${inputs.map(String).join(", ")} ${JSON.stringify(params, (_key, value: unknown) => (ArrayBuffer.isView(value) ? "..." : value))}`;
