/**
 * Differences, integrals, convolutions, polynomials, windows and vector products against their definitions on random
 * data, and the laws that tie them together; eager and compiled; and what they refuse.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arraysOf } from "./arbitraries.ts";

const vectors = (minLength = 1, maxLength = 6): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: -5, max: 5 }), { minLength, maxLength });

/** Equal to about the last digit, in shape and dtype too. */
const same = (seen: NDArray, wanted: NDArray, tolerance = 1e-12): void => {
  expect(seen.shape).toEqual(wanted.shape);
  expect(
    np.allclose(seen, wanted, { rtol: tolerance, atol: tolerance }).item(),
    `${seen.toString()} for ${wanted.toString()}`,
  ).toBe(1);
};

const eagerAndCompiled = (f: (...all: NDArray[]) => NDArray, ...inputs: NDArray[]): NDArray => {
  const eager = f(...inputs);
  expect(jit(f)(...inputs).toString()).toBe(eager.toString());
  return eager;
};

// --- Differences and integrals ----------------------------------------------------------------

test("the running sum undoes diff, and diff n times is diff of diff", () => {
  fc.assert(
    fc.property(vectors(2), (x) => {
      const own = array(x);
      expect(np.cumsum(np.diff(own, { prepend: 0 })).toList()).toEqual(x);
      same(np.diff(own, { n: 2 }), np.diff(np.diff(own)));
      const matrix = np.stack([own, np.square(own)]);
      expect(np.diff(matrix, { axis: -2 }).toList()).toEqual([x.map((value) => value * value - value)]);
    }),
  );
});

test("gradient is exact for parabolas, inside and with edgeOrder 2 at the ends, with any distances", () => {
  fc.assert(
    fc.property(
      vectors(3, 3),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 6 }),
      ([a, b, c], steps) => {
        const at = np.cumsum(array([0, ...steps]));
        const [f, slope] = [np.polyval(array([a!, b!, c!]), at), np.polyval(array([2 * a!, b!]), at)];
        const seen = eagerAndCompiled((y, x) => np.gradient(y!, { spacing: x!, edgeOrder: 2 }) as NDArray, f, at);
        same(seen, slope);
        const even = np.arange(steps.length + 1);
        same(
          np.gradient(np.polyval(array([a!, b!, c!]), even), { edgeOrder: 2 }) as NDArray,
          np.polyval(array([2 * a!, b!]), even),
        );
      },
    ),
  );
});

test("gradient gives a list for several axes, an array for one", () => {
  const x = np.reshape(np.square(np.arange(12)), [3, 4]);
  const [down, across] = np.gradient(x) as NDArray[];
  same(down!, np.gradient(x, { axis: 0 }) as NDArray);
  same(across!, np.gradient(x, { axis: -1 }) as NDArray);
  expect(np.gradient(x, { axis: [1] })).toHaveLength(1);
});

test("trapezoid is exact for straight lines, and additive over neighbouring intervals", () => {
  fc.assert(
    fc.property(
      vectors(2, 2),
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 6 }),
      ([a, b], steps) => {
        const at = np.cumsum(array(steps));
        const [first, last] = [steps[0]!, steps.reduce((sum, step) => sum + step)];
        const wanted = (a! * (last ** 2 - first ** 2)) / 2 + b! * (last - first);
        expect(np.trapezoid(np.polyval(array([a!, b!]), at), { x: at }).item()).toBeCloseTo(wanted, 10);
      },
    ),
  );
  expect(np.trapezoid(array([5])).item()).toBe(0);
  expect(np.trapezoid(array([])).item()).toBe(0);
});

test("unwrap changes phases by whole periods and leaves no jump above half a period", () => {
  fc.assert(
    fc.property(vectors(1, 8), fc.integer({ min: 1, max: 7 }), (x, period) => {
      const seen = eagerAndCompiled((v) => np.unwrap(v!, { period }), array(x));
      np.div(np.sub(seen, array(x)), period)
        .toTypedArray()
        .forEach((turns) => expect(Math.abs(turns - Math.round(turns))).toBeLessThan(1e-12));
      np.diff(seen)
        .toTypedArray()
        .forEach((step) => expect(Math.abs(step)).toBeLessThanOrEqual(period / 2 + 1e-12));
    }),
  );
});

// --- Convolution ------------------------------------------------------------------------------

