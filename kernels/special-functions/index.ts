/**
 * Special functions of real numbers, double precision over the full range: numbers in, one number out.
 * Like all of kernels/scalar-math.ts they are the same code in every back end, hence equal to the bit.
 */
export { besselI, besselIScaled } from "./bessel.ts";
export { binomial, poch } from "./combinations.ts";
export { digamma } from "./digamma.ts";
export { klDiv, logit, relEntr, xlog1py, xlogy } from "./entropy.ts";
export { erf, erfc, erfcinv, erfcx, erfinv, logNdtr, ndtr } from "./error-function.ts";
export { exp1, expi, expn } from "./exponential-integral.ts";
export { gamma, gammasgn, lgamma } from "./gamma.ts";
export { betainc, betaln } from "./incomplete-beta.ts";
export { gammainc, gammaincc, gammaincSlope } from "./incomplete-gamma.ts";
export { cosineIntegral, dawson, fresnelCosine, fresnelSine, sineIntegral } from "./sine-integral.ts";
export { relativeExponential } from "./relative-exponential.ts";
export { sineQuotient } from "./sine-quotient.ts";
export { spence } from "./spence.ts";
export { polygamma, zeta } from "./zeta.ts";
