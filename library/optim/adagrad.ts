/**
 * adagrad: steps divided by the root of the sum of all squared gradients.
 * Source: Duchi, Hazan & Singer 2011; Keras 3, whose epsilon stands inside the root.
 */
import { requireOptions } from "../../src/options.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { fullLike } from "../numpy/creation.ts";
import { add, div, mul, neg, sqrt, square } from "../numpy/elementwise.ts";
import { toDType } from "../numpy/operand.ts";
import type { LearningRate } from "./options.ts";
import { isNonnegative, isPositive, requireNumbers, scheduleOf } from "./options.ts";
import { firstStep, mapLeaves, nextStep } from "./tree-arithmetic.ts";
import type { ArrayTree, GradientTransformation } from "./types.ts";

export interface AdagradOptions {
  /** What the sums start from, 0 or more; default 0.1. */
  readonly initialAccumulator?: number;
  /** Added to the sum below the root; default 1e-7. */
  readonly epsilon?: number;
}

interface AdagradState {
  readonly step: NDArray;
  readonly sumOfSquares: ArrayTree;
}

/**
 * Adagrad: a <- a + g^2; p <- p - rate g / sqrt(a + epsilon).
 * @param learningRate  number, scalar array, or schedule of the step count
 * @param options       initialAccumulator 0.1, epsilon 1e-7 (inside the root, as Keras; torch adds it after)
 * @throws InvalidOption, UnknownOption; update: TreeMismatch, ShapeMismatch, DTypeMismatch
 * State: the step count and one array like each parameter. Source: Duchi, Hazan & Singer 2011; Keras 3's Adagrad.
 * @example
 * const { init, update } = optim.adagrad(0.1);
 * const w = array([1]);
 * update(array([2]), init(w), w)[0] // [-0.098772...]
 */
export const adagrad = (learningRate: LearningRate, options: AdagradOptions = {}): GradientTransformation => {
  const asked = "optim.adagrad";
  requireOptions(asked, options, ["initialAccumulator", "epsilon"]);
  const { initialAccumulator = 0.1, epsilon = 1e-7 } = options;
  requireNumbers(asked, {
    initialAccumulator: [initialAccumulator, isNonnegative],
    epsilon: [epsilon, isPositive],
  });
  const rateAt = scheduleOf(asked, "learningRate", learningRate);
  return {
    kind: "gradient transformation",
    init: (params) => ({
      step: firstStep(),
      sumOfSquares: mapLeaves(asked, (p) => fullLike(p, initialAccumulator), params) as ArrayTree,
    }),
    update: (gradients, state, params) => {
      const { step, sumOfSquares } = state as unknown as AdagradState;
      const after = mapLeaves(asked, (a, g) => add(a, square(g)), sumOfSquares, gradients);
      const rate = rateAt(step);
      const updates = mapLeaves(
        asked,
        (p, g, a) => neg(div(mul(toDType(rate, p.dtype), g), sqrt(add(a, epsilon)))),
        params,
        gradients,
        after,
      );
      return [updates, { step: nextStep(step), sumOfSquares: after }];
    },
  };
};
