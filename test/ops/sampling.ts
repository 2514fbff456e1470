/**
 * Draws inputs from the `laws` of a primitive, applies its rules to concrete arrays, and evaluates its scalar
 * expression as a back end would: what the laws of the families share.
 */
import { binaryMath, unaryMath } from "../../kernels/scalar-math.ts";
import { elementary, scalarOf } from "../../kernels/elementary/index.ts";
import * as scalarMath from "../../kernels/scalar-math.ts";
import { castBuffer, createArray } from "../../src/array/create.ts";
import type { DType } from "../../src/array/dtype.ts";
import { isInteger } from "../../src/array/dtype.ts";
import { bufferOf } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { ScalarExpression } from "../../src/ir/lowering.ts";
import type { LawCase, Primitive, Tangent } from "../../src/ir/primitive.ts";
import { isZero, toList } from "../../src/ir/primitive.ts";
import { newMark } from "../../src/ir/tracer.ts";
import { drawArray, pickWith } from "../../library/testing/chance.ts";

export { uniform } from "../../library/testing/chance.ts";
export { row } from "../../library/testing/comparison.ts";

export interface Draw {
  readonly inputs: readonly ConcreteArray[];
  readonly params: unknown;
}

/** Inputs and parameters from the laws of a primitive. */
export const draw = (primitive: Primitive, random: () => number): Draw => {
  if ("testedIn" in primitive.laws) throw new Error(`${primitive.name} has laws of its own`);
  const { inputs, params }: LawCase<unknown> = primitive.laws.sample(pickWith(random));
  return { inputs: inputs.map((spec) => drawArray(random, spec)), params };
};

/** Array of given numbers. */
export const floats = (numbers: readonly number[], dtype: DType = "float64"): ConcreteArray =>
  createArray([...numbers], { dtype, shape: [numbers.length] });

export const numbersOf = (x: NDArray | Tangent): number[] => {
  if (isZero(x)) return new Array<number>(sizeOf(x.aval.shape)).fill(0);
  return [...bufferOf(x as ConcreteArray)];
};

/** First output of `evaluate`. */
export const evaluate = (primitive: Primitive, inputs: readonly NDArray[], params: unknown = {}): ConcreteArray =>
  toList(primitive.evaluate(inputs as readonly ConcreteArray[], params))[0] as ConcreteArray;

/** First output tangent of the jvp rule. */
export const tangentOf = (
  primitive: Primitive,
  inputs: readonly NDArray[],
  tangents: readonly Tangent[],
  params: unknown = {},
): Tangent => toList(primitive.jvp(inputs, tangents, params, { mark: newMark("a test") })[1])[0]!;

// --- Scalar expressions, as every back end must read them ------------------------------------------

const called: Readonly<Record<string, unknown>> = { ...scalarMath, ...unaryMath, ...binaryMath };

const store = (value: number, dtype: DType): number => castBuffer([value], dtype, dtype)[0]!;

const unary = {
  neg: (x: number) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  nearest: scalarMath.unaryMath.round,
};

const binary = {
  add: (x: number, y: number) => x + y,
  sub: (x: number, y: number) => x - y,
  mul: (x: number, y: number) => x * y,
  div: (x: number, y: number) => x / y,
  max: (x: number, y: number) => Math.max(x, y),
  min: (x: number, y: number) => Math.min(x, y),
  and: (x: number, y: number) => x & y,
  or: (x: number, y: number) => x | y,
  xor: (x: number, y: number) => x ^ y,
  shl: (x: number, y: number) => x << y,
  shr: (x: number, y: number) => Math.floor(x / 2 ** (y & 31)),
};

const compare = {
  eq: (x: number, y: number) => x === y,
  ne: (x: number, y: number) => x !== y,
  lt: (x: number, y: number) => x < y,
  le: (x: number, y: number) => x <= y,
  gt: (x: number, y: number) => x > y,
  ge: (x: number, y: number) => x >= y,
};

/** Value of an expression whose locals hold the given numbers. */
export const evaluateExpression = (expression: ScalarExpression, locals: readonly number[]): number => {
  const read = (inner: ScalarExpression): number => evaluateExpression(inner, locals);
  switch (expression.op) {
    case "local":
      return locals[expression.index]!;
    case "constant":
      return expression.value;
    case "unary": {
      const x = read(expression.x);
      if (expression.name === "not") return store(expression.dtype === "bool" ? 1 - x : ~x, expression.dtype);
      return store(unary[expression.name](x), expression.dtype);
    }
    case "binary": {
      const operation = expression.name === "mul" && isInteger(expression.dtype) ? Math.imul : binary[expression.name];
      return store(operation(read(expression.x), read(expression.y)), expression.dtype);
    }
    case "compare":
      return compare[expression.name](read(expression.x), read(expression.y)) ? 1 : 0;
    case "select":
      return read(expression.condition) !== 0 ? read(expression.x) : read(expression.y);
    case "convert":
      return castBuffer([read(expression.x)], expression.x.dtype, expression.dtype)[0]!;
    case "call": {
      const { function: name, dtype } = expression;
      const isElementary = Object.hasOwn(elementary, name) && (dtype === "float64" || dtype === "float32");
      const f = isElementary ? scalarOf(name, dtype) : (called[name] as (...args: readonly number[]) => number);
      return store(f(...expression.args.map(read)), expression.dtype);
    }
  }
};
