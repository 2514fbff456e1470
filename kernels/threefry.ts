/**
 * Threefry-2x32 with 20 rounds: a keyed permutation of 64 bits, (key, counter) -> pair of words. Numbers are
 * drawn by counting, so element i depends on the key and on i alone: not on how many are drawn, or in what order.
 * Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */

/** XORed with both key words into the third one: the Skein parity constant, 32 bits of it. */
const parity = 0x1bd11bda;

/**
 * Writes the pair of words that a key makes of a counter to out[at] and out[at + 1].
 * Words are taken modulo 2^32.
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array,
  at: number,
): void {
  let first = key0 | 0;
  let second = key1 | 0;
  let third = first ^ second ^ parity;
  let x0 = (counter0 + first) | 0;
  let x1 = (counter1 + second) | 0;
  // Five groups of four rounds; the rotations alternate, and after each group the keys move on by one.
  for (let group = 1; group <= 5; group += 1) {
    if ((group & 1) === 1) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
    } else {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
    }
    const moved = first;
    first = second;
    second = third;
    third = moved;
    x0 = (x0 + first) | 0;
    x1 = (x1 + second + group) | 0;
  }
  out[at] = x0;
  out[at + 1] = x1;
}

const highWord = (counter: number): number => Math.floor(counter / 4294967296);

/** Pairs of the counters 0 .. count - 1, from `at` on. */
export function fillPairs(key0: number, key1: number, count: number, out: Uint32Array, at: number): void {
  for (let k = 0; k < count; k += 1) threefry2x32(key0, key1, highWord(k), k, out, at + 2 * k);
}

/** One word of every counter 0 .. count - 1: the two of its pair, XORed. */
export function fillWords(key0: number, key1: number, count: number, out: Uint32Array, at: number): void {
  const pair = new Uint32Array(2);
  for (let k = 0; k < count; k += 1) {
    threefry2x32(key0, key1, highWord(k), k, pair, 0);
    out[at + k] = pair[0]! ^ pair[1]!;
  }
}

/** The highest 23 bits of a word as a multiple of 2^-23 in [0, 1): every value is a float32. */
export const unitFromWord = (word: number): number => (word >>> 9) * 2 ** -23;

/** The highest 52 bits of a pair as a multiple of 2^-52 in [0, 1). */
export const unitFromPair = (high: number, low: number): number => (high * 2 ** 20 + (low >>> 12)) * 2 ** -52;

/** Uniform numbers in [0, 1) of the counters 0 .. count - 1: from words for float32, from pairs for float64. */
export function fillUnits(
  key0: number,
  key1: number,
  count: number,
  out: Float32Array | Float64Array,
  at: number,
): void {
  const pair = new Uint32Array(2);
  const isSingle = out instanceof Float32Array;
  for (let k = 0; k < count; k += 1) {
    threefry2x32(key0, key1, highWord(k), k, pair, 0);
    out[at + k] = isSingle ? unitFromWord(pair[0]! ^ pair[1]!) : unitFromPair(pair[0]!, pair[1]!);
  }
}
