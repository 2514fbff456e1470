/**
 * Laws of comparisons, bits and select beyond those all families share.
 */
import { expect, test } from "vitest";
import { createArray } from "../../src/array/create.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { zero } from "../../src/ir/primitive.ts";
import { and, eq, ge, gt, keepWhere, le, lt, ne, not, or, select, xor } from "../../ops/comparison.ts";
import { floats, numbersOf, tangentOf } from "./sampling.ts";

const bools = (...values: readonly number[]): NDArray => floats(values, "bool");

test("NaN is unequal to everything, itself included, and -0 equals 0", () => {
  const x = floats([NaN, NaN, -0]);
  const y = floats([NaN, 1, 0]);
  expect(numbersOf(ne(x, y))).toEqual([1, 1, 0]);
  for (const call of [eq, le, ge]) expect(numbersOf(call(x, y))).toEqual([0, 0, 1]);
  for (const call of [lt, gt]) expect(numbersOf(call(x, y))).toEqual([0, 0, 0]);
});

test("uint32 compares without sign", () => {
  const large = createArray([4294967295], { dtype: "uint32" });
  const one = createArray([1], { dtype: "uint32" });
  expect([numbersOf(gt(large, one)), numbersOf(lt(large, one))]).toEqual([[1], [0]]);
});

test("bits are logical on bool and whole words on integers, De Morgan's laws included", () => {
  const [x, y] = [bools(0, 0, 1, 1), bools(0, 1, 0, 1)];
  expect([and, or, xor].map((call) => numbersOf(call(x, y)))).toEqual([
    [0, 0, 0, 1],
    [0, 1, 1, 1],
    [0, 1, 1, 0],
  ]);
  expect(numbersOf(not(x))).toEqual([1, 1, 0, 0]);
  const left = createArray([12, -1, 0], { dtype: "int32" });
  const right = createArray([10, 7, -8], { dtype: "int32" });
  expect(numbersOf(not(and(left, right)))).toEqual(numbersOf(or(not(left), not(right))));
  expect(numbersOf(xor(left, right))).toEqual([6, -8, -8]);
  expect(numbersOf(not(createArray([0], { dtype: "uint32" })))).toEqual([4294967295]);
});

test("bits refuse floats, select refuses conditions that are not bool", () => {
  const x = floats([1]);
  expect(() => and.primitive.abstractEval([x, x], {})).toThrow(/astype/);
  expect(() => select.primitive.abstractEval([x, x, x], {})).toThrow(/condition/);
  expect(() => select.primitive.abstractEval([bools(1, 0), x, x], {})).toThrow(/chooses from/);
});

test("NaN and infinity of the branch not taken reach neither value, tangent nor cotangent", () => {
  const condition = bools(1, 0);
  const poison = floats([NaN, Infinity]);
  const turned = floats([Infinity, NaN]);
  const [x, y] = [floats([1, NaN]), floats([Infinity, 2])];
  expect(numbersOf(select(condition, x, y))).toEqual([1, 2]);
  const flat = zero(condition);
  expect(numbersOf(tangentOf(select.primitive, [condition, x, y], [flat, floats([3, NaN]), floats([NaN, 4])]))).toEqual(
    [3, 4],
  );
  expect(numbersOf(tangentOf(select.primitive, [condition, x, y], [flat, floats([3, NaN]), zero(y)]))).toEqual([3, 0]);
  expect(numbersOf(tangentOf(select.primitive, [condition, x, y], [flat, zero(x), turned]))).toEqual([0, NaN]);
  const linear = { kind: "linear", aval: x } as const;
  const [, left, right] = select.primitive.transpose([poison], [condition, linear, linear], {});
  expect([numbersOf(left!), numbersOf(right!)]).toEqual([
    [NaN, 0],
    [0, Infinity],
  ]);
  expect(numbersOf(keepWhere(condition, turned))).toEqual([Infinity, 0]);
});

test("select and its transpose pair in the Euclidean product", () => {
  const condition = bools(1, 0, 1);
  const [dx, dy, cotangent] = [floats([2, 3, 5]), floats([7, 11, 13]), floats([17, 19, 23])];
  const linear = { kind: "linear", aval: dx } as const;
  const [, left, right] = select.primitive.transpose([cotangent], [condition, linear, linear], {});
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, k) => sum + value * y[k]!, 0);
  expect(dot(numbersOf(left!), numbersOf(dx)) + dot(numbersOf(right!), numbersOf(dy))).toBe(
    dot(numbersOf(cotangent), numbersOf(select(condition, dx, dy))),
  );
});

test("select takes any dtype and stays weak only between weak branches", () => {
  const condition = bools(1, 0);
  for (const dtype of ["float32", "int32", "uint32", "bool"] as const)
    expect(select(condition, floats([1, 1], dtype), floats([0, 0], dtype)).dtype).toBe(dtype);
  const weakType = select.primitive.weakType!;
  const type = { shape: [2], dtype: "float64" } as const;
  const weak = { ...type, weakType: "integer" } as const;
  expect(weakType([condition, weak, weak], {})).toBe("float");
  expect(weakType([condition, weak, { ...type, weakType: false }], {})).toBe(false);
});
