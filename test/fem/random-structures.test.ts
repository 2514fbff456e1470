/**
 * Laws of the solve on random structures: grids of 1 to 12 elements a side, in space with 1 to 4 layers, supports that just
 * stop all rigid motions, moduli between 1e-9 and 1. Differences are taken at contrasts up to 100.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import { elasticity, elementField, feFactor, feSolve, fix, gridMesh, nodePoint, vectorField } from "cotangent/fem";
import type { Direction, ElasticitySystem, ElementField, GridMesh, Support, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { derivativeAtZero, floats, innerProduct, wave } from "./fields.ts";

/** Displacement of a dof under the rigid motions of the box. */
const rigid = (mesh: GridMesh, node: number, axis: number): number[] => {
  const { x, y, z } = nodePoint(mesh, node);
  if (mesh.dimensions === 2) return axis === 0 ? [1, 0, -y] : [0, 1, x];
  return [
    [1, 0, 0, -y, 0, z],
    [0, 1, 0, x, -z, 0],
    [0, 0, 1, 0, y, -x],
  ][axis]!;
};

/** What is left of a row after those kept, scaled to the sides of the box. */
const remainder = (row: readonly number[], kept: readonly (readonly number[])[]): number[] =>
  kept.reduce<number[]>(
    (rest, own) => {
      const share = own.reduce((sum, value, k) => sum + value * rest[k]!, 0);
      return rest.map((value, k) => value - share * own[k]!);
    },
    [...row],
  );

/** As many supports as a rigid body has motions, found by trying dofs in a random order; none of them is idle. */
const determinateSupports = (mesh: GridMesh, seed: number): Support[] => {
  const components = (["x", "y", "z"] as const).slice(0, mesh.dimensions) as Direction[];
  const count = mesh.nodeShape.reduce((product, extent) => product * extent, 1) * mesh.dimensions;
  const kept: number[][] = [];
  const supports: Support[] = [];
  for (let k = 0; supports.length < (mesh.dimensions === 2 ? 3 : 6); k++) {
    const dof = (seed + Math.floor(7919 * k * (1 + (seed % 13)) + k / 3)) % count;
    const node = Math.floor(dof / mesh.dimensions);
    const rest = remainder(rigid(mesh, node, dof % mesh.dimensions), kept);
    const length = Math.hypot(...rest);
    if (length > 0.2) {
      kept.push(rest.map((value) => value / length));
      supports.push(fix({ mesh, nodes: [node] }, components[dof % mesh.dimensions]!));
    }
    if (k > 20 * count) return determinateSupports(mesh, seed + 1);
  }
  return supports;
};

const structures = (largest: number, layers: number) =>
  fc
    .record({
      nelx: fc.integer({ min: 1, max: largest }),
      nely: fc.integer({ min: 1, max: largest }),
      nelz: fc.option(fc.integer({ min: 1, max: layers }), { nil: undefined }),
      seed: fc.nat(1e6),
    })
    .map(({ nelx, nely, nelz, seed }) => {
      const mesh = gridMesh({ nelx, nely, nelz });
      return { mesh, seed, system: elasticity(mesh, { supports: determinateSupports(mesh, seed) }) };
    });

/** Moduli with even logarithms between 10^-decades and 1. */
const modulusOf = (mesh: GridMesh, phase: number, decades: number): ElementField =>
  elementField(mesh, np.power(10, wave(mesh.elementShape, phase, { middle: -decades / 2, amplitude: decades / 2 })));

const loadOf = (mesh: GridMesh, phase: number): VectorField =>
  vectorField(mesh, wave([...mesh.nodeShape, mesh.dimensions], phase));

const phases = fc.double({ min: 0, max: 6, noNaN: true });

/** Largest entry of a field. */
const sizeOf = (field: NDArray): number => floats(field).reduce((high, value) => Math.max(high, Math.abs(value)), 0);

/** Rounding of the displacement: digits are lost in proportion to how far soft elements let it move. */
const backwardError = (system: ElasticitySystem): number => system.report()!.backwardError;

