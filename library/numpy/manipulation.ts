/**
 * Shapes: reshape, transpose, squeeze, broadcast and the like, all without changing a value, and what an array is.
 */
import { IndexOutOfRange, ShapeMismatch } from "../../src/error.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import {
  broadcastShapes as commonShape,
  normalizeAxes,
  normalizeAxis,
  requireShape,
  showShape,
  sizeOf,
} from "../../src/array/shape.ts";
import * as shapes from "../../ops/shape.ts";
import { axesGiven } from "./axis-argument.ts";
import type { AxisArgument } from "./axis-argument.ts";
import type { Operand } from "./operand.ts";
import { asOperand, broadcastArray, requireDType, toDType } from "./operand.ts";

/**
 * Same elements under another shape; one extent may be -1.
 * @example np.reshape(np.arange(6), [2, -1]) // [[0, 1, 2], [3, 4, 5]]
 */
export const reshape = (x: Operand, shape: number | Shape): NDArray => {
  const own = asOperand("np.reshape", x);
  if (typeof shape !== "number" && !Array.isArray(shape)) requireShape("np.reshape", shape);
  const wanted = typeof shape === "number" ? [shape] : [...shape];
  const open = wanted.indexOf(-1);
  if (open >= 0) {
    const rest = sizeOf(wanted.filter((_, axis) => axis !== open));
    if (wanted.indexOf(-1, open + 1) >= 0 || rest === 0 || own.size % rest !== 0)
      throw new ShapeMismatch(
        "np.reshape",
        `${showShape(own.shape)} to ${showShape(wanted)}`,
        "One extent may be -1, and the rest must divide the number of elements",
      );
    wanted[open] = own.size / rest;
  }
  requireShape("np.reshape", wanted);
  return shapes.reshape(own, { shape: wanted });
};

/**
 * One axis of all elements, row-major.
 * @example np.ravel(array([[1, 2], [3, 4]])) // [1, 2, 3, 4]
 */
export const ravel = (x: Operand): NDArray => reshape(x, [asOperand("np.ravel", x).size]);

/**
 * Axes in another order; without `axes` reversed.
 * @example np.transpose(array([[1, 2], [3, 4]])) // [[1, 3], [2, 4]]
 */
export const transpose = (x: Operand, axes?: readonly number[]): NDArray => {
  const own = asOperand("np.transpose", x);
  const permutation =
    axes === undefined ? own.shape.map((_, axis) => own.ndim - 1 - axis) : orderedAxes("np.transpose", axes, own.ndim);
  if (permutation.length !== own.ndim || new Set(permutation).size !== own.ndim)
    throw new IndexOutOfRange(
      "np.transpose",
      `axes ${showShape(permutation)} of an array of rank ${own.ndim}`,
      "Name every axis once",
    );
  return shapes.transpose(own, { permutation });
};

/**
 * Two axes exchanged.
 * @example np.swapaxes(np.zeros([2, 3, 4]), 0, 2).shape // [4, 3, 2]
 */
export const swapaxes = (x: Operand, first: number, second: number): NDArray => {
  const own = asOperand("np.swapaxes", x);
  const axes = own.shape.map((_, axis) => axis);
  const [left, right] = [normalizeAxis("np.swapaxes", first, own.ndim), normalizeAxis("np.swapaxes", second, own.ndim)];
  [axes[left], axes[right]] = [right, left];
  return shapes.transpose(own, { permutation: axes });
};

/**
 * Axes at other places, one or several; the others keep their order.
 * @param from  one axis or a list
 * @param to    as many
 * @example np.moveaxis(np.zeros([2, 3, 4]), 0, -1).shape // [3, 4, 2]
 */
export const moveaxis = (x: Operand, from: number | readonly number[], to: number | readonly number[]): NDArray => {
  const own = asOperand("np.moveaxis", x);
  const [sources, targets] = [from, to].map((axes) => distinctAxes("np.moveaxis", axes, own.ndim));
  if (sources!.length !== targets!.length)
    throw new ShapeMismatch(
      "np.moveaxis",
      `${sources!.length} axes to ${targets!.length} places`,
      "Give one place per axis",
    );
  const permutation = own.shape.map((_, axis) => axis).filter((axis) => !sources!.includes(axis));
  const inOrder = targets!.map((place, k) => [place, sources![k]!] as const).sort(([left], [right]) => left - right);
  for (const [place, axis] of inOrder) permutation.splice(place, 0, axis);
  return shapes.transpose(own, { permutation });
};

