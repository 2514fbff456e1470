/**
 * Counts of values in bins: bincount, digitize, histograms of one and more dimensions.
 * Bins are [edge k, edge k + 1), the last one closed; values outside all bins, and NaN, do not count.
 * Differentiable in the weights; counts themselves are piecewise constant.
 */
import { showValue } from "../../src/describe.ts";
import { DTypeMismatch, InvalidOption, NotStatic, ShapeMismatch } from "../../src/error.ts";
import { isFloat, resultType } from "../../src/array/dtype.ts";
import { bufferOf, isConcrete, NDArray } from "../../src/array/ndarray.ts";
import { requireShape, showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { showAval } from "../../src/ir/aval.ts";
import { add, full, fullLike, mul, sub, zerosOf } from "../../ops/arithmetic.ts";
import { and, eq, ge, le, lt, select } from "../../ops/comparison.ts";
import { scatterAdd } from "../../ops/indexing.ts";
import { reduceMax, reduceMin } from "../../ops/extrema.ts";
import { reduceSum, reshape } from "../../ops/shape.ts";
import { join, reverse, sliceAxis } from "../../ops/slicing.ts";
import { arange } from "./ranges.ts";
import { div } from "./elementwise.ts";
import { asOperand, broadcastArray, requireList, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { asFloat } from "./reduction-parts.ts";
import { searchsorted } from "./sorting.ts";

/** One element, repeated. */
const spreadScalar = (x: NDArray, shape: Shape): NDArray => broadcastArray(reshape(x, { shape: [] }), shape);

const flat = (x: NDArray): NDArray => reshape(x, { shape: [x.size] });

/** Sums of weights at places 0 to length - 1; other places are dropped. */
const addAt = (places: NDArray, weights: NDArray, length: number): NDArray =>
  scatterAdd(zerosOf([length], weights.dtype), reshape(places, { shape: [places.size, 1] }), weights, {
    mode: "drop",
    batchDims: 0,
  });

/** The weights as a vector, ones (int32) without. */
const weightsFor = (asked: string, weights: Operand | undefined, size: number): NDArray => {
  if (weights === undefined) return full(1, [size], "int32");
  const own = asOperand(asked, weights);
  if (own.size !== size)
    throw new ShapeMismatch(asked, `${own.size} weights for ${size} values`, "Give one weight per value");
  return flat(own.dtype === "bool" ? toDType(own, "int32") : own);
};

const requireCount = (asked: string, name: string, count: number): void => {
  if (!Number.isInteger(count) || count < 0)
    throw new InvalidOption(asked, `${name} ${showValue(count)}`, "Give a whole number from 0");
};

export interface BincountOptions {
  /** Added in place of 1; the result has their dtype. */
  readonly weights?: Operand;
  /** The result has at least this many elements. Default 0. */
  readonly minlength?: number;
  /** The result has this many elements, which compiled functions must know. Default: one more than the largest value. */
  readonly length?: number;
}

/**
 * How often each of 0, 1, 2, ... occurs. Values beyond `length`, and negative ones, do not count.
 * @param x  integers or booleans
 * @throws NotStatic  no length while x is traced
 * @throws DTypeMismatch, ShapeMismatch, InvalidOption
 * @example np.bincount(array([1, 1, 3], { dtype: "int32" })) // [0, 2, 0, 1]
 */
export const bincount = (x: NDArray, options: BincountOptions = {}): NDArray => {
  requireOptions("np.bincount", options, ["weights", "minlength", "length"]);
  const { weights, minlength = 0, length } = options;
  requireCount("np.bincount", "minlength", minlength);
  const own = flat(integersOf("np.bincount", x));
  if (length !== undefined) requireCount("np.bincount", "length", length);
  const size = length ?? Math.max(minlength, lengthFor(x));
  requireShape("np.bincount", [size]);
  return addAt(own, weightsFor("np.bincount", weights, own.size), size);
};

/** One more than the largest value, 0 for none or negative ones alone. */
const lengthFor = (x: NDArray): number => {
  if (!isConcrete(x))
    throw new NotStatic(
      "np.bincount",
      `the length of the result depends on the values of ${showAval(x)}`,
      "Give { length }",
    );
  let largest = -1;
  for (const value of bufferOf(x)) largest = Math.max(largest, value);
  return largest + 1;
};

const integersOf = (asked: string, x: Operand): NDArray => {
  const own = asOperand(asked, x);
  if (isFloat(own.dtype)) throw new DTypeMismatch(asked, showAval(own), "Give integers: convert with astype");
  return own.dtype === "bool" ? toDType(own, "int32") : own;
};

export interface DigitizeOptions {
  /** Bins include their right edge, not their left one. Default false. */
  readonly right?: boolean;
}

/**
 * Index (int32) of the bin of each value: k with bins[k - 1] <= x < bins[k] for ascending edges, with
 * bins[k - 1] > x >= bins[k] for descending ones. 0 is before the first edge, the number of edges behind the last.
 * @param bins  edges in order, shape [edges]
 * @throws ShapeMismatch
 * @example np.digitize(array([0.5, 1, 9]), array([0, 1, 2])) // [1, 2, 3]
 */
export const digitize = (x: Operand, bins: NDArray, options: DigitizeOptions = {}): NDArray => {
  requireOptions("np.digitize", options, ["right"]);
  const edges = asOperand("np.digitize", bins);
  if (edges.ndim !== 1) throw new ShapeMismatch("np.digitize", showAval(edges), "Give the edges as a vector");
  const { right = false } = options;
  const upward = searchsorted(edges, x, { side: right ? "left" : "right" });
  if (edges.size < 2) return upward;
  const turned = searchsorted(reverse(edges, { axes: [0] }), x, { side: right ? "left" : "right" });
  const downward = sub(fullLike(edges.size, turned), turned);
  const [first, last] = [sliceAxis(edges, 0, 0, 1), sliceAxis(edges, 0, edges.size - 1, edges.size)];
  return select(spreadScalar(le(first, last), upward.shape), upward, downward);
};

// --- Histograms -------------------------------------------------------------------------------

/** A number of equal bins, or the edges of all bins in ascending order. */
export type Bins = number | NDArray;

export interface HistogramOptions {
  /** Default 10. */
  readonly bins?: Bins;
  /** Outer edges of equal bins; null (default): the smallest and the largest value. */
  readonly range?: readonly [Operand, Operand] | null;
  /** Added in place of 1; the result has their dtype. */
  readonly weights?: Operand;
  /** Divide by the total and the widths: the integral over all bins is 1. Default false. */
  readonly density?: boolean;
}

/** Outer edges: half a unit around a single value, 0 and 1 for none. */
const outerEdges = (asked: string, x: NDArray, range: HistogramOptions["range"]): readonly [NDArray, NDArray] => {
  const own = flat(x);
  const given = range ?? null;
  if (given !== null) requireList(asked, "range", given);
  const [low, high] =
    given !== null
      ? given.map((edge) => toDType(asOperand(`${asked}, option range`, edge), own.dtype))
      : own.size === 0
        ? [zerosOf([], own.dtype), full(1, [], own.dtype)]
        : [reduceMin(own, { axes: [0] }), reduceMax(own, { axes: [0] })];
  if (isConcrete(low!) && isConcrete(high!) && !(low.item() <= high.item() && high.item() - low.item() < Infinity))
    throw new InvalidOption(asked, `range from ${low.item()} to ${high.item()}`, "Give finite bounds in order");
  const isPoint = eq(low!, high!);
  const half = fullLike(0.5, low!);
  return [select(isPoint, sub(low!, half), low!), select(isPoint, add(high!, half), high!)];
};

const edgesOf = (asked: string, x: NDArray, bins: Bins, range: HistogramOptions["range"]): NDArray => {
  if (bins instanceof NDArray) {
    if (bins.ndim !== 1 || bins.size < 2)
      throw new ShapeMismatch(`${asked}, option bins`, showAval(bins), "Give a number of bins, or at least two edges");
    const values = isConcrete(bins) ? bins.toTypedArray() : [];
    if (values.some((edge, k) => k > 0 && !(values[k - 1]! <= edge)))
      throw new InvalidOption(`${asked}, option bins`, "edges that are not in order", "Sort the edges");
    return bins;
  }
  if (!Number.isInteger(bins) || bins < 1)
    throw new InvalidOption(`${asked}, option bins`, showValue(bins), "Give a whole number from 1, or the edges");
  requireShape(asked, [bins]);
  const [low, high] = outerEdges(asked, x, range);
  const step = div(sub(high, low), bins);
  const inner = add(mul(toDType(arange(bins), x.dtype), spreadScalar(step, [bins])), spreadScalar(low, [bins]));
  return join([inner, reshape(high, { shape: [1] })], 0);
};

/**
 * Edges of equal bins between the smallest and the largest value, shape [bins + 1].
 * @throws InvalidOption, ShapeMismatch
 * @example np.histogramBinEdges(array([0, 3, 4]), { bins: 2 }) // [0, 2, 4]
 */
export const histogramBinEdges = (x: Operand, options: Pick<HistogramOptions, "bins" | "range"> = {}): NDArray => {
  requireOptions("np.histogramBinEdges", options, ["bins", "range"]);
  const { bins = 10, range } = options;
  return edgesOf("np.histogramBinEdges", asFloat(asOperand("np.histogramBinEdges", x)), bins, range);
};

/** Bin of every value of a vector; -1 or the number of bins outside. */
const binOf = (x: NDArray, edges: NDArray): NDArray => {
  const count = edges.size - 1;
  const { dtype } = resultType([x, edges]);
  const [values, bounds] = [toDType(x, dtype), toDType(edges, dtype)];
  const found = searchsorted(bounds, values, { side: "right" });
  const last = spreadScalar(sliceAxis(bounds, 0, count, count + 1), values.shape);
  return select(eq(values, last), fullLike(count - 1, found), sub(found, fullLike(1, found)));
};

/** Counts over the total and the volume of each bin. */
const densityOf = (counts: NDArray, edges: readonly NDArray[]): NDArray => {
  const own = asFloat(counts);
  const total = reduceSum(own, { axes: own.shape.map((_, axis) => axis) });
  return edges.reduce(
    (density, bounds, axis) => {
      const n = bounds.size;
      const widths = sub(sliceAxis(bounds, 0, 1, n), sliceAxis(bounds, 0, 0, n - 1));
      return div(density, reshape(widths, { shape: own.shape.map((extent, k) => (k === axis ? extent : 1)) }));
    },
    div(own, total),
  );
};

/**
 * Counts of values in bins, and the edges of the bins.
 * @returns [counts of shape [bins], int32 or the dtype of the weights or float; edges of shape [bins + 1]]
 * @throws InvalidOption, ShapeMismatch
 * @example np.histogram(array([0, 1, 1, 4]), { bins: 2 }) // [[3, 1], [0, 2, 4]]
 */
export const histogram = (x: Operand, options: HistogramOptions = {}): [NDArray, NDArray] => {
  requireOptions("np.histogram", options, ["bins", "range", "weights", "density"]);
  const { bins = 10, range, weights, density = false } = options;
  const own = flat(asFloat(asOperand("np.histogram", x)));
  const edges = edgesOf("np.histogram", own, bins, range);
  const counts = addAt(binOf(own, edges), weightsFor("np.histogram", weights, own.size), edges.size - 1);
  return [density ? densityOf(counts, [edges]) : counts, edges];
};

export interface HistogramddOptions extends Omit<HistogramOptions, "bins" | "range"> {
  /** One for all dimensions, or a list with one per dimension. Default 10. */
  readonly bins?: Bins | readonly Bins[];
  /** Outer edges per dimension, null for the smallest and the largest value. */
  readonly range?: readonly (readonly [Operand, Operand] | null)[] | null;
}

const histogramOf = (asked: string, columns: readonly NDArray[], options: HistogramddOptions): [NDArray, NDArray[]] => {
  requireOptions(asked, options, ["bins", "range", "weights", "density"]);
  const { bins = 10, range = null, weights, density = false } = options;
  const list = Array.isArray(bins) ? (bins as readonly Bins[]) : columns.map(() => bins as Bins);
  if (list.length !== columns.length || (range !== null && range.length !== columns.length))
    throw new InvalidOption(asked, `bins or range for ${list.length} of ${columns.length} dimensions`, "Give one each");
  const edges = columns.map((column, k) => edgesOf(asked, column, list[k]!, range?.[k]));
  const shape = edges.map((bounds) => bounds.size - 1);
  requireShape(asked, shape);
  const size = columns[0]!.size;
  let place = zerosOf([size], "int32");
  let isInside = full(1, [size], "bool");
  columns.forEach((column, k) => {
    const bin = binOf(column, edges[k]!);
    isInside = and(isInside, and(ge(bin, fullLike(0, bin)), lt(bin, fullLike(shape[k]!, bin))));
    place = add(mul(place, fullLike(shape[k]!, place)), bin);
  });
  const total = shape.reduce((product, extent) => product * extent, 1);
  const flatPlace = select(isInside, place, fullLike(-1, place));
  const counts = reshape(addAt(flatPlace, weightsFor(asked, weights, size), total), { shape });
  return [density ? densityOf(counts, edges) : counts, edges];
};

/**
 * Counts of pairs (x, y) in a grid of bins, and the edges along both.
 * @returns [counts of shape [bins of x, bins of y], edges of x, edges of y]
 * @throws InvalidOption, ShapeMismatch
 * @example np.histogram2d(array([0, 1, 1]), array([0, 1, 0]), { bins: 2 })[0] // [[1, 0], [1, 1]]
 */
export const histogram2d = (x: Operand, y: Operand, options: HistogramddOptions = {}): [NDArray, NDArray, NDArray] => {
  const columns = [x, y].map((each) => asFloat(asOperand("np.histogram2d", each)));
  if (columns[0]!.ndim !== 1 || columns[1]!.ndim !== 1 || columns[0]!.size !== columns[1]!.size)
    throw new ShapeMismatch(
      "np.histogram2d",
      columns.map((column) => showShape(column.shape)).join(" and "),
      "Give two vectors of one length",
    );
  const [counts, [first, second]] = histogramOf("np.histogram2d", columns, options) as [NDArray, [NDArray, NDArray]];
  return [counts, first, second];
};

/**
 * Counts of points in a grid of bins, and the edges along every dimension.
 * @param points  shape [points, dimensions]
 * @returns [counts, list of edges]
 * @throws InvalidOption, ShapeMismatch
 * @example np.histogramdd(array([[0, 0], [1, 1], [1, 0]]), { bins: 2 })[0] // [[1, 0], [1, 1]]
 */
export const histogramdd = (points: Operand, options: HistogramddOptions = {}): [NDArray, NDArray[]] => {
  const own = asFloat(asOperand("np.histogramdd", points));
  if (own.ndim !== 2 || own.shape[1] === 0)
    throw new ShapeMismatch("np.histogramdd", showShape(own.shape), "Give points times dimensions");
  const columns = Array.from({ length: own.shape[1]! }, (_, k) => flat(sliceAxis(own, 1, k, k + 1)));
  return histogramOf("np.histogramdd", columns, options);
};
