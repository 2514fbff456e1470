/**
 * Sparse LU with threshold partial pivoting, column by column: solve L x = a_j on the entries that can be nonzero,
 * split x at the pivots into a column of U and, divided by the pivot, a column of L.
 * Rows are scaled by powers of two; the pivot is the matched entry unless it is small beside the largest one.
 * Source: Gilbert & Peierls 1988; shorter searches: Eisenstat & Liu 1993, Exploiting structural symmetry in a sparse
 * partial pivoting code.
 */
import { orderFor, scaledValues } from "./lu-analysis.ts";
import type { LuAnalysis } from "./lu-analysis.ts";
import { bestRemainder, choosePivot } from "./lu-pivot.ts";
import type { OpenColumn } from "./lu-pivot.ts";
import { rowScales } from "./row-scales.ts";

/** R^-1 A = P' L U Q': unit lower and upper triangle by columns, their entries named by step of elimination. */
export interface LuFactor {
  readonly order: Int32Array;
  /** Row eliminated at each step. */
  readonly pivotRow: Int32Array;
  /** Row that would have been the pivot had it been large enough. */
  readonly preferredRow: Int32Array;
  readonly rowScale: Float64Array;
  readonly pivot: Float64Array;
  readonly lower: Columns;
  /** Above the diagonal, in the order in which the entries were computed. */
  readonly upper: Columns;
}

/** Columns of a triangle. */
export interface Columns {
  readonly start: Int32Array;
  readonly step: Int32Array;
  readonly value: Float64Array;
}

interface LuRefusal {
  readonly ok: false;
  /** Column, in the user's numbering, that depends on those eliminated before it. */
  readonly column: number;
  /** What is left of it, relative to the largest of the terms that it is the sum of; the largest of its entries. */
  readonly remainder: number;
}

export type LuStatus = { readonly ok: true; readonly factor: LuFactor } | LuRefusal;

// --- Growing columns --------------------------------------------------------------------------

interface GrowingColumns {
  readonly start: Int32Array;
  /** Rows while factorizing, steps at the end. */
  place: Int32Array;
  value: Float64Array;
  length: number;
}

const growingColumns = (count: number, capacity: number): GrowingColumns => ({
  start: new Int32Array(count + 1),
  place: new Int32Array(capacity),
  value: new Float64Array(capacity),
  length: 0,
});

/** Makes room for so many entries more. */
function reserve(columns: GrowingColumns, more: number): void {
  if (columns.length + more <= columns.place.length) return;
  const capacity = 2 * columns.place.length + more;
  const [place, value] = [new Int32Array(capacity), new Float64Array(capacity)];
  place.set(columns.place);
  value.set(columns.value);
  columns.place = place;
  columns.value = value;
}

/** The columns, their rows renamed. */
function finish({ start, place, value, length }: GrowingColumns, toStep?: Int32Array): Columns {
  const step = place.slice(0, length);
  if (toStep !== undefined) for (let at = 0; at < length; at++) step[at] = toStep[step[at]!]!;
  return { start, step, value: value.slice(0, length) };
}

// --- One column -------------------------------------------------------------------------------

/** Everything that changes while a matrix is factorized. */
interface Elimination extends OpenColumn {
  readonly lower: GrowingColumns;
  readonly upper: GrowingColumns;
  /** Step at which a row was the pivot, -1 before. */
  readonly stepOfRow: Int32Array;
  readonly pivotRow: Int32Array;
  /** Where searches end in each column of L: what follows can be reached by way of others. */
  readonly searchEnd: Int32Array;
  readonly isShortened: Uint8Array;
  /** Last column that reached a row. */
  readonly reachedBy: Int32Array;
  /** Rows that the column reaches and that were pivots, every row after those it depends on, from `top`. */
  readonly topological: Int32Array;
  top: number;
  /** Path of the search and the place where each of its columns of L goes on. */
  readonly path: Int32Array;
  readonly goOn: Int32Array;
}

