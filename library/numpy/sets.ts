/**
 * Sets: unique and its kin, isin, union1d, intersect1d, setdiff1d, setxor1d. All by sorting, n log n.
 * How many elements there are depends on values: traced, the caller gives `size`; places left over are filled.
 * NaN are one element for unique (unless equalNan is false) and in no other array; -0 is 0. Values are differentiated.
 */
import { resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxis, requireShape } from "../../src/array/shape.ts";
import { full, fullLike, sub, zerosOf } from "../../ops/arithmetic.ts";
import { and, eq, ge, ne, not, select } from "../../ops/comparison.ts";
import { asDType } from "../../ops/conversion.ts";
import { cumsum } from "../../ops/cumulative.ts";
import { reduceMax } from "../../ops/extrema.ts";
import { gather, gatherAlong, scatterSet } from "../../ops/indexing.ts";
import { moveAxis, reshape } from "../../ops/shape.ts";
import { concatenate, sliceAxis } from "../../ops/slicing.ts";
import { argsort } from "../../ops/sorting.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { lexsort, searchsorted } from "./sorting.ts";
import { counting, flattened, rowsAt, sizeOptions, truePlaces } from "./true-places.ts";
import type { SizeOptions } from "./true-places.ts";

// --- unique -----------------------------------------------------------------------------------

/** Elements, or rows, in order, and which of them are the first of their kind. */
interface Ordered {
  readonly rows: NDArray;
  /** Position in the operand of every row: int32 [n]. */
  readonly order: NDArray;
  readonly isFirst: NDArray;
}

const isNan = (x: NDArray): NDArray => ne(x, x);

/** Different from the row before; true for the first. */
const startsKind = (rows: NDArray, equalNan: boolean): NDArray => {
  const count = rows.shape[0]!;
  if (count === 0) return zerosOf([0], "bool");
  const [before, after] = [sliceAxis(rows, 0, 0, count - 1), sliceAxis(rows, 0, 1, count)];
  const differs = ne(before, after);
  const distinct = equalNan ? and(differs, not(and(isNan(before), isNan(after)))) : differs;
  const axes = Array.from({ length: rows.ndim - 1 }, (_, k) => k + 1);
  const isEmptyRow = axes.some((axis) => rows.shape[axis] === 0);
  const changes = isEmptyRow ? zerosOf([count - 1], "bool") : reduceMax(distinct, { axes });
  return concatenate(full(1, [1], "bool"), changes, { axis: 0 });
};

const orderRows = (x: NDArray, equalNan: boolean): Ordered => {
  const count = x.shape[0]!;
  const width = count === 0 ? 0 : x.size / count;
  if (x.ndim === 1) {
    const order = argsort(x, { axis: 0, descending: false });
    return finish(gatherAlong(x, order, 0), order, equalNan);
  }
  const table = reshape(x, { shape: [count, width] });
  const columns = Array.from({ length: width }, (_, k) =>
    reshape(sliceAxis(table, 1, width - 1 - k, width - k), { shape: [count] }),
  );
  const order = width === 0 ? counting(count) : lexsort(columns);
  const tuples = reshape(order, { shape: [count, 1] });
  return finish(gather(x, tuples, { mode: "drop", batchDims: 0 }), order, equalNan);
};

const finish = (rows: NDArray, order: NDArray, equalNan: boolean): Ordered => ({
  rows,
  order,
  isFirst: startsKind(rows, equalNan),
});

export interface UniqueOptions extends SizeOptions {
  /** Distinct slices along this axis; null (default) distinct elements. */
  readonly axis?: number | null;
  /** Also return where each first stands. */
  readonly returnIndex?: boolean;
  /** Also return which of the distinct ones every element is. */
  readonly returnInverse?: boolean;
  /** Also return how often each stands there. */
  readonly returnCounts?: boolean;
  /** Whether all NaN count as one. Default true. */
  readonly equalNan?: boolean;
}

