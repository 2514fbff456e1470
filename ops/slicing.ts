/**
 * Slicing family: slice, pad, concatenate, reverse. All linear; slice and pad are each other's transpose,
 * the transpose of concatenate is one slice per operand. Bounds are static; see indexing.ts for the others.
 * Source: XLA operation semantics, Slice and Pad (interior padding, negative low and high crop).
 */
import { DTypeMismatch, IndexOutOfRange, ShapeMismatch } from "../src/error.ts";
import * as kernels from "../kernels/gather.ts";
import { planConcatenate } from "../kernels/prebuilt/concatenate.ts";
import { planPad } from "../kernels/prebuilt/pad.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer, scalar } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { prebuiltMove } from "../src/ir/lowering.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { isLinearInput, isZero, reals } from "../src/ir/primitive.ts";
import type { Primitive, TypeOf } from "../src/ir/primitive.ts";
import { bind } from "../src/ir/trace.ts";
import { full, materialize, zerosOf } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { keepWhere, select } from "./comparison.ts";
import { broadcast, linearJvp, only, reduceSum, shapeOf } from "./shape.ts";
import { slicingRules } from "./slicing-rules.ts";
import { movesOnly } from "./flops.ts";

const rules = slicingRules(() => ({ slice, pad, concatenate, reverse, join }));

// --- slice ------------------------------------------------------------------------------------

/** One entry per axis; 0 <= start <= limit <= extent and stride >= 1. */
export interface SliceParams {
  readonly start: readonly number[];
  readonly limit: readonly number[];
  readonly stride: readonly number[];
}

const requireBounds = ({ shape }: Aval, { start, limit, stride }: SliceParams): void => {
  const ranks = [start.length, limit.length, stride.length];
  if (ranks.some((rank) => rank !== shape.length))
    throw new ShapeMismatch(
      "slice",
      `${ranks.join(", ")} entries in start, limit, stride for shape ${showShape(shape)}`,
      "Give one entry per axis",
    );
  shape.forEach((extent, axis) => {
    const [first, end, step] = [start[axis]!, limit[axis]!, stride[axis]!];
    if (!(first >= 0 && first <= end && end <= extent) || !Number.isInteger(first) || !Number.isInteger(end))
      throw new IndexOutOfRange(
        "slice",
        `bounds ${first} to ${end} along axis ${axis} of size ${extent}`,
        `Bounds are whole numbers, 0 <= start <= limit <= ${extent}`,
      );
    if (!(step >= 1) || !Number.isInteger(step))
      throw new IndexOutOfRange(
        "slice",
        `stride ${step} along axis ${axis}`,
        "Strides are whole numbers from 1; reverse turns an axis round",
      );
  });
};

/** Elements start, start + stride, .. below limit along every axis. */
export const slice: PrimitiveFunction<[NDArray], SliceParams> = definePrimitive<[NDArray], SliceParams>({
  name: "slice",
  evaluate: ([x], params) => {
    requireBounds(x, params);
    const shape = kernels.sliceShape(params);
    if (sameShape(shape, x.shape)) return x;
    const out = allocate(x.dtype, sizeOf(shape));
    kernels.sliceStrided(bufferOf(x), x.shape, params, out);
    return fromBuffer(out, shape, x.dtype);
  },
  abstractEval: ([x], params) => {
    requireBounds(x, params);
    return { shape: kernels.sliceShape(params), dtype: x.dtype };
  },
  jvp: linearJvp((x, params: SliceParams) => slice(x, params)),
  transpose: (cotangents, [x], { start, stride }) => {
    const cotangent = only(cotangents);
    const padding = shapeOf(x).map((extent, axis): AxisPadding => {
      const count = cotangent.shape[axis]!;
      const reached = count === 0 ? start[axis]! : start[axis]! + 1 + (count - 1) * stride[axis]!;
      return [start[axis]!, extent - reached, stride[axis]! - 1];
    });
    return [padZeros(cotangent, padding)];
  },
  batch: ([x], [dim], { start, limit, stride }, { size }) => [
    slice(x, {
      start: start.toSpliced(dim!, 0, 0),
      limit: limit.toSpliced(dim!, 0, size),
      stride: stride.toSpliced(dim!, 0, 1),
    }),
    dim,
  ],
  lower: {
    kind: "view",
    view: ({ offset, strides }, params) => ({
      offset: params.start.reduce((sum, first, axis) => sum + first * strides[axis]!, offset),
      shape: kernels.sliceShape(params),
      strides: strides.map((stride, axis) => stride * params.stride[axis]!),
    }),
  },
  weakType: ([x]) => x.weakType,
  simplify: rules.slice,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ maxRank: 3, minSize: 0, maxSize: 5 });
      const start = shape.map((extent) => pick.integer(0, extent));
      const limit = shape.map((extent, axis) => pick.integer(start[axis]!, extent));
      return {
        inputs: [{ shape, dtype: "float64", domain: reals(-2, 2) }],
        params: { start, limit, stride: shape.map(() => pick.integer(1, 3)) },
      };
    },
  },
});

