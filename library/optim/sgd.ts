/**
 * sgd: gradient descent, with momentum and Nesterov's variant.
 * Source: Keras 3, keras.optimizers.SGD, whose momentum holds steps (the learning rate is inside).
 */
import { requireOptions } from "../../src/options.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { InvalidOption } from "../../src/error.ts";
import { add, mul, neg } from "../numpy/elementwise.ts";
import { toDType } from "../numpy/operand.ts";
import type { LearningRate } from "./options.ts";
import { isFraction, requireNumbers, requireSwitch, scheduleOf } from "./options.ts";
import { firstStep, mapLeaves, nextStep, zerosLikeTree } from "./tree-arithmetic.ts";
import type { ArrayTree, GradientTransformation } from "./types.ts";

export interface SgdOptions {
  /** In [0, 1); default 0: none. */
  readonly momentum?: number;
  /** Looks one step ahead; needs momentum. Default false. */
  readonly nesterov?: boolean;
}

interface SgdState {
  readonly step: NDArray;
  readonly momentum: ArrayTree;
}

/**
 * Gradient descent: m <- momentum m - rate g; p <- p + m, or p + momentum m - rate g with nesterov.
 * @param learningRate  number, scalar array, or schedule of the step count
 * @throws InvalidOption, UnknownOption; update: TreeMismatch, ShapeMismatch, DTypeMismatch
 * State: the step count, and with momentum one array like each parameter. Source: Keras 3's SGD.
 * @example
 * const { init, update } = optim.sgd(0.1);
 * const w = array([1]);
 * optim.applyUpdates(w, update(array([2]), init(w), w)[0]) // [0.8]
 */
export const sgd = (learningRate: LearningRate, options: SgdOptions = {}): GradientTransformation => {
  const asked = "optim.sgd";
  requireOptions(asked, options, ["momentum", "nesterov"]);
  const { momentum = 0, nesterov = false } = options;
  requireNumbers(asked, { momentum: [momentum, isFraction] });
  requireSwitch(asked, "nesterov", nesterov);
  if (nesterov && momentum === 0)
    throw new InvalidOption(asked, "nesterov without momentum", "Give a positive momentum, or leave nesterov out");
  const rateAt = scheduleOf(asked, "learningRate", learningRate);
  return {
    kind: "gradient transformation",
    init: (params) => ({
      step: firstStep(),
      momentum: momentum === 0 ? null : (zerosLikeTree(asked, params) as ArrayTree),
    }),
    update: (gradients, state, params) => {
      const { step, momentum: before } = state as unknown as SgdState;
      const rate = rateAt(step);
      const descent = mapLeaves(asked, (p, g) => neg(mul(toDType(rate, p.dtype), g)), params, gradients);
      if (momentum === 0) return [descent, { step: nextStep(step), momentum: null }];
      const ahead = (tree: unknown): typeof params =>
        mapLeaves(asked, (d, m) => add(mul(momentum, m), d), descent, tree);
      const after = ahead(before);
      return [nesterov ? ahead(after) : after, { step: nextStep(step), momentum: after as ArrayTree }];
    },
  };
};