/** Axes in the order they are named in. */
const distinctAxes = (asked: string, axes: number | readonly number[], rank: number): number[] => {
  const ordered = orderedAxes(asked, axes, rank);
  normalizeAxes(asked, ordered, rank);
  return ordered;
};

const orderedAxes = (asked: string, axes: number | readonly number[], rank: number): number[] =>
  (Array.isArray(axes) ? (axes as readonly number[]) : [axes as number]).map((axis) =>
    normalizeAxis(asked, axis, rank),
  );

/**
 * One axis rolled back until it stands before the place `start`.
 * @param start  from -rank to rank, 0 by default
 * @example np.rollaxis(np.zeros([2, 3, 4]), 2).shape // [4, 2, 3]
 */
export const rollaxis = (x: Operand, axis: number, start = 0): NDArray => {
  const own = asOperand("np.rollaxis", x);
  const from = normalizeAxis("np.rollaxis", axis, own.ndim);
  const place = start === own.ndim ? start : normalizeAxis("np.rollaxis", start, own.ndim);
  return shapes.moveAxis(own, from, from < place ? place - 1 : place);
};

/**
 * The last two axes exchanged: every matrix transposed.
 * @example np.matrixTranspose(np.zeros([2, 3, 4])).shape // [2, 4, 3]
 */
export const matrixTranspose = (x: Operand): NDArray => {
  const own = asOperand("np.matrixTranspose", x);
  if (own.ndim < 2)
    throw new ShapeMismatch("np.matrixTranspose", `shape ${showShape(own.shape)}`, "Give at least two axes");
  return swapaxes(own, -1, -2);
};

/**
 * New axes of size 1 at these positions of the result, as `axis` or `{ axis }`.
 * @example np.expandDims(array([1, 2]), 0) // [[1, 2]]
 */
export const expandDims = (x: Operand, axis: AxisArgument): NDArray => {
  const own = asOperand("np.expandDims", x);
  const axes = axesGiven("np.expandDims", axis);
  const count = Array.isArray(axes) ? axes.length : 1;
  const at = normalizeAxes(
    "np.expandDims",
    orderedAxes("np.expandDims", axes as number, own.ndim + count),
    own.ndim + count,
  );
  let next = 0;
  const shape = Array.from({ length: own.ndim + count }, (_, k) => (at.includes(k) ? 1 : own.shape[next++]!));
  return shapes.reshape(own, { shape });
};

/**
 * Without axes of size 1: all of them, or those named by `axis` or `{ axis }`.
 * @example np.squeeze(array([[1, 2]])) // [1, 2]
 */
export const squeeze = (x: Operand, axis?: AxisArgument): NDArray => {
  const own = asOperand("np.squeeze", x);
  const axes = axesGiven("np.squeeze", axis) ?? null;
  const dropped =
    axes === null
      ? own.shape.flatMap((extent, k) => (extent === 1 ? [k] : []))
      : normalizeAxes("np.squeeze", axes, own.ndim);
  if (dropped.some((k) => own.shape[k] !== 1))
    throw new ShapeMismatch(
      "np.squeeze",
      `axes ${showShape(dropped)} of shape ${showShape(own.shape)}`,
      "Only axes of size 1 can be dropped",
    );
  return shapes.reshape(own, { shape: own.shape.filter((_, k) => !dropped.includes(k)) });
};

/**
 * Repeated to a shape the array broadcasts to.
 * @example np.broadcastTo(array([1, 2]), [2, 2]) // [[1, 2], [1, 2]]
 */
export const broadcastTo = (x: Operand, shape: Shape): NDArray => {
  const own = asOperand("np.broadcastTo", x);
  requireShape("np.broadcastTo", shape);
  const common = commonShape("np.broadcastTo", own.shape, shape);
  if (common.length !== shape.length || common.some((extent, axis) => extent !== shape[axis]))
    throw new ShapeMismatch(
      "np.broadcastTo",
      `${showShape(own.shape)} to ${showShape(shape)}`,
      "The array's sizes must be equal to the shape's or 1",
    );
  return broadcastArray(own, common);
};

