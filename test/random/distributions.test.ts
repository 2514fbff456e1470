/**
 * Every sampler follows its distribution: Kolmogorov-Smirnov against distribution functions for reals, chi-square
 * against probabilities for integers; and the bounds, signs and sums that hold for every draw.
 */
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import type { DType } from "cotangent/numpy";
import {
  draws,
  expectCounts,
  expectDistribution,
  gammaBelow,
  logFactorial,
  maxwellBelow,
  normalBelow,
  waldBelow,
} from "./statistics.ts";

type Reals = readonly [
  name: string,
  draw: (key: NDArray, dtype: "float64" | "float32") => NDArray,
  distribution: (x: number) => number,
];

const shape = draws;
const halfGamma = Math.log(Math.PI) / 2; // log Gamma(1/2)
const clip = (x: number): number => Math.min(1, Math.max(0, x));
const within = (low: number, high: number, x: number): number =>
  clip((normalBelow(x) - normalBelow(low)) / (normalBelow(high) - normalBelow(low)));
const column = (x: NDArray, k: number): NDArray => np.take(x, k, { axis: -1 });

const reals: readonly Reals[] = [
  ["uniform", (key, dtype) => random.uniform(key, shape, { dtype }), clip],
  [
    "uniform between bounds",
    (key, dtype) => random.uniform(key, shape, { dtype, minval: -3, maxval: 2 }),
    (x) => clip((x + 3) / 5),
  ],
  ["normal", (key, dtype) => random.normal(key, shape, { dtype }), normalBelow],
  ["truncatedNormal", (key, dtype) => random.truncatedNormal(key, -1, 2, { shape, dtype }), (x) => within(-1, 2, x)],
  [
    "truncatedNormal far above",
    (key, dtype) => random.truncatedNormal(key, 6, 8, { shape, dtype }),
    (x) => clip((normalBelow(-6) - normalBelow(-x)) / (normalBelow(-6) - normalBelow(-8))),
  ],
  [
    "truncatedNormal far below, without lower bound",
    (key, dtype) => random.truncatedNormal(key, -Infinity, -7, { shape, dtype }),
    (x) => clip(normalBelow(x) / normalBelow(-7)),
  ],
  ["exponential", (key, dtype) => random.exponential(key, shape, { dtype }), (x) => clip(-Math.expm1(-x))],
  [
    "laplace",
    (key, dtype) => random.laplace(key, shape, { dtype }),
    (x) => (x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2),
  ],
  ["logistic", (key, dtype) => random.logistic(key, shape, { dtype }), (x) => 1 / (1 + Math.exp(-x))],
  ["gumbel", (key, dtype) => random.gumbel(key, shape, { dtype }), (x) => Math.exp(-Math.exp(-x))],
  ["cauchy", (key, dtype) => random.cauchy(key, shape, { dtype }), (x) => 0.5 + Math.atan(x) / Math.PI],
  ["maxwell", (key, dtype) => random.maxwell(key, shape, { dtype }), maxwellBelow],
  ["rayleigh", (key, dtype) => random.rayleigh(key, 2, { shape, dtype }), (x) => clip(-Math.expm1((-x * x) / 8))],
  [
    "weibullMin",
    (key, dtype) => random.weibullMin(key, 2, 1.5, { shape, dtype }),
    (x) => clip(-Math.expm1(-((x / 2) ** 1.5))),
  ],
  ["pareto", (key, dtype) => random.pareto(key, 3, { shape, dtype }), (x) => clip(1 - x ** -3)],
  ["lognormal", (key, dtype) => random.lognormal(key, 0.5, { shape, dtype }), (x) => normalBelow(Math.log(x) / 0.5)],
  [
    "doubleSidedMaxwell",
    (key, dtype) => random.doubleSidedMaxwell(key, 1, 2, { shape, dtype }),
    (x) => 0.5 + (Math.sign(x - 1) * maxwellBelow(Math.abs(x - 1) / 2)) / 2,
  ],
  [
    "triangular",
    (key, dtype) => random.triangular(key, -1, 0, 3, { shape, dtype }),
    (x) => (x < 0 ? (x + 1) ** 2 / 4 : 1 - (3 - x) ** 2 / 12),
  ],
  ["wald", (key, dtype) => random.wald(key, 2, { shape, dtype }), (x) => waldBelow(2, x)],
  ["wald of a large mean", (key, dtype) => random.wald(key, 50, { shape, dtype }), (x) => waldBelow(50, x)],
  ["gamma", (key, dtype) => random.gamma(key, 3, { shape, dtype }), (x) => gammaBelow(3, Math.log(2), x)],
  ["gamma below 1", (key, dtype) => random.gamma(key, 0.5, { shape, dtype }), (x) => gammaBelow(0.5, halfGamma, x)],
  [
    "gamma of a large shape",
    (key, dtype) => random.gamma(key, 101, { shape, dtype }),
    (x) => gammaBelow(101, logFactorial(100), x),
  ],
  [
    "loggamma",
    (key, dtype) => random.loggamma(key, 0.5, { shape, dtype }),
    (x) => gammaBelow(0.5, halfGamma, Math.exp(x)),
  ],
  ["beta", (key, dtype) => random.beta(key, 2, 3, { shape, dtype }), (x) => x ** 2 * (6 - 8 * x + 3 * x * x)],
  [
    "a component of dirichlet",
    (key, dtype) => column(random.dirichlet(key, array([1, 1, 1]), { shape, dtype }), 1),
    (x) => 1 - (1 - x) ** 2,
  ],
  ["chisquare", (key, dtype) => random.chisquare(key, 1, { shape, dtype }), (x) => 2 * normalBelow(Math.sqrt(x)) - 1],
  ["f", (key, dtype) => random.f(key, 2, 5, { shape, dtype }), (x) => 1 - (1 + (2 * x) / 5) ** -2.5],
  ["t", (key, dtype) => random.t(key, 2, { shape, dtype }), (x) => 0.5 + x / (2 * Math.sqrt(2 + x * x))],
  [
    "generalizedNormal",
    (key, dtype) => random.generalizedNormal(key, 2, { shape, dtype }),
    (x) => normalBelow(x * Math.SQRT2),
  ],
  [
    "the length of a point in a ball, cubed",
    (key, dtype) => np.sum(np.square(random.ball(key, 3, 2, { shape, dtype })), { axis: -1 }).pow(1.5),
    clip,
  ],
  [
    "an entry of orthogonal",
    (key, dtype) => np.take(column(random.orthogonal(key, 3, { shape: 4000, dtype }), 2), 1, { axis: -1 }),
    (x) => (x + 1) / 2,
  ],
  [
    "a sum of the entries of multivariateNormal",
    (key, dtype) =>
      np.sum(random.multivariateNormal(key, array([1, 2]), array([[2, 0.5], [0.5, 1]]), { shape, dtype }), { axis: 1 }), // prettier-ignore
    (x) => normalBelow((x - 3) / 2),
  ],
];

