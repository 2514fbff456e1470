/**
 * exp, exp2, expm1: e^x = 2^n e^r with n = nearest(x / log 2), |r| <= log(2) / 2, where r = x - n log 2 is kept in two
 * parts. e^r = 1 + r + r^2 q(r) with a minimax q. 2^n is applied in two factors where the result may be subnormal, so
 * that it is rounded once.
 */
import type { Arithmetic, Precision, UnaryText } from "./arithmetic.ts";
import * as coefficients from "./exponential-coefficients.ts";
import { estrin } from "./polynomial.ts";
import type { Elementary } from "./registry.ts";

export interface ExponentialFormat {
  /** Where |x| is not above these, 2^n and e^x, or 2^x, are normal. */
  readonly normal: number;
  readonly normalBinary: number;
  /** Below the first, e^x is 0, above the second infinite; then the same of 2^x. */
  readonly range: readonly [number, number];
  readonly rangeBinary: readonly [number, number];
  /** log 2 in two parts: short, so that products of the first with exponents are exact, and with half the digits. */
  readonly log2: readonly [number, number];
  readonly log2Half: readonly [number, number];
  /** q */
  readonly rest: readonly number[];
}

export const exponentialFormats: Readonly<Record<Precision, ExponentialFormat>> = {
  float64: {
    normal: 708,
    normalBinary: 1021,
    range: [-746, 710],
    rangeBinary: [-1076, 1025],
    log2: coefficients.log2Short64,
    log2Half: coefficients.log2Half64,
    rest: coefficients.expRest64,
  },
  float32: {
    normal: 87,
    normalBinary: 125,
    range: [-105, 89],
    rangeBinary: [-151, 129],
    log2: coefficients.log2Short32,
    log2Half: coefficients.log2Half32,
    rest: coefficients.expRest32,
  },
};

/** x = n log 2 + high - low; high is exact and carries nearly all of the remainder. */
export interface Reduced<V> {
  readonly n: V;
  readonly high: V;
  readonly low: V;
}

/** By the n that suits `near`, which is x unless something is to be added to x later. */
export const reduction = <V, M>(a: Arithmetic<V, M>): ((x: V, near?: V) => Reduced<V>) => {
  const { sub, mul, name, nearest } = a;
  const [log2High, log2Low] = exponentialFormats[a.precision].log2.map(a.constant) as [V, V];
  const perLog2 = a.constant(Math.LOG2E);
  return (x, near = x) => {
    const n = name(nearest(mul(near, perLog2)));
    return { n, high: name(sub(x, mul(n, log2High))), low: name(mul(n, log2Low)) };
  };
};

/** e^(high - low) - 1 - high, to be added to high: r = high - low carries a rounding error, its parts do not. */
export const exponentialRest = <V, M>(a: Arithmetic<V, M>): ((high: V, low: V) => V) => {
  const { sub, mul, name } = a;
  const q = estrin(a, exponentialFormats[a.precision].rest);
  return (high, low) => {
    const r = name(sub(high, low));
    return sub(mul(mul(r, r), q(r)), low);
  };
};

/** p 2^n rounded once, for n between the exponents of which half is one of normal numbers. */
export const scaleInSteps = <V, M>(a: Arithmetic<V, M>): ((p: V, n: V) => V) => {
  const { sub, mul, name, nearest, powerOfTwo } = a;
  const half = a.constant(0.5);
  return (p, n) => {
    const first = name(nearest(mul(n, half)));
    return mul(mul(p, powerOfTwo(first)), powerOfTwo(sub(n, first)));
  };
};

/** p 2^n, the value at x: 0 below the range of x, infinite above it. */
const scaling = <V, M>(a: Arithmetic<V, M>, normal: number, range: readonly [number, number]) => {
  const { mul, abs, select, lt, gt, either, powerOfTwo } = a;
  const usual = a.constant(normal);
  const [lowest, highest] = range.map(a.constant) as [V, V];
  const [zero, infinity] = [a.constant(0), a.constant(Infinity)];
  const inSteps = scaleInSteps(a);
  return (p: V, n: V, x: V): V =>
    either(
      gt(abs(x), usual),
      () => select(lt(x, lowest), zero, select(gt(x, highest), infinity, inSteps(p, n))),
      () => mul(p, powerOfTwo(n)),
    );
};

