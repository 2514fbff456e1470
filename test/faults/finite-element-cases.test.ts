/** Faults 50 and 53: compliance where supports are displaced, and many load cases. */
import { describe, expect, test } from "vitest";
import { grad } from "cotangent";
import type { NDArray } from "cotangent";
import {
  counters,
  edge,
  elasticity,
  elementField,
  face,
  feSolve,
  fix,
  gridMesh,
  reactions,
  vectorField,
} from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance } from "cotangent/topopt";
import { derivativeAtZero, floats, innerProduct, wave } from "../fem/fields.ts";

describe("fault 50: compliance with prescribed displacements", () => {
  const blocks = { plane: gridMesh({ nelx: 5, nely: 4 }), space: gridMesh({ nelx: 3, nely: 2, nelz: 2 }) };

  test.each(Object.entries(blocks))("its gradient is that by differences, in the %s", (_name, mesh) => {
    const [left, right] =
      mesh.dimensions === 3 ? [face(mesh, "left"), face(mesh, "right")] : [edge(mesh, "left"), edge(mesh, "right")];
    const system = elasticity(mesh, { supports: [fix(left, "all"), fix(right, "y", -0.2)] });
    const load = vectorField(mesh, wave([...mesh.nodeShape, mesh.dimensions], 1));
    const modulus = elementField(mesh, wave(mesh.elementShape, 0, { middle: 0.6, amplitude: 0.4 }));
    const objectives: readonly ((own: ElementField) => NDArray)[] = [
      (own) => compliance({ mesh, system, load }, own),
      // The work of the reactions, which is what grows with stiffness.
      (own) => np.vdot(system.prescribed!, reactions(system, own, feSolve(system, own, load))),
    ];
    for (const objective of objectives) {
      const gradient = grad(objective)(modulus);
      const size = Math.sqrt(innerProduct(gradient, gradient));
      for (const phase of [2, 3]) {
        const direction = elementField(mesh, wave(mesh.elementShape, phase));
        const expected = derivativeAtZero((h) => objective(modulus.add(direction.mul(h))).item(), 4e-3);
        const length = Math.sqrt(innerProduct(direction, direction));
        expect(Math.abs(innerProduct(gradient, direction) - expected) / (size * length)).toBeLessThan(1e-8);
      }
    }
  });

  test("without a load it is zero, while the reactions work; stiffer elements raise that work", () => {
    const mesh = blocks.plane;
    const system = elasticity(mesh, {
      supports: [fix(edge(mesh, "left"), "all"), fix(edge(mesh, "right"), "y", -0.2)],
    });
    const none = vectorField(mesh, 0);
    expect(compliance({ mesh, system, load: none }, elementField(mesh, 1)).item()).toBe(0);
    const work = (own: ElementField): NDArray =>
      np.vdot(system.prescribed!, reactions(system, own, feSolve(system, own, none)));
    expect(work(elementField(mesh, 1)).item()).toBeGreaterThan(0);
    for (const slope of floats(grad(work)(elementField(mesh, 1)))) expect(slope).toBeGreaterThanOrEqual(0);
  });
});

describe("fault 53: many load cases", () => {
  test.each([
    ["in the plane", gridMesh({ nelx: 7, nely: 5 })],
    ["in space", gridMesh({ nelx: 4, nely: 2, nelz: 3 })],
  ] as const)("have the bits of one at a time, from one factorization, %s", (_name, mesh) => {
    const left = mesh.dimensions === 3 ? face(mesh, "left") : edge(mesh, "left");
    const system = elasticity(mesh, { supports: [fix(left, "all")] });
    const modulus = elementField(mesh, wave(mesh.elementShape, 0, { middle: 0.6, amplitude: 0.4 }));
    for (const count of [1, 3, 8, 11]) {
      const loads = wave([count, ...mesh.nodeShape, mesh.dimensions], count);
      const before = counters().factorizations;
      const together = feSolve(system, modulus, vectorField(mesh, loads));
      for (let k = 0; k < count; k++) {
        const alone = feSolve(system, modulus, vectorField(mesh, np.take(loads, k, { axis: 0 })));
        expect(floats(np.take(together, k, { axis: 0 }))).toEqual(floats(alone));
      }
      expect(counters().factorizations - before).toBe(count === 1 ? 1 : 0);
    }
  });
});
