/**
 * Sparse LU with threshold partial pivoting, column by column: solve L x = a_j on the entries that can be nonzero,
 * split x at the pivots into a column of U and, divided by the pivot, a column of L.
 * Rows are scaled by powers of two; the pivot is the matched entry unless it is small beside the largest one.
 * Source: Gilbert & Peierls 1988; refactorization on kept pivots: Davis & Natarajan 2010 (KLU).
 */
import { adjacencyOf, columnOfEntries } from "./compressed-columns.ts";
import type { ColumnPattern } from "./compressed-columns.ts";
import { minimumDegree } from "./minimum-degree.ts";
import { rowScales } from "./row-scales.ts";
import { maximumTransversal } from "./transversal.ts";

/** What depends on the places of the entries only. */
export interface LuAnalysis {
  readonly pattern: ColumnPattern;
  /** order[k] = column eliminated k-th. */
  readonly order: Int32Array;
  /** Row that the transversal gives to each column. */
  readonly rowOfColumn: Int32Array;
}

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
  /** What is left of it, relative to the terms that it is the sum of; the largest of its entries. */
  readonly remainder: number;
}

export type LuStatus = { readonly ok: true; readonly factor: LuFactor } | LuRefusal;

/** The matched entry is the pivot when it has at least this part of the largest. */
const threshold = 0.1;

/** An entry below this part of the terms that it is the sum of is rounding, whatever the scales of rows and columns. */
const roundingFraction = 64 * Number.EPSILON;

/** Chooses the order of columns; a column without a row of its own is refused. */
export function analyzeLu(
  pattern: ColumnPattern,
): { readonly ok: true; readonly analysis: LuAnalysis } | { readonly ok: false; readonly column: number } {
  const transversal = maximumTransversal(pattern);
  if (!transversal.ok) return transversal;
  const { rowOfColumn } = transversal;
  const columnOfRow = new Int32Array(pattern.rowCount);
  rowOfColumn.forEach((row, column) => (columnOfRow[row] = column));
  const rowsAsColumns = pattern.rowOf.map((row) => columnOfRow[row]!);
  const order = minimumDegree(adjacencyOf(rowsAsColumns, columnOfEntries(pattern), pattern.columnCount));
  return { ok: true, analysis: { pattern, order, rowOfColumn } };
}

// --- Growing columns --------------------------------------------------------------------------

interface GrowingColumns {
  readonly start: Int32Array;
  /** Rows while factorizing, steps at the end. */
  place: Int32Array;
  value: Float64Array;
  /** Size of each entry, or of what was lost in it where it is rounding. */
  weight: Float64Array;
  length: number;
}

const growingColumns = (count: number, capacity: number): GrowingColumns => ({
  start: new Int32Array(count + 1),
  place: new Int32Array(capacity),
  value: new Float64Array(capacity),
  weight: new Float64Array(capacity),
  length: 0,
});

function push(columns: GrowingColumns, place: number, value: number, weight: number): void {
  if (columns.length === columns.place.length) {
    const capacity = 2 * columns.length + 16;
    const grown = growingColumns(0, capacity);
    grown.place.set(columns.place);
    grown.value.set(columns.value);
    grown.weight.set(columns.weight);
    Object.assign(columns, { place: grown.place, value: grown.value, weight: grown.weight });
  }
  columns.place[columns.length] = place;
  columns.weight[columns.length] = weight;
  columns.value[columns.length++] = value;
}

const finish = ({ start, place, value, length }: GrowingColumns, toStep?: Int32Array): Columns => ({
  start,
  step: toStep === undefined ? place.slice(0, length) : place.slice(0, length).map((row) => toStep[row]!),
  value: value.slice(0, length),
});

// --- One column -------------------------------------------------------------------------------

/** Everything that changes while a matrix is factorized. Work vectors are indexed by row. */
interface Elimination {
  readonly x: Float64Array;
  /** Sum of the absolute values of the terms of x. */
  readonly terms: Float64Array;
  /** Step at which a row was the pivot, -1 before. */
  readonly stepOfRow: Int32Array;
  readonly pivotRow: Int32Array;
  readonly lower: GrowingColumns;
  readonly upper: GrowingColumns;
  /** Last column that reached a row. */
  readonly reachedBy: Int32Array;
  /** Rows that the column reaches and that were pivots, every row after those it depends on, from `top`. */
  readonly topological: Int32Array;
  /** Path of the search and the place where each of its columns of L goes on. */
  readonly path: Int32Array;
  readonly goOn: Int32Array;
}

/** Rows reached that were no pivots yet. */
type Candidates = number[];

