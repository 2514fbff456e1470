/**
 * The dense routines at sizes where their blocks, tails and iterations all take part: residuals stay at rounding size.
 */
import { describe, expect, test } from "vitest";
import { factorizeCholesky } from "../../../kernels/dense/cholesky.ts";
import { exponential, exponentialDerivative } from "../../../kernels/dense/exponential.ts";
import { determinantOf, factorizeLu, permutationOf } from "../../../kernels/dense/lu.ts";
import { mixedCofactor } from "../../../kernels/dense/mixed-cofactor.ts";
import { factorizeQr, formQ, formR } from "../../../kernels/dense/qr.ts";
import { isTurnedRound, powerOfTwoScale } from "../../../kernels/dense/scaling.ts";
import { decomposeSvd } from "../../../kernels/dense/svd.ts";
import { symmetricEigen } from "../../../kernels/dense/symmetric-eigen.ts";
import { solveTriangular } from "../../../kernels/dense/triangular.ts";
import { uniform } from "../../ops/sampling.ts";

const random = (seed: number, length: number): Float64Array => {
  const next = uniform(seed);
  return Float64Array.from({ length }, () => 2 * next() - 1);
};

const product = (a: Float64Array, b: Float64Array, rows: number, depth: number, columns: number): Float64Array => {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < depth; k++)
      for (let j = 0; j < columns; j++) out[i * columns + j]! += a[i * depth + k]! * b[k * columns + j]!;
  return out;
};

const transposed = (a: Float64Array, rows: number, columns: number): Float64Array =>
  a.map((_, at) => a[(at % rows) * columns + Math.floor(at / rows)]!);

const identity = (size: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));

const distance = (a: Float64Array, b: Float64Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, k) => Math.max(worst, Math.abs(value - b[k]!)), 0);
};

const triangle = (a: Float64Array, size: number, keep: (i: number, j: number) => number): Float64Array =>
  a.map((value, at) => value * keep(Math.floor(at / size), at % size));

// One below, at and above the blocks of 4 and 24, and several blocks.
describe.each([1, 2, 3, 4, 5, 23, 24, 25, 28, 49, 73])("matrices of size %i", (size) => {
  const a = random(size, size * size);

  test("LU multiplies back to the permuted matrix", () => {
    const lu = a.slice();
    const pivots = new Int32Array(size);
    factorizeLu(lu, size, size, pivots);
    const order = new Int32Array(size);
    permutationOf(pivots, order);
    const lower = triangle(lu, size, (i, j) => (i > j ? 1 : 0)).map(
      (value, at) => value + (at % (size + 1) === 0 ? 1 : 0),
    );
    const upper = triangle(lu, size, (i, j) => (i <= j ? 1 : 0));
    const permuted = a.map((_, at) => a[order[Math.floor(at / size)]! * size + (at % size)]!);
    expect(distance(product(lower, upper, size, size, size), permuted)).toBeLessThan(1e-15 * (size + 2));
    expect(Number.isFinite(determinantOf(lu, size, pivots))).toBe(true);
  });

  test("Cholesky multiplies back", () => {
    const definite = product(a, transposed(a, size, size), size, size, size).map(
      (value, at) => value + (at % (size + 1) === 0 ? 1 : 0),
    );
    const l = definite.slice();
    expect(factorizeCholesky(l, size)).toBe(-1);
    expect(distance(product(l, transposed(l, size, size), size, size, size), definite)).toBeLessThan(
      2e-15 * (size + 2),
    );
  });

  test("QR multiplies back with an orthogonal Q, tall and wide", () => {
    for (const [rows, columns] of [
      [size, size],
      [size + 3, size],
      [size, size + 3],
    ] as const) {
      const x = random(size + 1, rows * columns);
      const reflections = factorizeQr(x.slice(), rows, columns);
      const q = formQ(reflections, rows);
      expect(distance(product(q, formR(reflections, rows), rows, rows, columns), x)).toBeLessThan(1e-14);
      expect(distance(product(transposed(q, rows, rows), q, rows, rows, rows), identity(rows))).toBeLessThan(1e-14);
    }
  });

  test("eigenvalues and vectors diagonalize", () => {
    const symmetric = a.map((value, at) => value + a[(at % size) * size + Math.floor(at / size)]!);
    const [values, vectors] = [new Float64Array(size), new Float64Array(size * size)];
    symmetricEigen(symmetric, size, values, vectors);
    const scaled = vectors.map((value, at) => value * values[at % size]!);
    expect(distance(product(symmetric, vectors, size, size, size), scaled)).toBeLessThan(2e-15 * (size + 4));
    expect(distance(product(transposed(vectors, size, size), vectors, size, size, size), identity(size))).toBeLessThan(
      2e-14,
    );
  });

  test("singular values and vectors multiply back", () => {
    const { u, values, vt } = decomposeSvd(a, size, size, false);
    expect(
      distance(
        product(
          u.map((value, at) => value * values[at % size]!),
          vt,
          size,
          size,
          size,
        ),
        a,
      ),
    ).toBeLessThan(3e-14);
    expect(distance(product(transposed(u, size, size), u, size, size, size), identity(size))).toBeLessThan(3e-14);
  });

  test("triangular solves of every form invert the triangle", () => {
    for (const lower of [true, false])
      for (const isTransposed of [true, false])
        for (const unitDiagonal of [true, false]) {
          const kept = triangle(a, size, (i, j) => (i === j ? 0 : i > j === lower ? 1 / size : 0));
          const matrix = kept.map((value, at) => (at % (size + 1) === 0 ? (unitDiagonal ? 1 : 2) : value));
          const b = random(7, size * 3);
          const x = b.slice();
          // What is not to be read is spoilt.
          const given = matrix.map((value, at) =>
            at % (size + 1) === 0
              ? unitDiagonal
                ? NaN
                : value
              : Math.floor(at / size) > at % size === lower
                ? value
                : NaN,
          );
          solveTriangular(given, size, x, 3, { lower, transposed: isTransposed, unitDiagonal });
          const applied = isTransposed ? transposed(matrix, size, size) : matrix;
          expect(distance(product(applied, x, size, size, 3), b)).toBeLessThan(1e-14);
        }
  });
});

