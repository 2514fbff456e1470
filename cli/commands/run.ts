/** cotangent run problem.json --out DIR [--resume] [--json] [--quiet]: one optimization, from a file to a folder. */
import { configure } from "../../src/configure.ts";
import { exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { outputFolder } from "../output/folder.ts";
import { progress } from "../output/progress.ts";
import type { Terminal } from "../output/terminal.ts";
import { writeArtifacts } from "../run/artifacts.ts";
import { buildOptions, identityOf } from "../run/build-options.ts";
import { loadRunFile } from "../run/load-run-file.ts";
import { isFailed, outcomeOf, outcomeText } from "../run/outcome.ts";
import { runInFolder } from "../run/run-loop.ts";

export interface RunCommand {
  readonly file: string;
  readonly out: string;
  readonly isResumed: boolean;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
}

export const runCommand = async (
  { file: path, out, isResumed, isJson, isQuiet }: RunCommand,
  terminal: Terminal,
): Promise<ExitCode> => {
  const file = loadRunFile(path);
  configure({ threads: file.threads });
  const { problem, options } = buildOptions(file);
  const folder = outputFolder(out);
  const { output, stop } = file;
  const style = isJson ? "json" : terminal.isInteractive ? "bar" : "lines";
  const report = progress(terminal.write, { style, isQuiet, last: stop.iterations });
  const plan = {
    options,
    stop: { milliseconds: Infinity, ...stop },
    identity: identityOf(file),
    checkpointEvery: output.checkpointEvery,
    frameEvery: output.files.includes("apng") ? output.every : 0,
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
