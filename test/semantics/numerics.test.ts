/**
 * Ties, zeros and infinities: semantics 24 to 41, every one eager and compiled.
 */
import { expect, test } from "vitest";
import { array, grad, hessian, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import { extrema } from "cotangent/ops";
import { both, derivative, ints, slope, values } from "./eager-and-jit.ts";

const { inf, nan } = np;

test("24: maximum and minimum share the gradient of a tie half and half", () => {
  for (const f of [np.maximum, np.minimum]) {
    expect(slope((x, y) => f(x, y), 2, 2).item()).toBe(0.5);
    expect(slope((y, x) => f(x, y), 2, 2).item()).toBe(0.5);
    expect(slope((x) => f(x, 2), 2).item()).toBe(0.5);
  }
  expect(slope((x, y) => np.maximum(x, y), [1, 3], [2, 2]).toList()).toEqual([0, 1]);
});

test("25: tied maxima and minima of a reduction share the gradient equally", () => {
  expect(slope((x) => np.max(x), [1, 3, 3, 2]).toList()).toEqual([0, 0.5, 0.5, 0]);
  expect(
    slope((x) => np.min(x), [1, 1, 3, 1])
      .toList()
      .toString(),
  ).toBe([1 / 3, 1 / 3, 0, 1 / 3].toString());
  expect(
    slope(
      (x) => np.max(x, { axis: 1 }),
      [
        [1, 1],
        [2, 5],
      ],
    ).toList(),
  ).toEqual([
    [0.5, 0.5],
    [0, 1],
  ]);
});

test("26: abs has slope 0 at 0, sign keeps the sign of zero and NaN", () => {
  expect(derivative(np.abs, 0)).toBe(0);
  expect(derivative(np.abs, -0)).toBe(-0);
  expect(derivative(np.abs, -2)).toBe(-1);
  expect(values((x) => np.sign(x), [0, -0, nan, -3, inf])).toEqual([0, -0, nan, -1, 1]);
});

test("27: relu has slope 0 at 0, relu6 slope 0 at 0 and 6, clip half a slope at a bound", () => {
  expect(slope((x) => nn.relu(x), [-1, 0, 2]).toList()).toEqual([0, 0, 1]);
  expect(slope((x) => nn.relu6(x), [-1, 0, 2, 6, 7]).toList()).toEqual([0, 0, 1, 0, 0]);
  expect(values((x) => nn.relu(x), [-1, 0, 2, nan])).toEqual([0, 0, 2, nan]);
  expect(values((x) => nn.relu6(x), [-1, 0, 2, 6, 7, nan, inf, -inf])).toEqual([0, 0, 2, 6, 6, nan, 6, 0]);
  expect(slope((x) => np.clip(x, 0, 1), [-1, 0, 0.5, 1, 2]).toList()).toEqual([0, 0.5, 1, 0.5, 0]);
});

test("27: the primitive clamp has slope 0 at its bounds, where clip has half", () => {
  const clamped = (x: NDArray): NDArray => extrema.clamp(x, np.zerosLike(x), np.onesLike(x));
  expect(slope(clamped, [-1, 0, 0.5, 1, 2]).toList()).toEqual([0, 0, 1, 0, 0]);
});

test("27: clip with its bounds crossed gives the upper one", () => {
  expect(values((x) => np.clip(x, 3, 1), [0, 2, 5])).toEqual([1, 1, 1]);
});

test("28: sqrt has slope +infinity at 0 and keeps -0", () => {
  expect(derivative(np.sqrt, 0)).toBe(inf);
  expect(values((x) => np.sqrt(x), [-0, -1, inf])).toEqual([-0, nan, inf]);
});

test("28: where does not save the gradient of a branch that is not defined; the double where and safeSqrt do", () => {
  expect(derivative((x) => np.where(x.greater(0), np.sqrt(x), 0), -1)).toBeNaN();
  expect(derivative((x) => np.where(x.greater(0), np.sqrt(np.where(x.greater(0), x, 1)), 0), -1)).toBe(0);
  expect(derivative(nn.safeSqrt, -1)).toBe(0);
  expect(derivative(nn.safeSqrt, 0)).toBe(0);
  expect(derivative(nn.safeSqrt, 4)).toBe(0.25);
  expect(values((x) => nn.safeSqrt(x), [-1, 0, 4, nan])).toEqual([0, 0, 2, nan]);
});

test("29: a whole exponent never goes through a logarithm", () => {
  const cube = (x: NDArray): NDArray => np.pow(x, 3);
  expect([both(cube, 0).item(), derivative(cube, 0), derivative(cube, 0, 2), derivative(cube, 0, 3)]).toEqual([
    0, 0, 0, 6,
  ]);
  expect(derivative((x) => np.pow(x, 2), -3)).toBe(-6);
  expect(derivative((x) => x.mul(x), -3)).toBe(-6);
  for (const x of [0, -3, 2, inf]) expect(derivative((y) => np.pow(y, 0), x)).toBe(0);
  expect(values((x) => np.pow(x, -2), [2, 0, -inf])).toEqual([0.25, inf, 0]);
  expect(values((x) => np.pow(x, 3), ints([-2, 3]))).toEqual([-8, 27]);
});

test("30: a float exponent has slopes without log 0", () => {
  const power = (x: NDArray, y: NDArray): NDArray => np.pow(x, y);
  const slopes = (x: number, y: number): [number, number] => [
    slope(power, x, y).item(),
    slope((q, p) => np.pow(p, q), y, x).item(),
  ];
  expect(slopes(0, 2)).toEqual([0, 0]);
  expect(slopes(0, 0)).toEqual([nan, 0]);
  const second = hessian((v: NDArray) => np.pow(v.at(0).get(), v.at(1).get()));
  for (const f of [second, jit(second)]) {
    const rows = (f(array([4, 0])) as NDArray).toList() as number[][];
    expect(rows[0]![0]).toBe(0);
    expect(rows[0]![1]).toBeCloseTo(1 / 4, 14);
    expect(rows[1]![0]).toBeCloseTo(1 / 4, 14);
    expect(rows[1]![1]).toBeCloseTo(Math.log(4) ** 2, 14);
  }
});

test("31: a negative base takes whole float exponents and no others", () => {
  expect(both((x, y) => np.pow(x, y), -2, 3).item()).toBe(-8);
  expect(slope((x, y) => np.pow(x, y), -2, 3).item()).toBe(12);
  expect(both((x, y) => np.pow(x, y), -2, 2.5).item()).toBeNaN();
  expect(slope((x, y) => np.pow(x, y), -2, 2.5).item()).toBeNaN();
});

test("32: the gradient of a product is right with one zero, and 0 with two", () => {
  expect(slope((x) => np.prod(x), [0, 2, 3]).toList()).toEqual([6, 0, 0]);
  expect(slope((x) => np.prod(x), [0, 2, 0]).toList()).toEqual([0, 0, 0]);
  expect(
    slope(
      (x) => np.prod(x, { axis: 0 }),
      [
        [0, 2],
        [5, 3],
      ],
    ).toList(),
  ).toEqual([
    [5, 3],
    [0, 2],
  ]);
});

test("33: logsumexp of infinities", () => {
  expect(both((x) => nn.logsumexp(x), [-inf, -inf]).item()).toBe(-inf);
  expect(both((x) => nn.logsumexp(x), [inf, 1]).item()).toBe(inf);
  expect(slope((x) => nn.logsumexp(x), [-inf, 0]).toList()).toEqual([0, 1]);
  expect(both((x) => nn.logsumexp(x), [1000, 1000]).item()).toBe(1000 + Math.LN2);
  expect(
    both(
      (x) => nn.logsumexp(x, { axis: 1, keepdims: true }),
      [
        [0, 0],
        [-inf, 5],
      ],
    ).toList(),
  ).toEqual([[Math.LN2], [5]]);
  expect(both((x) => nn.logsumexp(x), []).item()).toBe(-inf);
});

test("33: logaddexp of infinities", () => {
  expect(values((x, y) => np.logaddexp(x, y), [-inf, inf, inf, -inf, 0, nan], [-inf, inf, -inf, 3, 0, 1])).toEqual([
    -inf,
    inf,
    inf,
    3,
    Math.LN2,
    nan,
  ]);
  expect(slope((x, y) => np.logaddexp(x, y), [-inf, 0, 5], [0, 0, 5]).toList()).toEqual([0, 0.5, 0.5]);
});

test("34: softplus is x itself far out, and its slope at infinity is 1", () => {
  expect(values((x) => nn.softplus(x), [89, 1000, inf, -inf, 0])).toEqual([89, 1000, inf, 0, Math.LN2]);
  expect(slope((x) => nn.softplus(x), [1000, inf, -inf, 0]).toList()).toEqual([1, 1, 0, 0.5]);
  expect(derivative(nn.softplus, 0, 2)).toBe(0.25);
});

test("35: saturated sigmoid and tanh have slope 0", () => {
  expect(slope((x) => nn.sigmoid(x), [-1000, 1000]).toList()).toEqual([0, 0]);
  expect(slope((x) => np.tanh(x), [-1000, 1000]).toList()).toEqual([0, 0]);
});

test("36: log1p and expm1 keep their digits near 0", () => {
  const x = 1e-12;
  expect(both((v) => np.log1p(v), x).item()).toBe(x - (x * x) / 2);
  expect(both((v) => np.expm1(v), x).item()).toBe(x + (x * x) / 2);
});

test("37: hypot and safeNorm have gradient 0 at the origin, the norm by hand NaN", () => {
  expect(slope((x, y) => np.hypot(x, y), 0, 0).item()).toBe(0);
  expect(slope((x, y) => np.hypot(x, y), 3, 4).item()).toBeCloseTo(0.6, 15);
  expect(slope((x) => nn.safeNorm(x), [0, 0]).toList()).toEqual([0, 0]);
  expect(
    slope((x) => nn.safeNorm(x), [3, 4])
      .at(0)
      .get()
      .item(),
  ).toBeCloseTo(0.6, 15);
  expect(slope((x) => np.sqrt(np.sum(x.mul(x))), [0, 0]).toList()).toEqual([nan, nan]);
  expect(both((x) => nn.safeNorm(x), [3e200, 4e200]).item() / 5e200).toBeCloseTo(1, 15);
  expect(both((x, y) => np.hypot(x, y), 3e200, 4e200).item() / 5e200).toBeCloseTo(1, 15);
  expect(values((x, y) => np.hypot(x, y), [inf, -inf, nan, 0], [1, nan, inf, -0])).toEqual([inf, inf, inf, 0]);
});

test("37: atan2 has gradient NaN at the origin", () => {
  expect(slope((y, x) => np.arctan2(y, x), 0, 0).item()).toBeNaN();
  expect(slope((y, x) => np.where(y.equal(0), 0, np.arctan2(np.where(y.equal(0), 1, y), x)), 0, 0).item()).toBe(0);
});

test("38: max propagates NaN, argmax gives the first NaN, else the first maximum", () => {
  expect(both((x) => np.max(x), [1, nan, 2]).item()).toBeNaN();
  expect(both((x) => np.min(x), [1, nan, 2]).item()).toBeNaN();
  expect(both((x) => np.argmax(x), [1, nan, 2, nan]).item()).toBe(1);
  expect(both((x) => np.argmin(x), [1, nan, 2, nan]).item()).toBe(1);
  expect(both((x) => np.argmax(x), [1, 3, 3]).item()).toBe(1);
  expect(both((x) => np.argmin(x), [1, 1, 3]).item()).toBe(0);
});

test("39: sort puts NaN last and keeps the order of equals, -0 and 0 among them", () => {
  expect(values((x) => np.sort(x), [nan, 2, 0, -inf, -0, nan, inf, 0])).toEqual([-inf, 0, -0, 0, 2, inf, nan, nan]);
  expect(values((x) => np.sort(x, { descending: true }), [nan, 2, 0, -0, 3])).toEqual([3, 2, 0, -0, nan]);
  expect(values((x) => np.argsort(x), [nan, 0, 1, -0, 1, nan])).toEqual([1, 3, 2, 4, 0, 5]);
  expect(values((x) => np.argsort(x, { descending: true }), [nan, 0, 1, -0, 1])).toEqual([2, 4, 1, 3, 0]);
  expect(
    values(
      (x) => np.sort(x, { axis: 0 }),
      [
        [3, 1],
        [2, 5],
      ],
    ),
  ).toEqual([
    [2, 1],
    [3, 5],
  ]);
});

test("39: searchsorted ignores the sign of zero and of NaN", () => {
  const negativeNan = array(new Float64Array(new BigUint64Array([0xfff8000000000000n]).buffer));
  const sorted = array([-1, -0, 0, 2, nan, nan]);
  for (const zero of [0, -0]) {
    expect(both((x, v) => np.searchsorted(x, v), sorted, zero).item()).toBe(1);
    expect(both((x, v) => np.searchsorted(x, v, { side: "right" }), sorted, zero).item()).toBe(3);
  }
  for (const value of [array([nan]), negativeNan]) {
    expect(values((x, v) => np.searchsorted(x, v), sorted, value)).toEqual([4]);
    expect(values((x, v) => np.searchsorted(x, v, { side: "right" }), sorted, value)).toEqual([6]);
  }
  expect(values((x, v) => np.searchsorted(x, v), sorted, [-5, 1, 2, 3, inf])).toEqual([0, 3, 3, 4, 4]);
  expect(values((v) => np.searchsorted(np.zeros(0), v), [1, 2])).toEqual([0, 0]);
});

test("39: the derivative of sort permutes", () => {
  const weights = array([1, 10, 100]);
  expect(slope((x) => np.sort(x).mul(weights), [3, 1, 2]).toList()).toEqual([100, 1, 10]);
  expect(slope((x) => np.sort(x, { descending: true }).mul(weights), [3, 1, 2]).toList()).toEqual([1, 100, 10]);
  expect(slope((x) => np.sort(x).mul(weights), [5, 5, 5]).toList()).toEqual([1, 10, 100]);
  expect(
    values(
      (x) => vmap(grad((row: NDArray) => np.sum(np.sort(row).mul(weights))))(x) as NDArray,
      [
        [3, 1, 2],
        [1, 2, 3],
      ],
    ),
  ).toEqual([
    [100, 1, 10],
    [1, 10, 100],
  ]);
});

test("40: x * 0 and x + 0 are never folded", () => {
  expect(both((x) => np.add(np.mul(x, 0), 1), nan).item()).toBeNaN();
  expect(both((x) => np.mul(x, 0), inf).item()).toBeNaN();
  expect(values((x) => np.add(x, 0), [-0, 0])).toEqual([0, 0]);
  expect(values((x) => np.sub(x, 0), [-0, 0])).toEqual([-0, 0]);
  expect(values((x) => np.add(x, -0), [-0, 0])).toEqual([-0, 0]);
  expect(values((x) => np.mul(x, 0), [-1, 1])).toEqual([-0, 0]);
  expect(values((x) => np.neg(x), [-0, 0])).toEqual([0, -0]);
});

test("41: a float32 sum of a million tenths is off by less than one part in ten million", () => {
  const tenths = np.full(1_000_000, 0.1, { dtype: "float32" });
  const exact = 1_000_000 * Math.fround(0.1);
  for (const f of [(x: NDArray): NDArray => np.sum(x), (x: NDArray): NDArray => np.cumsum(x).at(-1).get()])
    expect(Math.abs(both(f, tenths).item() - exact) / exact).toBeLessThan(1e-7);
  const wide = np.full(1_000_000, 0.1);
  expect(Math.abs(both((x) => np.sum(x), wide).item() - 1_000_000 * 0.1)).toBeLessThan(1e-9);
});