describe.each(reals)("%s", (_name, draw, distribution) => {
  test.each(["float64", "float32"] as const)("follows its distribution in %s", (dtype) => {
    const sample = draw(random.key(12345), dtype);
    expect(sample.dtype).toBe(dtype);
    expectDistribution(sample, distribution);
  });
});

const poissonAt =
  (rate: number) =>
  (k: number): number =>
    Math.exp(k * Math.log(rate) - rate - logFactorial(k));

const binomialAt =
  (n: number, p: number) =>
  (k: number): number =>
    Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log(1 - p));

const weights = [0.1, 0.2, 0.3, 0.4];
const uint32: DType = "uint32";

const integers: readonly (readonly [string, (key: NDArray) => NDArray, (k: number) => number, number])[] = [
  ["randint", (key) => random.randint(key, shape, 0, 7), () => 1 / 7, 6],
  ["randint in uint32", (key) => random.randint(key, shape, 0, 5, { dtype: uint32 as "uint32" }), () => 1 / 5, 4],
  ["bernoulli", (key) => random.bernoulli(key, 0.3, { shape }).astype("int32"), (k) => (k === 1 ? 0.3 : 0.7), 1],
  ["rademacher", (key) => random.rademacher(key, shape).add(1).div(2), () => 0.5, 1],
  ["categorical", (key) => random.categorical(key, np.log(array(weights)), { shape }), (k) => weights[k]!, 3],
  [
    "the first of categorical without replacement",
    (key) => np.take(drawnWithout(key), 0, { axis: 0 }),
    (k) => weights[k]!,
    3,
  ],
  [
    "the second of categorical without replacement",
    (key) => np.take(drawnWithout(key), 1, { axis: 0 }),
    (k) => weights.reduce((sum, p, j) => sum + (j === k ? 0 : (p * weights[k]!) / (1 - p)), 0),
    3,
  ],
  ["choice", (key) => random.choice(key, 6, shape), () => 1 / 6, 5],
  ["choice with probabilities", (key) => random.choice(key, 4, shape, { p: array(weights) }), (k) => weights[k]!, 3],
  ["geometric", (key) => random.geometric(key, 0.25, { shape }), (k) => (k === 0 ? 0 : 0.25 * 0.75 ** (k - 1)), 60],
  ["poisson", (key) => random.poisson(key, 4, { shape }), poissonAt(4), 30],
  ["poisson of a small rate", (key) => random.poisson(key, 0.1, { shape }), poissonAt(0.1), 10],
  ["poisson by rejection", (key) => random.poisson(key, 10, { shape }), poissonAt(10), 50],
  ["poisson of a large rate", (key) => random.poisson(key, 300, { shape }), poissonAt(300), 500],
  ["binomial", (key) => random.binomial(key, 10, 0.3, { shape }), binomialAt(10, 0.3), 10],
  ["binomial by rejection", (key) => random.binomial(key, 200, 0.4, { shape }), binomialAt(200, 0.4), 200],
  ["binomial of a large probability", (key) => random.binomial(key, 200, 0.9, { shape }), binomialAt(200, 0.9), 200],
  [
    "the last count of multinomial",
    (key) => column(random.multinomial(key, 20, array([2, 3, 5]), { shape: 5000 }), 2),
    binomialAt(20, 0.5),
    20,
  ],
  ["the order of four elements", (key) => ordersOf(key, 5000), () => 1 / 24, 23],
];

