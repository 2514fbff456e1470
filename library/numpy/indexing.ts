/**
 * Reading and writing at indices: x.at(...).get(), .set(v), .add(v), .mul(v); take and takeAlongAxis.
 * Numbers, slices and null are static: a box is cut out, or padded back. Arrays of integers gather and
 * scatter inside that box. Nothing is written in place: every write gives a new array.
 */
import { DTypeMismatch, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isFloat } from "../../src/array/dtype.ts";
import { scalar } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { broadcastShapes, normalizeAxis, sameShape, showShape } from "../../src/array/shape.ts";
import * as arithmetic from "../../ops/arithmetic.ts";
import * as comparison from "../../ops/comparison.ts";
import { gather, gatherAlong, scatterAdd, scatterMul, scatterSet } from "../../ops/indexing.ts";
import { concatenate, pad, reverse, slice as sliceBox } from "../../ops/slicing.ts";
import { inversePermutation, reshape, transpose } from "../../ops/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { requireOptions } from "../../src/options.ts";
import { planIndices } from "./index-forms.ts";
import type { AxisRange, Index, IndexPlan } from "./index-forms.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";

export { slice } from "./index-forms.ts";
export type { Index, Slice } from "./index-forms.ts";

export interface ReadOptions {
  /** Indices in arrays beyond the axis: the nearest ("clip", default), a fill value, or modulo the size. */
  readonly mode?: "clip" | "fill" | "wrap";
  /** For "fill"; by default NaN, the least int32, the greatest uint32, false. */
  readonly fillValue?: number;
}

export interface WriteOptions {
  /** Indices in arrays beyond the axis: nothing is written ("drop", default), at the nearest, or modulo the size. */
  readonly mode?: "drop" | "clip" | "wrap";
}

export interface MultiplyOptions extends WriteOptions {
  /** Your word that no place is named twice: `mul` with traced indices has a derivative by its factors only then. */
  readonly uniqueIndices?: boolean;
}

/** Elements of an array at some indices, to be read or replaced. */
export interface IndexedArray<T extends NDArray = NDArray> {
  /** The elements. */
  readonly get: (options?: ReadOptions) => NDArray;
  /** The array with these elements replaced; where a place is named twice the last value wins. */
  readonly set: (values: Operand, options?: WriteOptions) => T;
  /** The array with values added; repeats accumulate. */
  readonly add: (values: Operand, options?: WriteOptions) => T;
  /** The array with these elements multiplied; repeats accumulate. */
  readonly mul: (values: Operand, options?: MultiplyOptions) => T;
}

// --- Boxes ------------------------------------------------------------------------------------

const isWhole = ({ first, count, stride, isReversed }: AxisRange, extent: number): boolean =>
  first === 0 && count === extent && stride === 1 && !isReversed;

const reversedAxes = (box: readonly AxisRange[]): number[] =>
  box.flatMap(({ isReversed }, axis) => (isReversed ? [axis] : []));

const turned = (x: NDArray, axes: readonly number[]): NDArray => (axes.length === 0 ? x : reverse(x, { axes }));

const reshaped = (x: NDArray, shape: Shape): NDArray => (sameShape(x.shape, shape) ? x : reshape(x, { shape }));

