/**
 * pow: |x|^y = 2^(y log2 |x|) with log2 in two parts, t1 of half the digits and t2: an error of the logarithm grows by
 * the exponent, up to 1075 times. log m = 2/3 s (3 + s^2 + r), s = (m - 1) / (m + 1) in two parts as well.
 * Source: the arrangement of the parts is that of FreeBSD's msun (e_pow.c); special values are those of IEEE 754-2019, 9.2.1.
 */
import type { Arithmetic, BinaryText, Precision, RareFunction } from "./arithmetic.ts";
import * as coefficients from "./exponential-coefficients.ts";
import { exponentialFormats, exponentialRest, scaleInSteps } from "./exponential.ts";
import { binaryParts, logarithmRange } from "./logarithm.ts";
import { numbers } from "./numbers.ts";
import { estrin } from "./polynomial.ts";
import type { Elementary } from "./registry.ts";

interface Format {
  /** r(z) / z^2. */
  readonly rest: readonly number[];
  /** 2 / (3 log 2), and log 2, in two parts, the first of half the digits. */
  readonly factor: readonly [number, number];
  readonly log2: readonly [number, number];
}

const formats: Readonly<Record<Precision, Format>> = {
  float64: {
    rest: coefficients.atanhSecondRest64,
    factor: coefficients.twoThirdsPerLog2Half64,
    log2: coefficients.log2Half64,
  },
  float32: {
    rest: coefficients.atanhSecondRest32,
    factor: coefficients.twoThirdsPerLog2Half32,
    log2: coefficients.log2Half32,
  },
};

/** A number as the sum of two: the first of half the digits, so that products of such are exact. */
interface Halves<V> {
  readonly upper: V;
  readonly lower: V;
}

/** (m - 1) / (m + 1), and the quotient as rounded. */
const quotient = <V, M>(a: Arithmetic<V, M>): ((m: V) => Halves<V> & { readonly s: V }) => {
  const { add, sub, mul, div, name, high } = a;
  const one = a.constant(1);
  return (m) => {
    const f = name(sub(m, one));
    const d = name(add(m, one));
    const inverse = name(div(one, d));
    const s = name(mul(f, inverse));
    const upper = name(high(s));
    const denominator = name(high(d));
    const rest = sub(m, sub(denominator, one));
    const lower = mul(sub(sub(f, mul(upper, denominator)), mul(upper, rest)), inverse);
    return { s, upper, lower: name(lower) };
  };
};

/** log2 of a normal positive number, `extra` added to its exponent. */
const logarithmInHalves = <V, M>(a: Arithmetic<V, M>): ((x: V, extra?: V) => Halves<V>) => {
  const { add, sub, mul, name, high } = a;
  const { rest, factor } = formats[a.precision];
  const [factorHigh, factorLow] = factor.map(a.constant) as [V, V];
  const whole = a.constant(factor[0] + factor[1]);
  const three = a.constant(3);
  const parts = binaryParts(a);
  const divided = quotient(a);
  const r = estrin(a, rest);
  return (x, extra) => {
    const { k, m } = parts(x, extra);
    const { s, upper, lower } = divided(m);
    const z = name(mul(s, s));
    const square = name(mul(upper, upper));
    const tail = name(add(mul(mul(z, z), r(z)), mul(lower, add(upper, s))));
    const series = name(high(add(add(three, square), tail)));
    const seriesRest = sub(tail, sub(sub(series, three), square));
    const u = name(mul(upper, series));
    const v = name(add(mul(lower, series), mul(seriesRest, s)));
    const product = name(high(add(u, v)));
    const productRest = sub(v, sub(product, u));
    const large = name(mul(factorHigh, product));
    const small = name(add(mul(factorLow, product), mul(productRest, whole)));
    const sum = name(high(add(add(large, small), k)));
    return { upper: sum, lower: name(sub(small, sub(sub(sum, k), large))) };
  };
};

/** x^y = p 2^n for positive x; `exponent` is y log2 x. */
interface Power<V> {
  readonly n: V;
  readonly p: V;
  readonly exponent: V;
}

