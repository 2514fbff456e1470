/**
 * Modified Bessel functions of the first kind, I_n(x) and e^-|x| I_n(x), of whole order n >= 0.
 * Orders 0 and 1 from tables; above, the recurrence: forward where x is large, else Miller's
 * backward one, whose start does not matter (DLMF 10.74 iv).
 */
import { besselFar0, besselFar1, besselNear0, besselNear1 } from "./coefficients.ts";
import { atPieces } from "./pieces.ts";

/** e^-x I_0(x) for x >= 0. */
function scaledOrder0(x: number): number {
  return x < 8 ? atPieces(besselNear0, x) : atPieces(besselFar0, 1 / x) / Math.sqrt(x);
}

/** e^-x I_1(x) for x >= 0. */
function scaledOrder1(x: number): number {
  return x < 8 ? x * atPieces(besselNear1, x) : atPieces(besselFar1, 1 / x) / Math.sqrt(x);
}

/** I_n(x) / I_0(x) for n >= 2, x > 0: the ratios r_k = I_k / I_(k-1) = 1 / (2 k / x + r_(k+1)), multiplied up. */
function ratioToOrder0(n: number, x: number): number {
  // Beyond this order each step back divides the error of the start by more than two.
  const start = n + 40 + Math.ceil(Math.sqrt(80 * x));
  let ratio = 0;
  let product = 1;
  for (let k = start; k > 0; k -= 1) {
    ratio = 1 / ((2 * k) / x + ratio);
    if (k <= n) product *= ratio;
  }
  return product;
}

/** e^-x I_n(x) for n >= 2, x >= 2 n^2, where the forward recurrence loses nothing. */
function recurrenceFrom1(n: number, x: number): number {
  let [before, value] = [scaledOrder0(x), scaledOrder1(x)];
  for (let k = 1; k < n; k += 1) [before, value] = [value, before - ((2 * k) / x) * value];
  return value;
}

/** e^-x I_n(x) for n >= 2, x >= 0. */
function scaledHigherOrder(n: number, x: number): number {
  if (x >= 2 * n * n) return recurrenceFrom1(n, x);
  return x > 0 ? ratioToOrder0(n, x) * scaledOrder0(x) : x;
}

/** e^-|x| I_n(x), for whole n >= 0: even or odd in x as n is, 0 at infinity. */
export function besselIScaled(x: number, n: number): number {
  const distance = Math.abs(x);
  if (distance === Infinity) return 0;
  const value = n === 0 ? scaledOrder0(distance) : n === 1 ? scaledOrder1(distance) : scaledHigherOrder(n, distance);
  return x < 0 && n % 2 === 1 ? -value : value;
}

/** I_n(x); overflows only where the result does, at x about 714 for n = 0. */
export function besselI(x: number, n: number): number {
  const distance = Math.abs(x);
  if (distance === Infinity) return n % 2 === 1 ? x : Infinity;
  const scaled = besselIScaled(x, n);
  if (distance < 700) return scaled * Math.exp(distance);
  return scaled * Math.exp(distance - 100) * Math.exp(100);
}
