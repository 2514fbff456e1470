/** Costs that are estimated before anything is built, and the limits on what a file may ask for. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { gridMesh } from "cotangent/fem";
import { densityFilter } from "cotangent/topopt";
import { costLimits, estimateCost } from "../../cli/problem-file/index.ts";
import type { JsonObject } from "./problem-file-arbitraries.ts";
import { accepted, faultsOf } from "./problem-file-paths.ts";
import { adam, mbb, plain, plate } from "./problem-file-samples.ts";

describe("costs that are estimated first (fault 93)", () => {
  const milliseconds = (run: () => unknown): number => {
    const start = performance.now();
    run();
    return performance.now() - start;
  };
  const huge: readonly (readonly [what: string, file: JsonObject, path: string, says: RegExp])[] = [
    [
      "a grid of 1e9 x 1e9",
      { ...plain, problem: { ...mbb, nelx: 1e9, nely: 1e9 } },
      "problem",
      /2.00e\+18 degrees of freedom, the limit is 50000000/,
    ],
    [
      "a mesh of 1e9 x 1e9",
      { ...plain, problem: plate({ mesh: { nelx: 1e9, nely: 1e9 } }) },
      "problem.mesh",
      /the limit is 50000000/,
    ],
    [
      "a grid of 1e15 elements in a row",
      { ...plain, problem: { ...mbb, nelx: 1e15, nely: 1 } },
      "problem",
      /the limit is 50000000/,
    ],
    [
      "three hundred load cases",
      {
        ...plain,
        problem: plate({
          mesh: { nelx: 300, nely: 300 },
          loads: Array.from({ length: 300 }, (_, k) => ({ at: { corner: "topRight" }, force: [0, 1], case: k })),
        }),
      },
      "problem.mesh",
      /5.44e\+7 degrees of freedom/,
    ],
    [
      "three hundred selectors of many nodes",
      {
        ...plain,
        problem: plate({
          mesh: { nelx: 4900, nely: 4900 },
          loads: Array.from({ length: 300 }, () => ({ at: { corner: "topRight" }, force: [0, 1] })),
        }),
        output: { scale: 1 },
      },
      "problem.mesh",
      /selectors look at/,
    ],
    [
      "a radius of 1e9",
      {
        ...plain,
        problem: { ...mbb, nelx: 2000, nely: 2000 },
        output: { scale: 1 },
        parameterization: { kind: "pixels", filter: 1e9 },
      },
      "parameterization.filter",
      /radius 1000000000 on 2000 x 2000 elements takes 6.40e\+13 multiplications each time, the limit is 100000000000/,
    ],
    [
      "1e9 iterations",
      { ...plain, stop: { iterations: 1e9 } },
      "stop.iterations",
      /1000000000 is not a whole number from 1 to 10000000/,
    ],
    [
      "a wide network",
      {
        ...plain,
        optimizer: adam,
        problem: { ...mbb, nelx: 1000, nely: 1000 },
        parameterization: { kind: "siren", width: 4096, depth: 64 },
      },
      "parameterization",
      /2.63e\+11 numbers .* the limit is 1000000000/,
    ],
    [
      "a decoder that magnifies beyond the grid",
      {
        ...plain,
        optimizer: adam,
        parameterization: { kind: "cnn", filters: [8, 8, 8, 1], resizes: [16, 16, 16, 16] },
      },
      "parameterization",
      /the limit is 1000000000/,
    ],
    [
      "pictures of 64 pixels an element",
      { ...plain, problem: { ...mbb, nelx: 1000, nely: 1000 }, output: { scale: 64 } },
      "output.scale",
      /4.10e\+9 pixels, the limit is 100000000/,
    ],
  ];
  test.each(huge)("%s: refused within 50 ms with the number and the limit", (_what, file, path, says) => {
    const text = JSON.stringify(file);
    faultsOf(text);
    const times = Array.from({ length: 10 }, () => milliseconds(() => faultsOf(text)));
    expect(Math.min(...times)).toBeLessThan(50);
    const faults = faultsOf(text);
    expect(faults.map((own) => own.path)).toEqual([path]);
    expect(faults[0]!.message).toMatch(says);
  });

  test("a grid, a radius and iterations that are all too many are said at once", () => {
    const paths = faultsOf({
      ...plain,
      problem: { ...mbb, nelx: 1e9, nely: 1e9 },
      parameterization: { kind: "pixels", filter: 1e9 },
      stop: { iterations: 1e9 },
    });
    expect(paths.map((own) => own.path).sort()).toEqual(["parameterization.filter", "problem", "stop.iterations"]);
  });

  test("deep nesting and files of megabytes are refused by the reader of JSON (fault 94)", () => {
    expect(faultsOf(`{"problem": ${'{"union": ['.repeat(50_000)}`)[0]!.message).toContain("nested more than 64 deep");
    expect(faultsOf(`{"title": "${"x".repeat(2 ** 21)}"}`)[0]!.message).toContain("the limit is 1048576");
  });

  const sizes = fc.integer({ min: 1000, max: 7000 });
  test.prop([sizes, sizes, fc.integer({ min: 30, max: 9000 })], { numRuns: 50 })(
    "the filter's cost is the one that the filter itself would refuse",
    (nelx, nely, radius) => {
      const { filter } = estimateCost({
        ...accepted(plain),
        problem: { name: "mbb", nelx, nely },
        parameterization: { kind: "pixels", filter: radius, initial: 0.5 },
      });
      fc.pre(filter > costLimits.filter);
      expect(() => densityFilter(gridMesh({ nelx, nely }), { radius })).toThrow(
        `${filter.toExponential(1)} multiplications`,
      );
    },
  );

  test("costs are those of the grid", () => {
    const cost = estimateCost(
      accepted({
        problem: { name: "mbb", nelx: 96, nely: 64 },
        volumeFraction: 0.4,
        optimizer: adam,
        parameterization: { kind: "mlp", hidden: [10], filter: 2 },
      }),
    );
    expect(cost).toEqual({
      elements: 6144,
      dofs: 2 * 97 * 65,
      filter: 9 * 6144,
      network: 13 * 6144 + 30,
      pixels: 6144 * 64,
      iterations: 100,
    });
  });
});
