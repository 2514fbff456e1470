/**
 * Activation functions made of pieces. The slope at a kink is JAX's: 0 for relu, relu6, hardSigmoid and sparseSigmoid,
 * that of the outer side for leakyRelu (1 at 0), of the inner for hardTanh (1 at -1 and 1). NaN stays NaN.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireOptions } from "../../src/options.ts";
import { add, div, fullLike, integerPower, mul } from "../../ops/arithmetic.ts";
import { ge, gt, keepWhere, le, lt, not, select } from "../../ops/comparison.ts";
import { expm1 } from "../../ops/exponential.ts";
import type { UnaryFunction } from "../numpy/elementwise-function.ts";
import { promoteFloat, promoteNumber } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";

const unary = (name: string, promotion: typeof promoteFloat, call: (x: NDArray) => NDArray): UnaryFunction =>
  ((x: unknown) => call(promotion(`nn.${name}`, [x])[0]!)) as UnaryFunction;

const zeroOf = (x: NDArray): NDArray => fullLike(0, x);
const positivePart = (x: NDArray): NDArray => keepWhere(not(le(x, zeroOf(x))), x);

/** x between 0 and `top`, slope 0 at both. */
const between = (x: NDArray, top: number): NDArray =>
  select(ge(x, fullLike(top, x)), fullLike(top, x), positivePart(x));

// --- Straight pieces --------------------------------------------------------------------------

/**
 * x itself.
 * @example nn.identity(array([-1, 2])) // [-1, 2]
 */
export const identity: UnaryFunction = unary("identity", promoteNumber, (x) => x);

/**
 * max(x, 0); derivative 0 at 0.
 * @example nn.relu(array([-1, 0, 2])) // [0, 0, 2]
 */
export const relu: UnaryFunction = unary("relu", promoteNumber, positivePart);

/**
 * min(max(x, 0), 6); derivative 0 at 0 and at 6.
 * @example nn.relu6(array([-1, 3, 9])) // [0, 3, 6]
 */
export const relu6: UnaryFunction = unary("relu6", promoteNumber, (x) => between(x, 6));

export interface LeakyReluOptions {
  /** Slope below 0. Default 0.01. Differentiable. */
  readonly negativeSlope?: Operand;
}

/**
 * x for x >= 0, negativeSlope x below; derivative 1 at 0.
 * @throws UnknownOption
 * @example nn.leakyRelu(array([-2, 3]), { negativeSlope: 0.1 }) // [-0.2, 3]
 */
export const leakyRelu = (x: Operand, options: LeakyReluOptions = {}): NDArray => {
  requireOptions("nn.leakyRelu", options, ["negativeSlope"]);
  const [own, slope] = promoteFloat("nn.leakyRelu", [x, options.negativeSlope ?? 0.01]) as [NDArray, NDArray];
  const isAbove = ge(own, zeroOf(own));
  return select(isAbove, own, mul(slope, select(isAbove, zeroOf(own), own)));
};

/**
 * -1 below -1, 1 above 1, x between; derivative 1 at both ends.
 * @example nn.hardTanh(array([-5, 0.5, Infinity])) // [-1, 0.5, 1]
 */
export const hardTanh: UnaryFunction = unary("hardTanh", promoteNumber, (x) =>
  select(gt(x, fullLike(1, x)), fullLike(1, x), select(lt(x, fullLike(-1, x)), fullLike(-1, x), x)),
);

/**
 * relu6(x + 3) / 6: a sigmoid of straight pieces, 0 up to -3 and 1 from 3 on.
 * @example nn.hardSigmoid(array([-4, 0, 4])) // [0, 0.5, 1]
 */
export const hardSigmoid: UnaryFunction = unary("hardSigmoid", promoteFloat, (x) =>
  div(between(add(x, fullLike(3, x)), 6), fullLike(6, x)),
);

/**
 * x hardSigmoid(x): 0 up to -3, x from 3 on.
 * @example nn.hardSilu(array([-Infinity, 1, 1000])) // [0, 0.6666666666666666, 1000]
 */
