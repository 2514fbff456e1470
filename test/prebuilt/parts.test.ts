/**
 * Laws of kernels in parts: whatever the number of parts, each writes bytes of its own, and all of them together those of the
 * one call.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PrebuiltCall } from "../../kernels/prebuilt/module.ts";
import { setLeastSharedTime } from "../../kernels/prebuilt/shares.ts";
import { forAllApplications, inAnotherDType } from "../../library/testing/properties/cases.ts";
import * as ops from "../../ops/index.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Aval } from "../../src/ir/aval.ts";
import type { PrebuiltRoutine } from "../../src/ir/lowering.ts";
import type { Params, Primitive } from "../../src/ir/primitive.ts";
import { partsDifference } from "./against-evaluate.ts";
import { drawn } from "./any-dtype.ts";
import type { FloatType } from "./guarded.ts";

beforeEach(() => setLeastSharedTime(0));
afterEach(() => setLeastSharedTime());

const { contraction, convolution, cumulative, extrema, factorization, indexing, orthogonalFactorization } = ops;
const { randomBits, resampling, sorting, spectral, windows } = ops;

const families = [
  contraction,
  convolution,
  cumulative,
  extrema,
  factorization,
  indexing,
  orthogonalFactorization,
  randomBits,
  resampling,
  sorting,
  spectral,
  windows,
];

const counts = [2, 3, 4];

/** In how many parts two threads would run it; null if there is no kernel that can be shared, or one that wants copies. */
const partsCount = ({ lower }: Primitive, inputs: readonly ConcreteArray[], params: Params): number | null => {
  const call = lower.kind === "routine" ? lower.prebuilt?.(inputs, params)?.call : undefined;
  const isCopied = call?.copies?.some((copy) => copy !== null) === true;
  return isCopied ? null : (call?.parts?.(2).length ?? null);
};

const primitives = families
  .flatMap(({ family }) => family as readonly Primitive[])
  .filter(({ lower, laws }) => lower.kind === "routine" && lower.prebuilt !== undefined && "sample" in laws);

test.each(primitives.map((primitive) => [primitive.name, primitive] as const))("%s, small", (_, primitive) => {
  forAllApplications(primitive, { runs: 60 }, ({ inputs, params, pick }) => {
    const cast = inAnotherDType(primitive, inputs, params, pick.oneOf(["float64", "float32"] as const));
    if (partsCount(primitive, cast, params) === null) return;
    for (const count of counts)
      expect([count, partsDifference(primitive, cast, params, count) ?? ""]).toEqual([count, ""]);
  });
});

type Shape = readonly number[];
type Operand = (dtype: FloatType, seed: number) => ConcreteArray;
interface Problem {
  readonly of: { readonly primitive: unknown };
  readonly operands: readonly Operand[];
  readonly params?: Params;
}

const floats =
  (...shape: Shape): Operand =>
  (dtype, seed) =>
    fromBuffer(drawn(dtype, sizeOf(shape), { seed, rarity: 20, kinds: 0 }), [...shape], dtype);

/** Whole numbers, some of them no indices. */
const indices =
  (...shape: Shape): Operand =>
  (_, seed) =>
    fromBuffer(drawn("int32", sizeOf(shape), { seed, rarity: 0, kinds: 20 }), [...shape], "int32");

const overImages = (spatial: number, own: Params = {}): Params => ({
  strides: new Array<number>(spatial).fill(1),
  padding: new Array<readonly number[]>(spatial).fill([1, 1]),
  lhsDilation: new Array<number>(spatial).fill(1),
  rhsDilation: new Array<number>(spatial).fill(1),
  featureGroups: 1,
  batchGroups: 1,
  ...own,
});

const sliding = (window: readonly number[], own: Params = {}): Params => ({
  window,
  strides: window,
  padding: window.map(() => [0, 1]),
  baseDilation: window.map(() => 1),
  windowDilation: window.map(() => 1),
  ...own,
});

const resized = (from: Shape, to: Shape, isTransposed = false): Params => ({
  from,
  to,
  method: "cubic",
  antialias: true,
  isTransposed,
});

