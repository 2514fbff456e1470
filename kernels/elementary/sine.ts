/**
 * sin, cos, tan: the angle modulo quarter turns is r - c; sin = r - (c cos r + r^3 p(r^2)) and cos = 1 - r^2 / 2 + (r^4 q(r^2)
 * + c r) with minimax p and q, of which the quarter chooses one and its sign. Only the last sum of either has a rounding
 * error that counts, and tan divides the sums before they are rounded.
 */
import { largestAngle, reducedAngle } from "./angle.ts";
import type { Arithmetic, Precision, RareFunction, UnaryText } from "./arithmetic.ts";
import { hugeAngle } from "./huge-angle.ts";
import type { Angle } from "./huge-angle.ts";
import { numbers } from "./numbers.ts";
import { estrin } from "./polynomial.ts";
import { splitQuotient } from "./quotient.ts";
import { compiled, lazyScalar } from "./sources.ts";
import { cosine32, cosine64, sine32, sine64 } from "./trigonometric-coefficients.ts";

type Of<V> = (angle: Angle<V>) => V;
type AngleText = <V, M>(a: Arithmetic<V, M>) => Of<V>;

/** Sine and cosine of an angle up to pi / 4: r - fall and near + rise, where the second terms are small. */
interface Parts<V> {
  readonly fall: V;
  readonly near: V;
  readonly rise: V;
}

const partsOf = <V, M>(a: Arithmetic<V, M>): ((angle: Angle<V>) => Parts<V>) => {
  const { add, sub, mul, name, constant, precision } = a;
  const p = estrin(a, precision === "float64" ? sine64 : sine32);
  const q = estrin(a, precision === "float64" ? cosine64 : cosine32);
  const half = constant(0.5);
  const one = constant(1);
  return ({ r, c }) => {
    const z = name(mul(r, r));
    const drop = name(mul(half, z));
    const near = name(sub(one, drop));
    const lost = sub(sub(one, near), drop);
    return {
      fall: add(mul(c, near), mul(mul(z, r), p(z))),
      near,
      rise: add(lost, add(mul(mul(z, z), q(z)), mul(r, c))),
    };
  };
};

/** From quarter 0 on: sin, cos, -sin, -cos. */
const sineAt: AngleText = (a) => {
  const { add, sub, mul, abs, eq, select, name, constant } = a;
  const one = constant(1);
  const parts = partsOf(a);
  return (angle) => {
    const { quarter } = angle;
    const size = name(abs(quarter));
    const { fall, near, rise } = parts(angle);
    return select(eq(size, one), mul(quarter, add(near, rise)), mul(sub(one, size), sub(angle.r, fall)));
  };
};

/** From quarter 0 on: cos, -sin, -cos, sin. */
const cosineAt: AngleText = (a) => {
  const { add, sub, mul, abs, neg, eq, select, name, constant } = a;
  const one = constant(1);
  const parts = partsOf(a);
  return (angle) => {
    const { quarter } = angle;
    const size = name(abs(quarter));
    const { fall, near, rise } = parts(angle);
    return select(eq(size, one), mul(neg(quarter), sub(angle.r, fall)), mul(sub(one, size), add(near, rise)));
  };
};

/** sin / cos at even quarters, -cos / sin at odd ones. */
const tangentAt: AngleText = <V, M>(a: Arithmetic<V, M>) => {
  const { sub, abs, neg, eq, select, name, nameMask, constant } = a;
  const one = constant(1);
  const parts = partsOf(a);
  const quotient = splitQuotient(a);
  return ({ quarter, r, c }: Angle<V>) => {
    const isOdd = nameMask(eq(abs(quarter), one));
    const { fall, near, rise } = parts({ quarter, r, c });
    const [sineLow, cosineLow] = [name(fall), name(rise)];
    const n = name(select(isOdd, neg(near), r));
    const rest = name(select(isOdd, cosineLow, sineLow));
    const d = name(select(isOdd, r, near));
    const more = name(select(isOdd, neg(sineLow), cosineLow));
    const { high, excess } = quotient([n, rest], [d, more]);
    return sub(high, excess);
  };
};

/** The function of any x; beyond the largest angle by `rare`. */
const ofAngles =
  (at: AngleText, rare: RareFunction): UnaryText =>
  (a) => {
    const { abs, gt, name, where, constant, precision } = a;
    const largest = constant(largestAngle[precision]);
    const reduce = reducedAngle(a);
    const value = at(a);
    return (argument) => {
      const x = name(argument);
      return where(gt(abs(x), largest), rare, [x], value(reduce(x)));
    };
  };

/** The value at an angle of numbers; made at the first call, in the fastest way that the environment allows. */
const scalarAt = (at: AngleText): Of<number> => {
  const make = (): ((...x: number[]) => number) => {
    try {
      return compiled(["quarter", "r", "c"], "float64", (a) => at(a)({ quarter: "quarter", r: "r", c: "c" }));
    } catch {
      const closure = at(numbers.float64);
      return (quarter, r, c) => closure({ quarter: quarter!, r: r!, c: c! });
    }
  };
  let made: ReturnType<typeof make> | undefined;
  return ({ quarter, r, c }) => (made ??= make())(quarter, r, c);
};

/** The texts of a function given by its value at a reduced angle. float32 takes large angles to float64. */
const angular = (name: string, at: AngleText): Readonly<Record<Precision, UnaryText>> => {
  const atNumber = scalarAt(at);
  const float64 = ofAngles(at, { name: `${name}OfHuge64`, compute: (x) => atNumber(hugeAngle(x!)) });
  const ofNumber = lazyScalar(float64, 1, "float64");
  const float32 = ofAngles(at, { name: `${name}OfHuge32`, compute: (x) => Math.fround(ofNumber(x!)) });
  return { float64, float32 };
};

export const sin: Readonly<Record<Precision, UnaryText>> = angular("sin", sineAt);
export const cos: Readonly<Record<Precision, UnaryText>> = angular("cos", cosineAt);
export const tan: Readonly<Record<Precision, UnaryText>> = angular("tan", tangentAt);
