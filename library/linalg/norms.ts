/**
 * Norms and what is measured by singular values: vectorNorm, matrixNorm, norm, cond, matrixRank.
 * The Euclidean norm is scaled against overflow, and its gradient at the origin is 0, one of its subgradients.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxes, showShape } from "../../src/array/shape.ts";
import { div, fullLike, integerPower, mul, neg, sub } from "../../ops/arithmetic.ts";
import { and, eq, gt, lt, ne, select } from "../../ops/comparison.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { sqrt } from "../../ops/exponential.ts";
import { abs, reduceMax, reduceMin } from "../../ops/extrema.ts";
import { binaryExponent, scaleByPowerOfTwo } from "../../ops/float-parts.ts";
import { nuclearNorm } from "../../ops/polar.ts";
import { moveAxis, reduceSum, reshape, spread } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { pow } from "../numpy/elementwise.ts";
import { toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { max, min } from "../numpy/reductions.ts";
import { svdvals } from "./decompositions.ts";
import { floatOperand, matrixOperand, rankTolerance, squareOperand } from "./operand.ts";
import { countAbove, inv } from "./solving.ts";
import type { RelativeToleranceOption } from "./solving.ts";

/** Orders of matrix norms; the numbers are 1, -1, 2, -2, Infinity and -Infinity. */
export type MatrixOrder = "fro" | "nuc" | number;

const keepAxes = (x: NDArray, reduced: NDArray, axes: readonly number[], keepdims: boolean | undefined): NDArray =>
  keepdims === true
    ? reshape(reduced, { shape: x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)) })
    : reduced;

// --- Vectors ----------------------------------------------------------------------------------

/**
 * (sum of x^2)^(1/2), with x brought between 1 and 2 by a power of two: exact, and a constant to derivatives.
 * Where all elements are 0, the root is taken elsewhere, so that no 0 times infinity arises.
 */
const euclideanNorm = (x: NDArray, axes: readonly number[]): NDArray => {
  if (axes.some((axis) => x.shape[axis] === 0)) return reduceSum(x, { axes });
  const largest = reduceMax(abs(stopGradient(x)), { axes });
  const exponent = binaryExponent(largest);
  const shift = sub(exponent, fullLike(1, exponent));
  const scaled = scaleByPowerOfTwo(x, neg(spread(shift, x.shape, axes)));
  const total = reduceSum(integerPower(scaled, { exponent: 2 }), { axes });
  const zero = fullLike(0, largest);
  const isOrigin = eq(largest, zero);
  const root = sqrt(select(isOrigin, fullLike(1, largest), total));
  return select(isOrigin, zero, scaleByPowerOfTwo(root, shift));
};

/** (sum of |x|^p)^(1/p), in units of the term that dominates: the largest, or the smallest where p is negative. */
const powerNorm = (x: NDArray, axes: readonly number[], p: number): NDArray => {
  if (axes.some((axis) => x.shape[axis] === 0)) return reduceSum(x, { axes });
  const sizes = abs(x);
  const extreme = p > 0 ? reduceMax : reduceMin;
  const unit = extreme(stopGradient(sizes), { axes });
  const [zero, one] = [fullLike(0, unit), fullLike(1, unit)];
  const isOrigin = eq(unit, zero);
  const scale = select(and(gt(unit, zero), lt(unit, fullLike(Infinity, unit))), unit, one);
  const total = reduceSum(pow(div(sizes, spread(scale, x.shape, axes)), p), { axes });
  return select(isOrigin, zero, mul(scale, pow(select(isOrigin, one, total), 1 / p)));
};

const vectorNormOver = (asked: string, x: NDArray, axes: readonly number[], order: unknown): NDArray => {
  if (typeof order !== "number" || Number.isNaN(order))
    throw new InvalidOption(asked, `order ${showValue(order)} of vectors`, "Give a number, Infinity or -Infinity");
  if (order === Infinity) return reduceMax(abs(x), { axes });
  if (order === -Infinity) return reduceMin(abs(x), { axes });
  if (order === 1) return reduceSum(abs(x), { axes });
  if (order === 0) return reduceSum(toDType(ne(x, fullLike(0, x)), x.dtype), { axes });
  return order === 2 ? euclideanNorm(x, axes) : powerNorm(x, axes, order);
};

