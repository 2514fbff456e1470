/**
 * Axes of a line plot: the plot rectangle, places of values in it, ticks, grid lines and labels.
 * Labels that would touch their neighbour are left out; their tick stays.
 * Source: habits of d3-axis (Bostock).
 */
import type { AxisScale } from "./axis-scale.ts";
import { ink, textWidth } from "./picture-style.ts";
import { svgElement } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

/** Rectangle of the plot area and its scales. */
export interface PlotFrame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: AxisScale;
}

/** Font sizes of tick labels and axis names, picture units. */
export const tickFont = 12;
export const labelFont = 12.5;

/** Place of an abscissa in the picture. */
export function horizontal(frame: PlotFrame, value: number): number {
  return frame.left + frame.x.place(value) * (frame.right - frame.left);
}

/** Place of an ordinate in the picture; y grows downward. */
export function vertical(frame: PlotFrame, axis: AxisScale, value: number): number {
  return frame.bottom - axis.place(value) * (frame.bottom - frame.top);
}

function line([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number], stroke: string): SvgNode {
  return svgElement("line", { x1, y1, x2, y2, stroke });
}

/** How a line of text is set. */
export interface LabelStyle {
  readonly anchor: "start" | "middle" | "end";
  readonly fill: string;
  /** Font size, that of tick labels by default. */
  readonly size?: number;
}

/** A line of text whose anchor stands on the base line at (x, y). */
export function label(text: string, x: number, y: number, { anchor, fill, size = tickFont }: LabelStyle): SvgNode {
  return svgElement("text", { x, y, "text-anchor": anchor, "font-size": size, fill }, [text]);
}

/** Every second (third, ...) tick, so that labels of the given size keep clear of each other. */
function sparse(places: readonly number[], sizes: readonly number[]): readonly boolean[] {
  let lastEnd = -Infinity;
  return places.map((place, at) => {
    const fits = place - sizes[at]! / 2 > lastEnd;
    if (fits) lastEnd = place + sizes[at]! / 2;
    return fits;
  });
}

/** Base line, tick marks, labels and the name of the horizontal axis. */
export function xAxis(frame: PlotFrame, xLabel: string): readonly SvgNode[] {
  const places = frame.x.ticks.map((tick) => horizontal(frame, tick));
  const shown = sparse(
    places,
    frame.x.labels.map((text) => textWidth(text, tickFont) + 10),
  );
  const ticks = places.flatMap((place, at) => [
    line([place, frame.bottom], [place, frame.bottom + 5], ink.axis),
    ...(shown[at] === true
      ? [label(frame.x.labels[at]!, place, frame.bottom + 19, { anchor: "middle", fill: ink.muted })]
      : []),
  ]);
  const name = label(xLabel, (frame.left + frame.right) / 2, frame.bottom + 40, {
    anchor: "middle",
    fill: ink.text,
    size: labelFont,
  });
  return [...ticks, line([frame.left, frame.bottom], [frame.right, frame.bottom], ink.axis), name];
}

/** Labels of a vertical axis; the left one also has the grid lines, the right one has tick marks instead. */
export function yAxis(frame: PlotFrame, axis: AxisScale, side: "left" | "right", colour: string): readonly SvgNode[] {
  const grid = side === "left";
  const at = side === "left" ? frame.left : frame.right;
  const outward = side === "left" ? -1 : 1;
  const places = axis.ticks.map((tick) => vertical(frame, axis, tick));
  const shown = sparse(
    places.map((place) => -place),
    places.map(() => tickFont + 1),
  );
  const rule = (value: number, stroke: string): SvgNode =>
    line([frame.left, vertical(frame, axis, value)], [frame.right, vertical(frame, axis, value)], stroke);
  return [
    ...(grid
      ? [...axis.minor.map((value) => rule(value, ink.faint)), ...axis.ticks.map((value) => rule(value, ink.grid))]
      : []),
    ...places.flatMap((place, index) => [
      ...(grid ? [] : [line([at, place], [at + 5 * outward, place], ink.axis)]),
      ...(shown[index] === true
        ? [
            label(axis.labels[index]!, at + 9 * outward, place + 4, {
              anchor: side === "left" ? "end" : "start",
              fill: colour,
            }),
          ]
        : []),
    ]),
  ];
}
