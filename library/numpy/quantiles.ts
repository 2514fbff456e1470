/**
 * Quantiles: the value at a share q of the sorted elements. NaN makes NaN, except in the nan-versions, which leave
 * NaN out. Differentiable in the elements (the derivative goes to those that are read) and, between them, in q.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import { isConcrete } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxes } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { add, div, full, fullLike, mul, sub } from "../../ops/arithmetic.ts";
import { and, eq, ge, gt, le, lt, ne, not, or, select } from "../../ops/comparison.ts";
import { asDType, stopGradient } from "../../ops/conversion.ts";
import { abs } from "../../ops/extrema.ts";
import { gatherAlong } from "../../ops/indexing.ts";
import { floor, round } from "../../ops/rounding.ts";
import { broadcast, reduceSum, reshape, transpose } from "../../ops/shape.ts";
import { sort } from "../../ops/sorting.ts";
import { asOperand, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { asFloat, countOf, keptShape } from "./reduction-parts.ts";
import type { ReductionOptions } from "./reduction-parts.ts";

/** What stands between two neighbouring elements. */
export type QuantileMethod = "linear" | "lower" | "higher" | "midpoint" | "nearest";

export interface QuantileOptions extends ReductionOptions {
  /**
   * Between two elements: "linear" (default) interpolates, "midpoint" takes the middle, "lower" and "higher" one of
   * the two, "nearest" the nearer one (the even index halfway).
   */
  readonly method?: QuantileMethod;
}

const methods: readonly QuantileMethod[] = ["linear", "lower", "higher", "midpoint", "nearest"];

const requireShares = (asked: string, q: NDArray, whole: number): void => {
  if (isConcrete(q) && q.toTypedArray().some((share) => !(share >= 0 && share <= whole)))
    throw new InvalidOption(asked, `a share outside 0 to ${whole}`, `Give q from 0 to ${whole}`);
};

/**
 * low + (high - low) t, from the nearer end, so that equal ends give themselves and monotony survives rounding;
 * infinite ends stay what they are.
 */
const interpolate = (low: NDArray, high: NDArray, t: NDArray): NDArray => {
  const infinity = fullLike(Infinity, low);
  const isSame = and(eq(low, high), eq(abs(low), infinity));
  const difference = select(isSame, fullLike(0, low), sub(high, low));
  const fromLow = add(low, mul(difference, t));
  const fromHigh = sub(high, mul(difference, sub(fullLike(1, t), t)));
  const isFromLow = or(and(lt(t, fullLike(0.5, t)), ne(low, fullLike(-Infinity, low))), eq(high, infinity));
  // At an element its neighbour does not count, which may be infinite.
  return select(eq(t, fullLike(0, t)), low, select(isFromLow, fromLow, fromHigh));
};

/** Position between the elements as the method wants it: whole, halfway, or as it is. */
const positionFor = (method: QuantileMethod, position: NDArray): NDArray => {
  const below = floor(position);
  const isBetween = ne(below, position);
  const one = fullLike(1, position);
  switch (method) {
    case "linear":
      return position;
    case "lower":
      return below;
    case "higher":
      return select(isBetween, add(below, one), below);
    case "midpoint":
      return select(isBetween, add(below, fullLike(0.5, position)), below);
    case "nearest":
      return round(position);
  }
};

/** Elements of the reduced axes as the leading axis: [count, ...kept]. */
const linesOf = (x: NDArray, axes: readonly number[]): NDArray => {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const moved = transpose(x, { permutation: [...axes, ...kept] });
  return reshape(moved, { shape: [countOf(x, axes), ...kept.map((axis) => x.shape[axis]!)] });
};

