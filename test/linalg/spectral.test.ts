/**
 * The spectral family by its laws: order, orthonormality, reconstruction, agreement with ml-matrix; and what is right at
 * repeated values: gradients of functions of all values alike, and what stands apart from them.
 */
import fc from "fast-check";
import { EigenvalueDecomposition, SingularValueDecomposition, pseudoInverse } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { array, grad, jacfwd, jvp, NotDifferentiable } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { checkGrads } from "../../library/testing/index.ts";
import {
  distance,
  expectClose,
  fromOracle,
  hilbert,
  randomArray,
  randomOrthogonal,
  toOracle,
  transposed,
} from "./matrices.ts";

const seeds = fc.integer();
const sizes = fc.integer({ min: 1, max: 12 });
const symmetric = (x: NDArray): NDArray => np.add(x, transposed(x));
const isAscending = (x: NDArray): void =>
  expect((x.toList() as number[]).every((value, k, all) => k === 0 || all[k - 1]! <= value)).toBe(true);

/** A matrix with these eigenvalues in a random basis. */
const withEigenvalues = (seed: number, values: readonly number[]): NDArray => {
  const q = randomOrthogonal(seed, values.length);
  return np.matmul(np.mul(q, array([...values])), transposed(q));
};

const withSingularValues = (seed: number, rows: number, columns: number, values: readonly number[]): NDArray => {
  const u = randomOrthogonal(seed, rows);
  const v = randomOrthogonal(seed + 1, columns);
  return np.matmul(u, np.matmul(rectangular(rows, columns, values), v));
};

const rectangular = (rows: number, columns: number, values: readonly number[]): NDArray =>
  array(
    Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_entry, j) => (i === j ? values[i]! : 0))),
  );

// --- Values -----------------------------------------------------------------------------------

test("eigenvalues ascend, vectors are orthonormal, A V = V diag(w), and ml-matrix agrees", () => {
  fc.assert(
    fc.property(seeds, sizes, (seed, size) => {
      const x = symmetric(randomArray(seed, [size, size]));
      const [w, v] = linalg.eigh(x);
      isAscending(w);
      expectClose(np.matmul(transposed(v), v), np.eye(size), 1e-14);
      expectClose(np.matmul(x, v), np.mul(v, w), 1e-14);
      const oracle = new EigenvalueDecomposition(toOracle(x), { assumeSymmetric: true });
      expectClose(w, np.sort(array(oracle.realEigenvalues)), 1e-14);
    }),
  );
});

test("eigh takes the symmetric part", () => {
  const x = randomArray(1, [5, 5]);
  expectClose(linalg.eigvalsh(x), linalg.eigvalsh(np.mul(symmetric(x), 0.5)), 1e-15);
});

test("singular values descend, vectors are orthonormal, U S V' multiplies back, and ml-matrix agrees", () => {
  fc.assert(
    fc.property(seeds, sizes, sizes, fc.boolean(), (seed, rows, columns, fullMatrices) => {
      const x = randomArray(seed, [rows, columns]);
      const rank = Math.min(rows, columns);
      const [u, s, vt] = linalg.svd(x, { fullMatrices });
      expect([u.shape, s.shape, vt.shape]).toEqual([
        [rows, fullMatrices ? rows : rank],
        [rank],
        [fullMatrices ? columns : rank, columns],
      ]);
      isAscending(np.neg(s));
      expectClose(np.matmul(transposed(u), u), np.eye(u.shape[1]!), 1e-14);
      expectClose(np.matmul(vt, transposed(vt)), np.eye(vt.shape[0]!), 1e-14);
      const [left, right] = [linalg.svd(x, { fullMatrices: false })[0], linalg.svd(x, { fullMatrices: false })[2]];
      expectClose(np.matmul(np.mul(left, s), right), x, 1e-14);
      const oracle = new SingularValueDecomposition(toOracle(x), { autoTranspose: true });
      expectClose(s, array(oracle.diagonal.slice(0, rank)), 1e-13);
    }),
  );
});

test("the smallest singular value of Hilbert's matrix of size 10 has 6 digits of what its condition leaves of 16", () => {
  // 1 / cond = 6.3e-14 of the largest: rounding the entries alone moves it by 1e-3 of itself.
  const s = linalg.svdvals(hilbert(10));
  expect(s.at(0).get().item()).toBeCloseTo(1.7519196702651775, 14);
  expect(Math.abs(s.at(-1).get().item() / 1.0931538193796657e-13 - 1)).toBeLessThan(1e-3);
});

test("columns scaled apart by 1e-100 keep all digits of their singular values", () => {
  const x = np.mul(randomOrthogonal(3, 3), array([1, 1e-50, 1e-100]));
  expectClose(np.div(linalg.svdvals(x), array([1, 1e-50, 1e-100])), np.ones(3), 1e-14);
});

