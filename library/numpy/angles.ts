/**
 * Angles and oscillations: degrees and radians, sinc, phases without jumps.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxis } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { add, div, fullLike, mul, sub } from "../../ops/arithmetic.ts";
import { and, eq, gt, lt, select } from "../../ops/comparison.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { cumsum } from "../../ops/cumulative.ts";
import { abs } from "../../ops/extrema.ts";
import { sineQuotient } from "../../ops/integrals.ts";
import { floor } from "../../ops/rounding.ts";
import { join, sliceAxis } from "../../ops/slicing.ts";
import { unary } from "./elementwise-function.ts";
import type { UnaryFunction } from "./elementwise-function.ts";
import type { Operand } from "./operand.ts";
import { promoteFloat } from "./operand.ts";

/**
 * Degrees as radians: x pi / 180.
 * @example np.deg2rad(180) // 3.141592653589793
 */
export const deg2rad: UnaryFunction = unary("deg2rad", promoteFloat, (x) => mul(x, fullLike(Math.PI / 180, x)));
/**
 * Radians as degrees: x 180 / pi.
 * @example np.rad2deg(np.pi) // 180
 */
export const rad2deg: UnaryFunction = unary("rad2deg", promoteFloat, (x) => mul(x, fullLike(180 / Math.PI, x)));

/**
 * sin(pi x) / (pi x), 1 at 0. Derivatives of every order are right at 0 and next to it.
 * @example np.sinc(array([0, 0.5])) // [1, 0.6366197723675814]
 */
export const sinc: UnaryFunction = unary("sinc", promoteFloat, (x) =>
  sineQuotient(mul(x, fullLike(Math.PI, x)), { order: 0 }),
);

export interface UnwrapOptions {
  /** Jumps up to this are kept; null (default) and anything below half a period count as half a period. */
  readonly discont?: number | null;
  /** Default -1. */
  readonly axis?: number;
  /** Default 2 pi. */
  readonly period?: number;
}

/**
 * Phases with whole periods added so that neighbours differ by at most half a period. The derivative is the identity.
 * @example np.unwrap(array([0, 3, 6, 1]), { period: 8 }) // [0, 3, 6, 9]
 */
export const unwrap = (phase: Operand, options: UnwrapOptions = {}): NDArray => {
  requireOptions("np.unwrap", options, ["discont", "axis", "period"]);
  const { discont = null, axis = -1, period = 2 * Math.PI } = options;
  if (typeof period !== "number" || !(period > 0))
    throw new InvalidOption("np.unwrap", `period ${showValue(period)}`, "Give a positive period");
  if (discont !== null && typeof discont !== "number")
    throw new InvalidOption("np.unwrap", `discont ${showValue(discont)}`, "Give a number, or null for half a period");
  const [own] = promoteFloat("np.unwrap", [phase]) as [NDArray];
  const along = normalizeAxis("np.unwrap", axis, own.ndim);
  const extent = own.shape[along]!;
  if (extent < 2) return own;
  const fixed = stopGradient(own);
  const steps = sub(sliceAxis(fixed, along, 1, extent), sliceAxis(fixed, along, 0, extent - 1));
  const [half, whole] = [fullLike(period / 2, steps), fullLike(period, steps)];
  const shifted = add(steps, half);
  const reduced = sub(sub(shifted, mul(whole, floor(div(shifted, whole)))), half);
  // A jump of exactly half a period keeps its direction.
  const isHalf = and(eq(reduced, fullLike(-period / 2, steps)), gt(steps, fullLike(0, steps)));
  const wanted = select(isHalf, half, reduced);
  const isKept = lt(abs(steps), fullLike(Math.max(discont ?? period / 2, period / 2), steps));
  const corrections = select(isKept, fullLike(0, steps), sub(wanted, steps));
  const total = cumsum(corrections, { axis: along, reverse: false });
  const [first, rest] = [sliceAxis(own, along, 0, 1), sliceAxis(own, along, 1, extent)];
  return join([first, add(rest, total)], along);
};

export { deg2rad as radians, rad2deg as degrees };
