/**
 * Quantiles, masks, nan-versions, histograms and covariances against their definitions on random data, eager and
 * compiled; infinities and empty arrays; and what they refuse.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arrays } from "./arbitraries.ts";

const near = (seen: number, wanted: number): void => {
  if (Object.is(seen, wanted) || seen === wanted) return;
  expect(Math.abs(seen - wanted) / Math.max(1, Math.abs(wanted)), `${seen} for ${wanted}`).toBeLessThan(1e-13);
};

const numbers = (minLength: number): fc.Arbitrary<number[]> =>
  fc.array(
    fc.integer({ min: -12, max: 12 }).map((quarter) => quarter / 4),
    { minLength, maxLength: 9 },
  );

const orNaN = (list: fc.Arbitrary<number[]>): fc.Arbitrary<number[]> =>
  list.chain((values) =>
    fc
      .array(fc.boolean(), { minLength: values.length, maxLength: values.length })
      .map((known) => values.map((value, k) => (known[k]! ? value : NaN))),
  );

// --- Quantiles --------------------------------------------------------------------------------

/** The definition: the element at position q (n - 1), by the method between two. */
const quantileOf = (values: readonly number[], q: number, method: np.QuantileMethod): number => {
  const sorted = [...values].sort((x, y) => x - y);
  const position = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(position)]!, sorted[Math.ceil(position)]!];
  const within = position - Math.floor(position);
  if (method === "lower") return low;
  if (method === "higher") return high;
  if (method === "midpoint") return within === 0 ? low : (low + high) / 2;
  if (method === "linear") return low + within * (high - low);
  const isTie = within === 0.5;
  return (isTie ? Math.floor(position) % 2 === 0 : within < 0.5) ? low : high;
};

describe.each(["linear", "lower", "higher", "midpoint", "nearest"] as const)("quantile by %s", (method) => {
  test("is the element at its share of the sorted ones, eager, compiled and mapped", () => {
    fc.assert(
      fc.property(numbers(1), fc.integer({ min: 0, max: 16 }), (values, sixteenth) => {
        const [q, x] = [sixteenth / 16, array(values)];
        const wanted = quantileOf(values, q, method);
        const f = (v: NDArray): NDArray => np.quantile(v, q, { method });
        near(f(x).item(), wanted);
        near(jit(f)(x).item(), wanted);
        near(np.percentile(x, 100 * q, { method }).item(), wanted);
        const rows = vmap(f)(np.stack([x, np.neg(x)]));
        near(rows.at(1).get().item(), f(np.neg(x)).item());
      }),
    );
  });

  test("grows with q, and stays between the extremes, in floating point too", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 6 }),
        (values) => {
          const shares = np.linspace(0, 1, 41);
          const seen = np.quantile(array(values), shares, { method }).toTypedArray();
          seen.forEach((value, k) =>
            expect(value).toBeGreaterThanOrEqual(k === 0 ? Math.min(...values) : seen[k - 1]!),
          );
          expect(seen.at(-1)! === Math.max(...values)).toBe(true);
        },
      ),
    );
  });
});

test("quantiles keep infinities, propagate NaN, and of nothing are NaN", () => {
  const inf = Infinity;
  expect(np.median(array([1, 2, inf])).item()).toBe(2);
  expect(np.median(array([inf, inf])).item()).toBe(inf);
  expect(np.quantile(array([1, inf]), array([0, 0.3, 0.7, 1])).toList()).toEqual([1, inf, inf, inf]);
  expect(np.quantile(array([-inf, 1]), array([0, 0.3, 0.7, 1])).toList()).toEqual([-inf, -inf, -inf, 1]);
  expect(np.quantile(array([-inf, inf]), 0.5).item()).toBeNaN();
  expect(np.median(array([1, NaN, 3])).item()).toBeNaN();
  expect(np.median(array([])).item()).toBeNaN();
  expect(np.median(np.zeros([2, 0]), { axis: 1 }).toList()).toEqual([NaN, NaN]);
  expect(np.median(np.zeros([2, 0]), { axis: 0 }).shape).toEqual([0]);
  expect(np.median(array([1, 2, 4], { dtype: "float32" })).dtype).toBe("float32");
  expect(np.median(array([1, 2], { dtype: "int32" })).toString()).toBe("array(1.5, float64)");
});

