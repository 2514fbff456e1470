/**
 * The faults of finite element systems once more where they meet the solvers' insides: with multigrid next to the
 * factorization, and where memory is refused or moves.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { grad, valueAndGrad } from "cotangent";
import * as np from "cotangent/numpy";
import {
  corner,
  edge,
  elasticity,
  elementField,
  feFactor,
  feSolve,
  fix,
  gridMesh,
  heatConduction,
  nodalLoad,
  vectorField,
} from "cotangent/fem";
import type { ElementField, GridMesh, VectorField } from "cotangent/fem";
import { compliance } from "cotangent/topopt";
import { forgetSolverMemory } from "../../kernels/multifrontal/memory.ts";
import type { SolverOption } from "../../ops/fe-solver-choice.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { floats, wave } from "../fem/fields.ts";

const solvers: readonly SolverOption[] = ["direct", "multigrid"];

afterEach(() => {
  setNoticeListener(null);
  vi.restoreAllMocks();
});

const fieldOf = (mesh: GridMesh, values: (row: number, column: number) => number): ElementField =>
  elementField(
    mesh,
    np.array(
      Float64Array.from({ length: mesh.nelx * mesh.nely }, (_, e) => values(Math.floor(e / mesh.nelx), e % mesh.nelx)),
      { shape: [...mesh.elementShape] },
    ),
  );

/** A cantilever for every solver, pulled at its free end. */
const cantilevers = (nelx: number, nely: number, options: readonly SolverOption[] = solvers) => {
  const mesh = gridMesh({ nelx, nely });
  const load = nodalLoad(corner(mesh, "bottomRight"), [0.3, -1]);
  const systems = options.map((solver) => elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")], solver }));
  return { mesh, load, systems };
};

const thrownBy = (run: () => unknown): { readonly code: string; readonly message: string } => {
  try {
    run();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("nothing was thrown");
};

const work = (load: VectorField, u: VectorField): number => np.vdot(load, u).item();

describe("faults 39 and 41: islands, checkerboards, bars of void, noise", () => {
  test.each([
    ["an island", (row: number, column: number) => column < 8 || (row > 3 && row < 8 && column > 11 && column < 15)],
    ["a checkerboard", (row: number, column: number) => (row + column) % 2 === 0],
    ["bars of void", (_: number, column: number) => column % 3 !== 2],
    ["noise", (row: number, column: number) => Math.sin(97 * row + 31 * column) > -0.2],
  ])(
    "%s at contrast 1e9: iterations do the same work as the factorization, and differentiate it alike",
    (_, isSolid) => {
      const { mesh, load, systems } = cantilevers(18, 12);
      const modulus = fieldOf(mesh, (row, column) => (isSolid(row, column) ? 1 : 1e-9));
      const [direct, iterated] = systems.map((system) =>
        valueAndGrad((own: ElementField) => compliance({ mesh, system, load }, own))(modulus),
      );
      // What rounding of the stiff leaves of the soft: 1e9 times 1e-15, and some.
      expect(Math.abs(iterated![0].item() / direct![0].item() - 1)).toBeLessThan(2e-5);
      const [expected, slopes] = [floats(direct![1]), floats(iterated![1])];
      const largest = expected.reduce((high, slope) => Math.max(high, Math.abs(slope)), 0);
      slopes.forEach((slope, e) => expect(Math.abs(slope - expected[e]!)).toBeLessThan(1e-4 * largest));
    },
  );
});

describe("faults 40, 44, 45 and 46: moduli, loads and supports at their ends", () => {
  test.each([0, -1, Number.NaN, Infinity])(
    "a modulus of %d is refused with its element, whatever the solver",
    (wrong) => {
      const { mesh, load, systems } = cantilevers(6, 4);
      const modulus = fieldOf(mesh, (row, column) => (row === 2 && column === 3 ? wrong : 1));
      for (const system of systems) {
        const error = thrownBy(() => feSolve(system, modulus, load));
        expect(error).toMatchObject({ code: "InvalidModulus" });
        expect(error.message).toMatch(/element 15 \(row 2, column 3\)/u);
      }
    },
  );

  test("without a load, or with all dofs fixed, nothing moves, to the bit, and gradients are zero", () => {
    const { mesh, load, systems } = cantilevers(6, 4);
    const all = solvers.map((solver) =>
      elasticity(mesh, { supports: [fix({ mesh, nodes: Array.from({ length: 35 }, (_, k) => k) }, "all")], solver }),
    );
    for (const [system, force] of [
      ...systems.map((own) => [own, vectorField(mesh, 0)] as const),
      ...all.map((own) => [own, load] as const),
    ]) {
      const slopes = grad((own: ElementField) => np.sum(np.square(feSolve(system, own, force))))(elementField(mesh, 1));
      for (const value of [...floats(feSolve(system, elementField(mesh, 1), force)), ...floats(slopes)])
        expect(Math.abs(value)).toBe(0);
    }
  });
});

describe("fault 42: contrast 1e16", () => {
  test("is solved with a notice, or refused; never with a wrong number", () => {
    const { mesh, load, systems } = cantilevers(16, 8);
    const modulus = fieldOf(mesh, (row) => (row < 3 || row > 4 ? 1 : 1e-16));
    for (const system of systems) {
      const notices: string[] = [];
      setNoticeListener((code) => notices.push(code));
      let codes = notices;
      try {
        feSolve(system, modulus, load);
      } catch (error) {
        codes = [(error as { code: string }).code];
      }
      expect(codes.some((code) => ["IllConditioned", "NotConverged", "NotPositiveDefinite"].includes(code))).toBe(true);
    }
  });
});

describe("fault 47: small, thin and prime grids", () => {
  test("from 1x1 to 7x5 and 31x2: iterations agree with the factorization", () => {
    const sizes = Array.from({ length: 35 }, (_, k) => [1 + (k % 7), 1 + Math.floor(k / 7)] as const);
    for (const [nelx, nely] of [...sizes, [31, 2] as const, [2, 31] as const]) {
      const { mesh, load, systems } = cantilevers(nelx, nely);
      const modulus = fieldOf(mesh, (row, column) => 1 + ((3 * row + 5 * column) % 4));
      const [direct, iterated] = systems.map((system) => work(load, feSolve(system, modulus, load)));
      expect(Math.abs(iterated! / direct! - 1)).toBeLessThan(1e-9);
    }
  });

  test("heat in boxes from 1x1x1 to 3x3x3 likewise", () => {
    for (let k = 0; k < 27; k++) {
      const mesh = gridMesh({ nelx: 1 + (k % 3), nely: 1 + (Math.floor(k / 3) % 3), nelz: 1 + Math.floor(k / 9) });
      const heat = nodalLoad(corner(mesh, "bottomRightFront"), 1);
      const [direct, iterated] = solvers.map((solver) => {
        const system = heatConduction(mesh, { supports: [fix(corner(mesh, "topLeftBack"), "temperature")], solver });
        return np.vdot(heat, feSolve(system, elementField(mesh, 2), heat)).item();
      });
      expect(Math.abs(iterated! / direct! - 1)).toBeLessThan(1e-9);
    }
  });
});

describe("faults 51 and 52: a solve that does not converge", () => {
  test("is NotConverged with reason, iterations and residual; forwards and, told apart, in the derivative", () => {
    const { mesh, load, systems } = cantilevers(20, 12, [{ kind: "multigrid", maxIterations: 4 }]);
    const system = systems[0]!;
    const modulus = fieldOf(mesh, (row, column) => ((row + column) % 3 === 0 ? 1e-6 : 1));
    const forward = thrownBy(() => feSolve(system, modulus, load));
    expect(forward).toMatchObject({ code: "NotConverged", stop: { iterations: 4 } });
    expect(forward.message).not.toMatch(/adjoint/u);
    // Zero loads pass at once, so that it is the adjoint that fails.
    const adjoint = thrownBy(() =>
      grad((force: VectorField) => np.vdot(load, feSolve(system, modulus, force)))(vectorField(mesh, 0)),
    );
    expect(adjoint).toMatchObject({ code: "NotConverged", stop: { iterations: 4 } });
    expect(adjoint.message).toMatch(/adjoint/u);
    const enough = elasticity(mesh, { supports: system.supports, solver: "multigrid" });
    expect(Number.isFinite(work(load, feSolve(enough, modulus, load)))).toBe(true);
  });
});

describe("fault 61: memory that cannot grow", () => {
  test.each(solvers)(
    "is OutOfMemory with what to do (%s), and the same system is solved once there is memory",
    (solver) => {
      const { mesh, load, systems } = cantilevers(60, 40, [solver]);
      const system = systems[0]!;
      forgetSolverMemory();
      const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
        throw new RangeError("WebAssembly.Memory.grow(): Unable to grow instance memory");
      });
      const error = thrownBy(() => feSolve(system, elementField(mesh, 1), load));
      expect(error).toMatchObject({ code: "OutOfMemory" });
      expect(error.message).toMatch(/coarser grid/u);
      grow.mockRestore();
      const { systems: others } = cantilevers(60, 40, [solver]);
      const expected = floats(feSolve(others[0]!, elementField(mesh, 1), vectorField(others[0]!.mesh, load)));
      expect(floats(feSolve(system, elementField(mesh, 1), load))).toEqual(expected);
    },
  );
});

