/**
 * Pivots inside one dense front of a symmetric indefinite matrix: F = L D L' with blocks of one or two rows in D.
 * A pivot is taken when it leaves no entry of L above 1 / threshold and is more than rounding of the terms that it is
 * the sum of. Candidates that fail are tried again after each pivot; those that fail at the end stay in the remainder.
 * Source: Bunch & Kaufman 1977; tests for sparse fronts: Duff & Reid 1983, Duff 2004 (MA57).
 */

/** A front, column by column; element (i, j) with i >= j is at j * size + i. */
export interface Front {
  readonly size: number;
  /** The first rows are complete and may be pivots; entries of the others still lack terms. */
  readonly complete: number;
  /** Name of each row; rows are exchanged. */
  readonly rows: Int32Array;
  /** Afterwards L in the pivot columns and D L' in the pivot rows, above the diagonal. */
  readonly values: Float64Array;
  /** Largest size of the terms that each entry is the sum of; of no meaning afterwards in the pivots' rows and columns. */
  readonly terms: Float64Array;
}

/** D of one front: the diagonal, and what couples a pivot to the next one, 0 where both stand alone. */
export interface Pivots {
  readonly count: number;
  readonly diagonal: Float64Array;
  readonly coupling: Float64Array;
}

/** Part of the largest entry beside it that a pivot must have at least; any up to 1/2 finds a pivot in a complete front. */
const threshold = 0.1;

/**
 * An entry below this part of its largest term is rounding, whatever the scales of the rows. Errors inherited by the
 * terms do not count: what is computed is exact for a matrix that differs from the given one by such parts of terms.
 */
const roundingFraction = 64 * Number.EPSILON;

const isKnown = (value: number, terms: number): boolean =>
  Math.abs(value) > roundingFraction * terms && Math.abs(value) < Infinity;

const placeOf = (size: number, i: number, j: number): number => (i >= j ? j * size + i : i * size + j);

/** Largest size in a column, among rows from `first` on but the column itself and a second row. */
function largestBeside({ size, values }: Front, first: number, column: number, second: number): number {
  let largest = 0;
  for (let i = first; i < size; i++) {
    if (i === column || i === second) continue;
    const entry = Math.abs(values[placeOf(size, i, column)]!);
    if (entry > largest) largest = entry;
  }
  return largest;
}

/** The complete row whose entry in a column is largest, -1 when all are zero. */
function strongestPartner({ size, complete, values }: Front, first: number, column: number): number {
  let [partner, largest] = [-1, 0];
  for (let i = first; i < complete; i++) {
    const entry = Math.abs(values[placeOf(size, i, column)]!);
    if (i !== column && entry > largest) [partner, largest] = [i, entry];
  }
  return partner;
}

/** A block [[a, b], [b, c]] divided by its largest entry: the determinant of the quotient neither overflows nor vanishes. */
interface Block {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly scale: number;
  readonly determinant: number;
}

export function blockOf(first: number, coupling: number, last: number): Block {
  const scale = Math.max(Math.abs(first), Math.abs(coupling), Math.abs(last));
  const [a, b, c] = [first / scale, coupling / scale, last / scale];
  return { a, b, c, scale, determinant: a * c - b * b };
}

const blockIn = ({ size, values }: Front, i: number, j: number): Block =>
  blockOf(values[i * size + i]!, values[placeOf(size, i, j)]!, values[j * size + j]!);

/** Whether two rows together are a pivot: D^-1 times the largest entries beside them stays below 1 / threshold. */
function isPairAccepted(front: Front, first: number, i: number, j: number): boolean {
  const { size, terms } = front;
  const { a, b, c, scale, determinant } = blockIn(front, i, j);
  const [ofA, ofB, ofC] = [terms[i * size + i]!, terms[placeOf(size, i, j)]!, terms[j * size + j]!];
  const determinantTerms = (ofA * Math.abs(c) + 2 * ofB * Math.abs(b) + ofC * Math.abs(a)) / scale;
  if (!isKnown(b * scale, ofB) || !isKnown(determinant, determinantTerms)) return false;
  const [besideI, besideJ] = [largestBeside(front, first, i, j), largestBeside(front, first, j, i)];
  const limit = (Math.abs(determinant) * scale) / threshold;
  return (
    Math.abs(c) * besideI + Math.abs(b) * besideJ <= limit && Math.abs(b) * besideI + Math.abs(a) * besideJ <= limit
  );
}

/** The row that a candidate is eliminated with: itself when it is a pivot alone, -1 when it is no pivot now. */
function partnerOf(front: Front, first: number, column: number): number {
  const { size, values, terms } = front;
  const diagonal = values[column * size + column]!;
  const isAlone =
    isKnown(diagonal, terms[column * size + column]!) &&
    Math.abs(diagonal) >= threshold * largestBeside(front, first, column, column);
  if (isAlone) return column;
  const partner = strongestPartner(front, first, column);
  return partner !== -1 && isPairAccepted(front, first, column, partner) ? partner : -1;
}

