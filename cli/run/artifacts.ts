/**
 * The files of a run that has ended, of its best design; the animation ends with the last one. They follow from the problem
 * file and the run's state alone, byte for byte: no clock, no path, no name of a machine.
 */
import { npy, safetensors, stl, threeMf, vti } from "../../topopt/files/index.ts";
import { animatedPng, contourSvg, densityPng, historyCsv, linePlot } from "../../topopt/render/index.ts";
import { historyRows, problemPicture } from "../../topopt/index.ts";
import type { IterationEntry, Problem } from "../../topopt/index.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { OutputFolder } from "../output/folder.ts";
import type { OutputFormat, RunFile } from "../problem-file/index.ts";
import type { AnyProblem } from "./build-problem.ts";
import { outcomeOf } from "./outcome.ts";
import type { SavedRun } from "./saved-run.ts";

const convergence = (history: readonly IterationEntry[], title: string): string => {
  const x = history.map(({ iteration }) => iteration);
  const objective = history.map((entry) => entry.objective);
  return linePlot({
    title,
    xLabel: "iteration",
    yLabel: "objective",
    rightLabel: "volume fraction",
    // Designs without a value interrupt the line.
    yScale: objective.every((value) => Number.isNaN(value) || value > 0) ? "log" : "linear",
    series: [
      { name: "objective", x, y: objective },
      { name: "volume", x, y: history.map(({ volume }) => volume), axis: "right" },
    ],
  });
};

/** The animation: frames on the way, then the last design. */
const animationOf = ({ frames, state: { last } }: SavedRun): readonly NDArray[] => {
  const isShown = frames.at(-1)?.iteration === last!.iteration;
  return [...frames.map(({ density }) => density), ...(isShown ? [] : [last!.density.astype("float32")])];
};

type Files = Readonly<Record<string, string | Uint8Array>>;

const ofThePlane = "pictures show designs of the plane";

/** What each format makes, by file name; or why there is nothing to be made of the design. */
const makers = (
  file: RunFile,
  problem: AnyProblem,
  run: SavedRun,
): Readonly<Record<OutputFormat, () => Files | string>> => {
  const { density, params } = run.state.best!;
  const { mesh } = problem;
  const { nelx, nely, size } = mesh;
  const { scale } = file.output;
  const isPlane = mesh.dimensions === 2;
  const title = file.title ?? `${nelx} x ${nely}${mesh.nelz === undefined ? "" : ` x ${mesh.nelz}`}`;
  const none = {};
  const hasSurface = density.toTypedArray().some((value) => value > 0.5);
  const surface = (make: () => Files): Files | string => (hasSurface ? make() : "no density is above one half");
  const { history, certificates } = run;
  return {
    png: () => (isPlane ? { "design.png": densityPng(density, { scale }) } : ofThePlane),
    svg: () => ({
      "convergence.svg": convergence(history, title),
      ...(isPlane ? { "design.svg": contourSvg(density, { scale, title }) } : none),
      ...(isPlane && problem.system.kind === "elasticity"
        ? { "boundary.svg": problemPicture(problem as Problem, { title, density }) }
        : none),
    }),
    apng: () => (isPlane ? { "animation.png": animatedPng(animationOf(run), { scale }) } : ofThePlane),
    csv: () => ({ "history.csv": historyCsv(historyRows(history)) }),
    json: () => {
      const result = { title: file.title ?? null, ...outcomeOf(run), certificates, asked: file, history };
      return { "result.json": `${JSON.stringify(result, null, 1)}\n` };
    },
    npy: () => ({ "design.npy": npy(density) }),
    vti: () => ({ "design.vti": vti({ mesh, cellData: { density } }) }),
    stl: () => surface(() => ({ "design.stl": stl(density, { size }) })),
    "3mf": () => surface(() => ({ "design.3mf": threeMf(density, { size, title }) })),
    safetensors: () => ({ "params.safetensors": safetensors({ params }) }),
  };
};

/** What was written, by name, and why a format asked for made no file. */
export interface Artifacts {
  readonly files: readonly string[];
  readonly missing: Readonly<Record<string, string>>;
}

/** Writes the files asked for. */
export const writeArtifacts = (folder: OutputFolder, file: RunFile, problem: AnyProblem, run: SavedRun): Artifacts => {
  const make = makers(file, problem, run);
  const made = file.output.files.map((format) => [format, make[format]()] as const);
  const written = made.flatMap(([, own]) => (typeof own === "string" ? [] : Object.entries(own)));
  for (const [name, content] of written) folder.write(name, content);
  return {
    files: written.map(([name]) => name),
    missing: Object.fromEntries(made.flatMap(([format, own]) => (typeof own === "string" ? [[format, own]] : []))),
  };
};
