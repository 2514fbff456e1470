/**
 * Sparse A = P' L D L' P of a symmetric indefinite matrix, front by front up the elimination tree (multifrontal).
 * D has blocks of one or two rows; a row that is no pivot in its front is delayed: it moves to the front of the parent.
 * Rows and columns are scaled alike by powers of two, which keeps symmetry, inertia and every digit.
 * Source: Duff & Reid 1983, The multifrontal solution of indefinite sparse symmetric linear equations.
 */
import { adjacencyOf, columnOfEntries } from "./compressed-columns.ts";
import type { ColumnPattern } from "./compressed-columns.ts";
import { columnCounts, columnGraph, eliminationTree, inversePermutation, postorder } from "./elimination-tree.ts";
import type { ColumnGraph } from "./elimination-tree.ts";
import { blockOf, eliminateFront, largestRemainder } from "./indefinite-front.ts";
import type { Front, Pivots } from "./indefinite-front.ts";
import { minimumDegree } from "./minimum-degree.ts";
import { rowScales } from "./row-scales.ts";
import { relaxedSupernodes } from "./supernodes.ts";

/** Everything but the values. */
export interface IndefiniteAnalysis {
  readonly pattern: ColumnPattern;
  /** order[k] = row and column that the tree places k-th; delayed rows are eliminated later. */
  readonly order: Int32Array;
  /** Front s owns the places start[s] .. start[s + 1] - 1. */
  readonly start: Int32Array;
  /** Parent of every front, which comes after it; -1 at roots. */
  readonly parents: Int32Array;
  /** Places of the rows of every front after those it owns, ascending. */
  readonly borders: readonly Int32Array[];
  /** Entries whose columns front s owns: slots[slotStart[s]] .. slots[slotStart[s + 1] - 1]. */
  readonly slotStart: Int32Array;
  readonly slots: Int32Array;
  /** Places of the row and the column of each of them. */
  readonly rowPlace: Int32Array;
  readonly columnPlace: Int32Array;
}

/** L and D of one front. */
interface FrontFactor {
  /** Rows in the user's numbering, pivots first. */
  readonly rows: Int32Array;
  readonly pivots: Pivots;
  /** L, column by column of rows.length entries each; only those below the blocks of D count. */
  readonly lower: Float64Array;
}

export interface IndefiniteFactor {
  /** Power of two by which each row and column was divided. */
  readonly scale: Float64Array;
  /** Children before parents. */
  readonly fronts: readonly FrontFactor[];
}

interface IndefiniteRefusal {
  readonly ok: false;
  /** Row, in the user's numbering, that depends on those eliminated before it. */
  readonly row: number;
  /** What is left of its largest entry, relative to the largest of the terms that it is the sum of. */
  readonly remainder: number;
}

export type IndefiniteStatus = { readonly ok: true; readonly factor: IndefiniteFactor } | IndefiniteRefusal;

// --- Analysis ---------------------------------------------------------------------------------

/** The graph of a matrix, its rows called by their place in an order: entries are elements of two nodes. */
function graphOf(rows: Int32Array, columns: Int32Array, order: Int32Array): ColumnGraph {
  const edges = new Int32Array(2 * rows.length);
  for (let k = 0; k < rows.length; k++) {
    edges[2 * k] = rows[k]!;
    edges[2 * k + 1] = columns[k]!;
  }
  return columnGraph(inversePermutation(order), edges, 2);
}

/** Entries grouped by the front that owns their column, each pair of mirrored entries once. */
function entriesByFront(pattern: ColumnPattern, place: Int32Array, start: Int32Array) {
  const columns = columnOfEntries(pattern);
  const owner = new Int32Array(place.length);
  for (let s = 0; s + 1 < start.length; s++) owner.fill(s, start[s]!, start[s + 1]!);
  const slotStart = new Int32Array(start.length);
  // The triangle of the user's numbering, so that the order does not choose which of two entries is read.
  const isRead = (slot: number): boolean => pattern.rowOf[slot]! >= columns[slot]!;
  const ownerOf = (slot: number): number => owner[Math.min(place[pattern.rowOf[slot]!]!, place[columns[slot]!]!)]!;
  for (let slot = 0; slot < columns.length; slot++)
    if (isRead(slot)) slotStart[ownerOf(slot) + 1] = slotStart[ownerOf(slot) + 1]! + 1;
  for (let s = 0; s + 1 < start.length; s++) slotStart[s + 1] = slotStart[s + 1]! + slotStart[s]!;
  const next = slotStart.slice();
  const slots = new Int32Array(slotStart[start.length - 1]!);
  for (let slot = 0; slot < columns.length; slot++) {
    if (!isRead(slot)) continue;
    slots[next[ownerOf(slot)]!] = slot;
    next[ownerOf(slot)] = next[ownerOf(slot)]! + 1;
  }
  const [one, other] = [slots.map((t) => place[pattern.rowOf[t]!]!), slots.map((t) => place[columns[t]!]!)];
  const rowPlace = one.map((i, k) => Math.max(i, other[k]!));
  const columnPlace = one.map((i, k) => Math.min(i, other[k]!));
  return { slotStart, slots, rowPlace, columnPlace };
}

