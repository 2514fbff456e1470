/**
 * The WebAssembly kernels of the hierarchy give the bits of the reference, on random grids in two and three dimensions.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { geometryOf, indexIn, indicesIn, placeOf } from "../../../kernels/multigrid/geometry.ts";
import type { Geometry } from "../../../kernels/multigrid/geometry.ts";
import { elementScratch, stencilBytes, stencilTables } from "../../../kernels/multigrid/kernels.ts";
import type { KernelMaker } from "../../../kernels/multigrid/kernels.ts";
import { modesOf } from "../../../kernels/multigrid/modes.ts";
import type { Modes } from "../../../kernels/multigrid/modes.ts";
import { referenceKernels } from "../../../kernels/multigrid/reference.ts";
import { wasmKernels } from "../../../kernels/multigrid/wasm-kernels.ts";
import { elementKinds, elementOf, randomNumbers } from "./elements.ts";

const pages = 64;
const words = (pages * 65536) / 8;

/** A memory of each kind with the same contents, zero to begin with. */
const twoMemories = () => {
  const memory = new WebAssembly.Memory({ initial: pages });
  const buffer = new ArrayBuffer(pages * 65536);
  const sides = [
    { data: new Float64Array(memory.buffer), kernels: wasmKernels(memory) },
    { data: new Float64Array(buffer), kernels: referenceKernels(buffer) },
  ] as const;
  return {
    both: (run: (side: { data: Float64Array; kernels: KernelMaker }) => void) => sides.forEach(run),
    expectEqual: (from = 0, to = words) => {
      const [own, reference] = sides.map(({ data }) => data.subarray(from, to));
      const differs = own!.findIndex((value, k) => value !== reference![k]);
      expect(differs < 0 ? "equal" : `${from + differs}: ${own![differs]} is not ${reference![differs]}`).toBe("equal");
      expect(own!.every(Number.isFinite)).toBe(true);
    },
  };
};

/** Writes random numbers to the nodes, or elements, of a field. */
const fill = (
  data: Float64Array,
  at: number,
  geometry: Geometry,
  counts: readonly number[],
  planes: number,
  seed: number,
): void => {
  const count = counts.reduce((size, own) => size * own, 1);
  const random = randomNumbers(seed);
  for (let k = 0; k < planes; k++)
    for (let n = 0; n < count; n++)
      data[at / 8 + k * geometry.length + placeOf(geometry, indicesIn(counts, n))] = random();
};

const kinds = fc.constantFrom(...elementKinds);
const cellsOf = (dimension: number) =>
  dimension === 2
    ? fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
    : fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }));
const evenCells = (dimension: number) => cellsOf(dimension).map((cells) => cells.map((count) => 2 * count));
const cases = kinds.chain(([dimension, components]) =>
  fc.record({ components: fc.constant(components), cells: evenCells(dimension), seed: fc.nat() }),
);

describe("on the finest grid", () => {
  test("products, residuals and diagonals have the reference's bits", () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ components, cells, seed }, isSkew) => {
        const geometry = geometryOf(cells);
        const matrix = elementOf(cells.length, components, isSkew);
        const modes: Modes = modesOf(matrix, components);
        const diagonal = matrix.filter((_, k) => k % (Math.sqrt(matrix.length) + 1) === 0);
        const field = 8 * components * geometry.length;
        const [e, u, r, out] = [0, 1, 2, 3].map((k) => k * field) as [number, number, number, number];
        const scratch = 5 * field;
        expect(scratch + elementScratch(modes, geometry).bytes).toBeLessThan(pages * 65536);
        const { both, expectEqual } = twoMemories();
        both(({ data, kernels }) => {
          fill(data, e, geometry, cells, 1, seed);
          fill(data, u, geometry, geometry.nodes, components, seed + 1);
          fill(data, r, geometry, geometry.nodes, components, seed + 2);
          const { product, residual, diagonal: diagonalOf } = kernels.elements(modes, diagonal, geometry, scratch);
          product(e, u, out);
          residual(e, u, r, r);
          diagonalOf(e, 4 * field);
        });
        expectEqual(0, scratch / 8);
      }),
      { numRuns: 40 },
    );
  });
});

