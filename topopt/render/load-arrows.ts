/**
 * Arrows of nodal loads and the labels that fit beside them.
 * An arrow that pushes into the domain ends at its node, any other starts there; its length grows with the force, fy up is drawn upward.
 * Equal loads on neighbouring nodes share one label; other labels are placed largest force first where they touch no earlier one.
 */
import { ink, textWidth } from "./picture-style.ts";
import { nearestMark, outwardNormals } from "./picture-grid.ts";
import type { Box, Direction, PictureGrid, PictureNode } from "./picture-grid.ts";
import type { DrawnMark } from "./support-marks.ts";
import { svgElement } from "./svg.ts";
import type { SvgNode } from "./svg.ts";
import { readableNumber } from "./ticks.ts";

/** A force on a node: fx to the right, fy up. */
export interface PictureLoad {
  readonly node: number;
  readonly fx: number;
  readonly fy: number;
}

/** A load with its place and the arrow's ends. */
export interface LoadArrow extends DrawnMark {
  readonly load: PictureLoad;
  readonly place: PictureNode;
  readonly direction: Direction;
  /** The end away from the domain, where a label goes, and the way further out. */
  readonly outer: Direction;
  readonly outward: Direction;
  /** Outward normal of the edge along which the arrow runs, if it does. */
  readonly edge: Direction | undefined;
}

/** What an arrow stands for. */
export type ArrowKind = "load" | "output";

const colours: Readonly<Record<ArrowKind, string>> = { load: "#c2410c", output: "#15803d" };
const shortest = 18;
const longest = 46;
const labelFont = 12;
/** Half the width of an arrow head over its length. */
const headHalfWidth = 0.42;

/** A straight arrow from a place along a direction. */
function arrowShape(
  colour: string,
  [x1, y1]: Direction,
  [ux, uy]: Direction,
  { length, head }: { readonly length: number; readonly head: number },
): readonly SvgNode[] {
  const [x2, y2] = [x1 + ux * length, y1 + uy * length];
  const [neckX, neckY] = [x2 - ux * head, y2 - uy * head];
  const half = head * headHalfWidth;
  const corners = [
    [x2, y2],
    [neckX - uy * half, neckY + ux * half],
    [neckX + uy * half, neckY - ux * half],
  ];
  const shaft = {
    x1,
    y1,
    x2: neckX,
    y2: neckY,
    stroke: colour,
    "stroke-width": Math.max(0.8, Math.min(2, head / 5)),
  };
  const points = corners.map(([x, y]) => `${x!.toFixed(2)},${y!.toFixed(2)}`).join(" ");
  return [svgElement("line", shaft), svgElement("polygon", { points, fill: colour })];
}

/** Positive where the direction leaves the domain, negative where it enters, zero along an edge and inside. */
function outwardness(normals: readonly Direction[], [ux, uy]: Direction): number {
  const along = normals.map(([x, y]) => x * ux + y * uy);
  const most = Math.max(0, ...along);
  return most > 0.2 ? most : Math.min(0, ...along);
}

/** Exact numbers of an arrow in words. */
function arrowTitle(kind: ArrowKind, { node, row, column }: PictureNode, { fx, fy }: PictureLoad): string {
  const where = `${kind} at node ${node} (row ${row}, column ${column})`;
  return kind === "load" ? `${where}: fx = ${fx}, fy = ${fy}` : `${where}: x = ${fx}, y = ${fy}`;
}

/**
 * The arrow of one load, or of one output, whose components are its direction.
 * @param grid    the grid
 * @param place   its node
 * @param load    finite, not zero
 * @param among   strength: the load's magnitude over the largest in the picture; loaded: all loaded nodes; kind
 * @returns       a group of the class of its kind with the exact numbers in its title, its box and its ends
 */
export function loadArrow(
  grid: PictureGrid,
  place: PictureNode,
  load: PictureLoad,
  {
    strength,
    loaded,
    kind,
  }: { readonly strength: number; readonly loaded: ReadonlySet<number>; readonly kind: ArrowKind },
): LoadArrow {
  const largest = Math.max(Math.abs(load.fx), Math.abs(load.fy));
  const size = Math.hypot(load.fx / largest, load.fy / largest);
  const direction: Direction = [load.fx / largest / size, -load.fy / largest / size];
  const [ux, uy] = direction;
  const normals = outwardNormals(grid, place);
  const leaving = outwardness(normals, direction);
  const near = nearestMark(grid, loaded, place, longest);
  const inLine = (near.alongColumn && Math.abs(uy) > 0.7) || (near.alongRow && Math.abs(ux) > 0.7);
  const room = inLine ? Math.max(6, near.distance * 0.9) : longest;
  const length = Math.min(room, shortest + (longest - shortest) * strength);
  const head = Math.max(3, Math.min(10, near.distance * 1.1, length * 0.6));
  const half = head * headHalfWidth;
  const pushes = leaving < -0.2;
  const tail: Direction = pushes ? [place.x - ux * length, place.y - uy * length] : [place.x, place.y];
  const tip: Direction = [tail[0] + ux * length, tail[1] + uy * length];
  const title = svgElement("title", {}, [arrowTitle(kind, place, load)]);
  return {
    load,
    place,
    direction,
    mark: svgElement("g", { class: kind }, [title, ...arrowShape(colours[kind], tail, direction, { length, head })]),
    box: {
      left: Math.min(tail[0], tip[0]) - Math.abs(uy) * half,
      right: Math.max(tail[0], tip[0]) + Math.abs(uy) * half,
      top: Math.min(tail[1], tip[1]) - Math.abs(ux) * half,
      bottom: Math.max(tail[1], tip[1]) + Math.abs(ux) * half,
    },
    outer: pushes ? tail : tip,
    outward: pushes ? [-ux, -uy] : direction,
    edge: Math.abs(leaving) > 0.2 ? undefined : normals.find(([x, y]) => Math.abs(x * ux + y * uy) <= 0.2),
  };
}