test("convolve and correlate are their double sums, in every mode", () => {
  fc.assert(
    fc.property(vectors(), vectors(), (a, v) => {
      const full = Array.from({ length: a.length + v.length - 1 }, (_, k) =>
        a.reduce((sum, value, n) => sum + value * (v[k - n] ?? 0), 0),
      );
      const [x, y] = [array(a), array(v)];
      expect(eagerAndCompiled((p, q) => np.convolve(p!, q!), x, y).toList()).toEqual(full);
      const [longer, shorter] = [Math.max(a.length, v.length), Math.min(a.length, v.length)];
      const first = Math.floor((shorter - 1) / 2);
      expect(np.convolve(x, y, { mode: "same" }).toList()).toEqual(full.slice(first, first + longer));
      expect(np.convolve(x, y, { mode: "valid" }).toList()).toEqual(full.slice(shorter - 1, longer));
      same(np.correlate(x, y, { mode: "full" }), np.convolve(x, np.flip(y)));
      const ints = np.convolve(x.astype("int32"), y.astype("int32"));
      expect(ints.dtype).toBe("int32");
      expect(ints.toList()).toEqual(full);
    }),
  );
});

// --- Polynomials ------------------------------------------------------------------------------

test("sums, products and quotients of polynomials are those of their values", () => {
  fc.assert(
    fc.property(vectors(), vectors(), vectors(1, 4), (a, b, points) => {
      const [p, q, x] = [array(a), array([3, ...b]), array(points)];
      const value = (poly: NDArray): NDArray => np.polyval(poly, x);
      same(value(np.polyadd(p, q)), np.add(value(p), value(q)), 0);
      same(value(np.polysub(p, q)), np.sub(value(p), value(q)), 0);
      same(value(np.polymul(p, q)), np.mul(value(p), value(q)), 0);
      const [quotient, remainder] = np.polydiv(p, q);
      expect(remainder.size).toBeLessThan(Math.max(2, q.size));
      same(np.polyadd(np.polymul(quotient, q), remainder).at(np.slice(-a.length)).get(), p, 1e-10);
    }),
  );
});

test("polyder undoes polyint, whatever the constants, and poly vanishes at its roots", () => {
  fc.assert(
    fc.property(vectors(), fc.integer({ min: 0, max: 3 }), (a, m) => {
      const constants = array(Array.from({ length: m }, (_, k) => k + 1));
      same(np.polyder(np.polyint(array(a), m, { k: m === 0 ? 0 : constants }), m), array(a));
      np.polyval(np.poly(array(a)), array(a))
        .toTypedArray()
        .forEach((value) => expect(value).toBe(0));
    }),
  );
  expect(np.polyder(array([5])).shape).toEqual([0]);
  expect(np.poly(array([])).toList()).toEqual([1]);
  expect(np.polyval(array([2, 1], { dtype: "int32" }), array([3], { dtype: "int32" })).toString()).toBe(
    "array([7], int32)",
  );
});

test("polyfit finds the polynomial that points lie on, of many cases at once", () => {
  fc.assert(
    fc.property(vectors(1, 5), vectors(5, 5), (a, b) => {
      const [x, p] = [np.linspace(-1, 2, 9), array(a)];
      const q = array(b.slice(0, a.length));
      const fit = np.polyfit(x, np.polyval(p, x), a.length - 1);
      same(fit, p, 1e-11);
      const both = np.polyfit(x, np.stack([np.polyval(p, x), np.polyval(q, x)], { axis: 1 }), a.length - 1);
      same(both, np.stack([p, q], { axis: 1 }), 1e-11);
    }),
  );
});

test("the residual of polyfit is orthogonal to every power, weighted by w^2", () => {
  const x = np.linspace(0, 2, 8);
  const [y, w] = [np.exp(x), np.add(x, 0.5)];
  const residual = np.sub(np.polyval(np.polyfit(x, y, 3, { w }), x), y);
  for (let k = 0; k <= 3; k++)
    expect(Math.abs(np.sum(np.mul(np.mul(residual, np.square(w)), np.pow(x, k))).item())).toBeLessThan(1e-11);
});

// --- Windows, vector products -----------------------------------------------------------------

describe.each([
  ["bartlett", np.bartlett],
  ["blackman", np.blackman],
  ["hamming", np.hamming],
  ["hanning", np.hanning],
] as const)("%s", (_name, window) => {
  test("is symmetric and at most 1, 1 for a single point, and refuses fractions", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
        const points = [...window(count).toTypedArray()];
        expect(points).toEqual([...points].reverse());
        expect(Math.max(...points)).toBeLessThanOrEqual(1);
        if (count % 2 === 1) expect(points[(count - 1) / 2]).toBe(1);
      }),
    );
    expect(window(1).toList()).toEqual([1]);
    expect(window(0).shape).toEqual([0]);
    expect(() => window(2.5)).toThrow(/whole number/);
  });
});

