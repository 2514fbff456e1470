/**
 * Quotients with half as many digits again as the precision: high - excess. `high` is so short that its products with the
 * halves of the divisor are exact; so is the remainder then, and the excess has only the rounding errors of its own size.
 */
import type { Arithmetic } from "./arithmetic.ts";

/** The number high - excess, where the excess is small. */
export interface Split<V> {
  readonly high: V;
  readonly excess: V;
}

/**
 * (n - rest) / (d + more): `rest`, which may be left out, is at most half of n, and `more` at most d, in magnitude. The
 * sign of a zero n stays with `high`; its excess is +0. All arguments are named.
 */
export type SplitQuotient<V> = (numerator: readonly [n: V, rest?: V], divisor: readonly [d: V, more: V]) => Split<V>;

export const splitQuotient = <V, M>(a: Arithmetic<V, M>): SplitQuotient<V> => {
  const { add, sub, mul, div, name, high, constant } = a;
  const one = constant(1);
  return ([n, rest], [d, more]) => {
    const divisor = name(add(d, more));
    const inverse = name(div(one, divisor));
    const leading = name(high(mul(rest === undefined ? n : sub(n, rest), inverse)));
    const upper = name(high(divisor));
    const lower = add(sub(d, upper), more);
    const surplus = add(sub(mul(leading, upper), n), mul(leading, lower));
    return { high: leading, excess: name(mul(rest === undefined ? surplus : add(surplus, rest), inverse)) };
  };
};
