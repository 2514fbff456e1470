/**
 * Elementwise functions under NumPy's names. Each broadcasts and promotes its operands.
 * Binary functions also work data-last, for pipe: np.pow(3) is (x) => np.pow(x, 3).
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { isFloat, isWeakWhole } from "../../src/array/dtype.ts";
import { bufferOf, isConcrete } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import * as arithmetic from "../../ops/arithmetic.ts";
import * as comparison from "../../ops/comparison.ts";
import { stopGradient } from "../../ops/conversion.ts";
import * as exponential from "../../ops/exponential.ts";
import * as extrema from "../../ops/extrema.ts";
import * as floatParts from "../../ops/float-parts.ts";
import * as rounding from "../../ops/rounding.ts";
import * as trigonometric from "../../ops/trigonometric.ts";
import { binary, unary } from "./elementwise-function.ts";
import type { BinaryFunction, Promotion, UnaryFunction } from "./elementwise-function.ts";
import type { Operand } from "./operand.ts";
import { asOperand, promote, promoteFloat, promoteNumber, toDType } from "./operand.ts";

export type { BinaryFunction, UnaryFunction } from "./elementwise-function.ts";

// --- Arithmetic -------------------------------------------------------------------------------

/** x + y. Booleans add as integers. */
export const add: BinaryFunction = binary("add", promoteNumber, (x, y) => arithmetic.add(x, y));
/** x - y. */
export const sub: BinaryFunction = binary("sub", promoteNumber, (x, y) => arithmetic.sub(x, y));
/** x * y. */
export const mul: BinaryFunction = binary("mul", promoteNumber, (x, y) => arithmetic.mul(x, y));
/** x / y; integers divide as floats. */
export const div: BinaryFunction = binary("div", promoteFloat, (x, y) => arithmetic.div(x, y));
/** -x. */
export const neg: UnaryFunction = unary("neg", promoteNumber, (x) => arithmetic.neg(x));

/**
 * floor(x / y), consistent with remainder. By zero: floats as x / y, integers -1 (uint32: all ones).
 * @example np.floorDivide(-7, 2) // -4
 */
export const floorDivide: BinaryFunction = binary("floorDivide", promoteNumber, (x, y) => {
  if (!isFloat(x.dtype)) return arithmetic.div(arithmetic.sub(x, floorRemainder(x, y)), y);
  const truncated = rounding.rem(x, y);
  const whole = rounding.round(arithmetic.div(arithmetic.sub(x, truncated), y));
  const zeros = arithmetic.zerosOf(x.shape, x.dtype);
  const isBelow = signsDiffer(truncated, y);
  const quotient = comparison.select(isBelow, arithmetic.sub(whole, arithmetic.fullLike(1, x)), whole);
  const ratio = arithmetic.div(x, y);
  const signed = comparison.select(comparison.eq(quotient, zeros), arithmetic.mul(ratio, zeros), quotient);
  return comparison.select(comparison.eq(y, zeros), ratio, signed);
});
/**
 * Remainder with the sign of the divisor unless it is 0: remainder(-7, 3) is 2.
 * @example np.remainder(-7, 3) // 2
 */
export const remainder: BinaryFunction = binary("remainder", promoteNumber, (x, y) => floorRemainder(x, y));
/**
 * Remainder with the sign of the dividend.
 * @example np.fmod(-7, 3) // -1
 */
export const fmod: BinaryFunction = binary("fmod", promoteNumber, (x, y) => rounding.rem(x, y));

/**
 * [floorDivide(x, y), remainder(x, y)].
 * @example np.divmod(-7, 3) // [-3, 2]
 */
export const divmod = (x: Operand, y: Operand): [NDArray, NDArray] => [floorDivide(x, y), remainder(x, y)];

/** Whether a remainder is not zero and its sign is not the divisor's. */
const signsDiffer = (truncated: NDArray, y: NDArray): NDArray => {
  const zeros = arithmetic.zerosOf(y.shape, y.dtype);
  const differs = comparison.ne(comparison.lt(truncated, zeros), comparison.lt(y, zeros));
  return comparison.and(differs, comparison.ne(truncated, zeros));
};

