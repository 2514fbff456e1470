/**
 * Functions whose textbook derivative is infinite at a point, with derivative 0 there instead: the argument
 * is replaced before the root is taken, since 0 times infinity in the branch not taken would be NaN.
 */
import { isFloat } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxes } from "../../src/array/shape.ts";
import { div, fullLike, integerPower, mul } from "../../ops/arithmetic.ts";
import { and, eq, gt, le, lt, select } from "../../ops/comparison.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { sqrt } from "../../ops/exponential.ts";
import { abs, reduceMax } from "../../ops/extrema.ts";
import { broadcast, reduceSum, reshape } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import type { UnaryFunction } from "../numpy/elementwise.ts";
import { asOperand, promoteFloat, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import type { ReductionOptions } from "../numpy/reductions.ts";

/**
 * sqrt(x) for x > 0, 0 with derivative 0 for x <= 0; NaN stays NaN.
 * @example nn.safeSqrt(array([-1, 0, 4])) // [0, 0, 2]
 * @example grad((x) => nn.safeSqrt(x))(0) // 0
 */
export const safeSqrt: UnaryFunction = ((x: Operand): NDArray => {
  const [own] = promoteFloat("nn.safeSqrt", [x]) as [NDArray];
  const isOutside = le(own, fullLike(0, own));
  return select(isOutside, fullLike(0, own), sqrt(select(isOutside, fullLike(1, own), own)));
}) as UnaryFunction;

/**
 * Euclidean norm over axes (default all), scaled against overflow; gradient 0 at the origin.
 * @throws IndexOutOfRange, UnknownOption
 * @example nn.safeNorm(array([3e200, 4e200])) // 5e200
 * @example grad((x) => nn.safeNorm(x))(array([0, 0])) // [0, 0]
 */
export const safeNorm = (x: Operand, options?: ReductionOptions): NDArray => {
  requireOptions("nn.safeNorm", options, ["axis", "keepdims"]);
  const given = asOperand("nn.safeNorm", x);
  const own = isFloat(given.dtype) ? given : toDType(given, "float64");
  const axes = normalizeAxes("nn.safeNorm", options?.axis, own.ndim);
  const norm = own.size === 0 ? reduceSum(own, { axes }) : scaledNorm(own, axes);
  return options?.keepdims === true
    ? reshape(norm, { shape: own.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)) })
    : norm;
};

const scaledNorm = (x: NDArray, axes: readonly number[]): NDArray => {
  const largest = stopGradient(reduceMax(abs(x), { axes }));
  const one = fullLike(1, largest);
  const scale = select(and(gt(largest, fullLike(0, largest)), lt(largest, fullLike(Infinity, largest))), largest, one);
  const spread = broadcast(scale, {
    shape: x.shape,
    axes: x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])),
  });
  const squares = reduceSum(integerPower(div(x, spread), { exponent: 2 }), { axes });
  const isOrigin = eq(largest, fullLike(0, largest));
  return select(isOrigin, fullLike(0, squares), mul(scale, sqrt(select(isOrigin, one, squares))));
};
