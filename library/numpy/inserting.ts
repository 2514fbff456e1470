/**
 * Elements left out, put in, and cut from the ends: delete, insert, trimZeros. Gathers at places that are static, or
 * computed by counting where they are traced.
 */
import { showValue } from "../../src/describe.ts";
import { DataDependentShape, IndexOutOfRange, InvalidIndex, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isInteger } from "../../src/array/dtype.ts";
import { bufferOf, isConcrete, NDArray } from "../../src/array/ndarray.ts";
import { broadcastShapes, normalizeAxis, sameShape, showShape } from "../../src/array/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { add, full, fullLike, sub } from "../../ops/arithmetic.ts";
import { and, gt, not } from "../../ops/comparison.ts";
import { asDType } from "../../ops/conversion.ts";
import { cumsum } from "../../ops/cumulative.ts";
import { scatterSet } from "../../ops/indexing.ts";
import { moveAxis, reshape } from "../../ops/shape.ts";
import { sliceAxis } from "../../ops/slicing.ts";
import { argsort } from "../../ops/sorting.ts";
import { requireOptions } from "../../src/options.ts";
import { isSlice, rangeOf } from "./index-forms.ts";
import type { Slice } from "./index-forms.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";
import { fromZero } from "./selected-elements.ts";
import type { Operand } from "./operand.ts";
import { counting, flattened, indexColumns, isNonzero, rowsAt, sizeOptions, truePlaces } from "./true-places.ts";
import type { SizeOptions } from "./true-places.ts";

export interface AlongOptions {
  /** One axis; null (default) works on the flattened array. */
  readonly axis?: number | null;
}

/** Places along an axis: a number, a slice, a vector of integers or a mask. */
export type Places = number | Slice | NDArray;

interface Along {
  /** The axis in front. */
  readonly rows: NDArray;
  readonly axis: number;
}

const rowsOf = (asked: string, x: Operand, axis: number | null): Along => {
  const source = asOperand(asked, x);
  const own = axis === null ? flattened(source) : source;
  const at = normalizeAxis(asked, axis ?? 0, own.ndim);
  return { rows: moveAxis(own, at, 0), axis: at };
};

const known = (asked: string, place: number, low: number, high: number): number => {
  if (!Number.isInteger(place)) throw new InvalidIndex(asked, `the place ${place}`, "Places are whole numbers");
  if (place < low || place >= high) throw new IndexOutOfRange(asked, `place ${place}`, `Use ${low} to ${high - 1}`);
  return place;
};

/** Places as plain numbers, where they are known. */
const staticPlaces = (asked: string, places: Places, extent: number): number[] | null => {
  if (typeof places === "number") return [places];
  if (!(places instanceof NDArray)) {
    if (!isSlice(places))
      throw new InvalidIndex(asked, `places ${showValue(places)}`, "Give a number, np.slice(start, stop), or an array");
    const { first, count, stride } = rangeOf(places, extent);
    return Array.from({ length: count }, (_, k) => first + k * stride);
  }
  if (!isInteger(places.dtype) && places.dtype !== "bool")
    throw new InvalidIndex(asked, showAval(places), 'Places are integers or booleans: convert with astype("int32")');
  if (!isConcrete(places)) return null;
  if (places.dtype !== "bool") return Array.from(bufferOf(places));
  if (places.ndim !== 1 || places.size !== extent)
    throw new ShapeMismatch(asked, `the mask ${showAval(places)} for ${extent} elements`, "A mask has one entry each");
  return Array.from(bufferOf(places)).flatMap((holds, k) => (holds === 0 ? [] : [k]));
};

const drop = { mode: "drop", batchDims: 0 } as const;

// --- delete -----------------------------------------------------------------------------------

export interface DeleteOptions extends AlongOptions {
  /** Your word that traced places name none twice: the size of the result is known only then. */
  readonly assumeUniqueIndices?: boolean;
}

/** Places that remain when traced ones, all different, are left out. */
const remaining = (extent: number, gone: NDArray): NDArray => {
  const own = fromZero(flattened(gone), extent);
  const tuples = reshape(own, { shape: [own.size, 1] });
  const kept = scatterSet(full(1, [extent], "bool"), tuples, full(0, own.shape, "bool"), drop);
  return truePlaces("np.delete", kept, Math.max(0, extent - own.size));
};

/**
 * The array without some elements, rows, .. along an axis.
 * @param places   a number, a slice, integers or a mask; negative numbers count from the end
 * @param options  axis; assumeUniqueIndices for traced places
 * @throws IndexOutOfRange; DataDependentShape for traced places without assumeUniqueIndices, and for traced masks
 * @example np.delete(array([1, 2, 3]), 1) // [1, 3]
 */
const deleteAt = (x: Operand, places: Places, options: DeleteOptions = {}): NDArray => {
  requireOptions("np.delete", options, ["axis", "assumeUniqueIndices"]);
  const { rows, axis } = rowsOf("np.delete", x, options.axis ?? null);
  const extent = rows.shape[0]!;
  const list = staticPlaces("np.delete", places, extent);
  if (list !== null) {
    const gone = new Set(
      list
        .map((place) => known("np.delete", place, -extent, extent))
        .map((place) => (place < 0 ? place + extent : place)),
    );
    const kept = Array.from({ length: extent }, (_, k) => k).filter((k) => !gone.has(k));
    return moveAxis(rowsAt(rows, flattened(indexColumns(kept)), 0), 0, axis);
  }
  const traced = places as NDArray;
  if (traced.dtype === "bool" || options.assumeUniqueIndices !== true)
    throw new DataDependentShape(
      "np.delete",
      `how many elements ${showAval(traced)} names is not known while it is traced`,
      "Give integers that name none twice and { assumeUniqueIndices: true }, or places that are not traced",
    );
  return moveAxis(rowsAt(rows, remaining(extent, traced), 0), 0, axis);
};

