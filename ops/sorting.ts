/**
 * Sorting family: sort and argsort along one axis, searchSorted in lines that are sorted. Stable; NaN last in either direction; -0 equals 0.
 * sort reads its operand in the order argsort finds, so its derivative is that permutation of the tangent.
 * Values that tie keep their order, and so do their derivatives.
 */
import { planSearchSorted } from "../kernels/prebuilt/search-sorted.ts";
import { planSort } from "../kernels/prebuilt/sort.ts";
import { argsortAxis, permuteAlongAxis, searchSortedLines } from "../kernels/sorting.ts";
import { DTypeMismatch, IndexOutOfRange, ShapeMismatch } from "../src/error.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { sameShape, sizeOf } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt } from "../src/ir/lowering.ts";
import { distinctReals, notLinear, zeroTangent } from "../src/ir/primitive.ts";
import type { BatchDim, LawCase, Pick, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { batchToFront } from "./batching.ts";
import { gatherAlong } from "./indexing.ts";
import { moveAxis } from "./shape.ts";
import { sortingFlops } from "./flops.ts";

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
  lower: prebuilt(([x], params) => planSort("argsort", x!.dtype, x!.shape, params)),
  flops: ([x], { axis }) => sortingFlops(sizeOf(x.shape), x.shape[axis]!),
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
  lower: prebuilt(([x], params) => planSort("sort", x!.dtype, x!.shape, params)),
  weakType: ([x]) => x.weakType,
  flops: ([x], { axis }) => sortingFlops(sizeOf(x.shape), x.shape[axis]!),
  laws: { sample: sampleSort },
});

// --- searchSorted -----------------------------------------------------------------------------

export interface SearchSortedParams {
  /** Behind elements equal to the key rather than before them. */
  readonly isRightSide: boolean;
  /** Leading axes shared by lines and keys. */
  readonly batchDims: number;
}

const requireLines = (lines: Aval, keys: Aval, { batchDims }: SearchSortedParams): TypeOf => {
  const batch = lines.shape.slice(0, -1);
  if (batch.length !== batchDims || lines.shape.length === 0 || !sameShape(batch, keys.shape.slice(0, batchDims)))
    throw new ShapeMismatch(
      "searchSorted",
      `lines ${showAval(lines)} and keys ${showAval(keys)} with ${batchDims} batch axes`,
      "Lines have one axis more than the batch axes, which both share",
    );
  if (lines.dtype !== keys.dtype)
    throw new DTypeMismatch(
      "searchSorted",
      `${showAval(lines)} and ${showAval(keys)}`,
      "Primitives take equal dtypes; the functions of cotangent/numpy promote",
    );
  return { shape: keys.shape, dtype: "int32" };
};

/**
 * Where keys [...batch, ...any] would stand in ascending lines [...batch, n], from 0 to n (int32). In the order of
 * sort: -0 equals 0, NaN is last and equals NaN.
 */
export const searchSorted: PrimitiveFunction<[NDArray, NDArray], SearchSortedParams> = definePrimitive<
  [NDArray, NDArray],
  SearchSortedParams
>({
  name: "searchSorted",
  evaluate: ([lines, keys], params) => {
    requireLines(lines, keys, params);
    const out = new Int32Array(keys.size);
    const perLine = sizeOf(keys.shape.slice(params.batchDims));
    searchSortedLines(bufferOf(lines), lines.shape.at(-1)!, bufferOf(keys), perLine, params.isRightSide, out);
    return fromBuffer(out, keys.shape, "int32");
  },
  abstractEval: ([lines, keys], params) => requireLines(lines, keys, params),
  jvp: zeroTangent(([lines, keys]: [NDArray, NDArray], params: SearchSortedParams) =>
    searchSorted(lines, keys, params),
  ),
  transpose: notLinear,
  batch: ([lines, keys], [linesDim, keysDim], params, { size }) => {
    const { batchDims } = params;
    if (linesDim === null) return [searchSorted(lines, moveAxis(keys, keysDim!, batchDims), params), batchDims];
    const mapped = { ...params, batchDims: batchDims + 1 };
    return [searchSorted(moveAxis(lines, linesDim, 0), batchToFront(keys, keysDim, size), mapped), 0];
  },
  lower: prebuilt(([lines, keys], { isRightSide, batchDims }) => {
    const batch = sizeOf(keys!.shape.slice(0, batchDims));
    const perLine = sizeOf(keys!.shape.slice(batchDims));
    return planSearchSorted(keys!.dtype, [batch, lines!.shape.at(-1)!, perLine], isRightSide);
  }),
  flops: ([lines, keys]) => sortingFlops(sizeOf(keys.shape), lines.shape.at(-1)!),
  laws: {
    sample: (pick) => {
      const batch = Array.from({ length: pick.integer(0, 1) }, () => pick.integer(0, 3));
      const domain = distinctReals(-2, 2);
      return {
        inputs: [
          { shape: [...batch, pick.integer(0, 5)], dtype: "float64", domain },
          { shape: [...batch, ...pick.shape({ maxRank: 2, maxSize: 3 })], dtype: "float64", domain },
        ],
        params: { isRightSide: pick.oneOf([false, true]), batchDims: batch.length },
      };
    },
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [sort.primitive, argsort.primitive, searchSorted.primitive];
