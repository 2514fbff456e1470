/**
 * Activations: each against its formula where that is safe, values and slopes at every extreme and at kinks,
 * slopes against differences; logsumexp with weights, one-hot vectors, standardization.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as special from "cotangent/special";

const { inf, nan } = np;

type Activation = (x: NDArray) => NDArray;

/** Values and slopes at -inf, -1000, 0, 1000, inf; the formula is good for moderate x, kinks are left out of differences. */
interface Row {
  readonly f: Activation;
  readonly formula: (x: number) => number;
  readonly values: readonly [number, number, number, number, number];
  readonly slopes: readonly [number, number, number, number, number];
  readonly kinks?: readonly number[];
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log(1 + Math.exp(x));
const clip = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
const alpha = 1.6732632423543772;
const scale = 1.0507009873554805;
const tiny = 1 / 1001 ** 2;

const rows: Readonly<Record<string, Row>> = {
  identity: { f: nn.identity, formula: (x) => x, values: [-inf, -1000, 0, 1000, inf], slopes: [1, 1, 1, 1, 1] },
  relu: {
    f: nn.relu,
    formula: (x) => Math.max(0, x),
    values: [0, 0, 0, 1000, inf],
    slopes: [0, 0, 0, 1, 1],
    kinks: [0],
  },
  relu6: {
    f: nn.relu6,
    formula: (x) => clip(x, 0, 6),
    values: [0, 0, 0, 6, 6],
    slopes: [0, 0, 0, 0, 0],
    kinks: [0, 6],
  },
  leakyRelu: {
    f: (x) => nn.leakyRelu(x),
    formula: (x) => Math.max(x, x / 100),
    values: [-inf, -10, 0, 1000, inf],
    slopes: [0.01, 0.01, 1, 1, 1],
    kinks: [0],
  },
  hardTanh: {
    f: nn.hardTanh,
    formula: (x) => clip(x, -1, 1),
    values: [-1, -1, 0, 1, 1],
    slopes: [0, 0, 1, 0, 0],
    kinks: [-1, 1],
  },
  hardSigmoid: {
    f: nn.hardSigmoid,
    formula: (x) => clip(x + 3, 0, 6) / 6,
    values: [0, 0, 0.5, 1, 1],
    slopes: [0, 0, 1 / 6, 0, 0],
    kinks: [-3, 3],
  },
  hardSilu: {
    f: nn.hardSilu,
    formula: (x) => (x * clip(x + 3, 0, 6)) / 6,
    values: [0, 0, 0, 1000, inf],
    slopes: [0, 0, 0.5, 1, 1],
    kinks: [-3, 3],
  },
  sparsePlus: {
    f: nn.sparsePlus,
    formula: (x) => (x <= -1 ? 0 : x >= 1 ? x : (x + 1) ** 2 / 4),
    values: [0, 0, 0.25, 1000, inf],
    slopes: [0, 0, 0.5, 1, 1],
    kinks: [-1, 1],
  },
  sparseSigmoid: {
    f: nn.sparseSigmoid,
    formula: (x) => clip((x + 1) / 2, 0, 1),
    values: [0, 0, 0.5, 1, 1],
    slopes: [0, 0, 0.5, 0, 0],
    kinks: [-1, 1],
  },
  elu: {
    f: (x) => nn.elu(x),
    formula: (x) => (x > 0 ? x : Math.expm1(x)),
    values: [-1, -1, 0, 1000, inf],
    slopes: [0, 0, 1, 1, 1],
    kinks: [0],
  },
  celu: {
    f: (x) => nn.celu(x, { alpha: 2 }),
    formula: (x) => (x > 0 ? x : 2 * Math.expm1(x / 2)),
    values: [-2, -2, 0, 1000, inf],
    slopes: [0, 0, 1, 1, 1],
    kinks: [0],
  },
  selu: {
    f: nn.selu,
    formula: (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
    values: [-scale * alpha, -scale * alpha, 0, scale * 1000, inf],
    slopes: [0, 0, scale * alpha, scale, scale],
    kinks: [0],
  },
  sigmoid: { f: nn.sigmoid, formula: sigmoid, values: [0, 0, 0.5, 1, 1], slopes: [0, 0, 0.25, 0, 0] },
  tanh: { f: nn.tanh, formula: Math.tanh, values: [-1, -1, 0, 1, 1], slopes: [0, 0, 1, 0, 0] },
  softSign: {
    f: nn.softSign,
    formula: (x) => x / (1 + Math.abs(x)),
    values: [-1, -1000 / 1001, 0, 1000 / 1001, 1],
    slopes: [0, tiny, 1, tiny, 0],
    kinks: [0],
  },
  softplus: { f: nn.softplus, formula: softplus, values: [0, 0, Math.LN2, 1000, inf], slopes: [0, 0, 0.5, 1, 1] },
  logSigmoid: {
    f: nn.logSigmoid,
    formula: (x) => -softplus(-x),
    values: [-inf, -1000, -Math.LN2, 0, 0],
    slopes: [1, 1, 0.5, 0, 0],
  },
  squareplus: {
    f: (x) => nn.squareplus(x),
    formula: (x) => (x + Math.sqrt(x * x + 4)) / 2,
    values: [0, 0.000999999000002, 1, 1000.000999999, inf],
    slopes: [0, 9.9999700001e-7, 0.5, 1 - 9.9999700001e-7, 1],
  },
  silu: { f: nn.silu, formula: (x) => x * sigmoid(x), values: [0, 0, 0, 1000, inf], slopes: [0, 0, 0.5, 1, 1] },
  mish: {
    f: nn.mish,
    formula: (x) => x * Math.tanh(softplus(x)),
    values: [0, 0, 0, 1000, inf],
    slopes: [0, 0, 0.6, 1, 1],
  },
  gelu: {
    f: (x) => nn.gelu(x),
    formula: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    values: [0, 0, 0, 1000, inf],
    slopes: [0, 0, 0.5, 1, 1],
  },
  "gelu without approximation": {
    f: (x) => nn.gelu(x, { approximate: false }),
    formula: (x) => x * special.ndtr(x).item(),
    values: [0, 0, 0, 1000, inf],
    slopes: [0, 0, 0.5, 1, 1],
  },
};

const named = Object.entries(rows);
const slopeOf = (f: Activation, x: number): number => grad((v: NDArray) => f(v))(array(x)).item();
const close = (seen: number, wanted: number, tolerance: number, text: string): void => {
  if (seen !== wanted)
    expect(Math.abs(seen - wanted), `${text}: ${seen} for ${wanted}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(wanted)),
    );
};

test.each(named)("%s is its formula, eager and compiled", (_name, { f, formula }) => {
  fc.assert(
    fc.property(fc.double({ min: -20, max: 20, noNaN: true }), (x) => {
      const seen = f(array(x)).item();
      close(seen, formula(x), 1e-12, `at ${x}`);
      expect(jit(f)(array(x)).item()).toBe(seen);
    }),
    { numRuns: 40 },
  );
});

test.each(named)(
  "%s has its limits and their slopes at the extremes, and NaN stays NaN",
  (_name, { f, values, slopes }) => {
    [-inf, -1000, 0, 1000, inf].forEach((x, k) => {
      close(f(array(x)).item(), values[k]!, 1e-15, `value at ${x}`);
      close(slopeOf(f, x), slopes[k]!, 1e-15, `slope at ${x}`);
    });
    expect(f(array(nan)).item()).toBeNaN();
  },
);

test.each(named)("the slope of %s is the limit of differences, twice", (_name, { f, kinks = [] }) => {
  fc.assert(
    fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (x) => {
      fc.pre(kinks.every((kink) => Math.abs(x - kink) > 1e-2));
      const step = 1e-5;
      const value = (y: number): number => f(array(y)).item();
      close(slopeOf(f, x), (value(x + step) - value(x - step)) / (2 * step), 1e-8, `slope at ${x}`);
      const curvature = grad(grad((v: NDArray) => f(v)))(array(x)).item();
      close(curvature, (slopeOf(f, x + step) - slopeOf(f, x - step)) / (2 * step), 1e-8, `curvature at ${x}`);
    }),
    { numRuns: 25 },
  );
});

test("at kinks the slope is the stated side's", () => {
  const stated: readonly (readonly [Activation, number, number])[] = [
    [nn.relu6, 6, 0],
    [nn.hardTanh, 1, 1],
    [nn.hardTanh, -1, 1],
    [nn.hardSigmoid, 3, 0],
    [nn.hardSigmoid, -3, 0],
    [nn.sparseSigmoid, 1, 0],
    [nn.sparseSigmoid, -1, 0],
    [nn.sparsePlus, 1, 1],
    [nn.sparsePlus, -1, 0],
  ];
  for (const [f, x, slope] of stated) expect(slopeOf(f, x), `at ${x}`).toBe(slope);
});

test("float32 stays float32 and integers become floats where the function needs it", () => {
  for (const [name, { f }] of named) expect(f(array([1, -2], { dtype: "float32" })).dtype, name).toBe("float32");
  expect(nn.elu(array([1, -2], { dtype: "int32" })).dtype).toBe("float64");
  expect(nn.hardTanh(array([5, -2], { dtype: "int32" })).toString()).toBe("array([1, -1], int32)");
});

test("gelu, silu and squareplus keep their digits where their factor is tiny", () => {
  expect(nn.gelu(-8, { approximate: false }).item() / (-8 * special.ndtr(-8).item())).toBe(1);
  expect(nn.squareplus(-1e6).item()).toBeCloseTo(1e-6, 17);
  expect(nn.silu(-700).item() / (-700 * Math.exp(-700))).toBeCloseTo(1, 14);
});

test("log1mexp is log(1 - e^-x) at both ends, with slope 1 / (e^x - 1)", () => {
  expect(nn.log1mexp(array([0, 1e-300, inf, -1, nan])).toList()).toEqual([-inf, Math.log(1e-300), -0, nan, nan]);
  expect(slopeOf(nn.log1mexp, 0)).toBe(inf);
  expect(slopeOf(nn.log1mexp, inf)).toBe(0);
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 30, noNaN: true }), (x) => {
      close(slopeOf(nn.log1mexp, x) * Math.expm1(x), 1, 1e-14, `at ${x}`);
    }),
  );
});

test("parameters of elu, celu, leakyRelu and squareplus are differentiable and broadcast", () => {
  const x = array([-2, 3]);
  const slope = (f: (p: NDArray) => NDArray, p: number): number =>
    grad((own: NDArray) => np.sum(f(own)))(array(p)).item();
  expect(slope((a) => nn.elu(x, { alpha: a }), 1)).toBeCloseTo(Math.expm1(-2), 15);
  expect(slope((a) => nn.celu(x, { alpha: a }), 1)).toBeCloseTo(Math.expm1(-2) + 2 * Math.exp(-2), 15);
  expect(slope((s) => nn.leakyRelu(x, { negativeSlope: s }), 0.1)).toBe(-2);
  expect(slope((b) => nn.squareplus(0, { b }), 4)).toBe(0.125);
  expect(nn.elu(x, { alpha: array([[1], [2]]) }).shape).toEqual([2, 2]);
});

test("glu gates the first half of an axis by the second", () => {
  const x = array([
    [1, 2],
    [3, 4],
    [0, 0],
    [1000, -1000],
  ]);
  expect(nn.glu(x, { axis: 0 }).toList()).toEqual([
    [0.5, 1],
    [3, 0],
  ]);
  expect(nn.glu(x).shape).toEqual([4, 1]);
  expect(() => nn.glu(array([1, 2, 3]))).toThrow(expect.objectContaining({ code: "ShapeMismatch" }));
});

// --- Over axes --------------------------------------------------------------------------------

const small = fc.double({ min: -5, max: 5, noNaN: true });

test("logsumexp with weights is the logarithm of the weighted sum, with its sign", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(small, small), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(0, 800, -900),
      (terms, shift) => {
        const [x, b] = [terms.map(([value]) => value + shift), terms.map(([, weight]) => weight)];
        const sum = terms.reduce((total, [value, weight]) => total + weight * Math.exp(value), 0);
        fc.pre(Math.abs(sum) > 1e-3);
        const [logarithm, sign] = nn.logsumexp(array(x), { b: array(b), returnSign: true });
        expect(logarithm.item()).toBeCloseTo(shift + Math.log(Math.abs(sum)), 7);
        expect(sign.item()).toBe(Math.sign(sum));
        const plain = nn.logsumexp(array(x), { b: array(b) }).item();
        if (sum < 0) expect(plain).toBeNaN();
        else expect(plain).toBe(logarithm.item());
      },
    ),
  );
});

test("logsumexp: weight 0 hides an infinity, `where` counts no others, and edges are as without weights", () => {
  expect(nn.logsumexp(array([inf, 1]), { b: array([0, 2]) }).item()).toBeCloseTo(1 + Math.LN2, 15);
  expect(nn.logsumexp(array([inf, 1]), { where: array([0, 1]) }).item()).toBe(1);
  expect(nn.logsumexp(array([-inf, -inf])).item()).toBe(-inf);
  expect(nn.logsumexp(array([inf, 1])).item()).toBe(inf);
  expect(nn.logsumexp(array([-inf, -inf]), { returnSign: true }).map((part) => part.item())).toEqual([-inf, 0]);
  expect(nn.logsumexp(np.zeros([0])).item()).toBe(-inf);
  expect(grad((x: NDArray) => nn.logsumexp(x))(array([-inf, 0])).toList()).toEqual([0, 1]);
  const weights = grad((b: NDArray) => nn.logsumexp(array([0, 0]), { b }))(array([1, 3])).toList();
  expect(weights).toEqual([0.25, 0.25]);
  expect(nn.logsumexp(array([[1, 2]]), { axis: 1, keepdims: true, b: array([[1], [2]]) }).shape).toEqual([2, 1]);
});

test("logmeanexp is logsumexp less the logarithm of the count", () => {
  const x = array([
    [1, 2, 3],
    [1000, 1000, 1000],
  ]);
  expect(nn.logmeanexp(x, { axis: 1 }).toList()).toEqual([
    expect.closeTo(Math.log((Math.E + Math.E ** 2 + Math.E ** 3) / 3), 14),
    1000,
  ]);
  expect(nn.logmeanexp(x, { axis: 1, keepdims: true, where: array([1, 0, 0]) }).toList()).toEqual([[1], [1000]]);
  expect(nn.logmeanexp(np.zeros([0])).item()).toBeNaN();
});

test("one-hot vectors stand along any axis, and numbers outside the classes give zeros", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -2, max: 5 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 4 }),
      (labels, classes) => {
        const rowsOf = labels.map((label) => Array.from({ length: classes }, (_, k) => (k === label ? 1 : 0)));
        const seen = nn.oneHot(array(labels, { dtype: "int32" }), classes, { dtype: "float32" });
        expect(seen.dtype).toBe("float32");
        expect(seen.toList()).toEqual(rowsOf);
        const across = nn.oneHot(array(labels), classes, { axis: 0 });
        expect(np.transpose(across).toList()).toEqual(seen.toList());
      },
    ),
  );
  expect(nn.oneHot(2, 3).toList()).toEqual([0, 0, 1]);
  const lanes = vmap((label: NDArray) => nn.oneHot(label, 3))(array([0, 2], { dtype: "int32" }));
  expect(lanes.toList()).toEqual([
    [1, 0, 0],
    [0, 0, 1],
  ]);
});

test("standardized elements have mean 0 and variance 1, also far from 0", () => {
  fc.assert(
    fc.property(fc.array(small, { minLength: 2, maxLength: 8 }), fc.constantFrom(0, 1e6), (values, shift) => {
      const x = np.add(array(values), shift);
      fc.pre(np.var(array(values)).item() > 1e-2);
      const seen = nn.standardize(x, { epsilon: 0 });
      expect(np.mean(seen).item()).toBeCloseTo(0, 6);
      expect(np.var(seen).item()).toBeCloseTo(1, 6);
    }),
  );
  const x = array([
    [1, 2, 100],
    [3, 4, 100],
  ]);
  const masked = nn.standardize(x, { epsilon: 0, where: array([1, 1, 0]) });
  expect([...masked.toTypedArray()].filter((_, k) => k % 3 < 2)).toEqual([-1, 1, -1, 1]);
  expect(nn.standardize(x, { mean: 1, variance: 4, epsilon: 0 }).toList()).toEqual([
    [0, 0.5, 49.5],
    [1, 1.5, 49.5],
  ]);
  expect(nn.standardize(array([2, 2])).toList()).toEqual([0, 0]);
  expect(nn.standardize(x, { axis: null }).shape).toEqual([2, 3]);
});

test("bad options are refused by name", () => {
  const refused: readonly (readonly [code: string, attempt: () => unknown])[] = [
    ["UnknownOption", () => nn.gelu(1, { approximated: true } as object)],
    ["InvalidOption", () => nn.gelu(1, { approximate: "none" } as object)],
    ["UnknownOption", () => nn.elu(1, { aplha: 2 } as object)],
    ["UnknownOption", () => nn.leakyRelu(1, { slope: 2 } as object)],
    ["UnknownOption", () => nn.logsumexp(array([1]), { weights: 2 } as object)],
    ["InvalidOption", () => nn.oneHot(array([1]), 2.5)],
    ["IndexOutOfRange", () => nn.oneHot(array([1]), 2, { axis: 2 })],
    ["InvalidOption", () => nn.standardize(array([1]), { epsilon: -1 })],
    ["IndexOutOfRange", () => nn.glu(array([1, 2]), { axis: 1 })],
  ];
  for (const [code, attempt] of refused) expect(attempt, code).toThrow(expect.objectContaining({ code }));
});
