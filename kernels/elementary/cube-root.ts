/**
 * cbrt: x = y 2^(3 k) with y in [1/2, 4). A polynomial gives y^(-1/3) to 14 bits, a step of third order to 40, and y times its
 * square the root; that is shortened until its cube is exact in two parts, whose distance from y corrects it.
 */
import type { Arithmetic, Precision, RareFunction, UnaryText } from "./arithmetic.ts";
import { numbers } from "./numbers.ts";
import { estrin } from "./polynomial.ts";
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

/** The root of a subnormal number by `rare`. */
const cubeRoot =
  (rare: RareFunction): UnaryText =>
  <V, M>(a: Arithmetic<V, M>) => {
    const { add, sub, mul, abs, gt, lt, ge, le, and, name, select, copySign, where, nearest, constant, precision } = a;
    const { exponent, significand, powerOfTwo, high } = a;
    const [smallest, largest] = normal[precision].map(constant) as [V, V];
    const [slope, curvature] = parabola.map(constant) as [V, V];
    const zero = constant(0);
    const one = constant(1);
    const three = constant(3);
    const third = constant(1 / 3);
    const twoNinths = constant(2 / 9);
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
      const h = name(sub(one, mul(mul(y, guess), mul(guess, guess))));
      const inverse = name(add(guess, mul(mul(guess, h), add(third, mul(h, twoNinths)))));
      const root = name(high(mul(y, mul(inverse, inverse))));
      const square = name(mul(root, root));
      const upper = name(high(square));
      const distance = sub(sub(y, mul(upper, root)), mul(sub(square, upper), root));
      const relative = name(mul(distance, mul(inverse, mul(inverse, inverse))));
      const corrected = add(root, mul(mul(root, relative), add(third, mul(relative, twoNinths))));
      const value = copySign(mul(corrected, powerOfTwo(k)), x);
      const ordinary = select(and(ge(size, smallest), le(size, largest)), value, add(x, x));
      return where(and(gt(size, zero), lt(size, smallest)), rare, [x], ordinary);
    };
  };

const never: RareFunction = { name: "cbrtAgain", compute: () => NaN };
const ofNormal64 = cubeRoot(never)(numbers.float64);
const ofNormal32 = cubeRoot(never)(numbers.float32);

export const cbrt: Readonly<Record<Precision, UnaryText>> = {
  float64: cubeRoot({ name: "cbrtOfSubnormal64", compute: (x) => ofNormal64(x! * 2 ** 54) * 2 ** -18 }),
  float32: cubeRoot({ name: "cbrtOfSubnormal32", compute: (x) => ofNormal32(x! * 2 ** 24) * 2 ** -8 }),
};
