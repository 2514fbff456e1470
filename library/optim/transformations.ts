/**
 * Parts of which gradient transformations are made: they scale, limit and chain. Each takes what the one before it
 * made of the gradients; the last one's results are the steps that applyUpdates adds.
 */
import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { full } from "../numpy/creation.ts";
import { add, clip as clipArray, div, minimum, mul, sub } from "../numpy/elementwise.ts";
import { requireCallable } from "../numpy/operand.ts";
import type { Schedule } from "./options.ts";
import { isFiniteNumber, isPositive, requireNumbers, scheduleOf } from "./options.ts";
import { firstStep, mapLeaves, nextStep, scaleTree, treeNorm } from "./tree-arithmetic.ts";
import type { ArrayTree, GradientTransformation } from "./types.ts";
import type { NDArray } from "../../src/array/ndarray.ts";

const stateless = (update: <P>(gradients: P, params: P) => P): GradientTransformation => ({
  kind: "gradient transformation",
  init: () => null,
  update: (gradients, state, params) => [update(gradients, params), state],
});

/**
 * Leaves everything as it is: g.
 * @example const { init, update } = optim.identity(); update({ w: array([3]) }, init({ w: 0 }), { w: 0 })[0] // { w: [3] }
 */
export const identity = (): GradientTransformation => stateless((gradients) => gradients);

/**
 * Transformations one after the other; the state is the list of theirs. Parameters reach each of them unchanged.
 * @throws InvalidOption for what is no gradient transformation; an optimizer such as lbfgs cannot be chained
 * @example
 * const { init, update } = optim.chain(optim.scale(2), optim.clip(5));
 * const w = array([0, 0]);
 * update(array([1, 4]), init(w), w)[0] // [2, 5]
 */
export const chain = (...parts: readonly GradientTransformation[]): GradientTransformation => {
  parts.forEach((part: unknown, k) => {
    if ((part as { kind?: unknown } | null)?.kind !== "gradient transformation")
      throw new InvalidOption("optim.chain", `part ${k} is ${showValue(part)}`, "Give gradient transformations");
  });
  return {
    kind: "gradient transformation",
    init: (params) => parts.map((part) => part.init(params)),
    update: (gradients, state, params) => {
      let updates = gradients;
      const states = parts.map((part, k) => {
        const [next, own] = part.update(updates, (state as readonly ArrayTree[])[k]!, params);
        updates = next;
        return own;
      });
      return [updates, states];
    },
  };
};

/**
 * Times a number: factor g.
 * @param factor  finite number or scalar array; -0.1 makes plain gradient descent
 * @throws InvalidOption, ShapeMismatch
 * @example const { init, update } = optim.scale(-0.1); update(array([3]), init(array([0])), array([0]))[0] // [-0.3]
 */
export const scale = (factor: number | NDArray): GradientTransformation => {
  const asked = "optim.scale";
  if (typeof factor === "number") requireNumbers(asked, { factor: [factor, isFiniteNumber] });
  const factorAt = scheduleOf(asked, "factor", typeof factor === "number" ? full([], factor) : factor);
  return stateless((gradients) => scaleTree(asked, factorAt(firstStep()), gradients));
};

/**
 * Times a number that changes with the step count k = 0, 1, ..: schedule(k) g.
 * @param schedule  of the count, an int32 scalar that is traced inside jit
 * @throws ShapeMismatch for a schedule that gives no scalar
 * @example
 * const { init, update } = optim.scaleBySchedule((k) => k.add(1));
 * const w = array([0]);
 * const [first, state] = update(array([3]), init(w), w);
 * [first, update(array([3]), state, w)[0]] // [[3], [6]]
 */
export const scaleBySchedule = (schedule: Schedule): GradientTransformation => {
  const asked = "optim.scaleBySchedule";
  requireCallable(asked, "schedule", schedule);
  const factorAt = scheduleOf(asked, "schedule", schedule);
  return {
    kind: "gradient transformation",
    init: () => firstStep(),
    update: (gradients, state) => {
      const step = state as NDArray;
      return [scaleTree(asked, factorAt(step), gradients), nextStep(step)];
    },
  };
};

/**
 * Every element limited to [-limit, limit]; Keras's `clipvalue`.
 * @param limit  positive
 * @throws InvalidOption
 * @example const { init, update } = optim.clip(1); update(array([3, -0.5]), init(array([0, 0])), array([0, 0]))[0] // [1, -0.5]
 */
export const clip = (limit: number): GradientTransformation => {
  const asked = "optim.clip";
  requireNumbers(asked, { limit: [limit, isPositive] });
  return stateless((gradients) => mapLeaves(asked, (g) => clipArray(g, -limit, limit), gradients));
};

/**
 * All arrays times one number, so that the norm of all together is `limit` at most: g limit min(1/|g|, 1/limit).
 * Keras's `global_clipnorm`: the norm is summed in float64, and one that is infinite or NaN makes everything NaN.
 * @param limit  positive
 * @throws InvalidOption
 * @example
 * const { init, update } = optim.clipByGlobalNorm(1);
 * const params = { a: array([0]), b: array([0]) };
 * update({ a: array([3]), b: array([4]) }, init(params), params)[0] // { a: [0.6], b: [0.8] }
 */
export const clipByGlobalNorm = (limit: number): GradientTransformation => {
  const asked = "optim.clipByGlobalNorm";
  requireNumbers(asked, { limit: [limit, isPositive] });
  return stateless((gradients) => {
    const norm = treeNorm(asked, gradients);
    const factor = mul(limit, minimum(div(1, norm), 1 / limit));
    return scaleTree(asked, add(factor, sub(norm, norm)), gradients);
  });
};

/**
 * Adds a multiple of the parameters: g + rate p. Before a rate is applied this is the gradient of rate/2 |p|^2;
 * `adamw` has the decoupled form.
 * @param rate  finite number
 * @throws InvalidOption
 * @example const { init, update } = optim.addDecayedWeights(0.1); update(array([3]), init(array([5])), array([5]))[0] // [3.5]
 */
export const addDecayedWeights = (rate: number): GradientTransformation => {
  const asked = "optim.addDecayedWeights";
  requireNumbers(asked, { rate: [rate, isFiniteNumber] });
  return stateless((gradients, params) => mapLeaves(asked, (g, p) => add(g, mul(p, rate)), gradients, params));
};
