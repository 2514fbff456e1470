/**
 * Systems solved by multigrid: the derivatives of the direct solver within the tolerance, its counts, its reports, its refusals.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { counters, grad, hvp, jit, jvp, valueAndGrad, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import { elasticity, gridMesh } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { h8Elasticity } from "../../kernels/sparse/hexahedron.ts";
import { q4Heat, q4PlaneStress } from "../../kernels/sparse/quadrilateral.ts";
import { forgetSolverMemory } from "../../kernels/multifrontal/memory.ts";
import { chooseSolver } from "../../ops/fe-solver-choice.ts";
import type { SolverOption } from "../../ops/fe-solver-choice.ts";
import { gridSystem, lastReport } from "../../ops/fe-system.ts";
import type { FeSystem } from "../../ops/fe-system.ts";
import { feFactor, feSolve } from "../../ops/fe-solve.ts";
import { floats, relativeGap, wave } from "../fem/fields.ts";

const tight: SolverOption = { kind: "multigrid", tolerance: 1e-12 };

/** Held at the first column of nodes, in every direction. */
const heldLeft = (cells: readonly number[], components: number): Uint8Array => {
  const columns = cells.at(-1)! + 1;
  const nodes = cells.reduce((count, own) => count * (own + 1), 1);
  return Uint8Array.from({ length: nodes * components }, (_, dof) =>
    Math.floor(dof / components) % columns === 0 ? 1 : 0,
  );
};

const systemOf = (
  cells: readonly number[],
  elementMatrix: Float64Array,
  solver: SolverOption,
  own: { fixed?: Uint8Array; springs?: Float64Array } = {},
): FeSystem => {
  const components = Math.sqrt(elementMatrix.length) / 2 ** cells.length;
  const { fixed = heldLeft(cells, components), springs } = own;
  return gridSystem({
    cells,
    elementMatrix,
    fixed,
    springs,
    solver: chooseSolver("a test", solver, cells, components),
  });
};

const kinds = [
  { cells: [5, 8], matrix: q4PlaneStress(0.3) },
  { cells: [7, 3], matrix: q4Heat() },
  { cells: [2, 3, 5], matrix: h8Elasticity(0.3) },
] as const;

const moduli = ({ elementShape }: FeSystem, phase: number, lead: readonly number[] = []): NDArray =>
  wave([...lead, ...elementShape], phase, { middle: 0.55, amplitude: 0.4 });
const loads = ({ nodalShape }: FeSystem, phase: number, lead: readonly number[] = []): NDArray =>
  wave([...lead, ...nodalShape], phase);
const displacement =
  (system: FeSystem, load: NDArray) =>
  (modulus: NDArray): NDArray =>
    feSolve(feFactor(modulus, { system }), modulus, load, { system });
const objective =
  (system: FeSystem, load: NDArray) =>
  (modulus: NDArray): NDArray =>
    np.sum(np.square(displacement(system, load)(modulus)));

const countsOf = (run: () => unknown) => {
  const before = counters();
  run();
  const after = counters();
  return {
    analyses: after.analyses - before.analyses,
    factorizations: after.factorizations - before.factorizations,
    solves: after.solves - before.solves,
  };
};

describe("derivatives", () => {
  test.each(kinds)(
    "on $cells: solutions, gradients, tangents and curvatures are those of the direct solver",
    (kind) => {
      const [direct, system] = (["direct", tight] as const).map((solver) => systemOf(kind.cells, kind.matrix, solver));
      fc.assert(
        fc.property(fc.double({ min: 0, max: 6, noNaN: true }), (phase) => {
          const [modulus, load] = [moduli(system!, phase), loads(system!, phase + 1)];
          const direction = wave(system!.elementShape, phase + 2);
          const both = (run: (own: FeSystem) => NDArray): number => relativeGap(run(system!), run(direct!));
          expect(both((own) => displacement(own, load)(modulus))).toBeLessThan(1e-9);
          expect(both((own) => grad(objective(own, load))(modulus))).toBeLessThan(1e-9);
          expect(both((own) => jvp(displacement(own, load), [modulus], [direction])[1])).toBeLessThan(1e-9);
          expect(both((own) => hvp(objective(own, load), [modulus], [direction]))).toBeLessThan(1e-8);
        }),
        { numRuns: 8 },
      );
    },
  );

  test("a batch of moduli and loads equals a loop to the bit, compiled or not", () => {
    const system = systemOf([5, 8], kinds[0].matrix, tight);
    const [modulus, load] = [moduli(system, 0.4, [3]), loads(system, 1.4, [3])];
    const solve = (own: NDArray, force: NDArray): NDArray => displacement(system, force)(own);
    const loop = np.stack([0, 1, 2].map((k) => solve(modulus.at(k).get(), load.at(k).get())));
    expect(floats(vmap(solve)(modulus, load))).toEqual(floats(loop));
    expect(floats(jit(vmap(solve))(modulus, load))).toEqual(floats(loop));
  });

  test("springs and supports between the nodes of the coarser grids count in solutions as they do in the direct solver's", () => {
    const springs = new Float64Array(6 * 9 * 2);
    springs[2 * 26] = 0.7;
    springs[2 * 33 + 1] = 3;
    const fixed = new Uint8Array(springs.length);
    for (const dof of [2 * 10, 2 * 10 + 1, 2 * 43 + 1]) fixed[dof] = 1;
    const [direct, system] = (["direct", tight] as const).map((solver) =>
      systemOf([5, 8], kinds[0].matrix, solver, { fixed, springs }),
    );
    const [modulus, load] = [moduli(system!, 0.1), loads(system!, 0.2)];
    expect(relativeGap(displacement(system!, load)(modulus), displacement(direct!, load)(modulus))).toBeLessThan(1e-9);
  });
});

