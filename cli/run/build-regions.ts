/**
 * From the selectors and boxes of a problem file to nodes and elements of a mesh. One that selects nothing is a mistake
 * wherever it stands, also inside others.
 */
import { corner, edge, face, minus, nearest, region, union } from "../../library/fem/index.ts";
import type { Box, ElementField, GridMesh, NodeSet } from "../../library/fem/index.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { isLeft, right } from "../../src/fp.ts";
import type { JsonPath } from "../json/index.ts";
import type { CustomProblem, Remark, Selector } from "../problem-file/index.ts";
import { attempt, refuse, together, unless, validation } from "./build-attempt.ts";
import type { Built } from "./build-attempt.ts";

/** The node closest to a point of the plane or of space, whose third coordinate a plane mesh has not. */
const nearestTo = (mesh: GridMesh, [x = 0, y = 0, z = 0]: readonly number[]): NodeSet =>
  nearest(mesh, mesh.dimensions === 3 ? { x, y, z } : { x, y });

/** The node in the middle of a side. */
const middleOf = (mesh: GridMesh, name: Extract<Selector, { middle: unknown }>["middle"]): NodeSet => {
  const [width, height, depth = 0] = mesh.size;
  const ends: Readonly<Record<typeof name, readonly [axis: number, at: number]>> = {
    left: [0, 0],
    right: [0, width],
    bottom: [1, 0],
    top: [1, height],
    back: [2, 0],
    front: [2, depth],
  };
  const [axis, at] = ends[name];
  return nearestTo(
    mesh,
    [width, height, depth].map((length, k) => (k === axis ? at : length / 2)),
  );
};

type Compound = Extract<Selector, { readonly union: unknown } | { readonly minus: unknown }>;

const simpleNodes = (mesh: GridMesh, selector: Exclude<Selector, Compound>): NodeSet => {
  if ("edge" in selector) return edge(mesh, selector.edge);
  if ("corner" in selector) return corner(mesh, selector.corner);
  if ("face" in selector) return face(mesh, selector.face);
  if ("middle" in selector) return middleOf(mesh, selector.middle);
  if ("region" in selector) return region(mesh, selector.region);
  return nearestTo(mesh, selector.nearest);
};

const orRefuse = (set: NodeSet, path: JsonPath, why: string): Built<NodeSet> =>
  set.nodes.length === 0 ? refuse(path, why) : right(set);

/** Nodes that a selector names, one at least. */
export const nodesOf = (mesh: GridMesh, selector: Selector, path: JsonPath): Built<NodeSet> => {
  if ("union" in selector)
    return validation.map(together(selector.union.map((own, k) => nodesOf(mesh, own, [...path, "union", k]))), (sets) =>
      union(...sets),
    );
  if ("minus" in selector) {
    const sets = together(selector.minus.map((own, k) => nodesOf(mesh, own, [...path, "minus", k])));
    if (isLeft(sets)) return sets;
    const [from, others] = sets.right as readonly [NodeSet, NodeSet];
    return orRefuse(minus(from, others), path, "no node is left: the second selector holds all nodes of the first");
  }
  const set = attempt(path, () => simpleNodes(mesh, selector));
  if (isLeft(set)) return set;
  return orRefuse(
    set.right,
    path,
    "no node lies here: give a larger region; fractions count from the lower left, y up",
  );
};

/** Whether a coordinate, as a fraction of the box, lies within a box. */
const isIn = (range: readonly [number, number] | undefined, at: number): boolean =>
  range === undefined || (at >= range[0] && at <= range[1]);

/** Coordinates of the centres of columns, rows and layers, as fractions of the box. */
const centresOf = ({ nelx, nely, nelz = 1 }: GridMesh) => ({
  x: Array.from({ length: nelx }, (_, column) => (column + 0.5) / nelx),
  y: Array.from({ length: nely }, (_, row) => 1 - (row + 0.5) / nely),
  z: Array.from({ length: nelz }, (_, layer) => (layer + 0.5) / nelz),
});

/** For every element the number of the first box that holds its centre, -1 for none. */
const boxOfElements = (mesh: GridMesh, boxes: readonly Box[]): Int32Array => {
  const { x, y, z } = centresOf(mesh);
  const owners = new Int32Array(x.length * y.length * z.length).fill(-1);
  if (boxes.length === 0) return owners;
  return owners.map((_, element) => {
    const line = Math.floor(element / x.length);
    const [column, row, layer] = [element % x.length, line % y.length, Math.floor(line / y.length)];
    return boxes.findIndex((box) => isIn(box.x, x[column]!) && isIn(box.y, y[row]!) && isIn(box.z, z[layer]!));
  });
};

const emptyBoxes = (mesh: GridMesh, name: "void" | "solid", boxes: readonly Box[]): readonly Remark[] => {
  const centres = centresOf(mesh);
  const isEmpty = (box: Box): boolean =>
    (["x", "y", "z"] as const).some((axis) => !centres[axis].some((at) => isIn(box[axis], at)));
  return boxes.flatMap((box, k): readonly Remark[] =>
    isEmpty(box)
      ? [[["problem", name, k], `this box holds no element's centre, so that nothing is ${name}: make it larger`]]
      : [],
  );
};

/** A fault for every solid box that a void one takes an element from. */
const overlaps = (voids: Int32Array, solids: Int32Array): readonly Remark[] => {
  const first = new Map<number, number>();
  solids.forEach((own, element) => {
    if (own >= 0 && voids[element]! >= 0 && !first.has(own)) first.set(own, voids[element]!);
  });
  return [...first].map(([solid, hollow]) => [
    ["problem", "solid", solid],
    `void[${hollow}] holds elements of this box, too: an element is void or solid, not both`,
  ]);
};

const flags = ({ elementShape }: GridMesh, isOne: (element: number) => boolean, count: number): ElementField =>
  fromBuffer(
    Float64Array.from({ length: count }, (_, element) => (isOne(element) ? 1 : 0)),
    elementShape,
    "float64",
  ) as NDArray as ElementField;

/** Elements that no design may change. */
export interface PassiveElements {
  readonly mask?: ElementField;
  readonly solid?: ElementField;
}

/** What the boxes of a problem make void and solid; some element is neither. */
export const passiveOf = (mesh: GridMesh, own: Pick<CustomProblem, "void" | "solid">): Built<PassiveElements> => {
  if (own.void.length + own.solid.length === 0) return right({});
  const [voids, solids] = [boxOfElements(mesh, own.void), boxOfElements(mesh, own.solid)];
  const wrong = [
    ...emptyBoxes(mesh, "void", own.void),
    ...emptyBoxes(mesh, "solid", own.solid),
    ...overlaps(voids, solids),
  ];
  const path = ["problem", own.void.length === 0 ? "solid" : "void"];
  const isFree = voids.some((hollow, element) => hollow < 0 && solids[element]! < 0);
  if (wrong.length === 0 && !isFree) return refuse(path, "every element is void or solid: leave some to the design");
  return unless(wrong, {
    ...(own.void.length === 0 ? {} : { mask: flags(mesh, (element) => voids[element]! < 0, voids.length) }),
    ...(own.solid.length === 0 ? {} : { solid: flags(mesh, (element) => solids[element]! >= 0, solids.length) }),
  });
};
