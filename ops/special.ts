/**
 * Error functions and the gamma family: erf, erfc, erfcx, erfinv, erfcinv, ndtr, logNdtr;
 * gamma, gammasgn, lgamma, digamma, polygamma, zeta.
 * Floats only. erf, erfc and erfinv are elementary functions of either precision; the others come from kernels/special-functions
 * in every back end, float32 computed in float64 and rounded once.
 * Slopes as in Abramowitz & Stegun 7.1 and 6.3; those of inverses are written in the output.
 */
import * as scalarMath from "../kernels/scalar-math.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, NotDifferentiable } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { callExpression, constantExpression, elementwise } from "../src/ir/lowering.ts";
import { isZero, notLinear, reals, zero, zeroTangent } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { add, div, fullLike, mul, neg, sub, zerosOf } from "./arithmetic.ts";
import type { Binary, Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { gt, le, select } from "./comparison.ts";
import {
  mapBinary,
  mapElementary,
  mapUnary,
  noParameters,
  requireEqualFloats,
  requireFloat,
  sampleElementwise,
  unaryJvp,
} from "./elementwise.ts";
import { exp } from "./exponential.ts";
import { digammaSeries, erfcxFraction, erfSeries, inverseOf, lgammaSeries, zetaSeries } from "./special-references.ts";

// --- Error functions --------------------------------------------------------------------------

/** scale e^(-x^2). */
const bell = (scale: number, x: NDArray): NDArray => mul(fullLike(scale, x), exp(neg(mul(x, x))));

/** The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export const erf: Unary = definePrimitive<[NDArray]>({
  name: "erf",
  evaluate: ([x]) => mapElementary("erf", x),
  abstractEval: ([x]) => requireFloat("erf", x),
  jvp: unaryJvp(
    (x) => erf(x),
    (dx, x) => mul(dx, bell(2 / Math.sqrt(Math.PI), x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => erf(x!)),
  lower: elementwise(([x]) => callExpression("erf", x!)),
  laws: { sample: sampleElementwise(noParameters, reals(-2, 2)), reference: (x) => erfSeries(x!), maxUlp: 24 },
});

/** 1 - erf(x), accurate where it is tiny. */
export const erfc: Unary = definePrimitive<[NDArray]>({
  name: "erfc",
  evaluate: ([x]) => mapElementary("erfc", x),
  abstractEval: ([x]) => requireFloat("erfc", x),
  jvp: unaryJvp(
    (x) => erfc(x),
    (dx, x) => mul(dx, bell(-2 / Math.sqrt(Math.PI), x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => erfc(x!)),
  lower: elementwise(([x]) => callExpression("erfc", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 3)),
    reference: (x) => (x! < 1 ? 1 - erfSeries(x!) : Math.exp(-x! * x!) * erfcxFraction(x!)),
    maxUlp: 32,
  },
});

/** Where 2 x erfcx(x) and 2 / sqrt(pi) share too many digits, their difference by its series. */
const farFrom = 200;

/** 2 x erfcx(x) - 2 / sqrt(pi); far out -erfcx(x) / x (1 - 1 / x^2 + 5 / (2 x^4)). */
const erfcxSlope = (x: NDArray, out: NDArray): NDArray => {
  const isFar = gt(x, fullLike(farFrom, x));
  const near = select(isFar, fullLike(0, x), x);
  const far = select(isFar, x, fullLike(farFrom, x));
  const v = div(div(fullLike(1, x), far), far);
  const series = sub(fullLike(1, x), mul(v, sub(fullLike(1, x), mul(fullLike(2.5, x), v))));
  const nearSlope = sub(mul(mul(fullLike(2, x), near), out), fullLike(2 / Math.sqrt(Math.PI), x));
  return select(isFar, neg(mul(div(out, far), series)), nearSlope);
};

/** e^(x^2) erfc(x), which neither underflows nor overflows for x > 0. */
export const erfcx: Unary = definePrimitive<[NDArray]>({
  name: "erfcx",
  evaluate: ([x]) => mapUnary(scalarMath.erfcx, x),
  abstractEval: ([x]) => requireFloat("erfcx", x),
  jvp: unaryJvp(
    (x) => erfcx(x),
    (dx, x, out) => mul(dx, erfcxSlope(x, out)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => erfcx(x!)),
  lower: elementwise(([x]) => callExpression("erfcx", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-1, 4)),
    reference: (x) => (x! < 1 ? Math.exp(x! * x!) * (1 - erfSeries(x!)) : erfcxFraction(x!)),
    maxUlp: 32,
  },
});

const erfInverseSlope = (y: NDArray): NDArray => mul(fullLike(Math.sqrt(Math.PI) / 2, y), exp(mul(y, y)));

/** The y with erf(y) = x; infinite at +-1, NaN outside [-1, 1]. */
export const erfinv: Unary = definePrimitive<[NDArray]>({
  name: "erfinv",
  evaluate: ([x]) => mapElementary("erfinv", x),
  abstractEval: ([x]) => requireFloat("erfinv", x),
  jvp: unaryJvp(
    (x) => erfinv(x),
    (dx, _x, out) => mul(dx, erfInverseSlope(out)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => erfinv(x!)),
  lower: elementwise(([x]) => callExpression("erfinv", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-0.9, 0.9)),
    reference: (x) => Math.sign(x!) * inverseOf(erfSeries, Math.abs(x!), 0, 2),
    maxUlp: 64,
  },
});

/** The y with erfc(y) = w, with all digits where w is tiny; infinite at 0 and 2, NaN outside [0, 2]. */
export const erfcinv: Unary = definePrimitive<[NDArray]>({
  name: "erfcinv",
  evaluate: ([x]) => mapUnary(scalarMath.erfcinv, x),
  abstractEval: ([x]) => requireFloat("erfcinv", x),
  jvp: unaryJvp(
    (x) => erfcinv(x),
    (dx, _x, out) => mul(dx, neg(erfInverseSlope(out))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => erfcinv(x!)),
  lower: elementwise(([x]) => callExpression("erfcinv", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(0.05, 0.95)),
    reference: (w) => inverseOf(erfSeries, 1 - w!, 0, 2),
    maxUlp: 256,
  },
});

/** The normal distribution function, with all digits where it is small. */
export const ndtr: Unary = definePrimitive<[NDArray]>({
  name: "ndtr",
  evaluate: ([x]) => mapUnary(scalarMath.ndtr, x),
  abstractEval: ([x]) => requireFloat("ndtr", x),
  jvp: unaryJvp(
    (x) => ndtr(x),
    (dx, x) => mul(dx, bell(1 / Math.sqrt(2 * Math.PI), mul(fullLike(Math.SQRT1_2, x), x))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => ndtr(x!)),
  lower: elementwise(([x]) => callExpression("ndtr", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 2)),
    reference: (x) => (1 + erfSeries(x! / Math.SQRT2)) / 2,
    maxUlp: 128,
  },
});

/**
 * The density over the distribution function: by erfcx below 0, where both vanish together, by their logarithms above,
 * where erfcx overflows. Each way is given arguments of its own side only.
 */
const logNdtrSlope = (x: NDArray, logarithm: NDArray): NDArray => {
  const zeros = zerosOf(x.shape, x.dtype);
  const isBelow = le(x, zeros);
  const below = select(isBelow, x, zeros);
  const byRatio = div(fullLike(Math.sqrt(2 / Math.PI), x), erfcx(mul(fullLike(-Math.SQRT1_2, x), below)));
  const above = select(isBelow, zeros, x);
  const byLogarithms = exp(sub(mul(fullLike(-0.5, x), mul(above, above)), select(isBelow, zeros, logarithm)));
  return select(isBelow, byRatio, mul(fullLike(1 / Math.sqrt(2 * Math.PI), x), byLogarithms));
};

/** log of the normal distribution function, with all digits on both sides. */
export const logNdtr: Unary = definePrimitive<[NDArray]>({
  name: "logNdtr",
  evaluate: ([x]) => mapUnary(scalarMath.logNdtr, x),
  abstractEval: ([x]) => requireFloat("logNdtr", x),
  jvp: unaryJvp(
    (x) => logNdtr(x),
    (dx, x, out) => mul(dx, logNdtrSlope(x, out)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => logNdtr(x!)),
  lower: elementwise(([x]) => callExpression("logNdtr", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 1)),
    reference: (x) => Math.log((1 + erfSeries(x! / Math.SQRT2)) / 2),
    maxUlp: 128,
  },
});

// --- Gamma family -----------------------------------------------------------------------------

/** log |gamma(x)|; infinite at 0 and at negative whole numbers. */
export const lgamma: Unary = definePrimitive<[NDArray]>({
  name: "lgamma",
  evaluate: ([x]) => mapUnary(scalarMath.lgamma, x),
  abstractEval: ([x]) => requireFloat("lgamma", x),
  jvp: unaryJvp(
    (x) => lgamma(x),
    (dx, x) => mul(dx, digamma(x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => lgamma(x!)),
  lower: elementwise(([x]) => callExpression("lgamma", x!)),
  laws: { sample: sampleElementwise(noParameters, reals(2.5, 6)), reference: (x) => lgammaSeries(x!), maxUlp: 512 },
});

/** The gamma function; infinite at 0, NaN at negative whole numbers. */
export const gamma: Unary = definePrimitive<[NDArray]>({
  name: "gamma",
  evaluate: ([x]) => mapUnary(scalarMath.gamma, x),
  abstractEval: ([x]) => requireFloat("gamma", x),
  jvp: unaryJvp(
    (x) => gamma(x),
    (dx, x, out) => mul(dx, mul(out, digamma(x))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => gamma(x!)),
  lower: elementwise(([x]) => callExpression("gamma", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(0.5, 4)),
    reference: (x) => Math.exp(lgammaSeries(x!)),
    maxUlp: 512,
  },
});

/** The sign of gamma(x); NaN at negative whole numbers. Its slope is 0. */
export const gammasgn: Unary = definePrimitive<[NDArray]>({
  name: "gammasgn",
  evaluate: ([x]) => mapUnary(scalarMath.gammasgn, x),
  abstractEval: ([x]) => requireFloat("gammasgn", x),
  jvp: zeroTangent(([x]) => gammasgn(x!)),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => gammasgn(x!)),
  lower: elementwise(([x]) => callExpression("gammasgn", x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-4, 4, [-4, -3, -2, -1, 0])),
    reference: (x) => (x! > 0 || Math.ceil(x!) % 2 !== 0 ? 1 : -1),
    maxUlp: 0,
  },
});

/** The derivative of lgamma; NaN at negative whole numbers. */
export const digamma: Unary = definePrimitive<[NDArray]>({
  name: "digamma",
  evaluate: ([x]) => mapUnary(scalarMath.digamma, x),
  abstractEval: ([x]) => requireFloat("digamma", x),
  jvp: unaryJvp(
    (x) => digamma(x),
    (dx, x) => mul(dx, polygamma(x, { order: 1 })),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => digamma(x!)),
  lower: elementwise(([x]) => callExpression("digamma", x!)),
  laws: { sample: sampleElementwise(noParameters, reals(2, 6)), reference: (x) => digammaSeries(x!), maxUlp: 64 },
});

export interface PolygammaParams {
  /** How often digamma is differentiated: a whole number from 1. */
  readonly order: number;
}

/** The derivative of digamma of a fixed order. @throws InvalidOption */
export const polygamma: PrimitiveFunction<[NDArray], PolygammaParams> = definePrimitive<[NDArray], PolygammaParams>({
  name: "polygamma",
  evaluate: ([x], { order }) => mapUnary((value) => scalarMath.polygamma(value, order), x),
  abstractEval: ([x], { order }) => {
    if (!Number.isSafeInteger(order) || order < 1)
      throw new InvalidOption(
        "polygamma",
        `order ${showValue(order)}`,
        "Give a whole number from 1; order 0 is digamma",
      );
    return requireFloat("polygamma", x);
  },
  jvp: ([x], [dx], { order }) => [polygamma(x, { order }), mul(dx as NDArray, polygamma(x, { order: order + 1 }))],
  transpose: notLinear,
  batch: elementwiseBatch(([x], params: PolygammaParams) => polygamma(x!, params)),
  lower: elementwise(([x], { order }) => callExpression("polygamma", x!, constantExpression(order, "float64"))),
  laws: { sample: sampleElementwise((pick) => ({ order: pick.integer(1, 3) }), reals(1, 4)) },
});

/** Hurwitz's zeta function zeta(s, q), the sum of (q + k)^-s; differentiable in q alone. */
export const zeta: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "zeta",
  evaluate: ([s, q]) => mapBinary(scalarMath.zeta, s, q),
  abstractEval: (operands) => requireEqualFloats("zeta", operands),
  jvp: ([s, q], [ds, dq]) => {
    const out = zeta(s, q);
    if (!isZero(ds))
      throw new NotDifferentiable(
        "derivative of zeta",
        "asked with respect to its exponent s",
        "It has a derivative with respect to q only; apply stopGradient to s",
      );
    if (isZero(dq)) return [out, zero(out)];
    return [out, mul(dq, mul(neg(s), zeta(add(s, fullLike(1, s)), q)))];
  },
  transpose: notLinear,
  batch: elementwiseBatch(([s, q]) => zeta(s!, q!)),
  lower: elementwise(([s, q]) => callExpression("zeta", s!, q!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(1.5, 4), reals(1, 4)),
    reference: (s, q) => zetaSeries(s!, q!),
    maxUlp: 32,
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  erf,
  erfc,
  erfcx,
  erfinv,
  erfcinv,
  ndtr,
  logNdtr,
  gamma,
  gammasgn,
  lgamma,
  digamma,
  polygamma,
  zeta,
].map((call) => call.primitive as Primitive);
