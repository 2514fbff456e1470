/**
 * One design variable per element, in [0, 1]: filtered, projected, and held where the problem says so.
 *   density = passive(project(filter(fold(x))))
 * The filter averages over elements of the mask alone; the mask comes last once more, after whatever filter and projection do.
 * Source of the filter within the mask: Hoyer, Sohl-Dickstein & Greydanus 2019.
 */
import { NDArray, isConcrete } from "../src/array/ndarray.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, InvalidProblem } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import { elementField } from "../library/fem/index.ts";
import type { ElementField, GridMesh, GridSystem } from "../library/fem/index.ts";
import { array } from "../library/numpy/creation.ts";
import { add, mul, sub } from "../library/numpy/elementwise.ts";
import { flip } from "../library/numpy/rearranging.ts";
import { defaultRadius, densityFilter } from "./filter.ts";
import { requireField, requireMade } from "./filter-checks.ts";
import type { Continuation, Parameterization } from "./parameterization.ts";
import { requireProblem } from "./problems/problem.ts";
import { requirePassive } from "./problems/index.ts";
import type { Problem } from "./problems/index.ts";

/** A function of element fields. */
export type FieldMap = (field: ElementField, at: Continuation) => NDArray;

/** A function that is known to give an element field. */
export type ElementMap = (field: ElementField, at: Continuation) => ElementField;

/**
 * Axes along which a design is its own mirror image: x is left to right, y top to bottom, z, in space, front to back. "both"
 * are the first two, "all" those that the mesh has.
 */
export type Symmetry = "left-right" | "top-bottom" | "front-back" | "both" | "all";

export interface PixelOptions {
  /**
   * Radius of the density filter, which averages over elements of the problem's mask alone; or another filter: any function of
   * an element field, whose result the mask is applied to. A radius is a length in the units of the mesh. Default 1.5 element
   * widths, of the shortest edge of an element: 1.5 where elements are of unit size; 0 for none.
   */
  readonly filter?: number | FieldMap;
  /** After the filter, as (field, { beta }) => tanhProjection(field, { beta }). Default none. */
  readonly projection?: FieldMap;
  /** Where to start, in [0, 1]: a number or a field. Default the problem's volume fraction, 0.5 where it has none. */
  readonly initial?: number | ElementField;
  /** Mask and solid field of the problem have to be their own mirror images, too. Default none. */
  readonly symmetry?: Symmetry;
}

/** Axes of an element field that are flipped, from behind. */
const mirroredAxes: Readonly<Record<Symmetry, readonly number[]>> = {
  "left-right": [-1],
  "top-bottom": [-2],
  "front-back": [-3],
  both: [-1, -2],
  all: [-1, -2, -3],
};

/** Names of the symmetries that a mesh can have. */
const symmetriesOf = ({ dimensions }: GridMesh): readonly string[] =>
  Object.keys(mirroredAxes).filter((name) => dimensions === 3 || name !== "front-back");

/** Axes of an element field in words, the last one first. */
const axisNames = ["x (left to right)", "y (top to bottom)", "z (front to back)"] as const;

/** Refuses a passive field that no symmetric design can hold to. */
const requireMirrored = (
  asked: string,
  name: string,
  symmetry: Symmetry,
  axes: readonly number[],
  field: NDArray,
): void => {
  const values = field.toTypedArray();
  for (const axis of axes) {
    const mirrored = flip(field, axis).toTypedArray();
    const wrong = values.findIndex((value, element) => value !== mirrored[element]);
    if (wrong < 0) continue;
    throw new InvalidProblem(
      asked,
      `symmetry ${JSON.stringify(symmetry)} with a ${name} that is not its own mirror image along ${axisNames[-1 - axis]}: ` +
        `element ${wrong} is ${values[wrong]}, its mirror image ${mirrored[wrong]}`,
      `Make the ${name} symmetric, or leave this axis out of the symmetry`,
    );
  }
};

/**
 * Makes a field its own mirror image: the mean with the flipped one, axis by axis.
 * @throws InvalidOption for a symmetry that the mesh cannot have, InvalidProblem for a mask or solid field that it would not have
 */
export const symmetrized = <S extends GridSystem>(
  asked: string,
  problem: Problem<S>,
  symmetry: Symmetry | undefined,
): ((field: NDArray) => NDArray) => {
  if (symmetry === undefined) return (field) => field;
  const { mesh } = problem;
  const known = symmetriesOf(mesh);
  if (!known.includes(symmetry))
    throw new InvalidOption(
      asked,
      `symmetry ${showValue(symmetry)} on a mesh ${mesh.dimensions === 3 ? "in space" : "in the plane"}`,
      `Use one of ${known.map((name) => JSON.stringify(name)).join(", ")}`,
    );
  const axes = mirroredAxes[symmetry].slice(0, mesh.dimensions);
  const { mask, solid } = requirePassive(asked, problem);
  if (mask !== undefined) requireMirrored(asked, "mask", symmetry, axes, mask);
  if (solid !== undefined) requireMirrored(asked, "solid field", symmetry, axes, solid);
  return (field) => axes.reduce((folded, axis) => mul(add(folded, flip(folded, axis)), 0.5), field);
};

