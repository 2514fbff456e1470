/**
 * Binomial coefficients and rising factorials of real numbers: products where a whole number of factors gives them,
 * exact as long as they are below 2^53; else the exponential of log gamma's differences.
 */
import { greatestCommonDivisor } from "../integer-math.ts";
import { gamma, gammasgn, lgamma } from "./gamma.ts";
import { betaln } from "./incomplete-beta.ts";

/** The product of (n - k + i) / i, 0 < i <= k; for whole n every partial product is whole, and formed as such. */
function binomialProduct(n: number, k: number): number {
  const isWhole = Math.floor(n) === n;
  let product = 1;
  for (let i = 1; i <= k; i += 1) {
    const divisor = isWhole && product <= Number.MAX_SAFE_INTEGER ? greatestCommonDivisor(product, i) : 1;
    product = (product / divisor) * ((n - k + i) / (i / divisor));
  }
  return product;
}

/** gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1)). */
export function binomial(n: number, k: number): number {
  if (n !== n || k !== k) return NaN;
  const isWhole = Math.floor(n) === n;
  if (isWhole && n < 0) return NaN;
  const chosen = isWhole && k > n / 2 ? n - k : k;
  if (Math.floor(chosen) === chosen) {
    if (chosen < 0) return 0;
    if (chosen < 100) return binomialProduct(n, chosen);
  }
  const sign = gammasgn(n + 1) * gammasgn(k + 1) * gammasgn(n - k + 1);
  if (n > 0 && k > 0 && n - k > 0) return Math.exp(-betaln(1 + n - k, 1 + k)) / (n + 1);
  return sign * Math.exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1));
}

/** gamma(z + m) / gamma(z), z (z + 1) ... (z + m - 1) for whole m. */
export function poch(z: number, m: number): number {
  if (Math.floor(m) === m && m >= 0 && m < 100) {
    let product = 1;
    for (let i = 0; i < m; i += 1) product *= z + i;
    return product;
  }
  const sum = z + m;
  if (z > 0 && sum > 0) {
    if (z < 100 && sum < 100) return gamma(sum) / gamma(z);
    // gamma(z + m) / gamma(z) = gamma(|m|)^+-1 / beta^+-1, whose logarithm does not cancel.
    return m > 0 ? Math.exp(lgamma(m) - betaln(z, m)) : Math.exp(betaln(sum, -m) - lgamma(-m));
  }
  return gammasgn(sum) * gammasgn(z) * Math.exp(lgamma(sum) - lgamma(z));
}
