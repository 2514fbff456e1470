/**
 * The bits look random where NIST SP 800-22 looks: frequency, frequency in blocks, runs, serial pairs and triples,
 * rank of binary matrices, and correlation between neighbouring keys. Seeds are fixed; a statistic that is normal in
 * theory stays within 4 deviations, one that is chi-square with d degrees of freedom within 4 deviations of d.
 */
import { describe, expect, test } from "vitest";
import * as random from "cotangent/random";

/** Words of one key; the first word of many children; the first word of keys that count up. */
const streams: readonly (readonly [name: string, words: Uint32Array])[] = [
  ["words of one key", random.bits(random.key(2024), 8192).toTypedArray() as Uint32Array],
  ["children of one key", random.split(random.key(7), 4096).toTypedArray() as Uint32Array],
  [
    "first words of seeds 0, 1, 2, ...",
    Uint32Array.from({ length: 4096 }, (_, seed) => random.bits(random.key(seed)).item()),
  ],
  [
    "first words of a key with 0, 1, 2, ... folded in",
    Uint32Array.from({ length: 4096 }, (_, k) => random.bits(random.foldIn(random.key(1), k)).item()),
  ],
];

const bitsOf = (words: Uint32Array): Uint8Array => {
  const bits = new Uint8Array(32 * words.length);
  words.forEach((word, k) => {
    for (let place = 0; place < 32; place++) bits[32 * k + place] = (word >>> place) & 1;
  });
  return bits;
};

const chiSquare = (counts: readonly number[], expected: readonly number[]): number =>
  counts.reduce((sum, count, k) => sum + (count - expected[k]!) ** 2 / expected[k]!, 0);

const expectChiSquare = (value: number, freedom: number): void =>
  expect(Math.abs(value - freedom)).toBeLessThan(4 * Math.sqrt(2 * freedom));

/** Rank of a 32 x 32 matrix over two elements, a word a row. */
const rankOf = (rows: readonly number[]): number => {
  const left = [...rows];
  let rank = 0;
  for (let bit = 31; bit >= 0; bit--) {
    const pivot = left.findIndex((row) => (row >>> bit) & 1);
    if (pivot < 0) continue;
    const [own] = left.splice(pivot, 1);
    left.forEach((row, k) => (left[k] = (row >>> bit) & 1 ? row ^ own! : row));
    rank++;
  }
  return rank;
};

describe.each(streams)("%s", (_name, words) => {
  const bits = bitsOf(words);
  const count = bits.length;

  test("ones and zeros are equally frequent", () => {
    const ones = bits.reduce((sum, bit) => sum + bit, 0);
    expect(Math.abs(2 * ones - count) / Math.sqrt(count)).toBeLessThan(4);
  });

  test("ones are equally frequent at each of the 32 places", () => {
    const ones = new Array<number>(32).fill(0);
    bits.forEach((bit, k) => (ones[k % 32]! += bit));
    const half = words.length / 2;
    expectChiSquare(2 * chiSquare(ones, new Array<number>(32).fill(half)), 32);
  });

  test("ones are equally frequent in blocks of 128", () => {
    let statistic = 0;
    for (let start = 0; start < count; start += 128) {
      const ones = bits.subarray(start, start + 128).reduce((sum, bit) => sum + bit, 0);
      statistic += (4 * (ones - 64) ** 2) / 128;
    }
    expectChiSquare(statistic, count / 128);
  });

  test("neighbours change as often as they stay", () => {
    let changes = 0;
    for (let k = 1; k < count; k++) changes += bits[k]! ^ bits[k - 1]!;
    expect(Math.abs(2 * changes - (count - 1)) / Math.sqrt(count - 1)).toBeLessThan(4);
  });

  test.each([2, 3, 8])("all patterns of %d bits are equally frequent", (length) => {
    const counts = new Array<number>(2 ** length).fill(0);
    const groups = Math.floor(count / length);
    for (let k = 0; k < groups; k++) {
      let pattern = 0;
      for (let place = 0; place < length; place++) pattern = 2 * pattern + bits[k * length + place]!;
      counts[pattern]!++;
    }
    expectChiSquare(
      chiSquare(
        counts,
        counts.map(() => groups / counts.length),
      ),
      counts.length - 1,
    );
  });

  test("matrices of 32 words have the ranks of random matrices", () => {
    const counts = [0, 0, 0];
    for (let start = 0; start + 32 <= words.length; start += 32)
      counts[Math.min(2, 32 - rankOf([...words.subarray(start, start + 32)]))]!++;
    const matrices = Math.floor(words.length / 32);
    expectChiSquare(
      chiSquare(
        counts,
        [0.2888, 0.5776, 0.1336].map((share) => share * matrices),
      ),
      2,
    );
  });

  test("a word says nothing of the next", () => {
    let sum = 0;
    for (let k = 1; k < words.length; k++) sum += (words[k]! / 2 ** 32 - 0.5) * (words[k - 1]! / 2 ** 32 - 0.5);
    expect(Math.abs((12 * sum) / Math.sqrt(words.length - 1))).toBeLessThan(4);
  });
});