/** Distinct elements or slices, and what else may be asked for. */
interface Distinct {
  readonly values: NDArray;
  readonly indices: NDArray;
  readonly inverseIndices: NDArray;
  readonly counts: NDArray;
}

/** Which of the distinct ones stands at every position of the operand. */
const inverseOf = ({ order, isFirst }: Ordered): NDArray => {
  const kinds = sub(cumsum(asDType(isFirst, "int32"), { axis: 0, reverse: false }), full(1, order.shape, "int32"));
  const tuples = reshape(order, { shape: [order.size, 1] });
  return scatterSet(zerosOf(order.shape, "int32"), tuples, kinds, { mode: "drop", batchDims: 0 });
};

/** Rows at places; where there are fewer than asked for, the fill value or the first of all, 0 if there is none. */
const valuesAt = (rows: NDArray, places: NDArray, fillValue: number | undefined): NDArray => {
  if (fillValue !== undefined || places.size === 0) return rowsAt(rows, places, fillValue ?? 0);
  const isMissing = ge(places, full(rows.shape[0]!, places.shape, "int32"));
  const first = broadcastArray(sliceAxis(places, 0, 0, 1), places.shape);
  return rowsAt(rows, select(isMissing, first, places), 0);
};

const distinctOf = (asked: string, x: NDArray, axis: number | null, options: UniqueOptions): Distinct => {
  const { size, fillValue, equalNan = true } = options;
  if (size !== undefined) requireShape(`${asked} with size`, [size]);
  const at = axis === null ? 0 : normalizeAxis(asked, axis, x.ndim);
  const ordered = orderRows(axis === null ? flattened(x) : moveAxis(x, at, 0), equalNan);
  const { rows, order, isFirst } = ordered;
  const count = order.size;
  const known = truePlaces(asked, isFirst, size === undefined ? undefined : size + 1);
  // One place more than there are distinct ones: where the last of them ends.
  const bounds = size === undefined ? concatenate(known, full(count, [1], "int32"), { axis: 0 }) : known;
  const number = bounds.size - 1;
  const [places, ends] = [sliceAxis(bounds, 0, 0, number), sliceAxis(bounds, 0, 1, number + 1)];
  const inverse = inverseOf(ordered);
  return {
    values: moveAxis(valuesAt(rows, places, fillValue), 0, at),
    indices: count === 0 ? places : valuesAt(order, places, undefined),
    inverseIndices: axis === null ? reshape(inverse, { shape: x.shape }) : inverse,
    counts: sub(ends, places),
  };
};

interface Unique {
  (
    x: Operand,
    options: UniqueOptions & ({ returnIndex: true } | { returnInverse: true } | { returnCounts: true }),
  ): NDArray[];
  (x: Operand, options?: UniqueOptions): NDArray;
}

/**
 * The distinct elements in order, or the distinct slices along an axis.
 * @param options  axis; returnIndex, returnInverse, returnCounts; equalNan; size and fillValue (by default the first
 *                 value again) where the elements are traced
 * @returns        the values, or a list of values and what else was asked for, in the order of the options
 * @throws DataDependentShape for traced elements without `size`
 * @example
 * np.unique(array([3, 1, 3])) // [1, 3]
 * np.unique(array([3, 1, 3]), { returnCounts: true }) // [[1, 3], [1, 2]]
 */
export const unique: Unique = ((x: Operand, options: UniqueOptions = {}) => {
  requireOptions("np.unique", options, [
    "axis",
    "returnIndex",
    "returnInverse",
    "returnCounts",
    "equalNan",
    ...sizeOptions,
  ]);
  const distinct = distinctOf("np.unique", asOperand("np.unique", x), options.axis ?? null, options);
  const others = [
    ...(options.returnIndex === true ? [distinct.indices] : []),
    ...(options.returnInverse === true ? [distinct.inverseIndices] : []),
    ...(options.returnCounts === true ? [distinct.counts] : []),
  ];
  return others.length === 0 ? distinct.values : [distinct.values, ...others];
}) as Unique;

