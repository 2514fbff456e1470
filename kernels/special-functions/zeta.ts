/**
 * Hurwitz's zeta function, the sum of (q + k)^-s over k >= 0, and polygamma, which is n! times it.
 * Euler-Maclaurin from w = q + N on (Abramowitz & Stegun 23.1.30); below zero, for whole s, the sum over all
 * whole k less the one to the left. Sums carry their rounding errors along (Neumaier 1974).
 */
import { gamma, lgamma } from "./gamma.ts";

/** B_2j / (2j)!, j = 1 to 12. */
const bernoulliOverFactorial = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
  -174611 / 802857662698291200000,
  77683 / 14101100039391805440000,
  -236364091 / 1693824136731743669452800000,
];

/** The sum of (w + k)^-s over k >= 0 in units of w^-s, for w >= s + 8. */
function tailOf(s: number, w: number): number {
  let sum = w / (s - 1) + 0.5;
  let factor = s / w;
  for (let j = 0; j < bernoulliOverFactorial.length; j += 1) {
    const term = bernoulliOverFactorial[j]! * factor;
    sum += term;
    if (Math.abs(term) < 1e-18 * sum) break;
    factor *= ((s + 2 * j + 1) / w) * ((s + 2 * j + 2) / w);
  }
  return sum;
}

/** The rounding error of q + k, exactly. */
function sumError(q: number, k: number, sum: number): number {
  const added = sum - q;
  return q - (sum - added) + (k - added);
}

function zetaPositive(s: number, q: number): number {
  const start = s + 8;
  let sum = 0;
  let rest = 0;
  let w = q;
  let shift = 0;
  for (; w < start; w = q + shift) {
    const term = Math.pow(w, -s);
    if (term === 0 || term === Infinity) return sum + rest + term;
    const next = sum + term;
    rest += sum >= term ? sum - next + term : term - next + sum;
    rest -= (s * sumError(q, shift, w) * term) / w;
    sum = next;
    // What follows is below w^-s (1 + w / (s - 1)).
    if (shift > 0 && term * (1 + w / (s - 1)) < 1e-19 * sum) return sum + rest;
    shift += 1;
  }
  const power = Math.pow(w, -s);
  // w^-s may underflow while w^(1 - s) does not.
  const tail = power < 1e-290 ? Math.pow(w, 1 - s) * (tailOf(s, w) / w) : power * tailOf(s, w);
  return sum + (rest - (s * sumError(q, shift, w) * tail) / w + tail);
}

/** zeta(s, q) for whole s >= 2 and q < 0, not whole. */
function zetaNegative(s: number, q: number): number {
  const nearest = Math.round(q);
  const offset = q - nearest;
  const parity = s % 2 === 0 ? 1 : -1;
  const near = Math.pow(offset, -s);
  const others = zetaPositive(s, 1 + offset) + parity * zetaPositive(s, 1 - offset);
  return near + (others - parity * zetaPositive(s, 1 - q));
}

/**
 * The sum of (q + k)^-s over k >= 0, for s > 1; infinite at s = 1 and at whole q <= 0.
 * NaN for s < 1, and for q < 0 with s not whole.
 */
export function zeta(s: number, q: number): number {
  if (s !== s || q !== q || s < 1) return NaN;
  if (s === 1) return Infinity;
  if (q === Infinity) return 0;
  if (q > 0) return s === Infinity ? (q > 1 ? 0 : q === 1 ? 1 : Infinity) : zetaPositive(s, q);
  if (Math.floor(q) === q) return Infinity;
  return Math.floor(s) === s && s < Infinity ? zetaNegative(s, q) : NaN;
}

/** The derivative of order n + 1 of log gamma, for whole n >= 1: (-1)^(n + 1) n! zeta(n + 1, x). */
export function polygamma(x: number, n: number): number {
  const sum = x === -Infinity ? NaN : zeta(n + 1, x);
  const sign = n % 2 === 0 ? -1 : 1;
  if (n <= 170) return sign * gamma(n + 1) * sum;
  return sum === 0 ? sign * 0 : sign * Math.sign(sum) * Math.exp(lgamma(n + 1) + Math.log(Math.abs(sum)));
}
