/**
 * fast-check arbitraries: shapes, dtypes, arrays, trees of arrays, axes, and shapes that broadcast.
 * What fails shrinks to smaller shapes first, to simpler numbers last.
 */
import fc from "fast-check";
import { createArray } from "../../../src/array/create.ts";
import type { DType } from "../../../src/array/dtype.ts";
import { dtypes as allDTypes } from "../../../src/array/dtype.ts";
import type { NDArray } from "../../../src/array/ndarray.ts";
import type { Shape } from "../../../src/array/shape.ts";
import { sizeOf } from "../../../src/array/shape.ts";
import { showValue } from "../../../src/describe.ts";
import { InvalidOption } from "../../../src/error.ts";
import { requireOptions } from "../../../src/options.ts";
import { specialValues } from "../chance.ts";

export interface ShapeOptions {
  readonly minRank?: number;
  readonly maxRank?: number;
  readonly minSize?: number;
  readonly maxSize?: number;
}

const shapeOptionNames = ["minRank", "maxRank", "minSize", "maxSize"];

export const requireRange = (asked: string, low: number, high: number, name: string): void => {
  if (!(Number.isInteger(low) && Number.isInteger(high) && low >= 0 && low <= high))
    throw new InvalidOption(asked, `${name} from ${low} to ${high}`, "Give whole numbers, the smaller first");
};

/**
 * Shapes; they shrink to fewer axes and smaller extents.
 * @param options  minRank (0), maxRank (3), minSize (0) and maxSize (4) of every axis
 * @example fc.sample(testing.shapes({ minRank: 2, maxRank: 2 }), { numRuns: 1, seed: 1 })[0].length // 2
 */
export const shapes = (options: ShapeOptions = {}): fc.Arbitrary<number[]> => {
  requireOptions("testing.shapes", options, shapeOptionNames);
  const { minRank = 0, maxRank = 3, minSize = 0, maxSize = 4 } = options;
  requireRange("testing.shapes", minRank, maxRank, "rank");
  requireRange("testing.shapes", minSize, maxSize, "size");
  return fc.array(fc.integer({ min: minSize, max: maxSize }), { minLength: minRank, maxLength: maxRank });
};

/**
 * Element types, float64 first.
 * @param among  the types to draw from; all five by default
 * @example fc.sample(testing.dtypes(["int32"]), 1) // ["int32"]
 */
export const dtypes = (among: readonly DType[] = allDTypes): fc.Arbitrary<DType> => fc.constantFrom(...among);

export interface ArrayArbitraryOptions {
  /** Shape, or where it is drawn from. Default shapes(). */
  readonly shape?: Shape | fc.Arbitrary<Shape>;
  /** Element type, or where it is drawn from. Default float64. */
  readonly dtype?: DType | fc.Arbitrary<DType>;
  /** "ordinary": moderate numbers; "special": also NaN, infinities, -0, subnormals and the ends of the integers; or an arbitrary of numbers. Default ordinary. */
  readonly values?: "ordinary" | "special" | fc.Arbitrary<number>;
}

const ordinary = (dtype: DType): fc.Arbitrary<number> => {
  if (dtype === "bool") return fc.integer({ min: 0, max: 1 });
  if (dtype === "uint32") return fc.integer({ min: 0, max: 9 });
  if (dtype === "int32") return fc.integer({ min: -9, max: 9 });
  return fc.double({ min: -4, max: 4, noNaN: true });
};

const numbersFor = (dtype: DType, values: NonNullable<ArrayArbitraryOptions["values"]>): fc.Arbitrary<number> => {
  if (values === "ordinary") return ordinary(dtype);
  if (values === "special") return fc.oneof(ordinary(dtype), fc.constantFrom(...specialValues(dtype)));
  return values;
};

const orConstant = <T>(value: T | fc.Arbitrary<T>): fc.Arbitrary<T> =>
  value instanceof fc.Arbitrary ? value : fc.constant(value);

/**
 * Arrays; they shrink to smaller shapes, then to simpler numbers.
 * @param options  shape, dtype, values: each a value or an arbitrary
 * @example fc.sample(testing.arrays({ shape: [2, 3], dtype: "float32" }), 1)[0].shape // [2, 3]
 */
export const arrays = (options: ArrayArbitraryOptions = {}): fc.Arbitrary<NDArray> => {
  requireOptions("testing.arrays", options, ["shape", "dtype", "values"]);
  const { shape = shapes() as fc.Arbitrary<Shape>, dtype = "float64", values = "ordinary" } = options;
  if (typeof values === "string" && values !== "ordinary" && values !== "special")
    throw new InvalidOption(
      "testing.arrays",
      `values ${showValue(values)}`,
      'Give "ordinary", "special" or an arbitrary',
    );
  return fc.tuple(orConstant<Shape>(shape), orConstant<DType>(dtype)).chain(([ownShape, ownDType]) => {
    const size = sizeOf(ownShape);
    return fc
      .array(numbersFor(ownDType, values), { minLength: size, maxLength: size, size: "max" })
      .map((numbers): NDArray => createArray(numbers, { shape: [...ownShape], dtype: ownDType }));
  });
};

/** A tree as the transforms take it. */
export type ArrayTree = NDArray | null | readonly ArrayTree[] | { readonly [key: string]: ArrayTree };

/**
 * Trees of arrays: lists, objects and null around leaves drawn from `leaf`.
 * @param leaf  arbitrary of the leaves; arrays() by default
 * @example tree.flatten(fc.sample(testing.trees(testing.arrays({ shape: [2] })), { numRuns: 1, seed: 5 })[0]).leaves.every((x) => x.size === 2) // true
 */
export const trees = (leaf: fc.Arbitrary<NDArray> = arrays()): fc.Arbitrary<ArrayTree> =>
  fc.letrec<{ node: ArrayTree }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.constant(null),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "weight", "bias"), tie("node"), { maxKeys: 3 }),
    ),
  })).node;

/**
 * Axes of an array of a rank, counted from the front or from the end; a rank of 0 has none.
 * @example fc.sample(testing.axes(1), 20).every((axis) => axis === 0 || axis === -1) // true
 */
export const axes = (rank: number): fc.Arbitrary<number> => {
  if (!(Number.isInteger(rank) && rank >= 1))
    throw new InvalidOption("testing.axes", `rank ${rank}`, "Give a positive whole number: a scalar has no axes");
  return fc.integer({ min: -rank, max: rank - 1 });
};

/**
 * Pairs of shapes that broadcast to one: axes of one are 1, or missing at the front.
 * @param options  as for shapes, of the common shape
 * @example fc.sample(testing.broadcastableShapes(), 50).every(([left, right]) => np.add(np.zeros(left), np.zeros(right)).ndim === Math.max(left.length, right.length)) // true
 */
export const broadcastableShapes = (options: ShapeOptions = {}): fc.Arbitrary<[number[], number[]]> =>
  shapes(options).chain((common) => {
    const own = fc
      .tuple(fc.nat(common.length), fc.array(fc.boolean(), { minLength: common.length, maxLength: common.length }))
      .map(([dropped, stretched]) => common.map((extent, axis) => (stretched[axis]! ? 1 : extent)).slice(dropped));
    return fc.tuple(own, own);
  });
