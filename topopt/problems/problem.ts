/**
 * What a problem of topology optimization is: a plain record { mesh, system, load, ... }, so a custom one is an object literal.
 */
import type {
  ElasticitySystem,
  ElementField,
  FieldOf,
  GridMesh,
  GridSystem,
  VectorField,
} from "../../library/fem/index.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidProblem } from "../../src/error.ts";

/** A structure, or a conductor: Problem<HeatSystem>. */
export interface Problem<S extends GridSystem = ElasticitySystem> {
  readonly mesh: GridMesh;
  readonly system: S;
  /**
   * Nodal forces, shape [nely + 1, nelx + 1, 2] or [nelz + 1, nely + 1, nelx + 1, 3]; load cases in front. Of a conductor:
   * nodal heat, without the axis of components.
   */
  readonly load: FieldOf<S>;
  /** 1 where material may be, 0 where the filtered density is held at 0. Default 1 everywhere. */
  readonly mask?: ElementField;
  /** 1 where material is held at density 1, 0 elsewhere; never where the mask is 0. Default 0 everywhere. */
  readonly solid?: ElementField;
  /**
   * Weight of solid material: force per unit of density and area (of volume, in space), newton; [0, -1] weighs down. The
   * nodal forces of a design are those of selfWeight, added to every load case. Default none.
   */
  readonly weight?: readonly number[];
  /**
   * The fraction usually asked for, of the elements where material may be. minimizeCompliance counts the whole grid: under a
   * mask it takes this times the mean of the mask.
   */
  readonly volumeFraction?: number;
  readonly name?: string;
}

/** Refuses what is no problem: a mesh, say, where its problem is meant. */
export const requireProblem = (asked: string, problem: unknown): void => {
  const { mesh, system, load } = (problem ?? {}) as Partial<Problem>;
  if ([mesh, system, load].some((part) => typeof part !== "object" || part === null))
    throw new InvalidProblem(asked, `${showValue(problem)} in the place of a problem`, "Give a { mesh, system, load }");
};

/** A problem whose objective is a displacement: sum(output * u) is that of the output port. */
export interface Mechanism extends Problem {
  /** 1 at the output port in its direction, 0 elsewhere; shape of the load. */
  readonly output: VectorField;
}

export interface ProblemSize {
  readonly nelx: number;
  readonly nely: number;
}

export interface SpaceProblemSize extends ProblemSize {
  readonly nelz: number;
}
