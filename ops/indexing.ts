/**
 * Indexing family: gather, scatterAdd, scatterSet, scatterMul at indices given as an array, and lastWrites.
 * x is [...batch, N0 .. Nk-1, ...rest], indices [...batch, ...b, k], values [...batch, ...b, ...rest].
 * Indices count from 0: negative ones are out of range here, the numpy layer adds the size once. gather and
 * scatterAdd are each other's transpose; what is written or read out of range has a zero derivative.
 */
import { DTypeMismatch, NotDifferentiable, ShapeMismatch } from "../src/error.ts";
import * as kernels from "../kernels/indexing.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer, isConcrete } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { isLinearInput, isZero, notLinear, reals, requireKnown, zeroTangent } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim, InputSpec, Pick, Primitive } from "../src/ir/primitive.ts";
import { materialize, mul, zerosOf } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { requireNumber } from "./elementwise.ts";
import {
  fillOf,
  geometryOf,
  lowerGather,
  lowerLastWrites,
  lowerScatter,
  outOfRange,
  sampleSizes,
  selectedShape,
} from "./index-tuples.ts";
import type { GatherMode, GatherParams, LastWritesParams, ScatterMode, ScatterParams } from "./index-tuples.ts";
import { broadcast, moveAxis, only, reshape, shapeOf } from "./shape.ts";
import { movesOnly, perElement } from "./flops.ts";

// --- gather -----------------------------------------------------------------------------------

/** Derivative of a read out of range is zero, whatever was read. */
const tangentMode = (mode: GatherMode): ScatterMode => (mode === "wrap" ? "wrap" : "drop");

/** values[b, ...] = x[indices[b], ...]. */
export const gather: PrimitiveFunction<[NDArray, NDArray], GatherParams> = definePrimitive<
  [NDArray, NDArray],
  GatherParams
>({
  name: "gather",
  evaluate: ([x, indices], params) => {
    const { mode, batchDims } = params;
    const shape = selectedShape("gather", x.shape, indices, mode, batchDims);
    const geometry = geometryOf(x.shape, indices.shape, batchDims);
    const rows = kernels.resolveRows(bufferOf(indices), geometry, outOfRange(mode));
    const out = allocate(x.dtype, sizeOf(shape));
    kernels.gatherRows(bufferOf(x), rows, geometry.rest, fillOf(x.dtype, params), out);
    return fromBuffer(out, shape, x.dtype);
  },
  abstractEval: ([x, indices], { mode, batchDims }) => ({
    shape: selectedShape("gather", x.shape, indices, mode, batchDims),
    dtype: x.dtype,
  }),
  jvp: ([x, indices], [dx], params) => [
    gather(x, indices, params),
    gather(dx as NDArray, indices, { mode: tangentMode(params.mode), batchDims: params.batchDims }),
  ],
  transpose: (cotangents, [x, indices], { mode, batchDims }) => {
    const cotangent = only(cotangents);
    const zeros = zerosOf(shapeOf(x), cotangent.dtype);
    return [
      scatterAdd(zeros, requireKnown(indices), cotangent, { mode: mode === "fill" ? "drop" : mode, batchDims }),
      null,
    ];
  },
  batch: ([x, indices], [xDim, indicesDim], params, { size }) => {
    const { batchDims } = params;
    if (xDim !== null && indicesDim !== null)
      return [
        gather(batchToFront(x, xDim, size), batchToFront(indices, indicesDim, size), {
          ...params,
          batchDims: batchDims + 1,
        }),
        0,
      ];
    if (xDim === null) {
      const dim = indicesDim! >= batchDims && indicesDim! < indices.shape.length - 1 ? indicesDim! : batchDims;
      return [gather(x, moveAxis(indices, indicesDim!, dim), params), dim];
    }
    // One more axis of rest: the indices are used as they are.
    const first = batchDims + indices.shape.at(-1)!;
    const dim = Math.max(first, xDim);
    return [gather(moveAxis(x, xDim, dim), indices, params), indices.shape.length - 1 + dim - first];
  },
  lower: lowerGather,
  weakType: ([x]) => x.weakType,
  flops: movesOnly,
  laws: {
    sample: (pick) => {
      const mode = pick.oneOf<GatherMode>(["clip", "fill", "wrap", "drop"]);
      const batchDims = pick.integer(0, 2);
      const { x, indices } = sampleSizes(pick, mode, batchDims);
      return {
        inputs: [{ shape: x, dtype: "float64", domain: reals(-2, 2) }, indices],
        params: mode === "fill" ? { mode, batchDims, fillValue: 0.5 } : { mode, batchDims },
      };
    },
  },
});

