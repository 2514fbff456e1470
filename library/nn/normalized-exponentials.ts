/**
 * logsumexp, logmeanexp, softmax, logSoftmax: exponentials of x less its maximum, which no result depends on.
 * The maximum therefore counts as a constant in every derivative.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxes } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { add, div, full, fullLike, mul, sub, zerosOf } from "../../ops/arithmetic.ts";
import { eq, lt, select } from "../../ops/comparison.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { exp, log } from "../../ops/exponential.ts";
import { abs, reduceMax, sign } from "../../ops/extrema.ts";
import { broadcast, reduceSum, reshape } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { promoteFloat, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { countOf, keptShape, maskOf, maskWith } from "../numpy/reduction-parts.ts";
import type { MaskedOptions } from "../numpy/reduction-parts.ts";

const withoutAxes = (shape: Shape, axes: readonly number[]): number[] =>
  shape.filter((_, axis) => !axes.includes(axis));

const spreadOver = (x: NDArray, shape: Shape, axes: readonly number[]): NDArray =>
  broadcast(x, { shape, axes: shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])) });

/** The maximum where it is finite, else 0: subtracting an infinity would make NaN of infinity - infinity. */
const finiteMaximum = (x: NDArray, axes: readonly number[]): NDArray => {
  const largest = stopGradient(reduceMax(x, { axes }));
  return select(lt(abs(largest), fullLike(Infinity, largest)), largest, fullLike(0, largest));
};

// --- logsumexp --------------------------------------------------------------------------------

export interface LogsumexpOptions extends MaskedOptions {
  /** Factors of the exponentials, of either sign; broadcasts with x. Default 1. */
  readonly b?: Operand;
  /** Whether to return [log |sum|, sign of the sum], so that the sum may be negative. Default false. */
  readonly returnSign?: boolean;
}

/** The sum of weighted exponentials as e^origin times `sum`. */
interface ScaledSum {
  readonly sum: NDArray;
  readonly origin: NDArray;
}

const scaledSum = (x: NDArray, weights: NDArray | null, axes: readonly number[]): ScaledSum => {
  if (x.size === 0) {
    const nothing = zerosOf(withoutAxes(x.shape, axes), x.dtype);
    return { sum: nothing, origin: nothing };
  }
  const origin = finiteMaximum(x, axes);
  const powers = exp(sub(x, spreadOver(origin, x.shape, axes)));
  return { sum: reduceSum(weights === null ? powers : mul(weights, powers), { axes }), origin };
};

/** x and its weights in one shape; what does not count is -infinity with weight 0. */
const weightedTerms = (x: Operand, options: LogsumexpOptions): readonly [NDArray, NDArray | null] => {
  const [terms, weights = null] = promoteFloat("nn.logsumexp", options.b === undefined ? [x] : [x, options.b]);
  const mask = maskOf("nn.logsumexp", terms!, options.where);
  const counted = maskWith(mask, terms!, -Infinity);
  if (weights === null) return [counted, null];
  const isNothing = eq(weights, fullLike(0, weights));
  return [select(isNothing, fullLike(-Infinity, counted), counted), weights];
};

/**
 * log(sum(b exp(x))) over axes (default all), without overflow. Of nothing, and of -infinities alone, -infinity.
 * NaN for a negative sum, unless `returnSign` asks for [log |sum|, sign]. The gradient by x is softmax for b = 1;
 * NaN where every element is -infinity.
 * @throws IndexOutOfRange, ShapeMismatch, UnknownOption
 * @example nn.logsumexp(array([1000, 1000])) // 1000.6931471805599
 * @example nn.logsumexp(array([0, 0]), { b: array([1, -3]), returnSign: true }) // [0.6931471805599453, -1]
 */
export const logsumexp: {
  (x: Operand, options: LogsumexpOptions & { readonly returnSign: true }): [logarithm: NDArray, sign: NDArray];
  (x: Operand, options?: LogsumexpOptions & { readonly returnSign?: false }): NDArray;
} = ((x: Operand, options: LogsumexpOptions = {}): NDArray | [NDArray, NDArray] => {
  requireOptions("nn.logsumexp", options, ["axis", "keepdims", "where", "b", "returnSign"]);
  const [terms, weights] = weightedTerms(x, options);
  const axes = normalizeAxes("nn.logsumexp", options.axis, terms.ndim);
  const { sum, origin } = scaledSum(terms, weights, axes);
  const kept = (result: NDArray): NDArray =>
    options.keepdims === true ? reshape(result, { shape: keptShape(terms.shape, axes) }) : result;
  if (options.returnSign !== true) return kept(add(log(sum), origin));
  return [kept(add(log(abs(sum)), origin)), kept(sign(sum))];
}) as typeof logsumexp;

