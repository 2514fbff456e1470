/**
 * log, log2, log10, log1p. x = 2^k (1 + f) with 1 + f between the root of 1/2 and that of 2, s = f / (2 + f), and
 * log(1 + f) = 2 atanh(s) = f - (f^2 / 2 - s (f^2 / 2 + r(s^2))) with a minimax r, so that only f, exact, is large.
 * Source: the arrangement of the terms is that of FreeBSD's msun (e_log.c, k_log.h, s_log1p.c).
 */
import type { Arithmetic, Precision, RareFunction, UnaryText } from "./arithmetic.ts";
import * as coefficients from "./exponential-coefficients.ts";
import { numbers } from "./numbers.ts";
import { estrin } from "./polynomial.ts";
import type { Elementary } from "./registry.ts";

interface Range {
  /** Subnormal numbers lie below. */
  readonly smallest: number;
  /** Exponent of the power of two that makes them normal. */
  readonly shift: number;
}

export const logarithmRange: Readonly<Record<Precision, Range>> = {
  float64: { smallest: 2 ** -1022, shift: 54 },
  float32: { smallest: 2 ** -126, shift: 25 },
};

interface Format {
  /** r(z) / z. */
  readonly rest: readonly number[];
  /** log 2 and log10 2, the first part short, so that its products with exponents are exact. */
  readonly log2: readonly [number, number];
  readonly log10of2: readonly [number, number];
  /** 1 / log 2 and 1 / log 10, the first part of half the digits. */
  readonly perLog2: readonly [number, number];
  readonly perLog10: readonly [number, number];
}

const formats: Readonly<Record<Precision, Format>> = {
  float64: {
    rest: coefficients.atanhRest64,
    log2: coefficients.log2Short64,
    log10of2: coefficients.log10of2Short64,
    perLog2: coefficients.perLog2Half64,
    perLog10: coefficients.perLog10Half64,
  },
  float32: {
    rest: coefficients.atanhRest32,
    log2: coefficients.log2Short32,
    log10of2: coefficients.log10of2Short32,
    perLog2: coefficients.perLog2Half32,
    perLog10: coefficients.perLog10Half32,
  },
};

/** x = 2^k m. */
export interface BinaryParts<V> {
  readonly k: V;
  readonly m: V;
}

/** k and m of a normal positive x, m between the root of 1/2 and that of 2; `extra` is added to k. */
export const binaryParts = <V, M>(a: Arithmetic<V, M>): ((x: V, extra?: V) => BinaryParts<V>) => {
  const { add, sub, mul, name, nameMask, select, gt, exponent, significand } = a;
  const [root, half, one, zero] = [Math.SQRT2, 0.5, 1, 0].map(a.constant) as [V, V, V, V];
  return (x, extra) => {
    const own = name(significand(x));
    const isLarge = nameMask(gt(own, root));
    const m = name(sub(own, select(isLarge, mul(own, half), zero)));
    const k = add(exponent(x), select(isLarge, one, zero));
    return { k: name(extra === undefined ? k : add(k, extra)), m };
  };
};

/** f^2 / 2, and s (f^2 / 2 + r), for the named f; `next` is 2 + f. */
interface Series<V> {
  readonly half: V;
  readonly tail: V;
}

const seriesOf = <V, M>(a: Arithmetic<V, M>, { rest }: Format): ((f: V, next: V) => Series<V>) => {
  const { add, mul, div, name } = a;
  const oneHalf = a.constant(0.5);
  const r = estrin(a, rest);
  return (f, next) => {
    const s = name(div(f, next));
    const z = name(mul(s, s));
    const half = name(mul(mul(f, f), oneHalf));
    return { half, tail: mul(s, add(half, mul(z, r(z)))) };
  };
};

/** A logarithm of normal numbers; `extra` is added to the binary exponent. */
type Core = <V, M>(a: Arithmetic<V, M>, format: Format) => (x: V, extra?: V) => V;

const natural: Core = (a, format) => {
  const { add, sub, mul, name } = a;
  const [high, low] = [a.constant(format.log2[0]), a.constant(format.log2[1])];
  const one = a.constant(1);
  const parts = binaryParts(a);
  const series = seriesOf(a, format);
  return (x, extra) => {
    const { k, m } = parts(x, extra);
    const f = name(sub(m, one));
    const { half, tail } = series(f, add(m, one));
    return add(mul(k, high), sub(f, sub(half, add(tail, mul(k, low)))));
  };
};

/** The logarithm of normal positive numbers. */
export const normalLogarithm = <V, M>(a: Arithmetic<V, M>): ((x: V) => V) => natural(a, formats[a.precision]);

