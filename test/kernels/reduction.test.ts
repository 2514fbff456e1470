/**
 * Laws of the reductions: values against index-by-index definitions, the fixed order, the error.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type NumericArray, elementCount } from "../../kernels/numeric-array.ts";
import { argmax, argmin, reduce, type ReductionKind, sumStrided } from "../../kernels/reduction.ts";
import { allShapes, flatIndex, indicesOf, randomBuffer, seeds, subsets } from "./arrays.ts";

const combine: Readonly<Record<ReductionKind, (x: number, y: number) => number>> = {
  sum: (x, y) => x + y,
  product: (x, y) => x * y,
  max: (x, y) => Math.max(x, y),
  min: (x, y) => Math.min(x, y),
};
const initial: Readonly<Record<ReductionKind, number>> = { sum: 0, product: 1, max: -Infinity, min: Infinity };
const kinds = Object.keys(combine) as ReductionKind[];

function gathered(buffer: NumericArray, shape: readonly number[], axes: readonly number[]): number[][] {
  const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
  const keptShape = kept.map((axis) => shape[axis]!);
  const groups: number[][] = Array.from({ length: elementCount(keptShape) }, () => []);
  for (const index of indicesOf(shape)) {
    groups[
      flatIndex(
        kept.map((axis) => index[axis]!),
        keptShape,
      )
    ]!.push(buffer[flatIndex(index, shape)]!);
  }
  return groups;
}

test("reduce equals the left fold of each group, for every axis subset of every small shape", () => {
  for (const shape of allShapes(3, 3)) {
    const buffer = randomBuffer(elementCount(shape), elementCount(shape));
    for (const axes of subsets(shape.length)) {
      const groups = gathered(buffer, shape, axes);
      for (const kind of kinds) {
        const out = new Float64Array(groups.length);
        reduce(buffer, shape, axes, kind, out);
        const folded = groups.map((group) => group.reduce((x, y) => combine[kind](x, y), initial[kind]));
        expect([...out]).toEqual(
          kind === "sum" ? groups.map((group) => documentedSum(group, runOf(shape, axes))) : folded,
        );
      }
    }
  }
});

/** float32 in pieces of 8. */
function partialSum(elements: readonly number[], isSingle: boolean): number {
  if (!isSingle) return elements.reduce((sum, element) => sum + element, 0);
  return Array.from({ length: Math.ceil(elements.length / 8) }, (_, k) =>
    elements.slice(8 * k, 8 * k + 8).reduce((sum, element) => Math.fround(sum + element), 0),
  ).reduce((sum, piece) => sum + piece, 0);
}

/** The documented order, written out once more: runs, blocks of 1024, 16 partial sums in each, compensated between blocks. */
function documentedSum(elements: readonly number[], run = elements.length, isSingle = false): number {
  let total = 0;
  let compensation = 0;
  const blocks = Array.from({ length: elements.length / Math.max(1, run) }, (_, k) =>
    elements.slice(k * run, (k + 1) * run),
  ).flatMap((whole) => Array.from({ length: Math.ceil(run / 1024) }, (_, k) => whole.slice(k * 1024, (k + 1) * 1024)));
  for (const elementsOfBlock of blocks) {
    const partials = Array.from({ length: 16 }, (_, lane) =>
      partialSum(
        elementsOfBlock.filter((_element, k) => k % 16 === lane),
        isSingle,
      ),
    );
    const block = partials.reduce((sum, partial) => sum + partial, 0);
    const next = total + block;
    compensation += Math.abs(total) >= Math.abs(block) ? total - next + block : block - next + total;
    total = next;
  }
  return Number.isFinite(total) ? total + compensation : total;
}

/** Length of the last reduced axis that is longer than 1. */
const runOf = (shape: readonly number[], axes: readonly number[]): number =>
  shape.filter((length, axis) => axes.includes(axis) && length !== 1).at(-1) ?? 1;

test("a sum has the documented order whatever the layout of its elements", () => {
  const axisLength = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(fc.array(axisLength, { minLength: 1, maxLength: 3 }), fc.nat(7), seeds, (shape, bits, seed) => {
      const axes = [...shape.keys()].filter((axis) => (bits >> axis) & 1);
      const buffer = randomBuffer(elementCount(shape), seed);
      const groups = gathered(buffer, shape, axes);
      const out = new Float64Array(groups.length);
      reduce(buffer, shape, axes, "sum", out);
      expect([...out]).toEqual(groups.map((group) => documentedSum(group, runOf(shape, axes))));
    }),
    { numRuns: 60 },
  );
});

