/**
 * Derivatives of functionals of the displacement by the density, through filter, SIMP and solve, at contrast 1e3:
 * forward, reverse and second, against differences, on every back end.
 */
import { describe, expect, test } from "vitest";
import { grad, hvp, jit, jvp, linearize, valueAndGrad, vjp } from "cotangent";
import type { NDArray } from "cotangent";
import { corner, edge, elasticity, elementField, feSolve, fix, gridMesh, nodalLoad } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance, densityFilter, simp } from "cotangent/topopt";
import { derivativeAtZero, derivativesAtZero, innerProduct, relativeGap, wave } from "./fields.ts";

const mesh = gridMesh({ nelx: 12, nely: 8 });
const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] });
const load = nodalLoad(corner(mesh, "bottomRight"), [0, -1]);
const output = nodalLoad(corner(mesh, "topRight"), [1, 0]);
const filter = densityFilter(mesh, { radius: 2 });
const modulusOf = (density: ElementField): ElementField => simp(filter(density), { eMin: 1e-3 });
const displacement = (density: ElementField): NDArray => feSolve(system, modulusOf(density), load);

const functionals: Readonly<Record<string, (density: ElementField) => NDArray>> = {
  compliance: (density) => compliance({ mesh, system, load }, modulusOf(density)),
  "displacement of one dof": (density) => np.vdot(output, displacement(density)),
  "mean square displacement": (density) => np.mean(np.square(displacement(density))),
};
const rows = Object.entries(functionals);
const density = elementField(mesh, wave([8, 12], 0, { middle: 0.5, amplitude: 0.4 }));
const directions = [1, 2, 3].map((phase) => elementField(mesh, wave([8, 12], phase)));
const along =
  (f: (own: ElementField) => NDArray, direction: ElementField) =>
  (h: number): number =>
    f(density.add(direction.mul(h))).item();

describe.each(rows)("%s", (_name, functional) => {
  test("its gradient and its tangent are the derivative by differences, to 1e-6", () => {
    const gradient = grad(functional)(density);
    for (const direction of directions) {
      const expected = derivativeAtZero(along(functional, direction), 2e-3);
      expect(Math.abs(innerProduct(gradient, direction) / expected - 1)).toBeLessThan(1e-6);
      expect(Math.abs(jvp(functional, [density], [direction])[1].item() / expected - 1)).toBeLessThan(1e-6);
    }
  });

  test("reverse and forward mode pair to 1e-12", () => {
    const gradient = grad(functional)(density);
    for (const direction of directions) {
      const forward = jvp(functional, [density], [direction])[1].item();
      const scale = Math.sqrt(innerProduct(gradient, gradient) * innerProduct(direction, direction));
      expect(Math.abs(innerProduct(gradient, direction) - forward) / scale).toBeLessThan(1e-12);
      expect(Math.abs(linearize(functional, density)[1](direction).item() - forward) / scale).toBeLessThan(1e-13);
    }
  });

  test("a Hessian-vector product is the difference of gradients, and the Hessian is symmetric", () => {
    const [first, second] = [directions[0]!, directions[1]!];
    const product = hvp(functional, [density], [first]);
    const expected = derivativesAtZero((h) => grad(functional)(density.add(first.mul(h))), 1e-3);
    expect(relativeGap(product, expected)).toBeLessThan(1e-6);
    const other = hvp(functional, [density], [second]);
    const scale = Math.sqrt(innerProduct(product, product) * innerProduct(second, second));
    expect(Math.abs(innerProduct(product, second) - innerProduct(other, first)) / scale).toBeLessThan(1e-12);
  });

  test("value, gradient, tangent and Hessian-vector product agree on all back ends", () => {
    const programs = [
      (own: ElementField) => functional(own),
      (own: ElementField) => grad(functional)(own),
      (own: ElementField) => jvp(functional, [own], [directions[0]!])[1],
      (own: ElementField) => hvp(functional, [own], [directions[0]!]),
    ];
    for (const program of programs) {
      const eager = program(density);
      for (const backend of ["interpreter", "js", "wasm"] as const)
        expect(relativeGap(jit(program, { backend })(density), eager)).toBeLessThan(1e-12);
    }
  });
});

test("the gradient of compliance has one sign, that of one dof has both", () => {
  const [, byCompliance] = valueAndGrad(functionals["compliance"]!)(density);
  expect(np.max(byCompliance).item()).toBeLessThan(0);
  const byOneDof = grad(functionals["displacement of one dof"]!)(density);
  expect(np.max(byOneDof).item()).toBeGreaterThan(0);
  expect(np.min(byOneDof).item()).toBeLessThan(0);
});

test("the displacement field itself pulls back and pushes forward as adjoint maps", () => {
  const weight = wave([9, 13, 2], 4);
  const [, tangent] = jvp(displacement, [density], [directions[0]!]);
  const [cotangent] = vjp(displacement, density)[1](weight);
  const scale = Math.sqrt(innerProduct(tangent, tangent) * innerProduct(weight, weight));
  expect(Math.abs(innerProduct(tangent, weight) - innerProduct(cotangent, directions[0]!)) / scale).toBeLessThan(1e-12);
  expect(
    relativeGap(
      tangent,
      derivativesAtZero((h) => displacement(density.add(directions[0]!.mul(h))), 2e-3),
    ),
  ).toBeLessThan(1e-6);
});
