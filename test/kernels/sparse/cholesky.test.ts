import fc from "fast-check";
import { expect, test } from "vitest";
import type { Analysis } from "../../../kernels/sparse/analysis.ts";
import { analyzeElements } from "../../../kernels/sparse/analysis.ts";
import { factorize, solve } from "../../../kernels/sparse/cholesky.ts";
import { applyElements, elementForms } from "../../../kernels/sparse/element-operator.ts";
import { nestedDissection } from "../../../kernels/sparse/nested-dissection.ts";
import { q4Heat, q4PlaneStress } from "../../../kernels/sparse/quadrilateral.ts";
import {
  analyzeGrid,
  cantilever,
  denseMatrix,
  denseSolve,
  dofAt,
  dofCount,
  flags,
  type Grid,
  halfBeam,
  leftEdge,
  maxNorm,
  seeds,
  smallGrids,
  uniform,
} from "./systems.ts";

const K0 = q4PlaneStress(0.3);

/** Factors and solves; fails the test when the matrix is refused. */
function solution(
  analysis: Analysis,
  elementMatrix: Float64Array,
  modulus: Float64Array,
  rhs: Float64Array,
  springs?: Float64Array,
) {
  const factor = new Float64Array(analysis.factorLength);
  expect(factorize(analysis, elementMatrix, modulus, factor, springs)).toEqual({ ok: true });
  const out = new Float64Array(rhs.length);
  solve(analysis, factor, rhs, rhs.length / analysis.dofCount, out);
  return out;
}

/** Moduli over three decades. */
const threeDecades = (count: number, seed: number): Float64Array => uniform(count, seed).map((x) => 10 ** (3 * x - 3));

const relativeDifference = (a: Float64Array, b: Float64Array): number =>
  maxNorm(a.map((x, i) => x - b[i]!)) / maxNorm(b);

/** Condition number in the largest norm, fixed unknowns left out. */
const conditionOf = (dense: Float64Array[], fixed: Uint8Array): number => {
  const n = fixed.length;
  const free = Array.from({ length: n }, (_, k) => k).filter((k) => fixed[k] === 0);
  const columns = free.map((k) => denseSolve(dense, new Float64Array(n).with(k, 1), fixed));
  const rowSum = (entries: readonly number[]): number => entries.reduce((sum, x) => sum + Math.abs(x), 0);
  const norm = Math.max(...free.map((row) => rowSum(free.map((column) => dense[row]![column]!))));
  return norm * Math.max(...free.map((row) => rowSum(columns.map((column) => column[row]!))));
};

test("the solution equals a dense solve, as far as the condition allows", () => {
  fc.assert(
    fc.property(smallGrids, seeds, fc.constantFrom(cantilever, halfBeam), (grid, seed, supports) => {
      const analysis = analyzeGrid(grid, supports(grid));
      const modulus = threeDecades(grid.nelx * grid.nely, seed);
      const rhs = uniform(analysis.dofCount, seed + 1).map((x) => x - 0.5);
      const matrix = denseMatrix(analysis, K0, modulus);
      const dense = denseSolve(matrix, rhs, analysis.fixed);
      const bound = 4 * Number.EPSILON * conditionOf(matrix, analysis.fixed);
      expect(relativeDifference(solution(analysis, K0, modulus, rhs), dense)).toBeLessThan(bound);
    }),
    { numRuns: 60 },
  );
});

test("any elimination order gives the same solution, as far as the condition allows", () => {
  fc.assert(
    fc.property(smallGrids, seeds, (grid, seed) => {
      const nested = analyzeGrid(grid, cantilever(grid));
      const keys = uniform(nested.dofCount / 2, seed);
      const order = Int32Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!);
      const shuffled = analyzeElements({ ...nested, nodeCount: keys.length, order });
      const modulus = threeDecades(grid.nelx * grid.nely, seed);
      const rhs = uniform(nested.dofCount, seed + 1);
      const bound = 4 * Number.EPSILON * conditionOf(denseMatrix(nested, K0, modulus), nested.fixed);
      expect(relativeDifference(solution(shuffled, K0, modulus, rhs), solution(nested, K0, modulus, rhs))).toBeLessThan(
        bound,
      );
    }),
    { numRuns: 30 },
  );
});

