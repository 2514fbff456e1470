/**
 * Line search for the strong Wolfe conditions f(t) <= f(0) + c1 t f'(0), |f'(t)| <= c2 |f'(0)|, one evaluation a call:
 * an interval of uncertainty shrinks around a minimizer (trial-step.ts says how a trial step is chosen).
 * Source: More & Thuente, ACM TOMS 20 (1994) 286-307: first on f less the sufficient decrease line, then on f itself.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { full } from "../numpy/creation.ts";
import {
  abs,
  add,
  clip,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  sub,
} from "../numpy/elementwise.ts";
import { where } from "../numpy/selection.ts";
import { chooseSample, nextTrial } from "./trial-step.ts";
import type { Interval, Sample } from "./trial-step.ts";

/** A search in progress: scalars, float64 but for the flags and the count. */
export interface LineSearch {
  /** Length of the step that is evaluated next. */
  readonly step: NDArray;
  /** f(0) and f'(0) < 0. */
  readonly value: NDArray;
  readonly slope: NDArray;
  /** Largest step that may be asked for. */
  readonly longest: NDArray;
  readonly interval: Interval;
  /** Where the next trial may lie. */
  readonly low: NDArray;
  readonly high: NDArray;
  /** Length of the interval, and before the last step. */
  readonly width: NDArray;
  readonly widthBefore: NDArray;
  /** Whether a step of sufficient decrease and upward slope has been seen. */
  readonly isSecondStage: NDArray;
  /** Whether the step asked for is the best one again, to be taken as it is. */
  readonly isSettling: NDArray;
  /** Evaluations so far. */
  readonly evaluations: NDArray;
}

export interface LineSearchOptions {
  readonly c1: number;
  readonly c2: number;
  readonly maxLineSearch: number;
}

/** What a trial step gave. */
export interface Trial {
  readonly value: NDArray;
  /** Of value and gradient. */
  readonly isFinite: NDArray;
  readonly slope: NDArray;
  /** Whether the point differs from that of step 0 at all. */
  readonly hasMoved: NDArray;
}

export interface Advance {
  readonly search: LineSearch;
  /** Whether the step just evaluated is taken. */
  readonly accepts: NDArray;
  /** Whether there is none to take. */
  readonly fails: NDArray;
}

/** The interval shrinks to 2/3 in two steps, or is halved. */
const shrinkage = 0.66;

/** Outside an interval steps grow by factors between these. */
const growth = { least: 1.1, most: 4 };

/** Part of a step that led to infinity or NaN that is tried next. */
const retreat = 0.25;

/** Intervals relatively shorter than this hold rounding errors only. */
const narrow = 1e-14;

/** A search along a direction from f(0), f'(0) whose first trial is a step of 1. */
export const startLineSearch = (value: NDArray, slope: NDArray, longest: NDArray): LineSearch => {
  const zero = full([], 0);
  const no = full([], 0, { dtype: "bool" });
  const origin = { step: zero, value, slope };
  return {
    step: full([], 1),
    value,
    slope,
    longest,
    interval: { best: origin, other: origin, isBracketed: no },
    low: zero,
    high: full([], 1 + growth.most),
    width: longest,
    widthBefore: mul(2, longest),
    isSecondStage: no,
    isSettling: no,
    evaluations: full([], 0, { dtype: "int32" }),
  };
};

/** The sample of f less the line of sufficient decrease, whose slope is `fall`; and back with -fall. */
const tilted = ({ step, value, slope }: Sample, fall: NDArray): Sample => ({
  step,
  value: sub(value, mul(step, fall)),
  slope: sub(slope, fall),
});

/** The interval and trial after a sample; on the tilted function where that is called for. */
const shrink = (search: LineSearch, sample: Sample, fall: NDArray): { interval: Interval; step: NDArray } => {
  const { interval, low, high } = search;
  const ownFall = where(
    logicalAnd(
      logicalNot(search.isSecondStage),
      logicalAnd(
        lessEqual(sample.value, interval.best.value),
        greater(sample.value, add(search.value, mul(sample.step, fall))),
      ),
    ),
    fall,
    0,
  );
  const { best, other, isBracketed } = interval;
  const next = nextTrial(
    { best: tilted(best, ownFall), other: tilted(other, ownFall), isBracketed },
    tilted(sample, ownFall),
    low,
    high,
  );
  const back = mul(-1, ownFall);
  return {
    interval: {
      best: tilted(next.interval.best, back),
      other: tilted(next.interval.other, back),
      isBracketed: next.interval.isBracketed,
    },
    step: next.step,
  };
};

