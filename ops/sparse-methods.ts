/**
 * Direct methods behind sparse solves, in one form: Cholesky for positive definite matrices, LDL' for symmetric ones, LU
 * with threshold pivoting for all others. What a method refuses is said here, in terms of the user's rows and columns.
 */
import type { ColumnPattern } from "../kernels/sparse/compressed-columns.ts";
import { hasSimd } from "../kernels/assembler/index.ts";
import { addressable } from "../kernels/multifrontal/arrangement.ts";
import { directSolver } from "../kernels/multifrontal/direct-solver.ts";
import { analyzeDefinite, definiteDeterminant, factorizeDefinite, solveDefinite } from "../kernels/sparse/definite.ts";
import type { DefiniteAnalysis, ReadableKernel } from "../kernels/sparse/definite.ts";
import { analyzeIndefinite, factorizeIndefinite, inertia, solveIndefinite } from "../kernels/sparse/indefinite.ts";
import type { IndefiniteFactor } from "../kernels/sparse/indefinite.ts";
import { indefiniteDeterminant, luDeterminant } from "../kernels/sparse/determinant.ts";
import type { Determinant } from "../kernels/sparse/determinant.ts";
import { analyzeLu } from "../kernels/sparse/lu-analysis.ts";
import { refactorizeLu } from "../kernels/sparse/lu-refactorization.ts";
import { solveLu } from "../kernels/sparse/lu-solve.ts";
import { factorizeLu } from "../kernels/sparse/lu.ts";
import type { LuFactor } from "../kernels/sparse/lu.ts";
import { maximumTransversal } from "../kernels/sparse/transversal.ts";
import { partRunner } from "../src/backend/part-runner.ts";
import { NotPositiveDefinite, Singular } from "../src/error.ts";
import type { SparsePattern, SparseReport } from "./sparse-pattern.ts";

/** Numbers of eigenvalues of either sign. */
export interface Inertia {
  readonly positive: number;
  readonly negative: number;
}

/** A factorization of one matrix. */
export interface KeptFactor {
  /** Overwrites right-hand sides, one after the other, with their solutions; each has the bits that it has alone. */
  readonly solve: (rhs: Float64Array, isTransposed: boolean) => void;
  readonly determinant: () => Determinant;
  /** Of a symmetric matrix; null where the method does not tell. */
  readonly inertia: (() => Inertia) | null;
  /** Numbers that it takes. */
  readonly size: number;
}

/** A method for one pattern. `factorize` takes the slots of the compressed pattern, all finite. */
export type Method =
  /** The factor's entries, of a number that does not depend on the values. */
  | {
      readonly kind: "entries";
      readonly solver: SparseReport["solver"];
      readonly length: number;
      readonly factorize: (slots: Float64Array, out: Float64Array) => void;
      readonly kept: (factor: Float64Array) => KeptFactor;
    }
  /** A factor whose size depends on the values. */
  | {
      readonly kind: "thing";
      readonly solver: SparseReport["solver"];
      readonly factorize: (slots: Float64Array) => { readonly factor: KeptFactor; readonly isAgain: boolean };
    };

/** Solves right-hand sides that lie one after the other. */
const each = (rhs: Float64Array, length: number, solve: (own: Float64Array) => void): void => {
  for (let from = 0; from < rhs.length; from += length) solve(rhs.subarray(from, from + length));
};

// --- Positive definite ------------------------------------------------------------------------

/** WebAssembly where there is any and its memory reaches, else the reference. */
const eliminationOf = ({ fronts }: DefiniteAnalysis): ReadableKernel | undefined => {
  if (!hasSimd() || fronts.dofCount === 0) return undefined;
  const solver = directSolver(fronts, partRunner);
  return solver.bytes.factor + solver.bytes.tables <= addressable ? solver : undefined;
};

