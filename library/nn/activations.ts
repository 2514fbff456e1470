/**
 * Smooth activation functions. None overflows; where a factor has reached 0 or 1 the limit stands in its place,
 * so that values and gradients are right out to both infinities (infinity times 0 would be NaN). NaN stays NaN.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { normalizeAxis, showShape } from "../../src/array/shape.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireOptions } from "../../src/options.ts";
import { add, div, fullLike, integerPower, mul, neg, sub } from "../../ops/arithmetic.ts";
import { eq, gt, keepWhere, le, lt, or, select } from "../../ops/comparison.ts";
import { exp, expm1, log, log1p, logistic, sqrt, tanh as tanhOf } from "../../ops/exponential.ts";
import { abs, sign } from "../../ops/extrema.ts";
import { sliceAxis } from "../../ops/slicing.ts";
import { ndtr } from "../../ops/special.ts";
import type { UnaryFunction } from "../numpy/elementwise-function.ts";
import { promoteFloat } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";

const unary = (name: string, call: (x: NDArray) => NDArray): UnaryFunction =>
  ((x: unknown) => call(promoteFloat(`nn.${name}`, [x])[0]!)) as UnaryFunction;

/** x above `bound`, 0 below -bound, `middle` between: for functions that are these to the last bit there. */
const betweenTails = (x: NDArray, bound: number, middle: (x: NDArray) => NDArray): NDArray => {
  const isAbove = gt(x, fullLike(bound, x));
  const isBelow = lt(x, fullLike(-bound, x));
  const inside = middle(select(or(isAbove, isBelow), fullLike(0, x), x));
  return select(isAbove, x, select(isBelow, fullLike(0, x), inside));
};

// --- Sigmoids ---------------------------------------------------------------------------------

/**
 * 1 / (1 + e^-x); its derivative is s (1 - s), 0 far out.
 * @example nn.sigmoid(array([-1000, 0, 1000])) // [0, 0.5, 1]
 */
export const sigmoid: UnaryFunction = unary("sigmoid", (x) => logistic(x));

/**
 * Hyperbolic tangent.
 * @example nn.tanh(array([-Infinity, 0, 1000])) // [-1, 0, 1]
 */
export const tanh: UnaryFunction = unary("tanh", (x) => tanhOf(x));

/**
 * x / (1 + |x|), between -1 and 1; slope 1 / (1 + |x|)^2.
 * @example nn.softSign(array([-1, 3, Infinity])) // [-0.5, 0.75, 1]
 */
export const softSign: UnaryFunction = unary("softSign", (x) => {
  const isInfinite = eq(abs(x), fullLike(Infinity, x));
  const finite = select(isInfinite, fullLike(0, x), x);
  return select(isInfinite, sign(x), div(finite, add(fullLike(1, x), abs(finite))));
});

// --- Logarithms of exponentials ---------------------------------------------------------------

const softplusOf = (x: NDArray): NDArray => {
  const isPositive = gt(x, fullLike(0, x));
  const decay = exp(select(isPositive, neg(x), x));
  return add(keepWhere(isPositive, x), log1p(decay));
};

/**
 * log(1 + e^x): x itself from about 37 on; its derivative is sigmoid.
 * @example nn.softplus(array([-1000, 0, 1000])) // [0, 0.6931471805599453, 1000]
 */
export const softplus: UnaryFunction = unary("softplus", softplusOf);

/**
 * log(sigmoid(x)) = -softplus(-x): x itself far below 0.
 * @example nn.logSigmoid(array([-1000, 0, 1000])) // [-1000, -0.6931471805599453, 0]
 */
export const logSigmoid: UnaryFunction = unary("logSigmoid", (x) => neg(softplusOf(neg(x))));

/**
 * log(1 - e^-x) for x >= 0, with its digits at both ends; -infinity at 0, NaN below. Its derivative is 1 / (e^x - 1).
 * Source: Maechler 2012.
 * @example nn.log1mexp(array([0, 1e-20, 50])) // [-Infinity, -46.051701859880914, -1.9287498479639178e-22]
 */
export const log1mexp: UnaryFunction = unary("log1mexp", (x) => {
  const isSmall = le(x, fullLike(Math.LN2, x));
  const [small, large] = [select(isSmall, x, fullLike(1, x)), select(isSmall, fullLike(1, x), x)];
  return select(isSmall, log(neg(expm1(neg(small)))), log1p(neg(exp(neg(large)))));
});

export interface SquareplusOptions {
  /** Smoothness, >= 0: 0 gives relu. Default 4. Differentiable. */
  readonly b?: Operand;
}

