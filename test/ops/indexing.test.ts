/**
 * Laws of the indexing family: its rules agree with evaluate, every mode with its definition,
 * and derivatives stay exact where indices repeat or leave the array.
 */
import { expect, test } from "vitest";
import { gather, lastWrites, scatterAdd, scatterSet } from "../../ops/indexing.ts";
import { createArray } from "../../src/array/create.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { zero } from "../../src/ir/primitive.ts";
import { newMark } from "../../src/ir/tracer.ts";
import { batchIsALoop, describeRules, forAllCases } from "./linear-rules.ts";

const indices = (data: unknown): ConcreteArray => createArray(data, { dtype: "int32" });
const vector = createArray([10, 20, 30]);
const outside = indices([[0], [3], [-1], [2]]);
const values = (x: unknown): unknown => (x as NDArray).toList();

describeRules(gather.primitive, true);
describeRules(scatterAdd.primitive, true);
describeRules(scatterSet.primitive, true);

test("lastWrites: its batching equals a loop", () => batchIsALoop(lastWrites.primitive));

test("reads out of range follow the mode", () => {
  expect(gather(vector, outside, { mode: "clip", batchDims: 0 }).toList()).toEqual([10, 30, 10, 30]);
  expect(gather(vector, outside, { mode: "wrap", batchDims: 0 }).toList()).toEqual([10, 10, 30, 30]);
  expect(gather(vector, outside, { mode: "drop", batchDims: 0 }).toList()).toEqual([10, 0, 0, 30]);
  expect(gather(vector, outside, { mode: "fill", batchDims: 0 }).toList()).toEqual([10, NaN, NaN, 30]);
  expect(gather(vector, outside, { mode: "fill", batchDims: 0, fillValue: -7 }).toList()).toEqual([10, -7, -7, 30]);
});

test("the default fill is the least int32, the greatest uint32 and false", () => {
  const beyond = indices([[5]]);
  expect(gather(createArray([1], { dtype: "int32" }), beyond, { mode: "fill", batchDims: 0 }).item()).toBe(-(2 ** 31));
  expect(gather(createArray([1], { dtype: "uint32" }), beyond, { mode: "fill", batchDims: 0 }).item()).toBe(
    2 ** 32 - 1,
  );
  expect(gather(createArray([true]), beyond, { mode: "fill", batchDims: 0 }).toList()).toEqual([false]);
});

test("one index out of range puts the whole tuple out of range", () => {
  const matrix = createArray([
    [1, 2],
    [3, 4],
  ]);
  expect(
    gather(
      matrix,
      indices([
        [0, 1],
        [1, 2],
        [-1, 0],
      ]),
      { mode: "drop", batchDims: 0 },
    ).toList(),
  ).toEqual([2, 0, 0]);
});

test("what is read out of range has a zero derivative, also when clipped", () => {
  for (const mode of ["clip", "fill", "drop"] as const) {
    const [, tangent] = gather.primitive.jvp(
      [vector, outside],
      [createArray([1, 2, 3]), zero(outside)],
      { mode, batchDims: 0 },
      { mark: newMark("test") },
    );
    expect(values(tangent)).toEqual([1, 0, 0, 3]);
  }
});

test("repeated writes add up in the order of the updates", () => {
  const repeated = indices([[1], [1], [1], [7]]);
  expect(
    scatterAdd(vector, repeated, createArray([1e16, 1, -1e16, 5]), { mode: "drop", batchDims: 0 }).toList(),
  ).toEqual([10, 20 + 1e16 + 1 - 1e16, 30]);
  const wrapping = createArray([2 ** 31 - 1], { dtype: "int32" });
  expect(
    scatterAdd(wrapping, indices([[0]]), createArray([1], { dtype: "int32" }), { mode: "drop", batchDims: 0 }).item(),
  ).toBe(-(2 ** 31));
});

test("the last of several writes to one place wins", () => {
  expect(
    scatterSet(vector, indices([[1], [0], [1], [3]]), createArray([1, 2, 3, 4]), {
      mode: "drop",
      batchDims: 0,
    }).toList(),
  ).toEqual([2, 3, 30]);
  expect(lastWrites(indices([[1], [0], [1], [3]]), { extents: [3], mode: "drop", batchDims: 0 }).toList()).toEqual([
    [-1],
    [0],
    [1],
    [-1],
  ]);
  expect(lastWrites(indices([[1], [2], [3]]), { extents: [3], mode: "clip", batchDims: 0 }).toList()).toEqual([
    [1],
    [-1],
    [2],
  ]);
});

test("every write that lastWrites keeps is read back unchanged", () =>
  forAllCases(scatterSet.primitive, ({ inputs, params }) => {
    const [operand, at, updates] = inputs as [ConcreteArray, ConcreteArray, ConcreteArray];
    const { batchDims, mode } = params as Parameters<typeof scatterSet>[3];
    const kept = lastWrites(at, {
      extents: operand.shape.slice(batchDims, batchDims + at.shape.at(-1)!),
      mode,
      batchDims,
    });
    const read = gather(scatterSet(operand, at, updates, { batchDims, mode }), kept, { mode: "fill", batchDims });
    const wanted = updates.toTypedArray();
    read.toTypedArray().forEach((value, k) => expect(Number.isNaN(value) || value === wanted[k]).toBe(true));
  }));

test("operands that do not fit are refused with their shapes", () => {
  expect(() => gather(vector, createArray([[0]]), { mode: "clip", batchDims: 0 })).toThrow(
    /gather: indices are float64\[1,1\]/,
  );
  expect(() => gather(vector, indices([[0, 0]]), { mode: "clip", batchDims: 0 })).toThrow(
    /indices \[1,2\] into \[3\] with 0 batch axes/,
  );
  expect(() => gather(vector, indices([[0]]), { mode: "clip", batchDims: 1 })).toThrow(/into \[3\] with 1 batch axes/);
  expect(() => gather(createArray([], { shape: [0] }), indices([[0]]), { mode: "clip", batchDims: 0 })).toThrow(
    /axis 0 has size 0/,
  );
  expect(() => scatterAdd(vector, indices([[0]]), vector, { mode: "drop", batchDims: 0 })).toThrow(
    /updates float64\[3\] where the indices select \[1\]/,
  );
});
