/**
 * erf, erfc. erf x = 1 - e^-y with y = -log(1 - erf x), a smooth function over x that a polynomial follows to where erf is 1;
 * no two cases, no cancellation. erfc x = e^(-x^2) P(t) / (1 + 2 x) with t = (x - c) / (x + c) between -1 and 1, where
 * P hardly changes. x^2 and 1 + 2 x are taken with their rounding errors.
 */
import type { Arithmetic, Precision, UnaryText } from "./arithmetic.ts";
import * as coefficients from "./exponential-coefficients.ts";
import { exponentialInParts, exponentialRest, reduction, scaleInSteps } from "./exponential.ts";
import { estrin } from "./polynomial.ts";
import type { Elementary } from "./registry.ts";

interface Format {
  /** y / x */
  readonly exponent: readonly number[];
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
    one: 6,
    scaled: coefficients.scaledErfc64,
    center: coefficients.scaledErfcCenter64,
    normal: 26.5,
    zero: 28,
  },
  float32: {
    exponent: coefficients.erfExponent32,
    one: 4,
    scaled: coefficients.scaledErfc32,
    center: coefficients.scaledErfcCenter32,
    normal: 9.25,
    zero: 11,
  },
};

const erf: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, mul, neg, abs, least, name, copySign } = a;
  const { exponent, one } = formats[a.precision];
  const enough = a.constant(one);
  const q = estrin(a, exponent);
  const lessOne = exponentialInParts(a, 1);
  return (argument: V): V => {
    const x = name(argument);
    const size = name(least(abs(x), enough));
    const { sum, rest } = lessOne(name(mul(neg(size), q(size))));
    return copySign(add(sum, rest), x);
  };
};

const erfc: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, div, neg, abs, least, high, name, select, lt, gt, either, powerOfTwo } = a;
  const { scaled, center, normal, zero: last } = formats[a.precision];
  const [enough, usual, c] = [last, normal, center].map(a.constant) as [V, V, V];
  const [zero, one, two] = [0, 1, 2].map(a.constant) as [V, V, V];
  const polynomial = estrin(a, scaled);
  const reduce = reduction(a);
  const restOf = exponentialRest(a);
  const inSteps = scaleInSteps(a);
  return (argument: V): V => {
    const x = name(argument);
    const size = name(least(abs(x), enough));
    const upper = name(high(size));
    const lower = mul(sub(size, upper), add(size, upper));
    const double = name(mul(size, two));
    const d = name(add(one, double));
    const quotient = name(div(polynomial(name(div(sub(size, c), add(size, c)))), d));
    const { n, high: reduced, low } = reduce(name(neg(mul(upper, upper))));
    // 1 + 2x = d + lost, by which the quotient is too large; the quotient stands for 1 / d here too.
    const lost = mul(sub(double, sub(d, one)), quotient);
    const rest = restOf(reduced, name(add(low, add(lower, lost))));
    const p = name(add(quotient, mul(quotient, add(reduced, rest))));
    const signed = (value: V): V => select(lt(x, zero), sub(two, value), value);
    return either(
      gt(size, usual),
      () => signed(name(inSteps(p, n))),
      () => signed(name(mul(p, powerOfTwo(n)))),
    );
  };
};

const both = (text: UnaryText): Elementary => ({ arity: 1, float64: text, float32: text });

export const errorFunctions: Readonly<Record<string, Elementary>> = { erf: both(erf), erfc: both(erfc) };
