/**
 * Sparse matrices by their values: solves and products.
 * Everything is linear in the values, or solved through primitives (ops/sparse-solve.ts): derivatives of any order.
 * Numbers are computed in float64 and rounded once to the dtype of the operands.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { moveAxis } from "../../ops/shape.ts";
import * as ops from "../../ops/sparse-solve.ts";
import { asOperand, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { floatType, patternPart, requireValues } from "./operands.ts";
import { entriesOf, isPattern, recognizedPattern, requirePattern } from "./pattern.ts";
import type { PatternOptions, SparsePattern, StaticIndices } from "./pattern.ts";

const patternKeys = ["shape", "assume", "triangle"] as const;

/** A vector or the columns of a matrix with the entries along the last axis, and the way back. */
const columnsLast = (x: NDArray): NDArray => (x.ndim === 2 ? moveAxis(x, 1, 0) : x);

const requireVectors = (asked: string, what: string, x: NDArray, length: number, shape: readonly number[]): void => {
  if ((x.ndim !== 1 && x.ndim !== 2) || x.shape[0] !== length)
    throw new ShapeMismatch(
      asked,
      `${what} of shape ${showShape(x.shape)} for a matrix of shape ${showShape(shape)}`,
      `Give shape [${length}], or [${length}, k] for k columns`,
    );
};

// --- sparseFactor and sparseSolve -------------------------------------------------------------

/** A factorization of a sparse matrix, to be shared by several solves with the same values. */
export interface SparseFactor {
  readonly factor: NDArray;
  readonly pattern: SparsePattern;
}

/**
 * The factorization of a sparse matrix, for several solves with the same values.
 * @param values   value of every entry, shape [entries]
 * @throws as sparseSolve
 * Derivatives: none of its own; those of a solve flow through the values given to sparseSolve.
 * @example
 * const pattern = sparse.sparsePattern([0, 1, 1], [0, 0, 1]);
 * const values = array([2, 1, 4]);
 * const factor = sparse.sparseFactor(values, pattern);
 * sparse.sparseSolve(values, pattern, array([2, 9]), { factor }) // [1, 2]
 */
export const sparseFactor = (values: Operand, pattern: SparsePattern): SparseFactor => {
  const asked = "sparseFactor";
  requirePattern(asked, pattern);
  const own = asOperand(asked, values);
  requireValues(asked, own, pattern);
  return { factor: ops.sparseFactor(toDType(own, "float64"), { pattern: entriesOf(pattern) }), pattern };
};

export interface SolveOptions {
  /** One made by sparseFactor of the same values and pattern. */
  readonly factor?: SparseFactor;
  /** Solve with the transposed matrix. Default false. */
  readonly transpose?: boolean;
}

const solveWith = (values: Operand, pattern: SparsePattern, b: Operand, options: SolveOptions): NDArray => {
  const asked = "sparseSolve";
  const { factor, transpose = false } = options;
  if (typeof transpose !== "boolean")
    throw new InvalidOption(asked, `transpose ${showValue(transpose)}`, "Use true or false");
  const [own, rhs] = [asOperand(asked, values), asOperand(asked, b)];
  requireValues(asked, own, pattern);
  if (pattern.shape[0] !== pattern.shape[1])
    throw new ShapeMismatch(asked, `a matrix of shape ${showShape(pattern.shape)}`, "Only square systems are solved");
  requireVectors(asked, "a right-hand side", rhs, pattern.shape[0], pattern.shape);
  if (factor !== undefined && factor.pattern !== pattern)
    throw new InvalidOption(asked, "a factor of another pattern", "Use sparseFactor(values, pattern) of this pattern");
  const dtype = floatType(own, rhs);
  const [wide, wideRhs] = [toDType(own, "float64"), toDType(rhs, "float64")];
  const entries = entriesOf(pattern);
  const made = factor?.factor ?? ops.sparseFactor(wide, { pattern: entries });
  const isTransposed = transpose && pattern.assume === "general";
  const x = ops.sparseSolve(made, wide, columnsLast(wideRhs), { pattern: entries, isTransposed });
  return toDType(columnsLast(x), dtype);
};

/** The two ways to call sparseSolve. */
export interface SparseSolve {
  (values: Operand, pattern: SparsePattern, b: Operand, options?: SolveOptions): NDArray;
  (
    values: Operand,
    rows: StaticIndices,
    columns: StaticIndices,
    b: Operand,
    options?: SolveOptions & PatternOptions,
  ): NDArray;
}

