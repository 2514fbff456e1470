/**
 * Helmholtz filter: the density smoothed by -R^2 lap(u) + u = rho with zero slope at the boundary, R = radius / (2 sqrt 3).
 * Density to nodal source (integrals of the shape functions), finite element solve, mean of the corners. The cost does not
 * depend on the radius, and what is factorized is factorized once.
 * Source: Lazarov & Sigmund 2011; R makes the kernel's second moment in one dimension that of the cone of this radius.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { InvalidOption } from "../src/error.ts";
import { requireMesh } from "../library/fem/mesh.ts";
import { requireOptions } from "../src/options.ts";
import { elementField, elementMeans, feFactor, feSolve, helmholtz, sourceLoad } from "../library/fem/index.ts";
import type { ElementField, GridMesh, SolverOption } from "../library/fem/index.ts";
import { longestLength } from "../library/fem/helmholtz.ts";
import { add, sub } from "../library/numpy/elementwise.ts";
import { toDType } from "../library/numpy/operand.ts";
import { mean } from "../library/numpy/statistics.ts";
import { requireField, requireRadius } from "./filter-checks.ts";

export interface HelmholtzFilterOptions {
  /** Length of the cone filter it stands for, in the units of the mesh; 0 is the identity. */
  readonly radius: number;
  /** Of the solve. Default "auto", which chooses by the size of the grid. */
  readonly solver?: SolverOption;
}

/** Radius over the length of the equation. */
const radiusPerLength = 2 * Math.sqrt(3);

/** Element means of the solution whose source is a field: symmetric, since sourceLoad is the transpose of elementMeans. */
const smoothing = (mesh: GridMesh, { radius, solver }: HelmholtzFilterOptions): ((field: NDArray) => NDArray) => {
  const system = helmholtz(mesh, { length: radius / radiusPerLength, ...(solver === undefined ? {} : { solver }) });
  const modulus = elementField(mesh, 1);
  const factor = feFactor(system, modulus);
  return (field) => elementMeans(mesh, feSolve(system, modulus, sourceLoad(mesh, field as ElementField), { factor }));
};

/**
 * The filter of a mesh, as a function of a field of shape [nely, nelx] or [nelz, nely, nelx] (float64). Symmetric; constants
 * and the mean of every field are kept, to the last digits whatever the solver's tolerance, since the mean passes by the solve.
 * In the plane, with square elements and a radius of two of their widths or more, values stay between the extremes of the
 * field (in space none was seen to leave them). With smaller radii they may pass them by up to a tenth of the range next to a
 * jump: keep such densities from falling below 0 before a solve (np.clip). As the radius goes to 0 an average over neighbours
 * remains, that of the nodes in between.
 * @param options  radius; solver, as of heatConduction
 * @throws InvalidOption for a radius that is negative, or so large that rounding is all that is left (3e5 element widths),
 *   and for solvers; the filter ShapeMismatch for a field of another shape, InvalidLoad for one that is not finite
 * Derivatives: linear, its own transpose, any order. Cost: one factorization when the filter is made, kept for every
 * application and derivative; one solve each.
 * @example helmholtzFilter(mesh, { radius: 2 })(elementField(mesh, 0.3)).at(0, 0).get() // 0.3
 */
export const helmholtzFilter = (
  mesh: GridMesh,
  options: HelmholtzFilterOptions,
): ((density: ElementField) => ElementField) => {
  requireMesh("helmholtzFilter", mesh);
  requireOptions("helmholtzFilter", options, ["radius", "solver"], true);
  const { radius } = options;
  requireRadius("helmholtzFilter", radius);
  const longest = radiusPerLength * longestLength(mesh);
  if (!(radius <= longest))
    throw new InvalidOption(
      "helmholtzFilter",
      `radius ${radius}`,
      `On this mesh a radius is at most ${longest.toPrecision(3)}: use the mean of the field`,
    );
  const smooth = radius === 0 ? undefined : smoothing(mesh, options);
  return (density) => {
    requireField("helmholtzFilter", mesh, density);
    if (smooth === undefined) return density;
    const field = toDType(density, "float64");
    const middle = mean(field);
    const smoothed = smooth(sub(field, middle));
    return add(sub(smoothed, mean(smoothed)), middle) as ElementField;
  };
};
