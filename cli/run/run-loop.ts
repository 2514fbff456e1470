/**
 * Runs an experiment in a folder: checkpoints on the way, taken up again where asked. What it leaves depends on the problem
 * file alone, not on how often the run was interrupted.
 */
import { describeCertificate, experiment } from "../../topopt/index.ts";
import type { Certificate, Experiment, RunState } from "../../topopt/index.ts";
import type { GridSystem } from "../../library/fem/index.ts";
import { Interruption } from "../failure.ts";
import type { OutputFolder } from "../output/folder.ts";
import type { Progress } from "../output/progress.ts";
import type { Terminal } from "../output/terminal.ts";
import { refuseOccupied } from "./occupied.ts";
import { isFrame, takenUp } from "./run-plan.ts";
import type { RunPlan } from "./run-plan.ts";
import { loadRun, newRun, saveRun } from "./saved-run.ts";
import type { SavedRun } from "./saved-run.ts";

type Machine = Experiment<unknown, GridSystem>;

const firstRun = (machine: Machine, plan: RunPlan, folder: OutputFolder, isResumed: boolean): SavedRun => {
  if (isResumed) return takenUp(loadRun(folder, plan.identity), plan);
  refuseOccupied(folder, "a run already: go on with --resume, or use another folder");
  return newRun(plan.identity, machine.start());
};

/** The certificate of the last design where the run ends without one, as when its time is over. */
const lastCertificate = ({ certify }: Machine, { state, certificates }: SavedRun): readonly Certificate[] => {
  if (certificates.at(-1)?.iteration === state.last?.iteration) return [];
  const own = certify(state);
  return own === null ? [] : [own];
};

const frameOf = (plan: RunPlan, { iteration, last }: RunState<unknown>): SavedRun["frames"] =>
  last?.iteration === iteration && isFrame(plan, iteration)
    ? [{ iteration, density: last.density.astype("float32") }]
    : [];

/**
 * Runs to the end, and keeps what was reached whatever ends it before.
 * @throws CommandFailure where the folder has a run, or one that cannot be gone on with; Interruption; what steps and checkpoints throw
 */
export const runInFolder = async (
  plan: RunPlan,
  folder: OutputFolder,
  report: Progress,
  { listen }: Terminal,
  isResumed: boolean,
): Promise<SavedRun> => {
  const machine = experiment(plan.options);
  let run = firstRun(machine, plan, folder, isResumed);
  const { iteration } = run.state;
  if (isResumed)
    report.say(
      run.reason === null ? `resumed after iteration ${iteration}` : `ended at iteration ${iteration} already`,
    );
  const lists = { history: [...run.history], certificates: [...run.certificates], frames: [...run.frames] };
  const started = performance.now();
  try {
    while (run.reason === null) {
      const began = performance.now();
      const { state, entry, certificate, reason, failure } = machine.step(run.state);
      const now = performance.now();
      lists.history.push(entry);
      lists.frames.push(...frameOf(plan, state));
      if (certificate !== null) lists.certificates.push(certificate);
      run = {
        ...run,
        ...lists,
        state,
        reason: reason ?? (now - started > plan.stop.milliseconds ? "time" : null),
        failure: reason === null || failure === null ? null : { code: failure.code, message: failure.message },
      };
      report.iteration(entry, now - began);
      if (certificate !== null) report.say(describeCertificate(certificate));
      if (run.reason !== null) break;
      if (state.iteration % plan.checkpointEvery === 0) saveRun(folder, run);
      await listen();
    }
    const added = lastCertificate(machine, run);
    run = { ...run, certificates: [...run.certificates, ...added] };
    for (const own of added) report.say(describeCertificate(own));
  } catch (error) {
    if (run.state.last !== null) saveRun(folder, run);
    if (error instanceof Interruption)
      report.conclude(`interrupted after iteration ${run.state.iteration}; go on with: ${plan.resumption}`);
    throw error;
  } finally {
    report.end();
  }
  saveRun(folder, run);
  return run;
};
