/**
 * Directions in the space of parameters: random ones, scaled filter by filter to the size of the parameters, made orthogonal.
 *   d_f <- d_f |p_f| / |d_f| for every filter f, the weights [..., inputs, outputs] into one output unit: an index of the last axis
 * Networks do not change where a filter is scaled up and the next layer down, so distances mean something only filter by filter.
 * Source: Li, Xu, Taylor, Studer & Goldstein 2018, section 4.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { unflatten } from "../../src/tree/tree.ts";
import { zerosLike } from "../../library/numpy/creation.ts";
import { div, equal, lessEqual, mul, sqrt, sub } from "../../library/numpy/elementwise.ts";
import { toDType } from "../../library/numpy/operand.ts";
import { sum } from "../../library/numpy/reductions.ts";
import { where } from "../../library/numpy/selection.ts";
import { floatLeaves, leavesLike } from "../../library/optim/tree-arithmetic.ts";
import { normal } from "../../library/random/continuous.ts";
import { splitKeys } from "../../library/random/keys.ts";
import type { FlatArrays } from "../../transforms/flat.ts";

/** What is left of a vector after its part along another was taken off counts as rounding below this share of it. */
const leastShare = 1e-8;

/** Leaves of a direction, each with the shape and dtype of the parameters' leaf. */
export type DirectionLeaves = readonly NDArray[];

/** A matrix of float64 with a filter per column. */
const filtersOf = (x: NDArray): NDArray => toDType(x, "float64").reshape([x.size / x.shape.at(-1)!, x.shape.at(-1)!]);

const productOf = (x: NDArray, y: NDArray): NDArray => sum(mul(x, y), { axis: 0, keepdims: true });

/** x / y, and 0 where y is 0. */
const ratio = (x: NDArray, y: NDArray): NDArray => {
  const isZero = equal(y, 0);
  return where(isZero, 0, div(x, where(isZero, 1, y)));
};

/** What is left of the columns of x without their parts along those of y; nothing where that is only rounding. */
const withoutPart = (x: NDArray, y: NDArray): NDArray => {
  const left = sub(x, mul(y, ratio(productOf(x, y), productOf(y, y))));
  const isRounding = lessEqual(productOf(left, left), mul(productOf(x, x), leastShare ** 2));
  return where(isRounding, 0, left);
};

const isVector = (x: NDArray): boolean => x.ndim < 2 || x.size === 0;

/** Filters of a direction in the norms of the parameters' filters; vectors and scalars, which have none, as zeros. */
export const normalizeFilters = (params: FlatArrays, direction: DirectionLeaves): DirectionLeaves =>
  direction.map((d, k) => {
    const p = params.arrays[k]!;
    if (isVector(d)) return zerosLike(d);
    const [own, wanted] = [filtersOf(d), filtersOf(p)];
    const scale = ratio(sqrt(productOf(wanted, wanted)), sqrt(productOf(own, own)));
    return toDType(mul(own, scale).reshape(d.shape), d.dtype);
  });

/**
 * The second direction with every filter orthogonal to the first's, hence orthogonal as a whole however filters are scaled.
 * A filter of a single weight has no room for that: there the second direction is zero.
 */
export const orthogonalFilters = (first: DirectionLeaves, second: DirectionLeaves): DirectionLeaves =>
  second.map((d, k) =>
    isVector(d) ? zerosLike(d) : toDType(withoutPart(filtersOf(d), filtersOf(first[k]!)).reshape(d.shape), d.dtype),
  );

/** Sum of the products of all numbers of two trees, in float64. */
export const innerProduct = (first: DirectionLeaves, second: DirectionLeaves): number =>
  first.reduce((total, x, k) => total + sum(mul(toDType(x, "float64"), toDType(second[k]!, "float64"))).item(), 0);

/** The second direction without its part along the first, both taken as one vector. */
export const orthogonalTree = (first: DirectionLeaves, second: DirectionLeaves): DirectionLeaves => {
  const square = innerProduct(first, first);
  const share = square === 0 ? 0 : innerProduct(second, first) / square;
  const left = second.map((d, k) =>
    toDType(sub(toDType(d, "float64"), mul(toDType(first[k]!, "float64"), share)), d.dtype),
  );
  const isRounding = innerProduct(left, left) <= leastShare ** 2 * innerProduct(second, second);
  return isRounding ? left.map((d) => zerosLike(d)) : left;
};

/** Normal numbers in the place of all parameters, a direction per key. */
export const randomDirections = (params: FlatArrays, key: NDArray, count: number): readonly DirectionLeaves[] =>
  splitKeys(key, count).map((own) => {
    const keys = splitKeys(own, params.arrays.length);
    return params.arrays.map((p, k) => normal(keys[k]!, p.shape, { dtype: p.dtype as "float64" | "float32" }));
  });

/** Directions that were given as trees. @throws TreeMismatch, ShapeMismatch, DTypeMismatch with the path */
export const givenDirections = (
  asked: string,
  params: FlatArrays,
  directions: readonly unknown[],
): readonly DirectionLeaves[] => directions.map((tree) => leavesLike(asked, params, tree));

/** The leaves as a tree of the parameters' structure. */
export const treeOf = <P>(params: FlatArrays, leaves: readonly unknown[]): P => unflatten(params.treedef, leaves) as P;

/** The parameters' arrays, numbers among them as arrays. @throws DTypeMismatch with the path of what is no float */
export const parametersOf = (asked: string, at: unknown): FlatArrays => floatLeaves(asked, at);
