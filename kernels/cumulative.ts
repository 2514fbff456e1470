/**
 * Running sums, products, extrema, logarithms of sums, and linear recurrences along an axis, element by element in the
 * running order. Floats are accumulated in float64 and rounded where they are stored. Sums of float64 carry along what
 * every addition loses, so that the error does not grow with the length; sums of float32 have digits to spare. Integers
 * wrap modulo 2^32.
 * Source: Knuth, The Art of Computer Programming 2, 4.2.2, theorem B (what an addition loses).
 */
import { scalarOf } from "./elementary/index.ts";
import { type NumericArray, type Shape, isIntegerBuffer, rowMajorStrides } from "./numeric-array.ts";

/** The quantities; `recurrence` takes factors and offsets. */
export type CumulativeKind = "sum" | "product" | "max" | "min" | "logSumExp" | "recurrence";

type Line = (source: NumericArray, first: number, step: number, length: number, out: NumericArray) => void;

/** One line of a running quantity: `next` takes it from one element to the next. */
const runningLine =
  (next: (running: number, value: number) => number): Line =>
  (source, first, step, length, out) => {
    let running = source[first]!;
    out[first] = running;
    for (let k = 1, at = first + step; k < length; k += 1, at += step) {
      running = next(running, source[at]!);
      out[at] = running;
    }
  };

const sumSingleLine: Line = (source, first, step, length, out) => {
  let sum = 0;
  for (let k = 0, at = first; k < length; k += 1, at += step) {
    sum += source[at]!;
    out[at] = sum;
  }
};

/** What x + y loses in `sum`: exact. */
const lostIn = (x: number, y: number, sum: number): number => {
  const part = sum - x;
  return x - (sum - part) + (y - part);
};

const sumDoubleLine: Line = (source, first, step, length, out) => {
  let sum = 0;
  let lost = 0;
  for (let k = 0, at = first; k < length; k += 1, at += step) {
    const value = source[at]!;
    const next = sum + value;
    // Once infinite or NaN, there are no digits to carry: Infinity - Infinity would make a NaN.
    lost = Number.isFinite(next) ? lost + lostIn(sum, value, next) : 0;
    sum = next;
    out[at] = sum + lost;
  }
};

const sumLine: Line = (source, first, step, length, out) =>
  (source instanceof Float32Array ? sumSingleLine : sumDoubleLine)(source, first, step, length, out);

/**
 * log(sum of e^x) as largest + log(sum of e^(x - largest)); the sum is rescaled when the largest changes, which forgets all
 * that was counted at -Infinity.
 */
const logarithmLine: Line = (source, first, step, length, out) => {
  const [exp, log] = [scalarOf("exp", "float64"), scalarOf("log", "float64")];
  let largest = -Infinity;
  let sum = 0;
  let lost = 0;
  for (let k = 0, at = first; k < length; k += 1, at += step) {
    const value = source[at]!;
    let term = 1;
    if (value > largest || value !== value) {
      const scale = exp(largest - value);
      sum *= scale;
      lost *= scale;
      largest = value;
    } else if (value < largest) term = exp(value - largest);
    const next = sum + term;
    lost += lostIn(sum, term, next);
    sum = next;
    out[at] = Number.isFinite(largest) ? largest + log(sum + lost) : largest;
  }
};

const sumIntegerLine: Line = runningLine((sum, value) => (sum + value) | 0);
const productLine: Line = runningLine((product, value) => product * value);
const productIntegerLine: Line = runningLine(Math.imul);
const largestLine: Line = runningLine((largest, value) => Math.max(largest, value));
const smallestLine: Line = runningLine((smallest, value) => Math.min(smallest, value));

/** Calls `visit` for every line along an axis, with its first element and the way to the next. */
const forEachLine = (
  shape: Shape,
  axis: number,
  isReversed: boolean,
  count: number,
  visit: (first: number, step: number, length: number) => void,
): void => {
  const length = shape[axis]!;
  if (count === 0) return;
  const stride = rowMajorStrides(shape)[axis]!;
  const lines = count / length;
  for (let line = 0; line < lines; line += 1) {
    const first = Math.floor(line / stride) * stride * length + (line % stride);
    if (isReversed) visit(first + (length - 1) * stride, -stride, length);
    else visit(first, stride, length);
  }
};

/**
 * A running quantity of `source` along an axis, from the end when reversed.
 * @param out  shape `shape`
 */
export type CumulativeKernel = (
  source: NumericArray,
  shape: Shape,
  axis: number,
  isReversed: boolean,
  out: NumericArray,
) => void;

const cumulative =
  (floats: Line, integers: Line): CumulativeKernel =>
  (source, shape, axis, isReversed, out) => {
    const along = isIntegerBuffer(source) ? integers : floats;
    forEachLine(shape, axis, isReversed, out.length, (first, step, length) => along(source, first, step, length, out));
  };

/** out[k] = source[0] + .. + source[k]. */
export const cumulativeSum: CumulativeKernel = cumulative(sumLine, sumIntegerLine);

/** out[k] = source[0] * .. * source[k]. */
export const cumulativeProduct: CumulativeKernel = cumulative(productLine, productIntegerLine);

/** out[k] is the largest of source[0], .., source[k]; NaN from the first NaN on. */
export const cumulativeMax: CumulativeKernel = cumulative(largestLine, largestLine);

/** out[k] is the smallest of source[0], .., source[k]; NaN from the first NaN on. */
export const cumulativeMin: CumulativeKernel = cumulative(smallestLine, smallestLine);

/** out[k] = log(e^source[0] + .. + e^source[k]), without overflow; floats only. */
export const cumulativeLogSumExp: CumulativeKernel = cumulative(logarithmLine, logarithmLine);

/**
 * out[0] = offsets[0], out[k] = factors[k] out[k - 1] + offsets[k]; factors[0] does not count.
 * @param out  shape `shape`, as both operands
 */
export function linearRecurrence(
  factors: NumericArray,
  offsets: NumericArray,
  shape: Shape,
  axis: number,
  isReversed: boolean,
  out: NumericArray,
): void {
  const isInteger = isIntegerBuffer(offsets);
  forEachLine(shape, axis, isReversed, out.length, (first, step, length) => {
    let running = offsets[first]!;
    out[first] = running;
    for (let k = 1, at = first + step; k < length; k += 1, at += step) {
      const product = isInteger ? Math.imul(factors[at]!, running) : factors[at]! * running;
      running = isInteger ? (product + offsets[at]!) | 0 : product + offsets[at]!;
      out[at] = running;
    }
  });
}
