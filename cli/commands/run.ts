/** cotangent run problem.json --out DIR [--resume] [--json] [--quiet]: one optimization, from a file to a folder. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { configure } from "../../src/configure.ts";
import { isLeft } from "../../src/fp.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { fileFailure, outputFolder } from "../output/folder.ts";
import type { Style } from "../output/progress.ts";
import type { Terminal } from "../output/terminal.ts";
import { readRunFile } from "../problem-file/index.ts";
import type { FileFault, RunFile } from "../problem-file/index.ts";
import { writeArtifacts } from "../run/artifacts.ts";
import { buildOptions, identityOf } from "../run/build-options.ts";
import { runInFolder } from "../run/run-loop.ts";

export interface RunCommand {
  readonly file: string;
  readonly out: string;
  readonly resume: boolean;
  readonly json: boolean;
}

/** Problem files are small; what is larger is something else. */
const largestFile = 2 ** 20;

/** Text of a regular file, as far as a problem file may go. */
const readText = (path: string): string => {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    throw new CommandFailure(fileFailure("cannot read", path, error).message, exitCodes.usage, { cause: error });
  }
  try {
    const status = fstatSync(file);
    // Pipes and devices may never end.
    if (!status.isFile()) throw new CommandFailure(`${path} is no regular file`, exitCodes.usage);
    if (status.size > largestFile)
      throw new CommandFailure(
        `${path} has ${status.size} bytes; a problem file has at most ${largestFile}`,
        exitCodes.usage,
      );
    const bytes = new Uint8Array(status.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    if (error instanceof TypeError) throw new CommandFailure(`${path} is not text in UTF-8`, exitCodes.usage);
    throw new CommandFailure(fileFailure("cannot read", path, error).message, exitCodes.usage, { cause: error });
  } finally {
    closeSync(file);
  }
};

/** Faults as editors and terminals make links of: file:line:column. */
export const faultLines = (path: string, faults: readonly FileFault[]): string =>
  faults
    .map(({ line, column, path: at, message }) => `${path}:${line}:${column}: ${at === "" ? "" : `${at}: `}${message}`)
    .join("\n");

/** The problem file of a path, checked. */
export const loadRunFile = (path: string): RunFile => {
  const read = readRunFile(readText(path));
  if (isLeft(read)) throw new CommandFailure(faultLines(path, read.left), exitCodes.usage);
  return read.right;
};

export const runCommand = async (
  { file: path, out, resume, json }: RunCommand,
  terminal: Terminal,
): Promise<ExitCode> => {
  const file = loadRunFile(path);
  configure({ threads: file.threads });
  const { problem, options } = buildOptions(file);
  const folder = outputFolder(out);
  const style: Style = json ? "json" : terminal.isInteractive ? "bar" : "lines";
  const { output, stop } = file;
  const plan = {
    options: options as never,
    identity: identityOf(file),
    iterations: stop.iterations,
    checkpointEvery: output.checkpointEvery,
    frameEvery: output.files.includes("apng") ? output.every : 0,
  };
  return runInFolder(plan, folder, terminal, { style, isResumed: resume }, (run) => {
    const names = writeArtifacts(folder, file, problem, run);
    const { best } = run.state;
    const outcome = { reason: run.reason, iterations: run.state.iteration, objective: best?.objective, files: names };
    terminal.write(
      json
        ? `${JSON.stringify({ type: "result", ...outcome })}\n`
        : `${run.reason} after ${outcome.iterations} iterations; best objective ${best!.objective.toPrecision(7)} at iteration ${best!.iteration}\nwrote ${names.join(", ")} to ${out}\n`,
    );
  });
};
