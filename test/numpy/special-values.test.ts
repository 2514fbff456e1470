/**
 * IEEE 754 and the array API standard at NaN, infinities and both zeros: one row per function, one column per
 * special argument; eager and compiled, float64 and float32.
 */
import { describe, expect, test } from "vitest";
import { array, jit } from "cotangent";
import type { DType, NDArray } from "cotangent";
import * as np from "cotangent/numpy";

const { inf, nan, pi } = np;
const arguments_ = [0, -0, 1, -1, inf, -inf, nan];

const unary: readonly (readonly [name: string, f: np.UnaryFunction, wanted: readonly number[]])[] = [
  ["neg", np.neg, [-0, 0, -1, 1, -inf, inf, nan]],
  ["abs", np.abs, [0, 0, 1, 1, inf, inf, nan]],
  ["sign", np.sign, [0, -0, 1, -1, 1, -1, nan]],
  ["square", np.square, [0, 0, 1, 1, inf, inf, nan]],
  ["reciprocal", np.reciprocal, [inf, -inf, 1, -1, 0, -0, nan]],
  ["sqrt", np.sqrt, [0, -0, 1, nan, inf, nan, nan]],
  ["cbrt", np.cbrt, [0, -0, 1, -1, inf, -inf, nan]],
  ["exp", np.exp, [1, 1, Math.E, 1 / Math.E, inf, 0, nan]],
  ["expm1", np.expm1, [0, -0, Math.E - 1, 1 / Math.E - 1, inf, -1, nan]],
  ["exp2", np.exp2, [1, 1, 2, 0.5, inf, 0, nan]],
  ["log", np.log, [-inf, -inf, 0, nan, inf, nan, nan]],
  ["log1p", np.log1p, [0, -0, Math.LN2, -inf, inf, nan, nan]],
  ["log2", np.log2, [-inf, -inf, 0, nan, inf, nan, nan]],
  ["log10", np.log10, [-inf, -inf, 0, nan, inf, nan, nan]],
  ["sin", np.sin, [0, -0, Math.sin(1), -Math.sin(1), nan, nan, nan]],
  ["cos", np.cos, [1, 1, Math.cos(1), Math.cos(1), nan, nan, nan]],
  ["tan", np.tan, [0, -0, Math.tan(1), -Math.tan(1), nan, nan, nan]],
  ["arcsin", np.arcsin, [0, -0, pi / 2, -pi / 2, nan, nan, nan]],
  ["arccos", np.arccos, [pi / 2, pi / 2, 0, pi, nan, nan, nan]],
  ["arctan", np.arctan, [0, -0, pi / 4, -pi / 4, pi / 2, -pi / 2, nan]],
  ["sinh", np.sinh, [0, -0, Math.sinh(1), -Math.sinh(1), inf, -inf, nan]],
  ["cosh", np.cosh, [1, 1, Math.cosh(1), Math.cosh(1), inf, inf, nan]],
  ["tanh", np.tanh, [0, -0, Math.tanh(1), -Math.tanh(1), 1, -1, nan]],
  ["arcsinh", np.arcsinh, [0, -0, Math.asinh(1), -Math.asinh(1), inf, -inf, nan]],
  ["arccosh", np.arccosh, [nan, nan, 0, nan, inf, nan, nan]],
  ["arctanh", np.arctanh, [0, -0, inf, -inf, nan, nan, nan]],
  ["floor", np.floor, [0, -0, 1, -1, inf, -inf, nan]],
  ["ceil", np.ceil, [0, -0, 1, -1, inf, -inf, nan]],
  ["trunc", np.trunc, [0, -0, 1, -1, inf, -inf, nan]],
  ["round", np.round, [0, -0, 1, -1, inf, -inf, nan]],
  ["isnan", np.isnan, [0, 0, 0, 0, 0, 0, 1]],
  ["isinf", np.isinf, [0, 0, 0, 0, 1, 1, 0]],
  ["isfinite", np.isfinite, [1, 1, 1, 1, 0, 0, 0]],
];

const bits = (seen: NDArray, wanted: readonly number[], dtype: DType): void => {
  const exact = array([...wanted], { dtype: seen.dtype === "bool" ? "bool" : dtype }).toTypedArray();
  seen.toTypedArray().forEach((value, k) => {
    // a finite value that is no special one may be rounded differently in its last digits
    const isOrdinary = Number.isFinite(exact[k]!) && !Number.isInteger(exact[k]!);
    if (isOrdinary)
      expect(Math.abs(value / exact[k]! - 1), `argument ${k}`).toBeLessThan(dtype === "float64" ? 1e-15 : 1e-6);
    else expect(value, `argument ${k}`).toBe(exact[k]);
  });
};

describe.each(["float64", "float32"] as const)("%s", (dtype) => {
  test.each(unary)("%s at 0 -0 1 -1 inf -inf NaN", (_name, f, wanted) => {
    const x = array(arguments_, { dtype });
    bits(f(x), wanted, dtype);
    bits(jit((v: NDArray) => f(v))(x), wanted, dtype);
  });
});

type Row = readonly [x: number, y: number, wanted: number];

