/**
 * associativeScan: all prefixes of an associative operation in a logarithmic number of steps.
 * Pairs are combined, their prefixes found by the same way, and the elements between filled in.
 * Source: Blelloch 1990.
 */
import { showValue } from "../src/describe.ts";
import { IndexOutOfRange, LoopLength, TreeMismatch } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { showAval } from "../src/ir/aval.ts";
import { requireOptions } from "../src/options.ts";
import { leafPaths, requireSameTree, unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { reshape } from "../ops/shape.ts";
import { join, reverse, slice } from "../ops/slicing.ts";
import { flattenArrays, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";

export interface AssociativeScanOptions {
  /** Combine from the last element to the first. */
  readonly reverse?: boolean;
  /** Axis of every array that is scanned; 0 without it. */
  readonly axis?: number;
}

/** Elements from, from + stride, .. below `to`. */
type Range = readonly [from: number, to: number, stride: number];

const strided = (x: NDArray, axis: number, [from, to, stride]: Range): NDArray => {
  const along = <T>(own: T, others: (extent: number) => T): T[] =>
    x.shape.map((extent, k) => (k === axis ? own : others(extent)));
  return slice(x, {
    start: along(from, () => 0),
    limit: along(to, (extent) => extent),
    stride: along(stride, () => 1),
  });
};

/** first[0], second[0], first[1], ..: `first` has as many elements as `second`, or one more. */
const interleave = (first: NDArray, second: NDArray, axis: number): NDArray => {
  const [n, m] = [first.shape[axis]!, second.shape[axis]!];
  const pairAxis = (x: NDArray): NDArray => reshape(x, { shape: x.shape.toSpliced(axis + 1, 0, 1) });
  const pairs = join([pairAxis(strided(first, axis, [0, m, 1])), pairAxis(second)], axis + 1);
  const flat = reshape(pairs, { shape: second.shape.with(axis, 2 * m) });
  return n === m ? flat : join([flat, strided(first, axis, [m, n, 1])], axis);
};

type Combine = (left: readonly NDArray[], right: readonly NDArray[]) => readonly NDArray[];

const prefixes = (combine: Combine, elements: readonly NDArray[], axis: number): readonly NDArray[] => {
  const length = elements[0]!.shape[axis]!;
  if (length < 2) return elements;
  const take = (parts: readonly NDArray[], ...range: Range): NDArray[] => parts.map((x) => strided(x, axis, range));
  const half = Math.floor(length / 2);
  const pairs = combine(take(elements, 0, length - 1, 2), take(elements, 1, length, 2));
  const odd = prefixes(combine, pairs, axis);
  const before = length % 2 === 0 ? take(odd, 0, half - 1, 1) : odd;
  const rest = length > 2 ? combine(before, take(elements, 2, length, 2)) : take(elements, 0, 0, 1);
  const first = take(elements, 0, 1, 1);
  const even = length > 2 ? first.map((x, k) => join([x, rest[k]!], axis)) : first;
  return even.map((x, k) => interleave(x, odd[k]!, axis));
};

const requireAxis = (asked: string, arrays: readonly NDArray[], treedef: Treedef, axis: number): number => {
  const paths = leafPaths(treedef);
  const own = arrays.map((x, k) => {
    const rank = x.shape.length;
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
      throw new IndexOutOfRange(
        asked,
        `axis ${showValue(axis)} of ${paths[k] === "" ? "the elements" : paths[k]}, ${showAval(x)}`,
        "Every array needs the axis that is scanned",
      );
    return axis < 0 ? axis + rank : axis;
  });
  const sizes = arrays.map((x, k) => x.shape[own[k]!]!);
  if (sizes.some((size) => size !== sizes[0]))
    throw new LoopLength(
      asked,
      sizes.map((size, k) => `${paths[k] === "" ? "the elements" : paths[k]} has ${size}`).join(", "),
      "All arrays have one length along the axis",
    );
  if (own.some((other) => other !== own[0]))
    throw new IndexOutOfRange(asked, `axis ${axis} of arrays of different rank`, "Use an axis counted from the front");
  return own[0]!;
};

/**
 * All prefixes of an associative operation: e0, f(e0, e1), f(f(e0, e1), e2), ... in about 2 log2(n) steps.
 * @param f         (left, right) => combined, on trees like `elements`, element by element along the axis
 * @param elements  tree of arrays of one length along the axis
 * @param options   axis (0), reverse
 * @returns         a tree like `elements`
 * @throws LoopLength, IndexOutOfRange, TreeMismatch
 * Derivatives: those of f. Cost: f on about 2 n elements in all.
 * @example associativeScan((x, y) => x.mul(y), array([1, 2, 3, 4])) // [1, 2, 6, 24]
 */
export const associativeScan = <T>(
  f: (left: T, right: T) => T,
  elements: T,
  options: AssociativeScanOptions = {},
): T => {
  requireFunction("associativeScan", f);
  requireOptions("associativeScan", options, ["reverse", "axis"]);
  const asked = `associativeScan of ${nameOf(f as AnyFunction)}`;
  const { arrays, treedef } = flattenArrays(elements, asked);
  if (arrays.length === 0) return elements;
  const axis = requireAxis(asked, arrays, treedef, options.axis ?? 0);
  const isReverse = options.reverse === true;
  const turned = (x: NDArray): NDArray => (isReverse ? reverse(x, { axes: [axis] }) : x);
  const combine: Combine = (left, right) => {
    const out = flattenArrays(f(unflatten(treedef, left) as T, unflatten(treedef, right) as T), asked);
    requireSameTree(asked, treedef, out.treedef);
    out.arrays.forEach((x, k) => {
      if (x.shape[axis] !== left[k]!.shape[axis])
        throw new TreeMismatch(
          asked,
          `${showAval(x)} from elements ${showAval(left[k]!)}`,
          "Combine element by element along the axis",
        );
    });
    return out.arrays;
  };
  return unflatten(treedef, prefixes(combine, arrays.map(turned), axis).map(turned)) as T;
};