/** Depth-first search from a row through the columns of L; returns the new top of the topological order. */
function reach(state: Elimination, first: number, column: number, top: number, candidates: Candidates): number {
  const { stepOfRow, lower, reachedBy, topological, path, goOn } = state;
  if (reachedBy[first] === column) return top;
  reachedBy[first] = column;
  if (stepOfRow[first] === -1) {
    candidates.push(first);
    return top;
  }
  let depth = 0;
  path[0] = first;
  goOn[0] = lower.start[stepOfRow[first]!]!;
  while (depth >= 0) {
    const end = lower.start[stepOfRow[path[depth]!]! + 1]!;
    let at = goOn[depth]!;
    while (at < end && reachedBy[lower.place[at]!] === column) at++;
    goOn[depth] = at + 1;
    if (at >= end) {
      topological[--top] = path[depth--]!;
      continue;
    }
    const row = lower.place[at]!;
    reachedBy[row] = column;
    if (stepOfRow[row] === -1) candidates.push(row);
    else {
      path[++depth] = row;
      goOn[depth] = lower.start[stepOfRow[row]!]!;
    }
  }
  return top;
}

/** Size of an entry as a pivot: 0 when it is rounding of its terms, or not finite. */
const pivotSize = (entry: number, terms: number): number => {
  const size = Math.abs(entry);
  return size > roundingFraction * terms && size < Infinity ? size : 0;
};

/** What an entry adds to the terms of others: its size, or where it is rounding itself, the size of what was lost in it. */
const sizeOrNoise = (entry: number, terms: number): number =>
  entry === 0 || Math.abs(entry) > roundingFraction * terms ? Math.abs(entry) : terms;

/**
 * Position among the candidates of the pivot: the preferred row if it is large enough, else the largest, ties by row.
 * -1 when all are rounding.
 */
function choosePivot(candidates: ArrayLike<number>, size: (k: number) => number, preferred: number): number {
  let best = -1;
  let kept = -1;
  for (let k = 0; k < candidates.length; k++) {
    if (candidates[k] === preferred) kept = k;
    const gain = size(k) - (best === -1 ? 0 : size(best));
    if (gain > 0 || (best !== -1 && gain === 0 && candidates[k]! < candidates[best]!)) best = k;
  }
  return best !== -1 && kept !== -1 && size(kept) >= threshold * size(best) ? kept : best;
}

/** L x = a_j on the rows reached, U's column written out. */
function solveColumn(
  state: Elimination,
  { pattern }: LuAnalysis,
  scaled: Float64Array,
  column: number,
  candidates: Candidates,
): void {
  const { x, terms, stepOfRow, lower, upper, topological } = state;
  const [from, to] = [pattern.columnStart[column]!, pattern.columnStart[column + 1]!];
  let top = topological.length;
  for (let at = from; at < to; at++) top = reach(state, pattern.rowOf[at]!, column, top, candidates);
  for (let at = from; at < to; at++) {
    x[pattern.rowOf[at]!] = scaled[at]!;
    terms[pattern.rowOf[at]!] = Math.abs(scaled[at]!);
  }
  for (let t = top; t < topological.length; t++) {
    const row = topological[t]!;
    const step = stepOfRow[row]!;
    const u = x[row]!;
    const weight = sizeOrNoise(u, terms[row]!);
    x[row] = 0;
    terms[row] = 0;
    push(upper, step, u, weight);
    for (let at = lower.start[step]!; at < lower.start[step + 1]!; at++) {
      const target = lower.place[at]!;
      x[target] = x[target]! - lower.value[at]! * u;
      terms[target] = terms[target]! + lower.weight[at]! * weight;
    }
  }
}

/** The entry that survives best, relative to its terms. */
const bestRemainder = ({ x, terms }: Elimination, candidates: Candidates): number =>
  candidates.reduce((best, row) => Math.max(best, terms[row] === 0 ? 0 : Math.abs(x[row]!) / terms[row]!), 0);

// --- Factorization ----------------------------------------------------------------------------

const scaledValues = (pattern: ColumnPattern, values: Float64Array, rowScale: Float64Array): Float64Array =>
  values.map((value, at) => value / rowScale[pattern.rowOf[at]!]!);

const newElimination = (n: number, entries: number): Elimination => ({
  x: new Float64Array(n),
  terms: new Float64Array(n),
  stepOfRow: new Int32Array(n).fill(-1),
  pivotRow: new Int32Array(n),
  lower: growingColumns(n, 4 * entries),
  upper: growingColumns(n, 4 * entries),
  reachedBy: new Int32Array(n).fill(-1),
  topological: new Int32Array(n),
  path: new Int32Array(n),
  goOn: new Int32Array(n),
});

/** Hands the row that lost its column to the column whose row was taken, so that rows stay matched. */
function exchangeRows(preferredRow: Int32Array, stepOfPreferred: Int32Array, step: number, taken: number): void {
  const lost = preferredRow[step]!;
  const other = stepOfPreferred[taken]!;
  if (lost === taken) return;
  preferredRow[other] = lost;
  stepOfPreferred[lost] = other;
}

