/**
 * From the state of a run and what an iteration has computed to the next state, what is reported, and whether the run ends:
 * plain bookkeeping, for a run alone and for one of many seeds.
 */
import type { ElementField, GridSystem } from "../../library/fem/index.ts";
import { array } from "../../library/numpy/creation.ts";
import type { ArrayTree } from "../../library/optim/index.ts";
import { slackOf } from "../constraints.ts";
import type { Continuation } from "../parameterization.ts";
import type { ConstraintEntry, IterationEntry } from "./entry.ts";
import type { Scheduled, Settled } from "./options.ts";
import type { Iteration } from "./program.ts";

/**
 * Why a run ended: all iterations done, the parameters at rest, its time over, the signal, a value or gradient that is no number,
 * a solver or root that failed on a design, or the optimizer has come to its end.
 */
export type EndReason = "iterations" | "change" | "time" | "aborted" | "not finite" | "failed" | "optimizer";

/** A design that was evaluated. */
export interface Evaluated<P> {
  readonly iteration: number;
  readonly objective: number;
  /** Largest violation of a constraint relative to its bound; 0 where all are kept. */
  readonly violation: number;
  readonly params: P;
  readonly density: ElementField;
}

export interface RunState<P> {
  /** Iterations done. */
  readonly iteration: number;
  /** Parameters to be evaluated next. */
  readonly params: P;
  readonly optimizer: ArrayTree;
  /** The design evaluated last with numbers all. */
  readonly last: Evaluated<P> | null;
  /**
   * Of the designs that keep all constraints the one with the smallest objective; before there is one, that with the smallest
   * violation. Begun anew when the continuation changes, since objectives before and after do not compare.
   */
  readonly best: Evaluated<P> | null;
}

export interface Transition<P> {
  readonly state: RunState<P>;
  readonly entry: IterationEntry;
  /** Why the run ends here; null while it goes on. */
  readonly reason: EndReason | null;
}

/** Violations up to this, relative to the bound, count as none. */
const feasible = 1e-4;

interface ContinuationValues {
  readonly values: Readonly<Record<string, number>>;
  /** Those that never change, as numbers. */
  readonly constants: Continuation;
  /** Those that do, as arrays, to be traced. */
  readonly moving: Continuation;
}

const valueAt = (scheduled: Scheduled, iteration: number): number =>
  typeof scheduled === "function" ? scheduled(iteration) : scheduled;

export const continuationAt = (
  continuation: Readonly<Record<string, Scheduled>>,
  iteration: number,
): ContinuationValues => {
  const entries = Object.entries(continuation).map(([name, own]) => [name, valueAt(own, iteration)] as const);
  const isConstant = ([name]: readonly [string, number]): boolean => typeof continuation[name] === "number";
  const moving = entries.filter((entry) => !isConstant(entry));
  return {
    values: Object.fromEntries(entries),
    constants: Object.fromEntries(entries.filter(isConstant)),
    moving: Object.fromEntries(moving.map(([name, value]) => [name, array(value)])),
  };
};

/** Whether objectives at an iteration compare with those at the one before. */
const compares = (continuation: Readonly<Record<string, Scheduled>>, iteration: number): boolean => {
  if (iteration === 1) return true;
  const [own, before] = [iteration, iteration - 1].map((k) => continuationAt(continuation, k).values);
  return Object.keys(own!).every((name) => own![name] === before![name]);
};

const isBetter = <P>(own: Evaluated<P>, best: Evaluated<P> | null): boolean => {
  if (best === null) return true;
  const [isKept, wasKept] = [own.violation <= feasible, best.violation <= feasible];
  if (isKept !== wasKept) return isKept;
  return isKept ? own.objective < best.objective : own.violation < best.violation;
};

const entryOf = <P, S extends GridSystem>(
  { constraints, optimizer, continuation }: Settled<P, S>,
  iteration: number,
  made: Iteration<P>,
  violation: number,
): IterationEntry => {
  const values = made.constraints.toTypedArray();
  const constraintEntry = (k: number): ConstraintEntry => {
    const { bound, sense } = constraints[k]![1];
    const value = values[k]!;
    return { value, bound, sense, slack: slackOf({ bound, sense }, value) };
  };
  return {
    iteration,
    objective: made.objective.item(),
    volume: made.volume.item(),
    greyness: made.greyness.item(),
    constraints: Object.fromEntries(constraints.map(([name], k) => [name, constraintEntry(k)])),
    isFeasible: violation <= feasible,
    enforced: Object.fromEntries(Object.entries(made.enforced).map(([name, x]) => [name, x.item()])),
    gradientNorm: made.gradientNorm.item(),
    change: made.change.item(),
    continuation: continuationAt(continuation, iteration).values,
    optimizer: optimizer.kind === "optimizer" ? (optimizer.report?.(made.state) ?? {}) : {},
  };
};

/** Why a run ends after an iteration that was a success. */
const reasonAfter = <P, S extends GridSystem>(
  { stop, optimizer }: Settled<P, S>,
  entry: IterationEntry,
  state: ArrayTree,
): EndReason | null => {
  if (optimizer.kind === "optimizer" && optimizer.isDone?.(state) === true) return "optimizer";
  if (entry.change < stop.change) return "change";
  return entry.iteration >= stop.iterations ? "iterations" : null;
};

/** What follows from an iteration made of the state's parameters. */
export const transition = <P, S extends GridSystem>(
  settled: Settled<P, S>,
  before: RunState<P>,
  made: Iteration<P>,
): Transition<P> => {
  const iteration = before.iteration + 1;
  const violation = Math.max(0, ...(made.violations.toTypedArray() as Float64Array));
  const entry = entryOf(settled, iteration, made, violation);
  if (made.isFinite.item() === 0) return { state: { ...before, iteration }, entry, reason: "not finite" };
  const own = { iteration, objective: entry.objective, violation, params: before.params, density: made.density };
  const rival = compares(settled.continuation, iteration) ? before.best : null;
  const best = isBetter(own, rival) ? own : rival;
  const { optimizer, continuation } = settled;
  const hasChanged =
    optimizer.kind === "optimizer" && optimizer.comparesValues === true && !compares(continuation, iteration + 1);
  const state = hasChanged ? optimizer.init(made.next) : made.state;
  const next = { iteration, params: made.next, optimizer: state, last: own, best };
  return { state: next, entry, reason: reasonAfter(settled, entry, made.state) };
};
