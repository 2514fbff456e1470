/** Strains and stresses at the centres: exact for linear displacements, blind to rigid motions, equal to textbook cases. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import {
  corner,
  edge,
  elasticity,
  elementField,
  elementStrains,
  elementStresses,
  face,
  feForm,
  feSolve,
  fix,
  gridMesh,
  nodePoint,
  tractionLoad,
  vectorField,
  vonMises,
} from "cotangent/fem";
import type { ElementField, GridMesh, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { checkGrads } from "cotangent/testing";
import { floats, relativeGap, wave } from "./fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const backends = ["interpreter", "js", "wasm"] as const;

const lengths = fc.double({ min: 0.3, max: 3, noNaN: true });
const counts = fc.integer({ min: 1, max: 4 });
const planes = fc
  .tuple(counts, counts, lengths, lengths)
  .map(([nelx, nely, a, b]) => gridMesh({ nelx, nely, size: [nelx * a, nely * b] }));
const blocks = fc
  .tuple(counts, counts, counts, lengths, lengths)
  .map(([nelx, nely, nelz, a, b]) => gridMesh({ nelx, nely, nelz, size: [nelx * a, nely * b, nelz] }));
const meshes = fc.oneof(planes, blocks);
const gradients = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 9, maxLength: 9 });
const ratios = fc.double({ min: -0.9, max: 0.45, noNaN: true });

/** Displacement u_a = sum of gradient[3 a + b] x_b, plus a translation. */
const linearField = (mesh: GridMesh, gradient: readonly number[], shift = 0.7): VectorField => {
  const nodes = mesh.nodeShape.reduce((product, count) => product * count, 1);
  const values = Array.from({ length: nodes }, (_, node) => {
    const { x, y, z = 0 } = nodePoint(mesh, node);
    const place = [x, y, z];
    return Array.from({ length: mesh.dimensions }, (__, a) =>
      place.slice(0, mesh.dimensions).reduce((sum, own, b) => sum + gradient[3 * a + b]! * own, shift),
    );
  });
  return vectorField(mesh, np.array(Float64Array.from(values.flat()), { shape: [...mesh.nodeShape, mesh.dimensions] }));
};

/** e_x, e_y, g_xy or e_x, e_y, e_z, g_xy, g_yz, g_zx of a displacement gradient. */
const strainsOf = (g: readonly number[], dimensions: number): number[] =>
  dimensions === 2 ? [g[0]!, g[4]!, g[1]! + g[3]!] : [g[0]!, g[4]!, g[8]!, g[1]! + g[3]!, g[5]! + g[7]!, g[6]! + g[2]!];

/** Elasticity matrix as in a textbook: plane stress, or a solid, for a modulus of 1. */
const materialMatrix = (nu: number, dimensions: number): number[][] => {
  if (dimensions === 2) {
    const c = 1 / (1 - nu * nu);
    return [
      [c, c * nu, 0],
      [c * nu, c, 0],
      [0, 0, (c * (1 - nu)) / 2],
    ];
  }
  const c = 1 / ((1 + nu) * (1 - 2 * nu));
  return Array.from({ length: 6 }, (_, i) =>
    Array.from({ length: 6 }, (__, k) => {
      if (i < 3 && k < 3) return c * (i === k ? 1 - nu : nu);
      return i === k ? (c * (1 - 2 * nu)) / 2 : 0;
    }),
  );
};

const product = (matrix: readonly (readonly number[])[], v: readonly number[]): number[] =>
  matrix.map((row) => row.reduce((sum, entry, k) => sum + entry * v[k]!, 0));

/** Of the full stress tensor: (3/2 s : s)^(1/2) with its deviator s. */
const misesOf = (stress: readonly number[]): number => {
  const [x, y, z, ...shear] = stress.length === 3 ? [stress[0]!, stress[1]!, 0, stress[2]!] : stress;
  const pressure = (x! + y! + z!) / 3;
  const normal = [x!, y!, z!].reduce((sum, own) => sum + (own - pressure) ** 2, 0);
  return Math.sqrt(1.5 * (normal + 2 * shear.reduce((sum, own) => sum + own ** 2, 0)));
};

test("strains of a linear displacement are its gradient's, in every element: the patch test", () => {
  fc.assert(
    fc.property(meshes, gradients, (mesh, gradient) => {
      const seen = elementStrains(mesh, linearField(mesh, gradient));
      const expected = strainsOf(gradient, mesh.dimensions);
      expect(seen.shape).toEqual([...mesh.elementShape, expected.length]);
      floats(seen).forEach((value, k) =>
        expect(Math.abs(value - expected[k % expected.length]!)).toBeLessThanOrEqual(1e-13),
      );
    }),
  );
});

