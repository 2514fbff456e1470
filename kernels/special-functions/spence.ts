/**
 * Spence's dilogarithm Li2(1 - z), minus the integral of log(t) / (t - 1) from 1 to z.
 * A table on [1/2, 2], relative to the zero at 1; elsewhere by z -> 1 - z and z -> 1 / z (Abramowitz & Stegun 27.7).
 */
import { spenceNear } from "./coefficients.ts";
import { atPieces } from "./pieces.ts";

const atZero = (Math.PI * Math.PI) / 6;

/** Spence's function for 0 <= z < 2. */
function spenceBelow2(z: number): number {
  if (z >= 0.5) return (1 - z) * atPieces(spenceNear, z);
  // Li2(z) + Li2(1 - z) = pi^2 / 6 - log(z) log(1 - z).
  return z === 0 ? atZero : atZero - Math.log(z) * Math.log1p(-z) - z * atPieces(spenceNear, 1 - z);
}

/** Li2(1 - z) for z >= 0, NaN below; pi^2 / 6 at 0 and 0 at 1. */
export function spence(z: number): number {
  if (!(z >= 0)) return NaN;
  if (z < 2) return spenceBelow2(z);
  if (z === Infinity) return -Infinity;
  const logarithm = Math.log(z);
  return -0.5 * logarithm * logarithm - spenceBelow2(1 / z);
}
