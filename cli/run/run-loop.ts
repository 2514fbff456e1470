/**
 * Runs an experiment in a folder: checkpoints on the way, taken up again where asked, and pictures and files at the end. What it
 * writes depends on the problem file alone, not on how often the run was interrupted.
 */
import type { ElementField } from "../../library/fem/index.ts";
import { experiment } from "../../topopt/index.ts";
import type { Certificate, IterationEntry, OptimizeOptions, RunState } from "../../topopt/index.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import type { OutputFolder } from "../output/folder.ts";
import { progress } from "../output/progress.ts";
import type { Style } from "../output/progress.ts";
import type { Terminal } from "../output/terminal.ts";
import { checkpointName, loadRun, saveRun } from "./saved-run.ts";
import type { SavedRun } from "./saved-run.ts";

export interface RunPlan {
  readonly options: OptimizeOptions<unknown, never>;
  /** What the run is, as text; see SavedRun. */
  readonly identity: string;
  readonly iterations: number;
  /** Checkpoints are written after every so many iterations. */
  readonly checkpointEvery: number;
  /** Densities are kept for an animation after every so many iterations; 0: none. */
  readonly frameEvery: number;
}

export interface RunSettings {
  readonly style: Style;
  readonly isResumed: boolean;
}

const certificateLine = ({ iteration, gradients, isPassed, residual }: Certificate): string => {
  const each = gradients.map(({ name, verdict, gap }) => `${name} ${verdict} (${gap.toExponential(1)})`).join(", ");
  const solver = residual === null ? "" : `; residual ${residual.toExponential(1)}`;
  return `${isPassed ? "gradients certified" : "GRADIENTS ARE WRONG"} at iteration ${iteration}: ${each}${solver}`;
};

const begin = (plan: RunPlan, state: RunState<unknown>): SavedRun => ({
  identity: plan.identity,
  state,
  history: [],
  certificates: [],
  frames: [],
  reason: null,
});

/** Whether a run that has ended goes on with the file as it is now: more iterations may have been asked for. */
const goesOn = ({ reason, state }: SavedRun, { iterations }: RunPlan): boolean =>
  reason === null || (reason === "iterations" && state.iteration < iterations);

/**
 * Runs to the end, or until it is interrupted.
 * @param finish  called with the run that has ended, to write its files
 * @returns       the exit code
 */
export const runInFolder = async (
  plan: RunPlan,
  folder: OutputFolder,
  terminal: Terminal,
  { style, isResumed }: RunSettings,
  finish: (run: SavedRun) => void,
): Promise<ExitCode> => {
  const { write, interruption, listen } = terminal;
  if (!isResumed && folder.has(checkpointName))
    throw new CommandFailure(
      `${folder.path} holds a run already: go on with --resume, or use another folder`,
      exitCodes.usage,
    );
  const machine = experiment(plan.options);
  let run = isResumed ? loadRun(folder, plan.identity) : begin(plan, machine.start());
  const report = progress(style, write, plan.iterations, run.state.iteration);
  if (isResumed) report.say(`resumed after iteration ${run.state.iteration}`);
  if (goesOn(run, plan)) run = { ...run, reason: null };

  const [history, certificates, frames] = [[...run.history], [...run.certificates], [...run.frames]];
  const keep = (state: RunState<unknown>, reason: string | null): SavedRun => ({
    ...run,
    state,
    history,
    certificates,
    frames,
    reason,
  });
  while (run.reason === null) {
    const began = performance.now();
    const { state, entry, certificate, reason } = stepOrSave(machine.step, run, () => saveRun(folder, run));
    history.push(entry);
    noteFrame(plan, state, entry, frames);
    report.iteration(entry, performance.now() - began);
    if (certificate !== null) {
      certificates.push(certificate);
      report.say(certificateLine(certificate));
    }
    run = keep(state, reason);
    if (reason !== null || state.iteration % plan.checkpointEvery === 0) saveRun(folder, run);
    await listen();
    const code = interruption();
    if (code !== null && run.reason === null) {
      saveRun(folder, run);
      report.say(`interrupted after iteration ${state.iteration}; go on with --resume`);
      return code;
    }
  }
  report.end();
  finish(run);
  return certificates.every(({ isPassed }) => isPassed) ? exitCodes.success : exitCodes.failed;
};

/** A step that fails loses nothing: what was reached is written first. */
const stepOrSave = <R>(step: (state: RunState<unknown>) => R, { state }: SavedRun, save: () => void): R => {
  try {
    return step(state);
  } catch (error) {
    if (state.last !== null) save();
    throw error;
  }
};

const noteFrame = (
  { frameEvery, iterations }: RunPlan,
  { last }: RunState<unknown>,
  { iteration }: IterationEntry,
  frames: { iteration: number; density: ElementField }[] | SavedRun["frames"][number][],
): void => {
  if (last === null || frameEvery === 0) return;
  const isTime = (iteration - 1) % frameEvery === 0 || iteration === iterations;
  if (isTime) frames.push({ iteration, density: last.density.astype("float32") as ElementField });
};
