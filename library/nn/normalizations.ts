/**
 * Normalizations without running statistics: over the features of a point (layer), over a whole sample (global), and by fixed
 * statistics (frozen batch normalization). What has them is batch-norm.ts.
 * y = (x - mean) / sqrt(variance + epsilon), then scale and shift per feature; the variance is the mean of squared deviations.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { ShapeMismatch } from "../../src/error.ts";
import { showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { add, div, full, fullLike, mul, sub } from "../../ops/arithmetic.ts";
import { sqrt } from "../../ops/exponential.ts";
import { reduceSum, spread } from "../../ops/shape.ts";
import { broadcastArray, promoteFloat, toDType } from "../numpy/operand.ts";
import { requireKey } from "../random/keys.ts";
import { ones, zeros } from "./initializers.ts";
import { parameterType, requireFeatures, requireParameter, requirePositive, requireSize } from "./network-options.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { Network } from "./network.ts";

/** Scale and shift of every feature. */
export interface AffineParams {
  /** Shape [features]; begins with ones. */
  readonly scale: NDArray;
  /** Shape [features]; begins with zeros. */
  readonly shift: NDArray;
}

export interface NormalizationOptions extends NetworkOptions {
  /** Added to the variance. Default 1e-3, as in Keras. */
  readonly epsilon?: number;
}

/** Mean over axes and mean of squared deviations, both without those axes. */
export interface Moments {
  readonly mean: NDArray;
  readonly variance: NDArray;
}

const meanOver = (x: NDArray, axes: readonly number[]): NDArray => {
  const sum = reduceSum(x, { axes });
  return div(
    sum,
    fullLike(
      axes.reduce((count, axis) => count * x.shape[axis]!, 1),
      sum,
    ),
  );
};

/** Moments over axes, and the deviations, of which the variance is taken so that a large mean costs no digits. */
export const momentsOf = (x: NDArray, axes: readonly number[]): Moments & { readonly deviation: NDArray } => {
  const mean = meanOver(x, axes);
  const deviation = sub(x, spread(mean, x.shape, axes));
  return { mean, deviation, variance: meanOver(mul(deviation, deviation), axes) };
};

/** 1 / sqrt(variance + epsilon). */
export const inverseDeviation = (variance: NDArray, epsilon: number): NDArray =>
  div(fullLike(1, variance), sqrt(add(variance, fullLike(epsilon, variance))));

const normalizedOver = (x: NDArray, axes: readonly number[], epsilon: number): NDArray => {
  const { deviation, variance } = momentsOf(x, axes);
  return mul(deviation, spread(inverseDeviation(variance, epsilon), x.shape, axes));
};

/** The first values of scale and shift. */
export const initialAffine = (
  key: NDArray,
  features: number,
  dtype: NonNullable<NetworkOptions["dtype"]>,
): AffineParams => ({
  scale: ones(key, [features], { dtype }),
  shift: zeros(key, [features], { dtype }),
});

/** Scale and shift, checked, and the input in the dtype of the scale. */
export const affineParts = (
  asked: string,
  params: AffineParams,
  x: NDArray,
  features: number,
): { readonly scale: NDArray; readonly shift: NDArray; readonly x: NDArray } => {
  const scale = requireParameter(asked, "scale", params.scale, [features]);
  const shift = toDType(requireParameter(asked, "shift", params.shift, [features]), scale.dtype);
  return { scale, shift, x: requireFeatures(asked, x, features, scale.dtype) };
};

/** x scale + shift, per feature. */
export const affine = (x: NDArray, scale: NDArray, shift: NDArray): NDArray =>
  add(mul(x, broadcastArray(scale, x.shape)), broadcastArray(shift, x.shape));