/** Rows of every front after its own: those of its entries and of its children. */
function bordersOf(start: Int32Array, parents: Int32Array, slotStart: Int32Array, rowPlace: Int32Array): Int32Array[] {
  const borders: Int32Array[] = [];
  const fromChildren: number[][] = Array.from(parents, () => []);
  const seenBy = new Int32Array(start[parents.length]!).fill(-1);
  for (let s = 0; s < parents.length; s++) {
    const rows: number[] = [];
    const add = (row: number): void => {
      if (row < start[s + 1]! || seenBy[row] === s) return;
      seenBy[row] = s;
      rows.push(row);
    };
    for (let t = slotStart[s]!; t < slotStart[s + 1]!; t++) add(rowPlace[t]!);
    for (const child of fromChildren[s]!) borders[child]!.forEach(add);
    borders.push(Int32Array.from(rows).sort());
    if (parents[s] !== -1) fromChildren[parents[s]!]!.push(s);
  }
  return borders;
}

/** Order and fronts. @param pattern  both triangles of a symmetric matrix; diagonal entries may be missing */
export function analyzeIndefinite(pattern: ColumnPattern): IndefiniteAnalysis {
  const [rows, columns] = [pattern.rowOf, columnOfEntries(pattern)];
  const byDegree = minimumDegree(adjacencyOf(rows, columns, pattern.columnCount));
  const visit = postorder(eliminationTree(graphOf(rows, columns, byDegree)));
  const visited = visit.map((k) => byDegree[k]!);
  const graph = graphOf(rows, columns, visited);
  const tree = eliminationTree(graph);
  const { order: grouped, start, parents } = relaxedSupernodes(tree, columnCounts(graph, tree), 1);
  const order = grouped.map((k) => visited[k]!);
  const entries = entriesByFront(pattern, inversePermutation(order), start);
  const borders = bordersOf(start, parents, entries.slotStart, entries.rowPlace);
  return { pattern, order, start, parents, borders, ...entries };
}

// --- Factorization ----------------------------------------------------------------------------

/** What the pivots of a front leave to its parent. */
interface Remainder {
  /** Places; the first `delayed` should have been pivots of the front. */
  readonly rows: Int32Array;
  readonly delayed: number;
  /** Lower triangle, column by column. */
  readonly values: Float64Array;
  readonly terms: Float64Array;
}

/** A front of zeros: its own rows, those delayed by its children, its border. */
function emptyFront({ start, borders }: IndefiniteAnalysis, s: number, children: readonly Remainder[]): Front {
  const own = start[s + 1]! - start[s]!;
  const complete = children.reduce((sum, { delayed }) => sum + delayed, own);
  const size = complete + borders[s]!.length;
  const rows = new Int32Array(size);
  for (let k = 0; k < own; k++) rows[k] = start[s]! + k;
  let filled = own;
  for (const child of children) {
    rows.set(child.rows.subarray(0, child.delayed), filled);
    filled += child.delayed;
  }
  rows.set(borders[s]!, complete);
  return { size, complete, rows, values: new Float64Array(size * size), terms: new Float64Array(size * size) };
}

/** Adds what a child left. @param local  row of the front of every place */
function addRemainder({ size, values, terms }: Front, child: Remainder, local: Int32Array): void {
  const count = child.rows.length;
  for (let b = 0; b < count; b++) {
    const j = local[child.rows[b]!]!;
    for (let a = b; a < count; a++) {
      const i = local[child.rows[a]!]!;
      const at = i >= j ? j * size + i : i * size + j;
      values[at] = values[at]! + child.values[b * count + a]!;
      terms[at] = Math.max(terms[at]!, child.terms[b * count + a]!);
    }
  }
}

/** The square that the pivots left. */
function remainderOf({ size, complete, rows, values, terms }: Front, pivots: number): Remainder {
  const count = size - pivots;
  const square = (from: Float64Array): Float64Array => {
    const to = new Float64Array(count * count);
    for (let j = 0; j < count; j++)
      to.set(from.subarray((pivots + j) * size + pivots + j, (pivots + j + 1) * size), j * count + j);
    return to;
  };
  return { rows: rows.slice(pivots), delayed: complete - pivots, values: square(values), terms: square(terms) };
}

/**
 * Factorizes a matrix; the pivots depend on its values.
 * @param values  entries in the slots of the pattern, all finite; of mirrored entries that below the diagonal is read
 * @returns  the factor, or the row at which rounding is all that is left
 */
