/**
 * Contraction family: dot, the product of two arrays summed over paired axes, as XLA's dot_general.
 * out[batch, i, j] = sum over k of a[batch, i, k] b[batch, k, j]; bilinear, so its derivative and both its
 * transposes are dots again. A mapped axis becomes a batch axis or one more free axis, never a loop.
 */
import { DTypeMismatch, IndexOutOfRange, ShapeMismatch } from "../src/error.ts";
import { contractionShape, dotGeneral } from "../kernels/contraction.ts";
import { hasRelaxedSimd } from "../kernels/assembler/index.ts";
import { matmul, relaxedMatmul } from "../kernels/prebuilt/matmul.ts";
import { planMatmul } from "../kernels/prebuilt/matmul-plan.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { showShape, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt } from "../src/ir/lowering.ts";
import { isLinearInput, notLinear, reals } from "../src/ir/primitive.ts";
import type { BatchDim, LawCase, Pick, Primitive } from "../src/ir/primitive.ts";
import { isRelaxed } from "../src/machine.ts";
import { bilinearJvp } from "./arithmetic.ts";
import { dotRules } from "./contraction-rules.ts";
import { inversePermutation, only, shapeOf, transpose } from "./shape.ts";

let canRelax: boolean | null = null;

/** Whether products may, and can, use relaxed instructions. */
const usesRelaxed = (): boolean => isRelaxed() && (canRelax ??= hasRelaxedSimd());

type AxisPair = readonly [a: readonly number[], b: readonly number[]];

export interface DotParams {
  /** Axes summed over, pair by pair. */
  readonly contract: AxisPair;
  /** Axes that run in parallel, pair by pair; they come first in the result, in this order. */
  readonly batch: AxisPair;
}

const showPair = (a: Aval, b: Aval, left: number, right: number): string =>
  `${a.shape[left]} (axis ${left} of ${showShape(a.shape)}) and ${b.shape[right]} (axis ${right} of ${showShape(b.shape)})`;

const requireAxes = (operand: Aval, contract: readonly number[], batch: readonly number[]): void => {
  const axes = [...contract, ...batch];
  for (const axis of axes)
    if (!Number.isInteger(axis) || axis < 0 || axis >= operand.shape.length)
      throw new IndexOutOfRange("dot", `axis ${axis} of ${showAval(operand)}`, "Pair axes that exist");
  if (new Set(axes).size !== axes.length)
    throw new IndexOutOfRange("dot", `axes ${showShape(axes)} of ${showAval(operand)} repeat`, "Use every axis once");
};

const requirePairs = (kind: string, a: Aval, b: Aval, [aAxes, bAxes]: AxisPair): void => {
  if (aAxes.length !== bAxes.length)
    throw new ShapeMismatch(
      "dot",
      `${aAxes.length} ${kind} axes of ${showAval(a)} for ${bAxes.length} of ${showAval(b)}`,
      "Axes come in pairs",
    );
  aAxes.forEach((left, k) => {
    if (a.shape[left] !== b.shape[bAxes[k]!])
      throw new ShapeMismatch(
        "dot",
        `${kind} sizes ${showPair(a, b, left, bAxes[k]!)} differ`,
        "Paired axes need equal sizes",
      );
  });
};

const dotShape = (a: Aval, b: Aval, params: DotParams): Shape => {
  requireAxes(a, params.contract[0], params.batch[0]);
  requireAxes(b, params.contract[1], params.batch[1]);
  requirePairs("contracting", a, b, params.contract);
  requirePairs("batch", a, b, params.batch);
  if (a.dtype !== b.dtype)
    throw new DTypeMismatch(
      "dot",
      `${showAval(a)} and ${showAval(b)}`,
      "Primitives take equal dtypes; the functions of cotangent/numpy promote",
    );
  return contractionShape(a.shape, b.shape, params);
};

const sampleDot = (pick: Pick): LawCase<DotParams> => {
  const paired = pick.shape({ maxRank: 2, minSize: 0, maxSize: 3 });
  const batchCount = pick.integer(0, paired.length);
  const operand = (): { readonly shape: Shape; readonly axes: readonly number[] } => {
    const sizes = [...paired, ...pick.shape({ maxRank: 2, minSize: 0, maxSize: 3 })];
    const order = pick.permutation(sizes.length);
    return { shape: order.map((axis) => sizes[axis]!), axes: inversePermutation(order).slice(0, paired.length) };
  };
  const a = operand();
  const b = operand();
  const domain = reals(-2, 2);
  return {
    inputs: [
      { shape: a.shape, dtype: "float64", domain },
      { shape: b.shape, dtype: "float64", domain },
    ],
    params: {
      contract: [a.axes.slice(batchCount), b.axes.slice(batchCount)],
      batch: [a.axes.slice(0, batchCount), b.axes.slice(0, batchCount)],
    },
  };
};

