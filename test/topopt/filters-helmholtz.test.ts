/** The Helmholtz filter: symmetric, keeps constants and means, the exact solution in the limit, one factorization for all. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, hvp, jit, jvp, linearTranspose, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import { counters, elementField, gridMesh } from "cotangent/fem";
import type { ElementField, GridMesh } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { densityFilter, helmholtzFilter } from "cotangent/topopt";
import { floats, innerProduct, relativeGap, wave } from "../fem/fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const backends = ["interpreter", "js", "wasm"] as const;

const meshes = fc
  .record({
    nelx: fc.integer({ min: 1, max: 9 }),
    nely: fc.integer({ min: 1, max: 7 }),
    nelz: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    width: fc.double({ min: 0.3, max: 3, noNaN: true }),
  })
  .map(({ nelx, nely, nelz, width }) =>
    nelz === undefined
      ? gridMesh({ nelx, nely, size: [nelx * width, nely] })
      : gridMesh({ nelx, nely, nelz, size: [nelx * width, nely, nelz / width] }),
  );
const radii = fc.oneof(fc.constantFrom(0, 5e-324, 1e-9, 1, 2.5, 1e3), fc.double({ min: 0, max: 20, noNaN: true }));
const phases = fc.double({ min: 0, max: 6, noNaN: true });
const solvers = ["direct", "multigrid"] as const;

const fieldOf = ({ elementShape }: GridMesh, phase: number): ElementField =>
  wave(elementShape, phase, { middle: 0.5, amplitude: 0.5 }) as ElementField;

test("<F x, y> is <x, F y>, and its transpose is itself", () => {
  fc.assert(
    fc.property(meshes, radii, phases, (mesh, radius, phase) => {
      const filter = helmholtzFilter(mesh, { radius });
      const [x, y] = [fieldOf(mesh, phase), fieldOf(mesh, phase + 1)];
      const scale = Math.sqrt(innerProduct(x, x) * innerProduct(y, y));
      expect(Math.abs(innerProduct(filter(x), y) - innerProduct(x, filter(y)))).toBeLessThanOrEqual(1e-13 * scale);
      expect(relativeGap(linearTranspose(filter, x)(y)[0] as NDArray, filter(y))).toBeLessThan(1e-13);
    }),
    { numRuns: 50 },
  );
});

test("constants and the mean of any field are kept to the last digits, at any radius and by both solvers", () => {
  fc.assert(
    fc.property(
      meshes.filter(({ elementShape }) => elementShape.every((count) => count > 1)),
      radii,
      phases,
      fc.constantFrom(...solvers),
      (mesh, radius, phase, solver) => {
        const filter = helmholtzFilter(mesh, { radius, solver });
        const field = fieldOf(mesh, phase);
        expect(Math.abs(np.mean(filter(field)).sub(np.mean(field)).item())).toBeLessThanOrEqual(1e-15);
        for (const value of floats(filter(elementField(mesh, 0.3))))
          expect(Math.abs(value - 0.3)).toBeLessThanOrEqual(1e-15);
      },
    ),
    { numRuns: 50 },
  );
});

test("it is linear, commutes with reflections of the grid, and blurs: no Fourier mode grows", () => {
  fc.assert(
    fc.property(meshes, radii, phases, (mesh, radius, phase) => {
      const filter = helmholtzFilter(mesh, { radius });
      const [x, y] = [fieldOf(mesh, phase), fieldOf(mesh, phase + 1)];
      expect(relativeGap(filter(x.mul(2).add(y) as ElementField), filter(x).mul(2).add(filter(y)))).toBeLessThan(1e-12);
      for (const axis of mesh.elementShape.keys())
        expect(relativeGap(filter(np.flip(x, axis) as ElementField), np.flip(filter(x), axis))).toBeLessThan(1e-12);
      expect(innerProduct(filter(x), filter(x))).toBeLessThanOrEqual(innerProduct(x, x) * (1 + 1e-13));
    }),
    { numRuns: 40 },
  );
});

/** Means over elements of the exact solution for a density of 1 below `edge` and 0 beyond, on [0, length] with R = 1. */
const exactMeans = (count: number, length: number, edge: number): number[] => {
  const [left, right] = [edge, length - edge];
  // 1 - a cosh(x) below the edge and b cosh(length - x) beyond, equal in value and slope there.
  const ratio = Math.sinh(left) / Math.sinh(right);
  const a = 1 / (Math.cosh(left) + ratio * Math.cosh(right));
  const integral = (x: number): number =>
    x <= edge
      ? x - a * Math.sinh(x)
      : edge - a * Math.sinh(edge) + a * ratio * (Math.sinh(right) - Math.sinh(length - x));
  const h = length / count;
  return Array.from({ length: count }, (_, e) => (integral((e + 1) * h) - integral(e * h)) / h);
};