const floorRemainder = (x: NDArray, y: NDArray): NDArray => {
  const truncated = rounding.rem(x, y);
  return comparison.select(signsDiffer(truncated, y), arithmetic.add(truncated, y), truncated);
};

/**
 * x^y. A whole JavaScript number as exponent is an integer power: exact products, no logarithm.
 * Float exponents follow IEEE pow; a negative base with a fractional exponent is NaN.
 * @example pipe(array([1, 2, -3]), np.pow(3)) // [1, 8, -27]
 */
export const pow: BinaryFunction = ((...operands: unknown[]) =>
  operands.length === 1
    ? (x: unknown) => powerOf(x, operands[0])
    : powerOf(operands[0], operands[1])) as unknown as BinaryFunction;

const powerOf = (x: unknown, y: unknown): NDArray => {
  const exponent = staticExponent(y);
  if (exponent !== null) {
    const base = toNumber(asOperand("np.pow", x));
    if (isFloat(base.dtype) || exponent >= 0) return arithmetic.integerPower(base, { exponent });
  }
  const [base, power] = promoteFloat("np.pow", [x, y]);
  return exponential.power(base!, power!);
};

const toNumber = (x: NDArray): NDArray => (x.dtype === "bool" ? toDType(x, "int32") : x);

/** The exponent when it is a whole number known now, weakly typed: a number literal. */
const staticExponent = (y: unknown): number | null => {
  if (typeof y === "number") return Number.isSafeInteger(y) ? y : null;
  return isConcreteWhole(y) ? bufferOf(y)[0]! : null;
};

const isConcreteWhole = (y: unknown): y is Parameters<typeof bufferOf>[0] =>
  isConcrete(y) && isWeakWhole(y.weakType) && y.size === 1;

/**
 * x^y of floats; integers and booleans count as float64.
 * @example np.floatPower(2, -1) // 0.5
 */
export const floatPower: BinaryFunction = ((...operands: unknown[]) =>
  operands.length === 1
    ? (x: unknown) => powerOf(toFloat(x), operands[0])
    : powerOf(toFloat(operands[0]), operands[1])) as unknown as BinaryFunction;

const toFloat = (x: unknown): NDArray => promoteFloat("np.floatPower", [x])[0]!;

/** x * x. */
export const square: UnaryFunction = unary("square", promoteNumber, (x) => arithmetic.integerPower(x, { exponent: 2 }));
/** 1 / x. */
export const reciprocal: UnaryFunction = unary("reciprocal", promoteFloat, (x) => arithmetic.reciprocalOf(x));
/** x itself. */
export const positive: UnaryFunction = unary("positive", promoteNumber, (x) => x);

// --- Exponential, trigonometric ---------------------------------------------------------------

