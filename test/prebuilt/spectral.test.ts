/**
 * Laws of the prebuilt spectral decompositions: the bits of the interpreter's kernels for stacks of any size in both precisions,
 * from zero to the largest numbers, with values that repeat, split matrices, NaN and infinities.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { planEigen, planSvd } from "../../kernels/prebuilt/spectral.ts";
import { eigh, svd } from "../../ops/spectral.ts";
import { randomStream, seeds } from "../kernels/arrays.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import { kernelDifference } from "./against-evaluate.ts";
import { changed, drawn, dtypes, leads, rarities, sizes } from "./matrices.ts";

const scales = fc.constantFrom(1, 1, 1e300, 1e-300, 5e-324, 1e38);

test("eigenvalues and vectors have the bits of the interpreter's for any stack, from subnormal numbers to the largest", () => {
  fc.assert(
    fc.property(dtypes, leads, sizes, seeds, scales, (dtype, lead, size, seed, scale) => {
      const a = changed(drawn(dtype, [...lead, size, size], seed, 0), (value) => value * scale);
      expect(kernelDifference(eigh.primitive, [a])).toBe("");
    }),
  );
});

test("matrices with special values have the interpreter's decomposition", () => {
  fc.assert(
    fc.property(dtypes, leads, sizes, seeds, rarities, (dtype, lead, size, seed, rarity) => {
      expect(kernelDifference(eigh.primitive, [drawn(dtype, [...lead, size, size], seed, rarity)])).toBe("");
    }),
  );
});

test("matrices of few numbers, which split and whose values repeat, have the interpreter's decomposition", () => {
  fc.assert(
    fc.property(sizes, seeds, fc.integer({ min: 1, max: 3 }), fc.boolean(), (size, seed, kinds, isBlocked) => {
      const next = randomStream(seed);
      const group = Array.from({ length: size }, () => next() > 0);
      const a = changed(drawn("float64", [size, size], seed, 0), (value, row, column) =>
        isBlocked && group[row] !== group[column] ? 0 : Math.round(value * kinds),
      );
      expect(kernelDifference(eigh.primitive, [a])).toBe("");
    }),
  );
});

test("rotations of large matrices are applied in several goes", () => {
  expect(kernelDifference(eigh.primitive, [drawn("float64", [130, 130], 1, 0)])).toBe("");
});

test("singular values and vectors have the bits of the interpreter's, tall and wide, reduced and full", () => {
  fc.assert(
    fc.property(
      fc.tuple(dtypes, leads, sizes, sizes, fc.boolean()),
      seeds,
      scales,
      ([dtype, lead, rows, columns, full], seed, scale) => {
        const a = changed(drawn(dtype, [...lead, rows, columns], seed, 0), (value) => value * scale);
        expect(kernelDifference(svd.primitive, [a], { full })).toBe("");
      },
    ),
  );
});

test("singular value decompositions of special values are the interpreter's", () => {
  fc.assert(
    fc.property(
      fc.tuple(dtypes, leads, sizes, sizes, fc.boolean()),
      seeds,
      rarities,
      ([dtype, lead, rows, columns, full], seed, rarity) => {
        const a = drawn(dtype, [...lead, rows, columns], seed, rarity);
        expect(kernelDifference(svd.primitive, [a], { full })).toBe("");
      },
    ),
  );
});

test("vectors of singular matrices are completed as the interpreter completes them", () => {
  fc.assert(
    fc.property(
      fc.tuple(sizes, sizes, fc.integer({ min: 0, max: 3 }), fc.boolean()),
      seeds,
      ([rows, columns, rank, full], seed) => {
        const [left, right] = [drawn("float64", [rows, 3], seed, 0), drawn("float64", [3, columns], seed + 1, 0)];
        const [x, y] = [left.toTypedArray(), right.toTypedArray()];
        const a = changed(drawn("float64", [rows, columns], seed, 0), (_, i, j) => {
          let sum = 0;
          for (let k = 0; k < rank; k++) sum += Math.round(8 * x[i * 3 + k]!) * Math.round(8 * y[k * columns + j]!);
          return sum;
        });
        expect(kernelDifference(svd.primitive, [a], { full })).toBe("");
      },
    ),
  );
});

test("the modules are valid, import the memory alone, use no relaxed instruction and never grow it", () => {
  for (const dtype of ["float64", "float32"]) {
    for (const planned of [planEigen(dtype, [2, 2]), planSvd(dtype, [2, 2], false)]) {
      const text = disassemble(planned!.module.build());
      expect(text).not.toContain("relaxed");
      expect(text).not.toContain("memory.grow");
      expect(text.match(/\(import[^\n]*/g)).toEqual([expect.stringContaining('(import "env" "memory"')]);
    }
  }
  expect([planEigen("int32", [2, 2]), planSvd("bool", [2, 2], true)]).toEqual([null, null]);
});
