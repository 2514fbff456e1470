/**
 * Pooling over ops/windows.ts, with the names, layouts and paddings of nn.conv: a window slides along the spatial axes, and
 * each result is the largest, the smallest or the mean element under it. Padding is never the largest or smallest.
 */
import { tapsAlong } from "../../kernels/windows.ts";
import type { AxisWindow, WindowParams } from "../../kernels/windows.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { allocate } from "../../src/array/storage.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import { div, fullLike } from "../../ops/arithmetic.ts";
import { broadcast } from "../../ops/shape.ts";
import { windowMax, windowMin, windowSum } from "../../ops/windows.ts";
import { requireOptions } from "../../src/options.ts";
import { promoteFloat, promoteNumber } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { type Layout, type Padding, pairsOf, perAxis, requireLayout } from "./spatial.ts";

export interface PoolOptions {
  /** Distance between neighbouring windows, one for all spatial axes or a list. Default 1. */
  readonly strides?: number | readonly number[];
  /** "valid" (default): no border. "same": size ceil(in / stride). Or [before, after] per spatial axis. */
  readonly padding?: Padding;
  /** Distance between the elements under a window. Default 1. */
  readonly dilation?: number | readonly number[];
  /** "NCHW" (default): spatial axes last. "NHWC": one axis of channels after them. Any number of axes in front. */
  readonly layout?: Layout;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether the mean is over the whole window, padding counting as zeros (default), or over the elements under it. */
  readonly countIncludePad?: boolean;
}

const poolOptions = ["strides", "padding", "dilation", "layout"];

/** The windows over all axes of x, and which of them are spatial. */
interface Pooling {
  readonly params: WindowParams;
  readonly first: number;
  readonly spatial: readonly AxisWindow[];
}

const poolingOf = (asked: string, x: NDArray, window: number | readonly number[], options: PoolOptions): Pooling => {
  const { padding = "valid", layout = "NCHW" } = options;
  requireLayout(asked, layout);
  const count = typeof window === "number" ? x.ndim - 2 : Array.isArray(window) ? window.length : -1;
  const first = x.ndim - count - (layout === "NHWC" ? 1 : 0);
  if (count >= 0 && first < 0)
    throw new ShapeMismatch(
      asked,
      `shape ${showShape(x.shape)} for a window of ${count} axes in layout ${layout}`,
      "Give x an axis for each of the window, and one of channels",
    );
  if (count < 0)
    throw new InvalidOption(
      asked,
      `window ${showValue(window)} for shape ${showShape(x.shape)}`,
      "Give one size per spatial axis, or one for all with x of shape [N, C, ...] or [N, ..., C]",
    );
  const sizes = perAxis(asked, "window", window, count);
  const strides = perAxis(asked, "strides", options.strides, count);
  const dilation = perAxis(asked, "dilation", options.dilation, count);
  const pairs = pairsOf(
    asked,
    padding,
    sizes.map((size, k) => ({ input: x.shape[first + k]!, window: size, stride: strides[k]!, dilation: dilation[k]! })),
  );
  const along = <T>(list: readonly T[], otherwise: T): T[] => x.shape.map((_, axis) => list[axis - first] ?? otherwise);
  return {
    first,
    params: {
      window: along(sizes, 1),
      strides: along(strides, 1),
      padding: along<readonly [number, number]>(pairs, [0, 0]),
      baseDilation: x.shape.map(() => 1),
      windowDilation: along(dilation, 1),
    },
    spatial: sizes.map((size, k) => ({
      window: size,
      stride: strides[k]!,
      low: pairs[k]![0],
      high: pairs[k]![1],
      baseDilation: 1,
      windowDilation: dilation[k]!,
    })),
  };
};

