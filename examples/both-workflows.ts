/**
 * Both workflows of the paper on its MBB beam, 96 x 64 at volume fraction 0.4: pixels by optimality criteria, and an untrained
 * SIREN by Adam. Gradients are certified on the way; out/report.html has pictures, curves, certificates and the published figures.
 * Run: npm start, or npm start -- 20 for fewer iterations of the network
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as nn from "cotangent/nn";
import * as optim from "cotangent/optim";
import {
  constraint,
  historyRows,
  neural,
  objectives,
  optimize,
  pixels,
  problemPicture,
  problems,
} from "cotangent/topopt";
import type { Certificate, IterationEntry, OptimizeResult } from "cotangent/topopt";
import { densityPng, historyCsv, htmlReport, linePlot } from "cotangent/topopt/render";
import type { ReportPart } from "cotangent/topopt/render";

const size = { nelx: 96, nely: 64 };
const problem = problems.mbb(size);
const networkIterations = Number(process.argv[2] ?? 115);
const fixed = (value: number): string => value.toFixed(4);

const tell = ({ iteration, objective, volume, change }: IterationEntry): void => {
  if (iteration < 4 || iteration % 20 === 0)
    console.log(
      `${String(iteration).padStart(5)}  compliance ${fixed(objective).padStart(9)}  volume ${volume.toFixed(6)}  change ${change.toExponential(1)}`,
    );
};
const certify = (certificates: readonly Certificate[]): void => {
  for (const { iteration, gradients, verdict, residual } of certificates)
    console.log(
      `  gradients at iteration ${iteration} ${verdict}: off by ${Math.max(...gradients.map((own) => own.gap)).toExponential(1)} at most; residual ${residual!.toExponential(1)}`,
    );
  if (certificates.some((own) => own.verdict === "failed")) process.exitCode = 1;
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
certify(classical.certificates);

console.log("SIREN 3 x 256, Adam 1e-4");
const network = optimize({
  problem,
  parameterization: neural(problem, nn.siren({ width: 256, depth: 3, omega: 30 }), { volumeFraction: 0.4, filter: 2 }),
  optimizer: optim.chain(optim.clipByGlobalNorm(1), optim.adam(1e-4)),
  stop: { iterations: networkIterations },
  callbacks: [tell],
});
certify(network.certificates);

const folder = join(import.meta.dirname, "..", "out");
mkdirSync(folder, { recursive: true });
const write = (name: string, content: string | Uint8Array): void => {
  writeFileSync(join(folder, name), content);
  console.log(`wrote ${relative(process.cwd(), join(folder, name))}`);
};
const pictureOf = ({ density }: OptimizeResult<unknown>): Uint8Array => densityPng(density, { scale: 4 });
const series = (name: string, { history }: OptimizeResult<unknown>) => ({
  name,
  x: history.map(({ iteration }) => iteration),
  y: history.map(({ objective }) => objective),
});
const convergence = linePlot({
  title: "MBB beam 96 x 64, volume fraction 0.4",
  xLabel: "iteration",
  yLabel: "compliance",
  yScale: "log",
  series: [series("pixels", classical), series("SIREN", network)],
});
const rowOf = (name: string, published: string, { history, milliseconds, counters }: OptimizeResult<unknown>) => {
  const { iteration, objective, volume, greyness } = history.at(-1)!;
  const median = [...milliseconds].sort((left, right) => left - right)[milliseconds.length >> 1]!;
  return [
    name,
    iteration,
    fixed(objective),
    published,
    volume.toFixed(6),
    greyness.toFixed(3),
    `${median.toFixed(1)} ms`,
    counters.factorizations,
  ];
};
const certificateRows = (name: string, { certificates }: OptimizeResult<unknown>) =>
  certificates.flatMap(({ iteration, gradients, residual }) =>
    gradients.map((own) => [
      name,
      iteration,
      own.name,
      own.verdict,
      own.gap.toExponential(1),
      own.pairing?.toExponential(1) ?? "none",
      residual!.toExponential(1),
    ]),
  );
const parts: ReportPart[] = [
  {
    kind: "paragraph",
    text: "Classical and neural topology optimization of one problem, differentiated by the same transforms.",
  },
  {
    kind: "table",
    columns: [
      "parameters",
      "iterations",
      "compliance",
      "published",
      "volume",
      "greyness",
      "median iteration",
      "factorizations",
    ],
    rows: [
      rowOf("pixels, optimality criteria", "60.84 (corrected order)", classical),
      rowOf("SIREN 3 x 256, Adam", "66.10 (iteration 115)", network),
    ],
  },
  {
    kind: "pictures",
    pictures: [
      { caption: "pixels", picture: pictureOf(classical) },
      { caption: "SIREN", picture: pictureOf(network) },
      { caption: "supports and load", picture: problemPicture(problem, { title: "MBB beam 96 x 64" }) },
      { caption: "convergence", picture: convergence },
    ],
  },
  { kind: "heading", text: "Certificates of the gradients" },
  {
    kind: "table",
    caption: "gap: derivative against differences; pairing: reverse against forward mode; residual of the solve",
    columns: ["parameters", "iteration", "of", "verdict", "gap", "pairing", "residual"],
    rows: [...certificateRows("pixels", classical), ...certificateRows("SIREN", network)],
  },
];
write("report.html", htmlReport({ title: "Topology optimization of the MBB beam, classical and neural", parts }));
write("pixels.png", pictureOf(classical));
write("siren.png", pictureOf(network));
write("convergence.svg", convergence);
write("history.csv", historyCsv(historyRows(network.history)));
