/**
 * augmentedLagrangian: constraints for methods that know none, by multipliers and a penalty.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { ShapeMismatch } from "../../src/error.ts";
import { full } from "../numpy/creation.ts";
import { greaterEqual, isfinite, logicalAnd, logicalNot, logicalOr, maximum } from "../numpy/elementwise.ts";
import "../numpy/methods.ts";
import { matmul } from "../numpy/products.ts";
import { max, sum } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import { ravelTree } from "../ravel-tree.ts";
import { asked, readOptions } from "./augmented-lagrangian-options.ts";
import type { AugmentedLagrangianOptions, Settled } from "./augmented-lagrangian-options.ts";
import { chosen } from "./constrained-choice.ts";
import { constraintRows, finiteRows, objectiveRow, rowsOf } from "./constrained-rows.ts";
import type { Rows } from "./constrained-rows.ts";
import { floatLeaves } from "./constrained-variables.ts";
import { boxOf, isWithinBox, slopeWithin, withinBox } from "./search-bounds.ts";
import type { Box } from "./search-bounds.ts";
import type { ArrayTree, Evaluation, GradientTransformation, Optimizer } from "./types.ts";

/** A distance that did not fall to this part of the last one makes the penalty grow. */
const enough = 0.5;

const reasons = ["start", "minimizing", "multipliers updated", "converged", "not finite"] as const;
const codeOf = (reason: (typeof reasons)[number]): NDArray => full([], reasons.indexOf(reason), { dtype: "int32" });

interface State {
  /** lambda, shape [m]. */
  readonly multipliers: NDArray;
  /** r, a scalar. */
  readonly penalty: NDArray;
  /** Updates of the multipliers, int32, and evaluations since the last, int32. */
  readonly iteration: NDArray;
  readonly step: NDArray;
  /** Distance of the constraints from what they must be, at the last update of the multipliers. */
  readonly lastDistance: NDArray;
  /** At the point evaluated last. */
  readonly largestViolation: NDArray;
  readonly slope: NDArray;
  readonly reason: NDArray;
  readonly inner: ArrayTree;
  /** Of an inner search method: its best point since the last update of the multipliers; null for steps of gradients. */
  readonly best: Best | null;
}

interface Best {
  readonly params: ArrayTree;
  readonly value: NDArray;
  /** Whether the point asked for is that best point, for an update of the multipliers. */
  readonly isAsked: NDArray;
}

/** An evaluation that has been read, the bounds of the points, and the way back from vectors to trees. */
interface Reading<P> {
  readonly rows: Rows;
  readonly isFinite: NDArray;
  readonly params: P;
  /** The parameters as a vector, shape [n]. */
  readonly point: NDArray;
  readonly box: Box | null;
  readonly isWithin: NDArray;
  readonly restore: (vector: NDArray) => P;
}

/** The augmented Lagrangian at a point, and what its constraints say there; NaN where the evaluation is no number. */
interface Augmented {
  readonly value: NDArray;
  /** Shape [n]. */
  readonly gradient: NDArray;
  /** Its largest entry among those that the bounds let a step follow. */
  readonly slope: NDArray;
  /** Multipliers that the constraints ask for. */
  readonly multipliers: NDArray;
  /** How far the worst constraint is from holding. */
  readonly violation: NDArray;
  /** The same, or how far an inequality that has a multiplier is from 0: what must vanish. */
  readonly distance: NDArray;
}

const augmentedAt = <P>(
  { rows, isFinite, point, box }: Reading<P>,
  { multipliers: lambda, penalty }: State,
  { isEquality }: Settled,
): Augmented => {
  const constraints = constraintRows(rows.values);
  const shifted = lambda.add(constraints.mul(penalty));
  const multipliers = where(isEquality, shifted, shifted.maximum(0));
  const cost = sum(multipliers.square().sub(lambda.square())).div(penalty.mul(2));
  const apart = where(isEquality, constraints, constraints.maximum(lambda.div(penalty).neg()));
  const gradient = objectiveRow(rows.slopes).add(matmul(multipliers, constraintRows(rows.slopes)));
  return {
    value: where(isFinite, objectiveRow(rows.values).add(cost), Number.NaN),
    gradient: where(isFinite, gradient, Number.NaN),
    slope: where(isFinite, slopeWithin(box, point, gradient), Number.NaN),
    multipliers,
    violation: max(where(isEquality, constraints.abs(), constraints.maximum(0))),
    distance: max(apart.abs()),
  };
};