const readBox = (x: NDArray, { box, dropped }: IndexPlan): NDArray => {
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

type Write = "set" | "add" | "mul";

/** What leaves the rest of the array as it is, to the sign of zero: x + -0 and x * 1 are x. */
const neutral = { set: 0, add: -0, mul: 1 } as const;

const writeBox = (x: NDArray, { box }: IndexPlan, values: NDArray, write: Write): NDArray => {
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
  const spread = isAll ? region : pad(region, scalar(neutral[write], x.dtype), { padding });
  if (write !== "set") return write === "add" ? arithmetic.add(x, spread) : arithmetic.mul(x, spread);
  if (isAll) return region;
  const written = pad(arithmetic.full(1, region.shape, "bool"), scalar(0, "bool"), { padding });
  return comparison.select(written, spread, x);
};

// --- Arrays of indices ------------------------------------------------------------------------

/** Indices that count from 0, int32: negative ones have the size added once. */
const fromZero = (index: NDArray, extent: number): NDArray => {
  if (index.dtype === "uint32") return toDType(smallerOf(index, 2 ** 31 - 1), "int32");
  const own = toDType(index, "int32");
  const zeros = arithmetic.zerosOf(own.shape, "int32");
  return comparison.select(comparison.lt(own, zeros), arithmetic.add(own, arithmetic.fullLike(extent, own)), own);
};

const smallerOf = (x: NDArray, bound: number): NDArray => {
  const limit = arithmetic.fullLike(bound, x);
  return comparison.select(comparison.lt(x, limit), x, limit);
};

/** Index tuples [...b, k] for k indexed axes. */
const tuplesOf = (asked: string, arrays: readonly NDArray[], extents: Shape): NDArray => {
  const shape = broadcastShapes(asked, ...arrays.map((index) => index.shape));
  const columns = arrays.map((index, k) =>
    reshape(broadcastArray(fromZero(index, extents[k]!), shape), { shape: [...shape, 1] }),
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

const selectionOf = (asked: string, region: NDArray, { arrays, axes, place }: IndexPlan): Selection => {
  const rest = region.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const tuples = tuplesOf(
    asked,
    arrays,
    axes.map((axis) => region.shape[axis]!),
  );
  const depth = tuples.ndim - 1;
  const selected = Array.from({ length: depth }, (_, k) => k);
  const others = rest.map((_, k) => depth + k);
  return { tuples, front: [...axes, ...rest], order: [...others.slice(0, place), ...selected, ...others.slice(place)] };
};

const permuted = (x: NDArray, permutation: readonly number[]): NDArray =>
  permutation.every((axis, k) => axis === k) ? x : transpose(x, { permutation });

const readArrays = (
  asked: string,
  region: NDArray,
  plan: IndexPlan,
  { mode = "clip", fillValue }: ReadOptions,
): NDArray => {
  const { tuples, front, order } = selectionOf(asked, region, plan);
  const params = { mode, batchDims: 0, ...(fillValue === undefined ? {} : { fillValue }) };
  return permuted(gather(permuted(region, front), tuples, params), order);
};

const scatterWith = (
  write: Write,
  operand: NDArray,
  tuples: NDArray,
  updates: NDArray,
  { mode = "drop", uniqueIndices = false }: MultiplyOptions,
): NDArray => {
  if (write === "mul") return scatterMul(operand, tuples, updates, { mode, batchDims: 0, uniqueIndices });
  return (write === "set" ? scatterSet : scatterAdd)(operand, tuples, updates, { mode, batchDims: 0 });
};

// --- at ---------------------------------------------------------------------------------------

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

const writeAt = (
  asked: string,
  x: NDArray,
  plan: IndexPlan,
  values: Operand,
  write: Write,
  options: MultiplyOptions | undefined,
): NDArray => {
  requireOptions(asked, options, write === "mul" ? ["mode", "uniqueIndices"] : ["mode"]);
  requireMode(asked, options?.mode, ["drop", "clip", "wrap"]);
  const target = write !== "set" && x.dtype === "bool" ? refuseBool(asked, x) : x;
  if (plan.arrays.length === 0)
    return writeBox(target, plan, fitted(asked, x, values, keptShape(plan.box, plan.dropped)), write);
  const region = readBox(target, plan);
  const { tuples, front, order } = selectionOf(asked, region, plan);
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

const refuseBool = (asked: string, x: NDArray): never => {
  throw new DTypeMismatch(asked, showAval(x), "Booleans are set, not added or multiplied: convert with astype");
};

const requireMode = (asked: string, mode: string | undefined, known: readonly string[]): void => {
  if (mode !== undefined && !known.includes(mode))
    throw new InvalidOption(
      asked,
      `mode ${JSON.stringify(mode)}`,
      `Use ${known.map((each) => JSON.stringify(each)).join(", ")}`,
    );
};

const requireReadOptions = (asked: string, options: ReadOptions | undefined, others: readonly string[] = []): void => {
  requireOptions(asked, options, ["mode", "fillValue", ...others]);
  requireMode(asked, options?.mode, ["clip", "fill", "wrap"]);
};

/**
 * The elements of `x` at indices, one per leading axis: whole numbers (negative from the end; they take the
 * axis away), `slice(start, stop, step)`, null for a whole axis, arrays of integers (negative ones count from
 * the end once; several broadcast together) or of booleans. As in NumPy, the axes of arrays stand where the
 * arrays do, or in front if something stands between them. Lists of JavaScript are refused: write a slice or array.
 * @throws IndexOutOfRange for a number beyond the axis, eager and traced alike; InvalidIndex, DTypeMismatch
 * @throws TracerConversion for a traced mask
 * Arrays follow `mode`. What is read or written out of range has a zero gradient.
 * @example
 * np.at(array([1, 2, 3]), np.slice(1)).add(10) // [1, 12, 13]
 * array([1, 2, 3]).at(array([0, 0], { dtype: "int32" })).add(10) // [21, 2, 3]
 */
export const at = <T extends NDArray>(x: T, ...indices: readonly Index[]): IndexedArray<T> => {
  const own = asOperand("np.at", x);
  const plan = planIndices("x.at(...)", own.shape, indices);
  const write =
    (name: Write) =>
    (values: Operand, options?: MultiplyOptions): T =>
      writeAt(`x.at(...).${name}`, own, plan, values, name, options) as T;
  return {
    get: (options) => {
      requireReadOptions("x.at(...).get", options);
      const region = readBox(own, plan);
      return plan.arrays.length === 0 ? region : readArrays("x.at(...).get", region, plan, options ?? {});
    },
    set: write("set"),
    add: write("add"),
    mul: write("mul"),
  };
};

// --- take -------------------------------------------------------------------------------------

export interface TakeOptions extends ReadOptions {
  /** One axis; null (default) takes from the flattened array. */
  readonly axis?: number | null;
}

/**
 * Elements along an axis at a whole number (static: out of range throws) or an array of integers (follows `mode`).
 * @returns shape of x with the axis replaced by the shape of the indices
 * @example np.take(array([10, 20, 30]), array([2, 0], { dtype: "int32" })) // [30, 10]
 */
export const take = (x: Operand, indices: number | NDArray, options: TakeOptions = {}): NDArray => {
  requireReadOptions("np.take", options, ["axis"]);
  const { axis = null, ...read } = options;
  const source = asOperand("np.take", x);
  const own = axis === null ? reshaped(source, [source.size]) : source;
  const along = normalizeAxis("np.take", axis ?? 0, own.ndim);
  const plan = planIndices("np.take", own.shape, [...new Array<null>(along).fill(null), indices]);
  const region = readBox(own, plan);
  return plan.arrays.length === 0 ? region : readArrays("np.take", region, plan, read);
};

export interface TakeAlongAxisOptions extends ReadOptions {
  /** Default -1, the last. */
  readonly axis?: number;
}

/**
 * out[.., k, ..] = x[.., indices[.., k, ..], ..]: reads in step along the other axes, what argsort and argmax give.
 * @param indices  integers of the rank of x; the other axes broadcast
 * @example const x = array([[3, 1], [2, 4]]); np.takeAlongAxis(x, np.argsort(x)) // [[1, 3], [2, 4]]
 */
export const takeAlongAxis = (x: Operand, indices: NDArray, options: TakeAlongAxisOptions = {}): NDArray => {
  requireReadOptions("np.takeAlongAxis", options, ["axis"]);
  const [own, places] = [asOperand("np.takeAlongAxis", x), asOperand("np.takeAlongAxis", indices)];
  if (isFloat(places.dtype) || places.dtype === "bool")
    throw new DTypeMismatch(
      "np.takeAlongAxis",
      `indices ${showAval(places)}`,
      'Indices are integers: convert with astype("int32")',
    );
  if (own.ndim !== places.ndim)
    throw new ShapeMismatch(
      "np.takeAlongAxis",
      `${showAval(own)} at indices ${showAval(places)}`,
      "Both need the same rank",
    );
  const axis = normalizeAxis("np.takeAlongAxis", options.axis ?? -1, own.ndim);
  const others = broadcastShapes("np.takeAlongAxis", own.shape.toSpliced(axis, 1), places.shape.toSpliced(axis, 1));
  const lines = broadcastArray(own, others.toSpliced(axis, 0, own.shape[axis]!));
  const wanted = broadcastArray(fromZero(places, own.shape[axis]!), others.toSpliced(axis, 0, places.shape[axis]!));
  const { mode = "clip", fillValue } = options;
  return gatherAlong(lines, wanted, axis, { mode, ...(fillValue === undefined ? {} : { fillValue }) });
};
