/**
 * Reductions: every one takes { axis, keepdims }; axis null reduces all axes.
 * Empty sums are 0, products 1, means NaN; max and min of nothing throw EmptyReduction.
 */
import { isFloat } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { broadcastShapes, normalizeAxes, normalizeAxis } from "../../src/array/shape.ts";
import { full, mul, zerosOf } from "../../ops/arithmetic.ts";
import { ne } from "../../ops/comparison.ts";
import { cumsum as cumsumOf } from "../../ops/cumulative.ts";
import { argmax as argmaxOf, argmin as argminOf, reduceMax, reduceMin } from "../../ops/extrema.ts";
import { concatenate, sliceAxis } from "../../ops/slicing.ts";
import { reduceSum, reshape, transpose } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { div, mul as mulOf, sqrt, square, sub } from "./elementwise.ts";
import type { Operand } from "./operand.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";

export interface ReductionOptions {
  /** Axes to reduce, negative from the end; null (default) reduces all. */
  readonly axis?: number | readonly number[] | null;
  /** Reduced axes stay with size 1. */
  readonly keepdims?: boolean;
}

const reductionOptions: readonly string[] = ["axis", "keepdims"];

const reduceWith = (
  asked: string,
  x: NDArray,
  options: ReductionOptions | undefined,
  call: (x: NDArray, axes: readonly number[]) => NDArray,
  known: readonly string[] = reductionOptions,
): NDArray => {
  requireOptions(asked, options, known);
  const axes = normalizeAxes(asked, options?.axis, x.ndim);
  const reduced = call(x, axes);
  if (options?.keepdims !== true) return reduced;
  return reshape(reduced, { shape: x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)) });
};

const asNumber = (x: NDArray): NDArray => (x.dtype === "bool" ? toDType(x, "int32") : x);
const asFloat = (x: NDArray): NDArray => (isFloat(x.dtype) ? x : toDType(x, "float64"));
const asBool = (x: NDArray): NDArray => (x.dtype === "bool" ? x : ne(x, zerosOf(x.shape, x.dtype)));

/**
 * Sum over axes, blocked and compensated: the error does not grow with the length. Booleans count.
 * @example np.sum(array([[1, 2], [3, 4]]), { axis: 0 }) // [4, 6]
 */
export const sum = (x: Operand, options?: ReductionOptions): NDArray =>
  reduceWith("np.sum", asNumber(asOperand("np.sum", x)), options, (own, axes) => reduceSum(own, { axes }));

/**
 * Arithmetic mean; integers give floats; the mean of nothing is NaN.
 * @example np.mean(array([[1, 2], [3, 4]]), { axis: 1 }) // [1.5, 3.5]
 */
export const mean = (x: Operand, options?: ReductionOptions): NDArray =>
  reduceWith("np.mean", asFloat(asOperand("np.mean", x)), options, (own, axes) =>
    div(reduceSum(own, { axes }), countOf(own, axes)),
  );

const countOf = (x: NDArray, axes: readonly number[]): number =>
  axes.reduce((count, axis) => count * x.shape[axis]!, 1);

/**
 * Largest element; NaN propagates; ties share the gradient equally.
 * @example np.max(array([1, 3, 2])) // 3
 */
export const max = (x: Operand, options?: ReductionOptions): NDArray =>
  reduceWith("np.max", asOperand("np.max", x), options, (own, axes) => reduceMax(own, { axes }));

/**
 * Smallest element; as max.
 * @example np.min(array([[1, 3], [0, 2]]), { axis: 1, keepdims: true }) // [[1], [0]]
 */
export const min = (x: Operand, options?: ReductionOptions): NDArray =>
  reduceWith("np.min", asOperand("np.min", x), options, (own, axes) => reduceMin(own, { axes }));

/**
 * Product over axes by a tree of pairwise products, so that its gradient is right with zeros:
 * the gradient of prod at [0, 2, 3] is [6, 0, 0].
 * @example grad((x) => np.prod(x))(array([0, 2, 3])) // [6, 0, 0]
 */
export const prod = (x: Operand, options?: ReductionOptions): NDArray =>
  reduceWith("np.prod", asNumber(asOperand("np.prod", x)), options, (own, axes) => {
    const kept = own.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const count = countOf(own, axes);
    const shape = kept.map((axis) => own.shape[axis]!);
    let factors = reshape(transpose(own, { permutation: [...kept, ...axes] }), { shape: [...shape, count] });
    const last = shape.length;
    if (count === 0) return full(1, shape, own.dtype);
    for (let length = count; length > 1; length = Math.ceil(length / 2)) {
      const half = Math.floor(length / 2);
      const pairs = mul(sliceAxis(factors, last, 0, half), sliceAxis(factors, last, half, 2 * half));
      factors =
        length % 2 === 0 ? pairs : concatenate(pairs, sliceAxis(factors, last, length - 1, length), { axis: last });
    }
    return reshape(factors, { shape });
  });

