/**
 * Householder QR, A P = Q R, row-major. Each reflection I - tau v v' (v_k = 1) maps the rest of a column to
 * -sign(a_kk) |a|, also when the rest is a multiple of e_k already: so Q and R are smooth wherever A has full rank.
 * Order: with growing row, products are added to the sum a reflection needs of a column, from the element at k on.
 * Source: Golub & Van Loan, Matrix Computations, 5.2 and 5.4 (column pivoting).
 */

export interface Reflections {
  /** R on and above the diagonal, the vectors v below it; shape [rows, columns]. */
  readonly packed: Float64Array;
  /** One tau a reflection; 0 where the column was zero. */
  readonly scales: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** Norm of a[first..rows, column] without overflow. */
function columnNorm(a: Float64Array, rows: number, columns: number, first: number, column: number): number {
  let largest = 0;
  for (let i = first; i < rows; i += 1) {
    const size = Math.abs(a[i * columns + column]!);
    if (size > largest || Number.isNaN(size)) largest = size;
  }
  if (largest === 0 || !(largest < Infinity)) return largest;
  let sum = 0;
  for (let i = first; i < rows; i += 1) {
    const ratio = a[i * columns + column]! / largest;
    sum += ratio * ratio;
  }
  return largest * Math.sqrt(sum);
}

/** Makes the reflection of column k and gives its tau. */
function reflect(a: Float64Array, rows: number, columns: number, k: number): number {
  // The last row has nothing below it to remove.
  if (k === rows - 1) return 0;
  const norm = columnNorm(a, rows, columns, k, k);
  if (norm === 0) return 0;
  const head = a[k * columns + k]!;
  const image = head < 0 ? norm : -norm;
  for (let i = k + 1; i < rows; i += 1) a[i * columns + k]! /= head - image;
  a[k * columns + k] = image;
  return (image - head) / image;
}

/** target[k.., from..to) := (I - tau v v') target, with v in column k of `packed`. */
function applyReflection(
  { packed, scales, rows, columns }: Reflections,
  k: number,
  target: Float64Array,
  width: number,
  from: number,
  row: Float64Array,
): void {
  const tau = scales[k]!;
  if (tau === 0) return;
  for (let j = from; j < width; j += 1) row[j] = target[k * width + j]!;
  for (let i = k + 1; i < rows; i += 1) {
    const factor = packed[i * columns + k]!;
    for (let j = from; j < width; j += 1) row[j]! += factor * target[i * width + j]!;
  }
  for (let j = from; j < width; j += 1) {
    row[j]! *= tau;
    target[k * width + j]! -= row[j]!;
  }
  for (let i = k + 1; i < rows; i += 1) {
    const factor = packed[i * columns + k]!;
    for (let j = from; j < width; j += 1) target[i * width + j]! -= factor * row[j]!;
  }
}

function swapColumns(a: Float64Array, rows: number, columns: number, j: number, k: number): void {
  for (let i = 0; i < rows; i += 1) {
    const kept = a[i * columns + j]!;
    a[i * columns + j] = a[i * columns + k]!;
    a[i * columns + k] = kept;
  }
}

/**
 * Factors a matrix, which is overwritten.
 * @param order  when given, columns are chosen by their largest rest, and order[k] is the column of A that came k-th
 * Cost: 2 n^2 (m - n / 3) multiply-adds, as much again to choose columns.
 */
export function factorizeQr(a: Float64Array, rows: number, columns: number, order?: Int32Array): Reflections {
  const count = Math.min(rows, columns);
  const reflections = { packed: a, scales: new Float64Array(count), rows, columns };
  const row = new Float64Array(columns);
  if (order !== undefined) for (let j = 0; j < columns; j += 1) order[j] = j;
  for (let k = 0; k < count; k += 1) {
    if (order !== undefined) {
      let best = k;
      let largest = -1;
      for (let j = k; j < columns; j += 1) {
        const norm = columnNorm(a, rows, columns, k, j);
        if (norm > largest) [best, largest] = [j, norm];
      }
      if (best !== k) {
        swapColumns(a, rows, columns, best, k);
        const kept = order[k]!;
        order[k] = order[best]!;
        order[best] = kept;
      }
    }
    reflections.scales[k] = reflect(a, rows, columns, k);
    applyReflection(reflections, k, a, columns, k + 1, row);
  }
  return reflections;
}

/** target := Q target. @param target  shape [rows, width], overwritten */
export function applyQ(reflections: Reflections, target: Float64Array, width: number): void {
  const row = new Float64Array(width);
  for (let k = reflections.scales.length - 1; k >= 0; k -= 1) applyReflection(reflections, k, target, width, 0, row);
}

/**
 * The first `width` columns of Q. Reflection k leaves columns of the identity left of column k as they are; it is applied from
 * the last multiple of four on.
 */
export function formQ(reflections: Reflections, width: number): Float64Array {
  const q = new Float64Array(reflections.rows * width);
  const row = new Float64Array(width);
  for (let k = 0; k < width; k += 1) q[k * width + k] = 1;
  for (let k = reflections.scales.length - 1; k >= 0; k -= 1)
    applyReflection(reflections, k, q, width, k - (k % 4), row);
  return q;
}

/** The first `height` rows of R, zeros below the diagonal. */
export function formR({ packed, columns }: Reflections, height: number): Float64Array {
  const r = new Float64Array(height * columns);
  for (let i = 0; i < height; i += 1)
    for (let j = i; j < columns; j += 1) r[i * columns + j] = packed[i * columns + j]!;
  return r;
}
