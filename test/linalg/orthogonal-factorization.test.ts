/**
 * The family of orthogonalFactorization by its laws: orthonormal columns, triangles, reconstruction, and smoothness where
 * a column needs no reflection.
 */
import fc from "fast-check";
import { QrDecomposition } from "ml-matrix";
import { expect, test } from "vitest";
import { array, grad, jvp, Singular } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { expectClose, fromOracle, hilbert, isUpper, randomArray, toOracle, transposed } from "./matrices.ts";

test("reduced and complete factors multiply back, Q has orthonormal columns, R is upper triangular", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      (seed, rows, columns) => {
        const x = randomArray(seed, [rows, columns]);
        for (const mode of ["reduced", "complete"] as const) {
          const width = mode === "complete" ? rows : Math.min(rows, columns);
          const [q, r] = linalg.qr(x, { mode });
          expect([q.shape, r.shape]).toEqual([
            [rows, width],
            [width, columns],
          ]);
          expectClose(np.matmul(q, r), x, 4e-15);
          expectClose(np.matmul(transposed(q), q), np.eye(width), 4e-15);
          isUpper(r);
        }
      },
    ),
  );
});

test("R is ml-matrix's but for the signs of its rows", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 8 }), (seed, size) => {
      const x = randomArray(seed, [size + 2, size]);
      const oracle = new QrDecomposition(toOracle(x));
      expectClose(np.abs(linalg.qr(x)[1]), np.abs(fromOracle(oracle.upperTriangularMatrix)), 1e-12);
    }),
  );
});

test("Q of Hilbert's matrix of size 12 is orthonormal to 1e-15 though the columns are dependent to 1e-16", () => {
  const [q, r] = linalg.qr(hilbert(12));
  expectClose(np.matmul(transposed(q), q), np.eye(12), 1e-15);
  expectClose(np.matmul(q, r), hilbert(12), 1e-15);
});

test("columns that need no reflection are reflected all the same, so nothing jumps there", () => {
  const triangle = array([
    [2, 1],
    [0, 3],
  ]);
  const nearby = array([
    [2, 1],
    [1e-12, 3],
  ]);
  const [q, r] = linalg.qr(triangle);
  const [qNear, rNear] = linalg.qr(nearby);
  expectClose(q, qNear, 1e-11);
  expectClose(r, rNear, 1e-11);
  expect(r.toList()).toEqual([
    [-2, -1],
    [0, 3],
  ]);
});

test("the tangent of Q moves within the orthogonal matrices and that of R keeps its triangle, in every shape", () => {
  for (const [rows, columns] of [
    [4, 4],
    [6, 3],
    [3, 6],
  ] as const)
    for (const mode of ["reduced", "complete"] as const) {
      const [x, dx] = [randomArray(1, [rows, columns]), randomArray(2, [rows, columns])];
      const [[q, r], [dq, dr]] = jvp((y: NDArray) => linalg.qr(y, { mode }), [x], [dx]) as unknown as [
        NDArray[],
        NDArray[],
      ];
      const turn = np.matmul(transposed(q!), dq!);
      expectClose(turn, np.neg(transposed(turn)), 1e-13);
      isUpper(dr!);
      expectClose(np.add(np.matmul(dq!, r!), np.matmul(q!, dr!)), dx, 1e-13);
    }
});

test("a column of zeros has factors, but no derivative", () => {
  const x = array([
    [0, 1],
    [0, 2],
  ]);
  const [q, r] = linalg.qr(x);
  expectClose(np.matmul(q, r), x, 1e-15);
  expectClose(np.matmul(transposed(q), q), np.eye(2), 1e-15);
  expect(() => grad((y: NDArray) => np.sum(linalg.qr(y)[0]))(x)).toThrow(Singular);
});