const newElimination = (n: number, rowOf: Int32Array, scaled: Float64Array): Elimination => ({
  x: new Float64Array(n),
  peak: new Float64Array(n),
  candidates: new Int32Array(n),
  candidateCount: 0,
  lower: growingColumns(n, 8 * scaled.length),
  upper: growingColumns(n, 8 * scaled.length),
  upperFrom: 0,
  upperTo: 0,
  rowOf,
  scaled,
  from: 0,
  to: 0,
  largestLower: 0,
  stepOfRow: new Int32Array(n).fill(-1),
  pivotRow: new Int32Array(n),
  searchEnd: new Int32Array(n),
  isShortened: new Uint8Array(n),
  reachedBy: new Int32Array(n).fill(-1),
  topological: new Int32Array(n),
  top: n,
  path: new Int32Array(n),
  goOn: new Int32Array(n),
});

/** Depth-first search from a row through the columns of L. */
function reach(state: Elimination, first: number, column: number): void {
  const { stepOfRow, lower, reachedBy, topological, path, goOn, searchEnd, candidates } = state;
  const { start, place } = lower;
  reachedBy[first] = column;
  if (stepOfRow[first] === -1) {
    candidates[state.candidateCount++] = first;
    return;
  }
  let depth = 0;
  path[0] = first;
  goOn[0] = start[stepOfRow[first]!]!;
  while (depth >= 0) {
    const end = searchEnd[stepOfRow[path[depth]!]!]!;
    let at = goOn[depth]!;
    while (at < end && reachedBy[place[at]!] === column) at++;
    if (at >= end) {
      topological[--state.top] = path[depth--]!;
      continue;
    }
    goOn[depth] = at + 1;
    const row = place[at]!;
    reachedBy[row] = column;
    if (stepOfRow[row] === -1) candidates[state.candidateCount++] = row;
    else {
      path[++depth] = row;
      goOn[depth] = start[stepOfRow[row]!]!;
    }
  }
}

/** x := a_j, and which of its entries can be nonzero after L x = a_j was solved. */
function openColumn(state: Elimination, { pattern }: LuAnalysis, column: number): void {
  const { x, reachedBy, rowOf, scaled } = state;
  state.top = state.topological.length;
  state.candidateCount = 0;
  state.from = pattern.columnStart[column]!;
  state.to = pattern.columnStart[column + 1]!;
  for (let at = state.from; at < state.to; at++) {
    x[rowOf[at]!] = scaled[at]!;
    if (reachedBy[rowOf[at]!] !== column) reach(state, rowOf[at]!, column);
  }
}

/** L x = a_j on the rows reached, U's column written out. */
function solveColumn(state: Elimination): void {
  const { x, stepOfRow, lower, upper, topological, top } = state;
  const { start, place, value } = lower;
  reserve(upper, topological.length - top);
  state.upperFrom = upper.length;
  for (let t = top; t < topological.length; t++) {
    const row = topological[t]!;
    const step = stepOfRow[row]!;
    const u = x[row]!;
    x[row] = 0;
    upper.place[upper.length] = step;
    upper.value[upper.length++] = u;
    if (u === 0) continue;
    for (let at = start[step]!, end = start[step + 1]!; at < end; at++) {
      const target = place[at]!;
      x[target] = x[target]! - value[at]! * u;
    }
  }
  state.upperTo = upper.length;
}

/** Writes L's column of a pivot and clears x. */
function closeColumn(state: Elimination, step: number, row: number): void {
  const { x, stepOfRow, pivotRow, lower, upper, candidates, candidateCount, searchEnd } = state;
  const value = x[row]!;
  stepOfRow[row] = step;
  pivotRow[step] = row;
  reserve(lower, candidateCount);
  for (let k = 0; k < candidateCount; k++) {
    const candidate = candidates[k]!;
    if (candidate !== row) {
      const entry = x[candidate]! / value;
      lower.place[lower.length] = candidate;
      lower.value[lower.length++] = entry;
      if (Math.abs(entry) > state.largestLower) state.largestLower = Math.abs(entry);
    }
    x[candidate] = 0;
  }
  lower.start[step + 1] = lower.length;
  upper.start[step + 1] = upper.length;
  searchEnd[step] = lower.length;
}

