/**
 * gcmma: the globally convergent method of moving asymptotes, with trial points that must prove themselves.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { ShapeMismatch } from "../../src/error.ts";
import { full } from "../numpy/creation.ts";
import { greaterEqual, logicalAnd, logicalOr, minimum } from "../numpy/elementwise.ts";
import "../numpy/methods.ts";
import { all, sum } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import {
  approximateAt,
  moveAsymptotes,
  readAsymptotes,
  solveAround,
  startOfTrack,
  subproblemOf,
} from "./constrained-asymptotes.ts";
import type { AsymptoteOptions, Asymptotes, Track } from "./constrained-asymptotes.ts";
import { chosen } from "./constrained-choice.ts";
import { isNotFinite, isUsable, outcomeOf, reasonCode, reportOutcome, startOfOutcome } from "./constrained-outcome.ts";
import type { Outcome } from "./constrained-outcome.ts";
import { finiteRows, rowsOf, scaledRows } from "./constrained-rows.ts";
import type { Rows } from "./constrained-rows.ts";
import { boundedVariables, requireCount } from "./constrained-variables.ts";
import type { Optimizer } from "./types.ts";

export interface GcmmaOptions extends AsymptoteOptions {
  /** Number of constraints m. Default 1. */
  readonly constraints?: number;
  /** Trial points from one accepted point, at most; the next is accepted whatever it gives. Default 20. */
  readonly innerLimit?: number;
}

interface State {
  /** Accepted points, int32. */
  readonly iteration: NDArray;
  /** Trial points refused since, int32. */
  readonly inner: NDArray;
  /** Whether the point evaluated last was accepted. */
  readonly isAccepted: NDArray;
  /** What was found at the accepted point, in the users' units. */
  readonly outer: Rows;
  /** Its asymptotes. */
  readonly track: Track;
  /** rho of every row, shape [1 + m], in units of the row's largest slope. */
  readonly convexity: NDArray;
  readonly outcome: Outcome;
}

const asked = "optim.gcmma";

/** Part of the mean slope that rho begins with, and the least rho; in units of the largest slope. */
const [firstConvexity, leastConvexity] = [0.1, 1e-6];
/** Factors by which rho grows: what a failure asks for, and at most. */
const [growth, mostGrowth] = [1.1, 10];
/** Difference, relative to a value, that counts as rounding. */
const rounding = 1e-10;

/** rho of a new accepted point. */
const convexityOf = (slopes: NDArray): NDArray =>
  sum(slopes.abs(), { axis: 1 })
    .mul(firstConvexity / slopes.shape[1]!)
    .maximum(leastConvexity);

interface Judgement {
  /** Whether no row lies above its approximation. */
  readonly isConservative: NDArray;
  /** rho with which the approximations would not have been below at this point. */
  readonly convexity: NDArray;
}

/** Compares a trial point with the approximations around the accepted point. */
const judge = (state: State, range: NDArray, point: NDArray, values: NDArray): Judgement => {
  const { track, convexity } = state;
  const outer = scaledRows(state.outer, range);
  const seen = values.div(outer.scale);
  const lacking = seen.sub(approximateAt(outer, track, convexity, point));
  const isMet = lacking.lessEqual(seen.abs().add(1).mul(rounding));
  const { previous, lowerAsymptote: low, upperAsymptote: high } = track;
  const distance = sum(
    point
      .sub(previous)
      .square()
      .mul(high.sub(low))
      .div(high.sub(point).mul(point.sub(low))),
  );
  const needed = convexity.add(lacking.div(distance.maximum(Number.MIN_VALUE))).mul(growth);
  return {
    isConservative: all(isMet),
    convexity: where(isMet, convexity, minimum(needed, convexity.mul(mostGrowth))),
  };
};

/** The accepted point after an evaluation: the point evaluated, or the one before with more convex approximations. */
const settle = (
  state: State,
  { own, isFinite }: { readonly own: Rows; readonly isFinite: NDArray },
  { point, range }: { readonly point: NDArray; readonly range: NDArray },
  settled: Asymptotes & { readonly innerLimit: number },
): State => {
  const { isConservative, convexity } = judge(state, range, point, own.values);
  const isFirst = state.iteration.equal(0);
  const isLast = greaterEqual(state.inner, settled.innerLimit);
  const isAccepted = logicalAnd(isFinite, logicalOr(isFirst, logicalOr(isConservative, isLast)));
  const accepted: State = {
    ...state,
    iteration: state.iteration.add(1),
    inner: full([], 0, { dtype: "int32" }),
    isAccepted,
    outer: own,
    track: moveAsymptotes(state.track, point, state.iteration, settled),
    convexity: convexityOf(scaledRows(own, range).slopes),
  };
  const refused: State = {
    ...state,
    inner: state.inner.add(1),
    isAccepted,
    // A trial whose values are no numbers was too far away.
    convexity: where(isFinite, convexity, state.convexity.mul(mostGrowth)),
  };
  return chosen(isAccepted, accepted, refused);
};

const requireRows = (rows: Rows, count: number): void => {
  const seen = rows.values.size - 1;
  if (seen !== count)
    throw new ShapeMismatch(
      asked,
      `${seen} constraints where the option constraints is ${count}`,
      "Say how many there are: gcmma({ constraints: m, ... })",
    );
};

