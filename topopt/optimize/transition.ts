/**
 * From the state of a run and what an iteration has computed to the next state, what is reported, and whether the run ends:
 * plain bookkeeping, for a run alone and for one of many seeds.
 */
import { CotangentError, InvalidProblem, NotFinite } from "../../src/error.ts";
import type { ElementField, GridSystem } from "../../library/fem/index.ts";
import { full } from "../../library/numpy/creation.ts";
import type { ArrayTree, Evaluation } from "../../library/optim/index.ts";
import { slackOf } from "../constraints.ts";
import type { Timetable } from "./continuation.ts";
import { isTolerated } from "./entry.ts";
import type { ConstraintEntry, IterationEntry } from "./entry.ts";
import { mapTogether } from "./generic.ts";
import type { Settled } from "./options.ts";
import type { Iteration } from "./program.ts";
import type { EndReason, Evaluated, RunState } from "./state.ts";

export interface Transition<P> {
  readonly state: RunState<P>;
  readonly entry: IterationEntry;
  /** Why the run ends here; null while it goes on. */
  readonly reason: EndReason | null;
  /** What solver or root have thrown for the design, which has no value then; else null. */
  readonly failure: CotangentError | null;
}

/**
 * Errors of a design, not of what was asked: the run ends with the designs before. What is no number reaches solvers as modulus,
 * or as the load of an adjoint, and is refused there.
 */
const endings: Readonly<Record<string, EndReason>> = {
  InvalidModulus: "not finite",
  InvalidLoad: "not finite",
  NotFinite: "not finite",
  NotPositiveDefinite: "failed",
  NotConverged: "failed",
  RootNotBracketed: "failed",
};

/** Why a run ends with an error; null for one that is not a design's. */
export const endingOf = (error: unknown): EndReason | null =>
  error instanceof CotangentError ? (endings[error.code] ?? null) : null;

const isBetter = <P>(own: Evaluated<P>, best: Evaluated<P> | null): boolean => {
  if (best === null) return true;
  const [isKept, wasKept] = [isTolerated(own.violation), isTolerated(best.violation)];
  if (isKept !== wasKept) return isKept;
  return isKept ? own.objective < best.objective : own.violation < best.violation;
};

const reportOf = <P, S extends GridSystem>(
  { optimizer }: Settled<P, S>,
  state: ArrayTree,
): IterationEntry["optimizer"] => (optimizer.kind === "optimizer" ? (optimizer.report?.(state) ?? {}) : {});

const constraintEntries = <P, S extends GridSystem>(
  { constraints }: Settled<P, S>,
  values: ArrayLike<number>,
): Readonly<Record<string, ConstraintEntry>> =>
  Object.fromEntries(
    constraints.map(([name, { bound, sense }], k) => {
      const value = values[k]!;
      return [name, { value, bound, sense, slack: slackOf({ bound, sense }, value) }];
    }),
  );

const entryOf = <P, S extends GridSystem>(
  settled: Settled<P, S>,
  { valuesAt }: Timetable,
  iteration: number,
  made: Iteration<P>,
  violation: number,
): IterationEntry => ({
  iteration,
  objective: made.objective.item(),
  volume: made.volume.item(),
  greyness: made.greyness.item(),
  constraints: constraintEntries(settled, made.constraints.toTypedArray() as Float64Array),
  isFeasible: isTolerated(violation),
  enforced: Object.fromEntries(Object.entries(made.enforced).map(([name, x]) => [name, x.item()])),
  gradientNorm: made.gradientNorm.item(),
  change: made.change.item(),
  continuation: valuesAt(iteration),
  optimizer: reportOf(settled, made.state),
});

/** Of a design for which a solver has failed: nothing is known of it. */
const emptyEntry = <P, S extends GridSystem>(
  settled: Settled<P, S>,
  { valuesAt }: Timetable,
  iteration: number,
  state: ArrayTree,
): IterationEntry => ({
  iteration,
  objective: Number.NaN,
  volume: Number.NaN,
  greyness: Number.NaN,
  constraints: constraintEntries(
    settled,
    settled.constraints.map(() => Number.NaN),
  ),
  isFeasible: false,
  enforced: {},
  gradientNorm: Number.NaN,
  change: Number.NaN,
  continuation: valuesAt(iteration),
  optimizer: reportOf(settled, state),
});

