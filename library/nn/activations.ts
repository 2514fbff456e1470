/**
 * Activation functions. At a kink the derivative is 0, as in JAX: relu at 0, relu6 at 0 and 6.
 * None overflows: each exponential has an argument of at most 0.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { add, fullLike, integerPower, mul, neg } from "../../ops/arithmetic.ts";
import { ge, gt, keepWhere, le, not, select } from "../../ops/comparison.ts";
import { exp, log1p, logistic, tanh } from "../../ops/exponential.ts";
import type { UnaryFunction } from "../numpy/elementwise.ts";
import { promoteFloat, promoteNumber } from "../numpy/operand.ts";

const unary = (name: string, promotion: typeof promoteFloat, call: (x: NDArray) => NDArray): UnaryFunction =>
  ((x: unknown) => call(promotion(`nn.${name}`, [x])[0]!)) as UnaryFunction;

const positivePart = (x: NDArray): NDArray => keepWhere(not(le(x, fullLike(0, x))), x);

/** max(x, 0); derivative 0 at 0; NaN stays NaN. */
export const relu: UnaryFunction = unary("relu", promoteNumber, positivePart);

/** min(max(x, 0), 6); derivative 0 at 0 and at 6. */
export const relu6: UnaryFunction = unary("relu6", promoteNumber, (x) =>
  select(ge(x, fullLike(6, x)), fullLike(6, x), positivePart(x)),
);

/** 1 / (1 + e^-x). */
export const sigmoid: UnaryFunction = unary("sigmoid", promoteFloat, (x) => logistic(x));

/** log(1 + e^x): x itself from about 37 on; its derivative is sigmoid. */
export const softplus: UnaryFunction = unary("softplus", promoteFloat, (x) => {
  const isPositive = gt(x, fullLike(0, x));
  const decay = exp(select(isPositive, neg(x), x));
  return add(keepWhere(isPositive, x), log1p(decay));
});

/** x sigmoid(x), also called swish. */
export const silu: UnaryFunction = unary("silu", promoteFloat, (x) => mul(x, logistic(x)));

/**
 * x Phi(x) with the normal distribution Phi in its tanh form.
 * Source: Hendrycks & Gimpel 2016, 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); off by at most 5e-4.
 */
export const gelu: UnaryFunction = unary("gelu", promoteFloat, (x) => {
  const inner = add(x, mul(fullLike(0.044715, x), integerPower(x, { exponent: 3 })));
  const gate = add(fullLike(1, x), tanh(mul(fullLike(Math.sqrt(2 / Math.PI), x), inner)));
  return mul(mul(fullLike(0.5, x), x), gate);
});
