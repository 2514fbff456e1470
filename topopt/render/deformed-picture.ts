/**
 * A design under load: every element with its corners moved by the displacement, enlarged so that it can be seen.
 * Elements of about the same density share a path, in sixteen shades; void is left out.
 */
import { InvalidElement, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { showShape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { array } from "../../library/numpy/creation.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { colormaps } from "./colormaps.ts";
import type { SampledField } from "./marching-squares.ts";
import { framed } from "./picture-frame.ts";
import { ink } from "./picture-style.ts";
import { planeField, requireLength, requireText } from "./plane-field.ts";
import { svgElement, svgNumber } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

export interface DeformedPictureOptions {
  /** Element field, shape [nely, nelx]; values outside [0, 1] take the shade of the nearer end. */
  readonly density: ArrayData;
  /** Nodal displacements, shape [nely + 1, nelx + 1, 2]: right and up, in element widths where `magnification` is given. */
  readonly displacement: ArrayData;
  /** How many times as long as they are displacements are drawn; by default the longest is a tenth of the longer side. */
  readonly magnification?: number | undefined;
  /** Picture units (CSS pixels) along the edge of an element, 8 by default. */
  readonly scale?: number | undefined;
  readonly title?: string | undefined;
}

const shades = 16;

const nodalValues = ({ nelx, nely }: SampledField, displacement: ArrayData): Float64Array => {
  const u = array(displacement);
  if (u.ndim !== 3 || u.shape[0] !== nely + 1 || u.shape[1] !== nelx + 1 || u.shape[2] !== 2)
    throw new ShapeMismatch(
      "deformedPicture",
      `a displacement of shape ${showShape(u.shape)}`,
      `This density needs ${showShape([nely + 1, nelx + 1, 2])}; draw load cases one by one`,
    );
  const values = new Float64Array(u.toTypedArray());
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new InvalidElement(
      "deformedPicture",
      `the displacement ${values[bad]} of node ${bad >> 1}`,
      "Displacements are finite numbers",
    );
  return values;
};

/** Drawn lengths for displacements of one. */
const factorFor = ({ nelx, nely }: SampledField, values: Float64Array, magnification: number | undefined): number => {
  if (magnification !== undefined) {
    if (typeof magnification !== "number" || !Number.isFinite(magnification))
      throw new InvalidOption("deformedPicture", `magnification ${showValue(magnification)}`, "Give a finite number");
    return magnification;
  }
  let longest = 0;
  for (let k = 0; k < values.length; k += 2) longest = Math.max(longest, Math.hypot(values[k]!, values[k + 1]!));
  return longest === 0 ? 0 : (0.1 * Math.max(nelx, nely)) / longest;
};

/** Places of the nodes in picture units, y down. */
const movedNodes = (field: SampledField, values: Float64Array, factor: number, scale: number): Float64Array =>
  values.map((value, k) => {
    const node = k >> 1;
    const row = Math.floor(node / (field.nelx + 1));
    return scale * (k % 2 === 0 ? (node % (field.nelx + 1)) + factor * value : row - factor * value);
  });

/** Paths of the elements by shade, the lightest first. */
const shadePaths = ({ nelx, values }: SampledField, nodes: Float64Array): readonly SvgNode[] => {
  const outlines = Array.from({ length: shades + 1 }, (): string[] => []);
  for (let element = 0; element < values.length; element++) {
    const shade = Math.round(shades * Math.min(1, Math.max(0, values[element]!)));
    if (shade === 0) continue;
    const first = Math.floor(element / nelx) * (nelx + 1) + (element % nelx);
    const around = [first, first + 1, first + nelx + 2, first + nelx + 1];
    outlines[shade]!.push(
      `M${around.map((node) => `${svgNumber(nodes[2 * node]!)} ${svgNumber(nodes[2 * node + 1]!)}`).join("L")}Z`,
    );
  }
  return outlines.flatMap((elements, shade) => {
    if (elements.length === 0) return [];
    const fill = `rgb(${colormaps.gray(shade / shades).join(",")})`;
    return [svgElement("path", { class: "elements", d: elements.join(""), fill, stroke: fill, "stroke-width": 0.4 })];
  });
};

/**
 * SVG of a design deformed by its displacement, over the outline of the domain at rest.
 * @param options  density, displacement, magnification, scale, title
 * @returns        text of the file
 * @throws ShapeMismatch, InvalidElement for a value that is not finite, InvalidOption, UnknownOption, TracerConversion
 * Cost: linear in the elements.
 * @example deformedPicture({ density: [[1]], displacement: np.zeros([2, 2, 2]) }).slice(0, 4) // "<svg"
 */
export const deformedPicture = (options: DeformedPictureOptions): string => {
  requireOptions("deformedPicture", options, ["density", "displacement", "magnification", "scale", "title"], true);
  const { density, displacement, magnification, scale = 8, title } = options;
  requireLength("deformedPicture", "scale", scale);
  requireText("deformedPicture", "title", title);
  const field = planeField("deformedPicture", density);
  const values = nodalValues(field, displacement);
  const factor = factorFor(field, values, magnification);
  const nodes = movedNodes(field, values, factor, scale);
  const [restWidth, restHeight] = [field.nelx * scale, field.nely * scale];
  let [left, top, right, bottom] = [0, 0, restWidth, restHeight];
  for (let k = 0; k < nodes.length; k += 2) {
    [left, right] = [Math.min(left, nodes[k]!), Math.max(right, nodes[k]!)];
    [top, bottom] = [Math.min(top, nodes[k + 1]!), Math.max(bottom, nodes[k + 1]!)];
  }
  const rest = svgElement("rect", {
    width: restWidth,
    height: restHeight,
    fill: "none",
    stroke: ink.axis,
    "stroke-width": 1,
    "stroke-dasharray": "4 3",
  });
  const moved = svgElement("g", { transform: `translate(${svgNumber(-left)} ${svgNumber(-top)})` }, [
    rest,
    ...shadePaths(field, nodes),
  ]);
  const description = `${field.nelx} x ${field.nely} elements, displacements drawn ${factor.toPrecision(3)} times as long`;
  return framed({ title, kind: "Deformed design", description, width: right - left, height: bottom - top }, [moved]);
};
