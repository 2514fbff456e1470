/**
 * Differences and integrals along an axis: diff, ediff1d, gradient, trapezoid. Linear in the values.
 * gradient is central inside: (f[k+1] - f[k-1]) / 2h, with uneven distances the parabola through three points;
 * at the ends one-sided, of order 1 or 2. Source: Fornberg, Math. Comp. 51 (1988) 699.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxes, normalizeAxis, showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { ne } from "../../ops/comparison.ts";
import { reduceSum, reshape } from "../../ops/shape.ts";
import { join, sliceAxis } from "../../ops/slicing.ts";
import { add, div, mul, sub } from "./elementwise.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { asFloat } from "./reduction-parts.ts";

/** Arrays of one dtype. */
const alike = (parts: readonly NDArray[]): NDArray[] => {
  const { dtype } = resultType(parts);
  return parts.map((part) => toDType(part, dtype));
};

/** Element from .. to - 1 along an axis. */
const between = sliceAxis;

// --- diff, ediff1d ----------------------------------------------------------------------------

export interface DiffOptions {
  /** How often. Default 1. */
  readonly n?: number;
  /** Default -1. */
  readonly axis?: number;
  /** Put before x along the axis first: an array, or one number for all. */
  readonly prepend?: Operand;
  /** Put behind x along the axis first. */
  readonly append?: Operand;
}

/** What is put before or behind x: a number is repeated. */
const border = (value: Operand, x: NDArray, axis: number): NDArray => {
  const own = asOperand("np.diff", value);
  return own.ndim === 0 ? broadcastArray(own, x.shape.with(axis, 1)) : own;
};

/**
 * Differences of neighbours, x[k + 1] - x[k], n times over; of booleans whether they differ.
 * @throws InvalidOption  n is no whole number
 * @example np.diff(array([1, 4, 9, 16])) // [3, 5, 7]
 * np.diff(array([1, 4, 9, 16]), { n: 2 }) // [2, 2]
 */
export const diff = (x: Operand, options: DiffOptions = {}): NDArray => {
  requireOptions("np.diff", options, ["n", "axis", "prepend", "append"]);
  const { n = 1, axis = -1, prepend, append } = options;
  if (!Number.isInteger(n) || n < 0)
    throw new InvalidOption("np.diff", `n ${showValue(n)}`, "Give a whole number from 0");
  const given = asOperand("np.diff", x);
  const along = normalizeAxis("np.diff", axis, given.ndim);
  const parts = alike([
    ...(prepend === undefined ? [] : [border(prepend, given, along)]),
    given,
    ...(append === undefined ? [] : [border(append, given, along)]),
  ]);
  let own = n === 0 ? given : parts.length === 1 ? given : join(parts, along);
  for (let k = 0; k < n && own.shape[along]! > 0; k++) {
    const extent = own.shape[along]!;
    const [later, earlier] = [between(own, along, 1, extent), between(own, along, 0, extent - 1)];
    own = own.dtype === "bool" ? ne(later, earlier) : sub(later, earlier);
  }
  return own;
};

export interface Ediff1dOptions {
  /** Put behind the differences. */
  readonly toEnd?: Operand;
  /** Put before the differences. */
  readonly toBegin?: Operand;
}

/**
 * Differences of neighbours of the flattened array.
 * @example np.ediff1d(array([1, 2, 4]), { toBegin: 0 }) // [0, 1, 2]
 */
export const ediff1d = (x: Operand, options: Ediff1dOptions = {}): NDArray => {
  requireOptions("np.ediff1d", options, ["toEnd", "toBegin"]);
  const own = asOperand("np.ediff1d", x);
  const flat = (value: Operand): NDArray => {
    const part = toDType(asOperand("np.ediff1d", value), own.dtype);
    return reshape(part, { shape: [part.size] });
  };
  const { toBegin, toEnd } = options;
  const differences = diff(reshape(own, { shape: [own.size] }));
  const before = toBegin === undefined ? [] : [flat(toBegin)];
  return join([...before, differences, ...(toEnd === undefined ? [] : [flat(toEnd)])], 0);
};

