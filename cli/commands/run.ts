/** cotangent run problem.json --out DIR [--resume] [--json] [--quiet]: one optimization, from a file to a folder. */
import { configure } from "../../src/configure.ts";
import { exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { claimed } from "../output/claim.ts";
import { outputFolder } from "../output/folder.ts";
import type { OutputFolder } from "../output/folder.ts";
import { progress } from "../output/progress.ts";
import { shellWord } from "../output/shell-word.ts";
import type { Terminal } from "../output/terminal.ts";
import type { RunFile } from "../problem-file/index.ts";
import { writeArtifacts } from "../run/artifacts.ts";
import { buildOptions, identityOf } from "../run/build-options.ts";
import { loadRunFile } from "../run/load-run-file.ts";
import { isFailed, outcomeOf, outcomeText } from "../run/outcome.ts";
import { runInFolder } from "../run/run-loop.ts";
import { requireRun } from "../run/occupied.ts";

export interface RunCommand {
  readonly file: string;
  readonly out: string;
  readonly isResumed: boolean;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
}

/** A problem file with what it is about, built before there is a folder. */
interface Asked extends ReturnType<typeof buildOptions> {
  readonly file: RunFile;
}

export const askedOf = (path: string): Asked => {
  const file = loadRunFile(path);
  configure({ threads: file.threads });
  return { file, ...buildOptions(file) };
};

/** The command that begins a run. */
export const beginning = (file: string, out: string): string =>
  `cotangent run ${shellWord(file)} --out ${shellWord(out)}`;

/** The command that goes on with it. */
export const resumption = (file: string, out: string): string => `${beginning(file, out)} --resume`;

/** Runs in a folder that is claimed. */
export const runIn = async (
  folder: OutputFolder,
  { file, problem, options }: Asked,
  { file: path, out, isResumed, isJson, isQuiet }: RunCommand,
  terminal: Terminal,
): Promise<ExitCode> => {
  const { output, stop } = file;
  const style = isJson ? "json" : terminal.isInteractive ? "bar" : "lines";
  const report = progress(terminal.write, { style, isQuiet, last: stop.iterations, columns: terminal.columns });
  const plan = {
    options,
    stop: { milliseconds: Infinity, ...stop },
    identity: identityOf(file),
    checkpointEvery: output.checkpointEvery,
    frameEvery: output.files.includes("apng") ? output.every : 0,
    resumption: resumption(path, out),
  };
  const run = await runInFolder(plan, folder, report, terminal, isResumed);
  const artifacts = writeArtifacts(folder, file, problem, run);
  const outcome = outcomeOf(run);
  const lines = [
    outcomeText(outcome, run),
    ...Object.entries(artifacts.missing).map(([format, why]) => `no file as ${format}: ${why}`),
    ...(artifacts.files.length === 0 ? [] : [`wrote ${artifacts.files.join(", ")} to ${out}`]),
  ];
  report.conclude(lines.join("\n"), { type: "result", ...outcome, ...artifacts });
  return isFailed(outcome) ? exitCodes.failed : exitCodes.success;
};

export const runCommand = async (command: RunCommand, terminal: Terminal): Promise<ExitCode> => {
  const asked = askedOf(command.file);
  if (command.isResumed) requireRun(command.out);
  const folder = outputFolder(command.out);
  return claimed(folder, () => runIn(folder, asked, command, terminal));
};
