/**
 * What is drawn of a landscape: its samples, checked, as a plane in the order of a picture, with the levels of its contours; and
 * the path on top.
 */
import { showShape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidElement, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { array } from "../../library/numpy/creation.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { axisScale, isDrawable } from "./axis-scale.ts";
import type { AxisScale, ScaleKind } from "./axis-scale.ts";
import { linearTicks } from "./ticks.ts";

/** What is drawn of a landscape: alphas go to the right, betas up. */
export interface DrawnLandscape {
  /** Shape [n], rising. */
  readonly alphas: ArrayData;
  /** Shape [m], rising; null for a line. */
  readonly betas: ArrayData | null;
  /** Shape [n], or [n, m] with alphas along the first axis. */
  readonly values: ArrayData;
}

export interface LandscapePicture {
  readonly landscape: DrawnLandscape;
  /** A path in the plane, shape [points, 2]: the `coordinates` that projectTrajectory gives. */
  readonly trajectory?: ArrayData | undefined;
  /** "Loss landscape" by default. */
  readonly title?: string | undefined;
  /** "α" by default. */
  readonly xLabel?: string | undefined;
  /** Name of the vertical axis: "β" by default, "loss" for a line. */
  readonly yLabel?: string | undefined;
  /** Name of the values, over the colour bar of a plane: "loss" by default. */
  readonly valueLabel?: string | undefined;
  /** Values at the contours of a plane: finite, rising. About 12 by default. */
  readonly levels?: readonly number[] | undefined;
  /** Whether colours and contours (the vertical axis of a line) follow the logarithm. Default false. */
  readonly logScale?: boolean | undefined;
}

export const asked = "landscapePicture";
/** Bands between default contours. */
const bands = 12;

export const numbersOf = (values: ArrayData): readonly number[] => Array.from(array(values).toTypedArray(), Number);

/** A plane of samples, row by row from the largest beta to the smallest. */
export interface Plane {
  readonly alphas: readonly number[];
  readonly betas: readonly number[];
  /** On the scale of the colours: logarithms where they follow those. NaN where there is nothing to draw. */
  readonly samples: readonly number[];
  readonly scale: AxisScale;
  readonly low: number;
  readonly high: number;
  readonly levels: readonly number[];
}

export const along = (kind: ScaleKind, value: number): number => (kind === "log" ? Math.log10(value) : value);

export const requireAxis = (name: string, places: readonly number[]): void => {
  const isRising = (place: number, k: number): boolean =>
    isDrawable(place, "linear") && (k === 0 || place > places[k - 1]!);
  if (places.length < 2 || !places.every(isRising))
    throw new InvalidOption(asked, `${name} ${showValue(places)}`, "Give two finite numbers or more, rising");
};

const requireLevels = (levels: readonly number[], kind: ScaleKind): void => {
  const isRising = (level: unknown, k: number): boolean =>
    isDrawable(level as number, kind) && (k === 0 || (level as number) > levels[k - 1]!);
  if (!Array.isArray(levels) || levels.length === 0 || !levels.every(isRising))
    throw new InvalidOption(
      asked,
      `levels ${showValue(levels)}`,
      `Give finite ${kind === "log" ? "positive " : ""}numbers, each above the one before`,
    );
};

/** Round numbers between the ends, or equal ratios. */
const defaultLevels = (low: number, high: number, kind: ScaleKind): readonly number[] =>
  kind === "log"
    ? Array.from({ length: bands - 1 }, (_, k) => low * (high / low) ** ((k + 1) / bands))
    : linearTicks(low, high, bands).filter((tick) => tick > low && tick < high);

export const planeOf = ({ landscape, levels, logScale = false }: LandscapePicture): Plane => {
  const kind = logScale ? "log" : "linear";
  const [alphas, betas] = [numbersOf(landscape.alphas), numbersOf(landscape.betas!)];
  requireAxis("alphas", alphas);
  requireAxis("betas", betas);
  if (levels !== undefined) requireLevels(levels, kind);
  const { shape } = array(landscape.values);
  const values = numbersOf(landscape.values);
  if (shape.length !== 2 || shape[0] !== alphas.length || shape[1] !== betas.length)
    throw new ShapeMismatch(
      asked,
      `values of shape ${showShape(shape)} over ${alphas.length} alphas and ${betas.length} betas`,
      `Give values of shape [${alphas.length}, ${betas.length}]`,
    );
  const rows = betas.map((_, row) => betas.length - 1 - row);
  const drawn = rows.flatMap((j) => alphas.map((_, i) => values[i * betas.length + j]!));
  const known = drawn.filter((value) => isDrawable(value, kind));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return {
    alphas,
    betas,
    samples: drawn.map((value) => (isDrawable(value, kind) ? along(kind, value) : Number.NaN)),
    scale: axisScale(known, { kind, count: 8, covers: false }),
    low,
    high,
    levels: levels ?? (known.length === 0 || low === high ? [] : defaultLevels(low, high, kind)),
  };
};

/** Points of the path. @throws ShapeMismatch, InvalidElement */
export const pathOf = (trajectory: ArrayData): readonly (readonly [number, number])[] => {
  const { shape } = array(trajectory);
  if (shape.length !== 2 || shape[1] !== 2 || shape[0] === 0)
    throw new ShapeMismatch(
      asked,
      `a trajectory of shape ${showShape(shape)}`,
      "Give coordinates of shape [points, 2]",
    );
  const numbers = numbersOf(trajectory);
  const at = numbers.findIndex((value) => !isDrawable(value, "linear"));
  if (at >= 0)
    throw new InvalidElement(
      asked,
      `${numbers[at]} at point ${Math.floor(at / 2)} of the trajectory`,
      "A path has finite coordinates up to 1e200",
    );
  return Array.from({ length: shape[0]! }, (_, k) => [numbers[2 * k]!, numbers[2 * k + 1]!] as const);
};

/** Ends of the bands that contours cut a range into. */
export const bandEnds = ({ levels, low, high }: Plane): readonly (readonly [from: number, to: number])[] => {
  const inside = levels.filter((level) => level > low && level < high);
  return [low, ...inside].map((from, k) => [from, inside[k] ?? high] as const);
};