test("eigenvalues of a matrix whose couplings differ by 1e200 are found without overflow or endless steps", () => {
  const size = 5;
  const graded = Float64Array.from({ length: 25 }, (_, at) => 10 ** (-50 * Math.max(Math.floor(at / size), at % size)));
  const [values, vectors] = [new Float64Array(size), new Float64Array(25)];
  symmetricEigen(graded, size, values, vectors);
  expect(distance(product(transposed(vectors, size, size), vectors, size, size, size), identity(size))).toBeLessThan(
    1e-15,
  );
  expect(values[4]).toBeCloseTo(1, 14);
});

test("elements near the largest number have a symmetric part, and eigenvalues, without overflow", () => {
  const [values, vectors] = [new Float64Array(2), new Float64Array(4)];
  symmetricEigen(Float64Array.of(0, 1.5e308, 1.5e308, 0), 2, values, vectors);
  expect(values[0]! / -1.5e308).toBeCloseTo(1, 14);
  expect(values[1]! / 1.5e308).toBeCloseTo(1, 14);
});

test("NaN and infinities end the iterations at once", () => {
  for (const spoilt of [NaN, Infinity]) {
    const a = Float64Array.of(1, spoilt, spoilt, 1);
    const [values, vectors] = [new Float64Array(2), new Float64Array(4)];
    symmetricEigen(a, 2, values, vectors);
    const svd = decomposeSvd(a, 2, 2, true);
    for (const part of [values, vectors, svd.u, svd.values, svd.vt, exponential(a, 2), mixedCofactor(a, 2, [])])
      expect(part.every(Number.isNaN)).toBe(true);
  }
});

test("scaling by powers of two is undone without loss, from subnormal numbers to the largest", () => {
  for (const largest of [5e-324, 1e-310, 1e-300, 0.3, 1, 1.5, 1e300, Number.MAX_VALUE]) {
    const scale = powerOfTwoScale(Float64Array.of(-largest, largest / 2));
    expect(Number.isInteger(Math.log2(scale))).toBe(true);
    expect(largest * scale).toBeLessThanOrEqual(1);
    expect((largest * scale) / scale).toBe(largest);
  }
  expect(powerOfTwoScale(new Float64Array(3))).toBe(1);
  expect(powerOfTwoScale(new Float64Array(0))).toBe(1);
  expect([Float64Array.of(1, -1), Float64Array.of(-1, 1), Float64Array.of(0.1, -1)].map(isTurnedRound)).toEqual([
    false,
    true,
    true,
  ]);
});

test("a derivative of the exponential along nothing is nothing, and of size 1 it is exp times all directions", () => {
  const one = Float64Array.of(0.3);
  expect(exponentialDerivative(one, 1, [Float64Array.of(0)])[0]).toBe(0);
  expect(exponentialDerivative(one, 1, [Float64Array.of(2), Float64Array.of(3), Float64Array.of(5)])[0]).toBeCloseTo(
    30 * Math.exp(0.3),
    12,
  );
});

test("cofactors of more directions than rows vanish", () => {
  expect(mixedCofactor(random(1, 4), 2, [random(2, 4), random(3, 4)])).toEqual(new Float64Array(4));
  expect(mixedCofactor(Float64Array.of(3), 1, [])).toEqual(Float64Array.of(1));
});
