/**
 * Laws of the prebuilt factorizations: the bits of the interpreter's kernels for stacks of any shape in both precisions, also with
 * NaN, infinities, zeros of both signs and singular matrices; they refuse what those refuse, and compiled programs say why.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { NotPositiveDefinite, Singular, array, jit, scan, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import {
  planCholesky,
  planDenseSolve,
  planLu,
  planPermutation,
  planQr,
  planTriangularSolve,
} from "../../kernels/prebuilt/factorization.ts";
import { cholesky, denseSolve, lu, pivotPermutation, triangularSolve } from "../../ops/factorization.ts";
import { qr } from "../../ops/orthogonal-factorization.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { randomStream, seeds } from "../kernels/arrays.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import { kernelDifference } from "./against-evaluate.ts";
import { changed, dominant, drawn, dtypes, leads, rarities, sizes } from "./matrices.ts";

// --- Cholesky ---------------------------------------------------------------------------------

test("Cholesky factors have the bits of the interpreter's for any stack of definite matrices", () => {
  fc.assert(
    fc.property(dtypes, leads, sizes, seeds, (dtype, lead, size, seed) => {
      const a = dominant(drawn(dtype, [...lead, size, size], seed, 0));
      expect(kernelDifference(cholesky.primitive, [a])).toBe("");
    }),
  );
});

test("Cholesky refuses what the interpreter refuses, and lets NaN and infinities through as it does", () => {
  const seen = { refused: 0, factored: 0 };
  fc.assert(
    fc.property(dtypes, leads, sizes, seeds, rarities, fc.boolean(), (dtype, lead, size, seed, rarity, isDominant) => {
      const x = drawn(dtype, [...lead, size, size], seed, rarity);
      // Growing the diagonal only now and then leaves matrices that fail late.
      const a = isDominant ? changed(x, (value, i, j) => (i === j && value < 0.9 ? size / 2 : value)) : x;
      const difference = kernelDifference(cholesky.primitive, [a]);
      expect(["", "refused"]).toContain(difference);
      seen[difference === "" ? "factored" : "refused"] += 1;
    }),
    { numRuns: 200 },
  );
  expect(Math.min(seen.refused, seen.factored)).toBeGreaterThan(20);
});

test("semidefinite matrices are refused at the pivot that vanishes exactly", () => {
  for (const size of [1, 2, 4, 5, 9, 70]) {
    const ones = fromBuffer(new Float64Array(size * size).fill(1), [size, size], "float64");
    expect(kernelDifference(cholesky.primitive, [ones])).toBe(size === 1 ? "" : "refused");
    expect(kernelDifference(cholesky.primitive, [changed(ones, () => 0)])).toBe("refused");
    expect(kernelDifference(cholesky.primitive, [changed(ones, () => -0)])).toBe("refused");
  }
});

// --- LU ---------------------------------------------------------------------------------------

test("LU factors and pivots have the bits of the interpreter's, tall and wide, whatever the values", () => {
  fc.assert(
    fc.property(dtypes, leads, sizes, sizes, seeds, rarities, (dtype, lead, rows, columns, seed, rarity) => {
      expect(kernelDifference(lu.primitive, [drawn(dtype, [...lead, rows, columns], seed, rarity)])).toBe("");
    }),
    { numRuns: 200 },
  );
});

test("LU of singular matrices, and of those with many ties between pivots, is the interpreter's", () => {
  fc.assert(
    fc.property(
      dtypes,
      sizes,
      sizes,
      seeds,
      fc.constantFrom(1, 2, 3),
      fc.boolean(),
      (dtype, rows, columns, seed, kinds, hasInfinity) => {
        const x = drawn(dtype, [rows, columns], seed, 0);
        const next = randomStream(seed + 1);
        const isEmpty = Array.from({ length: columns }, () => next() > 0.5);
        const a = changed(x, (value, row, column) => {
          if (hasInfinity && row === 0 && column === columns - 1) return Infinity;
          return isEmpty[column]! ? (value < 0 ? -0 : 0) : Math.round(value * kinds);
        });
        expect(kernelDifference(lu.primitive, [a])).toBe("");
      },
    ),
    { numRuns: 200 },
  );
});

test("pivots become the interpreter's permutation, also those that name no row", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 9 }),
      fc.boolean(),
      seeds,
      (count, size, steps, isValid, seed) => {
        const next = randomStream(seed);
        const length = count * Math.min(steps, size);
        const pivots = Int32Array.from(
          { length },
          () => Math.floor(((next() + 1) / 2) * size) * (isValid ? 1 : 3) - (isValid ? 0 : 2),
        );
        const operand = fromBuffer(pivots, [count, Math.min(steps, size)], "int32");
        expect(kernelDifference(pivotPermutation.primitive, [operand], { size })).toBe("");
      },
    ),
  );
});

// --- Systems ----------------------------------------------------------------------------------

const forms = fc.record({ lower: fc.boolean(), transposed: fc.boolean(), unitDiagonal: fc.boolean() });

test("triangular systems of every form have the bits of the interpreter's solution", () => {
  fc.assert(
    fc.property(dtypes, leads, sizes, sizes, forms, seeds, (dtype, lead, size, columns, form, seed) => {
      const a = changed(drawn(dtype, [...lead, size, size], seed, 0), (value, row, column) => {
        // What must not be read is NaN.
        if (row === column) return form.unitDiagonal ? NaN : 1.5 + value;
        return row > column === form.lower ? value / 4 : NaN;
      });
      const b = drawn(dtype, [...lead, size, columns], seed + 1, 0);
      expect(kernelDifference(triangularSolve.primitive, [a, b], form)).toBe("");
    }),
    { numRuns: 200 },
  );
});

test("triangular systems with special values are the interpreter's, and zeros on the diagonal are refused", () => {
  const seen = { refused: 0, solved: 0 };
  fc.assert(
    fc.property(
      fc.tuple(dtypes, leads, sizes, sizes, forms),
      seeds,
      rarities,
      ([dtype, lead, size, columns, form], seed, rarity) => {
        const a = drawn(dtype, [...lead, size, size], seed, rarity);
        const b = drawn(dtype, [...lead, size, columns], seed + 1, rarity);
        const difference = kernelDifference(triangularSolve.primitive, [a, b], form);
        expect(["", "refused"]).toContain(difference);
        seen[difference === "" ? "solved" : "refused"] += 1;
      },
    ),
    { numRuns: 300 },
  );
  expect(Math.min(seen.refused, seen.solved)).toBeGreaterThan(10);
});

test("more right-hand sides than are solved at a time are solved in several goes", () => {
  for (const [size, columns] of [
    [300, 240],
    [5, 3100],
  ] as const) {
    const a = dominant(drawn("float64", [size, size], size, 0));
    const b = drawn("float64", [size, columns], columns, 0);
    for (const lower of [true, false])
      expect(
        kernelDifference(triangularSolve.primitive, [a, b], { lower, transposed: false, unitDiagonal: false }),
      ).toBe("");
    const permutation = fromBuffer(
      Int32Array.from({ length: size }, (_, k) => (k * 7) % size),
      [size],
      "int32",
    );
    for (const transposed of [true, false])
      expect(kernelDifference(denseSolve.primitive, [a, permutation, a, b], { transposed })).toBe("");
  }
});

/** A random order of rows for every matrix of a stack. */
const permutations = (lead: readonly number[], size: number, seed: number): ConcreteArray => {
  const next = randomStream(seed);
  const count = lead.reduce((product, extent) => product * extent, 1);
  const rows = Array.from({ length: count }, () =>
    [...new Array<number>(size).keys()].map((row) => [next(), row] as const).sort(([x], [y]) => x - y),
  );
  return fromBuffer(Int32Array.from(rows.flat().map(([, row]) => row)), [...lead, size], "int32");
};

