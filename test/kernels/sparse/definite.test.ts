/** Sparse Cholesky of matrices of any origin: solutions, determinants, and what it refuses. */
import fc from "fast-check";
import { determinant, EigenvalueDecomposition } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { directSolver } from "../../../kernels/multifrontal/direct-solver.ts";
import { refine } from "../../../kernels/sparse/refinement.ts";
import {
  analyzeDefinite,
  definiteDeterminant,
  factorizeDefinite,
  solveDefinite,
} from "../../../kernels/sparse/definite.ts";
import {
  compressed,
  denseOf,
  denseSolution,
  entriesOf,
  gap,
  gram,
  laplacian,
  residualOf,
  rightHandSide,
  shapes,
  shuffled,
} from "./general-systems.ts";
import type { Entries } from "./general-systems.ts";

const factorOf = (matrix: Entries) => {
  const { pattern, slots } = compressed(matrix);
  const analysis = analyzeDefinite(pattern);
  const factor = new Float64Array(analysis.fronts.factorLength);
  const status = factorizeDefinite(analysis, slots, factor);
  // The kernel that is used where there are vectors has the reference's bits, and refuses alike.
  const other = new Float64Array(factor.length);
  expect(factorizeDefinite(analysis, slots, other, directSolver(analysis.fronts))).toEqual(status);
  if (status.ok) expect(other).toEqual(factor);
  return { analysis, factor, status };
};

const solution = (matrix: Entries, b: Float64Array): Float64Array => {
  const { analysis, factor, status } = factorOf(matrix);
  expect(status).toEqual({ ok: true });
  const x = b.slice();
  solveDefinite(analysis, factor, x, x);
  return x;
};

describe("the factor", () => {
  test("solves as the dense matrix does", () => {
    fc.assert(
      fc.property(shapes(20), ([n, perRow, seed]) => {
        const matrix = gram(n, perRow, seed);
        const b = rightHandSide(n, seed);
        expect(gap(solution(matrix, b), denseSolution(denseOf(matrix), b))).toBeLessThan(1e-12);
      }),
      { numRuns: 80 },
    );
  });

  test("has the determinant of the dense matrix", () => {
    fc.assert(
      fc.property(shapes(12), ([n, perRow, seed]) => {
        const matrix = gram(n, perRow, seed);
        const { analysis, factor } = factorOf(matrix);
        const { sign, logSize } = definiteDeterminant(analysis, factor);
        expect(sign).toBe(1);
        expect(Math.abs(logSize - Math.log(determinant(denseOf(matrix))))).toBeLessThan(1e-10);
      }),
      { numRuns: 50 },
    );
  });

  test("of an empty matrix and of a diagonal one are what they are", () => {
    expect(solution(entriesOf(0, []), new Float64Array(0))).toEqual(new Float64Array(0));
    const diagonal = entriesOf(
      6,
      Array.from({ length: 6 }, (_, k) => [k, k, 4 ** k] as const),
    );
    expect(solution(diagonal, Float64Array.of(1, 4, 16, 64, 256, 1024))).toEqual(new Float64Array(6).fill(1));
  });

  test("of a band matrix takes memory in proportion to its size", () => {
    const [short, long] = [500, 4000].map((n) => {
      const list = Array.from({ length: n }, (_, k) => k).flatMap((k): [number, number, number][] =>
        k === 0
          ? [[0, 0, 3]]
          : [
              [k, k, 3],
              [k, k - 1, -1],
              [k - 1, k, -1],
            ],
      );
      return factorOf(entriesOf(n, list)).factor.length / n;
    });
    expect(long).toBeLessThan(1.1 * short!);
    expect(long).toBeLessThan(16);
  });

  test("solves Laplacians of any proportions to a residual of 1e-13, and permuted systems to permuted solutions", () => {
    for (const [nx, ny] of [
      [1, 1],
      [1, 30],
      [7, 5],
      [20, 20],
      [40, 3],
    ] as const) {
      const matrix = laplacian(nx, ny);
      const b = rightHandSide(matrix.n, nx);
      const x = solution(matrix, b);
      expect(residualOf(matrix, x, b)).toBeLessThan(1e-13);
      const name = shuffled(matrix.n, ny);
      const renamed = {
        ...matrix,
        rows: matrix.rows.map((i) => name[i]!),
        columns: matrix.columns.map((j) => name[j]!),
      };
      const other = Float64Array.from(b);
      b.forEach((value, i) => (other[name[i]!] = value));
      const y = solution(renamed, other);
      expect(
        gap(
          Float64Array.from(x, (_, i) => y[name[i]!]!),
          x,
        ),
      ).toBeLessThan(1e-12);
    }
  });
});

describe("refusals", () => {
  test("a matrix is refused exactly when an eigenvalue is not positive, at a row whose minor says so", () => {
    fc.assert(
      fc.property(shapes(10), fc.double({ min: -0.5, max: 1.5, noNaN: true }), ([n, perRow, seed], part) => {
        const matrix = gram(n, perRow, seed);
        const eigenvalues = new EigenvalueDecomposition(denseOf(matrix)).realEigenvalues;
        const shift = part * Math.max(...eigenvalues);
        fc.pre(eigenvalues.every((value) => Math.abs(value - shift) > 1e-6));
        const shifted = {
          ...matrix,
          values: matrix.values.map((v, k) => (matrix.rows[k] === matrix.columns[k] ? v - shift : v)),
        };
        const { analysis, status } = factorOf(shifted);
        expect(status.ok).toBe(eigenvalues.every((value) => value > shift));
        if (status.ok) return;
        const order = analysis.fronts.dofAt.filter((row) => row !== -1);
        const leading = [...order.subarray(0, order.indexOf(status.row) + 1)];
        const minor = denseOf(shifted).selection(leading, leading);
        expect(Math.min(...new EigenvalueDecomposition(minor).realEigenvalues)).toBeLessThan(0);
      }),
      { numRuns: 100 },
    );
  });

  test("a singular matrix of small integers is refused, and so are NaN and infinity", () => {
    // Free-free chains: row sums are zero.
    const chain = entriesOf(3, [
      [0, 0, 1],
      [0, 1, -1],
      [1, 0, -1],
      [1, 1, 2],
      [1, 2, -1],
      [2, 1, -1],
      [2, 2, 1],
    ]);
    expect(factorOf(chain).status.ok).toBe(false);
    for (const value of [NaN, Infinity, -1, 0])
      expect(factorOf(entriesOf(1, [[0, 0, value]])).status).toMatchObject({ ok: false, row: 0 });
  });
});

test("one step of refinement takes a spoiled solution back to rounding, and leaves a good one alone", () => {
  const matrix = laplacian(6, 5);
  const { analysis, factor } = factorOf(matrix);
  const b = rightHandSide(matrix.n, 3);
  const solve = (rhs: Float64Array): void => solveDefinite(analysis, factor, rhs, rhs);
  const exact = solution(matrix, b);
  const spoiled = exact.map((value, k) => value * (1 + 1e-7 * Math.sin(k)));
  const quality = refine(matrix, b, solve, spoiled);
  expect(quality.backwardError).toBeLessThan(1e-15);
  expect(gap(spoiled, exact)).toBeLessThan(1e-14);
  const again = spoiled.slice();
  refine(matrix, b, solve, again);
  expect(again).toEqual(spoiled);
});
