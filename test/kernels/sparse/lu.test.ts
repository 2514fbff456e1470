/** Sparse LU: solves against a dense solver, pivoting, refactorization, and what it refuses. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compress } from "../../../kernels/sparse/compressed-columns.ts";
import { conditionOf } from "../../../kernels/sparse/condition.ts";
import { refine } from "../../../kernels/sparse/refinement.ts";
import { analyzeLu } from "../../../kernels/sparse/lu-analysis.ts";
import type { LuAnalysis } from "../../../kernels/sparse/lu-analysis.ts";
import { refactorizeLu } from "../../../kernels/sparse/lu-refactorization.ts";
import { factorizeLu } from "../../../kernels/sparse/lu.ts";
import { solveLu } from "../../../kernels/sparse/lu-solve.ts";
import type { LuFactor } from "../../../kernels/sparse/lu.ts";
import {
  backwardError,
  compressed,
  denseOf,
  denseSolution,
  entriesOf,
  gap,
  gridWithDiagonal,
  residualOf,
  rightHandSide,
  scattered,
  shapes,
  shuffled,
} from "./general-systems.ts";
import type { Entries } from "./general-systems.ts";
import { uniform } from "./systems.ts";

const analysisOf = (matrix: Entries): LuAnalysis => {
  const status = analyzeLu(compressed(matrix).pattern);
  if (!status.ok) throw new Error(`column ${status.column} has no row`);
  return status.analysis;
};

const factorOf = (matrix: Entries, analysis = analysisOf(matrix)): LuFactor => {
  const status = factorizeLu(analysis, compressed(matrix).slots);
  if (!status.ok) throw new Error(`column ${status.column} is dependent`);
  return status.factor;
};

const solution = (matrix: Entries, b: Float64Array, isTransposed = false): Float64Array => {
  const x = b.slice();
  solveLu(factorOf(matrix), isTransposed, x, x);
  return x;
};

const transposed = ({ n, rows, columns, values }: Entries): Entries => ({ n, rows: columns, columns: rows, values });

/** All numbers of a factor. */
const bits = ({ pivotRow, pivot, lower, upper }: LuFactor): unknown[] => [
  [...pivotRow],
  [...pivot],
  [...lower.step],
  [...lower.value],
  [...upper.step],
  [...upper.value],
];

describe("solves", () => {
  test("the solution is the dense one, with the matrix and with its transpose", () => {
    fc.assert(
      fc.property(shapes(30), ([n, perRow, seed]) => {
        const matrix = scattered(n, perRow, seed);
        const b = rightHandSide(n, seed);
        const dense = denseOf(matrix);
        const [x, y] = [solution(matrix, b), solution(matrix, b, true)];
        expect(residualOf(matrix, x, b)).toBeLessThan(1e-13);
        expect(residualOf(transposed(matrix), y, b)).toBeLessThan(1e-13);
        expect(gap(x, denseSolution(dense, b))).toBeLessThan(1e-12);
        expect(gap(y, denseSolution(dense.transpose(), b))).toBeLessThan(1e-12);
      }),
      { numRuns: 150 },
    );
  });

  test("a permuted triangular matrix is solved exactly and without fill", () => {
    // 1 on the diagonal, small integers below, rows and columns in another order.
    const order = [3, 0, 4, 1, 2];
    const list = order.flatMap((_, i) =>
      order.slice(0, i + 1).map((__, j) => [order[i]!, j, i === j ? 1 : i + 2 * j] as const),
    );
    const matrix = entriesOf(5, list);
    const factor = factorOf(matrix);
    expect(factor.lower.value.length + factor.upper.value.length).toBe(10);
    const b = Float64Array.of(1, 2, 3, 4, 5);
    expect(residualOf(matrix, solution(matrix, b), b)).toBe(0);
  });

  test("scaling rows and columns by up to 1e40 changes the refined solution by their inverse only", () => {
    fc.assert(
      fc.property(shapes(12), ([n, perRow, seed]) => {
        const matrix = scattered(n, perRow, seed);
        const [left, right] = [seed + 3, seed + 4].map((s) => uniform(n, s).map((t) => 10 ** Math.round(40 * t - 20)));
        const values = matrix.values.map((v, k) => v * left![matrix.rows[k]!]! * right![matrix.columns[k]!]!);
        const scaled = { ...matrix, values };
        const b = rightHandSide(n, seed).map((v, i) => v * left![i]!);
        const factor = factorOf(scaled);
        const x = b.slice();
        const solve = (rhs: Float64Array): void => solveLu(factor, false, rhs, rhs);
        solve(x);
        refine(scaled, b, solve, x);
        const expected = denseSolution(denseOf(matrix), rightHandSide(n, seed));
        expect(
          gap(
            x.map((v, k) => v * right![k]!),
            expected,
          ),
        ).toBeLessThan(1e-10);
      }),
      { numRuns: 100 },
    );
  });

  test("a tiny diagonal entry is no pivot: entries of L stay below the inverse of the threshold", () => {
    fc.assert(
      fc.property(shapes(15), ([n, perRow, seed]) => {
        const matrix = scattered(n, perRow, seed);
        const tiny = {
          ...matrix,
          values: matrix.values.map((v, k) => (matrix.rows[k] === matrix.columns[k] ? v * 1e-14 : v)),
        };
        const status = factorizeLu(analysisOf(tiny), compressed(tiny).slots);
        if (status.ok) for (const entry of status.factor.lower.value) expect(Math.abs(entry)).toBeLessThanOrEqual(10);
      }),
      { numRuns: 60 },
    );
  });
});

