/**
 * Heat conduction with the same pieces as structures: a sheet heated evenly, cooled in the middle of its left edge. The compliance
 * of a conductor is heat times temperature, here the mean temperature; branches grow out of the sink.
 * Run: npm run example -- heat
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as optim from "cotangent/optim";
import { constraint, objectives, optimize, pixels, problems, simp } from "cotangent/topopt";
import { densityPng } from "cotangent/topopt/render";

const size = { nelx: 48, nely: 48 };
const problem = problems.heatSink(size);

const { density, history, verdict, counters } = optimize({
  problem,
  parameterization: pixels(problem, { filter: 1.5, symmetry: "top-bottom" }),
  // Where there is no metal, a thousandth conducts.
  interpolation: (density) => simp(density, { penal: 3, eMin: 1e-3 }),
  constraints: { volume: constraint(objectives.volume(), "<=", 0.4) },
  optimizer: optim.mma,
  stop: { iterations: 60 },
});
for (const { iteration, objective, volume } of history)
  if (iteration === 1 || iteration % 20 === 0)
    console.log(
      `${String(iteration).padStart(2)}  mean temperature ${objective.toFixed(5)}  volume ${volume.toFixed(5)}`,
    );
console.log(`gradients ${verdict}; ${counters.traces} programs compiled`);
mkdirSync("out", { recursive: true });
writeFileSync("out/heat.png", densityPng(density, { scale: 8 }));
