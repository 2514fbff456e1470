/** The prebuilt resizing kernel equals that in TypeScript to the bit: weights, forward and transposed, whatever the axes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import wabt from "wabt";
import { elementCount } from "../../kernels/numeric-array.ts";
import { instantiate } from "../../kernels/prebuilt/module.ts";
import { planResize } from "../../kernels/prebuilt/resampling-plan.ts";
import { resampling } from "../../kernels/prebuilt/resampling.ts";
import { type ResizeMethod, type ResizeParams, resample } from "../../kernels/resampling.ts";
import { randomStream, seeds } from "../kernels/arrays.ts";
import { type FloatType, type Floats, arrayOf, expectSame, runGuarded, specialNumbers } from "./guarded.ts";

const memory = new WebAssembly.Memory({ initial: 64 });
const functions = instantiate(resampling, memory);

const problemsWithin = (rank: number, size: number, elements: number): fc.Arbitrary<ResizeParams> =>
  fc
    .record({
      axes: fc.array(
        fc
          .tuple(fc.integer({ min: 1, max: size }), fc.integer({ min: 0, max: size }), fc.boolean())
          .map(([from, to, isKept]) => [from, isKept ? from : to] as const),
        { minLength: 1, maxLength: rank },
      ),
      method: fc.constantFrom<ResizeMethod>("nearest", "linear", "cubic"),
      antialias: fc.boolean(),
      isTransposed: fc.boolean(),
    })
    .map(({ axes, ...rest }) => ({ from: axes.map(([from]) => from), to: axes.map(([, to]) => to), ...rest }))
    .filter(({ from, to }) => elementCount(from) + elementCount(to) <= elements);

const small = problemsWithin(4, 7, 20_000);
const wide = problemsWithin(3, 40, 40_000);
const long = problemsWithin(1, 3000, 10_000);
const dtypes = fc.constantFrom<FloatType>("float64", "float32");

/** Expects equal results if there is a plan; says whether there is. */
const expectEqual = (params: ResizeParams, dtype: FloatType, draw: () => number): boolean => {
  const [own, made] = params.isTransposed ? [params.to, params.from] : [params.from, params.to];
  const call = planResize(dtype, params);
  if (call === null) return false;
  const x: Floats = new arrayOf[dtype](elementCount(own)).map(draw);
  const expected = new arrayOf[dtype](elementCount(made));
  resample(x, params, expected);
  expectSame(runGuarded(memory, functions, call, [x], expected.length), expected, "resize");
  return true;
};

test.each([
  ["small", small, 300],
  ["wide", wide, 150],
  ["long", long, 80],
])("equal bits for %s problems", (_, problems, numRuns) => {
  let planned = 0;
  fc.assert(
    fc.property(problems, dtypes, seeds, (problem, dtype, seed) => {
      planned += Number(expectEqual(problem, dtype, randomStream(seed)));
    }),
    { numRuns },
  );
  expect(planned).toBeGreaterThan(numRuns / 3);
});

test("equal bits for NaN, infinities, signed zeros, subnormals and overflows", () => {
  fc.assert(
    fc.property(fc.oneof(small, wide), dtypes, seeds, (problem, dtype, seed) => {
      const next = randomStream(seed);
      expectEqual(problem, dtype, () => specialNumbers[Math.floor((next() + 1) * specialNumbers.length)] ?? next());
    }),
    { numRuns: 150 },
  );
});

test("integers, nothing to do and four axes that change are left to the kernel in TypeScript", () => {
  const params = { from: [2, 2], to: [4, 3], method: "nearest", antialias: true, isTransposed: false } as const;
  expect(planResize("float32", params)).not.toBeNull();
  expect(planResize("int32", params)).toBeNull();
  expect(planResize("float32", { ...params, to: [2, 2] })).toBeNull();
  expect(planResize("float32", { ...params, to: [4, 0] })).toBeNull();
  expect(planResize("float32", { ...params, from: [2, 2, 2, 2], to: [3, 3, 3, 3] })).toBeNull();
  expect(planResize("float32", { ...params, from: [2, 2, 2, 2], to: [3, 2, 3, 3] })).not.toBeNull();
});

test("the module is valid, says wabt", async () => {
  const { readWasm } = await wabt();
  const module = readWasm(resampling.build(), { simd: true, bulk_memory: true });
  expect(() => module.validate()).not.toThrow();
  module.destroy();
});