/**
 * out[.., k, ..] = x[.., indices[.., k, ..], ..] along one axis, the other axes in step.
 * @param indices  integers; shape of x but for that axis
 */
export const gatherAlong = (
  x: NDArray,
  indices: NDArray,
  axis: number,
  params: Omit<GatherParams, "batchDims"> = { mode: "drop" },
): NDArray => {
  const last = x.shape.length - 1;
  const [lines, places] = [moveAxis(x, axis, last), moveAxis(indices, axis, last)];
  const batchDims = last;
  const read = gather(lines, reshape(places, { shape: [...places.shape, 1] }), { ...params, batchDims });
  return moveAxis(read, last, axis);
};

// --- scatterAdd and scatterSet ----------------------------------------------------------------

/** A write of updates at indices into an operand. */
export type Scatter = PrimitiveFunction<[NDArray, NDArray, NDArray], ScatterParams>;
export type ScatterOperands = [operand: NDArray, indices: NDArray, updates: NDArray];

/** The operand, after checking that the updates fit what the indices select. */
export const requireUpdates = (
  asked: string,
  operand: Aval,
  indices: Aval,
  updates: Aval,
  { mode, batchDims }: ScatterParams,
): Aval => {
  const shape = selectedShape(asked, operand.shape, indices, mode, batchDims);
  if (!sameShape(shape, updates.shape))
    throw new ShapeMismatch(
      asked,
      `updates ${showAval(updates)} where the indices select ${showShape(shape)}`,
      "Updates have the shape of what gather reads; broadcast them",
    );
  if (operand.dtype !== updates.dtype)
    throw new DTypeMismatch(
      asked,
      `${showAval(operand)} and updates ${showAval(updates)}`,
      "Primitives take equal dtypes; the functions of cotangent/numpy promote",
    );
  return operand;
};

/** Writes into a copy of the operand by one of the kernels. */
export const evaluateScatter =
  (asked: string, write: typeof kernels.scatterAddRows): Primitive<ScatterOperands, ScatterParams>["evaluate"] =>
  ([operand, indices, updates], params) => {
    requireUpdates(asked, operand, indices, updates, params);
    const geometry = geometryOf(operand.shape, indices.shape, params.batchDims);
    const out = bufferOf(operand).slice();
    write(
      out,
      kernels.resolveRows(bufferOf(indices), geometry, outOfRange(params.mode)),
      geometry.rest,
      bufferOf(updates),
    );
    return fromBuffer(out, operand.shape, operand.dtype);
  };

/** The operand with its mapped axis at `place`; an unmapped one is repeated. */
const batchAt = (x: NDArray, dim: BatchDim, size: number, place: number): NDArray => {
  if (dim !== null) return moveAxis(x, dim, place);
  return broadcast(x, {
    shape: x.shape.toSpliced(place, 0, size),
    axes: x.shape.map((_, axis) => (axis < place ? axis : axis + 1)),
  });
};

/** Shared indices: one more axis of rest. Mapped ones: one more batch axis. */
export const batchScatter =
  <P extends ScatterParams>(call: (...operands: [...ScatterOperands, P]) => NDArray) =>
  (
    [operand, indices, updates]: ScatterOperands,
    [operandDim, indicesDim, updatesDim]: readonly [BatchDim, BatchDim, BatchDim],
    params: P,
    { size }: BatchContext,
  ): readonly [NDArray, number] => {
    const dim = indicesDim === null ? params.batchDims + indices.shape.at(-1)! : 0;
    const target = batchAt(operand, operandDim, size, dim);
    if (indicesDim === null)
      return [call(target, indices, batchAt(updates, updatesDim, size, indices.shape.length - 1), params), dim];
    return [
      call(target, moveAxis(indices, indicesDim, 0), batchToFront(updates, updatesDim, size), {
        ...params,
        batchDims: params.batchDims + 1,
      }),
      dim,
    ];
  };

const sampleScatter = (pick: Pick): { readonly inputs: readonly InputSpec[]; readonly params: ScatterParams } => {
  const mode = pick.oneOf<ScatterMode>(["clip", "wrap", "drop"]);
  const batchDims = pick.integer(0, 2);
  const { x, indices, values } = sampleSizes(pick, mode, batchDims);
  const domain = reals(-2, 2);
  return {
    inputs: [{ shape: x, dtype: "float64", domain }, indices, { shape: values, dtype: "float64", domain }],
    params: { mode, batchDims },
  };
};