/** What a label says about a force. */
function forceText({ fx, fy }: PictureLoad): string {
  if (fx === 0) return `fy = ${readableNumber(fy)}`;
  if (fy === 0) return `fx = ${readableNumber(fx)}`;
  return `(${readableNumber(fx)}, ${readableNumber(fy)})`;
}

/** Sum of a run of equal forces, without the names of the components. */
function totalText(run: readonly LoadArrow[]): string {
  const { fx, fy } = run[0]!.load;
  const [x, y] = [fx * run.length, fy * run.length];
  if (fx === 0) return readableNumber(y);
  return fy === 0 ? readableNumber(x) : `(${readableNumber(x)}, ${readableNumber(y)})`;
}

/** Runs of equal forces on neighbouring nodes of a row or a column. */
function runs(arrows: readonly LoadArrow[]): readonly (readonly LoadArrow[])[] {
  const sorted = arrows.toSorted((one, other) => one.load.node - other.load.node);
  const open = new Map<string, LoadArrow[]>();
  const found: LoadArrow[][] = [];
  for (const arrow of sorted) {
    const { fx, fy } = arrow.load;
    const { row, column } = arrow.place;
    const key = (r: number, c: number): string => `${r} ${c} ${fx} ${fy}`;
    const before = open.get(key(row, column - 1)) ?? open.get(key(row - 1, column));
    const run = before ?? [];
    if (before === undefined) found.push(run);
    run.push(arrow);
    open.set(key(row, column), run);
  }
  return found;
}

interface LabelPlace extends Box {
  readonly anchor: "start" | "middle" | "end";
  readonly x: number;
  readonly y: number;
}

function labelPlace(x: number, y: number, anchor: "start" | "middle" | "end", width: number): LabelPlace {
  const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
  return { left, right: left + width, top: y - labelFont, bottom: y + 3, anchor, x, y };
}

/** Places for a label, best first: outside of the edge along which the arrow runs, beyond its outer end, to its right and left. */
function labelPlaces(text: string, { box, outer, outward, edge }: LoadArrow): readonly LabelPlace[] {
  const width = textWidth(text, labelFont);
  const [ux, uy] = outward;
  const sideways = Math.abs(ux) > Math.abs(uy);
  const beyond = sideways
    ? labelPlace(outer[0] + Math.sign(ux) * 7, outer[1] + uy * 9 + 4, ux > 0 ? "start" : "end", width)
    : labelPlace(outer[0] + ux * 9, outer[1] + (uy > 0 ? 17 : -7), "middle", width);
  const level = (box.top + box.bottom) / 2 + 4;
  const right = labelPlace(box.right + 6, level, "start", width);
  const left = labelPlace(box.left - 6, level, "end", width);
  if (edge === undefined) return [beyond, right, left];
  const middle = (box.left + box.right) / 2;
  const [x, y] = edge;
  const besideEdge =
    x !== 0 ? (x > 0 ? right : left) : labelPlace(middle, y > 0 ? box.bottom + 17 : box.top - 7, "middle", width);
  return [besideEdge, beyond, right, left];
}

function overlaps(one: Box, other: Box): boolean {
  return one.left < other.right + 3 && other.left < one.right + 3 && one.top < other.bottom && other.top < one.bottom;
}

/**
 * Labels of loads, as many as fit.
 * @param arrows     all arrows of the picture
 * @param obstacles  boxes that no label may touch, beside those of the arrows
 * @returns       text elements of class "load-label" and their boxes
 */
export function loadLabels(arrows: readonly LoadArrow[], obstacles: readonly Box[]): readonly DrawnMark[] {
  const wishes = runs(arrows).flatMap((run) => {
    const middle = run[run.length >> 1];
    if (middle === undefined) return [];
    const single = forceText(middle.load);
    const crowded = run.length > 2;
    const together = crowded
      ? [{ arrow: middle, text: `${run.length} × ${single}, total ${totalText(run)}` }]
      : run.map((arrow) => ({ arrow, text: single }));
    return together.map((wish) => ({
      ...wish,
      size: Math.hypot(wish.arrow.load.fx, wish.arrow.load.fy) * (crowded ? run.length : 1),
    }));
  });
  const taken: Box[] = [...obstacles, ...arrows.map(({ box }) => box)];
  return wishes
    .toSorted((one, other) => other.size - one.size)
    .flatMap(({ arrow, text }) => {
      const box = labelPlaces(text, arrow).find((place) => !taken.some((earlier) => overlaps(earlier, place)));
      if (box === undefined) return [];
      taken.push(box);
      const halo = { stroke: "#ffffff", "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" };
      const attributes = {
        class: "load-label",
        x: box.x,
        y: box.y,
        "text-anchor": box.anchor,
        "font-size": labelFont,
        fill: ink.text,
      };
      return [{ mark: svgElement("text", { ...attributes, ...halo }, [text]), box }];
    });
}

/** The sample of a load or an output for the legend, drawn around the origin. */
export function arrowSample(kind: ArrowKind): SvgNode {
  return svgElement("g", {}, arrowShape(colours[kind], [-12, 0], [1, 0], { length: 24, head: 9 }));
}
