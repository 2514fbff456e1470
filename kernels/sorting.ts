/**
 * Stable order of numbers: NaN last in either direction, -0 equal to 0, equals in the order they came.
 * Bottom-up merge sort of indices: n log n comparisons, no recursion, the same on every machine.
 */
import { type NumericArray, type Shape, asFloat64, elementCount, rowMajorStrides } from "./numeric-array.ts";

/** Whether `right`, which came later, must stand before `left`. */
function overtakes(left: number, right: number, isDescending: boolean): boolean {
  // NaN !== NaN: a NaN on the left lets every number pass, one on the right passes nobody.
  if (left !== left) return right === right;
  return isDescending ? right > left : right < left;
}

/** Merges the sorted runs [start, middle) and [middle, end) of `from` into `to`. */
function mergeRuns(
  keys: Float64Array,
  from: Int32Array,
  to: Int32Array,
  start: number,
  middle: number,
  end: number,
  isDescending: boolean,
): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at += 1) {
    const takesRight =
      left === middle || (right < end && overtakes(keys[from[left]!]!, keys[from[right]!]!, isDescending));
    to[at] = takesRight ? from[right++]! : from[left++]!;
  }
}

/** Indices of `keys` in sorted order. */
function stableOrder(keys: Float64Array, isDescending: boolean): Int32Array {
  const length = keys.length;
  let from = new Int32Array(length);
  let to = new Int32Array(length);
  for (let index = 0; index < length; index += 1) from[index] = index;
  for (let run = 1; run < length; run *= 2) {
    for (let start = 0; start < length; start += 2 * run) {
      const middle = Math.min(start + run, length);
      mergeRuns(keys, from, to, start, middle, Math.min(start + 2 * run, length), isDescending);
    }
    [from, to] = [to, from];
  }
  return from;
}

/**
 * For every line along an axis, the indices that sort it.
 * @param out  shape `shape`
 */
export function argsortAxis(
  source: NumericArray,
  shape: Shape,
  axis: number,
  isDescending: boolean,
  out: NumericArray,
): void {
  const length = shape[axis]!;
  const stride = rowMajorStrides(shape)[axis]!;
  const values = asFloat64(source);
  const keys = new Float64Array(length);
  const lines = length === 0 ? 0 : elementCount(shape) / length;
  for (let line = 0; line < lines; line += 1) {
    const first = Math.floor(line / stride) * stride * length + (line % stride);
    for (let k = 0; k < length; k += 1) keys[k] = values[first + k * stride]!;
    const order = stableOrder(keys, isDescending);
    for (let k = 0; k < length; k += 1) out[first + k * stride] = order[k]!;
  }
}

/** out[.., k, ..] = source[.., order[.., k, ..], ..] along an axis: the sorted values. */
export function permuteAlongAxis(
  source: NumericArray,
  order: NumericArray,
  shape: Shape,
  axis: number,
  out: NumericArray,
): void {
  const stride = rowMajorStrides(shape)[axis]!;
  const block = stride * shape[axis]!;
  for (let at = 0; at < out.length; at += 1) {
    const first = Math.floor(at / block) * block + (at % stride);
    out[at] = source[first + order[at]! * stride]!;
  }
}

/**
 * For every key, how many elements of its sorted line stand before it: those smaller, and on the right side also its
 * equals. NaN equals NaN and comes last.
 * @param lines  shape [batch, length]
 * @param keys   shape [batch, keys per line]
 * @param out    shape of keys
 */
export function searchSortedLines(
  lines: NumericArray,
  length: number,
  keys: NumericArray,
  keysPerLine: number,
  isRightSide: boolean,
  out: NumericArray,
): void {
  const [sorted, wanted] = [asFloat64(lines), asFloat64(keys)];
  for (let at = 0; at < wanted.length; at += 1) {
    const first = Math.floor(at / keysPerLine) * length;
    const key = wanted[at]!;
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const element = sorted[first + middle]!;
      if (isRightSide ? !overtakes(element, key, false) : overtakes(key, element, false)) low = middle + 1;
      else high = middle;
    }
    out[at] = low;
  }
}