test("stresses of a linear displacement are the elasticity matrix times its strains, von Mises' that of the tensor", () => {
  fc.assert(
    fc.property(
      meshes,
      gradients,
      ratios,
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      (mesh, gradient, poisson, modulus) => {
        const system = elasticity(mesh, { supports: [], poisson });
        const u = linearField(mesh, gradient);
        const matrix = materialMatrix(poisson, mesh.dimensions);
        const expected = product(matrix, strainsOf(gradient, mesh.dimensions)).map((own) => modulus * own);
        const bound = 1e-12 * modulus * Math.max(...matrix.flat().map(Math.abs));
        const seen = elementStresses(system, elementField(mesh, modulus), u);
        expect(seen.shape).toEqual([...mesh.elementShape, expected.length]);
        floats(seen).forEach((value, k) =>
          expect(Math.abs(value - expected[k % expected.length]!)).toBeLessThanOrEqual(bound),
        );
        const mises = vonMises(system, elementField(mesh, modulus), u);
        expect(mises.shape).toEqual(mesh.elementShape);
        for (const value of floats(mises)) expect(Math.abs(value - misesOf(expected))).toBeLessThanOrEqual(4 * bound);
      },
    ),
  );
});

test("translations and rotations strain nothing", () => {
  fc.assert(
    fc.property(meshes, gradients, (mesh, [a, b, c]) => {
      const rotation = [0, a!, b!, -a!, 0, c!, -b!, -c!, 0];
      for (const value of floats(elementStrains(mesh, linearField(mesh, rotation, 5))))
        expect(Math.abs(value)).toBeLessThanOrEqual(2e-13);
      const system = elasticity(mesh, { supports: [] });
      for (const value of floats(vonMises(system, elementField(mesh, 1), linearField(mesh, rotation, 5))))
        expect(value).toBeLessThanOrEqual(2e-12);
    }),
  );
});

test("twice the energy at the centre is the form's for linear displacements: stress . strain times the volume", () => {
  fc.assert(
    fc.property(meshes, gradients, ratios, (mesh, gradient, poisson) => {
      const system = elasticity(mesh, { supports: [], poisson });
      const u = linearField(mesh, gradient);
      const stresses = elementStresses(system, elementField(mesh, 1), u);
      const volume =
        mesh.size.reduce((all, own) => all * own, 1) / mesh.elementShape.reduce((all, own) => all * own, 1);
      const energy = np.sum(stresses.mul(elementStrains(mesh, u)), { axis: -1 }).mul(volume);
      const scale = 1 + np.max(np.abs(stresses)).item();
      expect(np.max(np.abs(energy.sub(feForm(system, u, u)))).item()).toBeLessThanOrEqual(1e-11 * scale * volume);
    }),
  );
});

describe("textbook cases", () => {
  test("a bar under a tension of 2 has s_x = 2 and von Mises' stress 2 everywhere, whatever its modulus", () => {
    const mesh = gridMesh({ nelx: 6, nely: 4, size: [3, 1.5] });
    const system = elasticity(mesh, {
      supports: [fix(edge(mesh, "left"), "x"), fix(corner(mesh, "bottomLeft"), "y")],
    });
    const modulus = elementField(mesh, 7);
    const u = feSolve(system, modulus, tractionLoad(edge(mesh, "right"), [2 * 1.5, 0]));
    const stresses = floats(elementStresses(system, modulus, u));
    stresses.forEach((value, k) => expect(Math.abs(value - (k % 3 === 0 ? 2 : 0))).toBeLessThanOrEqual(1e-12));
    for (const value of floats(vonMises(system, modulus, u))) expect(Math.abs(value - 2)).toBeLessThanOrEqual(1e-12);
  });

  test("a block pulled along each axis has the tension there and von Mises' stress of the same size", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2, nelz: 2, size: [3, 2, 1] });
    const supports = [fix(face(mesh, "left"), "x"), fix(face(mesh, "bottom"), "y"), fix(face(mesh, "back"), "z")];
    const system = elasticity(mesh, { supports, poisson: 0.25 });
    const pulls = [
      [face(mesh, "right"), [2, 0, 0]],
      [face(mesh, "top"), [0, 3, 0]],
      [face(mesh, "front"), [0, 0, 6]],
    ] as const;
    pulls.forEach(([side, total], axis) => {
      const u = feSolve(system, elementField(mesh, 4), tractionLoad(side, total));
      const stresses = floats(elementStresses(system, elementField(mesh, 4), u));
      stresses.forEach((value, k) => expect(Math.abs(value - (k % 6 === axis ? 1 : 0))).toBeLessThanOrEqual(1e-12));
      for (const value of floats(vonMises(system, elementField(mesh, 4), u)))
        expect(Math.abs(value - 1)).toBeLessThanOrEqual(1e-12);
    });
  });

  test("pure shear t has von Mises' stress 3^(1/2) t; equal tension on all sides of a solid has none", () => {
    const plane = gridMesh({ nelx: 2, nely: 3 });
    const block = gridMesh({ nelx: 2, nely: 1, nelz: 2 });
    const shear = [0, 0.5, 0, 0.5, 0, 0, 0, 0, 0];
    for (const mesh of [plane, block]) {
      const system = elasticity(mesh, { supports: [], poisson: 0.2 });
      for (const value of floats(vonMises(system, elementField(mesh, 1), linearField(mesh, shear))))
        expect(value).toBeCloseTo(Math.sqrt(3) / 2.4, 12);
    }
    const dilation = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    const system = elasticity(block, { supports: [] });
    for (const value of floats(vonMises(system, elementField(block, 1), linearField(block, dilation))))
      expect(value).toBeLessThanOrEqual(1e-6);
  });
});

