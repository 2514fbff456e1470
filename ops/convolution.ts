/**
 * Convolution family: one primitive on the layout lhs [N, C, ...spatial], rhs [O, C / groups, ...window].
 * Bilinear; each transpose is again a convolution of rearranged operands (kernels/convolution-gradients.ts), so
 * gradients of every order use this primitive alone. Mapped axes fold into N, O or the groups.
 * Source: XLA operation semantics, ConvWithGeneralPadding; JAX's batching of conv_general_dilated.
 */
import { showValue } from "../src/describe.ts";
import { DTypeMismatch, InvalidOption, ShapeMismatch } from "../src/error.ts";
import { convolutionShape, convolve } from "../kernels/convolution.ts";
import type { ConvolutionParams } from "../kernels/convolution.ts";
import { inputGradientParams, kernelGradientParams } from "../kernels/convolution-gradients.ts";
import type { ConvolutionGradient, Rearrangement } from "../kernels/convolution-gradients.ts";
import { convolution as prebuiltConvolution } from "../kernels/prebuilt/convolution.ts";
import { planConvolution } from "../kernels/prebuilt/convolution-plan.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt } from "../src/ir/lowering.ts";
import { isLinearInput, notLinear, reals } from "../src/ir/primitive.ts";
import type { LawCase, Pick, Primitive } from "../src/ir/primitive.ts";
import { bilinearJvp, zerosOf } from "./arithmetic.ts";
import { requireNumber } from "./elementwise.ts";
import { reverse } from "./slicing.ts";
import { moveAxis, only, reshape, shapeOf, transpose } from "./shape.ts";

export type { ConvolutionParams } from "../kernels/convolution.ts";

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

const requireParams = (spatial: number, params: ConvolutionParams): void => {
  const { strides, padding, lhsDilation, rhsDilation, featureGroups, batchGroups } = params;
  for (const [name, list] of Object.entries({ strides, padding, lhsDilation, rhsDilation }))
    if (list.length !== spatial)
      throw new InvalidOption(
        "convolution",
        `${list.length} ${name} for ${spatial} spatial axes`,
        "Give one entry per spatial axis",
      );
  if (
    ![...strides, ...lhsDilation, ...rhsDilation, featureGroups, batchGroups].every(isCount) ||
    !padding.flat().every(Number.isInteger)
  )
    throw new InvalidOption(
      "convolution",
      showValue(params),
      "Strides, dilations and group counts are whole numbers from 1, paddings whole numbers",
    );
  if (featureGroups > 1 && batchGroups > 1)
    throw new InvalidOption(
      "convolution",
      `${featureGroups} feature groups and ${batchGroups} batch groups`,
      "At most one of the two exceeds 1",
    );
};

const outputShape = (lhs: Aval, rhs: Aval, params: ConvolutionParams): Shape => {
  const asked = `convolution of ${showAval(lhs)} by ${showAval(rhs)}`;
  requireNumber("convolution", lhs);
  if (lhs.dtype !== rhs.dtype)
    throw new DTypeMismatch(
      asked,
      "dtypes differ",
      "Primitives take equal dtypes; the functions of cotangent/nn promote",
    );
  if (lhs.shape.length < 2 || lhs.shape.length !== rhs.shape.length)
    throw new ShapeMismatch(
      asked,
      `ranks ${lhs.shape.length} and ${rhs.shape.length}`,
      "Use [N, C, ...spatial] and [O, C / groups, ...window] of one rank",
    );
  requireParams(lhs.shape.length - 2, params);
  const [images, channels] = lhs.shape as [number, number];
  const [features, perGroup] = rhs.shape as [number, number];
  const { featureGroups, batchGroups } = params;
  if (channels !== perGroup * featureGroups)
    throw new ShapeMismatch(
      asked,
      `${channels} channels against ${perGroup} per group in ${featureGroups} groups`,
      "Axis 1 of rhs is axis 1 of lhs divided by featureGroups",
    );
  if (features % featureGroups !== 0 || features % batchGroups !== 0 || images % batchGroups !== 0)
    throw new ShapeMismatch(
      asked,
      `${features} features and ${images} images in ${Math.max(featureGroups, batchGroups)} groups`,
      "Group counts divide the features, batchGroups also N",
    );
  return convolutionShape(lhs.shape, rhs.shape, params);
};

