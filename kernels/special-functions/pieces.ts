/**
 * Piecewise polynomials on a grid of equal cells, what the tables of coefficients.ts are read with.
 * The cell's variable is exact where `perUnit` is a power of two, so the error is that of one Horner scheme.
 */

export interface Pieces {
  /** Left end of the first piece. */
  readonly low: number;
  /** Pieces per unit of x: the reciprocal of their width. */
  readonly perUnit: number;
  /** Coefficients of every piece in t, from -1/2 at its left end to 1/2; lowest power first. */
  readonly rows: readonly (readonly number[])[];
}

/** The sum of coefficients[k] t^k. */
export function polynomial(coefficients: readonly number[], t: number): number {
  let sum = coefficients[coefficients.length - 1]!;
  for (let k = coefficients.length - 2; k >= 0; k -= 1) sum = sum * t + coefficients[k]!;
  return sum;
}

/** The value at x, which lies on one of the pieces, at the right end of the last, or is NaN. */
export function atPieces({ low, perUnit, rows }: Pieces, x: number): number {
  if (x !== x) return x;
  const position = (x - low) * perUnit;
  const piece = Math.min(Math.floor(position), rows.length - 1);
  return polynomial(rows[piece]!, position - piece - 0.5);
}
