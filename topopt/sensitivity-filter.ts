/**
 * Sensitivity filter: blurs the derivative of an objective instead of the density,
 *   dc_e <- sum_i H_ei rho_i dc_i / (max(gamma, rho_e) sum_i H_ei),   H_ei = max(0, radius - distance)
 * Source: Sigmund 1997; Andreassen et al. 2011. As a function: the identity with a reverse rule of its own.
 */
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { requireOptions } from "../src/options.ts";
import type { ElementField, GridMesh } from "../library/fem/index.ts";
import { requireMesh } from "../library/fem/mesh.ts";
import { div, maximum, mul } from "../library/numpy/elementwise.ts";
import { asOperand } from "../library/numpy/operand.ts";
import { customVjp } from "../transforms/custom-vjp.ts";
import { densityFilter } from "./filter.ts";
import { requireField, requireRadius } from "./filter-checks.ts";

export interface SensitivityFilterOptions {
  /** Length, in the units of the mesh (element widths for unit elements); 0 leaves derivatives as they are. */
  readonly radius: number;
  /** Least density to divide by, > 0. Default 1e-3. */
  readonly gamma?: number;
}

/**
 * The identity on element fields whose gradient is not the gradient: in reverse mode the cotangent comes back blurred,
 * weighted with the density. What grad says of an objective behind it is Sigmund's heuristic, which works with optimality
 * criteria and belongs to no objective: differences do not confirm it, line searches may fail on it, and it must not stand
 * before a constraint that is to be met. For a gradient that is one, use densityFilter or helmholtzFilter.
 * @param options  radius; gamma
 * @returns        a function of a field of shape [nely, nelx] or [nelz, nely, nelx], which gives back the field itself
 * @throws InvalidMesh, InvalidOption, UnknownOption, TooLarge for a radius that would take minutes; the function ShapeMismatch
 *   and NotAnArray
 * Derivatives: reverse mode, by the formula above; forward mode is refused with ForwardModeOfCustomVjp; higher orders
 * differentiate the formula. Cost: one density filter per gradient.
 * @example
 * const filter = sensitivityFilter(mesh, { radius: 1.5 });
 * filter(elementField(mesh, 0.3)).at(0, 0).get() // 0.3
 * @example
 * const filter = sensitivityFilter(mesh, { radius: 1.5 });
 * grad((x) => np.sum(filter(x)))(elementField(mesh, 0.3)).at(0, 0).get() // 1
 */
export const sensitivityFilter = (
  mesh: GridMesh,
  options: SensitivityFilterOptions,
): ((density: ElementField) => ElementField) => {
  requireMesh("sensitivityFilter", mesh);
  requireOptions("sensitivityFilter", options, ["radius", "gamma"], true);
  const { radius, gamma = 1e-3 } = options;
  requireRadius("sensitivityFilter", radius);
  if (typeof gamma !== "number" || !(gamma > 0 && gamma < Infinity))
    throw new InvalidOption("sensitivityFilter", `gamma ${showValue(gamma)}`, "gamma is a positive number");
  const average = densityFilter(mesh, { radius });
  const filtered = customVjp((density: NDArray): NDArray => density, {
    fwd: (density: NDArray) => [density, density],
    bwd: (density: NDArray, cotangent: NDArray) => [
      div(average(mul(density, cotangent) as ElementField), maximum(density, gamma)),
    ],
  });
  return function sensitivityFiltered(density) {
    const own = asOperand("sensitivityFilter, the density", density);
    requireField("sensitivityFilter", mesh, own);
    return filtered(own) as ElementField;
  };
};