/** Quantiles of lines [count, ...kept] at shares [m]: [m, ...kept]. */
const quantilesOf = (lines: NDArray, shares: NDArray, method: QuantileMethod, skipsNaN: boolean): NDArray => {
  const [count, ...kept] = lines.shape as [number, ...number[]];
  const shape = [shares.size, ...kept];
  if (count === 0) return full(NaN, shape, lines.dtype);
  const sorted = sort(lines, { axis: 0, descending: false });
  const isKnown = eq(lines, lines);
  const known = reduceSum(asDType(isKnown, lines.dtype), { axes: [0] });
  const spread = (x: NDArray): NDArray => broadcast(x, { shape, axes: kept.map((_, axis) => axis + 1) });
  const q = broadcast(shares, { shape, axes: [0] });
  const total = skipsNaN ? spread(known) : fullLike(count, q);
  const last = sub(total, fullLike(1, q));
  const position = positionFor(method, mul(q, last));
  const below = floor(position);
  const read = (at: NDArray): NDArray => gatherAlong(sorted, asDType(at, "int32"), 0);
  const t = sub(position, below);
  const above = select(gt(t, fullLike(0, t)), add(below, fullLike(1, t)), below);
  const value = interpolate(read(below), read(stopGradient(above)), t);
  const isComplete = skipsNaN ? gt(total, fullLike(0, q)) : spread(eq(known, fullLike(count, known)));
  const isShare = and(ge(q, fullLike(0, q)), le(q, fullLike(1, q)));
  return select(not(and(isComplete, isShare)), fullLike(NaN, value), value);
};

const quantileFor = (
  asked: string,
  x: Operand,
  q: Operand,
  options: QuantileOptions | undefined,
  { whole, skipsNaN }: { readonly whole: 1 | 100; readonly skipsNaN: boolean },
): NDArray => {
  requireOptions(asked, options, ["axis", "keepdims", "method"]);
  const method = options?.method ?? "linear";
  if (!methods.includes(method))
    throw new InvalidOption(asked, `method ${showValue(method)}`, `Use one of ${methods.join(", ")}`);
  const given = asFloat(asOperand(asked, x));
  const shares = asOperand(asked, q);
  requireShares(asked, shares, whole);
  const { dtype } = resultType([given, shares]);
  const own = toDType(given, dtype);
  const axes = normalizeAxes(asked, options?.axis, own.ndim);
  const percent = toDType(shares, dtype);
  const share = whole === 1 ? percent : div(percent, fullLike(100, percent));
  const lines = linesOf(own, axes);
  const values = quantilesOf(lines, reshape(share, { shape: [share.size] }), method, skipsNaN);
  const rest = options?.keepdims === true ? keptShape(own.shape, axes) : lines.shape.slice(1);
  return reshape(values, { shape: [...shares.shape, ...rest] });
};

/**
 * The value below which a share q of the elements lies.
 * @param q  from 0 to 1, of any shape, whose axes come first in the result
 * @throws InvalidOption  q outside 0 to 1; an unknown method
 * @example np.quantile(array([1, 2, 4]), array([0, 0.25, 1])) // [1, 1.5, 4]
 */
export const quantile = (x: Operand, q: Operand, options?: QuantileOptions): NDArray =>
  quantileFor("np.quantile", x, q, options, { whole: 1, skipsNaN: false });

/**
 * As quantile, q in percent.
 * @example np.percentile(array([1, 2, 4]), 25) // 1.5
 */
export const percentile = (x: Operand, q: Operand, options?: QuantileOptions): NDArray =>
  quantileFor("np.percentile", x, q, options, { whole: 100, skipsNaN: false });

/**
 * The middle element, or the mean of the two middle ones.
 * @example np.median(array([[3, 1, 2], [4, 6, 5]]), { axis: 1 }) // [2, 5]
 */
export const median = (x: Operand, options?: ReductionOptions): NDArray => {
  requireOptions("np.median", options, ["axis", "keepdims"]);
  return quantileFor("np.median", x, 0.5, options, { whole: 1, skipsNaN: false });
};

/**
 * Quantile of the elements that are not NaN; NaN where all are.
 * @throws InvalidOption
 * @example np.nanquantile(array([1, NaN, 3]), 0.5) // 2
 */
export const nanquantile = (x: Operand, q: Operand, options?: QuantileOptions): NDArray =>
  quantileFor("np.nanquantile", x, q, options, { whole: 1, skipsNaN: true });

/**
 * As nanquantile, q in percent.
 * @example np.nanpercentile(array([1, NaN, 3]), 50) // 2
 */
export const nanpercentile = (x: Operand, q: Operand, options?: QuantileOptions): NDArray =>
  quantileFor("np.nanpercentile", x, q, options, { whole: 100, skipsNaN: true });

/**
 * Median of the elements that are not NaN; NaN where all are.
 * @example np.nanmedian(array([1, NaN, 3, 5])) // 3
 */
export const nanmedian = (x: Operand, options?: ReductionOptions): NDArray => {
  requireOptions("np.nanmedian", options, ["axis", "keepdims"]);
  return quantileFor("np.nanmedian", x, 0.5, options, { whole: 1, skipsNaN: true });
};
