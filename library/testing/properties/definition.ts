/**
 * Independent definitions of primitives, one element at a time on tables of numbers: what `evaluate` is compared with.
 * Nothing is shared with kernels or rules.
 */
import { allocate } from "../../../src/array/storage.ts";
import type { DType } from "../../../src/array/dtype.ts";
import { fromBuffer } from "../../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../../src/array/ndarray.ts";
import type { Shape } from "../../../src/array/shape.ts";
import { elementsOf } from "../comparison.ts";

/** An input as definitions see it: elements in row-major order. */
export interface Table {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: ArrayLike<number>;
}

/** Shape of the output and its element at an index. */
export interface Definition {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly at: (index: readonly number[]) => number;
}

/** The definition of a primitive's first output, and how far rounding may take it. */
export interface Reference {
  /** Relative error with floor 1 that rounding in another order may cause; 0 for pure movement. */
  readonly tolerance: number;
  readonly define: (inputs: readonly Table[], params: any) => Definition;
}

/** All indices of a shape in row-major order. */
export const indicesOf = (shape: Shape): (readonly number[])[] => {
  let all: (readonly number[])[] = [[]];
  for (const extent of shape) all = all.flatMap((head) => Array.from({ length: extent }, (_, k) => [...head, k]));
  return all;
};

const tableOf = (x: ConcreteArray): Table => ({ shape: x.shape, dtype: x.dtype, values: elementsOf(x) });

/** The definition evaluated at every index, stored in its dtype (integers wrap). */
export const tabulate = ({ define }: Reference, inputs: readonly ConcreteArray[], params: object): ConcreteArray => {
  const { shape, dtype, at } = define(inputs.map(tableOf), params);
  const all = indicesOf(shape);
  const out = allocate(dtype, all.length);
  all.forEach((index, k) => (out[k] = at(index)));
  return fromBuffer(out, shape, dtype);
};
