/**
 * Linear systems and inverses: solve, inv, pinv, lstsq, tensorsolve, tensorinv, matrixPower.
 * The factor of a solve is a value that value, tangent and adjoint share; float32 is computed in float64 and rounded once.
 */
import { showValue } from "../../src/describe.ts";
import { IndexOutOfRange, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxis, showShape, sizeOf } from "../../src/array/shape.ts";
import { full, mul, sub } from "../../ops/arithmetic.ts";
import { gt } from "../../ops/comparison.ts";
import { convert, stopGradient } from "../../ops/conversion.ts";
import { denseSolve, lu, pivotPermutation } from "../../ops/factorization.ts";
import { identityLike, leadOf, matmul, requireSquare, rowsOf } from "../../ops/matrices.ts";
import { broadcast, reduceSum, reshape, transpose } from "../../ops/shape.ts";
import { pinv as pinvOf } from "../../ops/spectral.ts";
import { requireOptions } from "../../src/options.ts";
import type { Operand } from "../numpy/operand.ts";
import { max } from "../numpy/reductions.ts";
import { svdvals } from "./decompositions.ts";
import {
  floatOperand,
  inDoublePrecision,
  matrixOperand,
  rankTolerance,
  squareOperand,
  systemOperands,
} from "./operand.ts";
import { requireList } from "../numpy/operand.ts";

/** A^-1 B for stacks of equal batch shape. */
const solveStack = (a: NDArray, b: NDArray): NDArray =>
  inDoublePrecision([a, b], (matrix, columns) => {
    const [packed, pivots] = lu(stopGradient(matrix!)) as [NDArray, NDArray];
    const permutation = pivotPermutation(pivots, { size: rowsOf(matrix!) });
    return denseSolve(packed, permutation, matrix!, columns!, { transposed: false });
  });

/**
 * Solution of A X = B by LU with partial pivoting.
 * @param a  shape [..., n, n]
 * @param b  shape [n], or [..., n, k]; batch axes broadcast
 * @returns  shape of b, with the batch axes of both
 * @throws ShapeMismatch; Singular naming the pivot that is exactly 0 and the member of the batch. A matrix that is
 * singular but for rounding is solved: `cond` tells
 * Derivatives: any order; the factor is reused. Cost: n^3 / 3 + n^2 k multiply-adds.
 * @example linalg.solve(array([[2, 1], [1, 3]]), array([3, 5])) // [0.8, 1.4]
 */
export const solve = (a: Operand, b: Operand): NDArray => {
  const { a: matrix, b: columns, restore } = systemOperands("linalg.solve", a, b);
  requireSquare("linalg.solve", matrix);
  return restore(solveStack(matrix, columns));
};

/**
 * Inverse of square matrices. To solve a system, `solve` is faster and more accurate.
 * @param x  shape [..., n, n]
 * @throws ShapeMismatch, Singular as solve
 * Derivatives: any order. Cost: n^3 multiply-adds.
 * @example linalg.inv(array([[2, 0], [0, 4]])) // [[0.5, 0], [0, 0.25]]
 */
export const inv = (x: Operand): NDArray => {
  const own = squareOperand("linalg.inv", x);
  return solveStack(own, identityLike(leadOf(own), rowsOf(own), own.dtype));
};

export interface RelativeToleranceOption {
  /** Singular values up to this times the largest count as zero. Default max(m, n) times the machine epsilon. */
  readonly rtol?: number;
}

/**
 * Moore-Penrose pseudoinverse, by singular values.
 * @param x        shape [..., m, n]
 * @param options  { rtol }
 * @returns  shape [..., n, m]
 * @throws ShapeMismatch, InvalidOption
 * Derivatives: any order, at constant rank; where the rank changes nearby the pseudoinverse jumps and has none.
 * @example linalg.pinv(array([[1, 0], [0, 0], [0, 2]])) // [[1, 0, 0], [0, 0, 0.5]]
 */
