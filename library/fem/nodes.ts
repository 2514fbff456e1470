/**
 * Node sets of a grid: by face, edge, corner, nearest point, region or predicate, and their set algebra.
 * Coordinates are lengths with the origin at the lower left of layer 0, y up, z along the layers; node numbers run row by
 * row from the top, then layer by layer. A viewer looks against z: front is where z is largest, back is z = 0.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidMesh, InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { requireCallable } from "../numpy/operand.ts";
import { isMesh, requireMesh } from "./mesh.ts";
import type { GridMesh } from "./mesh.ts";

export interface NodeSet {
  readonly mesh: GridMesh;
  /** Ascending node numbers, (layer * (nely + 1) + row) * (nelx + 1) + column; layer 0 in the plane. */
  readonly nodes: readonly number[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** 0 in the plane. */
  readonly z: number;
}

const distinct = (mesh: GridMesh, nodes: Iterable<number>): NodeSet =>
  Object.freeze({ mesh, nodes: Object.freeze([...new Set(nodes)].sort((left, right) => left - right)) });

/** How many nodes a mesh has. */
export const countNodes = ({ nodeShape }: GridMesh): number =>
  nodeShape.reduce((product: number, count) => product * count!, 1);

/** Refuses what is no set of nodes of a mesh. */
export const requireSet = (asked: string, set: NodeSet): void => {
  const { mesh, nodes } = (set ?? {}) as Partial<NodeSet>;
  if (!isMesh(mesh) || !Array.isArray(nodes))
    throw new InvalidOption(
      asked,
      `${showValue(set)} in the place of a set of nodes`,
      'Select nodes of a mesh, as edge(mesh, "left") does',
    );
  const count = countNodes(mesh);
  const wrong = nodes.findIndex((node) => !isNodeOf(count, node));
  if (wrong >= 0)
    throw new InvalidOption(
      asked,
      `a set with the node ${showValue(nodes[wrong])}`,
      `Nodes of this mesh are ${numbersTo(count)}`,
    );
};

const isNodeOf = (count: number, node: unknown): boolean =>
  Number.isSafeInteger(node) && (node as number) >= 0 && (node as number) < count;

const numbersTo = (count: number): string => `whole numbers from 0 to ${count - 1}`;

/**
 * Coordinates of a node.
 * @throws InvalidMesh; InvalidOption for what is no node of the mesh
 * @example nodePoint(mesh, 14) // { x: 4, y: 0, z: 0 }
 */
export const nodePoint = (mesh: GridMesh, node: number): Point => {
  requireMesh("nodePoint", mesh);
  const count = countNodes(mesh);
  if (!isNodeOf(count, node))
    throw new InvalidOption("nodePoint", `node ${showValue(node)}`, `Nodes of this mesh are ${numbersTo(count)}`);
  return pointOf(mesh, node);
};

const pointOf = ({ nelx, nely, nelz, size }: GridMesh, node: number): Point => {
  const line = Math.floor(node / (nelx + 1));
  const layer = Math.floor(line / (nely + 1));
  const row = line - layer * (nely + 1);
  const column = node % (nelx + 1);
  return {
    x: (column / nelx) * size[0],
    y: ((nely - row) / nely) * size[1],
    z: nelz === undefined ? 0 : (layer / nelz) * size[2]!,
  };
};

/**
 * Nodes where the predicate on their coordinates holds.
 * @throws InvalidMesh; InvalidOption for a predicate that is no function
 * @example where(mesh, ({ x, y }) => x === 4 && y > 0).nodes // [4, 9]
 */
export const where = (mesh: GridMesh, predicate: (point: Point) => boolean): NodeSet => {
  requireMesh("where", mesh);
  requireCallable("where", "predicate", predicate);
  return nodesWhere(mesh, predicate);
};

const nodesWhere = (mesh: GridMesh, predicate: (point: Point) => boolean): NodeSet => {
  const count = countNodes(mesh);
  const nodes: number[] = [];
  for (let node = 0; node < count; node++) if (predicate(pointOf(mesh, node))) nodes.push(node);
  return Object.freeze({ mesh, nodes: Object.freeze(nodes) });
};

export type Side = "left" | "right" | "top" | "bottom";
export type Face = Side | "front" | "back";

/** Where a side lies: its axis counted as in a node shape from behind (0: x, 1: y, 2: z), and which end in rows and layers. */
const sides: Readonly<Record<Face, readonly [axis: 0 | 1 | 2, isLast: boolean]>> = {
  left: [0, false],
  right: [0, true],
  top: [1, false],
  bottom: [1, true],
  back: [2, false],
  front: [2, true],
};

const isNameOf = <T extends string>(names: Readonly<Record<T, unknown>>, name: unknown): name is T =>
  typeof name === "string" && Object.hasOwn(names, name);