/** e^x. */
export const exp: UnaryFunction = unary("exp", promoteFloat, (x) => exponential.exp(x));
/** e^x - 1, accurate near 0. */
export const expm1: UnaryFunction = unary("expm1", promoteFloat, (x) => exponential.expm1(x));
/** Natural logarithm; -infinity at 0, NaN below. */
export const log: UnaryFunction = unary("log", promoteFloat, (x) => exponential.log(x));
/** log(1 + x), accurate near 0. */
export const log1p: UnaryFunction = unary("log1p", promoteFloat, (x) => exponential.log1p(x));
/** Square root; its derivative at 0 is +infinity. */
export const sqrt: UnaryFunction = unary("sqrt", promoteFloat, (x) => exponential.sqrt(x));
/** Real cube root. */
export const cbrt: UnaryFunction = unary("cbrt", promoteFloat, (x) => exponential.cbrt(x));
/** Hyperbolic tangent. */
export const tanh: UnaryFunction = unary("tanh", promoteFloat, (x) => exponential.tanh(x));
/** Logarithm to base 2. */
export const log2: UnaryFunction = unary("log2", promoteFloat, (x) => floatParts.log2(x));
/** Logarithm to base 10. */
export const log10: UnaryFunction = unary("log10", promoteFloat, (x) => floatParts.log10(x));
/** 2^x. */
export const exp2: UnaryFunction = unary("exp2", promoteFloat, (x) =>
  exponential.power(arithmetic.full(2, x.shape, x.dtype), x),
);
/** Sine, x in radians. */
export const sin: UnaryFunction = unary("sin", promoteFloat, (x) => trigonometric.sin(x));
/** Cosine, x in radians. */
export const cos: UnaryFunction = unary("cos", promoteFloat, (x) => trigonometric.cos(x));
/** Tangent, x in radians. */
export const tan: UnaryFunction = unary("tan", promoteFloat, (x) => trigonometric.tan(x));
/** Inverse sine in [-pi/2, pi/2]; NaN outside [-1, 1]. */
export const arcsin: UnaryFunction = unary("arcsin", promoteFloat, (x) => trigonometric.asin(x));
/** Inverse cosine in [0, pi]; NaN outside [-1, 1]. */
export const arccos: UnaryFunction = unary("arccos", promoteFloat, (x) => trigonometric.acos(x));
/** Inverse tangent in [-pi/2, pi/2]. */
export const arctan: UnaryFunction = unary("arctan", promoteFloat, (x) => trigonometric.atan(x));
/** Angle of the point (x, y) in [-pi, pi], y first. */
export const arctan2: BinaryFunction = binary("arctan2", promoteFloat, (y, x) => trigonometric.atan2(y, x));
/** Hyperbolic sine. */
export const sinh: UnaryFunction = unary("sinh", promoteFloat, (x) => trigonometric.sinh(x));
/** Hyperbolic cosine. */
export const cosh: UnaryFunction = unary("cosh", promoteFloat, (x) => trigonometric.cosh(x));
/** Inverse hyperbolic sine. */
export const arcsinh: UnaryFunction = unary("arcsinh", promoteFloat, (x) => trigonometric.asinh(x));
/** Inverse hyperbolic cosine; NaN below 1. */
export const arccosh: UnaryFunction = unary("arccosh", promoteFloat, (x) => trigonometric.acosh(x));
/** Inverse hyperbolic tangent; NaN outside [-1, 1]. */
export const arctanh: UnaryFunction = unary("arctanh", promoteFloat, (x) => trigonometric.atanh(x));

/**
 * sqrt(x^2 + y^2) without overflow; its gradient at the origin is 0; infinite if either is, even beside NaN.
 * @example np.hypot(3e200, 4e200) // 5e200
 */
export const hypot: BinaryFunction = binary("hypot", promoteFloat, (x, y) => {
  const [one, infinity] = [arithmetic.fullLike(1, x), arithmetic.fullLike(Infinity, x)];
  const [left, right] = [extrema.abs(x), extrema.abs(y)];
  const larger = extrema.max(left, right);
  const isOrigin = comparison.eq(larger, arithmetic.fullLike(0, x));
  const isInfinite = comparison.or(comparison.eq(left, infinity), comparison.eq(right, infinity));
  // The result does not depend on the scale, so neither does its derivative.
  const scale = stopGradient(comparison.select(comparison.or(isOrigin, isInfinite), one, larger));
  const squares = arithmetic.add(squareOf(arithmetic.div(x, scale)), squareOf(arithmetic.div(y, scale)));
  const root = arithmetic.mul(scale, exponential.sqrt(comparison.select(isOrigin, one, squares)));
  return comparison.select(isOrigin, arithmetic.fullLike(0, x), comparison.select(isInfinite, infinity, root));
});

const squareOf = (x: NDArray): NDArray => arithmetic.integerPower(x, { exponent: 2 });

/** log(e^(scale x) + e^(scale y)) / scale as the larger one plus a correction, which never overflows. */
const addExponentials = (x: NDArray, y: NDArray, scale: number): NDArray => {
  const isLeft = comparison.gt(x, y);
  // Two equal infinities differ by 0 here, not by NaN.
  const isSame = comparison.and(comparison.eq(x, y), comparison.eq(extrema.abs(x), arithmetic.fullLike(Infinity, x)));
  const difference = comparison.select(isSame, arithmetic.fullLike(0, x), arithmetic.sub(x, y));
  const decay = comparison.select(isLeft, arithmetic.neg(difference), difference);
  const factor = arithmetic.fullLike(scale, x);
  const correction = exponential.log1p(exponential.exp(scale === 1 ? decay : arithmetic.mul(decay, factor)));
  return arithmetic.add(comparison.select(isLeft, x, y), scale === 1 ? correction : arithmetic.div(correction, factor));
};

