/**
 * Statistics, sequences and products under transforms: mapped over rows they are a loop over rows, compiled on every
 * back end they are eager evaluation to the bit, and the compiled gradient of the mapped function is the loop's.
 */
import { describe, expect, test } from "vitest";
import { array, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import type { Backend } from "../../src/backend/index.ts";
import * as np from "cotangent/numpy";

const backends: readonly Backend[] = ["interpreter", "js", "wasm"];

const rows = array([
  [0.5, -1.25, 3, 2, 0.75, 1.5],
  [2, 4.5, -0.5, 1, 1.25, -3],
  [1, 0.25, -2, 0.5, 3.5, 6],
]);
const weights = array([1, 2, 0.5, 3, 1, 0.25]);
const places = array([0, 2, 1, 1, 3, 0], { dtype: "int32" });

const functions: readonly (readonly [name: string, f: (x: NDArray) => NDArray])[] = [
  ["mean where", (x) => np.mean(x, { where: x.greater(0) })],
  ["var", (x) => np.var(x, { ddof: 1, keepdims: true })],
  ["max with initial", (x) => np.max(x, { initial: 2.25, where: x.less(4) })],
  ["countNonzero", (x) => np.countNonzero(x.greater(1))],
  ["ptp", (x) => np.ptp(x.reshape(2, 3), { axis: 1 })],
  ["median", (x) => np.median(x)],
  ["quantile", (x) => np.quantile(x.reshape(2, 3), array([0.1, 0.6]), { axis: 1, method: "linear" })],
  ["nanquantile", (x) => np.nanquantile(np.where(x.less(0), NaN, x), 0.4)],
  ["nanargmax", (x) => np.nanargmax(np.where(x.greater(3), NaN, x))],
  ["nancumsum", (x) => np.nancumsum(np.where(x.less(0), NaN, x))],
  ["average", (x) => np.average(x, { weights })],
  ["cov", (x) => np.cov(x.reshape(2, 3))],
  ["corrcoef", (x) => np.corrcoef(x.reshape(2, 3))],
  ["histogram", (x) => np.histogram(x, { bins: 4 })[0]],
  ["edges", (x) => np.histogramBinEdges(x, { bins: 4 })],
  ["histogram of weights", (x) => np.histogram(weights, { bins: 3, range: [0, 3], weights: x, density: true })[0]],
  [
    "histogram2d",
    (x) =>
      np.histogram2d(x, weights, {
        bins: 2,
        range: [
          [-3, 6],
          [0, 3],
        ],
      })[0],
  ],
  ["bincount", (x) => np.bincount(places, { weights: x, length: 5 })],
  ["digitize", (x) => np.digitize(x, array([0, 1, 2]))],
  ["cumprod", (x) => np.cumprod(x)],
  ["cummax", (x) => np.cummax(x)],
  ["cumlogsumexp", (x) => np.cumlogsumexp(x)],
  ["diff", (x) => np.diff(x, { n: 2, prepend: 1 })],
  ["gradient", (x) => np.gradient(x, { spacing: np.cumsum(weights) }) as NDArray],
  ["trapezoid", (x) => np.trapezoid(x, { x: weights })],
  ["unwrap", (x) => np.unwrap(x, { period: 3 })],
  ["convolve", (x) => np.convolve(x, x.at(np.slice(3)).get())],
  ["correlate", (x) => np.correlate(array([1, 2, 3]), x, { mode: "same" })],
  ["polyval", (x) => np.polyval(x, weights)],
  ["polydiv", (x) => np.polydiv(x, array([2, 1]))[0]],
  ["polyint", (x) => np.polyint(x, 2)],
  ["poly", (x) => np.poly(x)],
  ["polyfit", (x) => np.polyfit(weights, x, 2)],
  ["cross", (x) => np.cross(x.at(np.slice(3)).get(), array([1, 2, 3]))],
  ["kron", (x) => np.kron(x, array([1, -1]))],
  ["matvec", (x) => np.matvec(x.reshape(2, 3), array([1, 2, 3]))],
  ["vecdot", (x) => np.vecdot(x, weights)],
  ["kaiser", (x) => np.kaiser(4, x.at(0).get())],
];

const close = (seen: NDArray, wanted: NDArray): void => {
  expect({ shape: seen.shape, dtype: seen.dtype }).toEqual({ shape: wanted.shape, dtype: wanted.dtype });
  expect(
    np.allclose(seen, wanted, { rtol: 1e-13, atol: 1e-13, equalNan: true }).item(),
    `${seen.toString()} for ${wanted.toString()}`,
  ).toBe(1);
};

describe.each(functions)("%s", (_name, f) => {
  const each = [0, 1, 2].map((k) => rows.at(k).get());

  test("mapped over rows it is a loop over rows, along either axis", () => {
    const loop = np.stack(each.map(f));
    close(vmap(f)(rows), loop);
    close(vmap(f, { inAxes: 1 })(rows.T), loop);
  });

  test.each(backends)("compiled on %s it is what it is eagerly, mapped or not", (backend) => {
    close(jit(f, { backend })(each[0]!), f(each[0]!));
    close(jit(vmap(f), { backend })(rows), vmap(f)(rows));
  });

  test("the compiled gradient of the mapped function is that of the loop", () => {
    if (!f(each[0]!).dtype.startsWith("float")) return;
    const total = (x: NDArray): NDArray => np.sum(np.sin(f(x)));
    const loop = np.stack(each.map((row) => grad(total)(row)));
    close(jit(grad((x: NDArray) => np.sum(vmap(total)(x))))(rows), loop);
  });
});
