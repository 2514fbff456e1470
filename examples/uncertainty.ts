/**
 * How much a network's design depends on its first weights: the same run from eight seeds in one compiled program. What is dark in
 * the mean of the designs is there whatever the seed; what is grey is chance.
 * Run: npm run example -- uncertainty
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { array } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { neural, optimizeSeeds, problems } from "cotangent/topopt";
import { densityPng } from "cotangent/topopt/render";

const size = { nelx: 36, nely: 24 };
const problem = problems.mbb(size);
const runs = optimizeSeeds(
  {
    problem,
    parameterization: neural(problem, nn.siren({ width: 32, depth: 3, omega: 20 }), { volumeFraction: 0.4 }),
    optimizer: optim.chain(optim.clipByGlobalNorm(1), optim.adam(3e-3)),
    stop: { iterations: 60 },
  },
  [0, 1, 2, 3, 4, 5, 6, 7],
);
for (const { seed, best, verdict } of runs)
  console.log(`seed ${seed}: compliance ${best.objective.toFixed(3)}, gradients ${verdict}`);

const compliances = array(runs.map(({ best }) => best.objective));
console.log(
  `mean ${np.mean(compliances).item().toFixed(3)}, deviation ${np.std(compliances, { ddof: 1 }).item().toFixed(3)}`,
);
const designs = np.stack(runs.map(({ best }) => best.density));
console.log(
  `deviation of an element's density, on average ${np
    .mean(np.std(designs, { axis: 0 }))
    .item()
    .toFixed(4)}`,
);
mkdirSync("out", { recursive: true });
writeFileSync("out/uncertainty.png", densityPng(np.mean(designs, { axis: 0 }), { scale: 8 }));
