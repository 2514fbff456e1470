/** Runs of an optimizer on a problem: one compiled evaluation and update a step. */
import { jacrev, jit, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import type { ArrayTree, Evaluation, Optimizer } from "../../library/optim/types.ts";

export interface ConstrainedProblem {
  readonly objective: (x: NDArray) => NDArray;
  /** Shape [m], each satisfied where it is 0 or less. */
  readonly constraints?: (x: NDArray) => NDArray;
}

export const evaluate = ({ objective, constraints }: ConstrainedProblem, x: NDArray): Evaluation<NDArray> => {
  const [value, gradient] = valueAndGrad(objective)(x) as [NDArray, NDArray];
  return constraints === undefined
    ? { value, gradient }
    : { value, gradient, constraints: constraints(x), constraintGradients: jacrev(constraints)(x) as NDArray };
};

type Report = Readonly<Record<string, number | string | boolean>>;

export interface Visit {
  readonly x: NDArray;
  readonly value: number;
  /** What the update after the evaluation of `x` says. */
  readonly report: Report;
}

export interface Run {
  /** The point that would be evaluated next. */
  readonly x: NDArray;
  readonly state: ArrayTree;
  readonly visits: readonly Visit[];
}

type Step = (x: NDArray, state: ArrayTree) => readonly [x: NDArray, state: ArrayTree, value: NDArray];

/** One compiled step of a method on a problem. */
export const stepOf = (method: Optimizer, problem: ConstrainedProblem, options: object = {}): Step =>
  jit(function step(x: NDArray, state: ArrayTree) {
    const evaluation = evaluate(problem, x);
    const [next, after] = method.update(evaluation, state, x);
    return [next, after, evaluation.value];
  }, options) as unknown as Step;

export const run = (method: Optimizer, problem: ConstrainedProblem, start: NDArray, steps: number): Run => {
  const step = stepOf(method, problem);
  const visits: Visit[] = [];
  let [x, state] = [start, method.init(start)];
  for (let k = 0; k < steps; k++) {
    const [next, after, value] = step(x, state);
    visits.push({ x, value: value.item(), report: method.report!(after) });
    [x, state] = [next, after];
  }
  return { x, state, visits };
};

export const numbers = (x: NDArray): number[] => [...x.toTypedArray()];

/** Largest difference of the entries from those wanted. */
export const gapTo = (x: NDArray, wanted: readonly number[]): number =>
  Math.max(...numbers(x).map((value, k) => Math.abs(value - wanted[k]!)));
