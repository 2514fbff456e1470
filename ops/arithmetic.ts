/**
 * Arithmetic family: neg, add, sub, mul, div, integerPower. Operands have equal shapes and dtypes.
 * Floats round once per operation; int32 and uint32 wrap; integer division truncates, by zero gives -1 (XLA).
 * integerPower never goes through a logarithm: (-3)^2 is exactly 9, x^0 has derivative 0 everywhere.
 */
import {
  addition,
  division,
  integerMultiplication,
  multiplication,
  negation,
  squaring,
  subtraction,
} from "../kernels/elementwise.ts";
import { divideInt32, divideUint32, integerPower as powerOf, powerInt32 } from "../kernels/scalar-math.ts";
import { InvalidOption } from "../src/error.ts";
import type { DType } from "../src/array/dtype.ts";
import { isFloat } from "../src/array/dtype.ts";
import { scalar } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Shape } from "../src/array/shape.ts";
import { binaryExpression, elementwise, unaryExpression } from "../src/ir/lowering.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { isLinearInput, isZero, notLinear, reals, requireKnown, zero } from "../src/ir/primitive.ts";
import type { Primitive, Tangent } from "../src/ir/primitive.ts";
import { arithmeticRules } from "./arithmetic-rules.ts";
import { elementwiseBatch } from "./batching.ts";
import {
  applyBinary,
  applyUnary,
  binaryJvp,
  mapBinary,
  mapUnary,
  noParameters,
  requireEqual,
  requireEqualNumbers,
  requireNumber,
  sampleElementwise,
} from "./elementwise.ts";
import { powerExpression, quotientExpression } from "./scalar-expressions.ts";
import { broadcast, linearJvp, only } from "./shape.ts";

export type Unary = PrimitiveFunction<[NDArray], NoParams>;
export type Binary = PrimitiveFunction<[NDArray, NDArray], NoParams>;

/** An array of one repeated value. */
export const full = (value: number, shape: Shape, dtype: DType): NDArray =>
  shape.length === 0 ? scalar(value, dtype) : broadcast(scalar(value, dtype), { shape, axes: [] });

export const zerosOf = (shape: Shape, dtype: DType): NDArray => full(0, shape, dtype);

/** One repeated value in the shape and dtype of x. */
export const fullLike = (value: number, x: NDArray): NDArray => full(value, x.shape, x.dtype);

/** The tangent itself, or an array of zeros in its place. */
export const materialize = (tangent: Tangent): NDArray =>
  isZero(tangent) ? zerosOf(tangent.aval.shape, tangent.aval.dtype) : tangent;

const rules = arithmeticRules(() => ({ neg, add, sub, mul, div }));

/** -x; keeps the sign of zero turned. */
export const neg: Unary = definePrimitive<[NDArray]>({
  name: "neg",
  evaluate: ([x]) => applyUnary(negation, x),
  abstractEval: ([x]) => requireNumber("neg", x),
  jvp: linearJvp((x) => neg(x)),
  transpose: (cotangents) => [neg(only(cotangents))],
  batch: elementwiseBatch(([x]) => neg(x!)),
  lower: elementwise(([x]) => unaryExpression("neg", x!)),
  simplify: rules.neg,
  laws: { sample: sampleElementwise(noParameters, reals(-2, 2)), reference: (x) => -x!, maxUlp: 0 },
});

/** x + y. */
export const add: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "add",
  evaluate: ([x, y]) => applyBinary(addition, x, y),
  abstractEval: (operands) => requireEqualNumbers("add", operands),
  jvp: binaryJvp(
    (x, y) => add(x, y),
    (x, y) => add(x, y),
    (dx) => dx,
    (dy) => dy,
  ),
  transpose: (cotangents, [x, y]) => {
    const cotangent = only(cotangents);
    return [isLinearInput(x) ? cotangent : null, isLinearInput(y) ? cotangent : null];
  },
  batch: elementwiseBatch(([x, y]) => add(x!, y!)),
  lower: elementwise(([x, y]) => binaryExpression("add", x!, y!)),
  simplify: rules.add,
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 2), reals(-2, 2)),
    reference: (x, y) => x! + y!,
    maxUlp: 0,
  },
});

/** x - y. */
export const sub: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "sub",
  evaluate: ([x, y]) => applyBinary(subtraction, x, y),
  abstractEval: (operands) => requireEqualNumbers("sub", operands),
  jvp: binaryJvp(
    (x, y) => sub(x, y),
    (x, y) => add(x, y),
    (dx) => dx,
    (dy) => neg(dy),
  ),
  transpose: (cotangents, [x, y]) => {
    const cotangent = only(cotangents);
    return [isLinearInput(x) ? cotangent : null, isLinearInput(y) ? neg(cotangent) : null];
  },
  batch: elementwiseBatch(([x, y]) => sub(x!, y!)),
  lower: elementwise(([x, y]) => binaryExpression("sub", x!, y!)),
  simplify: rules.sub,
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 2), reals(-2, 2)),
    reference: (x, y) => x! - y!,
    maxUlp: 0,
  },
});

