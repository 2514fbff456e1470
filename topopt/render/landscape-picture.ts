/**
 * Landscapes of a loss as SVG: bands between contours with a colour bar in the plane, a line plot along a line, and the path that
 * parameters took on top. Samples stand at grid points; contours are straight from crossing to crossing.
 * Source: Maple 2003 (marching squares); Li, Xu, Taylor, Studer & Goldstein 2018 for what such pictures show.
 */
import { showShape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { array } from "../../library/numpy/creation.ts";
import { axisScale } from "./axis-scale.ts";
import type { AxisScale } from "./axis-scale.ts";
import { colormaps } from "./colormaps.ts";
import { along, asked, bandEnds, numbersOf, pathOf, planeOf, requireAxis } from "./landscape-plane.ts";
import type { LandscapePicture, Plane } from "./landscape-plane.ts";
import { linePlot } from "./line-plot.ts";
import { regionAbove } from "./marching-squares.ts";
import type { SampledField } from "./marching-squares.ts";
import { fontFamily, heading, ink, legend, seriesColours, textWidth } from "./picture-style.ts";
import type { LegendEntry } from "./picture-style.ts";
import { requireText } from "./plane-field.ts";
import { horizontal, label, labelFont, tickFont, vertical, xAxis, yAxis } from "./plot-axes.ts";
import type { PlotFrame } from "./plot-axes.ts";
import { svgDocument, svgElement, svgNumber } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

const edge = 24;
const plotSize = 420;
const barWidth = 16;
const missingFill = "#c4cad1";
/** Farther out, a path is drawn towards a point at this distance: coordinates of SVG have ends. */
const farthest = 1e5;

// --- The plane --------------------------------------------------------------------------------

interface Placed {
  readonly frame: PlotFrame;
  readonly yScale: AxisScale;
}

/** Place of a band between two values in the colour map: its middle on the scale of the colours. */
const shadeOf = ({ scale, low, high }: Plane, from: number, to: number): string => {
  const clamped = [from, to].map((value) => scale.place(Math.min(high, Math.max(low, value))));
  const place = low < high ? (clamped[0]! + clamped[1]!) / 2 : 0.5;
  return `rgb(${colormaps.viridis(Math.min(1, Math.max(0, place))).join(",")})`;
};

/** Where the samples stand: the first and the last at the ends of the plot. */
const placesOf = (values: readonly number[], place: (value: number) => number): readonly number[] => values.map(place);

/** A place between samples, counted in cells around them as marching squares count: sample k stands at k + 1/2. */
const between = (places: readonly number[], cells: number): number => {
  const k = Math.min(places.length - 2, Math.max(0, Math.floor(cells - 0.5)));
  return places[k]! + (cells - 0.5 - k) * (places[k + 1]! - places[k]!);
};

interface Grid {
  readonly xs: readonly number[];
  /** Downwards. */
  readonly ys: readonly number[];
}

/** Samples with those that miss taken from their neighbours, ring by ring: contours end at gray cells instead of crowding there. */
const filledIn = (samples: readonly number[], columns: number): readonly number[] => {
  let now = samples;
  while (now.some(Number.isNaN)) {
    const before = now;
    now = before.map((sample, at) => {
      if (!Number.isNaN(sample)) return sample;
      const column = at % columns;
      const beside = [column > 0 ? before[at - 1] : undefined, column + 1 < columns ? before[at + 1] : undefined];
      const around = [...beside, before[at - columns], before[at + columns]].filter(
        (other) => !Number.isNaN(other ?? Number.NaN),
      );
      return around.reduce<number>((sum, other) => sum + other! / around.length, around.length === 0 ? Number.NaN : 0);
    });
  }
  return now;
};

const bandPaths = (plane: Plane, { xs, ys }: Grid): readonly SvgNode[] => {
  if (plane.samples.every(Number.isNaN)) return [];
  const field: SampledField = { nelx: xs.length, nely: ys.length, values: filledIn(plane.samples, xs.length) };
  const ends = bandEnds(plane);
  return ends.slice(1).map(([from, to]) => {
    const { points, loops } = regionAbove(field, along(plane.scale.kind, from));
    const written = (at: number): string =>
      `${svgNumber(between(xs, points[2 * at]!))} ${svgNumber(between(ys, points[2 * at + 1]!))}`;
    return svgElement("path", {
      class: "contour",
      d: loops.map((loop) => `M${loop.map(written).join("L")}Z`).join(""),
      fill: shadeOf(plane, from, to),
      "fill-rule": "evenodd",
      stroke: "#ffffff",
      "stroke-opacity": "0.45",
      "stroke-width": 0.8,
    });
  });
};

/** Neighbouring cells without seams between them. */
const crisp = { class: "missing", "shape-rendering": "crispEdges" };

/** The cells of samples that have no place on the scale. */
const missingCells = (plane: Plane, { xs, ys }: Grid): readonly SvgNode[] =>
  plane.samples.flatMap((sample, at) => {
    if (!Number.isNaN(sample)) return [];
    const [column, row] = [at % xs.length, Math.floor(at / xs.length)];
    const [x, y] = [between(xs, column), between(ys, row)];
    const [width, height] = [between(xs, column + 1) - x, between(ys, row + 1) - y];
    return [svgElement("rect", { ...crisp, x, y, width, height, fill: missingFill })];
  });

const clampFar = (value: number): number => Math.min(farthest, Math.max(-farthest, value));

const startMark = (cx: number, cy: number): SvgNode =>
  svgElement("circle", { class: "start", cx, cy, r: 5, fill: "#ffffff", stroke: ink.text, "stroke-width": 1.8 });

const endMark = (x: number, y: number): SvgNode =>
  svgElement("path", {
    class: "end",
    d: `M${svgNumber(x)} ${svgNumber(y - 7)}l7 7l-7 7l-7 -7Z`,
    fill: seriesColours[1],
    stroke: "#ffffff",
    "stroke-width": 1.5,
  });

/** A line that stands out from every colour: dark on a wider white one. */
const pathLines = (d: string): readonly SvgNode[] =>
  (
    [
      ["#ffffff", 4.5],
      [ink.text, 1.8],
    ] as const
  ).map(([stroke, width]) =>
    svgElement("path", { class: "path", d, fill: "none", stroke, "stroke-width": width, "stroke-linejoin": "round" }),
  );

const drawnPath = (points: readonly (readonly [number, number])[], { frame, yScale }: Placed): readonly SvgNode[] => {
  const places = points.map(
    ([alpha, beta]) =>
      [clampFar(horizontal(frame, alpha) - frame.left), clampFar(vertical(frame, yScale, beta) - frame.top)] as const,
  );
  const lines =
    places.length < 2 ? [] : pathLines(`M${places.map(([x, y]) => `${svgNumber(x)} ${svgNumber(y)}`).join("L")}`);
  return [...lines, startMark(...places[0]!), endMark(...places.at(-1)!)];
};

/** The bar of colours with its ticks, its upper left corner at x and the top of the plot. */
const colourBar = (plane: Plane, { frame }: Placed, x: number, name: string): readonly SvgNode[] => {
  if (plane.samples.every(Number.isNaN)) return [];
  const { scale, low, high } = plane;
  const own: PlotFrame = { ...frame, left: x, right: x + barWidth };
  const bottomOf = (value: number): number => (low < high ? vertical(own, scale, value) : frame.bottom);
  const segments = bandEnds(plane).map(([from, to]) => {
    const y = low < high ? vertical(own, scale, to) : frame.top;
    const height = bottomOf(from) - y;
    return svgElement("rect", { x, y, width: barWidth, height, fill: shadeOf(plane, from, to) });
  });
  return [
    svgElement("g", { class: "colour-bar" }, segments),
    ...yAxis(own, scale, "right", ink.muted),
    label(name, x, frame.top - 14, { anchor: "start", fill: ink.muted, size: labelFont }),
  ];
};

/** What stands below the plot, a line each. */
const notesOf = (plane: Plane, path: readonly (readonly [number, number])[]): readonly string[] => {
  const missing = plane.samples.filter(Number.isNaN).length;
  const isOutside = ([alpha, beta]: readonly [number, number]): boolean =>
    alpha < plane.alphas[0]! || alpha > plane.alphas.at(-1)! || beta < plane.betas[0]! || beta > plane.betas.at(-1)!;
  const outside = path.filter(isOutside).length;
  const reason = plane.scale.kind === "log" ? "not finite, or not positive on a log scale" : "not finite";
  return [
    ...(missing > 0 ? [`gray: ${reason}, ${missing} of ${plane.samples.length} values`] : []),
    ...(outside > 0 ? [`path: ${outside} of ${path.length} points outside of the plot`] : []),
  ];
};

const roomFor = (scale: AxisScale): number => 9 + Math.max(0, ...scale.labels.map((text) => textWidth(text, tickFont)));

const pathLegend = (hasPath: boolean): readonly LegendEntry[] =>
  hasPath
    ? [
        { sample: startMark(0, 0), name: "start" },
        { sample: endMark(0, 0), name: "end" },
      ]
    : [];

const axisThrough = (places: readonly number[]): AxisScale =>
  axisScale([places[0]!, places.at(-1)!], { kind: "linear", count: 6, covers: false });

const planePicture = (picture: LandscapePicture, title: string): string => {
  const { xLabel = "α", yLabel = "β", valueLabel = "loss" } = picture;
  const plane = planeOf(picture);
  const path = picture.trajectory === undefined ? [] : pathOf(picture.trajectory);
  const [x, yScale] = [axisThrough(plane.alphas), axisThrough(plane.betas)];
  const left = edge + roomFor(yScale);
  const key = legend(pathLegend(path.length > 0), edge, 44, left + plotSize - edge);
  const top = 44 + key.height + 34;
  const frame: PlotFrame = { left, right: left + plotSize, top, bottom: top + plotSize, x };
  const barLeft = frame.right + 28;
  const barRoom = Math.max(barWidth + roomFor(plane.scale), textWidth(valueLabel, labelFont));
  const notes = notesOf(plane, path);
  const [width, height] = [barLeft + barRoom + edge, frame.bottom + 56 + 18 * notes.length];
  const xs = placesOf(plane.alphas, (value) => horizontal(frame, value) - left);
  const ys = placesOf(plane.betas, (value) => vertical(frame, yScale, value) - top).toReversed();
  const ground = shadeOf(plane, ...(bandEnds(plane)[0] ?? [plane.low, plane.high]));
  const drawing = [
    svgElement("rect", { width: plotSize, height: plotSize, fill: ground }),
    ...bandPaths(plane, { xs, ys }),
    ...missingCells(plane, { xs, ys }),
    ...(path.length > 0 ? drawnPath(path, { frame, yScale }) : []),
  ];
  const range = plane.low <= plane.high ? `from ${plane.low} to ${plane.high}` : "nowhere with a value to draw";
  const description = `${valueLabel} over ${xLabel} and ${yLabel}, ${range}`;
  return svgDocument({ left: 0, top: 0, width, height, title, description, fontFamily }, [
    heading(title, edge, 32, width - 2 * edge),
    key.node,
    ...yAxis(frame, yScale, "left", ink.muted),
    label(`↑ ${yLabel}`, edge, top - 14, { anchor: "start", fill: ink.muted, size: labelFont }),
    ...xAxis(frame, xLabel),
    // A nested picture clips what it shows.
    svgElement("svg", { class: "plane", x: left, y: top, width: plotSize, height: plotSize }, drawing),
    ...colourBar(plane, { frame, yScale }, barLeft, valueLabel),
    ...notes.map((note, k) =>
      label(note, edge, frame.bottom + 60 + 18 * k, { anchor: "start", fill: ink.muted, size: 11 }),
    ),
  ]);
};

// --- The line ---------------------------------------------------------------------------------

const lineLandscape = (picture: LandscapePicture, title: string): string => {
  const { landscape, xLabel = "α", yLabel = "loss", logScale = false } = picture;
  for (const name of ["trajectory", "levels", "valueLabel"] as const)
    if (picture[name] !== undefined)
      throw new InvalidOption(asked, `${name} with a landscape along a line`, "It is for planes; leave it out");
  const [x, y] = [numbersOf(landscape.alphas), numbersOf(landscape.values)];
  requireAxis("alphas", x);
  const { shape } = array(landscape.values);
  if (shape.length !== 1 || shape[0] !== x.length)
    throw new ShapeMismatch(
      asked,
      `values of shape ${showShape(shape)} over ${x.length} alphas`,
      `Give values of shape [${x.length}]`,
    );
  return linePlot({ title, xLabel, yLabel, yScale: logScale ? "log" : "linear", series: [{ name: yLabel, x, y }] });
};

/**
 * SVG of a landscape: bands of equal values and a colour bar, with a path on top where there is one; a line plot for a line.
 * @param picture  landscape, trajectory, title, names of the axes, levels, logScale
 * @returns        text of the file; values that are not finite (on a log scale, not positive) are gray and counted below
 * @throws ShapeMismatch, InvalidElement for a path that is not finite, InvalidOption, UnknownOption, TracerConversion
 * Cost: linear in the samples, for every level.
 * @example landscapePicture({ landscape: { alphas: [-1, 0, 1], betas: [0, 1], values: [[1, 2], [0, 1], [1, 2]] }, title: "a < b" }).includes("a &lt; b") // true
 */
export const landscapePicture = (picture: LandscapePicture): string => {
  const names = ["landscape", "trajectory", "title", "xLabel", "yLabel", "valueLabel", "levels", "logScale"];
  requireOptions(asked, picture, names, true);
  for (const name of ["title", "xLabel", "yLabel", "valueLabel"] as const) requireText(asked, name, picture[name]);
  const { landscape, title = "Loss landscape", logScale } = picture;
  if (logScale !== undefined && typeof logScale !== "boolean")
    throw new InvalidOption(asked, `logScale ${showValue(logScale)}`, "Give true or false");
  if (typeof landscape !== "object" || landscape === null)
    throw new InvalidOption(asked, `landscape ${showValue(landscape)}`, "Give what landscape returned");
  return landscape.betas === null ? lineLandscape(picture, title) : planePicture(picture, title);
};
