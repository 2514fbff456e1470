/**
 * Trigonometric family: sin cos tan, asin acos atan atan2, sinh cosh, asinh acosh atanh. Floats, radians.
 * Values come from kernels/elementary in every back end. Slopes are the textbook's, in forms that neither cancel
 * nor overflow (ops/slopes.ts). tanh lives in the exponential family.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import { callExpression, elementwise } from "../src/ir/lowering.ts";
import { notLinear, reals } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { add, div, fullLike, mul, neg, sub } from "./arithmetic.ts";
import type { Binary, Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import {
  binaryJvp,
  mapElementary,
  noParameters,
  requireEqualFloats,
  requireFloat,
  sampleElementwise,
  unaryJvp,
} from "./elementwise.ts";
import { sqrt } from "./exponential.ts";
import { oneMinusSquare, overHypotenuse, overOnePlusSquare, overSquareSum } from "./slopes.ts";

// --- Circular functions -----------------------------------------------------------------------

/** Sine. */
export const sin: Unary = definePrimitive<[NDArray]>({
  name: "sin",
  evaluate: ([x]) => mapElementary("sin", x),
  abstractEval: ([x]) => requireFloat("sin", x),
  jvp: unaryJvp(
    (x) => sin(x),
    (dx, x) => mul(dx, cos(x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => sin(x!)),
  lower: elementwise(([x]) => callExpression("sin", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-20, 20)),
    reference: (x) => 2 * Math.sin(x! / 2) * Math.cos(x! / 2),
    maxUlp: 6,
  },
});

/** Cosine. */
export const cos: Unary = definePrimitive<[NDArray]>({
  name: "cos",
  evaluate: ([x]) => mapElementary("cos", x),
  abstractEval: ([x]) => requireFloat("cos", x),
  jvp: unaryJvp(
    (x) => cos(x),
    (dx, x) => mul(dx, neg(sin(x))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => cos(x!)),
  lower: elementwise(([x]) => callExpression("cos", x!)),
  laws: { sample: sampleElementwise(noParameters, reals(-20, 20)), reference: (x) => Math.cos(x!), maxUlp: 2 },
});

/** Tangent. */
export const tan: Unary = definePrimitive<[NDArray]>({
  name: "tan",
  evaluate: ([x]) => mapElementary("tan", x),
  abstractEval: ([x]) => requireFloat("tan", x),
  jvp: unaryJvp(
    (x) => tan(x),
    (dx, _x, out) => mul(dx, add(fullLike(1, out), mul(out, out))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => tan(x!)),
  lower: elementwise(([x]) => callExpression("tan", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-1, 1)),
    reference: (x) => Math.sin(x!) / Math.cos(x!),
    maxUlp: 4,
  },
});

/** Arc sine in [-pi/2, pi/2]; NaN outside [-1, 1]. */
export const asin: Unary = definePrimitive<[NDArray]>({
  name: "asin",
  evaluate: ([x]) => mapElementary("asin", x),
  abstractEval: ([x]) => requireFloat("asin", x),
  jvp: unaryJvp(
    (x) => asin(x),
    (dx, x) => div(dx, sqrt(oneMinusSquare(x))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => asin(x!)),
  lower: elementwise(([x]) => callExpression("asin", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-0.9, 0.9)),
    reference: (x) => Math.atan2(x!, Math.sqrt((1 - x!) * (1 + x!))),
    maxUlp: 4,
  },
});

/** Arc cosine in [0, pi]; NaN outside [-1, 1]. */
export const acos: Unary = definePrimitive<[NDArray]>({
  name: "acos",
  evaluate: ([x]) => mapElementary("acos", x),
  abstractEval: ([x]) => requireFloat("acos", x),
  jvp: unaryJvp(
    (x) => acos(x),
    (dx, x) => div(dx, neg(sqrt(oneMinusSquare(x)))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => acos(x!)),
  lower: elementwise(([x]) => callExpression("acos", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-0.9, 0.9)),
    reference: (x) => 2 * Math.atan2(Math.sqrt(1 - x!), Math.sqrt(1 + x!)),
    maxUlp: 4,
  },
});

/** Arc tangent in [-pi/2, pi/2]. */
export const atan: Unary = definePrimitive<[NDArray]>({
  name: "atan",
  evaluate: ([x]) => mapElementary("atan", x),
  abstractEval: ([x]) => requireFloat("atan", x),
  jvp: unaryJvp(
    (x) => atan(x),
    (dx, x) => overOnePlusSquare(dx, x),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => atan(x!)),
  lower: elementwise(([x]) => callExpression("atan", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3)),
    reference: (x) => Math.asin(x! / Math.sqrt(1 + x! * x!)),
    maxUlp: 6,
  },
});

/** Angle of the point (x, y) in [-pi, pi], y first; slopes x / (x^2 + y^2) and -y / (x^2 + y^2), NaN at the origin. */
export const atan2: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "atan2",
  evaluate: ([y, x]) => mapElementary("atan2", y, x),
  abstractEval: (operands) => requireEqualFloats("atan2", operands),
  jvp: binaryJvp(
    (y, x) => atan2(y, x),
    (left, right) => add(left, right),
    (dy, y, x) => mul(dy, overSquareSum(x, y, "x")),
    (dx, y, x) => mul(dx, neg(overSquareSum(x, y, "y"))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([y, x]) => atan2(y!, x!)),
  lower: elementwise(([y, x]) => callExpression("atan2", y!, x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 2), reals(0.5, 2)),
    reference: (y, x) => Math.atan(y! / x!),
    maxUlp: 3,
  },
});

