/**
 * Products as functions of two operands, or of the second alone for pipe: np.matmul(y) is (x) => np.matmul(x, y).
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Operand } from "./operand.ts";

/**
 * A function of two operands, or of the second alone for pipe. Transforms read the types of an overloaded function off
 * its last signature, so that of two operands is the last: vmap(np.matmul)(x, y).
 */
export interface ProductFunction {
  (y: Operand): (x: Operand) => NDArray;
  (x: Operand, y: Operand): NDArray;
}

/** The same function, data-last with one operand. */
export const dataLast = (call: (x: Operand, y: Operand) => NDArray): ProductFunction =>
  ((...operands: readonly [Operand] | readonly [Operand, Operand]) =>
    operands.length === 1 ? (x: Operand) => call(x, operands[0]) : call(operands[0], operands[1])) as ProductFunction;
