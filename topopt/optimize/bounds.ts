/**
 * Bounds of parameters, and whether an optimizer keeps them: one that does not would leave designs that mean nothing.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { isConcrete } from "../../src/array/ndarray.ts";
import { InvalidProblem } from "../../src/error.ts";
import type { GradientTransformation, Optimizer } from "../../library/optim/index.ts";
import { arraysOf } from "./generic.ts";

/** Of every parameter. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** Smallest and largest number of arrays, as far as they are known. */
const rangeOf = (arrays: readonly NDArray[]): readonly [smallest: number, largest: number] => {
  let [smallest, largest] = [Infinity, -Infinity];
  for (const x of arrays)
    if (isConcrete(x))
      for (const value of x.toTypedArray()) {
        smallest = Math.min(smallest, Number(value));
        largest = Math.max(largest, Number(value));
      }
  return [smallest, largest];
};

const rangeOfBound = (bound: unknown): readonly [smallest: number, largest: number] =>
  typeof bound === "number" ? [bound, bound] : rangeOf(arraysOf(bound));

/**
 * @throws InvalidProblem  constraints with a gradient transformation, which knows none; an optimizer that may leave the bounds
 */
export const requireFittingOptimizer = (
  asked: string,
  optimizer: Optimizer | GradientTransformation,
  bounds: Bounds | undefined,
  constraints: readonly string[],
): void => {
  if (optimizer.kind === "gradient transformation") {
    if (constraints.length === 0) return;
    throw new InvalidProblem(
      asked,
      `constraints ${constraints.join(", ")} with an optimizer that knows none`,
      "Use optim.mma, or (bounds, constraints) => optim.augmentedLagrangian({ ...bounds, constraints, inner: optim.adam(1e-2) })",
    );
  }
  if (bounds === undefined) return;
  const { lower, upper } = bounds;
  const remedy = `Give them to it, as optim.mma({ lower: ${lower}, upper: ${upper} }), or give the function that makes it: optimizer: optim.mma, or (bounds) => optim.lbfgs(bounds)`;
  if (optimizer.bounds === undefined)
    throw new InvalidProblem(
      asked,
      `an optimizer without bounds, where parameters lie in [${lower}, ${upper}]`,
      `${remedy}. One of your own says which it keeps: bounds: { lower, upper }`,
    );
  const [least] = rangeOfBound(optimizer.bounds.lower);
  const [, most] = rangeOfBound(optimizer.bounds.upper);
  if (least < lower || most > upper)
    throw new InvalidProblem(
      asked,
      `an optimizer between ${least} and ${most}, where parameters lie in [${lower}, ${upper}]`,
      remedy,
    );
};

/**
 * @throws InvalidProblem  parameters outside of bounds, as weights of a network under optimality criteria are
 */
export const requireWithin = (asked: string, whose: string, bounds: Optimizer["bounds"], params: unknown): void => {
  if (bounds === undefined) return;
  const [smallest, largest] = rangeOf(arraysOf(params));
  const [least] = rangeOfBound(bounds.lower);
  const [, most] = rangeOfBound(bounds.upper);
  if (smallest < least || largest > most)
    throw new InvalidProblem(
      asked,
      `first parameters between ${smallest} and ${largest}, where ${whose} has bounds ${least} and ${most}`,
      "Begin within the bounds (pixels: initial), or use optim.adam for parameters without bounds",
    );
};
