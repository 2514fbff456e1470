/**
 * Products with logarithms, entropies and Box-Cox transforms, right at the edges of their domains: 0 log 0 is 0.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { div, fullLike, mul, neg } from "../../ops/arithmetic.ts";
import { and, eq, lt, or, select } from "../../ops/comparison.ts";
import * as entropy from "../../ops/entropy.ts";
import { expm1, log, log1p, logistic } from "../../ops/exponential.ts";
import { abs } from "../../ops/extrema.ts";
import { relativeExponential } from "../../ops/integrals.ts";
import type { UnaryFunction } from "../numpy/elementwise-function.ts";
import { binary, unary } from "./elementwise-function.ts";
import type { Binary } from "./elementwise-function.ts";

const zeroOf = (x: NDArray): NDArray => fullLike(0, x);

/**
 * x log(y), and 0 for x = 0 with derivative 0 by y.
 * @example special.xlogy(array([0, 2]), array([0, 1])) // [0, 0]
 */
export const xlogy: Binary = binary("xlogy", (x, y) => entropy.xlogy(x, y));

/**
 * x log(1 + y), and 0 for x = 0 with derivative 0 by y.
 * @example special.xlog1py(array([0, 1]), array([-1, 1e-20])) // [0, 1e-20]
 */
export const xlog1py: Binary = binary("xlog1py", (x, y) => entropy.xlog1py(x, y));

/**
 * -x log(x), 0 at 0, -infinity below; slope +infinity at 0.
 * @example special.entr(array([0, 0.5, 1])) // [0, 0.34657359027997264, 0]
 */
export const entr: UnaryFunction = unary("entr", (x) => {
  const isBelow = lt(x, zeroOf(x));
  const inside = select(isBelow, fullLike(1, x), x);
  return select(isBelow, fullLike(-Infinity, x), neg(entropy.xlogy(inside, inside)));
});

/**
 * p log(p / q); 0 for p = 0 <= q with slope 0; infinity outside p >= 0, q > 0.
 * @example special.relEntr(array([0, 1, 1]), array([0, 1, 0])) // [0, 0, Infinity]
 */
export const relEntr: Binary = binary("relEntr", (p, q) => entropy.relEntr(p, q));

/**
 * p log(p / q) - p + q, never negative, with its digits at p = q; q for p = 0 with slope 0 by p.
 * @example special.klDiv(array([1, 0, 1]), array([1, 2, 1 + 2 ** -30])) // [0, 2, 4.336808684200454e-19]
 */
export const klDiv: Binary = binary("klDiv", (p, q) => entropy.klDiv(p, q));

/**
 * log(p / (1 - p)), the inverse of expit; infinite with infinite slope at 0 and 1.
 * @example special.logit(array([0, 0.5, 1])) // [-Infinity, 0, Infinity]
 */
export const logit: UnaryFunction = unary("logit", (p) => entropy.logit(p));

/**
 * 1 / (1 + e^-x), the logistic function.
 * @example special.expit(array([-1000, 0, 1000])) // [0, 0.5, 1]
 */
export const expit: UnaryFunction = unary("expit", (x) => logistic(x));

/**
 * (e^x - 1) / x, 1 at 0; derivatives of any order are right there too.
 * @example special.exprel(array([0, 1])) // [1, 1.718281828459045]
 */
export const exprel: UnaryFunction = unary("exprel", (x) => relativeExponential(x, { order: 0 }));

/** (e^(lambda logarithm) - 1) / lambda, with the logarithm taken out where that is 0 / 0: its limit there. */
const powerTransform = (logarithm: NDArray, lambda: NDArray): NDArray => {
  const isZero = eq(lambda, zeroOf(lambda));
  const isInfinite = eq(abs(logarithm), fullLike(Infinity, logarithm));
  const product = select(and(isZero, isInfinite), zeroOf(lambda), mul(lambda, logarithm));
  const isSmall = or(isZero, lt(abs(product), fullLike(1, product)));
  const small = mul(logarithm, relativeExponential(select(isSmall, product, zeroOf(product)), { order: 0 }));
  const large = div(expm1(product), select(isSmall, fullLike(1, lambda), lambda));
  return select(isSmall, small, large);
};

/**
 * Box and Cox's transform of x >= 0: (x^lambda - 1) / lambda, log(x) for lambda = 0.
 * @example special.boxcox(4, array([0, 0.5, 2])) // [1.3862943611198906, 2, 7.5]
 */
export const boxcox: Binary = binary("boxcox", (x, lambda) => powerTransform(log(x), lambda));

/**
 * Box and Cox's transform of 1 + x, accurate for small x.
 * @example special.boxcox1p(1e-20, 2) // 1e-20
 */
export const boxcox1p: Binary = binary("boxcox1p", (x, lambda) => powerTransform(log1p(x), lambda));
