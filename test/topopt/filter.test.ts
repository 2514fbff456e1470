/** The density filter is a weighted average: linear, with its exact transpose, equal to the definition summed naively. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { grad, jit, linearTranspose, vjp } from "cotangent";
import type { NDArray } from "cotangent";
import { elementField, gridMesh } from "cotangent/fem";
import type { ElementField, GridMesh } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { densityFilter } from "cotangent/topopt";
import { floats, innerProduct, relativeGap, wave } from "../fem/fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });

const meshes = fc
  .record({
    nelx: fc.integer({ min: 1, max: 9 }),
    nely: fc.integer({ min: 1, max: 7 }),
    nelz: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    width: fc.double({ min: 0.3, max: 3, noNaN: true }),
    isUnit: fc.boolean(),
  })
  .map(({ nelx, nely, nelz, width, isUnit }) => {
    if (isUnit) return gridMesh({ nelx, nely, nelz });
    if (nelz === undefined) return gridMesh({ nelx, nely, size: [nelx * width, nely] });
    return gridMesh({ nelx, nely, nelz, size: [nelx * width, nely, nelz / width] });
  });
const radii = fc.oneof(fc.constantFrom(0, 1, 1.5, 2, 3), fc.double({ min: 0, max: 20, noNaN: true }));

/** Sum over all pairs of elements, the weight from the distance of their centres. */
const naive = ({ nelx, nely, nelz = 1, size }: GridMesh, radius: number, density: Float64Array): Float64Array => {
  const [width, height, depth] = [size[0] / nelx, size[1] / nely, (size[2] ?? 0) / nelz];
  const layerOf = (e: number): number => Math.floor(e / (nelx * nely));
  const rowOf = (e: number): number => Math.floor(e / nelx) % nely;
  return density.map((own, e) => {
    let [total, weights] = [0, 0];
    for (let other = 0; other < density.length; other++) {
      const distance = Math.hypot(
        (layerOf(e) - layerOf(other)) * depth,
        (rowOf(e) - rowOf(other)) * height,
        ((e % nelx) - (other % nelx)) * width,
      );
      const weight = Math.max(0, 1 - distance / radius);
      total += weight * density[other]!;
      weights += weight;
    }
    return radius === 0 ? own : total / weights;
  });
};

const fieldOf = ({ elementShape }: GridMesh, phase: number): ElementField =>
  wave(elementShape, phase, { middle: 0.5, amplitude: 0.5 }) as ElementField;

test("it is the naive sum over all pairs of elements", () => {
  fc.assert(
    fc.property(meshes, radii, (mesh, radius) => {
      const density = fieldOf(mesh, 0);
      const expected = np.array(naive(mesh, radius, floats(density)), { shape: [...mesh.elementShape] });
      expect(relativeGap(densityFilter(mesh, { radius })(density), expected)).toBeLessThan(1e-14);
    }),
  );
});

test("constants pass unchanged, and averages stay between the extremes", () => {
  fc.assert(
    fc.property(meshes, radii, fc.double({ min: 0.01, max: 1, noNaN: true }), (mesh, radius, constant) => {
      const filter = densityFilter(mesh, { radius });
      floats(filter(elementField(mesh, constant))).forEach((value) =>
        expect(Math.abs(value / constant - 1)).toBeLessThanOrEqual(1e-14),
      );
      const [low, high] = [np.min(fieldOf(mesh, 0)).item(), np.max(fieldOf(mesh, 0)).item()];
      floats(filter(fieldOf(mesh, 0))).forEach((value) =>
        expect(value >= low - 1e-14 && value <= high + 1e-14).toBe(true),
      );
    }),
  );
});

test("<H x, y> is <x, H' y> to 1e-14, by linearTranspose and by vjp", () => {
  fc.assert(
    fc.property(meshes, radii, (mesh, radius) => {
      const filter = densityFilter(mesh, { radius });
      const [x, y] = [fieldOf(mesh, 0), fieldOf(mesh, 1)];
      const forward = innerProduct(filter(x), y);
      const transposed = [linearTranspose(filter, x)(y)[0] as NDArray, vjp(filter, x)[1](y)[0] as NDArray];
      for (const image of transposed) expect(Math.abs(innerProduct(x, image) / forward - 1)).toBeLessThanOrEqual(1e-14);
    }),
  );
});

test("it is linear, and commutes with all reflections of the grid", () => {
  fc.assert(
    fc.property(meshes, radii, (mesh, radius) => {
      const filter = densityFilter(mesh, { radius });
      const [x, y] = [fieldOf(mesh, 0), fieldOf(mesh, 1)];
      expect(relativeGap(filter(x.mul(2).add(y)), filter(x).mul(2).add(filter(y)))).toBeLessThan(1e-14);
      for (const axis of mesh.elementShape.keys())
        expect(relativeGap(filter(np.flip(x, axis) as ElementField), np.flip(filter(x), axis))).toBeLessThan(1e-14);
    }),
  );
});

test("radius 0, and any radius up to one element width, is the identity", () => {
  const mesh = gridMesh({ nelx: 5, nely: 4 });
  for (const radius of [0, 1e-300, 0.5, 1])
    expect(floats(densityFilter(mesh, { radius })(fieldOf(mesh, 0)))).toEqual(floats(fieldOf(mesh, 0)));
});

test("a radius far beyond the domain averages everything", () => {
  const mesh = gridMesh({ nelx: 5, nely: 4 });
  for (const radius of [1e6, 1e12, 1e300]) {
    const filtered = floats(densityFilter(mesh, { radius })(fieldOf(mesh, 0)));
    filtered.forEach((value) => expect(value).toBeCloseTo(np.mean(fieldOf(mesh, 0)).item(), 5));
  }
});

test("the gradient of a sum of filtered densities is the column sums, on every back end", () => {
  for (const mesh of [gridMesh({ nelx: 9, nely: 5 }), gridMesh({ nelx: 5, nely: 3, nelz: 3 })]) {
    const filter = densityFilter(mesh, { radius: 2.4 });
    const total = (x: ElementField): NDArray => np.sum(filter(x));
    const expected = grad(total)(fieldOf(mesh, 0));
    expect(np.sum(expected).item()).toBeCloseTo(45, 12);
    for (const backend of ["interpreter", "js", "wasm"] as const)
      expect(relativeGap(jit(grad(total), { backend })(fieldOf(mesh, 0)), expected)).toBeLessThan(1e-14);
  }
});

test("radii that are no length, radii that would take minutes, and fields of another shape are refused", () => {
  const mesh = gridMesh({ nelx: 5, nely: 4 });
  for (const radius of [NaN, -1, Infinity, -Infinity])
    expect(() => densityFilter(mesh, { radius })).toThrow(coded("InvalidOption"));
  expect(() => densityFilter(mesh, { rmin: 2 } as never)).toThrow(/Known: radius, mask/u);
  expect(() => densityFilter(gridMesh({ nelx: 1000, nely: 1000 }), { radius: 1e9 })).toThrow(coded("TooLarge"));
  for (const radius of [0, 2]) {
    const filter = densityFilter(mesh, { radius });
    for (const wrong of [fieldOf(mesh, 0).T, np.ravel(fieldOf(mesh, 0)), wave([4, 6], 0)])
      expect(() => filter(wrong as ElementField)).toThrow(coded("ShapeMismatch"));
  }
});
