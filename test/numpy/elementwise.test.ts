/**
 * Elementwise functions of signs, bits and angles: compiled on every back end to the bit of eager evaluation, mapped
 * as a loop, in every dtype; their dtypes, derivatives at special points, data-last forms, and what they refuse.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit, pipe, vmap } from "cotangent";
import type { DType, NDArray } from "cotangent";
import type { Backend } from "../../src/backend/index.ts";
import * as np from "cotangent/numpy";

const backends: readonly Backend[] = ["interpreter", "js", "wasm"];

const special: Readonly<Record<DType, readonly number[]>> = {
  float64: [NaN, Infinity, -Infinity, 0, -0, 5e-324, -1e308, 1, -2.5, 0.3, 1e16],
  float32: [NaN, Infinity, -Infinity, 0, -0, 1e-45, -3e38, 1, -2.5, 0.25, 2 ** 25],
  int32: [0, 1, -1, 7, -8, 31, 32, 2 ** 31 - 1, -(2 ** 31), 12345, -6],
  uint32: [0, 1, 2, 7, 8, 31, 32, 2 ** 32 - 1, 2 ** 31, 12345, 6],
  bool: [0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1],
};

type Call = (x: NDArray, y: NDArray) => NDArray | readonly NDArray[];

const floats: readonly DType[] = ["float64", "float32"];
const integers: readonly DType[] = ["int32", "uint32"];
const all: readonly DType[] = [...floats, ...integers, "bool"];

const functions: readonly (readonly [name: string, call: Call, dtypes: readonly DType[]])[] = [
  ["signbit", (x) => np.signbit(x), all],
  ["copysign", np.copysign, all],
  ["frexp", (x) => np.frexp(x), all],
  ["ldexp", (x, y) => np.ldexp(x, y.astype("int32")), floats],
  ["modf", (x) => np.modf(x), all],
  ["nextafter", np.nextafter, floats],
  ["spacing", (x) => np.spacing(x), floats],
  ["isposinf", (x) => np.isposinf(x), all],
  ["isneginf", (x) => np.isneginf(x), all],
  ["nanToNum", (x) => np.nanToNum(x, { posinf: 3 }), all],
  ["fmax", np.fmax, all],
  ["fmin", np.fmin, all],
  ["heaviside", np.heaviside, all],
  ["logaddexp2", np.logaddexp2, floats],
  ["fabs", (x) => np.fabs(x), all],
  ["rint", (x) => np.rint(x), all],
  ["round to decimals", (x) => np.round(x, { decimals: -1 }), all],
  ["floatPower", np.floatPower, all],
  ["divmod", np.divmod, [...floats, ...integers]],
  ["deg2rad", (x) => np.deg2rad(x), all],
  ["sinc", (x) => np.sinc(x), floats],
  ["log2", (x) => np.log2(x), all],
  ["log10", (x) => np.log10(x), all],
  ["bitwiseAnd", np.bitwiseAnd, [...integers, "bool"]],
  ["bitwiseOr", np.bitwiseOr, [...integers, "bool"]],
  ["bitwiseXor", np.bitwiseXor, [...integers, "bool"]],
  ["invert", (x) => np.invert(x), [...integers, "bool"]],
  ["leftShift", np.leftShift, [...integers, "bool"]],
  ["rightShift", np.rightShift, [...integers, "bool"]],
  ["bitwiseCount", (x) => np.bitwiseCount(x), [...integers, "bool"]],
  ["gcd", np.gcd, integers],
  ["lcm", np.lcm, integers],
];

/** All outputs side by side, as bits. */
const bitsOf = (out: NDArray | readonly NDArray[]): string =>
  (out instanceof np.NDArray ? [out] : out)
    .map(
      (x) => `${x.dtype}[${x.shape.join()}] ${[...x.toTypedArray()].map((v) => (Object.is(v, -0) ? "-0" : v)).join()}`,
    )
    .join("; ");

describe.each(functions)("%s", (_name, call, dtypes) => {
  test.each(dtypes)("compiled and mapped on %s it is what it is eagerly", (dtype) => {
    const values = special[dtype];
    const x = np.repeat(array([...values], { dtype }), values.length).reshape(values.length, values.length);
    const y = array([...values], { dtype });
    const wide = np.broadcastTo(y, x.shape);
    const eager = call(x, wide);
    for (const backend of backends)
      expect(bitsOf(jit(call as (a: NDArray, b: NDArray) => NDArray, { backend })(x, wide)), backend).toBe(
        bitsOf(eager),
      );
    expect(bitsOf(vmap(call as (a: NDArray, b: NDArray) => NDArray)(x, wide))).toBe(bitsOf(eager));
    expect(bitsOf(vmap((a: NDArray) => call(a, y) as NDArray)(x))).toBe(bitsOf(eager));
  });
});

test("frexp and ldexp are inverse, and modf splits without loss", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const [mantissa, exponent] = np.frexp(value);
      expect(np.ldexp(mantissa, exponent).item()).toBe(value);
      const [fraction, whole] = np.modf(value);
      expect(np.trunc(value).item()).toBe(whole.item());
      expect(fraction.add(whole).item()).toBe(value);
      expect(Math.sign(1 / fraction.item()) * Math.sign(1 / value)).not.toBe(-1);
    }),
  );
});

test("gcd times lcm is the product", () => {
  fc.assert(
    fc.property(fc.integer({ min: -200, max: 200 }), fc.integer({ min: -200, max: 200 }), (x, y) => {
      expect(np.gcd(x, y).item() * np.lcm(x, y).item()).toBe(Math.abs(x * y));
    }),
  );
});