/**
 * log(e^x + e^y) without overflow; the derivatives are e^x and e^y over their sum.
 * @example np.logaddexp(1000, 1000) // 1000.6931471805599
 */
export const logaddexp: BinaryFunction = binary("logaddexp", promoteFloat, (x, y) => addExponentials(x, y, 1));
/**
 * log2(2^x + 2^y) without overflow.
 * @example np.logaddexp2(5000, 5000) // 5001
 */
export const logaddexp2: BinaryFunction = binary("logaddexp2", promoteFloat, (x, y) => addExponentials(x, y, Math.LN2));

// --- Extrema, rounding ------------------------------------------------------------------------

/**
 * The larger operand; NaN propagates; equal operands share the gradient half and half.
 * @example np.maximum(array([1, 5]), 3) // [3, 5]
 */
export const maximum: BinaryFunction = binary("maximum", promote, (x, y) => extrema.max(x, y));
/**
 * The smaller operand; as maximum.
 * @example np.minimum(array([1, 5]), 3) // [1, 3]
 */
export const minimum: BinaryFunction = binary("minimum", promote, (x, y) => extrema.min(x, y));
/** |x|; derivative 0 at 0. */
export const abs: UnaryFunction = unary("abs", promoteNumber, (x) => extrema.abs(x));
/**
 * |x| as a float.
 * @example np.fabs(array([-2, 3])) // [2, 3]
 */
export const fabs: UnaryFunction = unary("fabs", promoteFloat, (x) => extrema.abs(x));
/** -1, 0 or 1, keeping -0 and NaN. */
export const sign: UnaryFunction = unary("sign", promoteNumber, (x) => extrema.sign(x));
/** Floats are rounded, whole numbers and booleans are what they are. */
const rounded =
  (call: (x: NDArray) => NDArray) =>
  (x: NDArray): NDArray =>
    isFloat(x.dtype) ? call(x) : x;

/** Largest whole number not above x; integers stay integers. */
export const floor: UnaryFunction = unary(
  "floor",
  promote,
  rounded((x) => rounding.floor(x)),
);
/** Smallest whole number not below x; integers stay integers. */
export const ceil: UnaryFunction = unary(
  "ceil",
  promote,
  rounded((x) => rounding.ceil(x)),
);
/** x without its fraction; integers stay integers. */
export const trunc: UnaryFunction = unary(
  "trunc",
  promote,
  rounded((x) => rounding.trunc(x)),
);
/**
 * Nearest whole number, halves to the even one, as a float.
 * @example np.rint(array([0.5, 1.5, -0.4])) // [0, 2, 0]
 */
export const rint: UnaryFunction = unary("rint", promoteFloat, (x) => rounding.round(x));

export interface RoundOptions {
  /** Digits after the point, negative for digits before it. Default 0. */
  readonly decimals?: number;
}

/**
 * Nearest number with so many decimals, halves to the even one; integers stay integers. The derivative is 0.
 * With decimals it is round(x 10^decimals) / 10^decimals, and x itself where that overflows.
 * @example np.round(array([0.5, 1.5, 2.5])) // [0, 2, 2]
 * np.round(3.14159, { decimals: 2 }) // 3.14
 */
export const round = <T extends NDArray = NDArray>(x: T | Operand, options: RoundOptions = {}): T => {
  requireOptions("np.round", options, ["decimals"]);
  const { decimals = 0 } = options;
  if (!Number.isInteger(decimals) || Math.abs(decimals) > 300)
    throw new InvalidOption(
      "np.round",
      `decimals ${showValue(decimals)}`,
      "Give a whole number of digits, at most 300",
    );
  const own = asOperand("np.round", x);
  const isWeakWhole = !isFloat(own.dtype);
  if (isWeakWhole && decimals >= 0) return own as T;
  const wide = isWeakWhole ? toDType(own, "float64") : own;
  const result = decimals === 0 ? rounding.round(wide) : roundAt(wide, decimals);
  return (isWeakWhole ? toDType(result, own.dtype) : result) as T;
};

