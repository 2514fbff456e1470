/**
 * Arrays from nothing: constants, ranges, identities. float64 by default.
 */
import { InvalidOption } from "../../src/error.ts";
import { castBuffer, createArray } from "../../src/array/create.ts";
import type { ArrayOptions, NestedData } from "../../src/array/create.ts";
import { allocate } from "../../src/array/dtype.ts";
import type { DType, TypedArray } from "../../src/array/dtype.ts";
import { fromBuffer, NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { requireShape } from "../../src/array/shape.ts";
import { full as fullOf } from "../../ops/arithmetic.ts";
import { requireOptions } from "../../src/options.ts";
import { broadcastTo } from "./manipulation.ts";
import { asOperand, requireDType, toDType } from "./operand.ts";
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
  if (data instanceof NDArray && options.shape === undefined)
    return options.dtype === undefined ? data : toDType(data, options.dtype);
  return createArray(data, options);
};

export { array as asarray };

const shapeOf = (asked: string, shape: number | Shape): Shape => {
  const list = typeof shape === "number" ? [shape] : [...shape];
  requireShape(asked, list);
  return list;
};

/** The dtype asked for, after checking the options. */
const dtypeOf = (asked: string, options: CreationOptions, otherwise: DType, others: readonly string[] = []): DType => {
  requireOptions(asked, options, ["dtype", ...others]);
  const { dtype = otherwise } = options;
  requireDType(asked, dtype);
  return dtype;
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
  if (typeof value === "number") return constant(value, own, dtypeOf("np.full", options, "float64"));
  const source = asOperand("np.full", value);
  return broadcastTo(toDType(source, dtypeOf("np.full", options, source.dtype)), own);
};

/**
 * Zeros of a shape.
 * @example np.zeros([2, 2]) // [[0, 0], [0, 0]]
 */
export const zeros = (shape: number | Shape, options: CreationOptions = {}): NDArray =>
  constant(0, shapeOf("np.zeros", shape), dtypeOf("np.zeros", options, "float64"));
/**
 * Ones of a shape.
 * @example np.ones(3) // [1, 1, 1]
 */
export const ones = (shape: number | Shape, options: CreationOptions = {}): NDArray =>
  constant(1, shapeOf("np.ones", shape), dtypeOf("np.ones", options, "float64"));
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
 * One number in the shape and dtype of x.
 * @example np.fullLike(array([1, 2]), 7) // [7, 7]
 */
export const fullLike = (x: NDArray, value: number, options: CreationOptions = {}): NDArray =>
  constant(value, x.shape, dtypeOf("np.fullLike", options, x.dtype));

const fromNumbers = (values: Float64Array, shape: Shape, dtype: DType): NDArray =>
  fromBuffer(castBuffer(values, "float64", dtype), shape, dtype);

/**
 * start, start + step, ... below stop; one argument counts from 0.
 * @example np.arange(3) // [0, 1, 2]
 */
export const arange = (start: number, stop?: number, step = 1, options: CreationOptions = {}): NDArray => {
  const dtype = dtypeOf("np.arange", options, "float64");
  const [first, last] = stop === undefined ? [0, start] : [start, stop];
  if (!Number.isFinite(first) || !Number.isFinite(last) || !Number.isFinite(step) || step === 0)
    throw new InvalidOption(
      "np.arange",
      `start ${first}, stop ${last}, step ${step}`,
      "Give finite numbers and a step that is not 0",
    );
  const length = Math.max(0, Math.ceil((last - first) / step));
  requireShape("np.arange", [length]);
  return fromNumbers(
    Float64Array.from({ length }, (_, k) => first + k * step),
    [length],
    dtype,
  );
};

/**
 * `count` equidistant numbers from start to stop, both included.
 * @example np.linspace(0, 1, 3) // [0, 0.5, 1]
 */
export const linspace = (
  start: number,
  stop: number,
  count = 50,
  options: CreationOptions & { readonly endpoint?: boolean } = {},
): NDArray => {
  const dtype = dtypeOf("np.linspace", options, "float64", ["endpoint"]);
  const { endpoint = true } = options;
  requireShape("np.linspace", [count]);
  const intervals = Math.max(1, endpoint ? count - 1 : count);
  const values = Float64Array.from({ length: count }, (_, k) => start + ((stop - start) * k) / intervals);
  if (endpoint && count > 1) values[count - 1] = stop;
  return fromNumbers(values, [count], dtype);
};

/**
 * Ones on a diagonal: shape [rows, columns], columns - rows offset `k` up.
 * @example np.eye(2, 3, { k: 1 }) // [[0, 1, 0], [0, 0, 1]]
 */
export const eye = (
  rows: number,
  columns: number = rows,
  options: CreationOptions & { readonly k?: number } = {},
): NDArray => {
  const dtype = dtypeOf("np.eye", options, "float64", ["k"]);
  const { k = 0 } = options;
  const size = requireShape("np.eye", [rows, columns]);
  const out = allocate(dtype, size);
  for (let row = 0; row < rows; row++) if (row + k >= 0 && row + k < columns) out[row * columns + row + k] = 1;
  return fromBuffer(out, [rows, columns], dtype);
};

/**
 * The square identity matrix.
 * @example np.identity(2) // [[1, 0], [0, 1]]
 */
export const identity = (size: number, options: CreationOptions = {}): NDArray => eye(size, size, options);
