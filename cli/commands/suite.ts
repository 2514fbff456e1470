/** cotangent suite [small | all | NAME ...]: tasks of the public suite, solved by each parameterization asked for. */
import { problems } from "../../topopt/index.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { contestantFile, contestantNames } from "../run/contestants.ts";
import type { ContestantName } from "../run/contestants.ts";
import { runInMemory } from "../run/run-in-memory.ts";
import { contestantOptions } from "./compare.ts";

export interface SuiteCommand {
  /** Names of tasks, or "small" or "all"; small without any. */
  readonly tasks: readonly string[];
  readonly parameterizations: readonly string[];
  readonly iterations: number;
}

const taskNames = (asked: readonly string[]): readonly string[] => {
  const known = problems.suite("all").map(({ name }) => name);
  return (asked.length === 0 ? ["small"] : asked).flatMap((name) => {
    if (name === "small" || name === "all") return problems.suite(name).map((task) => task.name);
    if (known.includes(name)) return [name];
    throw new CommandFailure(
      `the suite has no task ${JSON.stringify(name)}; cotangent suite all runs them all`,
      exitCodes.usage,
    );
  });
};

const contestants = (asked: readonly string[]): readonly ContestantName[] =>
  asked.map((name) => {
    if ((contestantNames as readonly string[]).includes(name)) return name as ContestantName;
    throw new CommandFailure(
      `no parameterization ${JSON.stringify(name)}: use ${contestantNames.join(", ")}`,
      exitCodes.usage,
    );
  });

/** The filter radius of the suite's own pipeline. */
const filter = 2;

/** Relative to the best of the row. */
const excess = (values: readonly number[]): readonly number[] => {
  const best = Math.min(...values);
  return values.map((value) => value / best - 1);
};

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1]!;

export const suiteCommand = async (
  { tasks, parameterizations, iterations }: SuiteCommand,
  terminal: Terminal,
): Promise<ExitCode> => {
  const names = taskNames(tasks);
  const kinds = contestants(parameterizations);
  const rows: { readonly name: string; readonly values: readonly number[] }[] = [];
  for (const name of names) {
    const values: number[] = [];
    for (const kind of kinds) {
      const { options } = contestantOptions(contestantFile(kind, { suite: name }, { iterations, seed: 0, filter }));
      values.push(
        (await runInMemory({ ...(options as object), certificate: false } as never, terminal)).best.objective,
      );
    }
    rows.push({ name, values });
    terminal.write(`${name}  ${values.map((value, k) => `${kinds[k]} ${value.toPrecision(6)}`).join("  ")}\n`);
  }
  const excesses = rows.map(({ values }) => excess(values));
  const summary = kinds.map((kind, k) => {
    const own = excesses.map((row) => row[k]!);
    return [kind, own.filter((value) => value === 0).length, Number((100 * median(own)).toFixed(2))];
  });
  terminal.write(`\n${table(["parameters", "best on", "median excess, %"], summary)}`);
  return exitCodes.success;
};
