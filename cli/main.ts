/** Commands by name, their options, and what is said of those that are none; each is a module of cli/commands. */
import { parseArgs } from "node:util";
import { benchCommand } from "./commands/bench.ts";
import { checkCommand, highestOrder } from "./commands/check.ts";
import { compareCommand } from "./commands/compare.ts";
import { demoCommand } from "./commands/demo.ts";
import { runCommand } from "./commands/run.ts";
import { suiteCommand } from "./commands/suite.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import type { ExitCode } from "./failure.ts";
import { helpOf, usage, version } from "./help.ts";
import type { Terminal } from "./output/terminal.ts";
import { describeRunFile, runFileSchema } from "./problem-file/index.ts";

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

interface Command {
  readonly options: Options;
  /** Names that it takes, one each; null where any number will do. */
  readonly names: readonly string[] | null;
  /** Whether it comes back to listen; what does not is ended by signals at once. */
  readonly isAttentive: boolean;
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
const countOf = (option: string, text: unknown, usual: number, most = Infinity): number => {
  if (typeof text !== "string") return usual;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1 && count <= most) return count;
  const range = most === Infinity ? "from 1" : `from 1 to ${most}`;
  throw new CommandFailure(`${option} ${text}: give a whole number ${range}`, exitCodes.usage);
};

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

const commands: Readonly<Record<string, Command>> = {
  run: {
    options: { out: text, resume: flag, json: flag, quiet: flag },
    names: ["problem.json"],
    isAttentive: true,
    run: ([file], { out, resume, json, quiet }, terminal) =>
      runCommand(
        {
          file: file!,
          out: folderOf(out),
          isResumed: resume === true,
          isJson: json === true,
          isQuiet: quiet === true,
        },
        terminal,
      ),
  },
  demo: {
    options: { out: text },
    names: [],
    isAttentive: true,
    run: (_names, { out }, terminal) => demoCommand(folderOf(out), terminal),
  },
  compare: {
    options: { out: text },
    names: ["problem.json"],
    isAttentive: true,
    run: ([file], { out }, terminal) => compareCommand(file!, folderOf(out), terminal),
  },
  suite: {
    options: { with: text, iterations: text },
    names: null,
    isAttentive: true,
    run: (tasks, { with: kinds = "pixels,cnn", iterations }, terminal) =>
      suiteCommand(
        { tasks, parameterizations: String(kinds).split(","), iterations: countOf("--iterations", iterations, 100) },
        terminal,
      ),
  },
  check: {
    options: { order: text },
    names: ["module.js"],
    isAttentive: false,
    run: ([module], { order }, terminal) =>
      checkCommand({ module: module!, order: countOf("--order", order, 2, highestOrder) }, terminal),
  },
  bench: { options: {}, names: [], isAttentive: true, run: (_names, _values, terminal) => benchCommand(terminal) },
  schema: {
    options: {},
    names: [],
    isAttentive: false,
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

/** What is to be said of a command, of problem files, or without a name of all commands. */
const helpFor = (name: string | undefined): string => {
  if (name === undefined) return usage;
  if (name === "problem") return `${describeRunFile()}\n`;
  requireCommand(name);
  return helpOf[name]!;
};

const parsed = (name: string, { options }: Command, words: readonly string[]) => {
  try {
    const help = { type: "boolean", short: "h" } as const;
    return parseArgs({ args: [...words], options: { ...options, help }, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandFailure(`cotangent ${name}: ${(error as Error).message}`, exitCodes.usage);
  }
};

/**
 * Carries out a command line.
 * @returns  the exit code
 * @throws CommandFailure for one that is wrong or interrupted; what the command throws
 */
export const main = async (words: readonly string[], terminal: Terminal): Promise<ExitCode> => {
  const [name = "help", ...others] = words;
  const tell = (message: string): ExitCode => {
    terminal.write(message);
    return exitCodes.success;
  };
  if (["help", "--help", "-h"].includes(name)) return tell(helpFor(others[0]));
  if (["--version", "-v"].includes(name)) return tell(`${version()}\n`);
  const command = requireCommand(name);
  const { values, positionals } = parsed(name, command, others);
  if (values["help"] === true) return tell(helpFor(name));
  const { names } = command;
  if (names !== null && positionals.length !== names.length)
    throw new CommandFailure(
      `cotangent ${name} takes ${names.length === 0 ? "no names" : names.join(", ")}, not ${positionals.length}`,
      exitCodes.usage,
    );
  const run = (): ExitCode | Promise<ExitCode> => command.run(positionals, values, terminal);
  return command.isAttentive ? terminal.attend(run) : run();
};
