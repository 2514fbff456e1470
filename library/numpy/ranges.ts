/**
 * Ranges and coordinate grids: arange, linspace, logspace, geomspace, meshgrid, indices, ix, fromfunction.
 * Ends given as arrays are differentiated: every element is a weighted mean of the two ends.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { castBuffer } from "../../src/array/create.ts";
import { fromBuffer, isConcrete, NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { normalizeAxis, requireShape, showShape, sizeOf, stridesOf } from "../../src/array/shape.ts";
import * as arithmetic from "../../ops/arithmetic.ts";
import { lt, select } from "../../ops/comparison.ts";
import { moveAxis, reshape } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import type { CreationOptions } from "./creation.ts";
import { abs, log10, pow } from "./elementwise.ts";
import { asOperand, broadcastArray, dtypeOption, promoteFloat, requireCallable, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { optionsLast } from "./options-last.ts";
import type { OptionsLast } from "./options-last.ts";
import { nonzero } from "./places.ts";
import { counting } from "./true-places.ts";

/** What may stand behind the first number. */
type StopStepAndOptions =
  | readonly [stop?: number | undefined, step?: number | undefined, options?: CreationOptions | undefined]
  | readonly [stop: number | undefined, options: CreationOptions]
  | readonly [options: CreationOptions];

/**
 * start, start + step, ... below stop; one number counts from 0.
 * @param rest  stop; step, 1 by default; options dtype
 * @example np.arange(3) // [0, 1, 2]
 * @example np.arange(3, { dtype: "int32" }).dtype // "int32"
 */
export const arange = (start: number, ...rest: StopStepAndOptions): NDArray => {
  const [stop, step = 1, options = {}] = optionsLast<[number?, number?, CreationOptions?]>(rest, 2);
  const dtype = dtypeOption("np.arange", options, "float64");
  const [first, last] = stop === undefined ? [0, start] : [start, stop];
  if (!Number.isFinite(first) || !Number.isFinite(last) || !Number.isFinite(step) || step === 0)
    throw new InvalidOption(
      "np.arange",
      `start ${showValue(first)}, stop ${showValue(last)}, step ${showValue(step)}`,
      "Give finite numbers and a step that is not 0",
    );
  const length = Math.max(0, Math.ceil((last - first) / step));
  requireShape("np.arange", [length]);
  const values = Float64Array.from({ length }, (_, k) => first + k * step);
  return fromBuffer(castBuffer(values, "float64", dtype), [length], dtype);
};

// --- Numbers between two ends -----------------------------------------------------------------

export interface SpaceOptions extends CreationOptions {
  /** Whether the last number is `stop` (default), or one step before it. */
  readonly endpoint?: boolean;
  /** Axis of the result along which the numbers run; ends that are arrays give the others. Default 0. */
  readonly axis?: number;
}

/** Between two numbers: the same formula, known at once even while a function is traced. */
const numbersBetween = (start: number, stop: number, count: number, intervals: number, endpoint: boolean): NDArray => {
  const values = Float64Array.from({ length: count }, (_, k) => start + ((stop - start) * k) / intervals);
  if (endpoint && count > 1) values[count - 1] = stop;
  return fromBuffer(values, [count], "float64");
};

/** [count, ...ends]: start + (stop - start) k / intervals, the last one exactly stop. */
const between = (start: NDArray, stop: NDArray, count: number, endpoint: boolean): NDArray => {
  const intervals = Math.max(1, endpoint ? count - 1 : count);
  if (isConcrete(start) && isConcrete(stop) && start.ndim === 0 && start.dtype === "float64")
    return numbersBetween(start.item(), stop.item(), count, intervals, endpoint);
  const shape = [count, ...start.shape];
  const [first, last] = [broadcastArray(start, shape), broadcastArray(stop, shape)];
  const line = reshape(counting(count), { shape: [count, ...start.shape.map(() => 1)] });
  const k = broadcastArray(toDType(line, start.dtype), shape);
  const steps = arithmetic.div(arithmetic.mul(arithmetic.sub(last, first), k), arithmetic.fullLike(intervals, k));
  const values = arithmetic.add(first, steps);
  return endpoint && count > 1 ? select(lt(k, arithmetic.fullLike(count - 1, k)), values, last) : values;
};

interface Ends {
  readonly start: NDArray;
  readonly stop: NDArray;
  readonly count: number;
}

const spaceOptions: readonly string[] = ["endpoint", "axis"];

const requireEnds = (asked: string, start: Operand, stop: Operand, count: number): Ends => {
  requireShape(asked, [count]);
  const [own, other] = promoteFloat(asked, [start, stop]);
  return { start: own!, stop: other!, count };
};