/** Two different categories a time, [2, times]. */
const drawnWithout = (key: NDArray): NDArray =>
  random.categorical(key, np.log(np.broadcastTo(array(weights), [5000, 4])), { shape: [2, 5000], replace: false });

/** Numbers of permutations of 4, by independent columns. */
const ordersOf = (key: NDArray, count: number): NDArray => {
  const columns = np.broadcastTo(np.reshape(np.arange(4), [4, 1]), [4, count]);
  const order = random.permutation(key, columns, { independent: true }).toList() as number[][];
  const rankOf = (place: number): number => {
    const own = order.map((row) => row[place]!);
    return own.reduce((rank, value, k) => rank * (4 - k) + own.slice(k + 1).filter((other) => other < value).length, 0);
  };
  return array(Array.from({ length: count }, (_, place) => rankOf(place)));
};

test.each(integers)("%s follows its distribution", (_name, draw, probability, last) => {
  expectCounts(draw(random.key(777)), probability, last);
});

test("whole ranges of 32 bits are drawn, and their ends are included", () => {
  const key = random.key(4);
  const all = random.randint(key, shape, -(2 ** 31), 2 ** 31);
  expectDistribution(all, (x) => (x + 2 ** 31) / 2 ** 32);
  expectDistribution(random.randint(key, shape, 0, 2 ** 32, { dtype: "uint32" }), (x) => x / 2 ** 32);
  expect(new Set(random.randint(key, 500, 2 ** 31 - 3, 2 ** 31).toTypedArray())).toEqual(
    new Set([2 ** 31 - 3, 2 ** 31 - 2, 2 ** 31 - 1]),
  );
});

test("truncated normal numbers stay inside their open interval, and come near its likelier end", () => {
  for (const [low, high] of [
    [-2, 2],
    [9, 9.001],
    [-30, -29],
    [0, 1e-3],
    [-1e-3, 0],
  ] as const) {
    // prettier-ignore
    for (const dtype of ["float64", "float32"] as const) {
      if (dtype === "float32" && Math.abs(low) > 13) continue;
      const values = random.truncatedNormal(random.key(8), low, high, { shape: 2000, dtype }).toTypedArray();
      expect(values.every((x) => x > low && x < high)).toBe(true);
      const end = Math.abs(low) <= Math.abs(high) ? low : high;
      expect(Math.min(...values.map((x) => Math.abs(x - end)))).toBeLessThan((high - low) / 20);
    }
  }
});

