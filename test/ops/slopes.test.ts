/**
 * First and second derivatives of elementary functions where naive forms cancel, overflow or underflow, against
 * test/reference/slopes.json (scripts/tables/slope-tables.py).
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { array, grad, jit, jvp } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as nn from "cotangent/nn";
import { logistic } from "../../ops/exponential.ts";

type Precision = "float64" | "float32";
type Scalar = (x: NDArray) => NDArray;

const tables = JSON.parse(readFileSync(new URL("../reference/slopes.json", import.meta.url), "utf8")) as Readonly<
  Record<Precision, Readonly<Record<string, readonly (readonly (number | null)[])[]>>>
>;

const functions: Readonly<Record<string, Scalar>> = {
  expm1: np.expm1,
  elu: (x) => nn.elu(x),
  selu: nn.selu,
  celu: (x) => nn.celu(x, { alpha: 2 }),
  tanh: np.tanh,
  logistic: (x) => logistic(x),
  sinh: np.sinh,
  cosh: np.cosh,
  asinh: np.arcsinh,
  acosh: np.arccosh,
  atanh: np.arctanh,
  asin: np.arcsin,
  acos: np.arccos,
  atan: np.arctan,
  log1p: np.log1p,
};

const precisions = {
  float64: { tolerance: 1e-14, smallest: 5e-324, smallestNormal: 2 ** -1022, largest: Number.MAX_VALUE },
  float32: { tolerance: 1e-6, smallest: 2 ** -149, smallestNormal: 2 ** -126, largest: (2 - 2 ** -23) * 2 ** 127 },
} as const;

/** The derivative of an elementwise function as an elementwise function. */
const slopeOf = (f: Scalar): Scalar => grad((x: NDArray) => np.sum(f(x))) as Scalar;

/** `floor`: the absolute error allowed, for what is not a normal number. */
const expectClose = (
  seen: NDArray,
  wanted: readonly (number | null)[],
  precision: Precision,
  floor: number,
  name: (k: number) => string,
): void => {
  const { tolerance, largest } = precisions[precision];
  expect(seen.dtype).toBe(precision);
  const values = seen.toTypedArray();
  expect(values.length).toBe(wanted.length);
  wanted.forEach((exact, k) => {
    const value = values[k]!;
    // NaN where terms of opposite signs overflow, as in the mixed derivative of atan2.
    if (exact === null || Math.abs(exact) > largest) expect(Number.isFinite(value), name(k)).toBe(false);
    else
      expect(Math.abs(value - exact), `${name(k)}: ${value}, ${exact}`).toBeLessThanOrEqual(
        tolerance * Math.abs(exact) + floor,
      );
  });
};

/** The same to the bit on every back end. */
const everywhere = (f: (...x: NDArray[]) => NDArray, ...x: readonly NDArray[]): NDArray => {
  const eager = f(...x);
  for (const backend of ["js", "wasm"] as const)
    expect([...jit(f, { backend })(...x).toTypedArray()], backend).toEqual([...eager.toTypedArray()]);
  return eager;
};