describe("a step along one axis decays exponentially on both sides", () => {
  const radius = 2 * Math.sqrt(3);
  const [length, edge] = [12, 4];
  const along = {
    x: (n: number) => gridMesh({ nelx: n, nely: 2, size: [length, 1] }),
    y: (n: number) => gridMesh({ nelx: 2, nely: n, size: [1, length] }),
    z: (n: number) => gridMesh({ nelx: 2, nely: 1, nelz: n, size: [1, 1, length] }),
  };
  const errorOf = (axis: keyof typeof along, count: number, solver: (typeof solvers)[number]): number => {
    const mesh = along[axis](count);
    // Element number along the axis, from the origin: rows count downwards.
    const place = (k: number): number => {
      const [x, y, z] = [k % mesh.nelx, Math.floor(k / mesh.nelx) % mesh.nely, Math.floor(k / (mesh.nelx * mesh.nely))];
      return { x, y: mesh.nely - 1 - y, z }[axis];
    };
    const size = mesh.elementShape.reduce((product, own) => product * own, 1);
    const step = Float64Array.from({ length: size }, (_, k) => ((place(k) + 0.5) * length < edge * count ? 1 : 0));
    const seen = floats(
      helmholtzFilter(mesh, { radius, solver })(elementField(mesh, np.array(step, { shape: [...mesh.elementShape] }))),
    );
    const expected = exactMeans(count, length, edge);
    return seen.reduce((worst, value, k) => Math.max(worst, Math.abs(value - expected[place(k)]!)), 0);
  };

  test.each(["x", "y", "z"] as const)("along %s errors fall fourfold with the element's length", (axis) => {
    const [coarse, fine] = [errorOf(axis, 48, "direct"), errorOf(axis, 96, "direct")];
    // A mean of two ends is off by a twelfth of the curvature, which is 1/2 at most.
    expect(coarse).toBeLessThan((length / 48) ** 2 / 24);
    expect(coarse / fine).toBeGreaterThan(3.5);
  });

  test("multigrid finds the same as far as it is asked to", () => {
    expect(Math.abs(errorOf("x", 48, "multigrid") / errorOf("x", 48, "direct") - 1)).toBeLessThan(1e-3);
  });
});

test("both solvers agree to the tolerance of the iteration, in the plane and in space", () => {
  for (const mesh of [gridMesh({ nelx: 24, nely: 16 }), gridMesh({ nelx: 9, nely: 6, nelz: 4 })])
    for (const radius of [1, 6]) {
      const [direct, iterated] = solvers.map((solver) => helmholtzFilter(mesh, { radius, solver })(fieldOf(mesh, 0)));
      expect(relativeGap(iterated!, direct!)).toBeLessThan(1e-7);
      const tight = helmholtzFilter(mesh, { radius, solver: { kind: "multigrid", tolerance: 1e-13 } });
      expect(relativeGap(tight(fieldOf(mesh, 0)), direct!)).toBeLessThan(1e-12);
    }
});

test("all applications, gradients and batches of a filter share one factorization, which its making takes", () => {
  for (const solver of solvers) {
    const mesh = gridMesh({ nelx: 12, nely: 8 });
    const before = counters().factorizations;
    const filter = helmholtzFilter(mesh, { radius: 3, solver });
    expect(counters().factorizations - before).toBe(1);
    const objective = (x: ElementField): NDArray => np.sum(filter(x).pow(3));
    const x = fieldOf(mesh, 0);
    for (let k = 0; k < 3; k++) grad(objective)(x.mul(1 + k) as ElementField);
    for (const backend of backends) jit(grad(objective), { backend })(x);
    vmap(filter)(np.stack([x, fieldOf(mesh, 1)]) as NDArray as ElementField);
    hvp(objective, [x], [fieldOf(mesh, 1)]);
    expect(counters().factorizations - before).toBe(1);
  }
});

