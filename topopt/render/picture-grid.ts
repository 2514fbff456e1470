/**
 * Geometry of a drawn grid of elements: places of nodes, the edges they lie on, how close marks are to each other.
 * Row 0 is the top; node = row * (nelx + 1) + column; the picture's y axis points down, forces' y axis up.
 * Source: the conventions of the mechanics in this library.
 */

import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";

/** The grid in picture units: its top-left corner is the origin. */
export interface PictureGrid {
  readonly nelx: number;
  readonly nely: number;
  /** Edge of an element. */
  readonly cell: number;
}

/** Rectangle that something drawn takes up, picture units. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A node of the grid and its place in the picture. */
export interface PictureNode {
  readonly node: number;
  readonly row: number;
  readonly column: number;
  readonly x: number;
  readonly y: number;
}

/** Directions in the picture as unit vectors, y down. */
export type Direction = readonly [x: number, y: number];

/**
 * Place of a node.
 * @param grid   the grid
 * @param node   row * (nelx + 1) + column
 * @param where  what is being drawn, for the message
 * @returns      row, column and picture coordinates
 * @throws       InvalidOption where there is no such node
 */
export function placeNode(grid: PictureGrid, node: number, where: string): PictureNode {
  const nodes = (grid.nelx + 1) * (grid.nely + 1);
  if (!Number.isInteger(node) || node < 0 || node >= nodes)
    throw new InvalidOption(
      "boundaryPicture",
      `${where} at node ${showValue(node)}`,
      `The nodes of ${grid.nelx} x ${grid.nely} elements are 0 to ${nodes - 1}, row by row from the top left`,
    );
  const row = Math.floor(node / (grid.nelx + 1));
  const column = node % (grid.nelx + 1);
  return { node, row, column, x: column * grid.cell, y: row * grid.cell };
}

/** Outward normals of the edges on which a node lies: two at a corner, none inside. */
export function outwardNormals(grid: PictureGrid, { row, column }: PictureNode): readonly Direction[] {
  const normals: Direction[] = [];
  if (row === grid.nely) normals.push([0, 1]);
  if (row === 0) normals.push([0, -1]);
  if (column === 0) normals.push([-1, 0]);
  if (column === grid.nelx) normals.push([1, 0]);
  return normals;
}

/**
 * Distance to the nearest other marked node in the same row or column.
 * @param grid    the grid
 * @param marked  nodes that carry a mark
 * @param node    the node asked about
 * @param reach   distances beyond this are not looked at, picture units
 * @returns       picture units, at most `reach`; and whether a nearest one is in the same column, in the same row
 */
export function nearestMark(
  grid: PictureGrid,
  marked: ReadonlySet<number>,
  { node, row, column }: PictureNode,
  reach: number,
): { readonly distance: number; readonly alongColumn: boolean; readonly alongRow: boolean } {
  for (let steps = 1; steps * grid.cell < reach; steps++) {
    const up = row - steps >= 0 && marked.has(node - steps * (grid.nelx + 1));
    const down = row + steps <= grid.nely && marked.has(node + steps * (grid.nelx + 1));
    const left = column - steps >= 0 && marked.has(node - steps);
    const right = column + steps <= grid.nelx && marked.has(node + steps);
    if (up || down || left || right)
      return { distance: steps * grid.cell, alongColumn: up || down, alongRow: left || right };
  }
  return { distance: reach, alongColumn: false, alongRow: false };
}

/** Smallest box around boxes; the box of the grid alone where there are none. */
export function surroundingBox(grid: PictureGrid, boxes: readonly Box[]): Box {
  let { left, top, right, bottom }: Box = {
    left: 0,
    top: 0,
    right: grid.nelx * grid.cell,
    bottom: grid.nely * grid.cell,
  };
  for (const box of boxes) {
    left = Math.min(left, box.left);
    top = Math.min(top, box.top);
    right = Math.max(right, box.right);
    bottom = Math.max(bottom, box.bottom);
  }
  return { left, top, right, bottom };
}
