/**
 * det, slogdet and expm where formulas with inverses or eigenvectors fail: singular matrices of every rank, repeated
 * and defective eigenvalues; and the accuracy of what is computed there.
 */
import fc from "fast-check";
import { determinant } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { array, grad, hessian, jacfwd, jacrev, jvp, Singular } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { checkGrads } from "../../library/testing/index.ts";
import { expectClose, randomArray, randomOrthogonal, toOracle, transposed } from "./matrices.ts";

const det = (x: NDArray): NDArray => linalg.det(x);

/** Determinant by expansion along the first row: a polynomial in the elements, differentiable as such. */
const expansion = (x: readonly (readonly NDArray[])[]): NDArray =>
  x.length === 0
    ? array(1)
    : x[0]!.reduce<NDArray>((sum, value, k) => {
        const minor = expansion(x.slice(1).map((row) => row.filter((_, column) => column !== k)));
        return np.add(sum, np.mul(np.mul(value, minor), k % 2 === 0 ? 1 : -1));
      }, array(0));

const byExpansion = (x: NDArray): NDArray =>
  expansion(
    Array.from({ length: x.shape[0]! }, (_, i) => Array.from({ length: x.shape[0]! }, (_entry, j) => x.at(i, j).get())),
  );

/** Integers, so that the polynomial is exact. */
const integerMatrix = (seed: number, size: number, rank: number): NDArray => {
  const whole = (shape: readonly number[], shift: number): NDArray =>
    np.round(np.mul(randomArray(seed + shift, shape), 3));
  return np.matmul(whole([size, rank], 0), whole([rank, size], 1));
};

describe("det is a polynomial with all its derivatives, at every rank", () => {
  test("value, gradient and Hessian are those of the expansion, from full rank down to zero", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 4 }), fc.nat(4), (seed, size, rank) => {
        const x = integerMatrix(seed, size, Math.min(rank, size));
        const scale = Math.max(1, linalg.vectorNorm(x, { ord: Infinity }).item()) ** size;
        expectClose(np.div(det(x), scale), np.div(byExpansion(x), scale), 1e-13);
        expectClose(np.div(grad(det)(x) as NDArray, scale), np.div(grad(byExpansion)(x) as NDArray, scale), 1e-13);
        expectClose(
          np.div(hessian(det)(x) as NDArray, scale),
          np.div(hessian(byExpansion)(x) as NDArray, scale),
          1e-13,
        );
      }),
      { numRuns: 40 },
    );
  });

  test("all orders of the modes give the Hessian at rank n - 2, where it is all that is left", () => {
    const x = integerMatrix(5, 4, 2);
    expectClose(grad(det)(x) as NDArray, np.zeros([4, 4]), 1e-12);
    const wanted = hessian(byExpansion)(x) as NDArray;
    for (const seen of [jacfwd(jacfwd(det)), jacrev(jacrev(det)), jacfwd(jacrev(det)), jacrev(jacfwd(det))])
      expectClose(seen(x) as NDArray, wanted, 1e-13);
  });

  test("the third derivative of a 3 x 3 zero matrix is the sign of the permutation", () => {
    const third = jacfwd(hessian(det))(np.zeros([3, 3])) as NDArray;
    const at = (...index: number[]): number =>
      third
        .at(...index)
        .get()
        .item();
    expect(at(0, 0, 1, 1, 2, 2)).toBeCloseTo(1, 14);
    expect(at(0, 1, 1, 0, 2, 2)).toBeCloseTo(-1, 14);
    expect(at(0, 0, 1, 0, 2, 2)).toBeCloseTo(0, 14);
    expect(np.sum(np.abs(third)).item()).toBeCloseTo(36, 12);
  });

  test("differences agree at singular matrices", () => {
    checkGrads(det, [integerMatrix(1, 4, 3)], { order: 3, directions: 1 });
    checkGrads(det, [integerMatrix(2, 4, 2)], { order: 3, directions: 1 });
    checkGrads(det, [np.zeros([2, 3, 3])], { order: 2, directions: 1 });
  });
});

test("cofactors of a matrix with condition 1e14 have an error of rounding size, far below det times the inverse", () => {
  const [u, v] = [randomOrthogonal(1, 6), randomOrthogonal(2, 6)];
  const s = [1, 1, 1, 1, 1, 1e-14];
  const x = np.matmul(np.mul(u, array(s)), v);
  const gradient = grad(det)(x) as NDArray;
  // cof(U S V') = det(U) det(V) U cof(S) V', known here from the factors.
  const cofactors = array(
    s.map((_, k) => s.reduce((product, value, other) => (other === k ? product : product * value), 1)),
  );
  const sign = Math.sign(determinant(toOracle(u)) * determinant(toOracle(v)));
  expectClose(gradient, np.mul(np.matmul(np.mul(u, cofactors), v), sign), 1e-14);
});

test("det agrees with ml-matrix, multiplies, and changes sign with an exchange of rows", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(10), (seed, size) => {
      const [x, y] = [randomArray(seed, [size, size]), randomArray(seed + 1, [size, size])];
      expectClose(det(x), array(size === 0 ? 1 : determinant(toOracle(x))), 1e-13);
      expectClose(det(np.matmul(x, y)), np.mul(det(x), det(y)), 1e-12);
      if (size > 1) expectClose(det(np.roll(x, 1, { axis: 0 })), np.mul(det(x), (-1) ** (size - 1)), 1e-14);
    }),
  );
});

