/**
 * Picture of a problem's boundary conditions: the grid or a density field, every support, spring, load and output, own weight,
 * and a legend with counts.
 * Supports and loads stand outside of the domain where they can; the frame grows around whatever is drawn.
 * Source: the usual pictograms of structural mechanics; row 0 at the top, u_x right, u_y up.
 */
import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { isDrawable } from "./axis-scale.ts";
import { arrowSample, loadArrow, loadLabels } from "./load-arrows.ts";
import type { ArrowKind, LoadArrow, PictureLoad } from "./load-arrows.ts";
import { placeNode, surroundingBox } from "./picture-grid.ts";
import type { Box, PictureGrid } from "./picture-grid.ts";
import { fontFamily, heading, ink, legend, textWidth } from "./picture-style.ts";
import type { LegendEntry } from "./picture-style.ts";
import { planeField, requireList, requirePositiveInteger, requireText } from "./plane-field.ts";
import { fieldPng } from "./png.ts";
import { springMarks, springSample } from "./spring-marks.ts";
import type { PictureSpring } from "./spring-marks.ts";
import { supportKind, supportMark, supportNames, supportSample } from "./support-marks.ts";
import type { DrawnMark, PictureSupport, SupportKind } from "./support-marks.ts";
import { svgDocument, svgElement } from "./svg.ts";
import type { SvgNode } from "./svg.ts";
import { weightArrow, weightSample } from "./weight-arrow.ts";
import type { PictureWeight } from "./weight-arrow.ts";

/** What to draw. */
export interface BoundaryPicture {
  /** Elements in a row. */
  readonly nelx: number;
  /** Elements in a column. */
  readonly nely: number;
  /** Element field of shape [nely, nelx], or its values row by row, drawn in gray instead of the grid: 0 is white, 1 is black. */
  readonly density?: ArrayData | undefined;
  /** Supported nodes; node = row * (nelx + 1) + column. */
  readonly supports: readonly PictureSupport[];
  /** Loaded nodes, fx to the right and fy up. */
  readonly loads: readonly PictureLoad[];
  /** Nodes tied to the ground. Default none. */
  readonly springs?: readonly PictureSpring[] | undefined;
  /** Nodes whose displacement is read, fx to the right and fy up as its direction. Default none. */
  readonly outputs?: readonly PictureLoad[] | undefined;
  /** Weight of solid material. Default none. */
  readonly weight?: PictureWeight | undefined;
  readonly title?: string | undefined;
}

const asked = "boundaryPicture";
const widestDomain = 600;
const tallestDomain = 420;
const largestCell = 48;
/** Grid lines closer than this would be a gray area. */
const smallestGridCell = 4;
const margin = 24;
const kinds: readonly SupportKind[] = ["x", "y", "xy"];

function gridOf({ nelx, nely }: BoundaryPicture): PictureGrid {
  requirePositiveInteger(asked, "nelx", nelx);
  requirePositiveInteger(asked, "nely", nely);
  return { nelx, nely, cell: Math.min(largestCell, widestDomain / nelx, tallestDomain / nely) };
}

