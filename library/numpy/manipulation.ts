/**
 * Shapes and joins: reshape, transpose, concatenate, stack, pad, ... all without changing a value.
 */
import { IndexOutOfRange, InvalidOption, InvalidShape, ShapeMismatch } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import {
  broadcastShapes,
  normalizeAxes,
  normalizeAxis,
  requireShape,
  showShape,
  sizeOf,
} from "../../src/array/shape.ts";
import { zerosOf } from "../../ops/arithmetic.ts";
import { gather, scatterSet } from "../../ops/indexing.ts";
import * as shapes from "../../ops/shape.ts";
import * as slicing from "../../ops/slicing.ts";
import type { Operand } from "./operand.ts";
import { asOperand, broadcastArray, requireDType, toDType } from "./operand.ts";

/**
 * Same elements under another shape; one extent may be -1.
 * @example np.reshape(np.arange(6), [2, -1]) // [[0, 1, 2], [3, 4, 5]]
 */
export const reshape = (x: Operand, shape: number | Shape): NDArray => {
  const own = asOperand("np.reshape", x);
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
    axes === undefined
      ? own.shape.map((_, axis) => own.ndim - 1 - axis)
      : axes.map((axis) => normalizeAxis("np.transpose", axis, own.ndim));
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
 * One axis at another place; the others keep their order.
 * @example np.moveaxis(np.zeros([2, 3, 4]), 0, -1).shape // [3, 4, 2]
 */
export const moveaxis = (x: Operand, from: number, to: number): NDArray => {
  const own = asOperand("np.moveaxis", x);
  return shapes.moveAxis(own, normalizeAxis("np.moveaxis", from, own.ndim), normalizeAxis("np.moveaxis", to, own.ndim));
};

/**
 * New axes of size 1 at these positions of the result.
 * @example np.expandDims(array([1, 2]), 0) // [[1, 2]]
 */
export const expandDims = (x: Operand, axis: number | readonly number[]): NDArray => {
  const own = asOperand("np.expandDims", x);
  const count = typeof axis === "number" ? 1 : axis.length;
  const at = normalizeAxes("np.expandDims", axis, own.ndim + count);
  let next = 0;
  const shape = Array.from({ length: own.ndim + count }, (_, k) => (at.includes(k) ? 1 : own.shape[next++]!));
  return shapes.reshape(own, { shape });
};

/**
 * Without axes of size 1: all of them, or those named.
 * @example np.squeeze(array([[1, 2]])) // [1, 2]
 */
export const squeeze = (x: Operand, axis?: number | readonly number[] | null): NDArray => {
  const own = asOperand("np.squeeze", x);
  const dropped =
    axis === undefined || axis === null
      ? own.shape.flatMap((extent, k) => (extent === 1 ? [k] : []))
      : normalizeAxes("np.squeeze", axis, own.ndim);
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
  const common = broadcastShapes("np.broadcastTo", own.shape, shape);
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

const sameTypes = (asked: string, list: readonly Operand[]): NDArray[] => {
  if (!Array.isArray(list) || list.length === 0)
    throw new InvalidOption(asked, "an empty list", "Give at least one array, in a list");
  const arrays = list.map((x) => asOperand(asked, x));
  const { dtype } = resultType(arrays);
  return arrays.map((x) => toDType(x, dtype));
};

/**
 * Arrays joined along an existing axis.
 * @example np.concatenate([array([1]), array([2, 3])]) // [1, 2, 3]
 */
export const concatenate = (list: readonly Operand[], { axis = 0 }: { readonly axis?: number } = {}): NDArray => {
  const arrays = sameTypes("np.concatenate", list);
  const at = normalizeAxis("np.concatenate", axis, arrays[0]!.ndim);
  return arrays.length === 1 ? arrays[0]! : slicing.join(arrays, at);
};

/**
 * Arrays of one shape joined along a new axis.
 * @example np.stack([array([1, 2]), array([3, 4])], { axis: 1 }) // [[1, 3], [2, 4]]
 */
export const stack = (list: readonly Operand[], { axis = 0 }: { readonly axis?: number } = {}): NDArray => {
  const arrays = promoteAll("np.stack", list);
  const at = normalizeAxis("np.stack", axis, arrays[0]!.ndim + 1);
  return concatenate(
    arrays.map((x) => expandDims(x, at)),
    { axis: at },
  );
};

const promoteAll = (asked: string, list: readonly Operand[]): NDArray[] => {
  const arrays = sameTypes(asked, list);
  for (const x of arrays)
    if (x.shape.length !== arrays[0]!.shape.length || x.shape.some((extent, axis) => extent !== arrays[0]!.shape[axis]))
      throw new ShapeMismatch(
        asked,
        `shapes ${arrays.map((each) => showShape(each.shape)).join(", ")}`,
        "All arrays need one shape",
      );
  return arrays;
};

/**
 * Elements in reverse order along axes (all by default).
 * @example np.flip(array([1, 2, 3])) // [3, 2, 1]
 */
export const flip = (x: Operand, axis?: number | readonly number[] | null): NDArray => {
  const own = asOperand("np.flip", x);
  return slicing.reverse(own, { axes: normalizeAxes("np.flip", axis, own.ndim) });
};

export type PadWidth = number | readonly [number, number] | readonly (readonly [number, number])[];

/**
 * A constant border: one width, [before, after] for all axes, or a pair per axis.
 * @example np.pad(array([1, 2]), [1, 0], { value: 9 }) // [9, 1, 2]
 */
export const pad = (x: Operand, width: PadWidth, { value = 0 }: { readonly value?: number } = {}): NDArray => {
  const own = asOperand("np.pad", x);
  const pairs: (readonly [number, number])[] = own.shape.map((_, axis) => {
    if (typeof width === "number") return [width, width];
    return typeof width[0] === "number"
      ? (width as readonly [number, number])
      : (width as readonly (readonly [number, number])[])[axis]!;
  });
  const isPerAxis = typeof width !== "number" && typeof width[0] !== "number";
  if (
    (isPerAxis && width.length !== own.ndim) ||
    pairs.some((pair) => pair === undefined || !pair.every((w) => Number.isInteger(w) && w >= 0))
  )
    throw new InvalidShape(
      "np.pad",
      `widths ${JSON.stringify(width)} for rank ${own.ndim}`,
      "Widths are whole numbers, zero or more, one pair per axis",
    );
  return slicing.pad(own, toDType(asOperand("np.pad", value), own.dtype), {
    padding: pairs.map(([low, high]) => [low, high, 0] as const),
  });
};

/**
 * Equal parts along an axis.
 * @example np.split(array([1, 2, 3, 4]), [1]) // [[1], [2, 3, 4]]
 */
export const split = (
  x: Operand,
  sections: number | readonly number[],
  { axis = 0 }: { readonly axis?: number } = {},
): NDArray[] => {
  const own = asOperand("np.split", x);
  const at = normalizeAxis("np.split", axis, own.ndim);
  const extent = own.shape[at]!;
  if (typeof sections === "number" && (sections < 1 || extent % sections !== 0))
    throw new ShapeMismatch(
      "np.split",
      `${extent} elements in ${sections} sections`,
      "The sections must divide the axis; give a list of positions otherwise",
    );
  const cuts =
    typeof sections === "number"
      ? Array.from({ length: sections - 1 }, (_, k) => ((k + 1) * extent) / sections)
      : [...sections];
  const bounds = [0, ...cuts, extent];
  return bounds.slice(1).map((to, k) => slicing.sliceAxis(own, at, bounds[k]!, to));
};

/**
 * The array repeated `count` times along every axis.
 * @example np.tile(array([1, 2]), 2) // [1, 2, 1, 2]
 */
export const tile = (x: Operand, counts: number | readonly number[]): NDArray => {
  const own = asOperand("np.tile", x);
  const list = typeof counts === "number" ? [counts] : [...counts];
  requireShape(
    "np.tile",
    list.map((count) => Math.min(count, 1)),
  );
  while (list.length < own.ndim) list.unshift(1);
  const extents = [...new Array<number>(list.length - own.ndim).fill(1), ...own.shape];
  const tiled = list.map((count, axis) => count * extents[axis]!);
  requireShape("np.tile", tiled);
  // Every axis becomes a pair [count, extent], the first repeated.
  const pairs = list.flatMap((count, axis) => [count, extents[axis]!]);
  const single = reshape(
    own,
    extents.flatMap((extent) => [1, extent]),
  );
  return reshape(broadcastArray(single, pairs), tiled);
};

/**
 * All operands repeated to their common shape.
 * @example np.broadcastArrays(array([1, 2]), 0) // [[1, 2], [0, 0]]
 */
export const broadcastArrays = (...list: readonly Operand[]): NDArray[] => {
  const arrays = list.map((x) => asOperand("np.broadcastArrays", x));
  const shape = broadcastShapes("np.broadcastArrays", ...arrays.map((x) => x.shape));
  return arrays.map((x) => broadcastArray(x, shape));
};

export interface AxisOption {
  /** One axis; null works on the flattened array. */
  readonly axis?: number | null;
}

/**
 * Every element repeated: `counts` times each, or as often as the list says for its place along the axis.
 * Without an axis the array is flattened first.
 * @example np.repeat(array([1, 2]), [1, 2]) // [1, 2, 2]
 */
export const repeat = (x: Operand, counts: number | readonly number[], { axis = null }: AxisOption = {}): NDArray => {
  const source = asOperand("np.repeat", x);
  const own = axis === null ? ravel(source) : source;
  const at = normalizeAxis("np.repeat", axis ?? 0, own.ndim);
  const extent = own.shape[at]!;
  const list = typeof counts === "number" ? new Array<number>(extent).fill(counts) : counts;
  requireShape("np.repeat", typeof counts === "number" ? [counts] : counts);
  if (list.length !== extent)
    throw new ShapeMismatch(
      "np.repeat",
      `${list.length} counts for ${extent} elements`,
      "Give one count, or one per element along the axis",
    );
  const places = list.flatMap((count, k) => new Array<number>(count).fill(k));
  requireShape("np.repeat", own.shape.with(at, places.length));
  const rows = shapes.moveAxis(own, at, 0);
  return shapes.moveAxis(gather(rows, indexColumns(places), { mode: "drop", batchDims: 0 }), 0, at);
};

/** Index tuples from their columns: shape [rows, columns]. */
const indexColumns = (...columns: readonly (readonly number[])[]): NDArray => {
  const rows = columns[0]!.length;
  const flat = Int32Array.from(
    { length: rows * columns.length },
    (_, k) => columns[k % columns.length]![Math.floor(k / columns.length)]!,
  );
  return fromBuffer(flat, [rows, columns.length], "int32");
};

/**
 * Elements moved on by `shift` along an axis, those that leave at one end come in at the other. Without an axis in flattened order.
 * @example np.roll(array([1, 2, 3]), 1) // [3, 1, 2]
 */
export const roll = (x: Operand, shift: number, { axis = null }: AxisOption = {}): NDArray => {
  const own = asOperand("np.roll", x);
  if (!Number.isSafeInteger(shift)) throw new InvalidOption("np.roll", `shift ${shift}`, "Shift by a whole number");
  if (axis === null)
    return own.ndim === 1 ? roll(own, shift, { axis: 0 }) : reshape(roll(ravel(own), shift, { axis: 0 }), own.shape);
  const at = normalizeAxis("np.roll", axis, own.ndim);
  const extent = own.shape[at]!;
  const cut = extent === 0 ? 0 : ((-shift % extent) + extent) % extent;
  if (cut === 0) return own;
  return slicing.concatenate(slicing.sliceAxis(own, at, cut, extent), slicing.sliceAxis(own, at, 0, cut), { axis: at });
};

export interface DiagonalOptions {
  /** Columns the diagonal lies above the main one; negative below. Default 0. */
  readonly k?: number;
}

/** Rows and columns of a diagonal of a rows x columns matrix. */
const diagonalPlaces = (asked: string, rows: number, columns: number, k: number): readonly [number[], number[]] => {
  if (!Number.isSafeInteger(k)) throw new InvalidOption(asked, `k ${k}`, "Diagonals are counted by whole numbers");
  const first = Math.max(0, -k);
  const length = Math.max(0, Math.min(rows - first, columns - first - k));
  const down = Array.from({ length }, (_, step) => first + step);
  return [down, down.map((row) => row + k)];
};

/**
 * Diagonals of the matrices in the first two axes: shape [...other axes, length].
 * @example np.diagonal(array([[1, 2], [3, 4]])) // [1, 4]
 */
export const diagonal = (x: Operand, { k = 0 }: DiagonalOptions = {}): NDArray => {
  const own = asOperand("np.diagonal", x);
  if (own.ndim < 2) throw new ShapeMismatch("np.diagonal", `shape ${showShape(own.shape)}`, "Give at least two axes");
  const read = gather(own, indexColumns(...diagonalPlaces("np.diagonal", own.shape[0]!, own.shape[1]!, k)), {
    mode: "drop",
    batchDims: 0,
  });
  return shapes.moveAxis(read, 0, read.ndim - 1);
};

/**
 * The diagonal of a matrix, or the square matrix with a vector on its diagonal and zeros elsewhere.
 * @example np.diag(array([1, 2])) // [[1, 0], [0, 2]]
 */
export const diag = (x: Operand, options: DiagonalOptions = {}): NDArray => {
  const own = asOperand("np.diag", x);
  if (own.ndim === 2) return diagonal(own, options);
  if (own.ndim !== 1)
    throw new ShapeMismatch(
      "np.diag",
      `shape ${showShape(own.shape)}`,
      "Give a vector or a matrix; diagonal takes more axes",
    );
  const { k = 0 } = options;
  const size = own.size + Math.abs(k);
  const places = indexColumns(...diagonalPlaces("np.diag", size, size, k));
  return scatterSet(zerosOf([size, size], own.dtype), places, own, { mode: "drop", batchDims: 0 });
};

/**
 * Sum of a diagonal of the matrices in the first two axes.
 * @example np.trace(array([[1, 2], [3, 4]])) // 5
 */
export const trace = (x: Operand, options: DiagonalOptions = {}): NDArray => {
  const along = diagonal(x, options);
  return shapes.reduceSum(along.dtype === "bool" ? toDType(along, "int32") : along, { axes: [along.ndim - 1] });
};