/** The search after a finite trial that is not taken, whatever it then asks for. */
const narrowed = (search: LineSearch, sample: Sample, fall: NDArray): LineSearch => {
  const { interval, step } = shrink(search, sample, fall);
  const { best, other, isBracketed } = interval;
  const width = abs(sub(other.step, best.step));
  const isSlow = logicalAnd(isBracketed, greaterEqual(width, mul(shrinkage, search.widthBefore)));
  const chosen = where(isSlow, add(best.step, mul(0.5, sub(other.step, best.step))), step);
  const ahead = sub(chosen, best.step);
  return {
    ...search,
    interval,
    width: where(isBracketed, width, search.width),
    widthBefore: where(isBracketed, search.width, search.widthBefore),
    low: where(isBracketed, minimum(best.step, other.step), add(chosen, mul(growth.least, ahead))),
    high: where(isBracketed, maximum(best.step, other.step), add(chosen, mul(growth.most, ahead))),
    step: clip(chosen, 0, search.longest),
  };
};

/** The search after a trial that led to infinity or NaN: closer to the best step, and never as far again. */
const shortened = (search: LineSearch): LineSearch => {
  const { best } = search.interval;
  const step = add(best.step, mul(retreat, sub(search.step, best.step)));
  return { ...search, step, longest: minimum(search.longest, maximum(step, best.step)) };
};

/** The fields of one search where a condition holds, else of the other. */
export const chooseSearch = (condition: NDArray, chosen: LineSearch, otherwise: LineSearch): LineSearch => {
  const pick = (name: Exclude<keyof LineSearch, "interval">): NDArray =>
    chosen[name] === otherwise[name] ? chosen[name] : where(condition, chosen[name], otherwise[name]);
  return {
    step: pick("step"),
    value: pick("value"),
    slope: pick("slope"),
    longest: pick("longest"),
    interval: chooseInterval(condition, chosen.interval, otherwise.interval),
    low: pick("low"),
    high: pick("high"),
    width: pick("width"),
    widthBefore: pick("widthBefore"),
    isSecondStage: pick("isSecondStage"),
    isSettling: pick("isSettling"),
    evaluations: pick("evaluations"),
  };
};

const chooseInterval = (condition: NDArray, chosen: Interval, otherwise: Interval): Interval => ({
  best: chooseSample(condition, chosen.best, otherwise.best),
  other: chooseSample(condition, chosen.other, otherwise.other),
  isBracketed: where(condition, chosen.isBracketed, otherwise.isBracketed),
});

/**
 * The search after the evaluation of its step. A step is taken that meets both conditions, that falls steeply at the
 * longest allowed, or, when no further progress is possible, that is the best one found and has sufficient decrease.
 */
export const advance = (before: LineSearch, trial: Trial, options: LineSearchOptions): Advance => {
  const { c1, c2, maxLineSearch } = options;
  const search = { ...before, evaluations: add(before.evaluations, 1) };
  const fall = mul(c1, search.slope);
  const decreasesAt = (step: NDArray, value: NDArray): NDArray => lessEqual(value, add(search.value, mul(step, fall)));
  const isGood = logicalAnd(logicalAnd(trial.isFinite, trial.hasMoved), decreasesAt(search.step, trial.value));
  const isFlat = lessEqual(abs(trial.slope), mul(-c2, search.slope));
  const isLongest = logicalAnd(greaterEqual(search.step, search.longest), lessEqual(trial.slope, fall));
  const ends = logicalOr(isFlat, logicalAnd(logicalOr(isLongest, search.isSettling), less(trial.value, search.value)));

  const sample = { step: search.step, value: trial.value, slope: trial.slope };
  const isSecondStage = logicalOr(search.isSecondStage, logicalAnd(isGood, greaterEqual(trial.slope, 0)));
  const next = chooseSearch(trial.isFinite, narrowed({ ...search, isSecondStage }, sample, fall), shortened(search));
  const { best, isBracketed } = next.interval;
  const isNarrow = logicalAnd(
    isBracketed,
    logicalOr(
      logicalOr(lessEqual(next.step, next.low), greaterEqual(next.step, next.high)),
      lessEqual(sub(next.high, next.low), mul(narrow, next.high)),
    ),
  );
  const isStuck = logicalOr(
    logicalOr(isNarrow, greaterEqual(search.evaluations, maxLineSearch)),
    logicalOr(logicalNot(trial.hasMoved), search.isSettling),
  );
  // Rounding may put a value that does not fall below the line: without a flatter slope such a step gains nothing.
  const isBestGood = logicalAnd(less(best.value, search.value), decreasesAt(best.step, best.value));
  const isBestHere = logicalAnd(trial.isFinite, equal(best.step, search.step));
  const accepts = logicalAnd(isGood, logicalOr(ends, logicalAnd(isStuck, logicalAnd(isBestGood, isBestHere))));
  const settles = logicalAnd(isStuck, logicalAnd(isBestGood, logicalNot(logicalOr(isBestHere, search.isSettling))));
  const fails = logicalAnd(logicalAnd(isStuck, logicalNot(accepts)), logicalNot(settles));
  return {
    search: {
      ...next,
      step: where(settles, best.step, next.step),
      isSettling: logicalOr(search.isSettling, settles),
    },
    accepts,
    fails,
  };
};
