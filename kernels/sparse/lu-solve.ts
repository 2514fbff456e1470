/**
 * Solves with a sparse LU factor and with its transpose. R^-1 A = P' L U Q', hence
 *   A x = b:  L U (Q' x) = P R^-1 b        A' x = b:  U' L' (P R x) = Q' b
 */
import type { Columns, LuFactor } from "./lu.ts";

/** y := L^-1 y. */
function forwardLower({ start, step, value }: Columns, y: Float64Array): void {
  for (let k = 0; k < y.length; k++) {
    const pivot = y[k]!;
    for (let at = start[k]!; at < start[k + 1]!; at++) y[step[at]!] = y[step[at]!]! - value[at]! * pivot;
  }
}

/** y := U^-1 y. */
function backwardUpper({ start, step, value }: Columns, pivot: Float64Array, y: Float64Array): void {
  for (let k = y.length - 1; k >= 0; k--) {
    y[k] = y[k]! / pivot[k]!;
    for (let at = start[k]!; at < start[k + 1]!; at++) y[step[at]!] = y[step[at]!]! - value[at]! * y[k]!;
  }
}

/** y := U'^-1 y. */
function forwardUpper({ start, step, value }: Columns, pivot: Float64Array, y: Float64Array): void {
  for (let k = 0; k < y.length; k++) {
    let sum = y[k]!;
    for (let at = start[k]!; at < start[k + 1]!; at++) sum -= value[at]! * y[step[at]!]!;
    y[k] = sum / pivot[k]!;
  }
}

/** y := L'^-1 y. */
function backwardLower({ start, step, value }: Columns, y: Float64Array): void {
  for (let k = y.length - 1; k >= 0; k--) {
    let sum = y[k]!;
    for (let at = start[k]!; at < start[k + 1]!; at++) sum -= value[at]! * y[step[at]!]!;
    y[k] = sum;
  }
}

/**
 * x = A^-1 b, or A'^-1 b.
 * @param out  receives x; may be `rhs`
 */
export function solveLu(factor: LuFactor, isTransposed: boolean, rhs: Float64Array, out: Float64Array): void {
  const { order, pivotRow, rowScale, pivot, lower, upper } = factor;
  if (isTransposed) {
    const y = Float64Array.from(order, (column) => rhs[column]!);
    forwardUpper(upper, pivot, y);
    backwardLower(lower, y);
    for (let k = 0; k < y.length; k++) out[pivotRow[k]!] = y[k]! / rowScale[pivotRow[k]!]!;
    return;
  }
  const y = Float64Array.from(pivotRow, (row) => rhs[row]! / rowScale[row]!);
  forwardLower(lower, y);
  backwardUpper(upper, pivot, y);
  for (let k = 0; k < y.length; k++) out[order[k]!] = y[k]!;
}
