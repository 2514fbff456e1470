/**
 * Laws of the prebuilt spectral decompositions: the bits of the interpreter's kernels for stacks of any size in both precisions,
 * from zero to the largest numbers, with values that repeat, split matrices, NaN and infinities.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { planEigen } from "../../kernels/prebuilt/spectral.ts";
import { eigh } from "../../ops/spectral.ts";
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

test("the modules are valid, import the memory alone, use no relaxed instruction and never grow it", () => {
  for (const dtype of ["float64", "float32"]) {
    const text = disassemble(planEigen(dtype, [2, 2])!.module.build());
    expect(text).not.toContain("relaxed");
    expect(text).not.toContain("memory.grow");
    expect(text.match(/\(import[^\n]*/g)).toEqual([expect.stringContaining('(import "env" "memory"')]);
  }
  expect(planEigen("int32", [2, 2])).toBeNull();
});
