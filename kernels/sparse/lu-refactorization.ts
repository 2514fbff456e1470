/**
 * Sparse LU of other values with the pivots and the pattern of an earlier factor: no searches, only arithmetic.
 * Every pivot is judged as in a factorization from scratch; where that would choose another, the earlier factor is of no use.
 * Source: Davis & Natarajan 2010, Algorithm 907: KLU.
 */
import { orderFor, scaledValues } from "./lu-analysis.ts";
import type { LuAnalysis } from "./lu-analysis.ts";
import { choosePivot } from "./lu-pivot.ts";
import type { OpenColumn } from "./lu-pivot.ts";
import type { LuFactor } from "./lu.ts";
import { rowScales } from "./row-scales.ts";

function isSameOrder(one: Int32Array, other: Int32Array): boolean {
  if (one !== other) for (let k = 0; k < one.length; k++) if (one[k] !== other[k]) return false;
  return true;
}

/** The earlier factor with places for new numbers. L is named by rows. */
function emptyCopy({ pattern }: LuAnalysis, scaled: Float64Array, kept: LuFactor): OpenColumn {
  const { pivotRow, lower, upper } = kept;
  const n = pivotRow.length;
  const place = new Int32Array(lower.step.length);
  for (let at = 0; at < place.length; at++) place[at] = pivotRow[lower.step[at]!]!;
  return {
    x: new Float64Array(n),
    peak: new Float64Array(n),
    candidates: new Int32Array(n),
    candidateCount: 0,
    lower: { start: lower.start, place, value: new Float64Array(lower.value.length) },
    upper: { start: upper.start, place: upper.step, value: new Float64Array(upper.value.length) },
    upperFrom: 0,
    upperTo: 0,
    rowOf: pattern.rowOf,
    scaled,
    from: 0,
    to: 0,
    largestLower: 0,
  };
}

/** Solves L x = a_j on the pattern of the earlier column. */
function solveColumn(
  { x, lower, upper, upperFrom, upperTo, rowOf, scaled, from, to }: OpenColumn,
  pivotRow: Int32Array,
): void {
  const { start, place, value } = lower;
  for (let at = from; at < to; at++) x[rowOf[at]!] = scaled[at]!;
  for (let t = upperFrom; t < upperTo; t++) {
    const step = upper.place[t]!;
    const row = pivotRow[step]!;
    const u = x[row]!;
    x[row] = 0;
    upper.value[t] = u;
    if (u === 0) continue;
    for (let at = start[step]!, end = start[step + 1]!; at < end; at++) {
      const target = place[at]!;
      x[target] = x[target]! - value[at]! * u;
    }
  }
}

/** Names the rows that can be the pivot: that of the earlier factor first. */
function listCandidates(open: OpenColumn, step: number, row: number): void {
  const { lower, candidates } = open;
  let count = 0;
  candidates[count++] = row;
  for (let at = lower.start[step]!; at < lower.start[step + 1]!; at++) candidates[count++] = lower.place[at]!;
  open.candidateCount = count;
}

/** Writes L's column of a pivot and clears x. */
function closeColumn(open: OpenColumn, step: number, row: number): void {
  const { x, lower } = open;
  const { start, place, value } = lower;
  const pivot = x[row]!;
  x[row] = 0;
  for (let at = start[step]!, end = start[step + 1]!; at < end; at++) {
    const entry = x[place[at]!]! / pivot;
    x[place[at]!] = 0;
    value[at] = entry;
    if (Math.abs(entry) > open.largestLower) open.largestLower = Math.abs(entry);
  }
}

/**
 * Factorizes other values with the pivots of an earlier factor, if a factorization from scratch would choose the same:
 * the result then has the same bits. Null when it would not; factorize from scratch then.
 */
export function refactorizeLu(analysis: LuAnalysis, values: Float64Array, kept: LuFactor): LuFactor | null {
  const { pattern } = analysis;
  const { order, pivotRow, preferredRow } = kept;
  const rowScale = rowScales(pattern, values);
  const scaled = scaledValues(pattern, values, rowScale);
  if (!isSameOrder(orderFor(analysis, scaled), order)) return null;
  const open = emptyCopy(analysis, scaled, kept);
  const { x, lower, upper } = open;
  const pivot = new Float64Array(order.length);
  for (let step = 0; step < order.length; step++) {
    open.from = pattern.columnStart[order[step]!]!;
    open.to = pattern.columnStart[order[step]! + 1]!;
    open.upperFrom = upper.start[step]!;
    open.upperTo = upper.start[step + 1]!;
    solveColumn(open, pivotRow);
    const row = pivotRow[step]!;
    listCandidates(open, step, row);
    if (choosePivot(open, preferredRow[step]!) !== row) return null;
    pivot[step] = x[row]!;
    closeColumn(open, step, row);
  }
  return {
    ...kept,
    rowScale,
    pivot,
    lower: { ...kept.lower, value: lower.value },
    upper: { ...kept.upper, value: upper.value },
  };
}
