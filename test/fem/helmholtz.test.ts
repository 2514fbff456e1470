/** The screened Poisson system: what holds it, its element matrix, and the transfers between elements and nodes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linearTranspose } from "cotangent";
import type { NDArray } from "cotangent";
import {
  elementField,
  elementMeans,
  feSolve,
  gridMesh,
  heatConduction,
  helmholtz,
  nodePoint,
  scalarField,
  sourceLoad,
} from "cotangent/fem";
import type { ElementField, ScalarField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { gridElementNodes } from "../../kernels/sparse/grid.ts";
import { h8Mass } from "../../kernels/sparse/hexahedron.ts";
import { q4Mass, q4PlaneStress } from "../../kernels/sparse/quadrilateral.ts";
import { freeRigidDof } from "../../kernels/sparse/rigid-motions.ts";
import { floats, innerProduct, relativeGap, wave } from "./fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const sides = fc.double({ min: 0.1, max: 10, noNaN: true });

describe("mass matrices", () => {
  test("entries sum to the area or volume, each row to its share, and the square of one corner's function to 1/9 or 1/27", () => {
    fc.assert(
      fc.property(sides, sides, sides, (width, height, depth) => {
        const matrices = [
          [q4Mass(width, height), width * height, 4, 9],
          [h8Mass(width, height, depth), width * height * depth, 8, 27],
        ] as const;
        for (const [matrix, volume, size, part] of matrices) {
          for (let row = 0; row < size; row++) {
            const sum = matrix.slice(row * size, (row + 1) * size).reduce((total, entry) => total + entry, 0);
            expect(Math.abs((sum * size) / volume - 1)).toBeLessThanOrEqual(1e-14);
            expect(Math.abs((matrix[row * (size + 1)]! * part) / volume - 1)).toBeLessThanOrEqual(1e-14);
            for (let k = 0; k < size; k++) expect(matrix[row * size + k]).toBe(matrix[k * size + row]);
          }
        }
      }),
    );
  });

  test("x times y integrates to (a b)^2 / 4 over a rectangle, and so in space", () => {
    const products = (matrix: Float64Array, left: readonly number[], right: readonly number[]): number =>
      left.reduce(
        (sum, own, i) => sum + right.reduce((row, value, k) => row + own * matrix[i * left.length + k]! * value, 0),
        0,
      );
    const [a, b, c] = [3, 0.5, 2];
    const [x, y] = [
      [0, a, a, 0],
      [0, 0, b, b],
    ];
    expect(products(q4Mass(a, b), x, y)).toBeCloseTo((a * b) ** 2 / 4, 14);
    expect(products(q4Mass(a, b), x, x)).toBeCloseTo((a ** 3 * b) / 3, 14);
    expect(products(h8Mass(a, b, c), [...x, ...x], [0, 0, 0, 0, c, c, c, c])).toBeCloseTo(((a * c) ** 2 * b) / 4, 13);
  });
});

describe("what moves a grid without strain", () => {
  const grid = (elementMatrix: Float64Array, fixed = new Uint8Array(24)) => ({
    elementShape: [2, 3],
    dofsPerNode: 2,
    elementNodes: gridElementNodes(3, 2),
    elementMatrix,
    fixed,
  });
  /** Mass in some components, added to stiffness. */
  const withMass = (components: readonly number[], density: number): Float64Array => {
    const mass = q4Mass();
    return q4PlaneStress(0.3).map((entry, k) => {
      const [row, column] = [Math.floor(k / 8), k % 8];
      const counts = row % 2 === column % 2 && components.includes(row % 2);
      return entry + (counts ? density * mass[Math.floor(row / 2) * 4 + Math.floor(column / 2)]! : 0);
    });
  };

  test("without supports stiffness alone leaves motions, mass in both directions none", () => {
    expect(freeRigidDof(grid(q4PlaneStress(0.3)))).toBeDefined();
    for (const density of [1e-8, 1, 1e8]) expect(freeRigidDof(grid(withMass([0, 1], density)))).toBeUndefined();
  });

  test("mass in one direction leaves the translation along the other, which a support prevents", () => {
    for (const component of [0, 1]) {
      const free = freeRigidDof(grid(withMass([component], 1)));
      expect(free! % 2).toBe(1 - component);
      const fixed = new Uint8Array(24);
      fixed[free!] = 1;
      expect(freeRigidDof(grid(withMass([component], 1), fixed))).toBeUndefined();
    }
  });
});

