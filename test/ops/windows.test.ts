/**
 * The window family where its laws do not look: against convolution by ones, in long windows, in integers, and refusals.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createArray } from "../../src/array/create.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { convolution } from "../../ops/convolution.ts";
import { reshape } from "../../ops/shape.ts";
import { type WindowParams, putExtrema, takeExtrema, windowMax, windowMin, windowSum } from "../../ops/windows.ts";
import { describeRules } from "./linear-rules.ts";

describeRules(windowSum.primitive, false);

const line = (length: number, changes: Partial<WindowParams> = {}): WindowParams => ({
  window: [length],
  strides: [1],
  padding: [[0, 0]],
  baseDilation: [1],
  windowDilation: [1],
  ...changes,
});

const numbersOf = (x: NDArray): number[] => [...(x.toList() as number[])];

test("a window sum is a convolution by ones, with every stride, padding and dilation of both", () => {
  const axis = fc.record({
    extent: fc.integer({ min: 1, max: 6 }),
    window: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: -1, max: 3 })),
    baseDilation: fc.integer({ min: 1, max: 3 }),
    windowDilation: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(axis, { minLength: 1, maxLength: 2 }), (axes) => {
      const shape = axes.map(({ extent }) => extent);
      const window = axes.map((each) => each.window);
      const strides = axes.map(({ stride }) => stride);
      const padding = axes.map((each) => each.padding);
      const baseDilation = axes.map((each) => each.baseDilation);
      const windowDilation = axes.map((each) => each.windowDilation);
      const count = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);
      // whole numbers, so that both sums are exact
      const x = createArray(
        Float64Array.from({ length: count(shape) }, (_, k) => ((k * 37) % 11) - 5),
        { shape },
      );
      const ones = createArray(new Float64Array(count(window)).fill(1), { shape: [1, 1, ...window] });
      const summed = windowSum(x, { window, strides, padding, baseDilation, windowDilation });
      const convolved = convolution(reshape(x, { shape: [1, 1, ...shape] }), ones, {
        strides,
        padding,
        lhsDilation: baseDilation,
        rhsDilation: windowDilation,
        featureGroups: 1,
        batchGroups: 1,
      });
      expect(summed.toList()).toEqual(reshape(convolved, { shape: summed.shape }).toList());
    }),
    { numRuns: 200 },
  );
});

test("a long window of float32 loses no digits: a million tenths are a hundred thousand", () => {
  const tenth = Math.fround(0.1);
  const x = createArray(new Float32Array(1_000_000).fill(tenth), { shape: [1_000_000] });
  const [sum] = numbersOf(windowSum(x, line(1_000_000)));
  expect(Math.abs(sum! / (1e6 * tenth) - 1)).toBeLessThan(1e-6);
});

test("sums of integers wrap, extrema of integers are exact", () => {
  const x = createArray(Int32Array.of(2 ** 31 - 1, 1, -(2 ** 31)), { shape: [3] });
  expect(numbersOf(windowSum(x, line(2)))).toEqual([-(2 ** 31), 1 - 2 ** 31]);
  expect(numbersOf(windowMax(x, line(2)))).toEqual([2 ** 31 - 1, 1]);
  const y = createArray(Uint32Array.of(2 ** 32 - 1, 2, 7), { shape: [3] });
  expect(numbersOf(windowSum(y, line(2)))).toEqual([1, 9]);
  expect(numbersOf(windowMin(y, line(2)))).toEqual([2, 2]);
});

test("an element alone under a window stays as it is, to the sign of its zero", () => {
  const x = createArray([-0, 3]);
  expect(numbersOf(windowSum(x, line(1, { strides: [2] })))).toEqual([-0]);
  expect(numbersOf(windowSum(x, line(1, { padding: [[1, 0]] })))).toEqual([0, -0, 3]);
});

test("windows over dilated elements skip the gaps", () => {
  const x = createArray([3, 1, 2]);
  const params = line(2, { baseDilation: [2] });
  expect(numbersOf(windowMax(x, params))).toEqual([3, 1, 1, 2]);
  expect(numbersOf(windowMin(x, line(3, { baseDilation: [2] })))).toEqual([1, 1, 1]);
});

test("taken and put elements stand where the extremum is, first among equals, NaN before all", () => {
  const x = createArray([4, 4, NaN, NaN, 1]);
  const values = createArray([10, 20, 30, 40, 50]);
  const params = { ...line(2), extremum: "max" } as const;
  expect(numbersOf(takeExtrema(x, values, params))).toEqual([10, 30, 30, 40]);
  expect(numbersOf(putExtrema(x, createArray([1, 2, 3, 4]), params))).toEqual([1, 0, 5, 4, 0]);
  const padded = { ...params, padding: [[2, 0]] as const };
  expect(numbersOf(takeExtrema(x, values, padded))).toEqual([0, 10, 10, 30, 30, 40]);
});

test("parameters and operands that do not fit are refused with what they lack", () => {
  const x = createArray([1, 2, 3]);
  expect(() => windowSum(x, line(2, { strides: [] }))).toThrow(/0 entries in strides for shape \[3\]/);
  expect(() => windowSum(x, line(0))).toThrow(/whole numbers from 1/);
  expect(() => windowMax(x, line(2, { padding: [[0.5, 0]] }))).toThrow(/paddings whole numbers/);
  expect(() => windowSum(createArray([true, false]), line(2))).toThrow(/convert booleans/);
  const params = { ...line(2), extremum: "max" } as const;
  expect(() => takeExtrema(x, createArray([1, 2]), params)).toThrow(/float64\[2\] where float64\[3\] belongs/);
  expect(() => putExtrema(x, x, params)).toThrow(/float64\[3\] where float64\[2\] belongs/);
});