describe("what it costs", () => {
  test("value, gradient, Hessian-vector products and load cases at one design build one hierarchy, in as many calls", () => {
    const system = systemOf([6, 9], kinds[0].matrix, "multigrid");
    const [modulus, load] = [moduli(system, 0.3), loads(system, 0.6)];
    const own = countsOf(() => {
      valueAndGrad(objective(system, load))(modulus);
      for (let k = 0; k < 10; k++) hvp(objective(system, load), [modulus], [wave(system.elementShape, k)]);
      for (let k = 0; k < 8; k++) displacement(system, loads(system, k))(modulus);
    });
    expect(own).toMatchObject({ analyses: 1, factorizations: 1 });
  });

  test("a hierarchy that has lost its memory is built again, with the same solution", () => {
    const system = systemOf([6, 9], kinds[0].matrix, "multigrid");
    const [modulus, load] = [moduli(system, 0.3), loads(system, 0.6)];
    const factor = feFactor(modulus, { system });
    const before = floats(feSolve(factor, modulus, load, { system }));
    forgetSolverMemory();
    expect(floats(feSolve(factor, modulus, load, { system }))).toEqual(before);
  });

  test("the same system solved twice gives the same bits; started from its last solution it takes fewer iterations", () => {
    const cold = systemOf([12, 20], kinds[0].matrix, "multigrid");
    const warm = systemOf([12, 20], kinds[0].matrix, { kind: "multigrid", warmStart: true });
    const load = loads(cold, 0.6);
    const twice = [0.3, 0.3001].map((phase) => floats(displacement(cold, load)(moduli(cold, phase))));
    expect(floats(displacement(cold, load)(moduli(cold, 0.3001)))).toEqual(twice[1]);
    const coldIterations = lastReport(cold)!.iterations;
    for (const phase of [0.3, 0.3001]) displacement(warm, load)(moduli(warm, phase));
    expect(lastReport(warm)!.iterations).toBeLessThan(coldIterations);
    expect(lastReport(warm)!.residual).toBeLessThanOrEqual(2e-8);
  });
});

