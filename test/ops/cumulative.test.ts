/** Running quantities where their laws do not look: zeros, ties, NaN and infinities, long lines, higher derivatives. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, hessian, jit } from "cotangent";
import type { NDArray } from "cotangent";
import { mul } from "../../ops/arithmetic.ts";
import { cumlogsumexp, cummax, cummin, cumprod, cumsum, linearRecurrence } from "../../ops/cumulative.ts";
import { reduceSum } from "../../ops/shape.ts";
import { randomStream, seeds } from "../kernels/arrays.ts";

const forwards = { axis: 0, reverse: false };
const weighted =
  (f: (x: NDArray) => NDArray, weights: readonly number[]) =>
  (x: NDArray): NDArray =>
    reduceSum(mul(f(x), array(weights)), { axes: [0] });

/** d^2 / dx[i] dx[j] of sum of w[k] x[0] .. x[k]: the products that hold both, without them. */
const secondOfProducts = (x: readonly number[], weights: readonly number[]): number[][] =>
  x.map((_, i) =>
    x.map((_value, j) => {
      if (i === j) return 0;
      return weights.reduce((sum, weight, k) => {
        if (k < Math.max(i, j)) return sum;
        return (
          sum +
          weight * x.slice(0, k + 1).reduce<number>((all, value, l) => (l === i || l === j ? all : all * value), 1)
        );
      }, 0);
    }),
  );

test("first and second derivatives of cumprod are right with any zeros among the factors", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 1, 2, -3), { minLength: 1, maxLength: 5 }), (x) => {
      const weights = x.map((_, k) => k + 1);
      const f = weighted((v) => cumprod(v, forwards), weights);
      const slopes = x.map((_, i) =>
        weights.reduce((sum, weight, k) => {
          if (k < i) return sum;
          return sum + weight * x.slice(0, k + 1).reduce<number>((all, value, l) => (l === i ? all : all * value), 1);
        }, 0),
      );
      const seen = grad(f)(array(x)).toTypedArray();
      slopes.forEach((slope, k) => expect(Math.abs(seen[k]! - slope)).toBe(0));
      const second = hessian(f)(array(x)).toList() as number[][];
      second.forEach((row, i) =>
        row.forEach((value, j) => expect(value).toBeCloseTo(secondOfProducts(x, weights)[i]![j]!, 12)),
      );
    }),
    { numRuns: 40 },
  );
});

describe.each([
  ["cummax", cummax, [1, 3, 3, 2, 3, 5]],
  ["cummin", cummin, [-1, -3, -3, -2, -3, -5]],
] as const)("%s", (_name, call, x) => {
  test("elements that tie share the derivative equally, as in reduceMax", () => {
    const at = (k: number): NDArray =>
      grad((v: NDArray) =>
        weighted(
          (u) => call(u, forwards),
          x.map((_value, j) => (j === k ? 1 : 0)),
        )(v),
      )(array(x));
    expect(at(0).toList()).toEqual([1, 0, 0, 0, 0, 0]);
    expect(at(2).toList()).toEqual([0, 0.5, 0.5, 0, 0, 0]);
    const third = 1 / 3;
    at(4)
      .toTypedArray()
      .forEach((value, k) => expect(value).toBeCloseTo([0, third, third, 0, third, 0][k]!, 15));
    expect(at(5).toList()).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test("NaN propagates from where it stands", () => {
    expect(call(array([1, NaN, 5, -5]), forwards).toList()).toEqual([1, NaN, NaN, NaN]);
    expect(
      call(array([1, NaN, 5, -5]), { axis: 0, reverse: true })
        .toList()
        .toString(),
    ).toMatch(/^NaN,NaN,-?5,-5$/);
  });
});

test("running sums of float32 are exact sums, rounded once", () => {
  fc.assert(
    fc.property(seeds, fc.boolean(), (seed, reverse) => {
      const next = randomStream(seed);
      // Multiples of 2^-24, of which float64 holds all sums.
      const x = Float32Array.from({ length: 20_000 }, () => Math.round(next() * 2 ** 24) / 2 ** 24);
      const out = cumsum(array(x), { axis: 0, reverse }).toTypedArray();
      let sum = 0;
      const wanted = new Float32Array(x.length);
      for (const k of reverse ? [...x.keys()].reverse() : x.keys()) wanted[k] = sum += x[k]!;
      expect(out).toEqual(wanted);
    }),
    { numRuns: 10 },
  );
});

test("running sums of float64 do not drift, also where they cancel", () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(0, 20, 60), (seed, spread) => {
      const next = randomStream(seed);
      const x = Float64Array.from({ length: 20_000 }, () => {
        const whole = Math.round(next() * 2 ** 40);
        return whole * 2 ** Math.floor(((next() + 1) / 2) * spread);
      });
      const out = cumsum(array(x), forwards).toTypedArray();
      let exact = 0n;
      let size = 0;
      const worst = x.findIndex((value, k) => {
        exact += BigInt(value);
        size += Math.abs(value);
        const rounding = Number.EPSILON * Math.abs(Number(exact));
        return Math.abs(Number(exact - BigInt(out[k]!))) > rounding + size * (k * Number.EPSILON) ** 2;
      });
      expect(worst).toBe(-1);
    }),
    { numRuns: 10 },
  );
});

