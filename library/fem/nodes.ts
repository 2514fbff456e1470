/**
 * Node sets of a grid: by edge, corner, nearest point, region or predicate, and their set algebra.
 * Coordinates are lengths with the origin at the lower left, y up; node numbers run row by row from the top.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidMesh, InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import type { GridMesh } from "./mesh.ts";

export interface NodeSet {
  readonly mesh: GridMesh;
  /** Ascending node numbers, row * (nelx + 1) + column. */
  readonly nodes: readonly number[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const distinct = (mesh: GridMesh, nodes: Iterable<number>): NodeSet =>
  Object.freeze({ mesh, nodes: Object.freeze([...new Set(nodes)].sort((left, right) => left - right)) });

/**
 * Coordinates of a node.
 * @example nodePoint(mesh, 14) // { x: 4, y: 0 }
 */
export const nodePoint = ({ nelx, nely, size }: GridMesh, node: number): Point => {
  const row = Math.floor(node / (nelx + 1));
  const column = node % (nelx + 1);
  return { x: (column / nelx) * size[0], y: ((nely - row) / nely) * size[1] };
};

/**
 * Nodes where the predicate on their coordinates holds.
 * @example where(mesh, ({ x, y }) => x === 4 && y > 0).nodes // [4, 9]
 */
export const where = (mesh: GridMesh, predicate: (point: Point) => boolean): NodeSet => {
  const count = (mesh.nelx + 1) * (mesh.nely + 1);
  return distinct(
    mesh,
    Array.from({ length: count }, (_, node) => node).filter((node) => predicate(nodePoint(mesh, node))),
  );
};

export type Edge = "left" | "right" | "top" | "bottom";

/**
 * All nodes of an edge, corners included.
 * @throws InvalidOption for another name
 * @example edge(mesh, "left").nodes // [0, 5, 10]
 */
export const edge = (mesh: GridMesh, name: Edge): NodeSet => {
  const { nelx, nely } = mesh;
  const along = (count: number, node: (k: number) => number): NodeSet =>
    distinct(
      mesh,
      Array.from({ length: count + 1 }, (_, k) => node(k)),
    );
  switch (name) {
    case "top":
      return along(nelx, (k) => k);
    case "bottom":
      return along(nelx, (k) => nely * (nelx + 1) + k);
    case "left":
      return along(nely, (k) => k * (nelx + 1));
    case "right":
      return along(nely, (k) => k * (nelx + 1) + nelx);
    default:
      throw new InvalidOption("edge", showValue(name), "Use left, right, top or bottom");
  }
};

export type Corner = "topLeft" | "topRight" | "bottomLeft" | "bottomRight";

/**
 * The node at a corner.
 * @throws InvalidOption for another name
 * @example corner(mesh, "bottomRight").nodes // [14]
 */
export const corner = (mesh: GridMesh, name: Corner): NodeSet => {
  const { nelx, nely } = mesh;
  const bottom = nely * (nelx + 1);
  const nodes: Readonly<Record<Corner, number>> = {
    topLeft: 0,
    topRight: nelx,
    bottomLeft: bottom,
    bottomRight: bottom + nelx,
  };
  if (typeof name !== "string" || !Object.hasOwn(nodes, name))
    throw new InvalidOption("corner", showValue(name), "Use topLeft, topRight, bottomLeft or bottomRight");
  return distinct(mesh, [nodes[name]]);
};

/**
 * The node closest to a point; of several equally close ones the upper, then the left.
 * @example nearest(mesh, { x: 3.9, y: 0.2 }).nodes // [14]
 */
export const nearest = (mesh: GridMesh, point: Point): NodeSet => {
  if (!Number.isFinite(point.x) || !Number.isFinite(point.y))
    throw new InvalidOption("nearest", `point (${point.x}, ${point.y})`, "Give finite coordinates");
  const count = (mesh.nelx + 1) * (mesh.nely + 1);
  let best = 0;
  let distance = Infinity;
  for (let node = 0; node < count; node++) {
    const { x, y } = nodePoint(mesh, node);
    const own = (x - point.x) ** 2 + (y - point.y) ** 2;
    if (own < distance) [best, distance] = [node, own];
  }
  return distinct(mesh, [best]);
};

/**
 * The node closest to the middle of the box.
 * @example center(mesh).nodes // [7]
 */
export const center = (mesh: GridMesh): NodeSet => nearest(mesh, { x: mesh.size[0] / 2, y: mesh.size[1] / 2 });

export interface Box {
  /** From and to along x, as fractions of the box, both included. */
  readonly x?: readonly [number, number];
  /** From and to along y, as fractions of the box from the bottom. */
  readonly y?: readonly [number, number];
}

const isBound = (value: unknown): boolean => typeof value === "number" && !Number.isNaN(value);

/**
 * Nodes inside a box given in fractions of the mesh; a missing direction is not limited.
 * @throws UnknownOption, InvalidOption for NaN
 * @example region(mesh, { x: [0, 0.5], y: [0, 0] }).nodes // [10, 11, 12]
 */
export const region = (mesh: GridMesh, box: Box): NodeSet => {
  requireOptions("region", box, ["x", "y"]);
  const { x = [0, 1], y = [0, 1] } = box;
  for (const interval of [x, y])
    if (!Array.isArray(interval) || interval.length !== 2 || !interval.every(isBound))
      throw new InvalidOption("region", `interval ${showValue(interval)}`, "Give [from, to] as fractions of the box");
  const inside = (value: number, [from, to]: readonly [number, number], length: number): boolean =>
    value >= from * length - 1e-9 * length && value <= to * length + 1e-9 * length;
  return where(mesh, (point) => inside(point.x, x, mesh.size[0]) && inside(point.y, y, mesh.size[1]));
};

const requireOneMesh = (asked: string, sets: readonly NodeSet[]): GridMesh => {
  const mesh = sets[0]?.mesh;
  if (mesh === undefined) throw new InvalidOption(asked, "no node sets", "Give at least one");
  if (sets.some((set) => set.mesh !== mesh))
    throw new InvalidMesh(asked, "node sets of different meshes", "Select all sets on one mesh");
  return mesh;
};

/**
 * Nodes in any of the sets.
 * @example union(corner(mesh, "topLeft"), corner(mesh, "bottomRight")).nodes // [0, 14]
 */
export const union = (...sets: readonly NodeSet[]): NodeSet =>
  distinct(
    requireOneMesh("union", sets),
    sets.flatMap((set) => set.nodes),
  );

/**
 * Nodes of the first set that are in none of the others.
 * @example minus(edge(mesh, "left"), corner(mesh, "topLeft")).nodes // [5, 10]
 */
export const minus = (set: NodeSet, ...others: readonly NodeSet[]): NodeSet => {
  const removed = new Set(others.flatMap((other) => other.nodes));
  return distinct(
    requireOneMesh("minus", [set, ...others]),
    set.nodes.filter((node) => !removed.has(node)),
  );
};
