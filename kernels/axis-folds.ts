/**
 * Folds along one axis: every result combines a few elements of its line, by sum, weighted sum, largest or smallest.
 * Order of a sum: elements as they come, in blocks of 64, and block sums one after the other. float32 adds within a block in
 * float32 and block sums in float64, rounded once. Sums begin at -0, so that one element alone stays as it is; those of
 * nothing are +0.
 */
import { type NumericArray, isIntegerBuffer } from "./numeric-array.ts";
import type { AxisTaps } from "./windows.ts";

/** Elements of a block, whose sum joins the total. */
export const foldBlock = 64;

export type FoldKind = "sum" | "max" | "min";

/** An array as lines along one axis: `outer` slabs of `input` rows of `inner` elements. */
export type Lines = { readonly outer: number; readonly input: number; readonly inner: number };

/** The taps of an axis, each with a weight; those of result k begin at `starts[k]`. */
export type WeightedTaps = AxisTaps & {
  readonly starts: Int32Array;
  readonly weights: Float64Array | Float32Array;
};

/** One result from `count` elements from `at` on, `step` apart. */
type Fold = (source: NumericArray, at: number, step: number, count: number) => number;

/** Joins `length` elements from `at` on to those of `out` from `to` on; the store into `out` rounds or wraps. */
type Join = (source: NumericArray, at: number, out: NumericArray, to: number, length: number) => void;

const sumDoubles: Fold = (source, at, step, count) => {
  if (count === 0) return 0;
  let total = -0;
  for (let first = 0, from = at; first < count; first += foldBlock) {
    let block = -0;
    const end = Math.min(count, first + foldBlock);
    for (let k = first; k < end; k += 1, from += step) block += source[from]!;
    total += block;
  }
  return total;
};

const sumSingles: Fold = (source, at, step, count) => {
  if (count === 0) return 0;
  let total = -0;
  for (let first = 0, from = at; first < count; first += foldBlock) {
    let block = -0;
    const end = Math.min(count, first + foldBlock);
    for (let k = first; k < end; k += 1, from += step) block = Math.fround(block + source[from]!);
    total += block;
  }
  return total;
};

const sumIntegers: Fold = (source, at, step, count) => {
  let total = 0;
  for (let k = 0, from = at; k < count; k += 1, from += step) total = (total + source[from]!) | 0;
  return total;
};

const largest =
  (least: number): Fold =>
  (source, at, step, count) => {
    let extreme = least;
    for (let k = 0, from = at; k < count; k += 1, from += step) extreme = Math.max(extreme, source[from]!);
    return extreme;
  };

const smallest =
  (greatest: number): Fold =>
  (source, at, step, count) => {
    let extreme = greatest;
    for (let k = 0, from = at; k < count; k += 1, from += step) extreme = Math.min(extreme, source[from]!);
    return extreme;
  };

const joins: Readonly<Record<FoldKind, Join>> = {
  sum: (source, at, out, to, length) => {
    for (let k = 0; k < length; k += 1) out[to + k] = out[to + k]! + source[at + k]!;
  },
  max: (source, at, out, to, length) => {
    for (let k = 0; k < length; k += 1) out[to + k] = Math.max(out[to + k]!, source[at + k]!);
  },
  min: (source, at, out, to, length) => {
    for (let k = 0; k < length; k += 1) out[to + k] = Math.min(out[to + k]!, source[at + k]!);
  },
};

/** The least and the greatest element that a buffer can hold: extrema of nothing. */
export function bounds(buffer: NumericArray): readonly [least: number, greatest: number] {
  if (buffer instanceof Int32Array) return [-(2 ** 31), 2 ** 31 - 1];
  if (buffer instanceof Uint32Array) return [0, 2 ** 32 - 1];
  return buffer instanceof Uint8Array ? [0, 1] : [-Infinity, Infinity];
}

function foldOf(kind: FoldKind, source: NumericArray): Fold {
  if (kind === "max") return largest(bounds(source)[0]);
  if (kind === "min") return smallest(bounds(source)[1]);
  if (isIntegerBuffer(source)) return sumIntegers;
  return source instanceof Float32Array ? sumSingles : sumDoubles;
}

/** Rows of at least so many elements, no more of them than a block, are folded one row after the other: memory lies along them. */
const rowLength = 8;

