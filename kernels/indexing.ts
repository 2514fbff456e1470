/**
 * Indexing kernels: gather, scatter-add, -set, -mul, -max and -min of whole rows at indices given as an array.
 * An operand is seen as [batch, ...extents, rest], the indices as [batch, rows, extents.length], the
 * gathered values as [batch, rows, rest]. Indices count from 0; what is out of range is -1 once resolved.
 */
import type { NumericArray } from "./numeric-array.ts";
import { elementCount, isIntegerBuffer } from "./numeric-array.ts";

/** What an index outside [0, extent) means: the nearest one, the one modulo the extent, or none. */
export type OutOfRange = "clip" | "wrap" | "none";

export type IndexGeometry = {
  readonly batch: number;
  /** lengths of the indexed axes */
  readonly extents: readonly number[];
  /** index tuples per batch element */
  readonly rows: number;
  /** contiguous elements that one index tuple selects */
  readonly rest: number;
};

/** The index inside [0, extent), or -1. An axis of length 0 has no index at all. */
function resolve(index: number, extent: number, outOfRange: OutOfRange): number {
  if (index >= 0 && index < extent) return index;
  if (outOfRange === "none" || extent === 0) return -1;
  if (outOfRange === "clip") return index < 0 ? 0 : extent - 1;
  return ((index % extent) + extent) % extent;
}

/**
 * Row of the operand, counted in blocks of `rest` elements, for every index tuple.
 * @param indices  shape [batch, rows, extents.length]
 * @returns        shape [batch, rows]; -1 where the tuple is out of range
 */
export function resolveRows(indices: NumericArray, geometry: IndexGeometry, outOfRange: OutOfRange): Int32Array {
  const { batch, extents, rows } = geometry;
  const perBatch = elementCount(extents);
  const resolved = new Int32Array(batch * rows);
  let from = 0;
  for (let row = 0; row < resolved.length; row += 1) {
    let flat = 0;
    for (const extent of extents) {
      const index = resolve(indices[from++]!, extent, outOfRange);
      flat = index < 0 || flat < 0 ? -1 : flat * extent + index;
    }
    resolved[row] = flat < 0 ? -1 : Math.floor(row / rows) * perBatch + flat;
  }
  return resolved;
}

/**
 * The selected rows; `fill` where there is none.
 * @param rows  from `resolveRows`
 * @param out   shape [rows.length, rest]
 */
export function gatherRows(
  source: NumericArray,
  rows: Int32Array,
  rest: number,
  fill: number,
  out: NumericArray,
): void {
  for (let row = 0, to = 0; row < rows.length; row += 1, to += rest) {
    const from = rows[row]! * rest;
    if (from < 0) out.fill(fill, to, to + rest);
    else for (let k = 0; k < rest; k += 1) out[to + k] = source[from + k]!;
  }
}

/** out[rows[k]] += updates[k] one after the other, each sum rounded to the element type; -1 is skipped. */
export function scatterAddRows(out: NumericArray, rows: Int32Array, rest: number, updates: NumericArray): void {
  for (let row = 0, from = 0; row < rows.length; row += 1, from += rest) {
    const to = rows[row]! * rest;
    if (to >= 0) for (let k = 0; k < rest; k += 1) out[to + k]! += updates[from + k]!;
  }
}

/** out[rows[k]] *= updates[k] one after the other, integers modulo 2^32; -1 is skipped. */
export function scatterMulRows(out: NumericArray, rows: Int32Array, rest: number, updates: NumericArray): void {
  const multiply = isIntegerBuffer(out) ? Math.imul : (x: number, y: number): number => x * y;
  for (let row = 0, from = 0; row < rows.length; row += 1, from += rest) {
    const to = rows[row]! * rest;
    if (to >= 0) for (let k = 0; k < rest; k += 1) out[to + k] = multiply(out[to + k]!, updates[from + k]!);
  }
}

/** out[rows[k]] = max(out[rows[k]], updates[k]) one after the other, NaN wins, 0 above -0; -1 is skipped. */
export function scatterMaxRows(out: NumericArray, rows: Int32Array, rest: number, updates: NumericArray): void {
  for (let row = 0, from = 0; row < rows.length; row += 1, from += rest) {
    const to = rows[row]! * rest;
    if (to >= 0) for (let k = 0; k < rest; k += 1) out[to + k] = Math.max(out[to + k]!, updates[from + k]!);
  }
}

/** out[rows[k]] = min(out[rows[k]], updates[k]) one after the other, NaN wins, -0 below 0; -1 is skipped. */
export function scatterMinRows(out: NumericArray, rows: Int32Array, rest: number, updates: NumericArray): void {
  for (let row = 0, from = 0; row < rows.length; row += 1, from += rest) {
    const to = rows[row]! * rest;
    if (to >= 0) for (let k = 0; k < rest; k += 1) out[to + k] = Math.min(out[to + k]!, updates[from + k]!);
  }
}

/** Whether no place in range is named twice. */
export function isUnique(rows: Int32Array): boolean {
  const inRange = rows.filter((row) => row >= 0);
  return new Set(inRange).size === inRange.length;
}

/** out[rows[k]] = updates[k] one after the other, so that the last of several wins; -1 is skipped. */
export function scatterSetRows(out: NumericArray, rows: Int32Array, rest: number, updates: NumericArray): void {
  for (let row = 0, from = 0; row < rows.length; row += 1, from += rest) {
    const to = rows[row]! * rest;
    if (to >= 0) for (let k = 0; k < rest; k += 1) out[to + k] = updates[from + k]!;
  }
}

/**
 * Index tuples of the writes that last: the others, overwritten later or out of range, become -1.
 * @param resolved  from `resolveRows`
 * @param out       shape [batch, rows, extents.length]
 */
export function lastWrites(resolved: Int32Array, { batch, extents, rows }: IndexGeometry, out: NumericArray): void {
  const written = new Uint8Array(batch * elementCount(extents));
  const perBatch = elementCount(extents);
  out.fill(-1);
  for (let row = resolved.length - 1; row >= 0; row -= 1) {
    const place = resolved[row]!;
    if (place < 0 || written[place] === 1) continue;
    written[place] = 1;
    let flat = place - Math.floor(row / rows) * perBatch;
    for (let axis = extents.length - 1; axis >= 0; axis -= 1) {
      const extent = extents[axis]!;
      out[row * extents.length + axis] = flat % extent;
      flat = Math.floor(flat / extent);
    }
  }
}
