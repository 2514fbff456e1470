/**
 * What naive definitions of primitives are written with: tables (row-major), indices, one element at a time.
 * Nothing is shared with kernels or rules.
 */
import type { Shape } from "../../src/array/shape.ts";
import { indicesOf } from "../../library/testing/properties/definition.ts";
import type { Reference, Table } from "../../library/testing/properties/definition.ts";

export type Index = readonly number[];

export { indicesOf };
export type { Reference, Table };

export const size = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);

export const flatIndex = (shape: Shape, index: Index): number =>
  index.reduce((flat, k, axis) => flat * shape[axis]! + k, 0);

export const read = ({ shape, values }: Table, index: Index): number => values[flatIndex(shape, index)]!;

export const isInside = (shape: Shape, index: Index): boolean => index.every((k, axis) => k >= 0 && k < shape[axis]!);

export const sameIndex = (left: Index, right: Index): boolean =>
  left.length === right.length && left.every((k, axis) => k === right[axis]);

export const movement = (define: Reference["define"]): Reference => ({ tolerance: 0, define });

export const sums = (define: Reference["define"]): Reference => ({ tolerance: 1e-12, define });