/** Elements `from` to `to` (excluded) of one axis, all of the others. */
export const sliceAxis = (x: NDArray, axis: number, from: number, to: number): NDArray => {
  const start = x.shape.map((_, k) => (k === axis ? from : 0));
  const limit = x.shape.map((extent, k) => (k === axis ? to : extent));
  return slice(x, { start, limit, stride: x.shape.map(() => 1) });
};

// --- pad --------------------------------------------------------------------------------------

/** Elements before, after (negative crops) and between neighbours (>= 0). */
export type AxisPadding = readonly [low: number, high: number, interior: number];

export interface PadParams {
  /** One entry per axis. */
  readonly padding: readonly AxisPadding[];
}

const padShapeOf = (x: Aval, value: Aval, { padding }: PadParams): Shape => {
  if (value.shape.length !== 0)
    throw new ShapeMismatch("pad", `a padding value of shape ${showShape(value.shape)}`, "The value is a scalar");
  if (value.dtype !== x.dtype)
    throw new DTypeMismatch(
      "pad",
      `${showAval(x)} and the value ${showAval(value)}`,
      "Convert the value to the dtype of the operand",
    );
  if (padding.length !== x.shape.length)
    throw new ShapeMismatch(
      "pad",
      `${padding.length} paddings for shape ${showShape(x.shape)}`,
      "Give [low, high, interior] for every axis",
    );
  const shape = kernels.padShape(x.shape, padding);
  padding.forEach(([low, high, interior], axis) => {
    if (!(shape[axis]! >= 0) || !(interior >= 0) || ![low, high, interior].every(Number.isInteger))
      throw new ShapeMismatch(
        "pad",
        `[${low}, ${high}, ${interior}] on axis ${axis} of size ${x.shape[axis]}`,
        "Paddings are whole numbers that leave a size of at least 0; interior is not negative",
      );
  });
  return shape;
};

/** The operand spread by `interior` and surrounded by copies of a scalar. */
export const pad: PrimitiveFunction<[NDArray, NDArray], PadParams> = definePrimitive<[NDArray, NDArray], PadParams>({
  name: "pad",
  evaluate: ([x, value], params) => {
    const shape = padShapeOf(x, value, params);
    const out = allocate(x.dtype, sizeOf(shape));
    kernels.padInterior(bufferOf(x), x.shape, bufferOf(value)[0]!, params.padding, out);
    return fromBuffer(out, shape, x.dtype);
  },
  abstractEval: ([x, value], params) => ({ shape: padShapeOf(x, value, params), dtype: x.dtype }),
  jvp: ([x, value], [dx, dvalue], params) => [
    pad(x, value, params),
    isZero(dvalue) ? padZeros(materialize(dx), params.padding) : pad(materialize(dx), dvalue, params),
  ],
  transpose: (cotangents, [x, value], { padding }) => {
    const cotangent = only(cotangents);
    return [
      isLinearInput(x) ? unpad(cotangent, padding) : null,
      isLinearInput(value) ? sumOfPadding(cotangent, shapeOf(x), padding) : null,
    ];
  },
  batch: ([x, value], [xDim, valueDim], { padding }, { size }) => {
    if (valueDim === null) return [pad(x, value, { padding: padding.toSpliced(xDim!, 0, unpadded) }), xDim];
    return [padByMappedValue(batchToFront(x, xDim, size), value, padding), 0];
  },
  lower: prebuiltMove(([x], { padding }) => planPad(x!.dtype, x!.shape, padding)),
  simplify: rules.pad,
  flops: movesOnly,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ maxRank: 2, minSize: 0, maxSize: 3 });
      const padding = shape.map((extent): AxisPadding => {
        const interior = pick.integer(0, 2);
        const low = pick.integer(-2, 2);
        const least = -(low + extent + Math.max(0, extent - 1) * interior);
        return [low, pick.integer(Math.max(-2, least), 2), interior];
      });
      const domain = reals(-2, 2);
      return {
        inputs: [
          { shape, dtype: "float64", domain },
          { shape: [], dtype: "float64", domain },
        ],
        params: { padding },
      };
    },
  },
});

