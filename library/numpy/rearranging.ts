/**
 * Elements repeated, moved and turned: tile, repeat, resize, roll, flip, rot90. All linear in the elements.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, NotStatic, ShapeMismatch } from "../../src/error.ts";
import { bufferOf, isConcrete, NDArray } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { normalizeAxes, normalizeAxis, requireShape, showShape } from "../../src/array/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { zerosOf } from "../../ops/arithmetic.ts";
import { cumsum } from "../../ops/cumulative.ts";
import { gather } from "../../ops/indexing.ts";
import * as shapes from "../../ops/shape.ts";
import * as slicing from "../../ops/slicing.ts";
import { requireOptions } from "../../src/options.ts";
import { ravel, reshape } from "./manipulation.ts";
import { axesGiven } from "./axis-argument.ts";
import type { AxisArgument } from "./axis-argument.ts";
import type { Operand } from "./operand.ts";
import { optionsLast } from "./options-last.ts";
import type { OptionsLast } from "./options-last.ts";
import { asOperand, broadcastArray, requireList, toDType } from "./operand.ts";
import { searchsorted } from "./sorting.ts";
import { counting, flattened, indexColumns } from "./true-places.ts";

/**
 * The array repeated `count` times along every axis.
 * @example np.tile(array([1, 2]), 2) // [1, 2, 1, 2]
 */
