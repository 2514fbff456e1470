/**
 * Shape family: reshape, transpose, broadcast, reduceSum. All linear; broadcast and reduceSum are each
 * other's transpose. Broadcasting by size 1 is allowed here only along named axes, as in XLA.
 */
import { ShapeMismatch } from "../src/error.ts";
import { broadcastTo, permute } from "../kernels/gather.ts";
import { reduce } from "../kernels/reduction.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer, repeated, repeatedValue, scalar, viewAs } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { dropAxes, requireShape, sameShape, showShape, sizeOf, stridesOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import type { StridedView } from "../src/ir/lowering.ts";
import { requireNumber } from "./elementwise.ts";
import { shapeRules } from "./shape-rules.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { isLinearInput, reals } from "../src/ir/primitive.ts";
import type { LinearInput, Primitive, Tangent } from "../src/ir/primitive.ts";

/** Shape of an operand in a transpose rule, known or linear. */
export const shapeOf = (x: NDArray | LinearInput): Shape => (isLinearInput(x) ? x.aval.shape : x.shape);

/** A transpose rule receives one cotangent that is not zero when the primitive has one output. */
export const only = (cotangents: readonly Tangent[]): NDArray => cotangents[0] as NDArray;

/** jvp of a linear function of one operand: the function itself on the tangent. */
export const linearJvp =
  <P>(call: (x: NDArray, params: P) => NDArray) =>
  ([x]: readonly NDArray[], [dx]: readonly Tangent[], params: P): readonly [NDArray, Tangent] => [
    call(x!, params),
    call(dx as NDArray, params),
  ];

/** One number in all elements of an array of this type. */
export const repeatedNumber = (value: number, { shape, dtype, weakType }: Aval): NDArray => {
  const number = scalar(value, dtype, weakType);
  return shape.length === 0 ? number : broadcast(number, { shape, axes: [] });
};

/** One number in all elements of an array like x. */
export const repeatedLike = (value: number, x: NDArray): NDArray => repeatedNumber(value, x);

const rules = shapeRules(() => ({ reshape, transpose, broadcast, reduceSum, repeatedNumber }));

// --- reshape ----------------------------------------------------------------------------------

interface ReshapeParams {
  readonly shape: Shape;
}

/** Same elements in row-major order under another shape. */
export const reshape: PrimitiveFunction<[NDArray], ReshapeParams> = definePrimitive<[NDArray], ReshapeParams>({
  name: "reshape",
  evaluate: ([x], { shape }) => viewAs(x, shape),
  abstractEval: ([x], { shape }) => {
    requireShape("reshape", shape);
    if (sizeOf(x.shape) !== sizeOf(shape))
      throw new ShapeMismatch(
        "reshape",
        `${showShape(x.shape)} has ${sizeOf(x.shape)} elements, ${showShape(shape)} ${sizeOf(shape)}`,
        "Keep the number of elements",
      );
    return { shape, dtype: x.dtype };
  },
  jvp: linearJvp((x, params: ReshapeParams) => reshape(x, params)),
  transpose: (cotangents, [x]) => [reshape(only(cotangents), { shape: shapeOf(x) })],
  batch: ([x], [dim], { shape }, { size }) => [reshape(moveAxis(x, dim!, 0), { shape: [size, ...shape] }), 0],
  lower: { kind: "view", view: (view, { shape }) => reshapeView(view, shape) },
  weakType: ([x]) => x.weakType,
  simplify: rules.reshape,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ maxRank: 3 });
      return {
        inputs: [{ shape, dtype: "float64", domain: reals(-2, 2) }],
        params: { shape: pick.oneOf([[sizeOf(shape)], [1, ...shape], [...shape].reverse()]) },
      };
    },
  },
});

/** Contiguous views reshape freely; others only by adding or removing axes of size 1. */
const reshapeView = ({ offset, shape, strides }: StridedView, target: Shape): StridedView | null => {
  if (sameShape(strides, stridesOf(shape))) return { offset, shape: target, strides: stridesOf(target) };
  const kept = shape.flatMap((extent, axis) => (extent === 1 ? [] : [axis]));
  const wanted = target.filter((extent) => extent !== 1);
  if (
    !sameShape(
      kept.map((axis) => shape[axis]!),
      wanted,
    )
  )
    return null;
  let next = 0;
  return { offset, shape: target, strides: target.map((extent) => (extent === 1 ? 0 : strides[kept[next++]!]!)) };
};

