/**
 * Contours of an element field as filled shapes that stay sharp at every size.
 * For each level the region above it, as closed lines with holes by the even-odd rule; rounded by quadratic B-splines, which
 * have the corners as control points and hence stay within them.
 * Source: Maple 2003 (marching squares); SVG 2, section 9.3 for paths.
 */
import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { colormaps } from "./colormaps.ts";
import type { ColormapName } from "./colormaps.ts";
import { regionAbove } from "./marching-squares.ts";
import type { Region } from "./marching-squares.ts";
import { framed } from "./picture-frame.ts";
import { ink } from "./picture-style.ts";
import { planeField, requireColormap, requireLength, requireText } from "./plane-field.ts";
import type { FieldSize } from "./plane-field.ts";
import { svgElement, svgNumber } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

export interface ContourOptions extends FieldSize {
  /** Values whose regions above are drawn, [0.5] by default: finite, rising. */
  readonly levels?: readonly number[] | undefined;
  /** Picture units (CSS pixels) along the edge of an element, 8 by default. */
  readonly scale?: number | undefined;
  /** "gray" by default. A region takes the colour halfway to the next level, the last one that of 1. */
  readonly colormap?: ColormapName | undefined;
  /** Whether lines are rounded, true by default; straight from crossing to crossing else. */
  readonly smooth?: boolean | undefined;
  readonly title?: string | undefined;
}

type Point = readonly [x: number, y: number];

const written = ([x, y]: Point): string => `${svgNumber(x)} ${svgNumber(y)}`;

const middle = ([ax, ay]: Point, [bx, by]: Point): Point => [(ax + bx) / 2, (ay + by) / 2];

/** A closed line through the points. */
const straight = (points: readonly Point[]): string => `M${points.map(written).join("L")}Z`;

/** A closed line from middle to middle of the sides, bent towards the points between. */
const rounded = (points: readonly Point[]): string => {
  const start = written(middle(points.at(-1)!, points[0]!));
  const bends = points.map(
    (point, k) => `Q${written(point)} ${written(middle(point, points[(k + 1) % points.length]!))}`,
  );
  return `M${start}${bends.join("")}Z`;
};

const regionPath = ({ points, loops }: Region, scale: number, isSmooth: boolean): string =>
  loops
    .map((loop) => loop.map((at): Point => [points[2 * at]! * scale, points[2 * at + 1]! * scale]))
    .map(isSmooth ? rounded : straight)
    .join("");

const requireLevels = (levels: readonly number[]): void => {
  const isRising = (level: unknown, k: number): boolean =>
    Number.isFinite(level) && (k === 0 || (level as number) > levels[k - 1]!);
  if (!Array.isArray(levels) || levels.length === 0 || !levels.every(isRising))
    throw new InvalidOption(
      "contourSvg",
      `levels ${showValue(levels)}`,
      "Give finite numbers, each above the one before",
    );
};

const fillOf = (levels: readonly number[], k: number, colormap: ColormapName): string => {
  const next = levels[k + 1];
  const shade = next === undefined ? 1 : Math.min(1, Math.max(0, (levels[k]! + next) / 2));
  return `rgb(${colormaps[colormap](shade).join(",")})`;
};

/**
 * SVG of the regions where a field exceeds one or more levels.
 * @param density  element field: an array of shape [nely, nelx], or values row by row, with nelx and nely among the options; finite
 * @param options  levels, scale, colormap, smooth, title; nelx, nely
 * @returns        text of the file: one path a level, painted in order, all of whose lines are closed
 * @throws ShapeMismatch, InvalidElement for a value that is not finite, InvalidOption, UnknownOption, TracerConversion
 * Cost: linear in the elements, for every level.
 * @example contourSvg([[0, 1], [1, 1]], { levels: [0.5], title: "Corner" }).slice(0, 4) // "<svg"
 */
export const contourSvg = (density: ArrayData, options: ContourOptions = {}): string => {
  requireOptions("contourSvg", options, ["nelx", "nely", "levels", "scale", "colormap", "smooth", "title"]);
  const { levels = [0.5], scale = 8, colormap = "gray", smooth = true, title } = options;
  requireLevels(levels);
  requireLength("contourSvg", "scale", scale);
  requireColormap("contourSvg", colormap);
  requireText("contourSvg", "title", title);
  if (typeof smooth !== "boolean")
    throw new InvalidOption("contourSvg", `smooth ${showValue(smooth)}`, "Give true or false");
  const field = planeField("contourSvg", density, options);
  const [width, height] = [field.nelx * scale, field.nely * scale];
  const paths = levels.map((level, k): SvgNode =>
    svgElement("path", {
      class: "contour",
      d: regionPath(regionAbove(field, level), scale, smooth),
      fill: fillOf(levels, k, colormap),
      "fill-rule": "evenodd",
    }),
  );
  const outline = svgElement("rect", { x: 0, y: 0, width, height, fill: "none", stroke: ink.axis, "stroke-width": 1 });
  const description = `Regions above ${levels.join(", ")} of a field of ${field.nelx} x ${field.nely} elements`;
  return framed({ title, kind: "Contours", description, width, height }, [...paths, outline]);
};
