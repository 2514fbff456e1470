/**
 * A bridge that a load drives across: as many load cases as places, and the worst of them decides. vmap over the loads makes one
 * solve with many right-hand sides out of the solve with one, so that every design is factorized once.
 * Run: npm run example -- multi-load
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { counters, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as fem from "cotangent/fem";
import type { VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { constraint, designOf, objectives, optimize, pixels, tanhProjection } from "cotangent/topopt";
import type { Design } from "cotangent/topopt";
import { densityPng } from "cotangent/topopt/render";

const size = { nelx: 64, nely: 24 };
const mesh = fem.gridMesh(size);
const feet = fem.union(fem.corner(mesh, "bottomLeft"), fem.corner(mesh, "bottomRight"));
const places = fem.edge(mesh, "top").nodes.filter((_, k) => k % 4 === 2 && k > 2 && k < 62);
const problem = {
  mesh,
  system: fem.elasticity(mesh, { supports: [fem.fix(feet, "all")] }),
  load: np.stack(places.map((node) => fem.nodalLoad({ mesh, nodes: [node] }, [0, -1]))) as VectorField,
  /** The roadway, one element thick. */
  solid: fem.elementField(mesh, 0).at(0).set(1),
};

/** Compliance of every load case: written for one, mapped over all. */
const compliances = ({ problem: { system, load }, modulus }: Design): NDArray =>
  vmap((force: VectorField) => np.vdot(force, fem.feSolve(system, modulus, force)))(load);

const before = counters();
compliances(designOf(problem, fem.elementField(mesh, 0.3)));
const { factorizations, solves } = counters();
const [factors, solved] = [factorizations - before.factorizations, solves - before.solves];
console.log(`${places.length} load cases: ${factors} factorization, ${solved} solves`);

const { density, history, verdict } = optimize({
  problem,
  parameterization: pixels(problem, {
    initial: 0.3,
    symmetry: "left-right",
    projection: (field, { beta }) => tanhProjection(field, { beta }),
  }),
  // The p-norm stands for the largest.
  objective: (design) => np.pow(np.sum(np.pow(compliances(design), 8)), 1 / 8),
  constraints: { volume: constraint(objectives.volume(), "<=", 0.3) },
  optimizer: optim.mma({ lower: 0, upper: 1, move: 0.2 }),
  continuation: { beta: (iteration) => 2 ** Math.floor(iteration / 20) },
  stop: { iterations: 99 },
});
const of = compliances(designOf(problem, density));
console.log(`compliances from ${np.min(of).item().toFixed(3)} to ${np.max(of).item().toFixed(3)}`);
console.log(`p-norm ${history.at(-1)!.objective.toFixed(3)} at volume ${history.at(-1)!.volume.toFixed(4)}`);
console.log(`gradients ${verdict}`);
mkdirSync("out", { recursive: true });
writeFileSync("out/multi-load.png", densityPng(density, { scale: 8 }));
