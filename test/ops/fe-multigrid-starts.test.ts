/**
 * What must not show in a solve: the solve before it, how full solver memory is, the unit of length;
 * and what is said after one that failed.
 */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { NDArray } from "cotangent";
import {
  corner,
  edge,
  elasticity,
  elementField,
  face,
  feFactor,
  feSolve,
  fix,
  gridMesh,
  nodalLoad,
} from "cotangent/fem";
import type { ElasticitySystem, ElementField, GridMesh, SolverOption, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { forgetSolverMemory, placeFor } from "../../kernels/multifrontal/memory.ts";
import { hierarchyOf } from "../../kernels/multigrid/hierarchy.ts";
import { feOf } from "../../library/fem/system.ts";
import { chooseSolver } from "../../ops/fe-solver-choice.ts";
import { makeSolver } from "../../ops/fe-system-solver.ts";
import { planFor } from "../../ops/fe-system.ts";
import { floats, innerProduct, relativeGap, wave } from "../fem/fields.ts";

/** Moduli from a function of the element's row and column, and its layer in space. */
const moduliOf = (mesh: GridMesh, modulus: (row: number, column: number, layer: number) => number): ElementField => {
  const { nelx, nely, elementShape } = mesh;
  const count = elementShape.reduce((product, extent) => product * extent, 1);
  const values = Float64Array.from({ length: count }, (_, k) => {
    const line = Math.floor(k / nelx);
    return modulus(line % nely, k % nelx, Math.floor(line / nely));
  });
  return elementField(mesh, np.array(values, { shape: [...elementShape] }));
};

const scaled = (load: VectorField, scale: number): VectorField => np.mul(load, scale) as NDArray as VectorField;

const plane = gridMesh({ nelx: 18, nely: 12 });
const cornerLoad = nodalLoad(corner(plane, "bottomRight"), [0.3, -1]);

/** Clamped on the left: a wall and a floor, and a block that nothing but void holds, of which the right part has modulus q. */
const withIsland = (q: number): ElementField =>
  moduliOf(plane, (row, column) => {
    const isSolid = row >= 7 || column < 2 || (row >= 1 && row < 4 && column >= 10 && column < 14);
    return isSolid ? 1 : column < 12 ? 1e-9 : q;
  });

const cantilever = (solver: SolverOption): ElasticitySystem =>
  elasticity(plane, { supports: [fix(edge(plane, "left"), "all")], solver });
const cold = (): ElasticitySystem => cantilever("multigrid");
const warm = (): ElasticitySystem => cantilever({ kind: "multigrid", warmStart: true });

describe("warm starts", () => {
  /** Largest gap to the direct solver's displacements over designs that follow each other; no solve ends before two steps. */
  const largestGap = (designs: readonly number[]): number => {
    const [direct, system] = [cantilever("direct"), warm()];
    const gaps = designs.map((q) => {
      const gap = relativeGap(feSolve(system, withIsland(q), cornerLoad), feSolve(direct, withIsland(q), cornerLoad));
      expect(system.report()!.iterations).toBeGreaterThanOrEqual(2);
      return gap;
    });
    return Math.max(...gaps);
  };

  test("follow void that stiffens by a third, then threefold, within two thousandths of the largest displacement", () => {
    // Without a step these would be off by 2 and by 9 percent: residuals of void are far below the tolerance.
    expect(largestGap([1e-9, 1.3e-9, 3e-9])).toBeLessThanOrEqual(2e-3);
  });

  test("follow void of any modulus in a decade within what void promises: residuals two thousandths of its stiffness", () => {
    const exponents = fc.array(fc.double({ min: -9, max: -8, noNaN: true }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(exponents, (own) => {
        const system = warm();
        const stiffest = floats(system.elementMatrix).reduce((high, entry) => Math.max(high, entry), 0);
        for (const exponent of own) {
          const u = feSolve(system, withIsland(10 ** exponent), cornerLoad);
          const { iterations, residual } = system.report()!;
          const [force, motion] = [cornerLoad, u].map((field) => Math.sqrt(innerProduct(field, field))) as [
            number,
            number,
          ];
          expect(iterations).toBeGreaterThanOrEqual(2);
          expect(residual * force).toBeLessThanOrEqual(1.01 * 2e-3 * 1e-9 * stiffest * motion);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("after a load of any other size solve as cold starts do, to the bit; after the same load with fewer iterations", () => {
    for (const sizes of [
      [1e200, 1e-200, 1, -1],
      [1e200, 1, 1],
      [1e-310, 1, 1e-310],
      [1, 1e-3, 1e-9],
    ]) {
      const system = warm();
      sizes.forEach((size, k) => {
        const [load, reference] = [scaled(cornerLoad, size), cold()];
        const expected = feSolve(reference, withIsland(1e-9), load);
        const seen = feSolve(system, withIsland(1e-9), load);
        if (size === sizes[k - 1]) {
          expect(relativeGap(seen, expected)).toBeLessThanOrEqual(1e-6);
          expect(system.report()!.iterations).toBeLessThan(reference.report()!.iterations);
        } else expect(floats(seen)).toEqual(floats(expected));
      });
    }
  });

  test("take no more iterations than cold ones for a small load of another shape after a large one", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 6, noNaN: true }), fc.integer({ min: -12, max: -2 }), (phase, exponent) => {
        const [system, reference] = [warm(), cold()];
        feSolve(system, withIsland(1e-9), cornerLoad);
        const adjoint = scaled(wave(cornerLoad.shape, phase) as VectorField, 10 ** exponent);
        const [seen, expected] = [system, reference].map((own) => feSolve(own, withIsland(1e-9), adjoint));
        expect(system.report()!.iterations).toBeLessThanOrEqual(reference.report()!.iterations);
        expect(floats(seen!)).toEqual(floats(expected!));
      }),
      { numRuns: 10 },
    );
  });
});

describe("solver memory", () => {
  afterEach(forgetSolverMemory);

  const roomBytes = 2 ** 27;
  const largestSmall = 2 ** 24;
  const block = gridMesh({ nelx: 4, nely: 3, nelz: 4 });
  const blockLoad = nodalLoad(corner(block, "bottomRightFront"), [0.3, -1, 0.2]);
  const design = (phase: number): ElementField =>
    moduliOf(block, (row, column, layer) => 0.55 + 0.4 * Math.sin(phase + row + 2.3 * column + 4.1 * layer));
  const held = (solver: SolverOption): ElasticitySystem =>
    elasticity(block, { supports: [fix(face(block, "left"), "all")], solver });

  const moveIn = (bytes: number): number => placeFor({ bytes, arrive: () => undefined }).base;
  /** Leaves so many bytes free in the room of small tenants, in the same memory: a new one for each would be most of the work. */
  const leaveFree = (bytes: number): void => {
    // Tenants that no longer fit have the room to themselves.
    while (moveIn(largestSmall) > 0);
    for (let taken = largestSmall; taken < roomBytes - bytes;) {
      const size = Math.min(largestSmall, roomBytes - bytes - taken);
      moveIn(size);
      taken += size;
    }
  };
  /** Bytes taken in the room. */
  const taken = (): number => moveIn(16);

  /** Sums of any of these sizes, and what is a little less or more. */
  const edges = (sizes: readonly number[]): number[] => {
    const sums = sizes.reduce<number[]>((all, size) => all.flatMap((sum) => [sum, sum + size]), [0]);
    return [...new Set(sums.flatMap((sum) => [sum - 16, sum, sum + 16]))].filter((free) => free >= 0);
  };

  /** A solver is ready for solves after it has been made so, whatever of its own it had to move. */
  const solvedOnce = (system: ElasticitySystem): Float64Array => {
    const solver = makeSolver(feOf(system));
    const out = new Float64Array(blockLoad.size);
    expect(solver.prepare(floats(design(0.1)))).toBeUndefined();
    expect(solver.holds()).toBe(true);
    solver.solve(floats(blockLoad), 1, out);
    return out;
  };
  const threeSolves = (system: ElasticitySystem): Float64Array[] =>
    [0.1, 0.7, 0.1].map((phase) => floats(feSolve(system, design(phase), blockLoad)));

  test.each([{ kind: "multigrid" }, { kind: "direct", refine: true }] as const)(
    "with $kind a system solves to the same bits however much room is left, also where its parts take each other's",
    (solver) => {
      forgetSolverMemory();
      const first = held(solver);
      feFactor(first, design(0.1));
      // Grids, the rest of what is kept for a design, and the products that measure a solution.
      const grids = solver.kind === "multigrid" ? hierarchyOf(planFor(feOf(first)), true).bytes : 0;
      const kept = taken();
      const expected = feSolve(first, design(0.1), blockLoad);
      const sizes = [grids, kept - grids, taken() - kept].map((bytes) => 16 * Math.ceil(bytes / 16));
      forgetSolverMemory();
      const reference = threeSolves(held(solver));
      expect(reference[0]).toEqual(floats(expected));
      for (const free of edges(sizes)) {
        leaveFree(free);
        expect(threeSolves(held(solver))).toEqual(reference);
        leaveFree(free);
        expect(solvedOnce(held(solver))).toEqual(floats(expected));
        // A system that was there before loses its place now, and some of its parts again in the solve.
        leaveFree(free);
        expect(floats(feSolve(first, design(0.1), blockLoad))).toEqual(floats(expected));
      }
    },
  );
});

describe("units", () => {
  const elements = { nelx: 12, nely: 6, nelz: 6 };
  /** A bracket in void, and an island that void alone holds. */
  const bracket = (row: number, column: number, layer: number): number => {
    const isIsland = column >= 6 && column < 9 && row >= 1 && row < 3 && layer >= 2 && layer < 4;
    return column < 3 || row >= 4 || isIsland ? 1 : 1e-9;
  };
  const inUnit = (unit: number) => {
    const mesh = gridMesh({ ...elements, size: [12 * unit, 6 * unit, 6 * unit] });
    const system = elasticity(mesh, { supports: [fix(face(mesh, "left"), "all")], solver: "multigrid" });
    const load = nodalLoad(corner(mesh, "bottomRightFront"), [0.3, -1, 0.2]);
    // Stiffness is modulus times length: in space displacements go with one over the unit.
    const u = floats(feSolve(system, moduliOf(mesh, bracket), load)).map((value) => value * unit);
    return { u, report: system.report()! };
  };

  test("of length four times as large, or by a power of that, change no bit, no iteration and no measure of error", () => {
    const expected = inUnit(1);
    for (const unit of [2 ** -20, 2 ** -10, 2 ** -2, 2 ** 20]) expect(inUnit(unit)).toEqual(expected);
  });

  test("of length of any other ratio change the displacement by what the tolerance lets through, and iterations by one", () => {
    // Pivots have square roots, so that other powers of two round differently too.
    const expected = inUnit(1);
    for (const unit of [2 ** -3, 1e-3]) {
      const { u, report } = inUnit(unit);
      const largest = expected.u.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
      const gap = u.reduce((high, value, k) => Math.max(high, Math.abs(value - expected.u[k]!)), 0);
      expect(gap).toBeLessThanOrEqual(1e-6 * largest);
      expect(Math.abs(report.iterations - expected.report.iterations)).toBeLessThanOrEqual(1);
      expect(report.backwardError).toBeLessThanOrEqual(2 * expected.report.backwardError);
    }
  });
});

describe("what is said", () => {
  test("nothing is reported after a solve that has not converged, until one does", () => {
    const system = cantilever({ kind: "multigrid", maxIterations: 4 });
    const easy = scaled(cornerLoad, 0);
    feSolve(system, withIsland(1e-9), easy);
    expect(system.report()).toMatchObject({ iterations: 0 });
    expect(() => feSolve(system, withIsland(1e-9), cornerLoad)).toThrow(
      expect.objectContaining({ code: "NotConverged" }),
    );
    expect(system.report()).toBeNull();
    feSolve(system, withIsland(1e-9), easy);
    expect(system.report()).not.toBeNull();
  });

  test("more than 5 levels in space, or 8 in the plane, are refused on grids that could be halved more often", () => {
    const choose = (cells: readonly number[], levels: number) => () =>
      chooseSolver("a test", { kind: "multigrid", levels }, cells, cells.length);
    const refused = expect.objectContaining({ code: "InvalidOption" });
    expect(choose([64, 64, 64], 5)).not.toThrow();
    expect(choose([64, 64, 64], 6)).toThrow(refused);
    expect(choose([256, 256], 8)).not.toThrow();
    expect(choose([256, 256], 9)).toThrow(refused);
  });
});