/** As the array API standard has them: every NaN is an element of its own. */
const standardOf = (asked: string, x: Operand, options: SizeOptions): Distinct => {
  requireOptions(asked, options, sizeOptions);
  return distinctOf(asked, asOperand(asked, x), null, { ...options, equalNan: false });
};

/**
 * Distinct elements, where each first stands, which of them every element is, and how often it stands there. Every
 * NaN is an element of its own.
 * @example np.uniqueAll(array([3, 1, 3])) // { values: [1, 3], indices: [1, 0], inverseIndices: [1, 0, 1], counts: [1, 2] }
 */
export const uniqueAll = (x: Operand, options: SizeOptions = {}): Distinct => standardOf("np.uniqueAll", x, options);

/**
 * Distinct elements and how often each stands there. Every NaN is an element of its own.
 * @example np.uniqueCounts(array([3, 1, 3])).counts // [1, 2]
 */
export const uniqueCounts = (x: Operand, options: SizeOptions = {}): Pick<Distinct, "values" | "counts"> => {
  const { values, counts } = standardOf("np.uniqueCounts", x, options);
  return { values, counts };
};

/**
 * Distinct elements and which of them every element is. Every NaN is an element of its own.
 * @example np.uniqueInverse(array([3, 1, 3])).inverseIndices // [1, 0, 1]
 */
export const uniqueInverse = (x: Operand, options: SizeOptions = {}): Pick<Distinct, "values" | "inverseIndices"> => {
  const { values, inverseIndices } = standardOf("np.uniqueInverse", x, options);
  return { values, inverseIndices };
};

/**
 * Distinct elements. Every NaN is an element of its own.
 * @example np.uniqueValues(array([3, 1, 3])) // [1, 3]
 */
export const uniqueValues = (x: Operand, options: SizeOptions = {}): NDArray =>
  standardOf("np.uniqueValues", x, options).values;

// --- Two sets ---------------------------------------------------------------------------------

const pairOf = (asked: string, x: Operand, y: Operand): readonly [NDArray, NDArray] => {
  const [left, right] = [asOperand(asked, x), asOperand(asked, y)];
  const { dtype } = resultType([left, right]);
  return [toDType(left, dtype), toDType(right, dtype)];
};

const sorted = (x: NDArray): NDArray => gatherAlong(x, argsort(x, { axis: 0, descending: false }), 0);

/** Whether elements of any shape stand in a sorted vector. */
const isAmong = (x: NDArray, line: NDArray): NDArray => {
  if (line.size === 0) return zerosOf(x.shape, "bool");
  const places = reshape(searchsorted(line, x), { shape: [...x.shape, 1] });
  return eq(gather(line, places, { mode: "clip", batchDims: 0 }), x);
};

/**
 * Whether every element of x stands in `test`: bool, shape of x. NaN stands in nothing.
 * @param options  invert: whether it does not
 * @example np.isin(array([1, 2, 3]), array([3, 1])) // [true, false, true]
 */
export const isin = (x: Operand, test: Operand, options: { readonly invert?: boolean } = {}): NDArray => {
  requireOptions("np.isin", options, ["invert"]);
  const [own, others] = pairOf("np.isin", x, test);
  const found = isAmong(own, sorted(flattened(others)));
  return options.invert === true ? not(found) : found;
};

/**
 * The distinct elements of both arrays, in order.
 * @param options  size and fillValue (by default the first value again) where the elements are traced
 * @throws DataDependentShape for traced elements without `size`
 * @example np.union1d(array([1, 3]), array([2, 3])) // [1, 2, 3]
 */
export const union1d = (x: Operand, y: Operand, options: SizeOptions = {}): NDArray => {
  requireOptions("np.union1d", options, sizeOptions);
  const [left, right] = pairOf("np.union1d", x, y).map(flattened);
  return distinctOf("np.union1d", concatenate(left!, right!, { axis: 0 }), null, options).values;
};

