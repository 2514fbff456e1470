/**
 * Continuation: penalization and projection grow sharper along the way, so that the design turns from grey to black and white.
 * They are traced, hence nothing compiles anew when they change: the iteration is one program, its certificates are three.
 * Run: npm run example -- continuation
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as optim from "cotangent/optim";
import { constraint, objectives, optimize, pixels, problems, tanhProjection } from "cotangent/topopt";
import { densityPng } from "cotangent/topopt/render";

const size = { nelx: 60, nely: 30 };
const problem = problems.michell(size);

const { density, history, verdict, counters } = optimize({
  problem,
  parameterization: pixels(problem, {
    initial: 0.4,
    filter: 2.5,
    projection: (field, { beta }) => tanhProjection(field, { beta }),
    symmetry: "top-bottom",
  }),
  constraints: { volume: constraint(objectives.volume(), "<=", 0.4) },
  optimizer: optim.mma({ lower: 0, upper: 1, move: 0.2 }),
  continuation: {
    penal: (iteration) => Math.min(3, 1 + 0.5 * Math.floor((iteration - 1) / 10)),
    beta: (iteration) => 2 ** Math.max(0, Math.floor((iteration - 41) / 10)),
  },
  stop: { iterations: 100 },
});
for (const { iteration, objective, greyness, volume, continuation } of history)
  if (iteration % 20 === 0)
    console.log(
      `${String(iteration).padStart(3)}  penal ${continuation["penal"]!.toFixed(1)}  beta ${String(continuation["beta"]).padStart(2)}  compliance ${objective.toFixed(3)}  volume ${volume.toFixed(4)}  greyness ${greyness.toFixed(4)}`,
    );
console.log(`${counters.traces} programs compiled; gradients ${verdict}`);
mkdirSync("out", { recursive: true });
writeFileSync("out/continuation.png", densityPng(density, { scale: 8 }));
