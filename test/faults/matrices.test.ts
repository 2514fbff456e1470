/**
 * Fault 36: matrices that are not square, not symmetric or not positive definite, in the factorizations and solves of linalg.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit, NDArray, vmap } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { both, refusal } from "../semantics/eager-and-jit.ts";

const square: Readonly<Record<string, (x: NDArray) => unknown>> = {
  cholesky: (x) => linalg.cholesky(x),
  lu: (x) => linalg.solve(x, np.ones([2])),
  inv: (x) => linalg.inv(x),
  det: (x) => linalg.det(x),
  slogdet: (x) => linalg.slogdet(x),
  eigh: (x) => linalg.eigh(x),
  matrixPower: (x) => linalg.matrixPower(x, 2),
  expm: (x) => linalg.expm(x),
};

test.each(Object.entries(square))(
  "36: %s of what is not square is refused with the shape, eager, jitted and mapped",
  (_name, f) => {
    for (const shape of [[2, 3], [3, 2], [4, 2, 3], [3], []])
      expect(refusal(((x: NDArray) => f(x)) as never, np.ones(shape))).toMatch(
        new RegExp(`^ShapeMismatch: .*\\[${shape.join(",")}\\]`),
      );
    expect(() => vmap(f as never)(np.ones([5, 2, 3]))).toThrow(/\[2,3\]/);
  },
);

describe("36: cholesky", () => {
  const entries = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 9, maxLength: 9 });

  test("uses the symmetric part: adding an antisymmetric matrix changes nothing, and its gradient is symmetric", () => {
    fc.assert(
      fc.property(entries, entries, (p, q) => {
        const [m, s] = [array(p, { shape: [3, 3] }), array(q, { shape: [3, 3] })];
        const definite = np.matmul(m, m.T).add(np.eye(3));
        const skew = s.sub(s.T);
        const close = (x: NDArray, y: NDArray): void => expect(np.max(np.abs(x.sub(y))).item()).toBeLessThan(1e-13);
        const factor = both((x) => linalg.cholesky(x!), definite.add(skew));
        close(np.matmul(factor, factor.T), definite);
        close(linalg.cholesky(definite), factor);
        const slope = grad((x: NDArray) => np.sum(linalg.cholesky(x).mul(s)))(definite.add(skew));
        close(slope, slope.T);
      }),
      { numRuns: 40 },
    );
  });

  test("of what is not positive definite is refused, and NaN stays NaN", () => {
    const bad: readonly (readonly [unknown, RegExp])[] = [
      [[[1, 2], [2, 1]], /pivot 1/],
      [[[-1, 0], [0, 1]], /pivot 0/],
      [[[1, 1], [1, 1]], /pivot 1/],
      [[[0, 0], [0, 0]], /pivot 0/],
    ]; // prettier-ignore
    for (const [m, message] of bad) {
      const seen = refusal((x) => linalg.cholesky(x!), array(m as number[][]));
      expect(seen).toMatch(/^NotPositiveDefinite: /);
      expect(seen).toMatch(message);
    }
    const batch = array([[[1, 0], [0, 1]], [[1, 2], [2, 1]]]); // prettier-ignore
    expect(() => linalg.cholesky(batch)).toThrow(/1/);
    expect(() => jit(vmap((x: NDArray) => linalg.cholesky(x)))(batch)).toThrow(
      expect.objectContaining({ code: "NotPositiveDefinite" }),
    );
    expect(np.any(np.isnan(both((x) => linalg.cholesky(x!), [[1, NaN], [NaN, 1]]))).item()).toBe(1); // prettier-ignore
    expect(both((x) => linalg.cholesky(x!), np.zeros([0, 0])).shape).toEqual([0, 0]);
  });
});
