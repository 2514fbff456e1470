/**
 * Singular value decomposition A = U S V' by one-sided Jacobi rotations on the triangular factor of a pivoted QR:
 * A P = Q R, J' R = S X', U = Q J, V = P X. Rows of R are made orthogonal pair by pair, which finds small singular
 * values to high relative accuracy; column pivoting orders the rows, so that few sweeps are needed.
 * Source: Drmac & Veselic, New fast and accurate Jacobi SVD algorithm, 2008; Golub & Van Loan, 8.6.
 */
import { applyQ, factorizeQr, formR } from "./qr.ts";
import { isTurnedRound, negate, powerOfTwoScale } from "./scaling.ts";
import { rotateRows } from "./symmetric-eigen.ts";

const epsilon = 2 ** -52;
/** Squared norms below this are zeros of a matrix whose largest element is about 1. */
const negligible = 1e-290;
const sweepLimit = 60;

function rowProduct(rows: Float64Array, length: number, i: number, k: number): number {
  let p = i * length;
  let q = k * length;
  const end = p + length;
  // Four sums, so that additions need not wait for each other.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (; p + 4 <= end; p += 4, q += 4) {
    s0 += rows[p]! * rows[q]!;
    s1 += rows[p + 1]! * rows[q + 1]!;
    s2 += rows[p + 2]! * rows[q + 2]!;
    s3 += rows[p + 3]! * rows[q + 3]!;
  }
  for (; p < end; p += 1, q += 1) s0 += rows[p]! * rows[q]!;
  return s0 + s1 + (s2 + s3);
}

/** Squared lengths of all rows. */
const squaredLengths = (rows: Float64Array, size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, k) => rowProduct(rows, size, k, k));

/** Rotates rows i and k against each other and updates their squared lengths; false where they are orthogonal already. */
function orthogonalizePair(
  rows: Float64Array,
  turns: Float64Array,
  size: number,
  squares: Float64Array,
  i: number,
  k: number,
): boolean {
  const first = squares[i]!;
  const second = squares[k]!;
  if (first < negligible || second < negligible) return false;
  const mixed = rowProduct(rows, size, i, k);
  if (Math.abs(mixed) <= epsilon * Math.sqrt(first) * Math.sqrt(second)) return false;
  const slope = (first - second) / (2 * mixed);
  const steepness = Math.abs(slope);
  const tangent = (slope < 0 ? -1 : 1) / (steepness + (steepness < 1e8 ? Math.sqrt(1 + slope * slope) : steepness));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  rotateRows(rows, size, i, k, cosine, cosine * tangent);
  rotateRows(turns, size, i, k, cosine, cosine * tangent);
  squares[i] = first + tangent * mixed;
  squares[k] = second - tangent * mixed;
  return true;
}

/** Replaces row k, a multiple of nothing, by a unit vector orthogonal to the rows marked as done. */
function completeRow(rows: Float64Array, size: number, k: number, isDone: Uint8Array): void {
  const own = rows.subarray(k * size, (k + 1) * size);
  let best = new Float64Array(size);
  let largest = -1;
  for (let axis = 0; axis < size && largest < 0.5; axis += 1) {
    const candidate = new Float64Array(size);
    candidate[axis] = 1;
    // Twice is enough: the second pass removes what rounding left of the first.
    for (let pass = 0; pass < 2; pass += 1)
      for (let other = 0; other < size; other += 1) {
        if (isDone[other] === 0) continue;
        let along = 0;
        for (let j = 0; j < size; j += 1) along += candidate[j]! * rows[other * size + j]!;
        for (let j = 0; j < size; j += 1) candidate[j]! -= along * rows[other * size + j]!;
      }
    const norm = Math.sqrt(candidate.reduce((sum, x) => sum + x * x, 0));
    if (norm > largest) [best, largest] = [candidate, norm];
  }
  const norm = Math.sqrt(best.reduce((sum, x) => sum + x * x, 0));
  for (let j = 0; j < size; j += 1) own[j] = best[j]! / norm;
}

/** Takes out what many rotations, each rounded, have changed of the length of unit rows. */
function normalizeRows(rows: Float64Array, size: number): void {
  squaredLengths(rows, size).forEach((square, k) => {
    const length = Math.sqrt(square);
    for (let j = 0; j < size; j += 1) rows[k * size + j]! /= length;
  });
}

