/**
 * asinh, acosh, atanh as logarithms: log y = k log 2 + 2 atanh s with s = (y - 2^k) / (y + 2^k), |s| <= 1/3, and a minimax
 * polynomial in 2 s. y is |x| + sqrt(x^2 + 1), x + sqrt(x^2 - 1) or (1 + |x|) / (1 - |x|); where k = 0 the quotient s has
 * simple forms without cancellation, |x| / (1 + sqrt(x^2 + 1)), sqrt(x^2 - 1) / (x + 1) and |x|.
 */
import type { Arithmetic, Precision, RareFunction, UnaryText } from "./arithmetic.ts";
import { log2Short32, log2Short64 } from "./exponential-coefficients.ts";
import { logarithms } from "./logarithm.ts";
import { estrin } from "./polynomial.ts";
import { splitQuotient } from "./quotient.ts";
import { lazyScalar } from "./sources.ts";
import { areaTangent32, areaTangent64 } from "./trigonometric-coefficients.ts";

/** From here on sqrt(x^2 +- 1) is x, and soon x^2 infinite. */
const huge: Readonly<Record<Precision, number>> = { float64: 2 ** 60, float32: 2 ** 30 };

/** Lost beside any root but 0, of which it makes a divisor. */
const least: Readonly<Record<Precision, number>> = { float64: 2 ** -500, float32: 2 ** -60 };

/** k log 2 + 2 atanh(t / 2) of t in parts; `fall` is the excess of t. */
const logarithm = <V, M>(a: Arithmetic<V, M>): ((k: V, t: V, fall?: V) => V) => {
  const { add, sub, mul, name } = a;
  const [high, low] = (a.precision === "float64" ? log2Short64 : log2Short32).map(a.constant) as [V, V];
  const p = estrin(a, a.precision === "float64" ? areaTangent64 : areaTangent32);
  return (k, t, fall) => {
    const whole = fall === undefined ? t : name(sub(t, fall));
    const z = name(mul(whole, whole));
    const cubic = mul(mul(whole, z), p(z));
    const small = fall === undefined ? cubic : sub(cubic, fall);
    return add(mul(k, high), add(t, add(small, mul(k, low))));
  };
};

const logarithmOfNumber = lazyScalar(logarithms["log"]!.float64, 1, "float64");

/** log(2 x) of huge numbers, with the sign of x. */
const logarithmOfDouble = (name: string, precision: Precision): RareFunction => {
  const rounded = precision === "float64" ? (value: number) => value : Math.fround;
  return {
    name: `${name}OfHuge_${precision}`,
    compute: (x) => {
      const value = rounded(logarithmOfNumber(Math.abs(x)) + Math.LN2);
      return x < 0 ? -value : value;
    },
  };
};

export const asinh: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, sqrt, abs, lt, gt, select, name, nameMask, copySign, where, constant, precision } = a;
  const { exponent, powerOfTwo } = a;
  const zero = constant(0);
  const one = constant(1);
  const two = constant(2);
  const limit = constant(huge[precision]);
  const log = logarithm(a);
  const quotient = splitQuotient(a);
  const rare = logarithmOfDouble("asinh", precision);
  return (argument: V) => {
    const x = name(argument);
    const size = name(abs(x));
    const root = name(sqrt(add(one, mul(size, size))));
    const y = name(add(size, root));
    const isNear = nameMask(lt(y, two));
    const k = name(exponent(y));
    const power = name(powerOfTwo(k));
    const n = name(mul(two, select(isNear, size, sub(y, power))));
    const surplus = name(mul(two, select(isNear, zero, sub(sub(y, root), size))));
    const t = quotient([n, surplus], [name(select(isNear, root, y)), power]);
    return where(gt(size, limit), rare, [x], copySign(log(k, t.high, t.excess), x));
  };
};

export const acosh: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, div, sqrt, abs, lt, gt, select, name, nameMask, where, constant, precision } = a;
  const { exponent, powerOfTwo, high } = a;
  const zero = constant(0);
  const one = constant(1);
  const two = constant(2);
  const limit = constant(huge[precision]);
  const tiny = constant(least[precision]);
  const log = logarithm(a);
  const quotient = splitQuotient(a);
  const rare = logarithmOfDouble("acosh", precision);
  return (argument: V) => {
    const x = name(argument);
    const next = name(add(x, one));
    // Negative for every x below 1.
    const square = name(mul(sub(x, one), abs(next)));
    const root = name(sqrt(square));
    const upper = name(high(root));
    const lower = name(div(sub(square, mul(upper, upper)), add(add(root, tiny), upper)));
    const y = name(add(x, root));
    const isNear = nameMask(lt(y, two));
    const k = name(exponent(y));
    const power = name(powerOfTwo(k));
    const n = name(mul(two, select(isNear, upper, sub(y, power))));
    const surplus = name(mul(two, sub(select(isNear, zero, sub(sub(y, x), upper)), lower)));
    const t = quotient([n, surplus], [name(select(isNear, next, y)), name(select(isNear, zero, power))]);
    return where(gt(x, limit), rare, [x], log(k, t.high, t.excess));
  };
};

export const atanh: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, div, neg, abs, lt, gt, eq, not, select, name, nameMask, copySign, either, constant } = a;
  const { exponent, powerOfTwo } = a;
  const zero = constant(0);
  const third = constant(1 / 3);
  const half = constant(0.5);
  const one = constant(1);
  const infinity = constant(Infinity);
  const nan = constant(NaN);
  const log = logarithm(a);
  return (argument: V) => {
    const x = name(argument);
    const size = name(abs(x));
    const isFar = nameMask(gt(size, third));
    const less = name(sub(one, size));
    const more = name(add(one, size));
    const k = name(select(isFar, neg(exponent(less)), zero));
    const power = name(powerOfTwo(k));
    const scaled = name(mul(less, power));
    // What rounding took away from the sum and the difference.
    const lost = sub(sub(size, sub(more, one)), mul(sub(sub(one, less), size), power));
    const n = select(isFar, add(sub(more, scaled), lost), size);
    const s = name(div(n, select(isFar, add(more, scaled), one)));
    const value = name(mul(half, log(k, name(add(s, s)))));
    const isInside = nameMask(lt(size, one));
    const defined = either(
      not(isInside),
      () => select(isInside, value, select(eq(size, one), infinity, nan)),
      () => value,
    );
    return copySign(defined, x);
  };
};