const powerOf = <V, M>(a: Arithmetic<V, M>): ((x: V, y: V, extra?: V) => Power<V>) => {
  const { add, sub, mul, name, high, nearest } = a;
  const { log2 } = formats[a.precision];
  const [log2High, log2Low] = log2.map(a.constant) as [V, V];
  const log2Whole = a.constant(Math.LN2);
  const one = a.constant(1);
  const logarithm = logarithmInHalves(a);
  const rest = exponentialRest(a);
  return (x, y, extra) => {
    const { upper, lower } = logarithm(x, extra);
    const yUpper = name(high(y));
    const large = name(mul(yUpper, upper));
    const small = name(add(mul(sub(y, yUpper), upper), mul(y, lower)));
    const exponent = name(add(large, small));
    const n = name(nearest(exponent));
    const fraction = name(sub(large, n));
    const t = name(high(add(small, fraction)));
    const u = name(mul(t, log2High));
    const minusV = name(sub(mul(sub(sub(t, fraction), small), log2Whole), mul(t, log2Low)));
    return { n, p: name(add(one, add(u, rest(u, minusV)))), exponent };
  };
};

/** p 2^n, infinite or 0 where the exponent is out of range. */
const finished = <V, M>(a: Arithmetic<V, M>): ((power: Power<V>) => V) => {
  const { select, lt, gt } = a;
  const [lowest, highest] = exponentialFormats[a.precision].rangeBinary.map(a.constant) as [V, V];
  const [zero, infinity] = [a.constant(0), a.constant(Infinity)];
  const inSteps = scaleInSteps(a);
  return ({ n, p, exponent }) =>
    select(lt(exponent, lowest), zero, select(gt(exponent, highest), infinity, inSteps(p, n)));
};

/** x^y for subnormal x: it is scaled first. */
const scaledPower = (precision: Precision): RareFunction => {
  const a = numbers[precision];
  const power = powerOf(a);
  const finish = finished(a);
  const { shift } = logarithmRange[precision];
  return { name: `pow_${precision}`, compute: (x, y) => finish(power(x * 2 ** shift, y, -shift)) };
};

/** The signs and special values around the power of magnitudes. */
const specialPower = <V, M>(a: Arithmetic<V, M>): ((x: V, y: V, regular: V) => V) => {
  const { abs, mul, floor, name, nameMask, select, lt, gt, eq, ne, and, or, not, copySign } = a;
  const [zero, half, one, infinity, nan] = [0, 0.5, 1, Infinity, NaN].map(a.constant) as [V, V, V, V, V];
  const minusInfinity = a.constant(-Infinity);
  return (x, y, regular) => {
    const size = name(abs(x));
    const ySize = name(abs(y));
    const grows = or(and(gt(size, one), gt(y, zero)), and(lt(size, one), lt(y, zero)));
    const isExtreme = or(or(eq(size, zero), eq(size, infinity)), eq(ySize, infinity));
    const magnitude = name(select(isExtreme, select(grows, infinity, zero), regular));
    const isWhole = nameMask(eq(floor(y), y));
    const halved = name(mul(y, half));
    const isOdd = and(isWhole, ne(floor(halved), halved));
    const signed = select(isOdd, copySign(magnitude, x), magnitude);
    const isInvalid = and(and(lt(x, zero), gt(x, minusInfinity)), not(isWhole));
    const isNaN = or(or(ne(x, x), ne(y, y)), isInvalid);
    const isOne = or(or(eq(y, zero), eq(x, one)), and(eq(size, one), eq(ySize, infinity)));
    return select(isOne, one, select(isNaN, nan, signed));
  };
};

const pow: BinaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { abs, mul, name, lt, gt, ge, le, and, not, either, where, powerOfTwo } = a;
  const [smallest, zero] = [a.constant(logarithmRange[a.precision].smallest), a.constant(0)];
  const [infinity, normal] = [a.constant(Infinity), a.constant(exponentialFormats[a.precision].normalBinary)];
  const power = powerOf(a);
  const finish = finished(a);
  const special = specialPower(a);
  const rare = scaledPower(a.precision);
  return (base: V, exponent: V): V => {
    const [x, y] = [name(base), name(exponent)];
    const size = name(abs(x));
    const parts = power(size, y);
    return either(
      not(and(and(ge(x, smallest), lt(x, infinity)), le(abs(parts.exponent), normal))),
      () => special(x, y, where(and(gt(size, zero), lt(size, smallest)), rare, [size, y], finish(parts))),
      () => mul(parts.p, powerOfTwo(parts.n)),
    );
  };
};

export const powers: Readonly<Record<string, Elementary>> = { pow: { arity: 2, float64: pow, float32: pow } };
