/**
 * Runs as pictures for people: their convergence in one plot, and a report of one HTML file with designs, constraints,
 * certificates and costs side by side.
 */
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import type { GridSystem } from "../library/fem/index.ts";
import { densityPng, htmlReport, linePlot } from "./render/index.ts";
import type { ReportPart } from "./render/index.ts";
import type { IterationEntry, OptimizeResult } from "./optimize/index.ts";
import { problemPicture } from "./problem-picture.ts";
import type { Problem } from "./problems/index.ts";

/** Runs by the names under which they are shown. */
export type NamedRuns = Readonly<Record<string, OptimizeResult<unknown, GridSystem>>>;

export interface RunReportOptions {
  readonly title: string;
  /** Paragraphs before all else. */
  readonly text?: readonly string[];
  /** Whose supports and loads are drawn, where it is a structure in the plane. */
  readonly problem?: Problem<GridSystem>;
  /** What to compare objectives with, by names of runs: published values, say. */
  readonly references?: Readonly<Record<string, string | number>>;
  /** Pixels per element of the designs; 4 without. */
  readonly scale?: number;
}

const entriesOf = (asked: string, runs: NamedRuns): readonly (readonly [string, NamedRuns[string]])[] => {
  const entries = Object.entries(runs ?? {});
  const wrong = entries.find(([, run]) => !Array.isArray((run as Partial<NamedRuns[string]> | null)?.history));
  if (entries.length === 0 || wrong !== undefined)
    throw new InvalidOption(
      asked,
      wrong === undefined ? `runs ${showValue(runs)}` : `${showValue(wrong[1])} as the run ${showValue(wrong[0])}`,
      "Give results of optimize by their names, one or more: { pixels: result }",
    );
  return entries;
};

/**
 * SVG of the objectives of runs by their iterations; the axis of objectives is logarithmic where all are positive. Iterations
 * that came to nothing interrupt the line.
 * @param runs  results of optimize by names for the legend
 * @throws InvalidOption, UnknownOption
 * @example
 * const result = optimize({ problem, parameterization: pixels(problem), optimizer: optim.adam(0.01), stop: { iterations: 2 } });
 * convergencePlot({ pixels: result }, { title: "Beam" }) // <svg ...
 */
export const convergencePlot = (runs: NamedRuns, options: { readonly title: string }): string => {
  const asked = "convergencePlot";
  requireOptions(asked, options, ["title"]);
  const series = entriesOf(asked, runs).map(([name, { history }]) => ({
    name,
    x: history.map(({ iteration }) => iteration),
    y: history.map(({ objective }) => objective),
  }));
  const isPositive = series.every(({ y }) => y.every((value) => Number.isNaN(value) || value > 0));
  return linePlot({
    ...options,
    xLabel: "iteration",
    yLabel: "objective",
    yScale: isPositive ? "log" : "linear",
    series,
  });
};

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1] ?? Number.NaN;

/** "volume 0.4000 <= 0.4, slack 1.2e-9", and what the parameterization keeps by itself. */
const kept = ({ constraints, enforced }: IterationEntry): string =>
  [
    ...Object.entries(constraints).map(
      ([name, { value, sense, bound, slack }]) =>
        `${name} ${value.toPrecision(4)} ${sense} ${bound}, slack ${slack.toExponential(1)}`,
    ),
    ...Object.entries(enforced).map(([name, off]) => `${name} off by ${off.toExponential(1)}`),
  ].join("; ") || "none";

const designColumns = ["run", "iterations", "ended by", "best at", "objective", "constraints", "volume", "greyness"];

/** A run's row about its best design; its entry is missing where that is of an earlier run that this one went on from. */
const designRow = (name: string, { history, best, reason }: NamedRuns[string]): readonly (string | number)[] => {
  const entry = history.find(({ iteration }) => iteration === best.iteration);
  const [volume, greyness] = entry === undefined ? ["-", "-"] : [entry.volume.toFixed(6), entry.greyness.toFixed(3)];
  const objective = Number(best.objective.toPrecision(7));
  const constraints = entry === undefined ? "-" : kept(entry);
  return [name, history.length, reason, best.iteration, objective, constraints, volume, greyness];
};

