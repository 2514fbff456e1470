/**
 * Laws of the convolution: equal to its definition to the bit, and each gradient is its adjoint.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { convolutionShape, convolve } from "../../kernels/convolution.ts";
import {
  type ConvolutionGradient,
  type Rearrangement,
  inputGradientParams,
  kernelGradientParams,
} from "../../kernels/convolution-gradients.ts";
import { permute, reverse } from "../../kernels/gather.ts";
import { allocateLike, elementCount, type NumericArray } from "../../kernels/numeric-array.ts";
import { type Problem, deepProblems, problems } from "./convolution-problems.ts";
import { flatIndex, indicesOf, randomBuffer, seeds } from "./arrays.ts";

/** One sum; `term` is the number of the product among those of one result, padding included. */
type Sum = { readonly add: (x: number, y: number, term: number) => void; readonly total: () => number };

const sumOneByOne = (next: (sum: number, x: number, y: number) => number) => (): Sum => {
  let sum = 0;
  return { add: (x, y) => (sum = next(sum, x, y)), total: () => sum };
};
const sumOfFloats = sumOneByOne((sum, x, y) => sum + x * y);
const sumOfIntegers = sumOneByOne((sum, x, y) => (sum + Math.imul(x, y)) | 0);

/** In float32, blocks of 256 terms. */
const sumOfBlocks = (): Sum => {
  const { fround } = Math;
  const blocks: number[] = [];
  return {
    add: (x, y, term) => {
      const block = Math.floor(term / 256);
      blocks[block] = fround((blocks[block] ?? 0) + fround(x * y));
    },
    total: () => blocks.reduce((sum, block) => fround(sum + block), 0),
  };
};

function definition(
  lhs: NumericArray,
  rhs: NumericArray,
  { lhsShape, rhsShape, params }: Problem,
  newSum: () => Sum,
): number[] {
  const outShape = convolutionShape(lhsShape, rhsShape, params);
  return indicesOf(outShape).map(([image, feature, ...place]) => {
    const group = Math.floor(feature! / (outShape[1]! / (params.featureGroups * params.batchGroups)));
    const firstChannel = params.featureGroups > 1 ? group * rhsShape[1]! : 0;
    const firstImage = params.batchGroups > 1 ? group * outShape[0]! : 0;
    const sum = newSum();
    for (const [term, [channel, ...tap]] of indicesOf(rhsShape.slice(1)).entries()) {
      const steps = tap.map(
        (t, axis) =>
          (place[axis]! * params.strides[axis]! + t * params.rhsDilation[axis]! - params.padding[axis]![0]) /
          params.lhsDilation[axis]!,
      );
      const isInside = steps.every((step, axis) => Number.isInteger(step) && step >= 0 && step < lhsShape[axis + 2]!);
      if (!isInside) continue;
      const at = flatIndex([firstImage + image!, firstChannel + channel!, ...steps], lhsShape);
      sum.add(lhs[at]!, rhs[flatIndex([feature!, channel!, ...tap], rhsShape)]!, term);
    }
    return sum.total();
  });
}

function convolved(lhs: NumericArray, rhs: NumericArray, problem: Problem): NumericArray {
  const shape = convolutionShape(problem.lhsShape, problem.rhsShape, problem.params);
  const out = allocateLike(lhs, elementCount(shape)).fill(7);
  convolve(lhs, problem.lhsShape, rhs, problem.rhsShape, problem.params, out);
  return out;
}

test("convolve equals its definition to the bit for random strides, dilations, padding and groups", () => {
  fc.assert(
    fc.property(problems, seeds, (problem, seed) => {
      const lhs = randomBuffer(elementCount(problem.lhsShape), seed);
      const rhs = randomBuffer(elementCount(problem.rhsShape), seed + 1);
      expect([...convolved(lhs, rhs, problem)]).toEqual(definition(lhs, rhs, problem, sumOfFloats));
    }),
    { numRuns: 400 },
  );
});

const singleOf = (length: number, seed: number): Float32Array => Float32Array.from(randomBuffer(length, seed));

test.each([
  ["few", problems, 100],
  ["hundreds of", deepProblems, 30],
])("float32 convolutions of %s terms add blocks of 256 terms in float32", (_, some, numRuns) => {
  fc.assert(
    fc.property(some, seeds, (problem, seed) => {
      const lhs = singleOf(elementCount(problem.lhsShape), seed);
      const rhs = singleOf(elementCount(problem.rhsShape), seed + 1);
      expect([...convolved(lhs, rhs, problem)]).toEqual(definition(lhs, rhs, problem, sumOfBlocks));
    }),
    { numRuns },
  );
});

test("the error of a float32 sum of 50,000 terms stays below 20 units in the last place of the sum of magnitudes", () => {
  const length = 50_000;
  const params = {
    strides: [1],
    padding: [[0, 0]],
    lhsDilation: [1],
    rhsDilation: [1],
    featureGroups: 1,
    batchGroups: 1,
  } as const;
  const lhs = singleOf(length, 3).map(Math.abs);
  const rhs = singleOf(length, 4).map(Math.abs);
  const exact = lhs.reduce((sum, x, k) => sum + x * rhs[k]!, 0);
  const shape = [1, 1, length];
  const [sum] = convolved(lhs, rhs, { lhsShape: shape, rhsShape: shape, params });
  expect(Math.abs(sum! / exact - 1)).toBeLessThan(20 * 2 ** -24);
});

