/**
 * Gamma, its logarithm and what derives from it: beta, polygamma, zeta, binomial coefficients, incomplete integrals.
 * gamma and gammaln err by at most 4 ulp (near zeros of gammaln below 0: of the terms that cancel there).
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { add, fullLike, mul, sub } from "../../ops/arithmetic.ts";
import { and, eq, ge, keepWhere, lt, or, select } from "../../ops/comparison.ts";
import * as combinations from "../../ops/combinations.ts";
import { exp } from "../../ops/exponential.ts";
import * as incomplete from "../../ops/incomplete.ts";
import * as special from "../../ops/special.ts";
import { requireOptions } from "../../src/options.ts";
import type { UnaryFunction } from "../numpy/elementwise-function.ts";
import { promoteFloat } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { binary, requireWhole, unary } from "./elementwise-function.ts";
import type { Binary } from "./elementwise-function.ts";

const zeroOf = (x: NDArray): NDArray => fullLike(0, x);

// --- Gamma and its logarithm ------------------------------------------------------------------

/**
 * The gamma function, (x - 1)! for whole x; infinite at 0 with its sign, NaN at negative whole numbers.
 * @example special.gamma(array([5, 0.5])) // [24, 1.772453850905516]
 */
export const gamma: UnaryFunction = unary("gamma", (x) => special.gamma(x));

/**
 * log |gamma(x)|; infinite at 0 and at negative whole numbers. Its derivative is digamma.
 * @example special.gammaln(array([1, 10, 1e10])) // [0, 12.801827480081469, 220258509288.81146]
 */
export const gammaln: UnaryFunction = unary("gammaln", (x) => special.lgamma(x));

/**
 * The logarithm of gamma(x) as a real function: gammaln(x) for x >= 0, NaN below.
 * @example special.loggamma(array([3, -0.5])) // [0.6931471805599453, NaN]
 */
export const loggamma: UnaryFunction = unary("loggamma", (x) =>
  select(lt(x, zeroOf(x)), fullLike(NaN, x), special.lgamma(x)),
);

/**
 * The sign of gamma(x), 1 or -1; NaN at negative whole numbers. Its derivative is 0.
 * @example special.gammasgn(array([2.5, -0.5, -1.5])) // [1, -1, 1]
 */
export const gammasgn: UnaryFunction = unary("gammasgn", (x) => special.gammasgn(x));

/**
 * The derivative of gammaln, also called psi; -infinity at 0, NaN at negative whole numbers.
 * @example special.digamma(array([1, 2])) // [-0.5772156649015329, 0.42278433509846714]
 */
export const digamma: UnaryFunction = unary("digamma", (x) => special.digamma(x));

/**
 * The derivative of digamma of order n, a number known before tracing; n = 0 is digamma itself.
 * @throws InvalidOption  n is not a whole number from 0
 * @example special.polygamma(1, 1) // 1.6449340668482264
 */
export const polygamma = (n: number, x: Operand): NDArray => {
  const order = requireWhole("special.polygamma", "order", n, 0);
  const [own] = promoteFloat("special.polygamma", [x]);
  return order === 0 ? special.digamma(own!) : special.polygamma(own!, { order });
};

/**
 * Hurwitz's zeta function, the sum of (q + k)^-x over k >= 0; q = 1 gives Riemann's. NaN for x < 1.
 * Derivatives: by q; by x refused (NotDifferentiable).
 * @example special.zeta(2) // 1.6449340668482264
 */
export const zeta = (x: Operand, q: Operand = 1): NDArray => {
  const [s, own] = promoteFloat("special.zeta", [x, q]);
  return special.zeta(s!, own!);
};

/**
 * log of the multivariate gamma function of dimension d: d (d - 1) / 4 log(pi) + the sum of gammaln(a - j / 2), j < d.
 * @throws InvalidOption  d is not a whole number from 1
 * @example special.multigammaln(3, 2) // 1.5501949939575755
 */
export const multigammaln = (a: Operand, d: number): NDArray => {
  const dimension = requireWhole("special.multigammaln", "dimension", d, 1);
  const [own] = promoteFloat("special.multigammaln", [a]) as [NDArray];
  let sum = fullLike(((dimension * (dimension - 1)) / 4) * Math.log(Math.PI), own);
  for (let j = 0; j < dimension; j++) sum = add(sum, special.lgamma(sub(own, fullLike(j / 2, own))));
  return sum;
};

