/** The notice of nearly singular matrices depends on the matrix alone, and on neither the units nor the right-hand side. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { array, grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { factorize, fromDense, sparseMatvec, sparsePattern, sparseSolve } from "cotangent/sparse";
import type { Assumption } from "cotangent/sparse";
import { setNoticeListener } from "../../src/notice.ts";
import type { Entries } from "../kernels/sparse/general-systems.ts";
import { entriesOf, gram, laplacian, scattered, shapes } from "../kernels/sparse/general-systems.ts";
import { uniform } from "../kernels/sparse/systems.ts";

afterEach(() => setNoticeListener(null));

/** Codes of the notices that a call gives. */
const noticesOf = (run: () => unknown): string[] => {
  const told: string[] = [];
  setNoticeListener((code) => told.push(code));
  run();
  return told;
};

const solveOnes = ({ n, rows, columns, values }: Entries, assume: Assumption, b = np.ones([n])): NDArray =>
  sparseSolve(array(values), sparsePattern(rows, columns, { shape: [n, n], assume }), b);

const assumptions = ["general", "symmetric", "positive definite"] as const;

const hilbert = (n: number): Entries =>
  entriesOf(
    n,
    Array.from({ length: n * n }, (_, k) => [Math.floor(k / n), k % n, 1 / (1 + Math.floor(k / n) + (k % n))] as const),
  );

const nearlyEqual = (gap: number): Entries =>
  entriesOf(2, [
    [0, 0, 1],
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 1 + gap],
  ]);

/** A matrix with row i times left[i] and column j times right[j]. */
const scaledBy = (
  { n, rows, columns, values }: Entries,
  left: (i: number) => number,
  right: (j: number) => number,
): Entries => ({ n, rows, columns, values: values.map((value, k) => left(rows[k]!) * value * right(columns[k]!)) });

/** 1e-8 .. 1e8, in no order. */
const spread =
  (n: number, seed: number) =>
  (i: number): number =>
    10 ** (16 * uniform(n, seed)[i]! - 8);

describe("nearly singular", () => {
  test.each(assumptions)("hilbert(12), %s, is remarked for b = A 1, whose solution is as small as b", (assume) => {
    const matrix = hilbert(12);
    const pattern = sparsePattern(matrix.rows, matrix.columns);
    const b = sparseMatvec(array(matrix.values), pattern, np.ones([12]));
    expect(noticesOf(() => solveOnes(matrix, assume, b))).toEqual(["IllConditioned"]);
  });

  test.each(assumptions)("two nearly equal rows, %s, are remarked whatever the right-hand side", (assume) => {
    // LU and LDL' refuse 1e-14 as singular.
    const gap = assume === "positive definite" ? 1e-14 : 1e-13;
    for (const b of [
      [1, 1],
      [2, 2],
      [1, -1],
      [0, 0],
    ])
      expect(noticesOf(() => solveOnes(nearlyEqual(gap), assume, array(b)))).toEqual(["IllConditioned"]);
    expect(noticesOf(() => solveOnes(nearlyEqual(1e-9), assume))).toEqual([]);
  });

  test("matrices keep their notice when rows and columns are scaled", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const matrix = scaledBy(hilbert(12), spread(12, seed), spread(12, seed + 1));
        expect(noticesOf(() => solveOnes(matrix, "general"))).toEqual(["IllConditioned"]);
      }),
      { numRuns: 20 },
    );
  });

  test("it is told by the transposed solve, the gradient and compiled solves too", () => {
    const entries = array(nearlyEqual(1e-13).values);
    const fresh = () => sparsePattern([0, 0, 1, 1], [0, 1, 0, 1]);
    const b = np.ones([2]);
    expect(noticesOf(() => sparseSolve(entries, fresh(), b, { transpose: true }))).toEqual(["IllConditioned"]);
    expect(noticesOf(() => factorize(entries, fresh()).solve(b))).toEqual(["IllConditioned"]);
    const pattern = fresh();
    const total = (rhs: NDArray): NDArray => np.sum(sparseSolve(entries, pattern, rhs));
    expect(noticesOf(() => grad(total)(b))).toEqual(["IllConditioned"]);
    for (const backend of ["interpreter", "js", "wasm"] as const)
      expect(noticesOf(() => jit(total, { backend })(b))).toEqual(["IllConditioned"]);
  });
});

describe("not remarked", () => {
  test("random matrices with a dominant transversal, whatever the units of rows and columns", () => {
    fc.assert(
      fc.property(shapes(30), ([n, perRow, seed]) => {
        // Small enough that the large entries of every row and column dominate: |A^-1| |A| has row sums below 10.
        const matrix = scattered(n, Math.min(perRow, 0.5), seed);
        const [left, right] = [spread(n, seed), spread(n, seed + 1)];
        for (const own of [
          matrix,
          scaledBy(matrix, left, () => 1),
          scaledBy(matrix, () => 1, right),
          scaledBy(matrix, left, right),
        ])
          expect(noticesOf(() => solveOnes(own, "general"))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test("positive definite and shifted matrices, whatever the units of the unknowns", () => {
    fc.assert(
      fc.property(shapes(30), ([n, perRow, seed]) => {
        const scale = spread(n, seed);
        const matrix = gram(n, perRow, seed);
        for (const own of [matrix, scaledBy(matrix, scale, scale)])
          for (const assume of assumptions) expect(noticesOf(() => solveOnes(own, assume))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("grids, diagonal matrices of any size and numbers at the ends of float64", () => {
    expect(noticesOf(() => solveOnes(laplacian(30, 30), "positive definite"))).toEqual([]);
    expect(noticesOf(() => solveOnes(laplacian(20, 20, -4.1), "symmetric"))).toEqual([]);
    const sizes = [1e-300, 1e-8, 1, 1e8, 1e300];
    const diagonal = entriesOf(
      5,
      sizes.map((size, i) => [i, i, size]),
    );
    for (const assume of assumptions) expect(noticesOf(() => solveOnes(diagonal, assume, array(sizes)))).toEqual([]);
    const { values, pattern } = fromDense(
      array([
        [1.7e308, 1.6e308],
        [1.6e308, -1.7e308],
      ]),
    );
    expect(noticesOf(() => sparseSolve(values, pattern, array([1e308, 1])))).toEqual([]);
  });
});