// --- Hyperbolic functions ---------------------------------------------------------------------

/** Hyperbolic sine. */
export const sinh: Unary = definePrimitive<[NDArray]>({
  name: "sinh",
  evaluate: ([x]) => mapElementary("sinh", x),
  abstractEval: ([x]) => requireFloat("sinh", x),
  jvp: unaryJvp(
    (x) => sinh(x),
    (dx, x) => mul(dx, cosh(x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => sinh(x!)),
  lower: elementwise(([x]) => callExpression("sinh", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3)),
    reference: (x) => (Math.expm1(x!) - Math.expm1(-x!)) / 2,
    maxUlp: 4,
  },
});

/** Hyperbolic cosine. */
export const cosh: Unary = definePrimitive<[NDArray]>({
  name: "cosh",
  evaluate: ([x]) => mapElementary("cosh", x),
  abstractEval: ([x]) => requireFloat("cosh", x),
  jvp: unaryJvp(
    (x) => cosh(x),
    (dx, x) => mul(dx, sinh(x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => cosh(x!)),
  lower: elementwise(([x]) => callExpression("cosh", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3)),
    reference: (x) => (Math.exp(x!) + Math.exp(-x!)) / 2,
    maxUlp: 4,
  },
});

/** Inverse hyperbolic sine. */
export const asinh: Unary = definePrimitive<[NDArray]>({
  name: "asinh",
  evaluate: ([x]) => mapElementary("asinh", x),
  abstractEval: ([x]) => requireFloat("asinh", x),
  jvp: unaryJvp(
    (x) => asinh(x),
    (dx, x) => overHypotenuse(dx, x),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => asinh(x!)),
  lower: elementwise(([x]) => callExpression("asinh", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3)),
    reference: (x) => Math.sign(x!) * Math.log1p(Math.abs(x!) + (x! * x!) / (1 + Math.sqrt(1 + x! * x!))),
    maxUlp: 6,
  },
});

/** Inverse hyperbolic cosine, not negative; NaN below 1. */
export const acosh: Unary = definePrimitive<[NDArray]>({
  name: "acosh",
  evaluate: ([x]) => mapElementary("acosh", x),
  abstractEval: ([x]) => requireFloat("acosh", x),
  jvp: unaryJvp(
    (x) => acosh(x),
    (dx, x) => div(div(dx, sqrt(sub(x, fullLike(1, x)))), sqrt(add(x, fullLike(1, x)))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => acosh(x!)),
  lower: elementwise(([x]) => callExpression("acosh", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(1.2, 4)),
    reference: (x) => 2 * Math.asinh(Math.sqrt((x! - 1) / 2)),
    maxUlp: 6,
  },
});

/** Inverse hyperbolic tangent; NaN outside [-1, 1]. */
export const atanh: Unary = definePrimitive<[NDArray]>({
  name: "atanh",
  evaluate: ([x]) => mapElementary("atanh", x),
  abstractEval: ([x]) => requireFloat("atanh", x),
  jvp: unaryJvp(
    (x) => atanh(x),
    (dx, x) => div(dx, oneMinusSquare(x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => atanh(x!)),
  lower: elementwise(([x]) => callExpression("atanh", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-0.9, 0.9)),
    reference: (x) => (Math.log1p(x!) - Math.log1p(-x!)) / 2,
    maxUlp: 4,
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  atan2,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
].map((call) => call.primitive);