const sampleConvolution = (pick: Pick): LawCase<ConvolutionParams> => {
  const spatial = pick.integer(0, 2);
  const each = <T>(choose: (axis: number) => T): T[] => Array.from({ length: spatial }, (_, axis) => choose(axis));
  const [featureGroups, batchGroups] = pick.oneOf<readonly [number, number]>([
    [1, 1],
    [2, 1],
    [1, 2],
    [3, 1],
  ]);
  const longest = spatial === 1 ? 5 : 3;
  const input = each(() => pick.integer(0, longest));
  const window = each(() => pick.integer(1, spatial === 1 ? 3 : 2));
  const perGroup = pick.integer(1, 2);
  const lhs = [pick.integer(1, 2) * batchGroups, perGroup * featureGroups, ...input];
  const rhs = [pick.integer(1, 2) * featureGroups * batchGroups, perGroup, ...window];
  return {
    inputs: [lhs, rhs].map((shape) => ({ shape, dtype: "float64", domain: reals(-2, 2) })),
    params: {
      strides: each(() => pick.integer(1, 3)),
      padding: each((): [number, number] => [pick.integer(-1, 2), pick.integer(-1, 2)]),
      lhsDilation: each(() => pick.integer(1, 2)),
      rhsDilation: each(() => pick.integer(1, 2)),
      featureGroups,
      batchGroups,
    },
  };
};

/** Convolution of any spatial rank with strides, dilations, padding and groups. */
export const convolution: PrimitiveFunction<[NDArray, NDArray], ConvolutionParams> = definePrimitive<
  [NDArray, NDArray],
  ConvolutionParams
>({
  name: "convolution",
  evaluate: ([lhs, rhs], params) => {
    const shape = outputShape(lhs, rhs, params);
    const out = allocate(lhs.dtype, sizeOf(shape));
    convolve(bufferOf(lhs), lhs.shape, bufferOf(rhs), rhs.shape, params, out);
    return fromBuffer(out, shape, lhs.dtype);
  },
  abstractEval: ([lhs, rhs], params) => ({ shape: outputShape(lhs, rhs, params), dtype: lhs.dtype }),
  jvp: bilinearJvp((x, w, params: ConvolutionParams) => convolution(x, w, params)),
  transpose: (cotangents, [lhs, rhs], params) => {
    const cotangent = only(cotangents);
    if (!isLinearInput(lhs))
      return [null, gradient(lhs, cotangent, kernelGradientParams(lhs.shape, shapeOf(rhs), params))];
    if (isLinearInput(rhs)) return notLinear(cotangents, [lhs, rhs], params);
    return [gradient(cotangent, rhs, inputGradientParams(shapeOf(lhs), rhs.shape, params)), null];
  },
  batch: ([lhs, rhs], [lhsDim, rhsDim], params, { size }) => {
    if (rhsDim === null) return [batchOfImages(moveAxis(lhs, lhsDim!, 0), rhs, params), 0];
    const kernels = moveAxis(rhs, rhsDim, 0);
    if (lhsDim === null) return [batchOfKernels(lhs, kernels, params), 0];
    const images = moveAxis(lhs, lhsDim, 0);
    if (size > 0) return batchAsGroups(images, kernels, params);
    // No example: a convolution with zero groups does not exist.
    return [zerosOf([0, ...convolutionShape(images.shape.slice(1), kernels.shape.slice(1), params)], lhs.dtype), 0];
  },
  lower: prebuilt(([lhs, rhs], params) => {
    const call = planConvolution(lhs!.dtype, lhs!.shape, rhs!.shape, params);
    return call === null ? null : { module: prebuiltConvolution, call };
  }),
  flops: ([lhs, rhs], params) =>
    rhs.shape[0] === 0 ? 0 : (2 * sizeOf(outputShape(lhs, rhs, params)) * sizeOf(rhs.shape)) / rhs.shape[0]!,
  laws: { sample: sampleConvolution },
});

