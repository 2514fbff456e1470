/**
 * Fields made from a phase, inner products, and directional derivatives by differences, for the tests of
 * finite elements and topology optimization. Differences: three-level Richardson from the widest step.
 */
import * as np from "cotangent/numpy";
import type { NDArray } from "cotangent";

export const floats = (x: NDArray): Float64Array => x.toTypedArray() as Float64Array;

/** middle + amplitude * sin(12.9898 (k + 1) + phase): no symmetry, no repetition. */
export const wave = (
  shape: readonly number[],
  phase: number,
  { middle = 0, amplitude = 1 }: { readonly middle?: number; readonly amplitude?: number } = {},
): NDArray => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return np.array(
    Float64Array.from({ length: size }, (_, k) => middle + amplitude * Math.sin(12.9898 * (k + 1) + phase)),
    { shape: [...shape] },
  );
};

export const innerProduct = (x: NDArray, y: NDArray): number => np.vdot(x, y).item();

/** Largest difference, relative to the largest entry of the second. */
export const relativeGap = (seen: NDArray, expected: NDArray): number => {
  const [left, right] = [floats(seen), floats(expected)];
  if (left.length !== right.length) return Infinity;
  const largest = right.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
  const gap = left.reduce(
    (high, value, k) => (Math.abs(value - right[k]!) <= high ? high : Math.abs(value - right[k]!)),
    0,
  );
  return gap === 0 ? 0 : gap / largest;
};

/** Derivative at 0 of a function of one number, and its entries for lists. */
export const derivativeAtZero = (f: (h: number) => number, step = 4e-3): number => {
  const central = (h: number): number => (f(h) - f(-h)) / (2 * h);
  const [wide, middle, narrow] = [central(step), central(step / 2), central(step / 4)];
  const [first, second] = [(4 * middle - wide) / 3, (4 * narrow - middle) / 3];
  return (16 * second - first) / 15;
};

/** The same for a function with values in arrays. */
export const derivativesAtZero = (f: (h: number) => NDArray, step = 4e-3): NDArray => {
  const central = (h: number): NDArray =>
    f(h)
      .sub(f(-h))
      .div(2 * h);
  const [wide, middle, narrow] = [central(step), central(step / 2), central(step / 4)];
  const [first, second] = [middle.mul(4).sub(wide).div(3), narrow.mul(4).sub(middle).div(3)];
  return second.mul(16).sub(first).div(15);
};
