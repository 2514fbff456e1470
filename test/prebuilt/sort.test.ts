/**
 * Laws of prebuilt sort, argsort and searchSorted: equal to the bit with kernels/sorting.ts along any axis of any dtype, from
 * either end, with NaN, ties and zeros of both signs.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type NumericArray, elementCount } from "../../kernels/numeric-array.ts";
import { planSearchSorted } from "../../kernels/prebuilt/search-sorted.ts";
import { planSort } from "../../kernels/prebuilt/sort.ts";
import { argsortAxis, permuteAlongAxis, searchSortedLines } from "../../kernels/sorting.ts";
import { seeds } from "../kernels/arrays.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import { type AnyType, allTypes, arrayOf, differenceOf, drawn, draws, run, shapesWithAxis } from "./any-dtype.ts";

interface Problem {
  readonly shape: readonly number[];
  readonly axis: number;
  readonly descending: boolean;
}

/** Differences of order and of values. */
function differences(dtype: AnyType, x: NumericArray, { shape, axis, descending }: Problem): readonly string[] {
  const order = new Int32Array(x.length);
  argsortAxis(x, shape, axis, descending, order);
  const values = new arrayOf[dtype](x.length);
  permuteAlongAxis(x, order, shape, axis, values);
  return [
    differenceOf(run(planSort("argsort", dtype, shape, { axis, descending })!, [x], "int32", shape), order),
    differenceOf(run(planSort("sort", dtype, shape, { axis, descending })!, [x], dtype, shape), values),
  ];
}

const types = fc.constantFrom(...allTypes);

test("equal order and values along any axis, from either end, of any dtype and values", () => {
  fc.assert(
    fc.property(types, shapesWithAxis(0), fc.boolean(), draws, (dtype, { shape, axis }, descending, draw) => {
      const x = drawn(dtype, elementCount(shape), draw);
      expect(differences(dtype, x, { shape, axis, descending })).toEqual(["", ""]);
    }),
    { numRuns: 300 },
  );
});

test("short lines and long ones are sorted alike", () => {
  fc.assert(
    fc.property(types, fc.integer({ min: 60, max: 70 }), fc.boolean(), draws, (dtype, length, descending, draw) => {
      const x = drawn(dtype, 2 * length, draw);
      expect(differences(dtype, x, { shape: [2, length], axis: 1, descending })).toEqual(["", ""]);
      expect(differences(dtype, x, { shape: [length, 2], axis: 0, descending })).toEqual(["", ""]);
    }),
    { numRuns: 100 },
  );
});

test("values in a small range, which differ in few digits, are sorted", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<AnyType>("float64", "float32", "int32", "uint32"),
      fc.constantFrom(0, 300, 70_000, 2 ** 24),
      fc.constantFrom(1, 3, 256, 1000),
      fc.boolean(),
      seeds,
      (dtype, from, range, descending, seed) => {
        const draw = { seed, rarity: 0, kinds: range };
        const x = drawn(dtype, 200, draw).map((value) => from + (value | 0));
        expect(differences(dtype, x as NumericArray, { shape: [200], axis: 0, descending })).toEqual(["", ""]);
      },
    ),
    { numRuns: 100 },
  );
});

const sorted = (x: Float64Array<ArrayBuffer>, descending: boolean): readonly number[] => [
  ...run(planSort("sort", "float64", [x.length], { axis: 0, descending })!, [x], "float64", [x.length]),
];

test("zeros keep the order in which they came, NaN is last from either end", () => {
  for (const padding of [0, 100]) {
    const more = new Array<number>(padding).fill(7);
    const x = Float64Array.of(NaN, 0, -0, -1, 1, -0, -NaN, 0, ...more);
    expect(sorted(x, false)).toEqual([-1, 0, -0, -0, 0, 1, ...more, NaN, NaN]);
    expect(sorted(x, true)).toEqual([...more, 1, 0, -0, -0, 0, -1, NaN, NaN]);
  }
});

test("NaN of any sign and payload is equal to NaN", () => {
  const bits = new BigUint64Array([0x7ff8000000000000n, 0xfff8000000000001n, 0x7ff0000000000001n, 0n]);
  const x = new Float64Array(bits.buffer);
  for (const descending of [false, true]) {
    const call = planSort("argsort", "float64", [4], { axis: 0, descending })!;
    expect([...run(call, [x], "int32", [4])]).toEqual([3, 0, 1, 2]);
  }
});

test("a hundred thousand numbers come out in order", () => {
  const x = drawn("float64", 100_000, { seed: 3, rarity: 0, kinds: 0 }) as Float64Array<ArrayBuffer>;
  const out = sorted(x, false);
  expect(out).toEqual([...x].sort((left, right) => left - right));
});

test("equal places of keys, in lines that are sorted and in others", () => {
  fc.assert(
    fc.property(
      types,
      fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 6 })),
      fc.boolean(),
      fc.boolean(),
      draws,
      (dtype, [batch, length, keysPerLine], isRightSide, isSorted, draw) => {
        const x = drawn(dtype, batch * length, draw);
        const shape = [batch, length];
        const lines = isSorted
          ? run(planSort("sort", dtype, shape, { axis: 1, descending: false })!, [x], dtype, shape)
          : x;
        const keys = drawn(dtype, batch * keysPerLine, { ...draw, seed: draw.seed + 1 });
        const wanted = new Int32Array(keys.length);
        searchSortedLines(lines, length, keys, keysPerLine, isRightSide, wanted);
        const plan = planSearchSorted(dtype, [batch, length, keysPerLine], isRightSide)!;
        expect(differenceOf(run(plan, [lines, keys], "int32", [keys.length]), wanted)).toBe("");
      },
    ),
    { numRuns: 300 },
  );
});

test("modules are valid, import the memory alone, and use no relaxed instruction", () => {
  for (const dtype of allTypes)
    for (const { module } of [
      planSort("sort", dtype, [3], { axis: 0, descending: false })!,
      planSort("argsort", dtype, [3], { axis: 0, descending: false })!,
      planSearchSorted(dtype, [1, 2, 3], false)!,
    ]) {
      const text = disassemble(module.build());
      expect(text).not.toContain("relaxed");
      expect(text.match(/\(import[^\n]*/g)).toEqual([expect.stringContaining('(import "env" "memory"')]);
    }
});
