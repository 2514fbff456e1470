/**
 * (e^x - 1) / x and its derivatives, the integrals of t^n e^(x t) over [0, 1].
 * Power series for small x, where the quotient is 0 / 0; else f_n = (e^x - n f_(n-1)) / x.
 */

/** The sum of x^k / (k! (k + n + 1)). */
function relativeSeries(x: number, order: number): number {
  let term = 1;
  let sum = 0;
  for (let k = 0; k < 200; k += 1) {
    const next = sum + term / (k + order + 1);
    if (next === sum) break;
    sum = next;
    term *= x / (k + 1);
  }
  return sum;
}

/** The derivative of (e^x - 1) / x of a whole order >= 0; 0 at -infinity. */
export function relativeExponential(x: number, order: number): number {
  if (order === 0) return x === 0 ? 1 : x === Infinity ? x : Math.expm1(x) / x;
  if (Math.abs(x) < Math.max(1, order)) return relativeSeries(x, order);
  if (x === Infinity) return x;
  const power = Math.exp(x);
  let value = Math.expm1(x) / x;
  for (let n = 1; n <= order; n += 1) value = (power - n * value) / x;
  return value;
}