/** Nodes on all of these sides. */
const onSides = (mesh: GridMesh, names: readonly Face[]): NodeSet => {
  const { nelx, nely, nelz = 0 } = mesh;
  const [columns, rows, layers] = [nelx, nely, nelz].map((count, axis) => {
    const named = names.map((name) => sides[name]).find(([own]) => own === axis);
    if (named === undefined) return Array.from({ length: count + 1 }, (_, k) => k);
    return [named[1] ? count : 0];
  }) as [number[], number[], number[]];
  const nodes = layers.flatMap((layer) =>
    rows.flatMap((row) => columns.map((column) => (layer * (nely + 1) + row) * (nelx + 1) + column)),
  );
  return Object.freeze({ mesh, nodes: Object.freeze(nodes) });
};

/**
 * All nodes of a face of a box of bricks, edges and corners included. Front is where z is largest, back is z = 0.
 * @throws InvalidOption for another name, or in the plane; InvalidMesh
 * @example
 * const block = gridMesh({ nelx: 2, nely: 1, nelz: 1 });
 * face(block, "left").nodes // [0, 3, 6, 9]
 */
export const face = (mesh: GridMesh, name: Face): NodeSet => {
  requireMesh("face", mesh);
  if (!isNameOf(sides, name))
    throw new InvalidOption("face", showValue(name), "Use left, right, top, bottom, front or back");
  if (mesh.dimensions === 2)
    throw new InvalidOption("face", `${showValue(name)} of a mesh in the plane`, "Its sides are edges: use edge");
  return onSides(mesh, [name]);
};

/** The two faces that an edge in space is named by. */
export type EdgeOfFaces = readonly [Face, Face];
export type Edge = Side | EdgeOfFaces;

const edgeOfFaces = (mesh: GridMesh, name: Edge): NodeSet => {
  if (!Array.isArray(name))
    throw new InvalidOption(
      "edge",
      `${showValue(name)} of a mesh in three dimensions`,
      'An edge is where two faces meet, as edge(mesh, ["left", "top"]); a whole side is a face',
    );
  const faces: readonly unknown[] = name;
  const [first, second] = faces;
  const isPair = faces.length === 2 && isNameOf(sides, first) && isNameOf(sides, second);
  if (!isPair || sides[first][0] === sides[second][0])
    throw new InvalidOption(
      "edge",
      `[${faces.map((each) => showValue(each)).join(", ")}]`,
      'Name two faces that meet, as ["left", "top"]; faces are left, right, top, bottom, front and back',
    );
  return onSides(mesh, [first, second]);
};

/**
 * All nodes of an edge, corners included: in the plane a side, in space where two faces meet.
 * @throws InvalidOption for another name, or one of the other dimension
 * @example edge(mesh, "left").nodes // [0, 5, 10]
 * @example
 * const block = gridMesh({ nelx: 2, nely: 1, nelz: 1 });
 * edge(block, ["left", "top"]).nodes // [0, 6]
 */
export const edge = (mesh: GridMesh, name: Edge): NodeSet => {
  requireMesh("edge", mesh);
  if (mesh.dimensions === 3) return edgeOfFaces(mesh, name);
  if (!isNameOf(sides, name) || sides[name][0] === 2)
    throw new InvalidOption("edge", showValue(name), "Use left, right, top or bottom");
  return onSides(mesh, [name]);
};

type PlaneCorner = "topLeft" | "topRight" | "bottomLeft" | "bottomRight";
export type Corner = PlaneCorner | `${PlaneCorner}${"Front" | "Back"}`;

const planeCorners: Readonly<Record<PlaneCorner, readonly Side[]>> = {
  topLeft: ["top", "left"],
  topRight: ["top", "right"],
  bottomLeft: ["bottom", "left"],
  bottomRight: ["bottom", "right"],
};

/** Sides of the corners of a mesh, by name. */
const cornersOf = (dimensions: 2 | 3): Readonly<Record<string, readonly Face[]>> => {
  if (dimensions === 2) return planeCorners;
  return Object.fromEntries(
    Object.entries(planeCorners).flatMap(([name, own]) => [
      [`${name}Front`, [...own, "front" as const]],
      [`${name}Back`, [...own, "back" as const]],
    ]),
  );
};

/**
 * The node at a corner: topLeft and so on in the plane, topLeftFront and so on in space.
 * @throws InvalidOption for another name, or one of the other dimension
 * @example corner(mesh, "bottomRight").nodes // [14]
 */