test("one and three dofs per node are solved like two", () => {
  fc.assert(
    fc.property(smallGrids, seeds, (grid, seed) => {
      const nodes = dofCount(grid) / 2;
      const modulus = threeDecades(grid.nelx * grid.nely, seed);
      const heat = analyzeGrid(grid, flags(nodes, [seed % nodes]), 1);
      const triple = analyzeGrid(grid, flags(3 * nodes, [seed % (3 * nodes)]), 3);
      const rows = Array.from({ length: 12 }, (_, i) => uniform(12, seed + 7 * i));
      const gram = Float64Array.from({ length: 144 }, (_, k) => {
        const [i, j] = [Math.floor(k / 12), k % 12];
        return (i === j ? 1 : 0) + rows[i]!.reduce((sum, x, m) => sum + x * rows[j]![m]!, 0);
      });
      for (const [analysis, matrix] of [
        [heat, q4Heat()],
        [triple, gram],
      ] as const) {
        const rhs = uniform(analysis.dofCount, seed + 1);
        const dense = denseSolve(denseMatrix(analysis, matrix, modulus), rhs, analysis.fixed);
        expect(relativeDifference(solution(analysis, matrix, modulus, rhs), dense)).toBeLessThan(1e-10);
      }
    }),
    { numRuns: 30 },
  );
});

test("a block of eight-node cells is solved like a dense system", () => {
  const [nz, ny, nx] = [3, 2, 4];
  const node = (z: number, y: number, x: number): number => (z * (ny + 1) + y) * (nx + 1) + x;
  const elementNodes: number[] = [];
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        for (let k = 0; k < 8; k++) elementNodes.push(node(z + (k >> 2), y + ((k >> 1) & 1), x + (k & 1)));
      }
    }
  }
  const analysis = analyzeElements({
    nodeCount: node(nz, ny, nx) + 1,
    dofsPerNode: 1,
    elementNodes: Int32Array.from(elementNodes),
    nodesPerElement: 8,
    order: nestedDissection([nz, ny, nx]),
    fixed: flags(node(nz, ny, nx) + 1, [0]),
  });
  const matrix = Float64Array.from({ length: 64 }, (_, k) => (k % 9 === 0 ? 7 : -1));
  const modulus = threeDecades(nx * ny * nz, 5);
  const rhs = uniform(analysis.dofCount, 6);
  const dense = denseSolve(denseMatrix(analysis, matrix, modulus), rhs, analysis.fixed);
  expect(relativeDifference(solution(analysis, matrix, modulus, rhs), dense)).toBeLessThan(1e-10);
});

test("springs to ground add to the diagonal and can be the only support", () => {
  fc.assert(
    fc.property(smallGrids, seeds, (grid, seed) => {
      const analysis = analyzeGrid(grid, new Uint8Array(dofCount(grid)));
      const modulus = threeDecades(grid.nelx * grid.nely, seed);
      const springs = new Float64Array(analysis.dofCount);
      for (const dof of leftEdge(grid, [0, 1])) springs[dof] = 0.3;
      const rhs = uniform(analysis.dofCount, seed + 1);
      const dense = denseSolve(denseMatrix(analysis, K0, modulus, springs), rhs, analysis.fixed);
      expect(relativeDifference(solution(analysis, K0, modulus, rhs, springs), dense)).toBeLessThan(1e-9);
    }),
    { numRuns: 20 },
  );
});

