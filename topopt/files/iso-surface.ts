/**
 * The surface of a design as triangles: what a density becomes before it is printed or meshed.
 * Solids in space come from marching cubes, designs of the plane are extruded. Material that reaches the end of the domain is cut off flat
 * there, so the surface is always closed.
 */
import { InvalidElement, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { array } from "../../library/numpy/creation.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { regionAbove } from "../render/marching-squares.ts";
import { extrudedRegion } from "./extruded-region.ts";
import { marchingCubes } from "./marching-cubes.ts";
import type { Triangles } from "./marching-cubes.ts";

export interface IsoSurfaceOptions {
  /** Material is where the density exceeds it, 0.5 by default; any finite number. */
  readonly iso?: number | undefined;
  /** Edge lengths [x, y] or [x, y, z] of the whole box, as those of a mesh; unit elements without it. */
  readonly size?: readonly number[] | undefined;
  /** Thickness of a design of the plane, 1 by default, in the unit of `size`. */
  readonly thickness?: number | undefined;
}

/** A closed surface. */
export interface IsoSurface {
  /** x, y, z of every corner: shape [corners, 3], row-major; the origin is the lower left corner of layer 0. */
  readonly vertices: Float64Array;
  /** Corners of every triangle: shape [triangles, 3], row-major; against the clock as seen from outside. */
  readonly triangles: Uint32Array;
}

/** Names of the options, for those that pass them on. */
export const isoSurfaceOptions: readonly string[] = ["iso", "size", "thickness"];

const isLength = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value > 0;

/** Edge lengths of an element along x, y, z. */
const elementSize = (asked: string, shape: Shape, { size, thickness }: IsoSurfaceOptions): readonly number[] => {
  const counts = [...shape].reverse();
  if (size !== undefined && !(Array.isArray(size) && size.length === counts.length && size.every(isLength)))
    throw new InvalidOption(
      asked,
      `size ${showValue(size)}`,
      `Give ${counts.length} positive lengths, those of the whole box`,
    );
  if (thickness !== undefined && (counts.length === 3 || !isLength(thickness)))
    throw new InvalidOption(
      asked,
      `thickness ${showValue(thickness)} for a density of shape ${showShape(shape)}`,
      "Designs of the plane have a positive thickness, solids get theirs from size",
    );
  const lengths = counts.map((count, axis) => (size === undefined ? 1 : size[axis]! / count));
  return counts.length === 3 ? lengths : [...lengths, thickness ?? 1];
};

const requireFinite = (asked: string, values: Float64Array): void => {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new InvalidElement(
      asked,
      `the density ${values[bad]} of element ${bad}, counted row by row`,
      "Densities are finite numbers",
    );
};

const trianglesOf = (values: Float64Array, shape: Shape, iso: number): Triangles => {
  const [nelx, nely] = [shape.at(-1)!, shape.at(-2)!];
  if (shape.length === 2) return extrudedRegion(regionAbove({ nelx, nely, values }, iso), nely);
  const value = (column: number, height: number, layer: number): number =>
    values[(layer * nely + (nely - 1 - height)) * nelx + column]!;
  return marchingCubes({ counts: [nelx, nely, shape[0]!], value }, iso);
};

/** What `isoSurface` does, under the name of who asked. */
export const surfaceOf = (asked: string, density: ArrayData, options: IsoSurfaceOptions): IsoSurface => {
  const { iso = 0.5 } = options;
  if (typeof iso !== "number" || !Number.isFinite(iso))
    throw new InvalidOption(asked, `iso ${showValue(iso)}`, "Give a finite number, such as 0.5");
  const x = array(density);
  if ((x.ndim !== 2 && x.ndim !== 3) || x.size === 0)
    throw new ShapeMismatch(
      asked,
      `a density of shape ${showShape(x.shape)}`,
      "Give an element field: [nely, nelx] or [nelz, nely, nelx]",
    );
  const lengths = elementSize(asked, x.shape, options);
  const values = new Float64Array(x.toTypedArray());
  requireFinite(asked, values);
  const { vertices, corners } = trianglesOf(values, x.shape, iso);
  if (corners.length === 0) {
    const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
    throw new InvalidOption(
      asked,
      `iso ${iso}, where the largest density is ${largest}`,
      "Give an iso below it, or nothing is left",
    );
  }
  return {
    vertices: Float64Array.from(vertices, (place, k) => place * lengths[k % 3]!),
    triangles: Uint32Array.from(corners),
  };
};

/**
 * The closed surface around the material of a design.
 * @param density  element field: [nely, nelx], which is extruded, or [nelz, nely, nelx]; finite
 * @param options  iso; size of the whole box; thickness of a design of the plane
 * @returns        vertices and triangles: every edge belongs to exactly two triangles and is passed in opposite directions, no triangle
 *   is degenerate, normals point outwards. y goes up, x and z run along columns and layers. The surface lies halfway between elements that are full and
 *   void; inner corners and edges of such designs are bevelled by up to half an element, at the ends of the domain by a hundredth
 * @throws ShapeMismatch, InvalidElement for a density that is not finite, InvalidOption (also where no density exceeds iso), TooLarge, UnknownOption,
 *   TracerConversion for a traced density
 * Cost: linear in the elements. Not differentiable. Source: Lorensen & Cline 1987.
 * @example isoSurface([[1]]).triangles.length / 3 // 80
 */
export const isoSurface = (density: ArrayData, options: IsoSurfaceOptions = {}): IsoSurface => {
  requireOptions("isoSurface", options, isoSurfaceOptions);
  return surfaceOf("isoSurface", density, options);
};
