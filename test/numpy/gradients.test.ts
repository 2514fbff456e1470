/**
 * Gradients of library functions against central differences along random directions, away from kinks and at the
 * places where a composed rule could go wrong (zeros in a product, equal elements); and forward against reverse.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, hvp, jit, jvp } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";

const step = 1e-5;

/** Numbers a hundredth apart from whole numbers and from each other. */
const generic = (count: number): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      fc.array(fc.integer({ min: -2, max: 2 }), { minLength: count, maxLength: count }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: count, maxLength: count }),
    )
    .map(([whole, within]) => whole.map((base, k) => base + (k + 0.3 + 0.4 * within[k]!) / count));

const directions = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: count, maxLength: count });

type Scalar = (x: NDArray) => NDArray;

const positive = (x: NDArray): NDArray => x.abs().add(0.1);
const weights = array([0.3, -1.2, 0.7, 2, -0.4, 1.1]);
const weighted = (x: NDArray): NDArray => np.sum(x.mul(weights));

/** Values with NaN where x is large. Two numbers stay whatever x is: the deviation of one alone is 0, where a root has no slope. */
const thinned = (x: NDArray, values: NDArray = x): NDArray =>
  np.concatenate([np.where(x.greater(1.5), NaN, values), array([-1, 1.15])]);

