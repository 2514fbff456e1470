/**
 * rmsprop: steps divided by the root of a running mean of squared gradients.
 * Source: Tieleman & Hinton 2012; Keras 3, whose epsilon stands inside the root.
 */
import { requireOptions } from "../../src/options.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { add, div, mul, neg, sqrt, square, sub } from "../numpy/elementwise.ts";
import { toDType } from "../numpy/operand.ts";
import type { LearningRate } from "./options.ts";
import { isFraction, isPositive, requireNumbers, requireSwitch, scheduleOf } from "./options.ts";
import { firstStep, mapLeaves, nextStep, zerosLikeTree } from "./tree-arithmetic.ts";
import type { ArrayTree, GradientTransformation } from "./types.ts";

export interface RmspropOptions {
  /** Memory of the mean square, in [0, 1); default 0.9. */
  readonly rho?: number;
  /** In [0, 1); default 0: none. */
  readonly momentum?: number;
  /** Added to the mean square below the root; default 1e-7. */
  readonly epsilon?: number;
  /** Divides by the variance of the gradients, not by their mean square; default false. */
  readonly centered?: boolean;
}

interface RmspropState {
  readonly step: NDArray;
  readonly meanSquare: ArrayTree;
  readonly mean: ArrayTree;
  readonly momentum: ArrayTree;
}

/**
 * RMSprop: v <- rho v + (1 - rho) g^2; p <- p - rate g / sqrt(v + epsilon). With momentum u <- momentum u + that step,
 * p <- p - u. Centered, v - a^2 with a <- rho a + (1 - rho) g stands in the place of v.
 * @param learningRate  number, scalar array, or schedule of the step count
 * @param options       rho 0.9, momentum 0, epsilon 1e-7 (inside the root, as Keras; torch adds it after), centered false
 * @throws InvalidOption, UnknownOption; update: TreeMismatch, ShapeMismatch, DTypeMismatch
 * State: the step count and one to three arrays like each parameter. Source: Tieleman & Hinton 2012; Keras 3's RMSprop.
 * @example
 * const { init, update } = optim.rmsprop(0.1);
 * const w = array([1]);
 * update(array([2]), init(w), w)[0] // [-0.316227...]
 */
export const rmsprop = (learningRate: LearningRate, options: RmspropOptions = {}): GradientTransformation => {
  const asked = "optim.rmsprop";
  requireOptions(asked, options, ["rho", "momentum", "epsilon", "centered"]);
  const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options;
  requireNumbers(asked, { rho: [rho, isFraction], momentum: [momentum, isFraction], epsilon: [epsilon, isPositive] });
  requireSwitch(asked, "centered", centered);
  const rateAt = scheduleOf(asked, "learningRate", learningRate);
  const towards = (mean: NDArray, seen: NDArray): NDArray => add(mul(rho, mean), mul(1 - rho, seen));
  return {
    kind: "gradient transformation",
    init: (params) => {
      const zeros = zerosLikeTree(asked, params) as ArrayTree;
      return {
        step: firstStep(),
        meanSquare: zeros,
        mean: centered ? zeros : null,
        momentum: momentum > 0 ? zeros : null,
      };
    },
    update: (gradients, state, params) => {
      const before = state as unknown as RmspropState;
      const meanSquare = mapLeaves(asked, (v, g) => towards(v, square(g)), before.meanSquare, gradients);
      const mean = centered ? mapLeaves(asked, towards, before.mean, gradients) : null;
      const spread = mean === null ? meanSquare : mapLeaves(asked, (v, a) => sub(v, square(a)), meanSquare, mean);
      const rate = rateAt(before.step);
      const increment = mapLeaves(
        asked,
        (p, g, v) => div(mul(toDType(rate, p.dtype), g), sqrt(add(v, epsilon))),
        params,
        gradients,
        spread,
      );
      const after =
        momentum > 0 ? mapLeaves(asked, (d, u) => add(mul(momentum, u), d), increment, before.momentum) : null;
      const updates = mapLeaves(asked, (d) => neg(d), after ?? increment);
      return [
        updates,
        { step: nextStep(before.step), meanSquare, mean: mean as ArrayTree, momentum: after as ArrayTree },
      ];
    },
  };
};
