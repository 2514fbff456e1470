/**
 * Laws of the contraction: equal to the bit to the sum over increasing k, for any axes.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ContractionAxes, contractionShape, dotGeneral } from "../../kernels/contraction.ts";
import { allocateLike, elementCount, type NumericArray } from "../../kernels/numeric-array.ts";
import { flatIndex, indicesOf, randomBuffer, seeds } from "./arrays.ts";

type Problem = { readonly aShape: number[]; readonly bShape: number[]; readonly axes: ContractionAxes };

/** Axes of both operands in random order: batch, contracted and free, with lengths from 0. */
const problems = (maxLength: number): fc.Arbitrary<Problem> => {
  const lengths = fc.array(fc.nat(maxLength), { maxLength: 2 });
  return fc
    .tuple(lengths, lengths, lengths, lengths, fc.infiniteStream(fc.nat(1000)))
    .map(([batch, contract, aFree, bFree, stream]) => {
      const scatter = (free: readonly number[]): { shape: number[]; batchAxes: number[]; contractAxes: number[] } => {
        const all = [...batch, ...contract, ...free];
        const places = all
          .map((_, k): [number, number] => [stream.next().value as number, k])
          .toSorted(([x], [y]) => x - y)
          .map(([, k]) => k);
        return {
          shape: places.map((k) => all[k]!),
          batchAxes: batch.map((_, k) => places.indexOf(k)),
          contractAxes: contract.map((_, k) => places.indexOf(batch.length + k)),
        };
      };
      const a = scatter(aFree);
      const b = scatter(bFree);
      const axes: ContractionAxes = { contract: [a.contractAxes, b.contractAxes], batch: [a.batchAxes, b.batchAxes] };
      return { aShape: a.shape, bShape: b.shape, axes };
    });
};

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

test("float32 operands accumulate in float64 and round once", () => {
  fc.assert(
    fc.property(problems(3), seeds, (problem, seed) => {
      const a = Float32Array.from(randomBuffer(elementCount(problem.aShape), seed));
      const b = Float32Array.from(randomBuffer(elementCount(problem.bShape), seed + 1));
      const exact = definition(a, b, problem, (sum, x, y) => sum + x * y);
      expect([...contracted(a, b, problem)]).toEqual(exact.map(Math.fround));
    }),
    { numRuns: 100 },
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
    fc.property(
      fc.integer({ min: 1, max: 19 }),
      fc.integer({ min: 1, max: 700 }),
      fc.integer({ min: 1, max: 19 }),
      fc.boolean(),
      fc.boolean(),
      seeds,
      (m, k, n, isLeftTransposed, isRightTransposed, seed) => {
        const problem: Problem = {
          aShape: isLeftTransposed ? [k, m] : [m, k],
          bShape: isRightTransposed ? [n, k] : [k, n],
          axes: { contract: [[isLeftTransposed ? 0 : 1], [isRightTransposed ? 1 : 0]], batch: [[], []] },
        };
        const a = randomBuffer(m * k, seed);
        const b = randomBuffer(k * n, seed + 1);
        expect([...contracted(a, b, problem)]).toEqual(definition(a, b, problem, (sum, x, y) => sum + x * y));
      },
    ),
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