/**
 * x = A^-1 b for a sparse matrix A.
 *
 * Call it with a pattern made by sparsePattern, sparseSolve(values, pattern, b), or with bare lists,
 * sparseSolve(values, rows, columns, b); lists are recognized by their contents, so their analysis is reused.
 * By what is assumed: a "positive definite" matrix is factorized by Cholesky, a "symmetric" one by LDL' with pivots of one
 * and two rows, any other by LU with threshold pivoting. A symmetric matrix given by both triangles is the symmetric part
 * of what is given, and the cotangent of its values is shared between (i, j) and (j, i); one given triangle stands for
 * both, and the cotangent of a value off the diagonal counts both places.
 * @param values   value of every entry, shape [entries], finite
 * @param rows     row of every entry, or a pattern; static
 * @param columns  column of every entry; places may repeat, their values add up
 * @param b        right-hand side, shape [n], or [n, k] for k of them, finite
 * @returns        x, shape of b
 * @throws Singular (with the column or row), NotPositiveDefinite (with the row), NotFinite, ShapeMismatch, IndexOutOfRange,
 *   InvalidIndex, NotStatic, InvalidOption. A nearly singular matrix gives a notice, IllConditioned
 * Derivatives: forward and reverse, any order; one factorization for value and gradient. Cost: one analysis a pattern,
 * one factorization a matrix; the solution is refined by one step when its backward error exceeds 1e-15. The first solve with
 * a matrix takes one more to estimate its condition, up to twelve where that is doubtful.
 * @example
 * sparse.sparseSolve(array([2, 1, 4]), [0, 1, 1], [0, 0, 1], array([2, 9])) // [1, 2]
 * const pattern = sparse.sparsePattern([0, 1, 1], [0, 0, 1], { assume: "positive definite", triangle: "lower" });
 * sparse.sparseSolve(array([2, 1, 3]), pattern, array([3, 4])) // [1, 1]
 */
export const sparseSolve: SparseSolve = (values: Operand, ...rest: readonly unknown[]): NDArray => {
  const asked = "sparseSolve";
  if (isPattern(asked, rest[0])) {
    const [pattern, b, options = {}] = rest as [SparsePattern, Operand, SolveOptions?];
    requireOptions(asked, options, ["factor", "transpose"]);
    return solveWith(values, pattern, b, options);
  }
  const [rows, columns, b, options = {}] = rest as [
    StaticIndices,
    StaticIndices,
    Operand,
    (SolveOptions & PatternOptions)?,
  ];
  requireOptions(asked, options, ["factor", "transpose", ...patternKeys]);
  const rhs = asOperand(asked, b);
  const pattern = recognizedPattern(asked, rows, columns, squareUnlessGiven(asked, rhs, options));
  return solveWith(values, pattern, rhs, solvePart(options));
};

/** Options of a pattern given as lists: a square matrix that fits the vector unless its shape is given. */
const squareUnlessGiven = (asked: string, x: NDArray, options: PatternOptions): PatternOptions => {
  const n = x.shape[0];
  if (n === undefined)
    throw new ShapeMismatch(asked, "a single number where a vector is needed", "Give shape [n] or [n, k]");
  return { shape: [n, n], ...patternPart(options) };
};

const solvePart = ({ factor, transpose }: SolveOptions): SolveOptions => ({
  ...(factor === undefined ? {} : { factor }),
  ...(transpose === undefined ? {} : { transpose }),
});

// --- sparseMatvec -----------------------------------------------------------------------------

export interface MatvecOptions {
  /** Multiply by the transposed matrix. Default false. */
  readonly transpose?: boolean;
}

const multiply = (values: Operand, pattern: SparsePattern, x: Operand, transpose: boolean): NDArray => {
  const asked = "sparseMatvec";
  if (typeof transpose !== "boolean")
    throw new InvalidOption(asked, `transpose ${showValue(transpose)}`, "Use true or false");
  const [own, vectors] = [asOperand(asked, values), asOperand(asked, x)];
  requireValues(asked, own, pattern);
  requireVectors(asked, "a vector", vectors, pattern.shape[transpose ? 0 : 1], pattern.shape);
  const dtype = floatType(own, vectors);
  const isTransposed = transpose && pattern.assume === "general";
  const out = ops.sparseMatvec(toDType(own, "float64"), columnsLast(toDType(vectors, "float64")), {
    pattern: entriesOf(pattern),
    isTransposed,
  });
  return toDType(columnsLast(out), dtype);
};

/** The two ways to call sparseMatvec. */
export interface SparseMatvec {
  (values: Operand, pattern: SparsePattern, x: Operand, options?: MatvecOptions): NDArray;
  (
    values: Operand,
    rows: StaticIndices,
    columns: StaticIndices,
    x: Operand,
    options?: MatvecOptions & PatternOptions,
  ): NDArray;
}

/**
 * A x for a sparse matrix A, given by a pattern or by lists as in sparseSolve.
 * @param values   value of every entry, shape [entries]
 * @param x        shape [columns], or [columns, k] for k vectors; with bare lists the matrix is square unless
 *   { shape } says otherwise
 * @throws ShapeMismatch, IndexOutOfRange, InvalidIndex, NotStatic
 * Derivatives: bilinear, any order. Cost: linear in the number of entries.
 * @example sparse.sparseMatvec(array([2, 1, 4]), [0, 1, 1], [0, 0, 1], array([1, 2])) // [2, 9]
 */
export const sparseMatvec: SparseMatvec = (values: Operand, ...rest: readonly unknown[]): NDArray => {
  const asked = "sparseMatvec";
  if (isPattern(asked, rest[0])) {
    const [pattern, x, options = {}] = rest as [SparsePattern, Operand, MatvecOptions?];
    requireOptions(asked, options, ["transpose"]);
    return multiply(values, pattern, x, options.transpose ?? false);
  }
  const [rows, columns, x, options = {}] = rest as [
    StaticIndices,
    StaticIndices,
    Operand,
    (MatvecOptions & PatternOptions)?,
  ];
  requireOptions(asked, options, ["transpose", ...patternKeys]);
  const vectors = asOperand(asked, x);
  const pattern = recognizedPattern(asked, rows, columns, squareUnlessGiven(asked, vectors, options));
  return multiply(values, pattern, vectors, options.transpose ?? false);
};