test("the derivative of a quantile by its share is the distance to the next element, over the step", () => {
  const slope = grad((q: NDArray) => np.quantile(array([1, 2, 10]), q));
  expect(slope(0.2).item()).toBeCloseTo(2, 12);
  expect(slope(0.9).item()).toBeCloseTo(16, 12);
});

// --- Masks and NaN ----------------------------------------------------------------------------

type Reduction = (x: NDArray, options?: object) => NDArray;

const pairs: readonly (readonly [name: string, full: Reduction, skipping: Reduction, ofNothing: number])[] = [
  ["sum", np.sum, np.nansum, 0],
  ["prod", np.prod, np.nanprod, 1],
  ["mean", np.mean, np.nanmean, NaN],
  ["var", np.var, np.nanvar, NaN],
  ["std", np.std, np.nanstd, NaN],
  ["max", np.max, np.nanmax, NaN],
  ["min", np.min, np.nanmin, NaN],
  ["median", np.median, np.nanmedian, NaN],
];

test.each(pairs)("nan%s reduces the elements that are not NaN", (_name, full, skipping, ofNothing) => {
  fc.assert(
    fc.property(orNaN(numbers(1)), (values) => {
      const known = values.filter((value) => !Number.isNaN(value));
      const wanted = known.length === 0 ? ofNothing : full(array(known)).item();
      near(skipping(array(values)).item(), wanted);
      near(jit((v: NDArray) => skipping(v, { axis: 0 }))(array(values)).item(), wanted);
    }),
  );
});

test.each(pairs.slice(0, 7))("the gradient of nan%s goes to the elements that count", (_name, full, skipping) => {
  const values = [1.5, NaN, -0.5, 2, NaN];
  const known = values.flatMap((value, k) => (Number.isNaN(value) ? [] : [k]));
  const wanted = grad((v: NDArray) => full(v))(array(known.map((k) => values[k]!))).toTypedArray();
  const seen = grad((v: NDArray) => skipping(v))(array(values)).toTypedArray();
  known.forEach((k, place) => near(seen[k]!, wanted[place]!));
  expect([seen[1], seen[4]].map((slope) => Math.abs(slope!))).toEqual([0, 0]);
});

test("nanargmax and nanargmin find the first extremum that is a number, and -1 without one", () => {
  fc.assert(
    fc.property(orNaN(numbers(1)), (values) => {
      const known = values.filter((value) => !Number.isNaN(value));
      const place = (best: number): number => (known.length === 0 ? -1 : values.indexOf(best));
      expect(np.nanargmax(array(values)).item()).toBe(place(Math.max(...known)));
      expect(np.nanargmin(array(values), { axis: 0, keepdims: true }).toList()).toEqual([place(Math.min(...known))]);
    }),
  );
  expect(np.nanargmax(array([NaN, -Infinity])).item()).toBe(1);
  expect(np.nanargmin(array([NaN, Infinity])).item()).toBe(1);
});

const masked: readonly (readonly [name: string, f: Reduction])[] = [
  ["sum", np.sum],
  ["prod", np.prod],
  ["mean", np.mean],
  ["var", np.var],
  ["std", np.std],
  ["any", np.any],
  ["all", np.all],
];

test.each(masked)("%s with a mask reduces the elements under it", (_name, f) => {
  fc.assert(
    fc.property(
      numbers(1).chain((values) =>
        fc.tuple(fc.constant(values), fc.array(fc.boolean(), { minLength: values.length, maxLength: values.length })),
      ),
      ([values, keep]) => {
        const where = array(keep);
        const wanted = f(array(values.filter((_, k) => keep[k]))).item();
        near(f(array(values), { where }).item(), wanted);
        near(jit((v: NDArray, mask: NDArray) => f(v, { where: mask }))(array(values), where).item(), wanted);
        near(f(np.where(where, array(values), NaN), { where }).item(), wanted);
      },
    ),
    { numRuns: 40 },
  );
});

