/** Fault 60 for finite elements: sizes that do not fit are refused at once, before anything is allocated. */
import { describe, expect, test } from "vitest";
import { elasticity, gridMesh, heatConduction } from "cotangent/fem";
import { densityFilter, problems } from "cotangent/topopt";
import { directFactorLength } from "../../kernels/sparse/grid.ts";
import { h8Elasticity, h8Heat } from "../../kernels/sparse/hexahedron.ts";
import { q4Heat, q4PlaneStress } from "../../kernels/sparse/quadrilateral.ts";
import { analysisOf, gridSystem } from "../../ops/fe-system.ts";

const coded = (code: string): object => expect.objectContaining({ code });

/** What a call threw; fails when it did not. */
const thrownBy = (call: () => unknown): { code: string } => {
  try {
    call();
  } catch (error) {
    return error as { code: string };
  }
  return expect.fail("nothing was thrown");
};

describe("fault 60: sizes that do not fit", () => {
  const refusedAtOnce = (call: () => unknown): void => {
    const started = performance.now();
    const error = thrownBy(call);
    expect(performance.now() - started).toBeLessThan(50);
    expect(error.code).toBe("TooLarge");
  };

  /** What a run takes beyond what it gives back. */
  const expectNothingAllocated = (run: () => void): void => {
    const before = process.memoryUsage();
    run();
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1e6);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(2e7);
  };

  test("grids whose fields do not fit are refused within 50 ms, before anything is allocated", () =>
    expectNothingAllocated(() => {
      for (const [nelx, nely] of [
        [1e9, 1e9],
        [1e6, 1e6],
        [2 ** 52, 2],
      ] as const) {
        refusedAtOnce(() => gridMesh({ nelx, nely }));
        refusedAtOnce(() => gridMesh({ nelx, nely, nelz: 2 }));
        refusedAtOnce(() => problems.mbb({ nelx, nely: 2 * nely }));
      }
      refusedAtOnce(() => gridMesh({ nelx: 1000, nely: 1000, nelz: 1000 }));
    }));

  test("direct solvers whose factors do not fit are refused within 50 ms, before anything is allocated, with advice", () =>
    expectNothingAllocated(() => {
      for (const size of [
        { nelx: 2e4, nely: 2e4 },
        { nelx: 3000, nely: 3000 },
        { nelx: 1e8, nely: 1 },
        { nelx: 100, nely: 100, nelz: 100 },
      ]) {
        const mesh = gridMesh(size);
        refusedAtOnce(() => elasticity(mesh, { supports: [], solver: "direct" }));
        expect(() => elasticity(mesh, { supports: [], solver: "direct" })).toThrow(/GiB.*multigrid or a coarser grid/u);
      }
      refusedAtOnce(() => heatConduction(gridMesh({ nelx: 1e4, nely: 1e4 }), { supports: [], solver: "direct" }));
    }));

  test("grids of millions of dofs are meshes", () => {
    expect(gridMesh({ nelx: 2000, nely: 1000 }).nodeShape).toEqual([1001, 2001]);
    expect(gridMesh({ nelx: 96, nely: 48, nelz: 48 }).nodeShape).toEqual([49, 49, 97]);
  });

  test("a filter that would take minutes is refused within 50 ms", () => {
    const mesh = gridMesh({ nelx: 2000, nely: 2000 });
    const started = performance.now();
    expect(() => densityFilter(mesh, { radius: 1e9 })).toThrow(coded("TooLarge"));
    expect(performance.now() - started).toBeLessThan(50);
  });

  test("the estimate behind the refusal is never below the length of the factor, and at most three times it", () => {
    const free = (cells: readonly number[], elementMatrix: Float64Array, dofsPerNode: number): number =>
      analysisOf(
        gridSystem({
          cells,
          elementMatrix,
          fixed: new Uint8Array(cells.reduce((dofs, count) => dofs * (count + 1), dofsPerNode)),
        }),
      ).factorLength;
    for (const cells of sheets.concat(blocks)) {
      const elements =
        cells.length === 2
          ? ([
              [q4Heat(), 1],
              [q4PlaneStress(0.3), 2],
            ] as const)
          : ([
              [h8Heat(), 1],
              [h8Elasticity(0.3), 3],
            ] as const);
      for (const [elementMatrix, dofsPerNode] of elements) {
        const ratio = directFactorLength(cells, dofsPerNode) / free(cells, elementMatrix, dofsPerNode);
        expect(ratio).toBeGreaterThanOrEqual(1);
        expect(ratio).toBeLessThan(3);
      }
    }
  });

  const sheets: (readonly number[])[] = [
    [1, 1],
    [3, 2],
    [10, 10],
    [64, 96],
    [96, 64],
    [50, 200],
    [1, 500],
    [500, 1],
    [150, 150],
  ];
  const blocks: (readonly number[])[] = [
    [1, 1, 1],
    [3, 3, 3],
    [12, 12, 12],
    [20, 20, 20],
    [1, 40, 40],
    [40, 3, 40],
    [1, 1, 300],
    [4, 200, 4],
    [60, 12, 12],
    [5, 7, 11],
    [16, 24, 8],
  ];
});