export const pinv = (x: Operand, options: RelativeToleranceOption = {}): NDArray => {
  requireOptions("linalg.pinv", options, ["rtol"]);
  const own = matrixOperand("linalg.pinv", x);
  return pinvOf(own, { rcond: rankTolerance("linalg.pinv", "rtol", options.rtol, own) });
};

/** How many singular values count: int32, batch axes only. */
export const countAbove = (values: NDArray, rtol: number): NDArray => {
  const last = values.ndim - 1;
  if (values.shape[last] === 0) return full(0, values.shape.slice(0, -1), "int32");
  const bound = mul(
    max(values, { axis: last, keepdims: true }),
    full(rtol, [...values.shape.slice(0, -1), 1], values.dtype),
  );
  const repeated = broadcast(bound, { shape: values.shape, axes: values.shape.map((_, axis) => axis) });
  return reduceSum(convert(gt(values, repeated), { dtype: "int32", weakType: false }), { axes: [last] });
};

export interface LeastSquaresOptions {
  /** Singular values up to this times the largest count as zero. Default max(m, n) times the machine epsilon. */
  readonly rcond?: number;
}

/**
 * Least squares solution of least norm, by singular values: [x, residuals, rank, singular values].
 * @param a        shape [..., m, n]
 * @param b        shape [m], or [..., m, k]
 * @param options  { rcond }
 * @returns  x [n] or [..., n, k]; residuals [] or [..., k]: squared lengths of the columns of b - A x, also where
 * NumPy gives none; rank int32; singular values descending
 * @throws ShapeMismatch, InvalidOption
 * Derivatives: any order, at constant rank.
 * @example linalg.lstsq(array([[1, 0], [1, 1], [1, 2]]), array([1, 3, 5]))[0] // [1, 2]
 */
export const lstsq = (
  a: Operand,
  b: Operand,
  options: LeastSquaresOptions = {},
): readonly [x: NDArray, residuals: NDArray, rank: NDArray, singularValues: NDArray] => {
  requireOptions("linalg.lstsq", options, ["rcond"]);
  const { a: matrix, b: columns, restore } = systemOperands("linalg.lstsq", a, b);
  const rcond = rankTolerance("linalg.lstsq", "rcond", options.rcond, matrix);
  const x = inDoublePrecision([matrix, columns], (wide, rhs) => matmul(pinvOf(wide!, { rcond }), rhs!));
  const misfit = sub(columns, matmul(matrix, x));
  const squares = reduceSum(mul(misfit, misfit), { axes: [misfit.ndim - 2] });
  const values = svdvals(matrix);
  const isVector = restore(x) !== x;
  return [
    restore(x),
    isVector ? reshape(squares, { shape: squares.shape.slice(0, -1) }) : squares,
    countAbove(values, rcond),
    values,
  ];
};

/**
 * Integer power of square matrices, by repeated squaring; negative powers are powers of the inverse.
 * @param x         shape [..., n, n]
 * @param exponent  a whole number
 * @throws ShapeMismatch, InvalidOption, Singular
 * Derivatives: any order. Cost: 2 log2 |exponent| products at most.
 * @example linalg.matrixPower(array([[1, 1], [1, 0]]), 10) // [[89, 55], [55, 34]]
 */
export const matrixPower = (x: Operand, exponent: number): NDArray => {
  const own = squareOperand("linalg.matrixPower", x);
  if (!Number.isSafeInteger(exponent))
    throw new InvalidOption("linalg.matrixPower", `exponent ${showValue(exponent)}`, "Give a whole number");
  if (exponent === 0) return identityLike(leadOf(own), rowsOf(own), own.dtype);
  let square = exponent < 0 ? inv(own) : own;
  let result: NDArray | null = null;
  for (let rest = Math.abs(exponent); ; square = matmul(square, square)) {
    if (rest % 2 === 1) result = result === null ? square : matmul(result, square);
    rest = Math.floor(rest / 2);
    if (rest === 0) return result!;
  }
};

