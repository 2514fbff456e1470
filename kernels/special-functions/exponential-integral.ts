/**
 * Exponential integrals Ei, E_1 and E_n. Tables: relative to Ei's zero near it, less the logarithm near 0, times
 * x e^-+x far out. E_n: recurrence and power series to x = 1 (Abramowitz & Stegun 5.1.14, 5.1.12), continued fraction beyond (5.1.22).
 */
import { e1Far, e1Middle, e1Near, eiAtZero, eiFar, eiMiddle, eiNear, eiUpper } from "./coefficients.ts";
import { atPieces } from "./pieces.ts";

/** E_1(x), the integral of e^-t / t from x to infinity; infinite at 0, NaN below. */
export function exp1(x: number): number {
  if (x >= 1) return x < 740 ? (Math.exp(-x) * atPieces(e1Far, 1 / x)) / x : scaledDown(x);
  if (x >= 0.5) return atPieces(e1Middle, x);
  return x > 0 ? atPieces(e1Near, x) - Math.log(x) : x === 0 ? Infinity : NaN;
}

/** E_1(x) where e^-x is subnormal. */
function scaledDown(x: number): number {
  return x > 760 ? 0 : ((Math.exp(60 - x) * atPieces(e1Far, 1 / x)) / x) * Math.exp(-60);
}

/** The zero of Ei, as a sum of two doubles. */
const zeroHead = 0.3725074107813666;
const zeroTail = 1.3140183414386028e-17;

/** Ei(x), the principal value of the integral of e^t / t up to x; -infinity at 0. */
export function expi(x: number): number {
  if (x < 0) return -exp1(-x);
  if (x < 0.125) return atPieces(eiNear, x) + Math.log(x);
  if (x < 0.5) return (x - zeroHead - zeroTail) * atPieces(eiAtZero, x);
  if (x < 3) return Math.exp(x) * atPieces(eiMiddle, x);
  if (x < 8) return Math.exp(x) * atPieces(eiUpper, x);
  if (x === Infinity) return Infinity;
  const scaled = atPieces(eiFar, 1 / x) / x;
  return x < 700 ? Math.exp(x) * scaled : Math.exp(x - 50) * scaled * Math.exp(50);
}

/** E_n(x) for x <= 1 and n <= 20 by E_(k+1) = (e^-x - x E_k) / k, whose errors shrink by x / k. */
function expnRecurrence(n: number, x: number): number {
  const decay = Math.exp(-x);
  let value = exp1(x);
  for (let k = 1; k < n; k += 1) value = (decay - x * value) / k;
  return value;
}

/** The sum of (-x)^k / ((n - 1 - k) k!), for x <= 1 and n > 20: the logarithmic term at k = n - 1 is below rounding. */
function expnSeries(n: number, x: number): number {
  let power = 1;
  let sum = 0;
  for (let k = 0; k < 19; k += 1) {
    sum += power / (n - 1 - k);
    power *= -x / (k + 1);
  }
  return sum;
}

/** e^-x / (x + n / (1 + 1 / (x + (n + 1) / (1 + 2 / (x + ...))))) from the inside out: all parts are positive. */
function expnFraction(n: number, x: number): number {
  let rest = 0;
  for (let k = 20 + Math.ceil(100 / x); k > 0; k -= 1) rest = (n + k - 1) / (1 + k / (x + rest));
  const value = 1 / (x + rest);
  return x < 700 ? value * Math.exp(-x) : value * Math.exp(60 - x) * Math.exp(-60);
}

/** E_n(x), the integral of e^(-x t) / t^n from 1 to infinity, for whole n >= 0; NaN for x < 0. */
export function expn(x: number, n: number): number {
  if (!(x >= 0)) return NaN;
  if (n === 1) return exp1(x);
  if (n === 0) return x < 700 ? Math.exp(-x) / x : (Math.exp(60 - x) / x) * Math.exp(-60);
  if (x === 0) return 1 / (n - 1);
  if (x === Infinity) return 0;
  if (x > 1) return expnFraction(n, x);
  return n > 20 ? expnSeries(n, x) : expnRecurrence(n, x);
}