test("where the probability between the bounds underflows, truncated normal numbers are NaN, not a bound", () => {
  expect(random.truncatedNormal(random.key(8), 40, 41, { shape: 2 }).toList()).toEqual([NaN, NaN]);
  expect(
    random
      .truncatedNormal(random.key(8), array([-50, -1]), array([-45, 1]), { shape: 2 })
      .at(0)
      .get()
      .item(),
  ).toBe(NaN);
});

test("bounds given as arrays give the numbers of the same bounds given as numbers", () => {
  const key = random.key(31);
  for (const [low, high] of [
    [-1, 3],
    [2, 5],
    [-9, -8],
  ] as const)
    // prettier-ignore
    expect(random.truncatedNormal(key, array(low), array([high]), { shape: 4 }).toList()).toEqual(
      random.truncatedNormal(key, low, high, { shape: 4 }).toList(),
    );
  expect(random.randint(key, 5, array(3, { dtype: "int32" }), array(90, { dtype: "int32" })).toList()).toEqual(
    random.randint(key, 5, 3, 90).toList(),
  );
  expect(random.uniform(key, 3, { minval: array(2), maxval: array([4]) }).toList()).toEqual(
    random.uniform(key, 3, { minval: 2, maxval: 4 }).toList(),
  );
});

test("counts of multinomial add up to n, vectors of dirichlet to 1", () => {
  const counts = random.multinomial(random.key(1), 50, array([0.2, 0, 0.5, 0.3]), { shape: 200 });
  expect(new Set(np.sum(counts, { axis: -1 }).toTypedArray())).toEqual(new Set([50]));
  expect(new Set(column(counts, 1).toTypedArray())).toEqual(new Set([0]));
  const vectors = random.dirichlet(random.key(1), array([0.01, 0.5, 2]), { shape: 200 });
  expect(np.allclose(np.sum(vectors, { axis: -1 }), np.ones(200), { rtol: 1e-14 }).item()).toBe(1);
});

test("matrices of orthogonal have orthonormal columns, or rows where there are fewer", () => {
  for (const [n, m] of [
    [4, 4],
    [5, 2],
    [2, 5],
    [1, 3],
  ] as const) {
    // prettier-ignore
    const q = random.orthogonal(random.key(6), n, { m, shape: 3 });
    expect(q.shape).toEqual([3, n, m]);
    const turned = np.swapaxes(q, -1, -2);
    const product = n >= m ? np.matmul(turned, q) : np.matmul(q, turned);
    expect(np.max(np.abs(product.sub(np.eye(Math.min(n, m))))).item()).toBeLessThan(1e-14);
  }
});

test("a permutation holds every element once, and slices stay together", () => {
  const order = random.permutation(random.key(3), 3000).toTypedArray();
  expect([...order].sort((left, right) => left - right)).toEqual([...order.keys()]);
  const rows = random.permutation(random.key(3), np.reshape(np.arange(12), [4, 3])).toList() as number[][];
  expect(new Set(rows.map(([first]) => first! / 3))).toEqual(new Set([0, 1, 2, 3]));
  expect(rows.every(([first, second, third]) => second === first! + 1 && third === first! + 2)).toBe(true);
  expect(new Set(random.choice(random.key(2), 50, 50, { replace: false }).toTypedArray()).size).toBe(50);
});

test("counts of parameters that are none are marked, and ends of the parameters are exact", () => {
  const key = random.key(0);
  const bad = array([NaN, -1]);
  expect(random.poisson(key, bad).toList()).toEqual([-1, -1]);
  expect(random.poisson(key, bad, { dtype: "uint32" }).toList()).toEqual([2 ** 32 - 1, 2 ** 32 - 1]);
  expect(random.poisson(key, bad, { dtype: "float64" }).toList()).toEqual([NaN, NaN]);
  expect(random.binomial(key, 5, array([NaN, -0.1, 1.1])).toList()).toEqual([-1, -1, -1]);
  expect(random.poisson(key, array([0, Infinity]), { dtype: "float64" }).toList()).toEqual([0, Infinity]);
  expect(random.binomial(key, array([7, 7, 0, 1000]), array([0, 1, 0.5, 1])).toList()).toEqual([0, 7, 0, 1000]);
  expect(random.gamma(key, array([-1, 0, NaN, Infinity])).toList()).toEqual([NaN, NaN, NaN, Infinity]);
  expect(random.geometric(key, array([1, 1])).toList()).toEqual([1, 1]);
});
