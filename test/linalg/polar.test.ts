/**
 * The polar family by its laws: factors multiply back, Q is orthonormal, P is symmetric and positive; derivatives of both
 * orders at repeated singular values; Lyapunov's equation holds.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, hessian, InvalidOption, jit, jvp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { checkGrads } from "../../library/testing/index.ts";
import { symmetricLyapunov } from "../../ops/polar.ts";
import { expectClose, randomArray, randomDefinite, randomOrthogonal, transposed } from "./matrices.ts";

const seeds = fc.integer();
const sizes = fc.integer({ min: 1, max: 8 });
const withSingularValues = (seed: number, rows: number, columns: number, values: readonly number[]): NDArray => {
  const middle = array(
    Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_entry, j) => (i === j ? values[i]! : 0))),
  );
  return np.matmul(randomOrthogonal(seed, rows), np.matmul(middle, randomOrthogonal(seed + 1, columns)));
};
const nuclear = (x: NDArray): NDArray => linalg.matrixNorm(x, { ord: "nuc" });

test("the factors multiply back on both sides, Q is orthonormal, P is symmetric with eigenvalues >= 0", () => {
  fc.assert(
    fc.property(seeds, sizes, sizes, fc.constantFrom("right", "left"), (seed, rows, columns, side) => {
      const x = randomArray(seed, [rows, columns]);
      const [q, p] = linalg.polar(x, { side: side as "right" | "left" });
      expectClose(side === "right" ? np.matmul(q, p) : np.matmul(p, q), x, 1e-14);
      expectClose(p, transposed(p), 0);
      expect(np.min(linalg.eigvalsh(p)).item()).toBeGreaterThan(-1e-14);
      const gram = rows < columns ? np.matmul(q, transposed(q)) : np.matmul(transposed(q), q);
      expectClose(gram, np.eye(Math.min(rows, columns)), 1e-14);
    }),
  );
});

test.each([
  ["distinct values", withSingularValues(1, 5, 3, [3, 2, 1])],
  ["repeated values", withSingularValues(2, 5, 3, [2, 2, 1])],
  ["repeated values, more columns than rows", withSingularValues(3, 3, 5, [2, 2, 2])],
  ["the identity", np.eye(3)],
  ["a rotation", randomOrthogonal(4, 4)],
])("at %s Q, P and the nuclear norm have their derivatives of both orders", (_name, x) => {
  checkGrads((y: NDArray) => linalg.polar(y)[0], [x], { order: 2 });
  checkGrads((y: NDArray) => linalg.polar(y, { side: "left" })[1], [x], { order: 1 });
  checkGrads(nuclear, [x], { order: 2 });
});

test("the nuclear norm is the sum of the singular values, its gradient the polar factor", () => {
  fc.assert(
    fc.property(seeds, sizes, sizes, (seed, rows, columns) => {
      const x = randomArray(seed, [rows, columns]);
      expectClose(nuclear(x), np.sum(linalg.svdvals(x)), 1e-14);
      expectClose(grad(nuclear)(x) as NDArray, linalg.polar(x)[0], 1e-14);
    }),
  );
});

test("below full rank the nuclear norm has a gradient with singular values up to 1, and no second derivative", () => {
  const x = np.outer(np.arange(1, 4), np.arange(2, 4));
  expect(np.max(linalg.svdvals(grad(nuclear)(x) as NDArray)).item()).toBeLessThan(1 + 1e-14);
  expect(np.any(np.isnan(hessian(nuclear)(x) as NDArray)).item()).toBe(1);
});

test("Lyapunov's equation holds, linearly and with derivatives by both operands", () => {
  fc.assert(
    fc.property(seeds, sizes, (seed, size) => {
      const p = randomDefinite(seed, [2, size, size]);
      const c = randomArray(seed + 1, [2, size, size]);
      const x = symmetricLyapunov(p, c);
      expectClose(np.add(np.matmul(p, x), np.matmul(x, p)), c, 1e-13);
    }),
  );
  const p = randomDefinite(5, [3, 3]);
  checkGrads((y: NDArray, c: NDArray) => symmetricLyapunov(y, c), [p, randomArray(6, [3, 3])], { order: 2 });
  const opposed = symmetricLyapunov(
    array([
      [1, 0],
      [0, -1],
    ]),
    array([
      [2, 1],
      [0, 2],
    ]),
  );
  expect(np.any(np.isnan(opposed)).item()).toBe(1);
});

test("batches, vmap and jit agree with one matrix at a time", () => {
  const x = randomArray(7, [4, 3, 2]);
  const dx = randomArray(8, [4, 3, 2]);
  const derivative = (y: NDArray, dy: NDArray): NDArray => jvp((z: NDArray) => linalg.polar(z)[0], [y], [dy])[1];
  const rows = [0, 1, 2, 3].map((k) => derivative(x.at(k).get(), dx.at(k).get()));
  expectClose(derivative(x, dx), np.stack(rows), 1e-14);
  expectClose(vmap(derivative)(x, dx), np.stack(rows), 1e-14);
  expectClose(jit(derivative)(x, dx), derivative(x, dx), 0);
});

test("nothing of size 0 fails, NaN gives NaN, an unknown side is named", () => {
  expect(linalg.polar(np.zeros([3, 0]))[0].shape).toEqual([3, 0]);
  expect(nuclear(np.zeros([0, 2])).item()).toBe(0);
  expect(np.all(np.isnan(linalg.polar(np.full([2, 2], NaN))[0])).item()).toBe(1);
  expect(() => linalg.polar(np.eye(2), { side: "up" as "left" })).toThrow(InvalidOption);
});
