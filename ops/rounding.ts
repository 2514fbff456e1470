/**
 * Rounding family: floor, ceil, round, trunc on floats, and the remainder rem on floats and integers.
 * The first four are piecewise constant: their tangent is zero. rem has the sign of the dividend (C, XLA);
 * NumPy's remainder, with the sign of the divisor, is composed from it.
 */
import { roundingDown, roundingUp, truncation } from "../kernels/elementwise.ts";
import { remInt32, remUint32, unaryMath, binaryMath } from "../kernels/scalar-math.ts";
import type { DType } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import { elementwise, unaryExpression } from "../src/ir/lowering.ts";
import { notLinear, reals, zeroTangent } from "../src/ir/primitive.ts";
import type { Primitive, Simplification } from "../src/ir/primitive.ts";
import { add, div, mul, neg } from "./arithmetic.ts";
import type { Binary, Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import {
  applyUnary,
  binaryJvp,
  mapBinary,
  mapUnary,
  noParameters,
  requireEqualNumbers,
  requireFloat,
  sampleElementwise,
} from "./elementwise.ts";
import { rule } from "./rules.ts";
import { remainderExpression } from "./scalar-expressions.ts";

/** Whole numbers, infinities, NaN and zeros of either sign are what they round to. */
const whole: readonly Simplification[] = [
  rule("rounding of what is rounded", "a whole number is left as it is, also -0", ([x], _, { madeBy }) =>
    [floor, ceil, round, trunc].some((call) => madeBy(x!, call) !== null) ? x! : null,
  ),
];

const wholeNumbers: readonly number[] = [-3, -2, -1, 0, 1, 2, 3];

/** Largest whole number not above x. */
export const floor: Unary = definePrimitive<[NDArray]>({
  name: "floor",
  evaluate: ([x]) => applyUnary(roundingDown, x),
  abstractEval: ([x]) => requireFloat("floor", x),
  jvp: zeroTangent(([x]: [NDArray]) => floor(x)),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => floor(x!)),
  lower: elementwise(([x]) => unaryExpression("floor", x!)),
  simplify: whole,
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3, wholeNumbers)),
    reference: (x) => Math.floor(x!),
    maxUlp: 0,
  },
});

/** Smallest whole number not below x. */
export const ceil: Unary = definePrimitive<[NDArray]>({
  name: "ceil",
  evaluate: ([x]) => applyUnary(roundingUp, x),
  abstractEval: ([x]) => requireFloat("ceil", x),
  jvp: zeroTangent(([x]: [NDArray]) => ceil(x)),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => ceil(x!)),
  lower: elementwise(([x]) => unaryExpression("ceil", x!)),
  simplify: whole,
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3, wholeNumbers)),
    reference: (x) => -Math.floor(-x!),
    maxUlp: 0,
  },
});

/** Nearest whole number, halves to the even one. */
export const round: Unary = definePrimitive<[NDArray]>({
  name: "round",
  evaluate: ([x]) => mapUnary(unaryMath.round, x),
  abstractEval: ([x]) => requireFloat("round", x),
  jvp: zeroTangent(([x]: [NDArray]) => round(x)),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => round(x!)),
  lower: elementwise(([x]) => unaryExpression("nearest", x!)),
  simplify: whole,
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3, [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])),
    reference: (x) => Math.sign(x!) * Math.floor(Math.abs(x!) + 0.5),
    maxUlp: 0,
  },
});

/** x without its fraction: towards zero. */
export const trunc: Unary = definePrimitive<[NDArray]>({
  name: "trunc",
  evaluate: ([x]) => applyUnary(truncation, x),
  abstractEval: ([x]) => requireFloat("trunc", x),
  jvp: zeroTangent(([x]: [NDArray]) => trunc(x)),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => trunc(x!)),
  lower: elementwise(([x]) => unaryExpression("trunc", x!)),
  simplify: whole,
  laws: {
    sample: sampleElementwise(noParameters, reals(-3, 3, wholeNumbers)),
    reference: (x) => Math.sign(x!) * Math.floor(Math.abs(x!)),
    maxUlp: 0,
  },
});

const remAs: Readonly<Record<DType, (x: number, y: number) => number>> = {
  float64: binaryMath.rem,
  float32: binaryMath.rem,
  int32: remInt32,
  uint32: remUint32,
  bool: remUint32,
};

/** x - y trunc(x / y), exact, with the sign of x; by zero NaN on floats, x on integers. */
export const rem: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "rem",
  evaluate: ([x, y]) => mapBinary(remAs[x.dtype], x, y),
  abstractEval: (operands) => requireEqualNumbers("rem", operands),
  jvp: binaryJvp(
    (x, y) => rem(x, y),
    (x, y) => add(x, y),
    (dx) => dx,
    (dy, x, y) => mul(dy, neg(trunc(div(x, y)))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x, y]) => rem(x!, y!)),
  lower: elementwise(([x, y]) => remainderExpression(x!, y!)),
  laws: {
    // quotients between 2.09 and 2.8: one branch, since jumps are where x is a multiple of y
    sample: sampleElementwise(noParameters, reals(2.2, 2.8), reals(1, 1.05)),
    reference: (x, y) => x! - y! - y!,
    maxUlp: 0,
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [floor, ceil, round, trunc, rem].map((call) => call.primitive);
