/** What sorts, searches and runs along an axis compiles to prebuilt kernels alone, with the bits of eager evaluation. */
import { expect, test } from "vitest";
import { array, explain, grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";

const functions: Readonly<Record<string, (x: NDArray, axis: number) => NDArray>> = {
  argmax: (x, axis) => np.argmax(x, { axis }),
  argmin: (x, axis) => np.argmin(x, { axis }),
  sort: (x, axis) => np.sort(x, { axis }),
  "descending sort": (x, axis) => np.sort(x, { axis, descending: true }),
  argsort: (x, axis) => np.argsort(x, { axis }),
  cumsum: (x, axis) => np.cumsum(x, { axis }),
  cumprod: (x, axis) => np.cumprod(x, { axis }),
  cummax: (x, axis) => np.cummax(x, { axis }),
  cummin: (x, axis) => np.cummin(x, { axis }),
  cumlogsumexp: (x, axis) => np.cumlogsumexp(x, { axis }),
  searchsorted: (x, axis) => np.searchsorted(np.sort(np.ravel(x)), np.take(x, 0, { axis })),
};

const stepsOf = (f: (x: NDArray) => NDArray, x: NDArray): readonly string[] =>
  explain(f, x)
    .split("\n")
    .filter((line) => /^\s*(kernel|routine) /.test(line));

test.each(["argmax", "argmin", "sort", "descending sort", "argsort", "cumsum", "cumprod", "cummax", "cummin"])(
  "%s compiles to one kernel, whatever the dtype and axis",
  (name) => {
    for (const dtype of ["float64", "float32", "int32", "uint32"] as const)
      for (const axis of [0, 1]) {
        const steps = stepsOf((x) => functions[name]!(x, axis), np.ones([3, 4], { dtype }));
        expect(steps).toEqual([expect.stringMatching(/^kernel /)]);
      }
  },
);

test("logarithms of sums are a kernel for floats, and so is a search in what was sorted", () => {
  expect(stepsOf((x) => np.cumlogsumexp(x), array([1, 2]))).toEqual([expect.stringContaining("cumlogsumexp float64")]);
  const steps = stepsOf((x) => np.searchsorted(np.sort(x), x), array([1, 2]));
  expect(steps.map((step) => step.split(" ").slice(0, 2).join(" "))).toEqual(["kernel sort", "kernel searchSorted"]);
});

test("the gradient of a running sum runs from the other end", () => {
  const steps = stepsOf(
    grad((x: NDArray) => np.sum(np.square(np.cumsum(x)))),
    array([1, 2]),
  );
  expect(steps).toEqual([
    expect.stringContaining("cumsum float64 rows"),
    expect.stringContaining("cumsum float64 reversed rows"),
  ]);
});

test("compiled calls give what eager calls give, on NaN, infinities and zeros of both signs", () => {
  const x = array([
    [0, -0, NaN, 2],
    [-0, 0, Infinity, -2],
    [1, 1, -Infinity, 2],
  ]);
  for (const [name, f] of Object.entries(functions))
    for (const axis of [0, 1]) {
      const eager = f(x, axis).toTypedArray();
      const compiled = jit((v: NDArray) => f(v, axis))(x).toTypedArray();
      expect([name, [...compiled]]).toEqual([name, [...eager]]);
    }
});