/**
 * Shortens searches: where row and column of the new pivot both meet an earlier column of L, all that this column
 * reaches below the pivot is reached from the pivot's own column, too. Its rows that were pivots come first then.
 */
function shortenSearches(state: Elimination, step: number): void {
  const { stepOfRow, pivotRow, lower, upper, searchEnd, isShortened } = state;
  const { start, place, value } = lower;
  for (let t = upper.start[step]!; t < upper.length; t++) {
    const earlier = upper.place[t]!;
    if (isShortened[earlier] === 1) continue;
    const [from, to] = [start[earlier]!, start[earlier + 1]!];
    let found = from;
    while (found < to && place[found] !== pivotRow[step]) found++;
    if (found === to) continue;
    let [head, tail] = [from, to];
    while (head < tail) {
      if (stepOfRow[place[head]!]! >= 0) {
        head++;
        continue;
      }
      tail--;
      const [keptPlace, keptValue] = [place[head]!, value[head]!];
      place[head] = place[tail]!;
      value[head] = value[tail]!;
      place[tail] = keptPlace;
      value[tail] = keptValue;
    }
    searchEnd[earlier] = tail;
    isShortened[earlier] = 1;
  }
}

// --- Factorization ----------------------------------------------------------------------------

/** Hands the row that lost its column to the column whose row was taken, so that rows stay matched. */
function exchangeRows(preferredRow: Int32Array, stepOfPreferred: Int32Array, step: number, taken: number): void {
  const lost = preferredRow[step]!;
  const other = stepOfPreferred[taken]!;
  if (lost === taken) return;
  preferredRow[other] = lost;
  stepOfPreferred[lost] = other;
}

/** The factor, once every row was a pivot. */
const factorOf = (
  { pivotRow, lower, upper, stepOfRow }: Elimination,
  { order, preferredRow, rowScale, pivot }: Pick<LuFactor, "order" | "preferredRow" | "rowScale" | "pivot">,
): LuFactor => ({
  order,
  pivotRow,
  preferredRow,
  rowScale,
  pivot,
  lower: finish(lower, stepOfRow),
  upper: finish(upper),
});

/**
 * Factorizes a matrix from scratch.
 * @param values  entries in the slots of the pattern, all finite
 */
export function factorizeLu(analysis: LuAnalysis, values: Float64Array): LuStatus {
  const { pattern, rowOfColumn } = analysis;
  const rowScale = rowScales(pattern, values);
  const scaled = scaledValues(pattern, values, rowScale);
  const order = orderFor(analysis, scaled);
  const n = order.length;
  const state = newElimination(n, pattern.rowOf, scaled);
  const wanted = order.map((column) => rowOfColumn[column]!);
  const stepOfWanted = new Int32Array(n);
  for (let step = 0; step < n; step++) stepOfWanted[wanted[step]!] = step;
  const [pivot, preferredRow] = [new Float64Array(n), new Int32Array(n)];
  for (let step = 0; step < n; step++) {
    const column = order[step]!;
    openColumn(state, analysis, column);
    solveColumn(state);
    preferredRow[step] = wanted[step]!;
    const row = choosePivot(state, wanted[step]!);
    if (row === -1) return { ok: false, column, remainder: bestRemainder(state) };
    exchangeRows(wanted, stepOfWanted, step, row);
    pivot[step] = state.x[row]!;
    closeColumn(state, step, row);
    shortenSearches(state, step);
  }
  return { ok: true, factor: factorOf(state, { order, preferredRow, rowScale, pivot }) };
}