/** The filter that an option stands for. */
const filterOf = (
  asked: string,
  mesh: GridMesh,
  mask: ElementField | undefined,
  filter: number | FieldMap,
): ElementMap => {
  if (typeof filter === "function")
    return (field, at) => requireMade(`the filter of ${asked}`, mesh, filter(field, at));
  if (typeof filter !== "number" || !(filter >= 0 && filter < Infinity))
    throw new InvalidOption(
      asked,
      `filter ${showValue(filter)}`,
      "Give a radius, a length of 0 or more, or a function of an element field",
    );
  return densityFilter(mesh, mask === undefined ? { radius: filter } : { radius: filter, mask });
};

/** The projection that an option stands for: none leaves the field as it is. */
const projectionOf = (asked: string, mesh: GridMesh, projection: FieldMap | undefined): ElementMap => {
  if (projection === undefined) return (field) => field;
  if (typeof projection !== "function")
    throw new InvalidOption(
      asked,
      `projection ${showValue(projection)}`,
      "Give a function, as (field, { beta }) => tanhProjection(field, { beta })",
    );
  return (field, at) => requireMade(`the projection of ${asked}`, mesh, projection(field, at));
};

/**
 * What follows a design, whoever made it: filter and projection; then the density is held at 0 where the mask is 0, and at 1
 * where the problem is solid.
 * @throws InvalidOption; InvalidProblem as requirePassive; the function InvalidOption and ShapeMismatch for what a filter or
 *   projection returns
 */
export const physicalDensity = <S extends GridSystem>(
  asked: string,
  problem: Problem<S>,
  options: Pick<PixelOptions, "filter" | "projection">,
): ElementMap => {
  const { mesh } = problem;
  const { filter = defaultRadius(mesh), projection } = options;
  const { mask, solid } = requirePassive(asked, problem);
  const blur = filterOf(asked, mesh, mask, filter);
  const project = projectionOf(asked, mesh, projection);
  const open = solid === undefined ? undefined : sub(1, solid);
  return (design, at) => {
    const density = project(blur(design, at), at);
    const masked = mask === undefined ? density : mul(density, mask);
    return (open === undefined ? masked : add(mul(masked, open), solid!)) as ElementField;
  };
};

const isDensity = (value: number): boolean => value >= 0 && value <= 1;

/** The first design: what is known of it lies in [0, 1]. */
const requireInitial = (mesh: GridMesh, initial: number | ElementField): ElementField => {
  if (typeof initial !== "number" && !(initial instanceof NDArray) && !Array.isArray(initial))
    throw new InvalidOption("pixels", `initial ${showValue(initial)}`, "Give a number or an element field, in [0, 1]");
  const field = typeof initial === "number" ? elementField(mesh, initial) : array(initial);
  requireField("the initial field of pixels", mesh, field);
  const values = isConcrete(field) ? field.toTypedArray() : new Float64Array();
  const wrong = values.findIndex((value) => !isDensity(value));
  if (wrong >= 0)
    throw new InvalidOption(
      "pixels",
      typeof initial === "number" ? `initial ${initial}` : `the initial density ${values[wrong]} of element ${wrong}`,
      "Design variables lie in [0, 1]",
    );
  return field.astype("float64") as ElementField;
};

/**
 * A design variable per element.
 * @throws InvalidOption for a filter that is neither a radius nor a function, a projection that is no function, an initial
 *   density outside [0, 1], a symmetry that the mesh cannot have; ShapeMismatch for an initial field of another shape;
 *   InvalidProblem for a mask or solid field that holds other numbers than 0 and 1 or is less symmetric than the design, and for
 *   a mask without a 1; UnknownOption. The density InvalidOption and ShapeMismatch for filters and projections that do not
 *   return a field of the mesh
 * @example pixels(problem, { initial: 0.4 }).density(elementField(mesh, 0.4), {}).at(0, 0).get() // 0.4
 * @example
 * const sharp = pixels(problem, { projection: (field, { beta }) => tanhProjection(field, { beta }) });
 * sharp.density(elementField(mesh, 0.75), { beta: 8 }).at(0, 0).get() // 0.9823372937867089
 */
export const pixels = <S extends GridSystem>(
  problem: Problem<S>,
  options: PixelOptions = {},
): Parameterization<ElementField> => {
  requireOptions("pixels", options, ["filter", "projection", "initial", "symmetry"]);
  requireProblem("pixels", problem);
  const { initial = problem.volumeFraction ?? 0.5, symmetry } = options;
  const first = requireInitial(problem.mesh, initial);
  const fold = symmetrized("pixels", problem, symmetry);
  const finish = physicalDensity("pixels", problem, options);
  return {
    name: "pixels",
    bounds: { lower: 0, upper: 1 },
    init: () => first,
    density: (x, at) => finish(fold(x) as ElementField, at),
  };
};
