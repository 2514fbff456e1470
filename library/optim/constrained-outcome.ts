/**
 * What a step of mma or gcmma did: scalars of its state, and the words for them.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { full } from "../numpy/creation.ts";
import { any, max } from "../numpy/reductions.ts";
import { isfinite } from "../numpy/elementwise.ts";
import "../numpy/methods.ts";
import { matmul } from "../numpy/products.ts";
import { where } from "../numpy/selection.ts";
import { constraintRows, largestViolation, objectiveRow } from "./constrained-rows.ts";
import type { Rows, ScaledRows } from "./constrained-rows.ts";
import type { Subproblem, SubproblemSolution } from "./mma-subproblem.ts";

/** All scalars: int32 for counts and codes, float64 else. */
export interface Outcome {
  readonly reason: NDArray;
  readonly subproblemIterations: NDArray;
  readonly largestViolation: NDArray;
  readonly kktResidual: NDArray;
  readonly largestMultiplier: NDArray;
  readonly change: NDArray;
}

/** Reasons by their code. */
const reasons = ["start", "solved", "infeasible", "not settled", "not finite"] as const;
export const reasonCode = (reason: (typeof reasons)[number]): number => reasons.indexOf(reason);

/** Excess, relative to all that the variables can do, from which a subproblem counts as infeasible. */
const noticeable = 1e-6;

const int = (value: number): NDArray => full([], value, { dtype: "int32" });

export const startOfOutcome = (): Outcome => ({
  reason: int(reasonCode("start")),
  subproblemIterations: int(0),
  largestViolation: full([], 0),
  kktResidual: full([], Infinity),
  largestMultiplier: full([], 0),
  change: full([], 0),
});

/**
 * Largest of: a step along the Lagrangian's slopes that the bounds allow, slopes of the objective being 1 at most;
 * multiplier times constraint, relative to the objective; violation relative to the constraint's size.
 */
const kktResidual = (
  { values, slopes }: ScaledRows,
  point: NDArray,
  weights: NDArray,
  multipliers: NDArray,
): NDArray => {
  const pull = objectiveRow(slopes).add(matmul(multipliers, constraintRows(slopes)));
  const step = max(point.sub(point.sub(pull).clip(0, 1)).abs());
  const constraints = constraintRows(values);
  const complementarity = multipliers.mul(constraints).abs().max().div(objectiveRow(values).abs().maximum(1));
  return step.maximum(complementarity).maximum(constraints.div(weights).max().maximum(0));
};

/** What is known after a subproblem around `point`, whose rows these are, was solved. */
export const outcomeOf = (
  rows: { readonly own: Rows; readonly scaled: ScaledRows },
  point: NDArray,
  { weights }: Subproblem,
  solution: SubproblemSolution,
): Outcome => {
  const { multipliers, excess, iterations, isSettled } = solution;
  const { scale } = rows.scaled;
  const isInfeasible = any(excess.greater(noticeable));
  return {
    reason: where(
      isSettled,
      where(isInfeasible, int(reasonCode("infeasible")), int(reasonCode("solved"))),
      int(reasonCode("not settled")),
    ),
    subproblemIterations: iterations,
    largestViolation: largestViolation(rows.own.values),
    kktResidual: kktResidual(rows.scaled, point, weights, multipliers),
    largestMultiplier: multipliers.mul(objectiveRow(scale)).div(constraintRows(scale)).max(),
    change: max(solution.point.sub(point).abs()),
  };
};

/** The outcome of numbers that are not finite: what was known before, and the reason. */
export const notFinite = (before: Outcome): Outcome => ({ ...before, reason: int(reasonCode("not finite")) });

/** Whether the point evaluated last had no value; of a concrete state. */
export const isNotFinite = ({ reason }: Outcome): boolean => reason.item() === reasonCode("not finite");

/** Whether a solution may be gone to. */
export const isUsable = ({ point }: SubproblemSolution): NDArray => isfinite(max(point.abs()));

/** The outcome in words and numbers; of a concrete state. */
export const reportOutcome = (outcome: Outcome): Readonly<Record<string, number | string>> => ({
  reason: reasons[outcome.reason.item()]!,
  subproblemIterations: outcome.subproblemIterations.item(),
  largestViolation: outcome.largestViolation.item(),
  kktResidual: outcome.kktResidual.item(),
  largestMultiplier: outcome.largestMultiplier.item(),
  change: outcome.change.item(),
});