/** Problems that have parts for 2, 3 and 4 threads. */
const problems: Readonly<Record<string, Problem>> = {
  "a matrix product": {
    of: contraction.dot,
    operands: [floats(21, 30), floats(30, 17)],
    params: { contract: [[1], [0]], batch: [[], []] },
  },
  "products of a stack": {
    of: contraction.dot,
    operands: [floats(5, 8, 9), floats(5, 9, 7)],
    params: { contract: [[2], [1]], batch: [[0], [0]] },
  },
  "convolution of images": {
    of: convolution.convolution,
    operands: [floats(7, 3, 12, 11), floats(5, 3, 3, 3)],
    params: overImages(2),
  },
  "convolution of one image": {
    of: convolution.convolution,
    operands: [floats(1, 3, 12, 40), floats(21, 3, 3, 3)],
    params: overImages(2),
  },
  "strided convolution of groups": {
    of: convolution.convolution,
    operands: [floats(2, 10, 9, 9), floats(15, 2, 3, 2)],
    params: overImages(2, { featureGroups: 5, strides: [2, 1], lhsDilation: [1, 2] }),
  },
  "convolution of groups of images": {
    of: convolution.convolution,
    operands: [floats(10, 3, 20), floats(15, 3, 4)],
    params: overImages(1, { batchGroups: 5, rhsDilation: [2] }),
  },
  "convolution of images in two groups": {
    of: convolution.convolution,
    operands: [floats(10, 3, 20), floats(4, 3, 4)],
    params: overImages(1, { batchGroups: 2 }),
  },
  "running sums of rows": { of: cumulative.cumsum, operands: [floats(67, 33)], params: { axis: 1, reverse: false } },
  "running sums from the end": {
    of: cumulative.cumsum,
    operands: [floats(67, 33)],
    params: { axis: 1, reverse: true },
  },
  "running maxima of columns": {
    of: cumulative.cummax,
    operands: [floats(9, 700)],
    params: { axis: 0, reverse: true },
  },
  "running products of blocks": {
    of: cumulative.cumprod,
    operands: [floats(9, 5, 7)],
    params: { axis: 1, reverse: false },
  },
  "running sums of logarithms in two blocks of columns": {
    of: cumulative.cumlogsumexp,
    operands: [floats(2, 5, 70)],
    params: { axis: 1, reverse: true },
  },
  "recurrences along columns": {
    of: cumulative.linearRecurrence,
    operands: [floats(9, 70), floats(9, 70)],
    params: { axis: 0, reverse: false },
  },
  "sorted rows": { of: sorting.sort, operands: [floats(9, 100)], params: { axis: 1, descending: false } },
  "sorted columns": { of: sorting.sort, operands: [floats(100, 9)], params: { axis: 0, descending: true } },
  "sorted columns of two blocks": {
    of: sorting.sort,
    operands: [floats(2, 70, 9)],
    params: { axis: 1, descending: false },
  },
  "order of rows": { of: sorting.argsort, operands: [floats(9, 100)], params: { axis: 1, descending: true } },
  "order of columns of two blocks": {
    of: sorting.argsort,
    operands: [floats(2, 30, 90)],
    params: { axis: 1, descending: false },
  },
  "places of keys in a line": {
    of: sorting.searchSorted,
    operands: [floats(50), floats(90)],
    params: { isRightSide: false, batchDims: 0 },
  },
  "places of keys in lines": {
    of: sorting.searchSorted,
    operands: [floats(5, 50), floats(5, 9)],
    params: { isRightSide: true, batchDims: 1 },
  },
  "places of maxima of rows": { of: extrema.argmax, operands: [floats(9, 100)], params: { axis: 1 } },
  "places of minima of short rows": { of: extrema.argmin, operands: [floats(99, 3)], params: { axis: 1 } },
  "places of minima of columns": { of: extrema.argmin, operands: [floats(2, 9, 700)], params: { axis: 1 } },
  "rows at indices": {
    of: indexing.gather,
    operands: [floats(15, 3), indices(90, 1)],
    params: { mode: "fill", batchDims: 0 },
  },
  "rows at indices of a batch": {
    of: indexing.gather,
    operands: [floats(5, 15, 9, 2), indices(5, 7, 2)],
    params: { mode: "clip", batchDims: 1 },
  },
  "sums over windows": {
    of: windows.windowSum,
    operands: [floats(9, 8, 9)],
    params: sliding([1, 3, 3], { strides: [1, 1, 1] }),
  },
  "maxima over windows of one plane": {
    of: windows.windowMax,
    operands: [floats(17, 12, 3)],
    params: sliding([3, 3, 1], {
      baseDilation: [2, 1, 1],
      windowDilation: [1, 2, 1],
      padding: [
        [2, 2],
        [1, 0],
        [0, 0],
      ],
    }),
  },
  "sums over windows of one line": {
    of: windows.windowSum,
    operands: [floats(200)],
    params: sliding([5], { strides: [1] }),
  },
  "elements at maxima": {
    of: windows.takeExtrema,
    operands: [floats(9, 8, 9), floats(9, 8, 9)],
    params: sliding([1, 3, 3], { extremum: "max" }),
  },
  "elements at minima of one plane": {
    of: windows.takeExtrema,
    operands: [floats(20, 9), floats(20, 9)],
    params: sliding([3, 2], {
      extremum: "min",
      strides: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
    }),
  },
  "elements put at maxima": {
    of: windows.putExtrema,
    operands: [floats(9, 8, 9), floats(9, 3, 4)],
    params: sliding([1, 3, 3], {
      extremum: "max",
      padding: [
        [0, 0],
        [1, 0],
        [0, 3],
      ],
    }),
  },
  "resized images": {
    of: resampling.resize,
    operands: [floats(9, 6, 7)],
    params: resized([9, 6, 7], [9, 11, 5]),
  },
  "resized images, transposed": {
    of: resampling.resize,
    operands: [floats(9, 11, 5, 2)],
    params: resized([9, 6, 7, 2], [9, 11, 5, 2], true),
  },
  "L and U": { of: factorization.lu, operands: [floats(5, 9, 12)] },
  "Q and R": { of: orthogonalFactorization.qr, operands: [floats(5, 12, 9)], params: { complete: true } },
  eigenvectors: { of: spectral.eigh, operands: [floats(5, 7, 7)] },
  "singular vectors of tall matrices": { of: spectral.svd, operands: [floats(5, 9, 6)], params: { full: true } },
  "singular vectors of wide matrices": { of: spectral.svd, operands: [floats(5, 6, 9)], params: { full: false } },
};

