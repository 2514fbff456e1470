/**
 * Laws of prebuilt gather, scatters and lastWrites: the bits of the interpreter's kernels for tuples of any depth, in range and out
 * of it, in every mode, with batches, of any dtype; they write their result and scratch only.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planGather } from "../../kernels/prebuilt/gather.ts";
import { planLastWrites } from "../../kernels/prebuilt/last-writes.ts";
import { planScatter } from "../../kernels/prebuilt/scatter.ts";
import type { GatherParams } from "../../ops/index-tuples.ts";
import * as indexing from "../../ops/indexing.ts";
import { scatterMax, scatterMin } from "../../ops/scatter-extrema.ts";
import { allocate } from "../../src/array/storage.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Params, Primitive } from "../../src/ir/primitive.ts";
import { randomStream } from "../kernels/arrays.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import { kernelDifference } from "./against-evaluate.ts";
import { type AnyType, type Draw, allTypes, drawn, draws, numberTypes } from "./any-dtype.ts";

const arrayOf = (dtype: AnyType, shape: readonly number[], draw: Draw): ConcreteArray =>
  fromBuffer(drawn(dtype, sizeOf(shape), draw), shape, dtype);

type IndexType = "int32" | "uint32";
const farIndices = [-1, -2147483648, 2147483647, -7, 4294967295, 2147483648];

/** Indices of axes up to `extent` long, most of them in range; as many as asked are far away. */
const drawnIndices = (
  type: IndexType,
  shape: readonly number[],
  extent: number,
  seed: number,
  far: number,
): ConcreteArray => {
  const next = randomStream(seed);
  const below = (count: number): number => Math.floor(((next() + 1) / 2) * count);
  const values = allocate(type, sizeOf(shape)).map(() => {
    if (far > 0 && below(far) === 0) return farIndices[below(farIndices.length)]!;
    return far === 0 ? below(extent) : below(extent + 4) - 2;
  });
  return fromBuffer(values, shape, type);
};

interface Problem {
  readonly batch: readonly number[];
  readonly extents: readonly number[];
  readonly tuples: readonly number[];
  readonly rest: readonly number[];
  readonly type: IndexType;
  /** One in so many indices is far out of range; 0: all are in the range of the shortest axis. */
  readonly far: number;
  readonly draw: Draw;
}

const short = { min: 0, max: 3 };
const rests: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant([]),
  fc.constantFrom([1], [2], [3], [4], [5], [16], [2, 3]),
  fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 1 }),
  fc.constantFrom([300], [1], [0]),
);
const problems: fc.Arbitrary<Problem> = fc.record({
  batch: fc.array(fc.integer(short), { maxLength: 2 }),
  extents: fc.oneof(
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    fc.constantFrom([200], [1], [40, 3]),
  ),
  tuples: fc.oneof(fc.array(fc.integer(short), { maxLength: 2 }), fc.constantFrom([60], [1])),
  rest: rests,
  type: fc.constantFrom<IndexType>("int32", "uint32"),
  far: fc.constantFrom(0, 2, 9),
  draw: draws,
});

const indicesOf = ({ batch, extents, tuples, type, far, draw }: Problem): ConcreteArray =>
  drawnIndices(type, [...batch, ...tuples, extents.length], Math.min(...extents), draw.seed + 7, far);

const readDifference = (dtype: AnyType, problem: Problem, params: Omit<GatherParams, "batchDims">): string => {
  const { batch, extents, rest, draw } = problem;
  const x = arrayOf(dtype, [...batch, ...extents, ...rest], draw);
  return kernelDifference(indexing.gather.primitive as Primitive, [x, indicesOf(problem)], {
    ...params,
    batchDims: batch.length,
  });
};

const writeDifference = (primitive: Primitive, dtype: AnyType, problem: Problem, params: Params): string => {
  const { batch, extents, tuples, rest, draw } = problem;
  const operand = arrayOf(dtype, [...batch, ...extents, ...rest], draw);
  const updates = arrayOf(dtype, [...batch, ...tuples, ...rest], { ...draw, seed: draw.seed + 1 });
  return kernelDifference(primitive, [operand, indicesOf(problem), updates], { ...params, batchDims: batch.length });
};

describe.each(["clip", "wrap", "drop", "fill"] as const)("mode %s", (mode) => {
  test("gather reads what the interpreter reads", () => {
    fc.assert(
      fc.property(fc.constantFrom(...allTypes), problems, (dtype, problem) => {
        expect(readDifference(dtype, problem, { mode })).toBe("");
      }),
      { numRuns: 150 },
    );
  });
});