/** General tensor contraction: batch axes, then the free axes of a, then those of b. */
export const dot: PrimitiveFunction<[NDArray, NDArray], DotParams> = definePrimitive<[NDArray, NDArray], DotParams>({
  name: "dot",
  evaluate: ([a, b], params) => {
    const shape = dotShape(a, b, params);
    const out = allocate(a.dtype, sizeOf(shape));
    dotGeneral(bufferOf(a), a.shape, bufferOf(b), b.shape, params, out);
    return fromBuffer(out, shape, a.dtype);
  },
  abstractEval: ([a, b], params) => ({ shape: dotShape(a, b, params), dtype: a.dtype }),
  jvp: bilinearJvp((a, b, params: DotParams) => dot(a, b, params)),
  transpose: (cotangents, [a, b], params) => {
    if (isLinearInput(a))
      return isLinearInput(b)
        ? notLinear(cotangents, [a, b], params)
        : [cotangentOfLeft(only(cotangents), shapeOf(a), b, params), null];
    return [null, cotangentOfRight(only(cotangents), a, shapeOf(b), params)];
  },
  batch: ([a, b], [aDim, bDim], { contract, batch }) => {
    const contracted: AxisPair = [contract[0].map(skip(aDim)), contract[1].map(skip(bDim))];
    const parallel: AxisPair = [batch[0].map(skip(aDim)), batch[1].map(skip(bDim))];
    if (aDim !== null && bDim !== null)
      return [
        dot(a, b, {
          contract: contracted,
          batch: [
            [aDim, ...parallel[0]],
            [bDim, ...parallel[1]],
          ],
        }),
        0,
      ];
    const out = dot(a, b, { contract: contracted, batch: parallel });
    const aFree = freeAxes(a.shape, contracted[0], parallel[0]);
    const bFree = freeAxes(b.shape, contracted[1], parallel[1]);
    return [out, batch[0].length + (aDim === null ? aFree.length + bFree.indexOf(bDim!) : aFree.indexOf(aDim))];
  },
  lower: prebuilt(([a, b], params) => {
    const call = planMatmul(a!.dtype, a!.shape, b!.shape, params);
    return call === null ? null : { module: usesRelaxed() ? relaxedMatmul : matmul, call };
  }),
  simplify: dotRules(() => dot),
  flops: ([a, b], { contract, batch }) =>
    2 * sizeOf(a.shape) * freeAxes(b.shape, contract[1], batch[1]).reduce((size, axis) => size * b.shape[axis]!, 1),
  laws: { sample: sampleDot },
});

/** Axes of an operand as they stand once it has a mapped axis. */
const skip =
  (dim: BatchDim) =>
  (axis: number): number =>
    dim === null || axis < dim ? axis : axis + 1;

const freeAxes = (shape: Shape, contract: readonly number[], batch: readonly number[]): number[] =>
  [...shape.keys()].filter((axis) => !contract.includes(axis) && !batch.includes(axis));

const range = (start: number, count: number): number[] => Array.from({ length: count }, (_, k) => start + k);

/** One list in the order that sorts the other. */
const sortedBy = (list: readonly number[], keys: readonly number[]): number[] => {
  const order = [...keys.keys()].sort((left, right) => keys[left]! - keys[right]!);
  return order.map((k) => list[k]!);
};

/** Axis k of x is axis `places[k]` of the result. */
const placeAxes = (x: NDArray, places: readonly number[]): NDArray => {
  const permutation = inversePermutation(places);
  return permutation.every((axis, k) => axis === k) ? x : transpose(x, { permutation });
};

/** a_bar[batch, i, k] = sum over j of g[batch, i, j] b[batch, k, j]. */
const cotangentOfLeft = (g: NDArray, aShape: Shape, b: NDArray, { contract, batch }: DotParams): NDArray => {
  const aFree = freeAxes(aShape, contract[0], batch[0]);
  const bFree = freeAxes(b.shape, contract[1], batch[1]);
  const product = dot(g, b, {
    contract: [range(batch[0].length + aFree.length, bFree.length), bFree],
    batch: [range(0, batch[0].length), batch[1]],
  });
  return placeAxes(product, [...batch[0], ...aFree, ...sortedBy(contract[0], contract[1])]);
};

/** b_bar[batch, k, j] = sum over i of a[batch, i, k] g[batch, i, j]. */
const cotangentOfRight = (g: NDArray, a: NDArray, bShape: Shape, { contract, batch }: DotParams): NDArray => {
  const aFree = freeAxes(a.shape, contract[0], batch[0]);
  const bFree = freeAxes(bShape, contract[1], batch[1]);
  const product = dot(a, g, {
    contract: [aFree, range(batch[0].length, aFree.length)],
    batch: [batch[0], range(0, batch[0].length)],
  });
  return placeAxes(product, [...batch[1], ...sortedBy(contract[1], contract[0]), ...bFree]);
};

/** Every primitive of this file. */
export const family: readonly Primitive[] = [dot.primitive];