describe("arrays", () => {
  const mesh = gridMesh({ nelx: 3, nely: 2 });
  const system = elasticity(mesh, { supports: [] });
  const modulus = elementField(mesh, wave([2, 3], 0, { middle: 1, amplitude: 0.5 }));
  const cases = vectorField(mesh, wave([4, 3, 4, 2], 1));

  test("load cases stand in front and are each the single case; moduli may lead them", () => {
    for (const f of [
      (u: VectorField) => elementStrains(mesh, u),
      (u: VectorField) => elementStresses(system, modulus, u),
      (u: VectorField) => vonMises(system, modulus, u),
    ]) {
      const single = np.stack([0, 1, 2, 3].map((k) => f(cases.at(k).get() as VectorField)));
      expect(floats(f(cases))).toEqual(floats(single));
      expect(floats(vmap(f)(cases))).toEqual(floats(single));
    }
    const moduli = np.stack([1, 2, 3, 4].map((factor) => modulus.mul(factor))) as NDArray as ElementField;
    const scaled = np.stack(
      [1, 2, 3, 4].map((factor, k) => vonMises(system, modulus, cases.at(k).get() as VectorField).mul(factor)),
    );
    expect(relativeGap(vonMises(system, moduli, cases), scaled)).toBeLessThan(1e-15);
  });

  test("derivatives are those by differences; where nothing is stressed they are 0, not NaN, to the second order", () => {
    const u = cases.at(0).get() as VectorField;
    checkGrads((own: VectorField, E: ElementField) => vonMises(system, E, own), [u, modulus], { order: 2 });
    const still = vectorField(mesh, 0);
    const total = (own: VectorField): NDArray => np.sum(vonMises(system, modulus, own));
    expect(floats(grad(total)(still)).every((own) => own === 0)).toBe(true);
    const curvature = grad((own: VectorField) => np.vdot(u, grad(total)(own)))(still);
    expect(floats(curvature).every((own) => own === 0)).toBe(true);
  });

  test("compiled they give the same bits on every back end, in the plane and in space", () => {
    const block = gridMesh({ nelx: 2, nely: 2, nelz: 1 });
    const solid = elasticity(block, { supports: [] });
    const u = vectorField(block, wave([2, 3, 3, 3], 0));
    for (const backend of backends) {
      expect(floats(jit((own: VectorField) => vonMises(system, modulus, own), { backend })(cases))).toEqual(
        floats(vonMises(system, modulus, cases)),
      );
      expect(floats(jit((own: VectorField) => vonMises(solid, elementField(block, 1), own), { backend })(u))).toEqual(
        floats(vonMises(solid, elementField(block, 1), u)),
      );
    }
  });

  test("fields of another shape, and moduli that do not lead, are refused", () => {
    const u = cases.at(0).get() as VectorField;
    expect(() => elementStrains(mesh, np.swapaxes(u, 0, 1) as NDArray as VectorField)).toThrow(coded("ShapeMismatch"));
    expect(() => elementStresses(system, modulus.T as ElementField, u)).toThrow(coded("ShapeMismatch"));
    expect(() => vonMises(system, np.stack([modulus, modulus]) as NDArray as ElementField, cases)).toThrow(
      coded("ShapeMismatch"),
    );
  });
});
