/**
 * Mean, variance, standard deviation, weighted average, covariance and correlation. Integers give floats.
 * Variances are computed in two passes: of the deviations from the mean. Means of nothing are NaN.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isFloat, resultType } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { broadcastShapes, normalizeAxes, normalizeAxis, sameShape, showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { fullLike } from "../../ops/arithmetic.ts";
import { broadcast, reduceSum, reshape, transpose } from "../../ops/shape.ts";
import { join } from "../../ops/slicing.ts";
import { clip, div, mul, sqrt, square, sub } from "./elementwise.ts";
import { diagonal } from "./diagonals.ts";
import { asOperand, broadcastArray, requireDType, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { dot } from "./products.ts";
import { asFloat, countOf, keptShape, maskOf, maskWith, reduceWith } from "./reduction-parts.ts";
import type { MaskedOptions, ReductionOptions } from "./reduction-parts.ts";

export interface MeanOptions extends MaskedOptions {
  /** The float dtype to convert to first. Default: that of x, float64 for integers. */
  readonly dtype?: DType;
}

const floatIn = (asked: string, x: Operand, dtype: DType | undefined): NDArray => {
  const own = asOperand(asked, x);
  if (dtype === undefined) return asFloat(own);
  requireDType(asked, dtype);
  if (!isFloat(dtype)) throw new InvalidOption(asked, `dtype ${dtype}`, "A mean is a float: use float64 or float32");
  return toDType(own, dtype);
};

/** Number of elements that count, for every result; a plain number without a mask. */
const countWhere = (mask: NDArray | null, x: NDArray, axes: readonly number[]): NDArray | number =>
  mask === null ? countOf(x, axes) : reduceSum(toDType(mask, x.dtype), { axes });

/**
 * Arithmetic mean; integers give floats; the mean of nothing is NaN.
 * @example np.mean(array([[1, 2], [3, 4]]), { axis: 1 }) // [1.5, 3.5]
 */
export const mean = (x: Operand, options?: MeanOptions): NDArray =>
  reduceWith(
    "np.mean",
    floatIn("np.mean", x, options?.dtype),
    options,
    (own, axes) => {
      const mask = maskOf("np.mean", own, options?.where);
      return div(reduceSum(maskWith(mask, own, 0), { axes }), countWhere(mask, own, axes));
    },
    ["where", "dtype"],
  );

export interface VarianceOptions extends MeanOptions {
  /** Divisor is count - ddof. Default 0. */
  readonly ddof?: number;
  /** The array API's name of ddof; only one of the two may be given. */
  readonly correction?: number;
}

/** The divisor's correction. */
const correctionOf = (asked: string, options: VarianceOptions | undefined): number => {
  if (options?.ddof !== undefined && options.correction !== undefined)
    throw new InvalidOption(asked, "ddof and correction", "They are two names of one number: give one");
  const correction = options?.ddof ?? options?.correction ?? 0;
  if (typeof correction !== "number" || Number.isNaN(correction))
    throw new InvalidOption(asked, `ddof ${showValue(correction)}`, "Give a number");
  return correction;
};

const nonNegative = (count: NDArray | number): NDArray | number =>
  typeof count === "number" ? Math.max(0, count) : clip(count, 0, null);

/** Variance under the name of the function that was asked for. */
const varianceFor = (asked: string, x: Operand, options: VarianceOptions | undefined): NDArray =>
  reduceWith(
    asked,
    floatIn(asked, x, options?.dtype),
    options,
    (own, axes) => {
      const mask = maskOf(asked, own, options?.where);
      const correction = correctionOf(asked, options);
      const count = countWhere(mask, own, axes);
      const centre = div(reduceSum(maskWith(mask, own, 0), { axes }), count);
      const deviations = sub(own, reshape(centre, { shape: keptShape(own.shape, axes) }));
      const squares = square(maskWith(mask, deviations, 0));
      const divisor = nonNegative(typeof count === "number" ? count - correction : sub(count, correction));
      return div(reduceSum(squares, { axes }), divisor);
    },
    ["where", "dtype", "ddof", "correction"],
  );

/**
 * Variance, two passes; its gradient is 0 where all elements are equal.
 * @example np.var(array([1, 3]), { ddof: 1 }) // 2
 */