const roundAt = (x: NDArray, decimals: number): NDArray => {
  const scale = arithmetic.fullLike(10 ** Math.abs(decimals), x);
  const [enlarge, reduce] = decimals > 0 ? [arithmetic.mul, arithmetic.div] : [arithmetic.div, arithmetic.mul];
  const scaled = enlarge(x, scale);
  const isFinite = comparison.lt(extrema.abs(scaled), arithmetic.fullLike(Infinity, x));
  return comparison.select(isFinite, reduce(rounding.round(scaled), scale), stopGradient(x));
};

/**
 * x limited to [low, high]; null leaves a side open. At a bound the gradient is shared half and half
 * (it is maximum of minimum); where low > high the result is high.
 * @example np.clip(array([-1, 0.5, 2]), 0, 1) // [0, 0.5, 1]
 */
export const clip = (x: Operand, low: Operand | null, high: Operand | null): NDArray => {
  const raised = low === null ? asOperand("np.clip", x) : maximum(x, low);
  return high === null ? raised : minimum(raised, high);
};

// --- Comparison and logic ---------------------------------------------------------------------

/** x == y; NaN equals nothing. */
export const equal: BinaryFunction = binary("equal", promote, (x, y) => comparison.eq(x, y));
/** x != y; true for NaN. */
export const notEqual: BinaryFunction = binary("notEqual", promote, (x, y) => comparison.ne(x, y));
/** x < y. */
export const less: BinaryFunction = binary("less", promote, (x, y) => comparison.lt(x, y));
/** x <= y. */
export const lessEqual: BinaryFunction = binary("lessEqual", promote, (x, y) => comparison.le(x, y));
/** x > y. */
export const greater: BinaryFunction = binary("greater", promote, (x, y) => comparison.gt(x, y));
/** x >= y. */
export const greaterEqual: BinaryFunction = binary("greaterEqual", promote, (x, y) => comparison.ge(x, y));

const promoteBool: Promotion = (asked, operands) => {
  const arrays = promote(asked, operands);
  return arrays.map((x) => (x.dtype === "bool" ? x : comparison.ne(x, arithmetic.zerosOf(x.shape, x.dtype))));
};

/** Both are nonzero. */
export const logicalAnd: BinaryFunction = binary("logicalAnd", promoteBool, (x, y) => comparison.and(x, y));
/** Either is nonzero. */
export const logicalOr: BinaryFunction = binary("logicalOr", promoteBool, (x, y) => comparison.or(x, y));
/** Exactly one is nonzero. */
export const logicalXor: BinaryFunction = binary("logicalXor", promoteBool, (x, y) => comparison.xor(x, y));
/** x is zero. */
export const logicalNot: UnaryFunction = unary("logicalNot", promoteBool, (x) => comparison.not(x));
/** x is NaN. */
export const isnan: UnaryFunction = unary("isnan", promoteFloat, (x) => comparison.ne(x, x));
/** x is neither infinite nor NaN. */
export const isfinite: UnaryFunction = unary("isfinite", promoteFloat, (x) =>
  comparison.lt(extrema.abs(x), arithmetic.full(Infinity, x.shape, x.dtype)),
);
/** x is infinite, of either sign. */
export const isinf: UnaryFunction = unary("isinf", promoteFloat, (x) =>
  comparison.eq(extrema.abs(x), arithmetic.full(Infinity, x.shape, x.dtype)),
);

// --- NumPy's long names -----------------------------------------------------------------------

export {
  abs as absolute,
  sub as subtract,
  mul as multiply,
  div as divide,
  div as trueDivide,
  neg as negative,
  pow as power,
  remainder as mod,
  round as around,
};
export {
  arcsin as asin,
  arccos as acos,
  arctan as atan,
  arctan2 as atan2,
  arcsinh as asinh,
  arccosh as acosh,
  arctanh as atanh,
};
