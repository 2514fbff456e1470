/**
 * Functions that are integrals: exponential, sine and cosine integrals, Fresnel's, Dawson's, Spence's.
 * Derivatives of any order. Near zeros of expi, Ci and Spence's function: expi and spence relative, Ci absolute errors.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import * as integrals from "../../ops/integrals.ts";
import type { UnaryFunction } from "../numpy/elementwise-function.ts";
import { promoteFloat } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { requireWhole, unary } from "./elementwise-function.ts";

/**
 * Ei(x), the principal value of the integral of e^t / t up to x; -infinity at 0.
 * @example special.expi(array([1, 0])) // [1.8951178163559368, -Infinity]
 */
export const expi: UnaryFunction = unary("expi", (x) => integrals.expi(x));

/**
 * E_1(x), the integral of e^-t / t from x on; infinite at 0, NaN below.
 * @example special.exp1(1) // 0.21938393439552026
 */
export const exp1: UnaryFunction = unary("exp1", (x) => integrals.exp1(x));

/**
 * E_n(x), the integral of e^(-x t) / t^n over t from 1 on, for a number n known before tracing; NaN for x < 0.
 * @throws InvalidOption  n is not a whole number from 0
 * @example special.expn(2, array([0, 1])) // [1, 0.14849550677592205]
 */
export const expn = (n: number, x: Operand): NDArray => {
  const order = requireWhole("special.expn", "order", n, 0);
  return integrals.expn(promoteFloat("special.expn", [x])[0]!, { order });
};

/**
 * [Si(x), Ci(x)]: the integral of sin(t) / t from 0 to x, and minus that of cos(t) / t from x on (NaN for x < 0).
 * @example special.sici(1) // [0.946083070367183, 0.3374039229009681]
 */
export const sici = (x: Operand): [si: NDArray, ci: NDArray] => {
  const [own] = promoteFloat("special.sici", [x]);
  return [integrals.sineIntegral(own!), integrals.cosineIntegral(own!)];
};

/**
 * Fresnel's [S(x), C(x)]: the integrals of sin(pi t^2 / 2) and cos(pi t^2 / 2) from 0 to x.
 * @example special.fresnel(1) // [0.4382591473903548, 0.7798934003768228]
 */
export const fresnel = (x: Operand): [s: NDArray, c: NDArray] => {
  const [own] = promoteFloat("special.fresnel", [x]);
  return [integrals.fresnelSine(own!), integrals.fresnelCosine(own!)];
};

/**
 * Dawson's integral: e^(-x^2) times the integral of e^(t^2) from 0 to x.
 * @example special.dawsn(array([0, 1, 1e10])) // [0, 0.5380795069127684, 5e-11]
 */
export const dawsn: UnaryFunction = unary("dawsn", (x) => integrals.dawson(x));

/**
 * Spence's function, the dilogarithm of 1 - z: pi^2 / 6 at 0, 0 at 1, NaN below 0.
 * @example special.spence(array([0, 1, 2])) // [1.6449340668482264, 0, -0.8224670334241132]
 */
export const spence: UnaryFunction = unary("spence", (z) => integrals.spence(z));