describe("fault 62: memory that moves between calls", () => {
  test("systems of both solvers, solved in turn while others take and lose their places, keep their bits", () => {
    const make = (k: number) => cantilevers(4 + 3 * (k % 9), 3 + (k % 5), [solvers[k % 2]!]);
    const solveOne = ({ mesh, load, systems }: ReturnType<typeof make>, phase: number): Float64Array =>
      floats(
        feSolve(systems[0]!, elementField(mesh, wave(mesh.elementShape, phase, { middle: 0.6, amplitude: 0.3 })), load),
      );
    const alone = Array.from({ length: 24 }, (_, k) => {
      forgetSolverMemory();
      return solveOne(make(k), k % 4);
    });
    forgetSolverMemory();
    const together = Array.from({ length: 24 }, (_, k) => make(k));
    for (const order of [together.keys(), [...together.keys()].reverse(), together.keys()])
      for (const k of order) {
        if (k % 7 === 3) forgetSolverMemory();
        expect(solveOne(together[k]!, k % 4)).toEqual(alone[k]);
      }
  });
});

describe("factors of other designs", () => {
  test.each(solvers)(
    "are refused, whether they are still kept or not, and the right design gets its own (%s)",
    (solver) => {
      const { mesh, load, systems } = cantilevers(8, 6, [solver]);
      const system = systems[0]!;
      const gap = (value: number) => fieldOf(mesh, (_, column) => (column === 4 ? value : 1));
      const kept = feFactor(system, gap(1e-7));
      const expected = floats(feSolve(system, gap(1e-7), load));
      const misuse = () => feSolve(system, gap(1e-6), load, { factor: kept });
      expect(misuse).toThrow(/does not belong to this modulus/u);
      // Others take its place.
      for (const value of [0.1, 0.2, 0.3, 0.4]) feSolve(system, gap(value), load);
      expect(misuse).toThrow(/does not belong to this modulus/u);
      expect(floats(feSolve(system, gap(1e-7), load, { factor: kept }))).toEqual(expected);
    },
  );
});

