/**
 * Marks of supports: a roller on a rail where one direction is fixed, a filled triangle on the ground where both are.
 * A mark stands outside of the domain where its node is on a fitting edge; marks of neighbouring nodes shrink and share their rail.
 * Source: the usual pictograms of structural mechanics.
 */
import { nearestMark, outwardNormals } from "./picture-grid.ts";
import type { Box, Direction, PictureGrid, PictureNode } from "./picture-grid.ts";
import { svgElement } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

/** A supported node: which displacements are zero. */
export interface PictureSupport {
  readonly node: number;
  readonly x: boolean;
  readonly y: boolean;
}

/** What a support fixes. */
export type SupportKind = "x" | "y" | "xy";

/** Something drawn and the room it takes. */
export interface DrawnMark {
  readonly mark: SvgNode;
  readonly box: Box;
}

const supportColour = "#0b4f86";
const largestSize = 15;
const smallestSize = 2.5;
/** Slant and depth of the strokes below the ground, over the size of the mark. */
const hatchWidth = 0.26;
const hatchDepth = 0.36;

/** What each kind of support is called in legends and titles. */
export const supportNames: Readonly<Record<SupportKind, string>> = {
  x: "fixed in x",
  y: "fixed in y",
  xy: "fixed in x and y",
};

/** Kind of a support, or undefined where it fixes nothing. */
export function supportKind({ x, y }: PictureSupport): SupportKind | undefined {
  if (x) return y ? "xy" : "x";
  return y ? "y" : undefined;
}

/** A mark below the origin, its tip at the origin, on a piece of hatched ground that is `ground` wide. */
function uprightMark(kind: SupportKind, size: number, ground: number): readonly SvgNode[] {
  const stroke = Math.max(0.7, Math.min(1.5, size / 8));
  const line = (x1: number, y1: number, x2: number, y2: number): SvgNode =>
    svgElement("line", { x1, y1, x2, y2, stroke: supportColour, "stroke-width": stroke });
  const places = size < 9 ? [0.3] : [-0.46, -0.14, 0.18, 0.5];
  const hatch = places.map((place) =>
    line(ground * place, size, ground * place - size * hatchWidth, size * (1 + hatchDepth)),
  );
  const base = [line(-ground / 2, size, ground / 2, size), ...hatch];
  if (kind !== "xy") {
    const radius = (size - stroke) / 2;
    const roller = { cx: 0, cy: size / 2, r: radius, fill: "#ffffff", stroke: supportColour, "stroke-width": stroke };
    return [...base, svgElement("circle", roller)];
  }
  const half = size * 0.5;
  const triangle = svgElement("path", {
    d: `M0 0L${half.toFixed(2)} ${size.toFixed(2)}L${(-half).toFixed(2)} ${size.toFixed(2)}Z`,
    fill: supportColour,
  });
  return [...base, triangle];
}

/** Turn that points an upright mark's ground along the direction. */
function turn([x, y]: Direction): number {
  if (x !== 0) return x < 0 ? 90 : -90;
  return y < 0 ? 180 : 0;
}

/** Side of the node on which the mark stands. */
function markDirection(grid: PictureGrid, kind: SupportKind, place: PictureNode, alongColumn: boolean): Direction {
  const normals = outwardNormals(grid, place);
  const sideways = normals.find(([x]) => x !== 0);
  const upright = normals.find(([, y]) => y !== 0);
  if (kind === "x") return sideways ?? [-1, 0];
  if (kind === "y") return upright ?? [0, 1];
  return (alongColumn ? (sideways ?? upright) : (upright ?? sideways)) ?? [0, 1];
}

/**
 * The mark of one support.
 * @param grid      the grid
 * @param place     its node
 * @param kind      what it fixes
 * @param marked    nodes with a support of this kind, and nodes with any support
 * @returns         a group of class "support" with a title that names the node, and its box
 */
export function supportMark(
  grid: PictureGrid,
  place: PictureNode,
  kind: SupportKind,
  { sameKind, anyKind }: { readonly sameKind: ReadonlySet<number>; readonly anyKind: ReadonlySet<number> },
): DrawnMark {
  const near = nearestMark(grid, sameKind, place, 2 * largestSize);
  const others = nearestMark(grid, anyKind, place, 2 * largestSize);
  const size = Math.max(smallestSize, Math.min(largestSize, near.distance * 0.9, others.distance * 1.6));
  const ground = near.distance < 1.5 * size ? near.distance : 1.5 * size;
  const direction = markDirection(grid, kind, place, near.alongColumn);
  const title = svgElement("title", {}, [
    `${supportNames[kind]}: node ${place.node} (row ${place.row}, column ${place.column})`,
  ]);
  const transform = `translate(${place.x.toFixed(2)} ${place.y.toFixed(2)}) rotate(${turn(direction)})`;
  const mark = svgElement("g", { class: `support support-${kind}`, transform }, [
    title,
    ...uprightMark(kind, size, ground),
  ]);
  const [x, y] = direction;
  const across = ground / 2 + size * hatchWidth;
  const depth = size * (1 + hatchDepth) + 1;
  const box = {
    left: place.x - (x === 0 ? across : x < 0 ? depth : 0),
    right: place.x + (x === 0 ? across : x > 0 ? depth : 0),
    top: place.y - (y === 0 ? across : y < 0 ? depth : 0),
    bottom: place.y + (y === 0 ? across : y > 0 ? depth : 0),
  };
  return { mark, box };
}

/** The sample of a kind for the legend, drawn around the origin as it looks at an edge. */
export function supportSample(kind: SupportKind): SvgNode {
  const size = 12;
  const transform = kind === "x" ? `translate(${size / 2} 0) rotate(90)` : `translate(0 ${-size / 2})`;
  return svgElement("g", { transform }, uprightMark(kind, size, 1.5 * size));
}
