/**
 * Shared parts of batching rules: operands with their mapped axis in front, elementwise primitives.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { BatchDim } from "../src/ir/primitive.ts";
import { broadcast, moveAxis } from "./shape.ts";

/** The operand with its mapped axis in front; an unmapped one is repeated `size` times. */
export const batchToFront = (x: NDArray, dim: BatchDim, size: number): NDArray => {
  if (dim !== null) return moveAxis(x, dim, 0);
  const axes = x.shape.map((_, axis) => axis + 1);
  return broadcast(x, { shape: [size, ...x.shape], axes });
};

/** Elementwise primitives: the mapped axis is one more axis, wherever it stands, if all agree on it. */
export const elementwiseBatch =
  <P>(call: (operands: readonly NDArray[], params: P) => NDArray) =>
  (
    inputs: readonly NDArray[],
    dims: readonly BatchDim[],
    params: P,
    { size }: { readonly size: number },
  ): readonly [NDArray, BatchDim] => {
    const first = dims.find((dim) => dim !== null)!;
    if (dims.every((dim) => dim === first)) return [call(inputs, params), first];
    return [
      call(
        inputs.map((x, k) => batchToFront(x, dims[k]!, size)),
        params,
      ),
      0,
    ];
  };
