/** The prebuilt window kernels equal those in TypeScript to the bit, whatever the axes, strides, paddings and dilations. */
import fc from "fast-check";
import { expect, test } from "vitest";
import wabt from "wabt";
import { elementCount } from "../../kernels/numeric-array.ts";
import { instantiate, type PrebuiltCall } from "../../kernels/prebuilt/module.ts";
import { planExtrema, planWindows } from "../../kernels/prebuilt/windows-plan.ts";
import { windows } from "../../kernels/prebuilt/windows.ts";
import { type Extremum, putExtrema, takeExtrema } from "../../kernels/window-extrema.ts";
import { reduceWindows } from "../../kernels/window-reduction.ts";
import { type WindowParams, windowShape } from "../../kernels/windows.ts";
import { randomStream, seeds } from "../kernels/arrays.ts";
import { type FloatType, type Floats, arrayOf, expectSame, runGuarded, specialNumbers } from "./guarded.ts";

const memory = new WebAssembly.Memory({ initial: 64 });
const functions = instantiate(windows, memory);

interface Problem {
  readonly shape: readonly number[];
  readonly params: WindowParams;
}

interface Limits {
  readonly rank: number;
  readonly size: number;
  readonly window: number;
  readonly elements: number;
}

/** Axes of which about half have no work to do, with a size that may be 0. */
const problemsWithin = ({ rank, size, window, elements }: Limits): fc.Arbitrary<Problem> =>
  fc
    .array(
      fc.oneof(
        fc.record({
          extent: fc.integer({ min: 0, max: size }),
          window: fc.integer({ min: 1, max: window }),
          stride: fc.integer({ min: 1, max: 3 }),
          padding: fc.tuple(fc.integer({ min: -2, max: 3 }), fc.integer({ min: -2, max: 3 })),
          baseDilation: fc.integer({ min: 1, max: 3 }),
          windowDilation: fc.integer({ min: 1, max: 3 }),
        }),
        fc.integer({ min: 1, max: size }).map((extent) => ({
          extent,
          window: 1,
          stride: 1,
          padding: [0, 0] as [number, number],
          baseDilation: 1,
          windowDilation: 1,
        })),
      ),
      { minLength: 1, maxLength: rank },
    )
    .map((axes) => ({
      shape: axes.map((axis) => axis.extent),
      params: {
        window: axes.map((axis) => axis.window),
        strides: axes.map((axis) => axis.stride),
        padding: axes.map((axis) => axis.padding),
        baseDilation: axes.map((axis) => axis.baseDilation),
        windowDilation: axes.map((axis) => axis.windowDilation),
      },
    }))
    .filter(({ shape, params }) => elementCount(shape) + elementCount(windowShape(shape, params)) <= elements);

const small = problemsWithin({ rank: 4, size: 6, window: 4, elements: 20_000 });
const wide = problemsWithin({ rank: 3, size: 40, window: 5, elements: 40_000 });
const tall = problemsWithin({ rank: 2, size: 200, window: 150, elements: 20_000 });
const dtypes = fc.constantFrom<FloatType>("float64", "float32");

/** Expects equal results of every kernel that has a plan; returns how many had. */
const expectEqual = ({ shape, params }: Problem, dtype: FloatType, draw: () => number): number => {
  const [size, results] = [elementCount(shape), elementCount(windowShape(shape, params))];
  const drawn = (length: number): Floats => new arrayOf[dtype](length).map(draw);
  const [x, values, cotangents] = [drawn(size), drawn(size), drawn(results)];
  const made = (length: number, write: (out: Floats) => void): Floats => {
    const out = new arrayOf[dtype](length);
    write(out);
    return out;
  };
  let planned = 0;
  const compare = (name: string, call: PrebuiltCall | null, operands: readonly Floats[], expected: Floats): void => {
    if (call === null) return;
    planned += 1;
    expectSame(runGuarded(memory, functions, call, operands, expected.length), expected, name);
  };
  for (const kind of ["sum", "max", "min"] as const) {
    const expected = made(results, (out) => reduceWindows(x, shape, params, kind, out));
    compare(kind, planWindows(dtype, shape, params, kind), [x], expected);
  }
  for (const extremum of ["max", "min"] satisfies Extremum[]) {
    const taken = made(results, (out) => takeExtrema(x, values, shape, params, extremum, out));
    compare(`take ${extremum}`, planExtrema("take", dtype, shape, params, extremum), [x, values], taken);
    const put = made(size, (out) => putExtrema(x, cotangents, shape, params, extremum, out));
    compare(`put ${extremum}`, planExtrema("put", dtype, shape, params, extremum), [x, cotangents], put);
  }
  return planned;
};

