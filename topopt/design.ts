/**
 * What an objective or a constraint is told: a density, what follows from it, and the problem it belongs to.
 * Objectives are pure functions of a design; written each on its own they still share one factorization, since the compiler
 * merges what is equal and removes what is not used.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { elementField, feSolve } from "../library/fem/index.ts";
import type { ElasticitySystem, ElementField, FieldOf, GridSystem } from "../library/fem/index.ts";
import { showValue } from "../src/describe.ts";
import { InvalidProblem } from "../src/error.ts";
import { add } from "../library/numpy/elementwise.ts";
import { requireMade } from "./filter-checks.ts";
import { requireSolvable } from "./problem-checks.ts";
import { simp } from "./interpolation.ts";
import type { Continuation } from "./parameterization.ts";
import type { Problem } from "./problems/index.ts";
import { selfWeight } from "./self-weight.ts";

export interface Design<S extends GridSystem = ElasticitySystem> {
  readonly problem: Problem<S>;
  /** Physical density in [0, 1], shape of an element field. */
  readonly density: ElementField;
  /** Young's modulus (conductivity) of every element, as interpolated from the density. */
  readonly modulus: ElementField;
  /** The same of solid material, which stresses are those of; null where it is not known. */
  readonly solidModulus: ElementField | null;
  /** Nodal forces (heat): the problem's own and those that the density causes. */
  readonly load: FieldOf<S>;
  /** Displacement (temperature) under the load; solved for when it is first asked for. */
  readonly displacement: FieldOf<S>;
}

/** A scalar of a design. */
export type Objective<S extends GridSystem = ElasticitySystem> = (design: Design<S>, at: Continuation) => NDArray;

/** From density to modulus: an element field, of whatever type, whose shape is looked at when it is used. */
export type Interpolation = (density: ElementField, at: Continuation) => NDArray;

/**
 * The design of a density.
 * @param density       shape of an element field
 * @param modulus       of every element; by default SIMP of the density with penal 3, whatever a run has used: the designs of
 *   a run are result.design()
 * @param solidModulus  the same at density 1; 1 by default, unknown where a modulus is given
 * @throws InvalidProblem for what is no problem and a conductor with weight, InvalidOption and ShapeMismatch for what is no
 *   element field of its mesh
 * @example designOf(problem, elementField(mesh, 1)).modulus.at(0, 0).get() // 1
 */
export const designOf = <S extends GridSystem>(
  problem: Problem<S>,
  density: ElementField,
  modulus?: ElementField,
  solidModulus?: ElementField | null,
): Design<S> => {
  requireSolvable("designOf", problem);
  const { mesh, system, weight } = problem;
  requireMade("the density of designOf", mesh, density);
  if (weight !== undefined && (system.kind as string) !== "elasticity")
    throw new InvalidProblem(
      "designOf",
      `weight ${showValue(weight)} of a conductor`,
      "Only structures have weight: leave it out",
    );
  const own = modulus ?? simp(density);
  let displacement: FieldOf<S> | null = null;
  const load = (
    weight === undefined ? problem.load : add(problem.load, selfWeight(mesh, density, weight))
  ) as FieldOf<S>;
  return {
    problem,
    density,
    modulus: own,
    solidModulus: solidModulus ?? (modulus === undefined ? elementField(mesh, 1) : null),
    load,
    get displacement() {
      return (displacement ??= feSolve(problem.system, own, load));
    },
  };
};