test("derivatives of any order are those of a linear map; compiled it gives the same bits; vmap is a loop", () => {
  for (const mesh of [gridMesh({ nelx: 9, nely: 5 }), gridMesh({ nelx: 5, nely: 3, nelz: 3 })]) {
    const filter = helmholtzFilter(mesh, { radius: 2.4 });
    const [x, y] = [fieldOf(mesh, 0), fieldOf(mesh, 1)];
    const f = (own: ElementField): NDArray => np.sum(filter(own).pow(3));
    const filtered = filter(x);
    expect(relativeGap(jvp(filter, [x], [y])[1] as NDArray, filter(y))).toBeLessThan(1e-14);
    expect(relativeGap(grad(f)(x), filter(filtered.mul(filtered).mul(3) as ElementField))).toBeLessThan(1e-13);
    const second = filter(filtered.mul(filter(y)).mul(6) as ElementField);
    expect(relativeGap(hvp(f, [x], [y]), second)).toBeLessThan(1e-12);
    for (const backend of backends) expect(floats(jit(filter, { backend })(x))).toEqual(floats(filtered));
    const batched = vmap(filter)(np.stack([x, y]) as NDArray as ElementField);
    expect(relativeGap(batched, np.stack([filtered, filter(y)]))).toBeLessThan(1e-14);
  }
});

test("from a radius of two square elements on no value leaves the range of the field", () => {
  for (const radius of [2, 3, 8])
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.boolean(), { minLength: 81, maxLength: 81 }),
        (nelx, nely, flags) => {
          const mesh = gridMesh({ nelx, nely });
          const density = elementField(
            mesh,
            np.array(flags.slice(0, nelx * nely).map(Number), { shape: [nely, nelx] }),
          );
          for (const value of floats(helmholtzFilter(mesh, { radius })(density)))
            expect(value >= -1e-15 && value <= 1 + 1e-15).toBe(true);
        },
      ),
      { numRuns: 15 },
    );
});

test("it blurs as far as the cone of its radius: second moments along the grid are equal", () => {
  const mesh = gridMesh({ nelx: 401, nely: 1 });
  const radius = 24;
  const point = elementField(
    mesh,
    np.array(
      Float64Array.from({ length: 401 }, (_, k) => (k === 200 ? 1 : 0)),
      { shape: [1, 401] },
    ),
  );
  const moment = (field: ElementField): number =>
    floats(field).reduce((sum, value, k) => sum + value * (k - 200) ** 2, 0);
  expect(moment(helmholtzFilter(mesh, { radius })(point)) / moment(densityFilter(mesh, { radius })(point))).toBeCloseTo(
    1,
    2,
  );
});

test("radius 0 is the identity; a radius far beyond the domain averages everything", () => {
  const mesh = gridMesh({ nelx: 5, nely: 4 });
  const field = fieldOf(mesh, 0);
  expect(floats(helmholtzFilter(mesh, { radius: 0 })(field))).toEqual(floats(field));
  for (const radius of [1e4, 3e5])
    for (const value of floats(helmholtzFilter(mesh, { radius })(field)))
      expect(Math.abs(value - np.mean(field).item())).toBeLessThanOrEqual(100 / radius ** 2 + 1e-15);
});

test("radii that are no length, fields of another shape and ones that are not finite are refused", () => {
  const mesh = gridMesh({ nelx: 5, nely: 4 });
  for (const radius of [NaN, -1, Infinity, 4e5])
    expect(() => helmholtzFilter(mesh, { radius })).toThrow(coded("InvalidOption"));
  expect(() => helmholtzFilter(mesh, { length: 2 } as never)).toThrow(coded("UnknownOption"));
  expect(() => helmholtzFilter(mesh, { radius: 2, solver: "lu" as never })).toThrow(coded("InvalidOption"));
  for (const radius of [0, 2]) {
    const filter = helmholtzFilter(mesh, { radius });
    for (const wrong of [fieldOf(mesh, 0).T, np.ravel(fieldOf(mesh, 0)), wave([4, 6], 0)])
      expect(() => filter(wrong as ElementField)).toThrow(coded("ShapeMismatch"));
  }
  expect(() => helmholtzFilter(mesh, { radius: 2 })(elementField(mesh, NaN))).toThrow(coded("InvalidLoad"));
});
