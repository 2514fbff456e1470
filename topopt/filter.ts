/**
 * Density filter: weighted average of element densities within a radius, weights max(0, 1 - distance / radius).
 * Linear in the densities; a direct stencil, truncated at the boundary (and a mask) and divided by the truncated sum.
 * Source: Bruns & Tortorelli 2001; rows sum to one, so constants pass unchanged.
 */
import { TooLarge } from "../src/error.ts";
import { fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sizeOf, stridesOf } from "../src/array/shape.ts";
import { convolution } from "../ops/convolution.ts";
import { div } from "../ops/arithmetic.ts";
import { reshape } from "../ops/shape.ts";
import { requireOptions } from "../src/options.ts";
import { requireMesh } from "../library/fem/mesh.ts";
import type { ElementField, GridMesh } from "../library/fem/index.ts";
import { ones } from "../library/numpy/creation.ts";
import { toDType } from "../library/numpy/operand.ts";
import { where } from "../library/numpy/selection.ts";
import { requireField, requireFlags, requireRadius } from "./filter-checks.ts";

export interface FilterOptions {
  /** Length, in the units of the mesh (element widths for unit elements); 0 is the identity. */
  readonly radius: number;
  /** 1 for elements that count, 0 for those that do not: neither as neighbours nor in the divisor. Default all. */
  readonly mask?: ElementField;
}

interface GridSize {
  /** Edge lengths of the box along x, y and z. */
  readonly size: readonly number[];
  /** Numbers of elements, as the axes of element fields. */
  readonly elementShape: readonly number[];
}

/** Edges of an element along the axes of element fields. */
const elementLengths = ({ size, elementShape }: GridSize): readonly number[] =>
  [...size].reverse().map((length, axis) => length / elementShape[axis]!);

/** The radius where none is given: 1.5 of the shortest edge of an element. */
export const defaultRadius = (grid: GridSize): number => 1.5 * Math.min(...elementLengths(grid));

/** Multiplications of one application beyond which a filter is refused: minutes. */
const largestCost = 1e11;

/** Cone weights of the neighbours of an element, cut at the size of the mesh, and how far they reach along every axis. */
const coneWeights = (
  { elementShape, size }: GridMesh,
  radius: number,
): { readonly weights: NDArray; readonly reaches: readonly number[] } => {
  const lengths = elementLengths({ elementShape, size });
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

/** Sums of a field over neighbours, each times its weight; zeros beyond the boundary. */
const weighing = (mesh: GridMesh, radius: number): ((field: NDArray) => NDArray) => {
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
  return (field) =>
    reshape(convolution(reshape(field, { shape: [1, 1, ...mesh.elementShape] }), weights, params), {
      shape: mesh.elementShape,
    });
};

/** The filter within a mask: neighbours outside count neither in the sum nor in its divisor. */
const maskedFilter = (weigh: (field: NDArray) => NDArray, mask: ElementField): ((density: NDArray) => NDArray) => {
  // An element counts itself, so that sums are positive inside; outside any divisor does.
  const sums = where(mask, weigh(mask), 1);
  return (density) => where(mask, div(weigh(where(mask, density, 0)), sums), 0);
};

/**
 * The filter of a mesh, as a function of a field of shape [nely, nelx] or [nelz, nely, nelx] (float64).
 * @param options  radius; mask: the filter averages over elements of the mask alone and is 0 outside it, so that constants
 *   inside pass unchanged up to the mask's edge (Hoyer, Sohl-Dickstein & Greydanus 2019)
 * @throws InvalidOption for a radius that is negative or not finite, and for masks of other numbers than 0 and 1; TooLarge for
 *   a radius that would take minutes; ShapeMismatch for a mask, and the filter for a field, of another shape
 * Derivatives: linear, any order; what lies outside the mask has none. Cost: (2 radius)^2 multiplications per element, in
 * space (2 radius)^3.
 * @example densityFilter(mesh, { radius: 2 })(elementField(mesh, 0.3)).at(0, 0).get() // 0.3
 * @example
 * const mask = elementField(mesh, [[1, 1, 0, 0], [1, 1, 1, 1]]);
 * densityFilter(mesh, { radius: 1.5, mask })(elementField(mesh, 0.5)).at(0).get() // [0.5, 0.5, 0, 0]
 */
export const densityFilter = (mesh: GridMesh, options: FilterOptions): ((density: ElementField) => ElementField) => {
  requireMesh("densityFilter", mesh);
  requireOptions("densityFilter", options, ["radius", "mask"], true);
  const { radius, mask } = options;
  requireRadius("densityFilter", radius);
  if (mask !== undefined) requireField("the mask of densityFilter", mesh, mask);
  const flags = mask === undefined ? undefined : requireFlags("densityFilter", "the mask", mask);
  const apply = filterWithin(mesh, radius, flags);
  return (density) => {
    requireField("densityFilter", mesh, density);
    return apply(density) as ElementField;
  };
};

const filterWithin = (
  mesh: GridMesh,
  radius: number,
  mask: ElementField | undefined,
): ((density: NDArray) => NDArray) => {
  if (radius === 0) return (density) => (mask === undefined ? density : where(mask, density, 0));
  const weigh = weighing(mesh, radius);
  if (mask !== undefined) {
    const filter = maskedFilter(weigh, mask);
    return (density) => filter(toDType(density, "float64"));
  }
  const sums = weigh(ones(mesh.elementShape));
  return (density) => div(weigh(toDType(density, "float64")), sums);
};
