/**
 * Elements at the places of window extrema: `takeExtrema` reads one under every window, `putExtrema` adds one to each place.
 * The place is that of the first NaN under the window, else of its first extremum, taps row-major (-0 and +0 tie).
 * Source: XLA operation semantics, SelectAndScatter.
 */
import { type NumericArray, type Shape, elementCount, rowMajorStrides } from "./numeric-array.ts";
import { type AxisTaps, type WindowParams, axisWindows, isPointwise, tapsAlong } from "./windows.ts";

export type Extremum = "max" | "min";

/** The axes up to the last that is not pointwise; all others are rows of `inner` elements, and offsets count elements. */
type Windows = { readonly axes: readonly AxisTaps[]; readonly strides: readonly number[]; readonly inner: number };

function windowsOf(shape: Shape, params: WindowParams): Windows {
  const axes = axisWindows(params);
  const last = axes.findLastIndex((axis, k) => !isPointwise(shape[k]!, axis));
  return {
    axes: axes.slice(0, last + 1).map((axis, k) => tapsAlong(shape[k]!, axis)),
    strides: rowMajorStrides(shape).slice(0, last + 1),
    inner: elementCount(shape.slice(last + 1)),
  };
}

/** The next index of a box in row-major order. */
function advance(index: Int32Array, extents: readonly number[]): void {
  for (let axis = index.length - 1; axis >= 0; axis -= 1) {
    index[axis]! += 1;
    if (index[axis]! < extents[axis]!) return;
    index[axis] = 0;
  }
}

/** Offsets of the taps of one window; returns how many there are. */
function writeTaps({ axes, strides }: Windows, result: Int32Array, offsets: Int32Array): number {
  let count = 1;
  offsets[0] = axes.reduce((sum, { first }, axis) => sum + first[result[axis]!]! * strides[axis]!, 0);
  for (let axis = axes.length - 1; axis >= 0; axis -= 1) {
    const { count: counts, step } = axes[axis]!;
    const taps = counts[result[axis]!]!;
    for (let tap = 1; tap < taps; tap += 1)
      for (let k = 0; k < count; k += 1) offsets[tap * count + k] = offsets[k]! + tap * step * strides[axis]!;
    count *= taps;
  }
  return count;
}

/** The tap of the extremum among `count` places, counted from `at`. */
function tapOfExtremum(x: NumericArray, at: number, offsets: Int32Array, count: number, direction: number): number {
  let best = x[at + offsets[0]!]! * direction;
  let found = 0;
  if (best !== best) return found;
  for (let tap = 1; tap < count; tap += 1) {
    const candidate = x[at + offsets[tap]!]! * direction;
    if (candidate > best) {
      best = candidate;
      found = tap;
    } else if (candidate !== candidate) return tap;
  }
  return found;
}

/** Calls `visit` for every window that is over some element, in row-major order, with its result and the place of its extremum. */
function forEachExtremum(
  x: NumericArray,
  shape: Shape,
  params: WindowParams,
  extremum: Extremum,
  visit: (result: number, place: number) => void,
): void {
  const windows = windowsOf(shape, params);
  const { axes, inner } = windows;
  const results = axes.map((axis) => axis.first.length);
  const most = axes.reduce((taps, { count }) => taps * count.reduce((larger, each) => Math.max(larger, each), 1), 1);
  const offsets = new Int32Array(most);
  const index = new Int32Array(axes.length);
  const direction = extremum === "max" ? 1 : -1;
  for (let window = 0; window < elementCount(results); window += 1, advance(index, results)) {
    const count = writeTaps(windows, index, offsets);
    for (let k = 0; count > 0 && k < inner; k += 1)
      visit(window * inner + k, k + offsets[tapOfExtremum(x, k, offsets, count, direction)]!);
  }
}

/**
 * out[j] = values at the place of the extremum of x under window j; 0 where the window is over padding only.
 * @param x       shape `shape`, as `values`
 * @param out     shape `windowShape(shape, params)`, zeros
 */
export function takeExtrema(
  x: NumericArray,
  values: NumericArray,
  shape: Shape,
  params: WindowParams,
  extremum: Extremum,
  out: NumericArray,
): void {
  forEachExtremum(x, shape, params, extremum, (result, place) => {
    out[result] = values[place]!;
  });
}

/**
 * Adds values[j] to out at the place of the extremum of x under window j, in row-major order of the windows.
 * @param values  shape `windowShape(shape, params)`
 * @param out     shape `shape`, as x; zeros
 */
export function putExtrema(
  x: NumericArray,
  values: NumericArray,
  shape: Shape,
  params: WindowParams,
  extremum: Extremum,
  out: NumericArray,
): void {
  forEachExtremum(x, shape, params, extremum, (result, place) => {
    out[place] = out[place]! + values[result]!;
  });
}
