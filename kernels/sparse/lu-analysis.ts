/**
 * What sparse LU knows before it sees values: a row for every column, and two orders of elimination.
 * Pivots on the matched diagonal make the least fill when A + A' is ordered, any other pivots can make it explode; the
 * order of A'A bounds the fill whatever the pivots are. Which one is taken depends on the values of one matrix only.
 * Source: George & Ng 1985, An implementation of Gaussian elimination with partial pivoting for sparse systems.
 */
import { adjacencyOf, columnOfEntries } from "./compressed-columns.ts";
import type { ColumnPattern } from "./compressed-columns.ts";
import { threshold } from "./lu-pivot.ts";
import { minimumDegree, minimumDegreeOfCliques } from "./minimum-degree.ts";
import { maximumTransversal } from "./transversal.ts";

/** What depends on the places of the entries only. */
export interface LuAnalysis {
  readonly pattern: ColumnPattern;
  /** Row that the transversal gives to each column. */
  readonly rowOfColumn: Int32Array;
  /** order[k] = column eliminated k-th, for pivots on the matched diagonal. */
  readonly diagonalOrder: Int32Array;
  /** The same for pivots anywhere, made when first asked for. */
  readonly anyOrder: () => Int32Array;
}

/** Part of the columns whose matched entry may be too small for a pivot before the other order is taken. */
const weakFraction = 0.05;

/** Rows of every column's entries turned into rows' columns: the cliques of A'A. */
function columnsOfRows(pattern: ColumnPattern): { readonly start: Int32Array; readonly members: Int32Array } {
  const columns = columnOfEntries(pattern);
  const start = new Int32Array(pattern.rowCount + 1);
  for (const row of pattern.rowOf) start[row + 1] = start[row + 1]! + 1;
  for (let i = 0; i < pattern.rowCount; i++) start[i + 1] = start[i + 1]! + start[i]!;
  const next = start.slice();
  const members = new Int32Array(columns.length);
  for (let at = 0; at < columns.length; at++) {
    const row = pattern.rowOf[at]!;
    members[next[row]!] = columns[at]!;
    next[row] = next[row]! + 1;
  }
  return { start, members };
}

/** Matches rows to columns and orders the columns; a column without a row of its own is refused. */
export function analyzeLu(
  pattern: ColumnPattern,
): { readonly ok: true; readonly analysis: LuAnalysis } | { readonly ok: false; readonly column: number } {
  const transversal = maximumTransversal(pattern);
  if (!transversal.ok) return transversal;
  const { rowOfColumn } = transversal;
  const columnOfRow = new Int32Array(pattern.rowCount);
  for (let column = 0; column < rowOfColumn.length; column++) columnOfRow[rowOfColumn[column]!] = column;
  const rowsAsColumns = pattern.rowOf.map((row) => columnOfRow[row]!);
  const diagonalOrder = minimumDegree(adjacencyOf(rowsAsColumns, columnOfEntries(pattern), pattern.columnCount));
  let made: Int32Array | undefined;
  const anyOrder = (): Int32Array => (made ??= minimumDegreeOfCliques(columnsOfRows(pattern), pattern.columnCount));
  return { ok: true, analysis: { pattern, rowOfColumn, diagonalOrder, anyOrder } };
}

/** The order for these values: that of the matched diagonal unless many of its entries are small in their columns. */
export function orderFor(
  { pattern, rowOfColumn, diagonalOrder, anyOrder }: LuAnalysis,
  scaled: Float64Array,
): Int32Array {
  const { columnStart, rowOf, columnCount } = pattern;
  let weak = 0;
  for (let column = 0; column < columnCount; column++) {
    let [matched, largest] = [0, 0];
    for (let at = columnStart[column]!; at < columnStart[column + 1]!; at++) {
      const size = Math.abs(scaled[at]!);
      if (rowOf[at] === rowOfColumn[column]) matched = size;
      if (size > largest) largest = size;
    }
    if (matched < threshold * largest) weak++;
  }
  return weak > weakFraction * columnCount ? anyOrder() : diagonalOrder;
}

/** Entries divided by the scale of their row. */
export function scaledValues({ rowOf }: ColumnPattern, values: Float64Array, rowScale: Float64Array): Float64Array {
  const scaled = new Float64Array(values.length);
  for (let at = 0; at < values.length; at++) scaled[at] = values[at]! / rowScale[rowOf[at]!]!;
  return scaled;
}