/** operand[indices[b], ...] += updates[b, ...]; repeats add up in row-major order of the updates. */
export const scatterAdd: Scatter = definePrimitive<ScatterOperands, ScatterParams>({
  name: "scatterAdd",
  evaluate: evaluateScatter("scatterAdd", kernels.scatterAddRows),
  abstractEval: ([operand, indices, updates], params) =>
    requireNumber("scatterAdd", requireUpdates("scatterAdd", operand, indices, updates, params)),
  jvp: ([operand, indices, updates], [dOperand, , dUpdates], params) => [
    scatterAdd(operand, indices, updates, params),
    isZero(dUpdates) ? dOperand : scatterAdd(materialize(dOperand), indices, dUpdates, params),
  ],
  transpose: (cotangents, [operand, indices, updates], params) => {
    const cotangent = only(cotangents);
    const at = requireKnown(indices);
    return [
      isLinearInput(operand) ? cotangent : null,
      null,
      isLinearInput(updates) ? gather(cotangent, at, params) : null,
    ];
  },
  batch: batchScatter((operand, indices, updates, params: ScatterParams) =>
    scatterAdd(operand, indices, updates, params),
  ),
  lower: lowerScatter("add"),
  flops: perElement(1, 2),
  laws: { sample: sampleScatter },
});

/** operand[indices[b], ...] = updates[b, ...]; the last of several writes to one place wins. */
export const scatterSet: Scatter = definePrimitive<ScatterOperands, ScatterParams>({
  name: "scatterSet",
  evaluate: evaluateScatter("scatterSet", kernels.scatterSetRows),
  abstractEval: ([operand, indices, updates], params) => {
    const { shape, dtype } = requireUpdates("scatterSet", operand, indices, updates, params);
    return { shape, dtype };
  },
  // Linear in operand and updates together, repeats included: the same writes win.
  jvp: ([operand, indices, updates], [dOperand, , dUpdates], params) => [
    scatterSet(operand, indices, updates, params),
    scatterSet(materialize(dOperand), indices, materialize(dUpdates), params),
  ],
  transpose: (cotangents, [operand, indices, updates], params) => {
    const cotangent = only(cotangents);
    const { mode, batchDims } = params;
    const at = requireKnown(indices);
    const extents = cotangent.shape.slice(batchDims, batchDims + at.shape.at(-1)!);
    return [
      isLinearInput(operand) ? scatterSet(cotangent, at, zerosOf(shapeOf(updates), cotangent.dtype), params) : null,
      null,
      isLinearInput(updates)
        ? gather(cotangent, lastWrites(at, { extents, mode, batchDims }), { mode: "drop", batchDims })
        : null,
    ];
  },
  batch: batchScatter((operand, indices, updates, params: ScatterParams) =>
    scatterSet(operand, indices, updates, params),
  ),
  lower: lowerScatter("set"),
  flops: movesOnly,
  laws: { sample: sampleScatter },
});

// --- scatterMul -------------------------------------------------------------------------------

export interface ScatterMulParams extends ScatterParams {
  /** The caller's word that no place is named twice; without it the values of the indices are looked at. */
  readonly uniqueIndices: boolean;
}

/** The derivative by an update needs to know that no other update hits the same place. */
const requireUnique = (operand: Aval, indices: NDArray, { mode, batchDims, uniqueIndices }: ScatterMulParams): void => {
  if (uniqueIndices) return;
  const asked = "derivative of scatterMul by its updates";
  const remedy =
    "Multiply by an array of the operand's shape, or pass { uniqueIndices: true } if no place is named twice";
  if (!isConcrete(indices))
    throw new NotDifferentiable(
      asked,
      `the indices ${showAval(indices)} are traced, so repeats cannot be excluded`,
      remedy,
    );
  const rows = kernels.resolveRows(
    bufferOf(indices),
    geometryOf(operand.shape, indices.shape, batchDims),
    outOfRange(mode),
  );
  if (!kernels.isUnique(rows)) throw new NotDifferentiable(asked, "the indices name a place more than once", remedy);
};

/**
 * operand[indices[b], ...] *= updates[b, ...]; repeats multiply one after the other.
 * Linear in the operand, repeats included; the derivative by the updates exists for indices without repeats.
 */
