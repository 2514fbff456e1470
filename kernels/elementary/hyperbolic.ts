/**
 * sinh, cosh, tanh. With |x| = n log 2 + r, c = cosh r, s = sinh r (even and odd minimax polynomials), P = 2^n and
 * Q = 2^-n: 2 sinh |x| = (P - Q) c + (P + Q) s and 2 cosh |x| = (P + Q) c + (P - Q) s, without cancellation, and for n = 0
 * just s and c. tanh |x| = -t / (2 + t) with t = e^(-2|x|) - 1.
 */
import type { Arithmetic, Precision, UnaryText } from "./arithmetic.ts";
import * as coefficients from "./exponential-coefficients.ts";
import { exponentialFormats, exponentialInParts, reduction, scaleInSteps } from "./exponential.ts";
import { estrin } from "./polynomial.ts";
import type { Elementary } from "./registry.ts";

const rests: Readonly<Record<Precision, { readonly even: readonly number[]; readonly odd: readonly number[] }>> = {
  float64: { even: coefficients.coshRest64, odd: coefficients.sinhRest64 },
  float32: { even: coefficients.coshRest32, odd: coefficients.sinhRest32 },
};

interface Pieces<V> {
  readonly n: V;
  /** sinh r = high + odd, cosh r = 1 + even. */
  readonly high: V;
  readonly odd: V;
  readonly even: V;
  /** P and Q, P - Q and P + Q. */
  readonly large: V;
  readonly small: V;
  readonly difference: V;
  readonly sum: V;
}

const piecesOf = <V, M>(a: Arithmetic<V, M>): ((x: V) => Pieces<V>) => {
  const { add, sub, mul, name, powerOfTwo } = a;
  const { even, odd } = rests[a.precision];
  const [evenRest, oddRest] = [estrin(a, even), estrin(a, odd)];
  const zero = a.constant(0);
  const reduce = reduction(a);
  return (x) => {
    const { n, high, low } = reduce(x);
    const r = name(sub(high, low));
    const square = name(mul(r, r));
    const large = name(powerOfTwo(n));
    const small = name(powerOfTwo(sub(zero, n)));
    return {
      n,
      high,
      even: name(mul(square, evenRest(square))),
      odd: name(sub(mul(mul(r, square), oddRest(square)), low)),
      large,
      small,
      difference: name(sub(large, small)),
      sum: name(add(large, small)),
    };
  };
};

/** e^x / 2 in the careful case, for positive x; 2^(n-1) itself may be too large. */
const halfExponential = <V, M>(a: Arithmetic<V, M>): ((pieces: Pieces<V>, x: V) => V) => {
  const { add, mul, gt, select } = a;
  const [one, half, infinity] = [a.constant(1), a.constant(0.5), a.constant(Infinity)];
  const highest = a.constant(exponentialFormats[a.precision].range[1] + 1);
  const inSteps = scaleInSteps(a);
  return ({ n, high, odd, even }, x) =>
    select(gt(x, highest), infinity, inSteps(mul(add(one, add(high, add(odd, even))), half), n));
};

const sinh: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, abs, name, select, gt, either, copySign } = a;
  const usual = a.constant(exponentialFormats[a.precision].normal);
  const pieces = piecesOf(a);
  const half = halfExponential(a);
  const oneHalf = a.constant(0.5);
  return (argument: V): V => {
    const x = name(argument);
    const size = name(abs(x));
    const parts = pieces(size);
    const { high, odd, even, large, small, difference, sum } = parts;
    const first = name(mul(large, high));
    const second = name(mul(small, high));
    const one = name(add(difference, first));
    const two = name(add(one, second));
    const lost = add(sub(first, sub(one, difference)), sub(second, sub(two, one)));
    const value = name(mul(add(two, add(lost, add(mul(difference, even), mul(sum, odd)))), oneHalf));
    const magnitude = either(
      gt(size, usual),
      () => select(gt(size, usual), half(parts, size), value),
      () => value,
    );
    return copySign(magnitude, x);
  };
};

const cosh: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, abs, name, select, gt, either } = a;
  const usual = a.constant(exponentialFormats[a.precision].normal);
  const pieces = piecesOf(a);
  const half = halfExponential(a);
  const oneHalf = a.constant(0.5);
  return (argument: V): V => {
    const size = name(abs(argument));
    const parts = pieces(size);
    const { high, odd, even, large, small, difference, sum } = parts;
    const first = name(mul(large, high));
    const one = name(add(large, first));
    const lost = sub(first, sub(one, large));
    const others = add(sub(small, mul(small, high)), add(lost, add(mul(sum, even), mul(difference, odd))));
    const value = name(mul(add(one, others), oneHalf));
    return either(
      gt(size, usual),
      () => select(gt(size, usual), half(parts, size), value),
      () => value,
    );
  };
};

/**
 * E = e^(-2|x|) is added to 1 with the rounding error `low`: then d = 1 + E - low is exact, and so is 2 - d = 1 - E + low.
 * tanh |x| = (1 - E) / (1 + E) = q - low (1 + q)^2 / 2 with q = (2 - d) / d.
 */
const tanh: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, div, abs, least, name, copySign } = a;
  // From here on the result rounds to 1.
  const enough = a.constant(a.precision === "float64" ? 20 : 10);
  const [two, minusTwo, one, half] = [2, -2, 1, 0.5].map(a.constant) as [V, V, V, V];
  const inParts = exponentialInParts(a);
  return (argument: V): V => {
    const x = name(argument);
    const { sum, rest } = inParts(name(mul(least(abs(x), enough), minusTwo)));
    const d = name(add(one, add(sum, rest)));
    const q = name(div(sub(two, d), d));
    const low = add(sub(sum, sub(d, one)), rest);
    const slope = name(add(one, q));
    return copySign(sub(q, mul(mul(low, half), mul(slope, slope))), x);
  };
};

const both = (text: UnaryText): Elementary => ({ arity: 1, float64: text, float32: text });

export const hyperbolics: Readonly<Record<string, Elementary>> = {
  sinh: both(sinh),
  cosh: both(cosh),
  tanh: both(tanh),
};
