/**
 * An objective of one's own: the sag of one corner under a force there and a load on the top edge, on a problem
 * written as an object literal with a hole. Only the objective is written; grad gives its gradient, optimality criteria the update.
 * Run: npm run example -- custom-objective
 */
import { grad, jit, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import { corner, edge, elasticity, elementField, feSolve, fix, gridMesh, nodalLoad } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { densityFilter, optimalityCriteria, simp } from "cotangent/topopt";
import type { Problem } from "cotangent/topopt";

const mesh = gridMesh({ nelx: 48, nely: 24 });
const isInHole = (row: number, column: number): boolean => Math.hypot(row - 11.5, column - 20) < 5;
const unitForce = nodalLoad(corner(mesh, "bottomRight"), [0, -1]);
const problem: Required<Problem> = {
  mesh,
  system: elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] }),
  load: nodalLoad(edge(mesh, "top"), [0, -1 / 49]).add(unitForce),
  mask: elementField(
    mesh,
    Array.from({ length: 24 }, (_, row) => Array.from({ length: 48 }, (_, column) => (isInHole(row, column) ? 0 : 1))),
  ),
};
const filter = densityFilter(mesh, { radius: 1.5 });
const material = (design: ElementField): ElementField => filter(design).mul(problem.mask);
const sag = (design: ElementField): NDArray =>
  np.vdot(unitForce, feSolve(problem.system, simp(material(design)), problem.load));

const evaluate = jit(valueAndGrad(sag));
const volumeGradient = grad((design: ElementField) => np.mean(material(design)))(elementField(mesh, 1));
let design = problem.mask.mul(0.45);
for (let iteration = 1; iteration <= 20; iteration++) {
  const [value, gradient] = evaluate(design);
  const step = optimalityCriteria({
    design,
    objectiveGradient: gradient,
    volumeGradient,
    volumeFraction: 0.4,
    move: 0.2,
    volumeTolerance: 1e-9,
    upper: problem.mask,
  });
  console.log(
    `${String(iteration).padStart(2)}  sag of the corner ${value.item().toFixed(4).padStart(9)}  volume after the step ${step.volume.toFixed(6)}`,
  );
  design = step.design;
}
