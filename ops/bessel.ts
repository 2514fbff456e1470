/**
 * Modified Bessel functions of the first kind of a fixed whole order, plain and times e^-|x|. Floats only.
 * I_n' = (I_(n-1) + I_(n+1)) / 2 with I_(-1) = I_1: no division by x, so that every derivative at 0 is right.
 */
import * as scalarMath from "../kernels/scalar-math.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { callExpression, constantExpression, elementwise } from "../src/ir/lowering.ts";
import { notLinear, reals } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { add, fullLike, mul, sub } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { mapUnary, requireFloat, sampleElementwise } from "./elementwise.ts";
import { sign } from "./extrema.ts";

export interface OrderParams {
  /** A whole number from 0. */
  readonly order: number;
}

/** A primitive of one operand and an order. */
export type Ordered = PrimitiveFunction<[NDArray], OrderParams>;

/** Refuses what is no order. @throws InvalidOption */
export const requireOrder = (name: string, order: number): void => {
  if (!Number.isSafeInteger(order) || order < 0)
    throw new InvalidOption(name, `order ${showValue(order)}`, "Give a whole number from 0");
};

/** The mean of the functions of neighbouring orders; I_(-1) is I_1. */
const meanOfNeighbours = (call: Ordered, x: NDArray, order: number): NDArray =>
  order === 0
    ? call(x, { order: 1 })
    : mul(fullLike(0.5, x), add(call(x, { order: order - 1 }), call(x, { order: order + 1 })));

/** I_n(x). */
export const besselI: Ordered = definePrimitive<[NDArray], OrderParams>({
  name: "besselI",
  evaluate: ([x], { order }) => mapUnary((value) => scalarMath.besselI(value, order), x),
  abstractEval: ([x], { order }) => {
    requireOrder("besselI", order);
    return requireFloat("besselI", x);
  },
  jvp: ([x], [dx], { order }) => [besselI(x, { order }), mul(dx as NDArray, meanOfNeighbours(besselI, x, order))],
  transpose: notLinear,
  batch: elementwiseBatch(([x], params: OrderParams) => besselI(x!, params)),
  lower: elementwise(([x], { order }) => callExpression("besselI", x!, constantExpression(order, "float64"))),
  laws: { sample: sampleElementwise((pick) => ({ order: pick.integer(0, 4) }), reals(-3, 3)) },
});

/** e^-|x| I_n(x), which does not overflow; slope at 0 as without the factor, whose kink counts as flat. */
export const besselIScaled: Ordered = definePrimitive<[NDArray], OrderParams>({
  name: "besselIScaled",
  evaluate: ([x], { order }) => mapUnary((value) => scalarMath.besselIScaled(value, order), x),
  abstractEval: ([x], { order }) => {
    requireOrder("besselIScaled", order);
    return requireFloat("besselIScaled", x);
  },
  jvp: ([x], [dx], { order }) => {
    const out = besselIScaled(x, { order });
    return [out, mul(dx as NDArray, sub(meanOfNeighbours(besselIScaled, x, order), mul(sign(x), out)))];
  },
  transpose: notLinear,
  batch: elementwiseBatch(([x], params: OrderParams) => besselIScaled(x!, params)),
  lower: elementwise(([x], { order }) => callExpression("besselIScaled", x!, constantExpression(order, "float64"))),
  laws: { sample: sampleElementwise((pick) => ({ order: pick.integer(0, 4) }), reals(-3, 3, [0])) },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [besselI.primitive, besselIScaled.primitive];
