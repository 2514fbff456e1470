/**
 * How special functions are made of primitives: operands promoted to floats and broadcast, orders taken as numbers.
 */
import { InvalidOption } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { UnaryFunction } from "../numpy/elementwise-function.ts";
import { promoteFloat } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";

/** A function of two operands that broadcast. */
export type Binary = (x: Operand, y: Operand) => NDArray;

/** A function of one float operand. */
export const unary = (name: string, call: (x: NDArray) => NDArray): UnaryFunction =>
  ((x: unknown) => call(promoteFloat(`special.${name}`, [x])[0]!)) as UnaryFunction;

/** A function of two float operands. */
export const binary =
  (name: string, call: (x: NDArray, y: NDArray) => NDArray): Binary =>
  (x, y) => {
    const [left, right] = promoteFloat(`special.${name}`, [x, y]);
    return call(left!, right!);
  };

/** Refuses an order or count that is not a whole number from `least` on. @throws InvalidOption */
export const requireWhole = (asked: string, name: string, value: unknown, least: number): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least)
    throw new InvalidOption(
      asked,
      `${name} ${typeof value === "number" ? value : `of type ${typeof value}`}`,
      `Give a whole number from ${least}, known before tracing`,
    );
  return value;
};
