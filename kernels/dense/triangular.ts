/**
 * Triangular systems with many right-hand sides, op(A) X = B, row-major, in place of B.
 * Whole rows of X are combined, so that the inner loops are contiguous; only the named triangle of A is read.
 * Order: a row loses its products with known rows in the order in which these became known, one by one, then is divided.
 * Source: Golub & Van Loan, Matrix Computations, 3.1.
 */

export interface TriangularForm {
  /** The lower triangle of A is used, else the upper one. */
  readonly lower: boolean;
  /** The system is A' X = B. */
  readonly transposed: boolean;
  /** The diagonal is taken as ones and not read. */
  readonly unitDiagonal: boolean;
}

/** First zero on the diagonal, or -1. */
export function zeroOnDiagonal(a: Float64Array, size: number): number {
  for (let k = 0; k < size; k += 1) if (a[k * size + k] === 0) return k;
  return -1;
}

/**
 * X = op(A)^-1 B. The diagonal must not hold zeros unless it is taken as ones.
 * @param a  shape [size, size]
 * @param x  shape [size, columns]: B, overwritten by X
 */
export function solveTriangular(
  a: Float64Array,
  size: number,
  x: Float64Array,
  columns: number,
  { lower, transposed, unitDiagonal }: TriangularForm,
): void {
  const isForward = lower !== transposed;
  for (let step = 0; step < size; step += 1) {
    const i = isForward ? step : size - 1 - step;
    const own = i * columns;
    for (let known = 0; known < step; known += 1) {
      const k = isForward ? known : size - 1 - known;
      const factor = transposed ? a[k * size + i]! : a[i * size + k]!;
      const from = k * columns;
      for (let j = 0; j < columns; j += 1) x[own + j]! -= factor * x[from + j]!;
    }
    if (unitDiagonal) continue;
    const pivot = a[i * size + i]!;
    for (let j = 0; j < columns; j += 1) x[own + j]! /= pivot;
  }
}