const isDone = <P, S extends GridSystem>({ optimizer }: Settled<P, S>, state: ArrayTree): boolean =>
  optimizer.kind === "optimizer" && optimizer.isDone?.(state) === true;

/** Why a run ends after an iteration that was a success; at rest only where nothing of what is asked will change. */
const reasonAfter = <P, S extends GridSystem>(
  settled: Settled<P, S>,
  { restsAfter }: Timetable,
  { iteration, change }: IterationEntry,
  state: ArrayTree,
): EndReason | null => {
  const { stop } = settled;
  if (isDone(settled, state) && restsAfter(iteration)) return "optimizer";
  if (change < stop.change && restsAfter(iteration)) return "change";
  return iteration >= stop.iterations ? "iterations" : null;
};

/** The state of an optimizer for the next iteration: begun anew where it compares values and the function has changed. */
const stateFor = <P, S extends GridSystem>(
  { optimizer }: Settled<P, S>,
  { movesAt }: Timetable,
  iteration: number,
  params: P,
  state: ArrayTree,
): ArrayTree =>
  optimizer.kind === "optimizer" && optimizer.comparesValues === true && movesAt(iteration)
    ? optimizer.init(params)
    : state;

/** What an optimizer is told where there is nothing to be told. */
const nothingSeen = <P>(params: P, constraints: number): Evaluation<P> => {
  const none = (axes: readonly number[]): P =>
    mapTogether((x) => full([...axes, ...x.shape], Number.NaN, { dtype: x.dtype }), params);
  return {
    value: full([], Number.NaN),
    gradient: none([]),
    ...(constraints === 0
      ? {}
      : { constraints: full([constraints], Number.NaN), constraintGradients: none([constraints]) }),
  };
};

/** Where an optimizer goes after a design without a value; null where it does not go on. */
const recovered = <P, S extends GridSystem>(
  { optimizer, constraints }: Settled<P, S>,
  { params, optimizer: state }: RunState<P>,
): readonly [params: P, state: ArrayTree] | null => {
  if (optimizer.kind !== "optimizer" || optimizer.recovers !== true) return null;
  return optimizer.update(nothingSeen(params, constraints.length), state, params);
};

/** What follows where a design has no value: the end, or a step that the optimizer takes from there. */
const withoutValue = <P, S extends GridSystem>(
  settled: Settled<P, S>,
  table: Timetable,
  before: RunState<P>,
  {
    next,
    ending,
    failure,
    entry,
  }: {
    readonly next: readonly [params: P, state: ArrayTree] | null;
    readonly ending: EndReason;
    readonly failure: CotangentError | null;
    readonly entry: (state: ArrayTree) => IterationEntry;
  },
): Transition<P> => {
  const iteration = before.iteration + 1;
  if (next === null)
    return { state: { ...before, iteration }, entry: entry(before.optimizer), reason: ending, failure };
  const [params, own] = next;
  const goesOn = !isDone(settled, own);
  const isLast = iteration >= settled.stop.iterations;
  const state = { ...before, iteration, params, optimizer: stateFor(settled, table, iteration + 1, params, own) };
  return { state, entry: entry(own), reason: goesOn ? (isLast ? "iterations" : null) : ending, failure };
};

/** What of a design is no number. */
const withoutNumber = ({ objective, constraints }: IterationEntry): string => {
  const values = {
    objective,
    ...Object.fromEntries(Object.entries(constraints).map(([name, { value }]) => [name, value])),
  };
  const bad = Object.entries(values).filter(([, value]) => !Number.isFinite(value));
  return bad.length === 0
    ? "a gradient has entries that are no numbers"
    : bad.map(([name, value]) => `${name} is ${value}`).join(", ");
};

