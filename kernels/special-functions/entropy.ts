/**
 * Products with logarithms that continue to the edges of their domain: x log y, p log(p / q), logit.
 * Each keeps its digits where the textbook formula cancels: Loader's deviance (2000) at p = q, log1p at p = 1/2.
 */
import { deviance } from "./incomplete-gamma.ts";

/** x log(y), 0 for x = 0 unless y is NaN. */
export function xlogy(x: number, y: number): number {
  return x === 0 && y === y ? 0 : x * Math.log(y);
}

/** x log(1 + y), 0 for x = 0 unless y is NaN. */
export function xlog1py(x: number, y: number): number {
  return x === 0 && y === y ? 0 : x * Math.log1p(y);
}

/** The infinity of a divergence outside its domain; NaN stays NaN. */
function outside(p: number, q: number): number {
  return p === p && q === q ? Infinity : NaN;
}

/** p log(p / q) for p, q > 0; 0 for p = 0 <= q; infinity elsewhere. */
export function relEntr(p: number, q: number): number {
  if (p === 0 && q >= 0) return 0;
  if (!(p > 0 && q > 0)) return outside(p, q);
  const ratio = p / q;
  if (ratio > 0.5 && ratio < 2) return p * Math.log1p((p - q) / q);
  return ratio > 0 && ratio < Infinity ? p * Math.log(ratio) : p * (Math.log(p) - Math.log(q));
}

/** p log(p / q) - p + q, never negative, with the domain of relEntr; q for p = 0. */
export function klDiv(p: number, q: number): number {
  if (p === 0 && q >= 0) return q;
  if (!(p > 0 && q > 0)) return outside(p, q);
  if (p > 0.4 * q && p < 2.5 * q) return p * deviance(q, p);
  return q === Infinity ? (p < Infinity ? Infinity : NaN) : relEntr(p, q) - p + q;
}

/** log(p / (1 - p)): -infinity at 0, infinity at 1, NaN outside [0, 1]. */
export function logit(p: number): number {
  if (p > 0.3 && p < 0.65) return Math.log1p((2 * p - 1) / (1 - p));
  return Math.log(p / (1 - p));
}
