/**
 * Line plots as SVG: convergence histories and other curves over one horizontal and up to two vertical axes.
 * Names of the vertical axes stand above them, level, in the colour of their only series; grid lines follow the left axis.
 * Source: habits of Tufte (1983) and Observable Plot: light grid, no box, colours and dashes that survive a gray print.
 */
import { axisScale, isDrawable } from "./axis-scale.ts";
import type { AxisScale, ScaleKind } from "./axis-scale.ts";
import { fontFamily, heading, ink, legend, seriesColours, textWidth } from "./picture-style.ts";
import type { Legend, LegendEntry } from "./picture-style.ts";
import { horizontal, label, labelFont, tickFont, vertical, xAxis, yAxis } from "./plot-axes.ts";
import type { PlotFrame } from "./plot-axes.ts";
import { svgDocument, svgElement, svgNumber } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

/** One curve. */
export interface LinePlotSeries {
  readonly name: string;
  /** Abscissas, as many as there are ordinates. */
  readonly x: ArrayLike<number>;
  /** Ordinates; what is not finite (or not positive on a log axis) interrupts the line. */
  readonly y: ArrayLike<number>;
  /** Vertical axis, "left" by default. */
  readonly axis?: "left" | "right" | undefined;
}

/** A plot. */
export interface LinePlot {
  readonly title: string;
  readonly xLabel: string;
  /** Name of the left axis. */
  readonly yLabel: string;
  /** Name of the right axis; the names of its series by default. */
  readonly rightLabel?: string | undefined;
  readonly series: readonly LinePlotSeries[];
  /** Scale of the left axis, "linear" by default. */
  readonly yScale?: ScaleKind | undefined;
  /** Scale of the right axis, "linear" by default. */
  readonly rightScale?: ScaleKind | undefined;
  /** Picture units (CSS pixels): at least 240 x 180, by default 720 x 420. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

interface DrawnSeries extends LinePlotSeries {
  readonly side: "left" | "right";
  readonly colour: string;
  readonly dash: string | undefined;
}

/** Size of the picture, and whether a line of text stands below the plot. */
interface PlotSize {
  readonly width: number;
  readonly height: number;
  readonly footnote: boolean;
}

/** Room between the edge of the picture and its text. */
const edge = 24;

type Point = readonly [x: number, y: number];

/** The drawable points in picture units, cut where a point between them is not drawable. */
function stretches(frame: PlotFrame, series: DrawnSeries, axis: AxisScale): readonly (readonly Point[])[] {
  const found: Point[][] = [];
  let open: Point[] | undefined;
  for (let at = 0; at < series.y.length; at++) {
    const x = series.x[at]!;
    const y = series.y[at]!;
    if (!isDrawable(x, "linear") || !isDrawable(y, axis.kind)) {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = [];
      found.push(open);
    }
    open.push([horizontal(frame, x), vertical(frame, axis, y)]);
  }
  return found;
}

/** Lines through the stretches; a dot where a stretch is a single point and at the last point. */
function curve(frame: PlotFrame, series: DrawnSeries, axis: AxisScale): SvgNode {
  const found = stretches(frame, series, axis);
  const lines = found.filter((points) => points.length > 1);
  const dots = found
    .filter((points, at) => points.length === 1 || at === found.length - 1)
    .map((points) => points.at(-1)!);
  const path = svgElement("path", {
    d: lines.map((points) => `M${points.map(([x, y]) => `${svgNumber(x)} ${svgNumber(y)}`).join("L")}`).join(""),
    fill: "none",
    stroke: series.colour,
    "stroke-width": 2,
    "stroke-linejoin": "round",
    "stroke-linecap": "round",
    "stroke-dasharray": series.dash,
  });
  return svgElement("g", { class: "series" }, [
    svgElement("title", {}, [series.name]),
    ...(lines.length > 0 ? [path] : []),
    ...dots.map(([cx, cy]) => svgElement("circle", { cx, cy, r: 3, fill: series.colour })),
  ]);
}

function legendEntry(series: DrawnSeries, twoSided: boolean): LegendEntry {
  const attributes = {
    x1: -13,
    y1: 0,
    x2: 13,
    y2: 0,
    stroke: series.colour,
    "stroke-width": 2.5,
    "stroke-dasharray": series.dash,
  };
  const name = twoSided ? `${series.name} (${series.side})` : series.name;
  return { sample: svgElement("line", attributes), name };
}

function drawnSeries(plot: LinePlot): readonly DrawnSeries[] {
  return plot.series.map((series, at) => {
    if (series.x.length !== series.y.length)
      throw new RangeError(
        `linePlot: series ${JSON.stringify(series.name)} has ${series.x.length} abscissas but ${series.y.length} ordinates`,
      );
    const side = series.axis ?? "left";
    return {
      ...series,
      side,
      colour: seriesColours[at % seriesColours.length]!,
      dash: side === "right" ? "6 4" : undefined,
    };
  });
}

function sideScale(all: readonly DrawnSeries[], side: "left" | "right", kind: ScaleKind, count: number): AxisScale {
  const own = all.filter((series) => series.side === side);
  return axisScale(
    own.flatMap((series) => Array.from(series.y)),
    { kind, count, covers: true },
  );
}

/** Number of points that have no place in the plot. */
function countUndrawable(all: readonly DrawnSeries[], leftKind: ScaleKind, rightKind: ScaleKind): number {
  let count = 0;
  for (const series of all)
    for (let at = 0; at < series.y.length; at++)
      if (
        !isDrawable(series.x[at]!, "linear") ||
        !isDrawable(series.y[at]!, series.side === "left" ? leftKind : rightKind)
      )
        count++;
  return count;
}

/** Room for the tick labels of a vertical axis. */
function axisRoom(axis: AxisScale | undefined): number {
  return axis === undefined ? edge : edge + 9 + Math.max(0, ...axis.labels.map((text) => textWidth(text, tickFont)));
}

/** The colour of the only series of a side, or the ink of text. */
function sideColour(all: readonly DrawnSeries[], side: "left" | "right"): string {
  const own = all.filter((series) => series.side === side);
  return own.length === 1 && all.length > 1 ? own[0]!.colour : ink.muted;
}

/** Everything that decides places: the frame, the vertical axes, the legend. */
interface Arrangement {
  readonly frame: PlotFrame;
  readonly leftAxis: AxisScale;
  readonly rightAxis: AxisScale | undefined;
  readonly key: Legend;
}

function arrange(plot: LinePlot, all: readonly DrawnSeries[], size: PlotSize): Arrangement {
  const twoSided = all.some(({ side }) => side === "right");
  const key = legend(
    all.length > 1 ? all.map((series) => legendEntry(series, twoSided)) : [],
    edge,
    44,
    size.width - 2 * edge,
  );
  const top = 44 + key.height + 34;
  const bottom = size.height - 56 - (size.footnote ? 18 : 0);
  const count = Math.max(4, Math.floor((bottom - top) / 44));
  const leftAxis = sideScale(all, "left", plot.yScale ?? "linear", count);
  const rightAxis = twoSided ? sideScale(all, "right", plot.rightScale ?? "linear", count) : undefined;
  const left = axisRoom(leftAxis);
  const right = size.width - axisRoom(rightAxis);
  const abscissas = all.flatMap((series) => Array.from(series.x));
  const whole = abscissas.every((x) => Number.isInteger(x) || !Number.isFinite(x));
  const x = axisScale(abscissas, {
    kind: "linear",
    count: Math.max(3, Math.floor((right - left) / 70)),
    covers: false,
    whole,
  });
  return { frame: { left, right, top, bottom, x }, leftAxis, rightAxis, key };
}

/**
 * A line plot as the text of an SVG file.
 * @param plot  title, axis names, curves with x and y of equal length, scales, size in CSS pixels
 * @returns     SVG text on a white ground; points that cannot be drawn interrupt their line and are counted below the plot
 * @throws      RangeError where x and y of a series differ in length or the size is below 240 x 180
 * @example linePlot({ title: "MBB", xLabel: "iteration", yLabel: "compliance", series: [{ name: "oc", x: [1, 2], y: [265.6, 180.1] }] }).startsWith("<svg") // true
 */
export function linePlot(plot: LinePlot): string {
  const { width = 720, height = 420 } = plot;
  if (!(width >= 240 && height >= 180 && width < 1e5 && height < 1e5))
    throw new RangeError(
      `linePlot: the size must be at least 240 x 180 and below 100000, but it is ${width} x ${height}`,
    );
  const all = drawnSeries(plot);
  const undrawable = countUndrawable(all, plot.yScale ?? "linear", plot.rightScale ?? "linear");
  const { frame, leftAxis, rightAxis, key } = arrange(plot, all, { width, height, footnote: undrawable > 0 });
  const colours = { left: sideColour(all, "left"), right: sideColour(all, "right") };
  const rightLabel =
    plot.rightLabel ??
    all
      .filter(({ side }) => side === "right")
      .map(({ name }) => name)
      .join(", ");
  const omitted = `${undrawable} ${undrawable === 1 ? "point is" : "points are"} not drawn: not finite, or not positive on a log axis`;
  const children = [
    heading(plot.title, edge, 32, width - 2 * edge),
    key.node,
    ...yAxis(frame, leftAxis, "left", colours.left),
    label(`↑ ${plot.yLabel}`, edge, frame.top - 14, { anchor: "start", fill: colours.left, size: labelFont }),
    ...(rightAxis === undefined ? [] : yAxis(frame, rightAxis, "right", colours.right)),
    ...(rightAxis === undefined
      ? []
      : [
          label(`${rightLabel} ↑`, width - edge, frame.top - 14, {
            anchor: "end",
            fill: colours.right,
            size: labelFont,
          }),
        ]),
    ...xAxis(frame, plot.xLabel),
    ...all.map((series) => curve(frame, series, series.side === "left" ? leftAxis : (rightAxis ?? leftAxis))),
    ...(undrawable > 0 ? [label(omitted, edge, height - 10, { anchor: "start", fill: ink.muted, size: 11 })] : []),
  ];
  const axes = rightAxis === undefined ? plot.yLabel : `${plot.yLabel} and ${rightLabel}`;
  const description = `${axes} over ${plot.xLabel}: ${all.map(({ name }) => name).join(", ")}`;
  return svgDocument({ left: 0, top: 0, width, height, title: plot.title, description, fontFamily }, children);
}
