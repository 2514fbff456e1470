/** Blocks of bricks through the public functions: the published Mosaic cantilever, shapes, messages, load cases. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { grad, jit, vmap } from "cotangent";
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
  tractionLoad,
  union,
  vectorField,
} from "cotangent/fem";
import type { ElementField, GridMesh, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance, simp } from "cotangent/topopt";
import { setNoticeListener } from "../../src/notice.ts";
import { floats, relativeGap, wave } from "./fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });

afterEach(() => setNoticeListener(null));

describe("the Mosaic cantilever", () => {
  // A box of 2 x 1 x 1 held at x = 0, a total traction of 1 in -z on x = 2; compliances published by Mosaic (Hex8).
  test.each([
    [8, 0.2, 0.055648803],
    [8, 0.4, 0.0077059572],
    [8, 0.5, 0.003975325],
    [8, 0.7, 0.0014560857],
    [8, 0.9, 0.0006861565],
    [4, 0.5, 0.0036651825],
    [6, 0.5, 0.0038867775],
    [12, 0.5, 0.0040440133],
    [16, 0.5, 0.0040695818],
  ])("of %i x 2 x 4 bricks at density %f has compliance %f", (nelx, density, published) => {
    const mesh = gridMesh({ nelx, nely: 2, nelz: 4, size: [2, 1, 1] });
    const system = elasticity(mesh, { supports: [fix(face(mesh, "left"), "all")] });
    const load = tractionLoad(face(mesh, "right"), [0, 0, -1]);
    const modulus = simp(elementField(mesh, density), { eMin: 70, e0: 70000 });
    expect(Math.abs(compliance({ mesh, system, load }, modulus).item() / published - 1)).toBeLessThan(5e-8);
  });
});

describe("fields in space", () => {
  const mesh = gridMesh({ nelx: 3, nely: 2, nelz: 4 });

  test("have layers in front, and transposed or plane ones are none", () => {
    expect(mesh).toMatchObject({ dimensions: 3, nelz: 4, size: [3, 2, 4] });
    expect(elementField(mesh, 1).shape).toEqual([4, 2, 3]);
    expect(vectorField(mesh, 1).shape).toEqual([5, 3, 4, 3]);
    for (const wrong of [wave([3, 2, 4], 0), wave([2, 3], 0), wave([24], 0)])
      expect(() => elementField(mesh, wrong)).toThrow(coded("ShapeMismatch"));
    expect(() => elementField(mesh, wave([3, 2, 4], 0))).toThrow(/layers from z = 0, then rows from the top/u);
    expect(() => vectorField(mesh, wave([5, 3, 4, 2], 0))).toThrow(coded("ShapeMismatch"));
  });

  test("a mesh has a size per axis, and whole counts", () => {
    expect(() => gridMesh({ nelx: 3, nely: 2, nelz: 4, size: [1, 1] })).toThrow(/three positive lengths/u);
    expect(() => gridMesh({ nelx: 3, nely: 2, size: [1, 1, 1] })).toThrow(/two positive lengths/u);
    for (const nelz of [0, -1, 1.5, NaN, "2" as never])
      expect(() => gridMesh({ nelx: 3, nely: 2, nelz })).toThrow(coded("InvalidMesh"));
    expect(gridMesh({ nelx: 3, nely: 2, nelz: undefined }).dimensions).toBe(2);
  });

  test("a bar pulled at its end lengthens by F L / (E A), and thins by Poisson's ratio in both directions", () => {
    const bar = gridMesh({ nelx: 4, nely: 2, nelz: 3, size: [8, 1, 2] });
    const system = elasticity(bar, {
      supports: [
        fix(face(bar, "left"), "x"),
        fix(corner(bar, "bottomLeftBack"), "all"),
        fix(corner(bar, "bottomLeftFront"), "y"),
      ],
      poisson: 0.2,
    });
    const u = feSolve(system, elementField(bar, 5), tractionLoad(face(bar, "right"), [4, 0, 0]));
    const expected = floats(u).map((_, dof) => {
      const node = Math.floor(dof / 3);
      const [column, row, layer] = [node % 5, Math.floor(node / 5) % 3, Math.floor(node / 15)];
      const strain = 4 / 2 / 5;
      const point = [(column / 4) * 8, (2 - row) / 2, (layer / 3) * 2];
      return strain * point[dof % 3]! * (dof % 3 === 0 ? 1 : -0.2);
    });
    expect(relativeGap(u, np.array(expected, { shape: [...u.shape] }))).toBeLessThan(1e-12);
  });
});

describe("messages in space", () => {
  const cantilever = (mesh: GridMesh) => elasticity(mesh, { supports: [fix(face(mesh, "left"), "all")] });

  test("a modulus that is none is named with its layer, row and column", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2, nelz: 4 });
    const modulus = elementField(
      mesh,
      np.array(
        Float64Array.from({ length: 24 }, (_, e) => (e === 16 ? 0 : 1)),
        { shape: [4, 2, 3] },
      ),
    );
    expect(() => feSolve(cantilever(mesh), modulus, vectorField(mesh, 0))).toThrow(
      /element 16 \(layer 2, row 1, column 1\) has modulus 0/u,
    );
  });

  test("a load that is not finite is named with its layer, row and column", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2, nelz: 4 });
    const load = Float64Array.from({ length: 180 }, (_, dof) => (dof === 3 * 33 + 2 ? NaN : 0));
    expect(() =>
      feSolve(cantilever(mesh), elementField(mesh, 1), vectorField(mesh, np.array(load, { shape: [5, 3, 4, 3] }))),
    ).toThrow(/dof 101 \(node 33, layer 2, row 2, column 1\) is NaN/u);
  });

  test("a block that can move is refused with a dof, its node and what holds a block; six fixed dofs are enough", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2, nelz: 2 });
    const [origin, right, front] = (["bottomLeftBack", "bottomRightBack", "bottomLeftFront"] as const).map((name) =>
      corner(mesh, name),
    );
    const all = [fix(origin!, "all"), fix(right!, "y"), fix(right!, "z"), fix(front!, "y")];
    const solve = (supports: typeof all): VectorField =>
      feSolve(
        elasticity(mesh, { supports }),
        elementField(mesh, 1),
        nodalLoad(corner(mesh, "topRightFront"), [1, 2, 3]),
      );
    expect(floats(solve(all)).every(Number.isFinite)).toBe(true);
    for (const supports of [[], ...all.map((_, k) => all.filter((_own, other) => other !== k))])
      expect(() => solve(supports)).toThrow(
        /NotPositiveDefinite|dof \d+ \([xyz] of node \d+, layer \d, row \d, column \d\) can move.*at least six fixed dofs/u,
      );
  });

  test("plane forces and plane directions are refused on a block, and z in the plane", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2, nelz: 2 });
    const plane = gridMesh({ nelx: 3, nely: 2 });
    expect(() => nodalLoad(face(mesh, "left"), [0, -1])).toThrow(/three finite numbers/u);
    expect(() => nodalLoad(edge(plane, "left"), [0, -1, 0])).toThrow(/two finite numbers/u);
    expect(() => tractionLoad(edge(mesh, ["left", "top"]), [0, -1, 0])).toThrow(/no whole facet/u);
    expect(() => fix(edge(plane, "left"), "z")).toThrow(/plane/u);
  });
});

describe("tractions", () => {
  const meshes = fc
    .record({
      nelx: fc.integer({ min: 1, max: 4 }),
      nely: fc.integer({ min: 1, max: 4 }),
      nelz: fc.constantFrom(undefined, 1, 2, 3),
      stretch: fc.double({ min: 0.1, max: 10, noNaN: true }),
    })
    .map(({ nelx, nely, nelz, stretch }) =>
      nelz === undefined
        ? gridMesh({ nelx, nely, size: [nelx * stretch, nely] })
        : gridMesh({ nelx, nely, nelz, size: [nelx * stretch, nely, nelz / stretch] }),
    );

  test("their sum is the total, and their moments those of the even traction", () => {
    fc.assert(
      fc.property(meshes, fc.constantFrom("left", "right", "top", "bottom"), (mesh, name) => {
        const set = mesh.dimensions === 2 ? edge(mesh, name) : face(mesh, name);
        const shares = floats(tractionLoad(set, 3));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(3, 12);
        const columns = mesh.nelx + 1;
        const middle = shares.reduce((sum, share, node) => sum + (share / 3) * (node % columns), 0);
        expect(middle).toBeCloseTo({ left: 0, right: mesh.nelx, top: mesh.nelx / 2, bottom: mesh.nelx / 2 }[name], 12);
        shares.forEach((share, node) => expect(share > 0).toBe(set.nodes.includes(node)));
      }),
    );
  });

  test("sides of different areas share a total by area", () => {
    const mesh = gridMesh({ nelx: 2, nely: 1, nelz: 1, size: [2, 3, 5] });
    const load = floats(tractionLoad(union(face(mesh, "left"), face(mesh, "top")), 25));
    const onLeft = load[3]! * 2 + load[9]! * 2;
    // The upper edge of the left face belongs to both: its nodes have a quarter of either facet.
    expect(onLeft).toBeCloseTo(15, 12);
    expect(load[0]).toBeCloseTo(15 / 4 + 5 / 4, 12);
  });
});

describe("load cases in space", () => {
  const mesh = gridMesh({ nelx: 3, nely: 2, nelz: 2 });
  const system = elasticity(mesh, { supports: [fix(face(mesh, "left"), "all")] });
  const modulus = elementField(mesh, wave(mesh.elementShape, 0, { middle: 0.6, amplitude: 0.4 }));
  const loads = [1, 2, 3].map((phase) => vectorField(mesh, wave([...mesh.nodeShape, 3], phase)));

  test("are columns: equal to the bit alone and together, by a leading axis, by vmap and by a loop, one factorization", () => {
    const before = counters().factorizations;
    const together = feSolve(system, modulus, vectorField(mesh, np.stack(loads)));
    const mapped = vmap((load: VectorField) => feSolve(system, modulus, load))(
      np.stack(loads) as NDArray as VectorField,
    );
    loads.forEach((load, k) => {
      const alone = floats(feSolve(system, modulus, load));
      expect(floats(np.take(together, k, { axis: 0 }))).toEqual(alone);
      expect(floats(np.take(mapped, k, { axis: 0 }))).toEqual(alone);
    });
    expect(counters().factorizations - before).toBe(1);
  });

  test("a batch of moduli is a loop, also of gradients, eager and compiled", () => {
    const moduli = [0, 1, 2].map((phase) => wave(mesh.elementShape, phase, { middle: 0.6, amplitude: 0.4 }));
    const objective = (own: ElementField): NDArray => compliance({ mesh, system, load: loads[0]! }, own);
    const batched = vmap(grad(objective));
    for (const program of [batched, jit(batched)]) {
      const gradients = program(np.stack(moduli) as NDArray as ElementField);
      moduli.forEach((own, k) =>
        expect(floats(np.take(gradients, k, { axis: 0 }))).toEqual(floats(grad(objective)(elementField(mesh, own)))),
      );
    }
  });
});