test("kaiser falls off from the middle, faster with a larger beta, without overflow, and has a slope in beta", () => {
  const points = (beta: number): number[] => [...np.kaiser(7, beta).toTypedArray()];
  for (const beta of [0.1, 5, 800, 1e6]) {
    const seen = points(beta);
    expect(seen[3]).toBe(1);
    expect([...seen].sort((x, y) => x - y)).toEqual([0, 6, 1, 5, 2, 4, 3].map((k) => seen[k]));
    seen.forEach((value, k) => expect(value).toBe(seen[6 - k]));
    seen.forEach((value, k) => expect(value).toBeGreaterThanOrEqual(points(1.5 * beta)[k]!));
  }
  expect(np.kaiser(1, 3).toList()).toEqual([1]);
  const second = (beta: NDArray): NDArray => np.kaiser(7, beta).at(1).get();
  const step = 1e-5;
  const difference = (second(array(3 + step)).item() - second(array(3 - step)).item()) / (2 * step);
  expect(Math.abs(grad(second)(3).item() - difference)).toBeLessThan(1e-9);
});

test("cross is orthogonal to both and turns its sign with their order", () => {
  fc.assert(
    fc.property(arraysOf([2, 3]), arraysOf([4, 1, 3]), (a, b) => {
      const c = eagerAndCompiled((x, y) => np.cross(x!, y!), a, b);
      expect(c.shape).toEqual([4, 2, 3]);
      expect(np.sum(np.abs(np.vecdot(c, a))).item()).toBe(0);
      expect(np.sum(np.abs(np.vecdot(c, b))).item()).toBe(0);
      same(np.cross(b, a), np.neg(c));
      same(np.cross(a, b, { axisc: 0 }), np.moveaxis(c, -1, 0));
    }),
    { numRuns: 30 },
  );
});

test("kron of products is the product of krons, and matvec, vecmat, vecdot are matmul", () => {
  fc.assert(
    fc.property(arraysOf([2, 3]), arraysOf([3, 2]), arraysOf([2, 2]), arraysOf([2, 2]), (a, b, c, d) => {
      same(np.matmul(np.kron(a, c), np.kron(b, d)), np.kron(np.matmul(a, b), np.matmul(c, d)));
      const row = a.at(0).get();
      same(np.matvec(b, c), np.matmul(c, b.T));
      same(np.vecmat(row, b), np.matmul(row, b));
      same(np.vecdot(a, row), np.matmul(a, row));
      same(np.kron(c)(a), np.kron(a, c));
    }),
    { numRuns: 30 },
  );
});

test.each<readonly [string, () => unknown]>([
  ["InvalidOption", () => np.diff(array([1]), { n: -1 })],
  ["ShapeMismatch", () => np.gradient(array([1]))],
  ["ShapeMismatch", () => np.gradient(array([1, 2]), { edgeOrder: 2 })],
  ["ShapeMismatch", () => np.gradient(array([1, 2, 3]), { spacing: array([0, 1]) })],
  ["InvalidOption", () => np.gradient(np.ones([3, 3]), { spacing: [1] })],
  ["InvalidOption", () => np.trapezoid(array([1, 2]), { x: array([0, 1]), dx: 2 })],
  ["ShapeMismatch", () => np.trapezoid(array([1, 2]), { x: array([0, 1, 2]) })],
  ["InvalidOption", () => np.unwrap(array([1, 2]), { period: 0 })],
  ["ShapeMismatch", () => np.convolve(array([]), array([1]))],
  ["ShapeMismatch", () => np.convolve(np.ones([2, 2]), array([1]))],
  ["InvalidOption", () => np.convolve(array([1]), array([1]), { mode: "wide" as "full" })],
  ["ShapeMismatch", () => np.polyval(np.ones([2, 2]), 1)],
  ["ShapeMismatch", () => np.poly(np.ones([2, 2]))],
  ["InvalidOption", () => np.polyder(array([1, 2]), 0.5)],
  ["ShapeMismatch", () => np.polyint(array([1, 2]), 2, { k: array([1, 2, 3]) })],
  ["ShapeMismatch", () => np.polyfit(array([1, 2]), array([1, 2]), 2)],
  ["UnknownOption", () => np.polyfit(array([1, 2]), array([1, 2]), 1, { cov: true } as object)],
  ["ShapeMismatch", () => np.cross(array([1, 2, 3, 4]), array([1, 2, 3]))],
  ["ShapeMismatch", () => np.matvec(array([1, 2]), array([1, 2]))],
  ["ShapeMismatch", () => np.vecdot(array([1, 2]), array([1, 2, 3]))],
])("%s is thrown (%#)", (code, call) => {
  expect(() => call()).toThrow(expect.objectContaining({ code }) as Error);
});
