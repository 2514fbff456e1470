/**
 * atan and atan2: the angle of a point (x, y) in the first quadrant is k pi / 4 + atan t with t = y / x, (y - x) / (y + x)
 * or -x / y for k = 0, 1, 2, so that |t| <= 1/2; then comes a minimax polynomial in t^2. Quotient and sum are kept in two
 * parts each, so little more than the last rounding counts.
 */
import type { Arithmetic, BinaryText, Precision, RareFunction, UnaryText } from "./arithmetic.ts";
import { numbers } from "./numbers.ts";
import { estrin } from "./polynomial.ts";
import { splitQuotient } from "./quotient.ts";
import { lazyScalar } from "./sources.ts";
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
  const { add, sub, abs, gt, least, name, nameMask, select, copySign, constant, precision } = a;
  const far = constant(farthest[precision]);
  const zero = constant(0);
  const half = constant(0.5);
  const one = constant(1);
  const two = constant(2);
  const angle = octantAngle(a);
  return (argument: V) => {
    const x = name(argument);
    const size = name(abs(x));
    const y = name(least(size, far));
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
  /** Where |y| is 0 or not below `low`, and |x| + |y| not above `high`, the quotient and its remainder are in range. */
  readonly low: number;
  readonly high: number;
  /** Lost beside `low`; in place of x = 0 a divisor. */
  readonly trifle: number;
}

const bounds: Readonly<Record<Precision, Bounds>> = {
  float64: { low: 2 ** -400, high: 2 ** 400, trifle: 2 ** -500 },
  float32: { low: 2 ** -60, high: 2 ** 40, trifle: 2 ** -100 },
};

/** atan2(y, x) of points within the bounds; of others by `rare`. */
const angleOf =
  (rare: RareFunction): BinaryText =>
  <V, M>(a: Arithmetic<V, M>) => {
    const { add, sub, mul, abs, gt, lt, and, or, least, name, nameMask, select, copySign, where, constant } = a;
    const { low, high, trifle } = bounds[a.precision];
    const [lowest, highest, added] = [low, high, trifle].map(constant) as [V, V, V];
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
      const run = name(add(width, added));
      const side = name(copySign(one, x));
      const isBeyondHalf = nameMask(gt(rise, mul(half, run)));
      const isBeyondTwo = nameMask(gt(rise, mul(two, run)));
      const first = name(select(isBeyondHalf, one, zero));
      const middle = name(select(isBeyondTwo, zero, first));
      // Left of the y axis the angle is pi less that of the mirrored point.
      const k = add(two, mul(side, sub(sub(add(first, first), middle), two)));
      const n = name(mul(side, sub(select(isBeyondTwo, zero, rise), mul(first, run))));
      const more = name(mul(middle, least(rise, run)));
      const value = copySign(angle(k, n, name(select(gt(rise, run), rise, run)), more), y);
      const isRare = or(gt(add(rise, width), highest), and(lt(rise, lowest), gt(rise, zero)));
      return where(isRare, rare, [y, x], value);
    };
  };

const withinBounds = lazyScalar(angleOf({ name: "atan2Again", compute: () => NaN }), 2, "float64");

/** atan2 of any numbers. */
function angleOfAny(y: number, x: number): number {
  if (y !== y || x !== x) return NaN;
  const { abs, copySign } = numbers.float64;
  const [rise, run] = [abs(y), abs(x)];
  const largest = Math.max(rise, run);
  if (largest === Infinity) {
    const unit = (size: number): number => (size === Infinity ? 1 : 0);
    return withinBounds(copySign(unit(rise), y), copySign(unit(run), x));
  }
  // Beside the positive x axis the angle is the quotient, which may be subnormal.
  if (rise < run * 2 ** -60) return x > 0 ? y / x : copySign(Math.PI, y);
  const scale = largest > 1 ? 2 ** -700 : 2 ** 700;
  return withinBounds(y * scale, x * scale);
}

const atan2OfDoubles = angleOf({ name: "atan2OfExtreme64", compute: (y, x) => angleOfAny(y!, x!) });
const atan2OfNumbers = lazyScalar(atan2OfDoubles, 2, "float64");

export const atan2: Readonly<Record<Precision, BinaryText>> = {
  float64: atan2OfDoubles,
  float32: angleOf({ name: "atan2OfExtreme32", compute: (y, x) => Math.fround(atan2OfNumbers(y!, x!)) }),
};
