/**
 * Sums, products and extrema by segment: out[k] combines the rows of x whose segment is k (JAX's jax.ops).
 * One scatter into the identity of the operation; an empty segment keeps it. Segments out of range are dropped.
 */
import { DTypeMismatch, ShapeMismatch } from "../../src/error.ts";
import { isFloat, isInteger } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireShape, sameShape, showShape } from "../../src/array/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { full } from "../../ops/arithmetic.ts";
import { scatterAdd, scatterMul } from "../../ops/indexing.ts";
import { scatterMax, scatterMin } from "../../ops/scatter-extrema.ts";
import { reshape } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";

export interface SegmentOptions {
  /** Number of segments: the size of the result. */
  readonly numSegments: number;
}

export interface SegmentProductOptions extends SegmentOptions {
  /** Your word that no segment has two rows: with traced segments the product has a derivative only then. */
  readonly uniqueIndices?: boolean;
}

interface Operands {
  readonly rows: NDArray;
  readonly tuples: NDArray;
}

const requireSegments = (
  asked: string,
  x: Operand,
  segments: NDArray,
  options: SegmentProductOptions,
  known: readonly string[],
): Operands => {
  requireOptions(asked, options, known, true);
  requireShape(`${asked} with numSegments`, [options.numSegments]);
  const [source, own] = [asOperand(asked, x), asOperand(asked, segments)];
  const rows = source.dtype === "bool" ? toDType(source, "int32") : source;
  if (!isInteger(own.dtype))
    throw new DTypeMismatch(asked, `segments ${showAval(own)}`, 'Segments are integers: convert with astype("int32")');
  if (own.ndim === 0 || !sameShape(own.shape, rows.shape.slice(0, own.ndim)))
    throw new ShapeMismatch(
      asked,
      `segments ${showShape(own.shape)} for shape ${showShape(rows.shape)}`,
      "Give one segment per row: the leading axes of x",
    );
  return { rows, tuples: reshape(own, { shape: [...own.shape, 1] }) };
};

const segmentOptions: readonly string[] = ["numSegments"];

/** The operation's identity for every segment: shape [numSegments, ...shape of a row]. */
const identities = ({ rows, tuples }: Operands, count: number, identity: number): NDArray =>
  full(identity, [count, ...rows.shape.slice(tuples.ndim - 1)], rows.dtype);

const drop = { mode: "drop", batchDims: 0 } as const;

/**
 * Sum of the rows of every segment; 0 where there are none. Negative segments and those beyond are dropped.
 * @param x         shape [...n, ...row]
 * @param segments  integers, shape [...n], in any order
 * @param options   numSegments
 * @returns         shape [numSegments, ...row]
 * @example np.segmentSum(array([1, 2, 3]), array([0, 2, 0], { dtype: "int32" }), { numSegments: 3 }) // [4, 0, 2]
 */
export const segmentSum = (x: Operand, segments: NDArray, options: SegmentOptions): NDArray => {
  const own = requireSegments("np.segmentSum", x, segments, options, segmentOptions);
  return scatterAdd(identities(own, options.numSegments, 0), own.tuples, own.rows, drop);
};

/**
 * Product of the rows of every segment; 1 where there are none. Otherwise as segmentSum.
 * @throws NotDifferentiable for the gradient where segments have several rows
 * @example np.segmentProd(array([2, 3, 4]), array([0, 2, 0], { dtype: "int32" }), { numSegments: 3 }) // [8, 1, 3]
 */
export const segmentProd = (x: Operand, segments: NDArray, options: SegmentProductOptions): NDArray => {
  const own = requireSegments("np.segmentProd", x, segments, options, [...segmentOptions, "uniqueIndices"]);
  const ones = identities(own, options.numSegments, 1);
  return scatterMul(ones, own.tuples, own.rows, { ...drop, uniqueIndices: options.uniqueIndices ?? false });
};

const lowest = (dtype: DType): number => (isFloat(dtype) ? -Infinity : dtype === "int32" ? -(2 ** 31) : 0);
const highest = (dtype: DType): number => (isFloat(dtype) ? Infinity : dtype === "int32" ? 2 ** 31 - 1 : 2 ** 32 - 1);

/**
 * Largest element by segment; -inf (the least integer) where there are none. Ties share the gradient equally.
 * Otherwise as segmentSum.
 * @example np.segmentMax(array([1, 2, 3]), array([0, 1, 0], { dtype: "int32" }), { numSegments: 3 }) // [3, 2, -Infinity]
 */
export const segmentMax = (x: Operand, segments: NDArray, options: SegmentOptions): NDArray => {
  const own = requireSegments("np.segmentMax", x, segments, options, segmentOptions);
  return scatterMax(identities(own, options.numSegments, lowest(own.rows.dtype)), own.tuples, own.rows, drop);
};

/**
 * Smallest element by segment; inf (the greatest integer) where there are none. Ties share the gradient equally.
 * Otherwise as segmentSum.
 * @example np.segmentMin(array([1, 2, 3]), array([0, 1, 0], { dtype: "int32" }), { numSegments: 3 }) // [1, 2, Infinity]
 */
export const segmentMin = (x: Operand, segments: NDArray, options: SegmentOptions): NDArray => {
  const own = requireSegments("np.segmentMin", x, segments, options, segmentOptions);
  return scatterMin(identities(own, options.numSegments, highest(own.rows.dtype)), own.tuples, own.rows, drop);
};
