/**
 * A run as it is kept between two iterations: the machine's state, what was reported so far, and which problem it belongs to.
 * No clock is in it: interrupted or not, a run leaves the same bytes.
 */
import { join } from "node:path";
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

/** A checkpoint that cannot be gone on with, and where it is: it stands in the way of a new run, too. */
const corrupt = (path: string, seen: string, cause?: unknown): CorruptCheckpoint =>
  new CorruptCheckpoint(
    `reading ${path}`,
    seen,
    "Move or delete that file and begin the run anew without --resume, or begin it in another folder",
    { cause },
  );

/** What an error has seen: between what was asked and what to do. */
const seenBy = ({ message }: CorruptCheckpoint): string =>
  message.slice(message.indexOf(": ") + 2, message.lastIndexOf(". "));

const decoded = (path: string, bytes: Uint8Array | null): SavedRun => {
  if (bytes === null) throw corrupt(path, "it is no regular file");
  try {
    const { kind, ...saved } = decodeCheckpoint<SavedRun & { readonly kind?: unknown }>(bytes);
    if (kind === "run") return saved;
  } catch (error) {
    if (error instanceof CorruptCheckpoint) throw corrupt(path, seenBy(error), error);
    throw error;
  }
  throw corrupt(path, "a checkpoint of something else");
};

/**
 * The run that a folder holds.
 * @throws CorruptCheckpoint; CommandFailure where it is one of another problem, or cannot be read
 */
export const loadRun = (folder: OutputFolder, identity: string): SavedRun => {
  const saved = decoded(join(folder.path, checkpointName), folder.read(checkpointName));
  if (saved.identity !== identity)
    throw new CommandFailure(
      `${checkpointName} in ${folder.path} is of another problem: change the file back, or use another folder (stop, output, threads and title may change)`,
      exitCodes.usage,
    );
  return saved;
};
