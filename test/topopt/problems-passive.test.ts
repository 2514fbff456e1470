/** Elements that no design may change: the check of masks and solid fields, and the L-bracket, which has both. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementField, feSolve, gridMesh } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { problems, simp } from "cotangent/topopt";
import { requirePassive } from "../../topopt/problems/index.ts";
import { floats } from "../fem/fields.ts";

const invalid = expect.objectContaining({ code: "InvalidProblem" }) as Error;

describe("requirePassive", () => {
  const mesh = gridMesh({ nelx: 3, nely: 2 });
  const flags = (...values: number[]): ElementField => elementField(mesh, np.array(values, { shape: [2, 3] }));

  test("flags of any dtype come back as float64, and what a problem lacks stays absent", () => {
    expect(requirePassive("run", { mesh })).toEqual({});
    const mask = np.array([1, 1, 0, 1, 1, 1], { shape: [2, 3], dtype: "int32" }) as ElementField;
    const passive = requirePassive("run", { mesh, mask, solid: flags(1, 0, 0, 0, 0, 0) });
    expect(passive.mask!.dtype).toBe("float64");
    expect(floats(passive.mask!)).toEqual(Float64Array.of(1, 1, 0, 1, 1, 1));
    expect(Object.keys(requirePassive("run", { mesh, mask }))).toEqual(["mask"]);
  });

  test("an element that is void and solid, a mask without a 1, a fraction and NaN are refused by number and by the caller's name", () => {
    expect(() =>
      requirePassive("run", { mesh, mask: flags(1, 1, 0, 1, 1, 1), solid: flags(0, 1, 1, 0, 0, 0) }),
    ).toThrow(/run: element 2 is solid where the mask is 0/);
    expect(() => requirePassive("run", { mesh, solid: flags(0, 0, 0, 0.5, 0, 0) })).toThrow(
      /the solid field of element 3 is 0\.5/,
    );
    expect(() => requirePassive("run", { mesh, mask: flags(0, 0, 0, 0, Number.NaN, 0) })).toThrow(invalid);
    expect(() => requirePassive("run", { mesh, mask: flags(0, 0, 0, 0, 0, 0) })).toThrow(/run: a mask of zeros alone/);
    expect(() => requirePassive("run", { mesh, mask: np.ones([3, 2]) as ElementField })).toThrow(
      expect.objectContaining({ code: "ShapeMismatch" }),
    );
  });
});

describe("lBracket", () => {
  const count = fc.integer({ min: 2, max: 50 });
  /** Sizes with room for an L. */
  const sizes = fc
    .record({ nelx: count, nely: count, aspect: fc.double({ min: 0.05, max: 0.95, noNaN: true }) })
    .filter(({ nelx, nely, aspect }) =>
      [nelx, nely].every((own) => Math.round(aspect * own) >= 1 && Math.round(aspect * own) < own),
    );

  test("its material is an upright and an arm, clamped on the top of the upright", () => {
    fc.assert(
      fc.property(sizes, ({ nelx, nely, aspect }) => {
        const { mask, system } = problems.lBracket({ nelx, nely, aspect });
        const rows = mask!.toList() as number[][];
        const upright = rows[0]!.reduce((sum, open) => sum + open, 0);
        const arm = rows.reduce((sum, row) => sum + row.at(-1)!, 0);
        expect(Math.abs(upright - aspect * nelx)).toBeLessThanOrEqual(0.5);
        expect(Math.abs(arm - aspect * nely)).toBeLessThanOrEqual(0.5);
        const bracket = rows.map((row, r) => row.map((_, column) => (column < upright || r >= nely - arm ? 1 : 0)));
        expect(rows).toEqual(bracket);
        const fixed = floats(system.fixed);
        expect(fixed).toEqual(fixed.map((_, dof) => (Math.floor(dof / 2) <= upright ? 1 : 0)));
      }),
    );
  });

  test("a total force of 1 points down, on nodes whose elements below are solid, and solid elements are open", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const problem = problems.lBracket(size);
        const { solid } = requirePassive("test", problem);
        const held = solid!.toList() as number[][];
        const forces = problem.load.toList() as number[][][];
        let total = 0;
        const wrong: unknown[] = [];
        forces.forEach((row, r) =>
          row.forEach(([x, y], column) => {
            total += y!;
            if (!Object.is(x, 0) || (y !== 0 && held[r]![column] !== 1 && held[r]![column - 1] !== 1))
              wrong.push([r, column, x, y]);
          }),
        );
        expect(wrong).toEqual([]);
        expect(Math.abs(total + 1)).toBeLessThan(1e-13);
      }),
    );
  });

  test("the tip sinks, whatever its size", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const problem = problems.lBracket(size);
        const u = feSolve(problem.system, simp(problem.mask!, { eMin: 1e-3 }), problem.load);
        expect(np.vdot(problem.load, u).item()).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });

  test("a grid without room for an L, an aspect outside (0, 1) and unknown options are refused", () => {
    for (const size of [
      { nelx: 1, nely: 8 },
      { nelx: 8, nely: 1 },
      { nelx: 8, nely: 8, aspect: 0.05 },
    ])
      expect(() => problems.lBracket(size)).toThrow(invalid);
    for (const aspect of [0, 1, -0.4, Number.NaN, "0.4" as never])
      expect(() => problems.lBracket({ nelx: 8, nely: 8, aspect })).toThrow(
        expect.objectContaining({ code: "InvalidOption" }),
      );
    expect(() => problems.lBracket({ nelx: 8, nely: 8, ratio: 0.4 } as never)).toThrow(
      expect.objectContaining({ code: "UnknownOption" }),
    );
  });
});