describe("parts that only void holds", () => {
  test.each([
    [8, 6],
    [32, 24],
  ])("are heated as by a factorization at contrast 1e9, within 1e-5 of the largest value (%d x %d)", (nelx, nely) => {
    const mesh = gridMesh({ nelx, nely });
    const heat = nodalLoad(corner(mesh, "topRight"), 1);
    const conductivity = fieldOf(mesh, (row, column) => (row === 0 || (column >= 2 && row === 2) ? 1 : 1e-9));
    const [direct, iterated] = solvers.map((solver) => {
      const system = heatConduction(mesh, { supports: [fix(edge(mesh, "left"), "temperature")], solver });
      const flow = (own: ElementField) => np.vdot(heat, feSolve(system, own, heat));
      return [floats(feSolve(system, conductivity, heat)), floats(grad(flow)(conductivity))] as const;
    });
    for (const which of [0, 1] as const) {
      const largest = direct![which].reduce((high, value) => Math.max(high, Math.abs(value)), 0);
      iterated![which].forEach((value, k) => expect(Math.abs(value - direct![which][k]!)).toBeLessThan(1e-5 * largest));
    }
  });
});

describe("loads of any size", () => {
  test.each(solvers)("from 1e-300 to 1e250 give the solution of one, by as much larger or smaller (%s)", (solver) => {
    const { mesh, load, systems } = cantilevers(9, 7, [solver]);
    const unit = floats(feSolve(systems[0]!, elementField(mesh, 1), load));
    for (const exponent of [-990, -600, 300, 830]) {
      const scale = 2 ** exponent;
      const u = floats(feSolve(systems[0]!, elementField(mesh, 1), vectorField(mesh, load.mul(scale))));
      u.forEach((value, k) =>
        expect(Math.abs(value / scale - unit[k]!)).toBeLessThan(1e-7 * Math.abs(unit[k]!) + 1e-9),
      );
      expect(systems[0]!.report()!.residual).toBeLessThan(1e-7);
    }
  });

  test("a solution beyond the largest number is refused, not returned", () => {
    const { mesh, load, systems } = cantilevers(9, 7, ["direct"]);
    const error = thrownBy(() => feSolve(systems[0]!, elementField(mesh, 1e-9), vectorField(mesh, load.mul(1e308))));
    expect(error).toMatchObject({ code: "NotFinite" });
  });
});

describe("what is lost", () => {
  test("a residual that says so is told, and told again when it is worse", () => {
    const { mesh, load, systems } = cantilevers(8, 6, ["direct"]);
    const codes: string[] = [];
    setNoticeListener((code) => codes.push(code));
    const bar = (value: number) => fieldOf(mesh, (_, column) => (column > 0 && column < 7 ? value : 1));
    feSolve(systems[0]!, bar(1e-3), load);
    expect(codes).toEqual([]);
    feSolve(systems[0]!, bar(1e-13), load);
    expect(codes).toEqual(["IllConditioned"]);
  });
});
