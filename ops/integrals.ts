/**
 * Functions defined as integrals of one variable: Ei, E_1, E_n, (e^x - 1) / x; Si, Ci and sin(x) / x; Fresnel's S, C; Dawson's; Spence's.
 * Floats only. The slope is the integrand; where that is a quotient 0 / 0 or a difference that cancels, its series.
 */
import * as scalarMath from "../kernels/scalar-math.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import { callExpression, constantExpression, elementwise } from "../src/ir/lowering.ts";
import { notLinear, reals } from "../src/ir/primitive.ts";
import type { Domain, Primitive } from "../src/ir/primitive.ts";
import { add, div, fullLike, integerPower, mul, neg, sub } from "./arithmetic.ts";
import type { Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { requireOrder } from "./bessel.ts";
import type { Ordered, OrderParams } from "./bessel.ts";
import { gt, lt, select } from "./comparison.ts";
import { mapUnary, noParameters, requireFloat, sampleElementwise, unaryJvp } from "./elementwise.ts";
import { exp, log } from "./exponential.ts";
import { abs } from "./extrema.ts";
import { expiSeries, integral } from "./special-references.ts";
import { cos, sin } from "./trigonometric.ts";

interface Integral {
  /** The name of `scalar` in kernels/scalar-math.ts. */
  readonly name: string;
  readonly scalar: (x: number) => number;
  /** The derivative at x, where the function is `out`. */
  readonly slope: (x: NDArray, out: NDArray) => NDArray;
  readonly domain: Domain;
  readonly reference: (x: number) => number;
}

const define = ({ name, scalar, slope, domain, reference }: Integral): Unary => {
  const call: Unary = definePrimitive<[NDArray]>({
    name,
    evaluate: ([x]) => mapUnary(scalar, x),
    abstractEval: ([x]) => requireFloat(name, x),
    jvp: unaryJvp(
      (x) => call(x),
      (dx, x, out) => mul(dx, slope(x, out)),
    ),
    transpose: notLinear,
    batch: elementwiseBatch(([x]) => call(x!)),
    lower: elementwise(([x]) => callExpression(name, x!)),
    laws: {
      sample: sampleElementwise(noParameters, domain),
      reference: (x) => reference(x!),
      maxUlp: 256,
    },
  });
  return call;
};

// --- Exponential integrals --------------------------------------------------------------------

/** Ei(x), the principal value of the integral of e^t / t up to x. */
export const expi: Unary = define({
  name: "expi",
  scalar: scalarMath.expi,
  slope: (x) => div(exp(x), x),
  domain: reals(0.6, 3),
  reference: expiSeries,
});

/** E_1(x), the integral of e^-t / t from x on; NaN below 0. */
export const exp1: Unary = define({
  name: "exp1",
  scalar: scalarMath.exp1,
  slope: (x) => neg(div(exp(neg(x)), x)),
  domain: reals(0.3, 2),
  reference: (x) => -expiSeries(-x),
});

/** E_n(x), the integral of e^(-x t) / t^n over t from 1 on, for a fixed order n; NaN below 0. */
export const expn: Ordered = definePrimitive<[NDArray], OrderParams>({
  name: "expn",
  evaluate: ([x], { order }) => mapUnary((value) => scalarMath.expn(value, order), x),
  abstractEval: ([x], { order }) => {
    requireOrder("expn", order);
    return requireFloat("expn", x);
  },
  jvp: ([x], [dx], { order }) => {
    const out = expn(x, { order });
    const slope = order === 0 ? mul(out, add(fullLike(1, x), div(fullLike(1, x), x))) : expn(x, { order: order - 1 });
    return [out, neg(mul(dx as NDArray, slope))];
  },
  transpose: notLinear,
  batch: elementwiseBatch(([x], params: OrderParams) => expn(x!, params)),
  lower: elementwise(([x], { order }) => callExpression("expn", x!, constantExpression(order, "float64"))),
  laws: { sample: sampleElementwise((pick) => ({ order: pick.integer(0, 5) }), reals(0.5, 3)) },
});

/** The derivative of (e^x - 1) / x of a fixed order; order 0 is the quotient itself, 1 at 0. */
export const relativeExponential: Ordered = definePrimitive<[NDArray], OrderParams>({
  name: "relativeExponential",
  evaluate: ([x], { order }) => mapUnary((value) => scalarMath.relativeExponential(value, order), x),
  abstractEval: ([x], { order }) => {
    requireOrder("relativeExponential", order);
    return requireFloat("relativeExponential", x);
  },
  jvp: ([x], [dx], { order }) => [
    relativeExponential(x, { order }),
    mul(dx as NDArray, relativeExponential(x, { order: order + 1 })),
  ],
  transpose: notLinear,
  batch: elementwiseBatch(([x], params: OrderParams) => relativeExponential(x!, params)),
  lower: elementwise(([x], { order }) =>
    callExpression("relativeExponential", x!, constantExpression(order, "float64")),
  ),
  laws: { sample: sampleElementwise((pick) => ({ order: pick.integer(0, 3) }), reals(-4, 4)) },
});

// --- Integrals of oscillations ----------------------------------------------------------------

/** The derivative of sin(x) / x of a fixed order; order 0 is the quotient itself, 1 at 0. */
export const sineQuotient: Ordered = definePrimitive<[NDArray], OrderParams>({
  name: "sineQuotient",
  evaluate: ([x], { order }) => mapUnary((value) => scalarMath.sineQuotient(value, order), x),
  abstractEval: ([x], { order }) => {
    requireOrder("sineQuotient", order);
    return requireFloat("sineQuotient", x);
  },
  jvp: ([x], [dx], { order }) => [
    sineQuotient(x, { order }),
    mul(dx as NDArray, sineQuotient(x, { order: order + 1 })),
  ],
  transpose: notLinear,
  batch: elementwiseBatch(([x], params: OrderParams) => sineQuotient(x!, params)),
  lower: elementwise(([x], { order }) => callExpression("sineQuotient", x!, constantExpression(order, "float64"))),
  laws: { sample: sampleElementwise((pick) => ({ order: pick.integer(0, 3) }), reals(-6, 6)) },
});

/** Si(x), the integral of sin(t) / t from 0 to x. */
export const sineIntegral: Unary = define({
  name: "sineIntegral",
  scalar: scalarMath.sineIntegral,
  slope: (x) => sineQuotient(x, { order: 0 }),
  domain: reals(0.5, 6),
  reference: (x) => integral((t) => Math.sin(t) / t, 0, x),
});

/** Ci(x), minus the integral of cos(t) / t from x on; NaN below 0. */
export const cosineIntegral: Unary = define({
  name: "cosineIntegral",
  scalar: scalarMath.cosineIntegral,
  slope: (x) => div(cos(x), x),
  domain: reals(1, 2.5),
  reference: (x) => 0.5772156649015329 + Math.log(x) + integral((t) => (Math.cos(t) - 1) / t, 0, x),
});

const halfSquare = (x: NDArray): NDArray => mul(fullLike(Math.PI / 2, x), mul(x, x));

/** Fresnel's S, the integral of sin(pi t^2 / 2) from 0 to x. */
export const fresnelSine: Unary = define({
  name: "fresnelSine",
  scalar: scalarMath.fresnelSine,
  slope: (x) => sin(halfSquare(x)),
  domain: reals(0.5, 3),
  reference: (x) => integral((t) => Math.sin((Math.PI / 2) * t * t), 0, x),
});

/** Fresnel's C, the integral of cos(pi t^2 / 2) from 0 to x. */
export const fresnelCosine: Unary = define({
  name: "fresnelCosine",
  scalar: scalarMath.fresnelCosine,
  slope: (x) => cos(halfSquare(x)),
  domain: reals(0.5, 3),
  reference: (x) => integral((t) => Math.cos((Math.PI / 2) * t * t), 0, x),
});

// --- Dawson, Spence ---------------------------------------------------------------------------

/** From here on 1 - 2 x D(x) is taken from its asymptotic series. */
const farFrom = 200;

/** 1 - 2 x D(x); far out -D(x) / x (1 + 1 / x^2 + 5 / (2 x^4)). */
const dawsonSlope = (x: NDArray, out: NDArray): NDArray => {
  const isFar = gt(abs(x), fullLike(farFrom, x));
  const near = select(isFar, fullLike(0, x), x);
  const far = select(isFar, x, fullLike(farFrom, x));
  const v = div(div(fullLike(1, x), far), far);
  const series = add(fullLike(1, x), mul(v, add(fullLike(1, x), mul(fullLike(2.5, x), v))));
  const nearSlope = sub(fullLike(1, x), mul(mul(fullLike(2, x), near), out));
  return select(isFar, neg(mul(div(out, far), series)), nearSlope);
};

/** Dawson's integral, e^(-x^2) times the integral of e^(t^2) from 0 to x. */
export const dawson: Unary = define({
  name: "dawson",
  scalar: scalarMath.dawson,
  slope: dawsonSlope,
  domain: reals(0.3, 3),
  reference: (x) => integral((t) => Math.exp(t * t - x * x), 0, x),
});

/** log(z) / (1 - z); around z = 1 its power series, so that its derivatives are right there. */
const spenceSlope = (z: NDArray): NDArray => {
  const h = sub(z, fullLike(1, z));
  const isNear = lt(abs(h), fullLike(1e-3, z));
  const near = select(isNear, h, fullLike(0, z));
  const series = [1, -1 / 2, 1 / 3, -1 / 4, 1 / 5, -1 / 6]
    .map((c, k) => mul(fullLike(c, z), integerPower(near, { exponent: k })))
    .reduce((sum, term) => add(sum, term));
  const far = select(isNear, fullLike(2, z), z);
  return neg(select(isNear, series, div(log(far), sub(far, fullLike(1, z)))));
};

/** Spence's dilogarithm Li2(1 - z), minus the integral of log(t) / (t - 1) from 1 to z; NaN below 0. */
export const spence: Unary = define({
  name: "spence",
  scalar: scalarMath.spence,
  slope: spenceSlope,
  domain: reals(1.3, 3),
  reference: (z) => -integral((t) => Math.log(t) / (t - 1), 1, z),
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  expi,
  exp1,
  expn,
  relativeExponential,
  sineQuotient,
  sineIntegral,
  cosineIntegral,
  fresnelSine,
  fresnelCosine,
  dawson,
  spence,
].map((call) => call.primitive as Primitive);