test("every case has the same bits alone and in company", () => {
  fc.assert(
    fc.property(smallGrids, seeds, fc.integer({ min: 2, max: 19 }), (grid, seed, cases) => {
      const analysis = analyzeGrid(grid, halfBeam(grid));
      const modulus = threeDecades(grid.nelx * grid.nely, seed);
      const rhs = uniform(cases * analysis.dofCount, seed);
      const together = solution(analysis, K0, modulus, rhs);
      for (let c = 0; c < cases; c++) {
        const slice = [c * analysis.dofCount, (c + 1) * analysis.dofCount] as const;
        expect(solution(analysis, K0, modulus, rhs.slice(...slice))).toEqual(together.slice(...slice));
      }
    }),
    { numRuns: 20 },
  );
});

test("fixed dofs stay exactly zero and their forces do not matter", () => {
  fc.assert(
    fc.property(smallGrids, seeds, (grid, seed) => {
      const analysis = analyzeGrid(grid, cantilever(grid));
      const modulus = threeDecades(grid.nelx * grid.nely, seed);
      const rhs = uniform(analysis.dofCount, seed);
      const u = solution(analysis, K0, modulus, rhs);
      expect(u.every((value, dof) => analysis.fixed[dof] === 0 || Object.is(value, 0))).toBe(true);
      expect(
        solution(
          analysis,
          K0,
          modulus,
          rhs.map((f, dof) => (analysis.fixed[dof] === 1 ? NaN : f)),
        ),
      ).toEqual(u);
    }),
    { numRuns: 20 },
  );
});

test("the length and the bits of a factor do not depend on earlier factorizations", () => {
  const grid = { nelx: 13, nely: 11 };
  const [first, second] = [analyzeGrid(grid, cantilever(grid)), analyzeGrid(grid, cantilever(grid))];
  const modulus = threeDecades(143, 1);
  const factors = [first, second].map((analysis) => new Float64Array(analysis.factorLength));
  factorize(first, K0, threeDecades(143, 2), factors[0]!);
  factorize(first, K0, modulus, factors[0]!);
  factorize(second, K0, modulus, factors[1]!);
  expect(factors[0]).toEqual(factors[1]);
});

/** max|Ku - f| / (|K| max|u| + max|f|), the measure that elimination in floating point can keep small. */
function backwardError(analysis: Analysis, modulus: Float64Array, u: Float64Array, rhs: Float64Array): number {
  const product = new Float64Array(u.length);
  applyElements(analysis, K0, modulus, u, product, analysis.fixed);
  const residual = product.map((f, dof) => (analysis.fixed[dof] === 1 ? 0 : f - rhs[dof]!));
  return maxNorm(residual) / (4 * maxNorm(modulus) * maxNorm(u) + maxNorm(rhs));
}

test("black-and-white designs at contrast 1e9 are accepted and solved to rounding", () => {
  fc.assert(
    fc.property(
      smallGrids,
      seeds,
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.constantFrom(cantilever, halfBeam),
      (small, seed, solid, supports) => {
        const grid: Grid = { nelx: 3 * small.nelx, nely: 2 * small.nely };
        const analysis = analyzeGrid(grid, supports(grid));
        const modulus = uniform(grid.nelx * grid.nely, seed).map((x) => (x < solid ? 1 : 1e-9));
        const rhs = uniform(analysis.dofCount, seed + 1).map((f, dof) => (analysis.fixed[dof] === 1 ? 0 : f - 0.5));
        expect(backwardError(analysis, modulus, solution(analysis, K0, modulus, rhs), rhs)).toBeLessThan(1e-14);
      },
    ),
    { numRuns: 60 },
  );
});

