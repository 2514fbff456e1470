/**
 * Laws of the contraction: equal to the bit to the sum over increasing k, for any axes.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { contractionShape, dotGeneral } from "../../kernels/contraction.ts";
import { allocateLike, elementCount, type NumericArray } from "../../kernels/numeric-array.ts";
import { flatIndex, indicesOf, randomBuffer, seeds } from "./arrays.ts";
import { matrixProblem, problems, sizes } from "./contraction-problems.ts";
import type { Problem } from "./contraction-problems.ts";

function definition(
  a: NumericArray,
  b: NumericArray,
  { aShape, bShape, axes }: Problem,
  add: (s: number, x: number, y: number) => number,
): number[] {
  const free = (shape: readonly number[], side: 0 | 1): number[] =>
    [...shape.keys()].filter((axis) => !axes.contract[side].includes(axis) && !axes.batch[side].includes(axis));
  const [aFree, bFree] = [free(aShape, 0), free(bShape, 1)];
  const depth = indicesOf(axes.contract[0].map((axis) => aShape[axis]!));
  return indicesOf(contractionShape(aShape, bShape, axes)).map((index) => {
    const aIndex: number[] = [];
    const bIndex: number[] = [];
    const batchCount = axes.batch[0].length;
    for (const [k, axis] of axes.batch[0].entries()) aIndex[axis] = index[k]!;
    for (const [k, axis] of axes.batch[1].entries()) bIndex[axis] = index[k]!;
    for (const [k, axis] of aFree.entries()) aIndex[axis] = index[batchCount + k]!;
    for (const [k, axis] of bFree.entries()) bIndex[axis] = index[batchCount + aFree.length + k]!;
    let sum = 0;
    for (const position of depth) {
      for (const [k, axis] of axes.contract[0].entries()) aIndex[axis] = position[k]!;
      for (const [k, axis] of axes.contract[1].entries()) bIndex[axis] = position[k]!;
      sum = add(sum, a[flatIndex(aIndex, aShape)]!, b[flatIndex(bIndex, bShape)]!);
    }
    return sum;
  });
}

function contracted(a: NumericArray, b: NumericArray, problem: Problem): NumericArray {
  const out = allocateLike(a, elementCount(contractionShape(problem.aShape, problem.bShape, problem.axes))).fill(5);
  dotGeneral(a, problem.aShape, b, problem.bShape, problem.axes, out);
  return out;
}

test("dotGeneral adds the products one by one in row-major order of the contracted axes", () => {
  fc.assert(
    fc.property(problems(3), seeds, (problem, seed) => {
      const a = randomBuffer(elementCount(problem.aShape), seed);
      const b = randomBuffer(elementCount(problem.bShape), seed + 1);
      expect([...contracted(a, b, problem)]).toEqual(definition(a, b, problem, (sum, x, y) => sum + x * y));
    }),
    { numRuns: 300 },
  );
});

/** float32 arithmetic: terms one by one in blocks of 256, from +0, then the blocks. */
function blockwise(terms: readonly (readonly [number, number])[]): number {
  let total = 0;
  for (let start = 0; start < terms.length; start += 256) {
    let sum = 0;
    for (const [x, y] of terms.slice(start, start + 256)) sum = Math.fround(sum + Math.fround(x * y));
    total = Math.fround(total + sum);
  }
  return total;
}

test("float32 operands are multiplied and added in float32, one by one", () => {
  fc.assert(
    fc.property(problems(3), seeds, (problem, seed) => {
      const a = Float32Array.from(randomBuffer(elementCount(problem.aShape), seed));
      const b = Float32Array.from(randomBuffer(elementCount(problem.bShape), seed + 1));
      const rounded = definition(a, b, problem, (sum, x, y) => Math.fround(sum + Math.fround(x * y)));
      expect([...contracted(a, b, problem)]).toEqual(rounded);
    }),
    { numRuns: 200 },
  );
});

