/**
 * pad: borders of constants, of the edge, of mirrored or repeated elements, of ramps and of statistics of the edge.
 * Axis by axis, as NumPy does: what the first axes added is part of the array for those after them. Mirrored and
 * repeated borders are one read at static places, so any width works; all is linear but maximum, minimum and median.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, InvalidShape, ShapeMismatch } from "../../src/error.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import * as arithmetic from "../../ops/arithmetic.ts";
import { select } from "../../ops/comparison.ts";
import { reduceMax, reduceMin } from "../../ops/extrema.ts";
import { gather } from "../../ops/indexing.ts";
import { floor, round } from "../../ops/rounding.ts";
import { moveAxis, reduceSum, reshape } from "../../ops/shape.ts";
import * as slicing from "../../ops/slicing.ts";
import { requireOptions } from "../../src/options.ts";
import type { Operand } from "./operand.ts";
import { asOperand, broadcastArray, requireList, toDType } from "./operand.ts";
import { median } from "./quantiles.ts";
import { indexColumns } from "./true-places.ts";

/** One number for all, [before, after] for all axes, or a pair per axis. */
export type PerSide = number | readonly [number, number] | readonly (readonly [number, number])[];

export type PadWidth = PerSide;

export type PadMode =
  | "constant"
  | "edge"
  | "reflect"
  | "symmetric"
  | "wrap"
  | "linearRamp"
  | "maximum"
  | "mean"
  | "median"
  | "minimum"
  | "empty";

export interface PadOptions {
  /** Default "constant". */
  readonly mode?: PadMode;
  /** For "constant": the number on every side, 0 by default. */
  readonly value?: PerSide;
  /** For "linearRamp": the number at the end of every side, 0 by default. */
  readonly endValue?: PerSide;
  /** For "maximum", "mean", "median" and "minimum": how many elements next to the edge count; all by default. */
  readonly statLength?: PerSide;
  /** For "reflect" and "symmetric": "odd" mirrors the differences from the edge. Default "even". */
  readonly reflectType?: "even" | "odd";
}

type Pair = readonly [before: number, after: number];

/** A pair for every axis. */
const pairsOf = (value: PerSide, rank: number, what: string, isGood: (entry: number) => boolean): readonly Pair[] => {
  if (typeof value !== "number") requireList("np.pad", what, value);
  const isPerAxis = typeof value !== "number" && typeof value[0] !== "number";
  const pairs = Array.from({ length: rank }, (_, axis): Pair | undefined => {
    if (typeof value === "number") return [value, value];
    return isPerAxis ? (value as readonly Pair[])[axis] : (value as Pair);
  });
  if (
    (isPerAxis && value.length !== rank) ||
    pairs.some((pair) => !Array.isArray(pair) || pair.length !== 2 || !pair.every(isGood))
  )
    throw new InvalidShape(
      "np.pad",
      `${what} ${showValue(value)} for rank ${rank}`,
      "Give one number, [before, after], or one such pair per axis; widths are whole numbers, zero or more",
    );
  return pairs as readonly Pair[];
};

const isWidth = (entry: number): boolean => Number.isSafeInteger(entry) && entry >= 0;

/** Options that a mode understands beside `mode`. */
const optionsOf: Readonly<Record<PadMode, readonly string[]>> = {
  constant: ["value"],
  edge: [],
  reflect: ["reflectType"],
  symmetric: ["reflectType"],
  wrap: [],
  linearRamp: ["endValue"],
  maximum: ["statLength"],
  mean: ["statLength"],
  median: ["statLength"],
  minimum: ["statLength"],
  empty: [],
};

/** One axis of x with its border. */
type AxisPad = (x: NDArray, axis: number, width: Pair) => NDArray;

const joinedSides = (x: NDArray, axis: number, before: NDArray, after: NDArray): NDArray =>
  slicing.join([before, x, after], axis);

// --- Constants, ramps, statistics -------------------------------------------------------------

const constantSides =
  (pairs: readonly Pair[]): AxisPad =>
  (x, axis, [before, after]) => {
    const [low, high] = pairs[axis]!.map((value) => toDType(asOperand("np.pad", value), x.dtype));
    const padding = (left: number, right: number): slicing.AxisPadding[] =>
      x.shape.map((_, k) => (k === axis ? [left, right, 0] : [0, 0, 0]));
    const left = before === 0 ? x : slicing.pad(x, low!, { padding: padding(before, 0) });
    return after === 0 ? left : slicing.pad(left, high!, { padding: padding(0, after) });
  };

