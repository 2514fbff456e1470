/** What a run in a folder is asked, and what that says of a run that was kept: whether it has ended, and what it is to hold. */
import { isCertifiedAt } from "../../topopt/optimize/index.ts";
import { timetable } from "../../topopt/optimize/continuation.ts";
import type { GridSystem } from "../../library/fem/index.ts";
import type { EndReason, ExperimentOptions, StopRule } from "../../topopt/index.ts";
import type { SavedRun } from "./saved-run.ts";

export interface RunPlan {
  readonly options: ExperimentOptions<unknown, GridSystem>;
  readonly stop: Required<StopRule>;
  /** What the run is, as text; see SavedRun. */
  readonly identity: string;
  /** Checkpoints are written after every so many iterations. */
  readonly checkpointEvery: number;
  /** Densities are kept for an animation after every so many iterations; 0: none. */
  readonly frameEvery: number;
}

/** Whether the animation shows an iteration wherever the run ends. */
export const isFrame = ({ frameEvery }: RunPlan, iteration: number): boolean =>
  frameEvery > 0 && (iteration - 1) % frameEvery === 0;

/** Whether a design without a value has ended a run: it would do so again. */
export const isFailure = (reason: EndReason | null): boolean => reason === "failed" || reason === "not finite";

/**
 * Why a run that was kept has ended, by what is asked now: the step that led there would say the same. Null where it goes on,
 * as after a run out of time, or out of iterations where there are more.
 */
const endOf = ({ reason, state, history }: SavedRun, { options, stop }: RunPlan): EndReason | null => {
  if (isFailure(reason)) return reason;
  if (timetable(options.continuation ?? {}, stop.iterations).restsAfter(state.iteration)) {
    if (reason === "optimizer") return reason;
    if (history.some(({ iteration, change }) => iteration === state.iteration && change < stop.change)) return "change";
  }
  return state.iteration >= stop.iterations ? "iterations" : null;
};

/** A run that was kept, as one that was never interrupted would be here: without what belongs to its end alone. */
export const takenUp = (run: SavedRun, plan: RunPlan): SavedRun => {
  const reason = endOf(run, plan);
  return {
    ...run,
    reason,
    certificates: run.certificates.filter(({ iteration }) => reason !== null || isCertifiedAt(iteration)),
    frames: run.frames.filter(({ iteration }) => isFrame(plan, iteration)),
  };
};
