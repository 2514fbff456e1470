/**
 * cotangent check module.js: the derivatives of a module's own functions against finite differences. The module exports
 * functions of arrays, and `args`: the list of arguments they are looked at with (or a record of lists by function name).
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { checkGrads } from "../../library/testing/check-grads.ts";
import { CotangentError } from "../../src/error.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import type { Terminal } from "../output/terminal.ts";

export interface CheckCommand {
  readonly module: string;
  readonly order: number;
}

type Exports = Readonly<Record<string, unknown>>;

const load = async (path: string): Promise<Exports> => {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Exports;
  } catch (error) {
    throw new CommandFailure(
      `cannot load ${path}: ${error instanceof Error ? error.message : String(error)}`,
      exitCodes.usage,
      {
        cause: error,
      },
    );
  }
};

const argumentsOf = (path: string, { args }: Exports, name: string): readonly unknown[] => {
  const own = Array.isArray(args) ? args : (args as Exports | undefined)?.[name];
  if (Array.isArray(own)) return own;
  throw new CommandFailure(
    `${path} exports no arguments for ${name}: export const args = [x, y], or { ${name}: [x, y] }`,
    exitCodes.usage,
  );
};

export const checkCommand = async ({ module: path, order }: CheckCommand, terminal: Terminal): Promise<ExitCode> => {
  const exports = await load(path);
  const functions = Object.entries(exports).filter(([, value]) => typeof value === "function");
  if (functions.length === 0)
    throw new CommandFailure(
      `${path} exports no functions: export const f = (x) => np.sum(np.sin(x))`,
      exitCodes.usage,
    );
  let failures = 0;
  for (const [name, f] of functions) {
    try {
      const { worst, comparisons } = checkGrads(f as never, argumentsOf(path, exports, name) as never, { order });
      const largest = Math.max(0, ...Object.values(worst));
      terminal.write(
        `${name}: derivatives up to order ${order} agree in ${comparisons} numbers, worst ${largest.toExponential(1)}\n`,
      );
    } catch (error) {
      if (!(error instanceof CotangentError)) throw error;
      failures++;
      terminal.write(`${name}: ${error.code}: ${error.message}\n`);
    }
  }
  return failures === 0 ? exitCodes.success : exitCodes.failed;
};
