/**
 * Derivatives of sin(x) / x of every order: the integral of t^n cos(x t + n pi / 2) over [0, 1].
 * Power series for small x, where the quotient is 0 / 0; else f_n = (sin(x + n pi / 2) - n f_(n-1)) / x.
 */

/** The sum over k of (-1)^k x^(2k - n) / ((2k - n)! (2k + 1)). */
function quotientSeries(x: number, order: number): number {
  const first = Math.ceil(order / 2);
  let term = (first % 2 === 0 ? 1 : -1) * (order % 2 === 0 ? 1 : x);
  let sum = 0;
  for (let k = first; k < first + 100; k += 1) {
    const next = sum + term / (2 * k + 1);
    if (next === sum) break;
    sum = next;
    const power = 2 * k - order;
    term *= (-x * x) / ((power + 1) * (power + 2));
  }
  return sum;
}

/** The derivative of sin(x) / x of a whole order >= 0; 0 at infinity. */
export function sineQuotient(x: number, order: number): number {
  const distance = Math.abs(x);
  if (distance === Infinity) return 0;
  if (distance < Math.max(1, order)) return quotientSeries(x, order);
  const [sine, cosine] = [Math.sin(x), Math.cos(x)];
  let value = sine / x;
  for (let n = 1; n <= order; n += 1) {
    const turned = n % 2 === 0 ? sine : cosine;
    value = ((n % 4 > 1 ? -turned : turned) - n * value) / x;
  }
  return value;
}