test("scales up to 1e300 and down to 1e-300 neither overflow nor vanish", () => {
  const x = symmetric(randomArray(4, [4, 4]));
  for (const scale of [1e300, 1e-300]) {
    expectClose(np.div(linalg.svdvals(np.mul(x, scale)), scale), linalg.svdvals(x), 1e-14);
    expectClose(np.div(linalg.eigvalsh(np.mul(x, scale)), scale), linalg.eigvalsh(x), 1e-14);
    expectClose(np.abs(np.div(linalg.qr(np.mul(x, scale))[1], scale)), np.abs(linalg.qr(x)[1]), 1e-14);
  }
});

test("zero and rank-deficient matrices have complete orthonormal vectors", () => {
  for (const x of [np.zeros([4, 4]), np.zeros([5, 3]), np.outer(np.arange(1, 5), np.arange(2, 6)), np.ones([3, 6])]) {
    const [u, s, vt] = linalg.svd(x);
    expectClose(np.matmul(transposed(u), u), np.eye(x.shape[0]!), 1e-14);
    expectClose(np.matmul(vt, transposed(vt)), np.eye(x.shape[1]!), 1e-14);
    expect(linalg.matrixRank(x).item()).toBe(np.any(x).item());
    expect(s.at(1).get().item()).toBeLessThan(1e-14 * Math.max(1, s.at(0).get().item()));
  }
});

test("pinv satisfies the four equations of Moore and Penrose at every rank, and is ml-matrix's at full rank", () => {
  fc.assert(
    fc.property(
      seeds,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(6),
      (seed, rows, columns, rank) => {
        const factor = Math.min(rank, rows, columns);
        const a = np.matmul(randomArray(seed, [rows, factor]), randomArray(seed + 1, [factor, columns]));
        const x = linalg.pinv(a, { rtol: 1e-10 });
        const growth = linalg.vectorNorm(x, { ord: Infinity }).item();
        const tolerance = 1e-13 * Math.max(1, growth) ** 2;
        const [ax, xa] = [np.matmul(a, x), np.matmul(x, a)];
        expectClose(np.matmul(ax, a), a, tolerance);
        expectClose(np.matmul(xa, x), x, tolerance);
        expectClose(ax, transposed(ax), tolerance);
        expectClose(xa, transposed(xa), tolerance);
      },
    ),
  );
  const a = randomArray(9, [5, 3]);
  expectClose(linalg.pinv(a), fromOracle(pseudoInverse(toOracle(a))), 1e-12);
});

test("least squares: the residual is orthogonal to the columns, the solution of least norm lies in the rows", () => {
  const a = np.matmul(randomArray(1, [6, 2]), randomArray(2, [2, 4]));
  const b = randomArray(3, [6, 3]);
  const [x, residuals, rank, s] = linalg.lstsq(a, b);
  const misfit = np.sub(b, np.matmul(a, x));
  expectClose(np.matmul(transposed(a), misfit), np.zeros([4, 3]), 1e-13);
  expectClose(residuals, np.sum(np.square(misfit), { axis: 0 }), 1e-14);
  expectClose(np.matmul(np.matmul(linalg.pinv(a), a), x), x, 1e-13);
  expect([rank.item(), rank.dtype]).toEqual([2, "int32"]);
  expectClose(s, linalg.svdvals(a), 0);
});

test("rank counts singular values above the tolerance", () => {
  const x = withSingularValues(1, 5, 4, [1, 1e-3, 1e-9, 1e-18]);
  expect(linalg.matrixRank(x).item()).toBe(3);
  expect(linalg.matrixRank(x, { rtol: 1e-6 }).item()).toBe(2);
  expect(linalg.matrixRank(np.zeros([3, 3])).item()).toBe(0);
});

// --- Derivatives at repeated values -----------------------------------------------------------

const repeated = [1, 1, 1, 2.5, 2.5];

