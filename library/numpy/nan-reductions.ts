/**
 * Reductions that leave NaN out. Sums of nothing are 0, products 1, extrema and means of nothing NaN.
 * The derivative goes to the elements that count; integers and booleans have no NaN and are reduced as they are.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { isFloat } from "../../src/array/dtype.ts";
import { fullLike } from "../../ops/arithmetic.ts";
import { and, eq, select } from "../../ops/comparison.ts";
import { argmax as argmaxOf, reduceMax, reduceMin } from "../../ops/extrema.ts";
import * as cumulative from "../../ops/cumulative.ts";
import { spread } from "../../ops/shape.ts";
import type { AxesParams } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { asNumber, runAlong, searchWith } from "./reduction-parts.ts";
import type { ArgumentOptions, CumulativeOptions, ReductionOptions } from "./reduction-parts.ts";
import { any, max, min, prod, sum } from "./reductions.ts";
import { mean, std, variance } from "./statistics.ts";

/** Options of the nan-reductions: those of all reductions. */
const own: readonly string[] = ["axis", "keepdims"];

const isKnown = (x: NDArray): NDArray => eq(x, x);

/** x with a number in place of NaN. */
const without = (x: NDArray, filler: number): NDArray =>
  isFloat(x.dtype) ? select(isKnown(x), x, fullLike(filler, x)) : x;

/** Values where some element is known, NaN elsewhere. */
const orNaN = (values: NDArray, x: NDArray, options: ReductionOptions | undefined): NDArray =>
  isFloat(x.dtype) ? select(any(isKnown(x), options), values, fullLike(NaN, values)) : values;

/**
 * Largest element that is not NaN; NaN where all are.
 * @throws EmptyReduction
 * @example np.nanmax(array([1, NaN, 3])) // 3
 */
export const nanmax = (x: Operand, options?: ReductionOptions): NDArray => {
  requireOptions("np.nanmax", options, own);
  const given = asOperand("np.nanmax", x);
  return orNaN(max(without(given, -Infinity), options), given, options);
};

/**
 * Smallest element that is not NaN; NaN where all are.
 * @throws EmptyReduction
 * @example np.nanmin(array([1, NaN, 3])) // 1
 */
export const nanmin = (x: Operand, options?: ReductionOptions): NDArray => {
  requireOptions("np.nanmin", options, own);
  const given = asOperand("np.nanmin", x);
  return orNaN(min(without(given, Infinity), options), given, options);
};

/**
 * Sum of the elements that are not NaN.
 * @example np.nansum(array([1, NaN, 3])) // 4
 */
export const nansum = (x: Operand, options?: ReductionOptions): NDArray => {
  requireOptions("np.nansum", options, own);
  return sum(without(asOperand("np.nansum", x), 0), options);
};

/**
 * Product of the elements that are not NaN.
 * @example np.nanprod(array([2, NaN, 3])) // 6
 */
export const nanprod = (x: Operand, options?: ReductionOptions): NDArray => {
  requireOptions("np.nanprod", options, own);
  return prod(without(asOperand("np.nanprod", x), 1), options);
};

/**
 * Mean of the elements that are not NaN; NaN where all are.
 * @example np.nanmean(array([1, NaN, 3])) // 2
 */
export const nanmean = (x: Operand, options?: ReductionOptions): NDArray => {
  requireOptions("np.nanmean", options, own);
  const given = asOperand("np.nanmean", x);
  return mean(given, { ...options, where: isKnown(given) });
};

export interface NanVarianceOptions extends ReductionOptions {
  /** Divisor is the number of known elements less ddof. Default 0. */
  readonly ddof?: number;
}

/**
 * Variance of the elements that are not NaN; NaN where no more than `ddof` are left.
 * @example np.nanvar(array([1, NaN, 3])) // 1
 */
export const nanvar = (x: Operand, options?: NanVarianceOptions): NDArray => {
  requireOptions("np.nanvar", options, [...own, "ddof"]);
  const given = asOperand("np.nanvar", x);
  return variance(given, { ...options, where: isKnown(given) });
};

/**
 * Standard deviation of the elements that are not NaN.
 * @example np.nanstd(array([1, NaN, 3])) // 1
 */
export const nanstd = (x: Operand, options?: NanVarianceOptions): NDArray => {
  requireOptions("np.nanstd", options, [...own, "ddof"]);
  const given = asOperand("np.nanstd", x);
  return std(given, { ...options, where: isKnown(given) });
};

/** Index of the first element that is the extremum of the known ones; NaN equals none. */
const search = (
  asked: string,
  x: Operand,
  options: ArgumentOptions | undefined,
  filler: number,
  reduce: (x: NDArray, params: AxesParams) => NDArray,
): NDArray =>
  searchWith(asked, asOperand(asked, x), options, (given, axis) => {
    const best = reduce(without(given, filler), { axes: [axis] });
    const isBest = and(eq(given, spread(best, given.shape, [axis])), isKnown(given));
    const found = argmaxOf(isBest, { axis });
    return select(reduceMax(isBest, { axes: [axis] }), found, fullLike(-1, found));
  });

/**
 * Index (int32) of the first largest element that is not NaN; -1 where all are.
 * @throws EmptyReduction
 * @example np.nanargmax(array([NaN, 1, 3])) // 2
 */
export const nanargmax = (x: Operand, options?: ArgumentOptions): NDArray =>
  search("np.nanargmax", x, options, -Infinity, (given, params) => reduceMax(given, params));

/**
 * Index (int32) of the first smallest element that is not NaN; -1 where all are.
 * @throws EmptyReduction
 * @example np.nanargmin(array([NaN, 1, 3])) // 1
 */
export const nanargmin = (x: Operand, options?: ArgumentOptions): NDArray =>
  search("np.nanargmin", x, options, Infinity, (given, params) => reduceMin(given, params));

/**
 * Running sum along an axis, NaN counting as 0.
 * @example np.nancumsum(array([1, NaN, 3])) // [1, 1, 4]
 */
export const nancumsum = (x: Operand, options?: CumulativeOptions): NDArray =>
  runAlong("np.nancumsum", without(asNumber(asOperand("np.nancumsum", x)), 0), options, (given, p) =>
    cumulative.cumsum(given, p),
  );

/**
 * Running product along an axis, NaN counting as 1.
 * @example np.nancumprod(array([2, NaN, 3])) // [2, 2, 6]
 */
export const nancumprod = (x: Operand, options?: CumulativeOptions): NDArray =>
  runAlong("np.nancumprod", without(asNumber(asOperand("np.nancumprod", x)), 1), options, (given, p) =>
    cumulative.cumprod(given, p),
  );
