/**
 * Dynamic slicing family: dynamicSlice and dynamicUpdateSlice, boxes of static size at starts that may be traced.
 * A start is moved to the nearest one at which the box lies inside the operand, so no read or write is out of
 * range. Each is linear in its arrays and the transpose of the other. Source: XLA, DynamicSlice.
 */
import { DTypeMismatch, ShapeMismatch } from "../src/error.ts";
import { copyStrided, sliceStrided } from "../kernels/gather.ts";
import { planDynamicSlice, planDynamicUpdateSlice } from "../kernels/prebuilt/boxes.ts";
import { isInteger } from "../src/array/dtype.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { requireShape, sameShape, showShape, sizeOf, stridesOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { prebuiltMove } from "../src/ir/lowering.ts";
import { isLinearInput, reals, requireKnown } from "../src/ir/primitive.ts";
import type { Pick, Primitive } from "../src/ir/primitive.ts";
import { add, fullLike, materialize, zerosOf } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { gt, lt, select } from "./comparison.ts";
import { asDType } from "./conversion.ts";
import { gather, scatterSet } from "./indexing.ts";
import { broadcast, inversePermutation, moveAxis, only, reshape, shapeOf, transpose } from "./shape.ts";
import { join, padZeros, sliceAxis } from "./slicing.ts";
import { movesOnly } from "./flops.ts";

export interface DynamicSliceParams {
  /** Size of the box along every axis, at most the operand's. */
  readonly sizes: Shape;
}

const requireBox = (asked: string, x: Aval, starts: Aval, sizes: Shape): void => {
  if (!isInteger(starts.dtype))
    throw new DTypeMismatch(asked, `starts are ${showAval(starts)}`, "Starts are int32 or uint32");
  requireShape(asked, sizes);
  if (!sameShape(starts.shape, [x.shape.length]) || sizes.length !== x.shape.length)
    throw new ShapeMismatch(
      asked,
      `starts ${showShape(starts.shape)} and sizes ${showShape(sizes)} for shape ${showShape(x.shape)}`,
      "Give one start, in a vector, and one size per axis",
    );
  if (sizes.some((size, axis) => !Number.isInteger(size) || size < 0 || size > x.shape[axis]!))
    throw new ShapeMismatch(
      asked,
      `a box of sizes ${showShape(sizes)} in shape ${showShape(x.shape)}`,
      "A box has whole sizes, at most those of the operand",
    );
};

/** The start nearest to the one asked for at which the box lies inside. */
const clampedStarts = (starts: ConcreteArray, extents: Shape, sizes: Shape): number[] =>
  Array.from(bufferOf(starts), (start, axis) => Math.max(0, Math.min(start, extents[axis]! - sizes[axis]!)));

// --- Mapped starts ----------------------------------------------------------------------------

/** Axes along which the box is smaller than the operand: only there do starts matter. */
const slicedAxes = (extents: Shape, sizes: Shape): number[] =>
  extents.flatMap((extent, axis) => (sizes[axis]! < extent ? [axis] : []));

/** The numbers 0, 1, .. along one axis of a shape. */
const countAlong = (shape: Shape, axis: number): NDArray => {
  const line = Int32Array.from({ length: shape[axis]! }, (_, k) => k);
  return broadcast(fromBuffer(line, [line.length], "int32"), { shape, axes: [axis] });
};

/**
 * Index tuples of one box per example along the sliced axes: shape [size, ...sizes of these, axes.length].
 * @param starts  shape [size, rank]
 */
const tuplesOf = (starts: NDArray, extents: Shape, sizes: Shape, axes: readonly number[]): NDArray => {
  const shape = [starts.shape[0]!, ...axes.map((axis) => sizes[axis]!)];
  const columns = axes.map((axis, k) => {
    const column = reshape(sliceAxis(starts, 1, axis, axis + 1), { shape: [shape[0]!] });
    const wanted = broadcast(clamped(column, extents[axis]! - sizes[axis]!), { shape, axes: [0] });
    return reshape(add(wanted, asDType(countAlong(shape, k + 1), starts.dtype)), { shape: [...shape, 1] });
  });
  return join(columns, shape.length);
};

