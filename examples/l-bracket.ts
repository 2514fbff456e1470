/**
 * The lightest L-bracket whose stress stays below a limit: in the constraint the p-norm of the relaxed stresses stands for the largest
 * one, and lies above it. The stiffest design of the same volume, beside it, is over the limit.
 * Run: npm run example -- l-bracket
 */
import { mkdirSync, writeFileSync } from "node:fs";
import type { NDArray } from "cotangent";
import { elementField } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as optim from "cotangent/optim";
import { checkGrads } from "cotangent/testing";
import {
  constraint,
  designOf,
  largestStress,
  objectives,
  optimize,
  pixels,
  pNormStress,
  problems,
} from "cotangent/topopt";
import { comparisonPicture } from "cotangent/topopt/render";

const limit = 1.5;
const stress = pNormStress({ p: 12, limit });
// The stress of a small bracket as a function of its design variables: all derivatives up to the second.
const small = problems.lBracket({ nelx: 10, nely: 10 });
const stressOf = (x: ElementField): NDArray => stress(designOf(small, pixels(small).density(x, {})));
const { comparisons } = checkGrads(stressOf, [elementField(small.mesh, 0.6)]);
console.log(`${comparisons} derivatives of the stress agree with differences`);

const problem = problems.lBracket({ nelx: 50, nely: 50 });
const common = {
  problem,
  parameterization: pixels(problem, { initial: 0.6 }),
  optimizer: optim.mma({ lower: 0, upper: 1, move: 0.05 }),
  stop: { iterations: 120 },
};
const { best, verdict } = optimize({
  ...common,
  objective: objectives.volume(),
  // A little below 1: a run counts violations of up to 1e-4 of the bound as none.
  constraints: { stress: constraint(stress, "<=", 0.999) },
});
const volume = constraint(objectives.volume(), "<=", best.objective);
const stiffest = optimize({ ...common, constraints: { volume } });

const designs = Object.entries({ lightest: best.density, stiffest: stiffest.density }).map(([name, density]) => {
  const design = designOf(problem, density);
  const [norm, largest] = [stress(design).item(), largestStress({ limit })(design).item()];
  const share = objectives.volume()(design, {}).item();
  console.log(`${name}: p-norm ${norm.toFixed(4)}, largest stress ${largest.toFixed(4)}, volume ${share.toFixed(4)}`);
  if (name === "lightest" && !(norm <= 1 && largest <= norm)) process.exitCode = 1;
  return { density, caption: `${name}: ${largest.toFixed(2)}` };
});
console.log(`gradients ${verdict}`);
mkdirSync("out", { recursive: true });
writeFileSync("out/l-bracket.svg", comparisonPicture({ designs, title: "Largest stress over its limit" }));
