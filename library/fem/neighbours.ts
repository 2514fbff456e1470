/**
 * Sums and differences of neighbours along one axis: what element values are of nodal ones on a regular grid, axis by axis.
 * `spreadAlong` is the transpose of `sumsAlong`. All are linear; axes in front are load cases.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { add, sub } from "../../ops/arithmetic.ts";
import { padZeros, sliceAxis } from "../../ops/slicing.ts";

const following = (x: NDArray, axis: number): NDArray => sliceAxis(x, axis, 1, x.shape[axis]!);
const preceding = (x: NDArray, axis: number): NDArray => sliceAxis(x, axis, 0, x.shape[axis]! - 1);

/** x[k] + x[k + 1], one element fewer. */
export const sumsAlong = (x: NDArray, axis: number): NDArray => add(preceding(x, axis), following(x, axis));

/** x[k + 1] - x[k], one element fewer. */
export const differencesAlong = (x: NDArray, axis: number): NDArray => sub(following(x, axis), preceding(x, axis));

/** x[k - 1] + x[k] with zeros beyond both ends, one element more. */
export const spreadAlong = (x: NDArray, axis: number): NDArray => {
  const padded = (low: number, high: number): NDArray =>
    padZeros(
      x,
      x.shape.map((_, own) => (own === axis ? [low, high, 0] : [0, 0, 0])),
    );
  return add(padded(1, 0), padded(0, 1));
};
