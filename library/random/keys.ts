/**
 * Keys: what every random number comes from. A key is a plain uint32 array of shape [2]; nothing else holds state.
 * Equal keys give equal numbers, so a key is used once: split it, or fold numbers into it, for more.
 * Streams are JAX's with jax_threefry_partitionable: the same seed gives the same keys and the same bits.
 */
import { describeValue, showValue } from "../../src/describe.ts";
import { createArray } from "../../src/array/create.ts";
import { isInteger } from "../../src/array/dtype.ts";
import { NDArray } from "../../src/array/ndarray.ts";
import { requireShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { InvalidKey, InvalidOption, InvalidShape } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { showAval } from "../../src/ir/aval.ts";
import { full, zerosOf } from "../../ops/arithmetic.ts";
import { and } from "../../ops/comparison.ts";
import { asDType } from "../../ops/conversion.ts";
import { randomBits, threefry } from "../../ops/random-bits.ts";
import { reshape } from "../../ops/shape.ts";
import { join, sliceAxis } from "../../ops/slicing.ts";
import { optionsLast } from "../numpy/options-last.ts";
import type { OptionsLast } from "../numpy/options-last.ts";

/** One key, refused by name if it is none. @throws InvalidKey */
export const requireKey = (asked: string, key: unknown): NDArray => {
  if (key instanceof NDArray && key.dtype === "uint32" && key.shape.length === 1 && key.shape[0] === 2) return key;
  const isKeyList = key instanceof NDArray && key.dtype === "uint32" && key.shape.at(-1) === 2;
  const seen = key instanceof NDArray ? showAval(key) : describeValue(key);
  throw new InvalidKey(
    asked,
    isKeyList ? `the key is ${seen}, an array of keys` : `the key is ${seen} where a key, uint32[2], is expected`,
    isKeyList
      ? "Take one of them with keys.at(k).get(), or map the function over all with vmap"
      : "Make a key with random.key(seed), and more of them with random.split(key)",
  );
};

/** A shape given as a size or a list of sizes. */
export const shapeOf = (asked: string, shape: number | Shape): Shape => {
  if (typeof shape !== "number" && !Array.isArray(shape))
    throw new InvalidShape(
      asked,
      `${describeValue(shape)} in the place of the shape`,
      "Give a size or a list of sizes; options come after it",
    );
  const list = typeof shape === "number" ? [shape] : [...shape];
  requireShape(asked, list);
  return list;
};

const pair = (first: NDArray, second: NDArray): NDArray =>
  join([reshape(first, { shape: [1] }), reshape(second, { shape: [1] })], 0);

/**
 * The key of a seed, uint32[2]: its upper and its lower 32 bits, a negative seed in two's complement.
 * @param seed  a whole number up to 2^53 in magnitude, or an integer scalar array (traced ones too)
 * @throws InvalidKey
 * @example random.key(42) // [0, 42]
 * @example random.key(-1) // [4294967295, 4294967295]
 */
export const key = (seed: number | NDArray): NDArray => {
  if (seed instanceof NDArray && isInteger(seed.dtype) && seed.ndim === 0)
    return pair(zerosOf([], "uint32"), asDType(seed, "uint32"));
  if (typeof seed !== "number" || !Number.isSafeInteger(seed))
    throw new InvalidKey(
      "random.key(seed)",
      `the seed is ${seed instanceof NDArray ? showAval(seed) : showValue(seed)}`,
      "Seeds are whole numbers up to 2^53 in magnitude, or integer scalar arrays",
    );
  return createArray([Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0], { dtype: "uint32" });
};

/**
 * `count` new keys, uint32[count, 2] (or [...count, 2] for a shape). Key i depends on i alone, not on the count.
 * @throws InvalidKey, InvalidShape
 * @example random.split(random.key(0)).shape // [2, 2]
 * @example
 * const [weights, noise] = [0, 1].map((k) => random.split(random.key(0)).at(k).get());
 * random.normal(weights).item() === random.normal(noise).item() // false
 */
export const split = (key: NDArray, count: number | Shape = 2): NDArray =>
  randomBits(requireKey("random.split", key), { shape: shapeOf("random.split", count), width: 64 });

/** Keys of a split as a list, for samplers that draw several times. */
export const splitKeys = (key: NDArray, count: number): NDArray[] => {
  const keys = randomBits(key, { shape: [count], width: 64 });
  return Array.from({ length: count }, (_, k) => reshape(sliceAxis(keys, 0, k, k + 1), { shape: [2] }));
};

/**
 * A new key from a key and a number: the step of a loop, the index of a layer.
 * Number i gives the same key as child i of a split, as in JAX's stream: use one or the other on a key.
 * @param word  a whole number in -2^31 .. 2^32 - 1 (modulo 2^32), or an integer scalar array (traced ones too)
 * @throws InvalidKey, InvalidOption
 * @example random.foldIn(random.key(0), 7).shape // [2]
 */
export const foldIn = (key: NDArray, word: number | NDArray): NDArray => {
  const own = requireKey("random.foldIn", key);
  if (word instanceof NDArray && isInteger(word.dtype) && word.ndim === 0)
    return threefry(own, pair(zerosOf([], "uint32"), asDType(word, "uint32")));
  if (typeof word !== "number" || !Number.isInteger(word) || word < -(2 ** 31) || word >= 2 ** 32)
    throw new InvalidOption(
      "random.foldIn(key, word)",
      `the word is ${word instanceof NDArray ? showAval(word) : showValue(word)}`,
      "Fold in whole numbers of 32 bits, or integer scalar arrays",
    );
  return threefry(own, createArray([0, word >>> 0], { dtype: "uint32" }));
};

export interface BitsOptions {
  /** Random bits per element: 8, 16 or 32 (default), or 64 as [upper, lower] on a last axis of 2. */
  readonly width?: 8 | 16 | 32 | 64;
}

/**
 * Uniform random bits as uint32. Element i depends on the key and i alone.
 * @throws InvalidKey, InvalidShape, InvalidOption
 * @example random.bits(random.key(0), [2]) // [4070199207, 4202968722]
 * @example random.bits(random.key(0), [2], { width: 8 }) // [167, 146]
 */
export const bits = (key: NDArray, ...rest: OptionsLast<number | Shape, BitsOptions>): NDArray => {
  const [shape = [], options = {}] = optionsLast<[(number | Shape)?, BitsOptions?]>(rest, 1);
  requireOptions("random.bits", options, ["width"]);
  const { width = 32 } = options;
  const own = { shape: shapeOf("random.bits", shape), width: width === 64 ? 64 : 32 } as const;
  const words = randomBits(requireKey("random.bits", key), own);
  if (width === 32 || width === 64) return words;
  if (width !== 8 && width !== 16)
    throw new InvalidOption("random.bits", `width ${showValue(width)}`, "Use 8, 16, 32 or 64");
  return and(words, full(2 ** width - 1, words.shape, "uint32"));
};
