/**
 * Elimination tree, postorder and column counts of the node graph of a mesh, straight from its elements.
 * parent(j) = the first column after j that shares a factor row with j; a count is the length of a factor column.
 * Source: Liu 1990, The role of elimination trees in sparse factorization.
 */

/** The graph that joins all nodes of an element, its nodes called by their place ("column") in the elimination. */
export interface ColumnGraph {
  readonly columnCount: number;
  readonly nodesPerElement: number;
  /** Columns of element e: elementColumns[e * nodesPerElement + k]. */
  readonly elementColumns: Int32Array;
  /** Elements around column j: elements[start[j]] .. elements[start[j + 1] - 1]. */
  readonly start: Int32Array;
  readonly elements: Int32Array;
}

/**
 * Renames the nodes of a mesh by their place in the elimination and lists the elements around each.
 * @param position  place of every node in the elimination
 */
export function columnGraph(position: Int32Array, elementNodes: Int32Array, nodesPerElement: number): ColumnGraph {
  const columnCount = position.length;
  const elementColumns = elementNodes.map((node) => position[node]!);
  const start = new Int32Array(columnCount + 1);
  for (const column of elementColumns) start[column + 1] = start[column + 1]! + 1;
  for (let j = 0; j < columnCount; j++) start[j + 1] = start[j + 1]! + start[j]!;
  const next = start.slice();
  const elements = new Int32Array(elementColumns.length);
  for (let at = 0; at < elementColumns.length; at++) {
    const column = elementColumns[at]!;
    elements[next[column]!] = (at / nodesPerElement) | 0;
    next[column] = next[column]! + 1;
  }
  return { columnCount, nodesPerElement, elementColumns, start, elements };
}

/** Inverse of a permutation. */
export function inversePermutation(order: Int32Array): Int32Array {
  const position = new Int32Array(order.length);
  for (let k = 0; k < order.length; k++) position[order[k]!] = k;
  return position;
}

/** Climbs from `column` to its root and hangs the root under `row`; path compression keeps climbs short. */
function hangUnder(row: number, column: number, parents: Int32Array, ancestors: Int32Array): void {
  let at = column;
  while (at !== row) {
    const next = ancestors[at]!;
    ancestors[at] = row;
    if (next === -1) {
      parents[at] = row;
      return;
    }
    at = next;
  }
}

/** Parent of every column in the elimination tree, -1 at roots. */
export function eliminationTree(graph: ColumnGraph): Int32Array {
  const { columnCount, nodesPerElement, elementColumns, start, elements } = graph;
  const parents = new Int32Array(columnCount).fill(-1);
  const ancestors = new Int32Array(columnCount).fill(-1);
  for (let row = 0; row < columnCount; row++) {
    for (let e = start[row]!; e < start[row + 1]!; e++) {
      const first = elements[e]! * nodesPerElement;
      for (let k = first; k < first + nodesPerElement; k++) {
        if (elementColumns[k]! < row) hangUnder(row, elementColumns[k]!, parents, ancestors);
      }
    }
  }
  return parents;
}

/**
 * Order in which every subtree is contiguous and every parent follows its children, siblings kept in order.
 * @returns  order[k] = vertex visited k-th
 */
export function postorder(parents: Int32Array): Int32Array {
  const count = parents.length;
  const firstChild = new Int32Array(count + 1).fill(-1);
  const nextSibling = new Int32Array(count).fill(-1);
  for (let vertex = count - 1; vertex >= 0; vertex--) {
    const parent = parents[vertex] === -1 ? count : parents[vertex]!;
    nextSibling[vertex] = firstChild[parent]!;
    firstChild[parent] = vertex;
  }
  const order = new Int32Array(count);
  let visited = 0;
  let vertex = firstChild[count]!;
  while (vertex !== -1) {
    while (firstChild[vertex] !== -1) {
      const child = firstChild[vertex]!;
      firstChild[vertex] = -1;
      vertex = child;
    }
    order[visited++] = vertex;
    const parent = parents[vertex]!;
    vertex = nextSibling[vertex] !== -1 ? nextSibling[vertex]! : parent;
  }
  return order;
}

/** Number of entries of every factor column, diagonal included: row by row, marking the row's subtree. */
export function columnCounts(graph: ColumnGraph, parents: Int32Array): Int32Array {
  const { columnCount, nodesPerElement, elementColumns, start, elements } = graph;
  const counts = new Int32Array(columnCount).fill(1);
  const mark = new Int32Array(columnCount).fill(-1);
  for (let row = 0; row < columnCount; row++) {
    mark[row] = row;
    for (let e = start[row]!; e < start[row + 1]!; e++) {
      const first = elements[e]! * nodesPerElement;
      for (let k = first; k < first + nodesPerElement; k++) {
        let column = elementColumns[k]!;
        while (column < row && mark[column] !== row) {
          mark[column] = row;
          counts[column] = counts[column]! + 1;
          column = parents[column]!;
        }
      }
    }
  }
  return counts;
}
