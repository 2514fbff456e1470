/** Minimizer of a small strictly convex quadratic in a box, by trying every set of active bounds. */

/** Gaussian elimination with pivoting. */
const solved = (a: readonly (readonly number[])[], b: readonly number[]): number[] => {
  const n = b.length;
  const rows = a.map((row, i) => [...row, b[i]!]);
  for (let k = 0; k < n; k++) {
    const pivot = rows.reduce(
      (best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best),
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      rows[i] = rows[i]!.map((x, j) => x - factor * rows[k]![j]!);
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--)
    x[k] = (rows[k]![n]! - x.reduce((sum, value, j) => (j > k ? sum + rows[k]![j]! * value : sum), 0)) / rows[k]![k]!;
  return x;
};

/** How far a point is from x.A x / 2 - b.x's optimality conditions in the box: |P(x - g) - x|. */
const violation = (a: number[][], b: number[], x: number[], lower: number, upper: number): number =>
  Math.max(
    ...x.map((value, i) => {
      const g = a[i]!.reduce((sum, entry, k) => sum + entry * x[k]!, -b[i]!);
      return Math.abs(Math.min(Math.max(value - g, lower), upper) - value);
    }),
  );

/** The point of least violation among those where each variable is free or at a bound. */
export const boxMinimizer = (a: number[][], b: number[], lower: number, upper: number): number[] => {
  const n = b.length;
  let best: number[] = [];
  let least = Infinity;
  for (let choice = 0; choice < 3 ** n; choice++) {
    const kinds = b.map((_, i) => Math.floor(choice / 3 ** i) % 3);
    const rows = a.map((row, i) => (kinds[i] === 0 ? row : row.map((_, k) => (i === k ? 1 : 0))));
    const x = solved(
      rows,
      b.map((value, i) => [value, lower, upper][kinds[i]!]!),
    ).map((value) => Math.min(Math.max(value, lower), upper));
    const own = violation(a, b, x, lower, upper);
    if (own < least) [best, least] = [x, own];
  }
  return best;
};
