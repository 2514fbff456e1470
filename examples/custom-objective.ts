/**
 * An objective of one's own: the sag of one corner under a force there and a load on the top edge, on a problem written as an
 * object literal with a hole. The objective is one line; its gradient, the update and the certificates follow.
 * Run: npm run example -- custom-objective
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { corner, edge, elasticity, elementField, fix, gridMesh, nodalLoad } from "cotangent/fem";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { constraint, describeCertificate, describeIteration, optimize, pixels } from "cotangent/topopt";
import { densityPng } from "cotangent/topopt/render";

const size = { nelx: 48, nely: 24 };
const mesh = gridMesh(size);
const isInHole = (row: number, column: number): boolean => Math.hypot(row - 11.5, column - 20) < 5;
const unitForce = nodalLoad(corner(mesh, "bottomRight"), [0, -1]);
const mask = elementField(
  mesh,
  Array.from({ length: 24 }, (_, row) => Array.from({ length: 48 }, (_, column) => (isInHole(row, column) ? 0 : 1))),
);
const problem = {
  mesh,
  system: elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] }),
  load: nodalLoad(edge(mesh, "top"), [0, -1 / 49]).add(unitForce),
  mask,
};

const { density, certificates } = optimize({
  problem,
  parameterization: pixels(problem, { initial: mask.mul(0.45), filter: 1.5 }),
  objective: ({ displacement }) => np.vdot(unitForce, displacement),
  // Of the whole grid, the hole included: objectives.volume() counts the elements of the mask.
  constraints: { volume: constraint((design) => np.mean(design.density), "<=", 0.4) },
  optimizer: optim.optimalityCriteria({ upper: mask }),
  stop: { iterations: 20 },
  callbacks: [(entry) => console.log(describeIteration(entry))],
});
for (const certificate of certificates) console.log(describeCertificate(certificate));
mkdirSync("out", { recursive: true });
writeFileSync("out/custom-objective.png", densityPng(density, { scale: 8 }));
