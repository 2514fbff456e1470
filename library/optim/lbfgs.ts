/**
 * lbfgs: the limited-memory quasi-Newton method of Nocedal 1980 and Liu & Nocedal 1989 with a strong Wolfe line search
 * (more-thuente.ts) and bounds by projection (lbfgs-direction.ts), one evaluation a call. The state holds everything:
 * a run that is saved after any call goes on bit for bit.
 */
import { InvalidOption, InvalidShape, ShapeMismatch } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { avalOf, showAval } from "../../src/ir/aval.ts";
import { unflatten } from "../../src/tree/tree.ts";
import type { FlatArrays } from "../../transforms/flat.ts";
import { cond } from "../../transforms/cond.ts";
import { ravelTree } from "../ravel-tree.ts";
import { full, zerosLike } from "../numpy/creation.ts";
import {
  abs,
  add,
  equal,
  greater,
  isfinite,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  mul,
  notEqual,
  sub,
} from "../numpy/elementwise.ts";
import { asOperand, toDType } from "../numpy/operand.ts";
import { any } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import { directionAt } from "./lbfgs-direction.ts";
import type { Direction } from "./lbfgs-direction.ts";
import type { Memory, Pair } from "./lbfgs-memory.ts";
import { curves, dot, emptyMemory, pairOf, remember } from "./lbfgs-memory.ts";
import type { LineSearch, LineSearchOptions } from "./more-thuente.ts";
import { advance, chooseSearch, startLineSearch } from "./more-thuente.ts";
import { isCount, isPositive, isPositiveFraction, requireNumbers } from "./options.ts";
import type { Box } from "./search-bounds.ts";
import { boxOf, requireBounds, withinBox } from "./search-bounds.ts";
import { floatLeaves, leavesLike } from "./tree-arithmetic.ts";
import type { ArrayTree, Bound, Evaluation, Optimizer } from "./types.ts";

export interface LbfgsOptions {
  /** Pairs of steps and gradient changes that are kept, 1 or more; default 10. */
  readonly memory?: number;
  /** Least value of every parameter: a number, or a tree like the parameters. Rounded to their dtype. */
  readonly lower?: Bound;
  /** Largest value. */
  readonly upper?: Bound;
  /** Sufficient decrease, in (0, c2); default 1e-4. */
  readonly c1?: number;
  /** Curvature, in (c1, 1); default 0.9. */
  readonly c2?: number;
  /** Evaluations in one line search, 1 or more; default 20. One more may be needed to return to the best of them. */
  readonly maxLineSearch?: number;
  /** Length of the first step along the negative gradient, in the parameters' unit; default 1. */
  readonly initialStep?: number;
}

/** It has everything that an optimizer may have, bounds where it was given one. */
export type Lbfgs = Optimizer & Required<Omit<Optimizer, "bounds">>;

/** What is known of a point. */
interface Seen {
  readonly point: NDArray;
  readonly gradient: NDArray;
  readonly value: NDArray;
}

/** State between two evaluations: arrays only, of shapes and dtypes that do not change. */
interface LbfgsState {
  /** 0 before the first evaluation, 1 in a line search, 2 at the end. */
  readonly phase: NDArray;
  /** Index into `reasons`. */
  readonly reason: NDArray;
  /** The last accepted point, raveled, which is the best one, and what was seen there. */
  readonly base: Seen;
  readonly direction: NDArray;
  readonly gradientNorm: NDArray;
  readonly memory: Memory;
  readonly search: LineSearch;
  /** Value at the last restart, Infinity before one. */
  readonly restartValue: NDArray;
  /** Length of the last accepted step along its direction. */
  readonly step: NDArray;
  readonly searchEvaluations: NDArray;
  readonly evaluations: NDArray;
  readonly iterations: NDArray;
  readonly skippedPairs: NDArray;
}

const reasons = [
  "not evaluated yet",
  "moved within the bounds",
  "step accepted",
  "line search goes on",
  "not finite, step shortened",
  "restarted from steepest descent",
  "gradient is zero",
  "no further decrease",
  "not finite",
] as const;

type Reason = (typeof reasons)[number];

/** Reasons after which the point stays. */
const endings: readonly Reason[] = ["gradient is zero", "no further decrease", "not finite"];

const codeOf = (reason: Reason): NDArray => int32(reasons.indexOf(reason));

