/**
 * A structure that bears nothing but itself.
 * Source: Bruyneel & Duysinx 2005, where an arch comes out.
 */
import { corner, elasticity, fix, gridMesh, union, vectorField } from "../../library/fem/index.ts";
import type { Problem, ProblemSize } from "./problem.ts";

/**
 * Pinned at both lower corners under its own weight, 1 newton for the whole grid if it were solid; no other load. What weighs
 * nothing bends nothing: under its own weight alone the stiffest design is an empty one, and a volume that is bounded from above
 * goes to 0. Ask for the volume from below:
 *   constraints: { volume: constraint(objectives.volume(), ">=", 0.2) }
 */
export const arch = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  const feet = union(corner(mesh, "bottomLeft"), corner(mesh, "bottomRight"));
  return {
    mesh,
    system: elasticity(mesh, { supports: [fix(feet, "all")] }),
    load: vectorField(mesh, 0),
    weight: [0, -1 / (mesh.nelx * mesh.nely)],
    volumeFraction: 0.2,
    name: "arch",
  };
};
