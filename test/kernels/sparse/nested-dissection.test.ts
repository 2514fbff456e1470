import fc from "fast-check";
import { expect, test } from "vitest";
import { analyzeElements } from "../../../kernels/sparse/analysis.ts";
import { gridElementNodes } from "../../../kernels/sparse/grid.ts";
import { nestedDissection } from "../../../kernels/sparse/nested-dissection.ts";
import { analyzeGrid, cantilever, smallGrids } from "./systems.ts";

const cells = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 });

test("nested dissection eliminates every node exactly once", () => {
  fc.assert(
    fc.property(cells, (shape) => {
      const count = shape.reduce((product, side) => product * (side + 1), 1);
      expect(Array.from(nestedDissection(shape)).sort((a, b) => a - b)).toEqual(
        Array.from({ length: count }, (_, k) => k),
      );
    }),
    { numRuns: 40 },
  );
});

test("nested dissection of a long strip does not exhaust the call stack", () => {
  expect(nestedDissection([1, 200_000])).toHaveLength(400_002);
});

test("nested dissection of a square needs less than half the operations of row-major order", () => {
  const grid = { nelx: 40, nely: 40 };
  const nested = analyzeGrid(grid, cantilever(grid));
  const nodeCount = nested.dofCount / 2;
  const rowMajor = analyzeElements({
    ...nested,
    nodeCount,
    order: Int32Array.from({ length: nodeCount }, (_, k) => k),
  });
  expect(nested.statistics.flops).toBeLessThan(0.5 * rowMajor.statistics.flops);
});

test("neighbouring elements share the nodes of their common edge", () => {
  fc.assert(
    fc.property(smallGrids, ({ nelx, nely }) => {
      const nodes = gridElementNodes(nelx, nely);
      const corner = (e: number, k: number): number => nodes[4 * e + k]!;
      for (let e = 0; e < nelx * nely; e++) {
        if (e % nelx > 0) expect([corner(e - 1, 1), corner(e - 1, 2)]).toEqual([corner(e, 0), corner(e, 3)]);
        if (e >= nelx) expect([corner(e - nelx, 0), corner(e - nelx, 1)]).toEqual([corner(e, 3), corner(e, 2)]);
      }
    }),
    { numRuns: 30 },
  );
});

test("the first element of a 2x1 grid has nodes lower-left 3, lower-right 4, upper-right 1, upper-left 0", () => {
  expect(Array.from(gridElementNodes(2, 1))).toEqual([3, 4, 1, 0, 4, 5, 2, 1]);
});
