/**
 * Row structure of supernodal fronts and the place of their update matrices on one stack.
 * Update rows of a front = rows of its elements and of its children's updates that lie below its pivots.
 * Source: Liu 1992, The multifrontal method for sparse matrix solution.
 */

import type { ColumnGraph } from "./elimination-tree.ts";
import type { Supernodes } from "./supernodes.ts";

/** Children of every vertex: children[start[s]] .. children[start[s + 1] - 1], ascending. */
export interface ChildLists {
  readonly start: Int32Array;
  readonly children: Int32Array;
}

/** Turns counts stored at [k + 1] into running sums. */
function accumulate(counts: Int32Array): Int32Array {
  for (let k = 1; k < counts.length; k++) counts[k] = counts[k]! + counts[k - 1]!;
  return counts;
}

/** Groups items 0..n-1 by `groupOf` (-1: in no group), keeping their order. */
export function groupItems(groupOf: Int32Array, groupCount: number): ChildLists {
  const start = new Int32Array(groupCount + 1);
  for (const group of groupOf) if (group !== -1) start[group + 1] = start[group + 1]! + 1;
  accumulate(start);
  const next = start.slice();
  const children = new Int32Array(start[groupCount]!);
  for (let item = 0; item < groupOf.length; item++) {
    const group = groupOf[item]!;
    if (group === -1) continue;
    children[next[group]!] = item;
    next[group] = next[group]! + 1;
  }
  return { start, children };
}

/** Update rows of every supernode as sorted columns: columns[start[s]] .. columns[start[s + 1] - 1]. */
export function updateColumns(
  graph: ColumnGraph,
  supernodes: Supernodes,
  childLists: ChildLists,
): { start: Int32Array; columns: Int32Array } {
  const count = supernodes.updateCount.length;
  const start = new Int32Array(count + 1);
  start.set(supernodes.updateCount, 1);
  accumulate(start);
  const columns = new Int32Array(start[count]!);
  const mark = new Int32Array(graph.columnCount).fill(-1);
  for (let s = 0; s < count; s++) {
    const afterPivots = supernodes.start[s + 1]!;
    let end = start[s]!;
    const addRow = (column: number): void => {
      if (column < afterPivots || mark[column] === s) return;
      mark[column] = s;
      columns[end++] = column;
    };
    for (let at = graph.start[supernodes.start[s]!]!; at < graph.start[afterPivots]!; at++) {
      const element = graph.elements[at]! * graph.nodesPerElement;
      for (let k = element; k < element + graph.nodesPerElement; k++) addRow(graph.elementColumns[k]!);
    }
    for (let c = childLists.start[s]!; c < childLists.start[s + 1]!; c++) {
      const child = childLists.children[c]!;
      for (let at = start[child]!; at < start[child + 1]!; at++) addRow(columns[at]!);
    }
    columns.subarray(start[s]!, end).sort();
  }
  return { start, columns };
}

/** Numbers in a lower triangle of 4x4 blocks with `rows` rows, a multiple of four. */
export const blockTriangleLength = (rows: number): number => (rows * (rows + 4)) / 2;

/**
 * Places update matrices in one buffer used as two stacks, one from each end: even depths left, odd depths right.
 * A front's update and those of its children then never share an end, so nothing has to be moved.
 * @param paddedRows  update rows per supernode, multiples of four
 */
export function placeUpdates(
  parents: Int32Array,
  childLists: ChildLists,
  paddedRows: Int32Array,
): { updateStart: Int32Array; stackLength: number } {
  const count = parents.length;
  const side = new Uint8Array(count);
  for (let s = count - 1; s >= 0; s--) side[s] = parents[s] === -1 ? 0 : 1 - side[parents[s]!]!;
  const top: [number, number] = [0, 0];
  const updateStart = new Int32Array(count);
  let stackLength = 0;
  for (let s = 0; s < count; s++) {
    const own = side[s] as 0 | 1;
    updateStart[s] = top[own];
    top[own] += blockTriangleLength(paddedRows[s]!);
    stackLength = Math.max(stackLength, top[0] + top[1]);
    for (let c = childLists.start[s]!; c < childLists.start[s + 1]!; c++) {
      top[(1 - own) as 0 | 1] -= blockTriangleLength(paddedRows[childLists.children[c]!]!);
    }
  }
  for (let s = 0; s < count; s++) {
    if (side[s] === 1) updateStart[s] = stackLength - updateStart[s]! - blockTriangleLength(paddedRows[s]!);
  }
  return { updateStart, stackLength };
}
