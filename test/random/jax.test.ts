/**
 * The same seed gives JAX's numbers: bits, keys and integers exactly, floats up to the rounding of the functions
 * on the way (5e-14 relative in float64, 2e-6 in float32, where JAX computes in float32 throughout).
 */
import { expect, test } from "vitest";
import { array, grad } from "cotangent";
import type { NDArray } from "cotangent";
import { initializers } from "cotangent/nn";
import * as random from "cotangent/random";
import { double, seed, single } from "./jax-values.ts";

const key = random.key(seed);
const f64 = (data: readonly unknown[]): NDArray => array(data as number[]);
const f32 = (data: readonly unknown[]): NDArray => array(data as number[], { dtype: "float32" });
const grid = array([[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]); // prettier-ignore
const weights = [0.1, 0.2, 0.3, 0.4];
const logits = [[0.1, 1, -2, 0.5], [3, 0, 0, 1]]; // prettier-ignore
const in32 = { dtype: "float32" } as const;

/** Draws whose numbers are whole or truth values. */
const exact: Readonly<Record<string, () => NDArray>> = {
  split: () => random.split(key, 3),
  fold: () => random.foldIn(key, 7),
  foldAllOnes: () => random.foldIn(key, 2 ** 32 - 1),
  bits8: () => random.bits(key, 4, { width: 8 }),
  bits16: () => random.bits(key, 4, { width: 16 }),
  bits32: () => random.bits(key, 4),
  bits64: () => random.bits(key, 4, { width: 64 }),
  randint: () => random.randint(key, 6, -5, 1000),
  randintbig: () => random.randint(key, 4, -(2 ** 31), 2 ** 31 - 1),
  randintu: () => random.randint(key, 4, 0, 100000, { dtype: "uint32" }),
  bernoulli: () => random.bernoulli(key, 0.3, { shape: 12 }),
  rademacher: () => random.rademacher(key, 8),
  permutation: () => random.permutation(key, 10),
  permutation2: () => random.permutation(key, grid),
  permutationi: () => random.permutation(key, grid, { axis: 1, independent: true }),
  perm3000: () => array([...random.permutation(key, 3000).toTypedArray()].slice(0, 6)),
  categorical: () => random.categorical(key, f64(logits), { shape: [5, 2] }),
  categorical0: () => random.categorical(key, f64(logits), { axis: 0 }),
  categoricaln: () => random.categorical(key, f64(logits), { shape: [3, 2], replace: false }),
  choice: () => random.choice(key, 10, 6),
  choicen: () => random.choice(key, 10, 6, { replace: false }),
  choicep: () => random.choice(key, 4, 6, { p: f64(weights) }),
  choicepn: () => random.choice(key, 4, 3, { replace: false, p: f64(weights) }),
  poisson5: () => random.poisson(key, 5, { shape: 20 }),
  binomial: () => random.binomial(key, 20, 0.3, { shape: 10 }),
  geometric: () => random.geometric(key, 0.2, { shape: 6 }),
  multinomial: () => random.multinomial(key, 100, f64([0.2, 0.3, 0.5])),
};

test.each(Object.entries(exact))("%s is JAX's", (name, draw) => {
  expect(draw().toList()).toEqual(double[name as keyof typeof double]);
});

/** One draw at a time: in arrays, JAX draws an accepted number again while others are being rejected. */
test("counts drawn by rejection are JAX's where one number is drawn", () => {
  const keys = Array.from({ length: 8 }, (_, k) => random.key(k));
  expect(keys.map((own) => random.poisson(own, 25).item())).toEqual(double.poissonScalar);
  expect(keys.map((own) => random.binomial(own, 1000, 0.7).item())).toEqual(double.binomialScalar);
});

/** Draws of floats in float64. */
const rounded: Readonly<Record<string, () => NDArray>> = {
  uniform: () => random.uniform(key, 4),
  uniformab: () => random.uniform(key, 4, { minval: -3, maxval: 5 }),
  normal: () => random.normal(key, 5),
  truncated: () => random.truncatedNormal(key, -1.5, 2, { shape: 4 }),
  exponential: () => random.exponential(key, 4),
  laplace: () => random.laplace(key, 4),
  logistic: () => random.logistic(key, 4),
  gumbel: () => random.gumbel(key, 4),
  cauchy: () => random.cauchy(key, 4),
  gamma: () => random.gamma(key, f64([0.3, 1, 2.5, 40])),
  loggamma: () => random.loggamma(key, f64([0.001, 0.3, 1, 2.5, 40])),
  gammalong: () => random.gamma(key, 0.7, { shape: 200 }).sum(),
  beta: () => random.beta(key, 0.5, 2, { shape: 3 }),
  dirichlet: () => random.dirichlet(key, f64([0.5, 1, 3]), { shape: 2 }),
  chisquare: () => random.chisquare(key, 3, { shape: 3 }),
  f: () => random.f(key, 3, 5, { shape: 3 }),
  t: () => random.t(key, 4, { shape: 3 }),
  generalizedNormal: () => random.generalizedNormal(key, 1.5, { shape: 3 }),
  ball: () => random.ball(key, 3, 2, { shape: 2 }),
  mvn: () => random.multivariateNormal(key, f64([1, -1]), f64([[2, 0.5], [0.5, 1]]), { shape: 2 }), // prettier-ignore
  rayleigh: () => random.rayleigh(key, 2, { shape: 3 }),
  weibull: () => random.weibullMin(key, 2, 1.5, { shape: 3 }),
  pareto: () => random.pareto(key, 3, { shape: 3 }),
  lognormal: () => random.lognormal(key, 0.5, { shape: 3 }),
  maxwell: () => random.maxwell(key, 3),
  dsmaxwell: () => random.doubleSidedMaxwell(key, 1, 2, { shape: 3 }),
  triangular: () => random.triangular(key, -1, 0, 3, { shape: 3 }),
  wald: () => random.wald(key, 2, { shape: 3 }),
  orthogonal: () => random.orthogonal(key, 3),
  orthogonal23: () => random.orthogonal(key, 2, { m: 3 }),
  gammaSlope: () => f64([0.3, 1, 2.5, 40].map((a) => grad((x: NDArray) => random.gamma(key, x))(a).item())),
  loggammaSlope: () => f64([0.05, 0.3, 2.5].map((a) => grad((x: NDArray) => random.loggamma(key, x))(a).item())),
  glorotUniform: () => initializers.glorotUniform()(key, [2, 2, 3]),
  heNormal: () => initializers.heNormal()(key, [3, 2]),
  lecunIn: () => initializers.lecunUniform({ inAxis: 0, outAxis: 1 })(key, [2, 3, 2]),
  varGeo: () => initializers.varianceScaling(1.5, { mode: "fanGeoAvg", distribution: "normal" })(key, [2, 3]),
  orthogonalInit: () => initializers.orthogonal(2)(key, [2, 2, 3]),
  deltaOrthogonal: () => initializers.deltaOrthogonal()(key, [3, 2, 2]),
  truncatedInit: () => initializers.truncatedNormal(0.5, { lower: -1, upper: 3 })(key, [3]),
};

const expectClose = (seen: NDArray, wanted: unknown, tolerance: number): void => {
  const flat = [wanted].flat(Infinity) as number[];
  expect(seen.size).toBe(flat.length);
  seen.toTypedArray().forEach((value, k) => {
    const error = Math.abs(value - flat[k]!) / Math.max(Math.abs(flat[k]!), 1e-3);
    expect(error, `element ${k}: ${value} for ${flat[k]}`).toBeLessThan(tolerance);
  });
};

test.each(Object.entries(rounded))("%s is JAX's up to rounding", (name, draw) => {
  expectClose(draw(), double[name as keyof typeof double], name.endsWith("Slope") ? 1e-11 : 5e-14);
});

test("every value in the table is compared", () => {
  const compared = [...Object.keys(exact), ...Object.keys(rounded), "poissonScalar", "binomialScalar"];
  expect(Object.keys(double).sort()).toEqual(compared.sort());
});

const singles: Readonly<Record<keyof typeof single, () => NDArray>> = {
  uniform: () => random.uniform(key, 4, in32),
  uniformab: () => random.uniform(key, 4, { ...in32, minval: -3, maxval: 5 }),
  normal: () => random.normal(key, 5, in32),
  truncated: () => random.truncatedNormal(key, -1.5, 2, { shape: 4, ...in32 }),
  exponential: () => random.exponential(key, 4, in32),
  laplace: () => random.laplace(key, 4, in32),
  logistic: () => random.logistic(key, 4, in32),
  gumbel: () => random.gumbel(key, 4, in32),
  cauchy: () => random.cauchy(key, 4, in32),
  gamma: () => random.gamma(key, f32([0.3, 1, 2.5, 40]), in32),
  loggamma: () => random.loggamma(key, f32([0.001, 0.3, 1, 2.5, 40]), in32),
  beta: () => random.beta(key, 0.5, 2, { shape: 3, ...in32 }),
  dirichlet: () => random.dirichlet(key, f32([0.5, 1, 3]), { shape: 2, ...in32 }),
  rayleigh: () => random.rayleigh(key, 2, { shape: 3, ...in32 }),
  lognormal: () => random.lognormal(key, 0.5, { shape: 3, ...in32 }),
  maxwell: () => random.maxwell(key, 3, in32),
  categorical: () => random.categorical(key, f32(logits), { shape: [5, 2] }),
  choicep: () => random.choice(key, 4, 6, { p: f32(weights) }),
};

test.each(Object.entries(singles))("%s in float32 is JAX's up to rounding", (name, draw) => {
  expectClose(draw(), single[name as keyof typeof single], 2e-6);
});
