/**
 * Neural topology optimization: the weights of an untrained sine network are the design variables of the MBB beam. Its volume is
 * right in every iteration by construction, and gradients are certified on the way.
 * Run: npm run example -- neural
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as nn from "cotangent/nn";
import * as optim from "cotangent/optim";
import { describeCertificate, describeIteration, neural, optimize, problems } from "cotangent/topopt";
import { densityPng } from "cotangent/topopt/render";

const [size, fine] = [
  { nelx: 48, nely: 32 },
  { nelx: 192, nely: 128 },
];
const problem = problems.mbb(size);
const network = nn.siren({ width: 64, depth: 3, omega: 20 });
const options = { volumeFraction: 0.4, filter: 1.5 };

const { params, history, certificates, density } = optimize({
  problem,
  parameterization: neural(problem, network, options),
  optimizer: optim.chain(optim.clipByGlobalNorm(1), optim.adam(1e-3)),
  stop: { iterations: 60 },
  callbacks: [
    (entry) => {
      if (entry.iteration % 10 === 0 || entry.iteration === 1) console.log(describeIteration(entry));
    },
  ],
});
console.log(`${nn.countParameters(params)} weights for ${density.size} elements`);
const error = Math.max(...history.map(({ enforced }) => Math.abs(enforced["volume"]!)));
console.log(`error of the volume ${error < 1e-12 ? "below 1e-12 in every iteration" : "TOO LARGE"}`);
for (const certificate of certificates) console.log(describeCertificate(certificate));

// The same weights on another grid.
const sharper = neural(problems.mbb(fine), network, { ...options, filter: 6 }).density(params, {});
mkdirSync("out", { recursive: true });
writeFileSync("out/neural.png", densityPng(density, { scale: 8 }));
writeFileSync("out/neural-fine.png", densityPng(sharper, { scale: 2 }));
