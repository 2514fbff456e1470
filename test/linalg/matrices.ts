/** Random matrices, plain products and comparisons for the laws of linear algebra; bridges to ml-matrix, the oracle. */
import { Matrix } from "ml-matrix";
import { expect } from "vitest";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { uniform } from "../ops/sampling.ts";

/** Uniform numbers in [-1, 1]. */
export const randomArray = (seed: number, shape: readonly number[]): NDArray => {
  const random = uniform(seed);
  const size = shape.reduce((product, extent) => product * extent, 1);
  return array(
    Float64Array.from({ length: size }, () => 2 * random() - 1),
    { shape: [...shape] },
  );
};

/** Symmetric positive definite, with condition below about 10 n. */
export const randomDefinite = (seed: number, shape: readonly number[]): NDArray => {
  const x = randomArray(seed, shape);
  return np.add(np.matmul(x, np.swapaxes(x, -1, -2)), np.eye(shape.at(-1)!));
};

/** Orthogonal. */
export const randomOrthogonal = (seed: number, size: number): NDArray =>
  orthonormalRows(randomArray(seed, [size, size]));

export const hilbert = (size: number): NDArray =>
  array(Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_entry, j) => 1 / (i + j + 1))));

export const toOracle = (x: NDArray): Matrix => new Matrix(x.toList() as number[][]);
export const fromOracle = (x: Matrix): NDArray => array(x.to2DArray());

/** By Gram and Schmidt, twice: independent of everything under test. */
const orthonormalRows = (x: NDArray): NDArray => {
  const columns = toOracle(x).to2DArray();
  for (let pass = 0; pass < 2; pass++)
    columns.forEach((column, k) => {
      for (const other of columns.slice(0, k)) {
        const along = other.reduce((sum, value, i) => sum + value * column[i]!, 0);
        column.forEach((_, i) => (column[i]! -= along * other[i]!));
      }
      const norm = Math.sqrt(column.reduce((sum, value) => sum + value * value, 0));
      column.forEach((_, i) => (column[i]! /= norm));
    });
  return array(columns);
};

/** Largest difference between two arrays of one shape, relative to the largest element of the second (floor 1). */
export const distance = (seen: NDArray, wanted: NDArray): number => {
  expect({ shape: seen.shape, dtype: seen.dtype }).toEqual({ shape: wanted.shape, dtype: wanted.dtype });
  const [left, right] = [seen.toTypedArray(), wanted.toTypedArray()];
  let worst = 0;
  let largest = 1;
  right.forEach((value: number, k: number) => {
    if (Object.is(value, left[k]) || value === left[k]) return;
    const error = Math.abs(left[k]! - value);
    worst = error <= worst ? worst : error;
    largest = Math.max(largest, Math.abs(value));
  });
  return worst / largest;
};

export const expectClose = (seen: NDArray, wanted: NDArray, tolerance = 1e-13): void => {
  expect(distance(seen, wanted)).toBeLessThanOrEqual(tolerance);
};

export const transposed = (x: NDArray): NDArray => np.swapaxes(x, -1, -2);

/** The identity, repeated to the batch axes of x. */
export const identityFor = (x: NDArray): NDArray =>
  np.broadcastTo(np.eye(x.shape.at(-1)!), [...x.shape.slice(0, -2), x.shape.at(-1)!, x.shape.at(-1)!]);

/** A function of one array and of several results, as one vector: so that all results are tried together. */
export const joined =
  (f: (x: NDArray) => readonly NDArray[]) =>
  (x: NDArray): NDArray =>
    np.concatenate(f(x).map((part) => np.ravel(part)));

export const isUpper = (x: NDArray): void => expectClose(np.tril(x, { k: -1 }), np.zerosLike(x), 0);
