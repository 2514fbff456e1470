/**
 * The edges of exponential and trigonometric functions: zeros, infinities, saturation, float32.
 */
import { expect, test } from "vitest";
import { createArray } from "../../src/array/create.ts";
import { scalar } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import type { Tangent } from "../../src/ir/primitive.ts";
import { zero } from "../../src/ir/primitive.ts";
import type { Unary } from "../../ops/arithmetic.ts";
import { div, fullLike } from "../../ops/arithmetic.ts";
import { cbrt, exp, expm1, family, log, log1p, logistic, power, sqrt, tanh } from "../../ops/exponential.ts";
import { acosh, asin, atan2, family as trigonometric } from "../../ops/trigonometric.ts";
import { grad } from "../../transforms/vjp.ts";
import { floats, numbersOf, tangentOf } from "./sampling.ts";

const slope = (call: Unary, ...at: readonly number[]): number[] => {
  const x = floats(at);
  return numbersOf(tangentOf(call.primitive, [x], [fullLike(1, x)]));
};

const slopesOfPower = (x: number, y: number): readonly [number, number] => {
  const [base, exponent] = [floats([x]), floats([y])];
  const along = (left: Tangent, right: Tangent): number =>
    numbersOf(tangentOf(power.primitive, [base, exponent], [left, right]))[0]!;
  return [along(floats([1]), zero(base)), along(zero(base), floats([1]))];
};

test("sqrt keeps the sign of zero and rises with infinite slope there", () => {
  expect(numbersOf(sqrt(floats([-0, 0, 4, -1])))).toEqual([-0, 0, 2, NaN]);
  expect(slope(sqrt, 0, 4)).toEqual([Infinity, 0.25]);
});

test("logistic and tanh saturate with slopes that are exactly zero, never NaN", () => {
  expect(slope(logistic, -1000, 1000, 0)).toEqual([0, 0, 0.25]);
  expect(slope(tanh, -1000, 1000, 0)).toEqual([0, 0, 1]);
  expect(numbersOf(logistic(floats([-Infinity, Infinity, NaN])))).toEqual([0, 1, NaN]);
});

test("expm1 and log1p keep all digits of tiny arguments", () => {
  expect(numbersOf(expm1(floats([1e-12])))[0]! / 1.0000000000005e-12).toBeCloseTo(1, 15);
  expect(numbersOf(log1p(floats([1e-12])))[0]! / 9.999999999995e-13).toBeCloseTo(1, 15);
  expect([slope(expm1, 0), slope(log1p, 0, 1)]).toEqual([[1], [1, 0.5]]);
});

test("log and cbrt have infinite slope at zero, exp none at minus infinity", () => {
  expect([slope(log, 0), slope(cbrt, 0), slope(exp, -Infinity)]).toEqual([[Infinity], [Infinity], [0]]);
  expect(numbersOf(cbrt(floats([-27, 8])))).toEqual([-3, 2]);
});

test("power has JAX's slopes where a logarithm does not exist", () => {
  expect(slopesOfPower(0, 2)).toEqual([0, 0]);
  expect(slopesOfPower(0, 0)).toEqual([NaN, 0]);
  expect(slopesOfPower(4, 0)).toEqual([0, Math.log(4)]);
  expect(slopesOfPower(-2, 3)[0]).toBe(12);
  expect(numbersOf(power(floats([-2, -2, NaN, 1, 2]), floats([3, 0.5, 0, NaN, -1])))).toEqual([-8, NaN, 1, 1, 0.5]);
});

test("the second derivatives of power at (4, 0) are [[0, 1/4], [1/4, log(4)^2]] by reverse over reverse", () => {
  const second = [0, 1].map((inner) =>
    [0, 1].map((outer) => Number(grad(grad(power, { argnums: inner }), { argnums: outer })(scalar(4), scalar(0)))),
  );
  const expected = [
    [0, 0.25],
    [0.25, Math.log(4) ** 2],
  ];
  second.flat().forEach((value, k) => expect(value).toBeCloseTo(expected.flat()[k]!, 14));
});

test("slopes near the ends of asin and acosh keep their digits", () => {
  const gap = 2 ** -40;
  expect(slope(asin, 1 - gap)[0]! * Math.sqrt(2 * gap)).toBeCloseTo(1, 11);
  expect(slope(acosh, 1 + gap)[0]! * Math.sqrt(2 * gap)).toBeCloseTo(1, 11);
  expect(slope(asin, 1)).toEqual([Infinity]);
});

test("atan2 takes y first and knows all quadrants and signed zeros", () => {
  expect(numbersOf(atan2(floats([1, 1, -1, 0, -0]), floats([1, -1, -1, -1, -1])))).toEqual([
    Math.PI / 4,
    (3 * Math.PI) / 4,
    (-3 * Math.PI) / 4,
    Math.PI,
    -Math.PI,
  ]);
});

test("float32 stays float32 in value and tangent, within 2 units of the float64 value", () => {
  for (const primitive of [...family, ...trigonometric]) {
    const numbers = [0.3, 0.7];
    const laws = primitive.laws;
    if (primitive === acosh.primitive || "testedIn" in laws) continue;
    const narrow = createArray(numbers, { dtype: "float32" });
    const wide = createArray(numbersOf(narrow));
    const count = primitive === power.primitive || primitive === atan2.primitive ? 2 : 1;
    const [inputs32, inputs64] = [
      new Array<ConcreteArray>(count).fill(narrow),
      new Array<ConcreteArray>(count).fill(wide),
    ];
    const out = primitive.evaluate(inputs32, {}) as ConcreteArray;
    expect(out.dtype).toBe("float32");
    const exact = numbersOf(primitive.evaluate(inputs64, {}) as ConcreteArray);
    numbersOf(out).forEach((value, k) => expect(Math.abs(value / exact[k]! - 1)).toBeLessThan(2 * 2 ** -23));
    expect((tangentOf(primitive, inputs32, inputs32) as ConcreteArray).dtype).toBe("float32");
  }
});

test("integers are refused by name", () => {
  const x = createArray([1], { dtype: "int32" });
  for (const primitive of [...family, ...trigonometric])
    expect(() => primitive.abstractEval([x, x], {})).toThrow(new RegExp(`${primitive.name}: int32`));
  expect(div(x, x).dtype).toBe("int32");
});