describe("the screened Poisson equation", () => {
  test("needs no supports where a conductor does, for either solver", () => {
    const mesh = gridMesh({ nelx: 4, nely: 4 });
    const [one, load] = [elementField(mesh, 1), sourceLoad(mesh, elementField(mesh, 3))];
    for (const solver of ["direct", "multigrid"] as const) {
      expect(
        relativeGap(feSolve(helmholtz(mesh, { length: 2, solver }), one, load), scalarField(mesh, 3)),
      ).toBeLessThan(1e-8);
      expect(() => feSolve(heatConduction(mesh, { supports: [], solver }), one, load)).toThrow(
        coded("NotPositiveDefinite"),
      );
    }
  });

  test("its report, its options and its record are those of other systems", () => {
    const mesh = gridMesh({ nelx: 4, nely: 2, nelz: 3 });
    const system = helmholtz(mesh, { length: 0.5 });
    expect(system).toMatchObject({ kind: "helmholtz", length: 0.5, supports: [], springs: [], prescribed: null });
    expect(system.elementMatrix.shape).toEqual([8, 8]);
    expect(np.sum(system.elementMatrix).item()).toBeCloseTo(1, 14);
    feSolve(system, elementField(mesh, 1), sourceLoad(mesh, elementField(mesh, 1)));
    expect(system.report()!.backwardError).toBeLessThan(1e-14);
    for (const length of [-1, NaN, Infinity, 1e6, "1" as never])
      expect(() => helmholtz(mesh, { length })).toThrow(coded("InvalidOption"));
    expect(() => helmholtz(mesh, { radius: 1 } as never)).toThrow(coded("UnknownOption"));
  });
});

describe("between elements and nodes", () => {
  const meshes = fc
    .record({
      nelx: fc.integer({ min: 1, max: 5 }),
      nely: fc.integer({ min: 1, max: 5 }),
      nelz: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    })
    .map(({ nelx, nely, nelz }) =>
      nelz === undefined ? gridMesh({ nelx, nely, size: [2, 3] }) : gridMesh({ nelx, nely, nelz, size: [2, 3, 1.5] }),
    );
  const volumeOf = (mesh: ReturnType<typeof gridMesh>): number =>
    mesh.size.reduce((product, length) => product * length, 1) /
    mesh.elementShape.reduce((product, count) => product * count, 1);

  test("means of the corners are exact for linear fields", () => {
    fc.assert(
      fc.property(meshes, (mesh) => {
        const nodes = mesh.nodeShape.reduce((product, count) => product * count, 1);
        const linear = Float64Array.from({ length: nodes }, (_, node) => {
          const { x, y, z = 0 } = nodePoint(mesh, node);
          return 1 + 2 * x - y + 0.5 * z;
        });
        const seen = floats(elementMeans(mesh, scalarField(mesh, np.array(linear, { shape: [...mesh.nodeShape] }))));
        const { nelx, nely, nelz = 1, size } = mesh;
        seen.forEach((value, e) => {
          const x = ((e % nelx) + 0.5) * (size[0] / nelx);
          const y = (nely - 0.5 - (Math.floor(e / nelx) % nely)) * (size[1] / nely);
          const z = mesh.dimensions === 3 ? (Math.floor(e / (nelx * nely)) + 0.5) * (size[2]! / nelz) : 0;
          expect(Math.abs(value - (1 + 2 * x - y + 0.5 * z))).toBeLessThanOrEqual(1e-14);
        });
      }),
    );
  });

  test("a source keeps its total, and is the transpose of the means times the volume, load cases included", () => {
    fc.assert(
      fc.property(meshes, (mesh) => {
        const source = wave([2, ...mesh.elementShape], 0) as ElementField;
        const field = wave([2, ...mesh.nodeShape], 1) as ScalarField;
        const load = sourceLoad(mesh, source);
        expect(load.shape).toEqual([2, ...mesh.nodeShape]);
        expect(Math.abs(np.sum(load).item() - volumeOf(mesh) * np.sum(source).item())).toBeLessThanOrEqual(1e-12);
        const paired = volumeOf(mesh) * innerProduct(source, elementMeans(mesh, field));
        expect(Math.abs(innerProduct(load, field) - paired)).toBeLessThanOrEqual(1e-12);
        const transposed = linearTranspose((own: ElementField) => sourceLoad(mesh, own), source)(field)[0] as NDArray;
        expect(relativeGap(transposed, elementMeans(mesh, field).mul(volumeOf(mesh)))).toBeLessThan(1e-14);
      }),
    );
  });

  test("fields of another shape are refused", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    expect(() => elementMeans(mesh, wave([2, 3], 0) as ScalarField)).toThrow(coded("ShapeMismatch"));
    expect(() => sourceLoad(mesh, wave([3, 4], 0) as ElementField)).toThrow(coded("ShapeMismatch"));
  });
});