/**
 * The state with new multipliers, and a new penalty where the distance did not fall enough. Steps of gradients that have not
 * come to an end yet keep theirs, since a larger one would only make their problem harder.
 */
const withMultipliers = (state: State, { multipliers, distance, slope }: Augmented, settled: Settled): State => {
  const { inner, tolerance, growth, penaltyLimit } = settled;
  const isFar = logicalAnd(distance.greater(state.lastDistance.mul(enough)), distance.greater(tolerance));
  const isSolved = slope.lessEqual(maximum(distance, tolerance));
  const isStubborn = inner.kind === "optimizer" ? isFar : logicalAnd(isSolved, isFar);
  return {
    ...state,
    multipliers,
    penalty: where(isStubborn, state.penalty.mul(growth).minimum(penaltyLimit), state.penalty),
    iteration: state.iteration.add(1),
    step: full([], 0, { dtype: "int32" }),
    lastDistance: distance,
  };
};

type Step<P> = readonly [params: P, state: State];

/** Steps of gradients know nothing of values: they go on with the new multipliers. */
const transformed = <P>(
  inner: GradientTransformation,
  state: State,
  reading: Reading<P>,
  settled: Settled,
): Step<P> => {
  const { params, point, box, restore } = reading;
  const seen = augmentedAt(reading, state, settled);
  const ends = cycleEnds(state, seen, settled);
  const next = chosen(ends, withMultipliers(state, seen, settled), { ...state, step: state.step.add(1) });
  const { gradient } = augmentedAt(reading, next, settled);
  const [updates, innerState] = inner.update(restore(gradient), state.inner, params);
  const [change] = ravelTree(updates);
  const told = toldOf(reading, state, { seen, updates: ends }, settled);
  return [restore(withinBox(box, point.add(change))), { ...next, inner: innerState, ...told }];
};

const cycleEnds = (state: State, { slope }: Augmented, { innerIterations, tolerance }: Settled): NDArray =>
  logicalOr(greaterEqual(state.step.add(1), innerIterations), slope.lessEqual(tolerance));

/** What a report says of an evaluation; of one that is no number only that. */
const toldOf = <P>(
  { isFinite, isWithin }: Reading<P>,
  state: State,
  { seen, updates }: { readonly seen: Augmented; readonly updates: NDArray },
  { tolerance }: Settled,
): Pick<State, "largestViolation" | "slope" | "reason"> => {
  const { violation, distance, slope } = seen;
  const isSolved = logicalAnd(slope.lessEqual(tolerance), distance.lessEqual(tolerance));
  const otherwise = where(updates, codeOf("multipliers updated"), codeOf("minimizing"));
  const reason = where(logicalAnd(isWithin, isSolved), codeOf("converged"), otherwise);
  return {
    largestViolation: where(isFinite, violation, state.largestViolation),
    slope: where(isFinite, slope, state.slope),
    reason: where(isFinite, reason, codeOf("not finite")),
  };
};

/**
 * A search method compares values, so that it starts anew with new multipliers, and from its best point: where the point
 * evaluated is another, the best is asked for once more. A value that is no number, or of a point that the bounds forbid, is
 * never the best, and the search itself goes on from there.
 */
