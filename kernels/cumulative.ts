/**
 * Running sums along an axis. Floats are summed in float64 with the lost digits carried along
 * (Neumaier), so the error does not grow with the length; integers wrap modulo 2^32.
 */
import { type NumericArray, type Shape, isIntegerBuffer, rowMajorStrides } from "./numeric-array.ts";

function sumLine(source: NumericArray, first: number, step: number, length: number, out: NumericArray): void {
  let sum = 0;
  let lost = 0;
  for (let k = 0, at = first; k < length; k += 1, at += step) {
    const value = source[at]!;
    const next = sum + value;
    // Once infinite or NaN, there are no digits to carry: Infinity - Infinity would make a NaN.
    if (Number.isFinite(next)) lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    else lost = 0;
    sum = next;
    out[at] = lost === 0 ? sum : sum + lost;
  }
}

function sumLineOfIntegers(source: NumericArray, first: number, step: number, length: number, out: NumericArray): void {
  let sum = 0;
  for (let k = 0, at = first; k < length; k += 1, at += step) {
    sum = (sum + source[at]!) | 0;
    out[at] = sum;
  }
}

/**
 * out[k] = source[0] + .. + source[k] along an axis; from the end when reversed.
 * @param out  shape `shape`
 */
export function cumulativeSum(
  source: NumericArray,
  shape: Shape,
  axis: number,
  isReversed: boolean,
  out: NumericArray,
): void {
  const length = shape[axis]!;
  if (out.length === 0) return;
  const stride = rowMajorStrides(shape)[axis]!;
  const along = isIntegerBuffer(source) ? sumLineOfIntegers : sumLine;
  const lines = out.length / length;
  for (let line = 0; line < lines; line += 1) {
    const first = Math.floor(line / stride) * stride * length + (line % stride);
    if (isReversed) along(source, first + (length - 1) * stride, -stride, length, out);
    else along(source, first, stride, length, out);
  }
}
