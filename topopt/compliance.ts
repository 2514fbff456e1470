/**
 * Compliance f . u, twice the work of the load; with several load cases their sum.
 * Valid for zero prescribed displacements, which is all that supports can say.
 * Gradient by the adjoint method: the adjoint equals the displacement, one factorization serves both.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { feSolve } from "../library/fem/index.ts";
import type { ElementField, Factor, VectorField } from "../library/fem/index.ts";
import { mul } from "../library/numpy/elementwise.ts";
import { sum } from "../library/numpy/reductions.ts";
import type { Problem } from "./problems.ts";

/**
 * Compliance of a structure.
 * @param modulus  Young's modulus per element, shape [nely, nelx], pascal; all > 0
 * @returns        a scalar, newton metre
 * @throws as feSolve
 * Derivatives: forward and reverse, any order. Cost: one factorization.
 * @example compliance(problem, elementField(mesh, 1)).div(compliance(problem, elementField(mesh, 2))) // 2
 */
export const compliance = (problem: Problem, modulus: ElementField): NDArray =>
  complianceAndDisplacement(problem, modulus)[0];

/**
 * The same with the displacement, shape of the load.
 * @example const [c, u] = complianceAndDisplacement(problem, elementField(mesh, 1)); np.vdot(problem.load, u).sub(c) // 0
 */
export const complianceAndDisplacement = (
  { system, load }: Problem,
  modulus: ElementField,
  options: { readonly factor?: Factor } = {},
): [NDArray, VectorField] => {
  const displacement = feSolve(system, modulus, load, options);
  return [sum(mul(load, displacement)), displacement];
};
