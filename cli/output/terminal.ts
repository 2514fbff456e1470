/** Standard output, and what interrupts a program: signals, and readers that go away. */
import { setImmediate } from "node:timers/promises";
import { exitCodes, Interruption } from "../failure.ts";
import type { ExitCode } from "../failure.ts";

export interface Terminal {
  readonly write: (text: string) => void;
  readonly isInteractive: boolean;
  /**
   * Lets signals and errors of pipes come in.
   * @throws Interruption  once there was one
   */
  readonly listen: () => Promise<void>;
}

/** The terminal of this process; signals are taken note of once, a second one ends the program at once. */
export const openTerminal = (): Terminal => {
  let interruption: ExitCode | null = null;
  const note = (code: ExitCode) => (): void => void (interruption ??= code);
  process.once("SIGINT", note(exitCodes.interrupted));
  process.once("SIGTERM", note(exitCodes.terminated));
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    note(exitCodes.brokenPipe)();
  });
  return {
    write: (text) => {
      if (interruption !== exitCodes.brokenPipe) process.stdout.write(text);
    },
    isInteractive: process.stdout.isTTY === true,
    listen: async () => {
      await setImmediate();
      if (interruption !== null) throw new Interruption(interruption);
    },
  };
};