/** Values [count, ...ends] in the dtype and with the axis of the options. */
const placed = (asked: string, values: NDArray, options: SpaceOptions, others: readonly string[] = []): NDArray => {
  const dtype = dtypeOption(asked, options, values.dtype, [...spaceOptions, ...others]);
  return moveAxis(toDType(values, dtype), 0, normalizeAxis(asked, options.axis ?? 0, values.ndim));
};

export interface LinspaceOptions extends SpaceOptions {
  /** Also return the step: [numbers, step]. */
  readonly retstep?: boolean;
}

type RequiredOptionsLast<Options> =
  | readonly [count: number | undefined, options: Options]
  | readonly [options: Options];

interface Linspace {
  (
    start: Operand,
    stop: Operand,
    ...rest: RequiredOptionsLast<LinspaceOptions & { retstep: true }>
  ): [numbers: NDArray, step: NDArray];
  (start: Operand, stop: Operand, ...rest: OptionsLast<number, LinspaceOptions>): NDArray;
}

/**
 * `count` equidistant numbers from start to stop, both included. Ends may be arrays that broadcast, and are differentiated.
 * @param rest  count, 50 by default; options dtype, endpoint, axis, retstep
 * @returns     shape [count, ...ends], the new axis at `axis`; with retstep [numbers, step]
 * @example np.linspace(0, 1, 3) // [0, 0.5, 1]
 */
export const linspace: Linspace = ((start: Operand, stop: Operand, ...rest: OptionsLast<number, LinspaceOptions>) => {
  const [count = 50, options = {}] = optionsLast<[number?, LinspaceOptions?]>(rest, 1);
  requireOptions("np.linspace", options, ["dtype", ...spaceOptions, "retstep"]);
  const ends = requireEnds("np.linspace", start, stop, count);
  const { endpoint = true, retstep = false } = options;
  const values = placed("np.linspace", between(ends.start, ends.stop, count, endpoint), options, ["retstep"]);
  if (!retstep) return values;
  const intervals = endpoint ? count - 1 : count;
  const width = arithmetic.sub(ends.stop, ends.start);
  return [values, arithmetic.div(width, arithmetic.fullLike(intervals > 0 ? intervals : NaN, width))];
}) as Linspace;

interface LogspaceOptions extends SpaceOptions {
  readonly base?: Operand;
}

/**
 * base^start to base^stop, equidistant in the exponent. Differentiated by the ends.
 * @param rest  count, 50 by default; options base (default 10), dtype, endpoint, axis
 * @example np.logspace(0, 2, 3) // [1, 10, 100]
 */
export const logspace = (start: Operand, stop: Operand, ...rest: OptionsLast<number, LogspaceOptions>): NDArray => {
  const [count = 50, options = {}] = optionsLast<[number?, LogspaceOptions?]>(rest, 1);
  requireOptions("np.logspace", options, ["dtype", ...spaceOptions, "base"]);
  const ends = requireEnds("np.logspace", start, stop, count);
  const exponents = between(ends.start, ends.stop, count, options.endpoint ?? true);
  return placed("np.logspace", pow(options.base ?? 10, exponents), options, ["base"]);
};

/**
 * Numbers from start to stop, each the same multiple of the one before; both of one sign. The ends are exact.
 * @param rest  count, 50 by default; options dtype, endpoint, axis
 * @throws InvalidOption for an end 0 or ends of two signs that are not traced (traced: NaN)
 * @example np.geomspace(1, 1000, 4) // [1, 10, 100, 1000]
 */
export const geomspace = (start: Operand, stop: Operand, ...rest: OptionsLast<number, SpaceOptions>): NDArray => {
  const [count = 50, options = {}] = optionsLast<[number?, SpaceOptions?]>(rest, 1);
  const ends = requireEnds("np.geomspace", start, stop, count);
  const ratio = arithmetic.div(ends.stop, ends.start);
  if (isConcrete(ratio) && ratio.toTypedArray().some((value) => !(value > 0) || value === Infinity))
    throw new InvalidOption(
      "np.geomspace",
      `from ${ends.start.toString()} to ${ends.stop.toString()}`,
      "Give ends that are not 0 and have one sign",
    );
  const { endpoint = true } = options;
  const [low, high] = [log10(abs(ends.start)), log10(abs(ends.stop))];
  const sizes = pow(10, between(low, high, count, endpoint));
  const first = broadcastArray(ends.start, sizes.shape);
  const isNegative = lt(first, arithmetic.fullLike(0, first));
  const values = select(isNegative, arithmetic.neg(sizes), sizes);
  const k = broadcastArray(reshape(counting(count), { shape: [count, ...low.shape.map(() => 1)] }), values.shape);
  const isInner = lt(arithmetic.fullLike(0, k), k);
  const beforeLast = select(isInner, values, first);
  if (!endpoint || count < 2) return placed("np.geomspace", beforeLast, options);
  const last = broadcastArray(ends.stop, values.shape);
  return placed("np.geomspace", select(lt(k, arithmetic.fullLike(count - 1, k)), beforeLast, last), options);
};