/** Steps of equal size from the end value, outermost, to just before the edge; rounded down where the array holds integers. */
const rampSides =
  (pairs: readonly Pair[]): AxisPad =>
  (x, axis, [before, after]) => {
    const ramp = (edge: NDArray, width: number, end: number, isBefore: boolean): NDArray => {
      const shape = edge.shape.with(axis, width);
      const places = Array.from({ length: width }, (_, k) => (isBefore ? k : width - 1 - k));
      const wide = broadcastArray(isFloat(edge.dtype) ? edge : toDType(edge, "float64"), shape);
      const steps = arithmetic.full(1, shape, wide.dtype);
      const along = broadcastArray(
        toDType(
          reshape(indexColumns(places), { shape: shape.map((extent, k) => (k === axis ? extent : 1)) }),
          wide.dtype,
        ),
        shape,
      );
      const start = arithmetic.mul(steps, arithmetic.full(end, shape, wide.dtype));
      const rise = arithmetic.div(
        arithmetic.mul(arithmetic.sub(wide, start), along),
        arithmetic.full(Math.max(1, width), shape, wide.dtype),
      );
      const line = arithmetic.add(start, rise);
      return toDType(isFloat(x.dtype) || x.dtype === "bool" ? line : floor(line), x.dtype);
    };
    const extent = x.shape[axis]!;
    const [low, high] = pairs[axis]!;
    return joinedSides(
      x,
      axis,
      ramp(slicing.sliceAxis(x, axis, 0, 1), before, low, true),
      ramp(slicing.sliceAxis(x, axis, extent - 1, extent), after, high, false),
    );
  };

type Statistic = (x: NDArray, axis: number) => NDArray;

/** A statistic of floats in the dtype of the array, to the nearest whole number where that holds integers. */
const inOwnDtype =
  (statistic: Statistic): Statistic =>
  (x, axis) =>
    isFloat(x.dtype) ? statistic(x, axis) : toDType(round(statistic(toDType(x, "float64"), axis)), x.dtype);

const meanAlong: Statistic = inOwnDtype((x, axis) => {
  const sum = reduceSum(x, { axes: [axis] });
  return arithmetic.div(sum, arithmetic.fullLike(x.shape[axis]!, sum));
});

const medianAlong: Statistic = inOwnDtype((x, axis) => median(x, { axis }));

const statisticSides =
  (statistic: Statistic, lengths: readonly Pair[] | null): AxisPad =>
  (x, axis, [before, after]) => {
    const extent = x.shape[axis]!;
    const [low, high] = (lengths?.[axis] ?? [extent, extent]).map((length) => Math.min(extent, length));
    const side = (part: NDArray, width: number): NDArray => {
      const value = statistic(part, axis);
      const shape = x.shape.with(axis, width);
      return broadcastArray(reshape(value, { shape: shape.with(axis, 1) }), shape);
    };
    return joinedSides(
      x,
      axis,
      side(slicing.sliceAxis(x, axis, 0, low!), before),
      side(slicing.sliceAxis(x, axis, extent - high!, extent), after),
    );
  };

// --- Elements again ---------------------------------------------------------------------------

/** Remainder in [0, divisor). */
const modulo = (k: number, divisor: number): number => k - divisor * Math.floor(k / divisor);

/** Index that stands at place k, counted from the first element, for an axis of `extent` elements. */
const sourceAt: Readonly<Record<string, (k: number, extent: number) => number>> = {
  edge: (k, extent) => Math.max(0, Math.min(extent - 1, k)),
  wrap: (k, extent) => modulo(k, extent),
  reflect: (k, extent) => {
    if (extent === 1) return 0;
    const along = modulo(k, 2 * extent - 2);
    return along < extent ? along : 2 * extent - 2 - along;
  },
  symmetric: (k, extent) => {
    const along = modulo(k, 2 * extent);
    return along < extent ? along : 2 * extent - 1 - along;
  },
};

const readAlong = (x: NDArray, axis: number, places: readonly number[]): NDArray =>
  moveAxis(gather(moveAxis(x, axis, 0), indexColumns(places), { mode: "drop", batchDims: 0 }), 0, axis);

const placesOf = (extent: number, [before, after]: Pair): number[] =>
  Array.from({ length: before + extent + after }, (_, k) => k - before);

const repeatedSides =
  (mode: string): AxisPad =>
  (x, axis, width) => {
    const extent = x.shape[axis]!;
    return readAlong(
      x,
      axis,
      placesOf(extent, width).map((k) => sourceAt[mode]!(k, extent)),
    );
  };

/** Rows of an axis times one whole number each. Factor 0 gives 0 also of NaN and infinity: such a row takes no part. */
const timesFactors = (x: NDArray, axis: number, factors: readonly number[]): NDArray => {
  const shape = x.shape.map((size, k) => (k === axis ? size : 1));
  const spread = (line: readonly number[], dtype: DType): NDArray =>
    broadcastArray(toDType(reshape(indexColumns(line), { shape }), dtype), x.shape);
  const scaled = arithmetic.mul(x, spread(factors, x.dtype));
  if (!factors.includes(0)) return scaled;
  const isTaken = spread(
    factors.map((factor) => (factor === 0 ? 0 : 1)),
    "bool",
  );
  return select(isTaken, scaled, arithmetic.zerosOf(x.shape, x.dtype));
};

/**
 * Mirrored at an edge, differences from it change their sign. Once there and back the array goes on from
 * itself plus 2 (last - first): x[k + period] = x[k] + 2 (last - first), and in the second half 2 last - mirrored.
 * Where a reflection arrives at the first or last element, that counts among the edges: 2 last - first has no other part.
 */
