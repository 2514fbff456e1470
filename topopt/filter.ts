/**
 * Density filter: weighted average of element densities within a radius, weights max(0, 1 - distance / radius).
 * Linear in the densities; a direct stencil, truncated at the boundary and divided by the truncated sum.
 * Source: Bruns & Tortorelli 2001; rows sum to one, so constants pass unchanged.
 */
import { InvalidOption, ShapeMismatch, TooLarge } from "../src/error.ts";
import { fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import { convolution } from "../ops/convolution.ts";
import { div } from "../ops/arithmetic.ts";
import { reshape } from "../ops/shape.ts";
import { requireOptions } from "../src/options.ts";
import type { ElementField, GridMesh } from "../library/fem/index.ts";
import { ones } from "../library/numpy/creation.ts";
import { toDType } from "../library/numpy/operand.ts";

export interface FilterOptions {
  /** Length, in the units of the mesh (element widths for unit elements); 0 is the identity. */
  readonly radius: number;
}

/** Multiplications of one application beyond which a filter is refused: minutes. */
const largestCost = 1e11;

/** Cone weights of the neighbours of an element, shape [1, 1, 2 a + 1, 2 b + 1], cut at the size of the mesh. */
const coneWeights = (
  { nelx, nely, size }: GridMesh,
  radius: number,
): { readonly weights: NDArray; readonly rows: number; readonly columns: number } => {
  const width = size[0] / nelx;
  const height = size[1] / nely;
  const reach = (edge: number, count: number): number => Math.max(0, Math.min(count - 1, Math.ceil(radius / edge) - 1));
  const rows = reach(height, nely);
  const columns = reach(width, nelx);
  const cost = (2 * rows + 1) * (2 * columns + 1) * nelx * nely;
  if (cost > largestCost)
    throw new TooLarge(
      "densityFilter",
      `radius ${radius} on ${nelx} x ${nely} elements takes ${cost.toExponential(1)} multiplications each time`,
      "Use a smaller radius or a coarser grid",
    );
  const values = new Float64Array((2 * rows + 1) * (2 * columns + 1));
  let at = 0;
  for (let row = -rows; row <= rows; row++)
    for (let column = -columns; column <= columns; column++)
      values[at++] = Math.max(0, 1 - Math.hypot(row * height, column * width) / radius);
  return { weights: fromBuffer(values, [1, 1, 2 * rows + 1, 2 * columns + 1], "float64"), rows, columns };
};

/**
 * The filter of a mesh, as a function of a field of shape [nely, nelx] (float64).
 * @throws InvalidOption for a radius that is negative or not finite, TooLarge for one that would take minutes;
 *   the filter throws ShapeMismatch for a field that is not [nely, nelx]
 * Derivatives: linear, any order. Cost: (2 radius)^2 multiplications per element.
 * @example densityFilter(mesh, { radius: 2 })(elementField(mesh, 0.3)).at(0, 0).get() // 0.3
 */
export const densityFilter = (mesh: GridMesh, options: FilterOptions): ((density: ElementField) => ElementField) => {
  requireOptions("densityFilter", options, ["radius"], true);
  const { radius } = options;
  if (typeof radius !== "number" || !(radius >= 0 && radius < Infinity))
    throw new InvalidOption("densityFilter", `radius ${radius}`, "A radius is a length, 0 or more");
  const requireField = (density: NDArray): void => {
    if (!sameShape(density.shape, mesh.elementShape))
      throw new ShapeMismatch(
        "densityFilter",
        `a field of shape ${showShape(density.shape)}`,
        `This mesh needs ${showShape(mesh.elementShape)}: rows from the top, then columns`,
      );
  };
  if (radius === 0)
    return (density) => {
      requireField(density);
      return density;
    };
  const { weights, rows, columns } = coneWeights(mesh, radius);
  const params = {
    strides: [1, 1],
    padding: [
      [rows, rows],
      [columns, columns],
    ] as const,
    lhsDilation: [1, 1],
    rhsDilation: [1, 1],
    featureGroups: 1,
    batchGroups: 1,
  };
  const weigh = (field: NDArray): NDArray =>
    reshape(convolution(reshape(field, { shape: [1, 1, ...mesh.elementShape] }), weights, params), {
      shape: mesh.elementShape,
    });
  const sums = weigh(ones(mesh.elementShape));
  return (density) => {
    requireField(density);
    return div(weigh(toDType(density, "float64")), sums) as ElementField;
  };
};
