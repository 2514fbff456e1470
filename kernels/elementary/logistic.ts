/**
 * logistic, softplus, logaddexp: what e^-|x|, at most 1, gives. It is taken in two parts, so that its rounding error
 * does not add to those of the quotient and of the logarithm.
 */
import type { Arithmetic, BinaryText, Precision, UnaryText } from "./arithmetic.ts";
import * as coefficients from "./exponential-coefficients.ts";
import { exponentialFormats, exponentialInParts, scaleInSteps } from "./exponential.ts";
import { estrin } from "./polynomial.ts";
import type { Elementary } from "./registry.ts";

/** e^-size in the careful case, where it may be subnormal: p 2^n, or 0. */
const decayInSteps = <V, M>(a: Arithmetic<V, M>): ((p: V, n: V, size: V) => V) => {
  const { select, gt } = a;
  const largest = a.constant(-exponentialFormats[a.precision].range[0]);
  const zero = a.constant(0);
  const inSteps = scaleInSteps(a);
  return (p, n, size) => select(gt(size, largest), zero, inSteps(p, n));
};

/**
 * E = e^-|x| is added to 1 with the rounding error `low`, so that d - 1 = E - low is exact, as in `tanh`.
 * E / (1 + E) = q + low (1 - q)^2 with q = (d - 1) / d; for positive x, 1 less that.
 */
const logistic: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, div, neg, abs, name, select, lt, gt, either } = a;
  const usual = a.constant(exponentialFormats[a.precision].normal);
  const [zero, one] = [a.constant(0), a.constant(1)];
  const inParts = exponentialInParts(a);
  const inSteps = decayInSteps(a);
  return (argument: V): V => {
    const x = name(argument);
    const size = name(abs(x));
    const { sum, rest, n, p } = inParts(name(neg(size)));
    const d = name(add(one, add(sum, rest)));
    const upper = name(sub(d, one));
    const q = name(div(upper, d));
    const slope = name(sub(one, q));
    const correction = name(mul(add(sub(sum, upper), rest), mul(slope, slope)));
    const value = name(select(lt(x, zero), add(q, correction), sub(slope, correction)));
    return either(
      gt(size, usual),
      () => select(gt(size, usual), select(lt(x, zero), inSteps(p(), n, size), one), value),
      () => value,
    );
  };
};

interface Format {
  /** (2 atanh(s) / s - 2) / s^2 by s^2, for |s| to 1/5. */
  readonly rest: readonly number[];
  readonly log2: readonly [number, number];
}

const formats: Readonly<Record<Precision, Format>> = {
  float64: { rest: coefficients.atanhWiderRest64, log2: coefficients.log2Short64 },
  float32: { rest: coefficients.atanhWiderRest32, log2: coefficients.log2Short32 },
};

/** base + log(1 + e^(addition - size)) for size >= 0 and a tiny addition. */
const plusLogarithm = <V, M>(a: Arithmetic<V, M>): ((base: V, size: V, addition?: V) => V) => {
  const { add, sub, mul, div, neg, name, nameMask, select, gt, either } = a;
  const { rest, log2 } = formats[a.precision];
  const usual = a.constant(exponentialFormats[a.precision].normal);
  const [zero, half, one, minusOne, two] = [0, 0.5, 1, -1, 2].map(a.constant) as [V, V, V, V, V];
  const [log2High, log2Low] = log2.map(a.constant) as [V, V];
  const r = estrin(a, rest);
  const inParts = exponentialInParts(a);
  const inSteps = decayInSteps(a);
  return (base, size, addition) => {
    const decay = inParts(name(neg(size)), addition);
    const e = name(add(decay.sum, decay.rest));
    const lost = add(sub(decay.sum, e), decay.rest);
    // 1 + e = 2^k (1 + f) with k = 0 or 1, f between -1/4 and 1/2.
    const isLarge = nameMask(gt(e, half));
    const scale = name(select(isLarge, half, one));
    const f = name(mul(add(e, select(isLarge, minusOne, zero)), scale));
    const s = name(div(f, add(f, two)));
    const z = name(mul(s, s));
    const square = name(mul(mul(f, f), half));
    const small = add(mul(s, add(square, mul(z, r(z)))), add(select(isLarge, log2Low, zero), mul(lost, scale)));
    const logarithm = add(select(isLarge, log2High, zero), sub(f, sub(square, small)));
    const value = name(add(base, logarithm));
    return either(
      gt(size, usual),
      () => select(gt(size, usual), add(base, inSteps(decay.p(), decay.n, size)), value),
      () => value,
    );
  };
};

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). */
const softplus: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { abs, name, select, lt } = a;
  const zero = a.constant(0);
  const plus = plusLogarithm(a);
  return (argument: V): V => {
    const x = name(argument);
    return plus(name(select(lt(x, zero), zero, x)), name(abs(x)));
  };
};

/** log(e^x + e^y) = max(x, y) + log(1 + e^-|x - y|); the difference of equal infinities is 0. Its rounding error matters. */
const logaddexp: BinaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, name, nameMask, select, lt, eq } = a;
  const zero = a.constant(0);
  const plus = plusLogarithm(a);
  return (first: V, second: V): V => {
    const [x, y] = [name(first), name(second)];
    const isLess = nameMask(lt(x, y));
    const isEqual = nameMask(eq(x, y));
    const greater = name(select(isLess, y, x));
    const lesser = name(select(isLess, x, y));
    const distance = name(sub(greater, lesser));
    const taken = name(sub(distance, greater));
    const excess = sub(add(lesser, taken), sub(greater, sub(distance, taken)));
    return plus(greater, name(select(isEqual, zero, distance)), name(select(isEqual, zero, excess)));
  };
};

export const logistics: Readonly<Record<string, Elementary>> = {
  logistic: { arity: 1, float64: logistic, float32: logistic },
  softplus: { arity: 1, float64: softplus, float32: softplus },
  logaddexp: { arity: 2, float64: logaddexp, float32: logaddexp },
};
