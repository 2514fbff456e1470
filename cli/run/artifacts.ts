/**
 * The files of a run that has ended. They follow from the problem file and the run's state alone, byte for byte: no clock, no
 * path, no name of a machine.
 */
import { npy, safetensors, stl, threeMf, vti } from "../../topopt/files/index.ts";
import { animatedPng, contourSvg, densityPng, historyCsv, linePlot } from "../../topopt/render/index.ts";
import { problemPicture } from "../../topopt/index.ts";
import type { IterationEntry } from "../../topopt/index.ts";
import type { OutputFolder } from "../output/folder.ts";
import type { OutputFormat, RunFile } from "../problem-file/index.ts";
import type { AnyProblem } from "./build-problem.ts";
import type { SavedRun } from "./saved-run.ts";

/** One row of the history: constraints as columns of their own. */
const rowOf = ({ constraints, enforced, continuation, optimizer, isFeasible, ...numbers }: IterationEntry) => ({
  ...numbers,
  isFeasible: isFeasible ? 1 : 0,
  ...Object.fromEntries(
    Object.entries(constraints).flatMap(([name, { value, slack }]) => [
      [name, value],
      [`${name} slack`, slack],
    ]),
  ),
  ...Object.fromEntries(Object.entries(enforced).map(([name, value]) => [`${name} residual`, value])),
  ...continuation,
  ...Object.fromEntries(Object.entries(optimizer).filter(([, value]) => typeof value === "number")),
});

const convergence = (history: readonly IterationEntry[], title: string): string => {
  const x = history.map(({ iteration }) => iteration);
  const objective = history.map((entry) => entry.objective);
  return linePlot({
    title,
    xLabel: "iteration",
    yLabel: "objective",
    rightLabel: "volume fraction",
    yScale: objective.every((value) => value > 0) ? "log" : "linear",
    series: [
      { name: "objective", x, y: objective },
      { name: "volume", x, y: history.map(({ volume }) => volume), axis: "right" },
    ],
  });
};

const summaryOf = (file: RunFile, { history, certificates, state, reason }: SavedRun): object => {
  const { best, last } = state;
  return {
    title: file.title ?? null,
    reason,
    iterations: state.iteration,
    objective: last?.objective ?? null,
    best: best === null ? null : { iteration: best.iteration, objective: best.objective, violation: best.violation },
    certificates,
    asked: file,
    history,
  };
};

/** What each format makes, by file name; nothing where it does not fit the problem. */
const makers = (
  file: RunFile,
  problem: AnyProblem,
  run: SavedRun,
): Readonly<Record<OutputFormat, () => Readonly<Record<string, string | Uint8Array>>>> => {
  const { density, params } = run.state.last!;
  const { mesh } = problem;
  const { nelx, nely, size } = mesh;
  const { scale } = file.output;
  const isPlane = mesh.dimensions === 2;
  const title = file.title ?? `${nelx} x ${nely}${mesh.nelz === undefined ? "" : ` x ${mesh.nelz}`}`;
  const none = {};
  return {
    png: () =>
      isPlane ? { "design.png": densityPng(density.toTypedArray() as Float64Array, { nelx, nely, scale }) } : none,
    svg: () => ({
      "convergence.svg": convergence(run.history, title),
      ...(isPlane ? { "design.svg": contourSvg(density, { nelx, nely, scale, title }) } : none),
      ...(isPlane && problem.system.kind === "elasticity"
        ? { "boundary.svg": problemPicture(problem as never, { title }) }
        : none),
    }),
    apng: () =>
      isPlane && run.frames.length > 0
        ? {
            "animation.png": animatedPng(
              run.frames.map((frame) => frame.density),
              { nelx, nely, scale },
            ),
          }
        : none,
    csv: () => ({ "history.csv": historyCsv(run.history.map(rowOf)) }),
    json: () => ({ "result.json": `${JSON.stringify(summaryOf(file, run), null, 1)}\n` }),
    npy: () => ({ "design.npy": npy(density) }),
    vti: () => ({ "design.vti": vti({ mesh, cellData: { density } }) }),
    stl: () => ({ "design.stl": stl(density, { size }) }),
    "3mf": () => ({ "design.3mf": threeMf(density, { size, title }) }),
    safetensors: () => ({ "params.safetensors": safetensors({ params }) }),
  };
};

/** Writes the files asked for, and says their names. */
export const writeArtifacts = (
  folder: OutputFolder,
  file: RunFile,
  problem: AnyProblem,
  run: SavedRun,
): readonly string[] => {
  const make = makers(file, problem, run);
  const written = file.output.files.flatMap((format) => Object.entries(make[format]()));
  for (const [name, content] of written) folder.write(name, content);
  return written.map(([name]) => name);
};