describe("at repeated eigenvalues", () => {
  const exact = np.mul(np.eye(4), 2);
  const rounded = withEigenvalues(3, repeated);

  test.each([
    ["sum", (w: NDArray) => np.sum(w), (x: NDArray) => linalg.trace(x)],
    ["product", (w: NDArray) => np.prod(w), (x: NDArray) => linalg.det(x)],
    ["sum of squares", (w: NDArray) => np.sum(np.square(w)), (x: NDArray) => np.sum(np.mul(x, transposed(x)))],
    ["sum of cubes", (w: NDArray) => np.sum(np.pow(w, 3)), (x: NDArray) => linalg.trace(linalg.matrixPower(x, 3))],
    ["sum of exponentials", (w: NDArray) => np.sum(np.exp(w)), (x: NDArray) => linalg.trace(linalg.expm(x))],
    ["sum of logarithms", (w: NDArray) => np.sum(np.log(w)), (x: NDArray) => linalg.slogdet(x)[1]],
  ])("the gradient of the %s of eigenvalues is that of the same function without them", (_name, ofValues, ofMatrix) => {
    for (const x of [exact, rounded]) {
      const seen = grad((y: NDArray) => ofValues(linalg.eigvalsh(y)))(x) as NDArray;
      const wanted = grad((y: NDArray) => ofMatrix(y))(x) as NDArray;
      expectClose(seen, np.mul(symmetric(wanted), 0.5), 1e-12);
    }
  });

  test("derivatives of vectors, and second derivatives through the values, are NaN or right, never a number without a term", () => {
    const direction = symmetric(randomArray(8, [4, 4]));
    const squareOf = (y: NDArray): NDArray => {
      const [w, v] = linalg.eigh(y);
      return np.matmul(np.mul(v, np.square(w)), transposed(v));
    };
    const tangents = [
      jvp((y: NDArray) => linalg.eigh(y)[1], [exact], [direction])[1],
      jvp(squareOf, [exact], [direction])[1],
      jvp(
        grad((y: NDArray) => np.sum(np.square(linalg.eigvalsh(y)))),
        [exact],
        [direction],
      )[1],
    ];
    for (const tangent of tangents) expect(np.any(np.isnan(tangent)).item()).toBe(1);
    const weights = randomArray(9, [4, 4]);
    const pulled = grad((y: NDArray) => np.sum(np.mul(weights, squareOf(y))))(exact) as NDArray;
    expect(np.all(np.isnan(pulled)).item()).toBe(1);
  });

  test("zero weights on tied vectors do not hide them", () => {
    // V (w - 2) V' = A - 2 I: both factors of the missing term are 0 at 2 I.
    const shifted = (y: NDArray): NDArray => {
      const [w, v] = linalg.eigh(y);
      return np.matmul(np.mul(v, np.sub(w, 2)), transposed(v));
    };
    const pulled = grad((y: NDArray) => np.sum(np.mul(randomArray(9, [4, 4]), shifted(y))))(exact) as NDArray;
    expect(np.any(np.isnan(pulled)).item()).toBe(1);
  });

  test("an eigenvalue that differs keeps its gradient next to equal ones", () => {
    const x = withEigenvalues(5, [1, 1, 4]);
    checkGrads((y: NDArray) => linalg.eigvalsh(y).at(-1).get(), [x], { order: 1 });
  });
});

describe("at repeated singular values", () => {
  const x = withSingularValues(2, 5, 3, [2, 2, 1]);

  test("the sum of squares has the gradient 2 A, at zero too", () => {
    const energy = (y: NDArray): NDArray => np.sum(np.square(linalg.svdvals(y)));
    for (const y of [x, np.eye(3), np.zeros([2, 3]), np.ones([3, 3])])
      expectClose(grad(energy)(y) as NDArray, np.mul(y, 2), 1e-13);
  });

  test("derivatives of single vectors are NaN there, and at zero", () => {
    const first = (y: NDArray): NDArray => linalg.svd(y, { fullMatrices: false })[0];
    for (const y of [x, np.zeros([3, 2])]) {
      const tangent = jvp(first, [y], [randomArray(7, y.shape)])[1];
      expect(np.any(np.isnan(tangent)).item()).toBe(1);
    }
  });
});

test("pinv and lstsq are differentiated at constant rank, also below full rank", () => {
  const [left, right] = [randomArray(1, [5, 2]), randomArray(2, [2, 4])];
  // Moving the factors keeps the rank at 2.
  const ofFactors = (y: NDArray): NDArray => linalg.pinv(np.matmul(np.add(left, y), right), { rtol: 1e-8 });
  checkGrads(ofFactors, [np.zeros([5, 2])], { order: 2 });
});

test("full matrices that are not square have no derivative, and say so; square ones and svdvals have", () => {
  const x = randomArray(1, [4, 2]);
  expect(() => grad((y: NDArray) => np.sum(linalg.svd(y)[1]))(x)).toThrow(NotDifferentiable);
  expectClose(
    jacfwd((y: NDArray) => linalg.svdvals(y))(x) as NDArray,
    jacfwd((y: NDArray) => linalg.svd(y, { fullMatrices: false })[1])(x) as NDArray,
    0,
  );
});

test("signs: the first component above half of the largest magnitude is positive in each vector", () => {
  fc.assert(
    fc.property(seeds, sizes, (seed, size) => {
      const x = symmetric(randomArray(seed, [size, size]));
      for (const vectors of [transposed(linalg.eigh(x)[1]), linalg.svd(x)[2]])
        for (const vector of vectors.toList() as number[][]) {
          const largest = Math.max(...vector.map(Math.abs));
          expect(vector.find((value) => Math.abs(value) > largest / 2)).toBeGreaterThan(0);
        }
    }),
  );
  expect(
    distance(
      linalg.eigh(
        array([
          [2, 1],
          [1, 2],
        ]),
      )[1],
      array([
        [Math.SQRT1_2, Math.SQRT1_2],
        [-Math.SQRT1_2, Math.SQRT1_2],
      ]),
    ),
  ).toBeLessThan(1e-15);
});
