/**
 * Semantics 66 and 67: the generator against published numbers and against a second definition on plain integers.
 * Source of the vectors: Salmon et al. 2011 (Random123), threefry2x32 of 20 rounds.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, jit } from "cotangent";
import type { NDArray } from "cotangent";
import { randomBits } from "cotangent/ops";
import * as random from "cotangent/random";
import { both } from "./eager-and-jit.ts";

type Pair = readonly [number, number];

const words = (pair: Pair): NDArray => array([...pair], { dtype: "uint32" });
const listOf = (x: NDArray): number[] => [...x.toTypedArray()];

/** Rotations of the rounds, eight in a cycle. */
const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

/** Threefry2x32 on integers: add, rotate, xor; a key word is injected after every four rounds. */
const cipher = ([k0, k1]: Pair, [c0, c1]: Pair): Pair => {
  const schedule = [k0, k1, k0 ^ k1 ^ 0x1bd11bda];
  let [x, y] = [(c0 + k0) >>> 0, (c1 + k1) >>> 0];
  for (let round = 0; round < 20; round++) {
    x = (x + y) >>> 0;
    y = ((y << rotations[round % 8]!) | (y >>> (32 - rotations[round % 8]!))) >>> 0;
    y = (y ^ x) >>> 0;
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    x = (x + schedule[injection % 3]!) >>> 0;
    y = (y + schedule[(injection + 1) % 3]! + injection) >>> 0;
  }
  return [x, y];
};

const vectors: readonly (readonly [key: Pair, counter: Pair, out: Pair])[] = [
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    [0xc4923a9c, 0x483df7a0],
  ],
];

test("66: the three published vectors of threefry2x32, eager and compiled, and of the second definition", () => {
  for (const [key, counter, out] of vectors) {
    expect(cipher(key, counter)).toEqual(out);
    expect(listOf(both((k, c) => randomBits.threefry(k!, c!), words(key), words(counter)))).toEqual(out);
  }
  expect(listOf(random.foldIn(random.key(0), 0))).toEqual([0x6b200159, 0x99ba4efe]);
});

const seeds = fc.maxSafeInteger();

test("67: a seed is a key of its upper and lower 32 bits", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const both64 = BigInt.asUintN(64, BigInt(seed));
      expect(listOf(random.key(seed))).toEqual([Number(both64 >> 32n), Number(both64 & 0xffffffffn)]);
    }),
  );
  expect([random.key(7).dtype, random.key(7).shape]).toEqual(["uint32", [2]]);
});

test("67: word i of the stream, split i and fold are what the cipher makes of the counter (0, i)", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 9 }), fc.nat(2 ** 32 - 1), (seed, count, folded) => {
      const key = random.key(seed);
      const pair = listOf(key) as unknown as Pair;
      const blocks = Array.from({ length: count }, (_, i) => cipher(pair, [0, i]));
      for (const way of [<T>(f: T): T => f, jit as <T>(f: T) => T]) {
        const draw = way((k: NDArray) => random.bits(k, count));
        expect(listOf(draw(key))).toEqual(blocks.map(([b0, b1]) => (b0 ^ b1) >>> 0));
        expect(way((k: NDArray) => random.split(k, count))(key).toList()).toEqual(blocks);
        expect(listOf(way((k: NDArray) => random.foldIn(k, folded))(key))).toEqual(cipher(pair, [0, folded]));
      }
    }),
    { numRuns: 30 },
  );
});

test("67: uniform numbers are the bits behind the exponent of 1, minus 1: 23 of a word, 52 of a block", () => {
  const view = new DataView(new ArrayBuffer(8));
  const unit32 = ([b0, b1]: Pair): number => {
    view.setUint32(0, (((b0 ^ b1) >>> 9) | 0x3f800000) >>> 0);
    return view.getFloat32(0) - 1;
  };
  const unit64 = ([b0, b1]: Pair): number => {
    view.setBigUint64(0, (((BigInt(b0) << 32n) | BigInt(b1)) >> 12n) | 0x3ff0000000000000n);
    return view.getFloat64(0) - 1;
  };
  for (const seed of [0, 1, -5, 2 ** 40 + 3]) {
    const key = random.key(seed);
    const pair = listOf(key) as unknown as Pair;
    const blocks = Array.from({ length: 50 }, (_, i) => cipher(pair, [0, i]));
    expect(listOf(both((k) => random.uniform(k!, 50, { dtype: "float32" }), key))).toEqual(blocks.map(unit32));
    expect(listOf(both((k) => random.uniform(k!, 50), key))).toEqual(blocks.map(unit64));
  }
});
