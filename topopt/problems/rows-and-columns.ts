/**
 * Rows and columns of nodes and elements, counted from the top left: what the definitions of problems are written in.
 */
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { ElementField, GridMesh, NodeSet, PerAxis, VectorField } from "../../library/fem/index.ts";

/** From, from + step, ... up to `to`, which is included where it is met. */
export const range = (from: number, to: number, step = 1): readonly number[] =>
  Array.from({ length: Math.max(0, Math.floor((to - from) / step) + 1) }, (_, k) => from + k * step);

/** Nodes where these columns and rows cross, each in ascending order. */
export const crossings = (mesh: GridMesh, columns: readonly number[], rows: readonly number[]): NodeSet =>
  Object.freeze({
    mesh,
    nodes: Object.freeze(rows.flatMap((row) => columns.map((column) => row * (mesh.nelx + 1) + column))),
  });

export const nodeAt = (mesh: GridMesh, column: number, row: number): NodeSet => crossings(mesh, [column], [row]);

export const allColumns = (mesh: GridMesh): readonly number[] => range(0, mesh.nelx);

/** A field of forces, all in one direction, of a size that column and row say. */
export const loadOf = (
  mesh: GridMesh,
  [x, y]: PerAxis,
  sizeAt: (column: number, row: number) => number,
): VectorField => {
  const columns = mesh.nelx + 1;
  const nodes = columns * (mesh.nely + 1);
  const values = new Float64Array(2 * nodes);
  for (let node = 0; node < nodes; node++) {
    const size = sizeAt(node % columns, Math.floor(node / columns));
    if (size !== 0) values.set([x * size, y * size], 2 * node);
  }
  return fromBuffer(values, [...mesh.nodeShape, 2], "float64") as NDArray as VectorField;
};

/** 1 for the elements of which the claim holds, else 0. */
export const elementFlags = (mesh: GridMesh, holds: (column: number, row: number) => boolean): ElementField => {
  const values = new Float64Array(mesh.nelx * mesh.nely).map((_, element) =>
    holds(element % mesh.nelx, Math.floor(element / mesh.nelx)) ? 1 : 0,
  );
  return fromBuffer(values, mesh.elementShape, "float64") as NDArray as ElementField;
};
