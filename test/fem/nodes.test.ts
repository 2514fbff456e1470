/** Node sets: the named ones are where their names say, and unions and differences are those of sets. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  center,
  corner,
  edge,
  face,
  gridMesh,
  intersection,
  minus,
  nearest,
  nodePoint,
  region,
  union,
  where,
} from "cotangent/fem";
import type { Corner, Edge, Face, GridMesh, NodeSet, Point, Side } from "cotangent/fem";

const meshes = fc
  .record({
    nelx: fc.integer({ min: 1, max: 7 }),
    nely: fc.integer({ min: 1, max: 6 }),
    width: fc.double({ min: 0.1, max: 10, noNaN: true }),
    height: fc.double({ min: 0.1, max: 10, noNaN: true }),
  })
  .map(({ nelx, nely, width, height }) => gridMesh({ nelx, nely, size: [width, height] }));

const nodeCount = ({ nelx, nely }: GridMesh): number => (nelx + 1) * (nely + 1);
const everyNode = (mesh: GridMesh): number[] => Array.from({ length: nodeCount(mesh) }, (_, node) => node);

/** Three random sets of nodes on one random mesh. */
const sets = meshes.chain((mesh) => {
  const set = fc
    .subarray(everyNode(mesh))
    .map((nodes): NodeSet =>
      where(mesh, (point) =>
        nodes.some((node) => nodePoint(mesh, node).x === point.x && nodePoint(mesh, node).y === point.y),
      ),
    );
  return fc.tuple(fc.constant(mesh), set, set, set);
});

const coded = (code: string): object => expect.objectContaining({ code });

describe("named sets", () => {
  test("on a grid of 3 x 2 they are these nodes", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    expect(edge(mesh, "top").nodes).toEqual([0, 1, 2, 3]);
    expect(edge(mesh, "bottom").nodes).toEqual([8, 9, 10, 11]);
    expect(edge(mesh, "left").nodes).toEqual([0, 4, 8]);
    expect(edge(mesh, "right").nodes).toEqual([3, 7, 11]);
    expect(corner(mesh, "topLeft").nodes).toEqual([0]);
    expect(corner(mesh, "topRight").nodes).toEqual([3]);
    expect(corner(mesh, "bottomLeft").nodes).toEqual([8]);
    expect(corner(mesh, "bottomRight").nodes).toEqual([11]);
    expect(center(mesh).nodes).toEqual([5]);
    expect(region(mesh, { x: [0.5, 1], y: [0, 0.5] }).nodes).toEqual([6, 7, 10, 11]);
    expect(nearest(mesh, { x: 2.2, y: 0.9 }).nodes).toEqual([6]);
  });

  test("coordinates start at the lower left, y up, and end at the size of the box", () => {
    fc.assert(
      fc.property(meshes, (mesh) => {
        const at = (name: Corner): readonly number[] => {
          const { x, y } = nodePoint(mesh, corner(mesh, name).nodes[0]!);
          return [x, y];
        };
        const [width, height] = mesh.size;
        expect(at("bottomLeft")).toEqual([0, 0]);
        expect(at("bottomRight")).toEqual([width, 0]);
        expect(at("topLeft")).toEqual([0, height]);
        expect(at("topRight")).toEqual([width, height]);
      }),
    );
  });

  test("an edge is where its coordinate is extreme", () => {
    fc.assert(
      fc.property(meshes, (mesh) => {
        const [width, height] = mesh.size;
        const extreme: Readonly<Record<Side, (point: { x: number; y: number }) => boolean>> = {
          left: ({ x }) => x === 0,
          right: ({ x }) => x === width,
          bottom: ({ y }) => y === 0,
          top: ({ y }) => y === height,
        };
        for (const name of ["left", "right", "bottom", "top"] as const)
          expect(edge(mesh, name).nodes).toEqual(where(mesh, extreme[name]).nodes);
      }),
    );
  });

  test("a corner is the only node that its two edges share", () => {
    fc.assert(
      fc.property(meshes, (mesh) => {
        for (const [name, first, second] of [
          ["topLeft", "top", "left"],
          ["topRight", "top", "right"],
          ["bottomLeft", "bottom", "left"],
          ["bottomRight", "bottom", "right"],
        ] as const) {
          const other = new Set(edge(mesh, second).nodes);
          expect(edge(mesh, first).nodes.filter((node) => other.has(node))).toEqual(corner(mesh, name).nodes);
        }
      }),
    );
  });

  test("no node is closer to a point than the nearest one", () => {
    fc.assert(
      fc.property(
        meshes,
        fc.double({ min: -2, max: 12, noNaN: true }),
        fc.double({ min: -2, max: 12, noNaN: true }),
        (mesh, x, y) => {
          const distance = (node: number): number =>
            Math.hypot(nodePoint(mesh, node).x - x, nodePoint(mesh, node).y - y);
          const { nodes } = nearest(mesh, { x, y });
          expect(nodes.length).toBe(1);
          for (const node of everyNode(mesh))
            expect(distance(node)).toBeGreaterThanOrEqual(distance(nodes[0]!) * (1 - 1e-12));
        },
      ),
    );
  });

  test("the nearest node of a node is itself, and of equally close ones it is the upper left", () => {
    fc.assert(
      fc.property(meshes, (mesh) => {
        for (const node of everyNode(mesh)) expect(nearest(mesh, nodePoint(mesh, node)).nodes).toEqual([node]);
      }),
    );
    expect(nearest(gridMesh({ nelx: 1, nely: 1 }), { x: 0.5, y: 0.5 }).nodes).toEqual([0]);
  });

  test("a region is its predicate on fractions of the box, a whole box is every node, an empty interval none", () => {
    fc.assert(
      fc.property(meshes, fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 }), (mesh, first, second) => {
        const [from, to] = [Math.min(first, second, mesh.nelx), Math.min(Math.max(first, second), mesh.nelx)];
        const { nodes } = region(mesh, { x: [from / mesh.nelx, to / mesh.nelx] });
        expect(nodes).toEqual(
          everyNode(mesh).filter((node) => node % (mesh.nelx + 1) >= from && node % (mesh.nelx + 1) <= to),
        );
        expect(region(mesh, {}).nodes).toEqual(everyNode(mesh));
        expect(region(mesh, { y: [0.7, 0.3] }).nodes).toEqual([]);
      }),
    );
  });
});