/**
 * Factorizes a matrix from scratch.
 * @param values  entries in the slots of the pattern, all finite
 */
export function factorizeLu(analysis: LuAnalysis, values: Float64Array): LuStatus {
  const { pattern, order, rowOfColumn } = analysis;
  const n = order.length;
  const rowScale = rowScales(pattern, values);
  const scaled = scaledValues(pattern, values, rowScale);
  const state = newElimination(n, values.length);
  const { x, terms, stepOfRow, pivotRow, lower, upper } = state;
  const pivot = new Float64Array(n);
  const wanted = order.map((column) => rowOfColumn[column]!);
  const stepOfWanted = new Int32Array(n);
  wanted.forEach((row, step) => (stepOfWanted[row] = step));
  const preferredRow = new Int32Array(n);
  for (let step = 0; step < n; step++) {
    const column = order[step]!;
    const candidates: Candidates = [];
    solveColumn(state, analysis, scaled, column, candidates);
    preferredRow[step] = wanted[step]!;
    const size = (k: number): number => pivotSize(x[candidates[k]!]!, terms[candidates[k]!]!);
    const chosen = choosePivot(candidates, size, preferredRow[step]!);
    if (chosen === -1) return { ok: false, column, remainder: bestRemainder(state, candidates) };
    const row = candidates[chosen]!;
    const value = x[row]!;
    exchangeRows(wanted, stepOfWanted, step, row);
    stepOfRow[row] = step;
    pivotRow[step] = row;
    pivot[step] = value;
    for (const candidate of candidates) {
      if (candidate !== row)
        push(lower, candidate, x[candidate]! / value, sizeOrNoise(x[candidate]!, terms[candidate]!) / Math.abs(value));
      x[candidate] = 0;
      terms[candidate] = 0;
    }
    lower.start[step + 1] = lower.length;
    upper.start[step + 1] = upper.length;
  }
  return {
    ok: true,
    factor: {
      order,
      pivotRow,
      preferredRow,
      rowScale,
      pivot,
      lower: finish(lower, stepOfRow),
      upper: finish(upper),
    },
  };
}

/**
 * Factorizes other values with the pivots of an earlier factor, if a factorization from scratch would choose the same:
 * the result then has the same bits. Null when it would not; factorize from scratch then.
 */
export function refactorizeLu(analysis: LuAnalysis, values: Float64Array, kept: LuFactor): LuFactor | null {
  const { pattern } = analysis;
  const { order, pivotRow, preferredRow, lower, upper } = kept;
  const n = order.length;
  const rowScale = rowScales(pattern, values);
  const scaled = scaledValues(pattern, values, rowScale);
  const [x, terms] = [new Float64Array(n), new Float64Array(n)];
  const stepOfRow = new Int32Array(n);
  pivotRow.forEach((row, step) => (stepOfRow[row] = step));
  const pivot = new Float64Array(n);
  const lowWeight = new Float64Array(lower.value.length);
  const [low, up] = [new Float64Array(lower.value.length), new Float64Array(upper.value.length)];
  for (let step = 0; step < n; step++) {
    for (let at = pattern.columnStart[order[step]!]!; at < pattern.columnStart[order[step]! + 1]!; at++) {
      const target = stepOfRow[pattern.rowOf[at]!]!;
      x[target] = scaled[at]!;
      terms[target] = Math.abs(scaled[at]!);
    }
    for (let t = upper.start[step]!; t < upper.start[step + 1]!; t++) {
      const source = upper.step[t]!;
      const u = x[source]!;
      const weight = sizeOrNoise(u, terms[source]!);
      x[source] = 0;
      terms[source] = 0;
      up[t] = u;
      for (let at = lower.start[source]!; at < lower.start[source + 1]!; at++) {
        const target = lower.step[at]!;
        x[target] = x[target]! - low[at]! * u;
        terms[target] = terms[target]! + lowWeight[at]! * weight;
      }
    }
    const [from, to] = [lower.start[step]!, lower.start[step + 1]!];
    const candidates = [step, ...lower.step.subarray(from, to)];
    const rows = candidates.map((candidate) => pivotRow[candidate]!);
    const size = (k: number): number => pivotSize(x[candidates[k]!]!, terms[candidates[k]!]!);
    if (choosePivot(rows, size, preferredRow[step]!) !== 0) return null;
    const value = x[step]!;
    pivot[step] = value;
    for (let at = from; at < to; at++) {
      const target = lower.step[at]!;
      low[at] = x[target]! / value;
      lowWeight[at] = sizeOrNoise(x[target]!, terms[target]!) / Math.abs(value);
    }
    for (const candidate of candidates) x[candidate] = terms[candidate] = 0;
  }
  return { ...kept, rowScale, pivot, lower: { ...lower, value: low }, upper: { ...upper, value: up } };
}