/** A network of AffineParams from what it does to an input. */
const affineNetwork = (
  name: string,
  features: number,
  options: NormalizationOptions,
  normalize: (x: NDArray, epsilon: number) => NDArray,
): Network<AffineParams> => {
  requireSize(name, "features", features);
  const asked = `${name}(${features})`;
  requireOptions(asked, options, ["epsilon", "dtype"]);
  const { epsilon = 1e-3 } = options;
  requirePositive(asked, "epsilon", epsilon);
  const dtype = parameterType(asked, options.dtype);
  return {
    init: (key) => initialAffine(requireKey(asked, key), features, dtype),
    apply: (params, x) => {
      const own = affineParts(asked, params, x, features);
      return affine(normalize(own.x, epsilon), own.scale, own.shift);
    },
  };
};

/**
 * Layer normalization, as Keras's: every point's features with mean 0 and variance 1 (nearly: epsilon), then scale and shift.
 * @param features  size of the last axis of x
 * @throws InvalidOption, UnknownOption, DTypeMismatch; init InvalidKey; apply ShapeMismatch, NotAnArray
 * Derivatives: by parameters and input, any order. Cost: some 8 operations per number. Source: Ba, Kiros & Hinton 2016.
 * @example
 * const layer = nn.layerNorm(2, { epsilon: 1e-12 });
 * layer.apply(layer.init(random.key(0)), array([[1, 3], [5, 5]])) // [[-1, 1], [0, 0]]
 */
export const layerNorm = (features: number, options: NormalizationOptions = {}): Network<AffineParams> =>
  affineNetwork("nn.layerNorm", features, options, (x, epsilon) => normalizedOver(x, [x.ndim - 1], epsilon));

/**
 * Batch normalization with statistics that do not move: mean 0 and variance 1, as Keras's layer has them where it was never
 * trained, so that y = x scale / sqrt(1 + epsilon) + shift.
 * @param features  size of the last axis of x
 * @throws InvalidOption, UnknownOption, DTypeMismatch; init InvalidKey; apply ShapeMismatch, NotAnArray
 * Derivatives: by parameters and input, any order. Cost: 2 operations per number.
 * @example
 * const layer = nn.frozenBatchNorm(1, { epsilon: 3, dtype: "float64" });
 * layer.apply(layer.init(random.key(0)), array([[1], [2]])) // [[0.5], [1]]
 */
export const frozenBatchNorm = (features: number, options: NormalizationOptions = {}): Network<AffineParams> =>
  affineNetwork("nn.frozenBatchNorm", features, options, (x, epsilon) =>
    mul(x, full(1 / Math.sqrt(1 + epsilon), x.shape, x.dtype)),
  );

export interface GlobalNormOptions {
  /** Added to the variance. Default 1e-6. */
  readonly epsilon?: number;
  /** Axes of one sample, the last ones of x. Default 3: height, width and channels. */
  readonly rank?: number;
}

/**
 * All numbers of a sample together with mean 0 and variance 1 (nearly: epsilon); no parameters.
 * @throws InvalidOption, UnknownOption; apply ShapeMismatch
 * Derivatives: by the input, any order. Cost: some 6 operations per number. Source: Hoyer, Sohl-Dickstein & Greydanus 2019.
 * @example nn.globalNorm({ rank: 1, epsilon: 1e-12 }).apply(null, array([[1, 3], [8, 6]])) // [[-1, 1], [1, -1]]
 */
export const globalNorm = (options: GlobalNormOptions = {}): Network<null> => {
  const asked = "nn.globalNorm";
  requireOptions(asked, options, ["epsilon", "rank"]);
  const { epsilon = 1e-6, rank = 3 } = options;
  requirePositive(asked, "epsilon", epsilon);
  requireSize(asked, "rank", rank);
  return {
    init: () => null,
    apply: (_params, x) => {
      const [own] = promoteFloat(asked, [x]) as [NDArray];
      if (own.ndim < rank)
        throw new ShapeMismatch(asked, `an input of shape ${showShape(own.shape)}`, `Samples have ${rank} axes`);
      const axes = Array.from({ length: rank }, (_, k) => own.ndim - rank + k);
      return normalizedOver(own, axes, epsilon);
    },
  };
};
