/**
 * adam, amsgrad and adamw: steps scaled by running means of the gradient and of its square.
 * Source: Kingma & Ba 2015; Reddi, Kale & Kumar 2018 (amsgrad); Loshchilov & Hutter 2019 (adamw). Constants and
 * the place of epsilon are Keras 3's.
 */
import { requireOptions } from "../../src/options.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { add, div, maximum, mul, neg, pow, sqrt, square, sub } from "../numpy/elementwise.ts";
import { toDType } from "../numpy/operand.ts";
import type { LearningRate } from "./options.ts";
import { isFraction, isNonnegative, requireNumbers, requireSwitch, scheduleOf } from "./options.ts";
import { firstStep, mapLeaves, nextStep, zerosLikeTree } from "./tree-arithmetic.ts";
import type { ArrayTree, GradientTransformation } from "./types.ts";

export interface AdamOptions {
  /** Memory of the mean of gradients, in [0, 1); default 0.9. */
  readonly b1?: number;
  /** Memory of the mean of squared gradients, in [0, 1); default 0.999. */
  readonly b2?: number;
  /** Added to the root of the mean square; default 1e-7. */
  readonly epsilon?: number;
  /** Divides by the largest mean square so far; default false. */
  readonly amsgrad?: boolean;
}

export interface AdamWOptions extends AdamOptions {
  /** Part of the parameters that a step takes away, times the learning rate; default 0.004. */
  readonly weightDecay?: number;
}

interface AdamState {
  readonly step: NDArray;
  readonly mean: ArrayTree;
  readonly meanSquare: ArrayTree;
  readonly largest: ArrayTree;
}

/** What the public functions settle. */
interface Settings extends Required<AdamWOptions> {
  readonly asked: string;
}

const settle = (asked: string, options: AdamWOptions, weightDecay: number): Settings => {
  const { b1 = 0.9, b2 = 0.999, epsilon = 1e-7, amsgrad = false } = options;
  requireNumbers(asked, {
    b1: [b1, isFraction],
    b2: [b2, isFraction],
    epsilon: [epsilon, isNonnegative],
    weightDecay: [weightDecay, isNonnegative],
  });
  requireSwitch(asked, "amsgrad", amsgrad);
  return { asked, b1, b2, epsilon, amsgrad, weightDecay };
};

/** Running mean: old + (1 - memory)(new - old). */
const towards =
  (memory: number) =>
  (mean: NDArray, seen: NDArray): NDArray =>
    add(mean, mul(sub(seen, mean), 1 - memory));

const adamWith = (learningRate: LearningRate, settings: Settings): GradientTransformation => {
  const { asked, b1, b2, epsilon, amsgrad, weightDecay } = settings;
  const rateAt = scheduleOf(asked, "learningRate", learningRate);
  return {
    kind: "gradient transformation",
    init: (params) => {
      const zeros = zerosLikeTree(asked, params) as ArrayTree;
      return { step: firstStep(), mean: zeros, meanSquare: zeros, largest: amsgrad ? zeros : null };
    },
    update: (gradients, state, params) => {
      const before = state as unknown as AdamState;
      const mean = mapLeaves(asked, towards(b1), before.mean, gradients);
      const meanSquare = mapLeaves(asked, (v, g) => towards(b2)(v, square(g)), before.meanSquare, gradients);
      const largest = amsgrad ? mapLeaves(asked, (u, v) => maximum(u, v), before.largest, meanSquare) : null;
      const rate = rateAt(before.step);
      const count = toDType(add(before.step, 1), "float64");
      const alpha = div(mul(rate, sqrt(sub(1, pow(b2, count)))), sub(1, pow(b1, count)));
      const decay = mul(rate, weightDecay);
      const updates = mapLeaves(
        asked,
        (p, m, v) => {
          const step = neg(div(mul(m, toDType(alpha, p.dtype)), add(sqrt(v), epsilon)));
          return weightDecay === 0 ? step : sub(step, mul(p, toDType(decay, p.dtype)));
        },
        params,
        mean,
        largest ?? meanSquare,
      );
      return [updates, { step: nextStep(before.step), mean, meanSquare, largest }];
    },
  };
};

/**
 * Adam: m <- m + (1 - b1)(g - m), v <- v + (1 - b2)(g^2 - v), alpha = rate sqrt(1 - b2^t) / (1 - b1^t),
 * p <- p - alpha m / (sqrt(v) + epsilon), t = 1, 2, ..; with amsgrad the largest v so far stands below the root.
 * Epsilon is added after the root of the uncorrected v, as Keras does it; torch's and optax's stands beside the
 * corrected one.
 * @param learningRate  number, scalar array, or schedule of the step count
 * @param options       b1 0.9, b2 0.999, epsilon 1e-7, amsgrad false
 * @throws InvalidOption, UnknownOption; update: TreeMismatch, ShapeMismatch, DTypeMismatch
 * State: the step count and two arrays (three with amsgrad) like each parameter. Source: Kingma & Ba 2015; Keras 3.
 * @example
 * const { init, update } = optim.adam(1e-3);
 * const w = array([1, -1]);
 * update(array([0.5, -20]), init(w), w)[0] // [-0.000999993..., 0.000999999...]
 */
export const adam = (learningRate: LearningRate, options: AdamOptions = {}): GradientTransformation => {
  requireOptions("optim.adam", options, ["b1", "b2", "epsilon", "amsgrad"]);
  return adamWith(learningRate, settle("optim.adam", options, 0));
};

/**
 * Adam with decoupled weight decay: p <- p - rate weightDecay p - alpha m / (sqrt(v) + epsilon), see `adam`.
 * @param learningRate  number, scalar array, or schedule of the step count; it scales the decay too
 * @param options       weightDecay 0.004, and those of adam
 * @throws InvalidOption, UnknownOption; update: TreeMismatch, ShapeMismatch, DTypeMismatch
 * Source: Loshchilov & Hutter 2019; Keras 3's AdamW.
 * @example
 * const { init, update } = optim.adamw(0.1, { weightDecay: 0.5 });
 * const w = array([2]);
 * update(array([0]), init(w), w)[0] // [-0.1]
 */
export const adamw = (learningRate: LearningRate, options: AdamWOptions = {}): GradientTransformation => {
  requireOptions("optim.adamw", options, ["weightDecay", "b1", "b2", "epsilon", "amsgrad"]);
  return adamWith(learningRate, settle("optim.adamw", options, options.weightDecay ?? 0.004));
};
