/**
 * Arrays from data and constants. float64 by default.
 */
import { castBuffer, createArray } from "../../src/array/create.ts";
import type { ArrayOptions, NestedData } from "../../src/array/create.ts";
import type { DType, TypedArray } from "../../src/array/dtype.ts";
import { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { requireShape } from "../../src/array/shape.ts";
import { full as fullOf } from "../../ops/arithmetic.ts";
import { requireOptions } from "../../src/options.ts";
import { broadcastTo } from "./manipulation.ts";
import { asOperand, dtypeOption, requireDType, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";

export interface CreationOptions {
  readonly dtype?: DType;
}

/** Views that say nothing of a dtype here: they need one. */
type Bytes = Int8Array | Uint8ClampedArray | Int16Array | Uint16Array;

/** Data that `array` accepts: numbers, booleans, nested lists of them, typed arrays, arrays. */
export type ArrayData = NestedData | TypedArray | Bytes | readonly TypedArray[] | NDArray;

/**
 * An immutable array. Typed arrays are copied and keep their dtype (bytes need one); numbers make float64, booleans bool.
 * @param options  dtype; shape of the row-major data
 * @throws RaggedInput and InvalidElement with the path, InvalidShape, ShapeMismatch, DTypeMismatch
 * @example array([[1, 2], [3, 4]]).shape // [2, 2]
 */
export const array = (data: ArrayData, options: ArrayOptions = {}): NDArray => {
  requireOptions("array", options, ["dtype", "shape"]);
  if (options.dtype !== undefined) requireDType("array(data, { dtype })", options.dtype);
  if (data instanceof NDArray && options.shape === undefined)
    return options.dtype === undefined ? data : toDType(data, options.dtype);
  return createArray(data, options);
};

export { array as asarray };

const shapeOf = (asked: string, shape: number | Shape): Shape => {
  const list = typeof shape === "number" ? [shape] : shape;
  requireShape(asked, list);
  return [...list];
};

/** A repeated number as the dtype holds it: booleans by x != 0, integers cut and saturated. */
const constant = (value: number, shape: Shape, dtype: DType): NDArray =>
  fullOf(castBuffer([value], "float64", dtype)[0]!, shape, dtype);

/**
 * `value` everywhere; the value may be an array that broadcasts to the shape.
 * @example np.full([2, 2], 7) // [[7, 7], [7, 7]]
 */
export const full = (shape: number | Shape, value: Operand, options: CreationOptions = {}): NDArray => {
  const own = shapeOf("np.full", shape);
  if (typeof value === "number") return constant(value, own, dtypeOption("np.full", options, "float64"));
  const source = asOperand("np.full", value);
  return broadcastTo(toDType(source, dtypeOption("np.full", options, source.dtype)), own);
};

/**
 * Zeros of a shape.
 * @example np.zeros([2, 2]) // [[0, 0], [0, 0]]
 */
export const zeros = (shape: number | Shape, options: CreationOptions = {}): NDArray =>
  constant(0, shapeOf("np.zeros", shape), dtypeOption("np.zeros", options, "float64"));
/**
 * Ones of a shape.
 * @example np.ones(3) // [1, 1, 1]
 */
export const ones = (shape: number | Shape, options: CreationOptions = {}): NDArray =>
  constant(1, shapeOf("np.ones", shape), dtypeOption("np.ones", options, "float64"));
/**
 * Zeros in the shape and dtype of x.
 * @example np.zerosLike(array([1, 2])) // [0, 0]
 */
export const zerosLike = (x: NDArray, options: CreationOptions = {}): NDArray => fullLike(x, 0, options);
/**
 * Ones in the shape and dtype of x.
 * @example np.onesLike(array([[1, 2]])) // [[1, 1]]
 */
export const onesLike = (x: NDArray, options: CreationOptions = {}): NDArray => fullLike(x, 1, options);
/**
 * `value` in the shape and dtype of x; the value may be an array that broadcasts to the shape, which differentiates.
 * @throws ShapeMismatch
 * @example np.fullLike(array([1, 2]), 7) // [7, 7]
 * @example np.fullLike(array([[1, 2], [3, 4]]), array([5, 6])) // [[5, 6], [5, 6]]
 */
export const fullLike = (x: NDArray, value: Operand, options: CreationOptions = {}): NDArray => {
  const { shape, dtype } = asOperand("np.fullLike", x);
  const own = dtypeOption("np.fullLike", options, dtype);
  if (typeof value === "number") return constant(value, shape, own);
  return broadcastTo(toDType(asOperand("np.fullLike", value), own), shape);
};

/**
 * An array of a shape whose elements do not matter: zeros, since memory here is never uninitialized.
 * @example np.empty([2, 3]).shape // [2, 3]
 */
export const empty = (shape: number | Shape, options: CreationOptions = {}): NDArray => zeros(shape, options);
/**
 * An array in the shape and dtype of x whose elements do not matter: zeros.
 * @example np.emptyLike(array([1, 2])).shape // [2]
 */
export const emptyLike = (x: NDArray, options: CreationOptions = {}): NDArray => fullLike(x, 0, options);
