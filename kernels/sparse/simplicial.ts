/**
 * Sparse Cholesky A = P' L L' P of a symmetric positive definite matrix, column by column (left-looking), on a
 * pattern known beforehand: the rows of column j of L are those of A and of the children of j in the elimination tree.
 * The readable reference for matrices of any origin; finite elements on grids have cholesky.ts.
 * Source: George & Liu 1981; Davis 2006, chapter 4.
 */
import { adjacencyOf, columnOfEntries } from "./compressed-columns.ts";
import type { ColumnPattern } from "./compressed-columns.ts";
import { columnGraph, eliminationTree, inversePermutation, postorder } from "./elimination-tree.ts";
import { minimumDegree } from "./minimum-degree.ts";

/** Everything but the values. Entry t of L is in column j for columnStart[j] <= t < columnStart[j + 1], diagonal first. */
export interface SimplicialAnalysis {
  readonly pattern: ColumnPattern;
  /** order[k] = row and column eliminated k-th. */
  readonly order: Int32Array;
  readonly columnStart: Int32Array;
  /** Rows in elimination order, ascending. */
  readonly rowOf: Int32Array;
  /** Slot of A whose value starts entry t of L, -1 for fill. */
  readonly slotOf: Int32Array;
  /** Entries of row i of L left of the diagonal: rowEntry[rowStart[i]] .. rowEntry[rowStart[i + 1] - 1]. */
  readonly rowStart: Int32Array;
  readonly rowEntry: Int32Array;
  readonly rowColumn: Int32Array;
}

interface SimplicialRefusal {
  readonly ok: false;
  /** Row, in the user's numbering. */
  readonly row: number;
  readonly pivot: number;
  readonly diagonal: number;
}

export type SimplicialStatus = { readonly ok: true } | SimplicialRefusal;

/** A pivot below this part of its diagonal is rounding: 16 units. */
const roundingFraction = 16 * Number.EPSILON;

/** Minimum degree, then a postorder of its elimination tree: same fill, columns next to their children. */
function eliminationOrder(rows: Int32Array, columns: Int32Array, count: number): Int32Array {
  const order = minimumDegree(adjacencyOf(rows, columns, count));
  const tree = treeOf(rows, columns, order);
  return postorder(tree).map((k) => order[k]!);
}

/** Elimination tree of a graph given by edges, which are elements of two nodes. */
function treeOf(rows: Int32Array, columns: Int32Array, order: Int32Array): Int32Array {
  const edges = new Int32Array(2 * rows.length);
  rows.forEach((row, k) => {
    edges[2 * k] = row;
    edges[2 * k + 1] = columns[k]!;
  });
  return eliminationTree(columnGraph(inversePermutation(order), edges, 2));
}

/** Entries of the lower triangle of the permuted matrix, column by column. */
function lowerEntries(rows: Int32Array, columns: Int32Array, position: Int32Array): { row: number; slot: number }[][] {
  const lists: { row: number; slot: number }[][] = Array.from(position, () => []);
  rows.forEach((row, slot) => {
    const [i, j] = [position[row]!, position[columns[slot]!]!];
    if (i >= j) lists[j]!.push({ row: i, slot });
  });
  return lists;
}

/** Rows of every column of L, ascending. */
function factorRows(lower: readonly (readonly { row: number }[])[], parents: Int32Array): number[][] {
  const children: number[][] = lower.map(() => []);
  const all: number[][] = [];
  lower.forEach((entries, column) => {
    const rows = new Set<number>([column]);
    for (const { row } of entries) rows.add(row);
    for (const child of children[column]!) for (const row of all[child]!) if (row > child) rows.add(row);
    all.push([...rows].sort((left, right) => left - right));
    if (parents[column] !== -1) children[parents[column]!]!.push(column);
  });
  return all;
}