const searched = <P>(inner: Optimizer, state: State, reading: Reading<P>, settled: Settled): Step<P> => {
  const { isFinite, isWithin, params, restore } = reading;
  const before = state.best!;
  const seen = augmentedAt(reading, state, settled);
  const isUsable = logicalAnd(isFinite, isWithin);
  const isBest = logicalAnd(isUsable, logicalOr(before.isAsked, seen.value.less(before.value)));
  const ends = logicalOr(before.isAsked, cycleEnds(state, seen, settled));
  const updates = logicalAnd(ends, isBest);
  const asksBest = logicalAnd(logicalAnd(ends, logicalNot(isBest)), isfinite(before.value));
  const next = chosen(updates, withMultipliers(state, seen, settled), { ...state, step: state.step.add(1) });
  const { value, gradient } = augmentedAt(reading, next, settled);
  const from = chosen(updates, inner.init(params), state.inner);
  const [point, innerState] = inner.update({ value, gradient: restore(gradient) }, from, params);
  const best: Best = {
    params: chosen(isBest, params as ArrayTree, before.params),
    value: where(isBest, value, before.value),
    isAsked: asksBest,
  };
  const asks = chosen(asksBest, before.params, point as ArrayTree) as P;
  return [asks, { ...next, inner: innerState, best, ...toldOf(reading, state, { seen, updates }, settled) }];
};

const requireRows = ({ values }: Rows, count: number, hasConstraints: boolean): void => {
  const seen = hasConstraints ? values.size - 1 : 0;
  if (seen !== count)
    throw new ShapeMismatch(
      asked,
      `${seen} constraints where the option constraints is ${count}`,
      "Say how many there are: augmentedLagrangian({ constraints: m, ... })",
    );
};

const readingOf = <P>(evaluation: Evaluation<P>, params: P, { count, kept }: Settled): Reading<P> => {
  const flat = floatLeaves(asked, params);
  const { rows, isFinite } = finiteRows(rowsOf(asked, evaluation, params));
  requireRows(rows, count, evaluation.constraints !== undefined && evaluation.constraints.size > 0);
  const [point, restore] = ravelTree(params);
  const box = kept === undefined ? null : boxOf(asked, kept, flat, point.dtype);
  return {
    rows,
    isFinite,
    params,
    point,
    box,
    isWithin: isWithinBox(box, point),
    restore: restore as unknown as (vector: NDArray) => P,
  };
};

const isConverged = ({ reason }: State): boolean => reasons[reason.item()] === "converged";

const recoversWith = (inner: GradientTransformation | Optimizer): inner is Optimizer =>
  inner.kind === "optimizer" && inner.recovers === true;

/** Whether a value is no number and the search, with no point to go back to, says that it is at its end. */
const hasGivenUp = ({ best, inner: state, reason }: State, { inner }: Settled): boolean =>
  reasons[reason.item()] === "not finite" &&
  recoversWith(inner) &&
  best?.value.item() === Infinity &&
  inner.isDone?.(state) === true;

const wordOf = (state: State, settled: Settled): string => {
  const word = reasons[state.reason.item()]!;
  const goesOn = recoversWith(settled.inner) && !hasGivenUp(state, settled);
  return word === "not finite" && goesOn ? "not finite, search goes on" : word;
};

