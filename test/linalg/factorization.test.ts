/**
 * The factorization family by its laws: factors multiply back, triangles are triangles, other libraries agree, refusals
 * name the pivot and the member of a batch, NaN passes through, and derivatives follow from the definition.
 */
import fc from "fast-check";
import { CholeskyDecomposition, LuDecomposition, inverse, solve as solveOracle } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { array, grad, jacfwd, jit, makeJaxpr, NotPositiveDefinite, ShapeMismatch, Singular, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import {
  distance,
  expectClose,
  fromOracle,
  hilbert,
  identityFor,
  isUpper,
  randomArray,
  randomDefinite,
  toOracle,
  transposed,
} from "./matrices.ts";

const seeds = fc.integer();
const sizes = fc.integer({ min: 1, max: 12 });

// --- Cholesky ---------------------------------------------------------------------------------

test("the Cholesky factor is lower triangular with a positive diagonal, multiplies back, and is ml-matrix's", () => {
  fc.assert(
    fc.property(seeds, sizes, (seed, size) => {
      const x = randomDefinite(seed, [size, size]);
      const l = linalg.cholesky(x);
      isUpper(transposed(l));
      expect(np.all(np.greater(linalg.diagonal(l), 0)).item()).toBe(1);
      expectClose(np.matmul(l, transposed(l)), x, 1e-15 * (size + 3));
      expectClose(l, fromOracle(new CholeskyDecomposition(toOracle(x)).lowerTriangularMatrix), 1e-12);
    }),
  );
});

test("Cholesky takes the symmetric part: the antisymmetric one changes neither value nor gradient", () => {
  const x = randomDefinite(1, [4, 4]);
  const turn = randomArray(2, [4, 4]);
  const skewed = np.add(x, np.sub(turn, transposed(turn)));
  expectClose(linalg.cholesky(skewed), linalg.cholesky(x), 1e-14);
  const gradient = grad((y: NDArray) => np.sum(np.sin(linalg.cholesky(y))))(skewed) as NDArray;
  expectClose(gradient, transposed(gradient), 1e-14);
});

test("the Cholesky factor of Hilbert's matrix of size 12 multiplies back to 1e-15", () => {
  const x = hilbert(12);
  const l = linalg.cholesky(x);
  expectClose(np.matmul(l, transposed(l)), x, 1e-15);
});

test("a matrix that is not positive definite is refused with its pivot, eager and jit, and named in a batch", () => {
  const saddle = array([
    [1, 2],
    [2, 1],
  ]);
  expect(() => linalg.cholesky(saddle)).toThrow(NotPositiveDefinite);
  expect(() => linalg.cholesky(saddle)).toThrow("pivot 1 is -3");
  expect(() => jit((x: NDArray) => linalg.cholesky(x))(saddle)).toThrow("pivot 1 is -3");
  expect(() => linalg.cholesky(np.zeros([2, 2]))).toThrow("pivot 0 is 0");
  const batch = np.stack([np.eye(2), saddle, np.eye(2)]);
  expect(() => vmap((x: NDArray) => linalg.cholesky(x))(batch)).toThrow("pivot 1 of matrix [1] of the batch [3] is -3");
  expect(() => linalg.cholesky(np.stack([batch, batch]))).toThrow("matrix [0,1] of the batch [2,3]");
});

// --- LU and solves ----------------------------------------------------------------------------

test.each([
  [4, 4],
  [6, 3],
  [3, 6],
  [1, 5],
  [60, 60],
  [61, 30],
])("P L U multiplies back for %i x %i, with multipliers at most 1 and a permutation", (rows, columns) => {
  const x = randomArray(rows, [rows, columns]);
  const [p, l, u] = linalg.lu(x);
  expectClose(np.matmul(p, np.matmul(l, u)), x, 1e-14);
  isUpper(u);
  isUpper(transposed(l));
  expect(linalg.vectorNorm(l, { ord: Infinity }).item()).toBe(1);
  expect(np.sort(np.argmax(p, { axis: 1 })).toList()).toEqual(Array.from({ length: rows }, (_, k) => k));
});

test("LU pivots as ml-matrix does", () => {
  fc.assert(
    fc.property(seeds, sizes, (seed, size) => {
      const x = randomArray(seed, [size, size]);
      const oracle = new LuDecomposition(toOracle(x));
      const [, l, u] = linalg.lu(x);
      expectClose(l, fromOracle(oracle.lowerTriangularMatrix), 1e-11);
      expectClose(u, fromOracle(oracle.upperTriangularMatrix), 1e-11);
    }),
  );
});

test("solve and inv agree with ml-matrix, and their residuals are of rounding size", () => {
  fc.assert(
    fc.property(seeds, sizes, fc.integer({ min: 1, max: 4 }), (seed, size, columns) => {
      const a = np.add(randomArray(seed, [size, size]), np.mul(np.eye(size), 2));
      const b = randomArray(seed + 1, [size, columns]);
      const x = linalg.solve(a, b);
      const growth = Math.max(1, linalg.vectorNorm(x, { ord: Infinity }).item());
      expect(distance(np.matmul(a, x), b)).toBeLessThan(1e-14 * growth * size);
      const condition = linalg.cond(a).item();
      expectClose(x, fromOracle(solveOracle(toOracle(a), toOracle(b))), 1e-15 * condition * size);
      expectClose(linalg.inv(a), fromOracle(inverse(toOracle(a))), 1e-15 * condition * size);
    }),
  );
});

test("a vector is one right-hand side, matrices are many, and batch axes broadcast", () => {
  const a = np.add(randomArray(1, [2, 1, 3, 3]), np.mul(np.eye(3), 3));
  const b = randomArray(2, [4, 3, 2]);
  const x = linalg.solve(a, b);
  expect(x.shape).toEqual([2, 4, 3, 2]);
  expectClose(np.matmul(a, x), np.broadcastTo(b, [2, 4, 3, 2]), 1e-14);
  expect(linalg.solve(a, np.ones(3)).shape).toEqual([2, 1, 3]);
  const [factors, pivots] = linalg.luFactor(a);
  expectClose(linalg.luSolve([factors, pivots], b), x, 1e-14);
  expectClose(
    np.matmul(transposed(a), linalg.luSolve([factors, pivots], b, { transpose: true })),
    np.broadcastTo(b, x.shape),
    1e-14,
  );
});

test("Hilbert's systems of size 8 are solved with a residual of 1e-15 though the condition is 1.5e10", () => {
  const a = hilbert(8);
  expect(linalg.cond(a).item()).toBeCloseTo(1.5257575e10, -3);
  const b = np.ones(8);
  const x = linalg.solve(a, b);
  const size = linalg.norm(x, { ord: Infinity }).item();
  expect(linalg.norm(np.sub(np.matmul(a, x), b), { ord: Infinity }).item() / size).toBeLessThan(1e-16);
});

test("mapped right-hand sides share one factor: the matrix is neither repeated nor factored again", () => {
  const a = np.add(randomArray(1, [3, 3]), np.mul(np.eye(3), 3));
  const b = randomArray(2, [3, 5]);
  const mapped = vmap((column: NDArray) => linalg.solve(a, column), { inAxes: 1, outAxes: 1 });
  expectClose(mapped(b), linalg.solve(a, b), 0);
  const many = randomArray(3, [3, 4, 2]);
  expectClose(
    vmap((y: NDArray) => linalg.solve(a, y), { inAxes: 1 })(many),
    linalg.solve(a, np.moveaxis(many, 1, 0)),
    0,
  );
  const text = String(
    makeJaxpr(vmap((x: NDArray, column: NDArray) => linalg.solve(x, column), { inAxes: [null, 1] }))(a, b),
  );
  expect(text).toMatch(/float64\[3,3\] \w+:int32\[3\] = lu /);
  expect(text).toMatch(/float64\[3,5\] = denseSolve/);
});

test("a singular matrix is refused with its pivot, by solve, inv and in a batch, but has LU factors", () => {
  const singular = array([
    [1, 2],
    [2, 4],
  ]);
  expect(() => linalg.solve(singular, np.ones(2))).toThrow(Singular);
  expect(() => linalg.inv(singular)).toThrow("pivot 1 is 0");
  expect(() => jit((x: NDArray) => linalg.inv(x))(singular)).toThrow("pivot 1 is 0");
  const batch = np.stack([np.eye(2), np.eye(2), singular]);
  expect(() => vmap((x: NDArray) => linalg.inv(x))(batch)).toThrow("pivot 1 of matrix [2] of the batch [3] is 0");
  expect(() => linalg.triangularSolve(np.zeros([2, 2]), np.ones(2))).toThrow("diagonal element 0 is 0");
  const [p, l, u] = linalg.lu(singular);
  expectClose(np.matmul(p, np.matmul(l, u)), singular, 0);
  expect(() => grad((x: NDArray) => np.sum(linalg.lu(x)[2]))(singular)).toThrow(Singular);
});

test("NaN passes through every factorization instead of being refused", () => {
  const spoilt = array([
    [1, NaN],
    [NaN, 1],
  ]);
  const hidden = array([
    [0, 1],
    [NaN, 1],
  ]);
  const isSpoilt = (x: NDArray): void => expect(np.any(np.isnan(x)).item()).toBe(1);
  isSpoilt(linalg.cholesky(spoilt));
  isSpoilt(linalg.solve(hidden, np.ones(2)));
  isSpoilt(linalg.solve(np.eye(2), array([1, NaN])));
  isSpoilt(linalg.inv(spoilt));
  isSpoilt(linalg.det(hidden));
  isSpoilt(linalg.slogdet(hidden)[1]);
  for (const part of [...linalg.svd(hidden), ...linalg.eigh(spoilt), linalg.pinv(hidden), linalg.expm(hidden)])
    isSpoilt(part);
  isSpoilt(linalg.qr(hidden)[1]);
});

test("triangular solves read one triangle only, and the diagonal only where asked", () => {
  const a = array([
    [2, NaN],
    [1, 4],
  ]);
  expect(linalg.triangularSolve(a, array([2, 9]), { lower: true }).toList()).toEqual([1, 2]);
  expect(linalg.triangularSolve(a, array([2, 9]), { lower: true, unitDiagonal: true }).toList()).toEqual([2, 7]);
  expect(linalg.triangularSolve(a, array([4, 8]), { lower: true, transpose: true }).toList()).toEqual([1, 2]);
});

describe("shapes that do not fit are refused by name", () => {
  const rectangle = np.ones([2, 3]);
  test.each([
    ["cholesky", () => linalg.cholesky(rectangle)],
    ["inv", () => linalg.inv(rectangle)],
    ["solve", () => linalg.solve(rectangle, np.ones(2))],
    ["solve", () => linalg.solve(np.eye(3), np.ones(2))],
    ["det", () => linalg.det(rectangle)],
    ["slogdet", () => linalg.slogdet(rectangle)],
    ["eigh", () => linalg.eigh(rectangle)],
    ["expm", () => linalg.expm(rectangle)],
    ["matrixPower", () => linalg.matrixPower(rectangle, 2)],
    ["luFactor", () => linalg.luFactor(rectangle)],
    ["choSolve", () => linalg.choSolve(rectangle, np.ones(2))],
    ["triangularSolve", () => linalg.triangularSolve(rectangle, np.ones(2))],
    ["qr", () => linalg.qr(np.ones(3))],
    ["svd", () => linalg.svd(np.ones(3))],
    ["cond", () => linalg.cond(rectangle, { p: 1 })],
  ])("%s", (name, call) => {
    expect(call).toThrow(ShapeMismatch);
    expect(call).toThrow(`linalg.${name}`);
  });
});

test("the derivative of inv is -X dA X, at any order: the third is -6 X E X E X E X", () => {
  const a = np.add(randomArray(3, [3, 3]), np.mul(np.eye(3), 2));
  const e = randomArray(4, [3, 3]);
  const alongE = (t: NDArray): NDArray => linalg.inv(np.add(a, np.mul(t, e)));
  const third = jacfwd(jacfwd(jacfwd(alongE)))(array(0)) as NDArray;
  const xe = np.matmul(linalg.inv(a), e);
  expectClose(third, np.mul(np.matmul(linalg.matrixPower(xe, 3), linalg.inv(a)), -6), 1e-13);
});

test("the gradient of log det by Cholesky, LU and slogdet is the inverse", () => {
  const x = randomDefinite(5, [5, 5]);
  const byCholesky = (y: NDArray): NDArray => np.mul(np.sum(np.log(linalg.diagonal(linalg.cholesky(y)))), 2);
  const byLu = (y: NDArray): NDArray => np.sum(np.log(np.abs(linalg.diagonal(linalg.lu(y)[2]))));
  for (const f of [byCholesky, byLu, (y: NDArray) => linalg.slogdet(y)[1]])
    expectClose(grad(f)(x) as NDArray, linalg.inv(x), 1e-13);
});

test("inverses of inverses and powers that cancel are where they began", () => {
  const x = np.add(randomArray(6, [4, 4]), np.mul(np.eye(4), 3));
  expectClose(linalg.inv(linalg.inv(x)), x, 1e-14);
  expectClose(np.matmul(linalg.matrixPower(x, -4), linalg.matrixPower(x, 4)), identityFor(x), 1e-12);
});
