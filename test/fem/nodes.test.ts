/** Node sets: the named ones are where their names say, and unions and differences are those of sets. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { center, corner, edge, gridMesh, minus, nearest, nodePoint, region, union, where } from "cotangent/fem";
import type { Corner, Edge, GridMesh, NodeSet } from "cotangent/fem";

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
        const extreme: Readonly<Record<Edge, (point: { x: number; y: number }) => boolean>> = {
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
