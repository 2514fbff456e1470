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
  /** Subnormal numbers lie below; from `huge` on the reduction would need subnormal powers. */
  readonly smallest: number;
  readonly huge: number;
  /** Exponent of the power that brings the others back. */
  readonly shift: number;
}

export const logarithmRange: Readonly<Record<Precision, Range>> = {
  float64: { smallest: 2 ** -1022, huge: 2 ** 1022, shift: 54 },
  float32: { smallest: 2 ** -126, huge: 2 ** 126, shift: 25 },
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

/** k and 2^-k for a normal positive x below `huge`. */
export const binaryLogarithm = <V, M>(a: Arithmetic<V, M>): ((x: V) => { readonly k: V; readonly scale: V }) => {
  const { sub, mul, name, exponent, powerOfTwo } = a;
  const root = a.constant(Math.SQRT2);
  const zero = a.constant(0);
  return (x) => {
    const k = name(exponent(mul(x, root)));
    return { k, scale: name(powerOfTwo(sub(zero, k))) };
  };
};

/** f^2 / 2, and s (f^2 / 2 + r), for the named f. */
const seriesOf = <V, M>(a: Arithmetic<V, M>, { rest }: Format): ((f: V) => { readonly half: V; readonly tail: V }) => {
  const { add, mul, div, name } = a;
  const two = a.constant(2);
  const oneHalf = a.constant(0.5);
  const r = estrin(a, rest);
  return (f) => {
    const s = name(div(f, add(f, two)));
    const z = name(mul(s, s));
    const half = name(mul(mul(f, f), oneHalf));
    return { half, tail: mul(s, add(half, mul(z, r(z)))) };
  };
};

/** A logarithm of normal numbers below `huge`; `extra` is added to the binary exponent. */
type Core = <V, M>(a: Arithmetic<V, M>, format: Format) => (x: V, extra?: V) => V;

const natural: Core = (a, format) => {
  const { add, sub, mul, name } = a;
  const [high, low] = [a.constant(format.log2[0]), a.constant(format.log2[1])];
  const one = a.constant(1);
  const reduced = binaryLogarithm(a);
  const series = seriesOf(a, format);
  return (x, extra) => {
    const { k: own, scale } = reduced(x);
    const f = name(sub(mul(x, scale), one));
    const k = extra === undefined ? own : name(add(own, extra));
    const { half, tail } = series(f);
    return add(mul(k, high), sub(f, sub(half, add(tail, mul(k, low)))));
  };
};

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
    const reduced = binaryLogarithm(a);
    const series = seriesOf(a, format);
    return (x, extra) => {
      const { k: own, scale } = reduced(x);
      const f = name(sub(mul(x, scale), one));
      const k = extra === undefined ? own : name(add(own, extra));
      const { half, tail } = series(f);
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

/** The logarithm of numbers that the reduction does not take: they are scaled first. */
const scaledLogarithm = (name: string, core: Core, precision: Precision): RareFunction => {
  const compute = core(numbers[precision], formats[precision]);
  const { shift } = logarithmRange[precision];
  return {
    name: `${name}_${precision}`,
    compute: (x) => (x < 1 ? compute(x * 2 ** shift, -shift) : compute(x * 2 ** -shift, shift)),
  };
};

const logarithm = (functionName: string, core: Core): Elementary => {
  const of =
    (precision: Precision): UnaryText =>
    <V, M>(a: Arithmetic<V, M>) => {
      const { name, nameMask, select, lt, ge, gt, eq, and, not, either, where } = a;
      const range = logarithmRange[precision];
      const rare = scaledLogarithm(functionName, core, precision);
      const [smallest, huge] = [a.constant(range.smallest), a.constant(range.huge)];
      const [zero, infinity, nan] = [0, Infinity, NaN].map(a.constant) as [V, V, V];
      const minusInfinity = a.constant(-Infinity);
      const compute = core(a, formats[precision]);
      return (argument: V): V => {
        const x = name(argument);
        const regular = nameMask(and(ge(x, smallest), lt(x, huge)));
        const value = name(compute(x));
        return either(
          not(regular),
          () => {
            const others = select(eq(x, zero), minusInfinity, select(lt(x, zero), nan, x));
            const unscaled = and(not(regular), and(gt(x, zero), lt(x, infinity)));
            return where(unscaled, rare, [x], select(regular, value, others));
          },
          () => value,
        );
      };
    };
  return { arity: 1, float64: of("float64"), float32: of("float32") };
};

/** log(1 + x): 1 + x is rounded to u, and what rounding took away, c = x - (u - 1), joins f. */
const log1p =
  (precision: Precision): UnaryText =>
  <V, M>(a: Arithmetic<V, M>) => {
    const { add, sub, mul, abs, name, nameMask, select, lt, gt, eq, and, not, either, where, copySign } = a;
    const format = formats[precision];
    const rare = scaledLogarithm("log", natural, precision);
    const huge = a.constant(logarithmRange[precision].huge);
    const [one, minusOne] = [a.constant(1), a.constant(-1)];
    const [infinity, nan] = [a.constant(Infinity), a.constant(NaN)];
    const [high, low] = [a.constant(format.log2[0]), a.constant(format.log2[1])];
    const reduced = binaryLogarithm(a);
    const series = seriesOf(a, format);
    return (argument: V): V => {
      const x = name(argument);
      const regular = nameMask(and(gt(x, minusOne), lt(x, huge)));
      const u = name(add(one, x));
      const { k, scale } = reduced(u);
      // The difference is exact when the larger one of 1 and x is taken away first.
      const isLarge = nameMask(gt(x, one));
      const c = sub(select(isLarge, one, x), sub(u, select(isLarge, x, one)));
      const whole = name(sub(mul(u, scale), one));
      const part = name(mul(c, scale));
      const f = name(add(whole, part));
      const lost = add(sub(whole, f), part);
      const { half, tail } = series(f);
      const corrections = add(tail, add(mul(k, low), lost));
      const value = name(copySign(add(mul(k, high), sub(f, sub(half, corrections))), x));
      return either(
        not(regular),
        () => {
          const others = select(eq(x, minusOne), a.constant(-Infinity), select(lt(x, minusOne), nan, x));
          const unscaled = and(not(lt(x, huge)), lt(abs(x), infinity));
          return where(unscaled, rare, [x], select(regular, value, others));
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
