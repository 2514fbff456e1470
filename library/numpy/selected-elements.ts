/**
 * Reading and writing what indices select: a box is cut out, or padded back, by what is static; arrays of integers
 * gather and scatter inside that box. The parts that `x.at(...)`, take and takeAlongAxis are made of.
 */
import { showValue } from "../../src/describe.ts";
import { DTypeMismatch, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isFloat, isWeakWhole } from "../../src/array/dtype.ts";
import { scalar } from "../../src/array/ndarray.ts";
import { createArray } from "../../src/array/create.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { broadcastShapes, sameShape, showShape } from "../../src/array/shape.ts";
import * as arithmetic from "../../ops/arithmetic.ts";
import * as comparison from "../../ops/comparison.ts";
import { dynamicUpdateSlice } from "../../ops/dynamic-slicing.ts";
import { power } from "../../ops/exponential.ts";
import { clamp, max, min } from "../../ops/extrema.ts";
import type { ScatterMode } from "../../ops/index-tuples.ts";
import { gather, scatterAdd, scatterMul, scatterSet } from "../../ops/indexing.ts";
import { scatterMax, scatterMin } from "../../ops/scatter-extrema.ts";
import { concatenate, pad, reverse, slice as sliceBox } from "../../ops/slicing.ts";
import { inversePermutation, reshape, transpose } from "../../ops/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { requireOptions } from "../../src/options.ts";
import type { AxisRange, IndexPlan } from "./index-forms.ts";
import { remainder } from "./elementwise.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";

export interface ReadOptions {
  /** Indices in arrays beyond the axis: the nearest ("clip", default), a fill value, or modulo the size. */
  readonly mode?: "clip" | "fill" | "wrap";
  /** For "fill"; by default NaN, the least int32, the greatest uint32, false. */
  readonly fillValue?: number;
}

export interface WriteOptions {
  /** Indices in arrays beyond the axis: nothing is written ("drop", default; "fill" too), at the nearest, or modulo the size. */
  readonly mode?: "drop" | "fill" | "clip" | "wrap";
}

export interface MultiplyOptions extends WriteOptions {
  /** Your word that no place is named twice: `mul` with traced indices has a derivative by its factors only then. */
  readonly uniqueIndices?: boolean;
}

// --- Boxes ------------------------------------------------------------------------------------

const isWhole = ({ first, count, stride, isReversed }: AxisRange, extent: number): boolean =>
  first === 0 && count === extent && stride === 1 && !isReversed;

const reversedAxes = (box: readonly AxisRange[]): number[] =>
  box.flatMap(({ isReversed }, axis) => (isReversed ? [axis] : []));

const turned = (x: NDArray, axes: readonly number[]): NDArray => (axes.length === 0 ? x : reverse(x, { axes }));

/** Under another shape, unless it has it. */
export const reshaped = (x: NDArray, shape: Shape): NDArray => (sameShape(x.shape, shape) ? x : reshape(x, { shape }));

/** The elements of the box, without the axes that numbers take away. */
export const readBox = (x: NDArray, { box, dropped }: IndexPlan): NDArray => {
  const isAll = box.every((range, axis) => isWhole(range, x.shape[axis]!));
  const cut = isAll
    ? x
    : sliceBox(x, {
        start: box.map(({ first }) => first),
        limit: box.map(({ first, count, stride }) => (count === 0 ? first : first + (count - 1) * stride + 1)),
        stride: box.map(({ stride }) => stride),
      });
  return reshaped(turned(cut, reversedAxes(box)), keptShape(box, dropped));
};

const keptShape = (box: readonly AxisRange[], dropped: readonly number[]): number[] =>
  box.flatMap(({ count }, axis) => (dropped.includes(axis) ? [] : [count]));

/** What is done with the elements and the values. */
export type Write = "set" | "add" | "mul" | "div" | "power" | "max" | "min";

/** What leaves the rest of the array as it is, to the sign of zero: x + -0 and x * 1 are x. */
const neutral = { set: 0, add: -0, mul: 1 } as const;

/** Writes that are made on the elements cut out, which then replace what was there. */
const combined = { div: arithmetic.div, power, max, min } as const;

const isCombined = (write: Write): write is keyof typeof combined => write in combined;