test.each([
  ["small", small, 250],
  ["wide", wide, 60],
  ["tall", tall, 60],
])("equal bits for %s problems", (_, problems, numRuns) => {
  let planned = 0;
  fc.assert(
    fc.property(problems, dtypes, seeds, (problem, dtype, seed) => {
      planned += expectEqual(problem, dtype, randomStream(seed));
    }),
    { numRuns },
  );
  expect(planned).toBeGreaterThan(numRuns / 2);
});

test("equal bits for NaN, infinities, signed zeros, ties, subnormals and overflows", () => {
  fc.assert(
    fc.property(fc.oneof(small, wide), dtypes, seeds, (problem, dtype, seed) => {
      const next = randomStream(seed);
      const draw = (): number =>
        specialNumbers[Math.floor((next() + 1) * specialNumbers.length)] ?? Math.round(3 * next());
      expectEqual(problem, dtype, draw);
    }),
    { numRuns: 150 },
  );
});

/** Windows of an image that are usual: [N, H, W, C] or [N, C, H, W]. */
const pooling = (
  shape: readonly number[],
  axes: readonly number[],
  window: number,
  stride: number,
  pad = 0,
): Problem => {
  const along = (value: number): number[] => shape.map((_, axis) => (axes.includes(axis) ? value : 1));
  return {
    shape,
    params: {
      window: along(window),
      strides: along(stride),
      padding: shape.map((_, axis) => (axes.includes(axis) ? [pad, pad] : [0, 0])),
      baseDilation: along(1),
      windowDilation: along(1),
    },
  };
};

test("the windows of pooling have plans, in both layouts, with few and with many channels, planes and axes", () => {
  const draw = randomStream(3);
  const problems = [
    pooling([2, 12, 10, 16], [1, 2], 2, 2),
    pooling([2, 12, 10, 3], [1, 2], 3, 2, 1),
    pooling([2, 5, 12, 10], [2, 3], 2, 2),
    pooling([1, 1, 13, 11], [2, 3], 3, 1, 1),
    pooling([2, 3, 6, 5, 7], [2, 3, 4], 3, 2, 1),
    pooling([100], [0], 70, 3, 5),
    pooling([3, 4, 5], [0, 2], 2, 1, 1),
  ];
  for (const problem of problems)
    for (const dtype of ["float64", "float32"] as const) expect(expectEqual(problem, dtype, draw)).toBe(7);
});

test("integers, nothing to do, four axes and numbers beyond 32 bits are left to the kernel in TypeScript", () => {
  const plan = (dtype: string, { shape, params }: Problem): PrebuiltCall | null =>
    planWindows(dtype, shape, params, "sum");
  expect(plan("int32", pooling([4, 4], [1], 2, 2))).toBeNull();
  expect(plan("float64", pooling([4, 4], [], 2, 2))).toBeNull();
  expect(plan("float64", pooling([0, 4], [1], 2, 2))).toBeNull();
  expect(plan("float64", pooling([4, 4], [1], 5, 1))).toBeNull();
  expect(plan("float64", pooling([3, 3, 3, 3], [0, 1, 2, 3], 2, 1))).toBeNull();
  expect(plan("float64", pooling([4, 4], [1], 3, 1, 2 ** 29))).toBeNull();
  expect(plan("float64", pooling([4, 4], [1], 2, 2))).not.toBeNull();
});

test("the module is valid, says wabt", async () => {
  const { readWasm } = await wabt();
  const module = readWasm(windows.build(), { simd: true, bulk_memory: true });
  expect(() => module.validate()).not.toThrow();
  module.destroy();
});