const cholesky = (pattern: ColumnPattern): Method => {
  const analysis = analyzeDefinite(pattern);
  const kernel = eliminationOf(analysis);
  return {
    kind: "entries",
    solver: "cholesky",
    length: analysis.fronts.factorLength,
    factorize: (slots, out) => {
      const status = factorizeDefinite(analysis, slots, out, kernel);
      if (!status.ok)
        throw new NotPositiveDefinite(
          "sparseSolve",
          `the pivot of row ${status.row} is ${status.pivot}, its diagonal ${status.diagonal}`,
          'Check the values; a symmetric matrix that is not positive definite needs { assume: "symmetric" }',
        );
    },
    kept: (factor) => ({
      solve: (rhs) => solveDefinite(analysis, factor, rhs, rhs),
      determinant: () => definiteDeterminant(analysis, factor),
      inertia: () => ({ positive: pattern.columnCount, negative: 0 }),
      size: factor.length,
    }),
  };
};

// --- Symmetric --------------------------------------------------------------------------------

const missingColumn = (pattern: ColumnPattern, column: number, shape: readonly number[]): Singular =>
  new Singular(
    "sparseSolve",
    `column ${column} of the ${shape.join(" x ")} matrix has ${pattern.columnStart[column] === pattern.columnStart[column + 1] ? "no entries" : "entries only in rows that other columns need"}`,
    "The matrix is singular whatever its values are: add the missing entries to the pattern",
  );

const keptIndefinite = (factor: IndefiniteFactor): KeptFactor => ({
  solve: (rhs) => each(rhs, factor.scale.length, (own) => solveIndefinite(factor, own, own)),
  determinant: () => indefiniteDeterminant(factor),
  inertia: () => inertia(factor),
  size: factor.fronts.reduce((sum, { lower, rows }) => sum + lower.length + rows.length, factor.scale.length),
});

const symmetric = (pattern: ColumnPattern, shape: readonly number[]): Method => {
  const transversal = maximumTransversal(pattern);
  if (!transversal.ok) throw missingColumn(pattern, transversal.column, shape);
  const analysis = analyzeIndefinite(pattern);
  return {
    kind: "thing",
    solver: "ldl",
    factorize: (slots) => {
      const status = factorizeIndefinite(analysis, slots);
      if (status.ok) return { factor: keptIndefinite(status.factor), isAgain: false };
      throw new Singular(
        "sparseSolve",
        `row ${status.row} of the ${shape.join(" x ")} matrix depends on other rows: ${status.remainder.toExponential(1)} of it is left`,
        "Check the values, or what is missing from the system (a support, a gauge, an equation)",
      );
    },
  };
};

// --- General ----------------------------------------------------------------------------------

const keptLu = (factor: LuFactor): KeptFactor => ({
  solve: (rhs, isTransposed) => each(rhs, factor.pivot.length, (own) => solveLu(factor, isTransposed, own, own)),
  determinant: () => luDeterminant(factor),
  inertia: null,
  size: 1.5 * (factor.lower.value.length + factor.upper.value.length) + 3 * factor.pivot.length,
});

const general = (pattern: ColumnPattern, shape: readonly number[]): Method => {
  const status = analyzeLu(pattern);
  if (!status.ok) throw missingColumn(pattern, status.column, shape);
  const { analysis } = status;
  let last: LuFactor | null = null;
  return {
    kind: "thing",
    solver: "lu",
    factorize: (slots) => {
      const again = last === null ? null : refactorizeLu(analysis, slots, last);
      const made = again === null ? factorizeLu(analysis, slots) : { ok: true as const, factor: again };
      if (!made.ok)
        throw new Singular(
          "sparseSolve",
          `column ${made.column} of the ${shape.join(" x ")} matrix depends on other columns: ${made.remainder.toExponential(1)} of it is left`,
          "Check the values, or what is missing from the system (a support, a gauge, an equation)",
        );
      last = made.factor;
      return { factor: keptLu(made.factor), isAgain: again !== null };
    },
  };
};

/** The method for what is assumed of a matrix. */
export const methodFor = (pattern: ColumnPattern, { assume, shape }: SparsePattern): Method => {
  if (assume === "positive definite") return cholesky(pattern);
  return assume === "symmetric" ? symmetric(pattern, shape) : general(pattern, shape);
};
