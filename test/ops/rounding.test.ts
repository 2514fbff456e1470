/**
 * Laws of rounding and remainder beyond those all families share.
 */
import { expect, test } from "vitest";
import { createArray } from "../../src/array/create.ts";
import { isZero, zero } from "../../src/ir/primitive.ts";
import { add, mul, div } from "../../ops/arithmetic.ts";
import { ceil, floor, rem, round, trunc } from "../../ops/rounding.ts";
import { floats, numbersOf, tangentOf } from "./sampling.ts";

test("halves round to the even neighbour and zeros keep their sign", () => {
  expect(numbersOf(round(floats([0.5, 1.5, 2.5, -0.5, -1.5, -0, 0.49999999999999994, 2 ** 53])))).toEqual([
    0,
    2,
    2,
    -0,
    -2,
    -0,
    0,
    2 ** 53,
  ]);
  expect(numbersOf(trunc(floats([-0.7, 1.7, -1.7])))).toEqual([-0, 1, -1]);
});

test("NaN and infinities pass through every rounding", () => {
  for (const call of [floor, ceil, round, trunc]) {
    expect(numbersOf(call(floats([NaN, Infinity, -Infinity])))).toEqual([NaN, Infinity, -Infinity]);
    expect(isZero(tangentOf(call.primitive, [floats([1.2])], [floats([1])]))).toBe(true);
  }
});

test("rem has the sign of the dividend and slopes 1 and -trunc(x / y) in every quadrant", () => {
  const [x, y] = [floats([7, -7, 7, -7]), floats([3, 3, -3, -3])];
  expect(numbersOf(rem(x, y))).toEqual([1, -1, 1, -1]);
  expect(numbersOf(tangentOf(rem.primitive, [x, y], [zero(x), floats([1, 1, 1, 1])]))).toEqual([-2, 2, 2, -2]);
  expect(numbersOf(tangentOf(rem.primitive, [x, y], [floats([1, 2, 3, 4]), zero(y)]))).toEqual([1, 2, 3, 4]);
  expect(numbersOf(rem(floats([1, 5, Infinity]), floats([0, Infinity, 2])))).toEqual([NaN, 5, NaN]);
});

test("on integers x = y div(x, y) + rem(x, y), and the remainder by zero is x", () => {
  for (const dtype of ["int32", "uint32"] as const) {
    const x = createArray([7, dtype === "int32" ? -7 : 4294967295, 9], { dtype });
    const y = createArray([3, 2, dtype === "int32" ? -4 : 4], { dtype });
    expect(numbersOf(add(mul(y, div(x, y)), rem(x, y)))).toEqual(numbersOf(x));
    expect(numbersOf(rem(x, createArray([0, 0, 0], { dtype })))).toEqual(numbersOf(x));
  }
  expect(numbersOf(rem(createArray([-2147483648], { dtype: "int32" }), createArray([-1], { dtype: "int32" })))).toEqual(
    [0],
  );
});
