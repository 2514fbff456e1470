/**
 * One design variable per element, in [0, 1]: filtered, projected, and held where the problem says so.
 * density = passive(project(filter(fold(x)))); the mask comes last, so that nothing is blurred into where no material may be.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { InvalidOption } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import { elementField } from "../library/fem/index.ts";
import type { ElementField, GridMesh, GridSystem } from "../library/fem/index.ts";
import { add, mul, sub } from "../library/numpy/elementwise.ts";
import { flip } from "../library/numpy/rearranging.ts";
import { densityFilter } from "./filter.ts";
import type { Continuation, Parameterization } from "./parameterization.ts";
import { requirePassive } from "./problems/index.ts";
import type { Problem } from "./problems/index.ts";

/** A function of element fields. */
export type FieldMap = (field: ElementField, at: Continuation) => ElementField;

/** Axes along which a design is its own mirror image. */
export type Symmetry = "left-right" | "top-bottom" | "both";

export interface PixelOptions {
  /** Radius of the density filter, or another filter: any function of an element field. Default 1.5; 0 for none. */
  readonly filter?: number | FieldMap;
  /** After the filter, as (field, { beta }) => tanhProjection(field, { beta }). Default none. */
  readonly projection?: FieldMap;
  /** Where to start: a number or a field. Default the problem's volume fraction, 0.5 where it has none. */
  readonly initial?: number | ElementField;
  readonly symmetry?: Symmetry;
}

/** Axes of an element field that are flipped, from behind. */
const mirroredAxes: Readonly<Record<Symmetry, readonly number[]>> = {
  "left-right": [-1],
  "top-bottom": [-2],
  both: [-1, -2],
};

/** Makes a field its own mirror image: the mean with the flipped one, axis by axis. */
export const symmetrized = (asked: string, symmetry: Symmetry | undefined): ((field: NDArray) => NDArray) => {
  if (symmetry === undefined) return (field) => field;
  if (!Object.hasOwn(mirroredAxes, symmetry))
    throw new InvalidOption(asked, `symmetry ${JSON.stringify(symmetry)}`, 'Use "left-right", "top-bottom" or "both"');
  return (field) => mirroredAxes[symmetry].reduce((folded, axis) => mul(add(folded, flip(folded, axis)), 0.5), field);
};

/** The filter that an option stands for. */
export const filterOf = (mesh: GridMesh, filter: number | FieldMap): FieldMap =>
  typeof filter === "function" ? filter : densityFilter(mesh, { radius: filter });

/**
 * Holds a density at 0 where the mask is 0, and at 1 where the problem is solid.
 * @throws InvalidProblem as requirePassive
 */
export const passive = <S extends GridSystem>(
  asked: string,
  problem: Problem<S>,
): ((density: ElementField) => ElementField) => {
  const { mask, solid } = requirePassive(asked, problem);
  const open = solid === undefined ? undefined : sub(1, solid);
  return (density) => {
    const masked = mask === undefined ? density : mul(density, mask);
    return (open === undefined ? masked : add(mul(masked, open), solid!)) as ElementField;
  };
};

/**
 * A design variable per element.
 * @throws InvalidOption, UnknownOption
 * @example pixels(problem, { initial: 0.4 }).density(elementField(mesh, 0.4), {}).at(0, 0).get() // 0.4
 */
export const pixels = <S extends GridSystem>(
  problem: Problem<S>,
  options: PixelOptions = {},
): Parameterization<ElementField> => {
  requireOptions("pixels", options, ["filter", "projection", "initial", "symmetry"]);
  const { filter = 1.5, projection, initial = problem.volumeFraction ?? 0.5, symmetry } = options;
  const fold = symmetrized("pixels", symmetry);
  const blur = filterOf(problem.mesh, filter);
  const hold = passive("pixels", problem);
  return {
    name: "pixels",
    bounds: { lower: 0, upper: 1 },
    init: () => elementField(problem.mesh, initial).astype("float64") as ElementField,
    density: (x, at) => {
      const blurred = blur(fold(x) as ElementField, at);
      return hold(projection === undefined ? blurred : projection(blurred, at));
    },
  };
};
