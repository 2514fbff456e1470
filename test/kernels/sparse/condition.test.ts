/** The estimate of |A^-1| |A| against dense inverses, its freedom of units, and what it costs. */
import fc from "fast-check";
import { inverse } from "ml-matrix";
import { expect, test } from "vitest";
import { columnUnits, conditionOf } from "../../../kernels/sparse/condition.ts";
import { analyzeLu } from "../../../kernels/sparse/lu-analysis.ts";
import { solveLu } from "../../../kernels/sparse/lu-solve.ts";
import { factorizeLu } from "../../../kernels/sparse/lu.ts";
import type { Entries } from "./general-systems.ts";
import { compressed, denseOf, entriesOf, scattered, shapes } from "./general-systems.ts";
import { uniform } from "./systems.ts";

/** The estimate, by an LU factor, and the number of solves. */
const estimateOf = (matrix: Entries): readonly [number, number] => {
  const { pattern, slots } = compressed(matrix);
  const analysis = analyzeLu(pattern);
  const status = analysis.ok ? factorizeLu(analysis.analysis, slots) : analysis;
  if (!status.ok) throw new Error(`column ${status.column} is refused`);
  let solves = 0;
  const estimate = conditionOf({ pattern, values: slots }, (rhs, isTransposed) => {
    solves++;
    solveLu(status.factor, isTransposed, rhs, rhs);
  });
  return [estimate, solves];
};

/** Largest row sum of |A^-1| |A| in the units of columns that the estimate starts with, from a dense inverse. */
const exactOf = (matrix: Entries): number => {
  const { pattern, slots } = compressed(matrix);
  const w = columnUnits({ pattern, values: slots });
  const A = denseOf(matrix);
  const product = inverse(A).abs().mmul(A.abs());
  return Math.max(...product.to2DArray().map((row, i) => row.reduce((sum, v, j) => sum + (v * w[j]!) / w[i]!, 0)));
};

/** Column 0 nearly the sum of two others: differences of this size are left. */
const nearlyDependent = (n: number, perRow: number, seed: number, left: number): Entries => {
  const rows = denseOf(scattered(n, perRow, seed)).to2DArray();
  return entriesOf(
    n,
    rows.flatMap((row, i) =>
      row.flatMap((v, j) => {
        const value = j === 0 ? left * v + row[1]! + row[2]! : v;
        return value === 0 ? [] : [[i, j, value] as const];
      }),
    ),
  );
};

test("of well-conditioned matrices one solve gives an estimate that is never too large, nor much too small", () => {
  fc.assert(
    fc.property(shapes(25), ([n, perRow, seed]) => {
      const matrix = scattered(n, perRow, seed);
      const exact = exactOf(matrix);
      fc.pre(exact < 1e6);
      const [estimate, solves] = estimateOf(matrix);
      // Both come from inverses whose relative errors are at most about n units times the condition.
      expect(estimate).toBeLessThanOrEqual(exact * (1 + 10 * n * Number.EPSILON * exact));
      expect(estimate).toBeGreaterThanOrEqual(exact / (1000 * n));
      expect(solves).toBe(1);
    }),
    { numRuns: 300 },
  );
});

test("of matrices with nearly dependent columns three solves give an estimate within a factor of ten", () => {
  let three = 0;
  fc.assert(
    fc.property(shapes(20), fc.constantFrom(1e-10, 3e-10, 1e-9), ([size, , seed], left) => {
      // With few entries a row could be all that tells the columns apart, and then be scaled.
      const matrix = nearlyDependent(size + 3, 3, seed, left);
      const exact = exactOf(matrix);
      const [estimate, solves] = estimateOf(matrix);
      // The bound of rounding is that of well-conditioned ones; conditions are at most some 1e10 here.
      const rounding = 10 * (size + 3) * Number.EPSILON * exact;
      expect(estimate).toBeLessThanOrEqual(exact * (1 + rounding));
      // After one solve it was harmless; after more than three it is that of better units.
      if (solves !== 3) return;
      three++;
      expect(estimate).toBeGreaterThanOrEqual(exact / (10 * (1 + rounding)));
    }),
    { numRuns: 400 },
  );
  expect(three).toBeGreaterThan(50);
});

test("units of rows and columns over forty decades leave the estimate of a well-conditioned matrix below 1e10", () => {
  fc.assert(
    fc.property(shapes(20), ([n, perRow, seed]) => {
      const matrix = scattered(n, perRow, seed);
      fc.pre(exactOf(matrix) < 1e5);
      const size = (i: number, from: number): number => 10 ** (40 * uniform(2 * n, seed)[from + i]! - 20);
      const scaled = {
        ...matrix,
        values: matrix.values.map((v, k) => size(matrix.rows[k]!, 0) * v * size(matrix.columns[k]!, n)),
      };
      expect(estimateOf(scaled)[0]).toBeLessThan(1e10);
    }),
    { numRuns: 500 },
  );
});

test("a permutation of any numbers has a condition of at most 1, an empty matrix 0", () => {
  expect(
    estimateOf(
      entriesOf(3, [
        [0, 1, -3],
        [1, 2, 1e-200],
        [2, 0, 1e300],
      ]),
    )[0],
  ).toBeLessThanOrEqual(1);
  expect(estimateOf(entriesOf(0, []))[0]).toBe(0);
});
