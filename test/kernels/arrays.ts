/**
 * Random buffers and index-by-index definitions for the kernel tests.
 * Definitions enumerate multi-indices one by one, so they share nothing with the kernels.
 */
import fc from "fast-check";

/** All multi-indices of a shape in row-major order. */
export function indicesOf(shape: readonly number[]): number[][] {
  let indices: number[][] = [[]];
  for (const length of shape) {
    indices = indices.flatMap((index) => Array.from({ length }, (_, k) => [...index, k]));
  }
  return indices;
}

/** Position of a multi-index in a contiguous row-major buffer. */
export function flatIndex(index: readonly number[], shape: readonly number[]): number {
  return index.reduce((flat, k, axis) => flat * shape[axis]! + k, 0);
}

/** Every shape of rank <= maxRank with axes of length 0..maxLength. */
export function allShapes(maxRank: number, maxLength: number): number[][] {
  const shapes: number[][] = [];
  for (let rank = 0; rank <= maxRank; rank += 1) {
    shapes.push(...indicesOf(new Array<number>(rank).fill(maxLength + 1)));
  }
  return shapes;
}

/** Every subset of the axes of a rank, and every permutation of them. */
export function subsets(rank: number): number[][] {
  return Array.from({ length: 2 ** rank }, (_, bits) =>
    Array.from({ length: rank }, (_axis, k) => k).filter((k) => (bits >> k) & 1),
  );
}

export function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

/** Numbers 1, 2, 3, .. so that every element is told apart. */
export function counting(length: number): Float64Array {
  return Float64Array.from({ length }, (_, k) => k + 1);
}

/** A repeatable stream of normal-looking numbers from a seed. */
export function randomStream(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const high = state >>> 8;
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((high * 2 ** 24 + (state >>> 8)) / 2 ** 48) * 2 - 1;
  };
}

export function randomBuffer(length: number, seed: number): Float64Array {
  const next = randomStream(seed);
  return Float64Array.from({ length }, () => next());
}

export const seeds: fc.Arbitrary<number> = fc.integer();