/**
 * Globally convergent method of moving asymptotes. Approximations as in mma, but with a convexity rho per function that
 * grows until the approximations lie above objective and constraints at the point they lead to. Such a point is accepted;
 * another is followed by a trial nearer to the accepted point. From feasible points on, accepted points are feasible and
 * their objective falls; for smooth functions they tend to points that satisfy the optimality conditions.
 * @param options  as mma; constraints (1): their number m, which the state has to know; innerLimit (20): trial points
 *   refused in a row after which one is accepted all the same, as noise in the functions may make necessary
 * @returns an Optimizer with these bounds. Its state holds what was found at the accepted point, [m + 1, n] numbers. report:
 *   as mma, of the subproblem solved last and the point accepted last; iteration counts accepted points, innerIterations
 *   the trials refused since, isAccepted says whether the point evaluated last was accepted, objective is the accepted point's
 * @throws InvalidOption, UnknownOption; at an update ShapeMismatch, TreeMismatch, DTypeMismatch
 * A trial whose objective or constraints are no numbers is refused, reason "not finite", and the next is nearer; the search
 * is at its end after innerLimit of them, or where the first point has no value. Derivatives: none, a search is not differentiated.
 * Cost of an update: as mma, and a pass over [m + 1, n] numbers; of an accepted point one to four
 * evaluations, more where functions curve strongly.
 * Source: Svanberg 2002, SIAM J. Optim. 12, 555-573; 2007, "MMA and GCMMA", section 4.
 * @example
 * // Smallest area of a box of volume 1 whose sides are 2 at most.
 * const evaluate = ([a, b, c]) => ({ value: a.mul(b).add(b.mul(c)).add(c.mul(a)).mul(2), volume: a.mul(b).mul(c) });
 * const method = optim.gcmma({ lower: 0.1, upper: 2, constraints: 1 });
 * const step = jit((x, state) => {
 *   const lacking = (p) => array(1).sub(evaluate(p).volume).reshape([1]);
 *   const [value, gradient] = valueAndGrad((p) => evaluate(p).value)(x);
 *   return method.update({ value, gradient, constraints: lacking(x), constraintGradients: jacrev(lacking)(x) }, state, x);
 * });
 * let x = array([2, 1, 1.5]);
 * let state = method.init(x);
 * for (let k = 0; k < 80; k++) [x, state] = step(x, state);
 * np.allclose(x, 1, { atol: 1e-5 }) // true
 */
export const gcmma = (options: GcmmaOptions, constraints: number = options.constraints ?? 1): Optimizer => {
  const asymptotes = readAsymptotes(asked, options, ["constraints", "innerLimit"]);
  const count = requireCount(asked, "constraints", constraints, 0);
  const innerLimit = requireCount(asked, "innerLimit", options.innerLimit ?? 20, 0);
  const settled = { ...asymptotes, innerLimit };
  const rows = 1 + Math.max(1, count);
  return {
    kind: "optimizer",
    init: (params) => {
      const { point } = boundedVariables(asked, settled, params);
      const state: State = {
        iteration: full([], 0, { dtype: "int32" }),
        inner: full([], 0, { dtype: "int32" }),
        isAccepted: full([], 0, { dtype: "bool" }),
        outer: { values: full([rows], 0), slopes: full([rows, point.size], 0) },
        track: startOfTrack(point, settled),
        convexity: full([rows], leastConvexity),
        outcome: startOfOutcome(),
      };
      return state as never;
    },
    update: (evaluation, given, params) => {
      const { point, range, restore } = boundedVariables(asked, settled, params);
      const { rows: own, isFinite } = finiteRows(rowsOf(asked, evaluation, params));
      requireRows(own, Math.max(1, count));
      const state = settle(given as unknown as State, { own, isFinite }, { point, range }, settled);
      const scaled = scaledRows(state.outer, range);
      const subproblem = subproblemOf(scaled, state.track, state.convexity, settled);
      const solution = solveAround(subproblem, settled);
      const outcome = outcomeOf({ own: state.outer, scaled }, state.track.previous, subproblem, solution);
      // Before the first accepted point there is nothing to go on from.
      const moves = logicalAnd(state.iteration.greater(0), isUsable(solution));
      const reason = where(isFinite, outcome.reason, full([], reasonCode("not finite"), { dtype: "int32" }));
      return [
        chosen(moves, restore(where(moves, solution.point, point)), params),
        { ...state, outcome: { ...outcome, reason } } as never,
      ];
    },
    bounds: { lower: settled.lower, upper: settled.upper },
    recovers: true,
    comparesValues: true,
    // Where points nearer and nearer to the accepted one have no value, or the first has none, there is nothing to go on to.
    isDone: (given) => {
      const { iteration, inner, outcome } = given as unknown as State;
      const limit = iteration.item() === 0 ? 0 : innerLimit;
      return isNotFinite(outcome) && inner.item() > limit;
    },
    report: (given) => {
      const { iteration, inner, isAccepted, outer, outcome } = given as unknown as State;
      return {
        iteration: iteration.item(),
        innerIterations: inner.item(),
        isAccepted: isAccepted.item() === 1,
        objective: (outer.values.toTypedArray() as Float64Array)[0]!,
        ...reportOutcome(outcome),
      };
    },
  };
};