const writeBox = (x: NDArray, plan: IndexPlan, values: NDArray, write: Write): NDArray => {
  if (isCombined(write)) return writeBox(x, plan, combined[write](readBox(x, plan), values), "set");
  const { box } = plan;
  const region = turned(
    reshaped(
      values,
      box.map(({ count }) => count),
    ),
    reversedAxes(box),
  );
  const padding = box.map(({ first, count, stride }, axis) => {
    const reached = count === 0 ? first : first + (count - 1) * stride + 1;
    return [first, x.shape[axis]! - reached, stride - 1] as const;
  });
  const isAll = padding.every(([low, high, interior]) => low === 0 && high === 0 && interior === 0);
  if (write === "set" && !isAll && padding.every(([, , interior]) => interior === 0)) {
    const starts = createArray(Int32Array.from(padding, ([first]) => first));
    return dynamicUpdateSlice(x, region, starts);
  }
  const spread = isAll ? region : pad(region, scalar(neutral[write], x.dtype), { padding });
  if (write !== "set") return write === "add" ? arithmetic.add(x, spread) : arithmetic.mul(x, spread);
  if (isAll) return region;
  const written = pad(arithmetic.full(1, region.shape, "bool"), scalar(0, "bool"), { padding });
  return comparison.select(written, spread, x);
};

// --- Arrays of indices ------------------------------------------------------------------------

/** Indices as int32: those of uint32 beyond it, which no axis has, become the greatest. */
export const toInt32 = (index: NDArray): NDArray => {
  if (index.dtype !== "uint32") return toDType(index, "int32");
  const greatest = arithmetic.fullLike(2 ** 31 - 1, index);
  return toDType(comparison.select(comparison.lt(index, greatest), index, greatest), "int32");
};

/** Indices moved into an axis that is not empty, int32. */
export const nearest = (index: NDArray, extent: number): NDArray => {
  const own = toInt32(index);
  return clamp(arithmetic.fullLike(0, own), own, arithmetic.fullLike(extent - 1, own));
};

/** Indices modulo the size of an axis, int32. */
export const modulo = (index: NDArray, extent: number): NDArray => {
  // What may lie beyond int32 is divided first.
  const isWide = index.dtype === "uint32" || isWeakWhole(index.weakType);
  return toDType(remainder(isWide ? index : toDType(index, "int32"), extent) as NDArray, "int32");
};

/** Indices that count from 0, int32: negative ones have the size added once; for "wrap" all are taken modulo the size. */
export const fromZero = (index: NDArray, extent: number, mode?: string): NDArray => {
  if (mode === "wrap" && extent > 0 && index.dtype !== "int32") return modulo(index, extent);
  const own = toInt32(index);
  if (index.dtype === "uint32") return own;
  const zeros = arithmetic.zerosOf(own.shape, "int32");
  return comparison.select(comparison.lt(own, zeros), arithmetic.add(own, arithmetic.fullLike(extent, own)), own);
};

/** Index tuples [...b, k] for k indexed axes. */
const tuplesOf = (asked: string, arrays: readonly NDArray[], extents: Shape, mode?: string): NDArray => {
  const shape = broadcastShapes(asked, ...arrays.map((index) => index.shape));
  const columns = arrays.map((index, k) =>
    reshape(broadcastArray(fromZero(index, extents[k]!, mode), shape), { shape: [...shape, 1] }),
  );
  return columns.length === 1 ? columns[0]! : concatenate(...columns, { axis: shape.length });
};

interface Selection {
  readonly tuples: NDArray;
  /** Indexed axes in front, the rest behind. */
  readonly front: readonly number[];
  /** From [...b, ...rest] to the result's order of axes. */
  readonly order: readonly number[];
}

const selectionOf = (asked: string, region: NDArray, { arrays, axes, place }: IndexPlan, mode?: string): Selection => {
  const rest = region.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const tuples = tuplesOf(
    asked,
    arrays,
    axes.map((axis) => region.shape[axis]!),
    mode,
  );
  const depth = tuples.ndim - 1;
  const selected = Array.from({ length: depth }, (_, k) => k);
  const others = rest.map((_, k) => depth + k);
  return { tuples, front: [...axes, ...rest], order: [...others.slice(0, place), ...selected, ...others.slice(place)] };
};

const permuted = (x: NDArray, permutation: readonly number[]): NDArray =>
  permutation.every((axis, k) => axis === k) ? x : transpose(x, { permutation });

/** What arrays select in the box. */
export const readArrays = (
  asked: string,
  region: NDArray,
  plan: IndexPlan,
  { mode = "clip", fillValue }: ReadOptions,
): NDArray => {
  const { tuples, front, order } = selectionOf(asked, region, plan, mode);
  const params = { mode, batchDims: 0, ...(fillValue === undefined ? {} : { fillValue }) };
  return permuted(gather(permuted(region, front), tuples, params), order);
};

