/**
 * What may stand in x.at(...): whole numbers, slices, null for a whole axis, arrays of integers or booleans, newaxis and ellipsis.
 * `planIndices` checks them against a shape and splits them into a box (numbers and slices) and the arrays
 * that select within that box: what reading and writing then do in turn.
 */
import { describeValue, showValue } from "../../src/describe.ts";
import { DTypeMismatch, IndexOutOfRange, InvalidIndex, ShapeMismatch, TracerConversion } from "../../src/error.ts";
import { isFloat, isWeakWhole } from "../../src/array/dtype.ts";
import { bufferOf, fromBuffer, isConcrete, NDArray } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { sameShape, showShape, stridesOf } from "../../src/array/shape.ts";
import { showAval } from "../../src/ir/aval.ts";

/** Elements start, start + step, ... before stop, as Python's start:stop:step. Made by `slice`. */
export interface Slice {
  readonly kind: "slice";
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number;
}

/** Stands for axes rather than for elements. Made here only: `newaxis` and `ellipsis`. */
export interface AxisToken {
  readonly kind: "newaxis" | "ellipsis";
}

/** As an index: a new axis of size 1 at this place. */
export const newaxis: AxisToken = Object.freeze({ kind: "newaxis" });

/** As an index, once: all axes that the other indices leave over. */
export const ellipsis: AxisToken = Object.freeze({ kind: "ellipsis" });

/** One axis' index: a whole number, a slice, null (all of the axis), an array of integers or booleans; or a token. */
export type Index = number | Slice | null | NDArray | AxisToken;

const isBound = (value: unknown): boolean => value === null || Number.isSafeInteger(value);

/**
 * start:stop:step of NumPy: negative bounds count from the end, bounds beyond the axis are cut to it,
 * null leaves a side open, a negative step goes backwards. slice(2) is 2:, unlike Python's slice(2).
 * @example array([1, 2, 3, 4]).at(np.slice(1, -1)).get() // [2, 3]
 */
export const slice = (start: number | null = null, stop: number | null = null, step = 1): Slice => {
  if (!isBound(start) || !isBound(stop) || !Number.isSafeInteger(step) || step === 0)
    throw new InvalidIndex(
      "np.slice",
      `start ${showValue(start)}, stop ${showValue(stop)}, step ${showValue(step)}`,
      "Bounds are whole numbers or null, the step is a whole number and not 0",
    );
  return { kind: "slice", start, stop, step };
};

export const isSlice = (index: unknown): index is Slice =>
  typeof index === "object" && index !== null && "kind" in index && index.kind === "slice";

/** One axis of a box: ascending elements first, first + stride, ... (count of them), perhaps turned round. */
export interface AxisRange {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
  readonly isReversed: boolean;
}

/** The elements of an axis that a slice names. */
export const rangeOf = ({ start, stop, step }: Slice, extent: number): AxisRange => {
  const [lowest, highest] = step > 0 ? [0, extent] : [-1, extent - 1];
  const bound = (value: number | null, open: number): number => {
    if (value === null) return open;
    return Math.min(highest, Math.max(lowest, value < 0 ? value + extent : value));
  };
  const from = bound(start, step > 0 ? lowest : highest);
  const to = bound(stop, step > 0 ? highest : lowest);
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (count === 0) return { first: 0, count: 0, stride: 1, isReversed: false };
  return step > 0
    ? { first: from, count, stride: step, isReversed: false }
    : { first: from + (count - 1) * step, count, stride: -step, isReversed: true };
};

/** Indices of one call, resolved against a shape. */
export interface IndexPlan {
  /** One range per axis of the operand; numbers are ranges of one element. */
  readonly box: readonly AxisRange[];
  /** Axes of the operand that numbers take away once the box is cut out. */
  readonly dropped: readonly number[];
  /** Arrays of integers (traced whole numbers are weak floats) and the axes they index in the box without the dropped ones. */
  readonly arrays: readonly NDArray[];
  readonly axes: readonly number[];
  /** Where the axes of the arrays' common shape stand in the result. */
  readonly place: number;
}

const wrapNumber = (asked: string, index: number, axis: number, extent: number): number => {
  if (!Number.isInteger(index))
    throw new InvalidIndex(
      asked,
      `the index ${index} on axis ${axis}`,
      'Indices are whole numbers: use Math.floor, or astype("int32") for arrays',
    );
  if (index < -extent || index >= extent)
    throw new IndexOutOfRange(
      asked,
      `index ${index} on axis ${axis} of size ${extent}`,
      extent === 0 ? "The axis has no elements" : `Use -${extent} to ${extent - 1}`,
    );
  return index < 0 ? index + extent : index;
};

const refuse = (asked: string, index: unknown, axis: number): never => {
  if (Array.isArray(index) || ArrayBuffer.isView(index))
    throw new InvalidIndex(
      asked,
      `a list on axis ${axis}`,
      'Write slice(1, 8) for a range, array([1, 8], { dtype: "int32" }) for a list of places',
    );
  throw new InvalidIndex(
    asked,
    `${describeValue(index)} on axis ${axis}`,
    "Use whole numbers, slice(start, stop, step), null for a whole axis, or arrays of integers or booleans",
  );
};