/**
 * log(mean(exp(x))) over axes (default all), without overflow; NaN of nothing.
 * @throws IndexOutOfRange, ShapeMismatch, UnknownOption
 * @example nn.logmeanexp(array([1000, 1000])) // 1000
 */
export const logmeanexp = (x: Operand, options: MaskedOptions = {}): NDArray => {
  requireOptions("nn.logmeanexp", options, ["axis", "keepdims", "where"]);
  const [own] = promoteFloat("nn.logmeanexp", [x]) as [NDArray];
  const axes = normalizeAxes("nn.logmeanexp", options.axis, own.ndim);
  const mask = maskOf("nn.logmeanexp", own, options.where);
  const kept = keptShape(own.shape, axes);
  const shape = options.keepdims === true ? kept : withoutAxes(own.shape, axes);
  const count =
    mask === null
      ? full(countOf(own, axes), shape, own.dtype)
      : reshape(reduceSum(toDType(mask, own.dtype), { axes }), { shape });
  const terms = maskWith(mask, own, -Infinity);
  const { sum, origin } = scaledSum(terms, null, axes);
  return add(log(div(reshape(sum, { shape }), count)), reshape(origin, { shape }));
};

// --- softmax ----------------------------------------------------------------------------------

export interface SoftmaxOptions {
  /** Axes over which the result sums to 1. Default -1. */
  readonly axis?: number | readonly number[] | null;
  /** The elements that count (nonzero); broadcasts to x. The others get probability 0. Default: all. */
  readonly where?: Operand;
}

interface Shifted {
  /** x less the maximum of what counts; -infinity elsewhere. */
  readonly below: NDArray;
  readonly axes: readonly number[];
  readonly mask: NDArray | null;
}

const shifted = (asked: string, x: Operand, options: SoftmaxOptions | undefined): Shifted => {
  requireOptions(asked, options, ["axis", "where"]);
  const [whole] = promoteFloat(asked, [x]) as [NDArray];
  const axes = normalizeAxes(asked, options?.axis === undefined ? -1 : options.axis, whole.ndim);
  const mask = maskOf(asked, whole, options?.where);
  const own = maskWith(mask, whole, -Infinity);
  return {
    below: own.size === 0 ? own : sub(own, spreadOver(stopGradient(reduceMax(own, { axes })), own.shape, axes)),
    axes,
    mask,
  };
};

/**
 * e^x over the sum of all e^x along axes (default the last). An element of -infinity gets 0; +infinity gives NaN.
 * What `where` leaves out gets 0, whatever it holds, and does not count in the sum; its derivatives are 0.
 * @throws IndexOutOfRange, ShapeMismatch, UnknownOption
 * @example nn.softmax(array([1000, 1000, -Infinity])) // [0.5, 0.5, 0]
 * @example nn.softmax(array([1, 1, NaN]), { where: array([true, true, false]) }) // [0.5, 0.5, 0]
 */
export const softmax = (x: Operand, options?: SoftmaxOptions): NDArray => {
  const { below, axes, mask } = shifted("nn.softmax", x, options);
  const weights = exp(below);
  return maskWith(mask, div(weights, spreadOver(reduceSum(weights, { axes }), below.shape, axes)), 0);
};

/**
 * log(softmax(x)) with the digits that softmax rounds away; -infinity for what `where` leaves out.
 * @throws IndexOutOfRange, ShapeMismatch, UnknownOption
 * @example nn.logSoftmax(array([0, 1000])) // [-1000, 0]
 */
export const logSoftmax = (x: Operand, options?: SoftmaxOptions): NDArray => {
  const { below, axes, mask } = shifted("nn.logSoftmax", x, options);
  const logarithms = sub(below, spreadOver(log(reduceSum(exp(below), { axes })), below.shape, axes));
  return maskWith(mask, logarithms, -Infinity);
};