describe.each(Object.entries(problems))("%s", (_, { of, operands, params = {} }) => {
  test.each(["float64", "float32"] as const)("%s", (dtype) => {
    const drawnOperands = operands.map((operand, k) => operand(dtype, k + 1));
    for (const count of counts)
      expect([count, partsDifference(of.primitive as Primitive, drawnOperands, params, count)]).toEqual([count, ""]);
  });
});

test("the law finds parts that overlap, leave something out, or are elsewhere", () => {
  const sort = sorting.sort.primitive as Primitive;
  const operands = [floats(4, 5)("float64", 1)];
  const found = (change: (parts: readonly PrebuiltCall[]) => readonly PrebuiltCall[]): string | null => {
    const { lower } = sort;
    if (lower.kind !== "routine") throw new Error("sort is no routine");
    const prebuilt = (avals: readonly Aval[], params: Params): PrebuiltRoutine => {
      const { module, call } = lower.prebuilt!(avals, params)!;
      return { module, call: { ...call, parts: (count) => change(call.parts!(count)) } };
    };
    const changed = { ...sort, lower: { kind: "routine", prebuilt } } as Primitive;
    return partsDifference(changed, operands, { axis: 1, descending: false }, 2);
  };
  expect(found((parts) => parts)).toBe("");
  expect(found(([first]) => [first!, first!])).toMatch(/both write byte 0 /);
  expect(found(([first]) => [first!, { ...first!, args: (at) => first!.args(at).with(0, 0) }])).toMatch(
    /no part writes/,
  );
  expect(found(([first, second]) => [second!, { ...first!, args: (at) => first!.args(at).with(6, -1) }])).toMatch(
    /another byte/,
  );
});

test("little work is not shared", () => {
  setLeastSharedTime();
  const [x, y] = [floats(9, 100), floats(900, 1000)].map((operand) => operand("float64", 1));
  const parts = (operand: ConcreteArray): number | null =>
    partsCount(sorting.sort.primitive as Primitive, [operand], { axis: 1, descending: false });
  expect(parts(x!)).toBe(1);
  expect(parts(y!)).toBe(2);
});
