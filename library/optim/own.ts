/**
 * Optimizers of one's own, with types: functions of trees of arrays become the records that take trees of any kind.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import type { ArrayTree, Evaluation, GradientTransformation, Optimizer } from "./types.ts";

const requireFunctions = (
  asked: string,
  own: object,
  names: readonly string[],
  mayMiss: readonly string[] = [],
): void => {
  for (const name of [...names, ...mayMiss]) {
    const value = (own as Readonly<Record<string, unknown>>)[name];
    if (typeof value !== "function" && !(value === undefined && mayMiss.includes(name)))
      throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a function");
  }
};

export interface OwnGradientTransformation<S extends ArrayTree> {
  /** State before the first step. */
  readonly init: (params: ArrayTree) => S;
  /** Steps to be added to the parameters, and the next state. */
  readonly update: (gradients: ArrayTree, state: S, params: ArrayTree) => readonly [updates: ArrayTree, state: S];
}

/**
 * A gradient transformation of two pure functions, to be used like those here: alone, in chain, inside of optimize.
 * @param own  init and update; trees of gradients, parameters and steps are alike, the state is any tree of arrays
 * @throws InvalidOption for what is no function, UnknownOption
 * @example
 * // Lion: the sign of a mean of gradients. Source: Chen et al. 2023.
 * const lion = (rate) => optim.gradientTransformation({
 *   init: (params) => tree.map(np.zerosLike, params),
 *   update: (gradients, mean) => [
 *     tree.map((m, g) => np.sign(m.mul(0.9).add(g.mul(0.1))).mul(-rate), mean, gradients),
 *     tree.map((m, g) => m.mul(0.99).add(g.mul(0.01)), mean, gradients),
 *   ],
 * });
 * const method = lion(0.1);
 * const [updates] = method.update({ w: array([3, -2]) }, method.init({ w: array([1, 1]) }), { w: array([1, 1]) });
 * updates.w // [-0.1, 0.1]
 */
export const gradientTransformation = <S extends ArrayTree>(
  own: OwnGradientTransformation<S>,
): GradientTransformation => {
  const asked = "optim.gradientTransformation";
  requireOptions(asked, own, ["init", "update"], true);
  requireFunctions(asked, own, ["init", "update"]);
  return Object.freeze({ kind: "gradient transformation", ...own }) as unknown as GradientTransformation;
};

export interface OwnOptimizer<S extends ArrayTree> extends Pick<Optimizer, "bounds" | "recovers" | "comparesValues"> {
  /** State before the first evaluation; `params` is the point that is evaluated first. */
  readonly init: (params: ArrayTree) => S;
  /** From the evaluation of `params` to the point to be evaluated next; one call, one evaluation. */
  readonly update: (
    evaluation: Evaluation<ArrayTree>,
    state: S,
    params: ArrayTree,
  ) => readonly [params: ArrayTree, state: S];
  /** Whether further evaluations have nothing to add: the point stays. Of a concrete state. */
  readonly isDone?: (state: S) => boolean;
  /** What the last step did, in words and numbers; of a concrete state. */
  readonly report?: (state: S) => Readonly<Record<string, number | string | boolean>>;
}

/**
 * An optimizer of pure functions, which sees values, gradients and constraints and says which point comes next.
 * @param own  init, update, and what else an Optimizer may have; points are trees like the parameters, the state is any tree
 *   of arrays
 * @throws InvalidOption for what is no function, UnknownOption
 * @example
 * // Steps of half the length whenever the value rises.
 * const careful = optim.optimizer({
 *   init: () => ({ step: array(1), value: array(Infinity) }),
 *   update: ({ value, gradient }, { step, value: before }, params) => {
 *     const next = np.where(value.less(before), step, step.mul(0.5));
 *     return [tree.map((x, g) => x.sub(g.mul(next)), params, gradient), { step: next, value }];
 *   },
 *   comparesValues: true,
 *   report: ({ step }) => ({ step: step.item() }),
 * });
 * const evaluation = { value: array(9), gradient: array([6]) };
 * const [x, state] = careful.update(evaluation, careful.init(array([3])), array([3]));
 * [x, careful.report(state)] // [[-3], { step: 1 }]
 */
export const optimizer = <S extends ArrayTree>(own: OwnOptimizer<S>): Optimizer => {
  const asked = "optim.optimizer";
  requireOptions(asked, own, ["init", "update", "bounds", "recovers", "comparesValues", "isDone", "report"], true);
  requireFunctions(asked, own, ["init", "update"], ["isDone", "report"]);
  return Object.freeze({ kind: "optimizer", ...own }) as unknown as Optimizer;
};