test("an initial value joins in, and makes extrema of nothing possible", () => {
  const x = array([[1, 5, 2]]);
  expect(np.sum(x, { axis: 0, initial: 10 }).toList()).toEqual([11, 15, 12]);
  expect(np.prod(x, { initial: array([2, 3, 4]), axis: 0, where: true }).toList()).toEqual([2, 15, 8]);
  expect(np.max(x, { initial: 4 }).item()).toBe(5);
  expect(np.max(x, { initial: 9 }).item()).toBe(9);
  expect(np.min(array([]), { initial: 7 }).item()).toBe(7);
  expect(np.max(array([], { dtype: "int32" }), { initial: -3 }).toString()).toBe("array(-3, int32)");
  expect(np.max(x, { where: array([true, false, true]), initial: -Infinity }).item()).toBe(2);
  expect(np.max(array([1, NaN]), { where: array([true, false]), initial: 0 }).item()).toBe(1);
});

test("dtypes of sums and means", () => {
  const ints = array([2 ** 30, 2 ** 30], { dtype: "int32" });
  expect(np.sum(ints).toString()).toBe(`array(${-(2 ** 31)}, int32)`);
  expect(np.sum(ints, { dtype: "float64" }).item()).toBe(2 ** 31);
  expect(np.cumsum(ints, { dtype: "float32" }).dtype).toBe("float32");
  expect(np.prod(array([true, true])).dtype).toBe("int32");
  expect(np.mean(array([1, 2], { dtype: "float32" }), { dtype: "float64" }).dtype).toBe("float64");
  expect(np.countNonzero(array([NaN, 0, -0, 3])).toString()).toBe("array(2, int32)");
  expect(np.ptp(array([true, false])).toString()).toBe("array(1, int32)");
});

// --- Histograms -------------------------------------------------------------------------------

test("a histogram counts the values of every bin, the last edge included, and nothing outside", () => {
  fc.assert(
    fc.property(orNaN(numbers(0)), numbers(2), (values, some) => {
      const edges = [...some].sort((x, y) => x - y);
      const last = edges.length - 2;
      const wanted = edges
        .slice(1)
        .map(
          (high, k) =>
            values.filter((value) => value >= edges[k]! && (value < high || (k === last && value === high))).length,
        );
      const f = (x: NDArray, bins: NDArray): NDArray => np.histogram(x, { bins })[0];
      expect(f(array(values), array(edges)).toList()).toEqual(wanted);
      expect(jit(f)(array(values), array(edges)).toList()).toEqual(wanted);
    }),
  );
});

test("a density integrates to 1, and without bins given every value counts", () => {
  fc.assert(
    fc.property(numbers(1), fc.integer({ min: 1, max: 6 }), (values, bins) => {
      const [density, edges] = np.histogram(array(values), { bins, density: true });
      near(np.sum(np.mul(density, np.diff(edges))).item(), 1);
      expect(np.sum(np.histogram(array(values), { bins })[0]).item()).toBe(values.length);
      const [grid, x, y] = np.histogram2d(array(values), array(values.map((value) => -value)), { bins });
      expect(np.sum(grid).item()).toBe(values.length);
      expect(grid.shape).toEqual([x.size - 1, y.size - 1]);
    }),
  );
});

test("digitize counts the edges that come before", () => {
  fc.assert(
    fc.property(numbers(1), numbers(2), fc.boolean(), (values, some, right) => {
      const edges = [...some].sort((x, y) => x - y);
      fc.pre(edges[0]! < edges.at(-1)!); // edges that are all equal count as ascending
      const up = values.map((value) => edges.filter((edge) => (right ? edge < value : edge <= value)).length);
      const down = values.map((value) => edges.filter((edge) => (right ? edge >= value : edge > value)).length);
      expect(np.digitize(array(values), array(edges), { right }).toList()).toEqual(up);
      expect(np.digitize(array(values), array(edges.reverse()), { right }).toList()).toEqual(down);
    }),
  );
});

test("bincount counts whole numbers from 0, drops the others, and needs a length once compiled", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 9 }), (values) => {
      const x = array(values, { dtype: "int32" });
      const counted = (length: number): number[] =>
        Array.from({ length }, (_, k) => values.filter((value) => value === k).length);
      expect(np.bincount(x).toList()).toEqual(counted(Math.max(0, ...values.map((value) => value + 1))));
      expect(np.bincount(x, { minlength: 9 }).toList()).toEqual(counted(9));
      expect(jit((v: NDArray) => np.bincount(v, { length: 4 }))(x).toList()).toEqual(counted(4));
    }),
  );
  const signed = array([-1, 2], { dtype: "int32" });
  expect(np.bincount(signed).toList()).toEqual([0, 0, 1]);
  expect(np.bincount(signed, { weights: array([0.5, 0.25]) }).toList()).toEqual([0, 0, 0.25]);
});

