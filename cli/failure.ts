/** Failures of the command line itself, each with the exit code that tells scripts what happened. */
import { CotangentError } from "../src/error.ts";

/** 0 is success; the others as shells and make expect them. */
export const exitCodes = {
  success: 0,
  /** Something failed while running. */
  failed: 1,
  /** The command or the problem file is wrong. */
  usage: 2,
  /** Ctrl-C; 128 + the number of the signal. */
  interrupted: 130,
  terminated: 143,
  /** Whoever read the output has gone. */
  brokenPipe: 141,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What ends the program with a sentence on standard error. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.failed, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** A signal, or a reader that has gone: whoever did it knows, so nothing is said. */
export class Interruption extends CommandFailure {
  constructor(exitCode: ExitCode) {
    super("", exitCode);
  }
}

/** A failure as one block of text: coded errors say their code, what nobody has foreseen its stack. */
export const describeFailure = (error: unknown): { readonly text: string; readonly exitCode: ExitCode } => {
  if (error instanceof CommandFailure) return { text: error.message, exitCode: error.exitCode };
  if (error instanceof CotangentError) return { text: `${error.code}: ${error.message}`, exitCode: exitCodes.failed };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `unexpected: ${text}`, exitCode: exitCodes.failed };
};
