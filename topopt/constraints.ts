/**
 * Constraints as a function of a design, a sense and a bound; optimizers see g <= 0, relative to the bound.
 *   <=   g = (value - bound) / |bound|      slack = bound - value
 *   >=   g = (bound - value) / |bound|      slack = value - bound
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { showValue } from "../src/describe.ts";
import { InvalidProblem } from "../src/error.ts";
import type { ElasticitySystem, GridSystem } from "../library/fem/index.ts";
import { div, neg, sub } from "../library/numpy/elementwise.ts";
import type { Design, Objective } from "./design.ts";
import type { Continuation } from "./parameterization.ts";

export type Sense = "<=" | ">=";

export interface Constraint<S extends GridSystem = ElasticitySystem> {
  readonly kind: "constraint";
  readonly value: Objective<S>;
  readonly sense: Sense;
  readonly bound: number;
}

/**
 * A constraint on a scalar of the design.
 * @param value  a pure function of the design, as an objective
 * @param bound  a finite number; the optimizer sees the violation relative to it (absolute where it is 0)
 * @throws InvalidProblem for another sense or a bound that is no number
 * @example constraint(objectives.volume(), "<=", 0.4).bound // 0.4
 */
export const constraint = <S extends GridSystem = ElasticitySystem>(
  value: Objective<S>,
  sense: Sense,
  bound: number,
): Constraint<S> => {
  const refuse = (seen: string, remedy: string): never => {
    throw new InvalidProblem("constraint", seen, remedy);
  };
  if (typeof value !== "function")
    refuse(`${showValue(value)} in the place of the function`, "Give a function of a design");
  if (sense !== "<=" && sense !== ">=") refuse(`the sense ${showValue(sense)}`, 'Use "<=" or ">="');
  if (typeof bound !== "number" || !Number.isFinite(bound))
    refuse(`the bound ${showValue(bound)}`, "A bound is a finite number");
  return Object.freeze({ kind: "constraint", value, sense, bound });
};

/** A constraint's value, and the same as optimizers want it: satisfied where it is 0 or less. */
export const valueAndViolation = <S extends GridSystem>(
  { value, sense, bound }: Constraint<S>,
  design: Design<S>,
  at: Continuation,
): readonly [value: NDArray, violation: NDArray] => {
  const seen = value(design, at);
  const excess = div(sub(seen, bound), bound === 0 ? 1 : Math.abs(bound));
  return [seen, sense === "<=" ? excess : neg(excess)];
};

/** How far a value is from its bound; negative where the constraint is violated. */
export const slackOf = ({ sense, bound }: Pick<Constraint, "sense" | "bound">, value: number): number =>
  sense === "<=" ? bound - value : value - bound;
