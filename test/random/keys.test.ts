/**
 * Keys and bits: threefry's known answers, what a key's children have to do with each other, and that element i of a
 * stream depends on key and i alone, whatever else is drawn with it. Refusals name random.key(seed).
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { threefry2x32 } from "../../kernels/threefry.ts";
import { expectError } from "../semantics/support.ts";

const seeds = fc.maxSafeInteger();
const list = (x: NDArray): number[] => [...x.toTypedArray()];
const word = (x: number): string => (x >>> 0).toString(16).padStart(8, "0");

test("threefry2x32 with 20 rounds gives its authors' known answers", () => {
  const answer = (...words: readonly [number, number, number, number]): string => {
    const out = new Uint32Array(2);
    threefry2x32(...words, out, 0);
    return [...out].map(word).join(" ");
  };
  expect(answer(0, 0, 0, 0)).toBe("6b200159 99ba4efe");
  expect(answer(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)).toBe("1cb996fc bb002be7");
  expect(answer(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3)).toBe("c4923a9c 483df7a0");
});

test("the key of a seed holds its 64 bits in two's complement", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const bits = BigInt.asUintN(64, BigInt(seed));
      expect(list(random.key(seed))).toEqual([Number(bits >> 32n), Number(bits & 0xffffffffn)]);
    }),
  );
  expect(list(random.key(Number.MAX_SAFE_INTEGER))).toEqual([2 ** 21 - 1, 2 ** 32 - 1]);
  expect(list(random.key(Number.MIN_SAFE_INTEGER))).toEqual([2 ** 32 - 2 ** 21, 1]);
});

test("a traced integer seed gives the key of its value", () => {
  const numbers = array([0, 1, 123456], { dtype: "int32" });
  expect(vmap((seed: NDArray) => random.key(seed))(numbers).toList()).toEqual(
    [0, 1, 123456].map((seed) => random.key(seed).toList()),
  );
  expect(jit((seed: NDArray) => random.key(seed))(array(7, { dtype: "uint32" })).toList()).toEqual([0, 7]);
});

test("element i of a stream does not depend on how many are drawn, nor on their shape", () => {
  fc.assert(
    fc.property(seeds, fc.nat(40), fc.nat(40), (seed, count, more) => {
      const key = random.key(seed);
      for (const draw of [random.bits, random.uniform, random.normal])
        expect(list(draw(key, count + more)).slice(0, count)).toEqual(list(draw(key, count)));
      expect(list(random.bits(key, [2, 3, count]))).toEqual(list(random.bits(key, 6 * count)));
    }),
  );
});

test("children of a key are the first of any larger split, and pairwise different", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const key = random.key(seed);
      expect(list(random.split(key, 3))).toEqual(list(random.split(key, 5)).slice(0, 6));
      expect(list(random.split(key, [2, 3]))).toEqual(list(random.split(key, 6)));
      const names = [...(random.split(key, 200).toList() as number[][]), key.toList()].map(String);
      expect(new Set(names).size).toBe(201);
    }),
    { numRuns: 20 },
  );
});

test("folding numbers in gives keys that differ from each other, from the key and from another key's", () => {
  const key = random.key(0);
  const folded = Array.from({ length: 300 }, (_, k) => String(random.foldIn(key, k).toList()));
  const other = Array.from({ length: 300 }, (_, k) => String(random.foldIn(random.key(1), k).toList()));
  expect(new Set([...folded, ...other, String(key.toList())]).size).toBe(601);
  expect(random.foldIn(key, -1).toList()).toEqual(random.foldIn(key, 2 ** 32 - 1).toList());
});

test("folding in a number gives the child of that place, as in JAX's stream, and never the key's own words", () => {
  fc.assert(
    fc.property(seeds, fc.nat(30), (seed, k) => {
      const key = random.key(seed);
      expect(random.foldIn(key, k).toList()).toEqual(
        random
          .split(key, k + 1)
          .at(k)
          .get()
          .toList(),
      );
      expect(random.foldIn(key, k + 31).toList()).not.toEqual(
        random
          .split(key, k + 1)
          .at(k)
          .get()
          .toList(),
      );
    }),
  );
});

test("the order in which numbers are folded in counts", () => {
  const key = random.key(3);
  const twice = (first: number, second: number): string =>
    String(random.foldIn(random.foldIn(key, first), second).toList());
  expect(twice(1, 2)).not.toBe(twice(2, 1));
  expect(twice(0, 1)).not.toBe(String(random.foldIn(key, 1).toList()));
});

test("a traced number folds in as its value does, under vmap and jit", () => {
  const key = random.key(9);
  const wanted = [0, 1, 2, 3].map((k) => random.foldIn(key, k).toList());
  const fold = (k: NDArray): NDArray => random.foldIn(key, k);
  const numbers = array([0, 1, 2, 3], { dtype: "int32" });
  expect(vmap(fold)(numbers).toList()).toEqual(wanted);
  expect(jit(vmap(fold))(numbers).toList()).toEqual(wanted);
});

test("narrow bits are the lowest of the wide ones", () => {
  const key = random.key(5);
  const wide = list(random.bits(key, 50));
  expect(list(random.bits(key, 50, { width: 8 }))).toEqual(wide.map((bits) => bits % 256));
  expect(list(random.bits(key, 50, { width: 16 }))).toEqual(wide.map((bits) => bits % 65536));
  const pairs = random.bits(key, 50, { width: 64 }).toList() as number[][];
  expect(pairs.map(([high, low]) => (high! ^ low!) >>> 0)).toEqual(wide);
});

test.each([
  ["a number", 42, "a number"],
  ["nothing", undefined, "undefined"],
  ["an array of floats", np.zeros(2), "float64[2]"],
  ["integers of another dtype", np.zeros(2, { dtype: "int32" }), "int32[2]"],
  ["a word too many", np.zeros(3, { dtype: "uint32" }), "uint32[3]"],
])("%s is no key, and the error says how to make one", (_name, key, seen) => {
  for (const draw of [random.normal, random.split, random.bits, random.gumbel])
    expectError(() => draw(key as NDArray), "InvalidKey", seen, "random.key(seed)");
  expectError(() => random.foldIn(key as NDArray, 1), "InvalidKey", seen, "random.key(seed)");
  expectError(() => random.gamma(key as NDArray, 1), "InvalidKey", seen, "random.key(seed)");
});

test("an array of keys is no key, and the error speaks of vmap", () => {
  expectError(() => random.normal(random.split(random.key(0)), 3), "InvalidKey", "uint32[2,2]", "vmap");
});

test.each([1.5, NaN, Infinity, 2 ** 53, -(2 ** 53), "7", null, undefined, 3n, np.zeros([]), np.zeros(1)])(
  "%s is no seed",
  (seed) => {
    expectError(() => random.key(seed as number), "InvalidKey", "whole numbers");
  },
);

test("words that are no 32 bits, and widths, are refused", () => {
  const key = random.key(0);
  for (const wrong of [0.5, 2 ** 32, -(2 ** 31) - 1, NaN, "1", np.zeros([])])
    expectError(() => random.foldIn(key, wrong as number), "InvalidOption", "whole numbers");
  expectError(() => random.bits(key, 2, { width: 12 as 8 }), "InvalidOption", "width 12");
  expectError(() => random.bits(key, 2, { widht: 8 } as object), "UnknownOption", '"width"');
  expectError(() => random.bits(key, [2, -1]), "InvalidShape", "-1");
  expectError(() => random.split(key, 1.5), "InvalidShape", "1.5");
});
