/**
 * Laws of prebuilt argmax and argmin: equal with kernels/reduction.ts along any axis of any dtype, with NaN, ties and zeros
 * wherever they stand.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { elementCount } from "../../kernels/numeric-array.ts";
import { planArgument } from "../../kernels/prebuilt/argument.ts";
import { argmax, argmin } from "../../kernels/reduction.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import { type AnyType, allTypes, arrayOf, differenceOf, drawn, draws, run, shapesWithAxis } from "./any-dtype.ts";

const names = ["argmax", "argmin"] as const;
const kernels = { argmax, argmin } as const;
type Values = InstanceType<(typeof arrayOf)[AnyType]>;

function difference(
  name: (typeof names)[number],
  dtype: AnyType,
  x: Values,
  shape: readonly number[],
  axis: number,
): string {
  const kept = shape.toSpliced(axis, 1);
  const wanted = new Int32Array(elementCount(kept));
  kernels[name](x, shape, axis, wanted);
  return differenceOf(run(planArgument(name, dtype, shape, axis)!, [x], "int32", kept), wanted);
}

test("equal indices along any axis, of any dtype and values", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.constantFrom(...allTypes),
      shapesWithAxis(0).filter(({ shape, axis }) => shape[axis]! > 0),
      draws,
      (name, dtype, { shape, axis }, draw) => {
        const x = drawn(dtype, elementCount(shape), draw) as Values;
        expect(difference(name, dtype, x, shape, axis)).toBe("");
      },
    ),
    { numRuns: 500 },
  );
});

test("tiles of columns fit together, whatever is left over", () => {
  for (const dtype of allTypes)
    for (const columns of [511, 512, 513, 1023, 1025, 1027]) {
      const x = drawn(dtype, 6 * columns, { seed: columns, rarity: 0, kinds: 0 }) as Values;
      expect([columns, difference("argmax", dtype, x, [6, columns], 0)]).toEqual([columns, ""]);
    }
});

/** A row of zeros but for some places. */
const rowWith = (
  length: number,
  entries: readonly (readonly [place: number, value: number])[],
): Float32Array<ArrayBuffer> => {
  const row = new Float32Array(length);
  for (const [place, value] of entries) row[place] = value;
  return row;
};

const found = (row: Float32Array<ArrayBuffer>, name: (typeof names)[number] = "argmax"): number =>
  run(planArgument(name, "float32", [row.length], 0)!, [row], "int32", [])[0]!;

test("in long rows the first of equals is found, whatever block it stands in", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.array(fc.nat(4999), { minLength: 1, maxLength: 4 }),
      (length, places) => {
        const inside = places.map((place) => place % length);
        const row = rowWith(
          length,
          inside.map((place) => [place, 1]),
        );
        expect(found(row)).toBe(Math.min(...inside));
        expect(
          found(
            row.map((x) => -x),
            "argmin",
          ),
        ).toBe(Math.min(...inside));
      },
    ),
    { numRuns: 200 },
  );
});

test("the first NaN is found before any number, and infinities of both signs are no NaN", () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 4000 }), fc.nat(3999), fc.nat(3999), (length, first, second) => {
      const [low, high] = [first % length, second % length];
      expect(
        found(
          rowWith(length, [
            [high, Infinity],
            [low, NaN],
          ]),
        ),
      ).toBe(low);
      const infinite = rowWith(length, [
        [low, -Infinity],
        [high, Infinity],
      ]);
      expect(found(infinite)).toBe(high);
      if (low !== high) expect(found(infinite, "argmin")).toBe(low);
    }),
    { numRuns: 200 },
  );
});

test("zeros of different sign tie, and rows of infinity have their extremum at the start", () => {
  expect(found(Float32Array.of(-0, 0, -0))).toBe(0);
  expect(found(Float32Array.of(0, -0), "argmin")).toBe(0);
  for (const length of [3, 40, 3000]) {
    expect(found(new Float32Array(length).fill(-Infinity))).toBe(0);
    expect(found(new Float32Array(length).fill(Infinity), "argmin")).toBe(0);
  }
});

test("modules are valid, import the memory alone, and use no relaxed instruction", () => {
  for (const dtype of allTypes)
    for (const [shape, axis] of [
      [[3], 0],
      [[20], 0],
      [[2, 2], 0],
    ] as const) {
      const text = disassemble(planArgument("argmin", dtype, shape, axis)!.module.build());
      expect(text).not.toContain("relaxed");
      expect(text.match(/\(import[^\n]*/g)).toEqual([expect.stringContaining('(import "env" "memory"')]);
    }
});
