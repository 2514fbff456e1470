/** A module of a user's own, loaded; and what is said where that does not come to an end. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CommandFailure, exitCodes } from "../failure.ts";
import { shellWord } from "../output/shell-word.ts";

export type Exports = Readonly<Record<string, unknown>>;

/** Of a module that ends the program while it is loaded: nothing was looked at. */
const sayEnded = (path: string) => (): void => {
  process.stderr.write(`cannot load ${path}: it ends the program\n`);
  process.exitCode = exitCodes.usage;
};

/** What to do where this version of Node does not load TypeScript. */
const throughTsx = (path: string): string =>
  `this version of Node does not load TypeScript; tsx does: npx tsx ${shellWord(process.argv[1] ?? "cotangent")} check ${shellWord(path)} (.ts needs "type": "module" in package.json, .mts does not)`;

const reasonOf = (path: string, error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const isUnknown = (error as NodeJS.ErrnoException).code === "ERR_UNKNOWN_FILE_EXTENSION";
  return isUnknown && /"\.[cm]?tsx?"/u.test(error.message) ? throughTsx(path) : error.message;
};

/** @throws CommandFailure  the module is not there, throws, or never comes to its end */
export const loadModule = async (path: string): Promise<Exports> => {
  const ended = sayEnded(path);
  let idle = (): void => {};
  const forever = new Promise<never>((_resolve, reject) => {
    idle = () => reject(new Error("an await at its top never ends"));
  });
  process.once("exit", ended);
  // Nothing is left to wait for.
  process.once("beforeExit", idle);
  try {
    return await Promise.race([import(pathToFileURL(resolve(path)).href) as Promise<Exports>, forever]);
  } catch (error) {
    throw new CommandFailure(`cannot load ${path}: ${reasonOf(path, error)}`, exitCodes.usage, { cause: error });
  } finally {
    process.off("exit", ended);
    process.off("beforeExit", idle);
  }
};