/** Elements below 0 become 0, above `greatest` that. */
const clamped = (x: NDArray, greatest: number): NDArray => {
  const [low, high] = [fullLike(0, x), fullLike(greatest, x)];
  return select(lt(x, low), low, select(gt(x, high), high, x));
};

/** The mapped axis first, then the sliced axes, then the others. */
const slicedInFront = (rank: number, axes: readonly number[], isMapped: boolean): number[] => {
  const lead = isMapped ? 1 : 0;
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
  return [...(isMapped ? [0] : []), ...[...axes, ...rest].map((axis) => axis + lead)];
};

/** One box per example: x is [...extents] or, where it is mapped, [size, ...extents]. */
const sliceMapped = (x: NDArray, starts: NDArray, sizes: Shape, isMapped: boolean): NDArray => {
  const extents = isMapped ? x.shape.slice(1) : x.shape;
  const axes = slicedAxes(extents, sizes);
  if (axes.length === 0) return batchToFront(x, isMapped ? 0 : null, starts.shape[0]!);
  const front = transpose(x, { permutation: slicedInFront(extents.length, axes, isMapped) });
  const boxes = gather(front, tuplesOf(starts, extents, sizes, axes), { mode: "clip", batchDims: isMapped ? 1 : 0 });
  return transpose(boxes, { permutation: inversePermutation(slicedInFront(extents.length, axes, true)) });
};

/** One write per example; operand and update have their mapped axis in front. */
const updateMapped = (x: NDArray, update: NDArray, starts: NDArray): NDArray => {
  const [extents, sizes] = [x.shape.slice(1), update.shape.slice(1)];
  const axes = slicedAxes(extents, sizes);
  if (axes.length === 0) return update;
  const permutation = slicedInFront(extents.length, axes, true);
  const tuples = tuplesOf(starts, extents, sizes, axes);
  const written = scatterSet(transpose(x, { permutation }), tuples, transpose(update, { permutation }), {
    mode: "drop",
    batchDims: 1,
  });
  return transpose(written, { permutation: inversePermutation(permutation) });
};

/** Starts with one more entry in front: 0 for a mapped axis, which is never cut. */
const withBatchStart = (starts: NDArray): NDArray => padZeros(starts, [[1, 0, 0]]);

// --- dynamicSlice -----------------------------------------------------------------------------

const sampleBox = (pick: Pick): { readonly x: Shape; readonly sizes: Shape } => {
  const x = pick.shape({ maxRank: 3, minSize: 0, maxSize: 4 });
  return { x, sizes: x.map((extent) => pick.integer(0, extent)) };
};

/** The box of static sizes at `starts` (a vector of one start per axis), moved inside if it would stick out. */
export const dynamicSlice: PrimitiveFunction<[NDArray, NDArray], DynamicSliceParams> = definePrimitive<
  [NDArray, NDArray],
  DynamicSliceParams
>({
  name: "dynamicSlice",
  evaluate: ([x, starts], { sizes }) => {
    requireBox("dynamicSlice", x, starts, sizes);
    const start = clampedStarts(starts, x.shape, sizes);
    const bounds = {
      start,
      limit: start.map((first, axis) => first + sizes[axis]!),
      stride: start.map(() => 1),
    };
    const out = allocate(x.dtype, sizeOf(sizes));
    sliceStrided(bufferOf(x), x.shape, bounds, out);
    return fromBuffer(out, sizes, x.dtype);
  },
  abstractEval: ([x, starts], { sizes }) => {
    requireBox("dynamicSlice", x, starts, sizes);
    return { shape: sizes, dtype: x.dtype };
  },
  jvp: ([x, starts], [dx], params) => [dynamicSlice(x, starts, params), dynamicSlice(dx as NDArray, starts, params)],
  transpose: (cotangents, [x, starts]) => {
    const cotangent = only(cotangents);
    return [dynamicUpdateSlice(zerosOf(shapeOf(x), cotangent.dtype), cotangent, requireKnown(starts)), null];
  },
  batch: ([x, starts], [xDim, startsDim], { sizes }, { size }) => {
    if (startsDim === null)
      return [dynamicSlice(moveAxis(x, xDim!, 0), withBatchStart(starts), { sizes: [size, ...sizes] }), 0];
    const own = xDim === null ? x : moveAxis(x, xDim, 0);
    return [sliceMapped(own, moveAxis(starts, startsDim, 0), sizes, xDim !== null), 0];
  },
  lower: prebuiltMove(([x, starts], { sizes }) => planDynamicSlice(x!, starts!.dtype, sizes)),
  weakType: ([x]) => x.weakType,
  flops: movesOnly,
  laws: {
    sample: (pick) => {
      const { x, sizes } = sampleBox(pick);
      return {
        inputs: [
          { shape: x, dtype: "float64", domain: reals(-2, 2) },
          { shape: [x.length], dtype: "int32", domain: { low: -2, high: 5 } },
        ],
        params: { sizes },
      };
    },
  },
});