/** Turns R into X' (rows of unit length) and gives the lengths; J' is accumulated in `turns`. */
function orthogonalizeRows(r: Float64Array, turns: Float64Array, size: number): Float64Array {
  for (let sweep = 0, isMoving = true; isMoving && sweep < sweepLimit; sweep += 1) {
    isMoving = false;
    // Updated lengths lose digits by cancellation; the sweep that finds nothing to do sees fresh ones.
    const squares = squaredLengths(r, size);
    for (let i = 0; i < size - 1; i += 1)
      for (let k = i + 1; k < size; k += 1) if (orthogonalizePair(r, turns, size, squares, i, k)) isMoving = true;
  }
  normalizeRows(turns, size);
  const lengths = new Float64Array(size);
  const isDone = new Uint8Array(size);
  for (let k = 0; k < size; k += 1) {
    const square = rowProduct(r, size, k, k);
    if (square < negligible) continue;
    const length = Math.sqrt(square);
    lengths[k] = length;
    isDone[k] = 1;
    for (let j = 0; j < size; j += 1) r[k * size + j]! /= length;
  }
  for (let k = 0; k < size; k += 1)
    if (isDone[k] === 0) {
      completeRow(r, size, k, isDone);
      isDone[k] = 1;
    }
  return lengths;
}

export interface Decomposition {
  /** Shape [rows, leftWidth]; orthonormal columns. */
  readonly u: Float64Array;
  /** Shape [min(rows, columns)], descending. */
  readonly values: Float64Array;
  /** Rows are right singular vectors: shape [rightWidth, columns]. */
  readonly vt: Float64Array;
}

/** Of a matrix with at least as many rows as columns; `width` columns of U. */
function decomposeTall(a: Float64Array, rows: number, columns: number, width: number): Decomposition {
  const order = new Int32Array(columns);
  const reflections = factorizeQr(a, rows, columns, order);
  const r = formR(reflections, columns);
  const turns = new Float64Array(columns * columns);
  for (let k = 0; k < columns; k += 1) turns[k * columns + k] = 1;
  const lengths = orthogonalizeRows(r, turns, columns);
  const ranking = [...lengths.keys()].sort((left, right) => lengths[right]! - lengths[left]! || left - right);
  const values = new Float64Array(columns);
  const vt = new Float64Array(columns * columns);
  const u = new Float64Array(rows * width);
  ranking.forEach((from, k) => {
    values[k] = lengths[from]!;
    const right = vt.subarray(k * columns, (k + 1) * columns);
    const left = turns.subarray(from * columns, (from + 1) * columns);
    for (let j = 0; j < columns; j += 1) right[order[j]!] = r[from * columns + j]!;
    if (isTurnedRound(right)) {
      negate(right);
      negate(left);
    }
    for (let i = 0; i < columns; i += 1) u[i * width + k] = left[i]!;
  });
  for (let k = columns; k < width; k += 1) u[k * width + k] = 1;
  applyQ(reflections, u, width);
  return { u, values, vt };
}

function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < rows; i += 1) for (let j = 0; j < columns; j += 1) out[j * rows + i] = a[i * columns + j]!;
  return out;
}

/**
 * Singular values, descending, and singular vectors; `isFull` asks for square U and V'.
 * @param a  shape [rows, columns], unchanged
 * Anything not finite in `a` makes all results NaN. Cost: a QR and some 4 to 8 sweeps of 3 n^3 multiply-adds.
 */
export function decomposeSvd(a: Float64Array, rows: number, columns: number, isFull: boolean): Decomposition {
  const count = Math.min(rows, columns);
  const leftWidth = isFull ? rows : count;
  const rightWidth = isFull ? columns : count;
  const scale = powerOfTwoScale(a);
  if (Number.isNaN(scale))
    return {
      u: new Float64Array(rows * leftWidth).fill(NaN),
      values: new Float64Array(count).fill(NaN),
      vt: new Float64Array(rightWidth * columns).fill(NaN),
    };
  const scaled = a.map((value) => value * scale);
  const isTall = rows >= columns;
  const own = isTall
    ? decomposeTall(scaled, rows, columns, leftWidth)
    : decomposeTall(transposed(scaled, rows, columns), columns, rows, rightWidth);
  const values = own.values.map((value) => value / scale);
  if (isTall) return { u: own.u, values, vt: own.vt };
  return { u: transposed(own.vt, rows, rows), values, vt: transposed(own.u, columns, rightWidth) };
}
