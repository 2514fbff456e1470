/** From the selectors and boxes of a problem file to nodes and elements of a mesh. */
import { corner, edge, face, minus, nearest, region, union } from "../../library/fem/index.ts";
import type { Box, ElementField, GridMesh, NodeSet } from "../../library/fem/index.ts";
import { array } from "../../library/numpy/creation.ts";
import type { Selector } from "../problem-file/index.ts";

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

/** Nodes that a selector names. */
export const nodesOf = (mesh: GridMesh, selector: Selector): NodeSet => {
  if ("edge" in selector) return edge(mesh, selector.edge);
  if ("corner" in selector) return corner(mesh, selector.corner);
  if ("face" in selector) return face(mesh, selector.face);
  if ("middle" in selector) return middleOf(mesh, selector.middle);
  if ("region" in selector) return region(mesh, selector.region);
  if ("nearest" in selector) return nearestTo(mesh, selector.nearest);
  if ("minus" in selector) return minus(nodesOf(mesh, selector.minus[0]), nodesOf(mesh, selector.minus[1]));
  return union(...selector.union.map((own) => nodesOf(mesh, own)));
};

/** 1 for elements whose centres lie in one of the boxes (fractions of the mesh), else 0. */
export const elementsIn = (mesh: GridMesh, boxes: readonly Box[]): ElementField => {
  const { nelx, nely, nelz = 1, elementShape } = mesh;
  const isIn = (range: readonly [number, number] | undefined, at: number): boolean =>
    range === undefined || (at >= range[0] && at <= range[1]);
  const values = Array.from({ length: nelx * nely * nelz }, (_, element) => {
    const [column, line] = [element % nelx, Math.floor(element / nelx)];
    const [row, layer] = [line % nely, Math.floor(line / nely)];
    const [x, y, z] = [(column + 0.5) / nelx, 1 - (row + 0.5) / nely, (layer + 0.5) / nelz];
    return boxes.some((box) => isIn(box.x, x) && isIn(box.y, y) && isIn(box.z, z)) ? 1 : 0;
  });
  return array(values).reshape(elementShape) as ElementField;
};
