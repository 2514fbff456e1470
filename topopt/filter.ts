/**
 * Density filter: weighted average of element densities within a radius, weights max(0, 1 - distance / radius).
 * Linear in the densities; a direct stencil, truncated at the boundary and divided by the truncated sum.
 * Source: Bruns & Tortorelli 2001; rows sum to one, so constants pass unchanged.
 */
import { InvalidOption, ShapeMismatch, TooLarge } from "../src/error.ts";
import { fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape, sizeOf, stridesOf } from "../src/array/shape.ts";
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

/** Cone weights of the neighbours of an element, cut at the size of the mesh, and how far they reach along every axis. */
const coneWeights = (
  { elementShape, size }: GridMesh,
  radius: number,
): { readonly weights: NDArray; readonly reaches: readonly number[] } => {
  const lengths = [...size].reverse().map((length, axis) => length / elementShape[axis]!);
  const reaches = elementShape.map((count, axis) =>
    Math.max(0, Math.min(count - 1, Math.ceil(radius / lengths[axis]!) - 1)),
  );
  const window = reaches.map((reach) => 2 * reach + 1);
  const cost = sizeOf(window) * sizeOf(elementShape);
  if (cost > largestCost)
    throw new TooLarge(
      "densityFilter",
      `radius ${radius} on ${[...elementShape].reverse().join(" x ")} elements takes ${cost.toExponential(1)} multiplications each time`,
      "Use a smaller radius or a coarser grid",
    );
  const strides = stridesOf(window);
  const values = Float64Array.from({ length: sizeOf(window) }, (_, at) => {
    const steps = window.map((extent, axis) => (Math.floor(at / strides[axis]!) % extent) - reaches[axis]!);
    return Math.max(0, 1 - Math.hypot(...steps.map((step, axis) => step * lengths[axis]!)) / radius);
  });
  return { weights: fromBuffer(values, [1, 1, ...window], "float64"), reaches };
};

/**
 * The filter of a mesh, as a function of a field of shape [nely, nelx] or [nelz, nely, nelx] (float64).
 * @throws InvalidOption for a radius that is negative or not finite, TooLarge for one that would take minutes;
 *   the filter throws ShapeMismatch for a field of another shape
 * Derivatives: linear, any order. Cost: (2 radius)^2 multiplications per element, in space (2 radius)^3.
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
        `This mesh needs ${showShape(mesh.elementShape)}: ${mesh.dimensions === 3 ? "layers, " : ""}rows from the top, then columns`,
      );
  };
  if (radius === 0)
    return (density) => {
      requireField(density);
      return density;
    };
  const { weights, reaches } = coneWeights(mesh, radius);
  const unit = reaches.map(() => 1);
  const params = {
    strides: unit,
    padding: reaches.map((reach) => [reach, reach] as const),
    lhsDilation: unit,
    rhsDilation: unit,
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
