/**
 * Laws of the slicing family: its rules agree with evaluate, its values with index-by-index definitions.
 */
import { expect, test } from "vitest";
import { concatenate, pad, reverse, slice } from "../../ops/slicing.ts";
import { createArray } from "../../src/array/create.ts";
import { scalar } from "../../src/array/ndarray.ts";
import { newMark } from "../../src/ir/tracer.ts";
import { describeRules, viewIsTheValue } from "./linear-rules.ts";

const vector = createArray([1, 2, 3, 4, 5]);

describeRules(slice.primitive, true);
describeRules(pad.primitive, true);
describeRules(concatenate.primitive, true);
describeRules(reverse.primitive, true);

test("the strided views of slice and reverse hold their elements", () => {
  viewIsTheValue(slice.primitive);
  viewIsTheValue(reverse.primitive);
});

test("slice takes every stride-th element below the limit", () => {
  expect(slice(vector, { start: [1], limit: [5], stride: [2] }).toList()).toEqual([2, 4]);
});

test("pad puts interior copies between neighbours and crops where low is negative", () => {
  expect(pad(vector, scalar(0), { padding: [[-1, 2, 1]] }).toList()).toEqual([0, 2, 0, 3, 0, 4, 0, 5, 0, 0]);
});

test("padding by an infinite mapped value leaves the operand exact", () => {
  const [out] = pad.primitive.batch(
    [vector, createArray([-Infinity, 7])],
    [null, 0],
    { padding: [[1, 0, 0]] },
    { size: 2, mark: newMark("test") },
  );
  expect((out as typeof vector).toList()).toEqual([
    [-Infinity, 1, 2, 3, 4, 5],
    [7, 1, 2, 3, 4, 5],
  ]);
});

test("concatenate keeps the order of its operands", () => {
  expect(
    concatenate(
      createArray([[1], [2]]),
      createArray([
        [3, 4],
        [5, 6],
      ]),
      { axis: 1 },
    ).toList(),
  ).toEqual([
    [1, 3, 4],
    [2, 5, 6],
  ]);
});

test("reverse turns an axis round", () => {
  expect(reverse(vector, { axes: [0] }).toList()).toEqual([5, 4, 3, 2, 1]);
});

test("a slice beyond the array names axis and size", () => {
  expect(() => slice(vector, { start: [0], limit: [6], stride: [1] })).toThrow(
    /slice: bounds 0 to 6 along axis 0 of size 5/,
  );
  expect(() => slice(vector, { start: [0], limit: [5], stride: [0] })).toThrow(/stride 0 along axis 0/);
});

test("operands that do not join are refused with their types", () => {
  expect(() => concatenate(createArray([[1, 2]]), createArray([[1], [2]]), { axis: 0 })).toThrow(
    /float64\[1,2\] and float64\[2,1\] along axis 0/,
  );
  expect(() => concatenate(vector, createArray([true]), { axis: 0 })).toThrow(/float64\[5\] and bool\[1\]/);
  expect(() => concatenate({ axis: 0 })).toThrow(/no operands/);
  expect(() => reverse(vector, { axes: [1] })).toThrow(/axis 1 of float64\[5\]/);
  expect(() => pad(vector, scalar(0), { padding: [[-6, 0, 0]] })).toThrow(/\[-6, 0, 0\] on axis 0 of size 5/);
});
