/**
 * Cholesky factorization A = L L' of a symmetric positive definite matrix, row-major.
 * Row by row; four rows below the diagonal share one pass over the row they are multiplied with.
 * Order: element [i, j] loses its products l_ik l_jk one by one with growing k, then is divided.
 * Source: Golub & Van Loan, Matrix Computations, 4.2.
 */

/** a[row, j] := (a[row, j] - L_row . L_j) / L_jj for four rows from `row` on. */
function eliminateFourRows(a: Float64Array, size: number, row: number, j: number, pivot: number): void {
  const own = j * size;
  const r0 = row * size;
  const r1 = r0 + size;
  const r2 = r1 + size;
  const r3 = r2 + size;
  let s0 = a[r0 + j]!;
  let s1 = a[r1 + j]!;
  let s2 = a[r2 + j]!;
  let s3 = a[r3 + j]!;
  for (let k = 0; k < j; k += 1) {
    const factor = a[own + k]!;
    s0 -= factor * a[r0 + k]!;
    s1 -= factor * a[r1 + k]!;
    s2 -= factor * a[r2 + k]!;
    s3 -= factor * a[r3 + k]!;
  }
  a[r0 + j] = s0 / pivot;
  a[r1 + j] = s1 / pivot;
  a[r2 + j] = s2 / pivot;
  a[r3 + j] = s3 / pivot;
}

/**
 * Replaces a symmetric matrix by L, with zeros above the diagonal.
 * @param a  shape [size, size]; only the lower triangle is read
 * @returns  the first index whose pivot is not positive (it stands on the diagonal then), or -1.
 * NaN is no refusal: it reaches the factor.
 */
export function factorizeCholesky(a: Float64Array, size: number): number {
  for (let j = 0; j < size; j += 1) {
    const own = j * size;
    let square = a[own + j]!;
    for (let k = 0; k < j; k += 1) square -= a[own + k]! * a[own + k]!;
    const pivot = Math.sqrt(square);
    a[own + j] = square <= 0 ? square : pivot;
    if (square <= 0) return j;
    let row = j + 1;
    for (; row + 4 <= size; row += 4) eliminateFourRows(a, size, row, j, pivot);
    for (; row < size; row += 1) {
      let sum = a[row * size + j]!;
      for (let k = 0; k < j; k += 1) sum -= a[own + k]! * a[row * size + k]!;
      a[row * size + j] = sum / pivot;
    }
    a.fill(0, own + j + 1, own + size);
  }
  return -1;
}
