import fc from "fast-check";
import { expect, test } from "vitest";
import { applyElements, elementForms } from "../../../kernels/sparse/element-operator.ts";
import { q4PlaneStress } from "../../../kernels/sparse/quadrilateral.ts";
import {
  analyzeGrid,
  cantilever,
  denseMatrix,
  dofCount,
  type Grid,
  maxNorm,
  seeds,
  smallGrids,
  uniform,
} from "./systems.ts";

const K0 = q4PlaneStress(0.3);

/** A grid with moduli and two fields. */
function fields(grid: Grid, seed: number) {
  const n = dofCount(grid);
  return { modulus: uniform(grid.nelx * grid.nely, seed), u: uniform(n, seed + 1), v: uniform(n, seed + 2) };
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

test("the element product with a mask equals the dense product without fixed rows and columns", () => {
  fc.assert(
    fc.property(smallGrids, seeds, (grid, seed) => {
      const fixed = cantilever(grid);
      const analysis = analyzeGrid(grid, fixed);
      const { modulus, u } = fields(grid, seed);
      const out = new Float64Array(u.length);
      applyElements(analysis, K0, modulus, u, out, fixed);
      const dense = denseMatrix(analysis, K0, modulus).map((row, i) =>
        fixed[i] === 1
          ? 0
          : dot(
              row,
              u.map((x, j) => (fixed[j] === 1 ? 0 : x)),
            ),
      );
      expect(maxNorm(out.map((value, i) => value - dense[i]!))).toBeLessThan(1e-13);
    }),
    { numRuns: 20 },
  );
});

test("element forms weighted by the moduli sum to u' K(E) v", () => {
  fc.assert(
    fc.property(smallGrids, seeds, (grid, seed) => {
      const analysis = analyzeGrid(grid, new Uint8Array(dofCount(grid)));
      const { modulus, u, v } = fields(grid, seed);
      const product = new Float64Array(v.length);
      const forms = new Float64Array(modulus.length);
      applyElements(analysis, K0, modulus, v, product);
      elementForms(analysis, K0, u, v, forms);
      expect(dot(forms, modulus)).toBeCloseTo(dot(u, product), 10);
    }),
    { numRuns: 30 },
  );
});

test("the form of any field with itself is never negative, and keeps its digits on top of a motion of 1e9", () => {
  fc.assert(
    fc.property(smallGrids, seeds, (grid, seed) => {
      const analysis = analyzeGrid(grid, new Uint8Array(dofCount(grid)));
      const { modulus, u } = fields(grid, seed);
      const still = new Float64Array(modulus.length);
      const carried = new Float64Array(modulus.length);
      // Numbers of few digits, so that the sum with the motion is exact.
      const strained = u.map((x) => Math.round(x * 1024) / 1024);
      elementForms(analysis, K0, strained, strained, still);
      const moved = strained.map((x, dof) => x + (dof % 2 === 0 ? 2 ** 30 : -(2 ** 30)));
      elementForms(analysis, K0, moved, moved, carried);
      carried.forEach((form, e) => {
        expect(form).toBeGreaterThanOrEqual(0);
        expect(Math.abs(form - still[e]!)).toBeLessThan(1e-5);
      });
    }),
    { numRuns: 60 },
  );
});

test("forms of a matrix that is not positive semidefinite are those of the matrix", () => {
  const grid = { nelx: 1, nely: 1 };
  const analysis = analyzeGrid(grid, new Uint8Array(8));
  const shifted = K0.map((value, k) => (k % 9 === 0 ? value - 1 : value));
  const u = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const [own, plain] = [new Float64Array(1), new Float64Array(1)];
  elementForms(analysis, shifted, u, u, own);
  elementForms(analysis, K0, u, u, plain);
  expect(own[0]! - plain[0]!).toBeCloseTo(-dot(u, u), 10);
});