describe("what it says", () => {
  test("the report has the solver, why it is this one, and every residual down to the tolerance", () => {
    const system = systemOf([12, 20], kinds[0].matrix, "multigrid");
    displacement(system, loads(system, 0.6))(moduli(system, 0.3));
    const report = lastReport(system)!;
    expect(report).toMatchObject({ solver: "multigrid", because: "it was asked for", cases: 1 });
    expect(report.history).toHaveLength(report.iterations + 1);
    expect(report.history[0]).toBeCloseTo(1, 12);
    expect(report.history.at(-1)).toBeLessThanOrEqual(1e-8);
    expect(report.residual).toBeLessThanOrEqual(2e-8);
  });

  test.each([
    { cells: [200, 600], dofs: 2, expected: { kind: "direct" } },
    { cells: [400, 1200], dofs: 2, expected: { kind: "multigrid", levels: 3 } },
    { cells: [4000, 4000], dofs: 2, expected: { kind: "multigrid", levels: 5 } },
    { cells: [2, 200_000], dofs: 2, expected: { kind: "direct" } },
    { cells: [12, 12, 12], dofs: 3, expected: { kind: "direct" } },
    { cells: [24, 24, 48], dofs: 3, expected: { kind: "multigrid", levels: 2 } },
    { cells: [48, 48, 96], dofs: 3, expected: { kind: "multigrid", levels: 3 } },
  ])("auto on $cells elements chooses $expected", ({ cells, dofs, expected }) => {
    const choice = chooseSolver("a test", "auto", cells, dofs);
    expect(choice).toMatchObject(expected);
    expect(choice.because).toMatch(/grid/u);
  });

  test("a limit of iterations is an error with reason, iterations and residual; a later solve says that it is one", () => {
    const system = systemOf([12, 20], kinds[0].matrix, { kind: "multigrid", maxIterations: 6, tolerance: 1e-6 });
    const modulus = moduli(system, 0.3);
    const factor = feFactor(modulus, { system });
    const easy = np.mul(loads(system, 0), 0);
    feSolve(factor, modulus, easy, { system });
    const solve = () => feSolve(factor, modulus, loads(system, 0.6), { system });
    expect(solve).toThrow(
      expect.objectContaining({
        code: "NotConverged",
        stop: { reason: "the iteration limit is reached", iterations: 6, residual: expect.any(Number) as number },
      }),
    );
    expect(solve).toThrow(/adjoint, a tangent or a further load/u);
  });

  test("a grid whose hierarchy, or whose coarsest factor, is beyond 32-bit addresses is TooLarge before anything is made", () => {
    const make = (solver: SolverOption, nelx: number, nely: number, nelz?: number) => () =>
      elasticity(gridMesh({ nelx, nely, nelz }), { supports: [], solver });
    const refused = (message: RegExp): object =>
      expect.objectContaining({ code: "TooLarge", message: expect.stringMatching(message) as string });
    expect(make({ kind: "multigrid", levels: 8 }, 6500, 6500)).toThrow(refused(/needs 9\.80 GiB.*a coarser grid/su));
    expect(make({ kind: "multigrid", levels: 2 }, 3000, 3000)).toThrow(refused(/5\.97 GiB for its.*more levels/su));
    expect(make({ kind: "multigrid", levels: 3 }, 200, 200, 200)).toThrow(refused(/more levels/su));
    expect(make("multigrid", 300, 300, 300)).toThrow(refused(/a coarser grid/su));
  });

  test.each(kinds)(
    "without supports on $cells a dof that can move is named, with one support too few as well",
    (kind) => {
      const components = Math.sqrt(kind.matrix.length) / 2 ** kind.cells.length;
      const needed = components === 1 ? 1 : kind.cells.length === 2 ? 3 : 6;
      const nodes = kind.cells.reduce((count, own) => count * (own + 1), 1);
      const columns = kind.cells.at(-1)! + 1;
      // The first node in all directions, the next ones so that one rotation stays.
      const order =
        components === 1
          ? [0]
          : components === 2
            ? [0, 1, 2 * (columns - 1) + 1]
            : [0, 1, 2, 3 * (columns - 1) + 1, 3 * (columns - 1) + 2, 3 * columns * 2 + 2];
      for (let count = 0; count <= needed; count++) {
        const fixed = new Uint8Array(nodes * components);
        for (const dof of order.slice(0, count)) fixed[dof] = 1;
        const system = systemOf(kind.cells, kind.matrix, "multigrid", { fixed });
        const solve = () => displacement(system, loads(system, 0.3))(moduli(system, 0.1));
        if (count === needed) expect(solve).not.toThrow();
        else
          expect(solve).toThrow(
            expect.objectContaining({
              code: "NotPositiveDefinite",
              message: expect.stringMatching(/can move without straining/u) as string,
            }),
          );
      }
    },
  );

  test.each([
    [{ kind: "multigrid", tolerance: 0 }, /tolerance/u],
    [{ kind: "multigrid", tolerance: "1e-8" }, /tolerance/u],
    [{ kind: "multigrid", levels: 1 }, /levels/u],
    [{ kind: "multigrid", levels: 5 }, /levels.*from 2 to 4/u],
    [{ kind: "multigrid", smoothing: 1.5 }, /smoothing/u],
    [{ kind: "multigrid", maxIterations: 0 }, /maxIterations/u],
    [{ kind: "multigrid", warmStart: 1 }, /warmStart/u],
    [{ kind: "direct", refine: "yes" }, /refine/u],
    ["cholesky", /solver "cholesky"/u],
    [null, /solver null/u],
  ])("option %j is refused by name", (option, message) => {
    expect(() => chooseSolver("a test", option as SolverOption, [3, 3], 2)).toThrow(
      expect.objectContaining({ code: "InvalidOption", message: expect.stringMatching(message) as string }),
    );
  });
});

describe("iterative refinement of the direct solver", () => {
  test("makes no residual larger, and keeps the solution to rounding", () => {
    const plain = systemOf([6, 40], kinds[0].matrix, "direct");
    const refined = systemOf([6, 40], kinds[0].matrix, { kind: "direct", refine: true });
    const modulus = np.where(np.less(moduli(plain, 0.3), 0.5), 1e-9, 1);
    const load = loads(plain, 0.8);
    const gap = relativeGap(displacement(refined, load)(modulus), displacement(plain, load)(modulus));
    expect(gap).toBeLessThan(1e-5);
    expect(lastReport(refined)!.backwardError).toBeLessThanOrEqual(2 * lastReport(plain)!.backwardError);
  });
});
