/**
 * Integer family: shiftLeft, shiftRight, populationCount, gcd on int32 and uint32. Piecewise constant.
 * A shift by the width or more, or by a negative count, moves every bit out: 0, or the sign of an int32 shifted
 * to the right (XLA). shiftRight fills with the sign on int32 and with zeros on uint32.
 */
import { greatestCommonDivisor, populationCount as onesIn } from "../kernels/integer-math.ts";
import { DTypeMismatch } from "../src/error.ts";
import { isInteger } from "../src/array/dtype.ts";
import type { DType } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams } from "../src/ir/define.ts";
import {
  binaryExpression,
  callExpression,
  compareExpression,
  constantExpression,
  elementwise,
} from "../src/ir/lowering.ts";
import type { ScalarExpression } from "../src/ir/lowering.ts";
import { notLinear, reals, zeroTangent } from "../src/ir/primitive.ts";
import type { LawCase, Pick, Primitive, TypeOf } from "../src/ir/primitive.ts";
import type { Binary, Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { mapBinary, mapUnary, requireEqual } from "./elementwise.ts";

const requireIntegers = (name: string, operands: readonly Aval[]): TypeOf => {
  const type = requireEqual(name, operands);
  if (!isInteger(type.dtype))
    throw new DTypeMismatch(name, operands.map(showAval).join(" and "), "Give int32 or uint32: convert with astype");
  return type;
};

const width = 32;

/** Samples of one shape; the second operand is drawn from `counts`. */
const sampleIntegers =
  (...bounds: readonly (readonly [number, number])[]) =>
  (pick: Pick): LawCase<NoParams> => {
    const shape = pick.shape({ maxRank: 3 });
    const dtype = pick.oneOf<DType>(["int32", "uint32"]);
    const from = (low: number): number => (dtype === "uint32" ? Math.max(0, low) : low);
    return { inputs: bounds.map(([low, high]) => ({ shape, dtype, domain: reals(from(low), high) })), params: {} };
  };

/** x where 0 <= count < 32, seen as unsigned; `beyond` elsewhere. */
const withinWidth = (
  count: ScalarExpression,
  shifted: ScalarExpression,
  beyond: ScalarExpression,
): ScalarExpression => ({
  op: "select",
  condition: compareExpression("lt", { op: "convert", x: count, dtype: "uint32" }, constantExpression(width, "uint32")),
  x: shifted,
  y: beyond,
  dtype: shifted.dtype,
});

/** x 2^count modulo 2^32; 0 where the count is negative or 32 and more. */
export const shiftLeft: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "shiftLeft",
  evaluate: ([x, count]) => mapBinary((bits, by) => (by >= 0 && by < width ? bits << by : 0), x, count),
  abstractEval: (operands) => requireIntegers("shiftLeft", operands),
  jvp: zeroTangent(([x, count]: [NDArray, NDArray]) => shiftLeft(x, count)),
  transpose: notLinear,
  batch: elementwiseBatch(([x, count]) => shiftLeft(x!, count!)),
  lower: elementwise(([x, count]) =>
    withinWidth(count!, binaryExpression("shl", x!, count!), constantExpression(0, x!.dtype)),
  ),
  laws: { sample: sampleIntegers([-1000, 1000], [-3, 35]) },
});

/** floor(x / 2^count); where the count is negative or 32 and more, 0, or -1 for a negative int32. */
export const shiftRight: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "shiftRight",
  evaluate: ([x, count]) => {
    const isInside = (by: number): boolean => by >= 0 && by < width;
    return x.dtype === "int32"
      ? mapBinary((bits, by) => bits >> (isInside(by) ? by : width - 1), x, count)
      : mapBinary((bits, by) => (isInside(by) ? bits >>> by : 0), x, count);
  },
  abstractEval: (operands) => requireIntegers("shiftRight", operands),
  jvp: zeroTangent(([x, count]: [NDArray, NDArray]) => shiftRight(x, count)),
  transpose: notLinear,
  batch: elementwiseBatch(([x, count]) => shiftRight(x!, count!)),
  lower: elementwise(([x, count]) => {
    const { dtype } = x!;
    const beyond =
      dtype === "int32"
        ? binaryExpression("shr", x!, constantExpression(width - 1, dtype))
        : constantExpression(0, dtype);
    return withinWidth(count!, binaryExpression("shr", x!, count!), beyond);
  }),
  laws: { sample: sampleIntegers([-100000, 100000], [-3, 35]) },
});

/** Number of ones among the 32 bits, of a negative int32 in two's complement. */
export const populationCount: Unary = definePrimitive<[NDArray]>({
  name: "populationCount",
  evaluate: ([x]) => mapUnary(onesIn, x),
  abstractEval: (operands) => requireIntegers("populationCount", operands),
  jvp: zeroTangent(([x]: [NDArray]) => populationCount(x)),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => populationCount(x!)),
  lower: elementwise(([x]) => callExpression("populationCount", x!)),
  laws: {
    sample: sampleIntegers([-100000, 100000]),
    reference: (x) => [...(x! >>> 0).toString(2)].filter((bit) => bit === "1").length,
    maxUlp: 0,
  },
});

/** Greatest common divisor, not negative but for gcd(-2^31, -2^31) = gcd(-2^31, 0) = -2^31, which wraps. */
export const gcd: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "gcd",
  evaluate: ([x, y]) => mapBinary(greatestCommonDivisor, x, y),
  abstractEval: (operands) => requireIntegers("gcd", operands),
  jvp: zeroTangent(([x, y]: [NDArray, NDArray]) => gcd(x, y)),
  transpose: notLinear,
  batch: elementwiseBatch(([x, y]) => gcd(x!, y!)),
  lower: elementwise(([x, y]) => callExpression("greatestCommonDivisor", x!, y!)),
  laws: {
    sample: sampleIntegers([-60, 60], [-60, 60]),
    reference: (x, y) => {
      let divisor = Math.max(Math.abs(x!), Math.abs(y!));
      while (divisor > 0 && (x! % divisor !== 0 || y! % divisor !== 0)) divisor -= 1;
      return divisor;
    },
    maxUlp: 0,
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [shiftLeft, shiftRight, populationCount, gcd].map((call) => call.primitive);
