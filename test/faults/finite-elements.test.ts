/** Faults 37-47 of the list of faults that must be survived: structures, moduli, loads and grids. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { grad, hvp, valueAndGrad } from "cotangent";
import {
  corner,
  edge,
  elasticity,
  elementField,
  feSolve,
  fix,
  gridMesh,
  nodalLoad,
  vectorField,
  where,
} from "cotangent/fem";
import type { ElasticitySystem, ElementField, GridMesh, NodeSet, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance, minimizeCompliance, problems } from "cotangent/topopt";
import type { Problem } from "cotangent/topopt";
import { gridSystem } from "../../ops/fe-system.ts";
import { feFactor } from "../../ops/fe-solve.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { derivativeAtZero, floats, innerProduct, wave } from "../fem/fields.ts";

const names = ["mbb", "tensile", "bridge", "michell"] as const;
const coded = (code: string): object => expect.objectContaining({ code });

/** What a call threw; fails when it did not. */
const thrownBy = (call: () => unknown): { code: string; message: string } => {
  try {
    call();
  } catch (error) {
    return error as { code: string; message: string };
  }
  return expect.fail("nothing was thrown");
};

/** Notices given while `run` runs. */
const noticesOf = (run: () => void): string[] => {
  const codes: string[] = [];
  setNoticeListener((code) => codes.push(code));
  run();
  return codes;
};

const cantilever = (nelx: number, nely: number): { mesh: GridMesh; system: ElasticitySystem; load: VectorField } => {
  const mesh = gridMesh({ nelx, nely });
  return {
    mesh,
    system: elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] }),
    load: nodalLoad(corner(mesh, "bottomRight"), [0, -1]),
  };
};

const fieldOf = (mesh: GridMesh, values: (row: number, column: number) => number): ElementField =>
  elementField(
    mesh,
    np.array(
      Float64Array.from({ length: mesh.nelx * mesh.nely }, (_, e) => values(Math.floor(e / mesh.nelx), e % mesh.nelx)),
      { shape: [...mesh.elementShape] },
    ),
  );

afterEach(() => setNoticeListener(null));

describe("fault 37: no supports", () => {
  test.each(names)("%s stripped of its supports is refused with a dof, its node and what to do", (name) => {
    for (const [nelx, nely] of [
      [1, 2],
      [5, 4],
      [12, 8],
    ] as const) {
      const { mesh, load } = problems[name]({ nelx, nely });
      const error = thrownBy(() => feSolve(elasticity(mesh, { supports: [] }), elementField(mesh, 1), load));
      expect(error.code).toBe("NotPositiveDefinite");
      expect(error.message).toMatch(/dof \d+ \((x|y) of node \d+, row \d+, column \d+\) can move/u);
      expect(error.message).toMatch(/supports/u);
    }
  });
});

describe("fault 38: one support too few", () => {
  /** Displacements of a dof in the three rigid motions: along x, along y, about the corner. */
  const rigid = (dof: number, columns: number): number[] => {
    const node = Math.floor(dof / 2);
    return dof % 2 === 0 ? [1, 0, Math.floor(node / columns)] : [0, 1, node % columns];
  };

  const rankOf = (rows: readonly (readonly number[])[]): number => {
    const left = rows.map((row) => [...row]);
    let rank = 0;
    for (let column = 0; column < 3; column++) {
      const pivot = left.findIndex((row, k) => k >= rank && Math.abs(row[column]!) > 1e-9);
      if (pivot < 0) continue;
      [left[rank], left[pivot]] = [left[pivot]!, left[rank]!];
      for (let k = rank + 1; k < left.length; k++) {
        const ratio = left[k]![column]! / left[rank]![column]!;
        left[k] = left[k]!.map((value, j) => value - ratio * left[rank]![j]!);
      }
      rank++;
    }
    return rank;
  };

  const grids = fc.record({
    nelx: fc.integer({ min: 1, max: 6 }),
    nely: fc.integer({ min: 1, max: 5 }),
    isBlackAndWhite: fc.boolean(),
  });
  const choices = fc.array(fc.record({ at: fc.nat(), direction: fc.constantFrom("x", "y", "all") }), { maxLength: 5 });

  test("any choice of supports is accepted if it stops all rigid motions, else refused with a free dof that can move", () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(grids, choices, ({ nelx, nely, isBlackAndWhite }, list) => {
        const mesh = gridMesh({ nelx, nely });
        const count = (nelx + 1) * (nely + 1);
        const supports = list.map(({ at, direction }) => fix({ mesh, nodes: [at % count] }, direction));
        const system = elasticity(mesh, { supports });
        const flags = system.fixed.toTypedArray();
        const held = Array.from(flags.keys())
          .filter((dof) => flags[dof] === 1)
          .map((dof) => rigid(dof, nelx + 1));
        const modulus = fieldOf(mesh, (row, column) => (isBlackAndWhite && (row + column) % 2 === 1 ? 1e-9 : 1));
        const solve = (): VectorField => feSolve(system, modulus, vectorField(mesh, wave([nely + 1, nelx + 1, 2], 0)));
        if (rankOf(held) === 3) {
          accepted++;
          for (const value of floats(solve())) expect(Number.isFinite(value)).toBe(true);
          expect(system.report()!.backwardError).toBeLessThan(1e-10);
          return;
        }
        refused++;
        const error = thrownBy(solve);
        expect(error.code).toBe("NotPositiveDefinite");
        const dof = Number(/dof (\d+)/u.exec(error.message)![1]);
        expect(flags[dof]).toBe(0);
        expect(rankOf([...held, rigid(dof, nelx + 1)])).toBe(rankOf(held) + 1);
      }),
      { numRuns: 300 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(30);
  });
});

