/**
 * Angles modulo quarter turns: x - n pi / 2 for the nearest whole n. pi / 2 comes in parts so short that the products with
 * n are exact (Cody & Waite 1980), and what a difference loses to rounding is kept, so no angle next to a quarter turn loses digits.
 */
import type { Arithmetic, Precision } from "./arithmetic.ts";
import type { Angle } from "./huge-angle.ts";
import { quarterTurn32, quarterTurn64 } from "./trigonometric-coefficients.ts";

/** Largest |x|: beyond, n is too long for exact products. */
export const largestAngle: Readonly<Record<Precision, number>> = { float64: 411_774, float32: 12_867 };

/** Adding and subtracting 3/2 of 2^(precision - 1) units rounds to units, ties to even. */
const rounding: Readonly<Record<Precision, number>> = { float64: 1.5 * 2 ** 52, float32: 1.5 * 2 ** 23 };

/** The angle of a named x up to the largest one. x = -0 gives r = -0, c = +0. */
export const reducedAngle = <V, M>(a: Arithmetic<V, M>): ((x: V) => Angle<V>) => {
  const { add, sub, mul, name, constant, precision } = a;
  const isDouble = precision === "float64";
  const perQuarterTurn = constant(2 / Math.PI);
  const toWhole = constant(rounding[precision]);
  const toFull = constant(4 * rounding[precision]);
  const parts = (isDouble ? quarterTurn64 : quarterTurn32).map(constant);
  // The leading parts of float32 leave room for exact differences.
  const [exact, next, last] = isDouble
    ? [parts.slice(0, 1), parts[1]!, parts[2]!]
    : [parts.slice(0, 2), parts[2]!, parts[3]!];
  return (x) => {
    const n = name(sub(add(mul(x, perQuarterTurn), toWhole), toWhole));
    const high = name(exact.reduce((rest, part) => sub(rest, mul(n, part)), x));
    const step = name(mul(n, next));
    const r = name(sub(high, step));
    const lost = sub(sub(high, r), step);
    return { quarter: name(sub(n, sub(add(n, toFull), toFull))), r, c: name(sub(mul(n, last), lost)) };
  };
};