test("gather fills with any value, as the dtype stores it", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...allTypes),
      problems,
      fc.constantFrom(0, -0, 1, 0.1, -1, 2 ** 31, -1e300, Infinity),
      (dtype, problem, fillValue) => {
        expect(readDifference(dtype, { ...problem, far: 2 }, { mode: "fill", fillValue })).toBe("");
      },
    ),
  );
});

const scatters: readonly (readonly [string, Primitive])[] = [
  ["scatterAdd", indexing.scatterAdd.primitive as Primitive],
  ["scatterMul", indexing.scatterMul.primitive as Primitive],
  ["scatterMax", scatterMax.primitive as Primitive],
  ["scatterMin", scatterMin.primitive as Primitive],
];
const writeModes = fc.constantFrom("clip", "wrap", "drop");

test.each(scatters)("%s combines in the order of the updates, to the bit, in every mode", (_name, primitive) => {
  fc.assert(
    fc.property(fc.constantFrom(...numberTypes), problems, writeModes, (dtype, problem, mode) => {
      expect(writeDifference(primitive, dtype, problem, { mode, uniqueIndices: true })).toBe("");
    }),
    { numRuns: 200 },
  );
});

test("scatterSet lets the last of several writes win, for every dtype and mode", () => {
  fc.assert(
    fc.property(fc.constantFrom(...allTypes), problems, writeModes, (dtype, problem, mode) => {
      const { primitive } = indexing.scatterSet;
      expect(writeDifference(primitive as Primitive, dtype, problem, { mode })).toBe("");
    }),
    { numRuns: 200 },
  );
});

test("sums depend on the order of the updates, and are those of that order", () => {
  const indices = fromBuffer(new Int32Array(4), [4, 1], "int32");
  const params = { mode: "drop", batchDims: 0 };
  for (const updates of [
    [1e16, 1, -1e16, 1],
    [1, 1, 1e16, -1e16],
  ])
    for (const rest of [1, 2, 5]) {
      const rows = Float64Array.from({ length: 4 * rest }, (_, k) => updates[Math.floor(k / rest)]!);
      const zeros = fromBuffer(new Float64Array(rest).fill(-0), [1, rest], "float64");
      const operands = [zeros, indices, fromBuffer(rows, [4, rest], "float64")];
      expect(kernelDifference(indexing.scatterAdd.primitive as Primitive, operands, params)).toBe("");
    }
});

test("lastWrites names the writes that last", () => {
  fc.assert(
    fc.property(problems, writeModes, (problem, mode) => {
      const { batch, extents } = problem;
      const params = { mode, extents, batchDims: batch.length };
      expect(kernelDifference(indexing.lastWrites.primitive as Primitive, [indicesOf(problem)], params)).toBe("");
    }),
    { numRuns: 200 },
  );
});

test("reads from an empty axis are dropped or filled", () => {
  const nothing = fromBuffer(new Float64Array(0), [0], "float64");
  const indices = fromBuffer(Int32Array.of(0, -1), [2, 1], "int32");
  for (const mode of ["drop", "fill"])
    expect(kernelDifference(indexing.gather.primitive as Primitive, [nothing, indices], { mode, batchDims: 0 })).toBe(
      "",
    );
});

test("what no kernel knows is left to the interpreter", () => {
  const geometry = { batch: 1, extents: [2], rows: 1, rest: 1 };
  const deep = { ...geometry, extents: new Array<number>(17).fill(1) };
  expect(planGather(["complex", "int32"], geometry, "none", 0)).toBeNull();
  expect(planGather(["float64", "float64"], geometry, "none", 0)).toBeNull();
  expect(planGather(["float64", "int32"], deep, "none", 0)).toBeNull();
  expect(planScatter("add", ["bool", "int32"], geometry, "none")).toBeNull();
  expect(planScatter("set", ["bool", "int32"], geometry, "none")).not.toBeNull();
  expect(planScatter("add", ["float64", "int32"], deep, "none")).toBeNull();
  expect(planLastWrites("bool", geometry, "none")).toBeNull();
});

test("modules are valid, import the memory alone, and use no relaxed instruction", () => {
  for (const rest of [1, 3])
    for (const outOfRange of ["none", "clip", "wrap"] as const) {
      const geometry = { batch: 2, extents: [4, 5], rows: 3, rest };
      const plans = [
        planGather(["float32", "int32"], geometry, outOfRange, 0),
        planScatter("set", ["float32", "uint32"], geometry, outOfRange),
        planScatter("max", ["float32", "uint32"], geometry, outOfRange),
        planLastWrites("int32", geometry, outOfRange),
      ];
      for (const planned of plans) {
        const text = disassemble(planned!.module.build());
        expect(text).not.toContain("relaxed");
        expect(text.match(/\(import[^\n]*/g)).toEqual([expect.stringContaining('(import "env" "memory"')]);
        expect(text).not.toContain("memory.grow");
      }
    }
});