const unpadded: AxisPadding = [0, 0, 0];

/** Padding by zeros. */
export const padZeros = (x: NDArray, padding: readonly AxisPadding[]): NDArray =>
  padding.every((entry) => sameShape(entry, unpadded)) ? x : pad(x, scalar(0, x.dtype), { padding });

/** What lies under the operand of a pad: zeros where it was cropped away. */
const unpad = (cotangent: NDArray, padding: readonly AxisPadding[]): NDArray => {
  const whole = padZeros(
    cotangent,
    padding.map(([low, high]): AxisPadding => [Math.max(0, -low), Math.max(0, -high), 0]),
  );
  return slice(whole, {
    start: padding.map(([low]) => Math.max(0, low)),
    limit: whole.shape.map((extent, axis) => extent - Math.max(0, padding[axis]![1])),
    stride: padding.map(([, , interior]) => interior + 1),
  });
};

/** Sum over the places that hold the padding value; a difference of two sums would cancel digits. */
const sumOfPadding = (cotangent: NDArray, shape: Shape, padding: readonly AxisPadding[]): NDArray => {
  const isPadding = pad(zerosOf(shape, "bool"), scalar(1, "bool"), { padding });
  return reduceSum(keepWhere(isPadding, cotangent), { axes: cotangent.shape.map((_, axis) => axis) });
};

/** One padding value per example; both have their mapped axis in front. */
const padByMappedValue = (x: NDArray, value: NDArray, padding: readonly AxisPadding[]): NDArray => {
  const lifted = [unpadded, ...padding];
  const padded = padZeros(x, lifted);
  const isOperand = pad(full(1, x.shape, "bool"), scalar(0, "bool"), { padding: lifted });
  return select(isOperand, padded, broadcast(value, { shape: padded.shape, axes: [0] }));
};

// --- concatenate ------------------------------------------------------------------------------

export interface ConcatenateParams {
  readonly axis: number;
}

/** Operands joined along one axis; the other axes agree. */
export const concatenate: PrimitiveFunction<readonly NDArray[], ConcatenateParams> = definePrimitive<
  readonly NDArray[],
  ConcatenateParams
>({
  name: "concatenate",
  evaluate: (parts, { axis }) => {
    const { shape, dtype } = joinedType(parts, axis);
    if (parts.length === 1) return parts[0]!;
    const out = allocate(dtype, sizeOf(shape));
    kernels.concatenate(
      parts.map(bufferOf),
      parts.map((part) => part.shape),
      axis,
      out,
    );
    return fromBuffer(out, shape, dtype);
  },
  abstractEval: (parts, { axis }) => joinedType(parts, axis),
  jvp: (parts, tangents, { axis }) => [join(parts, axis), join(tangents.map(materialize), axis)],
  transpose: (cotangents, parts, { axis }) => {
    const cotangent = only(cotangents);
    let end = 0;
    return parts.map((part) => {
      const from = end;
      end += shapeOf(part)[axis]!;
      return isLinearInput(part) ? sliceAxis(cotangent, axis, from, end) : null;
    });
  },
  batch: (parts, dims, { axis }, { size }) => [
    join(
      parts.map((part, k) => batchToFront(part, dims[k]!, size)),
      axis + 1,
    ),
    0,
  ],
  lower: prebuiltMove((parts, { axis }) =>
    planConcatenate(
      parts[0]!.dtype,
      parts.map(({ shape }) => shape),
      axis,
    ),
  ),
  simplify: rules.concatenate,
  flops: movesOnly,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ minRank: 1, maxRank: 3, minSize: 0, maxSize: 4 });
      const axis = pick.integer(0, shape.length - 1);
      const part = (): Shape => shape.map((extent, k) => (k === axis ? pick.integer(0, 3) : extent));
      const count = pick.integer(1, 3);
      return {
        inputs: Array.from({ length: count }, () => ({ shape: part(), dtype: "float64", domain: reals(-2, 2) })),
        params: { axis },
      };
    },
  },
});

