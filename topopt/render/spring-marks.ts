/**
 * Marks of springs to the ground: a zigzag from the node to a hatched wall, for every direction in which the spring pulls.
 * A mark stands outside of the domain where its node is on a fitting edge, and beside an arrow that runs the same way.
 * Source: the usual pictograms of structural mechanics.
 */
import { nearestMark, outwardNormals } from "./picture-grid.ts";
import type { Direction, PictureGrid, PictureNode } from "./picture-grid.ts";
import type { DrawnMark } from "./support-marks.ts";
import { svgElement } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

/** A node tied to the ground: stiffness in x and in y, 0 where there is none. */
export interface PictureSpring {
  readonly node: number;
  readonly x: number;
  readonly y: number;
}

const springColour = "#6d28d9";
const longest = 34;
const widest = 4.5;
/** How far a spring stands beside an arrow. */
const aside = 13;
const windings = 3;

/** A spring along the first direction, moved aside along the second; its node is the origin. */
const zigzag = ([ux, uy]: Direction, [sx, sy]: Direction, length: number, shift: number, width: number): SvgNode => {
  const at = (along: number, across: number): string => {
    const over = shift + across;
    return `${(along * ux + over * sx).toFixed(2)} ${(along * uy + over * sy).toFixed(2)}`;
  };
  const [start, end] = [0.2 * length, 0.8 * length];
  const step = (end - start) / (2 * windings);
  const turns = Array.from({ length: 2 * windings }, (_, k) =>
    at(start + (k + 0.5) * step, k % 2 === 0 ? width : -width),
  );
  const wall = 1.6 * width;
  const hatch = [-0.6, 0, 0.6].map((place) => {
    const across = place * wall;
    return `M${at(length, across)}L${at(length + 0.7 * width, across - 0.7 * width)}`;
  });
  const line = [...(shift === 0 ? [] : [at(0, -shift)]), at(0, 0), at(start, 0), ...turns, at(end, 0), at(length, 0)];
  return svgElement("path", {
    d: `M${line.join("L")}M${at(length, -wall)}L${at(length, wall)}${hatch.join("")}`,
    fill: "none",
    stroke: springColour,
    "stroke-width": Math.max(0.7, width / 3),
    "stroke-linejoin": "round",
  });
};

/** Side of the node on which a spring in x or y stands. */
const springDirection = (normals: readonly Direction[], axis: "x" | "y"): Direction =>
  axis === "x" ? (normals.find(([x]) => x !== 0) ?? [-1, 0]) : (normals.find(([, y]) => y !== 0) ?? [0, 1]);

/** Across the spring, towards the domain where its node is on an edge. */
const sideOf = (normals: readonly Direction[], axis: "x" | "y"): Direction => {
  const own = normals.find(([x, y]) => (axis === "x" ? y : x) !== 0);
  if (own !== undefined) return [-own[0], -own[1]];
  return axis === "x" ? [0, 1] : [1, 0];
};

/**
 * The marks of one spring, one for every direction in which it is stiff.
 * @param grid    the grid
 * @param place   its node
 * @param spring  stiffness in x and y
 * @param around  sprung: all nodes with a spring; arrows: directions of the arrows at this node
 * @returns       groups of class "spring" with a title that names node and stiffness, and their boxes
 */
export const springMarks = (
  grid: PictureGrid,
  place: PictureNode,
  spring: PictureSpring,
  { sprung, arrows }: { readonly sprung: ReadonlySet<number>; readonly arrows: readonly Direction[] },
): readonly DrawnMark[] => {
  const normals = outwardNormals(grid, place);
  const width = Math.max(0.8, Math.min(widest, 0.4 * nearestMark(grid, sprung, place, 2 * longest).distance));
  return (["x", "y"] as const).flatMap((axis) => {
    const stiffness = spring[axis];
    if (stiffness === 0) return [];
    const [ux, uy] = springDirection(normals, axis);
    const [sx, sy] = sideOf(normals, axis);
    const shift = arrows.some(([x, y]) => Math.abs(x * ux + y * uy) > 0.7) ? aside : 0;
    const title = svgElement("title", {}, [
      `spring in ${axis}: node ${place.node} (row ${place.row}, column ${place.column}), stiffness ${stiffness}`,
    ]);
    const transform = `translate(${place.x.toFixed(2)} ${place.y.toFixed(2)})`;
    const mark = svgElement("g", { class: "spring", transform }, [
      title,
      zigzag([ux, uy], [sx, sy], longest, shift, width),
    ]);
    const [reach, half] = [longest + width, 2 * width];
    const ends = [
      [0, Math.min(0, shift - half)],
      [reach, shift + half],
    ].map(([along, across]) => [along! * ux + across! * sx, along! * uy + across! * sy] as const);
    const [xs, ys] = [ends.map(([x]) => place.x + x), ends.map(([, y]) => place.y + y)];
    const box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    return [{ mark, box }];
  });
};

/** The sample of a spring for the legend, drawn around the origin. */
export const springSample = (): SvgNode =>
  svgElement("g", { transform: "translate(-13 0)" }, [zigzag([1, 0], [0, 1], 23, 0, 4)]);