// --- Beta, combinations -----------------------------------------------------------------------

/**
 * log |beta(a, b)|, with its digits where gammaln(a) + gammaln(b) - gammaln(a + b) has none.
 * @example special.betaln(1, array([1, 1e10])) // [0, -23.025850929940457]
 */
export const betaln: Binary = binary("betaln", (a, b) => incomplete.betaln(a, b));

/**
 * The beta function, gamma(a) gamma(b) / gamma(a + b).
 * @example special.beta(2, 3) // 0.08333333333333333
 */
export const beta: Binary = binary("beta", (a, b) => {
  const size = exp(incomplete.betaln(a, b));
  const signs = mul(mul(special.gammasgn(a), special.gammasgn(b)), special.gammasgn(add(a, b)));
  return mul(signs, size);
});

/**
 * The rising factorial gamma(z + m) / gamma(z), z (z + 1) ... (z + m - 1) for whole m.
 * @example special.poch(3, array([0, 1, 2.5])) // [1, 3, 26.171388892276756]
 */
export const poch: Binary = binary("poch", (z, m) => combinations.poch(z, m));

/**
 * n! = gamma(n + 1), correctly rounded for whole n; 0 for n < 0.
 * @example special.factorial(array([5, -1, 0.5])) // [120, 0, 0.886226925452758]
 */
export const factorial: UnaryFunction = unary("factorial", (n) => {
  const isBelow = lt(n, zeroOf(n));
  const value = special.gamma(add(select(isBelow, zeroOf(n), n), fullLike(1, n)));
  return select(isBelow, zeroOf(n), value);
});

export interface CombOptions {
  /** Whether one thing may be chosen several times: n + k - 1 over k. Default false. */
  readonly repetition?: boolean;
}

/**
 * In how many ways k of n things are chosen, exact below 2^53; 0 for k > n, k < 0 or n < 0. Differentiable by both inside.
 * @throws UnknownOption
 * @example special.comb(5, array([0, 2, 6])) // [1, 10, 0]
 */
export const comb = (n: Operand, k: Operand, options: CombOptions = {}): NDArray => {
  requireOptions("special.comb", options, ["repetition"]);
  const [things, chosen] = promoteFloat("special.comb", [n, k]) as [NDArray, NDArray];
  const zeros = zeroOf(things);
  const total = options.repetition === true ? sub(add(things, chosen), fullLike(1, things)) : things;
  const isOne = and(eq(chosen, zeros), ge(things, zeros));
  const isOutside = or(or(lt(chosen, zeros), lt(things, zeros)), lt(total, chosen));
  const isEdge = or(isOutside, options.repetition === true ? isOne : lt(things, zeros));
  const value = combinations.binomial(select(isEdge, fullLike(1, things), total), select(isEdge, zeros, chosen));
  return select(isEdge, keepWhere(isOne, fullLike(1, things)), value);
};

// --- Incomplete integrals ---------------------------------------------------------------------

/**
 * P(a, x), the integral of t^(a - 1) e^-t from 0 to x over gamma(a), from 0 at x = 0 to 1. Relative error at most
 * 1e-14 + 2e-16 |log(x^a e^-x / gamma(a))|.
 * Derivatives: any order; those by a cost an integral each from the second on. NaN for a < 0 or x < 0.
 * @example special.gammainc(1, array([0, 1])) // [0, 0.6321205588285577]
 */
export const gammainc: Binary = binary("gammainc", (a, x) => incomplete.gammainc(a, x));

/**
 * Q(a, x) = 1 - P(a, x), with all digits where it is small. Errors and derivatives as gammainc.
 * @example special.gammaincc(1, array([1, 100])) // [0.36787944117144233, 3.720075976020836e-44]
 */
export const gammaincc: Binary = binary("gammaincc", (a, x) => incomplete.gammaincc(a, x));

/**
 * I_x(a, b), the integral of t^(a - 1) (1 - t)^(b - 1) from 0 to x over beta(a, b); NaN outside 0 <= x <= 1, a, b > 0.
 * Derivatives: by x to any order; by a and b refused (NotDifferentiable).
 * @example special.betainc(2, 3, array([0, 0.5, 1])) // [0, 0.6875, 1]
 */
export const betainc = (a: Operand, b: Operand, x: Operand): NDArray => {
  const [first, second, limit] = promoteFloat("special.betainc", [a, b, x]);
  return incomplete.betainc(first!, second!, limit!);
};
