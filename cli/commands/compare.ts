/** cotangent compare problem.json --out DIR: the problem of a file with pixels and networks side by side. */
import { configure } from "../../src/configure.ts";
import { isLeft } from "../../src/fp.ts";
import { comparisonPicture, densityPng, historyCsv, htmlReport, linePlot } from "../../topopt/render/index.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { outputFolder } from "../output/folder.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { readRunFile } from "../problem-file/index.ts";
import type { RunFile } from "../problem-file/index.ts";
import { buildOptions } from "../run/build-options.ts";
import { contestantFile, contestantNames } from "../run/contestants.ts";
import type { ContestantName } from "../run/contestants.ts";
import { runInMemory } from "../run/run-in-memory.ts";
import type { MemoryRun } from "../run/run-in-memory.ts";
import { faultLines, loadRunFile } from "./run.ts";

interface Contest {
  readonly name: ContestantName;
  readonly run: MemoryRun;
}

/** A contestant's own problem file, checked like any other. */
export const contestantOptions = (text: string): ReturnType<typeof buildOptions> => {
  const read = readRunFile(text);
  if (isLeft(read)) throw new CommandFailure(faultLines("problem", read.left), exitCodes.usage);
  return buildOptions(read.right);
};

const columns = ["parameters", "iterations", "best objective", "volume", "greyness", "gradients", "seconds"];

const rowOf = ({ name, run }: Contest): readonly (string | number)[] => {
  const { volume, greyness } = run.history[run.best.iteration - 1]!;
  const isPassed = run.certificates.every((own) => own.isPassed);
  const objective = Number(run.best.objective.toPrecision(7));
  return [
    name,
    run.history.length,
    objective,
    Number(volume.toFixed(6)),
    Number(greyness.toFixed(3)),
    isPassed ? "certified" : "WRONG",
    Number(run.seconds.toFixed(1)),
  ];
};

const convergenceOf = (contests: readonly Contest[], title: string): string =>
  linePlot({
    title,
    xLabel: "iteration",
    yLabel: "objective",
    yScale: contests.every(({ run }) => run.history.every(({ objective }) => objective > 0)) ? "log" : "linear",
    series: contests.map(({ name, run }) => ({
      name,
      x: run.history.map(({ iteration }) => iteration),
      y: run.history.map(({ objective }) => objective),
    })),
  });

const rowsByIteration = (contests: readonly Contest[]): Record<string, number>[] =>
  Array.from({ length: Math.max(...contests.map(({ run }) => run.history.length)) }, (_, k) => ({
    iteration: k + 1,
    ...Object.fromEntries(
      contests.flatMap(({ name, run }) => (k < run.history.length ? [[name, run.history[k]!.objective]] : [])),
    ),
  }));

const writeFiles = (
  out: string,
  { title = "comparison", output }: RunFile,
  contests: readonly Contest[],
  size: { nelx: number; nely: number },
): readonly string[] => {
  const folder = outputFolder(out);
  const convergence = convergenceOf(contests, title);
  const designs = contests.map(({ name, run }) => ({
    caption: name,
    note: run.best.objective.toPrecision(5),
    density: run.best.density,
  }));
  const pictures = designs.map(({ caption, note, density }) => ({
    caption: `${caption}: ${note}`,
    picture: densityPng(density.toTypedArray() as Float64Array, { ...size, scale: output.scale }),
  }));
  const report = htmlReport({
    title,
    parts: [
      { kind: "table", columns, rows: contests.map(rowOf) },
      { kind: "pictures", pictures },
      { kind: "pictures", pictures: [{ caption: "convergence", picture: convergence }] },
    ],
  });
  const files = {
    "convergence.svg": convergence,
    "comparison.svg": comparisonPicture({ title, designs }),
    "history.csv": historyCsv(rowsByIteration(contests)),
    "report.html": report,
  };
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  return Object.keys(files);
};

export const compareCommand = async (path: string, out: string, terminal: Terminal): Promise<ExitCode> => {
  const asked = loadRunFile(path);
  configure({ threads: asked.threads });
  const { problem, volumeFraction, stop, seed, parameterization } = asked;
  const contests: Contest[] = [];
  let size = { nelx: 0, nely: 0 };
  for (const name of contestantNames) {
    const fraction = volumeFraction === undefined ? {} : { volumeFraction };
    const text = contestantFile(name, problem, {
      ...fraction,
      iterations: stop.iterations,
      seed,
      filter: parameterization.filter,
    });
    const { options, problem: built } = contestantOptions(text);
    size = built.mesh;
    contests.push({ name, run: await runInMemory(options as never, terminal) });
    terminal.write(`${name}: ${contests.at(-1)!.run.best.objective.toPrecision(7)}\n`);
  }
  terminal.write(`\n${table(columns, contests.map(rowOf))}`);
  terminal.write(`wrote ${writeFiles(out, asked, contests, size).join(", ")} to ${out}\n`);
  return contests.every(({ run }) => run.certificates.every((own) => own.isPassed))
    ? exitCodes.success
    : exitCodes.failed;
};