export const hardSilu: UnaryFunction = unary("hardSilu", promoteFloat, (x) => {
  const isAbove = ge(x, fullLike(3, x));
  const isBelow = le(x, fullLike(-3, x));
  const inside = select(isAbove, zeroOf(x), select(isBelow, zeroOf(x), x));
  const middle = div(mul(inside, add(inside, fullLike(3, x))), fullLike(6, x));
  return select(isAbove, x, select(isBelow, zeroOf(x), middle));
});

/**
 * Another name of hardSilu.
 * @example nn.hardSwish(-1) // -0.3333333333333333
 */
export const hardSwish: UnaryFunction = hardSilu;

/**
 * 0 up to -1, 1 from 1 on, (x + 1) / 2 between: the derivative of sparsePlus.
 * @example nn.sparseSigmoid(array([-2, 0, 2])) // [0, 0.5, 1]
 */
export const sparseSigmoid: UnaryFunction = unary("sparseSigmoid", promoteFloat, (x) =>
  div(between(add(x, fullLike(1, x)), 2), fullLike(2, x)),
);

/**
 * 0 up to -1, x from 1 on, (x + 1)^2 / 4 between.
 * Source: Lin & Chen 2023.
 * @example nn.sparsePlus(array([-2, 0, 2])) // [0, 0.25, 2]
 */
export const sparsePlus: UnaryFunction = unary("sparsePlus", promoteFloat, (x) => {
  const isAbove = ge(x, fullLike(1, x));
  const isBelow = le(x, fullLike(-1, x));
  const inside = select(isAbove, zeroOf(x), select(isBelow, zeroOf(x), x));
  const square = integerPower(add(inside, fullLike(1, x)), { exponent: 2 });
  return select(isAbove, x, select(isBelow, zeroOf(x), div(square, fullLike(4, x))));
});

// --- Exponential below 0 ----------------------------------------------------------------------

export interface AlphaOptions {
  /** Minus the limit far below 0. Default 1. Differentiable. */
  readonly alpha?: Operand;
}

/** x above 0, below(min(x, 0)) elsewhere. */
const bentAtZero = (x: NDArray, below: (x: NDArray) => NDArray): NDArray => {
  const isAbove = gt(x, zeroOf(x));
  return select(isAbove, x, below(select(isAbove, zeroOf(x), x)));
};

/**
 * x above 0, alpha (e^x - 1) elsewhere; derivative alpha at 0.
 * @throws UnknownOption
 * Source: Clevert et al. 2015.
 * @example nn.elu(array([-1000, 0, 2])) // [-1, 0, 2]
 */
export const elu = (x: Operand, options: AlphaOptions = {}): NDArray => {
  requireOptions("nn.elu", options, ["alpha"]);
  const [own, alpha] = promoteFloat("nn.elu", [x, options.alpha ?? 1]) as [NDArray, NDArray];
  return bentAtZero(own, (below) => mul(alpha, expm1(below)));
};

/**
 * x above 0, alpha (e^(x / alpha) - 1) elsewhere; derivative 1 at 0 whatever alpha.
 * @throws UnknownOption
 * Source: Barron 2017.
 * @example nn.celu(array([-1000, 0, 2]), { alpha: 2 }) // [-2, 0, 2]
 */
export const celu = (x: Operand, options: AlphaOptions = {}): NDArray => {
  requireOptions("nn.celu", options, ["alpha"]);
  const [own, alpha] = promoteFloat("nn.celu", [x, options.alpha ?? 1]) as [NDArray, NDArray];
  return bentAtZero(own, (below) => mul(alpha, expm1(div(below, alpha))));
};

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/**
 * 1.0507 elu(x, alpha 1.6733): keeps mean 0 and variance 1 from layer to layer.
 * Source: Klambauer et al. 2017.
 * @example nn.selu(array([-1000, 0, 1])) // [-1.7580993408473768, 0, 1.0507009873554805]
 */
export const selu: UnaryFunction = unary("selu", promoteFloat, (x) =>
  mul(
    fullLike(seluScale, x),
    bentAtZero(x, (below) => mul(fullLike(seluAlpha, x), expm1(below))),
  ),
);