test("where solid carries the load, the residual at contrast 1e9 is below 1e-8 of the load", () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(cantilever, halfBeam), (seed, supports) => {
      const grid = { nelx: 30, nely: 12 };
      const analysis = analyzeGrid(grid, supports(grid));
      const onFrame = (e: number): boolean => {
        const [row, column] = [Math.floor(e / grid.nelx), e % grid.nelx];
        return row === 0 || row === grid.nely - 1 || column === 0 || column === grid.nelx - 1;
      };
      const modulus = uniform(grid.nelx * grid.nely, seed).map((x, e) => (onFrame(e) || x < 0.5 ? 1 : 1e-9));
      const rhs = new Float64Array(analysis.dofCount);
      rhs[dofAt(grid, 0, grid.nelx, 1)] = -1;
      const u = solution(analysis, K0, modulus, rhs);
      const product = new Float64Array(u.length);
      applyElements(analysis, K0, modulus, u, product, analysis.fixed);
      expect(maxNorm(product.map((f, dof) => (analysis.fixed[dof] === 1 ? 0 : f - rhs[dof]!)))).toBeLessThan(1e-8);
    }),
    { numRuns: 15 },
  );
});

/**
 * Compliance and norm of its density gradient on 24x16 elements, E = 1e-9 + rho^3 (1 - 1e-9), no filter.
 * Source: independent numpy/scipy code; SuperLU and CHOLMOD agree to 1e-15. "sin": rho_e = 0.5 + 0.4 sin(12.9898 (e + 1)),
 * e numbered column by column from the upper left.
 */
const goldenCompliance = [
  { problem: "mbb", density: 0.5, compliance: 216.94864251596573, gradientNorm: 189.5824730537941 },
  { problem: "mbb", density: 0.4, compliance: 423.7278141835662, gradientNorm: 462.84782754644164 },
  { problem: "mbb", density: "sin", compliance: 2297.59460173568, gradientNorm: 15522.931108946763 },
  { problem: "bridge", density: 0.5, compliance: 22.317146565843068, gradientNorm: 38.34853899861843 },
  { problem: "bridge", density: 0.4, compliance: 43.588176554062606, gradientNorm: 93.62436136187269 },
  { problem: "bridge", density: "sin", compliance: 276.15063314502527, gradientNorm: 2205.453223751238 },
] as const;

/** Supports and load of a golden problem. */
function goldenProblem(problem: "mbb" | "bridge", grid: Grid): { fixed: Uint8Array; load: Float64Array } {
  const load = new Float64Array(dofCount(grid));
  if (problem === "mbb") {
    load[dofAt(grid, 0, 0, 1)] = -1;
    return { fixed: halfBeam(grid), load };
  }
  for (let column = 0; column <= grid.nelx; column++) load[dofAt(grid, 0, column, 1)] = -1 / (grid.nelx + 1);
  const corners = [0, grid.nelx].flatMap((column) => [0, 1].map((c) => dofAt(grid, grid.nely, column, c)));
  return { fixed: flags(dofCount(grid), corners), load };
}

test.each(goldenCompliance)("compliance of $problem with density $density equals the golden value", (golden) => {
  const grid = { nelx: 24, nely: 16 };
  const { fixed, load } = goldenProblem(golden.problem, grid);
  const analysis = analyzeGrid(grid, fixed);
  const density = Float64Array.from({ length: 384 }, (_, e) => {
    const columnMajor = (e % grid.nelx) * grid.nely + Math.floor(e / grid.nelx);
    return golden.density === "sin" ? 0.5 + 0.4 * Math.sin(12.9898 * (columnMajor + 1)) : golden.density;
  });
  const u = solution(
    analysis,
    K0,
    density.map((rho) => 1e-9 + rho ** 3 * (1 - 1e-9)),
    load,
  );
  const forms = new Float64Array(384);
  elementForms(analysis, K0, u, u, forms);
  const compliance = load.reduce((sum, f, dof) => sum + f * u[dof]!, 0);
  const gradientNorm = Math.hypot(...forms.map((form, e) => 3 * density[e]! ** 2 * (1 - 1e-9) * form));
  expect(Math.abs(compliance / golden.compliance - 1)).toBeLessThan(1e-10);
  expect(Math.abs(gradientNorm / golden.gradientNorm - 1)).toBeLessThan(1e-10);
});