describe("set algebra", () => {
  test("where, union and minus give ascending distinct nodes of the mesh", () => {
    fc.assert(
      fc.property(sets, ([mesh, a, b, c]) => {
        for (const { nodes } of [a, union(a, b, c), minus(a, b), minus(union(c, a), b)])
          nodes.forEach((node, k) => expect(node > (nodes[k - 1] ?? -1) && node < nodeCount(mesh)).toBe(true));
      }),
    );
  });

  test("union is commutative, associative, idempotent, with the empty set as identity", () => {
    fc.assert(
      fc.property(sets, ([mesh, a, b, c]) => {
        expect(union(a, b).nodes).toEqual(union(b, a).nodes);
        expect(union(a, union(b, c)).nodes).toEqual(union(union(a, b), c).nodes);
        expect(union(a, a).nodes).toEqual(a.nodes);
        expect(
          union(
            a,
            where(mesh, () => false),
          ).nodes,
        ).toEqual(a.nodes);
      }),
    );
  });

  test("minus removes what is in the others and nothing else", () => {
    fc.assert(
      fc.property(sets, ([, a, b, c]) => {
        expect(minus(a, b, c).nodes).toEqual(minus(a, union(b, c)).nodes);
        expect(minus(a, b, c).nodes).toEqual(minus(minus(a, b), c).nodes);
        expect(minus(a, a).nodes).toEqual([]);
        expect(union(minus(a, b), minus(a, minus(a, b))).nodes).toEqual(a.nodes);
        expect(minus(union(a, b), b).nodes).toEqual(minus(a, b).nodes);
      }),
    );
  });
});