export { deleteAt as delete };

// --- insert -----------------------------------------------------------------------------------

/** Where every inserted row stands in the result: behind those inserted before it, in the order of the places. */
const insertedPlaces = (places: NDArray, extent: number): NDArray => {
  const own = fromZero(places, extent);
  const order = argsort(own, { axis: 0, descending: false });
  const rank = scatterSet(fullLike(0, own), reshape(order, { shape: [own.size, 1] }), counting(own.size), drop);
  return add(own, rank);
};

/** Values as rows to put in: at one place their first axis counts them, at several the axis of the operand does. */
const rowsToPut = (values: NDArray, rank: number, axis: number, isSingle: boolean): NDArray => {
  const lead = new Array<number>(Math.max(0, rank - values.ndim)).fill(1);
  const padded = reshape(values, { shape: [...lead, ...values.shape] });
  return isSingle || padded.ndim !== rank ? padded : moveAxis(padded, axis, 0);
};

/** `count` rows, broadcast. */
const requireRows = (given: NDArray, put: NDArray, shape: readonly number[]): NDArray => {
  if (!sameShape(broadcastShapes("np.insert", put.shape, shape), shape))
    throw new ShapeMismatch(
      "np.insert",
      `values of shape ${showShape(given.shape)} where ${showShape(shape)} is put in (the axis in front)`,
      "Values broadcast to what is put in",
    );
  return broadcastArray(put, shape);
};

/**
 * The array with values put in before places along an axis, all counted in the array as it was.
 * @param places   a number, a slice, or integers; negative ones count from the end; one place takes several rows
 * @param values   broadcast to what is put in; cast to the dtype of x
 * @param options  axis
 * @throws IndexOutOfRange for places that are not traced; traced ones out of range are dropped
 * @example np.insert(array([1, 2, 3]), 1, 9) // [1, 9, 2, 3]
 */
export const insert = (x: Operand, places: Places, values: Operand, options: AlongOptions = {}): NDArray => {
  requireOptions("np.insert", options, ["axis"]);
  const { rows, axis } = rowsOf("np.insert", x, options.axis ?? null);
  const extent = rows.shape[0]!;
  const list = staticPlaces("np.insert", places, extent);
  if (list === null && (places as NDArray).dtype === "bool")
    throw new DataDependentShape(
      "np.insert",
      `how many elements ${showAval(places as NDArray)} names is not known while it is traced`,
      "Give integers",
    );
  list?.forEach((place) => known("np.insert", place, -extent, extent + 1));
  const wanted = list === null ? flattened(places as NDArray) : flattened(indexColumns(list));
  const given = toDType(asOperand("np.insert", values), rows.dtype);
  const isSingle = typeof places === "number" || (places instanceof NDArray && places.ndim === 0);
  const put = rowsToPut(given, rows.ndim, axis, isSingle);
  const count = wanted.size === 1 ? put.shape[0]! : wanted.size;
  const updates = requireRows(given, put, [count, ...rows.shape.slice(1)]);
  const targets = reshape(insertedPlaces(broadcastArray(wanted, [count]), extent), { shape: [count, 1] });
  const isNew = scatterSet(full(0, [extent + count], "bool"), targets, full(1, [count], "bool"), drop);
  const old = sub(cumsum(asDType(not(isNew), "int32"), { axis: 0, reverse: false }), full(1, isNew.shape, "int32"));
  return moveAxis(scatterSet(rowsAt(rows, old, 0), targets, updates, drop), 0, axis);
};

// --- trimZeros --------------------------------------------------------------------------------

export interface TrimOptions extends SizeOptions {
  /** "f": from the front, "b": from the back, "fb" (default): both. */
  readonly trim?: "f" | "b" | "fb";
}

/** True from the first nonzero element on (front) and up to the last (back); false if all are zero. */
const keptBetween = (mask: NDArray, trim: string): NDArray => {
  const running = (isReverse: boolean): NDArray => {
    const seen = cumsum(asDType(mask, "int32"), { axis: 0, reverse: isReverse });
    return gt(seen, fullLike(0, seen));
  };
  const [front, back] = [running(false), running(true)];
  if (trim === "f") return front;
  return trim === "b" ? back : and(front, back);
};

/**
 * A vector without the zeros at its ends.
 * @param options  trim; size, and fillValue (default 0), where the elements are traced
 * @throws DataDependentShape for traced elements without `size`
 * @example np.trimZeros(array([0, 1, 0, 2, 0])) // [1, 0, 2]
 */
export const trimZeros = (x: Operand, options: TrimOptions = {}): NDArray => {
  requireOptions("np.trimZeros", options, ["trim", ...sizeOptions]);
  const { trim = "fb", size, fillValue = 0 } = options;
  if (trim !== "f" && trim !== "b" && trim !== "fb")
    throw new InvalidOption("np.trimZeros", `trim ${showValue(trim)}`, 'Use "f", "b" or "fb"');
  const own = asOperand("np.trimZeros", x);
  if (own.ndim !== 1) throw new ShapeMismatch("np.trimZeros", showShape(own.shape), "Give a vector");
  const mask = isNonzero(own);
  if (!isConcrete(mask) || size !== undefined)
    return rowsAt(own, truePlaces("np.trimZeros", keptBetween(mask, trim), size), fillValue);
  const holds = bufferOf(mask);
  const first = trim === "b" ? 0 : holds.indexOf(1);
  const last = trim === "f" ? holds.length - 1 : holds.lastIndexOf(1);
  return holds.includes(1) ? sliceAxis(own, 0, first, last + 1) : sliceAxis(own, 0, 0, 0);
};
