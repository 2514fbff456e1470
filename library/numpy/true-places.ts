/**
 * Where a mask is true, as places of static number: what functions with data-dependent shapes are made of.
 * The k-th place goes to position k by a running count and one scatter: linear time, traceable. Traced, the caller
 * gives `size`; places too many are cut, places missing are out of range and filled when read.
 */
import { DataDependentShape } from "../../src/error.ts";
import { bufferOf, fromBuffer, isConcrete } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { requireShape, sizeOf, stridesOf } from "../../src/array/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { div, full, fullLike, mul, sub, zerosOf } from "../../ops/arithmetic.ts";
import { ge, ne, select } from "../../ops/comparison.ts";
import { asDType } from "../../ops/conversion.ts";
import { cumsum } from "../../ops/cumulative.ts";
import { gather, scatterSet } from "../../ops/indexing.ts";
import { reshape } from "../../ops/shape.ts";

export interface SizeOptions {
  /** How many elements the result has: needed where the values are traced. */
  readonly size?: number;
  /** What stands where the values give fewer. */
  readonly fillValue?: number;
}

export const sizeOptions: readonly string[] = ["size", "fillValue"];

/** The numbers from 0 to length - 1, int32. */
export const counting = (length: number): NDArray =>
  fromBuffer(
    Int32Array.from({ length }, (_, k) => k),
    [length],
    "int32",
  );

/** The array as one axis. */
export const flattened = (x: NDArray): NDArray => (x.ndim === 1 ? x : reshape(x, { shape: [x.size] }));

/** Where elements are not zero (NaN is not). A mask of what is known is known, even while a function is traced. */
export const isNonzero = (x: NDArray): NDArray => {
  if (x.dtype === "bool") return x;
  if (!isConcrete(x)) return ne(x, zerosOf(x.shape, x.dtype));
  return fromBuffer(
    Uint8Array.from(bufferOf(x), (value) => (value === 0 ? 0 : 1)),
    x.shape,
    "bool",
  );
};

/** Index tuples from their columns: shape [rows, columns]. */
export const indexColumns = (...columns: readonly (readonly number[])[]): NDArray => {
  const rows = columns[0]!.length;
  const flat = Int32Array.from(
    { length: rows * columns.length },
    (_, k) => columns[k % columns.length]![Math.floor(k / columns.length)]!,
  );
  return fromBuffer(flat, [rows, columns.length], "int32");
};

/**
 * Positions of the true elements of a mask in row-major order: int32 [size], the number of elements where there are fewer.
 * @throws DataDependentShape for a traced mask without a size
 */
export const truePlaces = (asked: string, mask: NDArray, size?: number): NDArray => {
  const length = mask.size;
  if (size !== undefined) requireShape(`${asked} with size`, [size]);
  if (isConcrete(mask)) {
    const places: number[] = [];
    bufferOf(mask).forEach((value, k) => {
      if (value !== 0) places.push(k);
    });
    const count = size ?? places.length;
    return fromBuffer(
      Int32Array.from({ length: count }, (_, k) => places[k] ?? length),
      [count],
      "int32",
    );
  }
  if (size === undefined)
    throw new DataDependentShape(
      asked,
      `how many elements of ${showAval(mask)} hold is not known while it is traced`,
      "Give { size }, and fillValue for what is left over, or call it outside of the transformed function",
    );
  const line = flattened(mask);
  const rank = sub(cumsum(asDType(line, "int32"), { axis: 0, reverse: false }), full(1, [length], "int32"));
  const target = select(line, rank, full(-1, [length], "int32"));
  return scatterSet(full(length, [size], "int32"), reshape(target, { shape: [length, 1] }), counting(length), {
    mode: "drop",
    batchDims: 0,
  });
};

/** Rows of x along its first axis at places; `fillValue` where a place is out of range. */
export const rowsAt = (x: NDArray, places: NDArray, fillValue: number): NDArray =>
  gather(x, reshape(places, { shape: [...places.shape, 1] }), { mode: "fill", batchDims: 0, fillValue });

/** Index along every axis of a shape from the row-major position; `fill` of an axis where the position is beyond the last. */
export const unraveled = (places: NDArray, shape: Shape, fill: (axis: number) => number): NDArray[] => {
  const size = sizeOf(shape);
  return stridesOf(shape).map((stride, axis) => {
    const [step, extent] = [Math.max(1, stride), Math.max(1, shape[axis]!)];
    if (isConcrete(places)) {
      const along = Int32Array.from(bufferOf(places), (place) =>
        place >= size ? fill(axis) : Math.floor(place / step) % extent,
      );
      return fromBuffer(along, places.shape, "int32");
    }
    const steps = div(places, fullLike(step, places));
    const index = sub(steps, mul(div(steps, fullLike(extent, places)), fullLike(extent, places)));
    return select(ge(places, fullLike(size, places)), fullLike(fill(axis), index), index);
  });
};
