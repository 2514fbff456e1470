/**
 * Sums and extrema over sliding windows, one axis after the other, the first axis first: a window of h x w taps costs h + w
 * operations per element, and its sum as few roundings. Along an axis the order is that of kernels/axis-folds.ts.
 */
import { type FoldKind, bounds, foldAxis } from "./axis-folds.ts";
import { type NumericArray, type Shape, allocateLike, elementCount } from "./numeric-array.ts";
import { type WindowParams, axisWindows, isPointwise, tapsAlong } from "./windows.ts";

/**
 * The sum, the largest or the smallest element under every window.
 * @param buffer  shape `shape`
 * @param kind    "max" and "min" give NaN if any element is NaN and put +0 above -0; padding does not count: the
 *                sum of nothing is 0, the largest -infinity (or the least integer), the smallest +infinity
 * @param out     shape `windowShape(shape, params)`
 */
export function reduceWindows(
  buffer: NumericArray,
  shape: Shape,
  params: WindowParams,
  kind: FoldKind,
  out: NumericArray,
): void {
  if (buffer.length === 0) {
    out.fill(kind === "sum" ? 0 : bounds(buffer)[kind === "max" ? 0 : 1]);
    return;
  }
  const axes = axisWindows(params);
  const extents = [...shape];
  let source = buffer;
  axes.forEach((axis, k) => {
    const input = extents[k]!;
    if (isPointwise(input, axis)) return;
    const taps = tapsAlong(input, axis);
    const lines = { outer: elementCount(extents.slice(0, k)), input, inner: elementCount(extents.slice(k + 1)) };
    extents[k] = taps.first.length;
    const target = allocateLike(buffer, elementCount(extents));
    foldAxis(source, lines, taps, kind, target);
    source = target;
  });
  out.set(source);
}
