/**
 * cotangent/nn: values against formulas evaluated plainly where that is safe, and no overflow where it is not.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";

const { inf, nan } = np;
const moderate = fc.double({ min: -20, max: 20, noNaN: true });

const plain: readonly (readonly [string, (x: NDArray) => NDArray, (x: number) => number])[] = [
  ["relu", nn.relu, (x) => Math.max(0, x)],
  ["relu6", nn.relu6, (x) => Math.min(6, Math.max(0, x))],
  ["sigmoid", nn.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  ["softplus", nn.softplus, (x) => Math.log(1 + Math.exp(x))],
  ["silu", nn.silu, (x) => x / (1 + Math.exp(-x))],
  ["gelu", nn.gelu, (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
];

test.each(plain)("%s is its formula", (_name, f, formula) => {
  fc.assert(
    fc.property(moderate, (x) => {
      const wanted = formula(x);
      expect(Math.abs(f(array(x)).item() - wanted)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(wanted)));
      expect(jit(f)(array(x)).item()).toBe(f(array(x)).item());
    }),
  );
});

test("activations are finite with finite slopes up to 1e300, and NaN stays NaN", () => {
  const x = array([-1e300, -750, -40, 40, 750, 1e300]);
  for (const [name, f] of plain.filter(([own]) => own !== "gelu")) {
    expect(np.all(np.isfinite(f(x))).item(), name).toBe(1);
    expect(np.all(np.isfinite(grad((v: NDArray) => np.sum(f(v)))(x))).item(), name).toBe(1);
    expect(f(array(nan)).item(), name).toBeNaN();
  }
});

test("activations accept integers and numbers and keep float32", () => {
  expect(nn.relu(array([-1, 2], { dtype: "int32" })).toString()).toBe("array([0, 2], int32)");
  expect(nn.sigmoid(0).item()).toBe(0.5);
  for (const [, f] of plain) expect(f(array([1], { dtype: "float32" })).dtype).toBe("float32");
});

test("logsumexp, softmax and logSoftmax shift with their argument", () => {
  fc.assert(
    fc.property(fc.array(moderate, { minLength: 1, maxLength: 6 }), fc.constantFrom(0, 700, -1000), (x, shift) => {
      const wanted = shift + Math.log(x.map(Math.exp).reduce((sum, value) => sum + value, 0));
      const shifted = np.add(array(x), shift);
      expect(nn.logsumexp(shifted).item()).toBeCloseTo(wanted, 9);
      expect(np.allclose(nn.softmax(shifted), nn.softmax(array(x)), { rtol: 1e-11 }).item()).toBe(1);
      expect(
        np
          .allclose(nn.logSoftmax(shifted), np.sub(shifted, nn.logsumexp(shifted)), { rtol: 1e-11, atol: 1e-11 })
          .item(),
      ).toBe(1);
    }),
  );
});

test("logsumexp keeps dimensions on demand, and softmax works over any axes", () => {
  const x = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(nn.logsumexp(x, { axis: 1, keepdims: true }).shape).toEqual([2, 1]);
  expect(np.allclose(np.sum(nn.softmax(x, { axis: [0, 1] })), 1).item()).toBe(1);
  expect(np.allclose(np.sum(nn.softmax(x, { axis: 0 }), { axis: 0 }), 1).item()).toBe(1);
  expect(nn.softmax(np.zeros([2, 0])).shape).toEqual([2, 0]);
  expect(nn.softmax(array([-inf, 0])).toList()).toEqual([0, 1]);
  expect(np.allclose(vmap((row: NDArray) => nn.softmax(row))(x), nn.softmax(x)).item()).toBe(1);
});

test("safeNorm neither overflows nor underflows, and has the gradient of the norm", () => {
  expect(nn.safeNorm(array([3e-320, 4e-320])).item()).toBe(5e-320);
  expect(nn.safeNorm(array([3e300, 4e300])).item()).toBe(5e300);
  expect(nn.safeNorm(array([inf, 1])).item()).toBe(inf);
  expect(nn.safeNorm(array([nan, 1])).item()).toBeNaN();
  expect(nn.safeNorm(np.zeros(0)).item()).toBe(0);
  expect(
    nn
      .safeNorm(
        array([
          [3, 4],
          [0, 0],
        ]),
        { axis: 1, keepdims: true },
      )
      .toList(),
  ).toEqual([[5], [0]]);
  expect(
    grad((x: NDArray) => np.sum(nn.safeNorm(x, { axis: 1 })))(
      array([
        [0, 2],
        [0, 0],
      ]),
    ).toList(),
  ).toEqual([
    [0, 1],
    [0, 0],
  ]);
});

test("softmax and logSoftmax of what where keeps are those of the rest alone, whatever the others hold", () => {
  const masked = fc.array(fc.tuple(moderate, fc.boolean(), fc.constantFrom(0, nan, inf, -inf, 1e300)), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(masked, (rows) => {
      const x = array(rows.map(([value, isKept, other]) => (isKept ? value : other)));
      const where = array(rows.map(([, isKept]) => isKept));
      const rest = rows.flatMap(([value, isKept]) => (isKept ? [value] : []));
      const kept = rest.length === 0 ? [] : [nn.softmax(array(rest)), nn.logSoftmax(array(rest))];
      const [alone = [], logarithms = []] = kept.map((y) => y.toList() as number[]);
      const spread = (values: number[], otherwise: number): number[] => {
        const turn = values[Symbol.iterator]();
        return rows.map(([, isKept]) => (isKept ? turn.next().value! : otherwise));
      };
      const probabilities = nn.softmax(x, { where });
      spread(alone, 0).forEach((value, k) => expect(probabilities.at(k).get().item()).toBeCloseTo(value, 14));
      const logs = nn.logSoftmax(x, { where }).toList() as number[];
      spread(logarithms, -inf).forEach((value, k) =>
        Number.isFinite(value) ? expect(logs[k]).toBeCloseTo(value, 13) : expect(logs[k]).toBe(value),
      );
    }),
  );
});

test("softmax with where has zero derivatives by what is left out, also where nothing is kept", () => {
  const where = array([
    [true, false, true],
    [false, false, false],
  ]);
  const first = (x: NDArray): NDArray => np.sum(nn.softmax(x, { where }).mul(array([1, 2, 3])));
  const x = array([
    [0, nan, 0],
    [1, 2, inf],
  ]);
  for (const slope of [grad(first), jit(grad(first))])
    expect(slope(x).toList()).toEqual([
      [-0.5, 0, 0.5],
      [0, 0, 0],
    ]);
  expect(() => nn.softmax(x, { where: array([true, false]) })).toThrow(/nn\.softmax, option where/);
});
