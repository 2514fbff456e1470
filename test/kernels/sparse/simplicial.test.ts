/** Sparse Cholesky and minimum degree: the factor, its pattern, its order, and what it refuses. */
import fc from "fast-check";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { adjacencyOf } from "../../../kernels/sparse/compressed-columns.ts";
import type { Adjacency } from "../../../kernels/sparse/compressed-columns.ts";
import { minimumDegree } from "../../../kernels/sparse/minimum-degree.ts";
import { refine } from "../../../kernels/sparse/refinement.ts";
import { analyzeSimplicial, factorizeSimplicial, solveSimplicial } from "../../../kernels/sparse/simplicial.ts";
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
  scattered,
  shapes,
  shuffled,
} from "./general-systems.ts";
import type { Entries } from "./general-systems.ts";

const factorOf = (matrix: Entries) => {
  const { pattern, slots } = compressed(matrix);
  const analysis = analyzeSimplicial(pattern);
  const factor = new Float64Array(analysis.rowOf.length);
  return { analysis, factor, status: factorizeSimplicial(analysis, slots, factor) };
};

const solution = (matrix: Entries, b: Float64Array): Float64Array => {
  const { analysis, factor, status } = factorOf(matrix);
  expect(status).toEqual({ ok: true });
  const x = b.slice();
  solveSimplicial(analysis, factor, x, x);
  return x;
};

/** Edges left between vertices when they are eliminated in this order, naively: the entries of L below the diagonal. */
const fillOf = ({ start, neighbour }: Adjacency, order: ArrayLike<number>): number => {
  const around = Array.from({ length: order.length }, (_, v) => new Set(neighbour.subarray(start[v], start[v + 1])));
  let total = 0;
  for (let k = 0; k < order.length; k++) {
    const own = [...around[order[k]!]!];
    total += own.length;
    for (const u of own) {
      around[u]!.delete(order[k]!);
      for (const v of own) if (u !== v) around[u]!.add(v);
    }
  }
  return total;
};

const graphOf = ({ rows, columns, n }: Entries): Adjacency => adjacencyOf(rows, columns, n);

describe("minimum degree", () => {
  test("orders every vertex once", () => {
    fc.assert(
      fc.property(shapes(40), ([n, perRow, seed]) => {
        const order = minimumDegree(graphOf(scattered(n, perRow, seed)));
        expect([...order].sort((i, j) => i - j)).toEqual(Array.from({ length: n }, (_, k) => k));
      }),
    );
  });

  test("a tree has no fill, whatever its numbering", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
        const name = shuffled(n, seed);
        const child = Array.from({ length: n - 1 }, (_, k) => k + 1);
        const graph = adjacencyOf(
          Int32Array.from(child, (k) => name[k]!),
          Int32Array.from(child, (k) => name[(k * 7919 + seed) % k]!),
          n,
        );
        expect(fillOf(graph, minimumDegree(graph))).toBe(n - 1);
      }),
    );
  });

  test("is close to exact minimum degree on random graphs and far better than the given order on grids", () => {
    const exact = (graph: Adjacency): number => {
      const n = graph.start.length - 1;
      const around = Array.from(
        { length: n },
        (_, v) => new Set(graph.neighbour.subarray(graph.start[v], graph.start[v + 1])),
      );
      const left = new Set(around.keys());
      let total = 0;
      while (left.size > 0) {
        const pivot = [...left].reduce((best, v) => (around[v]!.size < around[best]!.size ? v : best));
        left.delete(pivot);
        const own = [...around[pivot]!];
        total += own.length;
        for (const u of own) {
          around[u]!.delete(pivot);
          for (const v of own) if (u !== v) around[u]!.add(v);
        }
      }
      return total;
    };
    let [approximate, best] = [0, 0];
    for (let seed = 1; seed <= 30; seed++) {
      const graph = graphOf(scattered(40, 2, seed));
      approximate += fillOf(graph, minimumDegree(graph));
      best += exact(graph);
    }
    expect(approximate).toBeLessThan(1.1 * best);
    const grid = graphOf(laplacian(20, 20));
    const natural = Array.from({ length: 400 }, (_, k) => k);
    expect(fillOf(grid, minimumDegree(grid))).toBeLessThan(0.5 * fillOf(grid, natural));
  });
});

describe("the factor", () => {
  test("times its transpose is the permuted matrix", () => {
    fc.assert(
      fc.property(shapes(15), ([n, perRow, seed]) => {
        const matrix = gram(n, perRow, seed);
        const { analysis, factor, status } = factorOf(matrix);
        expect(status).toEqual({ ok: true });
        const lower = Matrix.zeros(n, n);
        for (let j = 0; j < n; j++)
          for (let t = analysis.columnStart[j]!; t < analysis.columnStart[j + 1]!; t++)
            lower.set(analysis.rowOf[t]!, j, factor[t]!);
        const product = lower.mmul(lower.transpose());
        const dense = denseOf(matrix);
        const size = dense.max();
        analysis.order.forEach((row, i) =>
          analysis.order.forEach((column, j) =>
            expect(Math.abs(product.get(i, j) - dense.get(row, column))).toBeLessThan(1e-14 * size * n),
          ),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("has exactly the entries that eliminating the graph leaves", () => {
    fc.assert(
      fc.property(shapes(25), ([n, perRow, seed]) => {
        const matrix = gram(n, perRow, seed);
        const { analysis } = factorOf(matrix);
        expect(analysis.rowOf.length - n).toBe(fillOf(graphOf(matrix), analysis.order));
      }),
      { numRuns: 40 },
    );
  });

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
        const leading = [...analysis.order.subarray(0, analysis.order.indexOf(status.row) + 1)];
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
  const solve = (rhs: Float64Array): void => solveSimplicial(analysis, factor, rhs, rhs);
  const exact = solution(matrix, b);
  const spoiled = exact.map((value, k) => value * (1 + 1e-7 * Math.sin(k)));
  const quality = refine(matrix, b, solve, spoiled);
  expect(quality.backwardError).toBeLessThan(1e-15);
  expect(gap(spoiled, exact)).toBeLessThan(1e-14);
  const again = spoiled.slice();
  refine(matrix, b, solve, again);
  expect(again).toEqual(spoiled);
});
