/** Standard output, and what interrupts a program: signals, and readers that go away. */
import { exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";

export interface Terminal {
  readonly write: (text: string) => void;
  readonly isInteractive: boolean;
  /** Why the program is to end, once something has asked for it. */
  readonly interruption: () => ExitCode | null;
  /** Lets signals and errors of pipes come in. */
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
    interruption: () => interruption,
    listen: () => new Promise((resolve) => setImmediate(resolve)),
  };
};
