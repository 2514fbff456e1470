/**
 * Everything about a factorization that does not depend on values: supernodes, front rows, index maps, sizes.
 * Fronts are strips of four rows; the pivots of a front and its update rows are each padded to whole strips.
 * Source: Duff & Reid 1983 (multifrontal method); Liu 1992 (update matrices on a stack).
 */

import {
  columnCounts,
  columnGraph,
  type ColumnGraph,
  eliminationTree,
  inversePermutation,
  postorder,
} from "./elimination-tree.ts";
import { relaxedSupernodes, roundUp4, type Supernodes } from "./supernodes.ts";
import { type ChildLists, groupItems, placeUpdates, updateColumns } from "./update-rows.ts";

/** What has to be known of a mesh and its supports. */
export interface ElementSystem {
  readonly nodeCount: number;
  readonly dofsPerNode: number;
  /** Node numbers element by element. */
  readonly elementNodes: Int32Array;
  readonly nodesPerElement: number;
  /** order[k] = node eliminated k-th. */
  readonly order: Int32Array;
  /** One flag per dof, 1 = fixed. */
  readonly fixed: Uint8Array;
}

/** Counts for reports. */
interface AnalysisStatistics {
  readonly supernodes: number;
  /** Multiplications plus additions of one factorization. */
  readonly flops: number;
  /** Most numbers that pending update matrices take at one time. */
  readonly peakStackLength: number;
  /** Rows of the largest front, padding included. */
  readonly largestFront: number;
}

/**
 * The symbolic factorization. A dof's "position" is its place in the padded elimination order,
 * its "local" place is that in one front: pivots first, then update rows, both padded to multiples of four.
 */
export interface Analysis {
  readonly dofCount: number;
  readonly dofsPerNode: number;
  readonly nodesPerElement: number;
  readonly elementCount: number;
  readonly elementNodes: Int32Array;
  readonly fixed: Uint8Array;
  /** Length of the factor, whatever the values are. */
  readonly factorLength: number;
  readonly supernodeCount: number;
  readonly positionCount: number;
  /** User's dof at a position; -1 where it is fixed or padding. */
  readonly dofAt: Int32Array;
  /** Pivots of supernode s are positions pivotStart[s] .. pivotStart[s + 1]. */
  readonly pivotStart: Int32Array;
  /** Panel of supernode s in the factor: panelStart[s] .. panelStart[s + 1]. */
  readonly panelStart: Int32Array;
  /** Update rows of supernode s, padded: rows[rowStart[s]] .. rows[rowStart[s + 1] - 1]. */
  readonly rowStart: Int32Array;
  /** Number of update rows without padding. */
  readonly rowCount: Int32Array;
  /** Positions of update rows; `positionCount` for padding. */
  readonly rows: Int32Array;
  /** Local place of each update row in the parent's front. */
  readonly parentLocal: Int32Array;
  /** Children of supernode s: children[childStart[s]] .. children[childStart[s + 1] - 1]. */
  readonly childStart: Int32Array;
  readonly children: Int32Array;
  /** Place of the update matrix of s on the stack, a lower triangle of 4x4 blocks. */
  readonly updateStart: Int32Array;
  readonly stackLength: number;
  /** Elements that enter front s: frontElements[elementStart[s]] .. frontElements[elementStart[s + 1] - 1]. */
  readonly elementStart: Int32Array;
  readonly frontElements: Int32Array;
  /** Local place of every dof of these elements, in the same order; -1 where fixed. */
  readonly elementLocal: Int32Array;
  /** Places in the factor that hold a unit pivot: fixed dofs and padding. */
  readonly unitPivots: Int32Array;
  readonly statistics: AnalysisStatistics;
}

/** Place of entry (row, column) in a panel of strips with `pivots` columns. */
export const panelOffset = (row: number, column: number, pivots: number): number =>
  (row >> 2) * 4 * pivots + 4 * column + (row & 3);

/** Postordered graph, its relaxed supernodes and the node that each final column stands for. */
function orderedSupernodes(system: ElementSystem): { graph: ColumnGraph; supernodes: Supernodes; nodeAt: Int32Array } {
  const { elementNodes, nodesPerElement, order, dofsPerNode } = system;
  const renamed = (nodes: Int32Array): ColumnGraph =>
    columnGraph(inversePermutation(nodes), elementNodes, nodesPerElement);
  const tree = eliminationTree(renamed(order));
  const postordered = postorder(tree).map((column) => order[column]!);
  const graph = renamed(postordered);
  const parents = eliminationTree(graph);
  const supernodes = relaxedSupernodes(parents, columnCounts(graph, parents), dofsPerNode);
  const nodeAt = supernodes.order.map((column) => postordered[column]!);
  return { graph: renamed(nodeAt), supernodes, nodeAt };
}

