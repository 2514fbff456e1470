/**
 * Forward and backward substitution with one strip (four rows) of a supernodal factor, one case at a time.
 * The caller runs all cases on a strip before it goes to the next, which reads the factor once for all of them.
 * Source: Golub & Van Loan, 3.1; layout as in front-kernels.ts.
 */

/** Forward, pivot rows: x(row..row+3) := L_ii^-1 (x - L x(first..row)), the strip's columns start at `p`. */
export function forwardPivotStrip(
  factor: Float64Array,
  p: number,
  work: Float64Array,
  first: number,
  row: number,
): void {
  let y0 = work[row]!;
  let y1 = work[row + 1]!;
  let y2 = work[row + 2]!;
  let y3 = work[row + 3]!;
  let at = p;
  for (let t = first; t < row; t++) {
    const v = work[t]!;
    y0 -= factor[at]! * v;
    y1 -= factor[at + 1]! * v;
    y2 -= factor[at + 2]! * v;
    y3 -= factor[at + 3]! * v;
    at += 4;
  }
  y0 *= factor[at]!;
  y1 = (y1 - factor[at + 1]! * y0) * factor[at + 5]!;
  y2 = (y2 - factor[at + 2]! * y0 - factor[at + 6]! * y1) * factor[at + 10]!;
  y3 = (y3 - factor[at + 3]! * y0 - factor[at + 7]! * y1 - factor[at + 11]! * y2) * factor[at + 15]!;
  work[row] = y0;
  work[row + 1] = y1;
  work[row + 2] = y2;
  work[row + 3] = y3;
}

/** Forward, update rows: x(rows[r] + shift) -= L x(first..last) for the four rows listed at `r`. */
export function forwardUpdateStrip(
  factor: Float64Array,
  p: number,
  work: Float64Array,
  first: number,
  last: number,
  rows: Int32Array,
  r: number,
  shift: number,
): void {
  let y0 = 0;
  let y1 = 0;
  let y2 = 0;
  let y3 = 0;
  let at = p;
  for (let t = first; t < last; t++) {
    const v = work[t]!;
    y0 += factor[at]! * v;
    y1 += factor[at + 1]! * v;
    y2 += factor[at + 2]! * v;
    y3 += factor[at + 3]! * v;
    at += 4;
  }
  const r0 = rows[r]! + shift;
  const r1 = rows[r + 1]! + shift;
  const r2 = rows[r + 2]! + shift;
  const r3 = rows[r + 3]! + shift;
  work[r0] = work[r0]! - y0;
  work[r1] = work[r1]! - y1;
  work[r2] = work[r2]! - y2;
  work[r3] = work[r3]! - y3;
}

/** x(first..last) -= L' y for the four rows of one strip. */
function subtractTransposed(
  factor: Float64Array,
  p: number,
  work: Float64Array,
  first: number,
  last: number,
  y0: number,
  y1: number,
  y2: number,
  y3: number,
): void {
  let at = p;
  for (let t = first; t < last; t++) {
    work[t] = work[t]! - (factor[at]! * y0 + factor[at + 1]! * y1 + (factor[at + 2]! * y2 + factor[at + 3]! * y3));
    at += 4;
  }
}

/** Backward, update rows: x(first..last) -= L' x(rows[r] + shift). */
export function backwardUpdateStrip(
  factor: Float64Array,
  p: number,
  work: Float64Array,
  first: number,
  last: number,
  rows: Int32Array,
  r: number,
  shift: number,
): void {
  const y0 = work[rows[r]! + shift]!;
  const y1 = work[rows[r + 1]! + shift]!;
  const y2 = work[rows[r + 2]! + shift]!;
  const y3 = work[rows[r + 3]! + shift]!;
  subtractTransposed(factor, p, work, first, last, y0, y1, y2, y3);
}

/** Backward, pivot rows: x(row..row+3) := L_ii^-T x, then x(first..row) -= L' x(row..row+3). */
export function backwardPivotStrip(
  factor: Float64Array,
  p: number,
  work: Float64Array,
  first: number,
  row: number,
): void {
  const d = p + 4 * (row - first);
  const y3 = work[row + 3]! * factor[d + 15]!;
  const y2 = (work[row + 2]! - factor[d + 11]! * y3) * factor[d + 10]!;
  const y1 = (work[row + 1]! - factor[d + 6]! * y2 - factor[d + 7]! * y3) * factor[d + 5]!;
  const y0 = (work[row]! - factor[d + 1]! * y1 - factor[d + 2]! * y2 - factor[d + 3]! * y3) * factor[d]!;
  work[row] = y0;
  work[row + 1] = y1;
  work[row + 2] = y2;
  work[row + 3] = y3;
  subtractTransposed(factor, p, work, first, row, y0, y1, y2, y3);
}
