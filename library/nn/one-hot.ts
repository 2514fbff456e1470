/** One-hot vectors of class numbers. */
import { showValue } from "../../src/describe.ts";
import { IndexOutOfRange, InvalidOption } from "../../src/error.ts";
import type { DType } from "../../src/array/dtype.ts";
import { allocate } from "../../src/array/storage.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { eq } from "../../ops/comparison.ts";
import { broadcast } from "../../ops/shape.ts";
import { asOperand, dtypeOption, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";

export interface OneHotOptions {
  /** Default float64. */
  readonly dtype?: DType;
  /** Where the axis of classes stands in the result. Default -1, the last. */
  readonly axis?: number;
}

/**
 * 1 at each class number along a new axis of size `classes`, 0 elsewhere; a number outside 0 to classes - 1 gives zeros.
 * @throws InvalidOption, IndexOutOfRange, UnknownOption
 * Derivatives: 0.
 * @example nn.oneHot(array([0, 2], { dtype: "int32" }), 3) // [[1, 0, 0], [0, 0, 1]]
 * @example nn.oneHot(array([0, 2]), 3, { axis: 0 }) // [[1, 0], [0, 0], [0, 1]]
 */
export const oneHot = (x: Operand, classes: number, options: OneHotOptions = {}): NDArray => {
  const dtype = dtypeOption("nn.oneHot", options, "float64", ["axis"]);
  if (!Number.isSafeInteger(classes) || classes < 0)
    throw new InvalidOption("nn.oneHot", `${showValue(classes)} classes`, "Give a whole number from 0");
  const own = asOperand("nn.oneHot", x);
  const rank = own.ndim + 1;
  const axis = options.axis ?? -1;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new IndexOutOfRange(
      "nn.oneHot",
      `axis ${showValue(axis)} of a result of rank ${rank}`,
      `Use ${-rank} to ${rank - 1}`,
    );
  const place = axis < 0 ? axis + rank : axis;
  const shape = [...own.shape.slice(0, place), classes, ...own.shape.slice(place)];
  const numbers = allocate(own.dtype === "bool" ? "int32" : own.dtype, classes).map((_, k) => k);
  const labels = fromBuffer(numbers, [classes], own.dtype === "bool" ? "int32" : own.dtype);
  const counted = own.dtype === "bool" ? toDType(own, "int32") : own;
  const kept = own.shape.map((_, k) => (k < place ? k : k + 1));
  return toDType(eq(broadcast(counted, { shape, axes: kept }), broadcast(labels, { shape, axes: [place] })), dtype);
};