// --- gradient ---------------------------------------------------------------------------------

/** Distance between neighbours, or the coordinates along the axis. */
export type Spacing = number | NDArray;

export interface GradientOptions {
  /** One for all axes, or a list with one per axis. Default 1. */
  readonly spacing?: Spacing | readonly Spacing[];
  /** One axis gives an array, several or null (default: all) a list of arrays unless there is but one. */
  readonly axis?: number | readonly number[] | null;
  /** Order of the differences at the ends, 1 (default) or 2. */
  readonly edgeOrder?: 1 | 2;
}

/** The vector as an array that broadcasts along one axis of x. */
const alongAxis = (vector: NDArray, axis: number, rank: number): NDArray =>
  reshape(vector, { shape: Array.from({ length: rank }, (_, k) => (k === axis ? vector.size : 1)) });

/** sum of weights[k] x[k] over some places along the axis. */
const combine = (x: NDArray, axis: number, terms: readonly (readonly [place: number, weight: Operand])[]): NDArray =>
  terms
    .map(([place, weight]) => mul(between(x, axis, place, place + 1), weight))
    .reduce((total, term) => add(total, term));

const evenGradient = (x: NDArray, axis: number, h: Operand, edgeOrder: 1 | 2): NDArray => {
  const n = x.shape[axis]!;
  const inner = div(sub(between(x, axis, 2, n), between(x, axis, 0, n - 2)), 2);
  const [first, last] =
    edgeOrder === 1
      ? [
          combine(x, axis, [
            [0, -1],
            [1, 1],
          ]),
          combine(x, axis, [
            [n - 2, -1],
            [n - 1, 1],
          ]),
        ]
      : [
          combine(x, axis, [
            [0, -1.5],
            [1, 2],
            [2, -0.5],
          ]),
          combine(x, axis, [
            [n - 3, 0.5],
            [n - 2, -2],
            [n - 1, 1.5],
          ]),
        ];
  return div(join([first, inner, last], axis), h);
};

const unevenGradient = (x: NDArray, axis: number, coordinates: NDArray, edgeOrder: 1 | 2): NDArray => {
  const n = x.shape[axis]!;
  const steps = alongAxis(diff(coordinates), axis, x.ndim);
  const step = (k: number): NDArray => between(steps, axis, k, k + 1);
  const [before, after] = [between(steps, axis, 0, n - 2), between(steps, axis, 1, n - 1)];
  const total = add(before, after);
  // The slopes on both sides, each weighted by the distance to the other side.
  const slopes = div(sub(between(x, axis, 1, n), between(x, axis, 0, n - 1)), steps);
  const inner = div(
    add(mul(between(slopes, axis, 1, n - 1), before), mul(between(slopes, axis, 0, n - 2), after)),
    total,
  );
  const slope = (k: number): NDArray => between(slopes, axis, k, k + 1);
  if (edgeOrder === 1) return join([slope(0), inner, slope(n - 2)], axis);
  // The parabola through three points: the outer slope, and its change over the two steps carried on outwards.
  const outward = (edge: number, next: number): NDArray =>
    add(slope(edge), div(mul(sub(slope(edge), slope(next)), step(edge)), add(step(edge), step(next))));
  return join([outward(0, 1), inner, outward(n - 2, n - 3)], axis);
};

const gradientAlong = (x: NDArray, axis: number, spacing: Spacing, edgeOrder: 1 | 2): NDArray => {
  const distance = asOperand("np.gradient, option spacing", spacing);
  const n = x.shape[axis]!;
  if (n <= edgeOrder)
    throw new ShapeMismatch(
      "np.gradient",
      `${n} elements along axis ${axis} with edgeOrder ${edgeOrder}`,
      `Give at least ${edgeOrder + 1}`,
    );
  if (distance.ndim === 0) return evenGradient(x, axis, distance, edgeOrder);
  if (distance.ndim !== 1 || distance.size !== n)
    throw new ShapeMismatch(
      "np.gradient, option spacing",
      `shape ${showShape(distance.shape)} for ${n} elements along axis ${axis}`,
      "Give a number, or one coordinate per element",
    );
  return unevenGradient(x, axis, distance, edgeOrder);
};

