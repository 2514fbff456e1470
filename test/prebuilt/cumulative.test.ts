/**
 * Laws of prebuilt running quantities: equal to the bit with kernels/cumulative.ts along any axis, from either end, for any
 * values; they read their operands only, and write their result and scratch only.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as kernels from "../../kernels/cumulative.ts";
import type { CumulativeKind } from "../../kernels/cumulative.ts";
import { elementCount } from "../../kernels/numeric-array.ts";
import { planCumulative } from "../../kernels/prebuilt/cumulative.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import {
  type AnyType,
  type Draw,
  arrayOf,
  differenceOf,
  drawn,
  draws,
  numberTypes,
  run,
  shapesWithAxis,
} from "./any-dtype.ts";

const kernelOf = {
  sum: kernels.cumulativeSum,
  product: kernels.cumulativeProduct,
  max: kernels.cumulativeMax,
  min: kernels.cumulativeMin,
  logSumExp: kernels.cumulativeLogSumExp,
} as const;
const kinds: readonly CumulativeKind[] = ["sum", "product", "max", "min", "logSumExp", "recurrence"];
const typesOf = (kind: CumulativeKind): readonly AnyType[] =>
  kind === "logSumExp" ? numberTypes.slice(0, 2) : numberTypes;

interface Problem {
  readonly shape: readonly number[];
  readonly axis: number;
  readonly reverse: boolean;
}

function difference(kind: CumulativeKind, dtype: AnyType, { shape, axis, reverse }: Problem, draw: Draw): string {
  const count = elementCount(shape);
  const x = drawn(dtype, count, draw);
  const operands = kind === "recurrence" ? [drawn(dtype, count, { ...draw, seed: draw.seed + 1 }), x] : [x];
  const wanted = new arrayOf[dtype](count);
  if (kind === "recurrence") kernels.linearRecurrence(operands[0]!, x, shape, axis, reverse, wanted);
  else kernelOf[kind](x, shape, axis, reverse, wanted);
  return differenceOf(run(planCumulative(kind, dtype, shape, { axis, reverse })!, operands, dtype, shape), wanted);
}

describe.each(kinds)("%s", (kind) => {
  test("equal bits along any axis, from either end, for any values", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...typesOf(kind)),
        shapesWithAxis(0),
        fc.boolean(),
        draws,
        (dtype, { shape, axis }, reverse, draw) => {
          expect(difference(kind, dtype, { shape, axis, reverse }, draw)).toBe("");
        },
      ),
      { numRuns: 150 },
    );
  });

  test("groups of lines, blocks of elements and tiles of columns fit together", () => {
    const draw = { seed: 5, rarity: 0, kinds: 0 };
    for (const dtype of typesOf(kind))
      for (const reverse of [false, true])
        for (const [shape, axis] of [
          [[1, 1], 1],
          [[7, 3], 1],
          [[17, 9], 1],
          [[3, 8], 1],
          [[2, 5, 7], 1],
          [[1, 513], 0],
          [[6, 1023], 0],
          [[6, 1030], 0],
          [[2, 9, 515], 1],
        ] as const)
          expect([dtype, shape, difference(kind, dtype, { shape, axis, reverse }, draw)]).toEqual([dtype, shape, ""]);
  });
});

test("the first zeros of running extrema have the sign that a comparison with signs gives them", () => {
  const seen = (kind: "max" | "min", values: readonly number[]): readonly number[] => [
    ...run(
      planCumulative(kind, "float32", [values.length], { axis: 0, reverse: false })!,
      [Float32Array.from(values)],
      "float32",
      [values.length],
    ),
  ];
  expect(seen("max", [-1, -0, 0, -0])).toEqual([-1, -0, 0, 0]);
  expect(seen("min", [1, 0, -0, 0])).toEqual([1, 0, -0, -0]);
  expect(seen("max", [-1, NaN, 5])).toEqual([-1, NaN, NaN]);
  expect(seen("min", [-1, NaN, -5])).toEqual([-1, NaN, NaN]);
});

test("booleans are left to the interpreter", () => {
  expect(planCumulative("sum", "bool", [2], { axis: 0, reverse: false })).toBeNull();
});

test("modules are valid, import the memory alone, and use no relaxed instruction", () => {
  for (const kind of kinds)
    for (const shape of [[4], [2, 2]])
      for (const dtype of ["float64", "float32"]) {
        const { module } = planCumulative(kind, dtype, shape, { axis: 0, reverse: false })!;
        const text = disassemble(module.build());
        expect(text).not.toContain("relaxed");
        expect(text.match(/\(import[^\n]*/g)).toEqual([expect.stringContaining('(import "env" "memory"')]);
        expect(text).not.toContain("memory.grow");
      }
});