export function factorizeIndefinite(analysis: IndefiniteAnalysis, values: Float64Array): IndefiniteStatus {
  const { pattern, order, parents, slotStart, slots, rowPlace, columnPlace } = analysis;
  const scale = rowScales(pattern, values);
  const local = new Int32Array(order.length);
  const waiting: Remainder[][] = Array.from(parents, () => []);
  const fronts: FrontFactor[] = [];
  for (let s = 0; s < parents.length; s++) {
    const front = emptyFront(analysis, s, waiting[s]!);
    for (let i = 0; i < front.size; i++) local[front.rows[i]!] = i;
    for (let t = slotStart[s]!; t < slotStart[s + 1]!; t++) {
      const [row, column] = [rowPlace[t]!, columnPlace[t]!];
      const at = local[column]! * front.size + local[row]!;
      const value = values[slots[t]!]! / scale[order[row]!]! / scale[order[column]!]!;
      front.values[at] = value;
      front.terms[at] = Math.abs(value);
    }
    for (const child of waiting[s]!) addRemainder(front, child, local);
    waiting[s] = [];
    const pivots = eliminateFront(front);
    if (parents[s] !== -1) waiting[parents[s]!]!.push(remainderOf(front, pivots.count));
    else if (pivots.count < front.size) {
      const { row, remainder } = largestRemainder(front, pivots.count);
      return { ok: false, row: order[row]!, remainder };
    }
    const lower = front.values.slice(0, pivots.count * front.size);
    fronts.push({ rows: front.rows.map((place) => order[place]!), pivots, lower });
  }
  return { ok: true, factor: { scale, fronts } };
}

// --- Solving ----------------------------------------------------------------------------------

/** y := L^-1 y, one front. */
function forward({ rows, pivots, lower }: FrontFactor, y: Float64Array): void {
  const { count, coupling } = pivots;
  for (let k = 0; k < count; k++) {
    const pivot = y[rows[k]!]!;
    for (let i = coupling[k] === 0 ? k + 1 : k + 2; i < rows.length; i++)
      y[rows[i]!] = y[rows[i]!]! - lower[k * rows.length + i]! * pivot;
  }
}

/** y := D^-1 y, one front. */
function divide({ rows, pivots: { count, diagonal, coupling } }: FrontFactor, y: Float64Array): void {
  for (let k = 0; k < count; k++) {
    if (coupling[k] === 0) {
      y[rows[k]!] = y[rows[k]!]! / diagonal[k]!;
      continue;
    }
    const { a, b, c, scale, determinant } = blockOf(diagonal[k]!, coupling[k]!, diagonal[k + 1]!);
    const divisor = scale * determinant;
    const [one, two] = [y[rows[k]!]!, y[rows[k + 1]!]!];
    y[rows[k]!] = (c * one - b * two) / divisor;
    y[rows[k + 1]!] = (a * two - b * one) / divisor;
    k++;
  }
}

/** y := L'^-1 y, one front. */
function backward({ rows, pivots, lower }: FrontFactor, y: Float64Array): void {
  const { count, coupling } = pivots;
  for (let k = count - 1; k >= 0; k--) {
    let sum = y[rows[k]!]!;
    for (let i = coupling[k] === 0 ? k + 1 : k + 2; i < rows.length; i++)
      sum -= lower[k * rows.length + i]! * y[rows[i]!]!;
    y[rows[k]!] = sum;
  }
}

/**
 * x = A^-1 b with a factor of A.
 * @param out  receives x; may be `rhs`
 */
export function solveIndefinite({ scale, fronts }: IndefiniteFactor, rhs: Float64Array, out: Float64Array): void {
  const y = rhs.map((value, row) => value / scale[row]!);
  for (const front of fronts) forward(front, y);
  for (const front of fronts) divide(front, y);
  for (let s = fronts.length - 1; s >= 0; s--) backward(fronts[s]!, y);
  y.forEach((value, row) => (out[row] = value / scale[row]!));
}

/**
 * Numbers of positive and negative eigenvalues; none is zero, or there would be no factor.
 * Source: Sylvester's law of inertia: D has as many of each sign as A.
 */
export function inertia({ fronts }: IndefiniteFactor): { readonly positive: number; readonly negative: number } {
  let [positive, total] = [0, 0];
  for (const { pivots } of fronts) {
    const { count, diagonal, coupling } = pivots;
    total += count;
    for (let k = 0; k < count; k++) {
      if (coupling[k] === 0) {
        if (diagonal[k]! > 0) positive++;
        continue;
      }
      const { a, determinant } = blockOf(diagonal[k]!, coupling[k]!, diagonal[k + 1]!);
      if (determinant < 0) positive++;
      else if (a > 0) positive += 2;
      k++;
    }
  }
  return { positive, negative: total - positive };
}
