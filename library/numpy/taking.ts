/**
 * Reading and writing along an axis: take, takeAlongAxis, put, putAlongAxis; positions and indices of a shape:
 * ravelMultiIndex, unravelIndex. Arrays of indices follow a mode; negative ones count from the end once.
 */
import { DTypeMismatch, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { broadcastShapes, normalizeAxis, requireShape, showShape, sizeOf, stridesOf } from "../../src/array/shape.ts";
import * as arithmetic from "../../ops/arithmetic.ts";
import { gather, gatherAlong, scatterSet } from "../../ops/indexing.ts";
import { moveAxis, reshape } from "../../ops/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { requireOptions } from "../../src/options.ts";
import { planIndices } from "./index-forms.ts";
import { asOperand, broadcastArray, requireList, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import {
  fromZero,
  modulo,
  nearest,
  readArrays,
  readBox,
  requireMode,
  requireReadOptions,
  reshaped,
  scatterModeOf,
  writeModes,
} from "./selected-elements.ts";
import type { ReadOptions, WriteOptions } from "./selected-elements.ts";
import { flattened, indexColumns, unraveled } from "./true-places.ts";

export interface TakeOptions extends ReadOptions {
  /** One axis; null (default) takes from the flattened array. */
  readonly axis?: number | null;
}

/**
 * Elements along an axis at a whole number (static: out of range throws) or an array of integers (follows `mode`).
 * @returns shape of x with the axis replaced by the shape of the indices
 * @example np.take(array([10, 20, 30]), array([2, 0], { dtype: "int32" })) // [30, 10]
 */
export const take = (x: Operand, indices: number | NDArray, options: TakeOptions = {}): NDArray => {
  requireReadOptions("np.take", options, ["axis"]);
  const { axis = null, ...read } = options;
  const source = asOperand("np.take", x);
  const own = axis === null ? reshaped(source, [source.size]) : source;
  const along = normalizeAxis("np.take", axis ?? 0, own.ndim);
  const plan = planIndices("np.take", own.shape, [...new Array<null>(along).fill(null), indices]);
  const region = readBox(own, plan);
  return plan.arrays.length === 0 ? region : readArrays("np.take", region, plan, read);
};

interface InStep {
  readonly lines: NDArray;
  /** Indices counted from 0; the axes but one are those of the lines. */
  readonly wanted: NDArray;
  readonly at: number;
}

/** Operand and indices with equal sizes along all axes but one. */
const inStep = (asked: string, own: NDArray, indices: NDArray, axis: number, mode?: string): InStep => {
  const places = asOperand(asked, indices);
  if (isFloat(places.dtype) || places.dtype === "bool")
    throw new DTypeMismatch(asked, `indices ${showAval(places)}`, 'Indices are integers: convert with astype("int32")');
  if (own.ndim !== places.ndim)
    throw new ShapeMismatch(asked, `${showAval(own)} at indices ${showAval(places)}`, "Both need the same rank");
  const at = normalizeAxis(asked, axis, own.ndim);
  const others = broadcastShapes(asked, own.shape.toSpliced(at, 1), places.shape.toSpliced(at, 1));
  return {
    lines: broadcastArray(own, others.toSpliced(at, 0, own.shape[at]!)),
    wanted: broadcastArray(fromZero(places, own.shape[at]!, mode), others.toSpliced(at, 0, places.shape[at]!)),
    at,
  };
};

export interface TakeAlongAxisOptions extends ReadOptions {
  /** Default -1, the last. */
  readonly axis?: number;
}

/**
 * out[.., k, ..] = x[.., indices[.., k, ..], ..]: reads in step along the other axes, what argsort and argmax give.
 * @param indices  integers of the rank of x; the other axes broadcast
 * @example const x = array([[3, 1], [2, 4]]); np.takeAlongAxis(x, np.argsort(x)) // [[1, 3], [2, 4]]
 */
export const takeAlongAxis = (x: Operand, indices: NDArray, options: TakeAlongAxisOptions = {}): NDArray => {
  requireReadOptions("np.takeAlongAxis", options, ["axis"]);
  const { axis = -1, mode = "clip", fillValue } = options;
  const { lines, wanted, at } = inStep("np.takeAlongAxis", asOperand("np.takeAlongAxis", x), indices, axis, mode);
  return gatherAlong(lines, wanted, at, { mode, ...(fillValue === undefined ? {} : { fillValue }) });
};

export interface PutAlongAxisOptions extends WriteOptions {
  /** Default -1, the last. */
  readonly axis?: number;
}

/**
 * The array with out[.., indices[.., k, ..], ..] = values[.., k, ..]: writes in step along the other axes. The last of
 * several writes to one place wins.
 * @param indices  integers of the rank of x; the other axes broadcast
 * @param values   broadcast to the indices; cast to the dtype of x
 * @example np.putAlongAxis(array([[3, 1], [2, 4]]), array([[0], [1]], { dtype: "int32" }), 9) // [[9, 1], [2, 9]]
 */
export const putAlongAxis = (
  x: Operand,
  indices: NDArray,
  values: Operand,
  options: PutAlongAxisOptions = {},
): NDArray => {
  requireOptions("np.putAlongAxis", options, ["axis", "mode"]);
  requireMode("np.putAlongAxis", options.mode, writeModes);
  const own = asOperand("np.putAlongAxis", x);
  const { lines, wanted, at } = inStep("np.putAlongAxis", own, indices, options.axis ?? -1, options.mode);
  const last = own.ndim - 1;
  const updates = broadcastArray(toDType(asOperand("np.putAlongAxis", values), own.dtype), wanted.shape);
  const places = moveAxis(wanted, at, last);
  const written = scatterSet(
    moveAxis(lines, at, last),
    reshape(places, { shape: [...places.shape, 1] }),
    moveAxis(updates, at, last),
    { mode: scatterModeOf(options.mode), batchDims: last },
  );
  return moveAxis(written, last, at);
};

/**
 * The array with elements at row-major positions replaced by values, taken in turn and from the front again.
 * @example np.put(array([[1, 2], [3, 4]]), array([0, 3], { dtype: "int32" }), array([8, 9])) // [[8, 2], [3, 9]]
 */
export const put = (x: Operand, positions: NDArray, values: Operand, options: WriteOptions = {}): NDArray => {
  requireOptions("np.put", options, ["mode"]);
  const own = asOperand("np.put", x);
  const places = flattened(asOperand("np.put", positions));
  const list = flattened(toDType(asOperand("np.put", values), own.dtype));
  if (list.size === 0 && places.size > 0) throw new ShapeMismatch("np.put", "no values", "Give at least one");
  const turns = indexColumns(Array.from({ length: places.size }, (_, k) => k % list.size));
  const updates = gather(list, turns, { mode: "drop", batchDims: 0 });
  requireMode("np.put", options.mode, writeModes);
  const wanted = inStep("np.put", flattened(own), places, 0, options.mode).wanted;
  const tuples = reshape(wanted, { shape: [places.size, 1] });
  return reshaped(
    scatterSet(flattened(own), tuples, updates, { mode: scatterModeOf(options.mode), batchDims: 0 }),
    own.shape,
  );
};

// --- Positions of a shape ---------------------------------------------------------------------

const extentsOf = (asked: string, shape: number | Shape): Shape => {
  const list = typeof shape === "number" ? [shape] : shape;
  requireShape(asked, list);
  return list;
};

/**
 * Row-major positions from one array of indices per axis. Indices out of range follow `mode`: the nearest ("clip",
 * default), or modulo the size ("wrap").
 * @example np.ravelMultiIndex([array([1, 0], { dtype: "int32" }), array([0, 2], { dtype: "int32" })], [2, 3]) // [3, 2]
 */
export const ravelMultiIndex = (
  indices: readonly Operand[],
  shape: number | Shape,
  options: { readonly mode?: "clip" | "wrap" } = {},
): NDArray => {
  requireOptions("np.ravelMultiIndex", options, ["mode"]);
  const { mode = "clip" } = options;
  requireMode("np.ravelMultiIndex", mode, ["clip", "wrap"]);
  const extents = extentsOf("np.ravelMultiIndex", shape);
  requireList("np.ravelMultiIndex", "indices", indices);
  const arrays = indices.map((index) => asOperand("np.ravelMultiIndex", index));
  if (arrays.length !== extents.length || arrays.length === 0 || extents.includes(0))
    throw new ShapeMismatch(
      "np.ravelMultiIndex",
      `${arrays.length} arrays of indices for shape ${showShape(extents)}`,
      "Give one array per axis, of axes that are not empty",
    );
  const common = broadcastShapes("np.ravelMultiIndex", ...arrays.map((index) => index.shape));
  const strides = stridesOf(extents);
  return arrays
    .map((index, axis) => {
      const own = broadcastArray(index, common);
      const inside = mode === "clip" ? nearest(own, extents[axis]!) : modulo(own, extents[axis]!);
      return arithmetic.mul(inside, arithmetic.fullLike(strides[axis]!, inside));
    })
    .reduce((sum, part) => arithmetic.add(sum, part));
};

/**
 * Index along every axis of a shape from row-major positions: one int32 array per axis. Negative positions count from
 * the end; those out of range become the nearest.
 * @example np.unravelIndex(array([3, 5], { dtype: "int32" }), [2, 3]) // [[1, 1], [0, 2]]
 */
export const unravelIndex = (positions: Operand, shape: number | Shape): NDArray[] => {
  const extents = extentsOf("np.unravelIndex", shape);
  const size = sizeOf(extents);
  if (size === 0 || extents.length === 0)
    throw new InvalidOption(
      "np.unravelIndex",
      `shape ${showShape(extents)}`,
      "Give a shape with axes that are not empty",
    );
  const own = fromZero(asOperand("np.unravelIndex", positions), size);
  return unraveled(nearest(own, size), extents, () => 0);
};