const oddSides =
  (mode: "reflect" | "symmetric"): AxisPad =>
  (x, axis, [before, after]) => {
    const extent = x.shape[axis]!;
    if (extent === 1) return repeatedSides("edge")(x, axis, [before, after]);
    const period = mode === "reflect" ? 2 * extent - 2 : 2 * extent;
    const turns = (k: number): number => Math.floor(k / period);
    const isMirrored = (k: number): boolean => modulo(k, period) >= extent;
    const isEdge = (k: number, element: number): boolean => mode === "reflect" && modulo(k, period) === element;
    const side = (width: number, first: number): NDArray => {
      const places = Array.from({ length: width }, (_, k) => first + k);
      const times = (row: NDArray, factorAt: (k: number) => number): NDArray =>
        timesFactors(row, axis, places.map(factorAt));
      const read = readAlong(
        x,
        axis,
        places.map((k) => sourceAt[mode]!(k, extent)),
      );
      const edge = (k: number): NDArray => broadcastArray(slicing.sliceAxis(x, axis, k, k + 1), read.shape);
      const edges = arithmetic.add(
        times(edge(extent - 1), (k) => 2 * turns(k) + (isMirrored(k) ? 2 : 0) + (isEdge(k, extent - 1) ? 1 : 0)),
        times(edge(0), (k) => (isEdge(k, 0) ? 1 : 0) - 2 * turns(k)),
      );
      return arithmetic.add(
        times(read, (k) => (isEdge(k, 0) || isEdge(k, extent - 1) ? 0 : isMirrored(k) ? -1 : 1)),
        edges,
      );
    };
    return joinedSides(x, axis, side(before, -before), side(after, extent));
  };

// --- pad --------------------------------------------------------------------------------------

const axisPadOf = (mode: PadMode, options: PadOptions, rank: number): AxisPad => {
  const { value = 0, endValue = 0, statLength, reflectType = "even" } = options;
  if (reflectType !== "even" && reflectType !== "odd")
    throw new InvalidOption("np.pad", `reflectType ${showValue(reflectType)}`, 'Use "even" or "odd"');
  const lengths =
    statLength === undefined ? null : pairsOf(statLength, rank, "statLength", (entry) => isWidth(entry) && entry > 0);
  switch (mode) {
    case "constant":
      return constantSides(pairsOf(value, rank, "value", (entry) => typeof entry === "number"));
    case "empty":
      return constantSides(pairsOf(0, rank, "value", () => true));
    case "linearRamp":
      return rampSides(pairsOf(endValue, rank, "endValue", (entry) => typeof entry === "number"));
    case "maximum":
      return statisticSides((x, axis) => reduceMax(x, { axes: [axis] }), lengths);
    case "minimum":
      return statisticSides((x, axis) => reduceMin(x, { axes: [axis] }), lengths);
    case "mean":
      return statisticSides(meanAlong, lengths);
    case "median":
      return statisticSides(medianAlong, lengths);
    case "reflect":
    case "symmetric":
      return reflectType === "odd" ? oddSides(mode) : repeatedSides(mode);
    default:
      return repeatedSides(mode);
  }
};

/**
 * The array with a border. Modes: "constant", "edge" (the outermost element), "reflect" (mirrored at the centre of
 * the outermost element), "symmetric" (at its outer side), "wrap", "linearRamp" (down to `endValue`), "maximum",
 * "mean", "median", "minimum" (along the axis), "empty" (zeros).
 * @param width    one width, [before, after] for all axes, or a pair per axis
 * @param options  mode, and what it takes: value, endValue, statLength, reflectType
 * @throws InvalidShape for widths, ShapeMismatch for an axis without elements to take the border from, UnknownOption
 * @example
 * np.pad(array([1, 2]), [1, 0], { value: 9 }) // [9, 1, 2]
 * np.pad(array([1, 2, 3]), 2, { mode: "reflect" }) // [3, 2, 1, 2, 3, 2, 1]
 */
export const pad = (x: Operand, width: PadWidth, options: PadOptions = {}): NDArray => {
  if (options === null) requireOptions("np.pad", options, ["mode"]);
  const { mode = "constant" } = options;
  if (typeof mode !== "string" || !(mode in optionsOf))
    throw new InvalidOption("np.pad", `mode ${showValue(mode)}`, `Use ${Object.keys(optionsOf).join(", ")}`);
  requireOptions(`np.pad with mode "${mode}"`, options, ["mode", ...optionsOf[mode]]);
  const own = asOperand("np.pad", x);
  const widths = pairsOf(width, own.ndim, "widths", isWidth);
  const padAxis = axisPadOf(mode, options, own.ndim);
  return widths.reduce<NDArray>((padded, [before, after], axis) => {
    if (before === 0 && after === 0) return padded;
    if (padded.shape[axis] === 0 && mode !== "constant" && mode !== "empty")
      throw new ShapeMismatch(
        `np.pad with mode "${mode}"`,
        `axis ${axis} of ${showShape(padded.shape)} has no elements`,
        'Use mode "constant", or an axis that is not empty',
      );
    return padAxis(padded, axis, [before, after]);
  }, own);
};
