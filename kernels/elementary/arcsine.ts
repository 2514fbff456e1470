/**
 * asin and acos: up to |x| = 1/2 by a minimax polynomial p, asin x = x + x^3 p(x^2); beyond by asin x = pi / 2 - 2 asin s with
 * s^2 = (1 - |x|) / 2, where s and the sum are kept in two parts each, so little more than the last rounding counts.
 * Source of the reduction: Cody & Waite 1980.
 */
import type { Arithmetic, Precision, UnaryText } from "./arithmetic.ts";
import { estrin } from "./polynomial.ts";
import { arcsine32, arcsine64 } from "./trigonometric-coefficients.ts";

/** pi / 2 in two parts. */
const quarterTurns: Readonly<Record<Precision, readonly [number, number]>> = {
  float64: [1.5707963267948966, 6.123233995736766e-17],
  float32: [1.5707963705062866, -4.371139000186243e-8],
};

/** Lost beside any root but 0, of which it makes a divisor. */
const least: Readonly<Record<Precision, number>> = { float64: 2 ** -500, float32: 2 ** -60 };

interface Reduced<V, M> {
  readonly isFar: M;
  /** asin |x| = start + tail, or pi / 2 - (start + tail) where x is far; the tail is small. */
  readonly start: V;
  readonly tail: V;
}

/** Of |x|; NaN beyond 1. */
const reduced = <V, M>(a: Arithmetic<V, M>): ((size: V) => Reduced<V, M>) => {
  const { add, sub, mul, div, sqrt, gt, high, name, nameMask, select, constant, precision } = a;
  const tiny = constant(least[precision]);
  const half = constant(0.5);
  const one = constant(1);
  const p = estrin(a, precision === "float64" ? arcsine64 : arcsine32);
  return (size) => {
    const isFar = nameMask(gt(size, half));
    const z = name(select(isFar, mul(sub(one, size), half), mul(size, size)));
    const root = name(sqrt(z));
    const upper = name(high(root));
    const lower = div(sub(z, mul(upper, upper)), add(add(root, tiny), upper));
    const cubic = name(mul(mul(select(isFar, root, size), z), p(z)));
    const halfTail = name(add(lower, cubic));
    return {
      isFar,
      start: select(isFar, add(upper, upper), size),
      tail: select(isFar, add(halfTail, halfTail), cubic),
    };
  };
};

export const asin: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, abs, name, select, copySign, constant, precision } = a;
  const [turnHigh, turnLow] = quarterTurns[precision].map(constant) as [V, V];
  const reduce = reduced(a);
  return (argument: V) => {
    const x = name(argument);
    const parts = reduce(name(abs(x)));
    const start = name(parts.start);
    const tail = name(parts.tail);
    const far = add(sub(turnHigh, start), sub(turnLow, tail));
    return copySign(select(parts.isFar, far, add(start, tail)), x);
  };
};

export const acos: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, abs, neg, name, select, copySign, constant, precision } = a;
  const [turnHigh, turnLow] = quarterTurns[precision].map(constant) as [V, V];
  const one = constant(1);
  const reduce = reduced(a);
  return (argument: V) => {
    const x = name(argument);
    const { isFar, start, tail } = reduce(name(abs(x)));
    const side = name(copySign(one, x));
    // acos x = turns pi / 2 + sign (start + tail): one quarter turn near 0, none near 1, two near -1.
    const turns = name(select(isFar, sub(one, side), one));
    const sign = name(select(isFar, side, neg(side)));
    const turned = name(mul(turns, turnHigh));
    const first = name(mul(sign, start));
    const sum = name(add(turned, first));
    const lost = add(sub(turned, sum), first);
    return add(sum, add(lost, add(mul(turns, turnLow), mul(sign, tail))));
  };
};
