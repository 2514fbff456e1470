/**
 * A factorization that is kept: made once from values, then asked for solutions, determinant and inertia.
 * All of it is made of primitives that share one factor (ops/sparse-solve.ts, ops/sparse-readings.ts), so it works inside
 * traced functions, and derivatives of any order flow through the values it was made from.
 */
import { ShapeMismatch } from "../../src/error.ts";
import { slice } from "../../ops/slicing.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { reshape } from "../../ops/shape.ts";
import { sparseInertia, sparseLogSize, sparseSign } from "../../ops/sparse-readings.ts";
import { asOperand, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { floatType, patternPart } from "./operands.ts";
import { entriesOf, isPattern, recognizedPattern } from "./pattern.ts";
import type { PatternOptions, SparsePattern, StaticIndices } from "./pattern.ts";
import { sparseFactor, sparseSolve } from "./solve.ts";
import type { SparseFactor } from "./solve.ts";

/** Sign and logarithm of the size of a determinant. */
export interface SparseSlogdet {
  /** 1 or -1; its derivative is 0. */
  readonly sign: NDArray;
  /** log |det A|. */
  readonly logabsdet: NDArray;
}

/** Numbers of eigenvalues above and below zero, int32. */
export interface SparseInertia {
  readonly positive: NDArray;
  readonly negative: NDArray;
}

/** A factorized sparse matrix. It is also a `factor` for sparseSolve with the same values and pattern. */
export interface Factorization extends SparseFactor {
  readonly values: NDArray;
  /** x = A^-1 b for b of shape [n], or [n, k] for k right-hand sides; with { transpose: true } x = A'^-1 b. */
  readonly solve: (b: Operand, options?: { readonly transpose?: boolean }) => NDArray;
  /** Determinant as sign and logarithm of its size. */
  readonly slogdet: () => SparseSlogdet;
  /** Signs of the eigenvalues; of patterns that assume "symmetric" or "positive definite". */
  readonly inertia: () => SparseInertia;
}

/** The two ways to call factorize. */
export interface Factorize {
  (values: Operand, pattern: SparsePattern): Factorization;
  (values: Operand, rows: StaticIndices, columns: StaticIndices, options?: PatternOptions): Factorization;
}

const factorizationOf = (given: Operand, pattern: SparsePattern): Factorization => {
  const values = asOperand("factorize", given);
  if (pattern.shape[0] !== pattern.shape[1])
    throw new ShapeMismatch(
      "factorize",
      `a matrix of shape ${showShape(pattern.shape)}`,
      "Only square matrices are factorized; give { shape: [n, n] } where the last rows or columns are empty",
    );
  const made = sparseFactor(values, pattern);
  const dtype = floatType(values);
  const wide = toDType(values, "float64");
  const params = { pattern: entriesOf(pattern) };
  return Object.freeze({
    ...made,
    values,
    solve: (b: Operand, options: { readonly transpose?: boolean } = {}) => {
      requireOptions("Factorization.solve", options, ["transpose"]);
      return sparseSolve(values, pattern, b, { ...options, factor: made });
    },
    slogdet: () => ({
      sign: toDType(sparseSign(made.factor, wide, params), dtype),
      logabsdet: toDType(sparseLogSize(made.factor, wide, params), dtype),
    }),
    inertia: () => {
      const both = sparseInertia(made.factor, wide, params);
      const entry = (k: number): NDArray =>
        reshape(slice(both, { start: [k], limit: [k + 1], stride: [1] }), { shape: [] });
      return { positive: entry(0), negative: entry(1) };
    },
  });
};

/**
 * Factorizes a sparse matrix and keeps the factor: factorize(values, pattern), or factorize(values, rows, columns) with
 * bare lists, which are recognized by their contents.
 *
 * By what the pattern assumes: "positive definite" by Cholesky, "symmetric" by LDL' with pivots of one and two rows (which
 * tells the inertia), "general" by LU with threshold pivoting. All solves, with the matrix or its transpose, for one or
 * several right-hand sides, share the factor, and so do their derivatives.
 * @param values   value of every entry, shape [entries], finite
 * @param rows     row of every entry, or a pattern; static. Without { shape } the matrix is the smallest that holds all
 * @param columns  column of every entry; places may repeat, their values add up
 * @returns        { solve(b, { transpose }), slogdet(), inertia(), values, pattern, factor }
 * @throws Singular (with the column or row), NotPositiveDefinite (with the row), NotFinite, ShapeMismatch,
 *   IndexOutOfRange, InvalidIndex, NotStatic; `inertia` InvalidOption for a general matrix; sparseSolve InvalidOption
 *   where it is given the factorization of another pattern or of values that differ in any bit
 * Derivatives: solve and logabsdet forward and reverse, any order, by values and right-hand sides; sign and inertia are
 * piecewise constant. Cost: one factorization; a solve two substitutions and a product; the derivative of logabsdet n
 * solves and n^2 numbers.
 * @example
 * const pattern = sparse.sparsePattern([0, 1, 1], [0, 0, 1], { assume: "symmetric", triangle: "lower" });
 * const A = sparse.factorize(array([2, 3, 1]), pattern);
 * A.solve(array([5, 4])) // [1, 1]
 * A.inertia().negative // 1
 * A.slogdet().logabsdet // Math.log(7)
 * grad((values) => sparse.factorize(values, pattern).solve(array([5, 4])).sum())(array([2, 3, 1])) // [-2 / 7, -3 / 7, -1 / 7]
 */
export const factorize: Factorize = (values: Operand, ...rest: readonly unknown[]): Factorization => {
  const asked = "factorize";
  if (isPattern(asked, rest[0])) {
    requireOptions(asked, rest[1] ?? {}, []);
    return factorizationOf(values, rest[0]);
  }
  const [rows, columns, options = {}] = rest as [StaticIndices, StaticIndices, PatternOptions?];
  requireOptions(asked, options, ["shape", "assume", "triangle"]);
  return factorizationOf(values, recognizedPattern(asked, rows, columns, patternPart(options)));
};
