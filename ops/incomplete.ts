/**
 * Incomplete gamma and beta functions and log of beta: gammainc, gammaincc, gammaincSlope, betaln, betainc. Floats only.
 * Slopes by the upper limit are the integrands (DLMF 8.8.13, 8.17.7). By a, gammaincSlope is a primitive of its own;
 * from the second on these derivatives are those of gamma-shape.ts. Of betainc by a and b they are refused by name.
 */
import * as scalarMath from "../kernels/scalar-math.ts";
import { NotDifferentiable } from "../src/error.ts";
import { allocate } from "../src/array/storage.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { callExpression, elementwise } from "../src/ir/lowering.ts";
import { isZero, notLinear, reals, zero } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { add, fullLike, mul, neg, sub } from "./arithmetic.ts";
import type { Binary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { and, gt, lt, select } from "./comparison.ts";
import { binaryJvp, mapBinary, noParameters, requireEqualFloats, sampleElementwise } from "./elementwise.ts";
import { xlog1py, xlogy } from "./entropy.ts";
import { exp, log } from "./exponential.ts";
import { gammaShapeDerivative } from "./gamma-shape.ts";
import { digammaSeries, integral, lgammaSeries } from "./special-references.ts";
import { digamma, lgamma } from "./special.ts";

const refuse = (asked: string, variable: string): never => {
  throw new NotDifferentiable(
    `derivative of ${asked}`,
    `asked with respect to ${variable}`,
    `Apply stopGradient to ${variable}`,
  );
};

const oneLess = (a: NDArray): NDArray => sub(a, fullLike(1, a));

/** x^(a - 1) e^-x / gamma(a), the density of the gamma distribution. */
const gammaDensity = (a: NDArray, x: NDArray): NDArray => exp(sub(xlogy(oneLess(a), x), add(x, lgamma(a))));

/** x^(a - 1) (1 - x)^(b - 1) / beta(a, b), the density of the beta distribution. */
const betaDensity = (a: NDArray, b: NDArray, x: NDArray): NDArray =>
  exp(sub(add(xlogy(oneLess(a), x), xlog1py(oneLess(b), neg(x))), betaln(a, b)));

// --- Gamma ------------------------------------------------------------------------------------

const lowerGamma = (a: number, x: number): number =>
  integral((t) => Math.exp((a - 1) * Math.log(t) - t - lgammaSeries(a)), 0, x);

/** What is left of the integral beyond x, which has no digit in common with 1 - P. */
const upperGamma = (a: number, x: number): number =>
  integral((u) => Math.exp((a - 1) * Math.log1p(u / x) - u), 0, 60) *
  Math.exp((a - 1) * Math.log(x) - x - lgammaSeries(a));

/** P(a, x), the integral of t^(a - 1) e^-t from 0 to x over gamma(a). */
export const gammainc: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "gammainc",
  evaluate: ([a, x]) => mapBinary(scalarMath.gammainc, a, x),
  abstractEval: (operands) => requireEqualFloats("gammainc", operands),
  jvp: binaryJvp(
    (a, x) => gammainc(a, x),
    (left, right) => add(left, right),
    (da, a, x) => mul(da, gammaincSlope(a, x)),
    (dx, a, x) => mul(dx, gammaDensity(a, x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([a, x]) => gammainc(a!, x!)),
  lower: elementwise(([a, x]) => callExpression("gammainc", a!, x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(8, 10), reals(4, 12)),
    reference: (a, x) => lowerGamma(a!, x!),
    maxUlp: 512,
  },
});

/** Q(a, x) = 1 - P(a, x), with all digits where it is small. */
export const gammaincc: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "gammaincc",
  evaluate: ([a, x]) => mapBinary(scalarMath.gammaincc, a, x),
  abstractEval: (operands) => requireEqualFloats("gammaincc", operands),
  jvp: binaryJvp(
    (a, x) => gammaincc(a, x),
    (left, right) => add(left, right),
    (da, a, x) => neg(mul(da, gammaincSlope(a, x))),
    (dx, a, x) => neg(mul(dx, gammaDensity(a, x))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([a, x]) => gammaincc(a!, x!)),
  lower: elementwise(([a, x]) => callExpression("gammaincc", a!, x!)),
  laws: {
    // Far beyond the mean too, where 1 - P has no digits left.
    sample: sampleElementwise(noParameters, reals(8, 10), reals(4, 60)),
    reference: (a, x) => upperGamma(a!, x!),
    maxUlp: 512,
  },
});