// --- transpose --------------------------------------------------------------------------------

interface TransposeParams {
  /** Output axis k is input axis permutation[k]. */
  readonly permutation: readonly number[];
}

/** Axes in another order. */
export const transpose: PrimitiveFunction<[NDArray], TransposeParams> = definePrimitive<[NDArray], TransposeParams>({
  name: "transpose",
  evaluate: ([x], { permutation }) => {
    const out = allocate(x.dtype, x.size);
    permute(bufferOf(x), x.shape, permutation, out);
    return fromBuffer(
      out,
      permutation.map((axis) => x.shape[axis]!),
      x.dtype,
    );
  },
  abstractEval: ([x], { permutation }) => {
    if (new Set(permutation).size !== x.shape.length || permutation.some((axis) => x.shape[axis] === undefined))
      throw new ShapeMismatch(
        "transpose",
        `axes ${showShape(permutation)} of ${showShape(x.shape)}`,
        "Name every axis once",
      );
    return { shape: permutation.map((axis) => x.shape[axis]!), dtype: x.dtype };
  },
  jvp: linearJvp((x, params: TransposeParams) => transpose(x, params)),
  transpose: (cotangents, _inputs, { permutation }) => [
    transpose(only(cotangents), { permutation: inversePermutation(permutation) }),
  ],
  batch: ([x], [dim], { permutation }) => [
    transpose(x, { permutation: [dim!, ...permutation.map((axis) => (axis < dim! ? axis : axis + 1))] }),
    0,
  ],
  lower: {
    kind: "view",
    view: ({ offset, shape, strides }, { permutation }) => ({
      offset,
      shape: permutation.map((axis) => shape[axis]!),
      strides: permutation.map((axis) => strides[axis]!),
    }),
  },
  weakType: ([x]) => x.weakType,
  simplify: rules.transpose,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ maxRank: 4 });
      return {
        inputs: [{ shape, dtype: "float64", domain: reals(-2, 2) }],
        params: { permutation: pick.permutation(shape.length) },
      };
    },
  },
});

/** Axis `from` moved to position `to`; the others keep their order. */
export const moveAxis = (x: NDArray, from: number, to: number): NDArray => {
  if (from === to) return x;
  const permutation = x.shape.map((_, axis) => axis).filter((axis) => axis !== from);
  permutation.splice(to, 0, from);
  return transpose(x, { permutation });
};

export const inversePermutation = (permutation: readonly number[]): number[] => {
  const inverse = new Array<number>(permutation.length);
  permutation.forEach((axis, k) => (inverse[axis] = k));
  return inverse;
};

// --- broadcast and reduceSum ------------------------------------------------------------------

interface BroadcastParams {
  readonly shape: Shape;
  /** Output axis of each input axis, ascending; an input extent of 1 may be stretched. */
  readonly axes: readonly number[];
}

