/**
 * What the primitives of indexing.ts and scatter-extrema.ts share: modes, the shapes that fit each other, and the prebuilt kernels
 * that they lower to. An index tuple is a row of the indices, [...batch, ...b, k], and selects x[tuple], of shape [...rest].
 */
import { DTypeMismatch, IndexOutOfRange, ShapeMismatch } from "../src/error.ts";
import type { IndexGeometry, OutOfRange } from "../kernels/indexing.ts";
import { planGather } from "../kernels/prebuilt/gather.ts";
import { planLastWrites } from "../kernels/prebuilt/last-writes.ts";
import { planScatter } from "../kernels/prebuilt/scatter.ts";
import { isInteger } from "../src/array/dtype.ts";
import type { DType } from "../src/array/dtype.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { prebuiltMove } from "../src/ir/lowering.ts";
import type { Lowering } from "../src/ir/lowering.ts";
import type { Domain, InputSpec, Pick } from "../src/ir/primitive.ts";

/** Writes out of range: "drop" writes nothing, "clip" at the nearest index, "wrap" modulo the size. */
export type ScatterMode = "clip" | "wrap" | "drop";

/** Reads out of range: "fill" gives a value, "drop" zero (what pairs with a dropped write). */
export type GatherMode = ScatterMode | "fill";

export interface ScatterParams {
  readonly mode: ScatterMode;
  /** Leading axes shared by all operands. */
  readonly batchDims: number;
}

export interface GatherParams {
  readonly mode: GatherMode;
  readonly batchDims: number;
  /** For "fill"; by default NaN, the least int32, the greatest uint32, false. */
  readonly fillValue?: number;
}

export interface LastWritesParams extends ScatterParams {
  /** Sizes of the indexed axes. */
  readonly extents: Shape;
}

// --- Shapes -----------------------------------------------------------------------------------

/** Shape of the values that the indices select, after checking that they fit the operand. */
export const selectedShape = (asked: string, x: Shape, indices: Aval, mode: GatherMode, batchDims: number): Shape => {
  const depth = indices.shape.at(-1);
  if (!isInteger(indices.dtype))
    throw new DTypeMismatch(asked, `indices are ${showAval(indices)}`, "Indices are int32 or uint32");
  if (depth === undefined || depth === 0 || batchDims + depth > x.length || batchDims >= indices.shape.length)
    throw new ShapeMismatch(
      asked,
      `indices ${showShape(indices.shape)} into ${showShape(x)} with ${batchDims} batch axes`,
      "The last axis of indices has one entry per indexed axis, at least one",
    );
  if (!sameShape(x.slice(0, batchDims), indices.shape.slice(0, batchDims)))
    throw new ShapeMismatch(
      asked,
      `batch axes ${showShape(x.slice(0, batchDims))} and ${showShape(indices.shape.slice(0, batchDims))}`,
      "Batch axes have equal sizes",
    );
  const shape = [...indices.shape.slice(0, -1), ...x.slice(batchDims + depth)];
  const empty = x.slice(batchDims, batchDims + depth).indexOf(0);
  if (empty >= 0 && (mode === "clip" || mode === "wrap") && sizeOf(indices.shape) > 0)
    throw new IndexOutOfRange(
      asked,
      `axis ${batchDims + empty} has size 0, so mode "${mode}" has no index to turn to`,
      'Use mode "fill" or "drop", or an axis that is not empty',
    );
  return shape;
};

/** How kernels see operand and indices. */
export const geometryOf = (x: Shape, indices: Shape, batchDims: number): IndexGeometry => {
  const depth = indices.at(-1)!;
  return {
    batch: sizeOf(x.slice(0, batchDims)),
    extents: x.slice(batchDims, batchDims + depth),
    rows: sizeOf(indices.slice(batchDims, -1)),
    rest: sizeOf(x.slice(batchDims + depth)),
  };
};

export const outOfRange = (mode: GatherMode): OutOfRange => (mode === "clip" || mode === "wrap" ? mode : "none");

/** What is read out of range. */
export const fillOf = (dtype: DType, { mode, fillValue }: GatherParams): number =>
  mode === "fill" ? (fillValue ?? defaultFill[dtype]) : 0;

const defaultFill: Readonly<Record<DType, number>> = {
  float64: NaN,
  float32: NaN,
  int32: -2147483648,
  uint32: 4294967295,
  bool: 0,
};

/** Shapes that fit each other. */
export interface Sizes {
  readonly x: Shape;
  readonly indices: InputSpec;
  readonly values: Shape;
}

/** Up to two batch axes, two indexed axes, two axes of index tuples, one of rest; clip is tried in range. */
export const sampleSizes = (pick: Pick, mode: GatherMode, batchDims: number): Sizes => {
  const batch = Array.from({ length: batchDims }, () => pick.integer(0, 2));
  const extents = Array.from({ length: pick.integer(1, 2) }, () => pick.integer(1, 3));
  const tuples = pick.shape({ maxRank: 2, minSize: 0, maxSize: 3 });
  const rest = pick.shape({ maxRank: 1, minSize: 0, maxSize: 2 });
  const domain: Domain = mode === "clip" ? { low: 0, high: Math.min(...extents) - 1 } : { low: -2, high: 4 };
  return {
    x: [...batch, ...extents, ...rest],
    indices: { shape: [...batch, ...tuples, extents.length], dtype: "int32", domain },
    values: [...batch, ...tuples, ...rest],
  };
};

// --- Kernels ----------------------------------------------------------------------------------

/** Rows read at the tuples. */
export const lowerGather: Lowering<GatherParams> = prebuiltMove(([x, indices], params) =>
  planGather(
    [x!.dtype, indices!.dtype],
    geometryOf(x!.shape, indices!.shape, params.batchDims),
    outOfRange(params.mode),
    fillOf(x!.dtype, params),
  ),
);

/** Updates combined with what stands at the tuples. */
export const lowerScatter = <P extends ScatterParams>(name: Parameters<typeof planScatter>[0]): Lowering<P> =>
  prebuiltMove(([operand, indices], { mode, batchDims }) =>
    planScatter(
      name,
      [operand!.dtype, indices!.dtype],
      geometryOf(operand!.shape, indices!.shape, batchDims),
      outOfRange(mode),
    ),
  );

export const lowerLastWrites: Lowering<LastWritesParams> = prebuiltMove(([indices], { extents, mode, batchDims }) => {
  const batch = indices!.shape.slice(0, batchDims);
  const geometry = geometryOf([...batch, ...extents], indices!.shape, batchDims);
  return planLastWrites(indices!.dtype, geometry, outOfRange(mode));
});
