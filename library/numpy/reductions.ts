/**
 * Reductions: every one takes { axis, keepdims }; axis null reduces all axes. Most take { where }, the elements
 * that count, and sum, prod, max, min also { initial }, a value that joins in.
 * Empty sums are 0, products 1; max and min of nothing throw EmptyReduction without an initial value.
 */
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { broadcastShapes, dropAxes, sameShape, showShape } from "../../src/array/shape.ts";
import * as arithmetic from "../../ops/arithmetic.ts";
import {
  argmax as argmaxOf,
  argmin as argminOf,
  max as maxOf,
  min as minOf,
  reduceMax,
  reduceMin,
} from "../../ops/extrema.ts";
import { reduceSum, reshape, transpose } from "../../ops/shape.ts";
import { concatenate, sliceAxis } from "../../ops/slicing.ts";
import type { Operand } from "./operand.ts";
import { asOperand, broadcastArray, requireDType, toDType } from "./operand.ts";
import { asBool, asNumber, countOf, maskOf, maskWith, reduceWith, searchWith } from "./reduction-parts.ts";
import type { ArgumentOptions, MaskedOptions, ReductionOptions } from "./reduction-parts.ts";

export type { ArgumentOptions, MaskedOptions, ReductionOptions } from "./reduction-parts.ts";

export interface ExtremumOptions extends MaskedOptions {
  /** A value that takes part, broadcast to the result; required with `where` and for nothing at all. */
  readonly initial?: Operand;
}

export interface SumOptions extends ExtremumOptions {
  /** The dtype to convert to first. Default: that of x, int32 for booleans. */
  readonly dtype?: DType;
}

/** The reduced values joined with the initial one. */
const withInitial = (
  asked: string,
  reduced: NDArray,
  initial: Operand | undefined,
  join: (x: NDArray, y: NDArray) => NDArray,
): NDArray => {
  if (initial === undefined) return reduced;
  const value = asOperand(`${asked}, option initial`, initial);
  if (!sameShape(broadcastShapes(`${asked}, option initial`, value.shape, reduced.shape), reduced.shape))
    throw new ShapeMismatch(
      `${asked}, option initial`,
      `shape ${showShape(value.shape)} for a result of shape ${showShape(reduced.shape)}`,
      "Give a number, or an array that broadcasts to the result",
    );
  return join(reduced, broadcastArray(toDType(value, reduced.dtype), reduced.shape));
};

const inDType = (asked: string, x: Operand, dtype: DType | undefined): NDArray => {
  const own = asOperand(asked, x);
  if (dtype === undefined) return asNumber(own);
  requireDType(asked, dtype);
  return asNumber(toDType(own, dtype));
};

/**
 * Sum over axes, blocked and compensated: the error does not grow with the length. Booleans count, integers wrap.
 * @example np.sum(array([[1, 2], [3, 4]]), { axis: 0 }) // [4, 6]
 * np.sum(array([1, 2, 3]), { where: array([true, false, true]), initial: 10 }) // 14
 */
export const sum = (x: Operand, options?: SumOptions): NDArray =>
  reduceWith(
    "np.sum",
    inDType("np.sum", x, options?.dtype),
    options,
    (own, axes) => {
      const masked = maskWith(maskOf("np.sum", own, options?.where), own, 0);
      return withInitial("np.sum", reduceSum(masked, { axes }), options?.initial, (a, b) => arithmetic.add(a, b));
    },
    ["where", "initial", "dtype"],
  );

/** The number that no element of the dtype is on the wrong side of: what max and min of nothing start from. */
const extremeOf = (dtype: DType, isLargest: boolean): number => {
  if (isFloat(dtype)) return isLargest ? Infinity : -Infinity;
  if (dtype === "int32") return isLargest ? 2 ** 31 - 1 : -(2 ** 31);
  if (dtype === "uint32") return isLargest ? 2 ** 32 - 1 : 0;
  return isLargest ? 1 : 0;
};

const extremum = (asked: string, isMax: boolean, x: Operand, options: ExtremumOptions | undefined): NDArray =>
  reduceWith(
    asked,
    asOperand(asked, x),
    options,
    (own, axes) => {
      if (options?.where !== undefined && options.initial === undefined)
        throw new InvalidOption(asked, "where without initial", "Give the value for places where nothing counts");
      const start = extremeOf(own.dtype, !isMax);
      const masked = maskWith(maskOf(asked, own, options?.where), own, start);
      const isNothing = options?.initial !== undefined && countOf(own, axes) === 0;
      const reduced = isNothing
        ? arithmetic.full(start, dropAxes(own.shape, axes), own.dtype)
        : (isMax ? reduceMax : reduceMin)(masked, { axes });
      return withInitial(asked, reduced, options?.initial, isMax ? maxOf : minOf);
    },
    ["where", "initial"],
  );