export const corner = (mesh: GridMesh, name: Corner): NodeSet => {
  requireMesh("corner", mesh);
  const corners = cornersOf(mesh.dimensions);
  if (!isNameOf(corners, name)) {
    const names = Object.keys(corners);
    throw new InvalidOption("corner", showValue(name), `Use ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);
  }
  return onSides(mesh, corners[name]!);
};

/**
 * The node closest to a point; of several equally close ones that with the smallest number: in the lower layer, the upper
 * row, further left.
 * @param point  z is needed in space, and 0 or left out in the plane
 * @throws InvalidMesh; InvalidOption for coordinates that are not finite
 * @example nearest(mesh, { x: 3.9, y: 0.2 }).nodes // [14]
 */
export const nearest = (
  mesh: GridMesh,
  point: { readonly x: number; readonly y: number; readonly z?: number },
): NodeSet => {
  requireMesh("nearest", mesh);
  const { x, y, z = mesh.dimensions === 2 ? 0 : NaN } = point ?? {};
  if (![x, y, z].every((own) => Number.isFinite(own)) || (mesh.dimensions === 2 && z !== 0))
    throw new InvalidOption(
      "nearest",
      `point ${showValue(point)}`,
      mesh.dimensions === 2 ? "Give finite coordinates, x and y" : "Give finite coordinates, x, y and z",
    );
  return nearestTo(mesh, { x, y, z });
};

const nearestTo = (mesh: GridMesh, { x, y, z }: Point): NodeSet => {
  const count = countNodes(mesh);
  let best = 0;
  let distance = Infinity;
  for (let node = 0; node < count; node++) {
    const own = pointOf(mesh, node);
    const square = (own.x - x) ** 2 + (own.y - y) ** 2 + (own.z - z) ** 2;
    if (square < distance) [best, distance] = [node, square];
  }
  return distinct(mesh, [best]);
};

/**
 * The node closest to the middle of the box.
 * @throws InvalidMesh
 * @example center(mesh).nodes // [7]
 */
export const center = (mesh: GridMesh): NodeSet => {
  requireMesh("center", mesh);
  const [width, height, depth = 0] = mesh.size;
  return nearestTo(mesh, { x: width / 2, y: height / 2, z: depth / 2 });
};

export interface Box {
  /** From and to along x, as fractions of the box, both included. */
  readonly x?: readonly [number, number];
  /** From and to along y, as fractions of the box from the bottom. */
  readonly y?: readonly [number, number];
  /** From and to along z, as fractions of the box from layer 0; only in space. */
  readonly z?: readonly [number, number];
}

const isBound = (value: unknown): boolean => typeof value === "number" && !Number.isNaN(value);

/**
 * Nodes inside a box given in fractions of the mesh; a missing direction is not limited.
 * @throws UnknownOption (also z in the plane), InvalidOption for NaN, InvalidMesh
 * @example region(mesh, { x: [0, 0.5], y: [0, 0] }).nodes // [10, 11, 12]
 */
export const region = (mesh: GridMesh, box: Box): NodeSet => {
  requireMesh("region", mesh);
  requireOptions("region", box, mesh.dimensions === 2 ? ["x", "y"] : ["x", "y", "z"], true);
  const { x = [0, 1], y = [0, 1], z = [0, 1] } = box;
  for (const interval of [x, y, z])
    if (!Array.isArray(interval) || interval.length !== 2 || !interval.every(isBound))
      throw new InvalidOption("region", `interval ${showValue(interval)}`, "Give [from, to] as fractions of the box");
  const inside = (value: number, [from, to]: readonly [number, number], length: number): boolean =>
    value >= from * length - 1e-9 * length && value <= to * length + 1e-9 * length;
  const [width, height, depth = 0] = mesh.size;
  return nodesWhere(
    mesh,
    (point) => inside(point.x, x, width) && inside(point.y, y, height) && inside(point.z, z, depth),
  );
};

const requireOneMesh = (asked: string, sets: readonly NodeSet[]): GridMesh => {
  if (sets.length === 0) throw new InvalidOption(asked, "no node sets", "Give at least one");
  for (const set of sets) requireSet(asked, set);
  const { mesh } = sets[0]!;
  if (sets.some((set) => set.mesh !== mesh))
    throw new InvalidMesh(asked, "node sets of different meshes", "Select all sets on one mesh");
  return mesh;
};

/**
 * Nodes in any of the sets.
 * @throws InvalidOption for what is no set, InvalidMesh for sets of different meshes
 * @example union(corner(mesh, "topLeft"), corner(mesh, "bottomRight")).nodes // [0, 14]
 */
export const union = (...sets: readonly NodeSet[]): NodeSet => {
  const mesh = requireOneMesh("union", sets);
  return distinct(
    mesh,
    sets.flatMap((set) => set.nodes),
  );
};

/**
 * Nodes in all of the sets.
 * @throws InvalidOption for what is no set, InvalidMesh for sets of different meshes
 * @example intersection(edge(mesh, "left"), edge(mesh, "top")).nodes // [0]
 */
export const intersection = (...sets: readonly NodeSet[]): NodeSet => {
  const mesh = requireOneMesh("intersection", sets);
  const others = sets.slice(1).map((set) => new Set(set.nodes));
  return distinct(
    mesh,
    sets[0]!.nodes.filter((node) => others.every((other) => other.has(node))),
  );
};

/**
 * Nodes of the first set that are in none of the others.
 * @throws InvalidOption for what is no set, InvalidMesh for sets of different meshes
 * @example minus(edge(mesh, "left"), corner(mesh, "topLeft")).nodes // [5, 10]
 */
export const minus = (set: NodeSet, ...others: readonly NodeSet[]): NodeSet => {
  const mesh = requireOneMesh("minus", [set, ...others]);
  const removed = new Set(others.flatMap((other) => other.nodes));
  return distinct(
    mesh,
    set.nodes.filter((node) => !removed.has(node)),
  );
};
