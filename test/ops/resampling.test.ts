/**
 * The resampling family where its laws do not look: in float32, in integers, at far ends, and refusals.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { resamplingTaps, transposedTaps } from "../../kernels/resampling.ts";
import { createArray } from "../../src/array/create.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { type ResizeMethod, type ResizeParams, resize } from "../../ops/resampling.ts";
import { describeRules } from "./linear-rules.ts";

describeRules(resize.primitive, false);

const numbersOf = (x: NDArray): number[] => [...(x.toList() as number[])];

const along = (from: number, to: number, changes: Partial<ResizeParams> = {}): ResizeParams => ({
  from: [from],
  to: [to],
  method: "linear",
  antialias: true,
  isTransposed: false,
  ...changes,
});

const methods = fc.constantFrom<ResizeMethod>("nearest", "linear", "cubic");
const sizes = fc.integer({ min: 1, max: 300 });

test("weights of every result sum to one, and read by columns they are the same weights", () => {
  fc.assert(
    fc.property(sizes, sizes, methods, fc.boolean(), (input, results, method, antialias) => {
      const taps = resamplingTaps(input, results, method, antialias);
      const columns = transposedTaps(taps, input);
      const read = new Map<string, number>();
      for (let result = 0; result < results; result += 1) {
        let total = 0;
        for (let k = 0; k < taps.count[result]!; k += 1) {
          const weight = taps.weights[taps.starts[result]! + k]!;
          total += weight;
          read.set(`${result} ${taps.first[result]! + k}`, weight);
        }
        expect(Math.abs(total - 1)).toBeLessThan((taps.count[result]! + 2) * 2 ** -52);
      }
      let entries = 0;
      const differing: string[] = [];
      for (let element = 0; element < input; element += 1)
        for (let k = 0; k < columns.count[element]!; k += 1, entries += 1) {
          const place = `${columns.first[element]! + k} ${element}`;
          if (!Object.is(columns.weights[columns.starts[element]! + k], read.get(place))) differing.push(place);
        }
      expect([differing, entries]).toEqual([[], read.size]);
    }),
    { numRuns: 60 },
  );
});

test("float32 is float64 to a few roundings, however many elements join", () => {
  fc.assert(
    fc.property(sizes, sizes, methods, fc.boolean(), (from, to, method, isTransposed) => {
      const length = isTransposed ? to : from;
      const numbers = Float32Array.from({ length }, (_, k) => 1 + Math.abs(Math.sin(k)));
      const params = along(from, to, { method, isTransposed });
      const single = numbersOf(resize(createArray(numbers, { shape: [length] }), params));
      const double = numbersOf(resize(createArray(Float64Array.from(numbers), { shape: [length] }), params));
      double.forEach((x, k) => expect(Math.abs(single[k]! - x)).toBeLessThan(1.5e-6 * (1 + Math.abs(x))));
    }),
    { numRuns: 60 },
  );
});

test("a long axis shrinks to its mean", () => {
  const x = createArray(
    Float32Array.from({ length: 100_000 }, (_, k) => k % 2),
    { shape: [100_000] },
  );
  expect(Math.abs(numbersOf(resize(x, along(100_000, 1)))[0]! - 0.5)).toBeLessThan(1e-6);
});

test("nearest is exact in whole numbers: no result falls to a neighbour by rounding", () => {
  for (const [from, to] of [
    [3, 7],
    [49, 98],
    [1000, 3000],
    [12_345, 67_890],
  ] as const) {
    const x = createArray(
      Int32Array.from({ length: from }, (_, k) => k),
      { shape: [from] },
    );
    const wanted = Array.from({ length: to }, (_, j) => Number((BigInt(2 * j + 1) * BigInt(from)) / BigInt(2 * to)));
    expect(numbersOf(resize(x, along(from, to, { method: "nearest" })))).toEqual(wanted);
  }
});

test("integers move by nearest, and transposed they add up and wrap", () => {
  const x = createArray(Int32Array.of(2 ** 31 - 1, 1, 5, 7), { shape: [4] });
  expect(numbersOf(resize(x, along(4, 2, { method: "nearest" })))).toEqual([1, 7]);
  const transposed = along(2, 4, { method: "nearest", isTransposed: true });
  expect(numbersOf(resize(x, transposed))).toEqual([-(2 ** 31), 12]);
});

test("operands that do not fit are refused with what they lack", () => {
  const x = createArray([1, 2, 3]);
  expect(() => resize(x, along(2, 4))).toThrow(/float64\[3\] from \[2\] to \[4\]/);
  expect(() => resize(x, along(2, 4, { isTransposed: true }))).toThrow(/transposed/);
  expect(() => resize(createArray([]), along(0, 4))).toThrow(/size 0 has no elements/);
  expect(() => resize(createArray(Int32Array.of(1), { shape: [1] }), along(1, 4))).toThrow(/convert with astype/);
});
