/** What a run gives, gathered step by step. */
import type { CotangentError } from "../../src/error.ts";
import { InvalidProblem } from "../../src/error.ts";
import type { ElasticitySystem, ElementField, GridSystem } from "../../library/fem/index.ts";
import type { Design } from "../design.ts";
import { worstVerdict } from "./verdict.ts";
import type { Certificate, Verdict } from "./verdict.ts";
import type { IterationEntry } from "./entry.ts";
import type { Machine, Step } from "./experiment.ts";
import type { EndReason, Evaluated, RunState } from "./state.ts";

export interface RunResult<P, S extends GridSystem = ElasticitySystem> {
  /** An entry for every iteration, those that came to nothing included: their numbers are NaN. */
  readonly history: readonly IterationEntry[];
  readonly certificates: readonly Certificate[];
  /** Of all certificates; "undecided" without any. */
  readonly verdict: Verdict;
  /** Physical density of the design evaluated last with numbers all. */
  readonly density: ElementField;
  /** Its parameters. */
  readonly params: P;
  /**
   * The best design that was evaluated: smallest objective of those that keep the constraints, since the continuation moved
   * last. Where none keeps them, the one that comes closest: best.violation is above 0 then.
   */
  readonly best: Evaluated<P>;
  readonly reason: EndReason;
  /** What solver or root have thrown where the run ended with it, else null. */
  readonly failure: CotangentError | null;
  /** To go on from: optimize({ ...options, from: result.state }), with more iterations. */
  readonly state: RunState<P>;
  /**
   * The design evaluated last, or the best, with modulus, load and displacement as the run has seen it: interpolated under
   * the continuation's values at its iteration. The displacement is solved for when it is first asked for.
   */
  readonly design: (which?: "last" | "best") => Design<S>;
}

/** A run on its way. */
export interface Log<P> {
  state: RunState<P>;
  reason: EndReason | null;
  failure: CotangentError | null;
  readonly history: IterationEntry[];
  readonly certificates: Certificate[];
}

export const logFrom = <P>(state: RunState<P>): Log<P> => ({
  state,
  reason: null,
  failure: null,
  history: [],
  certificates: [],
});

/** Takes note of a step. What callbacks are shown of it is frozen: none can change a run by accident. */
export const note = <P>(log: Log<P>, { state, reason, failure, entry, certificate }: Step<P>): void => {
  for (const own of [entry, entry.constraints, state, state.last, state.best, certificate])
    if (own !== null) Object.freeze(own);
  [log.state, log.reason] = [state, reason];
  if (reason !== null) log.failure = failure;
  log.history.push(entry);
  if (certificate !== null) log.certificates.push(certificate);
};

/** The result of a run that has ended; the last design is certified if it is not yet. */
export const resultOf = <P, S extends GridSystem>(
  { settled, certify, design }: Machine<P, S>,
  { state, reason, failure, history, certificates }: Log<P>,
): RunResult<P, S> => {
  const { last, best } = state;
  if (last === null || best === null || reason === null)
    throw new InvalidProblem(settled.asked, "a run without an iteration", "Give a state with one, or more iterations");
  const isUncertified = settled.certificate && history.length > 0 && certificates.at(-1)?.iteration !== last.iteration;
  const added = isUncertified ? certify(state) : null;
  const all = added === null ? certificates : [...certificates, added];
  return {
    history,
    certificates: all,
    verdict: worstVerdict(all.map((own) => own.verdict)),
    density: last.density,
    params: last.params,
    best,
    reason,
    failure,
    state,
    design: (which = "last") => design(which === "best" ? best : last),
  };
};
