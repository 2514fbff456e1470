/**
 * Laws of extrema beyond those all families share: ties, NaN, signed zeros, bounds, empty axes.
 */
import { describe, expect, test } from "vitest";
import { createArray } from "../../src/array/create.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Tangent } from "../../src/ir/primitive.ts";
import { zero } from "../../src/ir/primitive.ts";
import { fullLike } from "../../ops/arithmetic.ts";
import { abs, argmax, argmin, clamp, max, min, reduceMax, reduceMin, sign } from "../../ops/extrema.ts";
import { floats, numbersOf, tangentOf } from "./sampling.ts";

const slopes = (call: typeof max, x: number, y: number): readonly number[] => {
  const [left, right, one] = [floats([x]), floats([y]), floats([1])];
  return [
    [one, zero(right)],
    [zero(left), one],
  ].map((tangents) => numbersOf(tangentOf(call.primitive, [left, right], tangents))[0]!);
};

describe("max and min", () => {
  test("share the slope equally at a tie, signed zeros included", () => {
    for (const call of [max, min]) {
      expect(slopes(call, 3, 3)).toEqual([0.5, 0.5]);
      expect(slopes(call, -0, 0)).toEqual([0.5, 0.5]);
    }
    expect([slopes(max, 1, 2), slopes(min, 1, 2)]).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  test("both operands equal to x have the slope of x", () => {
    const x = floats([2, 3]);
    expect(numbersOf(tangentOf(max.primitive, [x, x], [floats([5, 7]), floats([5, 7])]))).toEqual([5, 7]);
  });

  test("propagate NaN from either side and order the zeros", () => {
    const [x, y] = [floats([NaN, 1, 0]), floats([1, NaN, -0])];
    expect(numbersOf(max(x, y))).toEqual([NaN, NaN, 0]);
    expect(numbersOf(min(x, y))).toEqual([NaN, NaN, -0]);
  });

  test("an infinite tangent of the loser does not reach the result", () => {
    expect(numbersOf(tangentOf(max.primitive, [floats([1]), floats([2])], [floats([Infinity]), floats([1])]))).toEqual([
      1,
    ]);
  });
});

describe("abs, sign and clamp", () => {
  test("abs has slope 0 at zero", () => {
    const x = floats([-3, 0, -0, 2, NaN]);
    expect(numbersOf(tangentOf(abs.primitive, [x], [fullLike(1, x)])).map((value) => value + 0)).toEqual([
      -1,
      0,
      0,
      1,
      NaN,
    ]);
    expect(numbersOf(sign(x))).toEqual([-1, 0, -0, 1, NaN]);
  });

  test("abs of the smallest int32 wraps to itself", () => {
    expect(numbersOf(abs(createArray([-2147483648, -5], { dtype: "int32" })))).toEqual([-2147483648, 5]);
  });

  const clampSlopes = (low: number, x: number, high: number): readonly number[] => {
    const inputs = [floats([low]), floats([x]), floats([high])];
    return inputs.map(
      (_, k) =>
        numbersOf(
          tangentOf(
            clamp.primitive,
            inputs,
            inputs.map((input, i): Tangent => (i === k ? floats([1]) : zero(input))),
          ),
        )[0]!,
    );
  };

  test("clamp follows x strictly inside, a bound outside, and nothing at a bound", () => {
    expect(clampSlopes(0, 0.5, 1)).toEqual([0, 1, 0]);
    expect([clampSlopes(0, -1, 1), clampSlopes(0, 2, 1)]).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    expect([clampSlopes(0, 0, 1), clampSlopes(0, 1, 1)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test("crossed bounds give the upper one, in value and slope", () => {
    for (const x of [-1, 0.5, 2]) {
      expect(numbersOf(clamp(floats([1]), floats([x]), floats([0])))).toEqual([0]);
      expect(clampSlopes(1, x, 0)).toEqual([0, 0, 1]);
    }
  });

  test("clamp propagates NaN from every operand", () => {
    expect(numbersOf(clamp(floats([NaN, 0, 0]), floats([1, NaN, 1]), floats([2, 2, NaN])))).toEqual([NaN, NaN, NaN]);
  });
});

describe("reduceMax and reduceMin", () => {
  const gradient = (x: NDArray, call: typeof reduceMax): number[] =>
    Array.from(
      { length: x.size },
      (_, k) =>
        numbersOf(
          tangentOf(call.primitive, [x], [floats(Array.from({ length: x.size }, (_entry, i) => (i === k ? 1 : 0)))], {
            axes: [0],
          }),
        )[0]!,
    );

  test("elements that attain the extremum share its derivative equally", () => {
    expect(gradient(floats([1, 3, 3, 2]), reduceMax)).toEqual([0, 0.5, 0.5, 0]);
    expect(gradient(floats([2, -1, -1, -1]), reduceMin)).toEqual([0, 1 / 3, 1 / 3, 1 / 3]);
  });

  test("NaN propagates into the value and the derivative", () => {
    expect(numbersOf(reduceMax(floats([1, NaN, 2]), { axes: [0] }))).toEqual([NaN]);
    expect(gradient(floats([1, NaN, 2]), reduceMax)).toEqual([NaN, NaN, NaN]);
  });

  test("no elements to choose from is an error, no results to give is not", () => {
    const x = createArray([], { shape: [2, 0] });
    for (const call of [reduceMax, reduceMin]) {
      expect(() => call(x, { axes: [1] })).toThrow(/no elements/);
      expect(() => call.primitive.abstractEval([x], { axes: [1] })).toThrow(/float64\[2,0\]/);
      expect(call(x, { axes: [0] }).shape).toEqual([0]);
      expect(() => call(x, { axes: [0, 1] })).toThrow(/no elements/);
      expect(call(createArray([], { shape: [0, 0] }), { axes: [0] }).shape).toEqual([0]);
    }
  });

  test("of truth values they are any and all", () => {
    const x = createArray([
      [true, false],
      [true, true],
    ]);
    expect([numbersOf(reduceMax(x, { axes: [1] })), numbersOf(reduceMin(x, { axes: [1] }))]).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });
});

describe("argmax and argmin", () => {
  test("give the first NaN, else the first extremum", () => {
    const x = createArray([
      [1, NaN, 2, NaN],
      [3, 1, 3, 1],
      [0, -0, 0, 0],
    ]);
    expect(numbersOf(argmax(x, { axis: 1 }))).toEqual([1, 0, 0]);
    expect(numbersOf(argmin(x, { axis: 1 }))).toEqual([1, 1, 0]);
    expect(argmax(x, { axis: 0 }).dtype).toBe("int32");
  });

  test("refuse an axis without elements", () => {
    const x = createArray([], { shape: [2, 0] });
    for (const call of [argmax, argmin]) {
      expect(() => call(x, { axis: 1 })).toThrow(/no elements/);
      expect(call(x, { axis: 0 }).shape).toEqual([0]);
    }
  });
});
