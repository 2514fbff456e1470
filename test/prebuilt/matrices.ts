/** Stacks of random matrices for the laws of prebuilt factorizations, among them special values. */
import fc from "fast-check";
import { allocate } from "../../src/array/storage.ts";
import type { TypedArray } from "../../src/array/dtype.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import { randomStream } from "../kernels/arrays.ts";

export type FloatType = "float64" | "float32";

export const dtypes: fc.Arbitrary<FloatType> = fc.constantFrom<FloatType>("float64", "float32");
export const leads: fc.Arbitrary<readonly number[]> = fc.constantFrom<readonly number[]>([], [], [1], [3], [2, 2], [0]);

/** Below, at and above tiles of 4; sometimes beyond a panel of 64. */
export const sizes: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 13 }) },
  { weight: 2, arbitrary: fc.integer({ min: 14, max: 50 }) },
  { weight: 1, arbitrary: fc.integer({ min: 62, max: 75 }) },
);

/** One in so many numbers is special; 0 for none. */
export const rarities: fc.Arbitrary<number> = fc.constantFrom(0, 2, 3, 30, 300);
const special = [0, 0, -0, NaN, Infinity, -Infinity, 1, -1, 5e-324, 1e-310, 1e300, -1e300, 3e38, 1e-42];

/** Random numbers in [-1, 1), some of them special. */
export const drawn = (dtype: FloatType, shape: readonly number[], seed: number, rarity: number): ConcreteArray => {
  const next = randomStream(seed);
  const below = (count: number): number => Math.floor(((next() + 1) / 2) * count);
  const number = (): number => (rarity > 0 && below(rarity) === 0 ? special[below(special.length)]! : next());
  return fromBuffer(allocate(dtype, sizeOf(shape)).map(number), [...shape], dtype);
};

/** The same with every element of each matrix changed. */
export const changed = (
  x: ConcreteArray,
  change: (value: number, row: number, column: number) => number,
): ConcreteArray => {
  const [rows, columns] = [x.shape.at(-2)!, x.shape.at(-1)!];
  const values = x.toTypedArray().map((value: number, at: number) => {
    const own = at % (rows * columns);
    return change(value, Math.floor(own / columns), own % columns);
  });
  return fromBuffer(values as TypedArray, x.shape, x.dtype);
};

/** With a diagonal that dominates: definite, and far from singular. */
export const dominant = (x: ConcreteArray): ConcreteArray =>
  changed(x, (value, row, column) => (row === column ? Math.abs(value) + x.shape.at(-1)! + 1 : value));
