/**
 * Places where something holds: nonzero, argwhere, flatnonzero, extract, compress. How many there are depends on
 * values; traced, the caller gives `size`, what is too many is cut and what is missing is filled.
 */
import { ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxis, showShape } from "../../src/array/shape.ts";
import { zerosOf } from "../../ops/arithmetic.ts";
import { moveAxis, reshape } from "../../ops/shape.ts";
import { join, sliceAxis } from "../../ops/slicing.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand, requireList } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { flattened, isNonzero, rowsAt, sizeOptions, truePlaces, unraveled } from "./true-places.ts";
import type { SizeOptions } from "./true-places.ts";

export type { SizeOptions } from "./true-places.ts";

export interface NonzeroOptions {
  readonly size?: number;
  /** Index, or one per axis, where there are fewer places than `size`. Default 0. */
  readonly fillValue?: number | readonly number[];
}

/**
 * Indices of the elements that are not zero, one int32 vector per axis, in row-major order.
 * @throws DataDependentShape for traced elements without `size`
 * @example np.nonzero(array([[0, 1], [2, 0]])) // [[0, 1], [1, 0]]
 */
export const nonzero = (x: Operand, options: NonzeroOptions = {}): NDArray[] => {
  requireOptions("np.nonzero", options, sizeOptions);
  const own = asOperand("np.nonzero", x);
  const { size, fillValue = 0 } = options;
  if (own.ndim === 0)
    throw new ShapeMismatch("np.nonzero", "a scalar", "A scalar has no indices: use np.atleast1d first");
  if (typeof fillValue !== "number") requireList("np.nonzero", "fillValue", fillValue);
  if (typeof fillValue !== "number" && fillValue.length !== own.ndim)
    throw new ShapeMismatch(
      "np.nonzero",
      `${fillValue.length} fill values for shape ${showShape(own.shape)}`,
      "Give one, or one per axis",
    );
  const places = truePlaces("np.nonzero", isNonzero(own), size);
  return unraveled(places, own.shape, (axis) => (typeof fillValue === "number" ? fillValue : fillValue[axis]!));
};

/**
 * Index tuples of the elements that are not zero: int32, shape [count, rank]. Options as nonzero.
 * @example np.argwhere(array([[0, 1], [2, 0]])) // [[0, 1], [1, 0]]
 */
export const argwhere = (x: Operand, options: NonzeroOptions = {}): NDArray => {
  requireOptions("np.argwhere", options, sizeOptions);
  const own = asOperand("np.argwhere", x);
  if (own.ndim === 0) {
    const places = truePlaces("np.argwhere", isNonzero(own), options.size);
    return zerosOf([places.size, 0], "int32");
  }
  const columns = nonzero(own, options).map((index) => reshape(index, { shape: [index.size, 1] }));
  return columns.length === 1 ? columns[0]! : join(columns, 1);
};

/**
 * Row-major positions of the elements that are not zero. Options as nonzero.
 * @example np.flatnonzero(array([[0, 1], [2, 0]])) // [1, 2]
 */
export const flatnonzero = (x: Operand, options: SizeOptions = {}): NDArray =>
  nonzero(flattened(asOperand("np.flatnonzero", x)), options)[0]!;

/**
 * Elements of the flattened array where the flattened condition is not zero.
 * @param options  size, and fillValue (default 0), where the condition is traced
 * @throws DataDependentShape for a traced condition without `size`
 * @example np.extract(array([true, false, true]), array([1, 2, 3])) // [1, 3]
 */
export const extract = (condition: Operand, x: Operand, options: SizeOptions = {}): NDArray =>
  compress(flattened(asOperand("np.extract", condition)), flattened(asOperand("np.extract", x)), {
    ...options,
    axis: 0,
  });

export interface CompressOptions extends SizeOptions {
  /** One axis; null (default) works on the flattened array. */
  readonly axis?: number | null;
}

/**
 * Slices along an axis where a vector is not zero; a condition that is too short leaves out the rest.
 * The derivative goes to the elements that are kept.
 * @param condition  shape [n], n at most the size of the axis
 * @param options    size, and fillValue (default 0), where the condition is traced
 * @throws DataDependentShape for a traced condition without `size`
 * @example np.compress(array([false, true]), array([[1, 2], [3, 4]]), { axis: 1 }) // [[2], [4]]
 */
export const compress = (condition: Operand, x: Operand, options: CompressOptions = {}): NDArray => {
  requireOptions("np.compress", options, ["axis", ...sizeOptions]);
  const { axis = null, size, fillValue = 0 } = options;
  const [mask, source] = [asOperand("np.compress", condition), asOperand("np.compress", x)];
  const own = axis === null ? flattened(source) : source;
  const at = normalizeAxis("np.compress", axis ?? 0, own.ndim);
  if (mask.ndim !== 1 || mask.size > own.shape[at]!)
    throw new ShapeMismatch(
      "np.compress",
      `condition ${showShape(mask.shape)} for axis ${at} of ${showShape(own.shape)}`,
      "The condition is a vector, not longer than the axis",
    );
  const rows = sliceAxis(moveAxis(own, at, 0), 0, 0, mask.size);
  return moveAxis(rowsAt(rows, truePlaces("np.compress", isNonzero(mask), size), fillValue), 0, at);
};
