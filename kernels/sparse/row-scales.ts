/**
 * Powers of two by which the rows of a sparse matrix are divided before pivots are compared: scaling by them is exact.
 * Rows and columns are balanced together, since the scale of a column must not make its rows look large.
 * Source: Ruiz 2001, A scaling algorithm to equilibrate both rows and columns norms in matrices; here in logarithms.
 */
import { columnOfEntries } from "./compressed-columns.ts";
import type { ColumnPattern } from "./compressed-columns.ts";

/** Binary exponents of the entries: 2^e <= |x| < 2^(e + 1); -1023 for zeros and subnormal numbers. */
function exponentsOf(values: Float64Array): Int32Array {
  const words = new DataView(values.buffer, values.byteOffset, values.byteLength);
  // Of the eight bytes, the two that hold sign and exponent.
  const top = new Uint8Array(Float64Array.of(-2).buffer)[7] === 0xc0 ? 6 : 0;
  return Int32Array.from(values, (_, at) => ((words.getUint16(8 * at + top, top === 6) >> 4) & 0x7ff) - 1023);
}

const balancingPasses = 8;

const powersOfTwo = (exponents: Float64Array): Float64Array =>
  exponents.map((exponent) => 2 ** Math.max(-1000, Math.min(1000, Math.round(exponent))));

/** Powers of two for every row and column: divided by both, the largest entry of each is about 1. */
export function balancingScales(
  pattern: ColumnPattern,
  values: Float64Array,
): Readonly<Record<"row" | "column", Float64Array>> {
  const { rowOf, rowCount, columnCount } = pattern;
  const columnOf = columnOfEntries(pattern);
  const exponents = exponentsOf(values);
  const [row, column] = [new Float64Array(rowCount), new Float64Array(columnCount)];
  for (let pass = 0; pass < balancingPasses; pass++) {
    const ofRow = new Float64Array(rowCount).fill(-Infinity);
    const ofColumn = new Float64Array(columnCount).fill(-Infinity);
    for (let at = 0; at < exponents.length; at++) {
      if (values[at] === 0) continue;
      const [i, j] = [rowOf[at]!, columnOf[at]!];
      const left = exponents[at]! - row[i]! - column[j]!;
      ofRow[i] = Math.max(ofRow[i]!, left);
      ofColumn[j] = Math.max(ofColumn[j]!, left);
    }
    for (let i = 0; i < rowCount; i++) if (ofRow[i]! > -Infinity) row[i] = row[i]! + ofRow[i]! / 2;
    for (let j = 0; j < columnCount; j++) if (ofColumn[j]! > -Infinity) column[j] = column[j]! + ofColumn[j]! / 2;
  }
  return { row: powersOfTwo(row), column: powersOfTwo(column) };
}

/** Those of the rows alone. */
export const rowScales = (pattern: ColumnPattern, values: Float64Array): Float64Array =>
  balancingScales(pattern, values).row;
