/**
 * Maximum transversal: a row of its own for every column, so that the permuted diagonal has no structural zero.
 * Augmenting paths by depth-first search, with a look ahead for rows that are still free.
 * Source: Duff 1981, On algorithms for obtaining a maximum transversal (MC21).
 */
import type { ColumnPattern } from "./compressed-columns.ts";

export type Transversal =
  | { readonly ok: true; readonly rowOfColumn: Int32Array }
  /** The column finds no row that others could spare: the matrix is singular whatever its values. */
  | { readonly ok: false; readonly column: number };

interface Search {
  readonly pattern: ColumnPattern;
  /** Column that a row belongs to, -1 while it is free. */
  readonly columnOfRow: Int32Array;
  /** Where the search for a free row goes on in each column. */
  readonly ahead: Int32Array;
  /** Last search that saw a column. */
  readonly seenBy: Int32Array;
}

/** The next free row of a column, -1 without one. */
function freeRow({ pattern, columnOfRow, ahead }: Search, column: number): number {
  const end = pattern.columnStart[column + 1]!;
  while (ahead[column]! < end) {
    const row = pattern.rowOf[ahead[column]!]!;
    ahead[column] = ahead[column]! + 1;
    if (columnOfRow[row] === -1) return row;
  }
  return -1;
}

/** Gives every column of the path the row by which the path left it, the last one a free row. */
function augment(search: Search, path: readonly number[], place: Int32Array, free: number): void {
  const { pattern, columnOfRow } = search;
  columnOfRow[free] = path.at(-1)!;
  for (let depth = path.length - 2; depth >= 0; depth--) {
    const column = path[depth]!;
    columnOfRow[pattern.rowOf[place[column]!]!] = column;
  }
}

/** Looks for a row for one column, moving others where they have a choice. */
function match(search: Search, first: number, place: Int32Array): boolean {
  const { pattern, columnOfRow, seenBy } = search;
  const path = [first];
  seenBy[first] = first;
  place[first] = pattern.columnStart[first]! - 1;
  while (path.length > 0) {
    const column = path.at(-1)!;
    const free = place[column] === pattern.columnStart[column]! - 1 ? freeRow(search, column) : -1;
    if (free !== -1) {
      augment(search, path, place, free);
      return true;
    }
    let following = -1;
    while (following === -1 && place[column]! + 1 < pattern.columnStart[column + 1]!) {
      place[column] = place[column]! + 1;
      const owner = columnOfRow[pattern.rowOf[place[column]!]!]!;
      if (seenBy[owner] !== first) following = owner;
    }
    if (following === -1) path.pop();
    else {
      seenBy[following] = first;
      place[following] = pattern.columnStart[following]! - 1;
      path.push(following);
    }
  }
  return false;
}

/** A row for every column of a square matrix, or the first column that finds none. */
export function maximumTransversal(pattern: ColumnPattern): Transversal {
  const { rowCount, columnCount, columnStart, rowOf } = pattern;
  const search = {
    pattern,
    columnOfRow: new Int32Array(rowCount).fill(-1),
    ahead: columnStart.slice(0, columnCount),
    seenBy: new Int32Array(columnCount).fill(-1),
  };
  // The diagonal first: it keeps symmetric patterns symmetric.
  const hasDiagonal = Uint8Array.from({ length: columnCount }, (_, column) =>
    rowOf.subarray(columnStart[column]!, columnStart[column + 1]!).includes(column) ? 1 : 0,
  );
  hasDiagonal.forEach((flag, column) => {
    if (flag === 1) search.columnOfRow[column] = column;
  });
  const place = new Int32Array(columnCount);
  for (let column = 0; column < columnCount; column++)
    if (hasDiagonal[column] === 0 && !match(search, column, place)) return { ok: false, column };
  const rowOfColumn = new Int32Array(columnCount);
  search.columnOfRow.forEach((column, row) => (rowOfColumn[column] = row));
  return { ok: true, rowOfColumn };
}
