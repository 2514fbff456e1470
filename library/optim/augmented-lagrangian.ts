/**
 * augmentedLagrangian: constraints for methods that know none, by multipliers and a penalty.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isLeft } from "../../src/fp.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { checkAll, checkNumber } from "../../src/validate-options.ts";
import { array, full } from "../numpy/creation.ts";
import { greaterEqual, logicalAnd, logicalNot, logicalOr, maximum } from "../numpy/elementwise.ts";
import "../numpy/methods.ts";
import { matmul } from "../numpy/products.ts";
import { max, sum } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import { ravelTree } from "../ravel-tree.ts";
import { chosen } from "./constrained-choice.ts";
import { constraintRows, finiteRows, objectiveRow, rowsOf } from "./constrained-rows.ts";
import type { Rows } from "./constrained-rows.ts";
import { floatLeaves, requireCount } from "./constrained-variables.ts";
import type { ArrayTree, Evaluation, GradientTransformation, Optimizer } from "./types.ts";

export interface AugmentedLagrangianOptions {
  /** What minimizes the augmented Lagrangian. */
  readonly inner: GradientTransformation | Optimizer;
  /** Number of constraints m. Default 1. */
  readonly constraints?: number;
  /** Indices of the constraints that are equalities, g_i = 0. Default none. */
  readonly equalities?: readonly number[];
  /** First penalty. Default 10. */
  readonly penalty?: number;
  /** Factor by which the penalty grows. Default 4. */
  readonly growth?: number;
  /** Largest penalty. Default 1e6. */
  readonly penaltyLimit?: number;
  /** Evaluations between two updates of the multipliers, at most. Default 50. */
  readonly innerIterations?: number;
  /** Accepted violation, and accepted largest slope of the augmented Lagrangian. Default 1e-6. */
  readonly tolerance?: number;
}

const asked = "optim.augmentedLagrangian";
const defaults = { penalty: 10, growth: 4, penaltyLimit: 1e6, tolerance: 1e-6 } as const;
type Numbers = { readonly [Name in keyof typeof defaults]: number };

interface Settled extends Numbers {
  readonly inner: GradientTransformation | Optimizer;
  readonly count: number;
  /** Whether each constraint is an equality, shape [m]. */
  readonly isEquality: NDArray;
  readonly innerIterations: number;
}

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

const isMethod = (inner: unknown): inner is GradientTransformation | Optimizer =>
  typeof inner === "object" &&
  inner !== null &&
  ["gradient transformation", "optimizer"].includes((inner as { readonly kind?: string }).kind ?? "");

const readOptions = (options: AugmentedLagrangianOptions): Settled => {
  const own = ["inner", "constraints", "equalities", "innerIterations", ...Object.keys(defaults)];
  requireOptions(asked, options, own, true);
  const { inner, constraints = 1, equalities = [], innerIterations = 50 } = options;
  if (!isMethod(inner))
    throw new InvalidOption(
      asked,
      `inner ${showValue(inner)}`,
      "Give an optimizer or a gradient transformation, as adam(1e-2)",
    );
  const { penalty, growth, penaltyLimit, tolerance } = { ...defaults, ...options };
  const checked = checkAll<Numbers>({
    penalty: checkNumber("penalty", penalty, (v) => v > 0 && v <= penaltyLimit, "it is positive, up to penaltyLimit"),
    growth: checkNumber("growth", growth, (v) => v >= 1 && v < Infinity, "it is 1 or more"),
    penaltyLimit: checkNumber("penaltyLimit", penaltyLimit, (v) => v > 0 && v < Infinity, "it is positive"),
    tolerance: checkNumber("tolerance", tolerance, (v) => v > 0 && v < Infinity, "a tolerance is positive"),
  });
  if (isLeft(checked)) throw new InvalidOption(asked, checked.left.join("; "), "Correct these options");
  const count = requireCount(asked, "constraints", constraints, 1);
  for (const index of equalities)
    if (!Number.isSafeInteger(index) || index < 0 || index >= count)
      throw new InvalidOption(asked, `equality ${showValue(index)} of ${count} constraints`, "Give indices from 0");
  return {
    inner,
    count,
    isEquality: array(Array.from({ length: count }, (_, k) => equalities.includes(k))),
    innerIterations: requireCount(asked, "innerIterations", innerIterations, 1),
    ...checked.right,
  };
};