/**
 * Largest element; NaN propagates; ties share the gradient equally.
 * @throws EmptyReduction  nothing to choose from and no initial value
 * @example np.max(array([1, 3, 2])) // 3
 */
export const max = (x: Operand, options?: ExtremumOptions): NDArray => extremum("np.max", true, x, options);

/**
 * Smallest element; as max.
 * @example np.min(array([[1, 3], [0, 2]]), { axis: 1, keepdims: true }) // [[1], [0]]
 */
export const min = (x: Operand, options?: ExtremumOptions): NDArray => extremum("np.min", false, x, options);

/**
 * Largest less smallest element.
 * @throws EmptyReduction
 * @example np.ptp(array([[1, 5], [2, 2]]), { axis: 1 }) // [4, 0]
 */
export const ptp = (x: Operand, options?: ReductionOptions): NDArray =>
  reduceWith("np.ptp", asNumber(asOperand("np.ptp", x)), options, (own, axes) =>
    arithmetic.sub(reduceMax(own, { axes }), reduceMin(own, { axes })),
  );

/** Product over axes as a tree of pairwise products. */
const productOver = (x: NDArray, axes: readonly number[]): NDArray => {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const count = countOf(x, axes);
  const shape = kept.map((axis) => x.shape[axis]!);
  if (count === 0) return arithmetic.full(1, shape, x.dtype);
  let factors = reshape(transpose(x, { permutation: [...kept, ...axes] }), { shape: [...shape, count] });
  const last = shape.length;
  for (let length = count; length > 1; length = Math.ceil(length / 2)) {
    const half = Math.floor(length / 2);
    const pairs = arithmetic.mul(sliceAxis(factors, last, 0, half), sliceAxis(factors, last, half, 2 * half));
    factors =
      length % 2 === 0 ? pairs : concatenate(pairs, sliceAxis(factors, last, length - 1, length), { axis: last });
  }
  return reshape(factors, { shape });
};

/**
 * Product over axes by a tree of pairwise products, so that its gradient is right with zeros:
 * the gradient of prod at [0, 2, 3] is [6, 0, 0].
 * @example grad((x) => np.prod(x))(array([0, 2, 3])) // [6, 0, 0]
 */
export const prod = (x: Operand, options?: SumOptions): NDArray =>
  reduceWith(
    "np.prod",
    inDType("np.prod", x, options?.dtype),
    options,
    (own, axes) => {
      const masked = maskWith(maskOf("np.prod", own, options?.where), own, 1);
      return withInitial("np.prod", productOver(masked, axes), options?.initial, (a, b) => arithmetic.mul(a, b));
    },
    ["where", "initial", "dtype"],
  );

/**
 * True where any element is nonzero; NaN is.
 * @example np.any(array([0, 1])) // true
 */
export const any = (x: Operand, options?: MaskedOptions): NDArray =>
  reduceWith(
    "np.any",
    asBool(asOperand("np.any", x)),
    options,
    (own, axes) =>
      countOf(own, axes) === 0
        ? arithmetic.full(0, dropAxes(own.shape, axes), "bool")
        : reduceMax(maskWith(maskOf("np.any", own, options?.where), own, 0), { axes }),
    ["where"],
  );

/**
 * True where all elements are nonzero.
 * @example np.all(array([0, 1])) // false
 */
export const all = (x: Operand, options?: MaskedOptions): NDArray =>
  reduceWith(
    "np.all",
    asBool(asOperand("np.all", x)),
    options,
    (own, axes) =>
      countOf(own, axes) === 0
        ? arithmetic.full(1, dropAxes(own.shape, axes), "bool")
        : reduceMin(maskWith(maskOf("np.all", own, options?.where), own, 1), { axes }),
    ["where"],
  );

/**
 * Number of elements that are not zero (int32); NaN is not.
 * @example np.countNonzero(array([[0, 1], [2, 3]]), { axis: 1 }) // [1, 2]
 */
export const countNonzero = (x: Operand, options?: ReductionOptions): NDArray =>
  reduceWith("np.countNonzero", asBool(asOperand("np.countNonzero", x)), options, (own, axes) =>
    reduceSum(toDType(own, "int32"), { axes }),
  );

/**
 * Index (int32) of the first largest element, or of the first NaN.
 * @throws EmptyReduction
 * @example np.argmax(array([1, 3, 3])) // 1
 */
export const argmax = (x: Operand, options?: ArgumentOptions): NDArray =>
  searchWith("np.argmax", asOperand("np.argmax", x), options, (own, axis) => argmaxOf(own, { axis }));

/**
 * Index (int32) of the first smallest element, or of the first NaN.
 * @throws EmptyReduction
 * @example np.argmin(array([[2, 1], [0, 5]]), { axis: 1 }) // [1, 0]
 */
export const argmin = (x: Operand, options?: ArgumentOptions): NDArray =>
  searchWith("np.argmin", asOperand("np.argmin", x), options, (own, axis) => argminOf(own, { axis }));

export { max as amax, min as amin };