export const tile = (x: Operand, counts: number | readonly number[]): NDArray => {
  const own = asOperand("np.tile", x);
  if (typeof counts !== "number") requireList("np.tile", "counts", counts);
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

export interface AxisOption {
  /** One axis; null works on the flattened array. */
  readonly axis?: number | null;
}

export interface RepeatOptions extends AxisOption {
  /** Size of the result along the axis: needed where the counts are traced. More is cut, the last element fills up. */
  readonly totalRepeatLength?: number;
}

/**
 * Every element repeated: `counts` times each, or as often as the counts say for its place along the axis.
 * Without an axis the array is flattened first.
 * @param counts   a whole number, a list, or an integer vector
 * @param options  axis; totalRepeatLength where counts are traced
 * @throws NotStatic for traced counts without totalRepeatLength
 * @example np.repeat(array([1, 2]), [1, 2]) // [1, 2, 2]
 */
export const repeat = (
  x: Operand,
  counts: number | readonly number[] | NDArray,
  options: RepeatOptions = {},
): NDArray => {
  requireOptions("np.repeat", options, ["axis", "totalRepeatLength"]);
  const { axis = null, totalRepeatLength } = options;
  const source = asOperand("np.repeat", x);
  const own = axis === null ? ravel(source) : source;
  const at = normalizeAxis("np.repeat", axis ?? 0, own.ndim);
  const places = repeatedPlaces(counts, own.shape[at]!, totalRepeatLength);
  requireShape("np.repeat", own.shape.with(at, places.size));
  const tuples = shapes.reshape(places, { shape: [places.size, 1] });
  const rows = shapes.moveAxis(own, at, 0);
  return shapes.moveAxis(gather(rows, tuples, { mode: "clip", batchDims: 0 }), 0, at);
};

/** Which element stands at every place of the result. */
const repeatedPlaces = (
  counts: number | readonly number[] | NDArray,
  extent: number,
  total: number | undefined,
): NDArray => {
  if (total !== undefined) requireShape("np.repeat with totalRepeatLength", [total]);
  if (counts instanceof NDArray && !isConcrete(counts)) return tracedPlaces(counts, extent, total);
  const given = counts instanceof NDArray ? countsOf(counts) : counts;
  const list = typeof given === "number" ? new Array<number>(extent).fill(given) : given;
  requireShape("np.repeat", typeof given === "number" ? [given] : list);
  requireCounts(list.length, extent);
  requireShape("np.repeat", [list.reduce((sum, count) => sum + count, 0)]);
  const places = list.flatMap((count, k) => new Array<number>(count).fill(k));
  if (total === undefined) return flattened(indexColumns(places));
  requireFilled(extent, total);
  return flattened(indexColumns(Array.from({ length: total }, (_, k) => places[k] ?? extent - 1)));
};

/** One count, of an array without axes, or a list of them. */
const countsOf = (counts: ConcreteArray): number | number[] =>
  counts.ndim === 0 ? counts.item() : Array.from(bufferOf(counts));

const requireCounts = (count: number, extent: number): void => {
  if (count !== extent)
    throw new ShapeMismatch(
      "np.repeat",
      `${count} counts for ${extent} elements`,
      "Give one count, or one per element along the axis",
    );
};

const requireFilled = (extent: number, total: number): void => {
  if (extent === 0 && total > 0)
    throw new ShapeMismatch("np.repeat", `totalRepeatLength ${total} for no elements`, "There is nothing to repeat");
};

/** The element at place k is the first whose running count exceeds k. */
const tracedPlaces = (counts: NDArray, extent: number, total: number | undefined): NDArray => {
  if (total === undefined)
    throw new NotStatic(
      "np.repeat",
      `the counts ${showAval(counts)} are traced, so the size of the result is not known`,
      "Give { totalRepeatLength }, or counts as plain numbers",
    );
  requireFilled(extent, total);
  const each = toDType(counts.ndim === 0 ? broadcastArray(counts, [extent]) : counts, "int32");
  if (each.ndim !== 1) throw new ShapeMismatch("np.repeat", showAval(counts), "Counts are a vector");
  requireCounts(each.size, extent);
  return searchsorted(cumsum(each, { axis: 0, reverse: false }), counting(total), { side: "right" });
};

/**
 * The flattened elements, again and again from the front, in another shape. Nothing to repeat gives zeros.
 * @example np.resize(array([1, 2, 3]), [2, 2]) // [[1, 2], [3, 1]]
 */
export const resize = (x: Operand, shape: number | Shape): NDArray => {
  const own = flattened(asOperand("np.resize", x));
  const wanted = typeof shape === "number" ? [shape] : shape;
  const size = requireShape("np.resize", wanted);
  if (own.size === 0) return zerosOf(wanted, own.dtype);
  const rows = Math.ceil(size / own.size);
  const tiled = flattened(broadcastArray(own, [rows, own.size]));
  return shapes.reshape(slicing.sliceAxis(tiled, 0, 0, size), { shape: wanted });
};

// --- Moved and turned -------------------------------------------------------------------------

export interface RollOptions {
  /** One axis or several; null (default) works on the flattened array. */
  readonly axis?: number | readonly number[] | null;
}

const rollAxis = (x: NDArray, shift: number, axis: number): NDArray => {
  const extent = x.shape[axis]!;
  const cut = extent === 0 ? 0 : ((-shift % extent) + extent) % extent;
  if (cut === 0) return x;
  return slicing.concatenate(slicing.sliceAxis(x, axis, cut, extent), slicing.sliceAxis(x, axis, 0, cut), { axis });
};

/**
 * Elements moved on by `shift` along an axis, those that leave at one end come in at the other. Without an axis in
 * flattened order; with lists, every shift along its axis (one of the two may be a single number).
 * @example np.roll(array([1, 2, 3]), 1) // [3, 1, 2]
 */
export const roll = (x: Operand, shift: number | readonly number[], options: RollOptions = {}): NDArray => {
  requireOptions("np.roll", options, ["axis"]);
  const own = asOperand("np.roll", x);
  const shifts = typeof shift === "number" ? [shift] : shift;
  if (!Array.isArray(shifts) || !shifts.every(Number.isSafeInteger))
    throw new InvalidOption("np.roll", `shift ${showValue(shift)}`, "Shift by a whole number, or a list of them");
  const { axis = null } = options;
  if (axis === null) {
    const total = shifts.reduce((sum, each) => sum + each, 0);
    return own.size === 0 ? own : shapes.reshape(rollAxis(flattened(own), total, 0), { shape: own.shape });
  }
  const axes = (Array.isArray(axis) ? (axis as readonly number[]) : [axis as number]).map((each) =>
    normalizeAxis("np.roll", each, own.ndim),
  );
  if (shifts.length !== axes.length && shifts.length !== 1 && axes.length !== 1)
    throw new ShapeMismatch("np.roll", `${shifts.length} shifts along ${axes.length} axes`, "Give one shift per axis");
  const count = shifts.length === 0 || axes.length === 0 ? 0 : Math.max(shifts.length, axes.length);
  return Array.from({ length: count }, (_, k) => k).reduce<NDArray>(
    (moved, k) => rollAxis(moved, shifts[shifts.length === 1 ? 0 : k]!, axes[axes.length === 1 ? 0 : k]!),
    own,
  );
};

/**
 * Elements in reverse order along axes (all by default), given as `axis` or `{ axis }`.
 * @example np.flip(array([1, 2, 3])) // [3, 2, 1]
 * @example np.flip(array([[1, 2], [3, 4]]), { axis: 1 }) // [[2, 1], [4, 3]]
 */
export const flip = (x: Operand, axis?: AxisArgument): NDArray => {
  const own = asOperand("np.flip", x);
  return slicing.reverse(own, { axes: normalizeAxes("np.flip", axesGiven("np.flip", axis), own.ndim) });
};

/**
 * Rows in reverse order.
 * @example np.flipud(array([[1, 2], [3, 4]])) // [[3, 4], [1, 2]]
 */
export const flipud = (x: Operand): NDArray => flip(x, 0);

/**
 * Columns in reverse order.
 * @example np.fliplr(array([[1, 2], [3, 4]])) // [[2, 1], [4, 3]]
 */
export const fliplr = (x: Operand): NDArray => flip(x, 1);

interface Rot90Options {
  readonly axes?: readonly [number, number];
}

/**
 * A plane turned by `turns` times 90 degrees, from the first of two axes towards the second.
 * @param rest  turns, 1 by default; options axes, [0, 1] by default
 * @example np.rot90(array([[1, 2], [3, 4]])) // [[2, 4], [1, 3]]
 */
export const rot90 = (x: Operand, ...rest: OptionsLast<number, Rot90Options>): NDArray => {
  const [turns = 1, options = {}] = optionsLast<[number?, Rot90Options?]>(rest, 1);
  requireOptions("np.rot90", options, ["axes"]);
  const own = asOperand("np.rot90", x);
  if (own.ndim < 2) throw new ShapeMismatch("np.rot90", `shape ${showShape(own.shape)}`, "Give at least two axes");
  if (!Number.isSafeInteger(turns))
    throw new InvalidOption("np.rot90", `${showValue(turns)} turns`, "Turn a whole number of times");
  requireList("np.rot90", "axes", options.axes ?? [0, 1]);
  const [first, second] = (options.axes ?? [0, 1]).map((axis) => normalizeAxis("np.rot90", axis, own.ndim));
  if (first === second || second === undefined)
    throw new InvalidOption("np.rot90", `axes ${showShape(options.axes ?? [])}`, "Name two different axes");
  const permutation = own.shape.map((_, axis) => (axis === first ? second : axis === second ? first! : axis));
  switch (((turns % 4) + 4) % 4) {
    case 1:
      return shapes.transpose(flip(own, second), { permutation });
    case 2:
      return flip(own, [first!, second]);
    case 3:
      return flip(shapes.transpose(own, { permutation }), second);
    default:
      return own;
  }
};