/** Firsts of their kind in x, in order, that `chosen` keeps. */
const chosenOf = (x: NDArray, chosen: (rows: NDArray) => NDArray): Ordered => {
  const ordered = orderRows(flattened(x), true);
  return { ...ordered, isFirst: and(ordered.isFirst, chosen(ordered.rows)) };
};

export interface IntersectOptions extends SizeOptions {
  /** Also return where the elements first stand in x and in y. */
  readonly returnIndices?: boolean;
}

interface Intersect {
  (x: Operand, y: Operand, options: IntersectOptions & { returnIndices: true }): NDArray[];
  (x: Operand, y: Operand, options?: IntersectOptions): NDArray;
}

/**
 * The distinct elements that stand in both arrays, in order.
 * @param options  returnIndices; size and fillValue (by default the first value again) where the elements are traced
 * @returns        the values, or [values, indices in x, indices in y] (of the flattened arrays; left over: their sizes)
 * @throws DataDependentShape for traced elements without `size`
 * @example np.intersect1d(array([3, 1, 2]), array([2, 3, 5])) // [2, 3]
 */
export const intersect1d: Intersect = ((x: Operand, y: Operand, options: IntersectOptions = {}) => {
  requireOptions("np.intersect1d", options, ["returnIndices", ...sizeOptions]);
  const [left, right] = pairOf("np.intersect1d", x, y);
  const others = orderRows(flattened(right), true);
  const { rows, order, isFirst } = chosenOf(left, (values) => isAmong(values, others.rows));
  const places = truePlaces("np.intersect1d", isFirst, options.size);
  const values = valuesAt(rows, places, options.fillValue);
  if (options.returnIndices !== true) return values;
  const isMissing = ge(places, full(order.size, places.shape, "int32"));
  const found = searchsorted(others.rows, values);
  return [
    values,
    rowsAt(order, places, order.size),
    select(isMissing, fullLike(right.size, places), rowsAt(others.order, found, right.size)),
  ];
}) as Intersect;

/**
 * The distinct elements of x that do not stand in y, in order.
 * @param options  size and fillValue (by default the first value again) where the elements are traced
 * @throws DataDependentShape for traced elements without `size`
 * @example np.setdiff1d(array([3, 1, 2]), array([2])) // [1, 3]
 */
export const setdiff1d = (x: Operand, y: Operand, options: SizeOptions = {}): NDArray => {
  requireOptions("np.setdiff1d", options, sizeOptions);
  const [left, right] = pairOf("np.setdiff1d", x, y);
  const line = sorted(flattened(right));
  const { rows, isFirst } = chosenOf(left, (values) => not(isAmong(values, line)));
  return valuesAt(rows, truePlaces("np.setdiff1d", isFirst, options.size), options.fillValue);
};

/**
 * The distinct elements that stand in one of the arrays only, in order.
 * @param options  size and fillValue (by default the first value again) where the elements are traced
 * @throws DataDependentShape for traced elements without `size`
 * @example np.setxor1d(array([1, 2, 3]), array([2, 4])) // [1, 3, 4]
 */
export const setxor1d = (x: Operand, y: Operand, options: SizeOptions = {}): NDArray => {
  requireOptions("np.setxor1d", options, sizeOptions);
  const [left, right] = pairOf("np.setxor1d", x, y).map((each) => orderRows(flattened(each), true));
  const alone = (own: Ordered, other: Ordered): NDArray => and(own.isFirst, not(isAmong(own.rows, other.rows)));
  const rows = concatenate(left!.rows, right!.rows, { axis: 0 });
  const mask = concatenate(alone(left!, right!), alone(right!, left!), { axis: 0 });
  const order = argsort(rows, { axis: 0, descending: false });
  const places = truePlaces("np.setxor1d", gatherAlong(mask, order, 0), options.size);
  return valuesAt(gatherAlong(rows, order, 0), places, options.fillValue);
};
