/** Grids, fields, supports, loads and systems: what the record says, and what is refused. */
import fc from "fast-check";
import { gridElementNodes } from "../../kernels/sparse/grid.ts";
import { afterEach, describe, expect, test } from "vitest";
import { array, grad } from "cotangent";
import type { NDArray } from "cotangent";
import {
  corner,
  edge,
  elasticity,
  elementField,
  factorBytes,
  feApply,
  feFactor,
  feForm,
  feSolve,
  fix,
  gridMesh,
  nodalLoad,
  nodePoint,
  region,
  union,
  vectorField,
  where,
} from "cotangent/fem";
import type { Direction, ElementField, NodeSet } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { setNoticeListener } from "../../src/notice.ts";
import { floats, innerProduct, relativeGap, wave } from "./fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });

afterEach(() => setNoticeListener(null));

describe("meshes and fields", () => {
  test("numbers fill a field, rows fill it from the top", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    expect(elementField(mesh, 0.5).toList()).toEqual([
      [0.5, 0.5, 0.5],
      [0.5, 0.5, 0.5],
    ]);
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(elementField(mesh, rows).toList()).toEqual(rows);
    expect(vectorField(mesh, 0).shape).toEqual([3, 4, 2]);
  });

  test("a transposed, flattened or foreign array is no field of the mesh", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (nelx, nely) => {
        const mesh = gridMesh({ nelx, nely });
        const field = wave([nely, nelx], 0);
        expect(elementField(mesh, field)).toBe(field);
        const wrong = [
          np.ravel(field),
          wave([nely + 1, nelx], 0),
          ...(nelx === nely ? [] : [field.T, np.reshape(field, [nelx, nely])]),
        ];
        for (const other of wrong) expect(() => elementField(mesh, other)).toThrow(coded("ShapeMismatch"));
        const nodal = wave([nely + 1, nelx + 1, 2], 0);
        expect(vectorField(mesh, nodal)).toBe(nodal);
        for (const other of [np.ravel(nodal), field, ...(nely === 1 ? [] : [nodal.T])])
          expect(() => vectorField(mesh, other)).toThrow(coded("ShapeMismatch"));
      }),
    );
  });

  test("a solve refuses a transposed modulus or load even when the types are silenced", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] });
    const [modulus, load] = [elementField(mesh, 1), nodalLoad(corner(mesh, "topRight"), [0, -1])];
    expect(() => feSolve(system, modulus.T as ElementField, load)).toThrow(coded("ShapeMismatch"));
    expect(() => feSolve(system, modulus, np.swapaxes(load, 0, 1) as typeof load)).toThrow(coded("ShapeMismatch"));
    expect(() => feApply(system, modulus.T as ElementField, load)).toThrow(coded("ShapeMismatch"));
    expect(() => feForm(system, load, np.swapaxes(load, 0, 1) as typeof load)).toThrow(coded("ShapeMismatch"));
  });

  test("counts that are not whole numbers from 1 and lengths that are not positive are refused", () => {
    for (const count of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
      expect(() => gridMesh({ nelx: count, nely: 2 })).toThrow(/gridMesh/u);
      expect(() => gridMesh({ nelx: 2, nely: count })).toThrow(/gridMesh/u);
    }
    for (const length of [0, -1, NaN, Infinity])
      expect(() => gridMesh({ nelx: 2, nely: 2, size: [1, length] })).toThrow(coded("InvalidMesh"));
    expect(() => gridMesh({ nelx: 2, nelY: 2 } as never)).toThrow(/"nely"/u);
  });
});