test("slogdet is the sign and logarithm of det, does not overflow, and gives [0, -Infinity] for singular matrices", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(8), (seed, size) => {
      const x = randomArray(seed, [size, size]);
      const [sign, logarithm] = linalg.slogdet(x);
      expectClose(np.mul(sign, np.exp(logarithm)), det(x), 1e-14);
    }),
  );
  const [sign, logarithm] = linalg.slogdet(np.mul(np.eye(400), -10));
  expect([sign.item(), logarithm.item() / (400 * Math.log(10))]).toEqual([1, expect.closeTo(1, 14)]);
  expect(det(np.mul(np.eye(400), 10)).item()).toBe(Infinity);
  expect(
    linalg
      .slogdet(
        array([
          [1, 2],
          [2, 4],
        ]),
      )
      .map((x) => x.item()),
  ).toEqual([0, -Infinity]);
  expect(linalg.slogdet(np.zeros([0, 0])).map((x) => x.item())).toEqual([1, 0]);
  expect(() =>
    grad((x: NDArray) => linalg.slogdet(x)[1])(
      array([
        [1, 2],
        [2, 4],
      ]),
    ),
  ).toThrow(Singular);
  expect(np.sum(np.abs(grad((x: NDArray) => linalg.slogdet(x)[0])(np.eye(3)) as NDArray)).item()).toBe(0);
});

test("the Hessian of log det is -tr(X dA X dB), at repeated eigenvalues too", () => {
  const [d, e] = [randomArray(1, [3, 3]), randomArray(2, [3, 3])];
  for (const a of [np.eye(3), np.add(randomArray(3, [3, 3]), np.mul(np.eye(3), 2))]) {
    const along = (x: NDArray): NDArray => jvp((y: NDArray) => linalg.slogdet(y)[1], [x], [d])[1];
    const seen = jvp(along, [a], [e])[1];
    const x = linalg.inv(a);
    expectClose(seen, np.neg(linalg.trace(np.matmul(np.matmul(x, d), np.matmul(x, e)))), 1e-13);
  }
});

// --- expm -------------------------------------------------------------------------------------

test("expm of a diagonal, of a nilpotent and of a rotation is what it must be", () => {
  expectClose(linalg.expm(np.diag(array([-1, 0, 2]))), np.diag(np.exp(array([-1, 0, 2]))), 1e-15);
  expectClose(
    linalg.expm(
      array([
        [0, 1, 0],
        [0, 0, 1],
        [0, 0, 0],
      ]),
    ),
    array([
      [1, 1, 0.5],
      [0, 1, 1],
      [0, 0, 1],
    ]),
    1e-15,
  );
  for (const angle of [1e-8, 1, 30, 1000]) {
    const turn = linalg.expm(
      array([
        [0, -angle],
        [angle, 0],
      ]),
    );
    const wanted = array([
      [Math.cos(angle), -Math.sin(angle)],
      [Math.sin(angle), Math.cos(angle)],
    ]);
    expectClose(turn, wanted, 2e-15 * Math.max(1, angle));
  }
});

test("exponentials of commuting matrices multiply, the determinant is exp of the trace, the inverse is exp(-A)", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 6 }),
      fc.double({ min: 0.01, max: 10, noNaN: true }),
      (seed, size, scale) => {
        const a = np.mul(randomArray(seed, [size, size]), scale);
        const whole = linalg.expm(a);
        const growth = linalg.matrixNorm(whole).item() * linalg.matrixNorm(linalg.expm(np.neg(a))).item();
        expectClose(np.matmul(whole, linalg.expm(np.neg(a))), np.eye(size), 1e-13 * Math.max(1, growth));
        const half = linalg.expm(np.mul(a, 0.5));
        expectClose(np.matmul(half, half), whole, 1e-13 * Math.max(1, growth));
        expectClose(linalg.slogdet(whole)[1], linalg.trace(a), 1e-13 * Math.max(1, growth));
      },
    ),
  );
});

test("expm of a symmetric matrix is that of its eigenvalues", () => {
  const x = randomArray(1, [6, 6]);
  const a = np.mul(np.add(x, transposed(x)), 3);
  const [w, v] = linalg.eigh(a);
  expectClose(linalg.expm(a), np.matmul(np.mul(v, np.exp(w)), transposed(v)), 1e-13);
});

test("derivatives of expm are right at repeated eigenvalues, at defective matrices, and along large directions", () => {
  checkGrads((x: NDArray) => linalg.expm(x), [np.zeros([3, 3])], { order: 3, directions: 1 });
  checkGrads(
    (x: NDArray) => linalg.expm(x),
    [
      array([
        [1, 1],
        [0, 1],
      ]),
    ],
    { order: 3, directions: 1 },
  );
  const e = randomArray(2, [4, 4]);
  const along = (scale: number): NDArray =>
    np.div(jvp((x: NDArray) => linalg.expm(x), [randomArray(1, [4, 4])], [np.mul(e, scale)])[1], scale);
  expectClose(along(1e12), along(1), 1e-14);
  expectClose(along(1e-12), along(1), 1e-14);
  // d/dt exp(t A) = A exp(t A).
  const a = randomArray(3, [4, 4]);
  const rate = jacfwd((t: NDArray) => linalg.expm(np.mul(a, t)))(array(2)) as NDArray;
  expectClose(rate, np.matmul(a, linalg.expm(np.mul(a, 2))), 1e-13);
});