export interface TensorInverseOptions {
  /** How many leading axes play the part of rows. Default 2. */
  readonly ind?: number;
}

/**
 * Inverse of a tensor as a map from its last axes to its first `ind`: tensordot(tensorinv(x), b, ind) solves for b.
 * @param x        shape [...rows, ...columns] with equal products of sizes
 * @param options  { ind }
 * @returns  shape [...columns, ...rows]
 * @throws ShapeMismatch, IndexOutOfRange, Singular
 * @example linalg.tensorinv(np.reshape(np.mul(np.eye(4), 2), [4, 2, 2]), { ind: 1 }).shape // [2, 2, 4]
 */
export const tensorinv = (x: Operand, options: TensorInverseOptions = {}): NDArray => {
  requireOptions("linalg.tensorinv", options, ["ind"]);
  const own = floatOperand("linalg.tensorinv", x);
  const { ind = 2 } = options;
  if (!Number.isInteger(ind) || ind <= 0 || ind > own.ndim)
    throw new IndexOutOfRange(
      "linalg.tensorinv",
      `ind ${showValue(ind)} of shape ${showShape(own.shape)}`,
      "Split after an axis that exists",
    );
  const [rows, columns] = [own.shape.slice(0, ind), own.shape.slice(ind)];
  requireEqualSizes("linalg.tensorinv", own, sizeOf(rows), sizeOf(columns));
  const inverse = inv(reshape(own, { shape: [sizeOf(rows), sizeOf(columns)] }));
  return reshape(inverse, { shape: [...columns, ...rows] });
};

const requireEqualSizes = (asked: string, x: NDArray, rows: number, columns: number): void => {
  if (rows !== columns)
    throw new ShapeMismatch(
      asked,
      `shape ${showShape(x.shape)} splits into ${rows} rows and ${columns} columns`,
      "The two groups of axes need the same product of sizes",
    );
};

export interface TensorSolveOptions {
  /** Axes of a that are moved to the end first. Default none. */
  readonly axes?: readonly number[];
}

/**
 * X with tensordot(a, X, X.ndim) = b.
 * @param a        shape [...b.shape, ...X.shape]
 * @param b        any shape
 * @param options  { axes }
 * @throws ShapeMismatch, Singular
 * @example linalg.tensorsolve(np.reshape(np.mul(np.eye(4), 2), [4, 2, 2]), array([2, 4, 6, 8])) // [[1, 2], [3, 4]]
 */
export const tensorsolve = (a: Operand, b: Operand, options: TensorSolveOptions = {}): NDArray => {
  requireOptions("linalg.tensorsolve", options, ["axes"]);
  const given = floatOperand("linalg.tensorsolve", a);
  const rhs = floatOperand("linalg.tensorsolve", b);
  const { axes = [] } = options;
  requireList("linalg.tensorsolve", "axes", axes);
  const moved = axes.map((axis) => normalizeAxis("linalg.tensorsolve", axis, given.ndim));
  const kept = given.shape.map((_, axis) => axis).filter((axis) => !moved.includes(axis));
  if (kept.length + moved.length !== given.ndim)
    throw new IndexOutOfRange("linalg.tensorsolve", `axes ${showShape(moved)} repeat`, "Name every axis once");
  const own = moved.length === 0 ? given : transpose(given, { permutation: [...kept, ...moved] });
  const shape = own.shape.slice(rhs.ndim);
  requireEqualSizes("linalg.tensorsolve", own, rhs.size, sizeOf(shape));
  requireEqualSizes("linalg.tensorsolve", own, sizeOf(own.shape.slice(0, rhs.ndim)), rhs.size);
  const x = solve(reshape(own, { shape: [rhs.size, rhs.size] }), reshape(rhs, { shape: [rhs.size] }));
  return reshape(x, { shape });
};