// --- Grids ------------------------------------------------------------------------------------

export interface MeshgridOptions {
  /** "xy" (default): the first two axes exchanged, as in pictures; "ij": axes in the order of the vectors. */
  readonly indexing?: "xy" | "ij";
  /** Arrays of size 1 along the other axes, which broadcast. */
  readonly sparse?: boolean;
}

/** Vectors along the axes of a grid of their sizes. */
const spreadAlong = (vectors: readonly NDArray[], axes: readonly number[], isSparse: boolean): NDArray[] => {
  const shape = new Array<number>(vectors.length).fill(1);
  vectors.forEach((vector, k) => (shape[axes[k]!] = vector.size));
  return vectors.map((vector, k) => {
    const single = reshape(vector, { shape: shape.map((_, axis) => (axis === axes[k] ? vector.size : 1)) });
    return isSparse ? single : broadcastArray(single, shape);
  });
};

/**
 * Coordinates on the grid of some vectors: one array per vector, in a list.
 * @param list     vectors (a scalar counts as one element), and options last: indexing, sparse
 * @example np.meshgrid(array([1, 2, 3]), array([5, 6])) // [[[1, 2, 3], [1, 2, 3]], [[5, 5, 5], [6, 6, 6]]]
 */
export const meshgrid = (...list: readonly (Operand | MeshgridOptions)[]): NDArray[] => {
  const last = list.at(-1);
  const hasOptions = typeof last === "object" && !(last instanceof NDArray);
  const options: MeshgridOptions = hasOptions ? last : {};
  requireOptions("np.meshgrid", options, ["indexing", "sparse"]);
  const { indexing = "xy", sparse = false } = options;
  if (indexing !== "xy" && indexing !== "ij")
    throw new InvalidOption("np.meshgrid", `indexing ${showValue(indexing)}`, 'Use "xy" or "ij"');
  const vectors = (hasOptions ? list.slice(0, -1) : list).map((x) => {
    const own = asOperand("np.meshgrid", x);
    if (own.ndim > 1) throw new ShapeMismatch("np.meshgrid", `shape ${showShape(own.shape)}`, "Give vectors");
    return own.ndim === 1 ? own : reshape(own, { shape: [1] });
  });
  const axes = vectors.map((_, k) => (indexing === "xy" && k < 2 && vectors.length > 1 ? 1 - k : k));
  return spreadAlong(vectors, axes, sparse);
};

/**
 * Index along every axis of a shape, at every element: int32 [rank, ...shape].
 * @example np.indices([2, 2]) // [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]
 */
export const indices = (shape: Shape, options: CreationOptions = {}): NDArray => {
  const dtype = dtypeOption("np.indices", options, "int32");
  requireShape("np.indices", shape);
  requireShape("np.indices", [shape.length, ...shape]);
  const size = sizeOf(shape);
  const out = new Int32Array(shape.length * size);
  stridesOf(shape).forEach((stride, axis) => {
    for (let flat = 0; flat < size; flat++) out[axis * size + flat] = Math.floor(flat / stride) % shape[axis]!;
  });
  return toDType(fromBuffer(out, [shape.length, ...shape], "int32"), dtype);
};

/**
 * Index vectors shaped so that together they select a grid: `x.at(...np.ix(rows, columns)).get()`. Masks become their places.
 * @param list  integer vectors, or concrete bool vectors
 * @example np.ix(array([0, 2], { dtype: "int32" }), array([1], { dtype: "int32" })) // [[[0], [2]], [[1]]]
 */
export const ix = (...list: readonly NDArray[]): NDArray[] => {
  const vectors = list.map((x) => {
    const own = asOperand("np.ix", x);
    if (own.ndim !== 1) throw new ShapeMismatch("np.ix", `shape ${showShape(own.shape)}`, "Give vectors");
    return own.dtype === "bool" ? nonzero(own)[0]! : own;
  });
  return spreadAlong(
    vectors,
    vectors.map((_, k) => k),
    true,
  );
};

/**
 * An array from a function of its coordinates: f is called once, with one array of indices per axis.
 * @param f        maps as many float64 arrays of the shape as there are axes to an array
 * @param options  dtype of the coordinates, float64 by default
 * @example np.fromfunction((row, column) => row.mul(10).add(column), [2, 3]) // [[0, 1, 2], [10, 11, 12]]
 */
export const fromfunction = (
  f: (...coordinates: NDArray[]) => NDArray,
  shape: Shape,
  options: CreationOptions = {},
): NDArray => {
  requireCallable("np.fromfunction", "f", f);
  const dtype = dtypeOption("np.fromfunction", options, "float64");
  requireShape("np.fromfunction", shape);
  const lines = shape.map((extent) => toDType(counting(extent), dtype));
  return f(
    ...spreadAlong(
      lines,
      shape.map((_, axis) => axis),
      false,
    ),
  );
};
