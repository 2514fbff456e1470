/** The prebuilt convolution equals the kernel in TypeScript to the bit, with every tile, whatever the shapes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import wabt from "wabt";
import { convolutionShape, convolve } from "../../kernels/convolution.ts";
import { elementCount } from "../../kernels/numeric-array.ts";
import { convolutionCalls, planConvolution } from "../../kernels/prebuilt/convolution-plan.ts";
import { convolution } from "../../kernels/prebuilt/convolution.ts";
import { instantiate, type PrebuiltCall } from "../../kernels/prebuilt/module.ts";
import { randomStream, seeds } from "../kernels/arrays.ts";
import { type Problem, patchProblems, problems, problemsWithin } from "../kernels/convolution-problems.ts";

const memory = new WebAssembly.Memory({ initial: 64 });
const functions = instantiate(convolution, memory);

type FloatType = "float64" | "float32";
type Floats = Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
const arrayOf = { float64: Float64Array, float32: Float32Array } as const;

/**
 * Runs a call between guards that it must not touch; scratch and result begin as noise. The scratch ends with the memory,
 * so that access past it traps.
 */
const run = (call: PrebuiltCall, lhs: Floats, rhs: Floats, length: number, dtype: FloatType): Floats => {
  const Floats = arrayOf[dtype];
  const size = Floats.BYTES_PER_ELEMENT;
  const guard = 64;
  const [x, w, y] = [guard, guard + lhs.length * size, guard + (lhs.length + rhs.length) * size] as const;
  const bytes = new Uint8Array(memory.buffer);
  const scratch = bytes.length - Math.ceil(call.scratchBytes / 16) * 16;
  const end = y + length * size;
  expect(end + guard).toBeLessThan(scratch - guard);
  bytes.fill(0xa5, 0, end + guard);
  bytes.fill(0xa5, scratch - guard);
  new Floats(memory.buffer, x, lhs.length).set(lhs);
  new Floats(memory.buffer, w, rhs.length).set(rhs);
  functions[call.function]!(...call.args({ operands: [x, w], results: [y], scratch }));
  const isNoise = (from: number): boolean => bytes.subarray(from, from + guard).every((byte) => byte === 0xa5);
  expect([0, end, scratch - guard].every(isNoise)).toBe(true);
  expect(new Floats(memory.buffer, x, lhs.length)).toEqual(lhs);
  expect(new Floats(memory.buffer, w, rhs.length)).toEqual(rhs);
  return new Floats(memory.buffer, y, length).slice();
};

const expectEqual = (problem: Problem, dtype: FloatType, lhs: Floats, rhs: Floats): void => {
  const { lhsShape, rhsShape, params } = problem;
  const length = elementCount(convolutionShape(lhsShape, rhsShape, params));
  const expected = new arrayOf[dtype](length);
  convolve(lhs, lhsShape, rhs, rhsShape, params, expected);
  for (const { tile, call } of convolutionCalls(dtype, lhsShape, rhsShape, params)) {
    expect(run(call, lhs, rhs, length, dtype), `tile ${tile}`).toEqual(expected);
  }
};

const wide = problemsWithin({ input: 40, window: 4, dilation: 2, images: 3, channels: 3, features: 12, terms: 50_000 });
const deep = problemsWithin({
  input: 9,
  window: 8,
  dilation: 2,
  images: 2,
  channels: 60,
  features: 2,
  terms: 100_000,
}).filter((problem) => {
  const { lhsShape, rhsShape, params } = problem;
  return elementCount(rhsShape.slice(1)) > 256 && elementCount(convolutionShape(lhsShape, rhsShape, params)) > 0;
});
const dtypes = fc.constantFrom<FloatType>("float64", "float32");

const drawn = (dtype: FloatType, shape: readonly number[], draw: () => number): Floats => {
  const floats = new arrayOf[dtype](elementCount(shape));
  return floats.map(draw);
};

test.each([
  ["small", problems, 150],
  ["wide", wide, 60],
  ["unpadded", patchProblems, 60],
  ["deep", deep, 40],
])("equal bits for %s convolutions, with every tile", (_, some, numRuns) => {
  fc.assert(
    fc.property(some, dtypes, seeds, (problem, dtype, seed) => {
      const draw = randomStream(seed);
      expectEqual(problem, dtype, drawn(dtype, problem.lhsShape, draw), drawn(dtype, problem.rhsShape, draw));
    }),
    { numRuns },
  );
});

