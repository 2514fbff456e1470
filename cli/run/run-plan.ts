/** What a run in a folder is asked, and what that says of a run that was kept: whether it has ended, and what it is to hold. */
import { isCertifiedAt } from "../../topopt/optimize/index.ts";
import { timetable } from "../../topopt/optimize/continuation.ts";
import type { GridSystem } from "../../library/fem/index.ts";
import type { EndReason, ExperimentOptions, StopRule } from "../../topopt/index.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
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
  /** The command that goes on with the run. */
  readonly resumption: string;
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

/** @throws CommandFailure  the run has gone further than it is asked to: what is asked would contradict what there is */
const requireReach = ({ state: { iteration } }: SavedRun, { stop }: RunPlan): void => {
  if (iteration > stop.iterations)
    throw new CommandFailure(
      `the run has done ${iteration} iterations already, and stop.iterations is ${stop.iterations}: ask for ${iteration} or more, or use another folder`,
      exitCodes.usage,
    );
};

/**
 * An animation without its beginning would be another one than that of a run which was never interrupted.
 * @throws CommandFailure  frames are asked for that were not kept
 */
const requireFrames = ({ frames, state }: SavedRun, { frameEvery }: RunPlan): void => {
  const last = state.last?.iteration ?? 0;
  const kept = new Set(frames.map(({ iteration }) => iteration));
  const missing = (every: number): readonly number[] =>
    Array.from({ length: Math.ceil(last / every) }, (_, k) => 1 + k * every).filter((own) => !kept.has(own));
  if (frameEvery === 0 || missing(frameEvery).length === 0) return;
  const others = Array.from({ length: last }, (_, k) => k + 1).find((every) => missing(every).length === 0);
  const way = others === undefined ? "" : `, set output.every to ${others}`;
  throw new CommandFailure(
    `the animation begins with iterations that were not kept, as the run was not asked for them then (the first is ${missing(frameEvery)[0]}): take "apng" out of output.files${way}, or run anew in another folder`,
    exitCodes.usage,
  );
};

/**
 * A run that was kept, as one that was never interrupted would be here: without what belongs to its end alone.
 * @throws CommandFailure  what is asked now cannot be had of it
 */
export const takenUp = (run: SavedRun, plan: RunPlan): SavedRun => {
  requireReach(run, plan);
  requireFrames(run, plan);
  const reason = endOf(run, plan);
  return {
    ...run,
    reason,
    certificates: run.certificates.filter(({ iteration }) => reason !== null || isCertifiedAt(iteration)),
    frames: run.frames.filter(({ iteration }) => isFrame(plan, iteration)),
  };
};