/** The second derivative of P(a, x) by a. At the edges of the domain P is constant: there `slope`, the first, is 0 or NaN. */
const secondSlope = (a: NDArray, x: NDArray, slope: NDArray): NDArray => {
  const [zeros, ones, limit] = [fullLike(0, x), fullLike(1, x), fullLike(Infinity, x)];
  const inside = (value: NDArray): NDArray => and(gt(value, zeros), lt(value, limit));
  const isInside = and(inside(a), inside(x));
  const [ownA, ownX] = [select(isInside, a, ones), select(isInside, x, ones)];
  const ratio = gammaShapeDerivative(ownA, log(ownX), { order: 2 });
  return select(isInside, neg(mul(mul(ownX, gammaDensity(ownA, ownX)), ratio)), mul(slope, zeros));
};

/** The derivative of P(a, x) by a. */
export const gammaincSlope: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "gammaincSlope",
  evaluate: ([a, x]) => mapBinary(scalarMath.gammaincSlope, a, x),
  abstractEval: (operands) => requireEqualFloats("gammaincSlope", operands),
  jvp: ([a, x], [da, dx]) => {
    const out = gammaincSlope(a, x);
    const byShape = isZero(da) ? zero(out) : mul(da, secondSlope(a, x, out));
    if (isZero(dx)) return [out, byShape];
    const density = gammaDensity(a, x);
    // 0 log 0 is 0 here: the density vanishes faster than the logarithm grows.
    const byLimit = mul(dx, sub(xlogy(density, x), mul(density, digamma(a))));
    return [out, isZero(byShape) ? byLimit : add(byShape, byLimit)];
  },
  transpose: notLinear,
  batch: elementwiseBatch(([a, x]) => gammaincSlope(a!, x!)),
  lower: elementwise(([a, x]) => callExpression("gammaincSlope", a!, x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(8, 10), reals(4, 12)),
    reference: (a, x) =>
      integral(
        (t) => Math.exp((a! - 1) * Math.log(t) - t - lgammaSeries(a!)) * (Math.log(t) - digammaSeries(a!)),
        0,
        x!,
      ),
    maxUlp: 1024,
  },
});

// --- Beta -------------------------------------------------------------------------------------

/** log |gamma(a) gamma(b) / gamma(a + b)|, also where the three cancel. */
export const betaln: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "betaln",
  evaluate: ([a, b]) => mapBinary(scalarMath.betaln, a, b),
  abstractEval: (operands) => requireEqualFloats("betaln", operands),
  jvp: binaryJvp(
    (a, b) => betaln(a, b),
    (left, right) => add(left, right),
    (da, a, b) => mul(da, sub(digamma(a), digamma(add(a, b)))),
    (db, a, b) => mul(db, sub(digamma(b), digamma(add(a, b)))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([a, b]) => betaln(a!, b!)),
  lower: elementwise(([a, b]) => callExpression("betaln", a!, b!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(2, 5), reals(2, 5)),
    reference: (a, b) => lgammaSeries(a!) + lgammaSeries(b!) - lgammaSeries(a! + b!),
    maxUlp: 512,
  },
});

type Ternary = PrimitiveFunction<[NDArray, NDArray, NDArray], NoParams>;

const mapTernary = (
  f: (a: number, b: number, x: number) => number,
  operands: readonly ConcreteArray[],
): ConcreteArray => {
  const [a, b, x] = operands.map(bufferOf);
  const [{ shape, dtype }] = operands as [ConcreteArray];
  const out = allocate(dtype, x!.length);
  for (let i = 0; i < out.length; i++) out[i] = f(a![i]!, b![i]!, x![i]!);
  return fromBuffer(out, shape, dtype);
};

/** I_x(a, b), the integral of t^(a - 1) (1 - t)^(b - 1) from 0 to x over beta(a, b); differentiable in x alone. */
export const betainc: Ternary = definePrimitive<[NDArray, NDArray, NDArray]>({
  name: "betainc",
  evaluate: (operands) => mapTernary(scalarMath.betainc, operands),
  abstractEval: (operands) => requireEqualFloats("betainc", operands),
  jvp: ([a, b, x], [da, db, dx]) => {
    const out = betainc(a, b, x);
    if (!isZero(da)) return refuse("betainc", "a");
    if (!isZero(db)) return refuse("betainc", "b");
    return [out, isZero(dx) ? zero(out) : mul(dx, betaDensity(a, b, x))];
  },
  transpose: notLinear,
  batch: elementwiseBatch(([a, b, x]) => betainc(a!, b!, x!)),
  lower: elementwise(([a, b, x]) => callExpression("betainc", a!, b!, x!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(4, 6), reals(4, 6), reals(0.2, 0.9)),
    reference: (a, b, x) => {
      const scale = lgammaSeries(a!) + lgammaSeries(b!) - lgammaSeries(a! + b!);
      return integral((t) => Math.exp((a! - 1) * Math.log(t) + (b! - 1) * Math.log1p(-t) - scale), 0, x!);
    },
    maxUlp: 1024,
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [gammainc, gammaincc, gammaincSlope, betaln, betainc].map(
  (call) => call.primitive as Primitive,
);
