/**
 * Sparse matrices in compressed columns, from lists of rows and columns in which places may repeat.
 * Entries at one place share one slot, so assembling values is a weighted sum into slots.
 * Source: Davis 2006, Direct methods for sparse linear systems, chapter 2.
 */

/** Places of the entries: column by column, rows ascending, none twice. */
export interface ColumnPattern {
  readonly rowCount: number;
  readonly columnCount: number;
  /** Entries of column j are columnStart[j] .. columnStart[j + 1] - 1. */
  readonly columnStart: Int32Array;
  readonly rowOf: Int32Array;
}

export interface Compression {
  readonly pattern: ColumnPattern;
  /** Slot of every given entry among the compressed ones. */
  readonly slot: Int32Array;
}

/** Positions sorted by key, equal keys in the order in which they were given. */
function sortByKey(order: Int32Array, key: Int32Array, keyCount: number): Int32Array {
  const next = new Int32Array(keyCount + 1);
  for (const k of key) next[k + 1] = next[k + 1]! + 1;
  for (let k = 0; k < keyCount; k++) next[k + 1] = next[k + 1]! + next[k]!;
  const sorted = new Int32Array(order.length);
  for (const entry of order) {
    const k = key[entry]!;
    sorted[next[k]!] = entry;
    next[k] = next[k]! + 1;
  }
  return sorted;
}

/**
 * Compresses lists of rows and columns, which must lie inside the matrix.
 * Cost: linear in the number of entries, rows and columns.
 */
export function compress(rows: Int32Array, columns: Int32Array, rowCount: number, columnCount: number): Compression {
  const given = new Int32Array(rows.length);
  for (let entry = 0; entry < given.length; entry++) given[entry] = entry;
  const sorted = sortByKey(sortByKey(given, rows, rowCount), columns, columnCount);
  const slot = new Int32Array(rows.length);
  const rowOf = new Int32Array(rows.length);
  const columnStart = new Int32Array(columnCount + 1);
  let count = 0;
  let previous = -1;
  for (const entry of sorted) {
    const isNew = previous < 0 || rows[previous] !== rows[entry] || columns[previous] !== columns[entry];
    if (isNew) {
      rowOf[count++] = rows[entry]!;
      columnStart[columns[entry]! + 1] = columnStart[columns[entry]! + 1]! + 1;
    }
    slot[entry] = count - 1;
    previous = entry;
  }
  for (let j = 0; j < columnCount; j++) columnStart[j + 1] = columnStart[j + 1]! + columnStart[j]!;
  return { pattern: { rowCount, columnCount, columnStart, rowOf: rowOf.slice(0, count) }, slot };
}

/** Neighbours of every vertex of an undirected graph, ascending, none twice, loops left out. */
export interface Adjacency {
  readonly start: Int32Array;
  readonly neighbour: Int32Array;
}

/** The graph with an edge for every pair (one[k], other[k]). */
export function adjacencyOf(one: Int32Array, other: Int32Array, vertexCount: number): Adjacency {
  const [from, to] = [new Int32Array(2 * one.length), new Int32Array(2 * one.length)];
  let count = 0;
  for (let k = 0; k < one.length; k++) {
    if (one[k] === other[k]) continue;
    from[count] = to[count + 1] = one[k]!;
    to[count] = from[count + 1] = other[k]!;
    count += 2;
  }
  const { pattern } = compress(to.subarray(0, count), from.subarray(0, count), vertexCount, vertexCount);
  return { start: pattern.columnStart, neighbour: pattern.rowOf };
}

/** Column of every entry. */
export function columnOfEntries({ columnStart, rowOf, columnCount }: ColumnPattern): Int32Array {
  const columns = new Int32Array(rowOf.length);
  for (let j = 0; j < columnCount; j++) columns.fill(j, columnStart[j]!, columnStart[j + 1]!);
  return columns;
}