const binary: Readonly<Record<string, { readonly f: np.BinaryFunction; readonly rows: readonly Row[] }>> = {
  add: {
    f: np.add,
    rows: [
      [0, -0, 0],
      [-0, -0, -0],
      [inf, -inf, nan],
      [inf, 1, inf],
      [nan, inf, nan],
    ],
  },
  sub: {
    f: np.sub,
    rows: [
      [0, 0, 0],
      [-0, 0, -0],
      [inf, inf, nan],
      [-inf, inf, -inf],
      [1, nan, nan],
    ],
  },
  mul: {
    f: np.mul,
    rows: [
      [0, inf, nan],
      [-0, 5, -0],
      [-0, -5, 0],
      [inf, -inf, -inf],
      [nan, 0, nan],
    ],
  },
  div: {
    f: np.div,
    rows: [
      [1, 0, inf],
      [1, -0, -inf],
      [0, 0, nan],
      [inf, inf, nan],
      [-1, inf, -0],
      [nan, 1, nan],
    ],
  },
  maximum: {
    f: np.maximum,
    rows: [
      [nan, 1, nan],
      [1, nan, nan],
      [0, -0, 0],
      [-0, 0, 0],
      [-inf, 1, 1],
    ],
  },
  minimum: {
    f: np.minimum,
    rows: [
      [nan, 1, nan],
      [1, nan, nan],
      [0, -0, -0],
      [-0, 0, -0],
      [inf, 1, 1],
    ],
  },
  power: {
    f: np.power,
    rows: [
      [nan, 0, 1],
      [1, nan, 1],
      [-1, inf, 1],
      [2, -inf, 0],
      [0.5, -inf, inf],
      [0, -1, inf],
      [-0, -1, -inf],
      [-0, -2, inf],
      [-0, 3, -0],
      [-8, 0.5, nan],
      [inf, 0, 1],
      [-inf, 3, -inf],
    ],
  },
  arctan2: {
    f: np.arctan2,
    rows: [
      [0, 1, 0],
      [-0, 1, -0],
      [0, -0, pi],
      [-0, -0, -pi],
      [1, 0, pi / 2],
      [inf, inf, pi / 4],
      [-inf, -inf, (-3 * pi) / 4],
      [nan, 0, nan],
    ],
  },
  hypot: {
    f: np.hypot,
    rows: [
      [inf, nan, inf],
      [nan, -inf, inf],
      [nan, 1, nan],
      [-0, -0, 0],
      [3, -4, 5],
    ],
  },
  fmod: {
    f: np.fmod,
    rows: [
      [1, 0, nan],
      [inf, 1, nan],
      [5, inf, 5],
      [-0, 3, -0],
      [-7, 3, -1],
    ],
  },
  remainder: {
    f: np.remainder,
    rows: [
      [1, 0, nan],
      [inf, 1, nan],
      [5, inf, 5],
      [-7, 3, 2],
      [7, -3, -2],
      [-1, inf, inf],
    ],
  },
  floorDivide: {
    f: np.floorDivide,
    rows: [
      [1, 0, inf],
      [-1, 0, -inf],
      [0, 0, nan],
      [-7, 2, -4],
      [7, 2, 3],
      [nan, 2, nan],
    ],
  },
  logaddexp: {
    f: np.logaddexp,
    rows: [
      [-inf, -inf, -inf],
      [inf, -inf, inf],
      [nan, inf, nan],
      [-inf, 2, 2],
    ],
  },
  equal: {
    f: np.equal,
    rows: [
      [nan, nan, 0],
      [0, -0, 1],
      [inf, inf, 1],
    ],
  },
  notEqual: {
    f: np.notEqual,
    rows: [
      [nan, nan, 1],
      [0, -0, 0],
    ],
  },
  less: {
    f: np.less,
    rows: [
      [nan, 1, 0],
      [1, nan, 0],
      [-0, 0, 0],
      [-inf, inf, 1],
    ],
  },
  greaterEqual: {
    f: np.greaterEqual,
    rows: [
      [nan, nan, 0],
      [-0, 0, 1],
    ],
  },
};

test.each(Object.entries(binary))("%s of special pairs", (_name, { f, rows }) => {
  const [x, y] = [array(rows.map((row) => row[0])), array(rows.map((row) => row[1]))];
  const wanted = rows.map((row) => row[2]);
  bits(f(x, y), wanted, "float64");
  bits(jit((a: NDArray, b: NDArray) => f(a, b))(x, y), wanted, "float64");
});

test("a raw whole exponent follows the same table as an array of exponents", () => {
  for (const exponent of [0, 1, 2, 3, -1, -2, -3]) {
    const x = array([...arguments_, 0.5, 3]);
    const [raw, general] = [np.pow(x, exponent).toTypedArray(), np.pow(x, np.full(x.shape, exponent)).toTypedArray()];
    raw.forEach((value, k) =>
      Number.isInteger(general[k]) || !Number.isFinite(general[k])
        ? expect(value).toBe(general[k])
        : expect(value).toBeCloseTo(general[k]!, 14),
    );
  }
});

test("conversions saturate, and NaN becomes 0, or true", () => {
  const x = array([nan, inf, -inf, 2.9, -2.9, 3e9]);
  expect(x.astype("int32").toList()).toEqual([0, 2 ** 31 - 1, -(2 ** 31), 2, -2, 2 ** 31 - 1]);
  expect(x.astype("uint32").toList()).toEqual([0, 2 ** 32 - 1, 0, 2, 0, 3e9]);
  expect(x.astype("bool").toList()).toEqual([true, true, true, true, true, true]);
  expect(jit((v: NDArray) => v.astype("int32"))(x).toList()).toEqual(x.astype("int32").toList());
});
