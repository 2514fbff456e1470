/** Patterns and what is refused: indices, shapes, assumptions, values that are not finite, singular and indefinite matrices. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { array, grad, jit, NotPositiveDefinite, Singular, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import {
  factorize,
  fromDense,
  sparseFactor,
  sparseMatvec,
  sparsePattern,
  sparseSolve,
  todense,
} from "cotangent/sparse";
import { setNoticeListener } from "../../src/notice.ts";
import { laplacian } from "../kernels/sparse/general-systems.ts";

const ones = (n: number): NDArray => np.ones([n]);
const identity = sparsePattern([0, 1], [0, 1]);
const symmetricOnly = (rows: number[], columns: number[], n: number) =>
  sparsePattern(rows, columns, { shape: [n, n], assume: "symmetric", triangle: "lower" });
const definite = sparsePattern([0, 1], [0, 1], { assume: "positive definite" });
const overflowing = sparsePattern([0, 1, 1], [0, 1, 1]);
const huge = (n: number): NDArray => ones(n).mul(1.7e308);

afterEach(() => setNoticeListener(null));

describe("patterns", () => {
  test("lists, typed arrays and concrete arrays of integers mean the same", () => {
    for (const make of [
      (list: number[]) => list,
      (list: number[]) => Int32Array.from(list),
      (list: number[]) => Uint32Array.from(list),
      (list: number[]) => Float64Array.from(list),
      (list: number[]) => array(list, { dtype: "int32" }),
    ]) {
      const pattern = sparsePattern(make([0, 2, 1]), make([1, 0, 1]));
      expect([pattern.shape, pattern.count, pattern.rows.toList(), pattern.columns.toList()]).toEqual([
        [3, 2],
        3,
        [0, 2, 1],
        [1, 0, 1],
      ]);
    }
  });

  test("the pattern does not change with the lists it was made from", () => {
    const rows = [0, 1];
    const pattern = sparsePattern(rows, [0, 1]);
    rows[0] = 1;
    expect(todense(ones(2), pattern).toList()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(Object.isFrozen(pattern)).toBe(true);
  });

  test("a matrix given entry by entry in any order, places repeated, is the sum of its entries", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), fc.nat(4), fc.integer({ min: -9, max: 9 })), { maxLength: 20 }),
        (entries) => {
          const dense = Array.from({ length: 4 }, () => new Array<number>(5).fill(0));
          for (const [i, j, value] of entries) dense[i]![j]! += value;
          const pattern = sparsePattern(
            entries.map(([i]) => i),
            entries.map(([, j]) => j),
            { shape: [4, 5] },
          );
          const values = array(Float64Array.from(entries, ([, , value]) => value));
          expect(todense(values, pattern).toList()).toEqual(dense);
          const again = fromDense(array(dense));
          expect(todense(again.values, again.pattern).toList()).toEqual(dense);
          expect(again.pattern.count).toBe(dense.flat().filter((value) => value !== 0).length);
          expect(sparseMatvec(values, pattern, array([1, 10, 100, 1000, 10000])).toList()).toEqual(
            dense.map((row) => row.reduce((sum, value, j) => sum + value * 10 ** j, 0)),
          );
        },
      ),
    );
  });

  test("an empty pattern has the shape it is given, or none", () => {
    expect(sparsePattern([], []).shape).toEqual([0, 0]);
    expect(todense(np.zeros([0]), sparsePattern([], [], { shape: [2, 3] })).toList()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test.each<[string, string, () => unknown]>([
    ["an index beyond the shape", "IndexOutOfRange", () => sparsePattern([0, 2], [0, 1], { shape: [2, 2] })],
    ["a negative index", "IndexOutOfRange", () => sparsePattern([0, -1], [0, 1])],
    ["a fractional index", "InvalidIndex", () => sparsePattern([0, 0.5], [0, 1])],
    ["NaN as an index", "InvalidIndex", () => sparsePattern([0, NaN], [0, 1], { shape: [2, 2] })],
    [
      "a string as an index",
      "InvalidIndex",
      () => sparsePattern([0, "1"] as unknown as number[], [0, 1], { shape: [2, 2] }),
    ],
    ["float arrays as indices", "InvalidIndex", () => sparsePattern(array([0, 1]), [0, 1])],
    ["a table of indices", "InvalidIndex", () => sparsePattern(array([[0, 1]], { dtype: "int32" }), [0, 1])],
    ["no list at all", "InvalidIndex", () => sparsePattern(null as unknown as number[], [0, 1])],
    ["lists of different lengths", "ShapeMismatch", () => sparsePattern([0, 1], [0])],
    ["a fractional shape", "InvalidShape", () => sparsePattern([0], [0], { shape: [1.5, 1] })],
    [
      "three extents",
      "InvalidShape",
      () => sparsePattern([0], [0], { shape: [1, 1, 1] as unknown as [number, number] }),
    ],
    [
      "a rectangular symmetric matrix",
      "ShapeMismatch",
      () => sparsePattern([0], [0], { shape: [1, 2], assume: "symmetric" }),
    ],
    ["an unknown assumption", "InvalidOption", () => sparsePattern([0], [0], { assume: "spd" as "symmetric" })],
    [
      "an unknown triangle",
      "InvalidOption",
      () => sparsePattern([0], [0], { assume: "symmetric", triangle: "left" as "lower" }),
    ],
    ["a triangle of a general matrix", "InvalidOption", () => sparsePattern([0], [0], { triangle: "lower" })],
    [
      "an entry outside the lower triangle",
      "InvalidOption",
      () => sparsePattern([0], [1], { assume: "symmetric", triangle: "lower" }),
    ],
    [
      "an entry outside the upper triangle",
      "InvalidOption",
      () => sparsePattern([1], [0], { assume: "symmetric", triangle: "upper" }),
    ],
    ["a misspelt option", "UnknownOption", () => sparsePattern([0], [0], { shpae: [1, 1] } as object)],
  ])("%s is refused: %s", (_, code, run) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });

  test("traced indices are refused under every transform, traced values are not", () => {
    const solve = (rows: NDArray): NDArray => sparseSolve(ones(2), rows, [0, 1], ones(2));
    const rows = array([0, 1], { dtype: "int32" });
    expect(() => jit(solve)(rows)).toThrow(expect.objectContaining({ code: "NotStatic" }));
    expect(() => vmap(solve)(np.stack([rows, rows]))).toThrow(expect.objectContaining({ code: "NotStatic" }));
    expect(jit(() => solve(rows))().toList()).toEqual([1, 1]);
  });
});

describe("solves refuse", () => {
  test.each<[string, string, () => unknown]>([
    ["values of another length", "ShapeMismatch", () => sparseSolve(ones(3), identity, ones(2))],
    ["values with two axes", "ShapeMismatch", () => sparseSolve(np.ones([2, 1]), identity, ones(2))],
    ["a right-hand side of another length", "ShapeMismatch", () => sparseSolve(ones(2), identity, ones(3))],
    ["a right-hand side with three axes", "ShapeMismatch", () => sparseSolve(ones(2), identity, np.ones([2, 1, 1]))],
    ["a number as right-hand side", "ShapeMismatch", () => sparseSolve(ones(2), [0, 1], [0, 1], 1)],
    [
      "a rectangular system",
      "ShapeMismatch",
      () => sparseSolve(ones(1), sparsePattern([0], [0], { shape: [2, 1] }), ones(2)),
    ],
    ["rows beyond the right-hand side", "IndexOutOfRange", () => sparseSolve(ones(2), [0, 2], [0, 1], ones(2))],
    ["a copy of a pattern", "InvalidOption", () => sparseSolve(ones(2), { ...identity }, ones(2))],
    ["a copy of a pattern to todense", "InvalidOption", () => todense(ones(2), { ...identity })],
    [
      "a factor of another pattern",
      "InvalidOption",
      () => sparseSolve(ones(2), identity, ones(2), { factor: sparseFactor(ones(2), definite) }),
    ],
    [
      "a transpose that is no boolean",
      "InvalidOption",
      () => sparseSolve(ones(2), identity, ones(2), { transpose: 1 as unknown as boolean }),
    ],
    [
      "a misspelt option",
      "UnknownOption",
      () => sparseSolve(ones(2), identity, ones(2), { transposed: true } as object),
    ],
    [
      "assumptions beside a pattern",
      "UnknownOption",
      () => sparseSolve(ones(2), identity, ones(2), { assume: "symmetric" } as object),
    ],
    ["a value that is NaN", "NotFinite", () => sparseSolve(array([1, NaN]), identity, ones(2))],
    ["a value that is infinite", "NotFinite", () => sparseSolve(array([1, Infinity]), definite, ones(2))],
    ["repeated places that add up to infinity", "NotFinite", () => sparseSolve(huge(3), overflowing, ones(2))],
    [
      "repeated places of a positive definite matrix that add up to infinity",
      "NotFinite",
      () => sparseSolve(huge(3), [0, 1, 1], [0, 1, 1], ones(2), { assume: "positive definite" }),
    ],
    [
      "repeated places of a symmetric matrix that add up to infinity",
      "NotFinite",
      () => sparseSolve(huge(3), [0, 1, 1], [0, 0, 0], ones(2), { assume: "symmetric", triangle: "lower" }),
    ],
    [
      "a value of a symmetric matrix that is NaN",
      "NotFinite",
      () => sparseSolve(array([1, NaN]), symmetricOnly([0, 1], [0, 1], 2), ones(2)),
    ],
    ["a right-hand side that is NaN", "NotFinite", () => sparseSolve(ones(2), identity, array([1, NaN]))],
    [
      "a cotangent that is infinite",
      "NotFinite",
      () => grad((b: NDArray) => np.sum(np.sqrt(sparseSolve(ones(2), identity, b))))(array([1, 0])),
    ],
    ["lists as values", "NotAnArray", () => sparseSolve([1, 2] as unknown as NDArray, identity, ones(2))],
    ["a traced matrix without a pattern", "NotStatic", () => jit((m: NDArray) => fromDense(m).values)(np.eye(2))],
    ["a matrix of another shape than its pattern", "ShapeMismatch", () => fromDense(np.eye(3), { pattern: identity })],
    [
      "a pattern with repeated places to read from",
      "InvalidOption",
      () => fromDense(np.eye(1), { pattern: sparsePattern([0, 0], [0, 0]) }),
    ],
    ["a vector as a matrix", "ShapeMismatch", () => fromDense(ones(2))],
    ["an overflowing solution", "NotFinite", () => sparseSolve(array([1e-300, 1]), identity, array([1e300, 1]))],
  ])("%s: %s", (_, code, run) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });

  test.each<[string, () => NDArray, RegExp]>([
    ["a column without entries", () => sparseSolve(ones(1), [0], [0], ones(2)), /column 1/],
    ["two columns with one row", () => sparseSolve(ones(4), [0, 0, 1, 2], [0, 1, 2, 2], ones(3)), /column 1/],
    ["equal columns", () => sparseSolve(ones(4), [0, 1, 0, 1], [0, 0, 1, 1], ones(2)), /column [01]/],
    ["values of zero", () => sparseSolve(array([1, 0]), identity, ones(2)), /column 1/],
    [
      "a symmetric matrix with an empty row",
      () => sparseSolve(ones(1), symmetricOnly([0], [0], 2), ones(2)),
      /column 1/,
    ],
    [
      "a symmetric matrix with more constraints than unknowns",
      () => sparseSolve(ones(3), symmetricOnly([0, 1, 2], [0, 0, 0], 3), ones(3)),
      /column [012]/,
    ],
    [
      "equal rows of a symmetric matrix",
      () => sparseSolve(ones(3), symmetricOnly([0, 1, 1], [0, 0, 1], 2), ones(2)),
      /row [01]/,
    ],
    ["symmetric values of zero", () => sparseSolve(array([1, 0]), symmetricOnly([0, 1], [0, 1], 2), ones(2)), /row 1/],
  ])("singular: %s", (_, run, message) => {
    expect(run).toThrow(Singular);
    expect(run).toThrow(message);
    // Nothing is left behind.
    expect(sparseSolve(ones(2), identity, ones(2)).toList()).toEqual([1, 1]);
  });

  test.each<[string, () => NDArray, RegExp]>([
    ["a negative diagonal", () => sparseSolve(array([1, -2]), definite, ones(2)), /row 1 is -2/],
    ["a diagonal of zero", () => sparseSolve(array([0, 1]), definite, ones(2)), /row 0/],
    [
      "a row without diagonal",
      () => sparseSolve(ones(1), sparsePattern([0], [0], { shape: [2, 2], assume: "positive definite" }), ones(2)),
      /row 1/,
    ],
    [
      "an indefinite matrix",
      () =>
        sparseSolve(array([1, 2, 1]), [0, 1, 1], [0, 0, 1], ones(2), {
          assume: "positive definite",
          triangle: "lower",
        }),
      /row [01]/,
    ],
    [
      "a free chain",
      () =>
        sparseSolve(array([1, -1, 2, -1, 1]), [0, 1, 1, 2, 2], [0, 0, 1, 1, 2], ones(3), {
          assume: "positive definite",
          triangle: "lower",
        }),
      /row [012]/,
    ],
  ])("not positive definite: %s", (_, run, message) => {
    expect(run).toThrow(NotPositiveDefinite);
    expect(run).toThrow(message);
  });

  test("values that add up to infinity are named by their place, also compiled and by a reading of the factor", () => {
    const message = /row 1 and column 1 add up to Infinity/u;
    expect(() => sparseSolve(huge(3), overflowing, ones(2))).toThrow(message);
    expect(() => factorize(huge(3), overflowing)).toThrow(message);
    const size = (values: NDArray): NDArray => factorize(values, overflowing).slogdet().logabsdet;
    for (const backend of ["interpreter", "js", "wasm"] as const)
      expect(() => jit(size, { backend })(huge(3))).toThrow(message);
  });

  test("the same inside jit, vmap and reverse mode", () => {
    const solve = (values: NDArray): NDArray => np.sum(sparseSolve(values, identity, ones(2)));
    const bad = array([1, 0]);
    for (const backend of ["interpreter", "js", "wasm"] as const)
      expect(() => jit(solve, { backend })(bad)).toThrow(Singular);
    expect(() => vmap(solve)(np.stack([ones(2), bad]))).toThrow(Singular);
    expect(() => grad(solve)(bad)).toThrow(Singular);
    expect(jit(solve)(ones(2)).item()).toBe(2);
  });

  test("an indefinite symmetric matrix is solved, and a nearly singular one is remarked", () => {
    const matrix = laplacian(4, 4, -4.1);
    const pattern = sparsePattern(matrix.rows, matrix.columns, { assume: "symmetric" });
    const x = sparseSolve(array(matrix.values), pattern, ones(16));
    expect(np.allclose(sparseMatvec(array(matrix.values), pattern, x), 1, { rtol: 1e-12 }).item()).toBe(1);
    const told: string[] = [];
    setNoticeListener((code) => told.push(code));
    const close = sparsePattern([0, 0, 1, 1], [0, 1, 0, 1]);
    sparseSolve(array([1, 1, 1, 1 + 1e-3]), close, array([1, 2]));
    expect(told).toEqual([]);
    sparseSolve(array([1, 1, 1, 1 + 5e-13]), close, array([1, 2]));
    expect(told).toEqual(["IllConditioned"]);
  });
});