/** A list of operands joined: an argument list has a limit, a list has none. */
export const join = (parts: readonly NDArray[], axis: number): NDArray =>
  bind(concatenate.primitive, parts, { axis })[0]!;

const joinedType = (parts: readonly Aval[], axis: number): TypeOf => {
  const [first] = parts;
  if (first === undefined) throw new ShapeMismatch("concatenate", "no operands", "Give at least one array");
  if (!Number.isInteger(axis) || axis < 0 || axis >= first.shape.length)
    throw new IndexOutOfRange(
      "concatenate",
      `axis ${axis} of ${showAval(first)}`,
      "Join along an axis that exists; stack makes a new one",
    );
  for (const part of parts) {
    if (
      part.shape.length !== first.shape.length ||
      part.shape.some((extent, k) => k !== axis && extent !== first.shape[k])
    )
      throw new ShapeMismatch(
        "concatenate",
        `${parts.map(showAval).join(" and ")} along axis ${axis}`,
        "All other axes need equal sizes",
      );
    if (part.dtype !== first.dtype)
      throw new DTypeMismatch(
        "concatenate",
        parts.map(showAval).join(" and "),
        "Primitives take equal dtypes; the functions of cotangent/numpy promote",
      );
  }
  const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  return { shape: first.shape.map((extent, k) => (k === axis ? length : extent)), dtype: first.dtype };
};

// --- reverse ----------------------------------------------------------------------------------

export interface ReverseParams {
  readonly axes: readonly number[];
}

const requireAxes = (x: Aval, axes: readonly number[]): void => {
  for (const axis of axes)
    if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length || axes.indexOf(axis) !== axes.lastIndexOf(axis))
      throw new IndexOutOfRange("reverse", `axis ${axis} of ${showAval(x)}`, "Name axes that exist");
};

/** Axes turned round; its own inverse and transpose. */
export const reverse: PrimitiveFunction<[NDArray], ReverseParams> = definePrimitive<[NDArray], ReverseParams>({
  name: "reverse",
  evaluate: ([x], { axes }) => {
    requireAxes(x, axes);
    const out = allocate(x.dtype, x.size);
    kernels.reverse(bufferOf(x), x.shape, axes, out);
    return fromBuffer(out, x.shape, x.dtype);
  },
  abstractEval: ([x], { axes }) => {
    requireAxes(x, axes);
    return { shape: x.shape, dtype: x.dtype };
  },
  jvp: linearJvp((x, params: ReverseParams) => reverse(x, params)),
  transpose: (cotangents, _inputs, params) => [reverse(only(cotangents), params)],
  batch: ([x], [dim], { axes }) => [reverse(x, { axes: axes.map((axis) => (axis < dim! ? axis : axis + 1)) }), dim],
  lower: {
    kind: "view",
    view: ({ offset, shape, strides }, { axes }) => ({
      offset: axes.reduce((sum, axis) => sum + Math.max(0, shape[axis]! - 1) * strides[axis]!, offset),
      shape,
      strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    }),
  },
  weakType: ([x]) => x.weakType,
  simplify: rules.reverse,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ maxRank: 3, minSize: 0 });
      return {
        inputs: [{ shape, dtype: "float64", domain: reals(-2, 2) }],
        params: { axes: pick.subset(shape.length) },
      };
    },
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [slice.primitive, pad.primitive, concatenate.primitive, reverse.primitive];
