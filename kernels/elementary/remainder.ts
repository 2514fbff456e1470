/**
 * rem: x - y trunc(x / y), exact, with the sign of x: C's fmod. With q the whole number nearest to |x / y|, |x| - q |y| is
 * exact in two steps, since q times either half of y's digits is; where it is negative, q was one too large. Quotients of
 * 2^25 (float32: 2^11) and more, infinities and NaN are left to the host, whose remainder is exact too.
 */
import type { Arithmetic, BinaryText, Precision, RareFunction } from "./arithmetic.ts";
import type { Elementary } from "./registry.ts";

interface Format {
  /** Quotients below have exact products with half the digits of a number. */
  readonly quotients: number;
  /** Below, products of a quotient and the divisor do not overflow. */
  readonly numbers: number;
}

const formats: Readonly<Record<Precision, Format>> = {
  float64: { quotients: 2 ** 25, numbers: 2 ** 1022 },
  float32: { quotients: 2 ** 11, numbers: 2 ** 126 },
};

const byHost = (precision: Precision): RareFunction => ({
  name: `rem_${precision}`,
  compute: (x, y) => x! % y!,
});
const rare: Readonly<Record<Precision, RareFunction>> = { float64: byHost("float64"), float32: byHost("float32") };

const rem: BinaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, mul, div, abs, nearest, high, name, select, lt, and, not, where, copySign } = a;
  const { quotients, numbers } = formats[a.precision];
  const [most, largest, zero] = [quotients, numbers, 0].map(a.constant) as [V, V, V];
  return (dividend: V, divisor: V): V => {
    const [x, y] = [name(dividend), name(divisor)];
    const [size, step] = [name(abs(x)), name(abs(y))];
    const q = name(nearest(div(size, step)));
    const isUsual = and(lt(q, most), and(lt(size, largest), lt(step, largest)));
    const upper = name(high(step));
    const rest = name(sub(sub(size, mul(q, upper)), mul(q, sub(step, upper))));
    const value = copySign(select(lt(rest, zero), add(rest, step), rest), x);
    return where(not(isUsual), rare[a.precision], [x, y], value);
  };
};

export const remainders: Readonly<Record<string, Elementary>> = { rem: { arity: 2, float64: rem, float32: rem } };
