/**
 * Error functions and the normal distribution. erf is odd, erfc and ndtr keep their digits where they are tiny.
 * Errors at most 4 ulp; derivatives of any order.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { fullLike, mul } from "../../ops/arithmetic.ts";
import * as special from "../../ops/special.ts";
import type { UnaryFunction } from "../numpy/elementwise-function.ts";
import { unary } from "./elementwise-function.ts";

/**
 * The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.
 * @example special.erf(array([0, 1, Infinity])) // [0, 0.8427007929497149, 1]
 */
export const erf: UnaryFunction = unary("erf", (x) => special.erf(x));

/**
 * 1 - erf(x), accurate where it is tiny.
 * @example special.erfc(array([0, 2])) // [1, 0.004677734981047266]
 */
export const erfc: UnaryFunction = unary("erfc", (x) => special.erfc(x));

/**
 * e^(x^2) erfc(x), which does not underflow: about 1 / (sqrt(pi) x) for large x.
 * @example special.erfcx(array([0, 1e8])) // [1, 5.641895835477563e-9]
 */
export const erfcx: UnaryFunction = unary("erfcx", (x) => special.erfcx(x));

/**
 * The y with erf(y) = x; infinite at -1 and 1, NaN outside.
 * @example special.erfinv(array([0, 0.5, 1])) // [0, 0.4769362762044699, Infinity]
 */
export const erfinv: UnaryFunction = unary("erfinv", (x) => special.erfinv(x));

/**
 * The y with erfc(y) = x, with all digits where x is tiny; infinite at 0 and 2, NaN outside.
 * @example special.erfcinv(array([1, 1e-300])) // [0, 26.209469960516124]
 */
export const erfcinv: UnaryFunction = unary("erfcinv", (x) => special.erfcinv(x));

/**
 * The normal distribution function: the probability of a standard normal number below x.
 * @example special.ndtr(array([0, -10])) // [0.5, 7.619853024160527e-24]
 */
export const ndtr: UnaryFunction = unary("ndtr", (x) => special.ndtr(x));

/**
 * The quantile of the normal distribution, the inverse of ndtr; infinite at 0 and 1, NaN outside.
 * @example special.ndtri(array([0.5, 0.975])) // [0, 1.959963984540054]
 */
export const ndtri: UnaryFunction = unary("ndtri", (p): NDArray =>
  mul(fullLike(-Math.SQRT2, p), special.erfcinv(mul(fullLike(2, p), p))),
);

/**
 * log(ndtr(x)), finite where ndtr underflows; its derivative is about -x there.
 * @example special.logNdtr(array([-1e3, 0])) // [-500007.8266948121, -0.6931471805599453]
 */
export const logNdtr: UnaryFunction = unary("logNdtr", (x) => special.logNdtr(x));
