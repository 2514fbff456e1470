/**
 * log of the beta function and the incomplete beta function I_x(a, b). The continued fraction (DLMF 8.17.22) converges
 * fast below x = (a + 1) / (a + b + 2); above, I_x(a, b) = 1 - I_(1-x)(b, a). The common factor keeps its digits
 * for large a and b by Loader's deviance (2000), log beta by differences of Stirling's series.
 */
import { gammaFar, lgammaFar } from "./coefficients.ts";
import { digamma } from "./digamma.ts";
import { factorial, gamma, lgamma } from "./gamma.ts";
import { deviance } from "./incomplete-gamma.ts";
import { atPieces } from "./pieces.ts";

/** log gamma(x) - (x - 1/2)(log x - 1) for x > 8. */
const stirlingRest = (x: number): number => atPieces(lgammaFar, 1 / x);

/** gamma(a + b) over gamma of the rounded sum. */
function shiftOfSum(a: number, b: number, sum: number): number {
  const larger = Math.max(a, b);
  return 1 + digamma(sum) * (Math.min(a, b) - (sum - larger));
}

/** betaln for 0 < a <= b. */
function betalnOrdered(a: number, b: number): number {
  const sum = a + b;
  if (a < 1e-300) return -Math.log(a);
  if (b < 8.5) return Math.log((gamma(a) * (gamma(b) / gamma(sum))) / shiftOfSum(a, b, sum));
  if (a < 8.5) {
    const difference = stirlingRest(b) - stirlingRest(sum) - (b - 0.5) * Math.log1p(a / b);
    return lgamma(a) + (difference - a * (Math.log(sum) - 1));
  }
  const rest = stirlingRest(a) + stirlingRest(b) - stirlingRest(sum);
  return (a - 0.5) * Math.log(a / sum) - (b - 0.5) * Math.log1p(a / b) - 0.5 * (Math.log(sum) - 1) + rest;
}

/** log |gamma(a) gamma(b) / gamma(a + b)|. */
export function betaln(a: number, b: number): number {
  if (a !== a || b !== b) return NaN;
  if ((a === 0 && b >= 0) || (b === 0 && a >= 0)) return Infinity;
  if (a < 0 || b < 0) return lgamma(a) + lgamma(b) - lgamma(a + b);
  if (a === Infinity || b === Infinity) return -Infinity;
  return a <= b ? betalnOrdered(a, b) : betalnOrdered(b, a);
}

/** How far a small parameter is moved up before Stirling's series is used. */
const shift = 9;

/** x^a y^b / (a beta(a, b)) for a, b > 8. */
function prefactorFar(a: number, b: number, x: number, y: number): number {
  const sum = a + b;
  const exponent = a * deviance(x * sum, a) + b * deviance(y * sum, b);
  const gammas = atPieces(gammaFar, 1 / sum) / (atPieces(gammaFar, 1 / a) * atPieces(gammaFar, 1 / b));
  return Math.exp(-exponent) * Math.sqrt(b / sum / a) * gammas;
}

/** The product of (b + k) / ((sum + k) y) over 0 <= k < shift: what moving b up divides the common factor by. */
function shiftProduct(b: number, sum: number, y: number): number {
  let product = 1;
  for (let k = 0; k < shift; k += 1) product *= (b + k) / ((sum + k) * y);
  return product;
}

/** x^a y^b / (a beta(a, b)), y = 1 - x. */
function prefactor(a: number, b: number, x: number, y: number): number {
  const sum = a + b;
  const powers = Math.pow(x, a) * Math.pow(y, b);
  if (sum < 165 && powers > 1e-280) return ((powers * (gamma(sum) / factorial(a))) / gamma(b)) * shiftOfSum(a, b, sum);
  if (a > 8 && b > 8) return prefactorFar(a, b, x, y);
  if (b <= 8 && y > 1e-8) return prefactorFar(a, b + shift, x, y) * shiftProduct(b, sum, y);
  if (a <= 8 && x > 1e-8) return ((prefactorFar(a + shift, b, x, y) * (a + shift)) / a) * shiftProduct(a, sum, x);
  return Math.exp(b * (x < 0.5 ? Math.log1p(-x) : Math.log(y)) + a * Math.log(x) - betaln(a, b)) / a;
}

/** The continued fraction 1 / (1 + d_1 / (1 + d_2 / ...)) by Lentz's method, grouped in pairs. */
function fraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < 1e5; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return value;
}

/** I_x(a, b), the integral of t^(a - 1) (1 - t)^(b - 1) from 0 to x over beta(a, b); NaN outside 0 <= x <= 1, a, b > 0. */
export function betainc(a: number, b: number, x: number): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1) || a === Infinity || b === Infinity) return NaN;
  if (x === 0 || x === 1) return x;
  const y = 1 - x;
  if (x > (a + 1) / (a + b + 2)) {
    const rest = prefactor(b, a, y, x) * fraction(b, a, y);
    // Near 1 the complement has no digits left for a small result, and the fraction still converges.
    if (rest < 0.9 || y < 1e-4) return 1 - rest;
  }
  return prefactor(a, b, x, y) * fraction(a, b, x);
}
