/**
 * How much a matrix magnifies relative errors of its entries: the largest row sum of |A^-1| |A|, estimated by one solve
 * where that is harmless, by three where it is not.
 * Scaling rows does not change it; columns are taken in units that suit the matrix, in doubt in the best that are found,
 * so a change of units raises no alarm where it costs no digits of the solution.
 * With such scales w, W = diag(w) and G = diag(|A| w) it is the largest row sum of W^-1 |A^-1| G.
 * Source: Skeel 1979; Hager 1984, Condition estimates; Higham 2002, Accuracy and stability of numerical algorithms, 15.
 */
import type { ColumnPattern } from "./compressed-columns.ts";
import { balancingScales } from "./row-scales.ts";

export interface CompressedMatrix {
  readonly pattern: ColumnPattern;
  /** Entries in the slots of the pattern. */
  readonly values: Float64Array;
}

/** Overwrites a right-hand side with its solution. */
type Solve = (rhs: Float64Array, isTransposed: boolean) => void;

/** Scales by which the columns of a matrix with rows divided by their largest entries have the largest entry 1. */
export function columnUnits({ pattern, values }: CompressedMatrix): Float64Array {
  const { columnStart, rowOf, rowCount, columnCount } = pattern;
  const largest = new Float64Array(rowCount);
  for (let at = 0; at < values.length; at++) {
    const size = Math.abs(values[at]!);
    if (size > largest[rowOf[at]!]!) largest[rowOf[at]!] = size;
  }
  const w = new Float64Array(columnCount);
  for (let j = 0; j < columnCount; j++) {
    let size = 0;
    for (let at = columnStart[j]!; at < columnStart[j + 1]!; at++)
      if (values[at] !== 0) size = Math.max(size, Math.abs(values[at]!) / largest[rowOf[at]!]!);
    w[j] = 1 / size;
  }
  return w;
}

/** |A| w. */
function absoluteProduct({ pattern, values }: CompressedMatrix, w: Float64Array): Float64Array {
  const { columnStart, rowOf, rowCount, columnCount } = pattern;
  const out = new Float64Array(rowCount);
  for (let j = 0; j < columnCount; j++)
    for (let at = columnStart[j]!; at < columnStart[j + 1]!; at++)
      out[rowOf[at]!] = out[rowOf[at]!]! + Math.abs(values[at]!) * w[j]!;
  return out;
}

/** Fixed numbers from -1 to 1 without a pattern, since one that the matrix shares could hide what is nearly singular. */
const unrelated = (count: number): Float64Array =>
  Float64Array.from(
    { length: count },
    (_, k) => Math.imul(Math.imul(k + 1, 0x9e3779b1) ^ 0x5bd1e995, 0x85ebca6b) / 2 ** 31,
  );

const absoluteLargest = (x: Float64Array): number => {
  let size = 0;
  for (let k = 0; k < x.length; k++) size = Math.max(size, Math.abs(x[k]!));
  return size;
};

/** Place of the entry of largest size; NaN counts as the largest. */
function largestAt(x: Float64Array): number {
  let found = 0;
  for (let k = 0; k < x.length; k++) if (!(Math.abs(x[k]!) <= Math.abs(x[found]!))) found = k;
  return found;
}

const timesInto = (x: Float64Array, factors: Float64Array): void => {
  for (let k = 0; k < x.length; k++) x[k] = x[k]! * factors[k]!;
};

/** The problem with columns in the units `w`. */
interface Scaled {
  readonly w: Float64Array;
  /** |A| w. */
  readonly rowSums: Float64Array;
  readonly solve: Solve;
}

/** Sizes of A^-1 G x for x of entries below 1 without a pattern: a part of |A^-1| |A| w, seldom a small one. */
function probe({ rowSums, solve }: Scaled): Float64Array {
  const x = unrelated(rowSums.length);
  timesInto(x, rowSums);
  solve(x, false);
  return x.map(Math.abs);
}

/**
 * Times the number of columns, a probe that says no more than this ends the search: it falls short of the largest entry of
 * W^-1 |A^-1| G by a factor of f with a chance of 1 / f, so that beyond 1e12 one in a thousand is missed at most.
 */
const harmless = 1e9;

/** Largest row sum of W^-1 |A^-1| G, given a probe; the probe itself where that is harmless. */
function largestRowSum({ w, rowSums, solve }: Scaled, probed: Float64Array): number {
  const relative = probed.map((size, j) => size / w[j]!);
  const worst = largestAt(relative);
  if (relative[worst]! * w.length < harmless) return relative[worst]!;
  // All of that row, by a solve with the transposed matrix.
  const row = new Float64Array(w.length);
  row[worst] = 1 / w[worst]!;
  solve(row, true);
  timesInto(row, rowSums);
  const sum = row.reduce((total, entry) => total + Math.abs(entry), 0);
  // The signs of that row show whether another one has a larger sum.
  const signs = row.map((entry, k) => (entry < 0 ? -rowSums[k]! : rowSums[k]!));
  solve(signs, false);
  const sizes = signs.map((entry, j) => entry / w[j]!);
  const estimate = Math.max(sum, Math.abs(sizes[largestAt(sizes)]!));
  return Number.isNaN(estimate) ? Infinity : estimate;
}

/** Larger estimates are looked at with other scales. */
const doubtful = 1e10;

const attempts = 4;

/**
 * Largest row sum of |A^-1| |A|, estimated from below: seldom by more than a factor of ten where it is large, where it is
 * not by what a single solve tells. Infinity where solutions overflow, 0 for an empty matrix.
 * A matrix can be balanced in more than one way, and the worse ones look nearly singular. The best scales are the entries
 * of the dominant eigenvector of |A^-1| |A| (Bauer 1963), which every probe comes nearer to: steps of its power iteration.
 * @param matrix  square and regular, all entries finite
 * @param solve   with the factor of this matrix
 */
export function conditionOf(matrix: CompressedMatrix, solve: Solve): number {
  if (matrix.pattern.columnCount === 0) return 0;
  // Sums of the largest numbers would overflow.
  const unit = absoluteLargest(matrix.values) > 2 ** 960 ? 2 ** -60 : 1;
  let w = columnUnits(matrix).map((size) => unit * size);
  let best = Infinity;
  for (let attempt = 0; attempt < attempts && !(best < doubtful); attempt++) {
    if (attempt === 1) w = balancingScales(matrix.pattern, matrix.values).column.map((scale) => unit / scale);
    const scaled = { w, rowSums: absoluteProduct(matrix, w), solve };
    const probed = probe(scaled);
    best = Math.min(best, largestRowSum(scaled, probed));
    // |A^-1| |A| is at least the unit matrix.
    if (attempt > 0) w = w.map((size, j) => Math.max(size, Math.min(probed[j]!, 2 ** 960)));
  }
  return best;
}
