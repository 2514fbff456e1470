/**
 * Storage of arrays: typed arrays that the garbage collector frees.
 */
import { TooLarge } from "../error.ts";
import type { DType, OwnTypedArray, TypedArray } from "./dtype.ts";
import { itemSize } from "./dtype.ts";

/** Elements an array may have before `TooLarge` is thrown; `configure({ maxElements })` moves it. */
let elementLimit = 2 ** 31;

export const maxElements = (): number => elementLimit;

export const setMaxElements = (limit: number): void => {
  elementLimit = limit;
};

/** Refuses more elements than the limit, before anything is allocated. */
export const requireStorable = (dtype: DType, length: number): void => {
  if (length > elementLimit)
    throw new TooLarge(
      "storage for an array",
      `${length} elements of ${dtype}, the limit is ${elementLimit}`,
      "Work in parts, or raise the limit with configure({ maxElements })",
    );
};

/** Bytes up to which an engine keeps elements in its own heap, and up to which arrays share blocks. */
const [inHeap, longestShared] = [64, 256];
/** Bytes of a block, all of which live as long as one array in it. */
const blockBytes = 1024;
let block = new ArrayBuffer(blockBytes);
let used = 0;

/** Offset of so many unused bytes in `block`: each part is given out once, hence zeroed. */
const takeShared = (bytes: number): number => {
  if (used + bytes > blockBytes) {
    block = new ArrayBuffer(blockBytes);
    used = 0;
  }
  const offset = used;
  used += (bytes + 7) & -8;
  return offset;
};

const viewOf = (dtype: DType, buffer: ArrayBuffer, offset: number, length: number): TypedArray => {
  switch (dtype) {
    case "float64":
      return new Float64Array(buffer, offset, length);
    case "float32":
      return new Float32Array(buffer, offset, length);
    case "int32":
      return new Int32Array(buffer, offset, length);
    case "uint32":
      return new Uint32Array(buffer, offset, length);
    case "bool":
      return new Uint8Array(buffer, offset, length);
  }
};

/** Bytes from which on a storage is long, and bytes of the longest mapping whose end glibc learns from. */
const [long, longestLearnt] = [2 ** 20, 2 ** 25 - 2 ** 16];
let hasLearnt = false;

/**
 * C libraries give freed memory back to the system, which clears it, page by page, when it is taken again; that can cost more
 * than what a program does with it. glibc keeps twice as much as the longest mapping that was ever freed. So one is made that nobody
 * touches, which therefore takes no memory, and left to the collector.
 */
const learn = (): void => {
  hasLearnt = true;
  try {
    void new ArrayBuffer(longestLearnt);
  } catch {
    // Then there is no room to keep, either.
  }
};

/**
 * Zeroed storage for `length` elements. Short arrays are views of a common block, which is ten times cheaper than memory
 * outside the engine's heap for each; so a storage is never handed to users, who could reach its neighbours.
 * @throws TooLarge before anything is allocated
 */
export const allocate = (dtype: DType, length: number): TypedArray => {
  requireStorable(dtype, length);
  const bytes = length * itemSize(dtype);
  if (bytes >= long && !hasLearnt) learn();
  if (bytes > inHeap && bytes <= longestShared) {
    const offset = takeShared(bytes);
    return viewOf(dtype, block, offset, length);
  }
  switch (dtype) {
    case "float64":
      return new Float64Array(length);
    case "float32":
      return new Float32Array(length);
    case "int32":
      return new Int32Array(length);
    case "uint32":
      return new Uint32Array(length);
    case "bool":
      return new Uint8Array(length);
  }
};

/** A copy with storage of its own; engines need not clear that first, as for `slice`. */
export const copyOf = (values: TypedArray): OwnTypedArray => {
  if (values.byteLength >= long && !hasLearnt) learn();
  if (values instanceof Float64Array) return new Float64Array(values);
  if (values instanceof Float32Array) return new Float32Array(values);
  if (values instanceof Int32Array) return new Int32Array(values);
  if (values instanceof Uint32Array) return new Uint32Array(values);
  return new Uint8Array(values);
};
