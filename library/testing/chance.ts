/**
 * Randomness of the checks: numbers that depend on a seed alone, and arrays drawn from the domains of a primitive's laws.
 * Idea: one 32-bit state that walks by a fixed odd step and is mixed on its way out (mulberry32, T. Ettinger 2017).
 */
import { createArray } from "../../src/array/create.ts";
import type { DType } from "../../src/array/dtype.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Domain, InputSpec, Pick } from "../../src/ir/primitive.ts";

/** Numbers in [0, 1), one a call. */
export type Uniform = () => number;

/** Uniform numbers that depend on the seed only. */
export const uniform = (seed: number): Uniform => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The choices a sampler makes, all from one source of whole numbers between two bounds. */
export const pickFromIntegers = (integer: (low: number, high: number) => number): Pick => {
  const permutation = (count: number): number[] => {
    const order = Array.from({ length: count }, (_, k) => k);
    for (let k = count - 1; k > 0; k--) {
      const other = integer(0, k);
      [order[k], order[other]] = [order[other]!, order[k]!];
    }
    return order;
  };
  return {
    integer,
    permutation,
    oneOf: (choices) => choices[integer(0, choices.length - 1)]!,
    shape: ({ minRank = 0, maxRank = 3, minSize = 0, maxSize = 4 } = {}) =>
      Array.from({ length: integer(minRank, maxRank) }, () => integer(minSize, maxSize)),
    subset: (count) => Array.from({ length: count }, (_, k) => k).filter(() => integer(0, 1) === 1),
  };
};

/** Choices from uniform numbers. */
export const pickWith = (random: Uniform): Pick =>
  pickFromIntegers((low, high) => low + Math.floor(random() * (high - low + 1)));

/** Distance kept from the kinks of a domain, so that differences stay on one side. */
export const clearance = 1e-2;

const drawNumbers = (random: Uniform, count: number, { low, high, kinks = [], distinct = false }: Domain): number[] => {
  if (distinct) {
    const places = pickWith(random).permutation(count);
    return places.map((place) => low + ((high - low) * (place + 0.5 + 0.2 * (random() - 0.5))) / count);
  }
  return Array.from({ length: count }, () => {
    for (;;) {
      const x = low + (high - low) * random();
      if (kinks.every((kink) => Math.abs(x - kink) >= clearance)) return x;
    }
  });
};

/** An array of the given type with values of its domain. */
export const drawArray = (random: Uniform, { shape, dtype, domain }: InputSpec): ConcreteArray => {
  const numbers = isFloat(dtype)
    ? drawNumbers(random, sizeOf(shape), domain)
    : Array.from({ length: sizeOf(shape) }, () => domain.low + Math.floor(random() * (domain.high - domain.low + 1)));
  return createArray(numbers, { dtype, shape });
};

/** Uniform numbers in [-1, 1]: a direction, or weights. */
export const directionLike = (random: Uniform, shape: Shape, dtype: DType = "float64"): ConcreteArray =>
  createArray(
    Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1),
    { shape, dtype },
  );

const specialFloats = [NaN, Infinity, -Infinity, -0, 0, 5e-324, -1e308, 1.5];
const specialIntegers = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1, 2 ** 31, 12345];

/** The values where machines differ: NaN, infinities, -0, subnormals, the ends of the integers. */
export const specialValues = (dtype: DType): readonly number[] =>
  dtype === "bool" ? [0, 1] : isFloat(dtype) ? specialFloats : specialIntegers;