// --- dynamicUpdateSlice -----------------------------------------------------------------------

const requireUpdate = (x: Aval, update: Aval, starts: Aval): void => {
  if (x.dtype !== update.dtype)
    throw new DTypeMismatch(
      "dynamicUpdateSlice",
      `${showAval(x)} and the update ${showAval(update)}`,
      "Primitives take equal dtypes; the functions of cotangent/numpy promote",
    );
  requireBox("dynamicUpdateSlice", x, starts, update.shape);
};

/** The operand with the box at `starts` replaced by the update, moved inside if it would stick out. */
export const dynamicUpdateSlice: PrimitiveFunction<[NDArray, NDArray, NDArray], NoParams> = definePrimitive<
  [NDArray, NDArray, NDArray]
>({
  name: "dynamicUpdateSlice",
  evaluate: ([x, update, starts]) => {
    requireUpdate(x, update, starts);
    const strides = stridesOf(x.shape);
    const start = clampedStarts(starts, x.shape, update.shape);
    const offset = start.reduce((sum, first, axis) => sum + first * strides[axis]!, 0);
    const out = bufferOf(x).slice();
    copyStrided(
      bufferOf(update),
      { offset: 0, strides: stridesOf(update.shape) },
      out,
      { offset, strides },
      update.shape,
    );
    return fromBuffer(out, x.shape, x.dtype);
  },
  abstractEval: ([x, update, starts]) => {
    requireUpdate(x, update, starts);
    return { shape: x.shape, dtype: x.dtype };
  },
  jvp: ([x, update, starts], [dx, dUpdate]) => [
    dynamicUpdateSlice(x, update, starts),
    dynamicUpdateSlice(materialize(dx), materialize(dUpdate), starts),
  ],
  transpose: (cotangents, [x, update, starts]) => {
    const cotangent = only(cotangents);
    const at = requireKnown(starts);
    const sizes = shapeOf(update);
    return [
      isLinearInput(x) ? dynamicUpdateSlice(cotangent, zerosOf(sizes, cotangent.dtype), at) : null,
      isLinearInput(update) ? dynamicSlice(cotangent, at, { sizes }) : null,
      null,
    ];
  },
  batch: ([x, update, starts], [xDim, updateDim, startsDim], _params, { size }) => {
    const [own, written] = [batchToFront(x, xDim, size), batchToFront(update, updateDim, size)];
    if (startsDim === null) return [dynamicUpdateSlice(own, written, withBatchStart(starts)), 0];
    return [updateMapped(own, written, moveAxis(starts, startsDim, 0)), 0];
  },
  lower: prebuiltMove(([x, update, starts]) => planDynamicUpdateSlice(x!, starts!.dtype, update!.shape)),
  flops: movesOnly,
  laws: {
    sample: (pick) => {
      const { x, sizes } = sampleBox(pick);
      const domain = reals(-2, 2);
      return {
        inputs: [
          { shape: x, dtype: "float64", domain },
          { shape: sizes, dtype: "float64", domain },
          { shape: [x.length], dtype: "int32", domain: { low: -2, high: 5 } },
        ],
        params: {},
      };
    },
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [dynamicSlice.primitive, dynamicUpdateSlice.primitive];