const int32 = (value: number): NDArray => full([], value, { dtype: "int32" });

const asCount = (holds: NDArray): NDArray => toDType(holds, "int32");

interface Settings extends LineSearchOptions {
  readonly memory: number;
  readonly initialStep: number;
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
}

const asked = "optim.lbfgs";

const settle = (options: LbfgsOptions): Settings => {
  requireOptions(asked, options, ["memory", "lower", "upper", "c1", "c2", "maxLineSearch", "initialStep"]);
  const { memory = 10, lower, upper, c1 = 1e-4, c2 = 0.9, maxLineSearch = 20, initialStep = 1 } = options;
  requireNumbers(asked, {
    memory: [memory, isCount],
    c1: [c1, isPositiveFraction],
    c2: [c2, isPositiveFraction],
    maxLineSearch: [maxLineSearch, isCount],
    initialStep: [initialStep, isPositive],
  });
  if (c1 >= c2) throw new InvalidOption(asked, `c1 ${c1} and c2 ${c2}`, "c1 is smaller than c2");
  requireBounds(asked, lower, upper);
  return { memory, lower, upper, c1, c2, maxLineSearch, initialStep };
};

const initialState = (params: unknown, { memory }: Settings): LbfgsState => {
  const { arrays, treedef } = floatLeaves(asked, params);
  const [point] = ravelTree(unflatten(treedef, arrays));
  if (point.size === 0) throw new InvalidShape(asked, "parameters without a number", "Give at least one");
  const zero = full([], 0);
  const none = zerosLike(point);
  return {
    phase: int32(0),
    reason: codeOf("not evaluated yet"),
    base: { point, gradient: none, value: zero },
    direction: none,
    gradientNorm: zero,
    memory: emptyMemory(memory, point.size, point.dtype),
    search: startLineSearch(zero, zero, full([], 1)),
    restartValue: full([], Infinity),
    step: zero,
    searchEvaluations: int32(0),
    evaluations: int32(0),
    iterations: int32(0),
    skippedPairs: int32(0),
  };
};

/** Evaluation and point as vectors and a float64 scalar, with the way back to trees. */
const flatten = <P>(
  { value, gradient, constraints, constraintGradients }: Evaluation<P>,
  params: P,
): { seen: Seen; flat: FlatArrays; restore: (point: NDArray) => P } => {
  if (constraints !== undefined || constraintGradients !== undefined)
    throw new InvalidOption(asked, "constraints", "It knows bounds only; use optim.mma or optim.augmentedLagrangian");
  const own = asOperand(asked, value);
  if (own.shape.length > 0)
    throw new ShapeMismatch(asked, `the value ${showAval(avalOf(own))}`, "The objective is a scalar");
  const flat = floatLeaves(asked, params);
  const [point, restore] = ravelTree(unflatten(flat.treedef, flat.arrays));
  const [vector] = ravelTree(leavesLike(asked, flat, gradient));
  return {
    seen: { point, gradient: toDType(vector, point.dtype), value: toDType(own, "float64") },
    flat,
    restore: restore as unknown as (point: NDArray) => P,
  };
};

const chooseSeen = (condition: NDArray, chosen: Seen, otherwise: Seen): Seen => ({
  point: where(condition, chosen.point, otherwise.point),
  gradient: where(condition, chosen.gradient, otherwise.gradient),
  value: where(condition, chosen.value, otherwise.value),
});

/** Relative decrease that is more than rounding. */
const leastGain = 2 ** -48;

/** What an evaluation means for the search; at most one of the first four holds. */
interface Verdict {
  readonly accepts: NDArray;
  readonly restarts: NDArray;
  readonly leaves: NDArray;
  readonly isOutside: NDArray;
  readonly isFinite: NDArray;
  readonly search: LineSearch;
  /** The pair of the step, and whether it is kept or passed over. */
  readonly pair: Pair;
  readonly stores: NDArray;
  readonly skips: NDArray;
}