/** The augmented Lagrangian at a point, and what its constraints say there. */
interface Augmented {
  readonly value: NDArray;
  /** Shape [n]. */
  readonly gradient: NDArray;
  /** Multipliers that the constraints ask for. */
  readonly multipliers: NDArray;
  /** How far the worst constraint is from holding. */
  readonly violation: NDArray;
  /** The same, or how far an inequality that has a multiplier is from 0: what must vanish. */
  readonly distance: NDArray;
}

const augmentedAt = (rows: Rows, lambda: NDArray, penalty: NDArray, isEquality: NDArray): Augmented => {
  const constraints = constraintRows(rows.values);
  const shifted = lambda.add(constraints.mul(penalty));
  const multipliers = where(isEquality, shifted, shifted.maximum(0));
  const cost = sum(multipliers.square().sub(lambda.square())).div(penalty.mul(2));
  const apart = where(isEquality, constraints, constraints.maximum(lambda.div(penalty).neg()));
  return {
    value: objectiveRow(rows.values).add(cost),
    gradient: objectiveRow(rows.slopes).add(matmul(multipliers, constraintRows(rows.slopes))),
    multipliers,
    violation: max(where(isEquality, constraints.abs(), constraints.maximum(0))),
    distance: max(apart.abs()),
  };
};

/**
 * The state with new multipliers, and a new penalty where the distance did not fall enough. Steps of gradients that have not
 * come to an end yet keep theirs, since a larger one would only make their problem harder.
 */