export const variance = (x: Operand, options?: VarianceOptions): NDArray => varianceFor("np.var", x, options);

/**
 * Standard deviation; its gradient is NaN where all elements are equal.
 * @example np.std(array([1, 3])) // 1
 */
export const std = (x: Operand, options?: VarianceOptions): NDArray => sqrt(varianceFor("np.std", x, options));

export interface AverageOptions extends ReductionOptions {
  /** Of x's shape, of the shape of the averaged axes in their order, or broadcast to x; default: all equal. */
  readonly weights?: Operand;
  /** Give [average, sum of the weights], both in the shape of the average. Default false. */
  readonly returned?: boolean;
}

interface Average {
  (x: Operand, options: AverageOptions & { readonly returned: true }): [NDArray, NDArray];
  (x: Operand, options?: AverageOptions & { readonly returned?: false }): NDArray;
}

/** Weights in the shape of x: over the averaged axes (in the order asked for) when they have their shape, else broadcast. */
const spreadWeights = (x: NDArray, weights: NDArray, axes: readonly number[]): NDArray => {
  if (sameShape(weights.shape, x.shape)) return weights;
  const along = axes.map((axis) => x.shape[axis]!);
  if (axes.length > 0 && sameShape(weights.shape, along)) {
    const order = axes.map((_, k) => k).sort((left, right) => axes[left]! - axes[right]!);
    const sorted = transpose(weights, { permutation: order });
    return broadcast(sorted, { shape: x.shape, axes: order.map((k) => axes[k]!) });
  }
  const shape = broadcastShapes("np.average, option weights", weights.shape, x.shape);
  if (!sameShape(shape, x.shape))
    throw new ShapeMismatch(
      "np.average, option weights",
      `shape ${showShape(weights.shape)} for elements of shape ${showShape(x.shape)}`,
      "Give weights of x's shape, or of the shape of the averaged axes",
    );
  return broadcastArray(weights, x.shape);
};

/** The axes in the order asked for. */
const axesInOrder = (axis: AverageOptions["axis"], rank: number): number[] => {
  const sorted = normalizeAxes("np.average", axis, rank);
  return Array.isArray(axis) ? axis.map((each: number) => normalizeAxis("np.average", each, rank)) : sorted;
};

/**
 * Mean with weights: sum(x * weights) / sum(weights). Weights that sum to 0 give NaN or infinity.
 * @throws ShapeMismatch  weights fit neither x nor the averaged axes
 * @example np.average(array([1, 3]), { weights: array([3, 1]) }) // 1.5
 * np.average(array([1, 3]), { weights: array([3, 1]), returned: true }) // [1.5, 4]
 */
export const average: Average = ((x: Operand, options: AverageOptions = {}): NDArray | [NDArray, NDArray] => {
  requireOptions("np.average", options, ["axis", "keepdims", "weights", "returned"]);
  const { weights, returned = false, ...rest } = options;
  const given = asFloat(asOperand("np.average", x));
  const factors = weights === undefined ? null : asFloat(asOperand("np.average", weights));
  const { dtype } = resultType(factors === null ? [given] : [given, factors]);
  const own = toDType(given, dtype);
  const spread =
    factors === null ? null : spreadWeights(own, toDType(factors, dtype), axesInOrder(options.axis, own.ndim));
  const total = (values: NDArray): NDArray =>
    reduceWith("np.average", values, rest, (all, axes) => reduceSum(all, { axes }));
  const weight = total(spread ?? fullLike(1, own));
  const mean = div(total(spread === null ? own : mul(own, spread)), weight);
  return returned ? [mean, weight] : mean;
}) as Average;

// --- Covariance -------------------------------------------------------------------------------

export interface CorrelationOptions {
  /** More variables, joined to those of x. */
  readonly y?: Operand;
  /** Rows are variables, columns observations (default); false: the other way round. */
  readonly rowvar?: boolean;
}

export interface CovarianceOptions extends CorrelationOptions {
  /** Divide by the count instead of the count less 1. Default false; ddof overrides it. */
  readonly bias?: boolean;
  /** Divisor is count - ddof. Default 1, or 0 with bias. */
  readonly ddof?: number;
  /** Number of times each observation was made. */
  readonly fweights?: Operand;
  /** Relative importance of each observation. */
  readonly aweights?: Operand;
}

