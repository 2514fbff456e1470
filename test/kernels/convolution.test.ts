/**
 * Laws of the convolution: equal to its definition to the bit, and each gradient is its adjoint.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type ConvolutionGradient,
  type ConvolutionParams,
  type Rearrangement,
  convolutionShape,
  convolve,
  inputGradientParams,
  kernelGradientParams,
} from "../../kernels/convolution.ts";
import { permute, reverse } from "../../kernels/gather.ts";
import { allocateLike, elementCount, type NumericArray } from "../../kernels/numeric-array.ts";
import { flatIndex, indicesOf, randomBuffer, seeds } from "./arrays.ts";

type Problem = { readonly lhsShape: number[]; readonly rhsShape: number[]; readonly params: ConvolutionParams };

const axisSettings = fc.record({
  input: fc.integer({ min: 0, max: 6 }),
  window: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 4 }),
  low: fc.integer({ min: -3, max: 4 }),
  high: fc.integer({ min: -3, max: 4 }),
  lhsDilation: fc.integer({ min: 1, max: 4 }),
  rhsDilation: fc.integer({ min: 1, max: 4 }),
});

const problems: fc.Arbitrary<Problem> = fc
  .tuple(
    fc.array(axisSettings, { maxLength: 3 }),
    fc.constantFrom([1, 1], [2, 1], [3, 1], [1, 2], [1, 3]),
    fc.nat(2),
    fc.nat(2),
    fc.integer({ min: 1, max: 2 }),
  )
  .map(([axes, groups, images, channels, features]) => {
    const [featureGroups, batchGroups] = groups as [number, number];
    return {
      lhsShape: [images * batchGroups, channels * featureGroups, ...axes.map((axis) => axis.input)],
      rhsShape: [features * featureGroups * batchGroups, channels, ...axes.map((axis) => axis.window)],
      params: {
        strides: axes.map((axis) => axis.stride),
        padding: axes.map((axis): [number, number] => [axis.low, axis.high]),
        lhsDilation: axes.map((axis) => axis.lhsDilation),
        rhsDilation: axes.map((axis) => axis.rhsDilation),
        featureGroups,
        batchGroups,
      },
    };
  })
  .filter(
    ({ lhsShape, rhsShape, params }) =>
      elementCount(convolutionShape(lhsShape, rhsShape, params)) * elementCount(rhsShape) < 20_000,
  );

type Add = (sum: number, x: number, y: number) => number;
const addFloat: Add = (sum, x, y) => sum + x * y;

function definition(lhs: NumericArray, rhs: NumericArray, { lhsShape, rhsShape, params }: Problem, add: Add): number[] {
  const outShape = convolutionShape(lhsShape, rhsShape, params);
  return indicesOf(outShape).map(([image, feature, ...place]) => {
    const group = Math.floor(feature! / (outShape[1]! / (params.featureGroups * params.batchGroups)));
    const firstChannel = params.featureGroups > 1 ? group * rhsShape[1]! : 0;
    const firstImage = params.batchGroups > 1 ? group * outShape[0]! : 0;
    let sum = 0;
    for (const [channel, ...tap] of indicesOf(rhsShape.slice(1))) {
      const steps = tap.map(
        (t, axis) =>
          (place[axis]! * params.strides[axis]! + t * params.rhsDilation[axis]! - params.padding[axis]![0]) /
          params.lhsDilation[axis]!,
      );
      const isInside = steps.every((step, axis) => Number.isInteger(step) && step >= 0 && step < lhsShape[axis + 2]!);
      if (!isInside) continue;
      const at = flatIndex([firstImage + image!, firstChannel + channel!, ...steps], lhsShape);
      sum = add(sum, lhs[at]!, rhs[flatIndex([feature!, channel!, ...tap], rhsShape)]!);
    }
    return sum;
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
      expect([...convolved(lhs, rhs, problem)]).toEqual(definition(lhs, rhs, problem, addFloat));
    }),
    { numRuns: 400 },
  );
});

test("float32 convolutions round once and integer ones wrap", () => {
  fc.assert(
    fc.property(problems, seeds, (problem, seed) => {
      const lhs = randomBuffer(elementCount(problem.lhsShape), seed);
      const rhs = randomBuffer(elementCount(problem.rhsShape), seed + 1);
      const [lhsSingle, rhsSingle] = [Float32Array.from(lhs), Float32Array.from(rhs)];
      expect([...convolved(lhsSingle, rhsSingle, problem)]).toEqual(
        definition(lhsSingle, rhsSingle, problem, addFloat).map(Math.fround),
      );
      const [lhsInteger, rhsInteger] = [lhs, rhs].map((buffer) => Int32Array.from(buffer, (x) => x * 2 ** 31)) as [
        Int32Array,
        Int32Array,
      ];
      expect([...convolved(lhsInteger, rhsInteger, problem)]).toEqual(
        definition(lhsInteger, rhsInteger, problem, (sum, x, y) => (sum + Math.imul(x, y)) | 0),
      );
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
