/**
 * erf, erfc. erf x = 1 - e^-y with y = -log(1 - erf x), a smooth function over x that a polynomial follows to where erf is 1;
 * no two cases, no cancellation. erfc x = e^(-x^2) P(t) / (1 + 5/4 x) with t = (x - c) / (x + c) between -1 and
 * 1, where P varies little. The rounding errors of x^2 and of the quotient go into the exponent.
 */
import type { Arithmetic, Precision, UnaryText } from "./arithmetic.ts";
import * as coefficients from "./exponential-coefficients.ts";
import { exponentialInParts, exponentialRest, reduction, scaleInSteps } from "./exponential.ts";
import { estrin } from "./polynomial.ts";
import type { Elementary } from "./registry.ts";

interface Format {
  /** r: (y / x - 2 / sqrt(pi)) / x */
  readonly exponent: readonly number[];
  /** 2 / sqrt(pi) in two parts, the first of half the digits. */
  readonly slope: readonly [number, number];
  /** From here on erf is 1. */
  readonly one: number;
  /** P and c. */
  readonly scaled: readonly number[];
  readonly center: number;
  /** Up to the first, e^(-x^2) is normal, from the second on erfc is 0. */
  readonly normal: number;
  readonly zero: number;
}

const formats: Readonly<Record<Precision, Format>> = {
  float64: {
    exponent: coefficients.erfExponent64,
    slope: coefficients.twoPerRootPiHalf64,
    one: 6,
    scaled: coefficients.scaledErfc64,
    center: coefficients.scaledErfcCenter64,
    normal: 26.5,
    zero: 28,
  },
  float32: {
    exponent: coefficients.erfExponent32,
    slope: coefficients.twoPerRootPiHalf32,
    one: 4,
    scaled: coefficients.scaledErfc32,
    center: coefficients.scaledErfcCenter32,
    normal: 9.25,
    zero: 11,
  },
};

/** y = 2 / sqrt(pi) x + x^2 r(x), the first term with its rounding error, which the sum passes on. */
const erf: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, neg, abs, least, high, name, copySign } = a;
  const { exponent, one, slope } = formats[a.precision];
  const enough = a.constant(one);
  const [slopeHigh, slopeLow] = slope.map(a.constant) as [V, V];
  const r = estrin(a, exponent);
  const lessOne = exponentialInParts(a, 1);
  return (argument: V): V => {
    const x = name(argument);
    const size = name(least(abs(x), enough));
    const upper = name(high(size));
    const linear = name(mul(upper, slopeHigh));
    const linearRest = add(mul(size, slopeLow), mul(sub(size, upper), slopeHigh));
    const others = name(add(mul(mul(size, size), r(size)), linearRest));
    const y = name(add(linear, others));
    const { sum, rest } = lessOne(name(neg(y)), name(sub(sub(y, linear), others)));
    return copySign(add(sum, rest), x);
  };
};

interface Quotient<V> {
  readonly value: V;
  /** By how much the value is too small, in parts of it; to one digit. */
  readonly error: V;
}

/** P(t) / (1 + 5/4 x), P = first + t r(t), with the errors of both sums and of the division. */
const scaledErfc = <V, M>(a: Arithmetic<V, M>): ((x: V) => Quotient<V>) => {
  const { add, sub, mul, div, high, name } = a;
  const { scaled, center } = formats[a.precision];
  const [c, first, one, quarter] = [center, scaled[0]!, 1, 0.25].map(a.constant) as [V, V, V, V];
  // 1 / P is 1.27 + 0.27 t to 7 percent.
  const [inverse, slope] = [a.constant(1.27), a.constant(0.27)];
  const r = estrin(a, scaled.slice(1));
  return (x) => {
    const part = name(mul(x, quarter));
    const product = name(add(x, part));
    const d = name(add(one, product));
    const denominatorRest = add(sub(product, sub(d, one)), sub(part, sub(product, x)));
    const t = name(div(sub(x, c), add(x, c)));
    const varying = name(mul(t, r(t)));
    const numerator = name(add(first, varying));
    const value = name(div(numerator, d));
    const [valueHigh, dHigh] = [name(high(value)), name(high(d))];
    const inexact = add(mul(valueHigh, sub(d, dHigh)), mul(sub(value, valueHigh), d));
    const remainder = sub(sub(numerator, mul(valueHigh, dHigh)), inexact);
    const missing = add(sub(varying, sub(numerator, first)), sub(remainder, mul(denominatorRest, value)));
    return { value, error: mul(missing, add(inverse, mul(t, slope))) };
  };
};

const erfc: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, neg, abs, least, high, name, select, lt, gt, either, powerOfTwo } = a;
  const { normal, zero: last } = formats[a.precision];
  const [enough, usual] = [a.constant(last), a.constant(normal)];
  const [zero, two] = [a.constant(0), a.constant(2)];
  const quotient = scaledErfc(a);
  const reduce = reduction(a);
  const restOf = exponentialRest(a);
  const inSteps = scaleInSteps(a);
  return (argument: V): V => {
    const x = name(argument);
    const size = name(least(abs(x), enough));
    const upper = name(high(size));
    const lower = mul(sub(size, upper), add(size, upper));
    const { value, error } = quotient(size);
    const { n, high: reduced, low } = reduce(name(neg(mul(upper, upper))), neg(mul(size, size)));
    const rest = restOf(reduced, name(add(low, sub(lower, error))));
    const p = name(add(value, mul(value, add(reduced, rest))));
    const mirrored = (positive: V): V => select(lt(x, zero), sub(two, positive), positive);
    return either(
      gt(size, usual),
      () => mirrored(name(inSteps(p, n))),
      () => mirrored(name(mul(p, powerOfTwo(n)))),
    );
  };
};

const both = (text: UnaryText): Elementary => ({ arity: 1, float64: text, float32: text });

export const errorFunctions: Readonly<Record<string, Elementary>> = { erf: both(erf), erfc: both(erfc) };
