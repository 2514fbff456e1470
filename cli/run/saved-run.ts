/**
 * A run as it is kept between two iterations: the machine's state, what was reported so far, and which problem it belongs to.
 * No clock is in it: interrupted or not, a run leaves the same bytes.
 */
import { CorruptCheckpoint } from "../../src/error.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../topopt/index.ts";
import type { Certificate, EndReason, IterationEntry, RunState } from "../../topopt/index.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { OutputFolder } from "../output/folder.ts";

/** The file of a run's state; there is one, replaced as a whole. */
export const checkpointName = "checkpoint.bin";

export interface SavedRun {
  /** What was asked, as text: a checkpoint of another problem is not taken up. */
  readonly identity: string;
  readonly state: RunState<unknown>;
  readonly history: readonly IterationEntry[];
  readonly certificates: readonly Certificate[];
  /** Densities of the animation, with their iterations: those that are due wherever the run ends. */
  readonly frames: readonly { readonly iteration: number; readonly density: NDArray }[];
  /** Why the run ended; null while it can go on. */
  readonly reason: EndReason | null;
  /** What solver or root have thrown for the last design. */
  readonly failure: { readonly code: string; readonly message: string } | null;
}

export const newRun = (identity: string, state: RunState<unknown>): SavedRun => ({
  identity,
  state,
  history: [],
  certificates: [],
  frames: [],
  reason: null,
  failure: null,
});

export const saveRun = (folder: OutputFolder, run: SavedRun): void =>
  folder.write(checkpointName, encodeCheckpoint({ kind: "run", ...run }));

/**
 * The run that a folder holds.
 * @throws CorruptCheckpoint; CommandFailure where there is none, or one of another problem
 */
export const loadRun = (folder: OutputFolder, identity: string): SavedRun => {
  if (!folder.has(checkpointName))
    throw new CommandFailure(`there is no ${checkpointName} in ${folder.path}: run without --resume`, exitCodes.usage);
  const { kind, ...saved } = decodeCheckpoint<SavedRun & { readonly kind?: unknown }>(folder.read(checkpointName));
  if (kind !== "run")
    throw new CorruptCheckpoint(`reading ${checkpointName}`, "a checkpoint of something else", "Begin the run anew");
  if (saved.identity !== identity)
    throw new CommandFailure(
      `${checkpointName} in ${folder.path} is of another problem: change the file back, or use another folder (stop, output, threads and title may change)`,
      exitCodes.usage,
    );
  return saved;
};