test("integer convolutions wrap", () => {
  fc.assert(
    fc.property(problems, seeds, (problem, seed) => {
      const [lhs, rhs] = [problem.lhsShape, problem.rhsShape].map((shape, k) =>
        Int32Array.from(randomBuffer(elementCount(shape), seed + k), (x) => x * 2 ** 31),
      ) as [Int32Array, Int32Array];
      expect([...convolved(lhs, rhs, problem)]).toEqual(definition(lhs, rhs, problem, sumOfIntegers));
    }),
    { numRuns: 100 },
  );
});

function rearranged(source: NumericArray, { split, permutation, shape, reversed }: Rearrangement): NumericArray {
  const permuted = allocateLike(source, source.length);
  permute(source, split, permutation, permuted);
  const out = allocateLike(source, source.length);
  reverse(permuted, shape, reversed, out);
  return out;
}

function gradient(first: NumericArray, second: NumericArray, plan: ConvolutionGradient): NumericArray {
  const problem = { lhsShape: [...plan.lhs.shape], rhsShape: [...plan.rhs.shape], params: plan.params };
  return rearranged(convolved(rearranged(first, plan.lhs), rearranged(second, plan.rhs), problem), plan.result);
}

const inner = (x: NumericArray, y: NumericArray): number => {
  expect(x.length).toBe(y.length);
  return [...x].reduce((sum, element, k) => sum + element * y[k]!, 0);
};

test("both gradients are adjoints: <conv(x, w), y> = <x, inputGradient(y, w)> = <w, kernelGradient(x, y)>", () => {
  fc.assert(
    fc.property(problems, seeds, (problem, seed) => {
      const { lhsShape, rhsShape, params } = problem;
      const lhs = randomBuffer(elementCount(lhsShape), seed);
      const rhs = randomBuffer(elementCount(rhsShape), seed + 1);
      const cotangent = randomBuffer(elementCount(convolutionShape(lhsShape, rhsShape, params)), seed + 2);
      const pairing = inner(convolved(lhs, rhs, problem), cotangent);
      const forInput = gradient(cotangent, rhs, inputGradientParams(lhsShape, rhsShape, params));
      const forKernel = gradient(lhs, cotangent, kernelGradientParams(lhsShape, rhsShape, params));
      expect(inner(lhs, forInput)).toBeCloseTo(pairing, 9);
      expect(inner(rhs, forKernel)).toBeCloseTo(pairing, 9);
    }),
    { numRuns: 400 },
  );
});

test("both gradients equal central differences", () => {
  fc.assert(
    fc.property(
      problems.filter(({ lhsShape, rhsShape }) => elementCount(lhsShape) < 60 && elementCount(rhsShape) < 40),
      seeds,
      (problem, seed) => {
        const { lhsShape, rhsShape, params } = problem;
        const lhs = randomBuffer(elementCount(lhsShape), seed);
        const rhs = randomBuffer(elementCount(rhsShape), seed + 1);
        const cotangent = randomBuffer(elementCount(convolutionShape(lhsShape, rhsShape, params)), seed + 2);
        const pairing = (x: NumericArray, w: NumericArray): number => inner(convolved(x, w, problem), cotangent);
        const forInput = gradient(cotangent, rhs, inputGradientParams(lhsShape, rhsShape, params));
        const forKernel = gradient(lhs, cotangent, kernelGradientParams(lhsShape, rhsShape, params));
        // The pairing is linear in each argument, so a step of 1 has no truncation error.
        for (const k of lhs.keys()) {
          const difference = (pairing(lhs.with(k, lhs[k]! + 1), rhs) - pairing(lhs.with(k, lhs[k]! - 1), rhs)) / 2;
          expect(forInput[k]).toBeCloseTo(difference, 9);
        }
        for (const k of rhs.keys()) {
          const difference = (pairing(lhs, rhs.with(k, rhs[k]! + 1)) - pairing(lhs, rhs.with(k, rhs[k]! - 1))) / 2;
          expect(forKernel[k]).toBeCloseTo(difference, 9);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("a kernel of one tap scales the image, and a shifted tap shifts it", () => {
  const lhs = Float64Array.of(1, 2, 3, 4);
  const params = {
    strides: [1],
    padding: [[1, 1]] as const,
    lhsDilation: [1],
    rhsDilation: [1],
    featureGroups: 1,
    batchGroups: 1,
  };
  expect([...convolved(lhs, Float64Array.of(0, 2, 0), { lhsShape: [1, 1, 4], rhsShape: [1, 1, 3], params })]).toEqual([
    2, 4, 6, 8,
  ]);
  expect([...convolved(lhs, Float64Array.of(1, 0, 0), { lhsShape: [1, 1, 4], rhsShape: [1, 1, 3], params })]).toEqual([
    0, 1, 2, 3,
  ]);
});