export interface VectorNormOptions {
  /** Any number, or plus or minus Infinity (largest, smallest magnitude); 0 counts nonzero elements. Default 2. */
  readonly ord?: number;
  /** Axes of the vectors, negative from the end; null (default) takes all elements as one vector. */
  readonly axis?: number | readonly number[] | null;
  /** Reduced axes stay with size 1. */
  readonly keepdims?: boolean;
}

/**
 * Norm of vectors, (sum of |x|^ord)^(1/ord).
 * @param x        any shape
 * @param options  { ord, axis, keepdims }
 * @throws InvalidOption; EmptyReduction for the largest of nothing
 * Derivatives: any order away from the kinks. For ord >= 1 the gradient by an element that is 0 is 0, at the origin too
 * (a subgradient), not NaN; second derivatives there are NaN for 1 < ord < 2. Below 1, but for 0 and -Infinity, the slope
 * at an element that is 0 is infinite on both sides, and NaN. The largest magnitude shares its gradient among ties.
 * Neither overflows nor underflows.
 * @example linalg.vectorNorm(array([[3, 4], [5, 12]]), { axis: 1 }) // [5, 13]
 * grad((x) => linalg.vectorNorm(x))(array([0, 0])) // [0, 0]
 */
export const vectorNorm = (x: Operand, options: VectorNormOptions = {}): NDArray => {
  requireOptions("linalg.vectorNorm", options, ["ord", "axis", "keepdims"]);
  const own = floatOperand("linalg.vectorNorm", x);
  const axes = normalizeAxes("linalg.vectorNorm", options.axis, own.ndim);
  return keepAxes(own, vectorNormOver("linalg.vectorNorm", own, axes, options.ord ?? 2), axes, options.keepdims);
};

// --- Matrices ---------------------------------------------------------------------------------

/** Norm of the matrices in the last two axes. */
const matrixNormOf = (asked: string, x: NDArray, order: unknown): NDArray => {
  const [rows, columns] = [x.ndim - 2, x.ndim - 1];
  const values = (): NDArray => svdvals(x);
  switch (order) {
    case "fro":
      return euclideanNorm(x, [rows, columns]);
    case "nuc":
      return nuclearNorm(x);
    case 2:
      return max(values(), { axis: -1 });
    case -2:
      return min(values(), { axis: -1 });
    case 1:
      return max(reduceSum(abs(x), { axes: [rows] }), { axis: -1 });
    case -1:
      return min(reduceSum(abs(x), { axes: [rows] }), { axis: -1 });
    case Infinity:
      return max(reduceSum(abs(x), { axes: [columns] }), { axis: -1 });
    case -Infinity:
      return min(reduceSum(abs(x), { axes: [columns] }), { axis: -1 });
    default:
      throw new InvalidOption(
        asked,
        `order ${showValue(order)} of matrices`,
        'Use "fro", "nuc", 1, -1, 2, -2, Infinity or -Infinity',
      );
  }
};

export interface MatrixNormOptions {
  /** "fro" (default), "nuc", 2 and -2 (singular values), 1 and -1 (columns), Infinity and -Infinity (rows). */
  readonly ord?: MatrixOrder;
  /** The last two axes stay with size 1. */
  readonly keepdims?: boolean;
}

/**
 * Norm of the matrices in the last two axes.
 * @param x        shape [..., m, n]
 * @param options  { ord, keepdims }
 * @throws ShapeMismatch, InvalidOption
 * Derivatives: any order away from the kinks; the gradient of "fro" at zero is 0; "nuc" has all derivatives at every
 * matrix of full rank, repeated singular values or not, and below a subgradient and no second derivative (NaN).
 * @example linalg.matrixNorm(array([[3, 0], [0, 4]]), { ord: "nuc" }) // 7
 */
export const matrixNorm = (x: Operand, options: MatrixNormOptions = {}): NDArray => {
  requireOptions("linalg.matrixNorm", options, ["ord", "keepdims"]);
  const own = matrixOperand("linalg.matrixNorm", x);
  const norms = matrixNormOf("linalg.matrixNorm", own, options.ord ?? "fro");
  return keepAxes(own, norms, [own.ndim - 2, own.ndim - 1], options.keepdims);
};

export interface NormOptions {
  /** Order of the vector or matrix norm; by default Euclidean, of all elements where no axis is named. */
  readonly ord?: MatrixOrder | null;
  /** One axis: vectors. Two: matrices, rows first. null (default): x as a whole. */
  readonly axis?: number | readonly [number, number] | null;
  /** Reduced axes stay with size 1. */
  readonly keepdims?: boolean;
}