describe("fault 39: islands", () => {
  const { mesh, system, load } = cantilever(10, 6);
  /** A solid block at the left edge and one on its own in a void. */
  const island = fieldOf(mesh, (row, column) =>
    column < 5 || (row > 1 && row < 4 && column > 6 && column < 9) ? 1 : 1e-9,
  );

  test("an island in a soft void solves, loaded or not", () => {
    const onBody = vectorField(
      mesh,
      nodalLoad(
        where(mesh, ({ x, y }) => x === 4 && y === 3),
        [0, -1],
      ),
    );
    const onIsland = vectorField(
      mesh,
      nodalLoad(
        where(mesh, ({ x, y }) => x === 8 && y === 3),
        [0, -1],
      ),
    );
    const [near, far] = [onBody, onIsland].map((own) => compliance({ mesh, system, load: own }, island).item());
    expect(near).toBeGreaterThan(0);
    expect(near).toBeLessThan(100);
    expect(far).toBeGreaterThan(1e7);
    expect(system.report()!.backwardError).toBeLessThan(1e-12);
  });

  test("any black-and-white design at contrast 1e9 solves with finite numbers and a small backward error", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (solid) => {
        const modulus = fieldOf(mesh, (row, column) => (solid[row * 10 + column]! ? 1 : 1e-9));
        const [value, gradient] = valueAndGrad((own: ElementField) => compliance({ mesh, system, load }, own))(modulus);
        expect(Number.isFinite(value.item()) && value.item() > 0).toBe(true);
        for (const slope of floats(gradient)) expect(slope <= 0 && Number.isFinite(slope)).toBe(true);
        expect(system.report()!.backwardError).toBeLessThan(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test("an island of no stiffness around it is reported with an element, never solved", () => {
    const cut = np.maximum(island.sub(1e-8), 0);
    const error = thrownBy(() => feSolve(system, elementField(mesh, cut), load));
    expect(error.code).toBe("InvalidModulus");
    expect(error.message).toMatch(/element 5 \(row 0, column 5\) has modulus 0/u);
  });
});

describe("fault 40: a modulus that is none", () => {
  test("0, negative, NaN and infinite in one element are refused with that element, first solve or later", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        fc.constantFrom(0, -0, -1e-9, -1, NaN, Infinity, -Infinity),
        fc.boolean(),
        (nelx, nely, at, wrong, isLater) => {
          const { mesh, system, load } = cantilever(nelx, nely);
          if (isLater) feSolve(system, elementField(mesh, 1), load);
          const e = at % (nelx * nely);
          const [row, column] = [Math.floor(e / nelx), e % nelx];
          const modulus = fieldOf(mesh, (r, c) => (r === row && c === column ? wrong : 1));
          const error = thrownBy(() => grad((own: ElementField) => compliance({ mesh, system, load }, own))(modulus));
          expect(error.code).toBe("InvalidModulus");
          expect(error.message).toContain(`element ${e} (row ${row}, column ${column})`);
          expect(compliance({ mesh, system, load }, elementField(mesh, 1)).item()).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe("fault 41: contrast 1e9", () => {
  const patterns: Readonly<Record<string, (row: number, column: number) => boolean>> = {
    checkerboard: (row, column) => (row + column) % 2 === 0,
    "a bar of voids": (row) => row !== 4,
    "a frame around a void": (row, column) => row === 0 || row === 7 || column === 0 || column === 11,
    "one thin bar": (row) => row === 7,
  };

  test.each(Object.entries(patterns))(
    "%s solves to a residual of 1e-8 with a gradient right to 1e-6, or both to the rounding of its displacement",
    (_name, isSolid) => {
      const { mesh, system, load } = cantilever(12, 8);
      const modulus = fieldOf(mesh, (row, column) => (isSolid(row, column) ? 1 : 1e-9));
      const objective = (own: ElementField): number => compliance({ mesh, system, load }, own).item();
      const gradient = grad((own: ElementField) => compliance({ mesh, system, load }, own))(modulus);
      // A hinged checkerboard moves by 1e9: rounding u alone then leaves 1e-7 of the load.
      const largest = Math.max(...floats(feSolve(system, modulus, load)).map(Math.abs));
      expect(system.report()!.residual).toBeLessThan(Math.max(1e-8, 1e-15 * largest));
      expect(system.report()!.backwardError).toBeLessThan(1e-15);
      for (const phase of [0, 1, 2]) {
        const direction = wave([8, 12], phase);
        const expected = derivativeAtZero(
          (h) => objective(np.mul(modulus, np.exp(direction.mul(h))) as ElementField),
          0.1,
        );
        expect(Math.abs(innerProduct(gradient, np.mul(modulus, direction)) / expected - 1)).toBeLessThan(
          Math.max(1e-6, 1e-13 * largest),
        );
      }
      expect(Math.abs(innerProduct(gradient, modulus) / objective(modulus) + 1)).toBeLessThan(
        Math.max(1e-10, 1e-15 * largest),
      );
    },
  );
});

describe("fault 42: contrast 1e16", () => {
  test("a solve that succeeds gives a notice with the contrast and the error, once", () => {
    const { mesh, system, load } = cantilever(8, 6);
    const messages: string[] = [];
    setNoticeListener((code, message) => messages.push(`${code} ${message}`));
    const modulus = fieldOf(mesh, (row, column) => (row === 2 && column === 4 ? 1e-16 : 1));
    for (let k = 0; k < 3; k++) feSolve(system, modulus, load);
    expect(messages.length).toBe(1);
    expect(messages[0]).toMatch(/^IllConditioned .*contrast 1\.0e\+16 has backward error .*Raise eMin/u);
    expect(system.report()!.contrast).toBeCloseTo(1e16, -2);
  });

  test("whatever the pattern, the answer is a notice or NotPositiveDefinite, never silence", () => {
    const { mesh, system, load } = cantilever(8, 6);
    fc.assert(
      fc.property(
        fc
          .array(fc.boolean(), { minLength: 48, maxLength: 48 })
          .filter((solid) => solid.includes(true) && solid.includes(false)),
        (solid) => {
          const modulus = fieldOf(mesh, (row, column) => (solid[row * 8 + column]! ? 1 : 1e-16));
          const notices: string[] = [];
          setNoticeListener((code) => notices.push(code));
          try {
            feSolve(system, modulus, load);
          } catch (error) {
            expect(error).toEqual(coded("NotPositiveDefinite"));
            expect((error as Error).message).toMatch(/Raise eMin/u);
            return;
          }
          expect(notices).toEqual(["IllConditioned"]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a contrast of 1e9 gives no notice", () => {
    const { mesh, system, load } = cantilever(8, 6);
    expect(
      noticesOf(() =>
        feSolve(
          system,
          fieldOf(mesh, (row, column) => ((row * column) % 3 === 0 ? 1 : 1e-9)),
          load,
        ),
      ),
    ).toEqual([]);
  });
});

describe("fault 43: an indefinite matrix", () => {
  test("an element matrix with a negative eigenvalue is refused as not positive definite", () => {
    const { system } = cantilever(4, 3);
    for (const shift of [0.05, 0.3, 5]) {
      const shifted = (system.elementMatrix.toTypedArray() as Float64Array).map((value, k) =>
        k % 9 === 0 ? value - shift : value,
      );
      const own = gridSystem({
        cells: [3, 4],
        elementMatrix: shifted,
        fixed: system.fixed.toTypedArray() as Uint8Array,
      });
      expect(() => feFactor(np.ones([3, 4]), { system: own })).toThrow(coded("NotPositiveDefinite"));
    }
  });
});

describe("fault 44: zero load", () => {
  test.each(names)(
    "%s without a load does not move: zero displacement, compliance, gradient and curvature, to the bit",
    (name) => {
      const { mesh, system } = problems[name]({ nelx: 6, nely: 4 });
      const load = vectorField(mesh, 0);
      const objective = (own: ElementField) => compliance({ mesh, system, load }, own);
      const modulus = fieldOf(mesh, (row, column) => 1 + row + column);
      const [value, gradient] = valueAndGrad(objective)(modulus);
      expect(Math.abs(value.item())).toBe(0);
      for (const field of [feSolve(system, modulus, load), gradient, hvp(objective, [modulus], [modulus])])
        expect(floats(field).every((entry) => entry === 0)).toBe(true);
      expect(system.report()!.residual).toBe(0);
    },
  );

  test("an optimization without a load has finite numbers only", () => {
    const problem = problems.mbb({ nelx: 6, nely: 4 });
    const { history, design } = minimizeCompliance(
      { ...problem, load: vectorField(problem.mesh, 0) },
      { volumeFraction: 0.4, iterations: 3 },
    );
    for (const { objective, volume, change } of history)
      expect([objective, volume, change].every(Number.isFinite)).toBe(true);
    expect(floats(design).every(Number.isFinite)).toBe(true);
  });
});

describe("fault 45: a load on fixed dofs only", () => {
  const { mesh, system } = cantilever(6, 4);
  const load = nodalLoad(edge(mesh, "left"), [3, -1]);

  test("nothing moves, and a notice says so, once", () => {
    const messages: string[] = [];
    setNoticeListener((code, message) => messages.push(`${code} ${message}`));
    for (let k = 0; k < 3; k++)
      expect(floats(feSolve(system, elementField(mesh, 1), load)).every((value) => value === 0)).toBe(true);
    expect(messages.length).toBe(1);
    expect(messages[0]).toMatch(/^LoadOnSupports .*supports/u);
  });

  test("an optimization says it too; a load that also acts elsewhere gives no notice", () => {
    expect(noticesOf(() => minimizeCompliance({ mesh, system, load }, { volumeFraction: 0.4, iterations: 1 }))).toEqual(
      ["LoadOnSupports", "VolumeNotReached"],
    );
    expect(
      noticesOf(() => feSolve(system, elementField(mesh, 1), load.add(nodalLoad(corner(mesh, "topRight"), [1, 0])))),
    ).toEqual([]);
  });
});

describe("fault 46: every dof fixed", () => {
  test("the displacement is zero, compliance and gradient are zero", () => {
    for (const [nelx, nely] of [
      [1, 1],
      [4, 3],
    ] as const) {
      const mesh = gridMesh({ nelx, nely });
      const everywhere: NodeSet = where(mesh, () => true);
      const system = elasticity(mesh, { supports: [fix(everywhere, "all")] });
      setNoticeListener(() => undefined);
      const load = nodalLoad(everywhere, [1, 2]);
      expect(floats(feSolve(system, elementField(mesh, 1), load)).every((value) => value === 0)).toBe(true);
      const [value, gradient] = valueAndGrad((own: ElementField) => compliance({ mesh, system, load }, own))(
        elementField(mesh, 1),
      );
      expect(value.item()).toBe(0);
      expect(floats(gradient).every((slope) => slope === 0)).toBe(true);
      expect(system.report()).toMatchObject({ freeDofs: 0, residual: 0 });
    }
  });
});

describe("fault 47: small grids", () => {
  const works = (problem: Problem): void => {
    const { mesh, system } = problem;
    const [value, gradient] = valueAndGrad((own: ElementField) => compliance(problem, own))(elementField(mesh, 1));
    expect(value.item()).toBeGreaterThan(0);
    expect(gradient.shape).toEqual([mesh.nely, mesh.nelx]);
    // Slender beams move far: the rounding of the displacement is then what remains.
    const rounding = Math.max(1e-10, 1e-14 * value.item());
    expect(Math.abs(np.sum(gradient).item() / value.item() + 1)).toBeLessThan(rounding);
    expect(system.report()!.residual).toBeLessThan(rounding);
  };

  test("every preset works on every grid of 1 to 5 elements a side, with few exceptions refused by name", () => {
    for (const name of names) {
      for (let nelx = 1; nelx <= 5; nelx++) {
        for (let nely = 1; nely <= 5; nely++) {
          const needsEven = name === "tensile" || name === "michell";
          if (needsEven && nely % 2 === 1)
            expect(() => problems[name]({ nelx, nely })).toThrow(coded("InvalidProblem"));
          else works(problems[name]({ nelx, nely }));
        }
      }
    }
  });

  test("no elements at all are refused by name", () => {
    for (const [nelx, nely] of [
      [0, 0],
      [0, 3],
      [3, 0],
    ] as const)
      for (const name of names) expect(() => problems[name]({ nelx, nely })).toThrow(coded("InvalidMesh"));
  });

  test("prime sizes, long beams and tall columns work, and optimize", () => {
    for (const [nelx, nely] of [
      [13, 11],
      [31, 2],
      [1, 37],
      [101, 1],
    ] as const)
      works(problems.mbb({ nelx, nely }));
    for (const [nelx, nely] of [
      [1, 1],
      [1, 5],
      [7, 1],
    ] as const) {
      const { history } = minimizeCompliance(problems.mbb({ nelx, nely }), {
        volumeFraction: 0.5,
        iterations: 5,
        filterRadius: 2,
      });
      expect(history.every(({ objective, volume }) => objective > 0 && Math.abs(volume - 0.5) < 1e-8)).toBe(true);
    }
  });
});
