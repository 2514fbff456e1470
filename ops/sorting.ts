/**
 * Sorting family: sort and argsort along one axis. Stable; NaN last in either direction; -0 equals 0.
 * sort reads its operand in the order argsort finds, so its derivative is that permutation of the tangent.
 * Values that tie keep their order, and so do their derivatives.
 */
import { argsortAxis, permuteAlongAxis } from "../kernels/sorting.ts";
import { IndexOutOfRange } from "../src/error.ts";
import { allocate } from "../src/array/dtype.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { distinctReals, notLinear, zeroTangent } from "../src/ir/primitive.ts";
import type { BatchDim, LawCase, Pick, Primitive } from "../src/ir/primitive.ts";
import { gatherAlong } from "./indexing.ts";

export interface SortParams {
  readonly axis: number;
  /** Largest first; NaN stays last. */
  readonly descending: boolean;
}

type Sort = PrimitiveFunction<[NDArray], SortParams>;

const requireAxis = (name: string, x: Aval, axis: number): void => {
  if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length)
    throw new IndexOutOfRange(name, `axis ${axis} of ${showAval(x)}`, "Sort along an axis that exists");
};

const orderOf = (name: string, x: ConcreteArray, { axis, descending }: SortParams): Int32Array => {
  requireAxis(name, x, axis);
  const order = new Int32Array(x.size);
  argsortAxis(bufferOf(x), x.shape, axis, descending, order);
  return order;
};

const batchSort =
  (call: (x: NDArray, params: SortParams) => NDArray) =>
  (
    [x]: readonly [NDArray],
    [dim]: readonly [BatchDim],
    { axis, descending }: SortParams,
  ): readonly [NDArray, number] => [call(x, { axis: axis < dim! ? axis : axis + 1, descending }), dim!];

const sampleSort = (pick: Pick): LawCase<SortParams> => {
  const shape = pick.shape({ minRank: 1, maxRank: 3, minSize: 0 });
  return {
    inputs: [{ shape, dtype: "float64", domain: distinctReals(-2, 2) }],
    params: { axis: pick.integer(0, shape.length - 1), descending: pick.oneOf([false, true]) },
  };
};

/** Indices (int32) that sort every line along an axis. */
export const argsort: Sort = definePrimitive<[NDArray], SortParams>({
  name: "argsort",
  evaluate: ([x], params) => fromBuffer(orderOf("argsort", x, params), x.shape, "int32"),
  abstractEval: ([x], { axis }) => {
    requireAxis("argsort", x, axis);
    return { shape: x.shape, dtype: "int32" };
  },
  jvp: zeroTangent(([x]: [NDArray], params: SortParams) => argsort(x, params)),
  transpose: notLinear,
  batch: batchSort((x, params) => argsort(x, params)),
  lower: routine,
  laws: { sample: sampleSort },
});

/** Every line along an axis in order. */
export const sort: Sort = definePrimitive<[NDArray], SortParams>({
  name: "sort",
  evaluate: ([x], params) => {
    const order = orderOf("sort", x, params);
    const out = allocate(x.dtype, x.size);
    permuteAlongAxis(bufferOf(x), order, x.shape, params.axis, out);
    return fromBuffer(out, x.shape, x.dtype);
  },
  abstractEval: ([x], { axis }) => {
    requireAxis("sort", x, axis);
    return { shape: x.shape, dtype: x.dtype };
  },
  jvp: ([x], [dx], params) => {
    const order = argsort(x, params);
    return [gatherAlong(x, order, params.axis), gatherAlong(dx as NDArray, order, params.axis)];
  },
  transpose: notLinear,
  batch: batchSort((x, params) => sort(x, params)),
  lower: routine,
  weakType: ([x]) => x.weakType,
  laws: { sample: sampleSort },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [sort.primitive, argsort.primitive];