describe.each(["float64", "float32"] as const)("%s", (precision) => {
  const { smallest, smallestNormal } = precisions[precision];
  const entries = Object.entries(tables[precision]).filter(([name]) => name !== "atan2");

  test.each(entries)("derivatives of %s keep their digits at extreme points", (name, [points, first, second]) => {
    const f = functions[name.replace(" far", "")]!;
    const x = array(points as number[], { dtype: precision });
    const at = (order: string) => (k: number) => `${order} derivative of ${name} at ${points![k]}`;
    expectClose(everywhere(slopeOf(f), x), first!, precision, 4 * smallest, at("first"));
    const forward = (own: NDArray): NDArray => jvp(f, [own], [np.onesLike(own)])[1] as NDArray;
    expectClose(everywhere(forward, x), first!, precision, 4 * smallest, at("first"));
    if (second === undefined) return;
    expectClose(everywhere(slopeOf(slopeOf(f)), x), second, precision, smallestNormal, at("second"));
  });

  test("derivatives of atan2 keep their digits at all scales of its arguments", () => {
    const [ys, xs, byY, byX, byYY, byYX, byXX] = tables[precision]["atan2"]!;
    const [y, x] = [array(ys as number[], { dtype: precision }), array(xs as number[], { dtype: precision })];
    const by = (f: (y: NDArray, x: NDArray) => NDArray, argnums: 0 | 1) =>
      grad((...own: [NDArray, NDArray]) => np.sum(f(...own)), { argnums }) as (y: NDArray, x: NDArray) => NDArray;
    const at = (order: string) => (k: number) => `derivative by ${order} at y ${ys![k]}, x ${xs![k]}`;
    const [alongY, alongX] = [by(np.arctan2, 0), by(np.arctan2, 1)];
    expectClose(everywhere(alongY as never, y, x), byY!, precision, 4 * smallest, at("y"));
    expectClose(everywhere(alongX as never, y, x), byX!, precision, 4 * smallest, at("x"));
    expectClose(by(alongY, 0)(y, x), byYY!, precision, smallestNormal, at("y, y"));
    expectClose(by(alongY, 1)(y, x), byYX!, precision, smallestNormal, at("y, x"));
    expectClose(by(alongX, 1)(y, x), byXX!, precision, smallestNormal, at("x, x"));
  });
});

test("at 0 and where two forms of a slope meet, derivatives to the fifth are those of the function", () => {
  const rows: readonly (readonly [f: Scalar, x: number, derivatives: readonly number[]])[] = [
    [np.tanh, 0, [1, 0, -2, 0, 16]],
    [np.tanh, -0, [1, 0, -2, 0, 16]],
    [np.arcsinh, 0, [1, 0, -1, 0, 9]],
    [np.arcsinh, 1, [1, -1 / 2, 1 / 4, 3 / 8, -39 / 16].map((part) => part / Math.SQRT2)],
    [np.arctan, 0, [1, 0, -2, 0, 24]],
    [np.arctan, 1, [1 / 2, -1 / 2, 1 / 2, 0, -3]],
    [np.arctan, -1, [1 / 2, 1 / 2, 1 / 2, 0, -3]],
    [np.arctanh, 0, [1, 0, 2, 0, 24]],
    [np.arctanh, 0.5, [108, 144, 672, 3840, 31232].map((part) => part / 81)],
    [np.arcsin, 0, [1, 0, 1, 0, 9]],
    [(y) => np.arctan2(y, 1), 1, [1 / 2, -1 / 2, 1 / 2, 0, -3]],
    [(x) => np.arctan2(1, x), 1, [-1 / 2, 1 / 2, -1 / 2, 0, 3]],
  ];
  for (const [f, x, derivatives] of rows) {
    let g = f;
    for (const [order, wanted] of derivatives.entries()) {
      g = grad(g) as Scalar;
      expect(Math.abs(g(array(x)).item() - wanted), `order ${order + 1} at ${x}: ${wanted}`).toBeLessThan(
        1e-13 * Math.max(1, Math.abs(wanted)),
      );
    }
  }
});

test("slopes at infinity and outside the domain are 0 and NaN", () => {
  const slope = (f: Scalar, x: number): number => (grad(f) as Scalar)(array(x)).item();
  for (const f of [np.tanh, np.arcsinh, np.arctan]) expect([slope(f, np.inf), slope(f, -np.inf)]).toEqual([0, 0]);
  expect([np.arccosh, np.arcsin, np.arccos].map((f) => slope(f, -2))).toEqual([NaN, NaN, NaN]);
  expect([slope(np.arccosh, np.inf), slope(np.arccosh, 1)]).toEqual([0, np.inf]);
  for (const f of Object.values(functions)) expect(slope(f, np.nan)).toBe(NaN);
});
