/**
 * Compliance f . u, twice the work of the load; with several load cases their sum.
 * Gradient by the library's transforms. Where supports and springs rest at zero the adjoint equals the displacement and the
 * compiler shares it; one factorization serves both.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { feSolve } from "../library/fem/index.ts";
import type { ElementField, Factor, FieldOf, GridSystem } from "../library/fem/index.ts";
import { mul } from "../library/numpy/elementwise.ts";
import { sum } from "../library/numpy/reductions.ts";
import { requireSolvable } from "./problem-checks.ts";
import type { Problem } from "./problems/index.ts";

/**
 * Compliance of a structure, f . u: the load's own product with the displacement; of a conductor, heat times temperature.
 * Where supports are displaced (fix with a value) the work of their reactions is no part of it: a structure without a load
 * then has compliance 0, and the smallest compliance is not the largest stiffness. The gradient is that of f . u all the
 * same, through the prescribed displacements too; for stiffness against them take reactions(...) . prescribed.
 * @param modulus  Young's modulus per element, shape [nely, nelx] or [nelz, nely, nelx], pascal; all > 0
 * @returns        a scalar, newton metre
 * @throws InvalidProblem and InvalidMesh for what is no problem; as feSolve
 * Derivatives: forward and reverse, any order. Cost: one factorization.
 * @example compliance(problem, elementField(mesh, 1)).div(compliance(problem, elementField(mesh, 2))) // 2
 */
export const compliance = <S extends GridSystem>(problem: Problem<S>, modulus: ElementField): NDArray =>
  complianceAndDisplacement(problem, modulus)[0];

/**
 * The same with the displacement, shape of the load.
 * @example const [c, u] = complianceAndDisplacement(problem, elementField(mesh, 1)); np.vdot(problem.load, u).sub(c) // 0
 */
export const complianceAndDisplacement = <S extends GridSystem>(
  problem: Problem<S>,
  modulus: ElementField,
  options: { readonly factor?: Factor } = {},
): [NDArray, FieldOf<S>] => {
  requireSolvable("compliance", problem);
  const { system, load } = problem;
  const displacement = feSolve(system, modulus, load, options);
  return [sum(mul(load, displacement)), displacement];
};