/**
 * Augmented Lagrangian of Powell, Hestenes and Rockafellar: gives constraints to methods that know none. The inner method
 * minimizes, with multipliers lambda and a penalty r,
 *   f(x) + sum_i (t_i^2 - lambda_i^2) / (2 r),  t_i = max(0, lambda_i + r g_i(x)),  or lambda_i + r g_i(x) for equalities
 * After innerIterations evaluations, or where its slopes are within the tolerance, lambda becomes t; where what the
 * constraints lack did not halve since the last time the penalty grows, for steps of gradients only when they had settled.
 * Bounds: with a gradient transformation every next point is clipped to lower and upper; an inner optimizer keeps its own,
 * which must lie within those given. Where a slope presses a variable against a bound (from 1e-6 of it and of its range
 * on) it counts as 0, so that optima at bounds are found to be such.
 * @param options  inner: a gradient transformation, whose state lives on, or an optimizer, which starts anew from its best
 *   point, the one at which the multipliers are updated; lower, upper (none): numbers, infinite ones too, or trees like the
 *   parameters; constraints (1): their number m; equalities: indices of those that must be 0; penalty (10), growth (4),
 *   penaltyLimit (1e6), innerIterations (50), tolerance (1e-6). Violations and slopes are in the users' units
 * @returns an Optimizer. Its bounds are those given, else the inner optimizer's; it recovers where the inner optimizer does.
 *   report: iteration (updates of the multipliers); penalty; largestViolation and slope (largest of the augmented
 *   Lagrangian) of the point evaluated last, of numbers; largestMultiplier; reason, "minimizing", "multipliers updated",
 *   "converged" (slope, and distance of the constraints from what they must be, within the tolerance: the point stays),
 *   "not finite, search goes on" (an objective, constraint or gradient is no number, which an inner optimizer that recovers
 *   is told: multipliers and penalty stay), "not finite" (the same with another inner method, or where the search has seen
 *   no number yet and gives up: the point stays) or "start"
 * @throws InvalidOption, UnknownOption; at an update those and ShapeMismatch, TreeMismatch, DTypeMismatch
 * Scale constraints and objective to about 1. A large penalty makes the inner problem steep: steps of fixed length must be
 * short enough for it, and mma, which nothing makes descend, may not settle: use gcmma. Derivatives: none, a search is not
 * differentiated.
 * Cost of an update: the inner method's and two passes over [m, n] numbers.
 * Source: Rockafellar 1973; Birgin and Martinez 2014, "Practical augmented Lagrangian methods".
 * @example
 * // Nearest point to the origin on the line x + y = 1, by plain steps of gradients.
 * const descent = { kind: "gradient transformation", init: () => null, update: (g, state) => [g.mul(-0.02), state] };
 * const method = optim.augmentedLagrangian({ inner: descent, equalities: [0] });
 * const evaluate = (x) => ({
 *   value: np.sum(x.mul(x)), gradient: x.mul(2),
 *   constraints: np.sum(x).sub(1).reshape([1]), constraintGradients: array([[1, 1]]),
 * });
 * const step = jit((x, state) => method.update(evaluate(x), state, x));
 * let [x, state] = [array([2, 0.5]), method.init(array([2, 0.5]))];
 * for (let k = 0; k < 400; k++) [x, state] = step(x, state);
 * [np.allclose(x, 0.5), method.report(state).reason] // [true, "converged"]
 */
export const augmentedLagrangian = (options: AugmentedLagrangianOptions): Optimizer => {
  const settled = readOptions(options);
  const { inner, count } = settled;
  const recovers = recoversWith(inner);
  return {
    kind: "optimizer",
    init: (params) => {
      floatLeaves(asked, params);
      const state: State = {
        multipliers: full([count], 0),
        penalty: full([], settled.penalty),
        iteration: full([], 0, { dtype: "int32" }),
        step: full([], 0, { dtype: "int32" }),
        lastDistance: full([], Infinity),
        largestViolation: full([], 0),
        slope: full([], 0),
        reason: codeOf("start"),
        inner: inner.init(params),
        best:
          inner.kind === "optimizer"
            ? { params: params as ArrayTree, value: full([], Infinity), isAsked: full([], 0, { dtype: "bool" }) }
            : null,
      };
      return state as never;
    },
    update: (evaluation, given, params) => {
      const state = given as unknown as State;
      const reading = readingOf(evaluation, params, settled);
      const [next, moved] =
        inner.kind === "optimizer"
          ? searched(inner, state, reading, settled)
          : transformed(inner, state, reading, settled);
      // A converged point is stayed at: a search that began anew there would leave it first.
      const hasConverged = moved.reason.equal(codeOf("converged"));
      const { largestViolation, slope, reason } = moved;
      const mayGoOn = recovers ? logicalNot(hasConverged) : logicalAnd(reading.isFinite, logicalNot(hasConverged));
      const stays: State = { ...state, largestViolation, slope, reason };
      return [chosen(mayGoOn, next, params), chosen<State>(mayGoOn, moved, stays) as never];
    },
    ...(settled.bounds !== undefined && { bounds: settled.bounds }),
    recovers,
    comparesValues: true,
    isDone: (given) => isConverged(given as unknown as State) || hasGivenUp(given as unknown as State, settled),
    report: (given) => {
      const state = given as unknown as State;
      const { iteration, penalty, largestViolation, slope, multipliers } = state;
      return {
        iteration: iteration.item(),
        reason: wordOf(state, settled),
        penalty: penalty.item(),
        largestViolation: largestViolation.item(),
        slope: slope.item(),
        largestMultiplier: maximum(max(multipliers.abs()), 0).item(),
      };
    },
  };
};
