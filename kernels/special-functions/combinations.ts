/**
 * Binomial coefficients and rising factorials of real numbers: products where a whole number of factors gives them,
 * exact as long as they are below 2^53; else the exponential of log gamma's differences.
 */
import { gamma, gammasgn, lgamma } from "./gamma.ts";
import { betaln } from "./incomplete-beta.ts";

/** gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1)). */
export function binomial(n: number, k: number): number {
  if (n !== n || k !== k) return NaN;
  const isWhole = Math.floor(n) === n;
  if (isWhole && n < 0) return NaN;
  const chosen = isWhole && k > n / 2 ? n - k : k;
  if (Math.floor(chosen) === chosen) {
    if (chosen < 0) return 0;
    if (chosen < 100) {
      let product = 1;
      for (let i = 1; i <= chosen; i += 1) product = (product * (n - chosen + i)) / i;
      return product;
    }
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
