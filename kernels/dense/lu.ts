/**
 * LU factorization with partial pivoting, P A = L U, of row-major matrices, in place.
 * Right-looking in blocks of columns, so that the trailing matrix is swept once for every `blockWidth` pivots.
 * Order: whatever the blocks, element [i, j] loses its products l_ik u_kj one by one with growing k, and is divided last.
 * Source: Golub & Van Loan, Matrix Computations, 3.4.
 */

const blockWidth = 24;

/** Row of the pivot of column k: the largest magnitude, or the first NaN, so that NaN is never passed over. */
function pivotRow(a: Float64Array, rows: number, columns: number, k: number): number {
  let best = k;
  let largest = Math.abs(a[k * columns + k]!);
  for (let i = k + 1; i < rows && !Number.isNaN(largest); i += 1) {
    const size = Math.abs(a[i * columns + k]!);
    if (size > largest || Number.isNaN(size)) {
      best = i;
      largest = size;
    }
  }
  return best;
}

function swapRows(a: Float64Array, columns: number, i: number, k: number): void {
  if (i === k) return;
  for (let j = 0, p = i * columns, q = k * columns; j < columns; j += 1, p += 1, q += 1) {
    const kept = a[p]!;
    a[p] = a[q]!;
    a[q] = kept;
  }
}

/** Eliminates columns first..last-1 within those columns; whole rows are exchanged. */
function factorPanel(
  a: Float64Array,
  rows: number,
  columns: number,
  first: number,
  last: number,
  pivots: Int32Array,
): void {
  for (let k = first; k < last; k += 1) {
    const chosen = pivotRow(a, rows, columns, k);
    pivots[k] = chosen;
    swapRows(a, columns, chosen, k);
    const pivot = a[k * columns + k]!;
    // Multipliers of a column of zeros are these zeros.
    const divisor = pivot === 0 ? 1 : pivot;
    for (let i = k + 1; i < rows; i += 1) {
      const factor = a[i * columns + k]! / divisor;
      a[i * columns + k] = factor;
      for (let j = k + 1; j < last; j += 1) a[i * columns + j]! -= factor * a[k * columns + j]!;
    }
  }
}

/** row[from..columns) -= sum of factors times the rows first..last-1, four at a time. */
function subtractRows(a: Float64Array, columns: number, row: number, first: number, last: number, from: number): void {
  const to = row * columns;
  let k = first;
  for (; k + 4 <= last; k += 4) {
    const f0 = a[to + k]!;
    const f1 = a[to + k + 1]!;
    const f2 = a[to + k + 2]!;
    const f3 = a[to + k + 3]!;
    const r0 = k * columns;
    const r1 = r0 + columns;
    const r2 = r1 + columns;
    const r3 = r2 + columns;
    for (let j = from; j < columns; j += 1)
      a[to + j] = a[to + j]! - f0 * a[r0 + j]! - f1 * a[r1 + j]! - f2 * a[r2 + j]! - f3 * a[r3 + j]!;
  }
  for (; k < last; k += 1) {
    const factor = a[to + k]!;
    for (let j = from; j < columns; j += 1) a[to + j]! -= factor * a[k * columns + j]!;
  }
}

/**
 * Replaces A by L (below the diagonal, ones not stored) and U (on and above it).
 * @param a       shape [rows, columns], overwritten
 * @param pivots  shape [min(rows, columns)]: step k exchanged rows k and pivots[k]
 * A singular matrix is factored too: then U has a zero on its diagonal. Cost: n^3 / 3 multiply-adds.
 */
export function factorizeLu(a: Float64Array, rows: number, columns: number, pivots: Int32Array): void {
  const rank = Math.min(rows, columns);
  for (let first = 0; first < rank; first += blockWidth) {
    const last = Math.min(rank, first + blockWidth);
    factorPanel(a, rows, columns, first, last, pivots);
    if (last === columns) continue;
    for (let i = first + 1; i < last; i += 1) subtractRows(a, columns, i, first, i, last);
    for (let i = last; i < rows; i += 1) subtractRows(a, columns, i, first, last, last);
  }
}

/** permutation[i] is the row of A that became row i after all exchanges. */
export function permutationOf(pivots: ArrayLike<number>, permutation: Int32Array): void {
  for (let i = 0; i < permutation.length; i += 1) permutation[i] = i;
  for (let k = 0; k < pivots.length; k += 1) {
    const other = pivots[k]!;
    const kept = permutation[k]!;
    permutation[k] = permutation[other]!;
    permutation[other] = kept;
  }
}

/** Determinant from a factorization of a square matrix: product of the pivots, signed by the exchanges. */
export function determinantOf(lu: Float64Array, size: number, pivots: Int32Array): number {
  let product = 1;
  for (let k = 0; k < size; k += 1) product *= pivots[k] === k ? lu[k * size + k]! : -lu[k * size + k]!;
  return product;
}