/** Positions and sizes of all fronts. */
function frontSizes(supernodes: Supernodes, dofsPerNode: number) {
  const count = supernodes.parents.length;
  const pivotStart = new Int32Array(count + 1);
  const rowStart = new Int32Array(count + 1);
  const panelStart = new Int32Array(count + 1);
  for (let s = 0; s < count; s++) {
    const pivots = roundUp4((supernodes.start[s + 1]! - supernodes.start[s]!) * dofsPerNode);
    const updates = roundUp4(supernodes.updateCount[s]! * dofsPerNode);
    pivotStart[s + 1] = pivotStart[s]! + pivots;
    rowStart[s + 1] = rowStart[s]! + updates;
    panelStart[s + 1] = panelStart[s]! + pivots * (pivots + updates);
  }
  return { pivotStart, rowStart, panelStart, rowCount: supernodes.updateCount.map((n) => n * dofsPerNode) };
}

type FrontSizes = ReturnType<typeof frontSizes>;

/** Groups elements by the front of their first eliminated node. */
function elementsByFront(graph: ColumnGraph, supernodes: Supernodes): ChildLists {
  const owner = new Int32Array(graph.columnCount);
  const count = supernodes.parents.length;
  for (let s = 0; s < count; s++) owner.fill(s, supernodes.start[s]!, supernodes.start[s + 1]!);
  const elementCount = graph.elementColumns.length / graph.nodesPerElement;
  const frontOf = new Int32Array(elementCount);
  for (let e = 0; e < elementCount; e++) {
    const first = e * graph.nodesPerElement;
    frontOf[e] =
      owner[graph.elementColumns.subarray(first, first + graph.nodesPerElement).reduce((a, b) => Math.min(a, b))]!;
  }
  return groupItems(frontOf, count);
}

/** Positions of all dofs and padding, and the places of unit pivots. */
function positions(system: ElementSystem, supernodes: Supernodes, sizes: FrontSizes, nodeAt: Int32Array) {
  const { dofsPerNode, fixed } = system;
  const count = supernodes.parents.length;
  const dofAt = new Int32Array(sizes.pivotStart[count]!).fill(-1);
  const positionOfColumn = new Int32Array(nodeAt.length);
  const unitPivots: number[] = [];
  for (let s = 0; s < count; s++) {
    const first = sizes.pivotStart[s]!;
    const pivots = sizes.pivotStart[s + 1]! - first;
    const real = (supernodes.start[s + 1]! - supernodes.start[s]!) * dofsPerNode;
    for (let local = 0; local < pivots; local++) {
      const column = supernodes.start[s]! + Math.floor(local / dofsPerNode);
      const dof = local < real ? nodeAt[column]! * dofsPerNode + (local % dofsPerNode) : -1;
      if (local < real && local % dofsPerNode === 0) positionOfColumn[column] = first + local;
      if (dof !== -1 && fixed[dof] !== 1) dofAt[first + local] = dof;
      else unitPivots.push(sizes.panelStart[s]! + panelOffset(local, local, pivots));
    }
  }
  return { dofAt, positionOfColumn, unitPivots: Int32Array.from(unitPivots) };
}

