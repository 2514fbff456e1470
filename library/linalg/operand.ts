/**
 * Operands of linear algebra: matrices in the last two axes, floats (integers become float64), batch axes that broadcast.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isFloat, resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { broadcastShapes, showShape } from "../../src/array/shape.ts";
import { columnsOf, leadOf, requireMatrix, requireSquare, rowsOf } from "../../ops/matrices.ts";
import { reshape } from "../../ops/shape.ts";
import { asOperand, broadcastArray, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";

/** The operand as a strong float array. */
export const floatOperand = (asked: string, x: Operand): NDArray => {
  const own = asOperand(asked, x);
  return toDType(own, isFloat(own.dtype) ? own.dtype : "float64");
};

/** A stack of float matrices. */
export const matrixOperand = (asked: string, x: Operand): NDArray => {
  const own = floatOperand(asked, x);
  requireMatrix(asked, own);
  return own;
};

/** A stack of square float matrices. */
export const squareOperand = (asked: string, x: Operand): NDArray => {
  const own = floatOperand(asked, x);
  requireSquare(asked, own);
  return own;
};

/** A matrix and right-hand sides of one dtype and batch shape; `restore` gives a solution the axes of b. */
export interface LinearSystem {
  readonly a: NDArray;
  readonly b: NDArray;
  readonly restore: (x: NDArray) => NDArray;
}

/** A vector b stands for one right-hand side, anything else for matrices of them in its last two axes. */
export const systemOperands = (asked: string, a: Operand, b: Operand): LinearSystem => {
  const [own, other] = [matrixOperand(asked, a), floatOperand(asked, b)];
  const { dtype } = resultType([own, other]);
  const [matrix, given] = [toDType(own, dtype), toDType(other, dtype)];
  if (given.ndim === 0)
    throw new ShapeMismatch(
      asked,
      `a right-hand side of shape []`,
      "Give a vector, or a matrix with right-hand sides in its columns",
    );
  const isVector = given.ndim === 1;
  const columns = isVector ? reshape(given, { shape: [given.size, 1] }) : given;
  if (rowsOf(matrix) !== rowsOf(columns))
    throw new ShapeMismatch(
      asked,
      `shapes ${showShape(matrix.shape)} and ${showShape(given.shape)}: ${rowsOf(matrix)} rows and ${rowsOf(columns)}`,
      "The right-hand side needs one row for each row of the matrix",
    );
  const lead = broadcastShapes(asked, leadOf(matrix), leadOf(columns));
  return {
    a: broadcastArray(matrix, [...lead, rowsOf(matrix), columnsOf(matrix)]),
    b: broadcastArray(columns, [...lead, rowsOf(columns), columnsOf(columns)]),
    restore: (x) => (isVector ? reshape(x, { shape: x.shape.slice(0, -1) }) : x),
  };
};

/** Computes in float64 and rounds once where the operands are float32. */
export const inDoublePrecision = (operands: readonly NDArray[], compute: (...wide: NDArray[]) => NDArray): NDArray =>
  toDType(compute(...operands.map((x) => toDType(x, "float64"))), operands[0]!.dtype);

/** Machine epsilon of the dtype. */
const epsilonOf = ({ dtype }: NDArray): number => (dtype === "float32" ? 2 ** -23 : 2 ** -52);

/** A relative bound below which singular values count as zero; by default what rounding may leave. */
export const rankTolerance = (asked: string, name: string, given: number | undefined, x: NDArray): number => {
  if (given === undefined) return Math.max(rowsOf(x), columnsOf(x)) * epsilonOf(x);
  if (typeof given !== "number" || !(given >= 0))
    throw new InvalidOption(asked, `${name} ${showValue(given)}`, "Give a number that is not negative");
  return given;
};