/** log(1 + f) as a sum of a high part of half the digits and a rest; then products with parts of 1 / log b are accurate. */
const inBase =
  (perLog: "perLog2" | "perLog10", unit?: "log10of2"): Core =>
  (a, format) => {
    const { add, sub, mul, name, high } = a;
    const [perHigh, perLow] = [a.constant(format[perLog][0]), a.constant(format[perLog][1])];
    const [unitHigh, unitLow] = (unit === undefined ? [1, 0] : format[unit]).map(a.constant) as [
      typeof perHigh,
      typeof perHigh,
    ];
    const one = a.constant(1);
    const parts = binaryParts(a);
    const series = seriesOf(a, format);
    return (x, extra) => {
      const { k, m } = parts(x, extra);
      const f = name(sub(m, one));
      const { half, tail } = series(f, add(m, one));
      const upper = name(high(sub(f, half)));
      const lower = name(add(sub(sub(f, upper), half), tail));
      const large = unit === undefined ? k : name(mul(k, unitHigh));
      const value = name(mul(upper, perHigh));
      const small = add(mul(add(lower, upper), perLow), mul(lower, perHigh));
      const sum = name(add(large, value));
      const lost = add(sub(large, sum), value);
      return add(sum, add(lost, unit === undefined ? small : add(small, mul(k, unitLow))));
    };
  };

/** The logarithm of subnormal numbers: they are scaled first. */
const scaledLogarithm = (name: string, core: Core, precision: Precision): RareFunction => {
  const compute = core(numbers[precision], formats[precision]);
  const { shift } = logarithmRange[precision];
  return { name: `${name}_${precision}`, compute: (x) => compute(x * 2 ** shift, -shift) };
};

const logarithm = (functionName: string, core: Core): Elementary => {
  const of =
    (precision: Precision): UnaryText =>
    <V, M>(a: Arithmetic<V, M>) => {
      const { name, nameMask, select, lt, ge, gt, eq, and, not, either, where } = a;
      const rare = scaledLogarithm(functionName, core, precision);
      const smallest = a.constant(logarithmRange[precision].smallest);
      const [zero, infinity, nan] = [0, Infinity, NaN].map(a.constant) as [V, V, V];
      const minusInfinity = a.constant(-Infinity);
      const compute = core(a, formats[precision]);
      return (argument: V): V => {
        const x = name(argument);
        const isSpecial = nameMask(not(and(ge(x, smallest), lt(x, infinity))));
        const value = name(compute(x));
        return either(
          isSpecial,
          () => {
            const special = select(eq(x, zero), minusInfinity, select(lt(x, zero), nan, x));
            return where(and(gt(x, zero), lt(x, smallest)), rare, [x], select(isSpecial, special, value));
          },
          () => value,
        );
      };
    };
  return { arity: 1, float64: of("float64"), float32: of("float32") };
};

/** log(1 + x): 1 + x is rounded to u = 2^k m, and what rounding took away, c, joins f. */
const log1p =
  (precision: Precision): UnaryText =>
  <V, M>(a: Arithmetic<V, M>) => {
    const { add, sub, mul, name, nameMask, select, lt, le, gt, eq, or, either, copySign, powerOfTwo } = a;
    const format = formats[precision];
    const [zero, one, two, minusOne] = [0, 1, 2, -1].map(a.constant) as [V, V, V, V];
    const [infinity, minusInfinity, nan] = [Infinity, -Infinity, NaN].map(a.constant) as [V, V, V];
    // Here 1 + x is x, and 2^-k is still normal.
    const large = a.constant(1 / logarithmRange[precision].smallest / 4);
    const [high, low] = [a.constant(format.log2[0]), a.constant(format.log2[1])];
    const parts = binaryParts(a);
    const series = seriesOf(a, format);
    return (argument: V): V => {
      const x = name(argument);
      const u = name(add(one, x));
      const { k, m } = parts(u);
      const added = name(sub(u, one));
      const c = add(sub(one, sub(u, added)), sub(x, added));
      const part = name(select(gt(x, large), zero, mul(c, powerOfTwo(sub(zero, k)))));
      const whole = name(sub(m, one));
      const f = name(add(whole, part));
      const { half, tail } = series(f, add(f, two));
      const corrections = add(tail, add(mul(k, low), add(sub(whole, f), part)));
      const value = name(copySign(add(mul(k, high), sub(f, sub(half, corrections))), x));
      const isSpecial = nameMask(or(le(x, minusOne), eq(x, infinity)));
      return either(
        isSpecial,
        () => {
          const special = select(eq(x, minusOne), minusInfinity, select(lt(x, minusOne), nan, infinity));
          return select(isSpecial, special, value);
        },
        () => value,
      );
    };
  };

export const logarithms: Readonly<Record<string, Elementary>> = {
  log: logarithm("log", natural),
  log2: logarithm("log2", inBase("perLog2")),
  log10: logarithm("log10", inBase("perLog10", "log10of2")),
  log1p: { arity: 1, float64: log1p("float64"), float32: log1p("float32") },
};
