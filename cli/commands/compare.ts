/** cotangent compare problem.json --out DIR: the problem of a file with pixels and networks side by side. */
import { configure } from "../../src/configure.ts";
import { comparisonPicture, historyCsv, htmlReport } from "../../topopt/render/index.ts";
import type { ReportPart } from "../../topopt/render/index.ts";
import { convergencePlot, describeCertificate, runReport } from "../../topopt/index.ts";
import type { OptimizeResult } from "../../topopt/index.ts";
import type { GridSystem } from "../../library/fem/index.ts";
import { CommandFailure, exitCodes, Interruption } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { claimed } from "../output/claim.ts";
import { outputFolder } from "../output/folder.ts";
import type { OutputFolder } from "../output/folder.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import type { RunFile } from "../problem-file/index.ts";
import { buildProblem } from "../run/build-problem.ts";
import type { AnyProblem } from "../run/build-problem.ts";
import { contest } from "../run/contest.ts";
import type { Contest } from "../run/contest.ts";
import { contestantNames, lineUp } from "../run/contestants.ts";
import type { Contestant } from "../run/contestants.ts";
import { loadRunFile } from "../run/load-run-file.ts";
import { comparisonName, refuseOccupied } from "../run/occupied.ts";

/** A contest that has come to a design. */
interface Finished {
  readonly name: string;
  readonly result: OptimizeResult<unknown, GridSystem>;
}

const columns = [
  "parameters",
  "iterations",
  "best objective",
  "feasible",
  "volume",
  "greyness",
  "gradients",
  "ended",
  "seconds",
];

const verdicts = { passed: "certified", undecided: "undecided", failed: "WRONG" } as const;

const rowOf = ({ name, result, failure }: Contest): readonly (string | number)[] => {
  if (result === null) return [name, 0, "-", "-", "-", "-", "-", `failed: ${failure!.code}`, "-"];
  const { history, best, verdict, reason, milliseconds } = result;
  const { volume, greyness, isFeasible } = history[best.iteration - 1]!;
  return [
    name,
    history.length,
    Number(best.objective.toPrecision(7)),
    isFeasible ? "yes" : "no",
    Number(volume.toFixed(6)),
    Number(greyness.toFixed(3)),
    verdicts[verdict],
    failure === null ? reason : `failed: ${failure.code}`,
    Number((milliseconds.reduce((sum, own) => sum + own, 0) / 1000).toFixed(1)),
  ];
};

const rowsByIteration = (finished: readonly Finished[]): Record<string, number>[] =>
  Array.from({ length: Math.max(...finished.map(({ result }) => result.history.length)) }, (_, k) => ({
    iteration: k + 1,
    ...Object.fromEntries(
      finished.flatMap(({ name, result: { history } }) => (k < history.length ? [[name, history[k]!.objective]] : [])),
    ),
  }));

/** What has become of a contestant, for programs: numbers with all their digits. */
const recordOf = ({ name, result, failure }: Contest): object => ({
  name,
  best: result === null ? null : result.history[result.best.iteration - 1],
  iterations: result?.history.length ?? 0,
  gradients: result?.verdict ?? null,
  ended: result?.reason ?? null,
  failure,
});

/** Files by name, what says that a comparison is here first; designs in space have no pictures. */
const filesOf = (
  { title = "comparison", output: { scale } }: RunFile,
  problem: AnyProblem,
  contests: readonly Contest[],
): Readonly<Record<string, string>> => {
  const finished = contests.flatMap(({ name, result }) => (result === null ? [] : [{ name, result }]));
  const rows: ReportPart = { kind: "table", columns, rows: contests.map(rowOf) };
  const summary = { [comparisonName]: `${JSON.stringify({ title, contestants: contests.map(recordOf) }, null, 1)}\n` };
  if (finished.length === 0) return { ...summary, "report.html": htmlReport({ title, parts: [rows] }) };
  const runs = Object.fromEntries(finished.map(({ name, result }) => [name, result]));
  const text = contests.flatMap(({ name, failure }) => (failure === null ? [] : [`${name} failed: ${failure.text}`]));
  const designs = finished
    .filter(({ result }) => result.best.density.ndim === 2)
    .map(({ name, result: { best } }) => ({
      caption: name,
      note: best.objective.toPrecision(5),
      density: best.density,
    }));
  return {
    ...summary,
    "convergence.svg": convergencePlot(runs, { title }),
    ...(designs.length === 0 ? {} : { "comparison.svg": comparisonPicture({ title, designs }) }),
    "history.csv": historyCsv(rowsByIteration(finished)),
    "report.html": runReport(runs, { title, text, problem, scale }),
  };
};

/** What is said of a contestant when it is done: its best, what has ended it, and what is wrong with its gradients. */
const sentences = ({ name, result, failure }: Contest): readonly string[] => [
  ...(result === null ? [] : [`${name}: ${result.best.objective.toPrecision(7)}`]),
  ...(failure === null ? [] : [`${name} failed: ${failure.text}`]),
  ...(result?.certificates ?? [])
    .filter(({ isPassed }) => !isPassed)
    .map((own) => `${name}: ${describeCertificate(own)}`),
];

const linesOf = (sentences: readonly string[]): string => sentences.map((line) => `${line}\n`).join("");

/** What has become of the contestants so far. */
const tableOf = (contests: readonly Contest[]): string => table(columns, contests.map(rowOf));

/**
 * Runs one contestant after the other, and writes what there is after each.
 * @throws Interruption  after saying what is finished
 */
const compareIn = async (
  folder: OutputFolder,
  asked: RunFile,
  contestants: readonly Contestant[],
  terminal: Terminal,
): Promise<ExitCode> => {
  refuseOccupied(folder, "a run: use another folder");
  const problem = buildProblem(asked.problem, asked.solver);
  const contests: Contest[] = [];
  let written: readonly string[] = [];
  const wrote = (): string =>
    written.length === 0 ? "" : `${tableOf(contests)}wrote ${written.join(", ")} to ${folder.path}\n`;
  for (const contestant of contestants) {
    try {
      contests.push(await contest(contestant, terminal));
    } catch (error) {
      if (error instanceof Interruption)
        terminal.write(
          `interrupted at ${contestant.name}; finished: ${contests.map(({ name }) => name).join(", ") || "none"}\n${wrote()}`,
        );
      throw error;
    }
    terminal.write(linesOf(sentences(contests.at(-1)!)));
    const files = filesOf(asked, problem, contests);
    for (const [name, content] of Object.entries(files)) folder.write(name, content);
    written = Object.keys(files);
  }
  terminal.write(`\n${wrote()}`);
  const isFailed = contests.some(({ result, failure }) => failure !== null || result?.verdict === "failed");
  return isFailed ? exitCodes.failed : exitCodes.success;
};

export const compareCommand = async (path: string, out: string, terminal: Terminal): Promise<ExitCode> => {
  const asked = loadRunFile(path);
  configure({ threads: asked.threads });
  const { contestants, leftOut } = lineUp([...new Set([...contestantNames, asked.parameterization.kind])], asked);
  terminal.write(linesOf(leftOut));
  if (contestants.length === 0) throw new CommandFailure("nothing is left to compare", exitCodes.usage);
  const folder = outputFolder(out);
  return claimed(folder, () => compareIn(folder, asked, contestants, terminal));
};
