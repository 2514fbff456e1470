/**
 * The paper's MBB beam, 96 x 64: minimize compliance at volume fraction 0.4 by optimality criteria.
 * Certifies the gradient against finite differences first, then optimizes and leaves pictures in out/.
 * Run: npm start
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { grad, jit } from "cotangent";
import type { ElementField } from "cotangent/fem";
import { elementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { designObjective, minimizeCompliance, problemPicture, problems } from "cotangent/topopt";
import { densityPng, historyCsv, linePlot } from "cotangent/topopt/render";

const nelx = 96;
const nely = 64;
const setting = { volumeFraction: 0.4, filterRadius: 2, penal: 3, iterations: 60 };
const problem = problems.mbb({ nelx, nely });

/** Largest relative gap between <gradient, direction> and three-level Richardson differences, over a few directions. */
const gradientGap = (): number => {
  const objective = jit((density: ElementField) => designObjective(problem, { ...setting, eMin: 1e-3 })(density)[0]);
  const wave = (phase: number): np.NDArray =>
    np.array(
      Float64Array.from({ length: nelx * nely }, (_, e) => Math.sin(12.9898 * (e + 1) + phase)),
      { shape: [nely, nelx] },
    );
  const density = elementField(problem.mesh, wave(0).mul(0.3).add(0.5));
  const gradient = grad(objective)(density);
  const gaps = [1, 2, 3].map((phase) => {
    const direction = elementField(problem.mesh, wave(phase));
    const difference = (h: number): number =>
      (objective(density.add(direction.mul(h))).item() - objective(density.sub(direction.mul(h))).item()) / (2 * h);
    const [coarse, middle, fine] = [difference(4e-3), difference(2e-3), difference(1e-3)];
    const [once, again] = [middle + (middle - coarse) / 3, fine + (fine - middle) / 3];
    const extrapolated = again + (again - once) / 15;
    return Math.abs(np.vdot(gradient, direction).item() - extrapolated) / Math.abs(extrapolated);
  });
  return Math.max(...gaps);
};

const gap = gradientGap();
console.log(
  `gradient against finite differences: relative gap ${gap.toExponential(1)} ${gap < 1e-6 ? "(certified, below 1e-6)" : "(TOO LARGE)"}`,
);
if (!(gap < 1e-6)) process.exit(1);

const started = performance.now();
const result = minimizeCompliance(problem, {
  ...setting,
  onIteration: ({ iteration, objective, volume, change, milliseconds }) =>
    console.log(
      `${String(iteration).padStart(3)}  objective ${objective.toFixed(6).padStart(11)}  volume ${volume.toFixed(6)}  change ${change.toFixed(4)}  ${milliseconds.toFixed(1).padStart(6)} ms`,
    ),
});
const seconds = (performance.now() - started) / 1000;
const last = result.history.at(-1)!;
console.log(
  `compliance ${last.objective.toFixed(6)} at volume ${last.volume.toFixed(6)} after ${result.history.length} iterations in ${seconds.toFixed(1)} s`,
);
console.log(
  `${result.counters.factorizations} factorizations, ${result.counters.solves} solves, ${result.counters.traces} trace`,
);

const folder = join(import.meta.dirname, "..", "out");
mkdirSync(folder, { recursive: true });
const write = (name: string, content: string | Uint8Array): void => {
  const path = join(folder, name);
  writeFileSync(path, content);
  console.log(`wrote ${relative(process.cwd(), path)}`);
};
const iterations = result.history.map((_, k) => k + 1);
write("mbb-density.png", densityPng(result.density.toTypedArray() as Float64Array, { nelx, nely, scale: 8 }));
write(
  "mbb-convergence.svg",
  linePlot({
    title: `MBB beam ${nelx} x ${nely}: compliance ${last.objective.toFixed(2)} at volume ${last.volume.toFixed(3)}`,
    xLabel: "iteration",
    yLabel: "compliance",
    rightLabel: "volume fraction",
    yScale: "log",
    series: [
      { name: "compliance", x: iterations, y: result.history.map((entry) => entry.objective) },
      { name: "volume", x: iterations, y: result.history.map((entry) => entry.volume), axis: "right" },
    ],
  }),
);
write("mbb-boundary.svg", problemPicture(problem, { title: `MBB beam ${nelx} x ${nely}: supports and loads` }));
write("mbb-history.csv", historyCsv(result.history.map((entry, k) => ({ iteration: k + 1, ...entry }))));
write(
  "mbb-result.json",
  `${JSON.stringify({ problem: "mbb", nelx, nely, options: result.options, reason: result.reason, counters: result.counters, gradientGap: gap, history: result.history, density: result.density }, null, 1)}\n`,
);