function exchange(entries: Float64Array | Int32Array, at: number, other: number): void {
  const kept = entries[at]!;
  entries[at] = entries[other]!;
  entries[other] = kept;
}

/** Exchanges rows i <= j and the columns of the same names. */
function exchangeRows({ size, rows, values, terms }: Front, i: number, j: number): void {
  if (i === j) return;
  exchange(rows, i, j);
  for (const entries of [values, terms]) {
    for (let k = 0; k < i; k++) {
      exchange(entries, k * size + i, k * size + j);
      exchange(entries, i * size + k, j * size + k);
    }
    for (let k = i + 1; k < j; k++) exchange(entries, i * size + k, k * size + j);
    exchange(entries, i * size + i, j * size + j);
    for (let k = j + 1; k < size; k++) exchange(entries, i * size + k, j * size + k);
  }
}

/** Divides the column of a pivot by it; the column itself, which is D L', goes to the row above the diagonal. */
function divideByOne({ size, values }: Front, k: number): void {
  const pivot = values[k * size + k]!;
  for (let i = k + 1; i < size; i++) {
    const at = k * size + i;
    values[i * size + k] = values[at]!;
    values[at] = values[at]! / pivot;
  }
}

/** The same for a pivot of rows k and k + 1. */
function divideByTwo(front: Front, k: number): void {
  const { size, values } = front;
  const { a, b, c, scale, determinant } = blockIn(front, k, k + 1);
  const divisor = scale * determinant;
  for (let i = k + 2; i < size; i++) {
    const [one, two] = [k * size + i, (k + 1) * size + i];
    const [x, y] = [values[one]!, values[two]!];
    values[i * size + k] = x;
    values[i * size + k + 1] = y;
    values[one] = (c * x - b * y) / divisor;
    values[two] = (a * y - b * x) / divisor;
  }
}

/** Subtracts L (D L') of the pivots from .. to - 1 from the columns start .. end - 1. */
function subtract(front: Front, [from, to]: readonly [number, number], [start, end]: readonly [number, number]): void {
  const { size, values, terms } = front;
  for (let j = start; j < end; j++) {
    const own = j * size;
    for (let k = from; k < to; k++) {
      const factor = values[own + k]!;
      if (factor === 0) continue;
      const shift = k * size - own;
      for (let at = own + j; at < own + size; at++) {
        const term = values[at + shift]! * factor;
        values[at] = values[at]! - term;
        const length = Math.abs(term);
        if (length > terms[at]!) terms[at] = length;
      }
    }
  }
}

/**
 * Eliminates all complete rows that are pivots, in place. Pivots come first afterwards, then the complete rows that are
 * none, then the others; the square of the latter two is what the pivots leave of it.
 * Cost: size^2 pivots, twice, since the terms are summed with the entries.
 */
export function eliminateFront(front: Front): Pivots {
  const { size, complete, values } = front;
  const [diagonal, coupling] = [new Float64Array(complete), new Float64Array(complete)];
  let [first, column, refused] = [0, 0, 0];
  while (refused < complete - first) {
    if (column >= complete) column = first;
    const partner = partnerOf(front, first, column);
    if (partner === -1) {
      refused++;
      column++;
      continue;
    }
    const width = partner === column ? 1 : 2;
    exchangeRows(front, first, column);
    // The exchange may have moved the partner.
    if (width === 2) exchangeRows(front, first + 1, partner === first ? column : partner);
    diagonal[first] = values[first * size + first]!;
    if (width === 1) divideByOne(front, first);
    else {
      diagonal[first + 1] = values[(first + 1) * (size + 1)]!;
      coupling[first] = values[first * size + first + 1]!;
      divideByTwo(front, first);
    }
    // Candidates have to be up to date before they are judged; the other columns wait for all pivots at once.
    subtract(front, [first, first + width], [first + width, complete]);
    first += width;
    refused = 0;
    column = Math.max(column + 1, first);
  }
  subtract(front, [0, first], [complete, size]);
  return { count: first, diagonal: diagonal.slice(0, first), coupling: coupling.slice(0, first) };
}

/** The row of the largest entry that is left beside `first` pivots, and that entry relative to its terms. */
export function largestRemainder(
  { size, rows, values, terms }: Front,
  first: number,
): { readonly row: number; readonly remainder: number } {
  let best = first * (size + 1);
  for (let j = first; j < size; j++)
    for (let at = j * (size + 1); at < (j + 1) * size; at++)
      if (Math.abs(values[at]!) > Math.abs(values[best]!)) best = at;
  const remainder = values[best] === 0 ? 0 : Math.abs(values[best]!) / terms[best]!;
  return { row: rows[Math.floor(best / size)]!, remainder };
}
