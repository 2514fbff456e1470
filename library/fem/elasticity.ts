/**
 * Linear elasticity on a grid: plane stress on rectangles, or bricks in space.
 * Elements: bilinear quadrilaterals and trilinear hexahedra, integrated exactly (kernels/sparse).
 */
import { h8Elasticity } from "../../kernels/sparse/hexahedron.ts";
import { q4PlaneStress } from "../../kernels/sparse/quadrilateral.ts";
import type { SolverOption } from "../../ops/fe-solver-choice.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { requireMesh } from "./mesh.ts";
import type { GridMesh, VectorField } from "./mesh.ts";
import type { Direction, Spring, Support } from "./supports.ts";
import { elementLengths, makeSystem } from "./system.ts";
import type { GridSystemRecord } from "./system.ts";

export interface ElasticityOptions {
  readonly supports: readonly Support[];
  /** Poisson's ratio, in (-1, 0.5). Default 0.3. */
  readonly poisson?: number;
  /** Springs from nodes to the ground. Default none. */
  readonly springs?: readonly Spring[];
  /** Default "auto", which chooses by the size of the grid. */
  readonly solver?: SolverOption;
}

/**
 * A linear elastic structure: everything but moduli and loads.
 * `elementMatrix`: in the plane [8, 8], dofs (x, y) of lower left, lower right, upper right, upper left; in space [24, 24],
 * dofs (x, y, z) of these four at smaller z, then at larger z. `fixed`, `prescribed`: shape of a displacement,
 * [nely + 1, nelx + 1, 2] or [nelz + 1, nely + 1, nelx + 1, 3].
 */
export interface ElasticitySystem extends GridSystemRecord<Direction, VectorField> {
  readonly kind: "elasticity";
  readonly poisson: number;
}

/**
 * An elastic structure: plane stress of thickness 1, or a solid where the mesh has layers. Supports given twice are merged.
 * @throws InvalidOption (also supports that contradict each other), InvalidMesh (also supports of another mesh), TooLarge (a
 *   direct solver whose factor does not fit). Missing supports show in the first solve: NotPositiveDefinite names a dof
 *   that can move
 * @example elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] }).elementMatrix.shape // [8, 8]
 * @example
 * const block = gridMesh({ nelx: 4, nely: 2, nelz: 2 });
 * elasticity(block, { supports: [fix(face(block, "left"), "all")] }).elementMatrix.shape // [24, 24]
 */
export const elasticity = (mesh: GridMesh, options: ElasticityOptions): ElasticitySystem => {
  requireMesh("elasticity", mesh);
  requireOptions("elasticity", options, ["supports", "poisson", "springs", "solver"], true);
  const { supports, poisson = 0.3, springs = [], solver } = options;
  if (typeof poisson !== "number" || !(poisson > -1 && poisson < 0.5))
    throw new InvalidOption("elasticity", `poisson ${showValue(poisson)}`, "Poisson's ratio lies in (-1, 0.5)");
  const element = mesh.dimensions === 3 ? h8Elasticity : q4PlaneStress;
  const elementMatrix = element(poisson, ...elementLengths(mesh));
  const components = mesh.dimensions === 3 ? (["x", "y", "z"] as const) : (["x", "y"] as const);
  return makeSystem("elasticity", mesh, { components, elementMatrix, supports, springs, solver }, {
    kind: "elasticity",
    poisson,
  } as const);
};
