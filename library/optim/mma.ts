/**
 * mma: Svanberg's method of moving asymptotes.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { full } from "../numpy/creation.ts";
import { logicalAnd } from "../numpy/elementwise.ts";
import "../numpy/methods.ts";
import { where } from "../numpy/selection.ts";
import { moveAsymptotes, readAsymptotes, solveAround, startOfTrack, subproblemOf } from "./constrained-asymptotes.ts";
import type { AsymptoteOptions, Track } from "./constrained-asymptotes.ts";
import { chosen } from "./constrained-choice.ts";
import { isUsable, notFinite, outcomeOf, reportOutcome, startOfOutcome } from "./constrained-outcome.ts";
import type { Outcome } from "./constrained-outcome.ts";
import { finiteRows, rowsOf, scaledRows } from "./constrained-rows.ts";
import { boundedVariables } from "./constrained-variables.ts";
import type { Optimizer } from "./types.ts";

interface State {
  /** Updates that moved, int32. */
  readonly iteration: NDArray;
  readonly track: Track;
  readonly outcome: Outcome;
}

const asked = "optim.mma";

/** rho of every row, in units of its largest slope. */
const convexity = 1e-5;

/**
 * Method of moving asymptotes: minimizes an objective under inequality constraints g_i <= 0 and bounds. Every update solves
 *   minimize f~(x) + sum_i c_i y_i + d_i y_i^2 / 2  subject to  g~_i(x) <= y_i,  y_i >= 0,  alpha <= x <= beta
 * where f~ and g~ are convex separable approximations p / (U - x) + q / (x - L) between asymptotes that come closer to
 * variables that oscillate and recede from those that do not. Two inequalities that leave nothing between them stall it:
 * give an equality a little room, or use augmentedLagrangian({ equalities }).
 * @param options  lower, upper: bounds, numbers or trees like the parameters; where they are equal the variable stays.
 *   move (0.5), asymptoteInit (0.5), asymptoteIncrease (1.2), asymptoteDecrease (0.7), asymptoteMargin (0.1): see
 *   AsymptoteOptions. penalty (1000): c_i, in units of the largest slope of the objective over that of the constraint (or
 *   of the sums of their slopes, if that is more); it must exceed the constraint's multiplier, else the constraint is given
 *   up for the objective, which the reason "infeasible" tells. tolerance (1e-9), subproblemLimit (200): of the subproblem
 * @returns an Optimizer with these bounds. Its state holds the last two points and the asymptotes. report: iteration; reason,
 *   "solved", "infeasible" (constraints could not be met together within the move limits: their violation was made small),
 *   "not settled" (the subproblem's tolerance was not met), "not finite" (an objective, constraint or gradient is no number:
 *   the point stays) or "start"; subproblemIterations; largestViolation and kktResidual of the point evaluated last;
 *   largestMultiplier; change, the largest step as a fraction of its range
 * @throws InvalidOption, UnknownOption; at an update ShapeMismatch, TreeMismatch, DTypeMismatch
 * Neither units of variables nor of functions matter: slopes are taken per range of a variable and relative to the largest.
 * In that unit the constant 1e-5 of the source keeps approximations convex. Without constraints it minimizes within bounds.
 * Points are no feasible ones on the way, and nothing forces descent: see gcmma. Nor does a step that breaks a constraint
 * shorten the next, so that where a function curves much more than its approximation, as a p-norm of stresses does, steps
 * that promise to keep it can break it by more each time, until a design is void: take a smaller move (0.05 there) or gcmma.
 * Any number of variables is fit for it, and up to some hundred constraints. Derivatives: none, a search is not
 * differentiated.
 * Cost of an update: 10 to 40 Newton steps, each some 40 passes over n numbers, 6 over [m, n], and m^3 operations.
 * Source: Svanberg 1987, Int. J. Numer. Meth. Engng 24, 359-373; 2007, "MMA and GCMMA", sections 3 to 5.
 * @example
 * // Nearest point to the origin with x + y >= 1.
 * const method = optim.mma({ lower: 0, upper: 2 });
 * const evaluate = (x) => ({
 *   value: np.sum(x.mul(x)), gradient: x.mul(2),
 *   constraints: array([1]).sub(np.sum(x)), constraintGradients: array([[-1, -1]]),
 * });
 * let [x, state] = [array([2, 0.5]), method.init(array([2, 0.5]))];
 * for (let k = 0; k < 20; k++) [x, state] = method.update(evaluate(x), state, x);
 * [np.allclose(x, 0.5, { atol: 1e-6 }), method.report(state).reason] // [true, "solved"]
 */
export const mma = (options: AsymptoteOptions): Optimizer => {
  const settled = readAsymptotes(asked, options);
  return {
    kind: "optimizer",
    init: (params) => ({
      iteration: full([], 0, { dtype: "int32" }),
      track: { ...startOfTrack(boundedVariables(asked, settled, params).point, settled) },
      outcome: { ...startOfOutcome() },
    }),
    update: (evaluation, given, params) => {
      const state = given as unknown as State;
      const { point, range, restore } = boundedVariables(asked, settled, params);
      const { rows: own, isFinite } = finiteRows(rowsOf(asked, evaluation, params));
      const scaled = scaledRows(own, range);
      const track = moveAsymptotes(state.track, point, state.iteration, settled);
      const subproblem = subproblemOf(scaled, track, full([scaled.scale.size], convexity), settled);
      const solution = solveAround(subproblem, settled);
      const outcome = outcomeOf({ own, scaled }, point, subproblem, solution);
      const moves = logicalAnd(isFinite, isUsable(solution));
      const next: State = { iteration: state.iteration.add(1), track, outcome };
      const stays: State = { ...state, outcome: notFinite(state.outcome) };
      return [chosen(moves, restore(where(moves, solution.point, point)), params), chosen(moves, next, stays) as never];
    },
    bounds: { lower: settled.lower, upper: settled.upper },
    report: (given) => {
      const { iteration, outcome } = given as unknown as State;
      return { iteration: iteration.item(), ...reportOutcome(outcome) };
    },
  };
};
