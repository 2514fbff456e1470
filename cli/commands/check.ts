/**
 * cotangent check module.js: the derivatives of a module's own functions against finite differences. The module exports
 * functions of arrays, and `args`: the list of arguments they are looked at with (or a record of lists by function name).
 */
import { checkGrads } from "../../library/testing/check-grads.ts";
import { CotangentError } from "../../src/error.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import type { Terminal } from "../output/terminal.ts";
import { loadModule } from "../run/load-module.ts";
import type { Exports } from "../run/load-module.ts";

/** That checkGrads goes to. */
export const highestOrder = 4;

export interface CheckCommand {
  readonly module: string;
  readonly order: number;
}

/** A function of the module with the arguments it is looked at with. */
interface Subject {
  readonly name: string;
  readonly f: unknown;
  readonly args: readonly unknown[];
}

/** @throws CommandFailure  there are no functions, or no arguments for some */
const subjectsOf = (path: string, exports: Exports): readonly Subject[] => {
  const functions = Object.entries(exports).filter(([, value]) => typeof value === "function");
  if (functions.length === 0)
    throw new CommandFailure(
      `${path} exports no functions: export const f = (x) => np.sum(np.sin(x))`,
      exitCodes.usage,
    );
  const { args: given } = exports;
  const argumentsOf = (name: string): unknown =>
    Array.isArray(given) ? given : (given as Exports | undefined)?.[name];
  const missing = functions.flatMap(([name]) => (Array.isArray(argumentsOf(name)) ? [] : [name]));
  if (missing.length > 0)
    throw new CommandFailure(
      `${path} exports no arguments for ${missing.join(", ")}: export const args = [x, y], or { ${missing.map((name) => `${name}: [x, y]`).join(", ")} }`,
      exitCodes.usage,
    );
  return functions.map(([name, f]) => ({ name, f, args: argumentsOf(name) as readonly unknown[] }));
};

/** What is wrong with a function: its derivatives, what it returns, or that it throws. */
const faultOf = (error: unknown): string => {
  if (error instanceof CotangentError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `throws ${error.name}: ${error.message}` : `throws ${String(error)}`;
};

/** A sentence about a function, and whether its derivatives are right. */
const checked = ({ name, f, args }: Subject, order: number): readonly [text: string, isRight: boolean] => {
  try {
    const { worst, comparisons } = checkGrads(f as never, args as never, { order });
    const largest = Math.max(0, ...Object.values(worst)).toExponential(1);
    return [`${name}: derivatives up to order ${order} agree in ${comparisons} numbers, worst ${largest}`, true];
  } catch (error) {
    return [`${name}: ${faultOf(error)}`, false];
  }
};

export const checkCommand = async ({ module: path, order }: CheckCommand, terminal: Terminal): Promise<ExitCode> => {
  let exitCode: ExitCode = exitCodes.success;
  for (const subject of subjectsOf(path, await loadModule(path))) {
    const [text, isRight] = checked(subject, order);
    terminal.write(`${text}\n`);
    if (!isRight) exitCode = exitCodes.failed;
  }
  return exitCode;
};
