/**
 * How a gamma number moves with its shape a at a fixed probability: derivatives of P(a, x) with respect to a,
 * by integrating the density's derivative over the side of x that has no cancellation. With t = x e^(-+v)
 *   Q_n = -(d/da)^n P / (x density) = -+ integral over v > 0 of e^(-+a v -+ x (e^(-+v) - 1)) B_n(log t - psi(a)),
 * B_n the n-th derivative of the density over the density. Q_1 is d log x / da. Exp-sinh rule (Takahasi & Mori 1974).
 */
import { digamma } from "./special-functions/digamma.ts";
import { polygamma } from "./special-functions/zeta.ts";

const step = 1 / 32;
const lowest = -4;
const highest = 2.25;
const points = Math.round((highest - lowest) / step);

/** e^((pi / 2) sinh s) and its derivative at the points of the rule. */
const nodes: Float64Array = Float64Array.from({ length: points + 1 }, (_, k) =>
  Math.exp((Math.PI / 2) * Math.sinh(lowest + k * step)),
);
const weights: Float64Array = Float64Array.from(
  nodes,
  (node, k) => step * node * (Math.PI / 2) * Math.cosh(lowest + k * step),
);

const binomials = (n: number): number[] => {
  let row = [1];
  for (let k = 0; k < n; k += 1) row = [1, ...row.slice(1).map((entry, i) => entry + row[i]!), 1];
  return row;
};

/**
 * B_0 = 1, B_(n+1) = sum over k of (n choose k) c_(k+1) B_(n-k) for c_1 = `first` and the other cumulants: the n-th
 * derivative of e^c over e^c for a function c with derivatives c_k.
 */
const completeBell = (order: number, first: number, others: readonly number[]): number => {
  const bell = [1];
  for (let n = 0; n < order; n += 1)
    bell.push(
      binomials(n).reduce((sum, choose, k) => sum + choose * (k === 0 ? first : others[k - 1]!) * bell[n - k]!, 0),
    );
  return bell[order]!;
};

/** Q_n at shape a > 0 and log x, n >= 1; NaN for other shapes. Relative error: test/special/derivatives.test.ts. */
export function gammaShapeDerivative(order: number, a: number, logX: number): number {
  if (!(a > 0 && a < Infinity) || Number.isNaN(logX)) return NaN;
  const x = Math.exp(logX);
  // Widths of the integrand: by its slope at v = 0, or where that is flat, by its curvature.
  const side = x <= a ? -1 : 1;
  const curvature = side < 0 ? Math.min(a, Math.sqrt(a)) : x < 1 ? 1 / (1 - logX) : Math.sqrt(x);
  const width = 1 / Math.max(Math.abs(a - x), curvature);
  const psi = digamma(a);
  const others = Array.from({ length: order - 1 }, (_, k) => -polygamma(a, k + 1));
  let sum = 0;
  for (let k = 0; k <= points; k += 1) {
    const v = side * width * nodes[k]!;
    const density = Math.exp(a * v - x * Math.expm1(v));
    if (density === 0) continue;
    const slope = logX + v - psi;
    sum += weights[k]! * density * (order === 1 ? slope : completeBell(order, slope, others));
  }
  return side * width * sum;
}