const judge = (state: LbfgsState, seen: Seen, box: Box | null, options: Settings): Verdict => {
  const { base, direction, memory, phase } = state;
  const isStart = equal(phase, 0);
  const isSearching = equal(phase, 1);
  const isFinite = logicalAnd(isfinite(seen.value), isfinite(dot(seen.gradient, seen.gradient)));
  const isOutside =
    box === null
      ? full([], 0, { dtype: "bool" })
      : logicalAnd(isStart, any(notEqual(withinBox(box, seen.point), seen.point)));
  const pair = pairOf(sub(seen.point, base.point), sub(seen.gradient, base.gradient));
  const trial = {
    value: seen.value,
    isFinite,
    slope: dot(seen.gradient, direction),
    hasMoved: greater(pair.stepSquare, 0),
  };
  const { search, accepts, fails } = advance(state.search, trial, options);
  const isStep = logicalAnd(isSearching, accepts);
  const isFirst = logicalAnd(isStart, logicalAnd(isFinite, logicalNot(isOutside)));
  const isFailure = logicalAnd(isSearching, fails);
  // A restart that has gained no more than rounding is the last.
  const hasGained = greater(sub(state.restartValue, base.value), mul(leastGain, abs(base.value)));
  const canRestart = logicalAnd(greater(memory.count, 0), hasGained);
  const stores = logicalAnd(isStep, curves(pair));
  return {
    accepts: logicalOr(isFirst, isStep),
    restarts: logicalAnd(isFailure, canRestart),
    leaves: logicalOr(
      logicalAnd(isFailure, logicalNot(canRestart)),
      logicalAnd(isStart, logicalNot(logicalOr(isFirst, isOutside))),
    ),
    isOutside,
    isFinite,
    search,
    pair,
    stores,
    skips: logicalAnd(isStep, logicalNot(stores)),
  };
};

/** The reason of an evaluation in a search, before the direction at its end is known. */
const reasonOf = ({ accepts, restarts, leaves, isOutside, isFinite }: Verdict): NDArray => {
  const otherwise = where(isFinite, codeOf("line search goes on"), codeOf("not finite, step shortened"));
  const ends = where(isFinite, codeOf("no further decrease"), codeOf("not finite"));
  return where(
    accepts,
    codeOf("step accepted"),
    where(
      restarts,
      codeOf("restarted from steepest descent"),
      where(leaves, ends, where(isOutside, codeOf("moved within the bounds"), otherwise)),
    ),
  );
};

const stepFrom = (state: LbfgsState, seen: Seen, box: Box | null, options: Settings): LbfgsState => {
  const verdict = judge(state, seen, box, options);
  const { accepts, restarts, leaves, isOutside } = verdict;
  const isOver = equal(state.phase, 2);
  const start = { ...state.base, point: where(isOutside, withinBox(box, seen.point), state.base.point) };
  const base = chooseSeen(accepts, seen, start);
  const stored = remember(state.memory, verdict.pair, verdict.stores);
  const memory = { ...stored, count: where(restarts, 0, stored.count) };
  const turns = logicalOr(accepts, restarts);
  const kept: Direction = {
    vector: state.direction,
    slope: state.search.slope,
    longest: state.search.longest,
    gradientNorm: state.gradientNorm,
  };
  const { initialStep } = options;
  const next = cond(
    turns,
    () => directionAt(base.point, base.gradient, memory, { box, initialStep }),
    () => kept,
  ) as Direction;
  const isStuck = logicalAnd(turns, logicalNot(logicalAnd(less(next.slope, 0), isfinite(next.slope))));
  const ends = logicalOr(leaves, isStuck);
  const searching = chooseSearch(turns, startLineSearch(base.value, next.slope, next.longest), verdict.search);
  const stuckReason = where(equal(next.gradientNorm, 0), codeOf("gradient is zero"), codeOf("no further decrease"));
  const isStep = logicalAnd(accepts, equal(state.phase, 1));
  return {
    phase: where(logicalOr(isOver, ends), int32(2), where(isOutside, int32(0), int32(1))),
    reason: where(isOver, state.reason, where(isStuck, stuckReason, reasonOf(verdict))),
    base,
    direction: next.vector,
    gradientNorm: next.gradientNorm,
    memory,
    search: searching,
    restartValue: where(restarts, base.value, state.restartValue),
    step: where(isStep, state.search.step, state.step),
    searchEvaluations: where(equal(state.phase, 1), verdict.search.evaluations, state.searchEvaluations),
    evaluations: add(state.evaluations, 1),
    iterations: add(state.iterations, asCount(isStep)),
    skippedPairs: add(state.skippedPairs, asCount(verdict.skips)),
  };
};

