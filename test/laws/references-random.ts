/**
 * Naive definitions of the random bits: threefry as its paper states it, on words as BigInt, one block at a time.
 * Key schedule k0, k1, k0 ^ k1 ^ C; five injections, one after every four rounds, the s-th of them with s added.
 */
import { digammaSeries, zetaSeries } from "../../ops/special-references.ts";
import type { Shape } from "../../src/array/shape.ts";
import { flatIndex, movement, read } from "./tables.ts";
import type { Index, Reference, Table } from "./tables.ts";

const modulus = 1n << 32n;
const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

const rotate = (word: bigint, by: number): bigint =>
  ((word << BigInt(by)) | (word >> BigInt(32 - by))) & (modulus - 1n);

/** The block cipher: 64 bits of a counter, enciphered with 64 bits of a key. */
const cipher = (key: readonly bigint[], counter: bigint): readonly [high: bigint, low: bigint] => {
  const schedule = [key[0]!, key[1]!, key[0]! ^ key[1]! ^ 0x1bd11bdan];
  let high = ((counter >> 32n) + schedule[0]!) % modulus;
  let low = ((counter % modulus) + schedule[1]!) % modulus;
  for (let round = 0; round < 20; round++) {
    high = (high + low) % modulus;
    low = rotate(low, rotations[round % 8]!) ^ high;
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    high = (high + schedule[injection % 3]!) % modulus;
    low = (low + schedule[(injection + 1) % 3]! + BigInt(injection)) % modulus;
  }
  return [high, low];
};

const pairAt = (x: Table, lead: Index): bigint[] => [0, 1].map((word) => BigInt(read(x, [...lead, word])));

/** The block of an element of the stream that a key fills a shape with. */
const blockAt = (key: Table, lead: Index, shape: Shape, index: Index): readonly [bigint, bigint] =>
  cipher(pairAt(key, lead), BigInt(flatIndex(shape, index)));

/**
 * -(d/da)^n P(a, x) over x times the density, n = 1 or 2, from the power series: P is the sum of
 * x^(a + k) e^-x / Gamma(a + k + 1), and each term is differentiated by itself.
 */
const shapeDerivativeSeries = (order: number, a: number, logX: number): number => {
  const x = Math.exp(logX);
  let term = 1 / a;
  let sum = 0;
  for (let k = 0; k < 200; k++) {
    const z = a + k + 1;
    const slope =
      logX - (digammaSeries(z + 8) - Array.from({ length: 8 }, (_, j) => 1 / (z + j)).reduce((s, t) => s + t));
    sum += term * (order === 1 ? slope : slope * slope - zetaSeries(2, z));
    term *= x / z;
  }
  return -sum;
};

export const randomReferences: Readonly<Record<string, Reference>> = {
  threefry: movement(([key, counter]) => ({
    shape: key!.shape,
    dtype: "uint32",
    at: (index) => {
      const lead = index.slice(0, -1);
      const [high, low] = pairAt(counter!, lead);
      return Number(cipher(pairAt(key!, lead), high! * modulus + low!)[index.at(-1)!]);
    },
  })),
  randomBits: movement(([key], { shape, width }: { shape: Shape; width: number }) => {
    const lead = key!.shape.slice(0, -1);
    return {
      shape: [...lead, ...shape, ...(width === 64 ? [2] : [])],
      dtype: "uint32",
      at: (index) => {
        const within = index.slice(lead.length, lead.length + shape.length);
        const [high, low] = blockAt(key!, index.slice(0, lead.length), shape, within);
        return Number(width === 32 ? high ^ low : index.at(-1) === 0 ? high : low);
      },
    };
  }),
  randomUnit: movement(([key], { shape, dtype }: { shape: Shape; dtype: "float64" | "float32" }) => {
    const lead = key!.shape.slice(0, -1);
    return {
      shape: [...lead, ...shape],
      dtype,
      at: (index) => {
        const [high, low] = blockAt(key!, index.slice(0, lead.length), shape, index.slice(lead.length));
        return dtype === "float32"
          ? Number((high ^ low) >> 9n) / 2 ** 23
          : Number((high * modulus + low) >> 12n) / 2 ** 52;
      },
    };
  }),
  gammaShapeDerivative: {
    tolerance: 1e-9,
    define: ([shape, logX], { order }: { order: number }) => ({
      shape: shape!.shape,
      dtype: shape!.dtype,
      at: (index) => shapeDerivativeSeries(order, read(shape!, index), read(logX!, index)),
    }),
  },
};
