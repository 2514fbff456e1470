/** The WebAssembly solver against the readable reference: equal bits in the factor's effects, for any grid, supports and moduli. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { directSolver } from "../../../kernels/multifrontal/direct-solver.ts";
import { forgetSolverMemory, placeFor } from "../../../kernels/multifrontal/memory.ts";
import type { Analysis } from "../../../kernels/sparse/analysis.ts";
import { eliminate } from "../../../kernels/sparse/multifrontal.ts";
import type { ElementValues } from "../../../kernels/sparse/multifrontal.ts";
import { q4Heat, q4PlaneStress } from "../../../kernels/sparse/quadrilateral.ts";
import { solve } from "../../../kernels/sparse/solve.ts";
import type { Grid } from "../sparse/systems.ts";
import { analyzeGrid, cantilever, halfBeam, seeds, smallGrids, uniform } from "../sparse/systems.ts";

/** Moduli log-uniform over 1e-9..1. */
const roughModuli = (count: number, seed: number): Float64Array => uniform(count, seed).map((x) => 10 ** (-9 * x));

const thresholds = (analysis: Analysis): Float64Array =>
  Float64Array.from(analysis.dofAt, (dof) => (dof === -1 ? 0.5 : 0));

const bothSolutions = (analysis: Analysis, values: ElementValues, rhs: Float64Array, cases: number) => {
  const threshold = thresholds(analysis);
  const factor = new Float64Array(analysis.factorLength);
  const stack = new Float64Array(analysis.stackLength);
  const refused = eliminate(analysis, values, factor, stack, threshold);
  const wasm = directSolver(analysis);
  const refusedByWasm = wasm.eliminate(values, threshold);
  expect(refusedByWasm).toEqual(refused);
  if (refused !== undefined) return null;
  const [expected, seen] = [new Float64Array(rhs.length), new Float64Array(rhs.length)];
  solve(analysis, factor, rhs, cases, expected);
  wasm.solve(rhs, cases, seen);
  return { expected, seen };
};

const gridsOf = fc.oneof(
  smallGrids,
  fc.record({ nelx: fc.integer({ min: 1, max: 40 }), nely: fc.integer({ min: 1, max: 30 }) }),
);

describe("the multifrontal solver in WebAssembly", () => {
  it("gives the bits of the reference, for one to nine right-hand sides and any contrast", () => {
    fc.assert(
      fc.property(gridsOf, seeds, fc.integer({ min: 1, max: 9 }), fc.boolean(), (grid: Grid, seed, cases, isBeam) => {
        const analysis = analyzeGrid(grid, isBeam ? halfBeam(grid) : cantilever(grid));
        const modulus = roughModuli(analysis.elementCount, seed);
        const rhs = uniform(cases * analysis.dofCount, seed + 1).map((x) => x - 0.5);
        const solutions = bothSolutions(analysis, { elementMatrix: q4PlaneStress(0.3), modulus }, rhs, cases);
        if (solutions !== null) expect(solutions.seen).toEqual(solutions.expected);
      }),
    );
  });

  it("gives the bits of the reference with springs, and for one dof per node", () => {
    fc.assert(
      fc.property(smallGrids, seeds, (grid, seed) => {
        const count = (grid.nelx + 1) * (grid.nely + 1);
        const analysis = analyzeGrid(grid, new Uint8Array(count), 1);
        const modulus = roughModuli(analysis.elementCount, seed);
        const springs = uniform(count, seed + 2);
        const rhs = uniform(count, seed + 1);
        const solutions = bothSolutions(analysis, { elementMatrix: q4Heat(), modulus, springs }, rhs, 1);
        expect(solutions?.seen).toEqual(solutions?.expected);
      }),
    );
  });

  it("refuses the pivot that the reference refuses, with its value", () => {
    const grid = { nelx: 5, nely: 4 };
    const analysis = analyzeGrid(grid, cantilever(grid));
    const modulus = new Float64Array(20).fill(1);
    modulus[7] = -3;
    expect(bothSolutions(analysis, { elementMatrix: q4PlaneStress(0.3), modulus }, new Float64Array(60), 1)).toBeNull();
  });

  it("relies on nothing that memory held before: systems that follow others there have the same bits", () => {
    const grid = { nelx: 7, nely: 5 };
    const analysis = analyzeGrid(grid, halfBeam(grid));
    const values = { elementMatrix: q4PlaneStress(0.3), modulus: roughModuli(35, 8) };
    const rhs = uniform(analysis.dofCount, 9);
    const fresh = bothSolutions(analysis, values, rhs, 1);
    const solver = directSolver(analysis);
    solver.eliminate(values, thresholds(analysis));
    // Neighbours that leave nonsense behind, until the memory they share is given to others.
    while (solver.holds()) {
      placeFor({
        bytes: 2 ** 23,
        arrive: ({ memory, base }) => new Uint8Array(memory.buffer, base, 2 ** 23).fill(0xa5),
      });
    }
    expect(bothSolutions(analysis, values, rhs, 1)).toEqual(fresh);
    const large = analyzeGrid({ nelx: 150, nely: 60 }, cantilever({ nelx: 150, nely: 60 }));
    expect(
      bothSolutions(large, { ...values, modulus: roughModuli(9000, 4) }, uniform(large.dofCount, 3), 1),
    ).not.toBeNull();
  });

  it("knows that its factor is gone when the memory is, and factorizes again", () => {
    const grid = { nelx: 6, nely: 3 };
    const analysis = analyzeGrid(grid, cantilever(grid));
    const values = { elementMatrix: q4PlaneStress(0.3), modulus: roughModuli(18, 3) };
    const solver = directSolver(analysis);
    expect(solver.holds()).toBe(false);
    solver.eliminate(values, thresholds(analysis));
    expect(solver.holds()).toBe(true);
    forgetSolverMemory();
    expect(solver.holds()).toBe(false);
    solver.eliminate(values, thresholds(analysis));
    const rhs = uniform(analysis.dofCount, 5);
    const solution = new Float64Array(rhs.length);
    solver.solve(rhs, 1, solution);
    expect(solution).toEqual(bothSolutions(analysis, values, rhs, 1)?.expected);
  });
});
