/** Topology optimization in space and of conductors: gradients, one factorization per iteration, symmetry, back ends. */
import { describe, expect, test } from "vitest";
import { hvp, jit, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import {
  counters,
  elementField,
  feFactor,
  fix,
  gridMesh,
  heatConduction,
  region,
  scalarField,
  vectorField,
} from "cotangent/fem";
import type { ElementField, HeatSystem } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance, complianceAndDisplacement, designObjective, minimizeCompliance, problems } from "cotangent/topopt";
import type { Problem } from "cotangent/topopt";
import { derivativeAtZero, derivativesAtZero, floats, innerProduct, relativeGap, wave } from "../fem/fields.ts";

const problem = problems.cantilever3d({ nelx: 8, nely: 4, nelz: 4 });
const { mesh } = problem;
const density = elementField(mesh, wave(mesh.elementShape, 0, { middle: 0.5, amplitude: 0.4 }));
const objective = (own: ElementField): NDArray =>
  designObjective(problem, { filterRadius: 1.5, penal: 3, eMin: 1e-3 })(own)[0];

describe("compliance of a block", () => {
  test("its gradient is negative and that by differences, takes one factorization, and is the same on every back end", () => {
    const before = counters().factorizations;
    const [, gradient] = valueAndGrad(objective)(density);
    expect(counters().factorizations - before).toBe(1);
    expect(np.max(gradient).item()).toBeLessThan(0);
    for (const phase of [1, 2]) {
      const direction = elementField(mesh, wave(mesh.elementShape, phase));
      const expected = derivativeAtZero((h) => objective(density.add(direction.mul(h))).item(), 2e-3);
      const size = Math.sqrt(innerProduct(gradient, gradient) * innerProduct(direction, direction));
      expect(Math.abs(innerProduct(gradient, direction) - expected) / size).toBeLessThan(1e-8);
    }
    for (const backend of ["interpreter", "js", "wasm"] as const)
      expect(relativeGap(jit(valueAndGrad(objective), { backend })(density)[1], gradient)).toBeLessThan(1e-12);
  });

  test("its Hessian is that by differences of gradients", () => {
    const direction = elementField(mesh, wave(mesh.elementShape, 3));
    const product = hvp(objective, [density], [direction]);
    const expected = derivativesAtZero((h) => valueAndGrad(objective)(density.add(direction.mul(h)))[1], 1e-3);
    expect(relativeGap(product, expected)).toBeLessThan(1e-6);
  });

  test("is homogeneous of degree -1, and load cases add up with one factor", () => {
    const modulus = elementField(mesh, wave(mesh.elementShape, 0, { middle: 0.6, amplitude: 0.4 }));
    const [value, gradient] = valueAndGrad((own: ElementField) => compliance(problem, own))(modulus);
    expect(innerProduct(modulus, gradient) / value.item()).toBeCloseTo(-1, 11);
    const loads = [1, 2, 3].map((phase) => vectorField(mesh, wave(problem.load.shape, phase)));
    const factor = feFactor(problem.system, modulus);
    const together = { ...problem, load: vectorField(mesh, np.stack(loads)) };
    const apart = loads.reduce((sum, load) => sum + compliance({ ...problem, load }, modulus).item(), 0);
    expect(complianceAndDisplacement(together, modulus, { factor })[0].item() / apart).toBeCloseTo(1, 13);
  });
});

test("a run on a block lowers the compliance, keeps the volume and the symmetry front to back", () => {
  const {
    history,
    density: found,
    counters: spent,
  } = minimizeCompliance(problem, {
    volumeFraction: 0.3,
    iterations: 10,
  });
  expect(spent).toMatchObject({ factorizations: 10, solves: 10, traces: 1 });
  expect(history.at(-1)!.objective).toBeLessThan(history[0]!.objective / 2);
  for (const { volume } of history) expect(Math.abs(volume - 0.3)).toBeLessThan(1e-8);
  const gap = np.max(np.abs(found.sub(np.flip(found, 0)))).item();
  expect(gap).toBeLessThan(1e-9);
  expect(floats(found).every((value) => value >= 0 && value <= 1)).toBe(true);
});

test("a run on a conductor lowers the mean temperature: heat from everywhere to a short part of one side", () => {
  const sheet = gridMesh({ nelx: 16, nely: 16 });
  const drain = region(sheet, { x: [0, 0], y: [0.4, 0.6] });
  const conductor: Problem<HeatSystem> = {
    mesh: sheet,
    system: heatConduction(sheet, { supports: [fix(drain, "temperature")] }),
    load: scalarField(sheet, 1e-3),
  };
  const {
    history,
    displacement,
    counters: spent,
  } = minimizeCompliance(conductor, {
    volumeFraction: 0.4,
    iterations: 15,
    eMin: 1e-3,
  });
  expect(spent).toMatchObject({ factorizations: 15, solves: 15 });
  expect(displacement.shape).toEqual([17, 17]);
  expect(history.at(-1)!.objective).toBeLessThan(history[0]!.objective / 4);
  expect(1e-3 * np.sum(displacement).item()).toBeCloseTo(history.at(-1)!.objective, 10);
});