/** Variables as rows. */
const rowsOf = (asked: string, x: Operand, rowvar: boolean): NDArray => {
  const own = asFloat(asOperand(asked, x));
  if (own.ndim > 2)
    throw new ShapeMismatch(
      asked,
      `shape ${showShape(own.shape)}`,
      "Give variables times observations, rank 2 at most",
    );
  const matrix = own.ndim === 2 ? own : reshape(own, { shape: [1, own.size] });
  return rowvar || own.ndim < 2 ? matrix : transpose(matrix, { permutation: [1, 0] });
};

const observationWeights = (asked: string, weights: Operand | undefined, x: NDArray): NDArray | null => {
  if (weights === undefined) return null;
  const own = toDType(asOperand(asked, weights), x.dtype);
  if (own.ndim !== 1 || own.size !== x.shape[1])
    throw new ShapeMismatch(
      asked,
      `weights of shape ${showShape(own.shape)} for ${x.shape[1]} observations`,
      "Give one weight per observation",
    );
  return own;
};

/**
 * Covariance matrix of variables (rows) over observations (columns), shape [variables, variables]; a number for one.
 * With weights w = fweights * aweights the divisor is sum(w) - ddof sum(w aweights) / sum(w).
 * @throws ShapeMismatch
 * @example np.cov(array([[1, 2, 3], [6, 4, 2]])) // [[1, -2], [-2, 4]]
 */
export const cov = (x: Operand, options: CovarianceOptions = {}): NDArray => {
  requireOptions("np.cov", options, ["y", "rowvar", "bias", "ddof", "fweights", "aweights"]);
  const { y, rowvar = true, bias = false, ddof = bias ? 0 : 1 } = options;
  if (typeof ddof !== "number") throw new InvalidOption("np.cov", `ddof ${showValue(ddof)}`, "Give a number");
  const parts = (y === undefined ? [x] : [x, y]).map((part) => rowsOf("np.cov", part, rowvar));
  const { dtype } = resultType(parts);
  if (parts.some((part) => part.shape[1] !== parts[0]!.shape[1]))
    throw new ShapeMismatch(
      "np.cov",
      parts.map((part) => showShape(part.shape)).join(" and "),
      "Observe all equally often",
    );
  const own = join(
    parts.map((part) => toDType(part, dtype)),
    0,
  );
  const [counts, importance] = [options.fweights, options.aweights].map((w) => observationWeights("np.cov", w, own));
  const weights = counts !== null && importance !== null ? mul(counts!, importance!) : (counts ?? importance ?? null);
  const total = weights === null ? own.shape[1]! : reduceSum(weights, { axes: [0] });
  const weighted = (values: NDArray): NDArray => (weights === null ? values : mul(values, weights));
  const centre = div(reduceSum(weighted(own), { axes: [1] }), total);
  const deviations = sub(own, reshape(centre, { shape: [own.shape[0]!, 1] }));
  const excess =
    ddof === 0 || importance === null
      ? ddof
      : div(mul(ddof, reduceSum(mul(weights!, importance!), { axes: [0] })), total);
  const divisor = nonNegative(typeof total === "number" ? total - (excess as number) : sub(total, excess));
  const products = dot(deviations, transpose(weighted(deviations), { permutation: [1, 0] }));
  const matrix = div(products, divisor);
  return own.shape[0] === 1 ? reshape(matrix, { shape: [] }) : matrix;
};

/**
 * Correlation coefficients of variables (rows): covariances over the products of standard deviations, within [-1, 1].
 * A variable that does not vary gives NaN.
 * @throws ShapeMismatch
 * @example np.corrcoef(array([[1, 2, 3], [6, 4, 2]])) // [[1, -1], [-1, 1]]
 */
export const corrcoef = (x: Operand, options: CorrelationOptions = {}): NDArray => {
  requireOptions("np.corrcoef", options, ["y", "rowvar"]);
  const matrix = cov(x, options);
  if (matrix.ndim === 0) return div(matrix, matrix);
  const size = matrix.shape[0]!;
  const deviations = sqrt(diagonal(matrix));
  const byRow = div(matrix, reshape(deviations, { shape: [size, 1] }));
  return clip(div(byRow, deviations), -1, 1);
};

export { variance as var };