test("systems by packed factors have the bits of the interpreter's solution, and zero pivots are refused", () => {
  const seen = { refused: 0, solved: 0 };
  fc.assert(
    fc.property(
      fc.tuple(dtypes, leads, sizes, sizes, fc.boolean()),
      seeds,
      rarities,
      ([dtype, lead, size, columns, transposed], seed, rarity) => {
        const packed = drawn(dtype, [...lead, size, size], seed, rarity);
        const b = drawn(dtype, [...lead, size, columns], seed + 1, rarity);
        const operands = [packed, permutations(lead, size, seed), packed, b];
        const difference = kernelDifference(denseSolve.primitive, operands, { transposed });
        expect(["", "refused"]).toContain(difference);
        seen[difference === "" ? "solved" : "refused"] += 1;
      },
    ),
    { numRuns: 300 },
  );
  expect(Math.min(seen.refused, seen.solved)).toBeGreaterThan(10);
});

test("orders that name a row twice are solved as the interpreter does; those that name none are left to it", () => {
  const a = dominant(drawn("float64", [3, 3], 1, 0));
  const b = drawn("float64", [3, 2], 2, 0);
  const order = (...rows: number[]): ConcreteArray => fromBuffer(Int32Array.from(rows), [3], "int32");
  for (const transposed of [false, true]) {
    expect(kernelDifference(denseSolve.primitive, [a, order(1, 1, 0), a, b], { transposed })).toBe("");
    for (const wrong of [3, -1, 2 ** 30])
      expect(kernelDifference(denseSolve.primitive, [a, order(0, wrong, 1), a, b], { transposed })).toMatch(/refuse/);
  }
});

// --- QR ---------------------------------------------------------------------------------------