describe("the system's record", () => {
  // Dofs of the published program: nodes and elements numbered column by column from the top left, y as the second dof.
  const publishedRows = [
    [2, 3, 8, 9, 6, 7, 0, 1],
    [4, 5, 10, 11, 8, 9, 2, 3],
    [8, 9, 14, 15, 12, 13, 6, 7],
    [10, 11, 16, 17, 14, 15, 8, 9],
    [14, 15, 20, 21, 18, 19, 12, 13],
    [16, 17, 22, 23, 20, 21, 14, 15],
  ];

  test("the connectivity of a 3 x 2 grid is the published one, renumbered", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    const elementNodes = gridElementNodes(mesh.nelx, mesh.nely);
    for (let row = 0; row < 2; row++)
      for (let column = 0; column < 3; column++) {
        const nodes = elementNodes.subarray(4 * (row * 3 + column), 4 * (row * 3 + column) + 4);
        const dofs = Array.from(nodes).flatMap((node) =>
          [0, 1].map((c) => 2 * ((node % 4) * 3 + Math.floor(node / 4)) + c),
        );
        expect(dofs).toEqual(publishedRows[column * 2 + row]);
      }
  });

  test("the element matrix is that of unit elements unless the box has a size, and never shares storage", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    const { elementMatrix } = elasticity(mesh, { supports: [] });
    expect(elementMatrix.shape).toEqual([8, 8]);
    expect(Math.abs(floats(elementMatrix)[0]! - 0.4945054945054945)).toBeLessThanOrEqual(1e-15);
    floats(elementMatrix).fill(7);
    expect(Math.abs(floats(elementMatrix)[0]! - 0.4945054945054945)).toBeLessThanOrEqual(1e-15);
    const same = elasticity(gridMesh({ nelx: 3, nely: 2, size: [6, 4] }), { supports: [] });
    expect(relativeGap(same.elementMatrix, elementMatrix)).toBeLessThan(1e-15);
    const flat = elasticity(gridMesh({ nelx: 3, nely: 2, size: [3, 1] }), { supports: [] });
    expect(relativeGap(flat.elementMatrix, elementMatrix)).toBeGreaterThan(0.1);
  });

  test("supports fix exactly the dofs of their nodes and direction; given twice or split they are the same", () => {
    const mesh = gridMesh({ nelx: 4, nely: 3 });
    const nodes = fc.subarray(
      Array.from({ length: 20 }, (_, node) => node),
      { minLength: 1 },
    );
    const supports = fc.array(fc.tuple(nodes, fc.constantFrom<Direction>("x", "y", "all")), { maxLength: 4 });
    fc.assert(
      fc.property(supports, (list) => {
        const set = (own: readonly number[]): NodeSet => ({ mesh, nodes: own });
        const { fixed } = elasticity(mesh, { supports: list.map(([own, direction]) => fix(set(own), direction)) });
        const flags = fixed.toTypedArray();
        for (let node = 0; node < 20; node++) {
          expect(flags[2 * node] === 1).toBe(list.some(([own, direction]) => own.includes(node) && direction !== "y"));
          expect(flags[2 * node + 1] === 1).toBe(
            list.some(([own, direction]) => own.includes(node) && direction !== "x"),
          );
        }
        const twice = elasticity(mesh, {
          supports: [...list, ...list].map(([own, direction]) => fix(set(own), direction)),
        });
        expect(twice.fixed.toList()).toEqual(fixed.toList());
        const split = elasticity(mesh, {
          supports: list.flatMap(([own, direction]) => own.map((node) => fix(set([node]), direction))),
        });
        expect(split.fixed.toList()).toEqual(fixed.toList());
      }),
    );
  });

  test("a nodal load is zero off its nodes; loads add", () => {
    const mesh = gridMesh({ nelx: 2, nely: 1 });
    const load = nodalLoad(corner(mesh, "topLeft"), [0, -1]).add(nodalLoad(edge(mesh, "right"), [2, 0]));
    expect(load.toList()).toEqual([
      [
        [0, -1],
        [0, 0],
        [2, 0],
      ],
      [
        [0, 0],
        [0, 0],
        [2, 0],
      ],
    ]);
  });

  test("wrong options, directions, forces and empty selections are refused by name", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    const left = fix(edge(mesh, "left"), "all");
    const nothing = where(mesh, () => false);
    expect(() => elasticity(mesh, { support: [left] } as never)).toThrow(/"supports"/u);
    expect(() => elasticity(mesh, { supports: [left], poisson: 0.5 })).toThrow(coded("InvalidOption"));
    expect(() => elasticity(mesh, { supports: [left], poisson: NaN })).toThrow(coded("InvalidOption"));
    expect(() => elasticity(mesh, { supports: [left], solver: "multi" as never })).toThrow(coded("InvalidOption"));
    expect(() => elasticity(gridMesh({ nelx: 3, nely: 2 }), { supports: [left] })).toThrow(coded("InvalidMesh"));
    expect(() => fix(edge(mesh, "left"), "z" as Direction)).toThrow(coded("InvalidOption"));
    expect(() => fix(nothing, "x")).toThrow(/without nodes/u);
    expect(() => nodalLoad(nothing, [0, -1])).toThrow(/without nodes/u);
    expect(() => nodalLoad(edge(mesh, "left"), [0, NaN])).toThrow(coded("InvalidOption"));
    expect(() =>
      feSolve(elasticity(mesh, { supports: [left] }), elementField(mesh, 1), vectorField(mesh, 0), {
        factors: 1,
      } as never),
    ).toThrow(/"factor"/u);
  });
});

