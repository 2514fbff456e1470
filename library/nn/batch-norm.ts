/**
 * Batch normalization with its running statistics in the open: state goes in and comes out, nothing is updated in place.
 * Source: Ioffe & Szegedy 2015; constants and update are Keras's.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { add, fullLike, mul, sub } from "../../ops/arithmetic.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { broadcastArray, toDType } from "../numpy/operand.ts";
import { requireKey } from "../random/keys.ts";
import { ones, zeros } from "./initializers.ts";
import { parameterType, requireParameter, requirePositive, requireSize } from "./network-options.ts";
import { affine, affineParts, initialAffine, inverseDeviation, momentsOf } from "./normalizations.ts";
import type { AffineParams, Moments, NormalizationOptions } from "./normalizations.ts";

export interface BatchNormOptions extends NormalizationOptions {
  /** How much of the running statistics stays at every step. Default 0.99. */
  readonly momentum?: number;
}

/** Running mean and variance of every feature, each of shape [features]: a tree like parameters, but not trained. */
export type BatchNormState = Moments;

export interface BatchNormUse {
  /** Whether the batch's own statistics are used and the running ones move; no array: a choice of the program. */
  readonly isTraining: boolean;
}

/** A layer whose statistics are a state that is passed along. */
export interface BatchNorm {
  readonly init: (key: NDArray) => { readonly params: AffineParams; readonly state: BatchNormState };
  readonly apply: (
    params: AffineParams,
    state: BatchNormState,
    x: NDArray,
    use: BatchNormUse,
  ) => readonly [y: NDArray, state: BatchNormState];
}

/** Every axis but the last. */
export const batchAxes = (x: NDArray): readonly number[] => Array.from({ length: x.ndim - 1 }, (_, axis) => axis);

/** (x - mean) scale / sqrt(variance + epsilon) + shift with the statistics of x itself, and those. */
export const normalizeBatch = (
  asked: string,
  { x, scale, shift }: ReturnType<typeof affineParts>,
  epsilon: number,
): readonly [y: NDArray, moments: Moments] => {
  if (x.size === 0)
    throw new ShapeMismatch(
      asked,
      `an input of shape ${showShape(x.shape)}`,
      "No points have no mean; give one or more",
    );
  const { mean, variance, deviation } = momentsOf(x, batchAxes(x));
  return [affine(deviation, mul(scale, inverseDeviation(variance, epsilon)), shift), { mean, variance }];
};

/** momentum running + (1 - momentum) present; carries no derivative. */
const moved = (running: NDArray, present: NDArray, momentum: number): NDArray => {
  const own = stopGradient(present);
  return add(mul(running, fullLike(momentum, running)), mul(own, fullLike(1 - momentum, own)));
};

/**
 * Batch normalization y = (x - mean) / sqrt(variance + epsilon) scale + shift over every axis but the last. In training, mean
 * and variance are the batch's (of all its points, divided by their number), and the state moves towards them,
 * state momentum + (1 - momentum) batch; else they are the state's: mean 0 and variance 1 at first.
 * @param features  size of the last axis of x
 * @returns         { init: key => { params, state }, apply: (params, state, x, { isTraining }) => [y, state] }
 * @throws InvalidOption, UnknownOption, DTypeMismatch; init InvalidKey; apply ShapeMismatch (also for no points), NotAnArray
 * Derivatives: of y by parameters and input (through the batch's statistics), any order; none through the state.
 * @example
 * const layer = nn.batchNorm(1, { epsilon: 1e-12, dtype: "float64" });
 * const { params, state } = layer.init(random.key(0));
 * const [y, next] = layer.apply(params, state, array([[1], [3]]), { isTraining: true });
 * y // [[-1], [1]]
 * next.mean // [0.02]
 * layer.apply(params, state, array([[1], [3]]), { isTraining: false })[0] // [[1], [3]]
 */
export const batchNorm = (features: number, options: BatchNormOptions = {}): BatchNorm => {
  requireSize("nn.batchNorm", "features", features);
  const asked = `nn.batchNorm(${features})`;
  requireOptions(asked, options, ["momentum", "epsilon", "dtype"]);
  const { momentum = 0.99, epsilon = 1e-3 } = options;
  requirePositive(asked, "epsilon", epsilon);
  if (typeof momentum !== "number" || !(momentum >= 0 && momentum <= 1))
    throw new InvalidOption(asked, `momentum ${showValue(momentum)}`, "Give a number from 0 to 1");
  const dtype = parameterType(asked, options.dtype);
  return {
    init: (key) => {
      const own = requireKey(asked, key);
      const state = { mean: zeros(own, [features], { dtype }), variance: ones(own, [features], { dtype }) };
      return { params: initialAffine(own, features, dtype), state };
    },
    apply: (params, state, x, use) => {
      requireUse(asked, use);
      const parts = affineParts(asked, params, x, features);
      const mean = toDType(requireParameter(asked, "mean", state.mean, [features]), parts.scale.dtype);
      const variance = toDType(requireParameter(asked, "variance", state.variance, [features]), parts.scale.dtype);
      if (!use.isTraining) {
        const deviation = sub(parts.x, broadcastArray(mean, parts.x.shape));
        return [affine(deviation, mul(parts.scale, inverseDeviation(variance, epsilon)), parts.shift), state];
      }
      const [y, batch] = normalizeBatch(asked, parts, epsilon);
      const next = { mean: moved(mean, batch.mean, momentum), variance: moved(variance, batch.variance, momentum) };
      return [y, next];
    },
  };
};

const requireUse = (asked: string, use: BatchNormUse): void => {
  requireOptions(asked, use, ["isTraining"], true);
  if (typeof use.isTraining !== "boolean")
    throw new InvalidOption(asked, `isTraining ${showValue(use.isTraining)}`, "Give { isTraining: true } or false");
};
