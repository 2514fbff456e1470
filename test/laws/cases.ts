/**
 * What the generated laws share: the primitives they range over, random cases drawn from a primitive's own
 * `laws` (choices shrink first, numbers last), and comparison of arrays with an error that names the place.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { families } from "../../ops/families.ts";
import { createArray } from "../../src/array/create.ts";
import type { DType } from "../../src/array/dtype.ts";
import { isFloat } from "../../src/array/dtype.ts";
import { NotDifferentiable } from "../../src/error.ts";
import { bufferOf, fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { sizeOf } from "../../src/array/shape.ts";
import { avalOf } from "../../src/ir/aval.ts";
import type { InputSpec, LawCase, Params, Pick, Primitive, TypeOf } from "../../src/ir/primitive.ts";
import { toList } from "../../src/ir/primitive.ts";
import { bind } from "../../src/ir/trace.ts";
import { pickFrom } from "../ops/linear-rules.ts";
import { drawArray, uniform } from "../ops/sampling.ts";

export const allPrimitives: readonly Primitive[] = Object.values(families).flat();

/** Primitives with laws to draw from, by name: rows of describe.each. */
export const sampled: readonly (readonly [name: string, primitive: Primitive])[] = allPrimitives
  .filter((primitive) => "sample" in primitive.laws)
  .map((primitive) => [primitive.name, primitive]);

/** One random application of a primitive. */
export interface Application {
  readonly specs: readonly InputSpec[];
  readonly inputs: readonly ConcreteArray[];
  readonly params: Params;
  readonly pick: Pick;
  readonly random: () => number;
}

/** Runs a law on random applications of the primitive; fast-check prints seed and smallest case. */
export const forAllApplications = (
  primitive: Primitive,
  numRuns: number,
  law: (application: Application) => void,
): void => {
  fc.assert(
    fc.property(fc.gen(), fc.integer(), (generate, seed) => {
      const pick = pickFrom(generate);
      const { laws } = primitive;
      if (!("sample" in laws)) throw new Error(`${primitive.name} has no sample`);
      const { inputs: specs, params } = laws.sample(pick) as LawCase<Params>;
      const random = uniform(seed);
      law({ specs, inputs: specs.map((spec) => drawArray(random, spec)), params, pick, random });
    }),
    { numRuns, maxSkipsPerRun: 1000 },
  );
};

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

const specialFloats = [NaN, Infinity, -Infinity, -0, 0, 5e-324, -1e308, 1.5];
const specialIntegers = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1, 2 ** 31, 12345];

/** Some elements replaced by the values where machines differ: NaN, infinities, -0, subnormals, the ends of the integers. */
export const withSpecialValues = (x: ConcreteArray, random: () => number): ConcreteArray => {
  if (x.dtype === "bool") return x;
  const special = isFloat(x.dtype) ? specialFloats : specialIntegers;
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

/** The primitive as a function of the inputs at `positions`, the others fixed. */
export const asFunction =
  (
    primitive: Primitive,
    inputs: readonly NDArray[],
    params: Params,
    positions: readonly number[] = inputs.map((_, k) => k),
  ) =>
  (...chosen: NDArray[]): NDArray => {
    const all = [...inputs];
    positions.forEach((position, k) => (all[position] = chosen[k]!));
    return bind(primitive, all, params)[0]!;
  };

/** Uniform numbers in [-1, 1]. */
export const directionLike = (random: () => number, shape: Shape, dtype: DType = "float64"): ConcreteArray =>
  createArray(
    Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1),
    { shape, dtype },
  );

export const elementsOf = (x: NDArray): ArrayLike<number> => bufferOf(x as ConcreteArray);

export const innerProduct = (x: NDArray, y: NDArray): number => {
  const [left, right] = [elementsOf(x), elementsOf(y)];
  let sum = 0;
  for (let k = 0; k < left.length; k++) sum += left[k]! * right[k]!;
  return sum;
};

/** |seen - wanted| / max(1, |wanted|); zero for values that are the same, NaN included. */
export const relativeError = (seen: number, wanted: number): number =>
  Object.is(seen, wanted) || seen === wanted ? 0 : Math.abs(seen - wanted) / Math.max(1, Math.abs(wanted));

/** Same shape and dtype, every element within the relative error (floor 1); 0 demands the same bits. */
export const expectSame = (seen: NDArray, wanted: NDArray, tolerance = 0): void => {
  expect({ shape: seen.shape, dtype: seen.dtype }).toEqual({ shape: wanted.shape, dtype: wanted.dtype });
  const [left, right] = [elementsOf(seen), elementsOf(wanted)];
  expect(left.length).toBe(sizeOf(wanted.shape));
  for (let k = 0; k < left.length; k++) {
    if (Object.is(left[k], right[k])) continue;
    const error = Math.abs(left[k]! - right[k]!) / Math.max(1, Math.abs(right[k]!));
    if (!(tolerance > 0 && error <= tolerance))
      expect.fail(`element ${k} of ${seen.toString()} is ${left[k]} where ${right[k]} is wanted (error ${error})`);
  }
};

/** Inputs as text, for failure messages. */
export const show = (inputs: readonly NDArray[], params: Params): string =>
  `${inputs.map(String).join(", ")} ${JSON.stringify(params, (_key, value: unknown) => (ArrayBuffer.isView(value) ? "..." : value))}`;
