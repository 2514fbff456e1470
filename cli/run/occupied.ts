/** What a folder holds already: results are not overwritten by those of something else. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { OutputFolder } from "../output/folder.ts";
import { checkpointName } from "./saved-run.ts";

/** The file that every comparison leaves, and no run. */
export const comparisonName = "comparison.json";

const comparison = (folder: string): CommandFailure =>
  new CommandFailure(`${folder} holds a comparison: use another folder`, exitCodes.usage);

/** @throws CommandFailure  with what to do instead, where the folder holds a run or a comparison */
export const refuseOccupied = (folder: OutputFolder, runs: string): void => {
  if (folder.has(checkpointName)) throw new CommandFailure(`${folder.path} holds ${runs}`, exitCodes.usage);
  if (folder.has(comparisonName)) throw comparison(folder.path);
};

/**
 * Looks for a run to go on with before anything is made.
 * @throws CommandFailure  the folder holds none, or is not there
 */
export const requireRun = (out: string): void => {
  if (existsSync(join(out, checkpointName))) return;
  if (existsSync(join(out, comparisonName))) throw comparison(resolve(out));
  throw new CommandFailure(`there is no ${checkpointName} in ${resolve(out)}: run without --resume`, exitCodes.usage);
};
