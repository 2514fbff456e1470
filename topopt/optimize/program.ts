/**
 * One iteration as one pure function of parameters, the optimizer's state and the continuation, to be compiled as one program:
 * values, gradients, update. Objective and constraints are differentiated each on its own; what they share is computed once.
 */
import { isFloat } from "../../src/array/dtype.ts";
import { NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidProblem } from "../../src/error.ts";
import { avalOf, showAval } from "../../src/ir/aval.ts";
import { elementField } from "../../library/fem/index.ts";
import type { ElementField, GridSystem } from "../../library/fem/index.ts";
import { zeros } from "../../library/numpy/creation.ts";
import { abs, add, isfinite, logicalAnd, maximum, minimum, mul, sqrt, sub } from "../../library/numpy/elementwise.ts";
import { stack } from "../../library/numpy/joining.ts";
import { all, max, min, sum } from "../../library/numpy/reductions.ts";
import { mean } from "../../library/numpy/statistics.ts";
import type { ArrayTree } from "../../library/optim/types.ts";
import { valueAndViolation } from "../constraints.ts";
import { designOf } from "../design.ts";
import type { Design, Objective } from "../design.ts";
import { requireMade } from "../filter-checks.ts";
import type { Continuation } from "../parameterization.ts";
import { requireRead, watched } from "./continuation.ts";
import { arraysOf, gradientOf, mapTogether, valueAndGradient } from "./generic.ts";
import type { ScalarOf } from "./generic.ts";
import type { Settled } from "./options.ts";

/** What one iteration makes; scalars but for trees and fields. */
export interface Iteration<P> {
  readonly objective: NDArray;
  readonly volume: NDArray;
  readonly greyness: NDArray;
  /** Values of the constraints, and how far each is above 0 as optimizers see it; shape [m]. */
  readonly constraints: NDArray;
  readonly violations: NDArray;
  readonly enforced: Readonly<Record<string, NDArray>>;
  readonly density: ElementField;
  /** Smallest and largest density, shape [2]. */
  readonly range: NDArray;
  readonly gradientNorm: NDArray;
  /** Whether values and gradients are numbers all; the update is of no use else. */
  readonly isFinite: NDArray;
  readonly change: NDArray;
  readonly next: P;
  readonly state: ArrayTree;
}

/** The design that parameters stand for. */
export const designFrom = <P, S extends GridSystem>(
  { asked, problem, parameterization, interpolation }: Settled<P, S>,
  params: P,
  at: Continuation,
): Design<S> => {
  const { mesh } = problem;
  const modulusOf = (density: ElementField): ElementField =>
    requireMade(`the interpolation of ${asked}`, mesh, interpolation(density, at));
  const density = requireMade(`the parameterization of ${asked}`, mesh, parameterization.density(params, at));
  return designOf(problem, density, modulusOf(density), modulusOf(elementField(mesh, 1)));
};

/** A scalar with a derivative, as objectives and constraints have to be. */
const requireScalar = (asked: string, name: string, value: unknown): NDArray => {
  if (value instanceof NDArray && value.ndim === 0 && isFloat(value.dtype)) return value;
  const seen = value instanceof NDArray ? showAval(avalOf(value)) : showValue(value);
  throw new InvalidProblem(
    asked,
    `${name} gives ${seen}`,
    "Objectives and constraints give one number of float64, as np.sum does",
  );
};

/** Objective, then the violations as optimizers see them, each a function of the parameters. */
export const scalarsOf = <P, S extends GridSystem>(
  settled: Settled<P, S>,
): readonly [ScalarOf<P>, ...ScalarOf<P>[]] => {
  const { asked, objective, constraints } = settled;
  return [
    (params, at) => requireScalar(asked, "the objective", objective(designFrom(settled, params, at), at)),
    ...constraints.map(([name, own]): ScalarOf<P> => (params, at) => {
      const value: Objective<S> = (design, values) =>
        requireScalar(asked, `constraint ${JSON.stringify(name)}`, own.value(design, values));
      return valueAndViolation({ ...own, value }, designFrom(settled, params, at), at)[1];
    }),
  ];
};