/** What rounding may leave outside of [0, 1]. */
const rounding = 1e-9;

/** The first element of a field where something holds; -1 where it holds nowhere. */
const placeWhere = (
  field: ElementField,
  density: ElementField,
  isWrong: (flag: number, rho: number) => boolean,
): number => {
  const own = density.toTypedArray();
  return field.toTypedArray().findIndex((flag, at) => isWrong(Number(flag), Number(own[at])));
};

/**
 * Whether a design is one of the problem: densities in [0, 1], none where no material may be, and all where it is held. The
 * last two are looked at once.
 */
const requirePhysical = <P, S extends GridSystem>(
  { asked, problem: { mask, solid } }: Settled<P, S>,
  { density, range }: Iteration<P>,
  isFirst: boolean,
): void => {
  const refuse = (seen: string, remedy: string): never => {
    throw new InvalidProblem(asked, seen, remedy);
  };
  const [least, most] = range.toTypedArray() as unknown as readonly [number, number];
  if (least < -rounding || most > 1 + rounding)
    refuse(
      `densities between ${least} and ${most}`,
      "A physical density lies in [0, 1]: look at the parameterization, its projection, and where it begins",
    );
  if (!isFirst) return;
  const remedy = "Make the parameterization for this problem, as pixels(problem), so that it knows mask and solid";
  const outside = mask === undefined ? -1 : placeWhere(mask, density, (flag, rho) => flag === 0 && rho > rounding);
  if (outside >= 0) refuse(`a density above 0 in element ${outside}, where the problem's mask is 0`, remedy);
  const missing =
    solid === undefined ? -1 : placeWhere(solid, density, (flag, rho) => flag === 1 && rho < 1 - rounding);
  if (missing >= 0) refuse(`a density below 1 in element ${missing}, which the problem holds solid`, remedy);
};

/**
 * What follows from an iteration made of the state's parameters.
 * @throws NotFinite       the first design has no value
 * @throws InvalidProblem  a density that means nothing, or is not one of the problem
 */
export const transition = <P, S extends GridSystem>(
  settled: Settled<P, S>,
  table: Timetable,
  before: RunState<P>,
  made: Iteration<P>,
): Transition<P> => {
  const iteration = before.iteration + 1;
  const violation = Math.max(0, ...(made.violations.toTypedArray() as Float64Array));
  const entry = entryOf(settled, table, iteration, made, violation);
  requirePhysical(settled, made, before.last === null);
  if (made.isFinite.item() === 0) {
    if (before.last === null)
      throw new NotFinite(
        settled.asked,
        `the first design: ${withoutNumber(entry)}`,
        "Look at objective and constraints at the first parameters: parameterization.density(parameterization.init(key), {})",
      );
    const { optimizer } = settled;
    const goesOn = optimizer.kind === "optimizer" && optimizer.recovers === true;
    const next = goesOn ? ([made.next, made.state] as const) : null;
    return withoutValue(settled, table, before, { next, ending: "not finite", failure: null, entry: () => entry });
  }
  const own = { iteration, objective: entry.objective, violation, params: before.params, density: made.density };
  const rival = table.movesAt(iteration) ? null : before.best;
  const best = isBetter(own, rival) ? own : rival;
  const optimizer = stateFor(settled, table, iteration + 1, made.next, made.state);
  const state = { iteration, params: made.next, optimizer, last: own, best };
  return { state, entry, reason: reasonAfter(settled, table, entry, made.state), failure: null };
};

/**
 * What follows where solver or root have thrown.
 * @throws the error itself where it is not a design's, and for a first design
 */
export const transitionFrom = <P, S extends GridSystem>(
  settled: Settled<P, S>,
  table: Timetable,
  before: RunState<P>,
  error: unknown,
): Transition<P> => {
  const ending = endingOf(error);
  if (ending === null || before.last === null) throw error;
  return withoutValue(settled, table, before, {
    next: recovered(settled, before),
    ending,
    failure: error as CotangentError,
    entry: (state) => emptyEntry(settled, table, before.iteration + 1, state),
  });
};
