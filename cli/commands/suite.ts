/** cotangent suite [small | all | NAME ...]: tasks of the public suite, solved by each parameterization asked for. */
import { isLeft } from "../../src/fp.ts";
import { problems } from "../../topopt/index.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { readRunFile } from "../problem-file/index.ts";
import type { RunFile } from "../problem-file/index.ts";
import { contest } from "../run/contest.ts";
import type { Contest } from "../run/contest.ts";
import { contestantNames, lineUp } from "../run/contestants.ts";

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

const requireKinds = (asked: readonly string[]): readonly string[] => {
  const unknown = asked.find((name) => !(contestantNames as readonly string[]).includes(name));
  if (unknown === undefined) return asked;
  throw new CommandFailure(
    `no parameterization ${JSON.stringify(unknown)}: use ${contestantNames.join(", ")}`,
    exitCodes.usage,
  );
};

/** The problem file of a task, with the filter radius of the suite's own pipeline. */
const fileOf = (suite: string, iterations: number): RunFile => {
  const parameterization = { kind: "pixels", filter: 2 };
  const file = { problem: { suite }, parameterization, optimizer: { kind: "mma" }, stop: { iterations } };
  const read = readRunFile(JSON.stringify(file));
  if (isLeft(read)) throw new CommandFailure(read.left[0].message, exitCodes.usage);
  return read.right;
};

/** The best objective of each contestant on a task; NaN where it has failed. */
interface Row {
  readonly task: string;
  readonly values: readonly number[];
}

const valueOf = ({ result, failure }: Contest): number => (failure === null ? result!.best.objective : Number.NaN);

const cellOf = (own: Contest): string =>
  own.failure === null ? `${own.name} ${valueOf(own).toPrecision(6)}` : `${own.name} failed: ${own.failure.code}`;

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1]!;

/** How often each contestant was best, and by how much it exceeds the best where it has a value. */
const summary = (kinds: readonly string[], rows: readonly Row[]): string => {
  const excesses = rows.map(({ values }) => {
    const least = Math.min(...values.filter(Number.isFinite));
    return values.map((value) => value / least - 1);
  });
  const lines = kinds.map((kind, k) => {
    const own = excesses.map((row) => row[k]!).filter(Number.isFinite);
    const isBest = own.filter((value) => value === 0).length;
    const usual = own.length === 0 ? "-" : Number((100 * median(own)).toFixed(2));
    return [kind, isBest, usual, rows.length - own.length];
  });
  return table(["parameters", "best on", "median excess, %", "failed"], lines);
};

export const suiteCommand = async (
  { tasks, parameterizations, iterations }: SuiteCommand,
  terminal: Terminal,
): Promise<ExitCode> => {
  const names = [...new Set(taskNames(tasks))];
  const kinds = [...new Set(requireKinds(parameterizations))];
  const rows: Row[] = [];
  for (const task of names) {
    const contests: Contest[] = [];
    for (const contestant of lineUp(kinds, fileOf(task, iterations)).contestants)
      contests.push(await contest(contestant, terminal, { certificate: false }));
    rows.push({ task, values: contests.map(valueOf) });
    terminal.write(`${task}  ${contests.map(cellOf).join("  ")}\n`);
  }
  terminal.write(`\n${summary(kinds, rows)}`);
  return rows.every(({ values }) => values.every(Number.isFinite)) ? exitCodes.success : exitCodes.failed;
};