test("Q and R have the bits of the interpreter's, reduced and complete, tall and wide, whatever the values", () => {
  fc.assert(
    fc.property(
      fc.tuple(dtypes, leads, sizes, sizes, fc.boolean()),
      seeds,
      rarities,
      ([dtype, lead, rows, columns, complete], seed, rarity) => {
        const a = drawn(dtype, [...lead, rows, columns], seed, rarity);
        expect(kernelDifference(qr.primitive, [a], { complete })).toBe("");
      },
    ),
    { numRuns: 200 },
  );
});

test("reflections that columns of zeros leave out are left out wherever they stand", () => {
  fc.assert(
    fc.property(sizes, sizes, fc.boolean(), seeds, (rows, columns, complete, seed) => {
      const next = randomStream(seed);
      const last = Array.from({ length: columns }, () => Math.floor(((next() + 1) / 2) * (rows + 1)));
      const a = changed(drawn("float64", [rows, columns], seed, 0), (value, row, column) =>
        row < last[column]! ? value : value < 0 ? -0 : 0,
      );
      expect(kernelDifference(qr.primitive, [a], { complete })).toBe("");
    }),
  );
});

// --- Compiled programs --------------------------------------------------------------------------

const saddle = array([
  [1, 2],
  [2, 1],
]);

test("compiled programs say why a matrix is refused, go on afterwards, and do so within loops", () => {
  const factor = jit((x: NDArray) => np.sum(linalg.cholesky(x).mul(2)), { backend: "wasm" });
  for (let round = 0; round < 3; round++) {
    expect(() => factor(saddle)).toThrow(NotPositiveDefinite);
    expect(() => factor(saddle)).toThrow("pivot 1 is -3");
    expect(factor(np.eye(2)).item()).toBe(4);
  }
  const loop = jit(
    (x: NDArray, steps: NDArray) =>
      scan(
        (carry: NDArray, step: NDArray) => [linalg.cholesky(carry.add(step)), np.sum(carry)],
        x,
        steps,
      )[0] as NDArray,
    { backend: "wasm" },
  );
  const steps = np.stack([np.mul(np.eye(2), 8), np.mul(np.eye(2), 4)]);
  expect(() => loop(saddle, np.zerosLike(steps))).toThrow("pivot 1 is -3");
  const plain = linalg.cholesky(linalg.cholesky(saddle.add(np.mul(np.eye(2), 8))).add(np.mul(np.eye(2), 4)));
  expect(loop(saddle, steps).toList()).toEqual(plain.toList());
});

test("compiled systems name the pivot of the member that is singular", () => {
  const solve = jit((x: NDArray) => np.sum(linalg.inv(x).mul(2)), { backend: "wasm" });
  const batch = np.stack([np.eye(2), np.ones([2, 2])]);
  expect(() => solve(batch)).toThrow(Singular);
  expect(() => solve(batch)).toThrow("pivot 1 of matrix [1] of the batch [2] is 0");
});

test("values and gradients of a compiled log-determinant and solve are those of the interpreter, to the bit", () => {
  const x = dominant(drawn("float64", [37, 37], 3, 0));
  const b = drawn("float64", [37, 2], 4, 0);
  const f = (a: NDArray): NDArray =>
    np
      .sum(linalg.solve(a, b))
      .add(np.sum(np.log(linalg.diagonal(linalg.cholesky(a)))))
      .add(np.sum(linalg.qr(a)[1]));
  const [value, gradient] = jit(valueAndGrad(f), { backend: "wasm" })(x) as [NDArray, NDArray];
  const [expected, slope] = jit(valueAndGrad(f), { backend: "interpreter" })(x) as [NDArray, NDArray];
  expect(value.item()).toBe(expected.item());
  expect(gradient.toList()).toEqual(slope.toList());
});

// --- Modules ----------------------------------------------------------------------------------

test("the modules are valid, import the memory alone, use no relaxed instruction and never grow it", () => {
  const form = { lower: true, transposed: false, unitDiagonal: false };
  for (const dtype of ["float64", "float32"])
    for (const planned of [
      planCholesky(dtype, [2, 2]),
      planLu(dtype, [2, 2]),
      planPermutation([2], 2),
      planTriangularSolve(dtype, [2, 2], [2, 2], form),
      planDenseSolve(dtype, [2, 2], [2, 2], false),
      planQr(dtype, [2, 2], 2),
    ]) {
      const text = disassemble(planned!.module.build());
      expect(text).not.toContain("relaxed");
      expect(text).not.toContain("memory.grow");
      expect(text.match(/\(import[^\n]*/g)).toEqual([expect.stringContaining('(import "env" "memory"')]);
    }
  for (const dtype of ["int32", "bool"])
    expect([planCholesky(dtype, [2, 2]), planLu(dtype, [2, 2]), planQr(dtype, [2, 2], 2)]).toEqual([null, null, null]);
});
