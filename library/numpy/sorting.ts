/**
 * Order: sort, argsort, lexsort, partition, topK, searchsorted. Stable; NaN last, also when descending; -0 equals 0.
 */
import { showValue } from "../../src/describe.ts";
import { IndexOutOfRange, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxis, sameShape, showShape } from "../../src/array/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { gatherAlong } from "../../ops/indexing.ts";
import { reshape } from "../../ops/shape.ts";
import { sliceAxis } from "../../ops/slicing.ts";
import * as sorting from "../../ops/sorting.ts";
import { requireOptions } from "../../src/options.ts";
import { unstack } from "./joining.ts";
import { asOperand, requireList, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";

export interface SortOptions {
  /** One axis, default -1; null sorts the flattened array. */
  readonly axis?: number | null;
  /** Largest first; equals keep their order and NaN stays last. */
  readonly descending?: boolean;
}

const along =
  (asked: string, call: (x: NDArray, params: sorting.SortParams) => NDArray) =>
  (x: Operand, options?: SortOptions): NDArray => {
    requireOptions(asked, options, ["axis", "descending"]);
    const own = asOperand(asked, x);
    const descending = options?.descending ?? false;
    if (options?.axis === null) return call(reshape(own, { shape: [own.size] }), { axis: 0, descending });
    return call(own, { axis: normalizeAxis(asked, options?.axis ?? -1, own.ndim), descending });
  };

/**
 * Elements in order along an axis. The derivative is permuted like the values.
 * @example np.sort(array([3, NaN, 1])) // [1, 3, NaN]
 */
export const sort: (x: Operand, options?: SortOptions) => NDArray = along("np.sort", (x, params) =>
  sorting.sort(x, params),
);

/**
 * Indices (int32) that sort along an axis: takeAlongAxis(x, argsort(x)) is sort(x).
 * @example np.argsort(array([3, 1, 2])) // [1, 2, 0]
 */
export const argsort: (x: Operand, options?: SortOptions) => NDArray = along("np.argsort", (x, params) =>
  sorting.argsort(x, params),
);

/** The vectors or lines in the order of several keys: the last key counts most, those before it settle its ties. */
const lexOrder = (asked: string, keys: readonly NDArray[], axis: number): NDArray => {
  const [first, ...others] = keys;
  if (others.some((key) => !sameShape(key.shape, first!.shape)))
    throw new ShapeMismatch(
      asked,
      `keys of shapes ${keys.map((key) => showShape(key.shape)).join(", ")}`,
      "All keys need one shape",
    );
  return others.reduce(
    (order, key) =>
      gatherAlong(order, sorting.argsort(gatherAlong(key, order, axis), { axis, descending: false }), axis),
    sorting.argsort(first!, { axis, descending: false }),
  );
};

/**
 * Indices (int32) that sort by several keys: the last key counts most, the ones before it settle its ties. Stable.
 * @param keys     arrays of one shape in a list, or an array whose first axis counts the keys
 * @param options  axis along which to sort, default -1
 * @example np.lexsort([array([1, 0, 0]), array([5, 6, 5])]) // [2, 0, 1]
 */
export const lexsort = (keys: readonly Operand[] | NDArray, options: { readonly axis?: number } = {}): NDArray => {
  requireOptions("np.lexsort", options, ["axis"]);
  if (!(keys instanceof NDArray)) requireList("np.lexsort", "keys", keys);
  const list = keys instanceof NDArray ? unstack(keys) : keys.map((key) => asOperand("np.lexsort", key));
  if (list.length === 0) throw new InvalidOption("np.lexsort", "no keys", "Give at least one");
  return lexOrder("np.lexsort", list, normalizeAxis("np.lexsort", options.axis ?? -1, list[0]!.ndim));
};

export interface PartitionOptions {
  /** One axis, default -1; null works on the flattened array. */
  readonly axis?: number | null;
}

const requirePlace = (asked: string, x: NDArray, place: number, axis: number | null): void => {
  const extent = axis === null ? x.size : x.shape[normalizeAxis(asked, axis, x.ndim)]!;
  if (!Number.isSafeInteger(place) || place < -extent || place >= extent)
    throw new IndexOutOfRange(
      asked,
      `place ${showValue(place)} of ${extent} elements`,
      `Use -${extent} to ${extent - 1}`,
    );
};

/**
 * Elements such that the one at `place` stands where sorting puts it, none after it is smaller and none before it
 * larger. This library sorts the whole line, which is one such order. The derivative is permuted like the values.
 * @example np.partition(array([3, 1, 2]), 1) // [1, 2, 3]
 */
export const partition = (x: Operand, place: number, options: PartitionOptions = {}): NDArray => {
  requireOptions("np.partition", options, ["axis"]);
  requirePlace("np.partition", asOperand("np.partition", x), place, options.axis === undefined ? -1 : options.axis);
  return sort(x, options);
};

/**
 * Indices (int32) of such an order as partition gives.
 * @example np.argpartition(array([3, 1, 2]), 0) // [1, 2, 0]
 */
export const argpartition = (x: Operand, place: number, options: PartitionOptions = {}): NDArray => {
  requireOptions("np.argpartition", options, ["axis"]);
  const own = asOperand("np.argpartition", x);
  requirePlace("np.argpartition", own, place, options.axis === undefined ? -1 : options.axis);
  return argsort(own, options);
};

/**
 * The `count` largest elements along an axis, largest first, and their indices (int32). Equals keep their order.
 * NaN counts as the smallest, as it does for a descending sort. The derivative goes to the elements chosen.
 * @param options  axis, default -1
 * @returns        [values, indices]
 * @example np.topK(array([1, 3, 2]), 2) // [[3, 2], [1, 2]]
 */
export const topK = (
  x: Operand,
  count: number,
  options: { readonly axis?: number } = {},
): [values: NDArray, indices: NDArray] => {
  requireOptions("np.topK", options, ["axis"]);
  const own = asOperand("np.topK", x);
  const axis = normalizeAxis("np.topK", options.axis ?? -1, own.ndim);
  if (!Number.isSafeInteger(count) || count < 0 || count > own.shape[axis]!)
    throw new IndexOutOfRange(
      "np.topK",
      `${showValue(count)} of ${own.shape[axis]} elements`,
      `Ask for 0 to ${own.shape[axis]} elements`,
    );
  const indices = sliceAxis(sorting.argsort(own, { axis, descending: true }), axis, 0, count);
  return [gatherAlong(own, indices, axis), indices];
};

export interface SearchOptions {
  /** Before ("left", default) or after ("right") elements equal to the value. */
  readonly side?: "left" | "right";
  /** Indices that sort the vector, where it is not sorted itself: argsort of it. */
  readonly sorter?: NDArray;
}

/**
 * Where values would be inserted into an ascending vector so that it stays in order. Signs of zeros do not
 * count, and NaN belongs with the NaNs at the end.
 * @param sorted   shape [n], as `sort` orders it, or as `sorter` does
 * @param options  side, sorter
 * @returns        int32, shape of `values`, from 0 to n
 * Cost: log2(n) comparisons per value.
 * @example np.searchsorted(array([1, 2, 3]), array([2, 2.5])) // [1, 2]
 */
export const searchsorted = (sorted: NDArray, values: Operand, options: SearchOptions = {}): NDArray => {
  requireOptions("np.searchsorted", options, ["side", "sorter"]);
  const { side = "left", sorter } = options;
  if (side !== "left" && side !== "right")
    throw new InvalidOption("np.searchsorted", `side ${showValue(side)}`, 'Use "left" or "right"');
  const [own, wanted] = [asOperand("np.searchsorted", sorted), asOperand("np.searchsorted", values)];
  if (own.ndim !== 1) throw new ShapeMismatch("np.searchsorted", showAval(own), "Search in a vector");
  const { dtype } = resultType([own, wanted]);
  const order = sorter === undefined ? undefined : asOperand("np.searchsorted", sorter);
  if (order !== undefined && !sameShape(order.shape, own.shape))
    throw new ShapeMismatch(
      "np.searchsorted",
      `${showAval(own)} with the sorter ${showAval(order)}`,
      "The sorter is argsort of the vector",
    );
  const ordered = order === undefined ? own : gatherAlong(own, order, 0);
  const [line, keys] = [toDType(ordered, dtype), toDType(wanted, dtype)];
  return sorting.searchSorted(line, keys, { isRightSide: side === "right", batchDims: 0 });
};
