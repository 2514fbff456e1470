/**
 * optimize: the loop around an experiment, for pixels and networks alike.
 */
import { counters } from "../../src/counters.ts";
import type { Counters } from "../../src/counters.ts";
import { CotangentError, NotFinite } from "../../src/error.ts";
import type { ElasticitySystem, ElementField, GridSystem } from "../../library/fem/index.ts";
import type { Certificate } from "./certificate.ts";
import type { IterationEntry } from "./entry.ts";
import { experiment } from "./experiment.ts";
import type { Step } from "./experiment.ts";
import { settle } from "./options.ts";
import type { OptimizeOptions } from "./options.ts";
import type { EndReason, Evaluated, RunState } from "./transition.ts";

export interface OptimizeResult<P> {
  readonly history: readonly IterationEntry[];
  /** Duration of every iteration. */
  readonly milliseconds: readonly number[];
  readonly certificates: readonly Certificate[];
  /** Physical density of the design evaluated last: what the last objective belongs to. */
  readonly density: ElementField;
  /** Its parameters. */
  readonly params: P;
  /** The best design that was evaluated: smallest objective of those that keep the constraints. */
  readonly best: Evaluated<P>;
  readonly reason: EndReason;
  /** What was thrown where a step failed, else null: it has no entry in the history then. */
  readonly failure: CotangentError | null;
  /** What the run cost. */
  readonly counters: Counters;
  /** To go on from, with experiment(...).step. */
  readonly state: RunState<P>;
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

const endingOf = (error: unknown): EndReason | undefined =>
  error instanceof CotangentError ? endings[error.code] : undefined;

const differenceOf = (after: Counters, before: Counters): Counters =>
  Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - before[name as keyof Counters]]),
  ) as unknown as Counters;

/** A run that has not come to one design with a value has no result. */
function requireDesign<P>(
  state: RunState<P>,
  { objective }: IterationEntry,
): asserts state is RunState<P> & { readonly last: Evaluated<P> } {
  if (state.last === null)
    throw new NotFinite(
      "optimize",
      `the objective of the first design is ${objective}, or its gradient or a constraint is no number`,
      "Look at objective and constraints at the first parameters: parameterization.density(parameterization.init(key), {})",
    );
}

/**
 * Runs an optimization to its end: pixels or a network, any objective, any constraints, any optimizer.
 * @returns  history with every constraint's slack, certificates of the gradients, the last and the best design, counters
 * @throws InvalidProblem, with everything that is wrong with the options; NotFinite where the first design already has no value;
 *   what objective, solver and callbacks throw
 * A value or gradient that is no number ends the run with reason "not finite", a solver that fails on a design after the first
 * with "failed": the designs before it are kept.
 * Cost: per iteration one factorization, one solve (two where the objective is not its own adjoint, one more per constraint).
 * @example
 * const constraints = { volume: constraint(objectives.volume(), "<=", 0.4) };
 * const result = optimize({ problem, parameterization: pixels(problem, { initial: 0.4 }), constraints, optimizer: optim.mma, stop: { iterations: 3 } });
 * [result.history.length, result.certificates.every((own) => own.isPassed)] // [3, true]
 */
export const optimize = <P, S extends GridSystem = ElasticitySystem>(
  options: OptimizeOptions<P, S>,
): OptimizeResult<P> => {
  const { callbacks, signal, stop, certificate } = settle(options);
  const run = experiment(options);
  const before = counters();
  const started = performance.now();
  const history: IterationEntry[] = [];
  const milliseconds: number[] = [];
  const certificates: Certificate[] = [];
  let state = run.start();
  let reason: EndReason | null = null;
  let failure: CotangentError | null = null;
  while (reason === null) {
    const began = performance.now();
    let taken: Step<P>;
    try {
      taken = run.step(state);
    } catch (error) {
      const ending = endingOf(error);
      if (state.last === null || ending === undefined) throw error;
      [reason, failure] = [ending, error as CotangentError];
      break;
    }
    ({ state, reason } = taken);
    milliseconds.push(performance.now() - began);
    history.push(taken.entry);
    if (taken.certificate !== null) certificates.push(taken.certificate);
    for (const callback of callbacks) callback(taken.entry);
    if (signal?.aborted === true) reason ??= "aborted";
    if (performance.now() - started > stop.milliseconds) reason ??= "time";
  }
  const isUncertified = certificate && state.last !== null && certificates.at(-1)?.iteration !== state.last.iteration;
  const last = isUncertified ? run.certify(state) : null;
  if (last !== null) certificates.push(last);
  requireDesign(state, history[0]!);
  const { params, density } = state.last;
  const cost = differenceOf(counters(), before);
  return {
    history,
    milliseconds,
    certificates,
    density,
    params,
    best: state.best!,
    reason,
    failure,
    counters: cost,
    state,
  };
};
