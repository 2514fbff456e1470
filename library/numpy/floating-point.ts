/**
 * Functions of the parts of floating-point numbers: sign, mantissa and exponent, neighbours, NaN and infinities.
 * The sign of NaN is not kept by JavaScript: signbit of NaN is false.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { isFloat, isWeakWhole } from "../../src/array/dtype.ts";
import { DTypeMismatch } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { showAval } from "../../src/ir/aval.ts";
import { fullLike, neg, reciprocalOf, sub, zerosOf } from "../../ops/arithmetic.ts";
import { and, eq, gt, lt, ne, or, select } from "../../ops/comparison.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { abs, max, min, sign } from "../../ops/extrema.ts";
import * as parts from "../../ops/float-parts.ts";
import { trunc } from "../../ops/rounding.ts";
import { binary, unary } from "./elementwise-function.ts";
import type { BinaryFunction, UnaryFunction } from "./elementwise-function.ts";
import type { Operand } from "./operand.ts";
import { asOperand, broadcastArray, promoteFloat, promoteNumber, toDType } from "./operand.ts";
import { broadcastShapes } from "../../src/array/shape.ts";

const zeros = (x: NDArray): NDArray => zerosOf(x.shape, x.dtype);
const isNaNOf = (x: NDArray): NDArray => ne(x, x);
const isInfiniteOf = (x: NDArray): NDArray => eq(abs(x), fullLike(Infinity, x));

/** x < 0, or x is -0. Constant, so that no derivative passes 1 / 0. */
const isNegative = (x: NDArray): NDArray => {
  if (!isFloat(x.dtype)) return lt(x, zeros(x));
  const fixed = stopGradient(x);
  return or(lt(fixed, zeros(x)), and(eq(fixed, zeros(x)), lt(reciprocalOf(fixed), zeros(x))));
};

/**
 * Whether the sign is minus, also of -0 and -infinity; false for NaN.
 * @example np.signbit(array([-1, -0, 0])) // [true, true, false]
 */
export const signbit: UnaryFunction = unary("signbit", promoteNumber, isNegative);

/**
 * |x| with the sign of y. The derivative by x is the product of the signs, 0 at x = 0; by y it is 0.
 * @example np.copysign(3, array([-0, 1])) // [-3, 3]
 */
export const copysign: BinaryFunction = binary("copysign", promoteFloat, (x, y) =>
  select(isNegative(y), neg(abs(x)), abs(x)),
);

/**
 * Mantissa m and exponent e (int32) with x = m 2^e and 0.5 <= |m| < 1; zeros, infinities and NaN are their own
 * mantissa, with exponent 0. The derivative of m is 2^-e.
 * @example np.frexp(array([8, -0.75])) // [[0.5, -0.75], [4, 0]]
 */
export const frexp = (x: Operand): [NDArray, NDArray] => {
  const [own] = promoteFloat("np.frexp", [x]) as [NDArray];
  const exponent = parts.binaryExponent(own);
  return [parts.scaleByPowerOfTwo(own, neg(exponent)), exponent];
};

/**
 * x 2^n for integers n, rounded once; linear in x.
 * @throws DTypeMismatch  n is neither int32 nor bool nor whole numbers
 * @example np.ldexp(0.5, array([4, -1], { dtype: "int32" })) // [8, 0.25]
 */
export const ldexp = (x: Operand, n: Operand): NDArray => {
  const [own] = promoteFloat("np.ldexp", [x]) as [NDArray];
  const given = asOperand("np.ldexp", n);
  if (given.dtype !== "int32" && given.dtype !== "bool" && !isWeakWhole(given.weakType))
    throw new DTypeMismatch("np.ldexp", `the exponent is ${showAval(given)}`, "Give whole numbers: int32");
  const shape = broadcastShapes("np.ldexp", own.shape, given.shape);
  return parts.scaleByPowerOfTwo(broadcastArray(own, shape), broadcastArray(toDType(given, "int32"), shape));
};

/**
 * Fraction and whole part, both with the sign of x: x = fraction + whole. The fraction has derivative 1.
 * @example np.modf(array([2.5, -0.25])) // [[0.5, -0.25], [2, 0]]
 */
