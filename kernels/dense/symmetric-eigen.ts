/**
 * Eigenvalues and vectors of a symmetric matrix: A = Q T Q' by reflections, then implicit QR steps with
 * Wilkinson's shift on the tridiagonal T, which converge for every finite matrix.
 * Vectors are kept as rows, so that each rotation combines two contiguous rows.
 * Order: sums run with growing index from zero; those of `accumulate` begin with the element where the vector begins.
 * Source: Golub & Van Loan, Matrix Computations, 8.3.
 */
import { isTurnedRound, negate, powerOfTwoScale } from "./scaling.ts";

const epsilon = 2 ** -52;
/** Below this a coupling vanishes in a matrix whose largest element is about 1. */
const negligible = 1e-290;

/**
 * Reduces a symmetric matrix to tridiagonal form; both triangles are given and overwritten.
 * @param vectors  shape [size, size]: overwritten by Q'
 */
function tridiagonalize(
  a: Float64Array,
  size: number,
  diagonal: Float64Array,
  coupling: Float64Array,
  vectors: Float64Array,
): void {
  const scales = new Float64Array(size);
  const v = new Float64Array(size);
  const w = new Float64Array(size);
  for (let k = 0; k < size - 1; k += 1) {
    scales[k] = reflectRow(a, size, k, v);
    coupling[k] = a[k * size + k + 1]!;
    if (scales[k] !== 0) reflectBothSides(a, size, k + 1, scales[k]!, v, w);
  }
  for (let k = 0; k < size; k += 1) diagonal[k] = a[k * size + k]!;
  accumulate(a, size, scales, vectors);
}

/** Makes the reflection of row k right of the diagonal: v (v_{k+1} = 1) stays in the row, the result is tau. */
function reflectRow(a: Float64Array, size: number, k: number, v: Float64Array): number {
  const own = k * size;
  let square = 0;
  for (let j = k + 2; j < size; j += 1) square += a[own + j]! * a[own + j]!;
  const head = a[own + k + 1]!;
  if (square === 0) return 0;
  const norm = Math.sqrt(head * head + square);
  const image = head < 0 ? norm : -norm;
  v[k + 1] = 1;
  for (let j = k + 2; j < size; j += 1) v[j] = a[own + j]! /= head - image;
  a[own + k + 1] = image;
  return (image - head) / image;
}

/** B := H B H of the block from `first` on, with H = I - tau v v', as B - v w' - w v'. */
function reflectBothSides(
  a: Float64Array,
  size: number,
  first: number,
  tau: number,
  v: Float64Array,
  w: Float64Array,
): void {
  let product = 0;
  for (let i = first; i < size; i += 1) {
    let sum = 0;
    for (let j = first; j < size; j += 1) sum += a[i * size + j]! * v[j]!;
    w[i] = tau * sum;
    product += w[i]! * v[i]!;
  }
  const half = (tau * product) / 2;
  for (let i = first; i < size; i += 1) w[i]! -= half * v[i]!;
  for (let i = first; i < size; i += 1) {
    const vi = v[i]!;
    const wi = w[i]!;
    for (let j = first; j < size; j += 1) a[i * size + j]! -= vi * w[j]! + wi * v[j]!;
  }
}

/** vectors := Q' = H_{n-2} ... H_1 H_0, built from the left end: row vectors times reflections. */
function accumulate(a: Float64Array, size: number, scales: Float64Array, vectors: Float64Array): void {
  vectors.fill(0);
  for (let k = 0; k < size; k += 1) vectors[k * size + k] = 1;
  for (let k = size - 2; k >= 0; k -= 1) {
    const tau = scales[k]!;
    if (tau === 0) continue;
    const own = k * size;
    // Rows of Q' of this block are still the identity up to k.
    for (let i = k + 1; i < size; i += 1) {
      const row = i * size;
      let sum = vectors[row + k + 1]!;
      for (let j = k + 2; j < size; j += 1) sum += vectors[row + j]! * a[own + j]!;
      sum *= tau;
      vectors[row + k + 1]! -= sum;
      for (let j = k + 2; j < size; j += 1) vectors[row + j]! -= sum * a[own + j]!;
    }
  }
}

/** Rows i and k := (c row_i + s row_k, c row_k - s row_i). */
export function rotateRows(
  rows: Float64Array,
  length: number,
  i: number,
  k: number,
  cosine: number,
  sine: number,
): void {
  for (let j = 0, p = i * length, q = k * length; j < length; j += 1, p += 1, q += 1) {
    const x = rows[p]!;
    const y = rows[q]!;
    rows[p] = cosine * x + sine * y;
    rows[q] = cosine * y - sine * x;
  }
}

