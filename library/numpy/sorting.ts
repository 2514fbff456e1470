/**
 * Order: sort, argsort, searchsorted. Stable; NaN last, also when descending; -0 equals 0.
 */
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxis } from "../../src/array/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { add, div, fullLike, zerosOf } from "../../ops/arithmetic.ts";
import { and, eq, lt, ne, not, or, select } from "../../ops/comparison.ts";
import { gather } from "../../ops/indexing.ts";
import { reshape } from "../../ops/shape.ts";
import * as sorting from "../../ops/sorting.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand, toDType } from "./operand.ts";
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

/** Strictly before, in the order of sort: NaN after everything. */
const precedes = (x: NDArray, y: NDArray): NDArray => or(lt(x, y), and(ne(y, y), eq(x, x)));

export interface SearchOptions {
  /** Before ("left", default) or after ("right") elements equal to the value. */
  readonly side?: "left" | "right";
}

/**
 * Where values would be inserted into an ascending vector so that it stays in order. Signs of zeros do not
 * count, and NaN belongs with the NaNs at the end.
 * @param sorted  shape [n], as `sort` orders it
 * @returns       int32, shape of `values`, from 0 to n
 * Cost: log2(n) reads per value.
 * @example np.searchsorted(array([1, 2, 3]), array([2, 2.5])) // [1, 2]
 */
export const searchsorted = (sorted: NDArray, values: Operand, options: SearchOptions = {}): NDArray => {
  requireOptions("np.searchsorted", options, ["side"]);
  const { side = "left" } = options;
  if (side !== "left" && side !== "right")
    throw new InvalidOption("np.searchsorted", `side ${JSON.stringify(side)}`, 'Use "left" or "right"');
  const [own, wanted] = [asOperand("np.searchsorted", sorted), asOperand("np.searchsorted", values)];
  if (own.ndim !== 1) throw new ShapeMismatch("np.searchsorted", showAval(own), "Search in a vector");
  const { dtype } = resultType([own, wanted]);
  const [line, keys] = [toDType(own, dtype), toDType(wanted, dtype)];
  const length = line.size;
  let low = zerosOf(keys.shape, "int32");
  let high = fullLike(length, low);
  // The interval [low, high) has at most `length` elements and halves every time.
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    const middle = div(add(low, high), fullLike(2, low));
    const read = gather(line, reshape(middle, { shape: [...keys.shape, 1] }), { mode: "clip", batchDims: 0 });
    const isOpen = lt(low, high);
    const isAfter = side === "left" ? precedes(read, keys) : or(precedes(read, keys), same(read, keys));
    high = select(and(isOpen, not(isAfter)), middle, high);
    low = select(and(isOpen, isAfter), add(middle, fullLike(1, middle)), low);
  }
  return low;
};

/** Equal in the order of sort: NaN with NaN. */
const same = (x: NDArray, y: NDArray): NDArray => or(eq(x, y), and(ne(x, x), ne(y, y)));