/** Calls `visit` for every result row: `to` where it goes, `from` where its first element row begins. */
function forEachRow(
  { outer, input, inner }: Lines,
  { first }: AxisTaps,
  visit: (result: number, from: number, to: number) => void,
): void {
  let to = 0;
  for (let slab = 0, base = 0; slab < outer; slab += 1, base += input * inner)
    for (let result = 0; result < first.length; result += 1, to += inner)
      visit(result, base + first[result]! * inner, to);
}

/**
 * Folds along an axis.
 * @param source  shape [outer, input, inner]
 * @param out     of the same element type, shape [outer, results, inner]
 */
export function foldAxis(source: NumericArray, lines: Lines, taps: AxisTaps, kind: FoldKind, out: NumericArray): void {
  const { inner } = lines;
  const fold = foldOf(kind, source);
  const join = joins[kind];
  const rowStep = taps.step * inner;
  forEachRow(lines, taps, (result, from, to) => {
    const count = taps.count[result]!;
    if (inner < rowLength || count === 0 || count > foldBlock)
      for (let k = 0; k < inner; k += 1) out[to + k] = fold(source, from + k, rowStep, count);
    else {
      for (let k = 0; k < inner; k += 1) out[to + k] = source[from + k]!;
      for (let tap = 1; tap < count; tap += 1) join(source, from + tap * rowStep, out, to, inner);
    }
  });
}

/** One weighted result; weights from `start` on. */
type WeightedFold = (
  source: NumericArray,
  at: number,
  step: number,
  count: number,
  weights: Float64Array | Float32Array,
  start: number,
) => number;

const weighDoubles: WeightedFold = (source, at, step, count, weights, start) => {
  if (count === 0) return 0;
  let total = -0;
  for (let first = 0, from = at; first < count; first += foldBlock) {
    let block = -0;
    const end = Math.min(count, first + foldBlock);
    for (let k = first; k < end; k += 1, from += step) block += weights[start + k]! * source[from]!;
    total += block;
  }
  return total;
};

const weighSingles: WeightedFold = (source, at, step, count, weights, start) => {
  if (count === 0) return 0;
  let total = -0;
  for (let first = 0, from = at; first < count; first += foldBlock) {
    let block = -0;
    const end = Math.min(count, first + foldBlock);
    for (let k = first; k < end; k += 1, from += step)
      block = Math.fround(block + Math.fround(weights[start + k]! * source[from]!));
    total += block;
  }
  return total;
};

const weighIntegers: WeightedFold = (source, at, step, count, weights, start) => {
  let total = 0;
  for (let k = 0, from = at; k < count; k += 1, from += step)
    total = (total + Math.imul(weights[start + k]!, source[from]!)) | 0;
  return total;
};

/** Adds a weighted row to a row of results that begins as -0. */
const addWeighted = (
  source: NumericArray,
  at: number,
  weight: number,
  out: Float64Array | Float32Array,
  to: number,
  length: number,
): void => {
  if (out instanceof Float32Array)
    for (let k = 0; k < length; k += 1) out[to + k] = out[to + k]! + Math.fround(weight * source[at + k]!);
  else for (let k = 0; k < length; k += 1) out[to + k] = out[to + k]! + weight * source[at + k]!;
};

/** As `foldAxis`, by weighted sums; the weights are rounded to the element type, those of integers are whole. */
export function weighAxis(source: NumericArray, lines: Lines, taps: WeightedTaps, out: NumericArray): void {
  const { inner } = lines;
  const isSingle = source instanceof Float32Array;
  const isFloat = !isIntegerBuffer(source);
  const fold = isFloat ? (isSingle ? weighSingles : weighDoubles) : weighIntegers;
  const weights = isSingle ? new Float32Array(taps.weights) : taps.weights;
  const rowStep = taps.step * inner;
  forEachRow(lines, taps, (result, from, to) => {
    const [count, start] = [taps.count[result]!, taps.starts[result]!];
    if (!isFloat || inner < rowLength || count === 0 || count > foldBlock)
      for (let k = 0; k < inner; k += 1) out[to + k] = fold(source, from + k, rowStep, count, weights, start);
    else {
      out.fill(-0, to, to + inner);
      for (let tap = 0; tap < count; tap += 1)
        addWeighted(source, from + tap * rowStep, weights[start + tap]!, out as Float64Array, to, inner);
    }
  });
}
