/** What became of a run, as a record for programs and result.json, and as sentences; both are about the best design. */
import { describeCertificate } from "../../topopt/index.ts";
import type { EndReason, Verdict } from "../../topopt/index.ts";
import { describeConstraints } from "../../topopt/describe.ts";
import { worstVerdict } from "../../topopt/optimize/verdict.ts";
import { isFailure } from "./run-plan.ts";
import type { SavedRun } from "./saved-run.ts";

export interface Outcome {
  readonly reason: EndReason;
  readonly iterations: number;
  readonly failure: SavedRun["failure"];
  /** What the files hold; `violation` relative to a bound, absolute where that is 0. */
  readonly best: {
    readonly iteration: number;
    readonly objective: number;
    readonly violation: number;
    readonly isFeasible: boolean;
  };
  /** The design evaluated last with numbers all. */
  readonly last: { readonly iteration: number; readonly objective: number };
  /** Of the gradients' certificates. */
  readonly verdict: Verdict;
}

/** Of a run that has ended. */
export const outcomeOf = ({ state, reason, failure, history, certificates }: SavedRun): Outcome => {
  const [best, last] = [state.best!, state.last!];
  const { isFeasible } = history[best.iteration - 1]!;
  return {
    reason: reason!,
    iterations: state.iteration,
    failure,
    best: { iteration: best.iteration, objective: best.objective, violation: best.violation, isFeasible },
    last: { iteration: last.iteration, objective: last.objective },
    verdict: worstVerdict(certificates.map((own) => own.verdict)),
  };
};

/** Whether the program is to end with a failure. */
export const isFailed = ({ reason, verdict }: Outcome): boolean => isFailure(reason) || verdict === "failed";

const endings: Readonly<Record<EndReason, string>> = {
  iterations: "done after",
  change: "at rest after",
  time: "out of time after",
  aborted: "interrupted after",
  optimizer: "optimizer at its end after",
  "not finite": "not finite",
  failed: "failed",
};

const endSentence = ({ reason, iterations, failure }: Outcome): string => {
  if (!isFailure(reason)) return `${endings[reason]} ${iterations} iteration${iterations === 1 ? "" : "s"}`;
  const why = failure === null ? "a value or gradient is no number" : `${failure.code}: ${failure.message}`;
  return `${endings[reason]} at iteration ${iterations}: ${why}`;
};

const bestSentence = ({ best: { iteration, objective, isFeasible } }: Outcome, { history }: SavedRun): string => {
  const value = objective.toPrecision(7);
  if (isFeasible) return `best objective ${value} at iteration ${iteration}`;
  // Objectives before the continuation moved do not compare: designs that kept the constraints then do not count.
  const since = history.some((entry) => entry.isFeasible) ? " since the continuation moved last" : "";
  const where = describeConstraints(history[iteration - 1]!);
  return `no design${since} keeps all constraints; the closest, of iteration ${iteration}, has objective ${value}  ${where}`;
};

const gradientSentences = (certificates: SavedRun["certificates"]): readonly string[] => {
  const undecided = certificates.flatMap(({ verdict, iteration }) => (verdict === "undecided" ? [iteration] : []));
  return [
    ...certificates.filter(({ verdict }) => verdict === "failed").map(describeCertificate),
    ...(undecided.length === 0 ? [] : [`gradients undecided at iteration ${undecided.join(", ")}`]),
  ];
};

/** Why the run ended, what is to be said of its gradients, and what is best. */
export const outcomeText = (outcome: Outcome, run: SavedRun): string =>
  [endSentence(outcome), ...gradientSentences(run.certificates), bestSentence(outcome, run)].join("\n");
