/**
 * What reductions, searches and running quantities share: their options, axes and masks. Not exported to users.
 */
import { ShapeMismatch } from "../../src/error.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { broadcastShapes, normalizeAxes, normalizeAxis, sameShape, showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { fullLike, zerosOf } from "../../ops/arithmetic.ts";
import { ne, select } from "../../ops/comparison.ts";
import type { CumulativeParams } from "../../ops/cumulative.ts";
import { reshape } from "../../ops/shape.ts";
import type { Operand } from "./operand.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";

export interface ReductionOptions {
  /** Axes to reduce, negative from the end; null (default) reduces all. */
  readonly axis?: number | readonly number[] | null;
  /** Reduced axes stay with size 1. */
  readonly keepdims?: boolean;
}

export interface MaskedOptions extends ReductionOptions {
  /** The elements that count (nonzero); broadcasts to x. Default: all. */
  readonly where?: Operand;
}

const reductionOptions: readonly string[] = ["axis", "keepdims"];

/** Applies a reduction of axes after checking the options; `known` are those it takes. */
export const reduceWith = (
  asked: string,
  x: NDArray,
  options: ReductionOptions | undefined,
  call: (x: NDArray, axes: readonly number[]) => NDArray,
  known: readonly string[] = [],
): NDArray => {
  requireOptions(asked, options, [...reductionOptions, ...known]);
  const axes = normalizeAxes(asked, options?.axis, x.ndim);
  const reduced = call(x, axes);
  if (options?.keepdims !== true) return reduced;
  return reshape(reduced, { shape: keptShape(x.shape, axes) });
};

/** The shape with reduced axes of size 1. */
export const keptShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));

/** Booleans as int32. */
export const asNumber = (x: NDArray): NDArray => (x.dtype === "bool" ? toDType(x, "int32") : x);
/** Integers and booleans as float64. */
export const asFloat = (x: NDArray): NDArray => (isFloat(x.dtype) ? x : toDType(x, "float64"));
/** Whether elements are not zero. */
export const asBool = (x: NDArray): NDArray => (x.dtype === "bool" ? x : ne(x, zerosOf(x.shape, x.dtype)));

/** Number of elements over axes. */
export const countOf = (x: NDArray, axes: readonly number[]): number =>
  axes.reduce((count, axis) => count * x.shape[axis]!, 1);

/** The mask of `where` in the shape of x; null without one. */
export const maskOf = (asked: string, x: NDArray, where: Operand | undefined): NDArray | null => {
  if (where === undefined) return null;
  const mask = asBool(asOperand(`${asked}, option where`, where));
  const shape = broadcastShapes(`${asked}, option where`, mask.shape, x.shape);
  if (!sameShape(shape, x.shape))
    throw new ShapeMismatch(
      `${asked}, option where`,
      `shape ${showShape(mask.shape)} for elements of shape ${showShape(x.shape)}`,
      "Give a mask that broadcasts to the shape of x",
    );
  return broadcastArray(mask, x.shape);
};

/** x where the mask holds, `otherwise` elsewhere. */
export const maskWith = (mask: NDArray | null, x: NDArray, otherwise: number): NDArray =>
  mask === null ? x : select(mask, x, fullLike(otherwise, x));

export interface ArgumentOptions {
  /** One axis; null (default) searches the flattened array. */
  readonly axis?: number | null;
  /** Searched axes stay with size 1. */
  readonly keepdims?: boolean;
}

/** Applies a search along one axis, or over the flattened array. */
export const searchWith = (
  asked: string,
  x: NDArray,
  options: ArgumentOptions | undefined,
  call: (x: NDArray, axis: number) => NDArray,
): NDArray => {
  requireOptions(asked, options, reductionOptions);
  const axis = options?.axis ?? null;
  const own = axis === null ? null : normalizeAxis(asked, axis, x.ndim);
  const found = own === null ? call(reshape(x, { shape: [x.size] }), 0) : call(x, own);
  if (options?.keepdims !== true) return found;
  return reshape(found, { shape: x.shape.map((extent, k) => (own === null || own === k ? 1 : extent)) });
};

export interface CumulativeOptions {
  /** One axis; null (default) runs over the flattened array. */
  readonly axis?: number | null;
}

type Running = (x: NDArray, params: CumulativeParams) => NDArray;

/** Applies a running quantity along one axis. */
export const runAlong = (
  asked: string,
  x: NDArray,
  options: CumulativeOptions | undefined,
  call: Running,
  known: readonly string[] = [],
): NDArray => {
  requireOptions(asked, options, ["axis", ...known]);
  const axis = options?.axis ?? null;
  if (axis === null) return call(reshape(x, { shape: [x.size] }), { axis: 0, reverse: false });
  return call(x, { axis: normalizeAxis(asked, axis, x.ndim), reverse: false });
};