// --- Covariance -------------------------------------------------------------------------------

test("cov is the mean product of deviations, and corrcoef does not depend on scale", () => {
  fc.assert(
    fc.property(arrays({ minRank: 2, maxRank: 2, minSize: 2, maxSize: 4 }), (x) => {
      const [variables, count] = x.shape as [number, number];
      const deviations = np.sub(x, np.mean(x, { axis: 1, keepdims: true }));
      const wanted = np.div(np.matmul(deviations, deviations.T), count - 1);
      expect(np.cov(x).shape).toEqual([variables, variables]);
      expect(np.allclose(np.cov(x), wanted, { rtol: 1e-13, atol: 1e-13 }).item()).toBe(1);
      const spread = np.add(x, np.mul(np.arange(count), 7)); // no variable stands still
      const scaled = np.mul(spread, np.reshape(np.arange(1, variables + 1), [variables, 1]));
      expect(np.allclose(np.corrcoef(scaled), np.corrcoef(spread), { rtol: 1e-12 }).item()).toBe(1);
      expect(np.allclose(np.diagonal(np.corrcoef(spread)), np.ones(variables), { rtol: 1e-14 }).item()).toBe(1);
    }),
    { numRuns: 40 },
  );
});

// --- Refusals ---------------------------------------------------------------------------------

const x = array([[1, 2, 3]]);

test.each<readonly [string, () => unknown]>([
  ["InvalidOption", () => np.max(x, { where: array([true, false, true]) })],
  ["ShapeMismatch", () => np.sum(x, { where: array([true, false]) })],
  ["ShapeMismatch", () => np.sum(array([1, 2, 3]), { where: np.ones([2, 3]) })],
  ["ShapeMismatch", () => np.prod(x, { axis: 1, initial: array([1, 2]) })],
  ["UnknownOption", () => np.mean(x, { ddof: 1 } as object)],
  ["UnknownOption", () => np.nansum(x, { where: true } as object)],
  ["InvalidOption", () => np.var(x, { ddof: 1, correction: 1 })],
  ["InvalidOption", () => np.mean(x, { dtype: "int32" })],
  ["EmptyReduction", () => np.max(array([]))],
  ["EmptyReduction", () => np.nanargmax(array([]))],
  ["InvalidOption", () => np.quantile(x, 1.5)],
  ["InvalidOption", () => np.percentile(x, array([50, 101]))],
  ["InvalidOption", () => np.quantile(x, 0.5, { method: "weibull" as "linear" })],
  ["ShapeMismatch", () => np.average(x, { axis: 1, weights: array([1, 2]) })],
  ["ShapeMismatch", () => np.cov(np.ones([2, 2, 2]))],
  ["ShapeMismatch", () => np.cov(x, { aweights: array([1, 2]) })],
  ["InvalidOption", () => np.histogram(x, { bins: 0 })],
  ["InvalidOption", () => np.histogram(x, { bins: array([2, 1]) })],
  ["InvalidOption", () => np.histogram(x, { range: [2, 1] })],
  ["InvalidOption", () => np.histogram(array([1, NaN]))],
  ["ShapeMismatch", () => np.histogram(x, { weights: array([1]) })],
  ["TooLarge", () => np.histogram(x, { bins: 2 ** 40 })],
  ["DTypeMismatch", () => np.bincount(x)],
  ["NotStatic", () => jit((v: NDArray) => np.bincount(v))(array([1], { dtype: "int32" }))],
  ["InvalidOption", () => np.bincount(array([1], { dtype: "int32" }), { length: -1 })],
  ["InvalidOption", () => np.cumulativeSum(x)],
  ["IndexOutOfRange", () => np.cumprod(x, { axis: 2 })],
])("%s is thrown (%#)", (code, call) => {
  expect(() => call()).toThrow(expect.objectContaining({ code }) as Error);
});