test("float32 sums of 256 terms each are added in order, whatever the sizes and layouts", () => {
  fc.assert(
    fc.property(sizes, seeds, (size, seed) => {
      const { m, k, n, isLeftTransposed, isRightTransposed } = size;
      const a = Float32Array.from(randomBuffer(m * k, seed));
      const b = Float32Array.from(randomBuffer(k * n, seed + 1));
      const left = (i: number, q: number): number => a[isLeftTransposed ? q * m + i : i * k + q]!;
      const right = (q: number, j: number): number => b[isRightTransposed ? j * k + q : q * n + j]!;
      const expected = indicesOf([m, n]).map(([i, j]) =>
        blockwise(Array.from({ length: k }, (_, q) => [left(i!, q), right(q, j!)] as const)),
      );
      expect([...contracted(a, b, matrixProblem(size))]).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("a float32 sum errs by at most (256 + K / 256) half-ulps of the sum of its terms' magnitudes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }), seeds, (k, seed) => {
      const a = Float32Array.from(randomBuffer(2 * k, seed), Math.abs);
      const b = Float32Array.from(randomBuffer(k, seed + 1), Math.abs);
      const out = new Float32Array(2);
      dotGeneral(a, [2, k], b, [k], { contract: [[1], [0]], batch: [[], []] }, out);
      for (const row of [0, 1]) {
        // The float64 sum errs by 1e-12 of that bound.
        let exact = 0;
        for (let q = 0; q < k; q += 1) exact += a[row * k + q]! * b[q]!;
        const operations = Math.min(256, k) + Math.ceil(k / 256);
        expect(Math.abs(out[row]! - exact)).toBeLessThanOrEqual(operations * 2 ** -24 * exact);
      }
    }),
    { numRuns: 40 },
  );
});

test("int32 and uint32 contractions wrap modulo 2^32", () => {
  fc.assert(
    fc.property(problems(3), seeds, (problem, seed) => {
      const wide = (length: number, salt: number): Float64Array =>
        randomBuffer(length, salt).map((x) => Math.trunc(x * 2 ** 31));
      const a = Int32Array.from(wide(elementCount(problem.aShape), seed));
      const b = Int32Array.from(wide(elementCount(problem.bShape), seed + 1));
      const wrapped = definition(a, b, problem, (sum, x, y) => (sum + Math.imul(x, y)) | 0);
      expect([...contracted(a, b, problem)]).toEqual(wrapped);
      expect([...contracted(new Uint32Array(a), new Uint32Array(b), problem)]).toEqual(wrapped.map((x) => x >>> 0));
    }),
    { numRuns: 100 },
  );
});

test("a bool contraction is true where some pair is true", () => {
  fc.assert(
    fc.property(problems(3), seeds, (problem, seed) => {
      const bits = (length: number, salt: number): Uint8Array =>
        Uint8Array.from(randomBuffer(length, salt), (x) => (x > 0.3 ? 1 : 0));
      const a = bits(elementCount(problem.aShape), seed);
      const b = bits(elementCount(problem.bShape), seed + 1);
      expect([...contracted(a, b, problem)]).toEqual(definition(a, b, problem, (sum, x, y) => sum | (x & y)));
    }),
    { numRuns: 100 },
  );
});

test("blocking leaves large products equal to the plain triple loop", () => {
  fc.assert(
    fc.property(sizes, seeds, (size, seed) => {
      const problem = matrixProblem(size);
      const a = randomBuffer(size.m * size.k, seed);
      const b = randomBuffer(size.k * size.n, seed + 1);
      expect([...contracted(a, b, problem)]).toEqual(definition(a, b, problem, (sum, x, y) => sum + x * y));
    }),
    { numRuns: 40 },
  );
});

test("a NaN or infinity in one column stays in that column", () => {
  const a = new Float64Array(25).fill(1);
  const b = new Float64Array(25).fill(1);
  b[4] = NaN;
  b[3] = Infinity;
  const out = new Float64Array(25);
  dotGeneral(a, [5, 5], b, [5, 5], { contract: [[1], [0]], batch: [[], []] }, out);
  for (let row = 0; row < 5; row += 1)
    expect([...out.subarray(row * 5, row * 5 + 5)]).toEqual([5, 5, 5, Infinity, NaN]);
});