describe("sets in space", () => {
  const block = gridMesh({ nelx: 3, nely: 2, nelz: 1, size: [6, 1, 5] });
  const blocks = fc
    .record({
      nelx: fc.integer({ min: 1, max: 4 }),
      nely: fc.integer({ min: 1, max: 3 }),
      nelz: fc.integer({ min: 1, max: 3 }),
    })
    .chain((counts) =>
      fc
        .tuple(...Array.from({ length: 3 }, () => fc.double({ min: 0.1, max: 10, noNaN: true })))
        .map((size) => gridMesh({ ...counts, size: size as [number, number, number] })),
    );
  const extremes: Readonly<Record<Face, (point: Point, size: readonly number[]) => boolean>> = {
    left: ({ x }) => x === 0,
    right: ({ x }, [width]) => x === width,
    bottom: ({ y }) => y === 0,
    top: ({ y }, [, height]) => y === height,
    back: ({ z }) => z === 0,
    front: ({ z }, [, , depth]) => z === depth,
  };
  const faces = Object.keys(extremes) as Face[];

  test("on a block of 3 x 2 x 1 they are these nodes", () => {
    expect(face(block, "back").nodes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(face(block, "front").nodes).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
    expect(face(block, "left").nodes).toEqual([0, 4, 8, 12, 16, 20]);
    expect(face(block, "top").nodes).toEqual([0, 1, 2, 3, 12, 13, 14, 15]);
    expect(edge(block, ["left", "top"]).nodes).toEqual([0, 12]);
    expect(edge(block, ["front", "bottom"]).nodes).toEqual([20, 21, 22, 23]);
    expect(corner(block, "topLeftBack").nodes).toEqual([0]);
    expect(corner(block, "bottomRightFront").nodes).toEqual([23]);
    expect(nodePoint(block, 17)).toEqual({ x: 2, y: 0.5, z: 5 });
    expect(nearest(block, { x: 2.1, y: 0.6, z: 4 }).nodes).toEqual([17]);
    expect(region(block, { x: [0, 0.5], z: [1, 1] }).nodes).toEqual([12, 13, 16, 17, 20, 21]);
    expect(center(gridMesh({ nelx: 2, nely: 2, nelz: 2 })).nodes).toEqual([13]);
  });

  test("a face is where its coordinate is extreme, an edge is what its two faces share, in either order", () => {
    fc.assert(
      fc.property(blocks, fc.constantFrom(...faces), fc.constantFrom(...faces), (mesh, first, second) => {
        expect(face(mesh, first).nodes).toEqual(where(mesh, (point) => extremes[first](point, mesh.size)).nodes);
        const shared = intersection(face(mesh, first), face(mesh, second));
        const axis = Math.floor(faces.indexOf(first) / 2);
        if (axis === Math.floor(faces.indexOf(second) / 2))
          expect(() => edge(mesh, [first, second])).toThrow(coded("InvalidOption"));
        else {
          expect(edge(mesh, [first, second]).nodes).toEqual(shared.nodes);
          expect(edge(mesh, [second, first]).nodes).toEqual(shared.nodes);
        }
      }),
    );
  });

  test("the eight corners are the nodes that three faces share", () => {
    fc.assert(
      fc.property(blocks, (mesh) => {
        for (const [name, ...sides] of [
          ["topLeftFront", "top", "left", "front"],
          ["topRightFront", "top", "right", "front"],
          ["bottomLeftFront", "bottom", "left", "front"],
          ["bottomRightFront", "bottom", "right", "front"],
          ["topLeftBack", "top", "left", "back"],
          ["topRightBack", "top", "right", "back"],
          ["bottomLeftBack", "bottom", "left", "back"],
          ["bottomRightBack", "bottom", "right", "back"],
        ] as const)
          expect(corner(mesh, name).nodes).toEqual(intersection(...sides.map((side) => face(mesh, side))).nodes);
      }),
    );
  });

  test("the nearest node of a node is itself", () => {
    fc.assert(
      fc.property(blocks, (mesh) => {
        const nodes = where(mesh, () => true).nodes;
        expect(nodes.length).toBe((mesh.nelx + 1) * (mesh.nely + 1) * (mesh.nelz! + 1));
        for (const node of nodes) expect(nearest(mesh, nodePoint(mesh, node)).nodes).toEqual([node]);
      }),
    );
  });

  test("an intersection is what minus leaves of minus", () => {
    fc.assert(
      fc.property(sets, ([, a, b, c]) => {
        expect(intersection(a, b).nodes).toEqual(minus(a, minus(a, b)).nodes);
        expect(intersection(a, b, c).nodes).toEqual(intersection(intersection(c, a), b).nodes);
      }),
    );
  });

  test("names of the other dimension are refused, and the message names what there is", () => {
    const plane = gridMesh({ nelx: 3, nely: 2 });
    expect(() => face(plane, "left")).toThrow(/use edge/u);
    expect(() => edge(block, "left")).toThrow(/where two faces meet/u);
    expect(() => edge(plane, ["left", "top"])).toThrow(/Use left, right, top or bottom/u);
    expect(() => edge(plane, "front" as Edge)).toThrow(coded("InvalidOption"));
    expect(() => edge(block, ["left", "right"])).toThrow(/two faces that meet/u);
    expect(() => edge(block, ["left"] as never)).toThrow(/two faces that meet/u);
    expect(() => corner(block, "topLeft")).toThrow(/topLeftFront, topLeftBack/u);
    expect(() => corner(plane, "topLeftFront")).toThrow(/Use topLeft, topRight/u);
    expect(() => face(block, "toString" as Face)).toThrow(/front or back/u);
    expect(() => nearest(block, { x: 0, y: 0 })).toThrow(/x, y and z/u);
    expect(() => nearest(plane, { x: 0, y: 0, z: 1 })).toThrow(coded("InvalidOption"));
    expect(() => intersection()).toThrow(coded("InvalidOption"));
    expect(() => intersection(edge(plane, "left"), face(block, "left"))).toThrow(coded("InvalidMesh"));
  });
});

describe("misuse", () => {
  const mesh = gridMesh({ nelx: 3, nely: 2 });
  const other = gridMesh({ nelx: 3, nely: 2 });

  test("names that do not exist are refused with those that do", () => {
    expect(() => edge(mesh, "upper" as Edge)).toThrow(coded("InvalidOption"));
    expect(() => edge(mesh, "upper" as Edge)).toThrow(/left, right, top or bottom/u);
    expect(() => corner(mesh, "constructor" as Corner)).toThrow(/topLeft, topRight, bottomLeft or bottomRight/u);
  });

  test("points that are not finite and boxes that are not intervals are refused", () => {
    expect(() => nearest(mesh, { x: NaN, y: 0 })).toThrow(coded("InvalidOption"));
    expect(() => region(mesh, { x: [NaN, 1] })).toThrow(coded("InvalidOption"));
    expect(() => region(mesh, { z: [0, 1] } as never)).toThrow(coded("UnknownOption"));
  });

  test("sets of different meshes do not mix, and a union of nothing has no mesh", () => {
    expect(() => union(edge(mesh, "left"), edge(other, "left"))).toThrow(coded("InvalidMesh"));
    expect(() => minus(edge(mesh, "left"), edge(other, "left"))).toThrow(coded("InvalidMesh"));
    expect(() => union()).toThrow(coded("InvalidOption"));
  });
});
