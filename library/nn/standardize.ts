/** Standardization: elements less their mean, over their standard deviation. */
import { bufferOf, isConcrete } from "../../src/array/ndarray.ts";
import { InvalidOption } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxes } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { add, div, full, integerPower, sub } from "../../ops/arithmetic.ts";
import { sqrt } from "../../ops/exponential.ts";
import { reduceSum, reshape } from "../../ops/shape.ts";
import { asOperand, broadcastArray, promoteFloat, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { countOf, keptShape, maskOf, maskWith } from "../numpy/reduction-parts.ts";

export interface StandardizeOptions {
  /** Axes over which mean and variance are taken; null for all. Default -1. */
  readonly axis?: number | readonly number[] | null;
  /** A mean to use instead; broadcasts to x. */
  readonly mean?: Operand;
  /** A variance to use instead; broadcasts to x. */
  readonly variance?: Operand;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: Operand;
  /** The elements that count in mean and variance. Default: all. */
  readonly where?: Operand;
}

/** The mean over axes, in the shape of x, of the elements that count. */
const meanOver = (x: NDArray, mask: NDArray | null, axes: readonly number[]): NDArray => {
  const shape = keptShape(x.shape, axes);
  const sum = reshape(reduceSum(maskWith(mask, x, 0), { axes }), { shape });
  const count =
    mask === null
      ? full(countOf(x, axes), shape, x.dtype)
      : reshape(reduceSum(toDType(mask, x.dtype), { axes }), { shape });
  return broadcastArray(div(sum, count), x.shape);
};

const refuseNegative = (epsilon: NDArray): void => {
  if (isConcrete(epsilon) && bufferOf(epsilon).some((value) => value < 0))
    throw new InvalidOption("nn.standardize", `epsilon ${epsilon.toString()}`, "Give a number from 0");
};

/**
 * (x - mean) / sqrt(variance + epsilon), with mean and variance over axes unless given. The variance is that of
 * deviations, so that a large mean costs no digits.
 * @throws InvalidOption, IndexOutOfRange, ShapeMismatch, UnknownOption
 * @example nn.standardize(array([1e9 - 1, 1e9, 1e9 + 1]), { epsilon: 0 }) // [-1.224744871391589, 0, 1.224744871391589]
 */
export const standardize = (x: Operand, options: StandardizeOptions = {}): NDArray => {
  const asked = "nn.standardize";
  requireOptions(asked, options, ["axis", "mean", "variance", "epsilon", "where"]);
  const [own] = promoteFloat(asked, [x]) as [NDArray];
  const axes = normalizeAxes(asked, options.axis === undefined ? -1 : options.axis, own.ndim);
  const mask = maskOf(asked, own, options.where);
  const given = (value: Operand): NDArray => broadcastArray(toDType(asOperand(asked, value), own.dtype), own.shape);
  const deviation = sub(own, options.mean === undefined ? meanOver(own, mask, axes) : given(options.mean));
  const variance =
    options.variance === undefined
      ? meanOver(integerPower(deviation, { exponent: 2 }), mask, axes)
      : given(options.variance);
  const epsilon = given(options.epsilon ?? 1e-5);
  refuseNegative(epsilon);
  return div(deviation, sqrt(add(variance, epsilon)));
};
