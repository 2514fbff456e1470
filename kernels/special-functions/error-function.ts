/**
 * erf, erfc, erfcx, their inverses, and the normal distribution function, over the full range of doubles.
 * erfc(x) = e^(-x^2) erfcx(x), with x^2 split so that the exponential keeps its digits (Cody 1969); inverses are
 * tabulated in r = sqrt(-log w), where they are nearly linear (Wichura 1988). Tables: coefficients.ts.
 */
import { erfCentral, erfcinvFar, erfcinvNear, erfcxFar, erfcxNear, erfinvCentral } from "./coefficients.ts";
import { atPieces } from "./pieces.ts";

/** x with the lower half of its digits cut off, so that its square is exact. */
function upperHalf(x: number): number {
  const spread = x * 134217729;
  return spread - (spread - x);
}

/** e^(shift - x^2) to about one ulp, 0 <= x < 1e9. */
function gaussian(x: number, shift: number): number {
  const head = upperHalf(x);
  const rest = (head - x) * (head + x);
  const value = Math.exp(shift - head * head);
  return value + value * Math.expm1(rest);
}

/** e^(x^2) to about one ulp; infinite beyond 26.64. */
function inverseGaussian(x: number): number {
  if (x > 27) return Infinity;
  const head = upperHalf(x);
  const value = Math.exp(head * head);
  return value === Infinity ? Infinity : value + value * Math.expm1((x - head) * (x + head));
}

/** erf(x) for |x| < 1. */
function erfNear(x: number): number {
  return x * atPieces(erfCentral, x * x);
}

/** e^(x^2) erfc(x) for x >= 0. */
function erfcxPositive(x: number): number {
  return x < 4 ? atPieces(erfcxNear, x) : atPieces(erfcxFar, 1 / x / x) / x;
}

/** erfc(x) for x >= 1/4; subnormal down to x = 27.2. */
function erfcPositive(x: number): number {
  if (x > 28) return 0;
  if (x < 26) return gaussian(x, 0) * erfcxPositive(x);
  return gaussian(x, 64) * erfcxPositive(x) * Math.exp(-64);
}

/** 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export function erf(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return erfNear(x);
  if (distance < 6) return x > 0 ? 1 - erfcPositive(x) : erfcPositive(-x) - 1;
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

/** 1 - erf(x), accurate where that is tiny. */
export function erfc(x: number): number {
  if (x < 0.25) return x > -1 ? 1 - erfNear(x) : x > -6 ? 2 - erfcPositive(-x) : 2;
  return x >= 0.25 ? erfcPositive(x) : x;
}

/** e^(x^2) erfc(x): about 1 / (sqrt(pi) x) for large x, infinite below -26.6. */
export function erfcx(x: number): number {
  return x < 0 ? 2 * inverseGaussian(-x) - erfcxPositive(-x) : x >= 0 ? erfcxPositive(x) : x;
}

/** The y > 0 with erfc(y) = w, for 0 < w <= 1/4, from r = sqrt(-log w). */
function erfcinvTail(r: number): number {
  return r * atPieces(r < 5 ? erfcinvNear : erfcinvFar, r);
}

/** The y with erf(y) = x; +-infinity at +-1, NaN outside. */
export function erfinv(x: number): number {
  const square = x * x;
  if (square < 0.75) return x * atPieces(erfinvCentral, square);
  const distance = Math.abs(x);
  if (!(distance < 1)) return distance === 1 ? x * Infinity : NaN;
  const y = erfcinvTail(Math.sqrt(-Math.log(1 - distance)));
  return x > 0 ? y : -y;
}

/** The y with erfc(y) = w; infinite at 0, -infinite at 2, NaN outside [0, 2]. */
export function erfcinv(w: number): number {
  if (w > 0.25) return w < 1.75 ? erfinv(1 - w) : -erfcinv(2 - w);
  return w > 0 ? erfcinvTail(Math.sqrt(-Math.log(w))) : w === 0 ? Infinity : NaN;
}

/** e^(shift - x^2 / 2) to about one ulp, 0 <= x < 1e9. */
function halfGaussian(x: number, shift: number): number {
  const head = upperHalf(x);
  const value = Math.exp(shift - 0.5 * head * head);
  return value + value * Math.expm1(0.5 * (head - x) * (head + x));
}

/** erfcx(x / sqrt 2) / 2 for x > 0, the normal distribution's tail over e^(-x^2 / 2). */
function tailRatio(x: number): number {
  if (x < 5.7) return 0.5 * erfcxPositive(x * Math.SQRT1_2);
  return (Math.SQRT1_2 * atPieces(erfcxFar, 2 / (x * x))) / x;
}

/** The normal distribution function, erfc(-x / sqrt 2) / 2; subnormal down to x = -38.5. */
export function ndtr(x: number): number {
  if (!(x < -0.5)) return 0.5 * erfc(-x * Math.SQRT1_2);
  if (x < -40) return 0;
  return x > -37 ? halfGaussian(-x, 0) * tailRatio(-x) : halfGaussian(-x, 64) * tailRatio(-x) * Math.exp(-64);
}

/** The logarithm of the normal distribution function: about -x^2 / 2 far below, -ndtr(-x) above. */
export function logNdtr(x: number): number {
  return x < -1 ? Math.log(tailRatio(-x)) - 0.5 * x * x : Math.log1p(-ndtr(-x));
}
