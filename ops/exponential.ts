/**
 * Exponential family: exp, log, expm1, log1p, sqrt, cbrt, logistic, tanh, power. Floats only.
 * Values come from kernels/elementary in every back end, float32's from texts of its own; sqrt is the machine's.
 * Each derivative is the textbook's, written in the output where that saves a call and costs no digits.
 */
import { squareRoot } from "../kernels/elementwise.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import { callExpression, elementwise, unaryExpression } from "../src/ir/lowering.ts";
import { notLinear, reals } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { add, div, fullLike, mul, neg, sub } from "./arithmetic.ts";
import type { Binary, Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { eq, lt, select } from "./comparison.ts";
import {
  applyUnary,
  binaryJvp,
  mapElementary,
  noParameters,
  requireEqualFloats,
  requireFloat,
  sampleElementwise,
  unaryJvp,
} from "./elementwise.ts";
import { abs } from "./extrema.ts";

/** e^x. */
export const exp: Unary = definePrimitive<[NDArray]>({
  name: "exp",
  evaluate: ([x]) => mapElementary("exp", x),
  abstractEval: ([x]) => requireFloat("exp", x),
  jvp: unaryJvp(
    (x) => exp(x),
    (dx, _x, out) => mul(dx, out),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => exp(x!)),
  lower: elementwise(([x]) => callExpression("exp", x!)),
  laws: { sample: sampleElementwise(noParameters, reals(-3, 3)), reference: (x) => 1 / Math.exp(-x!), maxUlp: 3 },
});

/** Natural logarithm; -infinity at 0, NaN below. */
export const log: Unary = definePrimitive<[NDArray]>({
  name: "log",
  evaluate: ([x]) => mapElementary("log", x),
  abstractEval: ([x]) => requireFloat("log", x),
  jvp: unaryJvp(
    (x) => log(x),
    (dx, x) => div(dx, x),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => log(x!)),
  lower: elementwise(([x]) => callExpression("log", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(0.1, 4)),
    reference: (x) => 2 * Math.atanh((x! - 1) / (x! + 1)),
    maxUlp: 6,
  },
});

/** e^x - 1, accurate near 0. */
export const expm1: Unary = definePrimitive<[NDArray]>({
  name: "expm1",
  evaluate: ([x]) => mapElementary("expm1", x),
  abstractEval: ([x]) => requireFloat("expm1", x),
  jvp: unaryJvp(
    (x) => expm1(x),
    // Not out + 1, which is 0 long before e^x is.
    (dx, x) => mul(dx, exp(x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => expm1(x!)),
  lower: elementwise(([x]) => callExpression("expm1", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3)),
    reference: (x) => 2 * Math.sinh(x! / 2) * Math.exp(x! / 2),
    maxUlp: 6,
  },
});

/** log(1 + x), accurate near 0. */
export const log1p: Unary = definePrimitive<[NDArray]>({
  name: "log1p",
  evaluate: ([x]) => mapElementary("log1p", x),
  abstractEval: ([x]) => requireFloat("log1p", x),
  jvp: unaryJvp(
    (x) => log1p(x),
    (dx, x) => div(dx, add(fullLike(1, x), x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => log1p(x!)),
  lower: elementwise(([x]) => callExpression("log1p", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-0.8, 3)),
    reference: (x) => 2 * Math.atanh(x! / (2 + x!)),
    maxUlp: 6,
  },
});

/** Square root; -0 stays -0, NaN below, slope +infinity at 0. */
export const sqrt: Unary = definePrimitive<[NDArray]>({
  name: "sqrt",
  evaluate: ([x]) => applyUnary(squareRoot, x),
  abstractEval: ([x]) => requireFloat("sqrt", x),
  jvp: unaryJvp(
    (x) => sqrt(x),
    (dx, _x, out) => div(dx, add(out, out)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => sqrt(x!)),
  lower: elementwise(([x]) => unaryExpression("sqrt", x!)),
  laws: { sample: sampleElementwise(noParameters, reals(0.1, 4)), reference: (x) => Math.sqrt(x!), maxUlp: 0 },
});

/** Real cube root, negative for negative x; slope +infinity at 0. */
export const cbrt: Unary = definePrimitive<[NDArray]>({
  name: "cbrt",
  evaluate: ([x]) => mapElementary("cbrt", x),
  abstractEval: ([x]) => requireFloat("cbrt", x),
  jvp: unaryJvp(
    (x) => cbrt(x),
    (dx, x, out) => div(dx, mul(fullLike(3, x), mul(out, out))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => cbrt(x!)),
  lower: elementwise(([x]) => callExpression("cbrt", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3, [0])),
    reference: (x) => Math.sign(x!) * Math.abs(x!) ** (1 / 3),
    maxUlp: 3,
  },
});

/** 1 / (1 + e^-x), without overflow on either side. */
export const logistic: Unary = definePrimitive<[NDArray]>({
  name: "logistic",
  evaluate: ([x]) => mapElementary("logistic", x),
  abstractEval: ([x]) => requireFloat("logistic", x),
  jvp: unaryJvp(
    (x) => logistic(x),
    // Not 1 - out, which is 0 long before 1 / (1 + e^x) is.
    (dx, x, out) => mul(dx, mul(out, logistic(neg(x)))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => logistic(x!)),
  lower: elementwise(([x]) => callExpression("logistic", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3)),
    reference: (x) => Math.exp(x! / 2) / (2 * Math.cosh(x! / 2)),
    maxUlp: 6,
  },
});

/**
 * 1 - t^2 of t = tanh x. Beyond 1/2 it is q (1 + |t|)^2 with q = e^(-2|x|), for 1 - |t| = q (1 + |t|): that keeps the
 * digits that 1 - t^2 cancels, and near 0 the derivative of 1 - t^2 those that an even function of |x| would.
 */
const slopeOfTanh = (x: NDArray, t: NDArray): NDArray => {
  const one = fullLike(1, x);
  const size = abs(x);
  const rest = exp(mul(fullLike(-2, x), size));
  const sum = add(one, abs(t));
  return select(lt(size, fullLike(0.5, x)), sub(one, mul(t, t)), mul(rest, mul(sum, sum)));
};

/** Hyperbolic tangent; its slope keeps its digits until it underflows. */
export const tanh: Unary = definePrimitive<[NDArray]>({
  name: "tanh",
  evaluate: ([x]) => mapElementary("tanh", x),
  abstractEval: ([x]) => requireFloat("tanh", x),
  jvp: unaryJvp(
    (x) => tanh(x),
    (dx, x, out) => mul(dx, slopeOfTanh(x, out)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => tanh(x!)),
  lower: elementwise(([x]) => callExpression("tanh", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3)),
    reference: (x) => Math.sinh(x!) / Math.cosh(x!),
    maxUlp: 6,
  },
});

/**
 * x^y of two floats; x^0 = 1, and a negative x needs a whole y. Slopes y x^(y-1) and log(x) x^y, the latter
 * with log(0) taken as 0, so that it is 0 and not NaN at x = 0. Exponents known beforehand: integerPower.
 */
export const power: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "power",
  evaluate: ([x, y]) => mapElementary("pow", x, y),
  abstractEval: (operands) => requireEqualFloats("power", operands),
  jvp: binaryJvp(
    (x, y) => power(x, y),
    (x, y) => add(x, y),
    (dx, x, y) => mul(dx, mul(y, power(x, sub(y, fullLike(1, y))))),
    (dy, x, _y, out) => mul(dy, mul(log(select(eq(x, fullLike(0, x)), fullLike(1, x), x)), out)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x, y]) => power(x!, y!)),
  lower: elementwise(([x, y]) => callExpression("pow", x!, y!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(0.4, 2), reals(-2, 3)),
    reference: (x, y) => Math.exp(y! * Math.log(x!)),
    maxUlp: 8,
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [exp, log, expm1, log1p, sqrt, cbrt, logistic, tanh, power].map(
  (call) => call.primitive,
);
