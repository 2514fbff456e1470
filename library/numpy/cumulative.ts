/**
 * Running sums, products, extrema and logarithms of sums along one axis; null (default) runs over the flattened array.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxis, showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { full } from "../../ops/arithmetic.ts";
import * as cumulative from "../../ops/cumulative.ts";
import type { CumulativeParams } from "../../ops/cumulative.ts";
import { join } from "../../ops/slicing.ts";
import { asOperand, requireDType, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { asFloat, asNumber, runAlong } from "./reduction-parts.ts";
import type { CumulativeOptions } from "./reduction-parts.ts";

export type { CumulativeOptions } from "./reduction-parts.ts";

export interface CumulativeTypeOptions extends CumulativeOptions {
  /** The dtype to convert to first. Default: that of x, int32 for booleans. */
  readonly dtype?: DType;
}

type Running = (x: NDArray, params: CumulativeParams) => NDArray;

const numbersIn = (asked: string, x: Operand, options: CumulativeTypeOptions | undefined): NDArray => {
  const own = asOperand(asked, x);
  if (options?.dtype === undefined) return asNumber(own);
  requireDType(asked, options.dtype);
  return asNumber(toDType(own, options.dtype));
};

/**
 * Running sum along an axis; booleans count. As accurate as `sum`.
 * @example np.cumsum(array([1, 2, 3])) // [1, 3, 6]
 */
export const cumsum = (x: Operand, options?: CumulativeTypeOptions): NDArray =>
  runAlong("np.cumsum", numbersIn("np.cumsum", x, options), options, (own, p) => cumulative.cumsum(own, p), ["dtype"]);

/**
 * Running product along an axis; integers wrap. Derivatives of every order are right with zeros among the factors.
 * @example np.cumprod(array([1, 2, 3])) // [1, 2, 6]
 * grad((x) => np.sum(np.cumprod(x)))(array([0, 2, 3])) // [9, 0, 0]
 */
export const cumprod = (x: Operand, options?: CumulativeTypeOptions): NDArray =>
  runAlong("np.cumprod", numbersIn("np.cumprod", x, options), options, (own, p) => cumulative.cumprod(own, p), [
    "dtype",
  ]);

/**
 * The largest element so far along an axis; those that attain it share the gradient equally; NaN propagates.
 * @example np.cummax(array([1, 3, 2, 5])) // [1, 3, 3, 5]
 */
export const cummax = (x: Operand, options?: CumulativeOptions): NDArray =>
  runAlong("np.cummax", asNumber(asOperand("np.cummax", x)), options, (own, p) => cumulative.cummax(own, p));

/**
 * The smallest element so far along an axis; as cummax.
 * @example np.cummin(array([3, 4, 1, 2])) // [3, 3, 1, 1]
 */
export const cummin = (x: Operand, options?: CumulativeOptions): NDArray =>
  runAlong("np.cummin", asNumber(asOperand("np.cummin", x)), options, (own, p) => cumulative.cummin(own, p));

/**
 * log of the running sum of e^x along an axis, without overflow. Elements of -infinity have derivative 0.
 * @example np.cumlogsumexp(array([1000, 1000])) // [1000, 1000.6931471805599]
 */
export const cumlogsumexp = (x: Operand, options?: CumulativeOptions): NDArray =>
  runAlong("np.cumlogsumexp", asFloat(asOperand("np.cumlogsumexp", x)), options, (own, p) =>
    cumulative.cumlogsumexp(own, p),
  );

export interface ArrayApiCumulativeOptions {
  /** One axis; may be left out for a vector. */
  readonly axis?: number | null;
  /** The dtype to convert to first. */
  readonly dtype?: DType;
  /** Begin with the empty sum 0, or the empty product 1: one element more along the axis. */
  readonly includeInitial?: boolean;
}

const fromInitial = (
  asked: string,
  x: Operand,
  options: ArrayApiCumulativeOptions | undefined,
  call: Running,
  initial: number,
): NDArray => {
  requireOptions(asked, options, ["axis", "dtype", "includeInitial"]);
  const own = numbersIn(asked, x, options as CumulativeTypeOptions | undefined);
  const given = options?.axis ?? null;
  if (own.ndim === 0 || (given === null && own.ndim !== 1))
    throw new InvalidOption(
      asked,
      `axis ${showValue(given)} of shape ${showShape(own.shape)}`,
      "Name the axis: it may be left out for a vector only",
    );
  const axis = normalizeAxis(asked, given ?? 0, own.ndim);
  const out = call(own, { axis, reverse: false });
  return options?.includeInitial === true ? join([full(initial, own.shape.with(axis, 1), own.dtype), out], axis) : out;
};

/**
 * Running sum along an axis, in the array API's form.
 * @throws InvalidOption  no axis given for an array that is no vector
 * @example np.cumulativeSum(array([1, 2, 3]), { includeInitial: true }) // [0, 1, 3, 6]
 */
export const cumulativeSum = (x: Operand, options?: ArrayApiCumulativeOptions): NDArray =>
  fromInitial("np.cumulativeSum", x, options, (own, p) => cumulative.cumsum(own, p), 0);

/**
 * Running product along an axis, in the array API's form.
 * @throws InvalidOption  no axis given for an array that is no vector
 * @example np.cumulativeProd(array([2, 3]), { includeInitial: true }) // [1, 2, 6]
 */
export const cumulativeProd = (x: Operand, options?: ArrayApiCumulativeOptions): NDArray =>
  fromInitial("np.cumulativeProd", x, options, (own, p) => cumulative.cumprod(own, p), 1);
