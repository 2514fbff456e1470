/** Standard output, and what interrupts a program: signals, readers that go away, and disks that are full. */
import { setImmediate } from "node:timers/promises";
import { exitCodes, Interruption } from "../failure.ts";
import type { CommandFailure } from "../failure.ts";
import { fileFailure } from "./folder.ts";

export interface Terminal {
  readonly write: (text: string) => void;
  readonly isInteractive: boolean;
  /** How many characters a line has room for. */
  readonly columns: () => number;
  /**
   * Carries out work that comes back to `listen` now and then: signals are noted meanwhile, and heard there. Other work they end
   * at once, as they do where nobody handles them.
   */
  readonly attend: <Result>(work: () => Result | Promise<Result>) => Promise<Result>;
  /**
   * Lets signals and errors of the output come in.
   * @throws Interruption  once there was a signal, or the reader has gone; CommandFailure where the output has failed otherwise
   */
  readonly listen: () => Promise<void>;
}

/** The terminal as the program itself has it. */
export interface ProgramTerminal extends Terminal {
  /** Writes to standard error, if anybody is there. */
  readonly complain: (text: string) => void;
}

/** The first thing that has ended the program, to be thrown where it listens. */
interface Ending {
  failure: CommandFailure | null;
}

const signals = [
  ["SIGINT", exitCodes.interrupted],
  ["SIGTERM", exitCodes.terminated],
] as const;

const attendTo =
  (ending: Ending): Terminal["attend"] =>
  async (work) => {
    const handlers = signals.map(([signal, code]): [NodeJS.Signals, () => void] => [
      signal,
      () => void (ending.failure ??= new Interruption(code)),
    ]);
    for (const [signal, note] of handlers) process.on(signal, note);
    try {
      return await work();
    } finally {
      for (const [signal, note] of handlers) process.off(signal, note);
    }
  };

/** Whoever has gone knows; everything else is said. */
const outputFailure = (error: unknown): CommandFailure =>
  (error as { code?: unknown }).code === "EPIPE"
    ? new Interruption(exitCodes.brokenPipe)
    : fileFailure("cannot write to", "standard output", error);

/**
 * The terminal of this process. A signal is heard when the work under way comes back to `listen`, as a run does after every
 * iteration, and not before; further ones say nothing new.
 */
export const openTerminal = (): ProgramTerminal => {
  const ending: Ending = { failure: null };
  let isLost = false;
  const lose = (error: unknown): void => {
    isLost = true;
    ending.failure ??= outputFailure(error);
  };
  process.stdout.on("error", lose);
  // There is nowhere left to say it.
  process.stderr.on("error", () => {});
  return {
    write: (text) => {
      if (isLost) return;
      try {
        process.stdout.write(text);
      } catch (error) {
        // What is wrong with a file, as on a full disk, some versions of Node throw at once.
        lose(error);
      }
    },
    complain: (text) => {
      try {
        process.stderr.write(text);
      } catch {
        // As above.
      }
    },
    isInteractive: process.stdout.isTTY === true,
    columns: () => process.stdout.columns || Infinity,
    attend: attendTo(ending),
    listen: async () => {
      await setImmediate();
      if (ending.failure !== null) throw ending.failure;
    },
  };
};
