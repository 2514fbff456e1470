/**
 * The multigrid solver against the direct one and with either kind of its kernels, the estimate of its bytes, and the bound that
 * its smoothers are made for. Its matrices are in coarse-matrices.test.ts, its cycle in cycle.test.ts.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hierarchyBytes } from "../../../kernels/multigrid/estimate.ts";
import { smoothingBound } from "../../../kernels/multigrid/smoothing-bounds.ts";
import { multigridSolver } from "../../../kernels/multigrid/multigrid-solver.ts";
import type { MultigridSettings } from "../../../kernels/multigrid/multigrid-solver.ts";
import { planOf } from "../../../kernels/multigrid/plan.ts";
import { hierarchyOf } from "../../../kernels/multigrid/hierarchy.ts";
import { coarsestSolver } from "../../../kernels/multigrid/coarsest-solver.ts";
import { oneThread } from "../../../kernels/multifrontal/part-runner.ts";
import { analyzeElements } from "../../../kernels/sparse/analysis.ts";
import { factorize, solve } from "../../../kernels/sparse/cholesky.ts";
import { applyElements } from "../../../kernels/sparse/element-operator.ts";
import { nestedDissection } from "../../../kernels/sparse/nested-dissection.ts";
import { randomNumbers } from "./elements.ts";
import { dofCount, structureOf, structures } from "./structures.ts";
import type { Structure } from "./structures.ts";

const settings: MultigridSettings = { tolerance: 1e-10, smoothing: 2, maxIterations: 400, warmStart: false };

const product = (system: Structure, modulus: Float64Array, u: Float64Array): Float64Array => {
  const out = new Float64Array(u.length);
  applyElements(system, system.elementMatrix, modulus, u, out, system.fixed);
  return out.map((force, dof) => (system.fixed[dof] === 1 ? 0 : force + (system.springs?.[dof] ?? 0) * u[dof]!));
};

const norm = (x: Float64Array): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

const held = (system: Structure, load: Float64Array): Float64Array =>
  load.map((force, dof) => (system.fixed[dof] === 1 ? 0 : force));

const smoothings = fc.integer({ min: 1, max: 4 });

describe("conjugate gradients with multigrid", () => {
  test("solve what they say: the residual reported is that of the elements' product, within the tolerance or rounding", () => {
    fc.assert(
      fc.property(structures(1e4), smoothings, ({ system, levels, modulus, load }, smoothing) => {
        const solver = multigridSolver(system, planOf(system, levels), { ...settings, smoothing });
        expect(solver.prepare(modulus)).toBeUndefined();
        const u = new Float64Array(load.length);
        const { reason, residual } = solver.solve(load, 1, u)[0]!;
        const forces = held(system, load);
        const rest = product(system, modulus, u).map((force, dof) => forces[dof]! - force);
        // Moduli are below one: of an element or a spring, the stiffest entry.
        const stiffest = Math.max(...system.elementMatrix, ...(system.springs ?? []));
        const rounding = 2 ** -50 * (1 + (stiffest * norm(u)) / norm(forces));
        expect(Math.abs(norm(rest) / norm(forces) - residual)).toBeLessThanOrEqual(rounding);
        expect(["converged", "rounding"]).toContain(reason);
        expect(residual).toBeLessThanOrEqual(reason === "converged" ? settings.tolerance : rounding);
        expect(u.every((value, dof) => system.fixed[dof] === 0 || value === 0)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("agree with the factorization in the work of the load, as close as the tolerance", () => {
    fc.assert(
      fc.property(structures(1e3), ({ system, levels, modulus, load }) => {
        const nodes = system.elementShape.reduce((count, own) => count * (own + 1), 1);
        const analysis = analyzeElements({ ...system, nodeCount: nodes, order: nestedDissection(system.elementShape) });
        const factor = new Float64Array(analysis.factorLength);
        expect(factorize(analysis, system.elementMatrix, modulus, factor, system.springs).ok).toBe(true);
        const forces = held(system, load);
        const [direct, u] = [new Float64Array(load.length), new Float64Array(load.length)];
        solve(analysis, factor, forces, 1, direct);
        const solver = multigridSolver(system, planOf(system, levels), settings);
        solver.prepare(modulus);
        solver.solve(forces, 1, u);
        const work = (x: Float64Array): number => x.reduce((sum, value, k) => sum + value * forces[k]!, 0);
        expect(Math.abs(work(u) - work(direct))).toBeLessThanOrEqual(1e-10 * work(direct));
      }),
      { numRuns: 25 },
    );
  });

  test("give the same bits in WebAssembly and in the reference, and the same with and without other cases", () => {
    fc.assert(
      fc.property(structures(1e6), fc.boolean(), smoothings, ({ system, levels, modulus, load }, isWarm, smoothing) => {
        const own = { tolerance: 1e-3, smoothing, maxIterations: 8, warmStart: isWarm };
        const [fast, reference] = [true, false].map((isFast) =>
          multigridSolver(system, planOf(system, levels), own, undefined, isFast),
        );
        const cases = new Float64Array([...load, ...load.map((force) => force * force)]);
        const outs = [fast!, reference!].map((solver) => {
          solver.prepare(modulus);
          const out = new Float64Array(cases.length);
          const said = solver.solve(cases, 2, out);
          return { out, said };
        });
        expect(outs[0]).toEqual(outs[1]);
        if (isWarm) return;
        const alone = new Float64Array(load.length);
        fast!.solve(cases.subarray(load.length), 1, alone);
        expect([...alone]).toEqual([...outs[0]!.out.subarray(load.length)]);
      }),
      { numRuns: 15 },
    );
  });

  test("take no more iterations for the same design on a finer grid", () => {
    const iterations = [1, 2, 4].map((scale) => {
      const cells = [12 * scale, 24 * scale];
      const fixed = new Uint8Array(dofCount(cells, 2));
      for (let row = 0; row <= cells[0]!; row++)
        fixed.fill(1, 2 * row * (cells[1]! + 1), 2 * row * (cells[1]! + 1) + 2);
      const system = structureOf(cells, 2, fixed);
      const modulus = Float64Array.from({ length: cells[0]! * cells[1]! }, (_, k) => {
        const [row, column] = [Math.floor(k / cells[1]!), k % cells[1]!];
        return (Math.floor(row / (3 * scale)) + Math.floor(column / (4 * scale))) % 2 === 0 ? 1 : 1e-3;
      });
      const load = new Float64Array(fixed.length);
      load[load.length - 1] = -1;
      const solver = multigridSolver(system, planOf(system, 3), settings);
      solver.prepare(modulus);
      return solver.solve(load, 1, new Float64Array(load.length))[0]!.iterations;
    });
    // 34, 28 and 18.
    expect(iterations).toEqual([...iterations].sort((a, b) => b - a));
  });

  test("do not move without a load, to the bit", () => {
    const fixed = new Uint8Array(dofCount([5, 3], 2)).fill(1, 0, 12);
    const system = structureOf([5, 3], 2, fixed);
    const solver = multigridSolver(system, planOf(system, 3), settings);
    solver.prepare(new Float64Array(15).fill(1));
    const out = new Float64Array(fixed.length).fill(7);
    expect(solver.solve(new Float64Array(fixed.length), 1, out)[0]).toMatchObject({
      reason: "converged",
      iterations: 0,
    });
    expect(out.every((value) => value === 0)).toBe(true);
  });

  test("say so when they are stopped early, cannot reach the tolerance, or meet a matrix that is not positive definite", () => {
    const cells = [24, 24];
    const fixed = new Uint8Array(dofCount(cells, 2)).fill(1, 0, 50);
    const system = structureOf(cells, 2, fixed);
    const random = randomNumbers(3);
    const modulus = Float64Array.from({ length: 576 }, () => 1e-6 ** ((random() + 1) / 2));
    const load = Float64Array.from({ length: fixed.length }, random);
    const run = (own: Partial<MultigridSettings>, matrix = system.elementMatrix) => {
      const other = { ...system, elementMatrix: matrix };
      const solver = multigridSolver(other, planOf(other, 2), { ...settings, ...own });
      const refused = solver.prepare(modulus);
      return refused ?? solver.solve(load, 1, new Float64Array(load.length))[0]!;
    };
    expect(run({ maxIterations: 3 })).toMatchObject({ reason: "iterations", iterations: 3 });
    expect(run({ tolerance: 1e-300, maxIterations: 10_000 })).toMatchObject({ reason: "rounding" });
    const indefinite = system.elementMatrix.map((value, k) => (k % 9 === 0 ? value - 0.3 : value));
    const said = run({}, indefinite);
    expect("pivot" in said || said.reason === "breakdown").toBe(true);
  });
});

describe("the estimate", () => {
  test.each([
    [[40, 120], 2, 3],
    [[63, 65], 1, 4],
    [[12, 12, 24], 3, 2],
    [[17, 9, 20], 3, 3],
    [[33, 47], 2, 2],
    [[6, 40, 5], 1, 2],
  ] as const)(
    "on %j elements with %d dofs per node and %d levels has the grids' bytes but for 5 percent, and at most three times the factor's",
    (cells, components, levels) => {
      const system = structureOf(cells, components, new Uint8Array(dofCount(cells, components)).fill(1, 0, 6));
      const plan = planOf(system, levels);
      const { grids, factor } = hierarchyBytes(cells, components, levels);
      const { bytes } = hierarchyOf(plan, true);
      expect(grids).toBeGreaterThanOrEqual(0.95 * bytes);
      expect(grids).toBeLessThanOrEqual(bytes);
      expect(factor).toBeGreaterThanOrEqual(8 * plan.coarsestAnalysis.factorLength);
      expect(factor).toBeLessThanOrEqual(3 * 8 * plan.coarsestAnalysis.factorLength);
      expect(multigridSolver(system, plan, settings).bytes).toBe(bytes + coarsestSolver(plan, oneThread, true).bytes);
    },
  );
});

describe("bounds of smoothers", () => {
  test("are never below the largest eigenvalue, and at most 3 percent above it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(), (size, seed) => {
        const random = randomNumbers(seed);
        const root = Array.from({ length: size }, () => Array.from({ length: size }, random));
        const matrix = Float64Array.from({ length: size * size }, (_, k) =>
          root.reduce((sum, row) => sum + row[Math.floor(k / size)]! * row[k % size]!, 0),
        );
        // Power iteration from below.
        let vector = Array.from({ length: size }, random);
        let largest = 0;
        for (let step = 0; step < 400; step++) {
          const image = vector.map(
            (_, i) =>
              vector.reduce((sum, value, k) => sum + matrix[i * size + k]! * value, 0) / matrix[i * (size + 1)]!,
          );
          const energy = (left: readonly number[], right: readonly number[]) =>
            left.reduce((sum, value, i) => sum + value * matrix[i * (size + 1)]! * right[i]!, 0);
          largest = energy(vector, image) / energy(vector, vector);
          const scale = Math.max(...image.map(Math.abs));
          vector = image.map((value) => value / scale);
        }
        const bound = smoothingBound(matrix);
        expect(bound).toBeGreaterThanOrEqual(largest * (1 - 1e-12));
        expect(bound).toBeLessThanOrEqual(largest * 1.03);
      }),
    );
  });
});
