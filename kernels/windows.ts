/**
 * Windows that slide over an array, any number of axes: result j and tap t of an axis meet input
 * (j * stride + t * windowDilation - low) / baseDilation where that is a whole number within the axis; else they meet padding.
 * Source: XLA operation semantics, ReduceWindow.
 */
import type { Shape } from "./numeric-array.ts";

/** How a window slides; every list has one entry per axis. */
export type WindowParams = {
  /** taps along each axis, >= 1 */
  readonly window: readonly number[];
  /** distance between neighbouring results, in padded dilated input elements; >= 1 */
  readonly strides: readonly number[];
  /** elements added before and after the dilated input; negative crops */
  readonly padding: readonly (readonly [low: number, high: number])[];
  /** distance between input elements once dilated; 1 leaves the input as it is */
  readonly baseDilation: readonly number[];
  /** distance between taps */
  readonly windowDilation: readonly number[];
};

/** The parameters of one axis. */
export type AxisWindow = {
  readonly window: number;
  readonly stride: number;
  readonly low: number;
  readonly high: number;
  readonly baseDilation: number;
  readonly windowDilation: number;
};

/** Per result along an axis the elements it combines: `count` of them from index `first` on, `step` apart; first is 0 if there are none. */
export type AxisTaps = {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly step: number;
};

/** Length of an axis with `dilation - 1` gaps between neighbours. */
function dilatedLength(length: number, dilation: number): number {
  return length === 0 ? 0 : 1 + dilation * (length - 1);
}

/** The axes of a window, one by one. */
export function axisWindows({ window, strides, padding, baseDilation, windowDilation }: WindowParams): AxisWindow[] {
  return window.map((taps, axis) => ({
    window: taps,
    stride: strides[axis]!,
    low: padding[axis]![0],
    high: padding[axis]![1],
    baseDilation: baseDilation[axis]!,
    windowDilation: windowDilation[axis]!,
  }));
}

/** Number of results along an axis of `input` elements. */
export function axisResults(
  input: number,
  { window, stride, low, high, baseDilation, windowDilation }: AxisWindow,
): number {
  const room = low + high + dilatedLength(input, baseDilation) - dilatedLength(window, windowDilation);
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
}

/** Shape of the results. */
export function windowShape(shape: Shape, params: WindowParams): number[] {
  return axisWindows(params).map((axis, k) => axisResults(shape[k]!, axis));
}

/** Whether every result of the axis is the one input element at its place. */
export function isPointwise(input: number, axis: AxisWindow): boolean {
  const { window, stride, low, baseDilation } = axis;
  return window === 1 && stride === 1 && low === 0 && baseDilation === 1 && axisResults(input, axis) === input;
}

function greatestCommonDivisor(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small !== 0) [large, small] = [small, large % small];
  return large;
}

/** What the results along an axis of `input` elements combine. */
export function tapsAlong(input: number, axis: AxisWindow): AxisTaps {
  const { window, stride, low, baseDilation, windowDilation } = axis;
  const common = greatestCommonDivisor(baseDilation, windowDilation);
  const tapStep = baseDilation / common;
  const results = axisResults(input, axis);
  const taps = { first: new Int32Array(results), count: new Int32Array(results), step: windowDilation / common };
  for (let result = 0; result < results; result += 1) {
    const start = result * stride - low;
    let tap = Math.max(0, Math.ceil(-start / windowDilation));
    // At most tapStep tries: the remainders repeat with that period.
    for (let tries = 1; tries < tapStep && (start + tap * windowDilation) % baseDilation !== 0; tries += 1) tap += 1;
    const last = Math.min(window - 1, Math.floor(((input - 1) * baseDilation - start) / windowDilation));
    const position = start + tap * windowDilation;
    if (position % baseDilation !== 0 || tap > last) continue;
    taps.first[result] = position / baseDilation;
    taps.count[result] = Math.floor((last - tap) / tapStep) + 1;
  }
  return taps;
}

/**
 * The windows under which sums are transposed: they slide over the results and give an array of shape `shape`. Strides
 * and base dilation change places; a window of ones is its own mirror image.
 */
export function transposedWindows(shape: Shape, params: WindowParams): WindowParams {
  const padding = axisWindows(params).map((axis, k): [number, number] => {
    const reach = dilatedLength(axis.window, axis.windowDilation) - 1;
    const low = reach - axis.low;
    const results = dilatedLength(axisResults(shape[k]!, axis), axis.stride);
    return [low, axis.baseDilation * (shape[k]! - 1) + 1 + reach - results - low];
  });
  return { ...params, strides: params.baseDilation, padding, baseDilation: params.strides };
}
