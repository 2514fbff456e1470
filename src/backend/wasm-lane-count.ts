/**
 * What lanes can compute, and how many of them there are: a value of 32-bit lanes takes a vector for every four of them, one of
 * 64-bit lanes a vector for every two; with two lanes a 32-bit value fills the lower half of its vector.
 */
import type { DType } from "../array/dtype.ts";
import { isFloat, isInteger } from "../array/dtype.ts";
import type { BinaryName, ScalarExpression, UnaryName } from "../ir/lowering.ts";
import { accessesOf, expressionsIn, statementsIn, valuesOf } from "../compile/kernel-ir.ts";
import type { Statement } from "../compile/kernel-ir.ts";

export type Width = 32 | 64;

export const widthOf = (dtype: DType): Width => (dtype === "float64" ? 64 : 32);

/** Vectors of a value whose lanes are this wide. */
export const vectorCount = (width: Width, lanes: number): number => Math.max(1, (lanes * width) / 128);

const unaryOfFloats: readonly UnaryName[] = ["neg", "abs", "sqrt", "floor", "ceil", "trunc", "nearest"];
const binaryOfFloats: readonly BinaryName[] = ["add", "sub", "mul", "div", "max", "min"];
const binaryOfIntegers: readonly BinaryName[] = ["add", "sub", "mul", "max", "min", "and", "or", "xor", "shl", "shr"];
const binaryOfBools: readonly BinaryName[] = ["and", "or", "xor", "max", "min", "mul"];

/** Whether lanes can compute the expression; the others stay scalar. */
export const isVectorizable = (expression: ScalarExpression): boolean => {
  const { dtype } = expression;
  switch (expression.op) {
    case "local":
    case "constant":
      return true;
    case "unary":
      return (
        isVectorizable(expression.x) &&
        (isFloat(dtype) ? unaryOfFloats.includes(expression.name) : dtype !== "bool" || expression.name === "not")
      );
    case "binary": {
      const names = isFloat(dtype) ? binaryOfFloats : dtype === "bool" ? binaryOfBools : binaryOfIntegers;
      return names.includes(expression.name) && isVectorizable(expression.x) && isVectorizable(expression.y);
    }
    case "compare":
      return isVectorizable(expression.x) && isVectorizable(expression.y);
    case "select":
      return [expression.condition, expression.x, expression.y].every(isVectorizable);
    case "convert":
      return isVectorizable(expression.x);
    case "call":
      return dtype !== "bool" && expression.args.every((x) => x.dtype !== "bool" && isVectorizable(x));
  }
};

/** Lanes that fill the vectors of a loop over these statements: two where all is float64, else four. */
export const lanesOf = (body: readonly Statement[], values: readonly ScalarExpression[] = []): 2 | 4 => {
  const found = new Set(accessesOf(body).map(({ dtype }) => dtype));
  for (const value of [...statementsIn(body).flatMap(valuesOf), ...values])
    for (const { dtype } of expressionsIn(value)) found.add(dtype);
  return found.has("float64") && !found.has("float32") && ![...found].some(isInteger) ? 2 : 4;
};
