/** cotangent demo --out DIR: a problem file to begin with, and its run. */
import { join } from "node:path";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { claimed } from "../output/claim.ts";
import { outputFolder } from "../output/folder.ts";
import type { OutputFolder } from "../output/folder.ts";
import type { Terminal } from "../output/terminal.ts";
import { refuseOccupied } from "../run/occupied.ts";
import { checkpointName } from "../run/saved-run.ts";
import { askedOf, beginning, resumption, runIn } from "./run.ts";

const fileName = "problem.json";

const demoFile = `{
  "title": "Half of a simply supported beam",
  "problem": { "name": "mbb", "nelx": 96, "nely": 32 },
  "volumeFraction": 0.5,
  "parameterization": { "kind": "pixels", "filter": 2 },
  "optimizer": { "kind": "mma" },
  "stop": { "iterations": 60 },
  "output": { "every": 2, "files": ["png", "svg", "apng", "csv", "json"] }
}
`;

/**
 * Nothing is written where a demonstration has begun already, or another run.
 * @throws CommandFailure  with what to do instead
 */
const refuseDemonstration = (folder: OutputFolder, path: string, out: string): void => {
  const isRun = folder.has(checkpointName);
  if (folder.has(fileName)) {
    const goOn = isRun ? `go on with: ${resumption(path, out)}` : `run it with: ${beginning(path, out)}`;
    throw new CommandFailure(`${path} exists already: ${goOn} (or use another folder)`, exitCodes.usage);
  }
  refuseOccupied(folder, "another run: use another folder");
};

export const demoCommand = (out: string, terminal: Terminal): Promise<ExitCode> => {
  const folder = outputFolder(out);
  const path = join(out, fileName);
  return claimed(folder, () => {
    refuseDemonstration(folder, path, out);
    folder.write(fileName, demoFile);
    terminal.write(`wrote ${path}; change it and say: ${beginning(path, "another-folder")}\n`);
    return runIn(folder, askedOf(path), { file: path, out, isResumed: false, isJson: false, isQuiet: false }, terminal);
  });
};
