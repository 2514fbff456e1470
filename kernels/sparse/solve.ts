/**
 * Solves K u = f with a multifrontal factor, several right-hand sides in one pass over the factor.
 * All cases of a pass visit a strip of the factor one after the other while it is in cache, by the same code, so
 * each case has the same bits alone and in company.
 * Source: Liu 1992, section 5.
 */

import type { Analysis } from "./analysis.ts";
import { backwardPivotStrip, backwardUpdateStrip, forwardPivotStrip, forwardUpdateStrip } from "./substitution.ts";
import { casesPerPass, workspaceOf } from "./workspace.ts";

/** x := L^-1 x for all cases in work, from the first front to the last. */
function forward(analysis: Analysis, factor: Float64Array, work: Float64Array, cases: number): void {
  const { supernodeCount, pivotStart, panelStart, rowStart, rows } = analysis;
  const stride = analysis.positionCount + 1;
  for (let s = 0; s < supernodeCount; s++) {
    const first = pivotStart[s]!;
    const last = pivotStart[s + 1]!;
    const stripLength = 4 * (last - first);
    let strip = panelStart[s]!;
    for (let row = first; row < last; row += 4, strip += stripLength) {
      for (let shift = 0; shift < cases * stride; shift += stride) {
        forwardPivotStrip(factor, strip, work, first + shift, row + shift);
      }
    }
    for (let r = rowStart[s]!; r < rowStart[s + 1]!; r += 4, strip += stripLength) {
      for (let shift = 0; shift < cases * stride; shift += stride) {
        forwardUpdateStrip(factor, strip, work, first + shift, last + shift, rows, r, shift);
      }
    }
  }
}

/** x := L'^-1 x for all cases in work, from the last front to the first. */
function backward(analysis: Analysis, factor: Float64Array, work: Float64Array, cases: number): void {
  const { supernodeCount, pivotStart, panelStart, rowStart, rows } = analysis;
  const stride = analysis.positionCount + 1;
  for (let s = supernodeCount - 1; s >= 0; s--) {
    const first = pivotStart[s]!;
    const last = pivotStart[s + 1]!;
    const stripLength = 4 * (last - first);
    let strip = panelStart[s + 1]! - stripLength;
    for (let r = rowStart[s + 1]! - 4; r >= rowStart[s]!; r -= 4, strip -= stripLength) {
      for (let shift = 0; shift < cases * stride; shift += stride) {
        backwardUpdateStrip(factor, strip, work, first + shift, last + shift, rows, r, shift);
      }
    }
    for (let row = last - 4; row >= first; row -= 4, strip -= stripLength) {
      for (let shift = 0; shift < cases * stride; shift += stride) {
        backwardPivotStrip(factor, strip, work, first + shift, row + shift);
      }
    }
  }
}

/** Copies cases [from, from + count) of the right-hand side into the work vector, fixed dofs and padding zero. */
function permuteIn(analysis: Analysis, rhs: Float64Array, from: number, count: number, work: Float64Array): void {
  const { dofAt, dofCount, positionCount } = analysis;
  for (let c = 0; c < count; c++) {
    const source = (from + c) * dofCount;
    const target = c * (positionCount + 1);
    for (let position = 0; position < positionCount; position++) {
      const dof = dofAt[position]!;
      work[target + position] = dof === -1 ? 0 : rhs[source + dof]!;
    }
    work[target + positionCount] = 0;
  }
}

function permuteOut(analysis: Analysis, work: Float64Array, from: number, count: number, out: Float64Array): void {
  const { dofAt, dofCount, positionCount } = analysis;
  for (let c = 0; c < count; c++) {
    const source = c * (positionCount + 1);
    const target = (from + c) * dofCount;
    out.fill(0, target, target + dofCount);
    for (let position = 0; position < positionCount; position++) {
      const dof = dofAt[position]!;
      if (dof !== -1) out[target + dof] = work[source + position]!;
    }
  }
}

/**
 * Solves K u = f with a factor of K.
 * @param factor  written by `factorize` with the same analysis
 * @param rhs     forces, shape [cases, dofs]; entries at fixed dofs are ignored
 * @param cases   number of right-hand sides
 * @param out     displacements, shape [cases, dofs], exactly 0 at fixed dofs; may be `rhs`
 */
export function solve(
  analysis: Analysis,
  factor: Float64Array,
  rhs: Float64Array,
  cases: number,
  out: Float64Array,
): void {
  const { solution } = workspaceOf(analysis);
  for (let from = 0; from < cases; from += casesPerPass) {
    const count = Math.min(casesPerPass, cases - from);
    permuteIn(analysis, rhs, from, count, solution);
    forward(analysis, factor, solution, count);
    backward(analysis, factor, solution, count);
    permuteOut(analysis, solution, from, count, out);
  }
}
