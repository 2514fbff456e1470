/** Reports of runs: what they say is what the results hold, and nothing has to be loaded to see it. */
import { describe, expect, test } from "vitest";
import * as optim from "cotangent/optim";
import { constraint, convergencePlot, objectives, optimize, pixels, problems, runReport } from "cotangent/topopt";
import type { OptimizeResult } from "cotangent/topopt";
import type { GridSystem } from "cotangent/fem";
import { expectError } from "../semantics/support.ts";

const problem = problems.mbb({ nelx: 12, nely: 8 });
const run = (step: number, iterations = 3): OptimizeResult<unknown> =>
  optimize({
    problem,
    parameterization: pixels(problem, { initial: 0.4 }),
    constraints: { volume: constraint(objectives.volume(), "<=", 0.4) },
    optimizer: optim.optimalityCriteria({ move: step }),
    stop: { iterations },
  });
const [careful, bold] = [run(0.05), run(0.2)];
const count = (text: string, part: string | RegExp): number => text.split(part).length - 1;
const row = (html: string, name: string): string =>
  html.split("<tr>").find((own) => own.startsWith(`<td>${name}</td>`))!;

describe("runReport", () => {
  const html = runReport(
    { careful, bold },
    { title: "A <beam>", text: ["both & each"], problem, references: { bold: 61.5 } },
  );

  test("shows of every run the best objective, its iteration, its constraints with their slacks, and a reference if it has one", () => {
    for (const [name, { best, history }] of Object.entries({ careful, bold })) {
      const { constraints, volume } = history[best.iteration - 1]!;
      const own = row(html, name);
      expect(own).toContain(`>${Number(best.objective.toPrecision(7))}<`);
      expect(own).toContain(`>${best.iteration}<`);
      expect(own).toContain(`slack ${constraints["volume"]!.slack.toExponential(1)}`);
      expect(own).toContain(volume.toFixed(6));
    }
    expect(row(html, "bold")).toContain(">61.5<");
    expect(row(html, "careful")).toMatch(/<td>-<\/td><\/tr>/u);
  });

  test("has every certificate", () => {
    const checks = [careful, bold].flatMap(({ certificates }) => certificates.flatMap(({ gradients }) => gradients));
    expect(checks.length).toBe(8);
    expect(count(html, "<td>passed</td>")).toBe(8);
    for (const { gap } of checks) expect(html).toContain(gap.toExponential(1));
  });

  test("pictures the designs, the problem and the convergence, inside the file, and escapes text", () => {
    expect([count(html, "image/png;base64"), count(html, "image/svg+xml;base64")]).toEqual([2, 2]);
    expect(html).not.toMatch(/src="(?!data:)|href=|<script/u);
    expect(html).toContain("<h1>A &lt;beam&gt;</h1>");
    expect(html).toContain("<p>both &amp; each</p>");
  });

  test("of designs in space shows all but the designs", () => {
    const space = problems.cantilever3d({ nelx: 4, nely: 2, nelz: 2 });
    const result = optimize({
      problem: space,
      parameterization: pixels(space),
      optimizer: optim.adam(0.01),
      stop: { iterations: 1 },
      certificate: false,
    });
    const own = runReport({ block: result }, { title: "Space", problem: space });
    expect([count(own, "image/png;base64"), count(own, "image/svg+xml;base64")]).toEqual([0, 1]);
    expect(row(own, "block")).toContain(">none<");
  });

  test("of a run that went on from another and whose best design is of the other says what it has of it", () => {
    const further = { ...bold, history: bold.history.filter(({ iteration }) => iteration > bold.best.iteration) };
    expect(row(runReport({ further }, { title: "On" }), "further")).toMatch(/<td>-<\/td><td>-<\/td><td>-<\/td><\/tr>/u);
  });

  test("refuses what is no run, no runs, and references to runs that are not there", () => {
    const title = "Beam";
    expectError(() => runReport({}, { title }), "InvalidOption", "runReport", "one or more");
    expectError(() => runReport({ own: {} as OptimizeResult<unknown> }, { title }), "InvalidOption", '"own"');
    expectError(() => runReport({ bold }, { title, references: { bald: 1 } }), "InvalidOption", '"bald"', "bold");
    expectError(() => runReport({ bold }, { title, scales: 2 } as never), "UnknownOption", "scales");
    expectError(() => runReport({ bold }, { title, scale: -1 }), "InvalidOption", "scale");
  });
});

describe("convergencePlot", () => {
  const withObjectives = (values: readonly number[]): OptimizeResult<unknown, GridSystem> => ({
    ...bold,
    history: values.map((objective, k) => ({ ...bold.history[0]!, iteration: k + 1, objective })),
  });
  const plot = (values: readonly number[]): string =>
    convergencePlot({ own: withObjectives(values) }, { title: "Beam" });

  test("is logarithmic where all objectives are positive, which an interruption does not change", () => {
    const ticks = (svg: string): readonly string[] =>
      [...svg.matchAll(/>([\d.,e+-]+)<\/text>/gu)].map(([, own]) => own!);
    expect(ticks(plot([1000, 10, 1]))).toEqual(ticks(plot([1000, Number.NaN, 1])));
    expect(ticks(plot([1000, 10, 1]))).not.toEqual(ticks(plot([1000, 10, -1])));
  });
});