/** Eigenvalue of the last 2 x 2 block that is nearer to its last element. */
function wilkinsonShift(diagonal: Float64Array, coupling: Float64Array, high: number): number {
  const off = coupling[high - 1]!;
  const half = (diagonal[high - 1]! - diagonal[high]!) / 2;
  if (half === 0) return diagonal[high]! - Math.abs(off);
  const root = Math.sqrt(half * half + off * off);
  return diagonal[high]! - (off * off) / (half + (half < 0 ? -root : root));
}

/** One implicit QR step on the unreduced block low..high. */
function qrStep(
  diagonal: Float64Array,
  coupling: Float64Array,
  low: number,
  high: number,
  vectors: Float64Array,
  size: number,
): void {
  let x = diagonal[low]! - wilkinsonShift(diagonal, coupling, high);
  let z = coupling[low]!;
  for (let k = low; k < high; k += 1) {
    let cosine = 1;
    let sine = 0;
    let length = x;
    // Quotients keep the rotation orthogonal where squares would vanish.
    if (Math.abs(x) >= Math.abs(z) && x !== 0) {
      const ratio = z / x;
      const root = Math.sqrt(1 + ratio * ratio);
      cosine = 1 / root;
      sine = ratio * cosine;
      length = x * root;
    } else if (z !== 0) {
      const ratio = x / z;
      const root = Math.sqrt(1 + ratio * ratio);
      sine = 1 / root;
      cosine = ratio * sine;
      length = z * root;
    }
    if (k > low) coupling[k - 1] = length;
    const upper = diagonal[k]!;
    const lower = diagonal[k + 1]!;
    const off = coupling[k]!;
    const twist = 2 * cosine * sine * off;
    diagonal[k] = cosine * cosine * upper + twist + sine * sine * lower;
    diagonal[k + 1] = sine * sine * upper - twist + cosine * cosine * lower;
    coupling[k] = cosine * sine * (lower - upper) + (cosine - sine) * (cosine + sine) * off;
    if (k < high - 1) {
      x = coupling[k]!;
      z = sine * coupling[k + 1]!;
      coupling[k + 1]! *= cosine;
    }
    rotateRows(vectors, size, k, k + 1, cosine, sine);
  }
}

/** Diagonalizes the tridiagonal matrix; the rows of `vectors` take part in every rotation. */
function diagonalize(diagonal: Float64Array, coupling: Float64Array, vectors: Float64Array, size: number): void {
  for (let high = size - 1; high > 0;) {
    for (let k = 0; k < high; k += 1) {
      const off = Math.abs(coupling[k]!);
      if (off <= epsilon * (Math.abs(diagonal[k]!) + Math.abs(diagonal[k + 1]!)) || off < negligible) coupling[k] = 0;
    }
    while (high > 0 && coupling[high - 1] === 0) high -= 1;
    if (high === 0) return;
    let low = high - 1;
    while (low > 0 && coupling[low - 1] !== 0) low -= 1;
    qrStep(diagonal, coupling, low, high, vectors, size);
  }
}

/**
 * Eigenvalues in ascending order and orthonormal eigenvectors of the symmetric part (A + A') / 2.
 * @param a        shape [size, size]
 * @param values   shape [size]
 * @param vectors  shape [size, size]: column k belongs to value k; signs as in scaling.ts
 * Anything not finite in `a` makes all results NaN. Cost: about 5 n^3 multiply-adds.
 */
export function symmetricEigen(a: Float64Array, size: number, values: Float64Array, vectors: Float64Array): void {
  const scale = powerOfTwoScale(a);
  if (Number.isNaN(scale)) {
    values.fill(NaN);
    vectors.fill(NaN);
    return;
  }
  const work = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j < size; j += 1) work[i * size + j] = (a[i * size + j]! * scale + a[j * size + i]! * scale) / 2;
  const diagonal = new Float64Array(size);
  const rows = new Float64Array(size * size);
  const coupling = new Float64Array(size);
  tridiagonalize(work, size, diagonal, coupling, rows);
  diagonalize(diagonal, coupling, rows, size);
  const order = [...diagonal.keys()].sort((left, right) => diagonal[left]! - diagonal[right]! || left - right);
  order.forEach((from, k) => {
    values[k] = diagonal[from]! / scale;
    const row = rows.subarray(from * size, (from + 1) * size);
    if (isTurnedRound(row)) negate(row);
    for (let i = 0; i < size; i += 1) vectors[i * size + k] = row[i]!;
  });
}