/** The places where a mask is true, one array of indices per axis of the mask. */
const placesOf = (asked: string, mask: NDArray, axis: number, shape: Shape): ConcreteArray[] => {
  const covered = shape.slice(axis, axis + mask.ndim);
  if (!sameShape(mask.shape, covered))
    throw new ShapeMismatch(
      asked,
      `a mask of shape ${showShape(mask.shape)} on axes of sizes ${showShape(covered)}`,
      "A mask has the sizes of the axes it covers",
    );
  if (!isConcrete(mask))
    throw new TracerConversion(
      `${asked} with the mask ${mask.toString()}`,
      "how many elements it selects is not known while it is traced",
      "Use np.where(mask, x, y), which keeps the shape, or give the mask as a concrete array",
    );
  const kept: number[] = [];
  bufferOf(mask).forEach((value, flat) => {
    if (value !== 0) kept.push(flat);
  });
  return stridesOf(mask.shape).map((stride, k) => {
    const places = Int32Array.from(kept, (flat) => Math.floor(flat / stride) % mask.shape[k]!);
    return fromBuffer(places, [places.length], "int32");
  });
};

const whole = (extent: number): AxisRange => ({ first: 0, count: extent, stride: 1, isReversed: false });

const isToken = (index: unknown, kind: AxisToken["kind"]): boolean =>
  typeof index === "object" && index !== null && "kind" in index && index.kind === kind;

/** Axes of the operand that an index uses up. */
const axesOf = (index: Index): number => {
  if (isToken(index, "newaxis") || isToken(index, "ellipsis")) return 0;
  return index instanceof NDArray && index.dtype === "bool" ? index.ndim : 1;
};

/** Indices without tokens, for the operand with a new axis of size 1 for every newaxis. */
export const expandIndices = (
  asked: string,
  shape: Shape,
  indices: readonly Index[],
): { readonly shape: Shape; readonly indices: readonly Index[] } => {
  const dots = indices.filter((index) => isToken(index, "ellipsis")).length;
  const used = indices.reduce<number>((sum, index) => sum + axesOf(index), 0);
  if (dots > 1) throw new InvalidIndex(asked, `${dots} ellipses`, "Use one: it stands for all axes left over");
  if (used > shape.length)
    throw new IndexOutOfRange(
      asked,
      `${used} indices for shape ${showShape(shape)}`,
      `Give at most ${shape.length}, one per axis`,
    );
  const filled = indices.flatMap((index): readonly Index[] =>
    isToken(index, "ellipsis") ? new Array<null>(shape.length - used).fill(null) : [index],
  );
  const extents: number[] = [];
  let axis = 0;
  for (const index of filled) {
    if (isToken(index, "newaxis")) extents.push(1);
    else for (let k = axesOf(index); k > 0; k--) extents.push(shape[axis++]!);
  }
  return {
    shape: [...extents, ...shape.slice(axis)],
    indices: filled.map((index) => (isToken(index, "newaxis") ? null : index)),
  };
};

/** Checks the indices against a shape. @throws InvalidIndex, IndexOutOfRange, DTypeMismatch, ShapeMismatch, TracerConversion */
export const planIndices = (asked: string, shape: Shape, indices: readonly Index[]): IndexPlan => {
  const box: AxisRange[] = [];
  const dropped: number[] = [];
  const arrays: NDArray[] = [];
  const arrayAxes: number[] = [];
  // Places of numbers and arrays among the indices: NumPy puts the arrays' axes in front unless these are neighbours.
  const advanced: number[] = [];
  indices.forEach((index, position) => {
    const axis = box.length;
    const isMask = index instanceof NDArray && index.dtype === "bool";
    if (axis + (isMask ? index.ndim : 1) > shape.length)
      throw new IndexOutOfRange(
        asked,
        `${indices.length} indices for shape ${showShape(shape)}`,
        `Give at most ${shape.length}, one per axis`,
      );
    const extent = shape[axis]!;
    if (typeof index === "number") {
      box.push({ ...whole(1), first: wrapNumber(asked, index, axis, extent) });
      dropped.push(axis);
      advanced.push(position);
    } else if (index === null) box.push(whole(extent));
    else if (isSlice(index)) box.push(rangeOf(index, extent));
    else if (!(index instanceof NDArray)) refuse(asked, index, axis);
    else {
      if (isFloat(index.dtype) && !isWeakWhole(index.weakType))
        throw new DTypeMismatch(
          asked,
          `the index ${showAval(index)} on axis ${axis}`,
          'Indices are integers: write array([0, 2], { dtype: "int32" }) or astype("int32")',
        );
      advanced.push(position);
      for (const places of isMask ? placesOf(asked, index, axis, shape) : [index]) {
        arrays.push(places);
        arrayAxes.push(box.length);
        box.push(whole(shape[box.length]!));
      }
    }
  });
  while (box.length < shape.length) box.push(whole(shape[box.length]!));
  const remaining = (axis: number): number => axis - dropped.filter((gone) => gone < axis).length;
  const axes = arrayAxes.map(remaining);
  const areNeighbours = advanced.every((position, k) => k === 0 || position === advanced[k - 1]! + 1);
  return { box, dropped, arrays, axes, place: areNeighbours && axes.length > 0 ? axes[0]! : 0 };
};
