/** Fault 60 for finite elements: sizes that do not fit are refused at once, before anything is allocated. */
import { describe, expect, test } from "vitest";
import { gridMesh } from "cotangent/fem";
import { densityFilter, problems } from "cotangent/topopt";
import { gridFactorLength } from "../../kernels/sparse/grid.ts";
import { q4PlaneStress } from "../../kernels/sparse/quadrilateral.ts";
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
  test("huge grids are refused within 50 ms, before anything is allocated", () => {
    const before = process.memoryUsage();
    for (const [nelx, nely] of [
      [1e9, 1e9],
      [1e6, 1e6],
      [2 ** 52, 2],
      [2e4, 2e4],
      [3000, 3000],
      [1e8, 1],
    ] as const) {
      const started = performance.now();
      const error = thrownBy(() => gridMesh({ nelx, nely }));
      expect(performance.now() - started).toBeLessThan(50);
      expect(error.code).toBe("TooLarge");
      expect(() => problems.mbb({ nelx, nely: 2 * nely })).toThrow(coded("TooLarge"));
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1e6);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(2e7);
  });

  test("a filter that would take minutes is refused within 50 ms", () => {
    const mesh = gridMesh({ nelx: 2000, nely: 2000 });
    const started = performance.now();
    expect(() => densityFilter(mesh, { radius: 1e9 })).toThrow(coded("TooLarge"));
    expect(performance.now() - started).toBeLessThan(50);
  });

  test("the estimate behind the refusal is never below the length of the factor, and at most three times it", () => {
    const free = (nelx: number, nely: number): number =>
      analysisOf(
        gridSystem({
          cells: [nely, nelx],
          elementMatrix: q4PlaneStress(0.3),
          fixed: new Uint8Array(2 * (nelx + 1) * (nely + 1)),
        }),
      ).factorLength;
    for (const [nelx, nely] of [
      [1, 1],
      [2, 3],
      [10, 10],
      [96, 64],
      [64, 96],
      [200, 50],
      [500, 1],
      [1, 500],
      [150, 150],
    ] as const) {
      const ratio = gridFactorLength(nelx, nely, 2) / free(nelx, nely);
      expect(ratio).toBeGreaterThanOrEqual(1);
      expect(ratio).toBeLessThan(3);
    }
  });
});
