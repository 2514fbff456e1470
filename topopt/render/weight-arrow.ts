/**
 * The arrow of own weight: a wide one from the middle of the grid, where the weight of a solid plate acts.
 */
import type { Direction, PictureGrid } from "./picture-grid.ts";
import type { DrawnMark } from "./support-marks.ts";
import { svgElement } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

/** Force per unit of density and area: fx to the right, fy up. */
export interface PictureWeight {
  readonly fx: number;
  readonly fy: number;
}

const weightColour = "#a16207";
const longest = 52;

/** An outlined arrow from a place along a direction. */
const blockArrow = ([x, y]: Direction, [ux, uy]: Direction, length: number): SvgNode => {
  const [shaft, head, neck] = [0.11 * length, 0.26 * length, 0.55 * length];
  const outline = [
    [0, -shaft],
    [neck, -shaft],
    [neck, -head],
    [length, 0],
    [neck, head],
    [neck, shaft],
    [0, shaft],
  ].map(([along, across]) => {
    const [right, down] = [x + along! * ux - across! * uy, y + along! * uy + across! * ux];
    return `${right.toFixed(2)},${down.toFixed(2)}`;
  });
  return svgElement("polygon", {
    points: outline.join(" "),
    fill: "#fef3c7",
    stroke: weightColour,
    "stroke-width": 1.6,
    "stroke-linejoin": "round",
  });
};

/**
 * The arrow of own weight.
 * @param grid    the grid
 * @param weight  finite, not zero
 * @returns       a group of class "weight" with the exact weight in its title, and its box
 */
export const weightArrow = ({ nelx, nely, cell }: PictureGrid, { fx, fy }: PictureWeight): DrawnMark => {
  const largest = Math.max(Math.abs(fx), Math.abs(fy));
  const size = Math.hypot(fx / largest, fy / largest);
  const [ux, uy]: Direction = [fx / largest / size, -fy / largest / size];
  const [x, y] = [(nelx * cell) / 2, (nely * cell) / 2];
  const length = Math.max(18, Math.min(longest, 0.4 * Math.min(nelx, nely) * cell));
  const title = svgElement("title", {}, [`own weight, per unit of density and area: fx = ${fx}, fy = ${fy}`]);
  const mark = svgElement("g", { class: "weight" }, [title, blockArrow([x, y], [ux, uy], length)]);
  const [endX, endY, half] = [x + ux * length, y + uy * length, 0.26 * length];
  const box = {
    left: Math.min(x, endX) - half,
    right: Math.max(x, endX) + half,
    top: Math.min(y, endY) - half,
    bottom: Math.max(y, endY) + half,
  };
  return { mark, box };
};

/** The sample of own weight for the legend, drawn around the origin. */
export const weightSample = (): SvgNode => blockArrow([0, -9], [0, 1], 18);
