/**
 * Derivatives of the determinant as polynomials, also at singular matrices.
 * C_k(A; D1..Dk) is the k-th derivative of the cofactor matrix along D1..Dk; C_0 is the cofactor matrix.
 * With A = U S V' and E = U' D V, C = det(U) det(V) U C_k(S; E..) V', and for a diagonal S
 *   C_ij = sum over sets T of k + 1 indices that hold i and j of
 *          (product of the s outside T) * (signed mixed minor of the E over rows T - i and columns T - j).
 * No division occurs. Source: Jacobi's formula, applied k + 1 times; multilinearity of the determinant in its rows.
 */
import { determinantOf, factorizeLu } from "./lu.ts";
import { decomposeSvd } from "./svd.ts";

/** Sum over all ways to give each row its own matrix of the determinant of those rows at the columns. */
function mixedMinor(
  matrices: readonly Float64Array[],
  size: number,
  rows: readonly number[],
  columns: readonly number[],
): number {
  const [row, ...others] = rows;
  if (row === undefined) return 1;
  let sum = 0;
  for (let m = 0; m < matrices.length; m += 1) {
    const rest = matrices.filter((_, other) => other !== m);
    for (let c = 0; c < columns.length; c += 1) {
      const value = matrices[m]![row * size + columns[c]!]!;
      const minor = mixedMinor(
        rest,
        size,
        others,
        columns.filter((_, other) => other !== c),
      );
      sum += c % 2 === 0 ? value * minor : -value * minor;
    }
  }
  return sum;
}

/** All ascending choices of `count` out of `size` indices, by an odometer. */
function forAllSubsets(size: number, count: number, visit: (chosen: readonly number[]) => void): void {
  if (count > size) return;
  const chosen = Array.from({ length: count }, (_, k) => k);
  for (;;) {
    visit(chosen);
    let place = count - 1;
    while (place >= 0 && chosen[place] === size - count + place) place -= 1;
    if (place < 0) return;
    chosen[place]! += 1;
    for (let k = place + 1; k < count; k += 1) chosen[k] = chosen[k - 1]! + 1;
  }
}

/** C_k of the diagonal matrix of the values. */
function diagonalCase(values: Float64Array, size: number, matrices: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(size * size);
  forAllSubsets(size, matrices.length + 1, (chosen) => {
    let product = 1;
    for (let k = 0, next = 0; k < size; k += 1)
      if (chosen[next] === k) next += 1;
      else product *= values[k]!;
    if (product === 0) return;
    chosen.forEach((row, i) =>
      chosen.forEach((column, j) => {
        const minor = mixedMinor(
          matrices,
          size,
          chosen.filter((other) => other !== row),
          chosen.filter((other) => other !== column),
        );
        out[row * size + column]! += (i + j) % 2 === 0 ? product * minor : -product * minor;
      }),
    );
  });
  return out;
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1)
    for (let k = 0; k < size; k += 1) {
      const factor = a[i * size + k]!;
      for (let j = 0; j < size; j += 1) out[i * size + j]! += factor * b[k * size + j]!;
    }
  return out;
}

function transposed(a: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) for (let j = 0; j < size; j += 1) out[j * size + i] = a[i * size + j]!;
  return out;
}

/** det of an orthogonal matrix: 1 or -1. */
function orientation(q: Float64Array, size: number): number {
  const lu = q.slice();
  const pivots = new Int32Array(size);
  factorizeLu(lu, size, size, pivots);
  return determinantOf(lu, size, pivots) < 0 ? -1 : 1;
}

/**
 * The k-th derivative of the cofactor matrix of `a` along the k given matrices.
 * @param a         shape [size, size]
 * @param matrices  each of shape [size, size]
 * Cost: a singular value decomposition, and n^(k + 1) times a factor that depends on k only.
 */
export function mixedCofactor(a: Float64Array, size: number, matrices: readonly Float64Array[]): Float64Array {
  if (matrices.length >= size) return new Float64Array(size * size);
  if (a.some((value) => !Number.isFinite(value))) return new Float64Array(size * size).fill(NaN);
  const { u, values, vt } = decomposeSvd(a, size, size, false);
  const ut = transposed(u, size);
  const v = transposed(vt, size);
  const turned = matrices.map((d) => multiply(multiply(ut, d, size), v, size));
  const core = diagonalCase(values, size, turned);
  const out = multiply(multiply(u, core, size), vt, size);
  return orientation(u, size) * orientation(vt, size) < 0 ? out.map((value) => -value) : out;
}
