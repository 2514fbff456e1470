/**
 * Directional derivatives by differences: central with h = 1e-5 and 1e-6, and Richardson's extrapolation in
 * three levels from 4e-3; every element takes whichever is nearest to the value under test.
 */
import { createArray } from "../../src/array/create.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { elementsOf, relativeError } from "./cases.ts";

/** x + scale * direction; a null direction stands still. */
export const movedBy = (x: ConcreteArray, direction: ConcreteArray | null, scale: number): ConcreteArray => {
  if (direction === null) return x;
  const along = elementsOf(direction);
  return createArray(
    Array.from(elementsOf(x), (value, k) => value + scale * along[k]!),
    { shape: x.shape, dtype: x.dtype },
  );
};

/** Largest relative error (floor 1) of a tangent against the differences of `f` along the directions. */
export const differenceError = (
  f: (...inputs: ConcreteArray[]) => NDArray,
  inputs: readonly ConcreteArray[],
  directions: readonly (ConcreteArray | null)[],
  tangent: NDArray,
): number => {
  const central = (step: number): number[] => {
    const ahead = elementsOf(f(...inputs.map((x, k) => movedBy(x, directions[k]!, step))));
    const behind = elementsOf(f(...inputs.map((x, k) => movedBy(x, directions[k]!, -step))));
    return Array.from(ahead, (value, k) => (value - behind[k]!) / (2 * step));
  };
  const levels = [4e-3, 2e-3, 1e-3].map(central);
  const seen = elementsOf(tangent);
  const [coarse, fine] = [central(1e-5), central(1e-6)];
  let worst = 0;
  for (let k = 0; k < seen.length; k++) {
    const [wide, middle, narrow] = levels.map((level) => level[k]!) as [number, number, number];
    const first = (4 * middle - wide) / 3;
    const second = (4 * narrow - middle) / 3;
    const estimates = [coarse[k]!, fine[k]!, (16 * second - first) / 15];
    worst = Math.max(worst, Math.min(...estimates.map((estimate) => relativeError(seen[k]!, estimate))));
  }
  return worst;
};