const rearrange = (x: NDArray, { split, permutation, shape, reversed }: Rearrangement): NDArray => {
  const whole = viewed(x, split);
  const permuted = permutation.every((axis, k) => axis === k) ? whole : transpose(whole, { permutation });
  const joined = viewed(permuted, shape);
  return reversed.length === 0 ? joined : reverse(joined, { axes: reversed });
};

const viewed = (x: NDArray, shape: Shape): NDArray => (sameShape(x.shape, shape) ? x : reshape(x, { shape }));

const gradient = (
  lhs: NDArray,
  rhs: NDArray,
  { lhs: left, rhs: right, params, result }: ConvolutionGradient,
): NDArray => rearrange(convolution(rearrange(lhs, left), rearrange(rhs, right), params), result);

/** lhs [B, N, C, ..]: examples are more images. Batch groups stay outermost, [groups, B, N / groups]. */
const batchOfImages = (lhs: NDArray, rhs: NDArray, params: ConvolutionParams): NDArray => {
  const [size, images, ...rest] = lhs.shape as [number, number, ...number[]];
  const groups = params.batchGroups;
  const perGroup = images / groups;
  const grouped = moveAxis(reshape(lhs, { shape: [size, groups, perGroup, ...rest] }), 1, 0);
  const out = convolution(reshape(grouped, { shape: [groups * size * perGroup, ...rest] }), rhs, params);
  return reshape(out, { shape: [size, perGroup, ...out.shape.slice(1)] });
};

/** rhs [B, O, I, ..]: examples are more features, within every group: [groups, B, O / groups]. */
const batchOfKernels = (lhs: NDArray, rhs: NDArray, params: ConvolutionParams): NDArray => {
  const [size, features, ...rest] = rhs.shape as [number, number, ...number[]];
  const groups = Math.max(params.featureGroups, params.batchGroups);
  const perGroup = features / groups;
  const grouped = moveAxis(reshape(rhs, { shape: [size, groups, perGroup, ...rest] }), 1, 0);
  const out = convolution(lhs, reshape(grouped, { shape: [groups * size * perGroup, ...rest] }), params);
  const [images, , ...spatial] = out.shape as [number, number, ...number[]];
  const apart = moveAxis(reshape(out, { shape: [images, groups, size, perGroup, ...spatial] }), 2, 0);
  return reshape(apart, { shape: [size, images, features, ...spatial] });
};

/** Both mapped: every example is a group of its own; returns the result and its mapped axis. */
const batchAsGroups = (lhs: NDArray, rhs: NDArray, params: ConvolutionParams): readonly [NDArray, number] => {
  const size = lhs.shape[0]!;
  const inBatch = params.batchGroups > 1;
  const axis = inBatch ? 0 : 1;
  const out = convolution(foldFront(lhs, axis), foldFront(rhs, 0), {
    ...params,
    featureGroups: inBatch ? 1 : params.featureGroups * size,
    batchGroups: inBatch ? params.batchGroups * size : 1,
  });
  const [images, features, ...spatial] = out.shape as [number, number, ...number[]];
  return [reshape(out, { shape: [images, size, features / size, ...spatial] }), 1];
};

/** The first axis merged into another, as its outer part; `axis` counts without the first. */
const foldFront = (x: NDArray, axis: number): NDArray => {
  const moved = moveAxis(x, 0, axis);
  const shape = moved.shape.flatMap((extent, k) =>
    k === axis ? [] : k === axis + 1 ? [moved.shape[axis]! * extent] : [extent],
  );
  return reshape(moved, { shape });
};

/** Every primitive of this file. */
export const family: readonly Primitive[] = [convolution.primitive];
