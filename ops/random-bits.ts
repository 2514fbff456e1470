/**
 * Random bits family: threefry (the cipher itself), randomBits and randomUnit (a key, and a shape to fill).
 * A key is a pair of words on the last axis; the leading axes of a key array count keys, each with a stream of its own.
 * Element i of a stream depends on key and i alone: JAX's partitionable stream. Integer inputs: no derivative.
 */
import { planCipher, planThreefry } from "../kernels/prebuilt/threefry.ts";
import type { RandomForm } from "../kernels/prebuilt/threefry.ts";
import { fillPairs, fillUnits, fillWords, threefry2x32 } from "../kernels/threefry.ts";
import { DTypeMismatch, ShapeMismatch } from "../src/error.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { requireShape, sameShape, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt } from "../src/ir/lowering.ts";
import type { PrebuiltRoutine } from "../src/ir/lowering.ts";
import { notLinear, reals, zeroTangent } from "../src/ir/primitive.ts";
import type { InputSpec, Pick, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { batchToFront } from "./batching.ts";
import { noParameters } from "./elementwise.ts";
import { moveAxis } from "./shape.ts";

export interface RandomBitsParams {
  /** Shape that every key fills. */
  readonly shape: Shape;
  /** 32: one word an element. 64: both words of its pair, on a last axis of 2. */
  readonly width: 32 | 64;
}

export interface RandomUnitParams {
  /** Shape that every key fills. */
  readonly shape: Shape;
  readonly dtype: "float64" | "float32";
}

/** Shape of the array of keys; refuses what is no array of word pairs. */
export const requireWordPairs = (asked: string, key: Aval): Shape => {
  if (key.dtype !== "uint32")
    throw new DTypeMismatch(asked, `words are ${showAval(key)}`, "Words are uint32; random.key(seed) makes a key");
  if (key.shape.at(-1) !== 2)
    throw new ShapeMismatch(asked, `words are ${showAval(key)}`, "Words come in pairs: the last axis has size 2");
  return key.shape.slice(0, -1);
};

/** Pairs of words anywhere in their range. */
const samplePairs = (lead: Shape): InputSpec => ({
  shape: [...lead, 2],
  dtype: "uint32",
  domain: reals(0, 2 ** 32 - 1),
});

const sampleLead = (pick: Pick): Shape => pick.shape({ maxRank: 2, minSize: 0, maxSize: 3 });

// --- threefry ---------------------------------------------------------------------------------

const threefryType = (key: Aval, counter: Aval): TypeOf => {
  requireWordPairs("threefry", key);
  requireWordPairs("threefry", counter);
  if (!sameShape(key.shape, counter.shape))
    throw new ShapeMismatch("threefry", `${showAval(key)} and ${showAval(counter)}`, "Give one counter for each key");
  return { shape: key.shape, dtype: "uint32" };
};

/** The pair of words that each key makes of its counter: both uint32 of shape [..., 2]. */
export const threefry: PrimitiveFunction<[NDArray, NDArray], NoParams> = definePrimitive<[NDArray, NDArray]>({
  name: "threefry",
  evaluate: ([key, counter]) => {
    threefryType(key, counter);
    const [keys, counters] = [bufferOf(key), bufferOf(counter)];
    const out = new Uint32Array(keys.length);
    for (let at = 0; at < out.length; at += 2)
      threefry2x32(keys[at]!, keys[at + 1]!, counters[at]!, counters[at + 1]!, out, at);
    return fromBuffer(out, key.shape, "uint32");
  },
  abstractEval: ([key, counter]) => threefryType(key, counter),
  jvp: zeroTangent(([key, counter]: [NDArray, NDArray]) => threefry(key, counter)),
  transpose: notLinear,
  batch: ([key, counter], [keyDim, counterDim], _params, { size }) => [
    threefry(batchToFront(key, keyDim, size), batchToFront(counter, counterDim, size)),
    0,
  ],
  lower: prebuilt(([key]) => planCipher(sizeOf(key!.shape) / 2)),
  laws: {
    sample: (pick) => {
      const pairs = samplePairs(sampleLead(pick));
      return { inputs: [pairs, pairs], params: noParameters() };
    },
  },
});

// --- randomBits and randomUnit ----------------------------------------------------------------

const bitsType = (key: Aval, { shape, width }: RandomBitsParams): TypeOf => {
  const full = [...requireWordPairs("randomBits", key), ...shape, ...(width === 64 ? [2] : [])];
  requireShape("randomBits", full);
  return { shape: full, dtype: "uint32" };
};

/** Largest number of elements for which all distances in bytes are numbers that a kernel takes. */
const mostElements = 2 ** 27;

/** The kernel that fills this shape for every key; null where it is too large. */
const planned = (form: RandomForm, key: Aval, shape: Shape): PrebuiltRoutine | null => {
  const count = sizeOf(shape);
  return count > mostElements ? null : planThreefry(form, sizeOf(key.shape) / 2, count);
};

/** Random words: uint32 [...keys, ...shape], or pairs of them. */
export const randomBits: PrimitiveFunction<[NDArray], RandomBitsParams> = definePrimitive<[NDArray], RandomBitsParams>({
  name: "randomBits",
  evaluate: ([key], params) => {
    const { shape } = bitsType(key, params);
    const [keys, out] = [bufferOf(key), allocate("uint32", sizeOf(shape)) as Uint32Array];
    const count = sizeOf(params.shape);
    const [fill, step] = params.width === 64 ? [fillPairs, 2 * count] : [fillWords, count];
    for (let k = 0; k < keys.length; k += 2) fill(keys[k]!, keys[k + 1]!, count, out, (k / 2) * step);
    return fromBuffer(out, shape, "uint32");
  },
  abstractEval: ([key], params) => bitsType(key, params),
  jvp: zeroTangent(([key]: [NDArray], params: RandomBitsParams) => randomBits(key, params)),
  transpose: notLinear,
  batch: ([key], [dim], params) => [randomBits(moveAxis(key, dim!, 0), params), 0],
  lower: prebuilt(([key], { shape, width }) => planned(width === 64 ? "pairs" : "words", key!, shape)),
  laws: {
    sample: (pick) => ({
      inputs: [samplePairs(sampleLead(pick))],
      params: { shape: pick.shape({ maxRank: 2, minSize: 0 }), width: pick.oneOf([32, 64] as const) },
    }),
  },
});

const unitType = (key: Aval, { shape, dtype }: RandomUnitParams): TypeOf => {
  const full = [...requireWordPairs("randomUnit", key), ...shape];
  requireShape("randomUnit", full);
  return { shape: full, dtype };
};

/** Uniform numbers in [0, 1), [...keys, ...shape]: multiples of 2^-52 (float64) or 2^-23 (float32). */
export const randomUnit: PrimitiveFunction<[NDArray], RandomUnitParams> = definePrimitive<[NDArray], RandomUnitParams>({
  name: "randomUnit",
  evaluate: ([key], params) => {
    const { shape, dtype } = unitType(key, params);
    const [keys, out] = [bufferOf(key), allocate(dtype, sizeOf(shape)) as Float64Array | Float32Array];
    const count = sizeOf(params.shape);
    for (let k = 0; k < keys.length; k += 2) fillUnits(keys[k]!, keys[k + 1]!, count, out, (k / 2) * count);
    return fromBuffer(out, shape, dtype);
  },
  abstractEval: ([key], params) => unitType(key, params),
  jvp: zeroTangent(([key]: [NDArray], params: RandomUnitParams) => randomUnit(key, params)),
  transpose: notLinear,
  batch: ([key], [dim], params) => [randomUnit(moveAxis(key, dim!, 0), params), 0],
  lower: prebuilt(([key], { shape, dtype }) => planned(dtype, key!, shape)),
  weakType: () => false,
  laws: {
    sample: (pick) => ({
      inputs: [samplePairs(sampleLead(pick))],
      params: {
        shape: pick.shape({ maxRank: 2, minSize: 0 }),
        dtype: pick.oneOf(["float64", "float32"] as const),
      },
    }),
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [threefry.primitive, randomBits.primitive, randomUnit.primitive];