/** Local places: of children's update rows and of element dofs in every front. */
function localMaps(
  system: ElementSystem,
  structure: { graph: ColumnGraph; supernodes: Supernodes },
  sizes: FrontSizes,
  lists: { update: { start: Int32Array; columns: Int32Array }; childLists: ChildLists; byFront: ChildLists },
) {
  const { dofsPerNode, nodesPerElement, elementNodes, fixed } = system;
  const { graph, supernodes } = structure;
  const { update, childLists, byFront } = lists;
  const localOf = new Int32Array(graph.columnCount);
  const parentLocal = new Int32Array(sizes.rowStart[supernodes.parents.length]!);
  const elementLocal = new Int32Array(graph.elementColumns.length * dofsPerNode);
  for (let s = 0; s < supernodes.parents.length; s++) {
    const first = supernodes.start[s]!;
    const pivots = sizes.pivotStart[s + 1]! - sizes.pivotStart[s]!;
    for (let j = first; j < supernodes.start[s + 1]!; j++) localOf[j] = (j - first) * dofsPerNode;
    for (let at = update.start[s]!; at < update.start[s + 1]!; at++) {
      localOf[update.columns[at]!] = pivots + (at - update.start[s]!) * dofsPerNode;
    }
    for (let c = childLists.start[s]!; c < childLists.start[s + 1]!; c++) {
      const child = childLists.children[c]!;
      let out = sizes.rowStart[child]!;
      for (let at = update.start[child]!; at < update.start[child + 1]!; at++) {
        for (let i = 0; i < dofsPerNode; i++) parentLocal[out++] = localOf[update.columns[at]!]! + i;
      }
    }
    for (let at = byFront.start[s]!; at < byFront.start[s + 1]!; at++) {
      const node = byFront.children[at]! * nodesPerElement;
      let out = at * nodesPerElement * dofsPerNode;
      for (let k = node; k < node + nodesPerElement; k++) {
        for (let i = 0; i < dofsPerNode; i++) {
          elementLocal[out++] =
            fixed[elementNodes[k]! * dofsPerNode + i] === 1 ? -1 : localOf[graph.elementColumns[k]!]! + i;
        }
      }
    }
  }
  return { parentLocal, elementLocal };
}

/** Positions of update rows, padding rows at the position after the last. */
function updateRowPositions(
  update: { start: Int32Array; columns: Int32Array },
  sizes: FrontSizes,
  positionOfColumn: Int32Array,
  dofsPerNode: number,
): Int32Array {
  const count = update.start.length - 1;
  const rows = new Int32Array(sizes.rowStart[count]!).fill(sizes.pivotStart[count]!);
  for (let s = 0; s < count; s++) {
    let out = sizes.rowStart[s]!;
    for (let at = update.start[s]!; at < update.start[s + 1]!; at++) {
      for (let i = 0; i < dofsPerNode; i++) rows[out++] = positionOfColumn[update.columns[at]!]! + i;
    }
  }
  return rows;
}

function countFlops(sizes: FrontSizes): { flops: number; largestFront: number } {
  let flops = 0;
  let largestFront = 0;
  for (let s = 0; s + 1 < sizes.pivotStart.length; s++) {
    const k = sizes.pivotStart[s + 1]! - sizes.pivotStart[s]!;
    const m = sizes.rowStart[s + 1]! - sizes.rowStart[s]!;
    flops += (k * k * k) / 3 + k * k * m + k * m * m;
    largestFront = Math.max(largestFront, k + m);
  }
  return { flops, largestFront };
}

/**
 * Symbolic factorization of element systems on one mesh with one set of supports.
 * @param system  mesh, elimination order of its nodes, fixed dofs
 * @returns       maps and sizes, never changed afterwards; cost once per mesh, less than a factorization in 2D
 */
export function analyzeElements(system: ElementSystem): Analysis {
  const { dofsPerNode, nodesPerElement, elementNodes, nodeCount } = system;
  const { graph, supernodes, nodeAt } = orderedSupernodes(system);
  const count = supernodes.parents.length;
  const childLists = groupItems(supernodes.parents, count);
  const update = updateColumns(graph, supernodes, childLists);
  const sizes = frontSizes(supernodes, dofsPerNode);
  const byFront = elementsByFront(graph, supernodes);
  const { dofAt, positionOfColumn, unitPivots } = positions(system, supernodes, sizes, nodeAt);
  const paddedRows = supernodes.updateCount.map((rows) => roundUp4(rows * dofsPerNode));
  const { updateStart, stackLength } = placeUpdates(supernodes.parents, childLists, paddedRows);
  return {
    dofCount: nodeCount * dofsPerNode,
    dofsPerNode,
    nodesPerElement,
    elementCount: elementNodes.length / nodesPerElement,
    elementNodes,
    fixed: system.fixed.slice(),
    factorLength: sizes.panelStart[count]!,
    supernodeCount: count,
    positionCount: sizes.pivotStart[count]!,
    dofAt,
    ...sizes,
    rows: updateRowPositions(update, sizes, positionOfColumn, dofsPerNode),
    ...localMaps(system, { graph, supernodes }, sizes, { update, childLists, byFront }),
    childStart: childLists.start,
    children: childLists.children,
    updateStart,
    stackLength,
    elementStart: byFront.start,
    frontElements: byFront.children,
    unitPivots,
    statistics: { supernodes: count, peakStackLength: stackLength, ...countFlops(sizes) },
  };
}