test("sinc and its derivatives are right at 0, next to it, and across the end of its series", () => {
  const derivative = (order: number): ((x: number) => number) => {
    let f = (x: NDArray): NDArray => np.sinc(x);
    for (let k = 0; k < order; k++) f = grad(f) as (x: NDArray) => NDArray;
    return (x) => f(array(x)).item();
  };
  const pi = Math.PI;
  expect(derivative(1)(0)).toBe(0);
  expect(derivative(2)(0)).toBeCloseTo(-(pi ** 2) / 3, 13);
  expect(derivative(4)(0)).toBeCloseTo(pi ** 4 / 5, 11);
  const slope = (x: number): number => (Math.cos(pi * x) - Math.sin(pi * x) / (pi * x)) / x;
  for (const x of [0.3183, 0.3184, -0.5, 1.25]) expect(derivative(1)(x)).toBeCloseTo(slope(x), 13);
  expect(derivative(1)(1e-9)).toBeCloseTo((-(pi ** 2) * 1e-9) / 3, 22);
});

test("derivatives at the points where the sign changes", () => {
  expect(grad((x: NDArray) => np.copysign(x, -1))(0).item()).toBe(0);
  expect(grad((x: NDArray) => np.copysign(x, -1))(2).item()).toBe(-1);
  expect(grad((x: NDArray) => np.modf(x)[0])(-3).item()).toBe(1);
  expect(grad((x: NDArray) => np.heaviside(x, 0.5))(0).item()).toBe(0);
  expect(grad((x: NDArray) => np.spacing(x))(1).item()).toBe(0);
  expect(grad((x: NDArray) => np.fmax(x, 2))(2).item()).toBe(0.5);
  expect(grad((x: NDArray) => np.fmax(x, NaN))(2).item()).toBe(1);
  expect(grad((x: NDArray) => np.nanToNum(x))(NaN).item()).toBe(0);
  expect(grad((x: NDArray) => np.round(x, { decimals: 2 }))(1.234).item()).toBe(0);
  expect(grad((x: NDArray) => np.logaddexp2(x, x))(Infinity).item()).toBe(1);
});

test("rounding keeps integers, bits keep their dtype, and numbers alone are int32", () => {
  const ints = array([5, -7], { dtype: "int32" });
  for (const f of [np.floor, np.ceil, np.trunc, np.round]) expect(f(ints)).toBe(ints);
  expect(np.round(ints, { decimals: -1 }).toString()).toBe("array([0, -10], int32)");
  expect(np.floor(array([true])).dtype).toBe("bool");
  expect(np.rint(ints).dtype).toBe("float64");
  expect(np.bitwiseOr(1, 6).toString()).toBe("array(7, int32)");
  expect(np.bitwiseXor(ints, true).toString()).toBe("array([4, -8], int32)");
  expect(np.invert(array([true, false])).toList()).toEqual([false, true]);
  expect(np.leftShift(true, 4).toString()).toBe("array(16, int32)");
  expect(np.bitwiseAnd(array([2 ** 32 - 1], { dtype: "uint32" }), 2 ** 31).toList()).toEqual([2 ** 31]);
});

test("binary functions work data-last", () => {
  const ints = array([12, 18], { dtype: "int32" });
  expect(pipe(ints, np.gcd(8), np.leftShift(1)).toList()).toEqual([8, 4]);
  const matrix = array([
    [1, 2],
    [3, 4],
  ]);
  expect(pipe(matrix, np.matmul(array([1, 1])), np.dot(array([1, 10]))).item()).toBe(73);
  expect(pipe(array([-1, 3]), np.fmax(0), np.copysign(-1), np.floatPower(2)).toList()).toEqual([0, 9]);
});

test("limits of dtypes and their kinds", () => {
  for (const dtype of floats) {
    const { eps, max, smallestSubnormal, tiny } = np.finfo(dtype);
    const one = array(1, { dtype });
    expect(np.spacing(one).item()).toBe(eps);
    expect(np.nextafter(array(Infinity, { dtype }), one).item()).toBe(max);
    expect(np.nextafter(array(0, { dtype }), one).item()).toBe(smallestSubnormal);
    expect(np.spacing(array(tiny, { dtype })).item()).toBe(smallestSubnormal);
  }
  for (const dtype of integers) {
    const { max, min } = np.iinfo(dtype);
    expect(np.add(array(max, { dtype }), 1).item()).toBe(min);
  }
  expect(np.resultType(array([1], { dtype: "float32" }), 2)).toBe("float32");
  expect(np.resultType("bool", "uint32")).toBe("uint32");
  expect(np.isdtype("uint32", ["bool", "unsigned integer"])).toBe(true);
  expect(np.isdtype("bool", "numeric")).toBe(false);
});

test.each<readonly [string, () => unknown]>([
  ["DTypeMismatch", () => np.bitwiseAnd(array([1.5]), 1)],
  ["DTypeMismatch", () => np.leftShift(array([1]), 1)],
  ["DTypeMismatch", () => np.gcd(1.5, 2)],
  ["DTypeMismatch", () => np.ldexp(1, array([1.5]))],
  ["InvalidOption", () => np.round(1.5, { decimals: 0.5 })],
  ["UnknownOption", () => np.nanToNum(1, { nans: 0 } as object)],
  ["NotAnArray", () => np.signbit("1" as unknown as number)],
  ["ShapeMismatch", () => np.copysign(array([1, 2]), array([1, 2, 3]))],
  ["DTypeMismatch", () => np.finfo("int32")],
  ["DTypeMismatch", () => np.iinfo("bool")],
  ["InvalidOption", () => np.isdtype("bool", "integer" as "integral")],
  ["InvalidOption", () => np.resultType()],
])("%s is thrown (%#)", (code, call) => {
  expect(() => call()).toThrow(expect.objectContaining({ code }) as Error);
});
