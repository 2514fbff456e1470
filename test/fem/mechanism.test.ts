/**
 * A compliant inverter: a spring at the input port where it is pushed, one at the output port whose motion is the objective.
 * Source: Sigmund 1997. Its gradient is that by differences; designing for it turns the output round.
 */
import { describe, expect, test } from "vitest";
import { grad, hvp, jit, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import {
  corner,
  counters,
  edge,
  elasticity,
  elementField,
  face,
  feSolve,
  fix,
  gridMesh,
  nodalLoad,
  spring,
} from "cotangent/fem";
import type { ElementField, GridMesh, NodeSet } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { densityFilter, optimalityCriteria, simp } from "cotangent/topopt";
import { derivativeAtZero, derivativesAtZero, innerProduct, relativeGap, wave } from "./fields.ts";

interface Ports {
  readonly mesh: GridMesh;
  readonly input: NodeSet;
  readonly output: NodeSet;
  readonly held: NodeSet;
  readonly symmetry: NodeSet;
}

/** The upper half of an inverter: the ports are at the ends of the axis, its other end is held. */
const inverter = ({ mesh, input, output, held, symmetry }: Ports) => {
  const inSpace = mesh.dimensions === 3;
  const system = elasticity(mesh, {
    supports: [fix(held, "all"), fix(symmetry, "y"), ...(inSpace ? [fix(face(mesh, "back"), "z")] : [])],
    springs: [spring(input, "x", 1), spring(output, "x", 0.1)],
  });
  const along = inSpace ? ([1, 0, 0] as const) : ([1, 0] as const);
  const [push, read] = [nodalLoad(input, along), nodalLoad(output, along)];
  const filter = densityFilter(mesh, { radius: 1.5 });
  return (density: ElementField): NDArray =>
    np.vdot(read, feSolve(system, simp(filter(density), { eMin: 1e-3 }), push));
};

const plane = gridMesh({ nelx: 16, nely: 8 });
const block = gridMesh({ nelx: 6, nely: 3, nelz: 2 });
const ports: readonly (readonly [string, Ports])[] = [
  [
    "in the plane",
    {
      mesh: plane,
      input: corner(plane, "bottomLeft"),
      output: corner(plane, "bottomRight"),
      held: corner(plane, "topLeft"),
      symmetry: edge(plane, "bottom"),
    },
  ],
  [
    "in space",
    {
      mesh: block,
      input: corner(block, "bottomLeftBack"),
      output: corner(block, "bottomRightBack"),
      held: edge(block, ["left", "top"]),
      symmetry: face(block, "bottom"),
    },
  ],
];

describe.each(ports)("an inverter %s", (_name, own) => {
  const motion = inverter(own);
  const density = elementField(own.mesh, wave(own.mesh.elementShape, 0, { middle: 0.5, amplitude: 0.4 }));
  const directions = [1, 2, 3].map((phase) => elementField(own.mesh, wave(own.mesh.elementShape, phase)));

  test("its gradient is that by differences, with one factorization, and the same on every back end", () => {
    const before = counters().factorizations;
    const [, gradient] = valueAndGrad(motion)(density);
    expect(counters().factorizations - before).toBe(1);
    const size = Math.sqrt(innerProduct(gradient, gradient));
    for (const direction of directions) {
      const expected = derivativeAtZero((h) => motion(density.add(direction.mul(h))).item(), 2e-3);
      const length = Math.sqrt(innerProduct(direction, direction));
      expect(Math.abs(innerProduct(gradient, direction) - expected) / (size * length)).toBeLessThan(1e-8);
    }
    for (const backend of ["interpreter", "js", "wasm"] as const)
      expect(relativeGap(jit(grad(motion), { backend })(density), gradient)).toBeLessThan(1e-12);
  });

  test("its Hessian is that by differences", () => {
    const product = hvp(motion, [density], [directions[0]!]);
    const expected = derivativesAtZero((h) => grad(motion)(density.add(directions[0]!.mul(h))), 1e-3);
    expect(relativeGap(product, expected)).toBeLessThan(1e-6);
  });
});

test("designed for it, the output moves against the input", () => {
  const motion = inverter(ports[0]![1]);
  const evaluate = jit(valueAndGrad(motion));
  const weights = grad((own: ElementField) => np.mean(densityFilter(plane, { radius: 1.5 })(own)))(
    elementField(plane, 1),
  );
  let design = elementField(plane, 0.3);
  expect(motion(design).item()).toBeGreaterThan(0);
  for (let iteration = 0; iteration < 40; iteration++) {
    const [, gradient] = evaluate(design);
    // Material that would move the output forward counts for nothing, as in Sigmund's update.
    const objectiveGradient = np.minimum(gradient, -1e-10) as ElementField;
    design = optimalityCriteria({
      design,
      objectiveGradient,
      volumeGradient: weights,
      volumeFraction: 0.3,
      move: 0.1,
      volumeTolerance: 1e-9,
    }).design;
  }
  expect(motion(design).item()).toBeLessThan(-0.02);
});
