/** Commands by name, their options, and what is said of those that are none; each is a module of cli/commands. */
import { parseArgs } from "node:util";
import { benchCommand } from "./commands/bench.ts";
import { checkCommand } from "./commands/check.ts";
import { compareCommand } from "./commands/compare.ts";
import { demoCommand } from "./commands/demo.ts";
import { runCommand } from "./commands/run.ts";
import { suiteCommand } from "./commands/suite.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import type { ExitCode } from "./failure.ts";
import type { Terminal } from "./output/terminal.ts";
import { describeRunFile, runFileSchema } from "./problem-file/index.ts";

const usage = `cotangent: topology optimization from problem files

  cotangent run problem.json --out DIR [--resume] [--json]   one optimization; checkpoints, pictures and files in DIR
  cotangent demo --out DIR                                   a problem file to begin with, and its run
  cotangent compare problem.json --out DIR                   pixels, MLP, SIREN and CNN side by side
  cotangent suite [small|all|NAME ...] [--with pixels,cnn] [--iterations N]
                                                             tasks of the public suite of 116
  cotangent check module.js [--order 2]                      a module's derivatives against finite differences
  cotangent bench                                            what an iteration takes on this machine
  cotangent help problem                                     what a problem file may say
  cotangent schema                                           the same as JSON Schema, for editors

Exit codes: 0 done, 1 failed, 2 wrong command or problem file, 130 interrupted (go on with --resume).
`;

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

interface Command {
  readonly options: Options;
  /** Names that it takes, one each; null where any number will do. */
  readonly names: readonly string[] | null;
  readonly run: (
    names: readonly string[],
    values: Readonly<Record<string, unknown>>,
    terminal: Terminal,
  ) => ExitCode | Promise<ExitCode>;
}

const folderOf = (out: unknown): string => {
  if (typeof out === "string" && out !== "") return out;
  throw new CommandFailure("say where to write: --out DIR", exitCodes.usage);
};

/** A whole number from 1 of an option. */
const countOf = (option: string, text: unknown, usual: number): number => {
  if (typeof text !== "string") return usual;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new CommandFailure(`${option} ${text}: give a whole number from 1`, exitCodes.usage);
};

const commands: Readonly<Record<string, Command>> = {
  run: {
    options: { out: { type: "string" }, resume: { type: "boolean" }, json: { type: "boolean" } },
    names: ["problem.json"],
    run: ([file], { out, resume, json }, terminal) =>
      runCommand({ file: file!, out: folderOf(out), resume: resume === true, json: json === true }, terminal),
  },
  demo: {
    options: { out: { type: "string" } },
    names: [],
    run: (_names, { out }, terminal) => demoCommand(folderOf(out), terminal),
  },
  compare: {
    options: { out: { type: "string" } },
    names: ["problem.json"],
    run: ([file], { out }, terminal) => compareCommand(file!, folderOf(out), terminal),
  },
  suite: {
    options: { with: { type: "string" }, iterations: { type: "string" } },
    names: null,
    run: (tasks, { with: kinds = "pixels,cnn", iterations }, terminal) =>
      suiteCommand(
        { tasks, parameterizations: String(kinds).split(","), iterations: countOf("--iterations", iterations, 100) },
        terminal,
      ),
  },
  check: {
    options: { order: { type: "string" } },
    names: ["module.js"],
    run: ([module], { order }, terminal) =>
      checkCommand({ module: module!, order: countOf("--order", order, 2) }, terminal),
  },
  bench: { options: {}, names: [], run: (_names, _values, terminal) => benchCommand(terminal) },
  schema: {
    options: {},
    names: [],
    run: (_names, _values, { write }) => {
      write(`${JSON.stringify(runFileSchema(), null, 1)}\n`);
      return exitCodes.success;
    },
  },
};

const requireCommand = (name: string): Command => {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    throw new CommandFailure(`there is no command ${JSON.stringify(name)}\n\n${usage}`, exitCodes.usage);
  return command;
};

const parsed = (name: string, { options, names }: Command, words: readonly string[]) => {
  let found: { values: Readonly<Record<string, unknown>>; positionals: readonly string[] };
  try {
    found = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandFailure(`cotangent ${name}: ${(error as Error).message}`, exitCodes.usage);
  }
  if (names !== null && found.positionals.length !== names.length)
    throw new CommandFailure(
      `cotangent ${name} takes ${names.length === 0 ? "no names" : names.join(", ")}, not ${found.positionals.length}`,
      exitCodes.usage,
    );
  return found;
};

/**
 * Carries out a command line.
 * @returns  the exit code
 * @throws CommandFailure for one that is wrong or interrupted; what the command throws
 */
export const main = async (words: readonly string[], terminal: Terminal): Promise<ExitCode> => {
  const [name, ...others] = words;
  if (name === undefined || ["help", "--help", "-h"].includes(name)) {
    terminal.write(others[0] === "problem" ? `${describeRunFile()}\n` : usage);
    return exitCodes.success;
  }
  const command = requireCommand(name);
  const { values, positionals } = parsed(name, command, others);
  return command.run(positionals, values, terminal);
};
