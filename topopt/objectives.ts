/**
 * Objectives and constraint functions: pure scalars of a design. A new one is a function like these.
 */
import { sameShape, showShape } from "../src/array/shape.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { InvalidProblem, ShapeMismatch } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import type { GridSystem, ScalarField, VectorField } from "../library/fem/index.ts";
import { array } from "../library/numpy/creation.ts";
import { mul } from "../library/numpy/elementwise.ts";
import { sum } from "../library/numpy/reductions.ts";
import { mean } from "../library/numpy/statistics.ts";
import type { Design, Objective } from "./design.ts";

/** Axes of load cases come first: f . u of every case, shape of these axes. */
const workOfCases = ({ problem, load, displacement }: Design<GridSystem>): NDArray => {
  const caseAxes = load.ndim - (problem.system.fixed as NDArray).ndim;
  return sum(mul(load, displacement), { axis: Array.from({ length: load.ndim - caseAxes }, (_, k) => caseAxes + k) });
};

export interface ComplianceOptions {
  /** One weight per load case, 0 or more. Default 1 each. */
  readonly weights?: readonly number[];
}

/**
 * Compliance f . u, newton metre; of several load cases the weighted sum. Of a conductor: heat times temperature.
 * @throws InvalidProblem for weights below 0; the objective ShapeMismatch for as many weights as there are no load cases
 * Derivatives: any order. Cost: one solve, which is its own adjoint.
 * @example objectives.compliance()(designOf(problem, elementField(mesh, 1))).sub(compliance(problem, simp(elementField(mesh, 1)))) // 0
 */
const complianceOf = (options: ComplianceOptions = {}): Objective<GridSystem> => {
  requireOptions("objectives.compliance", options, ["weights"]);
  const { weights } = options;
  if (weights !== undefined && !(Array.isArray(weights) && weights.every((weight) => weight >= 0 && weight < Infinity)))
    throw new InvalidProblem(
      "objectives.compliance",
      `weights ${JSON.stringify(weights)}`,
      "Weights are finite numbers, 0 or more, one per load case",
    );
  return function compliance(design) {
    const work = workOfCases(design);
    if (weights === undefined) return sum(work);
    if (work.size !== weights.length)
      throw new ShapeMismatch(
        "objectives.compliance",
        `${weights.length} weights for load cases of shape ${showShape(work.shape)}`,
        "Give one weight per load case",
      );
    return sum(mul(work.reshape([weights.length]), array(weights)));
  };
};

/**
 * A displacement, or any linear functional of it: output . u. Mechanisms make it small, or large with a minus in the output.
 * @param output  shape of the problem's load, load cases included
 * @throws the objective ShapeMismatch for another shape
 * @example objectives.displacement(problem.load)(designOf(problem, elementField(mesh, 1))) // 38.30172777744493
 */
const displacementOf =
  (output: VectorField | ScalarField): Objective<GridSystem> =>
  ({ displacement: u }) => {
    if (!sameShape(output.shape, u.shape))
      throw new ShapeMismatch(
        "objectives.displacement",
        `an output of shape ${showShape(output.shape)} for displacements of shape ${showShape(u.shape)}`,
        "Give one number per degree of freedom, of every load case: nodalLoad(nodes, [1, 0])",
      );
    return sum(mul(output, u));
  };

/**
 * Mean density where material may be: the mask's elements, or all.
 * Derivatives: linear. Cost: one pass.
 * @example objectives.volume()(designOf(problem, elementField(mesh, 0.5))) // 0.5
 */
const volumeOf =
  (): Objective<GridSystem> =>
  ({ density, problem: { mask } }) =>
    mask === undefined ? mean(density) : sum(mul(density, mask)).div(sum(mask));

/** Scalars of a design by name. */
export const objectives: {
  readonly compliance: typeof complianceOf;
  readonly displacement: typeof displacementOf;
  readonly volume: typeof volumeOf;
} = { compliance: complianceOf, displacement: displacementOf, volume: volumeOf };
