/**
 * Line plots as SVG: convergence histories and other curves over one horizontal and up to two vertical axes.
 * Names of the vertical axes stand above them, level, in the colour of their only series; grid lines follow the left axis.
 * Source: habits of Tufte (1983) and Observable Plot: light grid, no box, colours and dashes that survive a gray print.
 */
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { axisScale, isDrawable } from "./axis-scale.ts";
import type { AxisScale, ScaleKind } from "./axis-scale.ts";
import { fontFamily, heading, ink, legend, seriesColours, textWidth } from "./picture-style.ts";
import type { Legend, LegendEntry } from "./picture-style.ts";
import { horizontal, label, labelFont, tickFont, vertical, xAxis, yAxis } from "./plot-axes.ts";
import type { PlotFrame } from "./plot-axes.ts";
import { requireList, requireText } from "./plane-field.ts";
import { svgDocument, svgElement, svgNumber } from "./svg.ts";
import type { SvgNode } from "./svg.ts";
import { largestMagnitude } from "./ticks.ts";

/** One curve. */
export interface LinePlotSeries {
  readonly name: string;
  /** Abscissas, as many as there are ordinates. */
  readonly x: ArrayLike<number>;
  /** Ordinates; what is not finite, beyond 1e200 (or not positive on a log axis) interrupts the line. */
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

const asked = "linePlot";

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

const isNumbers = (values: unknown): boolean =>
  typeof values === "object" &&
  values !== null &&
  Number.isSafeInteger((values as { readonly length?: unknown }).length);

/** Refuses a value that is not one of those known. */
function requireOneOf(name: string, value: unknown, known: readonly string[]): void {
  if (value !== undefined && !known.includes(value as string))
    throw new InvalidOption(
      asked,
      `${name} ${showValue(value)}`,
      `Use ${known.map((own) => JSON.stringify(own)).join(" or ")}`,
    );
}

function requireSeries({ name, x, y, axis }: LinePlotSeries, at: number): void {
  if (typeof name !== "string")
    throw new InvalidOption(asked, `series[${at}] with name ${showValue(name)}`, "Give a text");
  const own = `series ${JSON.stringify(name)}`;
  for (const [axisName, values] of Object.entries({ x, y }))
    if (!isNumbers(values))
      throw new InvalidOption(
        asked,
        `${own} with ${axisName} ${showValue(values)}`,
        "Give a list of numbers or a typed array; that of an array is its toTypedArray()",
      );
  if (x.length !== y.length)
    throw new ShapeMismatch(
      asked,
      `${own} has ${x.length} abscissas but ${y.length} ordinates`,
      "Give an x for every y",
    );
  requireOneOf(`${own} with axis`, axis, ["left", "right"]);
}

function requirePlot(plot: LinePlot): void {
  const known = ["title", "xLabel", "yLabel", "rightLabel", "series", "yScale", "rightScale", "width", "height"];
  requireOptions(asked, plot, known, true);
  for (const name of ["title", "xLabel", "yLabel"] as const)
    if (plot[name] === undefined) throw new InvalidOption(asked, `${name} undefined`, "Give a text");
  for (const name of ["title", "xLabel", "yLabel", "rightLabel"] as const) requireText(asked, name, plot[name]);
  requireOneOf("yScale", plot.yScale, ["linear", "log"]);
  requireOneOf("rightScale", plot.rightScale, ["linear", "log"]);
  requireList(asked, "series", plot.series);
  plot.series.forEach(requireSeries);
}

function requireSize({ width = 720, height = 420 }: LinePlot): { readonly width: number; readonly height: number } {
  const isSize = (own: unknown, least: number): boolean => typeof own === "number" && own >= least && own < 1e5;
  if (!isSize(width, 240) || !isSize(height, 180))
    throw new InvalidOption(
      asked,
      `a size of ${showValue(width)} x ${showValue(height)}`,
      "Give at least 240 x 180, and less than 100000 either way",
    );
  return { width, height };
}

function drawnSeries(plot: LinePlot): readonly DrawnSeries[] {
  return plot.series.map((series, at) => {
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

const reasons = {
  notFinite: "not finite",
  tooLarge: `beyond ${largestMagnitude.toExponential().replace("+", "")}`,
  notPositive: "not positive on a log axis",
  tooSmall: `below ${(1 / largestMagnitude).toExponential()} on a log axis`,
} as const;

/** Why a value has no place on an axis; undefined where it has one. */
function undrawable(value: number, kind: ScaleKind): string | undefined {
  if (isDrawable(value, kind)) return undefined;
  if (!Number.isFinite(value)) return reasons.notFinite;
  if (!isDrawable(value, "linear")) return reasons.tooLarge;
  return value > 0 ? reasons.tooSmall : reasons.notPositive;
}

/** How many points have no place in the plot and why, in words; undefined where all have one. */
function omittedText(all: readonly DrawnSeries[], leftKind: ScaleKind, rightKind: ScaleKind): string | undefined {
  const found = all.flatMap(({ x, y, side }) =>
    Array.from(
      x,
      (own, at) => undrawable(own, "linear") ?? undrawable(y[at]!, side === "left" ? leftKind : rightKind),
    ).filter((reason) => reason !== undefined),
  );
  if (found.length === 0) return undefined;
  const named = Object.values(reasons).filter((reason) => found.includes(reason));
  return `${found.length} ${found.length === 1 ? "point is" : "points are"} not drawn: ${named.join(", or ")}`;
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
 * @throws ShapeMismatch where x and y of a series differ in length; InvalidOption for a size below 240 x 180, texts, scales and axes
 *   that are none, and curves that are no lists of numbers; UnknownOption
 * @example linePlot({ title: "MBB", xLabel: "iteration", yLabel: "compliance", series: [{ name: "oc", x: [1, 2], y: [265.6, 180.1] }] }).startsWith("<svg") // true
 */
export function linePlot(plot: LinePlot): string {
  requirePlot(plot);
  const { width, height } = requireSize(plot);
  const all = drawnSeries(plot);
  const omitted = omittedText(all, plot.yScale ?? "linear", plot.rightScale ?? "linear");
  const { frame, leftAxis, rightAxis, key } = arrange(plot, all, { width, height, footnote: omitted !== undefined });
  const colours = { left: sideColour(all, "left"), right: sideColour(all, "right") };
  const rightLabel =
    plot.rightLabel ??
    all
      .filter(({ side }) => side === "right")
      .map(({ name }) => name)
      .join(", ");
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
    ...(omitted === undefined
      ? []
      : [label(omitted, edge, height - 10, { anchor: "start", fill: ink.muted, size: 11 })]),
  ];
  const axes = rightAxis === undefined ? plot.yLabel : `${plot.yLabel} and ${rightLabel}`;
  const description = `${axes} over ${plot.xLabel}: ${all.map(({ name }) => name).join(", ")}`;
  return svgDocument({ left: 0, top: 0, width, height, title: plot.title, description, fontFamily }, children);
}