test("cumlogsumexp neither overflows nor loses infinities", () => {
  const run = (x: readonly number[]): unknown => cumlogsumexp(array(x), forwards).toList();
  expect(run([-Infinity, -Infinity, 0])).toEqual([-Infinity, -Infinity, 0]);
  expect(run([1000, -1000, 1000])).toEqual([1000, 1000, 1000 + Math.LN2]);
  expect(run([Infinity, 1])).toEqual([Infinity, Infinity]);
  expect(run([1, NaN, Infinity])).toEqual([1, NaN, NaN]);
  expect(cumlogsumexp(array([]), forwards).toList()).toEqual([]);
});

test("the gradient of the last cumlogsumexp is softmax, and elements of -infinity have none", () => {
  const last = (x: NDArray): NDArray => weighted((v) => cumlogsumexp(v, forwards), [0, 0, 1])(x);
  // Slopes e^(x - out) are as exact as the rounding of x and out allows.
  const near = (seen: NDArray, wanted: readonly number[], size = 1): void =>
    seen
      .toTypedArray()
      .forEach((value, k) => expect(Math.abs(value - wanted[k]!)).toBeLessThanOrEqual(Number.EPSILON * size));
  near(grad(last)(array([-Infinity, 1, 1])), [0, 0.5, 0.5]);
  const odds = Math.exp(-1);
  near(grad(last)(array([800, 799, 0])), [1 / (1 + odds), odds / (1 + odds), 0], 800);
});

test("running logarithms of a million equal terms do not drift", () => {
  const count = 1_000_000;
  const out = cumlogsumexp(array(new Float64Array(count).fill(0.1)), forwards).toTypedArray();
  expect(Math.abs(out.at(-1)! - (0.1 + Math.log(count)))).toBeLessThan(1e-14);
});

test("a recurrence with factor 1 is the running sum, and its compiled gradient is the eager one", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 8 }), (x) => {
      const ones = array(x.map(() => 1));
      let sum = 0;
      expect(linearRecurrence(ones, array(x), forwards).toList()).toEqual(x.map((value) => (sum += value)));
      const f = (a: NDArray, b: NDArray): NDArray =>
        reduceSum(mul(linearRecurrence(a, b, forwards), linearRecurrence(b, a, forwards)), { axes: [0] });
      const both = grad(f, { argnums: [0, 1] });
      const [eager, compiled] = [both(array(x), ones), jit(both)(array(x), ones)];
      eager.forEach((part: NDArray, k: number) => expect(compiled[k]!.toList()).toEqual(part.toList()));
    }),
    { numRuns: 20 },
  );
});