test("equal bits for sums of thousands of terms", () => {
  const draw = randomStream(7);
  const params = {
    strides: [1, 1],
    padding: [[2, 2] as const, [2, 1] as const],
    lhsDilation: [1, 2],
    rhsDilation: [1, 1],
    featureGroups: 1,
    batchGroups: 1,
  };
  const problem: Problem = { lhsShape: [1, 120, 7, 6], rhsShape: [5, 120, 5, 5], params };
  for (const dtype of ["float64", "float32"] as const)
    expectEqual(problem, dtype, drawn(dtype, problem.lhsShape, draw), drawn(dtype, problem.rhsShape, draw));
});

test("equal bits for NaN, infinities, signed zeros, subnormals and overflows, in input, weights and at the padding", () => {
  const special = [NaN, Infinity, -Infinity, 0, -0, 5e-324, 1e-45, 1e300, 3e38, 1, -1, 2];
  fc.assert(
    fc.property(fc.oneof(problems, wide), dtypes, seeds, (problem, dtype, seed) => {
      const next = randomStream(seed);
      const rarity = 1 + 20 * Math.abs(next());
      const draw = (): number => {
        const k = Math.floor(((Math.abs(next()) * rarity) / 2) * special.length);
        return special[k] ?? next();
      };
      expectEqual(problem, dtype, drawn(dtype, problem.lhsShape, draw), drawn(dtype, problem.rhsShape, draw));
    }),
    { numRuns: 100 },
  );
});

test("an input whose NaN look like the mark of padding is no padding", () => {
  const params = {
    strides: [1],
    padding: [[1, 1] as const],
    lhsDilation: [1],
    rhsDilation: [1],
    featureGroups: 1,
    batchGroups: 1,
  };
  const problem: Problem = { lhsShape: [1, 1, 3], rhsShape: [1, 1, 2], params };
  const marked = new Float64Array(new BigUint64Array(3).fill(0x7ff8000000000001n).buffer);
  expectEqual(problem, "float64", marked, Float64Array.of(Infinity, 1));
  const single = new Float32Array(new Uint32Array(3).fill(0x7fc00001).buffer);
  expectEqual(problem, "float32", single, Float32Array.of(Infinity, 1));
});

test("nothing to add up, four axes and padding without measure are left to the kernel in TypeScript", () => {
  const plain = (axes: number, pad = 0) => ({
    strides: new Array<number>(axes).fill(1),
    padding: new Array<[number, number]>(axes).fill([pad, pad]),
    lhsDilation: new Array<number>(axes).fill(1),
    rhsDilation: new Array<number>(axes).fill(1),
    featureGroups: 1,
    batchGroups: 1,
  });
  const plan = (lhsShape: number[], rhsShape: number[], params = plain(lhsShape.length - 2)): PrebuiltCall | null =>
    planConvolution("float64", lhsShape, rhsShape, params);
  expect(plan([1, 0, 4], [2, 0, 3])).toBeNull();
  expect(plan([0, 1, 4], [2, 1, 3])).toBeNull();
  expect(plan([1, 1, 2], [1, 1, 3])).toBeNull();
  expect(plan([1, 1, 3, 3, 3, 3], [1, 1, 2, 2, 2, 2])).toBeNull();
  expect(plan([1, 1, 3, 3, 3, 3], [1, 1, 2, 1, 1, 2])).not.toBeNull();
  expect(plan([1, 1, 3, 3], [1, 1, 1, 1], plain(2, 5))).not.toBeNull();
  expect(plan([1, 1], [1, 1])).not.toBeNull();
  const apart = { ...plain(2, 50_000), rhsDilation: [100_000, 100_000] };
  expect(plan([1, 1, 3, 3], [1, 1, 2, 2], apart)).toBeNull();
});

test("the module is valid, says wabt", async () => {
  const { readWasm } = await wabt();
  const module = readWasm(convolution.build(), { simd: true, bulk_memory: true });
  expect(() => module.validate()).not.toThrow();
  module.destroy();
});