/** Repeats along new axes and along axes of size 1. */
export const broadcast: PrimitiveFunction<[NDArray], BroadcastParams> = definePrimitive<[NDArray], BroadcastParams>({
  name: "broadcast",
  evaluate: ([x], { shape, axes }) => {
    const value = repeatedValue(x);
    if (value !== undefined) return repeated(value, shape, x.dtype);
    const out = allocate(x.dtype, sizeOf(shape));
    broadcastTo(bufferOf(x), x.shape, axes, shape, out);
    return fromBuffer(out, shape, x.dtype);
  },
  abstractEval: ([x], { shape, axes }) => {
    const ascending = axes.every((axis, k) => axis > (axes[k - 1] ?? -1) && axis < shape.length);
    if (
      !ascending ||
      axes.length !== x.shape.length ||
      x.shape.some((extent, k) => extent !== 1 && extent !== shape[axes[k]!])
    )
      throw new ShapeMismatch(
        "broadcast",
        `${showShape(x.shape)} to ${showShape(shape)} along axes ${showShape(axes)}`,
        "Sizes must be equal or 1",
      );
    return { shape, dtype: x.dtype };
  },
  jvp: linearJvp((x, params: BroadcastParams) => broadcast(x, params)),
  transpose: (cotangents, [x], { shape, axes }) => {
    const own = shapeOf(x);
    const summed = shape.flatMap((extent, axis) => {
      const k = axes.indexOf(axis);
      return k < 0 || own[k] !== extent ? [axis] : [];
    });
    return [reshape(reduceSum(only(cotangents), { axes: summed }), { shape: own })];
  },
  batch: ([x], [dim], { shape, axes }, { size }) => [
    broadcast(moveAxis(x, dim!, 0), { shape: [size, ...shape], axes: [0, ...axes.map((axis) => axis + 1)] }),
    0,
  ],
  lower: {
    kind: "view",
    view: ({ offset, shape: own, strides }, { shape, axes }) => {
      const spread = new Array<number>(shape.length).fill(0);
      axes.forEach((axis, k) => (spread[axis] = own[k] === 1 ? 0 : strides[k]!));
      return { offset, shape, strides: spread };
    },
  },
  weakType: ([x]) => x.weakType,
  simplify: rules.broadcast,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ maxRank: 3 });
      const axes = pick.subset(shape.length);
      const own = axes.map((axis) => pick.oneOf([shape[axis]!, 1]));
      return { inputs: [{ shape: own, dtype: "float64", domain: reals(-2, 2) }], params: { shape, axes } };
    },
  },
});

export interface AxesParams {
  /** Reduced axes, ascending. */
  readonly axes: readonly number[];
}

/** Batching of a reduction: the mapped axis stays, the others shift around it. */
export const reductionBatch =
  (call: (x: NDArray, params: AxesParams) => NDArray) =>
  ([x]: readonly NDArray[], [dim]: readonly (number | null)[], { axes }: AxesParams): readonly [NDArray, number] => {
    const shifted = axes.map((axis) => (axis < dim! ? axis : axis + 1));
    return [call(x!, { axes: shifted }), dim! - shifted.filter((axis) => axis < dim!).length];
  };

export const evaluateReduction = (
  kind: "sum" | "max" | "min",
  x: ConcreteArray,
  axes: readonly number[],
): ConcreteArray => {
  const shape = dropAxes(x.shape, axes);
  const out = allocate(x.dtype, sizeOf(shape));
  reduce(bufferOf(x), x.shape, axes, kind, out);
  return fromBuffer(out, shape, x.dtype);
};

/** Cotangent of a reduction spread back over the reduced axes. */
export const spread = (cotangent: NDArray, shape: Shape, axes: readonly number[]): NDArray =>
  broadcast(cotangent, { shape, axes: shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)) });

/** Sum over axes of numbers: blocked and compensated (kernels/reduction.ts). */
export const reduceSum: PrimitiveFunction<[NDArray], AxesParams> = definePrimitive<[NDArray], AxesParams>({
  name: "reduceSum",
  evaluate: ([x], { axes }) => (axes.length === 0 ? x : evaluateReduction("sum", x, axes)),
  abstractEval: ([x], { axes }) => ({ shape: dropAxes(x.shape, axes), dtype: requireNumber("reduceSum", x).dtype }),
  jvp: linearJvp((x, params: AxesParams) => reduceSum(x, params)),
  transpose: (cotangents, [x], { axes }) => [spread(only(cotangents), shapeOf(x), axes)],
  batch: reductionBatch((x, params) => reduceSum(x, params)),
  lower: { kind: "reduction", combine: "sum", axes: ({ axes }) => axes },
  simplify: rules.reduceSum,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ maxRank: 3 });
      return {
        inputs: [{ shape, dtype: "float64", domain: reals(-2, 2) }],
        params: { axes: pick.subset(shape.length) },
      };
    },
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  reshape.primitive,
  transpose.primitive,
  broadcast.primitive,
  reduceSum.primitive,
];
