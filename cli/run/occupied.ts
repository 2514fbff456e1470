/** What a folder holds already: results are not overwritten by those of something else. */
import { CommandFailure, exitCodes } from "../failure.ts";
import type { OutputFolder } from "../output/folder.ts";
import { checkpointName } from "./saved-run.ts";

/** The file that every comparison leaves, and no run. */
export const comparisonName = "report.html";

/** @throws CommandFailure  with what to do instead, where the folder holds a run or a comparison */
export const refuseOccupied = (folder: OutputFolder, runs: string): void => {
  if (folder.has(checkpointName)) throw new CommandFailure(`${folder.path} holds ${runs}`, exitCodes.usage);
  if (folder.has(comparisonName))
    throw new CommandFailure(`${folder.path} holds a comparison: use another folder`, exitCodes.usage);
};
