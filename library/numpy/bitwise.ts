/**
 * Bits and divisors of integers. Logical on booleans; int32 in two's complement, uint32 without sign; overflow wraps.
 * Whole JavaScript numbers alone count as int32. No derivatives: results are integers.
 */
import { isWeakWhole } from "../../src/array/dtype.ts";
import { div, mul, zerosOf } from "../../ops/arithmetic.ts";
import { and, eq, not, or, select, xor } from "../../ops/comparison.ts";
import { abs } from "../../ops/extrema.ts";
import * as integers from "../../ops/integers.ts";
import { binary, unary } from "./elementwise-function.ts";
import type { BinaryFunction, Promotion, UnaryFunction } from "./elementwise-function.ts";
import { asOperand, promote, toDType } from "./operand.ts";

/** Operands of one integer or boolean type; raw whole numbers among themselves are int32. */
const promoteBits: Promotion = (asked, operands) => {
  const arrays = operands.map((x) => asOperand(asked, x));
  return promote(asked, arrays.every((x) => isWeakWhole(x.weakType)) ? arrays.map((x) => toDType(x, "int32")) : arrays);
};

/** As promoteBits, booleans as int32. */
const promoteIntegers: Promotion = (asked, operands) => {
  const arrays = promoteBits(asked, operands);
  return arrays[0]!.dtype === "bool" ? arrays.map((x) => toDType(x, "int32")) : arrays;
};

/**
 * Bits set in both.
 * @example np.bitwiseAnd(6, 3) // 2
 */
export const bitwiseAnd: BinaryFunction = binary("bitwiseAnd", promoteBits, (x, y) => and(x, y));
/**
 * Bits set in either.
 * @example np.bitwiseOr(6, 3) // 7
 */
export const bitwiseOr: BinaryFunction = binary("bitwiseOr", promoteBits, (x, y) => or(x, y));
/**
 * Bits set in exactly one.
 * @example np.bitwiseXor(6, 3) // 5
 */
export const bitwiseXor: BinaryFunction = binary("bitwiseXor", promoteBits, (x, y) => xor(x, y));
/**
 * Every bit turned, the truth of booleans.
 * @example np.bitwiseNot(5) // -6
 */
export const bitwiseNot: UnaryFunction = unary("bitwiseNot", promoteBits, (x) => not(x));

/**
 * x 2^n modulo 2^32; 0 where n is negative or at least 32.
 * @example np.leftShift(1, array([3, 32], { dtype: "int32" })) // [8, 0]
 */
export const leftShift: BinaryFunction = binary("leftShift", promoteIntegers, (x, n) => integers.shiftLeft(x, n));
/**
 * floor(x / 2^n); where n is negative or at least 32, 0, or -1 for a negative int32.
 * @example np.rightShift(-9, 1) // -5
 */
export const rightShift: BinaryFunction = binary("rightShift", promoteIntegers, (x, n) => integers.shiftRight(x, n));

/**
 * Number of bits set in |x|, in the dtype of x.
 * @example np.bitwiseCount(array([7, -4], { dtype: "int32" })) // [3, 1]
 */
export const bitwiseCount: UnaryFunction = unary("bitwiseCount", promoteIntegers, (x) =>
  integers.populationCount(abs(x)),
);

/**
 * Greatest common divisor of |x| and |y|; gcd(0, y) is |y|.
 * @example np.gcd(12, -18) // 6
 */
export const gcd: BinaryFunction = binary("gcd", promoteIntegers, (x, y) => integers.gcd(x, y));

/**
 * Least common multiple of |x| and |y|, modulo 2^32; 0 where one of them is 0.
 * @example np.lcm(4, 6) // 12
 */
export const lcm: BinaryFunction = binary("lcm", promoteIntegers, (x, y) => {
  const divisor = integers.gcd(x, y);
  const zeros = zerosOf(x.shape, x.dtype);
  return select(eq(divisor, zeros), zeros, mul(div(abs(x), divisor), abs(y)));
});

export {
  bitwiseNot as bitwiseInvert,
  bitwiseNot as invert,
  leftShift as bitwiseLeftShift,
  rightShift as bitwiseRightShift,
};