export const modf = (x: Operand): [NDArray, NDArray] => {
  const [own] = promoteFloat("np.modf", [x]) as [NDArray];
  const finite = select(isInfiniteOf(own), zeros(own), own);
  // -(whole - x) is -0, not 0, where x is a negative whole number, -0 or -infinity.
  const fraction = select(isNegative(own), neg(sub(trunc(finite), finite)), sub(finite, trunc(finite)));
  return [fraction, trunc(own)];
};

/**
 * The next number of its dtype on the way from x to y. The derivative is 0.
 * @example np.nextafter(1, 2) // 1.0000000000000002
 */
export const nextafter: BinaryFunction = binary("nextafter", promoteFloat, (x, y) => parts.nextAfter(x, y));

/**
 * Distance from x to the next number away from 0, with the sign of x; NaN at infinities. The derivative is 0.
 * @example np.spacing(array([1, -2])) // [2.220446049250313e-16, -4.440892098500626e-16]
 */
export const spacing: UnaryFunction = unary("spacing", promoteFloat, (x) => {
  const fixed = stopGradient(x);
  const outward = select(lt(fixed, zeros(x)), fullLike(-Infinity, x), fullLike(Infinity, x));
  return sub(parts.nextAfter(fixed, outward), fixed);
});

/**
 * x is +infinity.
 * @example np.isposinf(array([Infinity, -Infinity, 1])) // [true, false, false]
 */
export const isposinf: UnaryFunction = unary("isposinf", promoteFloat, (x) => eq(x, fullLike(Infinity, x)));
/**
 * x is -infinity.
 * @example np.isneginf(array([Infinity, -Infinity, 1])) // [false, true, false]
 */
export const isneginf: UnaryFunction = unary("isneginf", promoteFloat, (x) => eq(x, fullLike(-Infinity, x)));

export interface NanToNumOptions {
  /** In place of NaN. Default 0. */
  readonly nan?: Operand;
  /** In place of +infinity; null (default): the largest number of the dtype. */
  readonly posinf?: Operand | null;
  /** In place of -infinity; null (default): the smallest number of the dtype. */
  readonly neginf?: Operand | null;
}

const largestOf = (x: NDArray): number => (x.dtype === "float32" ? 3.4028234663852886e38 : Number.MAX_VALUE);

/**
 * x with finite numbers in place of NaN and the infinities, where the derivative is 0; integers stay as they are.
 * @example np.nanToNum(array([NaN, Infinity, 1]), { posinf: 9 }) // [0, 9, 1]
 */
export const nanToNum = <T extends NDArray = NDArray>(x: T | Operand, options: NanToNumOptions = {}): T => {
  requireOptions("np.nanToNum", options, ["nan", "posinf", "neginf"]);
  const own = asOperand("np.nanToNum", x);
  if (!isFloat(own.dtype)) return own as T;
  const { nan = 0, posinf = null, neginf = null } = options;
  const filled = (value: Operand): NDArray =>
    broadcastArray(toDType(asOperand("np.nanToNum", value), own.dtype), own.shape);
  const known = select(isNaNOf(own), filled(nan), own);
  const below = select(eq(own, fullLike(Infinity, own)), filled(posinf ?? largestOf(own)), known);
  return select(eq(own, fullLike(-Infinity, own)), filled(neginf ?? -largestOf(own)), below) as T;
};

/**
 * The larger operand, or the one that is not NaN; equal operands share the gradient half and half.
 * @example np.fmax(array([1, NaN]), array([NaN, 2])) // [1, 2]
 */
export const fmax: BinaryFunction = binary("fmax", promoteNumber, (x, y) =>
  select(isNaNOf(x), y, select(isNaNOf(y), x, max(x, y))),
);
/**
 * The smaller operand, or the one that is not NaN; as fmax.
 * @example np.fmin(array([1, NaN]), array([NaN, 2])) // [1, 2]
 */
export const fmin: BinaryFunction = binary("fmin", promoteNumber, (x, y) =>
  select(isNaNOf(x), y, select(isNaNOf(y), x, min(x, y))),
);

/**
 * 0 below zero, 1 above, `atZero` at zero; NaN stays NaN. The derivative by x is 0.
 * @example np.heaviside(array([-1, 0, 2]), 0.5) // [0, 0.5, 1]
 */
export const heaviside: BinaryFunction = binary("heaviside", promoteFloat, (x, atZero) => {
  const step = max(sign(stopGradient(x)), zeros(x));
  return select(eq(x, zeros(x)), atZero, select(gt(x, zeros(x)), fullLike(1, x), step));
});