describe("small diagonals", () => {
  test.each<[number, number, number]>([
    [100, 100, 1e-9],
    [100, 100, 1e-3],
    [30, 30, 1e-12],
    [10, 10, 1e-15],
    [60, 70, 1e-9],
    [100, 99, 0],
  ])("a grid of %i x %i with %d on the diagonal is solved with the fill of the order of A'A", (nx, ny, diagonal) => {
    const matrix = gridWithDiagonal(nx, ny, diagonal);
    const factor = factorOf(matrix);
    expect(factor.lower.value.length + factor.upper.value.length).toBeLessThan(100 * matrix.n);
    const b = rightHandSide(matrix.n, 1);
    for (const isTransposed of [false, true]) {
      const x = b.slice();
      solveLu(factor, isTransposed, x, x);
      expect(backwardError(matrix, x, b)).toBeLessThanOrEqual(1e-12);
    }
  });

  test("a square grid with zeros on the diagonal is refused: its columns depend on each other", () => {
    for (const n of [3, 10, 30]) {
      const matrix = gridWithDiagonal(n, n, 0);
      expect(factorizeLu(analysisOf(matrix), compressed(matrix).slots)).toMatchObject({ ok: false });
    }
  });

  test("a triangular matrix with entries from 2^-10 to 2^10 is regular, rows and columns in any order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
        const [rowName, columnName] = [shuffled(n, seed), shuffled(n, seed + 1)];
        const draw = uniform(n * n, seed);
        const list = rowName.flatMap((row, i) =>
          columnName
            .slice(0, i + 1)
            .map((column, j) => [row, column, 2 ** Math.round(20 * draw[i * n + j]! - 10)] as const),
        );
        const matrix = entriesOf(n, list);
        const status = factorizeLu(analysisOf(matrix), compressed(matrix).slots);
        expect(status.ok).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("refactorization", () => {
  test("follows values that keep the pivots good and gives way where they do not", () => {
    const matrix = entriesOf(2, [
      [0, 0, 4],
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 3],
    ]);
    const analysis = analysisOf(matrix);
    const factor = factorOf(matrix, analysis);
    const near = refactorizeLu(analysis, Float64Array.of(5, -1, 2, 7), factor);
    expect(near?.pivotRow).toEqual(factor.pivotRow);
    // The first pivot would be 1e-9 beside 1: growth of 1e9.
    expect(refactorizeLu(analysis, Float64Array.of(1e-9, 1, 1, 1e-9), factor)).toBeNull();
  });

  test("has the bits of a factorization from scratch, or is refused because that has another order or other pivots", () => {
    let [kept, refused] = [0, 0];
    fc.assert(
      fc.property(shapes(15), fc.constantFrom(0.1, 20), ([n, perRow, seed], change) => {
        const first = scattered(n, perRow, seed);
        const analysis = analysisOf(first);
        const noise = uniform(first.values.length, seed + 5);
        const second = { ...first, values: first.values.map((v, k) => v * (1 + change * (noise[k]! - 0.5))) };
        const scratch = factorizeLu(analysis, compressed(second).slots);
        const factor = factorOf(first, analysis);
        const again = refactorizeLu(analysis, compressed(second).slots, factor);
        if (again === null) {
          refused++;
          const isSame =
            scratch.ok &&
            scratch.factor.pivotRow.every((row, k) => row === factor.pivotRow[k]) &&
            scratch.factor.order.every((column, k) => column === factor.order[k]);
          expect(isSame).toBe(false);
        } else {
          kept++;
          expect(scratch.ok && bits(scratch.factor)).toEqual(bits(again));
        }
      }),
      { numRuns: 400 },
    );
    expect(kept).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(5);
  });
});

describe("refusals", () => {
  test("a pattern is refused exactly when its columns cannot have one row each, and leaving out the column named loses nothing", () => {
    /** Most columns that can have a row each. */
    const mostMatched = (columns: readonly (readonly number[])[], used: ReadonlySet<number> = new Set()): number => {
      const [first, ...rest] = columns;
      if (first === undefined) return 0;
      const withRow = first
        .filter((row) => !used.has(row))
        .map((row) => 1 + mostMatched(rest, new Set([...used, row])));
      return Math.max(mostMatched(rest, used), ...withRow);
    };
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 6 })
          .chain((n) => fc.tuple(fc.constant(n), fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 12 }))),
        ([n, places]) => {
          const { pattern } = compress(
            Int32Array.from(places, ([i]) => i),
            Int32Array.from(places, ([, j]) => j),
            n,
            n,
          );
          const lists = Array.from({ length: n }, (_, j) => [
            ...new Set(places.filter(([, c]) => c === j).map(([i]) => i)),
          ]);
          const status = analyzeLu(pattern);
          expect(status.ok).toBe(mostMatched(lists) === n);
          if (!status.ok) expect(mostMatched(lists.filter((_, j) => j !== status.column))).toBe(mostMatched(lists));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a column that is a combination of others is refused, or the condition shows it; nearly always one of those is named", () => {
    let [refused, misnamed] = [0, 0];
    fc.assert(
      fc.property(shapes(15), ([size, perRow, seed]) => {
        const n = size + 2;
        const rows = denseOf(scattered(n, perRow, seed)).to2DArray();
        const [a, b, target] = [0, 1, 2];
        const full = rows.map((row) => row.map((v, j) => (j === target ? row[a]! + 2 * row[b]! : v)));
        const list = full.flatMap((row, i) => row.flatMap((v, j) => (v === 0 ? [] : [[i, j, v] as const])));
        const matrix = entriesOf(n, list);
        const { pattern, slots } = compressed(matrix);
        const analysis = analyzeLu(pattern);
        const status = analysis.ok ? factorizeLu(analysis.analysis, slots) : analysis;
        if (status.ok) {
          // Rounding left more than the threshold; then the inverse is as large as 1 / rounding.
          const solve = (rhs: Float64Array, isTransposed: boolean): void =>
            solveLu(status.factor, isTransposed, rhs, rhs);
          expect(conditionOf({ pattern, values: slots }, solve)).toBeGreaterThan(1e12);
          return;
        }
        refused++;
        if (analysis.ok && ![a, b, target].includes(status.column)) misnamed++;
      }),
      { numRuns: 200 },
    );
    expect(refused).toBeGreaterThan(180);
    expect(misnamed).toBeLessThan(10);
  });

  test("a matrix of zeros on a full pattern is singular, an empty one is solved", () => {
    const zeros = entriesOf(2, [
      [0, 0, 0],
      [1, 1, 0],
    ]);
    expect(factorizeLu(analysisOf(zeros), compressed(zeros).slots)).toEqual({ ok: false, column: 0, remainder: 0 });
    expect(solution(entriesOf(0, []), new Float64Array(0))).toEqual(new Float64Array(0));
  });
});
