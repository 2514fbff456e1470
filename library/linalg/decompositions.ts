/**
 * Factorizations: cholesky, lu, qr, eigh, svd, polar, and solves by factors that are at hand.
 * Matrices stand in the last two axes; all axes before are batch axes.
 */
import { InvalidOption } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import * as factorization from "../../ops/factorization.ts";
import {
  block,
  columnsOf,
  identityLike,
  leadOf,
  lowerPart,
  matmul,
  requireSquare,
  rowsOf,
  symmetricPart,
  transposed,
  upperPart,
} from "../../ops/matrices.ts";
import { qr as qrOf } from "../../ops/orthogonal-factorization.ts";
import { polarOf } from "../../ops/polar.ts";
import * as spectral from "../../ops/spectral.ts";
import { add } from "../../ops/arithmetic.ts";
import { argsort } from "../../ops/sorting.ts";
import { broadcastArray } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { describeValue, showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { matrixOperand, squareOperand, systemOperands } from "./operand.ts";

// --- Cholesky ---------------------------------------------------------------------------------

export interface TriangleOption {
  /** The factor is the upper triangle U of A = U' U. Default false: L of A = L L'. */
  readonly upper?: boolean;
}

/**
 * Cholesky factor of symmetric positive definite matrices, A = L L'. The symmetric part (A + A') / 2 is factored.
 * @param x        shape [..., n, n]
 * @param options  { upper }
 * @throws ShapeMismatch, NotPositiveDefinite naming the pivot and the member of the batch; NaN in x gives NaN
 * Derivatives: any order; the gradient is symmetric. Cost: n^3 / 6 multiply-adds.
 * @example linalg.cholesky(array([[4, 2], [2, 5]])) // [[2, 0], [1, 2]]
 */
export const cholesky = (x: Operand, options: TriangleOption = {}): NDArray => {
  requireOptions("linalg.cholesky", options, ["upper"]);
  const l = factorization.cholesky(squareOperand("linalg.cholesky", x));
  return options.upper === true ? transposed(l) : l;
};

/**
 * Solution of A X = B by the Cholesky factor of A.
 * @param factor   result of cholesky, shape [..., n, n]
 * @param b        shape [n], or [..., n, k]
 * @param options  { upper }: as given to cholesky
 * @throws ShapeMismatch, Singular
 * Derivatives: any order, through both. Cost: n^2 k multiply-adds.
 * @example linalg.choSolve(linalg.cholesky(array([[4, 2], [2, 5]])), array([2, 9])) // [-0.5, 2]
 */
export const choSolve = (factor: Operand, b: Operand, options: TriangleOption = {}): NDArray => {
  requireOptions("linalg.choSolve", options, ["upper"]);
  const { a, b: columns, restore } = systemOperands("linalg.choSolve", factor, b);
  requireSquare("linalg.choSolve", a);
  const isUpper = options.upper === true;
  const form = { lower: !isUpper, unitDiagonal: false };
  const half = factorization.triangularSolve(a, columns, { ...form, transposed: isUpper });
  return restore(factorization.triangularSolve(a, half, { ...form, transposed: !isUpper }));
};

export interface TriangularSolveOptions {
  /** The lower triangle is used. Default false: the upper one. */
  readonly lower?: boolean;
  /** Solves A' X = B. Default false. */
  readonly transpose?: boolean;
  /** The diagonal is taken as ones and not read. Default false. */
  readonly unitDiagonal?: boolean;
}

/**
 * Solution of A X = B for a triangular A; the other triangle is not read.
 * @param a        shape [..., n, n]
 * @param b        shape [n], or [..., n, k]
 * @param options  { lower, transpose, unitDiagonal }
 * @throws ShapeMismatch, Singular naming the diagonal element that is 0
 * Derivatives: any order. Cost: n^2 k / 2 multiply-adds.
 * @example linalg.triangularSolve(array([[2, 0], [1, 4]]), array([2, 9]), { lower: true }) // [1, 2]
 */
export const triangularSolve = (a: Operand, b: Operand, options: TriangularSolveOptions = {}): NDArray => {
  requireOptions("linalg.triangularSolve", options, ["lower", "transpose", "unitDiagonal"]);
  const { a: matrix, b: columns, restore } = systemOperands("linalg.triangularSolve", a, b);
  requireSquare("linalg.triangularSolve", matrix);
  const { lower = false, transpose = false, unitDiagonal = false } = options;
  return restore(factorization.triangularSolve(matrix, columns, { lower, transposed: transpose, unitDiagonal }));
};

// --- LU ---------------------------------------------------------------------------------------

/**
 * LU factorization with partial pivoting, [P, L, U] with A = P L U.
 * @param x  shape [..., m, n]
 * @returns  P [..., m, m], L [..., m, k] with ones on its diagonal, U [..., k, n]; k = min(m, n)
 * Singular matrices have factors, but derivatives throw Singular there. Cost: n^3 / 3 multiply-adds.
 * @example linalg.lu(array([[1, 2], [4, 8]])) // [[[0, 1], [1, 0]], [[1, 0], [0.25, 1]], [[4, 8], [0, 0]]]
 */
export const lu = (x: Operand): readonly [p: NDArray, l: NDArray, u: NDArray] => {
  const own = matrixOperand("linalg.lu", x);
  const [packed, pivots] = factorization.lu(own) as [NDArray, NDArray];
  const [rows, columns] = [rowsOf(own), columnsOf(own)];
  const rank = Math.min(rows, columns);
  const identity = identityLike(leadOf(own), rows, own.dtype);
  const order = factorization.pivotPermutation(pivots, { size: rows });
  const below = lowerPart(rank === columns ? packed : block(packed, [0, rows], [0, rank]), 1);
  const ones = rank === rows ? identity : block(identity, [0, rows], [0, rank]);
  const above = upperPart(rank === rows ? packed : block(packed, [0, rank], [0, columns]));
  return [transposed(factorization.permuteRows(identity, order)), add(below, ones), above];
};

/**
 * Factors to solve with: L below and U on and above the diagonal of one matrix, and the pivots.
 * @param x  shape [..., n, n]
 * @returns  factors [..., n, n], pivots [..., n] int32: step k exchanged rows k and pivots[k]
 * @example linalg.luFactor(array([[1, 2], [4, 6]])) // [[[4, 6], [0.25, 0.5]], [1, 1]]
 */
export const luFactor = (x: Operand): readonly [factors: NDArray, pivots: NDArray] =>
  factorization.lu(squareOperand("linalg.luFactor", x)) as unknown as readonly [NDArray, NDArray];

export interface TransposeOption {
  /** Solves A' X = B. Default false. */
  readonly transpose?: boolean;
}

/**
 * Solution of A X = B by the factors of luFactor.
 * @param factors  result of luFactor
 * @param b        shape [n], or [..., n, k]
 * @param options  { transpose }
 * @throws ShapeMismatch, Singular naming the pivot that is 0
 * Derivatives: any order, through factors and b. Cost: n^2 k multiply-adds.
 * @example linalg.luSolve(linalg.luFactor(array([[1, 2], [4, 6]])), array([5, 16])) // [1, 2]
 */
export const luSolve = (
  factors: readonly [factors: NDArray, pivots: NDArray],
  b: Operand,
  options: TransposeOption = {},
): NDArray => {
  requireOptions("linalg.luSolve", options, ["transpose"]);
  if (!Array.isArray(factors) || factors.length !== 2)
    throw new InvalidOption("linalg.luSolve", `factors ${showValue(factors)}`, "Give the two results of luFactor");
  const { a, b: columns, restore } = systemOperands("linalg.luSolve", factors[0]!, b);
  requireSquare("linalg.luSolve", a);
  const order = factorization.pivotPermutation(factors[1] as NDArray, { size: rowsOf(a) });
  const rows = broadcastArray(order, a.shape.slice(0, -1));
  const lower = { lower: true, unitDiagonal: true };
  const upper = { lower: false, unitDiagonal: false };
  const { triangularSolve: solve, permuteRows } = factorization;
  if (options.transpose !== true) {
    const half = solve(a, permuteRows(columns, rows), { ...lower, transposed: false });
    return restore(solve(a, half, { ...upper, transposed: false }));
  }
  const half = solve(a, columns, { ...upper, transposed: true });
  return restore(permuteRows(solve(a, half, { ...lower, transposed: true }), inverseOf(rows)));
};

/** The permutation that undoes a permutation. */
const inverseOf = (order: NDArray): NDArray => argsort(order, { axis: order.ndim - 1, descending: false });

// --- QR ---------------------------------------------------------------------------------------

export interface QrOptions {
  /** "reduced" (default): Q [..., m, k], R [..., k, n], k = min(m, n); "complete": Q [..., m, m], R [..., m, n]. */
  readonly mode?: "reduced" | "complete";
}

/**
 * QR factorization by Householder reflections, [Q, R]: orthonormal columns and an upper triangle.
 * Every column is reflected, also one that is zero below the diagonal already: R_kk is opposite in sign to the element it
 * replaces (but in the last row), so Q and R are smooth where the leading columns are independent. LAPACK and NumPy
 * leave such columns alone and jump there.
 * @param x        shape [..., m, n]
 * @param options  { mode }
 * @throws ShapeMismatch; differentiation throws Singular where the leading columns are dependent
 * Derivatives: any order, all shapes, both modes. Cost: 2 n^2 (m - n / 3) multiply-adds.
 * @example linalg.qr(array([[3, 5], [4, 0]])) // [[[-0.6, -0.8], [-0.8, 0.6]], [[-5, -3], [0, -4]]]
 */
export const qr = (x: Operand, options: QrOptions = {}): readonly [q: NDArray, r: NDArray] => {
  requireOptions("linalg.qr", options, ["mode"]);
  const { mode = "reduced" } = options;
  if (mode !== "reduced" && mode !== "complete")
    throw new InvalidOption("linalg.qr", `mode ${showValue(mode)}`, 'Use "reduced" or "complete"');
  const own = matrixOperand("linalg.qr", x);
  return qrOf(own, { complete: mode === "complete" }) as unknown as readonly [NDArray, NDArray];
};

// --- Eigenvalues and singular values ----------------------------------------------------------

/**
 * Eigenvalues, ascending, and orthonormal eigenvectors of symmetric matrices, [w, V] with A = V diag(w) V'.
 * The symmetric part (A + A') / 2 is taken. Signs: in each vector the first component above half of the largest
 * magnitude is positive. NaN or infinity in x gives NaN.
 * @param x  shape [..., n, n]
 * @returns  w [..., n], V [..., n, n] with the vectors as columns
 * Derivatives: any order where eigenvalues are distinct. Where some agree to rounding, first derivatives of sums and
 * other functions of all of them alike are right; a single one has the slope v' dA v, an element of the subdifferential;
 * what needs the differences between them (their vectors, second derivatives) is NaN, never a wrong number. `trace`,
 * `slogdet`, `matrixNorm`, `polar` and `expm` have all their derivatives there.
 * Cost: about 5 n^3 multiply-adds.
 * @throws ShapeMismatch
 * @example linalg.eigh(array([[5, 0], [0, 2]])) // [[2, 5], [[0, 1], [1, 0]]]
 */
export const eigh = (x: Operand): readonly [eigenvalues: NDArray, eigenvectors: NDArray] =>
  spectral.eigh(squareOperand("linalg.eigh", x)) as unknown as readonly [NDArray, NDArray];

/**
 * Eigenvalues of symmetric matrices, ascending; as eigh.
 * @param x  shape [..., n, n]
 * @example linalg.eigvalsh(array([[2, 1], [1, 2]])) // [1, 3]
 */
export const eigvalsh = (x: Operand): NDArray => spectral.eigh(squareOperand("linalg.eigvalsh", x))[0]!;

export interface SvdOptions {
  /** U and V' are square (default true, as in NumPy); else they have min(m, n) columns and rows. */
  readonly fullMatrices?: boolean;
}

/**
 * Singular value decomposition, [U, s, V'] with A = U diag(s) V', by Jacobi rotations: small singular values are as
 * accurate as the matrix determines them. Signs: in each row of V' the first component above half of the largest
 * magnitude is positive. NaN or infinity in x gives NaN.
 * @param x        shape [..., m, n]
 * @param options  { fullMatrices }
 * @returns  U [..., m, k], s [..., min(m, n)] descending, V' [..., k, n]
 * @throws ShapeMismatch; NotDifferentiable where full matrices that are not square are differentiated
 * Derivatives: any order where singular values are distinct and positive. Where some agree to rounding, as eigh; U V'
 * and the sum of the values have all derivatives as `polar` and `matrixNorm`. At singular value 0 the slope is u' dA v.
 * Cost: about 20 n^3 multiply-adds.
 * @example linalg.svd(array([[0, 2], [1, 0]])) // [[[1, 0], [0, 1]], [2, 1], [[0, 1], [1, 0]]]
 */
export const svd = (x: Operand, options: SvdOptions = {}): readonly [u: NDArray, s: NDArray, vt: NDArray] => {
  requireOptions("linalg.svd", options, ["fullMatrices"]);
  const own = matrixOperand("linalg.svd", x);
  const full = options.fullMatrices ?? true;
  if (typeof full !== "boolean")
    throw new InvalidOption("linalg.svd", `fullMatrices ${showValue(full)}`, "Give true or false");
  return spectral.svd(own, { full }) as unknown as readonly [NDArray, NDArray, NDArray];
};

export interface PolarOptions {
  /** "right" (default): A = Q P. "left": A = P Q. */
  readonly side?: "right" | "left";
}

/**
 * Polar decomposition, [Q, P] with A = Q P (or A = P Q): Q has orthonormal columns (rows, where A has more columns than
 * rows) and is the one nearest to A, P is symmetric positive semidefinite. Of a deformation gradient: rotation and stretch.
 * @param x        shape [..., m, n]
 * @param options  { side }
 * @returns  Q [..., m, n], P [..., n, n] (left: [..., m, m])
 * @throws ShapeMismatch, InvalidOption
 * Derivatives: any order at full rank, repeated singular values or not; below full rank they are NaN.
 * Cost: a singular value decomposition; each derivative an eigenvalue decomposition more.
 * @example linalg.polar(array([[0, -2], [3, 0]])) // [[[0, -1], [1, 0]], [[3, 0], [0, 2]]]
 */
export const polar = (x: Operand, options: PolarOptions = {}): readonly [q: NDArray, p: NDArray] => {
  requireOptions("linalg.polar", options, ["side"]);
  const own = matrixOperand("linalg.polar", x);
  const side = options.side ?? "right";
  if (side !== "right" && side !== "left")
    throw new InvalidOption("linalg.polar", `side ${describeValue(side)}`, 'Give "right" or "left"');
  const q = polarOf(own);
  const p = side === "right" ? matmul(transposed(q), own) : matmul(own, transposed(q));
  return [q, symmetricPart(p)];
};

/**
 * Singular values, descending; derivatives as svd.
 * @param x  shape [..., m, n]
 * @example linalg.svdvals(array([[3, 0], [4, 0]])) // [5, 0]
 */
export const svdvals = (x: Operand): NDArray => spectral.svd(matrixOperand("linalg.svdvals", x), { full: false })[1]!;
