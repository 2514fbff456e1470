/**
 * What naive definitions of primitives are written with: tables (row-major), indices, one element at a time.
 * Nothing is shared with kernels or rules.
 */
import type { DType } from "../../src/array/dtype.ts";
import type { Shape } from "../../src/array/shape.ts";

export type Index = readonly number[];

/** An input as the definitions see it. */
export interface Table {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: ArrayLike<number>;
}

/** Shape of the output and its element at an index. */
export interface Definition {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly at: (index: Index) => number;
}

export interface Reference {
  /** Relative error with floor 1 that rounding in another order may cause; 0 for pure movement. */
  readonly tolerance: number;
  readonly define: (inputs: readonly Table[], params: any) => Definition;
}

export const size = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);

/** All indices of a shape in row-major order. */
export const indicesOf = (shape: Shape): Index[] => {
  let all: Index[] = [[]];
  for (const extent of shape) all = all.flatMap((head) => Array.from({ length: extent }, (_, k) => [...head, k]));
  return all;
};

export const flatIndex = (shape: Shape, index: Index): number =>
  index.reduce((flat, k, axis) => flat * shape[axis]! + k, 0);

export const read = ({ shape, values }: Table, index: Index): number => values[flatIndex(shape, index)]!;

export const isInside = (shape: Shape, index: Index): boolean => index.every((k, axis) => k >= 0 && k < shape[axis]!);

export const sameIndex = (left: Index, right: Index): boolean =>
  left.length === right.length && left.every((k, axis) => k === right[axis]);

export const movement = (define: Reference["define"]): Reference => ({ tolerance: 0, define });

export const sums = (define: Reference["define"]): Reference => ({ tolerance: 1e-12, define });
