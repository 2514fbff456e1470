/**
 * Picture of a problem's boundary conditions: the grid or a density field, every support and every load, and a legend with counts.
 * Supports and loads stand outside of the domain where they can; the frame grows around whatever is drawn.
 * Source: the usual pictograms of structural mechanics; row 0 at the top, u_x right, u_y up.
 */
import type { ArrayData } from "../../library/numpy/creation.ts";
import { isDrawable } from "./axis-scale.ts";
import { loadArrow, loadLabels, loadSample } from "./load-arrows.ts";
import type { PictureLoad } from "./load-arrows.ts";
import { placeNode, surroundingBox } from "./picture-grid.ts";
import type { Box, PictureGrid } from "./picture-grid.ts";
import { fontFamily, heading, ink, legend, textWidth } from "./picture-style.ts";
import type { LegendEntry } from "./picture-style.ts";
import { planeField } from "./plane-field.ts";
import { fieldPng } from "./png.ts";
import { supportKind, supportMark, supportNames, supportSample } from "./support-marks.ts";
import type { DrawnMark, PictureSupport, SupportKind } from "./support-marks.ts";
import { svgDocument, svgElement } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

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
  readonly title?: string | undefined;
}

const widestDomain = 600;
const tallestDomain = 420;
const largestCell = 48;
/** Grid lines closer than this would be a gray area. */
const smallestGridCell = 4;
const margin = 24;
const kinds: readonly SupportKind[] = ["x", "y", "xy"];

function gridOf({ nelx, nely }: BoundaryPicture): PictureGrid {
  for (const [name, value] of [
    ["nelx", nelx],
    ["nely", nely],
  ] as const)
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`boundaryPicture: ${name} must be a positive integer, but it is ${value}`);
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
    const field = planeField("boundaryPicture", picture.density, { nelx, nely });
    const href = pngAddress(fieldPng(field, { scale: Math.min(8, Math.ceil(cell)) }));
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
      throw new RangeError(
        `boundaryPicture: support ${at} at node ${support.node} fixes neither x nor y; leave it out`,
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

interface DrawnLoads {
  readonly arrows: readonly DrawnMark[];
  readonly labels: readonly DrawnMark[];
}

function drawLoads(picture: BoundaryPicture, grid: PictureGrid, obstacles: readonly Box[]): DrawnLoads {
  const places = picture.loads.map((load, at) => {
    if (!isDrawable(load.fx, "linear") || !isDrawable(load.fy, "linear") || (load.fx === 0 && load.fy === 0))
      throw new RangeError(
        `boundaryPicture: load ${at} at node ${load.node} must be finite, at most 1e200 and not zero, but it is (${load.fx}, ${load.fy}); leave zero loads out`,
      );
    return placeNode(grid, load.node, `load ${at}`);
  });
  const loaded = new Set(places.map(({ node }) => node));
  const largest = picture.loads.reduce((most, { fx, fy }) => Math.max(most, Math.abs(fx), Math.abs(fy)), 0);
  const arrows = picture.loads.map((load, at) => {
    const strength = Math.min(1, Math.hypot(load.fx / largest, load.fy / largest));
    return loadArrow(grid, places[at]!, load, { strength, loaded });
  });
  return { arrows, labels: loadLabels(arrows, obstacles) };
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

function legendEntries(supports: readonly { readonly kind: SupportKind }[], loads: number): readonly LegendEntry[] {
  const entries: LegendEntry[] = kinds.flatMap((kind) => {
    const count = supports.filter((support) => support.kind === kind).length;
    return count === 0 ? [] : [{ sample: supportSample(kind), name: `${supportNames[kind]} (${count})` }];
  });
  return loads === 0 ? entries : [...entries, { sample: loadSample(), name: `load (${loads})` }];
}

/**
 * The boundary conditions of a problem on a grid, as the text of an SVG file.
 * @param picture  sizes, supports, loads, an optional density of shape [nely, nelx], title
 * @returns        SVG text: one group of class "support" per support, one of class "load" per load, each with a title that names its node
 * @throws         RangeError where a node is not on the grid, a support fixes nothing, or a load is zero or not finite; ShapeMismatch and
 *   InvalidElement where the density does not fit or is not finite
 * @example boundaryPicture({ nelx: 2, nely: 1, supports: [{ node: 0, x: true, y: true }], loads: [{ node: 5, fx: 0, fy: -1 }] }).includes("fy = -1") // true
 */
export function boundaryPicture(picture: BoundaryPicture): string {
  const grid = gridOf(picture);
  const title = picture.title ?? "Boundary conditions";
  const supports = drawSupports(picture, grid);
  const { arrows, labels } = drawLoads(
    picture,
    grid,
    supports.map(({ box }) => box),
  );
  const subtitle = `${grid.nelx} × ${grid.nely} elements · ${counted(supports.length, "supported node")} · ${counted(arrows.length, "load")}`;
  const box = surroundingBox(
    grid,
    [...supports, ...arrows, ...labels].map((drawn) => drawn.box),
  );
  const needed = Math.max(320, textWidth(subtitle, 12.5));
  const slack = Math.max(0, needed - (box.right - box.left)) / 2;
  const [left, right] = [box.left - slack, box.right + slack];
  const key = legend(legendEntries(supports, arrows.length), left, box.bottom + 20, right - left);
  const top = box.top - 70;
  const children = [
    heading(title, left, top + 26, right - left),
    svgElement("text", { x: left, y: top + 46, "font-size": 12.5, fill: ink.muted }, [subtitle]),
    ...domain(picture, grid),
    ...[...supports, ...arrows, ...labels].map((drawn) => drawn.mark),
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