/**
 * (x + sqrt(x^2 + b)) / 2, written b / 2 / (sqrt(x^2 + b) - x) below 0, where the sum cancels.
 * @throws UnknownOption
 * Source: Barron 2021.
 * @example nn.squareplus(array([-1e8, 0, 1e200])) // [1e-8, 1, 1e200]
 */
export const squareplus = (x: Operand, options: SquareplusOptions = {}): NDArray => {
  requireOptions("nn.squareplus", options, ["b"]);
  const [own, b] = promoteFloat("nn.squareplus", [x, options.b ?? 4]) as [NDArray, NDArray];
  return betweenTails(own, 1e150, (inside) => {
    const isPositive = gt(inside, fullLike(0, inside));
    const root = sqrt(add(mul(inside, inside), b));
    const above = mul(fullLike(0.5, own), add(inside, root));
    const difference = sub(root, select(isPositive, fullLike(0, own), inside));
    const isNothing = eq(difference, fullLike(0, own));
    const below = div(mul(fullLike(0.5, own), b), select(isNothing, fullLike(1, own), difference));
    return select(isPositive, above, below);
  });
};

// --- Gated units ------------------------------------------------------------------------------

/**
 * x sigmoid(x), also called swish; 0 at -infinity.
 * @example nn.silu(array([-Infinity, 0, 1000])) // [0, 0, 1000]
 */
export const silu: UnaryFunction = unary("silu", (x) =>
  betweenTails(x, 800, (inside) => mul(inside, logistic(inside))),
);

/**
 * Another name of silu.
 * @example nn.swish(1) // 0.7310585786300049
 */
export const swish: UnaryFunction = silu;

/**
 * x tanh(softplus(x)).
 * Source: Misra 2019.
 * @example nn.mish(array([-Infinity, 0, 1000])) // [0, 0, 1000]
 */
export const mish: UnaryFunction = unary("mish", (x) =>
  betweenTails(x, 800, (inside) => mul(inside, tanhOf(softplusOf(inside)))),
);

export interface GeluOptions {
  /** Whether the normal distribution is taken in its tanh form, off by at most 5e-4. Default true. */
  readonly approximate?: boolean;
}

/** A function of one array with options; typed fields keep their type. */
interface GeluFunction {
  <T extends NDArray>(x: T, options?: GeluOptions): T;
  (x: Operand, options?: GeluOptions): NDArray;
}

/** Phi's tanh form (1 + tanh(u)) / 2 = sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3). */
const approximateNormal = (x: NDArray): NDArray => {
  const inner = add(x, mul(fullLike(0.044715, x), integerPower(x, { exponent: 3 })));
  return logistic(mul(fullLike(2 * Math.sqrt(2 / Math.PI), x), inner));
};

/**
 * x Phi(x) with the normal distribution function Phi, by default in its tanh form; 0 at -infinity.
 * @throws InvalidOption, UnknownOption
 * Source: Hendrycks & Gimpel 2016.
 * @example nn.gelu(array([-Infinity, 1])) // [0, 0.8411919906082768]
 * @example nn.gelu(1, { approximate: false }) // 0.8413447460685429
 */
export const gelu: GeluFunction = ((x: Operand, options: GeluOptions = {}): NDArray => {
  requireOptions("nn.gelu", options, ["approximate"]);
  const { approximate = true } = options;
  if (typeof approximate !== "boolean")
    throw new InvalidOption("nn.gelu", `approximate ${showValue(approximate)}`, "Give true or false");
  const [own] = promoteFloat("nn.gelu", [x]) as [NDArray];
  return betweenTails(own, 40, (inside) => mul(inside, approximate ? approximateNormal(inside) : ndtr(inside)));
}) as GeluFunction;

export interface GluOptions {
  /** The axis that is halved. Default -1. */
  readonly axis?: number;
}

/**
 * The first half of an axis times the sigmoid of the second.
 * @throws ShapeMismatch  the axis has an odd size; IndexOutOfRange, UnknownOption
 * Source: Dauphin et al. 2017.
 * @example nn.glu(array([2, 4, 0, 1000])) // [1, 4]
 */
export const glu = (x: Operand, options: GluOptions = {}): NDArray => {
  requireOptions("nn.glu", options, ["axis"]);
  const own = promoteFloat("nn.glu", [x])[0]!;
  const axis = normalizeAxis("nn.glu", options.axis ?? -1, own.ndim);
  const size = own.shape[axis]!;
  if (size % 2 !== 0)
    throw new ShapeMismatch(
      "nn.glu",
      `size ${size} of axis ${axis} in shape ${showShape(own.shape)}`,
      "Give an axis of even size: its halves are values and gates",
    );
  const half = size / 2;
  return mul(sliceAxis(own, axis, 0, half), logistic(sliceAxis(own, axis, half, size)));
};
