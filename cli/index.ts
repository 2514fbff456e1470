#!/usr/bin/env node
/** cotangent: the command line as a program. Failures become sentences on standard error and exit codes. */
import { describeFailure } from "./failure.ts";
import { main } from "./main.ts";
import { openTerminal } from "./output/terminal.ts";

const terminal = openTerminal();
try {
  process.exitCode = await main(process.argv.slice(2), terminal);
  // A reader that went away is no success, nor is a disk that is full.
  await terminal.listen();
} catch (error) {
  const { text, exitCode } = describeFailure(error);
  if (text !== "") terminal.complain(`${text}\n`);
  process.exitCode = exitCode;
}