/**
 * The largest element under every window, NaN where there is one. A window over padding alone gives -infinity
 * (int32, uint32: the least integer).
 * @param x       shape [N, C, ...spatial] or, in layout "NHWC", [N, ...spatial, C]; a list of window sizes allows any number of
 *                axes in front of the spatial ones (NHWC) or of the channels
 * @param window  size along every spatial axis, or one for all
 * @returns       spatial sizes floor((in + before + after - reach) / stride) + 1, reach = (window - 1) dilation + 1
 * @throws ShapeMismatch, InvalidOption, UnknownOption
 * Derivatives: any order; of elements that tie, the first in row-major order has it all. Cost: h + w operations per result of
 * an h x w window, its derivative h w.
 * @example nn.maxPool(array([[[[1, 2, 3, 4], [8, 7, 6, 5]]]]), 2, { strides: 2 }) // [[[[8, 6]]]]
 * @example grad((x) => np.sum(nn.maxPool(x, [2])))(array([1, 3, 3, 2])) // [0, 2, 1, 0]
 */
export const maxPool = (x: Operand, window: number | readonly number[], options: PoolOptions = {}): NDArray => {
  requireOptions("nn.maxPool", options, poolOptions);
  const own = promoteNumber("nn.maxPool", [x])[0]!;
  return windowMax(own, poolingOf("nn.maxPool", own, window, options).params);
};

/**
 * The smallest element under every window, NaN where there is one; all else as maxPool.
 * @throws ShapeMismatch, InvalidOption, UnknownOption
 * Derivatives: any order; of elements that tie, the first in row-major order has it all.
 * @example nn.minPool(array([3, 1, 2, 5]), [2], { padding: "same" }) // [1, 1, 2, 5]
 */
export const minPool = (x: Operand, window: number | readonly number[], options: PoolOptions = {}): NDArray => {
  requireOptions("nn.minPool", options, poolOptions);
  const own = promoteNumber("nn.minPool", [x])[0]!;
  return windowMin(own, poolingOf("nn.minPool", own, window, options).params);
};

/** How many elements are under each window, shape of the spatial results. */
const countsOf = (x: NDArray, spatial: readonly AxisWindow[], first: number): NDArray => {
  const counts = spatial.map((axis, k) => tapsAlong(x.shape[first + k]!, axis).count);
  const products = counts.reduce<readonly number[]>(
    (outer, along) => outer.flatMap((product) => Array.from(along, (count) => product * count)),
    [1],
  );
  const buffer = allocate(x.dtype, products.length);
  buffer.set(products);
  return fromBuffer(
    buffer,
    counts.map((along) => along.length),
    x.dtype,
  );
};

/**
 * The mean of the elements under every window; floats, others become float64. By default padding counts as zeros, as in flax and
 * torch; with countIncludePad: false the mean is over what is under the window (Keras), NaN where that is nothing.
 * @param x       as in maxPool
 * @param window  size along every spatial axis, or one for all
 * @throws ShapeMismatch, InvalidOption, UnknownOption
 * Derivatives: linear in x. Cost: h + w operations per result of an h x w window.
 * @example nn.avgPool(array([[[[1, 2, 3, 4], [8, 7, 6, 5]]]]), 2, { strides: 2 }) // [[[[4.5, 4.5]]]]
 * @example nn.avgPool(array([2, 4, 6]), [2], { padding: "same" }) // [3, 5, 3]
 * @example nn.avgPool(array([2, 4, 6]), [2], { padding: "same", countIncludePad: false }) // [3, 5, 6]
 */
export const avgPool = (x: Operand, window: number | readonly number[], options: AvgPoolOptions = {}): NDArray => {
  requireOptions("nn.avgPool", options, [...poolOptions, "countIncludePad"]);
  const { countIncludePad = true } = options;
  if (typeof countIncludePad !== "boolean")
    throw new InvalidOption("nn.avgPool", `countIncludePad ${showValue(countIncludePad)}`, "Give true or false");
  const own = promoteFloat("nn.avgPool", [x])[0]!;
  const { params, spatial, first } = poolingOf("nn.avgPool", own, window, options);
  const sum = windowSum(own, params);
  if (countIncludePad)
    return div(
      sum,
      fullLike(
        params.window.reduce((product, size) => product * size, 1),
        sum,
      ),
    );
  const counts = countsOf(own, spatial, first);
  return div(sum, broadcast(counts, { shape: sum.shape, axes: spatial.map((_, k) => first + k) }));
};
