/**
 * logsumexp, softmax, logSoftmax: exponentials of x less its maximum, which no result depends on.
 * The maximum therefore counts as a constant in every derivative.
 */
import { isFloat } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxes } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { add, div, full, fullLike, sub } from "../../ops/arithmetic.ts";
import { lt, select } from "../../ops/comparison.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { exp, log } from "../../ops/exponential.ts";
import { abs, reduceMax } from "../../ops/extrema.ts";
import { broadcast, reduceSum, reshape } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import type { ReductionOptions } from "../numpy/reductions.ts";

const asFloat = (asked: string, x: Operand): NDArray => {
  const own = asOperand(asked, x);
  return isFloat(own.dtype) ? own : toDType(own, "float64");
};

const withoutAxes = (shape: Shape, axes: readonly number[]): number[] =>
  shape.filter((_, axis) => !axes.includes(axis));

const spreadOver = (x: NDArray, shape: Shape, axes: readonly number[]): NDArray =>
  broadcast(x, { shape, axes: shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])) });

/** The maximum where it is finite, else 0: subtracting an infinity would make NaN of infinity - infinity. */
const finiteMaximum = (x: NDArray, axes: readonly number[]): NDArray => {
  const largest = stopGradient(reduceMax(x, { axes }));
  return select(lt(abs(largest), fullLike(Infinity, largest)), largest, fullLike(0, largest));
};

/**
 * log(sum(exp(x))) over axes (default all), without overflow. Of nothing, and of -infinities alone, -infinity.
 * The gradient is softmax; NaN where every element is -infinity.
 */
export const logsumexp = (x: Operand, options?: ReductionOptions): NDArray => {
  requireOptions("nn.logsumexp", options, ["axis", "keepdims"]);
  const own = asFloat("nn.logsumexp", x);
  const axes = normalizeAxes("nn.logsumexp", options?.axis, own.ndim);
  const kept = own.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const reduced =
    own.size === 0 ? full(-Infinity, withoutAxes(own.shape, axes), own.dtype) : reducedLogarithm(own, axes);
  return options?.keepdims === true ? reshape(reduced, { shape: kept }) : reduced;
};

const reducedLogarithm = (x: NDArray, axes: readonly number[]): NDArray => {
  const origin = finiteMaximum(x, axes);
  return add(log(reduceSum(exp(sub(x, spreadOver(origin, x.shape, axes))), { axes })), origin);
};

export interface SoftmaxOptions {
  /** Axes over which the result sums to 1. Default -1. */
  readonly axis?: number | readonly number[] | null;
}

const shifted = (
  asked: string,
  x: Operand,
  options: SoftmaxOptions | undefined,
): { readonly below: NDArray; readonly axes: readonly number[] } => {
  requireOptions(asked, options, ["axis"]);
  const own = asFloat(asked, x);
  const axes = normalizeAxes(asked, options?.axis === undefined ? -1 : options.axis, own.ndim);
  return {
    below: own.size === 0 ? own : sub(own, spreadOver(stopGradient(reduceMax(own, { axes })), own.shape, axes)),
    axes,
  };
};

/** e^x over the sum of all e^x along axes. An element of -infinity gets 0; +infinity gives NaN. */
export const softmax = (x: Operand, options?: SoftmaxOptions): NDArray => {
  const { below, axes } = shifted("nn.softmax", x, options);
  const weights = exp(below);
  return div(weights, spreadOver(reduceSum(weights, { axes }), below.shape, axes));
};

/** log(softmax(x)) with the digits that softmax rounds away. */
export const logSoftmax = (x: Operand, options?: SoftmaxOptions): NDArray => {
  const { below, axes } = shifted("nn.logSoftmax", x, options);
  return sub(below, spreadOver(log(reduceSum(exp(below), { axes })), below.shape, axes));
};