/**
 * Elements in another dtype: floats turn into integers towards zero, saturating, NaN into 0; into bool by x != 0.
 * @example np.astype(array([1.9, -1.9, NaN]), "int32") // [1, -1, 0]
 */
export const astype = (x: Operand, dtype: DType): NDArray => {
  requireDType("np.astype", dtype);
  return toDType(asOperand("np.astype", x), dtype);
};

/**
 * All operands repeated to their common shape.
 * @example np.broadcastArrays(array([1, 2]), 0) // [[1, 2], [0, 0]]
 */
export const broadcastArrays = (...list: readonly Operand[]): NDArray[] => {
  const arrays = list.map((x) => asOperand("np.broadcastArrays", x));
  const shape = commonShape("np.broadcastArrays", ...arrays.map((x) => x.shape));
  return arrays.map((x) => broadcastArray(x, shape));
};

/**
 * The shape that arrays of these shapes broadcast to.
 * @throws ShapeMismatch
 * @example np.broadcastShapes([3, 1], [2]) // [3, 2]
 */
export const broadcastShapes = (...list: readonly (number | Shape)[]): number[] => {
  const own = list.map((shape) => (typeof shape === "number" ? [shape] : shape));
  for (const shape of own) requireShape("np.broadcastShapes", shape);
  return [...commonShape("np.broadcastShapes", ...own)];
};

// --- What an array is -------------------------------------------------------------------------

/**
 * Number of axes.
 * @example np.ndim(array([[1, 2]])) // 2
 */
export const ndim = (x: Operand): number => asOperand("np.ndim", x).ndim;

/**
 * Size of every axis.
 * @example np.shape(array([[1, 2]])) // [1, 2]
 */
export const shape = (x: Operand): number[] => [...asOperand("np.shape", x).shape];

/**
 * Number of elements, of all or along some axes, given as `axis` or `{ axis }`.
 * @example np.size(np.zeros([2, 3]), 1) // 3
 */
export const size = (x: Operand, axis?: AxisArgument): number => {
  const own = asOperand("np.size", x);
  return sizeOf(normalizeAxes("np.size", axesGiven("np.size", axis), own.ndim).map((each) => own.shape[each]!));
};

/**
 * The array itself, which nobody can write to; a number becomes an array.
 * @example np.copy(array([1, 2])) // [1, 2]
 */
export const copy = (x: Operand): NDArray => {
  const own = asOperand("np.copy", x);
  return toDType(own, own.dtype);
};

/** Lists of one array stand for the array: np.atleast1d(x) and np.atleast1d(x, y). */
interface AtLeast {
  (x: Operand): NDArray;
  (...list: readonly Operand[]): NDArray[];
}

const atLeast = (asked: string, spread: (own: Shape) => Shape): AtLeast =>
  ((...list: readonly Operand[]) => {
    const arrays = list.map((x) => {
      const own = asOperand(asked, x);
      return shapes.reshape(own, { shape: spread(own.shape) });
    });
    return arrays.length === 1 ? arrays[0]! : arrays;
  }) as AtLeast;

/**
 * Scalars as arrays of one element; several arrays give a list.
 * @example np.atleast1d(3) // [3]
 */
export const atleast1d: AtLeast = atLeast("np.atleast1d", (own) => (own.length === 0 ? [1] : own));

/**
 * Scalars and vectors as a matrix of one row; several arrays give a list.
 * @example np.atleast2d(array([1, 2])) // [[1, 2]]
 */
export const atleast2d: AtLeast = atLeast("np.atleast2d", (own) => (own.length < 2 ? [1, own[0] ?? 1] : own));

/**
 * At least three axes: a vector becomes [1, n, 1], a matrix [m, n, 1]; several arrays give a list.
 * @example np.atleast3d(array([1, 2])) // [[[1], [2]]]
 */
export const atleast3d: AtLeast = atLeast("np.atleast3d", (own) => {
  if (own.length >= 3) return own;
  return own.length === 2 ? [...own, 1] : [1, own[0] ?? 1, 1];
});

export { transpose as permuteDims };