const functions: readonly (readonly [name: string, f: Scalar])[] = [
  ["prod", np.prod],
  ["prod over an axis", (x) => np.sum(np.square(np.prod(x.reshape(2, 3), { axis: 1 })))],
  ["var", np.var],
  ["var with ddof", (x) => np.var(x, { ddof: 1 })],
  ["std", np.std],
  ["mean over an axis", (x) => np.sum(np.square(np.mean(x.reshape(2, 3), { axis: 0 })))],
  ["average", (x) => np.average(x, { weights: positive(x) })],
  ["cumsum", (x) => weighted(np.square(np.cumsum(x)))],
  ["sort", (x) => weighted(np.sort(x))],
  ["cumprod", (x) => weighted(np.cumprod(x))],
  ["cumprod over an axis", (x) => weighted(np.ravel(np.cumprod(x.reshape(2, 3), { axis: 0 })))],
  ["cummax", (x) => weighted(np.square(np.cummax(x)))],
  ["cumlogsumexp", (x) => weighted(np.cumlogsumexp(np.mul(x, 3)))],
  ["cumulativeProd", (x) => np.sum(np.square(np.cumulativeProd(x, { includeInitial: true })))],
  ["median", (x) => np.square(np.median(x))],
  ["quantile", (x) => np.sum(np.square(np.quantile(x.reshape(3, 2), array([0.2, 0.9]), { axis: 0 })))],
  ["nanquantile", (x) => np.square(np.nanquantile(thinned(x), 0.3))],
  ["nanmean", (x) => np.square(np.nanmean(thinned(x)))],
  ["nanstd", (x) => np.nanstd(thinned(x, x.add(x.mul(x))))],
  ["nanmax", (x) => np.square(np.nanmax(thinned(x)))],
  ["sum where", (x) => np.square(np.sum(x, { where: x.greater(0), initial: x.at(0).get() }))],
  ["max with initial", (x) => np.square(np.max(x, { initial: 0.35 }))],
  ["var where", (x) => np.var(x, { where: np.logicalOr(x.less(1.5), array([1, 1, 0, 0, 0, 0])) })],
  ["ptp", (x) => np.square(np.ptp(x))],
  ["cov", (x) => np.sum(np.square(np.cov(x.reshape(2, 3), { aweights: positive(x).at(np.slice(3)).get() })))],
  // Two columns that stay keep the variances, by which is divided, away from 0.
  [
    "corrcoef",
    (x) =>
      np.square(
        np
          .corrcoef(
            np.concatenate(
              [
                x.reshape(2, 3),
                array([
                  [-2, 2],
                  [1, -3],
                ]),
              ],
              { axis: 1 },
            ),
          )
          .at(0, 1)
          .get(),
      ),
  ],
  [
    "average over its weights",
    (x) =>
      np.square(
        np
          .average(x.reshape(3, 2), { axis: 0, weights: array([1, 2, 4]) })
          .at(0)
          .get(),
      ),
  ],
  [
    "histogram of weights",
    (x) => np.sum(np.square(np.histogram(array([0, 1, 1, 3, 2, 5]), { bins: 3, weights: x })[0])),
  ],
  [
    "bincount of weights",
    (x) => np.sum(np.square(np.bincount(array([0, 2, 2, 1, 0, 2], { dtype: "int32" }), { weights: x }))),
  ],
  ["diff", (x) => np.sum(np.square(np.diff(x, { n: 2, prepend: 0.5 })))],
  ["gradient", (x) => np.sum(np.square(np.gradient(x, { spacing: np.cumsum(positive(x)), edgeOrder: 2 }) as NDArray))],
  ["trapezoid", (x) => np.square(np.trapezoid(np.square(x), { x: np.cumsum(positive(x)) }))],
  ["convolve", (x) => np.sum(np.square(np.convolve(x, x.at(np.slice(3)).get(), { mode: "same" })))],
  ["correlate", (x) => np.sum(np.square(np.correlate(x.at(np.slice(2)).get(), x, { mode: "full" })))],
  ["cross", (x) => np.sum(np.square(np.cross(x.at(np.slice(3)).get(), x.at(np.slice(3, 6)).get())))],
  ["kron", (x) => np.sum(np.square(np.kron(x.at(np.slice(2)).get(), np.sin(x))))],
  ["vecdot", (x) => np.sum(np.square(np.vecdot(x.reshape(2, 3), x.at(np.slice(3)).get())))],
  ["polyval", (x) => np.polyval(x, np.sin(x.at(2).get()))],
  ["polydiv", (x) => np.sum(np.square(np.polydiv(x, np.add(x.at(np.slice(3)).get(), array([4, 0, 0])))[0]))],
  // Small roots: differences resolve no sines of coefficients in the hundreds.
  ["poly", (x) => np.sum(np.sin(np.poly(np.mul(x, 0.25))))],
  ["polyfit", (x) => np.sum(np.square(np.polyfit(np.cumsum(positive(x)), np.sin(x), 2)))],
  ["sinc", (x) => weighted(np.sinc(np.mul(x, 0.2)))],
  ["frexp", (x) => weighted(np.frexp(positive(x))[0])],
  ["modf", (x) => weighted(np.square(np.modf(np.mul(x, 0.2))[0]))],
  ["copysign", (x) => weighted(np.square(np.copysign(np.sin(x), np.flip(x))))],
  ["nanToNum", (x) => weighted(np.nanToNum(np.square(x)))],
  ["fmax", (x) => weighted(np.square(np.fmax(x, 0.17)))],
  ["logaddexp2", (x) => np.sum(np.square(np.logaddexp2(x.at(np.slice(3)).get(), x.at(np.slice(0, 3)).get())))],
  ["log2 and log10", (x) => weighted(np.add(np.log2(positive(x)), np.square(np.log10(positive(x)))))],
  ["ldexp", (x) => weighted(np.square(np.ldexp(x, array([1, -1, 0, 2, 0, 1], { dtype: "int32" }))))],
  ["unwrap", (x) => weighted(np.square(np.unwrap(np.mul(x, 1.3))))],
  ["max", (x) => np.max(x)],
  ["min over an axis", (x) => np.sum(np.square(np.min(x.reshape(2, 3), { axis: 1 })))],
  ["clip", (x) => weighted(np.clip(x, -1, 1))],
  ["hypot", (x) => np.sum(np.hypot(x.at(np.slice(3)).get(), x.at(np.slice(0, 3)).get()))],
  ["arctan2", (x) => np.sum(np.arctan2(x.at(np.slice(3)).get(), positive(x).at(np.slice(0, 3)).get()))],
  ["logaddexp", (x) => np.sum(np.square(np.logaddexp(x.at(np.slice(3)).get(), x.at(np.slice(0, 3)).get())))],
  ["pow", (x) => weighted(np.pow(positive(x), np.flip(x)))],
  ["remainder", (x) => weighted(np.remainder(np.mul(x, 0.5), 7))],
  ["logsumexp", (x) => nn.logsumexp(x)],
  ["logsumexp over an axis", (x) => np.sum(np.square(nn.logsumexp(x.reshape(2, 3), { axis: 0, keepdims: true })))],
  ["softmax", (x) => weighted(nn.softmax(x))],
  ["logSoftmax", (x) => weighted(np.ravel(nn.logSoftmax(x.reshape(3, 2))))],
  ["softplus", (x) => weighted(nn.softplus(np.mul(x, 3)))],
  ["sigmoid", (x) => weighted(nn.sigmoid(x))],
  ["silu", (x) => weighted(nn.silu(x))],
  ["gelu", (x) => weighted(nn.gelu(x))],
  ["relu6", (x) => weighted(nn.relu6(np.mul(x, 3)))],
  ["safeNorm", (x) => np.sum(nn.safeNorm(x.reshape(2, 3), { axis: 1 }))],
  ["safeSqrt", (x) => weighted(nn.safeSqrt(x))],
  ["matmul", (x) => np.sum(np.square(np.matmul(x.reshape(2, 3), x.reshape(3, 2))))],
  [
    "tensordot",
    (x) =>
      np.sum(
        np.square(
          np.tensordot(x.reshape(1, 2, 3), x.reshape(3, 2), [
            [2, 1],
            [0, 1],
          ]),
        ),
      ),
  ],
  ["diag and trace", (x) => np.trace(np.matmul(np.diag(x), np.square(np.diag(x))))],
  ["roll and repeat", (x) => weighted(np.repeat(np.roll(x, 2).at(np.slice(0, 3)).get().mul(x.at(0).get()), 2))],
  [
    "at",
    (x) => np.sum(np.square(x.at(np.slice(null, null, -2)).mul(x.at(array([0, 0, 5], { dtype: "int32" })).get()))),
  ],
];

