/** cotangent/random: counter-based random numbers, JAX's keys and streams. */
import "../numpy/methods.ts";

export { bernoulli, rademacher } from "./bernoulli.ts";
export {
  cauchy,
  exponential,
  gumbel,
  laplace,
  logistic,
  maxwell,
  normal,
  truncatedNormal,
  uniform,
} from "./continuous.ts";
export type { UniformOptions } from "./continuous.ts";
export type { CountOptions, DrawOptions, ParameterDrawOptions } from "./draw.ts";
export { ball, beta, chisquare, dirichlet, f, gamma, generalizedNormal, loggamma, t } from "./gamma.ts";
export { binomial, categorical, geometric, multinomial, poisson, randint } from "./integers.ts";
export type { CategoricalOptions } from "./integers.ts";
export { bits, foldIn, key, split } from "./keys.ts";
export type { BitsOptions } from "./keys.ts";
export { multivariateNormal, orthogonal } from "./matrices.ts";
export type { OrthogonalOptions } from "./matrices.ts";
export { choice, permutation } from "./order.ts";
export type { ChoiceOptions, PermutationOptions } from "./order.ts";
export { doubleSidedMaxwell, lognormal, pareto, rayleigh, triangular, wald, weibullMin } from "./shaped.ts";