/**
 * Norm of vectors or matrices, as vectorNorm and matrixNorm.
 * @param x        any shape; with an order and without axes a vector or a matrix
 * @param options  { ord, axis, keepdims }
 * @throws ShapeMismatch, InvalidOption, IndexOutOfRange
 * Derivatives: as vectorNorm and matrixNorm; 0 at the origin.
 * @example linalg.norm(array([[1, 2], [2, 4]])) // 5
 * linalg.norm(array([[1, 2], [2, 4]]), { ord: 1 }) // 6
 */
export const norm = (x: Operand, options: NormOptions = {}): NDArray => {
  requireOptions("linalg.norm", options, ["ord", "axis", "keepdims"]);
  const own = floatOperand("linalg.norm", x);
  const { ord = null, axis = null } = options;
  const axes = typeof axis === "number" ? normalizeAxes("linalg.norm", axis, own.ndim) : namedAxes(own, axis);
  if (axis === null && ord === null) return keepAxes(own, euclideanNorm(own, axes), axes, options.keepdims);
  if (axes.length === 1)
    return keepAxes(own, vectorNormOver("linalg.norm", own, axes, ord ?? 2), axes, options.keepdims);
  if (axes.length !== 2)
    throw new ShapeMismatch(
      "linalg.norm",
      `order ${showValue(ord)} of shape ${showShape(own.shape)} over ${axes.length} axes`,
      "Name one axis for vectors or two for matrices",
    );
  const [rows, columns] = axes as [number, number];
  const last = own.ndim - 1;
  const behind = moveAxis(moveAxis(own, rows, last), columns - (rows < columns ? 1 : 0), last);
  return keepAxes(own, matrixNormOf("linalg.norm", behind, ord ?? "fro"), axes, options.keepdims);
};

/** Axes in the order given; all of them for null. */
const namedAxes = (x: NDArray, axis: readonly number[] | null): readonly number[] => {
  const sorted = normalizeAxes("linalg.norm", axis, x.ndim);
  return axis === null ? sorted : axis.map((own) => (own < 0 ? own + x.ndim : own));
};

// --- Condition and rank -----------------------------------------------------------------------

export interface ConditionOptions {
  /** Norm that measures; null (default) and 2, -2 take singular values, others the norms of the matrix and its inverse. */
  readonly p?: MatrixOrder | null;
}

/**
 * Condition number: by how much relative errors may grow in a solve. Infinity for singular matrices.
 * @param x        shape [..., m, n]; square unless p is null, 2 or -2
 * @param options  { p }
 * @throws ShapeMismatch, InvalidOption; Singular for other norms, which need the inverse
 * Derivatives: any order where the extreme singular values are simple.
 * @example linalg.cond(array([[1, 0], [0, 100]])) // 100
 */
export const cond = (x: Operand, options: ConditionOptions = {}): NDArray => {
  requireOptions("linalg.cond", options, ["p"]);
  const { p = null } = options;
  if (p !== null && p !== 2 && p !== -2) {
    const own = squareOperand("linalg.cond", x);
    return mul(matrixNormOf("linalg.cond", own, p), matrixNormOf("linalg.cond", inv(own), p));
  }
  const values = svdvals(matrixOperand("linalg.cond", x));
  const [largest, smallest] = [max(values, { axis: -1 }), min(values, { axis: -1 })];
  const isZero = eq(largest, fullLike(0, largest));
  const ratio = p === -2 ? div(smallest, select(isZero, fullLike(1, largest), largest)) : div(largest, smallest);
  return p === -2 ? ratio : select(isZero, fullLike(Infinity, ratio), ratio);
};

/**
 * Rank: how many singular values are above rtol times the largest.
 * @param x        shape [..., m, n]
 * @param options  { rtol }
 * @returns  int32, shape of the batch axes
 * @throws ShapeMismatch, InvalidOption
 * @example linalg.matrixRank(array([[1, 2], [2, 4]])) // 1
 */
export const matrixRank = (x: Operand, options: RelativeToleranceOption = {}): NDArray => {
  requireOptions("linalg.matrixRank", options, ["rtol"]);
  const own = matrixOperand("linalg.matrixRank", x);
  return countAbove(svdvals(own), rankTolerance("linalg.matrixRank", "rtol", options.rtol, own));
};
