/**
 * Resampling family: resize, along any axes, to nearest elements, by linear or by cubic interpolation; linear in x. The
 * transposed map is the same primitive with the same weights, read by columns.
 * Source: jax.image.resize (half-pixel centres, weights that sum to one).
 */
import { resampling } from "../kernels/prebuilt/resampling.ts";
import { planResize } from "../kernels/prebuilt/resampling-plan.ts";
import { type ResizeMethod, type ResizeParams, resample } from "../kernels/resampling.ts";
import { InvalidShape, ShapeMismatch } from "../src/error.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { requireShape, sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt } from "../src/ir/lowering.ts";
import { reals } from "../src/ir/primitive.ts";
import type { Primitive, TypeOf } from "../src/ir/primitive.ts";
import { requireFloat, requireNumber } from "./elementwise.ts";
import { linearJvp, only } from "./shape.ts";

export type { ResizeMethod, ResizeParams } from "../kernels/resampling.ts";

const resizedType = (x: Aval, params: ResizeParams): TypeOf => {
  const { from, to, method, isTransposed } = params;
  const [own, shape] = isTransposed ? [to, from] : [from, to];
  requireShape("resize", shape);
  if (!sameShape(x.shape, own) || from.length !== to.length)
    throw new ShapeMismatch(
      "resize",
      `${showAval(x)} from ${showShape(from)} to ${showShape(to)}${isTransposed ? ", transposed" : ""}`,
      "The operand has the shape that it is resized from, of the same rank as the other",
    );
  if (from.some((extent, axis) => extent === 0 && to[axis] !== 0))
    throw new InvalidShape(
      "resize",
      `${showShape(from)} to ${showShape(to)}: an axis of size 0 has no elements to interpolate`,
      "Give the axis at least one element, or leave its size at 0",
    );
  if (method !== "nearest") return { shape, dtype: requireFloat("resize", x).dtype };
  return { shape, dtype: isTransposed ? requireNumber("resize", x).dtype : x.dtype };
};

/** Every axis brought from its size in `from` to that in `to`; transposed: what maps cotangents back. */
export const resize: PrimitiveFunction<[NDArray], ResizeParams> = definePrimitive<[NDArray], ResizeParams>({
  name: "resize",
  evaluate: ([x], params) => {
    const { shape, dtype } = resizedType(x, params);
    if (sameShape(params.from, params.to)) return x;
    const out = allocate(dtype, sizeOf(shape));
    resample(bufferOf(x), params, out);
    return fromBuffer(out, shape, dtype);
  },
  abstractEval: ([x], params) => resizedType(x, params),
  jvp: linearJvp((x, params: ResizeParams) => resize(x, params)),
  transpose: (cotangents, _inputs, params) => [
    resize(only(cotangents), { ...params, isTransposed: !params.isTransposed }),
  ],
  batch: ([x], [dim], params, { size }) => [
    resize(x, { ...params, from: params.from.toSpliced(dim!, 0, size), to: params.to.toSpliced(dim!, 0, size) }),
    dim,
  ],
  lower: prebuilt(([x], params) => {
    const call = planResize(x!.dtype, params);
    return call === null ? null : { module: resampling, call };
  }),
  laws: {
    sample: (pick) => {
      const from = pick.shape({ maxRank: 3, minSize: 1, maxSize: 5 });
      const to = from.map((extent) => pick.oneOf([extent, pick.integer(0, 7)]));
      const isTransposed = pick.oneOf([false, true]);
      return {
        inputs: [{ shape: isTransposed ? to : from, dtype: "float64", domain: reals(-2, 2) }],
        params: {
          from,
          to,
          method: pick.oneOf<ResizeMethod>(["nearest", "linear", "cubic"]),
          antialias: pick.oneOf([false, true]),
          isTransposed,
        },
      };
    },
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [resize.primitive];