const withMultipliers = (state: State, { multipliers, distance, gradient }: Augmented, settled: Settled): State => {
  const { inner, tolerance, growth, penaltyLimit } = settled;
  const isFar = logicalAnd(distance.greater(state.lastDistance.mul(enough)), distance.greater(tolerance));
  const isSolved = max(gradient.abs()).lessEqual(maximum(distance, tolerance));
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

/** An evaluation that has been read, and the way back from vectors to trees. */
interface Reading<P> {
  readonly rows: Rows;
  readonly isFinite: NDArray;
  readonly params: P;
  readonly restore: (vector: NDArray) => P;
}

type Step<P> = readonly [params: P, state: State];

/** Steps of gradients know nothing of values: they go on with the new multipliers. */
const transformed = <P>(
  inner: GradientTransformation,
  state: State,
  reading: Reading<P>,
  settled: Settled,
): Step<P> => {
  const { rows, params, restore } = reading;
  const seen = augmentedAt(rows, state.multipliers, state.penalty, settled.isEquality);
  const ends = cycleEnds(state, seen, settled);
  const next = chosen(ends, withMultipliers(state, seen, settled), { ...state, step: state.step.add(1) });
  const { gradient } = augmentedAt(rows, next.multipliers, next.penalty, settled.isEquality);
  const [updates, innerState] = inner.update(restore(gradient), state.inner, params);
  const [[from, back], [change]] = [ravelTree(params), ravelTree(updates)];
  return [back(from.add(change)) as P, { ...next, inner: innerState, ...told(state, seen, ends, settled) }];
};

const cycleEnds = (state: State, { gradient }: Augmented, { innerIterations, tolerance }: Settled): NDArray =>
  logicalOr(greaterEqual(state.step.add(1), innerIterations), max(gradient.abs()).lessEqual(tolerance));

const told = (
  state: State,
  { violation, distance, gradient }: Augmented,
  updates: NDArray,
  { tolerance }: Settled,
): Pick<State, "largestViolation" | "slope" | "reason"> => {
  const slope = max(gradient.abs());
  const isConverged = logicalAnd(slope.lessEqual(tolerance), distance.lessEqual(tolerance));
  const otherwise = where(updates, codeOf("multipliers updated"), codeOf("minimizing"));
  return { largestViolation: violation, slope, reason: where(isConverged, codeOf("converged"), otherwise) };
};

/**
 * A search method compares values, so that it starts anew with new multipliers, and from its best point: where the point
 * evaluated is another, the best is asked for once more.
 */
const searched = <P>(inner: Optimizer, state: State, reading: Reading<P>, settled: Settled): Step<P> => {
  const { rows, params, restore } = reading;
  const before = state.best!;
  const seen = augmentedAt(rows, state.multipliers, state.penalty, settled.isEquality);
  const isBest = logicalOr(before.isAsked, seen.value.less(before.value));
  const ends = logicalOr(before.isAsked, cycleEnds(state, seen, settled));
  const updates = logicalAnd(ends, isBest);
  const asksBest = logicalAnd(ends, logicalNot(isBest));
  const next = chosen(updates, withMultipliers(state, seen, settled), { ...state, step: state.step.add(1) });
  const { value, gradient } = augmentedAt(rows, next.multipliers, next.penalty, settled.isEquality);
  const from = chosen(updates, inner.init(params), state.inner);
  const [point, innerState] = inner.update({ value, gradient: restore(gradient) }, from, params);
  const best: Best = {
    params: chosen(isBest, params as ArrayTree, before.params),
    value: where(isBest, value, before.value),
    isAsked: asksBest,
  };
  const asks = chosen(asksBest, before.params, point as ArrayTree) as P;
  return [asks, { ...next, inner: innerState, best, ...told(state, seen, updates, settled) }];
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

const readingOf = <P>(evaluation: Evaluation<P>, params: P, count: number): Reading<P> => {
  floatLeaves(asked, params);
  const { rows, isFinite } = finiteRows(rowsOf(asked, evaluation, params));
  requireRows(rows, count, evaluation.constraints !== undefined && evaluation.constraints.size > 0);
  const [, restore] = ravelTree(params);
  return { rows, isFinite, params, restore: restore as unknown as (vector: NDArray) => P };
};

/**
 * Augmented Lagrangian of Powell, Hestenes and Rockafellar: gives constraints to methods that know none. The inner method
 * minimizes, with multipliers lambda and a penalty r,
 *   f(x) + sum_i (t_i^2 - lambda_i^2) / (2 r),  t_i = max(0, lambda_i + r g_i(x)),  or lambda_i + r g_i(x) for equalities
 * After innerIterations evaluations, or where its slopes are within the tolerance, lambda becomes t; where what the
 * constraints lack did not halve since the last time the penalty grows, for steps of gradients only when they had settled.
 * @param options  inner: a gradient transformation, whose state lives on, or an optimizer, which starts anew from its best
 *   point, the one at which the multipliers are updated; constraints (1): their number m; equalities: indices of those that
 *   must be 0; penalty (10), growth (4), penaltyLimit (1e6), innerIterations (50), tolerance (1e-6). Violations and slopes
 *   are in the users' units
 * @returns an Optimizer. report: iteration (updates of the multipliers); penalty; largestViolation and slope (largest of the
 *   augmented Lagrangian) of the point evaluated last; largestMultiplier; reason, "minimizing", "multipliers updated",
 *   "converged" (slope, and distance of the constraints from what they must be, within the tolerance: the point stays),
 *   "not finite" (an objective, constraint or gradient is no number: the point stays) or "start"
 * @throws InvalidOption, UnknownOption; at an update ShapeMismatch, TreeMismatch, DTypeMismatch
 * Scale constraints and objective to about 1. Bounds are the inner method's, or constraints; where the inner method's bounds
 * hold a slope up "converged" is not said. A large penalty makes the inner problem steep:
 * steps of fixed length must be short enough for it. Derivatives: none, a search is not differentiated.
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
      const reading = readingOf(evaluation, params, count);
      const [next, moved] =
        inner.kind === "optimizer"
          ? searched(inner, state, reading, settled)
          : transformed(inner, state, reading, settled);
      // A converged point is stayed at: a search that began anew there would leave it first.
      const isConverged = moved.reason.equal(codeOf("converged"));
      const told = { ...state, largestViolation: moved.largestViolation, slope: moved.slope };
      const stays = chosen<State>(
        reading.isFinite,
        { ...told, reason: codeOf("converged") },
        { ...state, reason: codeOf("not finite") },
      );
      const goesOn = logicalAnd(reading.isFinite, logicalNot(isConverged));
      return [chosen(goesOn, next, params), chosen<State>(goesOn, moved, stays) as never];
    },
    comparesValues: true,
    isDone: (given) => reasons[(given as unknown as State).reason.item()] === "converged",
    report: (given) => {
      const { iteration, penalty, largestViolation, slope, multipliers, reason } = given as unknown as State;
      return {
        iteration: iteration.item(),
        reason: reasons[reason.item()]!,
        penalty: penalty.item(),
        largestViolation: largestViolation.item(),
        slope: slope.item(),
        largestMultiplier: maximum(max(multipliers.abs()), 0).item(),
      };
    },
  };
};