describe("the solve", () => {
  test("a bar pulled at its end lengthens by F L / (E A), and thins by Poisson's ratio", () => {
    const mesh = gridMesh({ nelx: 6, nely: 4, size: [3, 2] });
    const system = elasticity(mesh, {
      supports: [fix(edge(mesh, "left"), "x"), fix(corner(mesh, "bottomLeft"), "y")],
      poisson: 0.25,
    });
    // A constant stress of 1: full share for inner nodes of the edge, half for the two corners.
    const share = 2 / 4;
    const ends = union(corner(mesh, "topRight"), corner(mesh, "bottomRight"));
    const load = nodalLoad(edge(mesh, "right"), [share, 0]).sub(nodalLoad(ends, [share / 2, 0]));
    const u = floats(feSolve(system, elementField(mesh, 5), load));
    for (let node = 0; node < 35; node++) {
      const { x, y } = nodePoint(mesh, node);
      expect(u[2 * node]!).toBeCloseTo(x / 5, 12);
      expect(u[2 * node + 1]!).toBeCloseTo((-0.25 * y) / 5, 12);
    }
  });

  test("a factor handed over gives the same bits as a fresh one", () => {
    const mesh = gridMesh({ nelx: 5, nely: 4 });
    const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] });
    const modulus = elementField(mesh, wave([4, 5], 0, { middle: 0.6, amplitude: 0.4 }));
    const load = nodalLoad(region(mesh, { x: [0.8, 1] }), [1, -2]);
    const factor = feFactor(system, modulus);
    expect(floats(feSolve(system, modulus, load, { factor }))).toEqual(floats(feSolve(system, modulus, load)));
    expect(factor.values.size).toBe(1);
  });

  test("a report is null before the first solve, then tells size, cases, contrast and a small residual", () => {
    const mesh = gridMesh({ nelx: 5, nely: 4 });
    const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] });
    expect(system.report()).toBe(null);
    const modulus = elementField(mesh, 1).add(
      array(
        Float64Array.from({ length: 20 }, (_, e) => (e === 7 ? 9 : 0)),
        { shape: [4, 5] },
      ),
    ) as ElementField;
    const load = np.stack([1, 2, 3].map((k) => wave([5, 6, 2], k)));
    feSolve(system, modulus, vectorField(mesh, load));
    expect(system.report()).toMatchObject({
      solver: "direct",
      cases: 3,
      contrast: 10,
      dofs: 60,
      freeDofs: 50,
      factorBytes: factorBytes(system),
    });
    expect(system.report()!.residual).toBeLessThan(1e-12);
    expect(system.report()!.backwardError).toBeLessThan(1e-14);
  });

  test("integers and float32 are solved in float64", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] });
    const load = nodalLoad(corner(mesh, "topRight"), [0, -1]);
    const expected = floats(feSolve(system, elementField(mesh, 1), load));
    for (const dtype of ["int32", "float32", "bool"] as const) {
      const modulus = elementField(mesh, np.ones([2, 3], { dtype }));
      expect(floats(feSolve(system, modulus, load.astype("float32") as NDArray as typeof load))).toEqual(expected);
    }
  });

  test("twice the strain energy summed over elements is the work of the load", () => {
    const mesh = gridMesh({ nelx: 5, nely: 4 });
    const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] });
    const modulus = elementField(mesh, wave([4, 5], 0, { middle: 0.6, amplitude: 0.4 }));
    const load = vectorField(mesh, wave([5, 6, 2], 1));
    const u = feSolve(system, modulus, load);
    expect(innerProduct(modulus, feForm(system, u, u)) / innerProduct(load, u)).toBeCloseTo(1, 12);
    expect(innerProduct(feApply(system, modulus, u), u) / innerProduct(load, u)).toBeCloseTo(1, 12);
    const gradient = grad((own: ElementField) => np.vdot(load, feSolve(system, own, load)))(modulus);
    expect(relativeGap(gradient, feForm(system, u, u).neg())).toBeLessThan(1e-13);
  });
});
