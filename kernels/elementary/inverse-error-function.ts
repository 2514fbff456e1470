/**
 * erfinv. With w = -log(1 - x^2), erfinv x is x times a smooth function of w, from sqrt(pi) / 2 at 0 to about sqrt(w) far
 * out: 1 and a polynomial in w where |x| is below 0.9966, and beyond, sqrt(w) times a polynomial in 1 / sqrt(w).
 * Source: Giles 2012, "Approximating the erfinv function"; the polynomials are our own.
 */
import type { Arithmetic, Precision, UnaryText } from "./arithmetic.ts";
import * as coefficients from "./exponential-coefficients.ts";
import { normalLogarithm } from "./logarithm.ts";
import { estrin } from "./polynomial.ts";
import type { Elementary } from "./registry.ts";

interface Format {
  /** In w less the center. */
  readonly near: readonly number[];
  readonly nearCenter: number;
  /** In 1 / sqrt(w) less the center. */
  readonly far: readonly number[];
  readonly farCenter: number;
}

const formats: Readonly<Record<Precision, Format>> = {
  float64: {
    near: coefficients.erfinvNear64,
    nearCenter: coefficients.erfinvNearCenter64,
    far: coefficients.erfinvFar64,
    farCenter: coefficients.erfinvFarCenter64,
  },
  float32: {
    near: coefficients.erfinvNear32,
    nearCenter: coefficients.erfinvNearCenter32,
    far: coefficients.erfinvFar32,
    farCenter: coefficients.erfinvFarCenter32,
  },
};

/** |x| at w = 5, rounded down. */
const farFrom = 0.9966;

const erfinv: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, div, neg, abs, sqrt, name, nameMask, select, lt, eq, not, either, copySign } = a;
  const { near, nearCenter, far, farCenter } = formats[a.precision];
  const [one, infinity, nan, end] = [1, Infinity, NaN, farFrom].map(a.constant) as [V, V, V, V];
  const [centerOfNear, centerOfFar] = [nearCenter, farCenter].map(a.constant) as [V, V];
  // x + x (p - 1) is rounded less than x p.
  const [nearby, beyond] = [estrin(a, near.with(0, near[0]! - 1)), estrin(a, far)];
  const logarithm = normalLogarithm(a);
  return (argument: V): V => {
    const x = name(argument);
    const size = name(abs(x));
    const w = name(neg(logarithm(name(mul(sub(one, size), add(one, size))))));
    const usual = name(add(size, mul(size, nearby(name(sub(w, centerOfNear))))));
    const isNear = nameMask(lt(size, end));
    const value = either(
      not(isNear),
      () => {
        const root = name(sqrt(w));
        const tail = mul(size, mul(root, beyond(name(sub(div(one, root), centerOfFar)))));
        const ends = select(eq(size, one), infinity, nan);
        return select(isNear, usual, select(lt(size, one), tail, ends));
      },
      () => usual,
    );
    return copySign(value, x);
  };
};

export const inverseErrorFunctions: Readonly<Record<string, Elementary>> = {
  erfinv: { arity: 1, float64: erfinv, float32: erfinv },
};