export const scatterMul: PrimitiveFunction<ScatterOperands, ScatterMulParams> = definePrimitive<
  ScatterOperands,
  ScatterMulParams
>({
  name: "scatterMul",
  evaluate: evaluateScatter("scatterMul", kernels.scatterMulRows),
  abstractEval: ([operand, indices, updates], params) =>
    requireNumber("scatterMul", requireUpdates("scatterMul", operand, indices, updates, params)),
  jvp: ([operand, indices, updates], [dOperand, , dUpdates], params) => {
    const { mode, batchDims } = params;
    const ofOperand = isZero(dOperand) ? dOperand : scatterMul(dOperand, indices, updates, params);
    if (isZero(dUpdates)) return [scatterMul(operand, indices, updates, params), ofOperand];
    requireUnique(operand, indices, params);
    const moved = mul(gather(operand, indices, { mode, batchDims }), dUpdates);
    return [
      scatterMul(operand, indices, updates, params),
      scatterAdd(materialize(ofOperand), indices, moved, { mode, batchDims }),
    ];
  },
  transpose: (cotangents, [operand, indices, updates], params) =>
    isLinearInput(updates)
      ? notLinear(cotangents, [operand, indices, updates], params)
      : [scatterMul(only(cotangents), requireKnown(indices), updates, params), null, null],
  batch: batchScatter((operand, indices, updates, params: ScatterMulParams) =>
    scatterMul(operand, indices, updates, params),
  ),
  lower: lowerScatter("mul"),
  flops: perElement(1, 2),
  laws: {
    // at most one tuple: the derivative by the updates exists for all of these
    sample: (pick) => {
      const {
        inputs: [operand],
        params,
      } = sampleScatter(pick);
      const { batchDims } = params;
      const batch = operand!.shape.slice(0, batchDims);
      // an axis of size 0 has no index 0
      const depth = pick.integer(1, (operand!.shape[batchDims + 1] ?? 0) > 0 ? 2 : 1);
      const tuples = pick.oneOf<Shape>([[], [1], [0]]);
      return {
        inputs: [
          operand!,
          { shape: [...batch, ...tuples, depth], dtype: "int32", domain: { low: 0, high: 0 } },
          {
            shape: [...batch, ...tuples, ...operand!.shape.slice(batchDims + depth)],
            dtype: "float64",
            domain: reals(-2, 2),
          },
        ],
        params: { ...params, uniqueIndices: pick.oneOf([false, true]) },
      };
    },
  },
});

// --- lastWrites -------------------------------------------------------------------------------

/** The indices of the writes that scatterSet leaves standing; -1 for the others and those out of range. */
export const lastWrites: PrimitiveFunction<[NDArray], LastWritesParams> = definePrimitive<[NDArray], LastWritesParams>({
  name: "lastWrites",
  evaluate: ([indices], { extents, mode, batchDims }) => {
    const batch = indices.shape.slice(0, batchDims);
    selectedShape("lastWrites", [...batch, ...extents], indices, mode, batchDims);
    const geometry = geometryOf([...batch, ...extents], indices.shape, batchDims);
    const out = allocate("int32", indices.size);
    kernels.lastWrites(kernels.resolveRows(bufferOf(indices), geometry, outOfRange(mode)), geometry, out);
    return fromBuffer(out, indices.shape, "int32");
  },
  abstractEval: ([indices], { extents, mode, batchDims }) => {
    selectedShape("lastWrites", [...indices.shape.slice(0, batchDims), ...extents], indices, mode, batchDims);
    return { shape: indices.shape, dtype: "int32" };
  },
  jvp: zeroTangent(([indices]: [NDArray], params: LastWritesParams) => lastWrites(indices, params)),
  transpose: notLinear,
  batch: ([indices], [dim], params) => [
    lastWrites(moveAxis(indices, dim!, 0), { ...params, batchDims: params.batchDims + 1 }),
    0,
  ],
  lower: lowerLastWrites,
  flops: movesOnly,
  laws: {
    sample: (pick) => {
      const batchDims = pick.integer(0, 1);
      const mode = pick.oneOf<ScatterMode>(["clip", "wrap", "drop"]);
      const { x, indices } = sampleSizes(pick, mode, batchDims);
      return {
        inputs: [indices],
        params: { extents: x.slice(batchDims, batchDims + indices.shape.at(-1)!), mode, batchDims },
      };
    },
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [gather, scatterAdd, scatterSet, scatterMul, lastWrites].map(
  (call) => call.primitive as Primitive,
);
