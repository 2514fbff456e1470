/**
 * Both workflows of the paper on its MBB beam, 96 x 64 at volume fraction 0.4: pixels by optimality criteria, and an untrained
 * SIREN by Adam. Gradients are certified on the way; out/report.html has pictures, curves, certificates and the published figures.
 * Run: npm start, or npm start -- 20 for fewer iterations of the network
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as nn from "cotangent/nn";
import * as optim from "cotangent/optim";
import {
  constraint,
  describeCertificate,
  describeIteration,
  neural,
  objectives,
  optimize,
  pixels,
  problems,
  runReport,
} from "cotangent/topopt";
import type { IterationEntry } from "cotangent/topopt";
import { densityPng } from "cotangent/topopt/render";

const problem = problems.mbb({ nelx: 96, nely: 64 });
const tell = (entry: IterationEntry): void => {
  if (entry.iteration < 4 || entry.iteration % 20 === 0) console.log(describeIteration(entry));
};

console.log("pixels, optimality criteria");
const classical = optimize({
  problem,
  parameterization: pixels(problem, { initial: 0.4, filter: 2 }),
  constraints: { volume: constraint(objectives.volume(), "<=", 0.4) },
  optimizer: optim.optimalityCriteria({ move: 0.2 }),
  stop: { iterations: 60 },
  callbacks: [tell],
});

console.log("SIREN 3 x 256, Adam 1e-4");
const network = optimize({
  problem,
  parameterization: neural(problem, nn.siren({ width: 256, depth: 3, omega: 30 }), { volumeFraction: 0.4, filter: 2 }),
  optimizer: optim.chain(optim.clipByGlobalNorm(1), optim.adam(1e-4)),
  stop: { iterations: Number(process.argv[2] ?? 115) },
  callbacks: [tell],
});

const runs = { pixels: classical, SIREN: network };
for (const [name, { certificates, verdict }] of Object.entries(runs)) {
  for (const certificate of certificates) console.log(`${name}: ${describeCertificate(certificate)}`);
  if (verdict === "failed") process.exitCode = 1;
}
const title = "The MBB beam, 96 x 64 at volume fraction 0.4, classical and neural";
const references = { pixels: "60.84 (corrected order)", SIREN: "66.10 (published, iteration 115)" };
mkdirSync("out", { recursive: true });
writeFileSync("out/report.html", runReport(runs, { title, problem, references }));
for (const [name, { density }] of Object.entries(runs))
  writeFileSync(`out/${name.toLowerCase()}.png`, densityPng(density, { scale: 4 }));
console.log("wrote out/report.html, out/pixels.png and out/siren.png");
