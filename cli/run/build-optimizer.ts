/** From what a problem file says of the optimizer to one of cotangent/optim. */
import * as optim from "../../library/optim/index.ts";
import type { GradientTransformation, Optimizer } from "../../library/optim/index.ts";
import { lessEqual, sub } from "../../library/numpy/elementwise.ts";
import { array } from "../../library/numpy/creation.ts";
import { where } from "../../library/numpy/selection.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Bounds } from "../../topopt/index.ts";
import type { RunOptimizer, RunSchedule, RunUnconstrainedOptimizer } from "../problem-file/index.ts";

/** A schedule, which counts iterations from 1, as a function of steps done, which may be traced. */
const scheduled = (schedule: RunSchedule): number | optim.ArraySchedule => {
  if (typeof schedule === "number") return schedule;
  if ("steps" in schedule) {
    const [first, ...others] = schedule.steps;
    return (step) =>
      others.reduce<NDArray>((value, [from, next]) => where(lessEqual(from - 1, step), next, value), array(first![1]));
  }
  const { from, to, start, end } = schedule;
  const ramp = optim.linear(from, to, end - start);
  return (step) => ramp(sub(step, start - 1));
};

/** Clipping in front, where it is asked for. */
const clipped = (clipNorm: number | undefined, steps: GradientTransformation): GradientTransformation =>
  clipNorm === undefined ? steps : optim.chain(optim.clipByGlobalNorm(clipNorm), steps);

const gradientSteps = (own: Exclude<RunUnconstrainedOptimizer, { kind: "lbfgs" }>): GradientTransformation => {
  const rate = scheduled(own.learningRate);
  switch (own.kind) {
    case "adam":
    case "amsgrad": {
      const { b1, b2, epsilon } = own;
      return optim.adam(rate, { b1, b2, epsilon, amsgrad: own.kind === "amsgrad" });
    }
    case "adamw": {
      const { b1, b2, epsilon, weightDecay } = own;
      return optim.adamw(rate, { b1, b2, epsilon, weightDecay });
    }
    case "sgd":
      return optim.sgd(rate, { momentum: own.momentum, nesterov: own.nesterov });
    case "rmsprop": {
      const { rho, momentum, epsilon, centered } = own;
      return optim.rmsprop(rate, { rho, momentum, epsilon, centered });
    }
    case "adagrad":
      return optim.adagrad(rate, { initialAccumulator: own.initialAccumulator, epsilon: own.epsilon });
  }
};

const unconstrained = (
  own: RunUnconstrainedOptimizer,
  bounds: Bounds | undefined,
): GradientTransformation | Optimizer => {
  if (own.kind !== "lbfgs") return clipped(own.clipNorm, gradientSteps(own));
  const { kind: _kind, ...options } = own;
  return optim.lbfgs({ ...options, ...bounds });
};

/**
 * The optimizer that a file asks for.
 * @param bounds       of the parameters; none where they are free
 * @param constraints  their number
 */
export const buildOptimizer = (
  own: RunOptimizer,
  bounds: Bounds | undefined,
  constraints: number,
): GradientTransformation | Optimizer => {
  if (own.kind === "mma" || own.kind === "gcmma") {
    const { kind, ...options } = own;
    const limits = { lower: own.lower ?? bounds?.lower ?? -1, upper: own.upper ?? bounds?.upper ?? 1 };
    const method = kind === "mma" ? optim.mma : optim.gcmma;
    return method({ ...options, ...limits, ...(kind === "gcmma" ? { constraints } : {}) });
  }
  if (own.kind === "optimalityCriteria") {
    const { kind: _kind, ...options } = own;
    return optim.optimalityCriteria(options);
  }
  if (own.kind === "augmentedLagrangian") {
    const { kind: _kind, inner, ...options } = own;
    return optim.augmentedLagrangian({ ...options, ...bounds, constraints, inner: unconstrained(inner, bounds) });
  }
  return unconstrained(own, bounds);
};
