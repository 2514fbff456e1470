/**
 * Directional derivatives by differences: central with two steps, and Richardson's extrapolation in three levels;
 * every element takes whichever is nearest to the value under test. Steps 1e-5, 1e-6 and 4e-3 balance truncation and
 * rounding in float64; single precision needs wider ones.
 */
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { elementsOf, relativeError } from "./comparison.ts";

/** Central steps and the widest level of Richardson's extrapolation. */
export interface Steps {
  readonly central: readonly number[];
  readonly widest: number;
}

export const doubleSteps: Steps = { central: [1e-5, 1e-6], widest: 4e-3 };
export const singleSteps: Steps = { central: [1e-2, 3e-3], widest: 8e-2 };

/** A function of flat arrays with any number of outputs. */
export type FlatMap = (inputs: readonly NDArray[]) => readonly NDArray[];

/** x + scale * direction; a null direction stands still. */
export const movedBy = (x: ConcreteArray, direction: ConcreteArray | null, scale: number): ConcreteArray => {
  if (direction === null) return x;
  const along = elementsOf(direction);
  const buffer = x.toTypedArray().map((value, k) => value + scale * along[k]!);
  return fromBuffer(buffer, x.shape, x.dtype, x.weakType);
};

export type Direction = readonly (ConcreteArray | null)[];

/** Values of `f` at inputs + scale * direction: one list of numbers per output. */
export const valuesAlong = (
  f: FlatMap,
  inputs: readonly ConcreteArray[],
  direction: Direction,
  scale: number,
): readonly ArrayLike<number>[] => f(inputs.map((x, k) => movedBy(x, direction[k]!, scale))).map(elementsOf);

/** Estimates of the directional derivative: for every output, as many numbers per element as there are methods. */
export const differenceEstimates = (
  f: FlatMap,
  inputs: readonly ConcreteArray[],
  direction: Direction,
  steps: Steps = doubleSteps,
): ((output: number, element: number) => readonly number[]) => {
  const central = (step: number): ((output: number, element: number) => number) => {
    const ahead = valuesAlong(f, inputs, direction, step);
    const behind = valuesAlong(f, inputs, direction, -step);
    return (output, k) => (ahead[output]![k]! - behind[output]![k]!) / (2 * step);
  };
  const levels = [steps.widest, steps.widest / 2, steps.widest / 4].map(central);
  const plain = steps.central.map(central);
  return (output, k) => {
    const [wide, middle, narrow] = levels.map((level) => level(output, k)) as [number, number, number];
    const first = (4 * middle - wide) / 3;
    const second = (4 * narrow - middle) / 3;
    return [...plain.map((difference) => difference(output, k)), (16 * second - first) / 15];
  };
};

/** The estimate nearest to a number. */
export const nearestTo = (seen: number, estimates: readonly number[]): number =>
  estimates.reduce((best, estimate) => (relativeError(seen, estimate) < relativeError(seen, best) ? estimate : best));

/** Largest relative error (floor 1) of a tangent against the differences of `f` along the directions. */
export const differenceError = (
  f: (...inputs: ConcreteArray[]) => NDArray,
  inputs: readonly ConcreteArray[],
  directions: Direction,
  tangent: NDArray,
): number => {
  const estimates = differenceEstimates((all) => [f(...(all as ConcreteArray[]))], inputs, directions);
  const seen = elementsOf(tangent);
  let worst = 0;
  for (let k = 0; k < seen.length; k++)
    worst = Math.max(worst, relativeError(seen[k]!, nearestTo(seen[k]!, estimates(0, k))));
  return worst;
};
