/**
 * The scalar functions of one number or two, shared by all back ends so that they agree to the bit.
 * int32 and uint32 wrap modulo 2^32. exp, sin and their kin are those of kernels/elementary, which has float32 in a precision
 * of its own; all others compute float32 in float64, rounded once by the store. Measured errors stand beside the tables below.
 */

import { scalarOf } from "./elementary/index.ts";

export { binaryExponent, nextAfter, nextAfterFloat32, scaleByPowerOfTwo } from "./float-parts.ts";
export { greatestCommonDivisor, populationCount } from "./integer-math.ts";
export * from "./special-functions/index.ts";

export type UnaryScalar = (x: number) => number;
export type BinaryScalar = (x: number, y: number) => number;

const roundingShift = 2 ** 52;

/** Nearest integer, ties to the even one; keeps the sign of zero. */
export function roundHalfEven(x: number): number {
  // Beyond 2^52 every double is an integer; below, the addition rounds at the units place.
  if (x > 0) return x < roundingShift ? x + roundingShift - roundingShift : x;
  if (x < 0) return x > -roundingShift ? -(roundingShift - x - roundingShift) : x;
  return x;
}

/** -1, 0 or 1; zero keeps its sign and NaN stays NaN. */
export function sign(x: number): number {
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

const smallestNormal = 2 ** -1022;

function powerBySquaring(base: number, exponent: number): number {
  let result = 1;
  let factor = base;
  for (let remaining = exponent; ; factor *= factor) {
    if (remaining % 2 === 1) result *= factor;
    remaining = Math.floor(remaining / 2);
    if (remaining === 0) return result;
  }
}

/**
 * x^n for an integer n by repeated squaring, never through a logarithm, so (-3)^2 is exactly 9.
 * n < 0 gives 1 / x^|n|, or (1/x)^|n| where x^|n| leaves the normal range; x^0 = 1, also for NaN.
 */
export function integerPower(x: number, n: number): number {
  if (n >= 0) return powerBySquaring(x, n);
  const power = powerBySquaring(x, -n);
  const magnitude = Math.abs(power);
  return magnitude < smallestNormal || magnitude === Infinity ? powerBySquaring(1 / x, -n) : 1 / power;
}

/** x - y * trunc(x / y), exact: C's fmod, the result has the sign of x; NaN for y = 0. */
export function rem(x: number, y: number): number {
  return x % y;
}

/** x - y * floor(x / y): NumPy's remainder, the result (also a zero) has the sign of y. */
export function remainder(x: number, y: number): number {
  const truncated = x % y;
  if (truncated === 0) return y < 0 ? -0 : 0;
  return truncated < 0 !== y < 0 ? truncated + y : truncated;
}

/** floor(x / y) of the exact quotient, consistent with `remainder`: NumPy's; x / y for y = 0. */
export function floorDivide(x: number, y: number): number {
  if (y === 0) return x / y;
  const truncated = x % y;
  let quotient = (x - truncated) / y;
  if (truncated !== 0 && truncated < 0 !== y < 0) quotient -= 1;
  if (quotient === 0) return sign(x) * sign(y) * 0;
  return roundHalfEven(quotient);
}

/** The larger one; NaN if either is NaN; +0 above -0. */
export function maximum(x: number, y: number): number {
  return Math.max(x, y);
}

/** The smaller one; NaN if either is NaN; -0 below +0. */
export function minimum(x: number, y: number): number {
  return Math.min(x, y);
}

/** Product modulo 2^32 as int32. */
export function multiplyInt32(x: number, y: number): number {
  return Math.imul(x, y);
}

/** Product modulo 2^32 as uint32. */
export function multiplyUint32(x: number, y: number): number {
  return Math.imul(x, y) >>> 0;
}

/** Quotient truncated towards zero, as XLA: x / 0 = -1 and INT_MIN / -1 = INT_MIN. */
export function divideInt32(x: number, y: number): number {
  return y === 0 ? -1 : (x / y) | 0;
}

/** Quotient rounded down, as XLA: x / 0 is all ones, 4294967295. */
export function divideUint32(x: number, y: number): number {
  return y === 0 ? 0xffffffff : Math.floor(x / y);
}

/** Remainder with the sign of x, as XLA: x rem 0 = x and INT_MIN rem -1 = 0. */
export function remInt32(x: number, y: number): number {
  return y === 0 ? x : (x % y) | 0;
}

/** Remainder of uint32: x rem 0 = x. */
export function remUint32(x: number, y: number): number {
  return y === 0 ? x : x % y;
}

/** Quotient rounded towards minus infinity; x / 0 = -1 and INT_MIN / -1 = INT_MIN. */
export function floorDivideInt32(x: number, y: number): number {
  return y === 0 ? -1 : Math.floor(x / y) | 0;
}

/** Remainder with the sign of y; the remainder by zero is x. */
export function remainderInt32(x: number, y: number): number {
  if (y === 0) return x;
  const truncated = (x % y) | 0;
  return truncated !== 0 && truncated < 0 !== y < 0 ? truncated + y : truncated;
}

/**
 * x^n modulo 2^32 as int32; a negative n gives the truncated quotient 1 / x^|n|:
 * 0 for |x| > 1, +-1 for x = +-1, -1 for x = 0 (division by zero as above).
 */
export function powerInt32(x: number, n: number): number {
  if (n < 0) {
    if (x === 0) return -1;
    return x === 1 ? 1 : x === -1 ? (n % 2 === 0 ? 1 : -1) : 0;
  }
  let result = 1;
  let factor = x;
  for (let remaining = n; remaining > 0; remaining = Math.floor(remaining / 2)) {
    if (remaining % 2 === 1) result = Math.imul(result, factor);
    factor = Math.imul(factor, factor);
  }
  return result;
}

/** x^n modulo 2^32 as uint32, n >= 0. */
export function powerUint32(x: number, n: number): number {
  return powerInt32(x, n) >>> 0;
}

/** Towards zero, saturating at the ends of int32; NaN gives 0 (WASM's i32.trunc_sat_f64_s). */
export function castToInt32(x: number): number {
  return x >= 2147483647 ? 2147483647 : x <= -2147483648 ? -2147483648 : x | 0;
}

/** Towards zero, saturating at 0 and 2^32 - 1; NaN gives 0 (WASM's i32.trunc_sat_f64_u). */
export function castToUint32(x: number): number {
  return x >= 4294967295 ? 4294967295 : x > 0 ? x >>> 0 : 0;
}

/** 1 where x differs from zero; NaN counts as true. */
export function castToBool(x: number): number {
  return x === 0 ? 0 : 1;
}

/** Names of the unary functions on floats. */
export type UnaryName =
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "log2"
  | "log10"
  | "sqrt"
  | "cbrt"
  | "logistic"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "asinh"
  | "acosh"
  | "atanh"
  | "floor"
  | "ceil"
  | "round"
  | "trunc"
  | "sign"
  | "abs";

/** Names of the binary functions on floats. */
export type BinaryName = "pow" | "integerPower" | "atan2" | "rem" | "remainder" | "floorDivide" | "maximum" | "minimum";

/**
 * Unary functions by name, in float64. Largest errors that test/elementary/accuracy.test.ts sees against exact values, in
 * ulp, in every engine alike (SHOW=1 prints them, those of float32 too):
 * exp 0.75, expm1 1.08, log 0.66, log1p 0.75, log2 0.57, log10 0.55, sqrt 0.5 (exact rounding), cbrt 0.50, logistic 1.21,
 * sin 0.67, cos 0.75, tan 0.89, asin 0.64, acos 0.56, atan 0.61, sinh 1.03,
 * cosh 0.80, tanh 1.00, asinh 1.05, acosh 1.15, atanh 1.05. floor to abs are exact.
 */
export const unaryMath: Readonly<Record<UnaryName, UnaryScalar>> = {
  exp: scalarOf("exp", "float64"),
  expm1: scalarOf("expm1", "float64"),
  log: scalarOf("log", "float64"),
  log1p: scalarOf("log1p", "float64"),
  log2: scalarOf("log2", "float64"),
  log10: scalarOf("log10", "float64"),
  sqrt: Math.sqrt,
  cbrt: scalarOf("cbrt", "float64"),
  logistic: scalarOf("logistic", "float64"),
  sin: scalarOf("sin", "float64"),
  cos: scalarOf("cos", "float64"),
  tan: scalarOf("tan", "float64"),
  asin: scalarOf("asin", "float64"),
  acos: scalarOf("acos", "float64"),
  atan: scalarOf("atan", "float64"),
  sinh: scalarOf("sinh", "float64"),
  cosh: scalarOf("cosh", "float64"),
  tanh: scalarOf("tanh", "float64"),
  asinh: scalarOf("asinh", "float64"),
  acosh: scalarOf("acosh", "float64"),
  atanh: scalarOf("atanh", "float64"),
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
  sign,
  abs: Math.abs,
};

/**
 * Binary functions by name. Errors as above: pow 0.76, atan2 0.60, integerPower about 0.6 |n| (2.7 at
 * |n| = 4, 11.4 at 20); rem, maximum, minimum exact, remainder one rounding, floorDivide one integer
 * at most where the quotient exceeds 2^53.
 */
export const binaryMath: Readonly<Record<BinaryName, BinaryScalar>> = {
  pow: scalarOf("pow", "float64"),
  integerPower,
  atan2: scalarOf("atan2", "float64"),
  rem,
  remainder,
  floorDivide,
  maximum,
  minimum,
};
