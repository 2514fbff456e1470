/** Self-weight: totals, moments, the transpose, back ends and batches, in the plane and in space. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, jit, jvp, vmap } from "cotangent";
import { gridMesh, nodePoint, vectorField } from "cotangent/fem";
import type { ElementField, GridMesh, PerAxis } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { selfWeight } from "cotangent/topopt";
import { floats, innerProduct, wave } from "../fem/fields.ts";

const count = fc.integer({ min: 1, max: 6 });
const length = fc.double({ min: 0.1, max: 10, noNaN: true });
/** None below 1e-100, whose products would be rounded as subnormal numbers are. */
const force = fc.double({ min: -10, max: 10, noNaN: true }).map((own) => (Math.abs(own) < 1e-100 ? 0 : own));
const meshes = fc.oneof(
  fc.tuple(count, count, length, length).map(([nelx, nely, x, y]) => gridMesh({ nelx, nely, size: [x, y] })),
  fc
    .tuple(count, count, count, length, length, length)
    .map(([nelx, nely, nelz, x, y, z]) => gridMesh({ nelx, nely, nelz, size: [x, y, z] })),
);
const cases = meshes.chain((mesh) =>
  fc.record({
    mesh: fc.constant(mesh),
    weight: fc.array(force, { minLength: mesh.dimensions, maxLength: mesh.dimensions }) as fc.Arbitrary<unknown>,
    phase: fc.double({ min: 0, max: 6, noNaN: true }),
  }),
) as fc.Arbitrary<{ readonly mesh: GridMesh; readonly weight: PerAxis; readonly phase: number }>;

const densityOf = (mesh: GridMesh, phase: number): ElementField =>
  wave(mesh.elementShape, phase, { middle: 0.5, amplitude: 0.5 }) as ElementField;

/** Volume of the whole box. */
const volumeOf = ({ size }: GridMesh): number => size.reduce((product, extent) => product * extent, 1);

describe("selfWeight", () => {
  test("its total is density times area times weight, and acts at the centre of mass", () => {
    fc.assert(
      fc.property(cases, ({ mesh, weight, phase }) => {
        const density = densityOf(mesh, phase);
        const forces = floats(selfWeight(mesh, density, weight));
        const volume = volumeOf(mesh) / density.size;
        const masses = floats(density).map((own) => own * volume);
        const axes = ["x", "y", "z"].slice(0, mesh.dimensions) as ("x" | "y" | "z")[];
        const { nelx, nely } = mesh;
        weight.forEach((own, component) => {
          const size = Math.abs(own) * volumeOf(mesh);
          const totalOf = (factor: (node: number) => number): number =>
            forces.reduce((sum, value, dof) => {
              const node = Math.floor(dof / mesh.dimensions);
              return dof % mesh.dimensions === component ? sum + value * factor(node) : sum;
            }, 0);
          const mass = masses.reduce((sum, value) => sum + value, 0);
          expect(Math.abs(totalOf(() => 1) - own * mass)).toBeLessThanOrEqual(1e-12 * size);
          for (const axis of axes) {
            const extent = mesh.size[axes.indexOf(axis)]!;
            const middle = (element: number): number => {
              const [column, row, layer] = [
                element % nelx,
                Math.floor(element / nelx) % nely,
                Math.floor(element / (nelx * nely)),
              ];
              if (axis === "x") return ((column + 0.5) / nelx) * extent;
              return axis === "y" ? ((nely - row - 0.5) / nely) * extent : ((layer + 0.5) / mesh.nelz!) * extent;
            };
            const moment = masses.reduce((sum, value, element) => sum + value * middle(element), 0);
            const seen = totalOf((node) => nodePoint(mesh, node)[axis]);
            expect(Math.abs(seen - own * moment)).toBeLessThanOrEqual(1e-12 * size * extent);
          }
        });
      }),
    );
  });

  test("is linear: its derivative is itself, and its transpose pairs with it", () => {
    fc.assert(
      fc.property(cases, ({ mesh, weight, phase }) => {
        const [density, direction] = [densityOf(mesh, phase), densityOf(mesh, phase + 1)];
        const along = (own: ElementField) => selfWeight(mesh, own, weight);
        const [value, tangent] = jvp(along, [density], [direction]);
        expect(floats(value)).toEqual(floats(along(density)));
        expect(floats(tangent)).toEqual(floats(along(direction)));
        const cotangent = vectorField(mesh, wave([...mesh.nodeShape, mesh.dimensions], phase));
        const pulled = grad((own: ElementField) => np.vdot(cotangent, along(own)))(density);
        const size = Math.max(...weight.map(Math.abs)) * volumeOf(mesh) * mesh.dimensions;
        const gap = Math.abs(innerProduct(cotangent, tangent) - innerProduct(pulled, direction));
        expect(gap).toBeLessThanOrEqual(1e-12 * size);
      }),
    );
  });

  test("is the same to the bit on every back end, and under vmap that of every density", () => {
    for (const mesh of [gridMesh({ nelx: 7, nely: 5 }), gridMesh({ nelx: 3, nely: 4, nelz: 2 })]) {
      const weight = (mesh.dimensions === 2 ? [0.3, -1] : [0.3, -1, 0.7]) as PerAxis;
      const along = (own: ElementField) => selfWeight(mesh, own, weight);
      const densities = [1, 2, 3].map((phase) => densityOf(mesh, phase));
      const expected = densities.map((own) => floats(along(own)));
      for (const backend of ["interpreter", "js", "wasm"] as const)
        expect(floats(jit(along, { backend })(densities[0]!))).toEqual(expected[0]);
      const together = vmap(along)(np.stack(densities) as ElementField);
      densities.forEach((_, at) => expect(floats(together.at(at).get())).toEqual(expected[at]));
    }
  });

  test("of a float32 density it is that of the same numbers in float64", () => {
    const mesh = gridMesh({ nelx: 7, nely: 5 });
    const density = densityOf(mesh, 1).astype("float32") as ElementField;
    const forces = selfWeight(mesh, density, [0, -1]);
    expect(forces.dtype).toBe("float64");
    expect(floats(forces)).toEqual(floats(selfWeight(mesh, density.astype("float64") as ElementField, [0, -1])));
  });

  test("a density of another shape and a weight that is not a number per axis are refused", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    const density = np.ones([2, 3]) as ElementField;
    expect(() => selfWeight(mesh, np.ones([3, 2]) as ElementField, [0, -1])).toThrow(
      expect.objectContaining({ code: "ShapeMismatch" }),
    );
    for (const weight of [[0, -1, 0], [0, Number.NaN], [0], -1 as never, undefined as never])
      expect(() => selfWeight(mesh, density, weight as never)).toThrow(
        expect.objectContaining({ code: "InvalidOption" }),
      );
  });
});