const exp: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, name } = a;
  const { normal, range } = exponentialFormats[a.precision];
  const reduce = reduction(a);
  const rest = exponentialRest(a);
  const scaled = scaling(a, normal, range);
  const one = a.constant(1);
  return (argument: V): V => {
    const x = name(argument);
    const { n, high, low } = reduce(x);
    return scaled(name(add(one, add(high, rest(high, low)))), n, x);
  };
};

/** x - n is exact here; its product with log 2 is taken in parts, as long as that of `exp`. */
const exp2: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, name, nearest } = a;
  const { normalBinary, rangeBinary, log2Half } = exponentialFormats[a.precision];
  const [log2High, log2Low] = log2Half.map(a.constant) as [V, V];
  const rest = exponentialRest(a);
  const scaled = scaling(a, normalBinary, rangeBinary);
  const one = a.constant(1);
  return (argument: V): V => {
    const x = name(argument);
    const n = name(nearest(x));
    const fraction = name(sub(x, n));
    const upper = name(a.high(fraction));
    const high = name(mul(upper, log2High));
    const low = name(sub(mul(sub(upper, fraction), log2High), mul(fraction, log2Low)));
    return scaled(name(add(one, add(high, rest(high, low)))), n, x);
  };
};

/** An exponential in two parts: the sum of two large terms as rounded, and all the rest. */
export interface Parts<V> {
  readonly sum: V;
  readonly rest: V;
  /** The whole exponential is p 2^n. */
  readonly n: V;
  readonly p: () => V;
}

/** e^(x + addition) less a number, as (2^n - less) + 2^n high + .. in parts, for normal 2^n; the addition is tiny. */
export const exponentialInParts = <V, M>(a: Arithmetic<V, M>, less: 0 | 1 = 0): ((x: V, addition?: V) => Parts<V>) => {
  const { add, sub, mul, name, powerOfTwo } = a;
  const reduce = reduction(a);
  const restOf = exponentialRest(a);
  const one = a.constant(1);
  return (x, addition) => {
    const { n, high, low } = reduce(x);
    const tail = name(restOf(high, addition === undefined ? low : name(sub(low, addition))));
    const power = name(powerOfTwo(n));
    const whole = less === 0 ? power : name(sub(power, one));
    const part = name(mul(power, high));
    const sum = name(add(whole, part));
    const rest = name(add(sub(part, sub(sum, whole)), mul(power, tail)));
    return { sum, rest, n, p: () => add(one, add(high, tail)) };
  };
};

const expm1: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, abs, name, select, lt, gt, either, copySign } = a;
  const { normal, range } = exponentialFormats[a.precision];
  const usual = a.constant(normal);
  const [zero, minusOne] = [a.constant(0), a.constant(-1)];
  const [highest, infinity] = [a.constant(range[1]), a.constant(Infinity)];
  const lessOne = exponentialInParts(a, 1);
  const inSteps = scaleInSteps(a);
  return (argument: V): V => {
    const x = name(argument);
    const { sum, rest, n, p } = lessOne(x);
    const value = name(copySign(add(sum, rest), x));
    return either(
      gt(abs(x), usual),
      () => {
        const large = select(gt(x, highest), infinity, inSteps(p(), n));
        return select(gt(abs(x), usual), select(lt(x, zero), minusOne, large), value);
      },
      () => value,
    );
  };
};

const both = (text: UnaryText): Elementary => ({ arity: 1, float64: text, float32: text });

export const exponentials: Readonly<Record<string, Elementary>> = {
  exp: both(exp),
  exp2: both(exp2),
  expm1: both(expm1),
};
