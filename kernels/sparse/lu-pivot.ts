/**
 * Pivots of sparse LU: the matched entry unless it is below a tenth of the largest entry of its column, then the latter;
 * never one that is rounding. An entry is rounding when it is negligible beside the largest term that it is the sum of:
 * what is computed is exact for a matrix that differs from the given one by such parts of terms, so a column of rounding
 * is zero in a matrix next to the given one, and a column that is not gets its pivot however small it is.
 * Source: Wilkinson 1961, Error analysis of direct methods of matrix inversion (backward errors).
 */

/** Columns of L or U while they are computed: entries of column k are those from start[k] on. */
interface PlacedColumns {
  readonly start: Int32Array;
  /** Row in L, step in U. */
  readonly place: Int32Array;
  readonly value: Float64Array;
}

/** A column after L x = a_j was solved: what is left of it and where that comes from. */
export interface OpenColumn {
  /** By row. */
  readonly x: Float64Array;
  /** Largest term of every entry; zeros between calls. */
  readonly peak: Float64Array;
  /** Rows that can be the pivot. */
  readonly candidates: Int32Array;
  candidateCount: number;
  readonly lower: PlacedColumns;
  readonly upper: PlacedColumns;
  /** Entries of this column of U: from .. to - 1. */
  upperFrom: number;
  upperTo: number;
  /** Entries of a_j: from .. to - 1 of the scaled matrix. */
  readonly rowOf: Int32Array;
  readonly scaled: Float64Array;
  from: number;
  to: number;
  /** Largest size of an entry of L so far. */
  largestLower: number;
}

/** The matched entry is the pivot when it has at least this part of the largest. */
export const threshold = 0.1;

/** An entry below this part of its largest term is rounding. */
const roundingFraction = 64 * Number.EPSILON;

/** Size of an entry; one that is not finite is no pivot. */
const finiteSize = (entry: number): number => {
  const size = Math.abs(entry);
  return size < Infinity ? size : 0;
};

/** No term of the column is larger. */
function largestTerm({ upper, upperFrom, upperTo, scaled, from, to, largestLower }: OpenColumn): number {
  let [given, above] = [0, 0];
  for (let at = from; at < to; at++) given = Math.max(given, Math.abs(scaled[at]!));
  const { value } = upper;
  for (let t = upperFrom; t < upperTo; t++) {
    const size = Math.abs(value[t]!);
    if (size > above) above = size;
  }
  return Math.max(given, above * largestLower);
}

/** Largest term of every candidate. */
function findPeaks({ peak, lower, upper, upperFrom, upperTo, rowOf, scaled, from, to }: OpenColumn): void {
  for (let at = from; at < to; at++) peak[rowOf[at]!] = Math.abs(scaled[at]!);
  for (let t = upperFrom; t < upperTo; t++) {
    const step = upper.place[t]!;
    for (let at = lower.start[step]!; at < lower.start[step + 1]!; at++) {
      const term = Math.abs(lower.value[at]! * upper.value[t]!);
      if (term > peak[lower.place[at]!]!) peak[lower.place[at]!] = term;
    }
  }
}

function clearPeaks({ peak, candidates, candidateCount }: OpenColumn): void {
  for (let k = 0; k < candidateCount; k++) peak[candidates[k]!] = 0;
}

/** The preferred row if it is large enough, else the largest, ties by row; -1 when all are zero. */
function strongest({ x, peak, candidates, candidateCount }: OpenColumn, preferred: number): number {
  let [best, bestSize, preferredSize] = [-1, 0, 0];
  for (let k = 0; k < candidateCount; k++) {
    const row = candidates[k]!;
    let size = finiteSize(x[row]!);
    if (size <= roundingFraction * peak[row]!) size = 0;
    if (row === preferred) preferredSize = size;
    if (size > bestSize || (size === bestSize && best !== -1 && row < best)) {
      best = row;
      bestSize = size;
    }
  }
  return best !== -1 && preferredSize >= threshold * bestSize ? preferred : best;
}

/** The row to be eliminated with a column, -1 when only rounding is left of it. */
export function choosePivot(open: OpenColumn, preferred: number): number {
  const row = strongest(open, preferred);
  // Whatever has a tenth of an entry that is well above all terms is no rounding either.
  if (row !== -1 && threshold * Math.abs(open.x[row]!) > (roundingFraction / threshold) * largestTerm(open)) return row;
  findPeaks(open);
  const known = strongest(open, preferred);
  clearPeaks(open);
  return known;
}

/** The entry that survives best, relative to its largest term. */
export function bestRemainder(open: OpenColumn): number {
  findPeaks(open);
  let best = 0;
  for (let k = 0; k < open.candidateCount; k++) {
    const row = open.candidates[k]!;
    if (open.peak[row]! > 0) best = Math.max(best, Math.abs(open.x[row]!) / open.peak[row]!);
  }
  clearPeaks(open);
  return best;
}
