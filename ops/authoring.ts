/**
 * What a family file is written with: rules that do not exist, loops, type checks, batching, lowerings, law
 * domains. Users' own primitives are made of the same parts as the library's.
 */
export { defineMultiplePrimitive, definePrimitive } from "../src/ir/define.ts";
export type { PrimitiveFunction } from "../src/ir/define.ts";
export {
  distinctReals,
  isLinearInput,
  isZero,
  notDifferentiable,
  notLinear,
  reals,
  toList,
  zero,
  zeroTangent,
} from "../src/ir/primitive.ts";
export type { BatchDim, Laws, LinearInput, Pick, Primitive, Tangent } from "../src/ir/primitive.ts";
export {
  binaryExpression,
  callExpression,
  compareExpression,
  constantExpression,
  elementwise,
  routine,
  unaryExpression,
} from "../src/ir/lowering.ts";
export type { Lowering, ScalarExpression } from "../src/ir/lowering.ts";
export { batchToFront, elementwiseBatch } from "./batching.ts";
export {
  binaryJvp,
  mapBinary,
  mapUnary,
  noParameters,
  requireEqual,
  requireFloat,
  requireNumber,
  sampleElementwise,
  unaryJvp,
} from "./elementwise.ts";
export { linearJvp, moveAxis, only, shapeOf } from "./shape.ts";
export type { Binary, Unary } from "./arithmetic.ts";