/**
 * Derivative along axes by differences, of the shape of x.
 * @returns an array for one axis, else a list with one per axis
 * @throws ShapeMismatch, InvalidOption
 * @example np.gradient(array([0, 1, 4, 9])) // [1, 2, 4, 5]
 * np.gradient(array([0, 1, 4, 9]), { spacing: 0.5, edgeOrder: 2 }) // [0, 4, 8, 12]
 */
export const gradient = (x: Operand, options: GradientOptions = {}): NDArray | NDArray[] => {
  requireOptions("np.gradient", options, ["spacing", "axis", "edgeOrder"]);
  const { spacing = 1, edgeOrder = 1 } = options;
  if (edgeOrder !== 1 && edgeOrder !== 2)
    throw new InvalidOption("np.gradient", `edgeOrder ${showValue(edgeOrder)}`, "Use 1 or 2");
  const own = asFloat(asOperand("np.gradient", x));
  const axes = Array.isArray(options.axis)
    ? options.axis.map((axis: number) => normalizeAxis("np.gradient", axis, own.ndim))
    : normalizeAxes("np.gradient", options.axis as number | null | undefined, own.ndim);
  const spacings = Array.isArray(spacing) ? (spacing as readonly Spacing[]) : axes.map(() => spacing as Spacing);
  if (spacings.length !== axes.length)
    throw new InvalidOption(
      "np.gradient",
      `${spacings.length} spacings for ${axes.length} axes`,
      "Give one for all, or one per axis",
    );
  const slopes = axes.map((axis, k) => gradientAlong(own, axis, spacings[k]!, edgeOrder));
  return slopes.length === 1 && !Array.isArray(options.axis) ? slopes[0]! : slopes;
};

// --- trapezoid --------------------------------------------------------------------------------

export interface TrapezoidOptions {
  /** Where the values stand: a vector along the axis, or an array of y's shape. Default: dx apart. */
  readonly x?: Operand;
  /** Distance between neighbours. Default 1. */
  readonly dx?: Operand;
  /** Default -1. */
  readonly axis?: number;
}

/** Distances along the axis, broadcasting with y. */
const distances = (x: NDArray, y: NDArray, axis: number): NDArray => {
  const own = asFloat(x);
  if (own.ndim !== 1) return diff(own, { axis });
  if (own.size !== y.shape[axis])
    throw new ShapeMismatch(
      "np.trapezoid, option x",
      `${own.size} coordinates for ${y.shape[axis]} values`,
      "Give one coordinate per value",
    );
  return alongAxis(diff(own), axis, y.ndim);
};

/**
 * Integral along an axis by the trapezoidal rule: sum of (y[k] + y[k + 1]) / 2 times the distance.
 * @throws ShapeMismatch, InvalidOption  both x and dx
 * @example np.trapezoid(array([1, 2, 3]), { dx: 2 }) // 8
 */
export const trapezoid = (y: Operand, options: TrapezoidOptions = {}): NDArray => {
  requireOptions("np.trapezoid", options, ["x", "dx", "axis"]);
  if (options.x !== undefined && options.dx !== undefined)
    throw new InvalidOption("np.trapezoid", "x and dx", "Give the coordinates or their distance");
  const own = asFloat(asOperand("np.trapezoid", y));
  const axis = normalizeAxis("np.trapezoid", options.axis ?? -1, own.ndim);
  const n = own.shape[axis]!;
  const width =
    options.x === undefined ? (options.dx ?? 1) : distances(asOperand("np.trapezoid", options.x), own, axis);
  if (n === 0) return reduceSum(own, { axes: [axis] });
  const heights = add(between(own, axis, 1, n), between(own, axis, 0, n - 1));
  return reduceSum(mul(mul(heights, width), 0.5), { axes: [axis] });
};
