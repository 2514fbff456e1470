/**
 * The paper's MBB beam, 96 x 64: minimize compliance at volume fraction 0.4 by optimality criteria, in one call.
 * Its gradient is compared with finite differences first; pictures, history and result are left in out/.
 * Run: npm run example -- mbb
 */
import { mkdirSync, writeFileSync } from "node:fs";
import type { NDArray } from "cotangent";
import { elementField } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { checkGrads } from "cotangent/testing";
import { designObjective, minimizeCompliance, problemPicture, problems } from "cotangent/topopt";
import { densityPng, historyCsv, linePlot } from "cotangent/topopt/render";

const setting = { volumeFraction: 0.4, filterRadius: 2, penal: 3 };
const size = { nelx: 96, nely: 64 };
const problem = problems.mbb(size);

const waves = np.sin(np.arange(size.nelx * size.nely).mul(12.9898)).reshape(problem.mesh.elementShape);
const compliance = (density: ElementField): NDArray => designObjective(problem, setting)(density)[0];
const { worst } = checkGrads(compliance, [elementField(problem.mesh, waves.mul(0.3).add(0.5))], { order: 1 });
console.log(`gradient off from finite differences by ${Math.max(...Object.values(worst)).toExponential(1)} at most`);

const { density, history, counters, options, reason } = minimizeCompliance(problem, {
  ...setting,
  iterations: 60,
  onIteration: ({ iteration, objective, volume, change, milliseconds }) =>
    console.log(
      `${String(iteration).padStart(3)}  compliance ${objective.toFixed(6).padStart(11)}  volume ${volume.toFixed(6)}  change ${change.toFixed(4)}  ${milliseconds.toFixed(1).padStart(6)} ms`,
    ),
});
const { factorizations, solves, traces } = counters;
console.log(`${factorizations} factorizations, ${solves} solves, ${traces} trace`);

mkdirSync("out", { recursive: true });
const write = (name: string, content: string | Uint8Array): void => {
  writeFileSync(`out/${name}`, content);
  console.log(`wrote out/${name}`);
};
const iterations = history.map((_, k) => k + 1);
const curves = [
  { name: "compliance", x: iterations, y: history.map((entry) => entry.objective) },
  { name: "volume", x: iterations, y: history.map((entry) => entry.volume), axis: "right" as const },
];
write("mbb-density.png", densityPng(density, { scale: 8 }));
write("mbb-boundary.svg", problemPicture(problem, { title: "MBB beam: supports and load" }));
write(
  "mbb-convergence.svg",
  linePlot({ title: "MBB beam", xLabel: "iteration", yLabel: "compliance", yScale: "log", series: curves }),
);
write("mbb-history.csv", historyCsv(history.map((entry, k) => ({ iteration: k + 1, ...entry }))));
write("mbb-result.json", JSON.stringify({ ...size, options, reason, counters, history, density }));