/** Modes of a write, as users name them. */
export const writeModes: readonly string[] = ["drop", "fill", "clip", "wrap"];

/** A read that fills pairs with a write that drops: one name serves both. */
export const scatterModeOf = (mode: WriteOptions["mode"] = "drop"): ScatterMode => (mode === "fill" ? "drop" : mode);

const scatterWith = (
  write: Write,
  operand: NDArray,
  tuples: NDArray,
  updates: NDArray,
  { mode, uniqueIndices = false }: MultiplyOptions,
): NDArray => {
  const params = { mode: scatterModeOf(mode), batchDims: 0 };
  // Divisors and exponents of one place multiply, as repeated writes do.
  const product = (start: NDArray): NDArray => scatterMul(start, tuples, updates, { ...params, uniqueIndices });
  switch (write) {
    case "set":
      return scatterSet(operand, tuples, updates, params);
    case "add":
      return scatterAdd(operand, tuples, updates, params);
    case "mul":
      return product(operand);
    case "max":
      return scatterMax(operand, tuples, updates, params);
    case "min":
      return scatterMin(operand, tuples, updates, params);
    default:
      return combined[write](operand, product(arithmetic.fullLike(1, operand)));
  }
};

/** Values in the dtype of the operand and the shape of what the indices select. */
const fitted = (asked: string, x: NDArray, values: Operand, shape: Shape): NDArray => {
  const own = toDType(asOperand(asked, values), x.dtype);
  const common = broadcastShapes(asked, own.shape, shape);
  if (!sameShape(common, shape))
    throw new ShapeMismatch(
      asked,
      `values of shape ${showShape(own.shape)} where the indices select ${showShape(shape)}`,
      "Values broadcast to what is selected",
    );
  return broadcastArray(own, shape);
};

/** The array with what the plan selects written by values. */
export const writeAt = (
  asked: string,
  x: NDArray,
  plan: IndexPlan,
  values: Operand,
  write: Write,
  options: MultiplyOptions | undefined,
): NDArray => {
  requireOptions(asked, options, multiplies(write) ? ["mode", "uniqueIndices"] : ["mode"]);
  requireMode(asked, options?.mode, writeModes);
  const target = requireKind(asked, x, write);
  if (plan.arrays.length === 0)
    return writeBox(target, plan, fitted(asked, x, values, keptShape(plan.box, plan.dropped)), write);
  const region = readBox(target, plan);
  const { tuples, front, order } = selectionOf(asked, region, plan, options?.mode);
  const selected = [...tuples.shape.slice(0, -1), ...front.slice(plan.axes.length).map((axis) => region.shape[axis]!)];
  const updates = permuted(
    fitted(
      asked,
      x,
      values,
      order.map((axis) => selected[axis]!),
    ),
    inversePermutation(order),
  );
  const written = permuted(
    scatterWith(write, permuted(region, front), tuples, updates, options ?? {}),
    inversePermutation(front),
  );
  const isAll = plan.box.every((range, axis) => isWhole(range, x.shape[axis]!));
  return isAll ? reshaped(written, x.shape) : writeBox(x, plan, written, "set");
};

const multiplies = (write: Write): boolean => write === "mul" || write === "div" || write === "power";

/** Booleans are set only; integers are not divided, whose quotients are floats. */
const requireKind = (asked: string, x: NDArray, write: Write): NDArray => {
  if (write !== "set" && x.dtype === "bool")
    throw new DTypeMismatch(asked, showAval(x), "Booleans are set, not added or multiplied: convert with astype");
  if ((write === "div" || write === "power") && !isFloat(x.dtype))
    throw new DTypeMismatch(asked, showAval(x), "The result is no integer: convert with astype first");
  return x;
};

/** Refuses a mode that is not known. */
export const requireMode = (asked: string, mode: string | undefined, known: readonly string[]): void => {
  if (mode !== undefined && !known.includes(mode))
    throw new InvalidOption(
      asked,
      `mode ${showValue(mode)}`,
      `Use ${known.map((each) => JSON.stringify(each)).join(", ")}`,
    );
};

/** Refuses what is no option of a read. */
export const requireReadOptions = (
  asked: string,
  options: ReadOptions | undefined,
  others: readonly string[] = [],
): void => {
  requireOptions(asked, options, ["mode", "fillValue", ...others]);
  requireMode(asked, options?.mode, ["clip", "fill", "wrap"]);
};
