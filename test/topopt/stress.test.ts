/** The p-norm of relaxed stresses: between the largest and n^(1/p) times it, of degree one in the load, with a right gradient. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, hvp, jit, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import { counters, elementField, elementStresses, feSolve, vectorField, vonMises } from "cotangent/fem";
import type { ElementField, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { checkGrads } from "cotangent/testing";
import {
  densityFilter,
  designOf,
  largestStress,
  optimize,
  pixels,
  pNormStress,
  problems,
  simp,
} from "cotangent/topopt";
import type { Problem } from "cotangent/topopt";
import { derivativeAtZero, floats, innerProduct, relativeGap, wave } from "../fem/fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const backends = ["interpreter", "js", "wasm"] as const;

const densityOf = ({ mesh }: Problem, phase: number): ElementField =>
  elementField(mesh, wave(mesh.elementShape, phase, { middle: 0.5, amplitude: 0.45 }));
const phases = fc.double({ min: 0, max: 6, noNaN: true });
const exponents = fc.oneof(fc.constantFrom(8, 40, 500), fc.double({ min: 2.5, max: 60, noNaN: true }));

test("it lies between the largest stress and n^(1/p) times it, and falls with p", () => {
  fc.assert(
    fc.property(phases, exponents, fc.constantFrom("mbb", "michell", "tensile"), (phase, p, name) => {
      const problem = problems[name]({ nelx: 5, nely: 4 });
      const design = designOf(problem, densityOf(problem, phase));
      const [norm, largest] = [pNormStress({ p })(design).item(), largestStress()(design).item()];
      expect(norm).toBeGreaterThanOrEqual(largest * (1 - 1e-14));
      expect(norm).toBeLessThanOrEqual(largest * 20 ** (1 / p) * (1 + 1e-14));
      expect(pNormStress({ p: 1.5 * p })(design).item()).toBeLessThanOrEqual(norm * (1 + 1e-14));
    }),
  );
});

test("it is the written formula", () => {
  const problem = problems.mbb({ nelx: 5, nely: 4 });
  const density = densityOf(problem, 0);
  const design = designOf(problem, density);
  const solid = floats(vonMises(problem.system, elementField(problem.mesh, 3), design.displacement));
  const relaxed = solid.map((stress, e) => (floats(density)[e]! ** 0.7 * stress) / 2);
  const expected = relaxed.reduce((sum, stress) => sum + stress ** 6, 0) ** (1 / 6);
  expect(Math.abs(pNormStress({ p: 6, q: 0.7, limit: 2, e0: 3 })(design).item() / expected - 1)).toBeLessThan(1e-14);
  expect(largestStress({ q: 0.7, limit: 2, e0: 3 })(design).item()).toBe(Math.max(...relaxed));
});

test("it is of degree one in the load, over two hundred decades", () => {
  const problem = problems.michell({ nelx: 5, nely: 4 });
  const density = densityOf(problem, 0);
  const of = (factor: number): number =>
    pNormStress({ p: 40 })(designOf({ ...problem, load: problem.load.mul(factor) as VectorField }, density)).item();
  for (const factor of [-1, 3, 1e100, 1e-100])
    expect(Math.abs(of(factor) / (Math.abs(factor) * of(1)) - 1)).toBeLessThan(1e-12);
});

test("its gradient by the density is that by differences, filtered and interpolated, with one factorization", () => {
  const problem = problems.mbb({ nelx: 6, nely: 4 });
  const filter = densityFilter(problem.mesh, { radius: 1.5 });
  for (const p of [4, 8, 20]) {
    const f = (x: ElementField): NDArray => {
      const density = filter(x);
      return pNormStress({ p })(
        designOf(problem, density, simp(density, { eMin: 1e-3 }), elementField(problem.mesh, 1)),
      );
    };
    const before = counters().factorizations;
    const [, gradient] = valueAndGrad(f)(densityOf(problem, p));
    expect(counters().factorizations - before).toBe(1);
    const direction = elementField(problem.mesh, wave(problem.mesh.elementShape, 2));
    const expected = derivativeAtZero(
      (h) => f(densityOf(problem, p).add(direction.mul(h)) as ElementField).item(),
      1e-3,
    );
    const size = Math.sqrt(innerProduct(gradient, gradient) * innerProduct(direction, direction));
    expect(Math.abs(innerProduct(gradient, direction) - expected) / size).toBeLessThan(1e-7);
    for (const backend of backends)
      expect(relativeGap(jit(grad(f), { backend })(densityOf(problem, p)), gradient)).toBeLessThan(1e-11);
  }
});

test("its derivatives by density and displacement are those by differences, to the second order", () => {
  const problem = problems.mbb({ nelx: 3, nely: 2 });
  const u = vectorField(problem.mesh, wave([3, 4, 2], 0));
  for (const p of [4, 9])
    checkGrads(
      (density: ElementField, displacement: VectorField) =>
        pNormStress({ p })({ density, displacement, problem, solidModulus: elementField(problem.mesh, 1) }),
      [densityOf(problem, 0), u],
      { order: 2 },
    );
});

test("without a load it is 0 with gradient 0; void elements and single unstressed ones have a finite gradient", () => {
  const problem = problems.mbb({ nelx: 4, nely: 2 });
  const norm = (density: ElementField, displacement: VectorField): NDArray =>
    pNormStress()({ density, displacement, problem, solidModulus: elementField(problem.mesh, 1) });
  const [solid, still] = [elementField(problem.mesh, 1), vectorField(problem.mesh, 0)];
  expect(norm(solid, still).item()).toBe(0);
  const both = grad(norm, { argnums: [0, 1] })(solid, still) as [NDArray, NDArray];
  for (const own of both) expect(floats(own).every((value) => value === 0)).toBe(true);
  const second = hvp((u: VectorField) => norm(solid, u), [still], [vectorField(problem.mesh, 1)]);
  expect(floats(second).every((value) => value === 0)).toBe(true);

  const empty = elementField(problem.mesh, [
    [1, 0, 1, 0.5],
    [1, 0, 0, 1],
  ]);
  const u = designOf(problem, empty, simp(empty, { eMin: 0.1 })).displacement;
  const gradient = grad((x: ElementField) => norm(x, u))(empty);
  floats(gradient).forEach((own, e) => {
    expect(Number.isFinite(own)).toBe(true);
    expect(own === 0).toBe(floats(empty)[e] === 0);
  });
  // p q = 4: along a density that grows from 0 the norm grows with its fourth power.
  const grown = (h: number): number => norm(empty.add(h) as ElementField, u).item();
  expect(Math.abs((grown(1e-3) - grown(0)) / 1e-3 - np.sum(gradient).item())).toBeLessThan(
    1e-2 * Math.abs(np.sum(gradient).item()),
  );

  // One element moved, the rest at rest: zero stresses beside others.
  const bump = vectorField(problem.mesh, wave([3, 5, 2], 0).mul(np.array([0, 0, 0, 0, 1]).reshape([1, 5, 1])));
  expect(np.min(vonMises(problem.system, solid, bump)).item()).toBe(0);
  for (const own of grad(norm, { argnums: [0, 1] })(solid, bump) as [NDArray, NDArray])
    expect(floats(own).every(Number.isFinite)).toBe(true);
});

test("elements outside the mask do not count, several load cases all do", () => {
  const problem = problems.mbb({ nelx: 4, nely: 2 });
  const density = densityOf(problem, 0);
  const mask = elementField(problem.mesh, [
    [0, 1, 1, 1],
    [1, 1, 0, 1],
  ]);
  const design = designOf(problem, density);
  const stresses = floats(vonMises(problem.system, elementField(problem.mesh, 1), design.displacement)).map(
    (stress, e) => Math.sqrt(floats(density)[e]!) * stress,
  );
  const inside = stresses.filter((_, e) => floats(mask)[e] === 1);
  expect(largestStress()({ ...design, problem: { ...problem, mask } }).item()).toBe(Math.max(...inside));

  const u = design.displacement;
  const cases = vectorField(problem.mesh, np.stack([u, u.mul(3)]));
  expect(largestStress()({ ...design, displacement: cases }).item()).toBeCloseTo(3 * Math.max(...stresses), 12);
  const [one, three] = [1, 3].map((factor) =>
    pNormStress()({ ...design, displacement: u.mul(factor) as VectorField }).item(),
  );
  expect(pNormStress()({ ...design, displacement: cases }).item()).toBeCloseTo(
    (one! ** 8 + three! ** 8) ** (1 / 8),
    12,
  );
});

test("it works in space, and the largest stress of a solid structure is that of its stresses", () => {
  const problem = problems.cantilever3d({ nelx: 4, nely: 2, nelz: 2 });
  const one = elementField(problem.mesh, 1);
  const u = feSolve(problem.system, one, problem.load);
  expect(elementStresses(problem.system, one, u).shape).toEqual([2, 2, 4, 6]);
  const design = { density: one, displacement: u, problem, solidModulus: one };
  expect(largestStress()(design).item()).toBe(np.max(vonMises(problem.system, one, u)).item());
  expect(pNormStress({ p: 200 })(design).item() / largestStress()(design).item()).toBeLessThan(16 ** (1 / 200));
});

test("options that are none are refused, also those with which void has no derivative", () => {
  for (const wrong of [
    { p: 0.5 },
    { p: NaN },
    { p: Infinity },
    { p: 2, q: 0.5 },
    { q: 0 },
    { limit: 0 },
    { limit: -1 },
    { e0: NaN },
  ])
    expect(() => pNormStress(wrong)).toThrow(coded("InvalidOption"));
  expect(() => largestStress({ q: -1 })).toThrow(coded("InvalidOption"));
  expect(() => pNormStress({ power: 8 } as never)).toThrow(coded("UnknownOption"));
  expect(() => largestStress({ p: 8 } as never)).toThrow(coded("UnknownOption"));
});

describe("the modulus of solid material", () => {
  const problem = problems.lBracket({ nelx: 5, nely: 5 });
  const density = densityOf(problem, 0);

  test("is that of the run's interpolation, so that stresses of steel are those of steel", () => {
    const stress = pNormStress({ limit: 2 });
    const stressAt = (e0: number): number => {
      const { design } = optimize({
        problem,
        parameterization: pixels(problem, { initial: 0.5 }),
        interpolation: (own) => simp(own, { e0, eMin: 1e-9 * e0 }),
        optimizer: optim.sgd(1e-9),
        certificate: false,
        stop: { iterations: 1 },
      });
      return stress(design()).item();
    };
    expect(stressAt(210e9) / stressAt(1)).toBeCloseTo(1, 10);
  });

  test("has to be known: of a modulus alone it is not", () => {
    const bare = designOf(problem, density, simp(density));
    for (const measure of [pNormStress(), largestStress()])
      expect(() => measure(bare)).toThrow(expect.objectContaining({ code: "InvalidOption" }));
    const known = designOf(problem, density);
    expect(pNormStress({ e0: 1 })(bare).item()).toBe(pNormStress()(known).item());
  });
});
