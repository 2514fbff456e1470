/**
 * Boxes of static size at starts that may be traced: what a loop reads and writes. A box that would stick out is
 * moved inside, as in JAX; negative starts count from the end. Linear in the arrays.
 */
import { InvalidIndex } from "../../src/error.ts";
import { isInteger, isWeakWhole } from "../../src/array/dtype.ts";
import { fromBuffer, NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { add, full } from "../../ops/arithmetic.ts";
import { lt, select } from "../../ops/comparison.ts";
import * as dynamic from "../../ops/dynamic-slicing.ts";
import { reshape } from "../../ops/shape.ts";
import { join } from "../../ops/slicing.ts";
import { asOperand, requireList, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { toInt32 } from "./selected-elements.ts";

/** One start per axis: numbers or traced scalars in a list, or an integer vector. */
export type Starts = readonly Operand[] | NDArray;

const startVector = (asked: string, starts: Starts): NDArray => {
  if (starts instanceof NDArray) return starts;
  requireList(asked, "starts", starts);
  const list = starts.map((start) => {
    const own = asOperand(asked, start);
    const isWhole = isInteger(own.dtype) || isWeakWhole(own.weakType);
    if (own.size !== 1 || !isWhole)
      throw new InvalidIndex(asked, `the start ${showAval(own)}`, "Starts are whole numbers");
    return reshape(toInt32(own), { shape: [1] });
  });
  return list.length === 0 ? fromBuffer(new Int32Array(0), [0], "int32") : join(list, 0);
};

/** Negative starts have the size of their axis added. */
const fromFront = (starts: NDArray, shape: Shape): NDArray => {
  if (starts.dtype !== "int32" || starts.size !== shape.length) return starts;
  const extents = fromBuffer(Int32Array.from(shape), [shape.length], "int32");
  return select(lt(starts, full(0, starts.shape, "int32")), add(starts, extents), starts);
};

/**
 * The box of static sizes at starts that may be traced.
 * @param starts  one per axis
 * @param sizes   one per axis, at most the array's
 * @throws ShapeMismatch, DTypeMismatch, InvalidIndex
 * @example np.dynamicSlice(array([1, 2, 3, 4]), [3], [2]) // [3, 4]
 */
export const dynamicSlice = (x: Operand, starts: Starts, sizes: Shape): NDArray => {
  const own = asOperand("np.dynamicSlice", x);
  return dynamic.dynamicSlice(own, fromFront(startVector("np.dynamicSlice", starts), own.shape), { sizes });
};

/**
 * The array with the box at starts, which may be traced, replaced.
 * @param update  of the rank of x, no larger; cast to the dtype of x
 * @param starts  one per axis
 * @throws ShapeMismatch, DTypeMismatch, InvalidIndex
 * @example np.dynamicUpdateSlice(array([1, 2, 3, 4]), array([9]), [1]) // [1, 9, 3, 4]
 */
export const dynamicUpdateSlice = (x: Operand, update: Operand, starts: Starts): NDArray => {
  const own = asOperand("np.dynamicUpdateSlice", x);
  const written = toDType(asOperand("np.dynamicUpdateSlice", update), own.dtype);
  return dynamic.dynamicUpdateSlice(own, written, fromFront(startVector("np.dynamicUpdateSlice", starts), own.shape));
};