export interface VarianceOptions extends ReductionOptions {
  /** Divisor is count - ddof. Default 0. */
  readonly ddof?: number;
}

/**
 * Variance, two passes.
 * @example np.var(array([1, 3]), { ddof: 1 }) // 2
 */
export const variance = (x: Operand, options?: VarianceOptions): NDArray => {
  const own = asFloat(asOperand("np.var", x));
  const axes = normalizeAxes("np.var", options?.axis, own.ndim);
  const centred = sub(own, mean(own, { axis: axes, keepdims: true }));
  return reduceWith(
    "np.var",
    square(centred),
    options,
    (squares) => div(reduceSum(squares, { axes }), Math.max(0, countOf(own, axes) - (options?.ddof ?? 0))),
    [...reductionOptions, "ddof"],
  );
};

/**
 * Standard deviation.
 * @example np.std(array([1, 3])) // 1
 */
export const std = (x: Operand, options?: VarianceOptions): NDArray => sqrt(variance(x, options));

/**
 * True where any element is nonzero.
 * @example np.any(array([0, 1])) // true
 */
export const any = (x: Operand, options?: ReductionOptions): NDArray =>
  reduceWith("np.any", asBool(asOperand("np.any", x)), options, (own, axes) =>
    countOf(own, axes) === 0 ? noneOf(own, axes, 0) : reduceMax(own, { axes }),
  );

/**
 * True where all elements are nonzero.
 * @example np.all(array([0, 1])) // false
 */
export const all = (x: Operand, options?: ReductionOptions): NDArray =>
  reduceWith("np.all", asBool(asOperand("np.all", x)), options, (own, axes) =>
    countOf(own, axes) === 0 ? noneOf(own, axes, 1) : reduceMin(own, { axes }),
  );

const noneOf = (x: NDArray, axes: readonly number[], value: number): NDArray =>
  full(
    value,
    x.shape.filter((_, axis) => !axes.includes(axis)),
    "bool",
  );

export interface ArgumentOptions {
  /** One axis; null (default) searches the flattened array. */
  readonly axis?: number | null;
}

const argument =
  (asked: string, call: (x: NDArray, params: { readonly axis: number }) => NDArray) =>
  (x: Operand, options?: ArgumentOptions): NDArray => {
    requireOptions(asked, options, ["axis"]);
    const own = asOperand(asked, x);
    const axis = options?.axis ?? null;
    if (axis === null) return call(reshape(own, { shape: [own.size] }), { axis: 0 });
    return call(own, { axis: normalizeAxis(asked, axis, own.ndim) });
  };

/**
 * Index of the first largest element, or of the first NaN.
 * @example np.argmax(array([1, 3, 3])) // 1
 */
export const argmax: (x: Operand, options?: ArgumentOptions) => NDArray = argument("np.argmax", (x, params) =>
  argmaxOf(x, params),
);

/**
 * Index of the first smallest element, or of the first NaN.
 * @example np.argmin(array([[2, 1], [0, 5]]), { axis: 1 }) // [1, 0]
 */
export const argmin: (x: Operand, options?: ArgumentOptions) => NDArray = argument("np.argmin", (x, params) =>
  argminOf(x, params),
);

export interface CumulativeOptions {
  /** One axis; null (default) sums the flattened array. */
  readonly axis?: number | null;
}

/**
 * Running sum along an axis; booleans count. As accurate as `sum`.
 * @example np.cumsum(array([1, 2, 3])) // [1, 3, 6]
 */
export const cumsum = (x: Operand, options?: CumulativeOptions): NDArray => {
  requireOptions("np.cumsum", options, ["axis"]);
  const own = asNumber(asOperand("np.cumsum", x));
  const axis = options?.axis ?? null;
  if (axis === null) return cumsumOf(reshape(own, { shape: [own.size] }), { axis: 0, reverse: false });
  return cumsumOf(own, { axis: normalizeAxis("np.cumsum", axis, own.ndim), reverse: false });
};

export interface AverageOptions extends ReductionOptions {
  /** Broadcast to x; default: all equal. */
  readonly weights?: Operand;
}

/**
 * Mean with weights: sum(x * weights) / sum(weights). Weights that sum to 0 give NaN or infinity.
 * @example np.average(array([1, 3]), { weights: array([3, 1]) }) // 1.5
 */
export const average = (x: Operand, options: AverageOptions = {}): NDArray => {
  requireOptions("np.average", options, ["axis", "keepdims", "weights"]);
  const { weights, ...rest } = options;
  if (weights === undefined) return mean(x, rest);
  const own = asFloat(asOperand("np.average", x));
  const spread = broadcastArray(
    asFloat(asOperand("np.average", weights)),
    broadcastShapes("np.average", asOperand("np.average", weights).shape, own.shape),
  );
  return div(sum(mulOf(own, spread), rest), sum(spread, rest));
};

export { variance as var };