const costs = (runs: readonly (readonly [string, NamedRuns[string]])[]): ReportPart => ({
  kind: "table",
  columns: ["run", "seconds", "median iteration", "factorizations", "solves"],
  rows: runs.map(([name, { milliseconds, counters }]) => [
    name,
    Number((milliseconds.reduce((sum, own) => sum + own, 0) / 1000).toFixed(2)),
    `${median(milliseconds).toFixed(1)} ms`,
    counters.factorizations,
    counters.solves,
  ]),
});

const certificates = (runs: readonly (readonly [string, NamedRuns[string]])[]): ReportPart => ({
  kind: "table",
  caption:
    "gap: derivative against differences; pairing: reverse against forward mode; residual: of the linear system's solve",
  columns: ["run", "iteration", "of", "verdict", "gap", "pairing", "residual"],
  rows: runs.flatMap(([name, run]) =>
    run.certificates.flatMap(({ iteration, gradients, residual }) =>
      gradients.map((own) => [
        name,
        iteration,
        own.name,
        own.verdict,
        own.gap.toExponential(1),
        own.pairing?.toExponential(1) ?? "none",
        residual?.toExponential(1) ?? "none",
      ]),
    ),
  ),
});

const isPlaneStructure = (problem: Problem<GridSystem>): problem is Problem =>
  problem.system.kind === "elasticity" && problem.mesh.dimensions === 2;

/**
 * One HTML file about runs, which loads nothing: their best designs, what they keep and cost, their convergence, and the
 * certificates of their gradients. Designs in space have no pictures.
 * @param runs  results of optimize by their names
 * @throws InvalidOption, UnknownOption
 * @example
 * const result = optimize({ problem, parameterization: pixels(problem), optimizer: optim.adam(0.01), stop: { iterations: 2 } });
 * runReport({ pixels: result }, { title: "Beam", problem }).slice(0, 15) // <!doctype html>
 */
export const runReport = (runs: NamedRuns, options: RunReportOptions): string => {
  const asked = "runReport";
  requireOptions(asked, options, ["title", "text", "problem", "references", "scale"]);
  const entries = entriesOf(asked, runs);
  const { title, text = [], problem, references = {}, scale = 4 } = options;
  const unknown = Object.keys(references).find((name) => !Object.hasOwn(runs, name));
  if (unknown !== undefined)
    throw new InvalidOption(asked, `a reference for ${showValue(unknown)}`, `Runs are ${Object.keys(runs).join(", ")}`);
  const isCompared = Object.keys(references).length > 0;
  const designs = entries.flatMap(([name, { best }]) =>
    best.density.ndim === 2 ? [{ caption: name, picture: densityPng(best.density, { scale }) }] : [],
  );
  const drawing =
    problem !== undefined && isPlaneStructure(problem)
      ? [{ caption: "supports and loads", picture: problemPicture(problem, { title }) }]
      : [];
  const parts: ReportPart[] = [
    ...text.map((own): ReportPart => ({ kind: "paragraph", text: own })),
    {
      kind: "table",
      columns: [...designColumns, ...(isCompared ? ["reference"] : [])],
      rows: entries.map(([name, run]) => [...designRow(name, run), ...(isCompared ? [references[name] ?? "-"] : [])]),
    },
    {
      kind: "pictures",
      pictures: [...designs, ...drawing, { caption: "convergence", picture: convergencePlot(runs, { title }) }],
    },
    { kind: "heading", text: "Certificates of the gradients" },
    certificates(entries),
    { kind: "heading", text: "Cost" },
    costs(entries),
  ];
  return htmlReport({ title, parts });
};
