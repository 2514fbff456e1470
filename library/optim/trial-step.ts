/**
 * The next trial step of a line search by safeguarded cubic and quadratic interpolation, and the interval after it.
 * Source: More & Thuente 1994, section 4, four cases: a higher value; a slope of the other sign; a flatter slope of the
 * same sign; a steeper one.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import {
  abs,
  add,
  clip,
  div,
  equal,
  greater,
  less,
  logicalAnd,
  logicalOr,
  maximum,
  minimum,
  mul,
  sign,
  sqrt,
  square,
  sub,
} from "../numpy/elementwise.ts";
import { where } from "../numpy/selection.ts";

/** A step with the value and slope there. */
export interface Sample {
  readonly step: NDArray;
  readonly value: NDArray;
  readonly slope: NDArray;
}

/** The best step so far, and the other end of the interval; both lie on one side of a minimizer until it is bracketed. */
export interface Interval {
  readonly best: Sample;
  readonly other: Sample;
  readonly isBracketed: NDArray;
}

/** A quotient that is 0 where the divisor is: such a case is not the one that is chosen. */
const over = (x: NDArray, y: NDArray): NDArray => {
  const isZero = equal(y, 0);
  return where(isZero, 0, div(x, where(isZero, 1, y)));
};

/** Theta and gamma >= 0 of the cubic through two samples. */
const cubicThrough = (from: Sample, to: Sample): { theta: NDArray; gamma: NDArray } => {
  const chord = over(mul(3, sub(from.value, to.value)), sub(to.step, from.step));
  const theta = add(add(chord, from.slope), to.slope);
  const size = maximum(abs(theta), maximum(abs(from.slope), abs(to.slope)));
  const discriminant = sub(square(over(theta, size)), mul(over(from.slope, size), over(to.slope, size)));
  return { theta, gamma: mul(size, sqrt(maximum(0, discriminant))) };
};

/** The cubic's minimizer, its ratio r counted from `from` (0) to `to` (1); gamma is positive where `to` lies ahead. */
const minimizerOfCubic = (from: Sample, to: Sample): NDArray => {
  const { theta, gamma } = cubicThrough(from, to);
  const signed = where(less(to.step, from.step), mul(-1, gamma), gamma);
  const p = add(sub(signed, from.slope), theta);
  const q = add(add(sub(signed, from.slope), signed), to.slope);
  return add(from.step, mul(over(p, q), sub(to.step, from.step)));
};

/** Where the slope through two slopes vanishes. */
const secant = (from: Sample, to: Sample): NDArray =>
  add(from.step, mul(over(from.slope, sub(from.slope, to.slope)), sub(to.step, from.step)));

/** Minimizer of the parabola through a sample with its slope and another value. */
const minimizerOfParabola = (from: Sample, to: Sample): NDArray => {
  const length = sub(to.step, from.step);
  const bend = add(over(sub(from.value, to.value), length), from.slope);
  return add(from.step, mul(mul(0.5, over(from.slope, bend)), length));
};

const isCloser = (x: NDArray, y: NDArray, to: NDArray): NDArray => less(abs(sub(x, to)), abs(sub(y, to)));

/** The value is higher: a minimizer lies between, nearer to the best step. */
const afterRise = (best: Sample, seen: Sample): NDArray => {
  const cubic = minimizerOfCubic(best, seen);
  const parabola = minimizerOfParabola(best, seen);
  return where(isCloser(cubic, parabola, best.step), cubic, add(cubic, mul(0.5, sub(parabola, cubic))));
};

/** The slope has changed its sign: a minimizer lies between, nearer to the step just seen. */
const afterTurn = (best: Sample, seen: Sample): NDArray => {
  const cubic = minimizerOfCubic(seen, best);
  const straight = secant(seen, best);
  return where(isCloser(straight, cubic, seen.step), cubic, straight);
};

/** The slope gets flatter: the minimizer lies beyond, if the cubic has one there. */
const afterFlattening = (
  { best, other, isBracketed }: Interval,
  seen: Sample,
  low: NDArray,
  high: NDArray,
): NDArray => {
  const { theta, gamma } = cubicThrough(best, seen);
  const isAhead = greater(seen.step, best.step);
  const signed = where(isAhead, mul(-1, gamma), gamma);
  const p = add(sub(signed, seen.slope), theta);
  const q = add(add(signed, sub(best.slope, seen.slope)), signed);
  const ratio = over(p, q);
  const exists = logicalAnd(less(ratio, 0), greater(gamma, 0));
  const cubic = where(exists, add(seen.step, mul(ratio, sub(best.step, seen.step))), where(isAhead, high, low));
  const straight = secant(seen, best);
  const isCubicCloser = isCloser(cubic, straight, seen.step);
  const inside = where(isCubicCloser, cubic, straight);
  const limit = add(seen.step, mul(0.66, sub(other.step, seen.step)));
  const bracketed = where(isAhead, minimum(limit, inside), maximum(limit, inside));
  return where(isBracketed, bracketed, clip(where(isCubicCloser, straight, cubic), low, high));
};

/** The slope gets steeper: as far as allowed, or between the step just seen and the other end. */
const afterSteepening = ({ best, other, isBracketed }: Interval, seen: Sample, low: NDArray, high: NDArray): NDArray =>
  where(isBracketed, minimizerOfCubic(seen, other), where(greater(seen.step, best.step), high, low));

/** One of two samples. */
export const chooseSample = (condition: NDArray, chosen: Sample, otherwise: Sample): Sample => ({
  step: where(condition, chosen.step, otherwise.step),
  value: where(condition, chosen.value, otherwise.value),
  slope: where(condition, chosen.slope, otherwise.slope),
});

/** The interval that a sample leaves, and the step to try next; `low` and `high` limit steps beyond it. */
export const nextTrial = (
  interval: Interval,
  seen: Sample,
  low: NDArray,
  high: NDArray,
): { readonly interval: Interval; readonly step: NDArray } => {
  const { best, other } = interval;
  const rises = greater(seen.value, best.value);
  const turns = less(mul(seen.slope, sign(best.slope)), 0);
  const flattens = less(abs(seen.slope), abs(best.slope));
  const onward = where(
    flattens,
    afterFlattening(interval, seen, low, high),
    afterSteepening(interval, seen, low, high),
  );
  const step = where(rises, afterRise(best, seen), where(turns, afterTurn(best, seen), onward));
  return {
    interval: {
      best: chooseSample(rises, best, seen),
      other: chooseSample(rises, seen, chooseSample(turns, best, other)),
      isBracketed: logicalOr(interval.isBracketed, logicalOr(rises, turns)),
    },
    step,
  };
};
