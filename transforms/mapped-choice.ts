/**
 * Choices that differ between the examples of a vmap: code that only some examples reach runs for all, on operands that
 * one of those has, so that it meets nothing it would not meet alone.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { select } from "../ops/comparison.ts";
import { stopGradient } from "../ops/conversion.ts";
import { argmax } from "../ops/extrema.ts";
import { gather } from "../ops/indexing.ts";
import { broadcast, reshape } from "../ops/shape.ts";

/** One truth value per example, repeated along all other axes. */
export const spreadMask = (mask: NDArray, shape: readonly number[]): NDArray => broadcast(mask, { shape, axes: [0] });

/** Mapped operands of the examples in the mask; the others get those of example `at`, as constants. */
export const onlyTaken = (operand: NDArray, mask: NDArray, at: NDArray): NDArray => {
  const one = gather(stopGradient(operand), at, { mode: "clip", batchDims: 0 });
  const axes = one.shape.map((_, axis) => axis + 1);
  return select(spreadMask(mask, operand.shape), operand, broadcast(one, { shape: operand.shape, axes }));
};

/** The first example whose number is 1, as an index tuple. */
export const firstOf = (taken: NDArray): NDArray => reshape(argmax(taken, { axis: 0 }), { shape: [1] });
