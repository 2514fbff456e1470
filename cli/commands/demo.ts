/** cotangent demo --out DIR: a problem file to begin with, and its run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { outputFolder } from "../output/folder.ts";
import type { Terminal } from "../output/terminal.ts";
import { runCommand } from "./run.ts";

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

export const demoCommand = (out: string, terminal: Terminal): Promise<ExitCode> => {
  const folder = outputFolder(out);
  const path = join(folder.path, "problem.json");
  if (existsSync(path)) throw new CommandFailure(`${path} exists already: use another folder`, exitCodes.usage);
  folder.write("problem.json", demoFile);
  terminal.write(`wrote ${path}; change it and say: cotangent run ${path} --out another-folder\n`);
  return runCommand({ file: path, out, isResumed: false, isJson: false, isQuiet: false }, terminal);
};