/** Bytes as a data address; btoa exists in Node and browsers. */
function pngAddress(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

function domain(picture: BoundaryPicture, grid: PictureGrid): readonly SvgNode[] {
  const { nelx, nely, cell } = grid;
  const [width, height] = [nelx * cell, nely * cell];
  const border = svgElement("rect", {
    class: "domain",
    x: 0,
    y: 0,
    width,
    height,
    fill: "none",
    stroke: ink.text,
    "stroke-width": 1.2,
  });
  if (picture.density !== undefined) {
    // Enlarged, since some viewers smooth small images whatever image-rendering says.
    const field = planeField(asked, picture.density, { nelx, nely });
    const href = pngAddress(fieldPng(asked, field, { scale: Math.min(8, Math.ceil(cell)) }));
    const attributes = { x: 0, y: 0, width, height, href, preserveAspectRatio: "none", "image-rendering": "pixelated" };
    return [svgElement("image", attributes), border];
  }
  const ground = svgElement("rect", { x: 0, y: 0, width, height, fill: "#f6f8fa" });
  if (cell < smallestGridCell) return [ground, border];
  const vertical = Array.from(
    { length: nelx - 1 },
    (_, at) => `M${((at + 1) * cell).toFixed(2)} 0V${height.toFixed(2)}`,
  );
  const horizontal = Array.from(
    { length: nely - 1 },
    (_, at) => `M0 ${((at + 1) * cell).toFixed(2)}H${width.toFixed(2)}`,
  );
  const lines = svgElement("path", {
    d: [...vertical, ...horizontal].join(""),
    fill: "none",
    stroke: "#dde1e6",
    "stroke-width": 0.6,
  });
  return nelx * nely === 1 ? [ground, border] : [ground, lines, border];
}

function drawSupports(
  picture: BoundaryPicture,
  grid: PictureGrid,
): readonly (DrawnMark & { readonly kind: SupportKind })[] {
  const placed = picture.supports.map((support, at) => {
    const kind = supportKind(support);
    if (kind === undefined)
      throw new InvalidOption(
        asked,
        `support ${at} at node ${showValue(support.node)} that fixes neither x nor y`,
        "Leave it out, or set x or y to true",
      );
    return { kind, place: placeNode(grid, support.node, `support ${at}`) };
  });
  const nodesOf = (wanted: SupportKind): ReadonlySet<number> =>
    new Set(placed.filter(({ kind }) => kind === wanted).map(({ place }) => place.node));
  const sameKind: Readonly<Record<SupportKind, ReadonlySet<number>>> = {
    x: nodesOf("x"),
    y: nodesOf("y"),
    xy: nodesOf("xy"),
  };
  const anyKind = new Set(placed.map(({ place }) => place.node));
  return placed.map(({ kind, place }) => ({
    kind,
    ...supportMark(grid, place, kind, { sameKind: sameKind[kind], anyKind }),
  }));
}

const isForce = ({ fx, fy }: PictureWeight): boolean =>
  [fx, fy].every((own) => typeof own === "number" && isDrawable(own, "linear")) && (fx !== 0 || fy !== 0);

function drawArrows(kind: ArrowKind, loads: readonly PictureLoad[], grid: PictureGrid): readonly LoadArrow[] {
  const places = loads.map((load, at) => {
    if (!isForce(load))
      throw new InvalidOption(
        asked,
        `${kind} ${at} at node ${showValue(load.node)} with components (${showValue(load.fx)}, ${showValue(load.fy)})`,
        "Components are finite numbers up to 1e200, not both 0: leave out what is zero",
      );
    return placeNode(grid, load.node, `${kind} ${at}`);
  });
  const loaded = new Set(places.map(({ node }) => node));
  const largest = loads.reduce((most, { fx, fy }) => Math.max(most, Math.abs(fx), Math.abs(fy)), 0);
  return loads.map((load, at) => {
    const strength = Math.min(1, Math.hypot(load.fx / largest, load.fy / largest));
    return loadArrow(grid, places[at]!, load, { strength, loaded, kind });
  });
}

const isStiffness = (own: unknown): boolean => typeof own === "number" && own >= 0 && own < Infinity;

function drawSprings(
  springs: readonly PictureSpring[],
  arrows: readonly LoadArrow[],
  grid: PictureGrid,
): readonly DrawnMark[] {
  const places = springs.map(({ node, x, y }, at) => {
    if (!isStiffness(x) || !isStiffness(y) || (x === 0 && y === 0))
      throw new InvalidOption(
        asked,
        `spring ${at} at node ${showValue(node)} with stiffness (${showValue(x)}, ${showValue(y)})`,
        "Stiffness is a finite number, 0 or more, not 0 in both directions: leave such a spring out",
      );
    return placeNode(grid, node, `spring ${at}`);
  });
  const sprung = new Set(places.map(({ node }) => node));
  return springs.flatMap((spring, at) =>
    springMarks(grid, places[at]!, spring, {
      sprung,
      arrows: arrows.filter(({ load }) => load.node === spring.node).map(({ direction }) => direction),
    }),
  );
}

function drawWeight(weight: PictureWeight | undefined, grid: PictureGrid): readonly DrawnMark[] {
  if (weight === undefined) return [];
  if (typeof weight !== "object" || weight === null || !isForce(weight))
    throw new InvalidOption(
      asked,
      `weight ${showValue(weight)}`,
      "Give { fx, fy }, finite numbers up to 1e200, not both 0, or leave it out",
    );
  return [weightArrow(grid, weight)];
}

/** Everything with a place in the picture. */
interface DrawnParts {
  readonly supports: readonly (DrawnMark & { readonly kind: SupportKind })[];
  readonly springs: readonly DrawnMark[];
  readonly loads: readonly LoadArrow[];
  readonly outputs: readonly LoadArrow[];
  readonly weight: readonly DrawnMark[];
  readonly labels: readonly DrawnMark[];
}

function drawParts(picture: BoundaryPicture, grid: PictureGrid): DrawnParts {
  const supports = drawSupports(picture, grid);
  const loads = drawArrows("load", picture.loads, grid);
  const outputs = drawArrows("output", picture.outputs ?? [], grid);
  const springs = drawSprings(picture.springs ?? [], [...loads, ...outputs], grid);
  const weight = drawWeight(picture.weight, grid);
  const obstacles: readonly Box[] = [...supports, ...springs, ...outputs, ...weight].map(({ box }) => box);
  return { supports, springs, loads, outputs, weight, labels: loadLabels(loads, obstacles) };
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** Numbers of what is drawn, in words. */
function subtitleOf({ nelx, nely }: PictureGrid, { supports, springs, loads, outputs, weight }: DrawnParts): string {
  return [
    `${nelx} × ${nely} elements`,
    counted(supports.length, "supported node"),
    ...(springs.length === 0 ? [] : [counted(springs.length, "spring")]),
    counted(loads.length, "load"),
    ...(outputs.length === 0 ? [] : [counted(outputs.length, "output")]),
    ...(weight.length === 0 ? [] : ["own weight"]),
  ].join(" · ");
}

function legendEntries({ supports, springs, loads, outputs, weight }: DrawnParts): readonly LegendEntry[] {
  const counts = kinds.map((kind) => supports.filter((support) => support.kind === kind).length);
  const entry = (count: number, sample: () => SvgNode, name: string): readonly LegendEntry[] =>
    count === 0 ? [] : [{ sample: sample(), name: `${name} (${count})` }];
  return [
    ...kinds.flatMap((kind, k) => entry(counts[k]!, () => supportSample(kind), supportNames[kind])),
    ...entry(springs.length, springSample, "spring"),
    ...entry(loads.length, () => arrowSample("load"), "load"),
    ...entry(outputs.length, () => arrowSample("output"), "output"),
    ...(weight.length === 0 ? [] : [{ sample: weightSample(), name: "own weight" }]),
  ];
}

function requirePicture(picture: BoundaryPicture): void {
  const known = ["nelx", "nely", "density", "supports", "loads", "springs", "outputs", "weight", "title"];
  requireOptions(asked, picture, known, true);
  requireText(asked, "title", picture.title);
  for (const name of ["supports", "loads", "springs", "outputs"] as const)
    if (picture[name] !== undefined || name === "supports" || name === "loads") requireList(asked, name, picture[name]);
}

/**
 * The boundary conditions of a problem on a grid, as the text of an SVG file.
 * @param picture  sizes, supports, loads, springs, outputs, weight, an optional density of shape [nely, nelx], title
 * @returns        SVG text: one group of class "support" per support, "spring" per spring and direction, "load" per load and
 *   "output" per output, each with a title that names its node, and one of class "weight"
 * @throws InvalidOption where a node is not on the grid, a support fixes nothing, or a load, spring or weight is zero or not
 *   finite; UnknownOption; ShapeMismatch and InvalidElement where the density does not fit or is not finite
 * @example boundaryPicture({ nelx: 2, nely: 1, supports: [{ node: 0, x: true, y: true }], loads: [{ node: 5, fx: 0, fy: -1 }] }).includes("fy = -1") // true
 */
export function boundaryPicture(picture: BoundaryPicture): string {
  requirePicture(picture);
  const grid = gridOf(picture);
  const title = picture.title ?? "Boundary conditions";
  const parts = drawParts(picture, grid);
  const { supports, springs, loads, outputs, weight, labels } = parts;
  const drawn: readonly DrawnMark[] = [...supports, ...springs, ...weight, ...outputs, ...loads, ...labels];
  const subtitle = subtitleOf(grid, parts);
  const box = surroundingBox(
    grid,
    drawn.map((own) => own.box),
  );
  const needed = Math.max(320, textWidth(subtitle, 12.5));
  const slack = Math.max(0, needed - (box.right - box.left)) / 2;
  const [left, right] = [box.left - slack, box.right + slack];
  const key = legend(legendEntries(parts), left, box.bottom + 20, right - left);
  const top = box.top - 70;
  const children = [
    heading(title, left, top + 26, right - left),
    svgElement("text", { x: left, y: top + 46, "font-size": 12.5, fill: ink.muted }, [subtitle]),
    ...domain(picture, grid),
    ...drawn.map((own) => own.mark),
    key.node,
  ];
  const frame = {
    left: left - margin,
    top,
    width: right - left + 2 * margin,
    height: box.bottom + 20 + key.height + margin / 2 - top,
  };
  return svgDocument({ ...frame, title, description: `Boundary conditions: ${subtitle}`, fontFamily }, children);
}