describe("random structures", () => {
  test("solve to a backward error of rounding at contrasts of 1e9", () => {
    fc.assert(
      fc.property(structures(12, 4), phases, fc.double({ min: 0, max: 9, noNaN: true }), (own, phase, decades) => {
        const { mesh, system } = own;
        const u = feSolve(system, modulusOf(mesh, phase, decades), loadOf(mesh, phase + 1));
        expect(floats(u).every(Number.isFinite)).toBe(true);
        expect(backwardError(system)).toBeLessThan(1e-14);
      }),
      { numRuns: 60 },
    );
  });

  test("have a symmetric inverse: the work of one load on the displacement of another is mutual", () => {
    fc.assert(
      fc.property(structures(12, 4), phases, fc.double({ min: 0, max: 9, noNaN: true }), (own, phase, decades) => {
        const { mesh, system } = own;
        const modulus = modulusOf(mesh, phase, decades);
        const [f, g] = [loadOf(mesh, phase + 1), loadOf(mesh, phase + 2)];
        const factor = feFactor(system, modulus);
        const [u, v] = [f, g].map((load) => feSolve(system, modulus, load, { factor }));
        // By the energies of both, |f.v| and |g.u| are at most their geometric mean.
        const [mutual, other] = [innerProduct(f, v!), innerProduct(g, u!)];
        const mean = Math.sqrt(innerProduct(f, u!) * innerProduct(g, v!));
        expect(Math.abs(mutual)).toBeLessThanOrEqual(mean * (1 + 1e-6));
        // A load's residual works on the other displacement: its size is the backward error times what u moves.
        const rounding = 1e-14 * (sizeOf(u!) * sizeOf(v!) + mean) * mesh.elementShape.reduce((a, b) => a * b, 10);
        expect(Math.abs(mutual - other)).toBeLessThan(rounding);
      }),
      { numRuns: 60 },
    );
  });

  test("have the gradients that differences have, at contrasts up to 100", () => {
    fc.assert(
      fc.property(structures(6, 2), phases, fc.double({ min: 0, max: 2, noNaN: true }), (own, phase, decades) => {
        const { mesh, system } = own;
        const logarithm = np.log(modulusOf(mesh, phase, decades));
        const [load, weight] = [loadOf(mesh, phase + 1), loadOf(mesh, phase + 2)];
        const objective = (exponent: NDArray): NDArray =>
          np.vdot(weight, feSolve(system, np.exp(exponent) as ElementField, load));
        const direction = wave(mesh.elementShape, phase + 3);
        const gradient = grad(objective)(logarithm);
        const expected = derivativeAtZero((h) => objective(logarithm.add(direction.mul(h))).item(), 0.05);
        // Terms of the directional derivative may cancel: its error is relative to their size.
        const size = Math.sqrt(innerProduct(gradient, gradient) * innerProduct(direction, direction));
        expect(Math.abs(innerProduct(gradient, direction) - expected) / size).toBeLessThan(1e-7);
      }),
      { numRuns: 40 },
    );
  });

  test("are batched as in a loop, to the bit", () => {
    fc.assert(
      fc.property(structures(8, 3), phases, ({ mesh, system }, phase) => {
        const moduli = [0, 1, 2].map((k) => modulusOf(mesh, phase + k, 3));
        const loads = [0, 1, 2].map((k) => loadOf(mesh, phase + k));
        const solve = (modulus: ElementField, load: VectorField): VectorField => feSolve(system, modulus, load);
        const [allModuli, allLoads] = [np.stack(moduli) as ElementField, np.stack(loads) as NDArray as VectorField];
        const both = vmap(solve)(allModuli, allLoads);
        const byLoad = vmap(solve, { inAxes: [null, 0] })(moduli[0]!, allLoads);
        const byModulus = vmap(solve, { inAxes: [0, null] })(allModuli, loads[0]!);
        [0, 1, 2].forEach((k) => {
          const entry = (all: NDArray): Float64Array => floats(np.take(all, k, { axis: 0 }));
          expect(entry(both)).toEqual(floats(solve(moduli[k]!, loads[k]!)));
          expect(entry(byLoad)).toEqual(floats(solve(moduli[0]!, loads[k]!)));
          expect(entry(byModulus)).toEqual(floats(solve(moduli[k]!, loads[0]!)));
        });
      }),
      { numRuns: 25 },
    );
  });
});
