/**
 * Lowerings that are longer than one instruction, shared by primitives: signs, whole powers, whole quotients and remainders.
 * Every one has the operations of its reference in kernels/scalar-math.ts, in the same order, so that the bits are equal.
 * Integers divide in float64, where no quotient of 32-bit numbers rounds up to a whole one.
 */
import { isFloat } from "../src/array/dtype.ts";
import type { DType } from "../src/array/dtype.ts";
import {
  binaryExpression,
  callExpression,
  compareExpression,
  constantExpression,
  unaryExpression,
} from "../src/ir/lowering.ts";
import type { ScalarExpression } from "../src/ir/lowering.ts";

const converted = (x: ScalarExpression, dtype: DType): ScalarExpression => {
  if (x.dtype === dtype) return x;
  return x.op === "constant" && dtype === "float64" ? constantExpression(x.value, dtype) : { op: "convert", x, dtype };
};

const selected = (condition: ScalarExpression, x: ScalarExpression, y: ScalarExpression): ScalarExpression => ({
  op: "select",
  condition,
  x,
  y,
  dtype: x.dtype,
});

// --- Sign -------------------------------------------------------------------------------------

/** -1, 0 or 1; zero keeps its sign and NaN stays NaN. */
export const signExpression = (x: ScalarExpression): ScalarExpression => {
  const number = (value: number): ScalarExpression => constantExpression(value, x.dtype);
  const isAbove = compareExpression("gt", x, number(0));
  if (x.dtype === "uint32" || x.dtype === "bool") return selected(isAbove, number(1), number(0));
  return selected(isAbove, number(1), selected(compareExpression("lt", x, number(0)), number(-1), x));
};

// --- Whole powers -----------------------------------------------------------------------------

/** Larger powers are calls: as trees of products their size would grow with the exponent. */
const largestProduct = 16;
const smallestNormal = 2 ** -1022;

/** x^n for n >= 0 by repeated squaring. */
const productExpression = (x: ScalarExpression, exponent: number): ScalarExpression => {
  let result: ScalarExpression | null = null;
  let factor = x;
  for (let remaining = exponent; ; factor = binaryExpression("mul", factor, factor)) {
    if (remaining % 2 === 1) result = result === null ? factor : binaryExpression("mul", result, factor);
    remaining = Math.floor(remaining / 2);
    if (remaining === 0) return result ?? constantExpression(1, x.dtype);
  }
};

/** x^-n: 1 / x^n, or (1 / x)^n where x^n leaves the normal range. */
const reciprocalPower = (x: ScalarExpression, exponent: number): ScalarExpression => {
  const one = constantExpression(1, x.dtype);
  const power = productExpression(x, exponent);
  const magnitude = unaryExpression("abs", power);
  const leaves = binaryExpression(
    "or",
    compareExpression("lt", magnitude, constantExpression(smallestNormal, x.dtype)),
    compareExpression("eq", magnitude, constantExpression(Infinity, x.dtype)),
  );
  return selected(
    leaves,
    productExpression(binaryExpression("div", one, x), exponent),
    binaryExpression("div", one, power),
  );
};

/** x^n; float32 is computed in float64, where a square is exact, and rounded once. */
export const powerExpression = (x: ScalarExpression, exponent: number): ScalarExpression => {
  const isReal = isFloat(x.dtype);
  if (Math.abs(exponent) > largestProduct || (exponent < 0 && !isReal))
    return callExpression(isReal ? "integerPower" : "powerInt32", x, constantExpression(exponent, "float64"));
  if (!isReal || (exponent >= 0 && exponent <= 2)) return productExpression(x, exponent);
  const wide = converted(x, "float64");
  const power = exponent < 0 ? reciprocalPower(wide, -exponent) : productExpression(wide, exponent);
  return converted(power, x.dtype);
};

// --- Quotients and remainders --------------------------------------------------------------------------

/** Quotient of two integers of one dtype towards zero; x / 0 has all bits set, and the smallest int32 / -1 is itself. */
export const quotientExpression = (x: ScalarExpression, y: ScalarExpression): ScalarExpression => {
  const { dtype } = x;
  const quotient = converted(binaryExpression("div", converted(x, "float64"), converted(y, "float64")), dtype);
  const byZero = constantExpression(dtype === "int32" ? -1 : 0xffffffff, dtype);
  if (y.op === "constant") {
    if (y.value === 0) return byZero;
    return y.value === -1 ? unaryExpression("neg", x) : quotient;
  }
  const isEqual = (value: number): ScalarExpression => compareExpression("eq", y, constantExpression(value, dtype));
  const usual = dtype === "int32" ? selected(isEqual(-1), unaryExpression("neg", x), quotient) : quotient;
  return selected(isEqual(0), byZero, usual);
};

/**
 * Remainder with the sign of x. That of floats is exact, hence the same in either precision; float64 is quick up to larger
 * quotients. By zero integers give x, floats NaN.
 */
export const remainderExpression = (x: ScalarExpression, y: ScalarExpression): ScalarExpression =>
  isFloat(x.dtype)
    ? converted(callExpression("rem", converted(x, "float64"), converted(y, "float64")), x.dtype)
    : binaryExpression("sub", x, binaryExpression("mul", y, quotientExpression(x, y)));