/** jvp of a function that is linear in each of its two operands. */
export const bilinearJvp =
  <P>(call: (x: NDArray, y: NDArray, params: P) => NDArray) =>
  (primals: readonly NDArray[], tangents: readonly Tangent[], params: P): readonly [NDArray, Tangent] =>
    binaryJvp(
      (x, y) => call(x, y, params),
      (x, y) => add(x, y),
      (dx, _x, y) => call(dx, y, params),
      (dy, x) => call(x, dy, params),
    )(primals, tangents);

/** x * y. */
export const mul: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "mul",
  evaluate: ([x, y]) => {
    if (x.dtype === "bool") return mapBinary(multiplication.scalar, x, y);
    return applyBinary(isFloat(x.dtype) ? multiplication : integerMultiplication, x, y);
  },
  abstractEval: (operands) => requireEqual("mul", operands),
  jvp: bilinearJvp((x, y) => mul(x, y)),
  transpose: (cotangents, [x, y]) =>
    isLinearInput(x) ? [mul(only(cotangents), requireKnown(y)), null] : [null, mul(x, only(cotangents))],
  batch: elementwiseBatch(([x, y]) => mul(x!, y!)),
  lower: elementwise(([x, y]) => binaryExpression("mul", x!, y!)),
  simplify: rules.mul,
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 2), reals(-2, 2)),
    reference: (x, y) => x! * y!,
    maxUlp: 0,
  },
});

/** x / y; on integers the quotient truncated towards zero. */
export const div: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "div",
  evaluate: ([x, y]) => {
    if (isFloat(x.dtype)) return applyBinary(division, x, y);
    return mapBinary(x.dtype === "int32" ? divideInt32 : divideUint32, x, y);
  },
  abstractEval: (operands) => requireEqualNumbers("div", operands),
  jvp: binaryJvp(
    (x, y) => div(x, y),
    (x, y) => add(x, y),
    (dx, _x, y) => div(dx, y),
    (dy, _x, y, out) => neg(mul(dy, div(out, y))),
  ),
  transpose: (cotangents, [x, y]) => {
    if (isLinearInput(y)) return notLinear(cotangents, [x, y], {});
    return [div(only(cotangents), y), null];
  },
  batch: elementwiseBatch(([x, y]) => div(x!, y!)),
  lower: elementwise(([x, y]) => (isFloat(x!.dtype) ? binaryExpression("div", x!, y!) : quotientExpression(x!, y!))),
  simplify: rules.div,
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 2), reals(0.5, 2)),
    reference: (x, y) => x! / y!,
    maxUlp: 0,
  },
});

export interface ExponentParams {
  /** A whole number. */
  readonly exponent: number;
}

/** x^n for a static whole n, by repeated squaring. */
export const integerPower: PrimitiveFunction<[NDArray], ExponentParams> = definePrimitive<[NDArray], ExponentParams>({
  name: "integerPower",
  evaluate: ([x], { exponent }) => {
    if (!isFloat(x.dtype)) return mapUnary((value) => powerInt32(value, exponent), x);
    return exponent === 2 ? applyUnary(squaring, x) : mapUnary((value) => powerOf(value, exponent), x);
  },
  abstractEval: ([x], { exponent }) => {
    if (!Number.isSafeInteger(exponent))
      throw new InvalidOption(
        "integerPower",
        `exponent ${exponent}`,
        "The exponent is a whole number; use power for others",
      );
    return requireNumber("integerPower", x);
  },
  jvp: ([x], [dx], { exponent }) => {
    const out = integerPower(x, { exponent });
    if (exponent === 0) return [out, zero(out)];
    const factor = full(exponent, x.shape, x.dtype);
    return [
      out,
      mul(dx as NDArray, exponent === 1 ? factor : mul(factor, integerPower(x, { exponent: exponent - 1 }))),
    ];
  },
  transpose: (cotangents, inputs, { exponent }) =>
    exponent === 1 ? [only(cotangents)] : notLinear(cotangents, inputs, {}),
  batch: elementwiseBatch(([x], params: ExponentParams) => integerPower(x!, params)),
  lower: elementwise(([x], { exponent }) => powerExpression(x!, exponent)),
  simplify: rules.integerPower,
  laws: {
    sample: sampleElementwise((pick) => ({ exponent: pick.integer(-3, 5) }), { low: 0.4, high: 1.6 }),
    tolerance: 1e-6,
  },
});

/** Sum of two tangents or cotangents, either of which may be a symbolic zero. */
export const addTangents = (left: Tangent, right: Tangent): Tangent =>
  isZero(left) ? right : isZero(right) ? left : add(left, right);

export const reciprocalOf = (x: NDArray): NDArray => div(full(1, x.shape, x.dtype), x);

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  neg.primitive,
  add.primitive,
  sub.primitive,
  mul.primitive,
  div.primitive,
  integerPower.primitive,
];
