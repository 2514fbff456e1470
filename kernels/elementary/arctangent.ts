/**
 * atan and atan2: the angle of a point (x, y) in the first quadrant is k pi / 4 + atan t with t = y / x, (y - x) / (y + x)
 * or -x / y for k = 0, 1, 2, so that |t| <= 1/2; then comes a minimax polynomial in t^2. Quotient and sum are kept in two
 * parts each, so little more than the last rounding counts.
 */
import type { Arithmetic, BinaryText, Precision, RareFunction, UnaryText } from "./arithmetic.ts";
import { numbers } from "./numbers.ts";
import { estrin } from "./polynomial.ts";
import { splitQuotient } from "./quotient.ts";
import { arctangent32, arctangent64 } from "./trigonometric-coefficients.ts";

/** pi / 4 in two parts; products of the first with 1 to 4 are exact. */
const eighthTurns: Readonly<Record<Precision, readonly [number, number]>> = {
  float64: [0.7853981633974483, 3.061616997868383e-17],
  float32: [0.785398006439209, 1.5695823663008923e-7],
};

/** k pi / 4 + atan(n / (d + more)), |n| <= d / 2. */
type OctantAngle<V> = (k: V, n: V, d: V, more: V) => V;

const octantAngle = <V, M>(a: Arithmetic<V, M>): OctantAngle<V> => {
  const { add, sub, mul, name, constant, precision } = a;
  const [turnHigh, turnLow] = eighthTurns[precision].map(constant) as [V, V];
  const p = estrin(a, precision === "float64" ? arctangent64 : arctangent32);
  const quotient = splitQuotient(a);
  return (k, n, d, more) => {
    const { high, excess } = quotient([n], [d, more]);
    const t = name(sub(high, excess));
    const z = name(mul(t, t));
    const start = name(mul(k, turnHigh));
    const sum = name(add(start, high));
    const lost = sub(high, sub(sum, start));
    const correction = sub(sub(mul(k, turnLow), excess), mul(mul(z, t), p(z)));
    return add(sum, add(lost, correction));
  };
};

/** Beyond, atan is a quarter turn. */
const farthest: Readonly<Record<Precision, number>> = { float64: 2 ** 60, float32: 2 ** 30 };

export const atan: UnaryText = <V, M>(a: Arithmetic<V, M>) => {
  const { add, sub, abs, gt, name, nameMask, select, copySign, constant, precision } = a;
  const far = constant(farthest[precision]);
  const zero = constant(0);
  const half = constant(0.5);
  const one = constant(1);
  const two = constant(2);
  const angle = octantAngle(a);
  return (argument: V) => {
    const x = name(argument);
    const size = name(abs(x));
    const y = name(select(gt(size, far), far, size));
    const isBeyondHalf = nameMask(gt(y, half));
    const isBeyondTwo = nameMask(gt(y, two));
    const first = name(select(isBeyondHalf, one, zero));
    const middle = name(select(isBeyondTwo, zero, first));
    const k = sub(add(first, first), middle);
    const n = name(sub(select(isBeyondTwo, zero, y), first));
    return copySign(angle(k, n, name(select(isBeyondHalf, y, one)), middle), x);
  };
};

interface Bounds {
  /** Sums of |x| and |y| between these give quotients in range. */
  readonly low: number;
  readonly high: number;
  /** Lost beside such a sum; in place of x = 0 a divisor. */
  readonly least: number;
}

const bounds: Readonly<Record<Precision, Bounds>> = {
  float64: { low: 2 ** -500, high: 2 ** 500, least: 2 ** -600 },
  float32: { low: 2 ** -60, high: 2 ** 60, least: 2 ** -100 },
};

/** atan2(y, x) of points within the bounds or at the origin; of others by `rare`. */
const angleOf =
  (rare: RareFunction): BinaryText =>
  <V, M>(a: Arithmetic<V, M>) => {
    const { add, sub, mul, abs, gt, lt, and, or, name, nameMask, select, copySign, where, constant, precision } = a;
    const [low, high, least] = [bounds[precision].low, bounds[precision].high, bounds[precision].least].map(constant) as [V, V, V];
    const zero = constant(0);
    const half = constant(0.5);
    const one = constant(1);
    const two = constant(2);
    const angle = octantAngle(a);
    return (ordinate: V, abscissa: V) => {
      const y = name(ordinate);
      const x = name(abscissa);
      const rise = name(abs(y));
      const width = name(abs(x));
      const run = name(add(width, least));
      const side = name(copySign(one, x));
      const isBeyondHalf = nameMask(gt(rise, mul(half, run)));
      const isBeyondTwo = nameMask(gt(rise, mul(two, run)));
      const isSteep = nameMask(gt(rise, run));
      const first = name(select(isBeyondHalf, one, zero));
      const middle = name(select(isBeyondTwo, zero, first));
      // Left of the y axis the angle is pi less that of the mirrored point.
      const k = add(two, mul(side, sub(sub(add(first, first), middle), two)));
      const n = name(mul(side, sub(select(isBeyondTwo, zero, rise), mul(first, run))));
      const more = name(mul(middle, select(isSteep, run, rise)));
      const value = copySign(angle(k, n, name(select(isSteep, rise, run)), more), y);
      const sum = name(add(rise, width));
      return where(or(gt(sum, high), and(lt(sum, low), gt(sum, zero))), rare, [y, x], value);
    };
  };

const withoutRare = angleOf({ name: "atan2Again", compute: () => NaN })(numbers.float64);

/** atan2 of any numbers. */
function angleOfAny(y: number, x: number): number {
  if (y !== y || x !== x) return NaN;
  const [rise, run] = [Math.abs(y), Math.abs(x)];
  if (rise === Infinity || run === Infinity) {
    const [unitRise, unitRun] = [rise === Infinity ? 1 : 0, run === Infinity ? 1 : 0];
    return withoutRare(y < 0 ? -unitRise : unitRise, x < 0 ? -unitRun : unitRun);
  }
  // Here the angle is the quotient, which may be subnormal.
  if (x > 0 && rise < run * 2 ** -60) return y / x;
  const scale = Math.max(rise, run) > 1 ? 2 ** -600 : 2 ** 600;
  return withoutRare(y * scale, x * scale);
}

export const atan2: Readonly<Record<Precision, BinaryText>> = {
  float64: angleOf({ name: "atan2OfExtreme64", compute: (y, x) => angleOfAny(y!, x!) }),
  float32: angleOf({ name: "atan2OfExtreme32", compute: (y, x) => Math.fround(angleOfAny(y!, x!)) }),
};