/** The point to evaluate next: on the search line, rounded and within the bounds; the best one at the end. */
const pointAskedFor = ({ phase, base, direction, search }: LbfgsState, box: Box | null): NDArray => {
  const { point } = base;
  const along = add(toDType(point, "float64"), mul(search.step, toDType(direction, "float64")));
  return where(equal(phase, 1), withinBox(box, toDType(along, point.dtype)), point);
};

const reportOf = (state: LbfgsState): Readonly<Record<string, number | string>> => ({
  reason: reasons[state.reason.item()]!,
  value: state.base.value.item(),
  gradientNorm: state.gradientNorm.item(),
  step: state.step.item(),
  evaluations: state.evaluations.item(),
  iterations: state.iterations.item(),
  lineSearchEvaluations: state.searchEvaluations.item(),
  skippedPairs: state.skippedPairs.item(),
});

/**
 * L-BFGS with a strong Wolfe line search, for smooth functions, bounded or not: x' = x + t d, d = -H g, where H stands
 * for the last `memory` pairs of steps s and gradient changes y. One call of `update` is one evaluation.
 * Bounds: variables at a bound that -g points out of stay there, the others take -H g, and the result is projected
 * (two-metric projection); every point asked for lies within the bounds, the first one after a move if need be.
 * Pairs with s.y <= 0 are left out and counted. A trial that is infinite or NaN is never accepted: the step is cut to a
 * quarter. Where a line search finds nothing, it restarts once from steepest descent, then stays at the best point.
 * The Optimizer recovers from values that are no numbers, and has bounds where it was given one: a missing side is infinite.
 * It assumes one function: after a change of it (another penalty, say) begin with `init` again.
 * @param options  memory 10, lower, upper, c1 1e-4, c2 0.9, maxLineSearch 20, initialStep 1
 * @throws InvalidOption, UnknownOption, TreeMismatch; update: those and ShapeMismatch, DTypeMismatch, and InvalidOption for
 *   constraints. Nothing is thrown for values: `report` says what happened, see below
 * State: 2 memory + 3 numbers per parameter, of its dtype, and float64 scalars; `state.base.point` is the best point,
 * raveled (ravelTree). Scalars and inner products are float64 for float32 parameters too.
 * Report: reason ("step accepted", "line search goes on", "not finite, step shortened", "restarted from steepest
 * descent", "moved within the bounds"; at the end "gradient is zero", "no further decrease", "not finite"), value and
 * gradientNorm of the best point (of its free variables), step, evaluations, iterations, lineSearchEvaluations, skippedPairs.
 * Cost: an accepted step some 4 memory passes over the parameters (8 with bounds), another evaluation ten; a compiled call
 * copies the state in and out, which costs more: where speed matters, loop inside of jit (scan, foriLoop).
 * Source: Nocedal & Wright 2006, algorithms 7.4 and 7.5; More & Thuente 1994; Bertsekas 1982.
 * @example
 * const { init, update, report } = optim.lbfgs({ upper: 2 });
 * const evaluate = valueAndGrad((x) => np.sum(x.sub(array([1, 3])).pow(4)));
 * const step = ([x, state]) => { const [value, gradient] = evaluate(x); return update({ value, gradient }, state, x); };
 * const start = array([0, 0]);
 * const [x, state] = foriLoop(0, 40, (_, carry) => step(carry), [start, init(start)]);
 * [report(state).value, x.at(1).get()] // [1, 2]
 */
export const lbfgs = (options: LbfgsOptions = {}): Lbfgs => {
  const settings = settle(options);
  const { lower, upper } = settings;
  const isBounded = lower !== undefined || upper !== undefined;
  return {
    kind: "optimizer",
    init: (params) => initialState(params, settings) as unknown as ArrayTree,
    update: (evaluation, state, params) => {
      const { seen, flat, restore } = flatten(evaluation, params);
      const box = boxOf(asked, settings, flat, seen.point.dtype);
      const next = stepFrom(state as unknown as LbfgsState, seen, box, settings);
      return [restore(pointAskedFor(next, box)), next as unknown as ArrayTree];
    },
    ...(isBounded && { bounds: { lower: lower ?? -Infinity, upper: upper ?? Infinity } }),
    recovers: true,
    comparesValues: true,
    isDone: (state) => endings.includes(reportOf(state as unknown as LbfgsState)["reason"] as Reason),
    report: (state) => reportOf(state as unknown as LbfgsState),
  };
};
