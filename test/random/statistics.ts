/**
 * Goodness of fit: the Kolmogorov-Smirnov distance of draws from a distribution function, chi-square of counts, and
 * distribution functions of gamma, normal and Wald numbers from their series, apart from what the samplers use.
 */
import { expect } from "vitest";
import type { NDArray } from "cotangent";
import { erf, erfc } from "../../kernels/special-functions/error-function.ts";

export const draws = 20_000;

/** sqrt(n) times the greatest distance between the draws' distribution function and the given one. */
const kolmogorovSmirnov = (sample: ArrayLike<number>, distribution: (x: number) => number): number => {
  const sorted = Float64Array.from(sample).sort();
  const n = sorted.length;
  let distance = 0;
  sorted.forEach((x, k) => {
    const wanted = distribution(x);
    distance = Math.max(distance, wanted - k / n, (k + 1) / n - wanted);
  });
  return Math.sqrt(n) * distance;
};

/** A true distribution passes for all but 1 of 1000 seeds (1.95); seeds in the tests are fixed. */
export const expectDistribution = (sample: NDArray, distribution: (x: number) => number): void =>
  expect(kolmogorovSmirnov(sample.toTypedArray(), distribution)).toBeLessThan(1.95);

/** Chi-square of counts within 4 deviations of its mean; rare outcomes are joined with their neighbours. */
export const expectCounts = (sample: NDArray, probability: (k: number) => number, last: number): void => {
  const values = Float64Array.from(sample.toTypedArray());
  let [statistic, cells, seen, wanted] = [0, 0, 0, 0];
  let left = values.length;
  for (let k = 0; k <= last; k++) {
    seen += values.reduce((sum, value) => sum + (value === k ? 1 : 0), 0);
    wanted += values.length * probability(k);
    if (wanted < 20) continue;
    statistic += (seen - wanted) ** 2 / wanted;
    cells++;
    left -= wanted;
    seen = wanted = 0;
  }
  expect(Math.abs(left - wanted)).toBeLessThan(20);
  expect(values.every((value) => Number.isInteger(value) && value >= 0 && value <= last)).toBe(true);
  expect(cells).toBeGreaterThan(1);
  expect(statistic - (cells - 1)).toBeLessThan(4 * Math.sqrt(2 * (cells - 1)));
};

export const normalBelow = (x: number): number => (x < 0 ? erfc(-x / Math.SQRT2) / 2 : (1 + erf(x / Math.SQRT2)) / 2);

export const logFactorial = (k: number): number => {
  let sum = 0;
  for (let factor = 2; factor <= k; factor++) sum += Math.log(factor);
  return sum;
};

/** The regularized incomplete gamma function by its power series: all terms are positive. */
export const gammaBelow = (a: number, logGamma: number, x: number): number => {
  let term = Math.exp(a * Math.log(x) - x - logGamma) / a;
  let sum = 0;
  for (let k = 1; k < 400; k++) {
    sum += term;
    term *= x / (a + k);
  }
  return x <= 0 ? 0 : Math.min(1, sum);
};

/** Inverse Gaussian distribution function of shape 1 (Shuster 1968). */
export const waldBelow = (mean: number, x: number): number =>
  normalBelow((x / mean - 1) / Math.sqrt(x)) + Math.exp(2 / mean) * normalBelow(-(x / mean + 1) / Math.sqrt(x));

/** Speed of a vector of three normal numbers. */
export const maxwellBelow = (x: number): number =>
  x <= 0 ? 0 : erf(x / Math.SQRT2) - Math.sqrt(2 / Math.PI) * x * Math.exp((-x * x) / 2);