test("sumStrided equals reduce over the same elements", () => {
  fc.assert(
    fc.property(fc.nat(600), fc.integer({ min: 1, max: 5 }), fc.nat(9), seeds, (count, stride, offset, seed) => {
      const buffer = randomBuffer(offset + stride * count + 1, seed);
      const picked = Array.from({ length: count }, (_, k) => buffer[offset + k * stride]!);
      expect(sumStrided(buffer, offset, stride, count)).toBe(documentedSum(picked));
      const single = Float32Array.from(buffer);
      expect(sumStrided(single, offset, stride, count)).toBe(
        documentedSum(picked.map(Math.fround), picked.length, true),
      );
    }),
    { numRuns: 60 },
  );
});

test("a million float32 tenths sum to their exact sum within one float32", () => {
  const out = new Float32Array(1);
  reduce(new Float32Array(1e6).fill(0.1), [1e6], [0], "sum", out);
  expect(Math.abs(out[0]! - 1e6 * Math.fround(0.1))).toBeLessThan(2 ** -7);
});

test("an alternating sum of large and small numbers loses nothing between blocks", () => {
  const buffer = new Float64Array(3 * 1024);
  buffer[0] = 1e100;
  buffer[1024] = 1;
  buffer[2048] = -1e100;
  expect(sumStrided(buffer, 0, 1, buffer.length)).toBe(1);
});

test("infinities and NaN reach the sum, opposite infinities give NaN", () => {
  const sum = (...elements: number[]): number => sumStrided(Float64Array.from(elements), 0, 1, elements.length);
  expect(sum(1, Infinity, 2)).toBe(Infinity);
  expect(sum(-Infinity, 2)).toBe(-Infinity);
  expect(sum(Infinity, -Infinity)).toBeNaN();
  expect(sum(NaN, 1)).toBeNaN();
  expect(sum(-0)).toBe(0);
  const wide = new Float64Array(512).fill(1e308);
  expect(sumStrided(wide, 0, 1, 512)).toBe(Infinity);
});

test("max and min return NaN if any element is NaN and order the zeros", () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { minLength: 1 }), (elements) => {
      for (const kind of ["max", "min"] as const) {
        const out = new Float64Array(1);
        reduce(Float64Array.from(elements), [elements.length], [0], kind, out);
        expect(out[0]).toBe(elements.reduce((x, y) => combine[kind](x, y)));
      }
    }),
  );
});

test("integer sums and products wrap modulo 2^32", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 300 }), (elements) => {
      for (const kind of ["sum", "product"] as const) {
        const exact = elements.reduce(
          (x, y) => (kind === "sum" ? x + BigInt(y) : x * BigInt(y)),
          kind === "sum" ? 0n : 1n,
        );
        const signed = new Int32Array(1);
        reduce(Int32Array.from(elements), [elements.length], [0], kind, signed);
        expect(signed[0]).toBe(Number(BigInt.asIntN(32, exact)));
        const unsigned = new Uint32Array(1);
        reduce(Uint32Array.from(elements), [elements.length], [0], kind, unsigned);
        expect(unsigned[0]).toBe(Number(BigInt.asUintN(32, exact)));
      }
    }),
  );
});

test("max of bools is any and min is all", () => {
  for (const bits of indicesOf([2, 2, 2])) {
    const out = new Uint8Array(1);
    reduce(Uint8Array.from(bits), [3], [0], "max", out);
    expect(out[0] === 1).toBe(bits.some((bit) => bit === 1));
    reduce(Uint8Array.from(bits), [3], [0], "min", out);
    expect(out[0] === 1).toBe(bits.every((bit) => bit === 1));
  }
});

test("argmax and argmin point at the first NaN, else at the first extreme", () => {
  const element = fc.oneof(fc.constantFrom(NaN, 0, -0, Infinity, -Infinity), fc.integer({ min: -2, max: 2 }));
  fc.assert(
    fc.property(fc.array(element, { minLength: 1, maxLength: 6 }), (elements) => {
      const firstNaN = elements.findIndex((x) => Number.isNaN(x));
      for (const [pick, best] of [
        [argmax, Math.max(...elements)],
        [argmin, Math.min(...elements)],
      ] as const) {
        const out = new Int32Array(1);
        pick(Float64Array.from(elements), [elements.length], 0, out);
        expect(out[0]).toBe(firstNaN >= 0 ? firstNaN : elements.findIndex((x) => x === best));
      }
    }),
  );
});

test("argmax runs along any axis", () => {
  for (const shape of allShapes(3, 3).filter((lengths) => elementCount(lengths) > 0)) {
    const buffer = randomBuffer(elementCount(shape), 7);
    for (const axis of shape.keys()) {
      const groups = gathered(buffer, shape, [axis]);
      const out = new Int32Array(groups.length);
      argmax(buffer, shape, axis, out);
      expect([...out]).toEqual(groups.map((group) => group.indexOf(Math.max(...group))));
    }
  }
});
