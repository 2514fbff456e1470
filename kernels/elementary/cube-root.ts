/**
 * cbrt: x = y 2^(3 k) with y in [1/2, 4). A polynomial for y^(-1/3) gives a root so short that its cube is exact, and so is
 * the distance of the cube from y. What is missing is a power series in that distance, and the last sum all that rounds.
 */
import type { Arithmetic, Precision, RareFunction, UnaryText } from "./arithmetic.ts";
import { estrin } from "./polynomial.ts";
import { lazyScalar } from "./sources.ts";
import { inverseCubeRoot32, inverseCubeRoot64 } from "./trigonometric-coefficients.ts";

/** Smallest and largest normal number. */
const normal: Readonly<Record<Precision, readonly [number, number]>> = {
  float64: [2 ** -1022, Number.MAX_VALUE],
  float32: [2 ** -126, (2 - 2 ** -23) * 2 ** 127],
};

/** 2^(-d / 3) for d = -1, 0, 1 by the parabola through the three. */
const parabola: readonly [number, number] = [
  (2 ** (-1 / 3) - 2 ** (1 / 3)) / 2,
  (2 ** (-1 / 3) + 2 ** (1 / 3)) / 2 - 1,
];

/** Adding and subtracting these leaves 17 and 8 bits of a root. */
const rounding: Readonly<Record<Precision, number>> = { float64: 1.5 * 2 ** 36, float32: 1.5 * 2 ** 16 };

/** ((1 - t)^(-1/3) - 1) / t as a power series: with the cube of r at distance t y from y, the root of y is r (1 - t)^(-1/3). */
const correction: readonly number[] = [1 / 3, 2 / 9, 14 / 81, 35 / 243];

/** The root of a subnormal number by `rare`. */
const cubeRoot =
  (rare: RareFunction): UnaryText =>
  <V, M>(a: Arithmetic<V, M>) => {
    const { add, sub, mul, div, abs, ge, gt, lt, le, and, not, select, copySign, where, either } = a;
    const { name, nameMask, nearest, exponent, significand, powerOfTwo, constant, precision } = a;
    const [smallest, largest] = normal[precision].map(constant) as [V, V];
    const [slope, curvature] = parabola.map(constant) as [V, V];
    const zero = constant(0);
    const one = constant(1);
    const three = constant(3);
    const third = constant(1 / 3);
    const shortening = constant(rounding[precision]);
    const series = estrin(a, correction);
    const p = estrin(a, precision === "float64" ? inverseCubeRoot64 : inverseCubeRoot32);
    return (argument: V) => {
      const x = name(argument);
      const size = name(abs(x));
      const e = name(exponent(size));
      const k = name(nearest(mul(e, third)));
      const d = name(sub(e, mul(k, three)));
      const m = name(significand(size));
      const y = name(mul(m, powerOfTwo(d)));
      const guess = name(mul(p(m), add(one, mul(d, add(slope, mul(d, curvature))))));
      const root = name(sub(add(mul(y, mul(guess, guess)), shortening), shortening));
      const distance = name(div(sub(y, mul(mul(root, root), root)), y));
      const corrected = add(root, mul(mul(root, distance), series(distance)));
      const value = name(copySign(mul(corrected, powerOfTwo(k)), x));
      const isNormal = nameMask(and(ge(size, smallest), le(size, largest)));
      return either(
        not(isNormal),
        () => where(and(gt(size, zero), lt(size, smallest)), rare, [x], select(isNormal, value, add(x, x))),
        () => value,
      );
    };
  };

const never: RareFunction = { name: "cbrtAgain", compute: () => NaN };
const ofNormal64 = lazyScalar(cubeRoot(never), 1, "float64");
const ofNormal32 = lazyScalar(cubeRoot(never), 1, "float32");

export const cbrt: Readonly<Record<Precision, UnaryText>> = {
  float64: cubeRoot({ name: "cbrtOfSubnormal64", compute: (x) => ofNormal64(x! * 2 ** 54) * 2 ** -18 }),
  float32: cubeRoot({ name: "cbrtOfSubnormal32", compute: (x) => ofNormal32(x! * 2 ** 24) * 2 ** -8 }),
};