describe("on coarser grids", () => {
  test("matrices of elements are added and multiplied with the reference's bits", () => {
    fc.assert(
      fc.property(cases, ({ components, cells, seed }) => {
        const geometry = geometryOf(cells);
        const dimension = cells.length;
        const size = components * 2 ** dimension;
        const field = 8 * components * geometry.length;
        const [u, r, matrix] = [0, field, 2 * field] as const;
        const tables = matrix + 8 * size * size;
        const stencil = tables + stencilTables(components, dimension);
        const end = stencil + stencilBytes(components, geometry);
        expect(end).toBeLessThan(pages * 65536);
        const { both, expectEqual } = twoMemories();
        both(({ data, kernels }) => {
          const { add, residual, diagonal } = kernels.stencil(components, geometry, tables);
          const random = randomNumbers(seed);
          for (let k = 0; k < cells.reduce((count, own) => count * own, 1); k++) {
            for (let entry = 0; entry < size * size; entry++) data[matrix / 8 + entry] = random();
            add(stencil, indicesIn(cells, k), matrix);
          }
          fill(data, u, geometry, geometry.nodes, components, seed + 1);
          fill(data, r, geometry, geometry.nodes, components, seed + 2);
          residual(stencil, u, r, r);
          diagonal(stencil, u);
        });
        expectEqual(0, tables / 8);
        expectEqual(stencil / 8, end / 8);
      }),
      { numRuns: 25 },
    );
  });

  test("interpolation and its transpose have the reference's bits, and are transposes", () => {
    fc.assert(
      fc.property(cases, ({ components, cells, seed }) => {
        const [fine, coarse] = [geometryOf(cells), geometryOf(cells.map((count) => count / 2))];
        const field = 8 * components * fine.length;
        const [u, v, small, image] = [0, field, 2 * field, 3 * field] as const;
        const { both, expectEqual } = twoMemories();
        both(({ data, kernels }) => {
          fill(data, u, fine, fine.nodes, components, seed);
          fill(data, small, coarse, coarse.nodes, components, seed + 1);
          const { restrict, prolong } = kernels.transfer(components, fine, coarse);
          prolong(small, v);
          restrict(u, image);
          const dot = (a: number, b: number) =>
            data.subarray(a / 8, (a + field) / 8).reduce((sum, value, k) => sum + value * data[b / 8 + k]!, 0);
          expect(dot(u, v)).toBeCloseTo(dot(small, image), 10);
          prolong(small, u);
        });
        expectEqual(0, image / 8 + components * coarse.length);
      }),
      { numRuns: 40 },
    );
  });

  test("matrices of coarse elements have the reference's bits", () => {
    fc.assert(
      fc.property(cases, ({ components, cells, seed }) => {
        const fine = geometryOf(cells);
        const size = components * 2 ** cells.length;
        const bytes = 8 * size * size;
        const children = 2 ** cells.length;
        const [e, kinds] = [0, 8 * fine.length] as const;
        const first = kinds + 8 * Math.ceil(fine.length / 2);
        const [child, scratch, parent] = [0, 1, 2].map((k) => first + (children + k) * bytes) as [
          number,
          number,
          number,
        ];
        const { both, expectEqual } = twoMemories();
        both(({ data, kernels }) => {
          const random = randomNumbers(seed);
          fill(data, e, fine, cells, 1, seed + 1);
          for (let k = first / 8; k < child / 8; k++) data[k] = random();
          const table = new Int32Array(data.buffer, kinds, fine.length);
          for (let k = 0; k < cells.reduce((count, own) => count * own, 1); k++) {
            const at = indicesIn(cells, k);
            const corner = at.map((index) => index % 2);
            table[placeOf(fine, at)] = first + bytes * indexIn(new Array<number>(cells.length).fill(2), corner);
          }
          const { combine, promote } = kernels.galerkin(components, fine);
          for (let corner = 0; corner < children; corner++) {
            const parentAt = indicesIn(
              cells.map((count) => count / 2),
              seed % (cells.reduce((count, own) => count * own, 1) / children),
            );
            combine(
              e,
              kinds,
              8 *
                placeOf(
                  fine,
                  parentAt.map((index) => 2 * index),
                ),
              child,
            );
            // Only symmetric matrices are promoted.
            for (let row = 0; row < size; row++)
              for (let column = 0; column < row; column++)
                data[child / 8 + row * size + column] = data[child / 8 + column * size + row]!;
            promote(child, corner, scratch, parent);
          }
        });
        expectEqual();
      }),
      { numRuns: 25 },
    );
  });
});

describe("on whole fields", () => {
  test("sums and updates have the reference's bits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (quarter, seed) => {
        const count = 4 * quarter;
        const bytes = 8 * count;
        const [a, b, c, d] = [0, 1, 2, 3].map((k) => k * bytes) as [number, number, number, number];
        const places = 4 * bytes;
        const { both, expectEqual } = twoMemories();
        const results: number[][] = [];
        both(({ data, kernels }) => {
          const random = randomNumbers(seed);
          for (let k = 0; k < 4 * count; k++) data[k] = random();
          const table = new Int32Array(data.buffer, places, count);
          for (let k = 0; k < quarter; k++) table[k] = 32 * k;
          const { dot, scale, correct, step, advance, direct, invert, clear, addAt } = kernels.vectors();
          const own = [dot(a, b, count)];
          scale(a, b, c, count, 0.3);
          correct(d, b, c, count, -0.7);
          step(a, c, b, d, count, 0.2, 1.1);
          own.push(advance(a, b, c, d, count, 0.4));
          direct(c, a, count, -0.6);
          data[d / 8 + 1] = 0;
          invert(d, count);
          clear(places, Math.ceil(quarter / 2), c);
          addAt(places, b, quarter, a, d, -1);
          results.push(own);
        });
        expect(results[0]).toEqual(results[1]);
        expectEqual();
      }),
      { numRuns: 40 },
    );
  });
});