/** Where the entries of every row of L lie. */
function rowLists(columnStart: Int32Array, rowOf: Int32Array) {
  const count = columnStart.length - 1;
  const rowStart = new Int32Array(count + 1);
  const isLower = (t: number, column: number): boolean => rowOf[t]! > column;
  for (let j = 0; j < count; j++)
    for (let t = columnStart[j]!; t < columnStart[j + 1]!; t++)
      if (isLower(t, j)) rowStart[rowOf[t]! + 1] = rowStart[rowOf[t]! + 1]! + 1;
  for (let i = 0; i < count; i++) rowStart[i + 1] = rowStart[i + 1]! + rowStart[i]!;
  const next = rowStart.slice();
  const rowEntry = new Int32Array(rowStart[count]!);
  const rowColumn = new Int32Array(rowStart[count]!);
  for (let j = 0; j < count; j++) {
    for (let t = columnStart[j]!; t < columnStart[j + 1]!; t++) {
      if (!isLower(t, j)) continue;
      const at = next[rowOf[t]!]!;
      rowEntry[at] = t;
      rowColumn[at] = j;
      next[rowOf[t]!] = at + 1;
    }
  }
  return { rowStart, rowEntry, rowColumn };
}

/** Order and pattern of the factor. @param pattern  both triangles of a symmetric matrix */
export function analyzeSimplicial(pattern: ColumnPattern): SimplicialAnalysis {
  const count = pattern.columnCount;
  const rows = pattern.rowOf;
  const columns = columnOfEntries(pattern);
  const order = eliminationOrder(rows, columns, count);
  const lower = lowerEntries(rows, columns, inversePermutation(order));
  const all = factorRows(lower, treeOf(rows, columns, order));
  const columnStart = new Int32Array(count + 1);
  all.forEach((list, j) => (columnStart[j + 1] = columnStart[j]! + list.length));
  const rowOf = new Int32Array(columnStart[count]!);
  const slotOf = new Int32Array(columnStart[count]!).fill(-1);
  all.forEach((list, j) => {
    rowOf.set(list, columnStart[j]);
    for (const { row, slot } of lower[j]!) slotOf[columnStart[j]! + list.indexOf(row)] = slot;
  });
  return { pattern, order, columnStart, rowOf, slotOf, ...rowLists(columnStart, rowOf) };
}

/**
 * The factor of a matrix.
 * @param values  entries in the slots of the pattern, all finite
 * @param factor  receives L, one number per entry
 */
export function factorizeSimplicial(
  analysis: SimplicialAnalysis,
  values: Float64Array,
  factor: Float64Array,
): SimplicialStatus {
  const { order, columnStart, rowOf, slotOf, rowStart, rowEntry, rowColumn } = analysis;
  const x = new Float64Array(order.length);
  for (let j = 0; j < order.length; j++) {
    const [from, to] = [columnStart[j]!, columnStart[j + 1]!];
    for (let t = from; t < to; t++) x[rowOf[t]!] = slotOf[t] === -1 ? 0 : values[slotOf[t]!]!;
    const diagonal = x[j]!;
    for (let at = rowStart[j]!; at < rowStart[j + 1]!; at++) {
      const end = columnStart[rowColumn[at]! + 1]!;
      const weight = factor[rowEntry[at]!]!;
      for (let t = rowEntry[at]!; t < end; t++) x[rowOf[t]!] = x[rowOf[t]!]! - factor[t]! * weight;
    }
    const pivot = x[j]!;
    if (!(pivot > roundingFraction * Math.abs(diagonal) && pivot < Infinity))
      return { ok: false, row: order[j]!, pivot, diagonal };
    const root = Math.sqrt(pivot);
    factor[from] = root;
    for (let t = from + 1; t < to; t++) factor[t] = x[rowOf[t]!]! / root;
  }
  return { ok: true };
}

/**
 * x = A^-1 b with a factor of A.
 * @param out  receives x; may be `rhs`
 */
export function solveSimplicial(
  { order, columnStart, rowOf }: SimplicialAnalysis,
  factor: Float64Array,
  rhs: Float64Array,
  out: Float64Array,
): void {
  const y = Float64Array.from(order, (row) => rhs[row]!);
  for (let j = 0; j < y.length; j++) {
    const pivot = y[j]! / factor[columnStart[j]!]!;
    y[j] = pivot;
    for (let t = columnStart[j]! + 1; t < columnStart[j + 1]!; t++) y[rowOf[t]!] = y[rowOf[t]!]! - factor[t]! * pivot;
  }
  for (let j = y.length - 1; j >= 0; j--) {
    let sum = y[j]!;
    for (let t = columnStart[j]! + 1; t < columnStart[j + 1]!; t++) sum -= factor[t]! * y[rowOf[t]!]!;
    y[j] = sum / factor[columnStart[j]!]!;
  }
  order.forEach((row, k) => (out[row] = y[k]!));
}
