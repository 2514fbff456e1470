/**
 * Polynomials over arithmetic by Estrin's scheme: halves that do not wait for each other, joined by powers of x.
 * Coefficients stand lowest first.
 */
import type { Arithmetic } from "./arithmetic.ts";

/** The polynomial in x; `powers` holds x, x^2, x^4, .. */
type Of<V> = (powers: readonly V[]) => V;

const halves = <V, M>(a: Arithmetic<V, M>, c: readonly V[]): Of<V> => {
  const { add, mul } = a;
  const [c0, c1] = c as [V, V];
  if (c.length === 1) return () => c0;
  if (c.length === 2) return ([x]) => add(mul(c1, x!), c0);
  const level = Math.ceil(Math.log2(c.length)) - 1;
  const [low, high] = [halves(a, c.slice(0, 2 ** level)), halves(a, c.slice(2 ** level))];
  return (powers) => add(mul(high(powers), powers[level]!), low(powers));
};

/** A polynomial in the named value x. */
export const estrin = <V, M>(a: Arithmetic<V, M>, coefficients: readonly number[]): ((x: V) => V) => {
  const { mul, name } = a;
  const of = halves(a, coefficients.map(a.constant));
  const squarings = Math.ceil(Math.log2(coefficients.length)) - 1;
  return (x) => {
    const powers = [x];
    for (let k = 0; k < squarings; k++) powers.push(name(mul(powers[k]!, powers[k]!)));
    return of(powers);
  };
};
