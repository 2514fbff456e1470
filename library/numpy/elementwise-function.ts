/**
 * How elementwise functions are made of primitives: operands promoted and broadcast, the second alone for pipe.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Operand } from "./operand.ts";

/** A function of one array; typed fields keep their type. */
export interface UnaryFunction {
  <T extends NDArray>(x: T): T;
  (x: Operand): NDArray;
}

/**
 * A function of two operands, or of the second alone for pipe. Transforms read the types of an overloaded function off
 * its last signature, so that of any two operands is the last: grad(np.maximum)(1, 2).
 */
export interface BinaryFunction {
  (y: Operand): <T extends NDArray>(x: T) => T;
  <T extends NDArray>(x: T, y: number | T): T;
  <T extends NDArray>(x: number, y: T): T;
  (x: Operand, y: Operand): NDArray;
}

export type Promotion = (asked: string, operands: readonly unknown[]) => NDArray[];

/** A function of one operand, refused under the name `np.${name}`. */
export const unary = (name: string, promotion: Promotion, call: (x: NDArray) => NDArray): UnaryFunction =>
  ((x: unknown) => call(promotion(`np.${name}`, [x])[0]!)) as UnaryFunction;

/** A function of two operands, data-last with one: np.pow(3) is (x) => np.pow(x, 3). */
export const binary = (
  name: string,
  promotion: Promotion,
  call: (x: NDArray, y: NDArray) => NDArray,
): BinaryFunction => {
  const asked = `np.${name}`;
  const apply = (x: unknown, y: unknown): NDArray => {
    const [left, right] = promotion(asked, [x, y]);
    return call(left!, right!);
  };
  return ((...operands: unknown[]) =>
    operands.length === 1
      ? (x: unknown) => apply(x, operands[0])
      : apply(operands[0], operands[1])) as unknown as BinaryFunction;
};