const along = (f: Scalar, x: readonly number[], direction: readonly number[], distance: number): number =>
  f(array(x.map((value, k) => value + distance * direction[k]!))).item();

describe.each(functions)("%s", (_name, f) => {
  test("its gradient is the central difference in any direction", () => {
    fc.assert(
      fc.property(generic(6), directions(6), (x, direction) => {
        const slope = np.dot(grad(f)(array(x)), array(direction)).item();
        const difference = (along(f, x, direction, step) - along(f, x, direction, -step)) / (2 * step);
        expect(Math.abs(slope - difference) / Math.max(1, Math.abs(difference))).toBeLessThan(1e-6);
      }),
      { numRuns: 15 },
    );
  });

  test("forward mode pairs with reverse mode, and compiled with eager", () => {
    fc.assert(
      fc.property(generic(6), directions(6), (x, direction) => {
        const [, tangent] = jvp(f, [array(x)], [array(direction)]);
        const gradient = grad(f)(array(x));
        const paired = np.dot(gradient, array(direction)).item();
        expect(Math.abs(tangent.item() - paired)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(paired)));
        expect(np.allclose(jit(grad(f))(array(x)), gradient, { rtol: 1e-13, atol: 1e-13 }).item()).toBe(1);
      }),
      { numRuns: 5 },
    );
  });

  test("its second derivative is the difference of its gradient", () => {
    fc.assert(
      fc.property(generic(6), directions(6), (x, direction) => {
        const second = np.dot(hvp(f, [array(x)], [array(direction)]) as NDArray, array(direction)).item();
        const at = (distance: number): number =>
          np.dot(grad(f)(array(x.map((value, k) => value + distance * direction[k]!))), array(direction)).item();
        const difference = (at(step) - at(-step)) / (2 * step);
        expect(Math.abs(second - difference) / Math.max(1, Math.abs(difference))).toBeLessThan(1e-5);
      }),
      { numRuns: 5 },
    );
  });
});

test("the gradient of prod is the product of the others, wherever zeros stand", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 1, 2, -3), { minLength: 1, maxLength: 6 }), (x) => {
      const wanted = x.map((_, k) =>
        x.reduce<number>((product, value, other) => (other === k ? product : product * value), 1),
      );
      expect(np.arrayEqual(grad(np.prod as Scalar)(array(x)), array(wanted)).item()).toBe(1);
    }),
  );
});

test("the second derivative of prod is the product of all but two", () => {
  const x = array([0, 0, 3]);
  expect((hvp(np.prod as Scalar, [x], [array([1, 0, 0])]) as NDArray).toList()).toEqual([0, 3, 0]);
});

test("std of equal elements has no gradient, var has gradient 0", () => {
  expect(grad(np.std as Scalar)(array([2, 2])).toList()).toEqual([NaN, NaN]);
  expect(grad(np.var as Scalar)(array([2, 2])).toList()).toEqual([0, 0]);
});

test("softmax sums to 1 and its gradient sums to 0, however large its elements", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 1, maxLength: 6 }), (x) => {
      expect(np.sum(nn.softmax(array(x))).item()).toBeCloseTo(1, 14);
      const total = np.sum(grad((v: NDArray) => np.sum(np.mul(nn.softmax(v), np.arange(x.length))))(array(x))).item();
      expect(Math.abs(total)).toBeLessThan(1e-12);
      expect(np.allclose(np.exp(nn.logSoftmax(array(x))), nn.softmax(array(x)), { rtol: 1e-12 }).item()).toBe(1);
    }),
  );
});
