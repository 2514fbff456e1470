/**
 * A compliant mechanism: pushed to the right at its input port, it moves its output port to the left, by bending
 * alone. The output displacement is the objective; MMA, since its gradient has both signs.
 * Run: npm run example -- mechanism
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { constraint, designOf, objectives, optimize, pixels, problems } from "cotangent/topopt";
import { deformedPicture, densityPng } from "cotangent/topopt/render";

const size = { nelx: 60, nely: 30 };
const problem = problems.inverter(size);

const { best, history, verdict } = optimize({
  problem,
  parameterization: pixels(problem, { initial: 0.3, filter: 1.5 }),
  objective: objectives.displacement(problem.output),
  constraints: { volume: constraint(objectives.volume(), "<=", 0.3) },
  optimizer: optim.mma({ lower: 0, upper: 1, move: 0.2 }),
  stop: { iterations: 80 },
});
const { objective: output, iteration, density } = best;
const { displacement } = designOf(problem, density);
console.log(
  `output displacement at first ${history[0]!.objective.toFixed(5)}, of the best design ${output.toFixed(5)}`,
);
console.log(`input displacement ${np.vdot(problem.load, displacement).item().toFixed(5)}`);
console.log(`volume ${history[iteration - 1]!.volume.toFixed(5)}`);
console.log(`gradients ${verdict}`);

mkdirSync("out", { recursive: true });
writeFileSync("out/mechanism.png", densityPng(density, { scale: 8 }));
writeFileSync("out/mechanism.svg", deformedPicture({ density, displacement, title: "Force inverter, deformed" }));