/** Sum over all arrays of a tree, in float64. */
const total = (arrays: readonly NDArray[], term: (x: NDArray) => NDArray): NDArray =>
  arrays.map((x) => sum(term(x.astype("float64")))).reduce((left, right) => add(left, right), zeros([]));

const largest = (arrays: readonly NDArray[]): NDArray =>
  arrays.filter((x) => x.size > 0).reduce((high, x) => maximum(high, max(x.astype("float64"))), zeros([]));

const stacked = (scalars: readonly NDArray[]): NDArray => (scalars.length === 0 ? zeros([0]) : stack(scalars));

/** The next point and state, whichever kind of optimizer it is. */
const advance = <P, S extends GridSystem>(
  { optimizer, parameterization: { bounds } }: Settled<P, S>,
  params: P,
  state: ArrayTree,
  value: NDArray,
  gradient: P,
  violations: NDArray,
  rows: readonly P[],
): readonly [P, ArrayTree] => {
  if (optimizer.kind === "optimizer") {
    const constraintGradients =
      rows.length === 0 ? undefined : mapTogether((...own) => stack(own), rows[0]!, ...rows.slice(1));
    const told = constraintGradients === undefined ? {} : { constraints: violations, constraintGradients };
    return optimizer.update({ value, gradient, ...told }, state, params);
  }
  const [updates, next] = optimizer.update(gradient, state, params);
  const moved = mapTogether((x, step) => add(x, step).astype(x.dtype), params, updates);
  if (bounds === undefined) return [moved, next];
  return [mapTogether((x) => minimum(maximum(x, bounds.lower), bounds.upper), moved), next];
};

/** The iteration of what is asked. */
export const iterationOf = <P, S extends GridSystem>(
  settled: Settled<P, S>,
): ((params: P, state: ArrayTree, at: Continuation) => Iteration<P>) => {
  const { constraints, problem, parameterization } = settled;
  const asked = new Set<string>();
  const [objective, ...violationsOf] = scalarsOf({
    ...settled,
    objective: (design, at) => settled.objective(design, watched(at, asked)),
  });
  return function iteration(params, state, given) {
    const [value, gradient] = valueAndGradient(objective)(params, given);
    const rows = violationsOf.map((violation) => gradientOf(violation)(params, given));
    const at = watched(given, asked);
    const design = designFrom(settled, params, at);
    const pairs = constraints.map(([, own]) => valueAndViolation(own, design, at));
    const violations = stacked(pairs.map(([, violation]) => violation));
    const values = stacked(pairs.map(([own]) => own));
    const { density } = design;
    const share = problem.mask === undefined ? undefined : sum(problem.mask);
    const meanOf = (field: NDArray): NDArray =>
      share === undefined ? mean(field) : sum(mul(field, problem.mask!)).div(share);
    const finite = [value, values, ...arraysOf(gradient), ...rows.flatMap(arraysOf)].map((x) => all(isfinite(x)));
    const enforced = parameterization.enforced?.(params, at) ?? {};
    requireRead(settled.asked, given, asked);
    const [next, nextState] = advance(settled, params, state, value, gradient, violations, rows);
    const [before, after] = [arraysOf(params), arraysOf(next)];
    return {
      objective: value,
      volume: meanOf(density),
      greyness: meanOf(mul(density, sub(1, density))).mul(4),
      constraints: values,
      violations,
      enforced,
      density,
      range: stack([min(density), max(density)]),
      gradientNorm: sqrt(total(arraysOf(gradient), (x) => mul(x, x))),
      isFinite: finite.reduce((left, right) => logicalAnd(left, right)),
      change: largest(after.map((x, k) => abs(sub(x, before[k]!)))),
      next,
      state: nextState,
    };
  };
};
