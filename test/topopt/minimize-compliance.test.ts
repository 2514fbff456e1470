/** The driver around the update: masks, restarts, stops, refusals, and what a run costs. */
import { afterEach, describe, expect, test } from "vitest";
import { corner, edge, elasticity, elementField, fix, gridMesh, nodalLoad, vectorField } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { minimizeCompliance, problems } from "cotangent/topopt";
import type { HistoryEntry, MinimizeOptions, MinimizeResult, Problem } from "cotangent/topopt";
import { setNoticeListener } from "../../src/notice.ts";
import { floats, relativeGap, wave } from "../fem/fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const options = { volumeFraction: 0.4, filterRadius: 1.5, iterations: 12 } as const;
const small = (): Problem => problems.mbb({ nelx: 24, nely: 16 });
const withoutTime = (history: readonly HistoryEntry[]): object[] =>
  history.map(({ objective, volume, change }) => ({ objective, volume, change }));

afterEach(() => setNoticeListener(null));

describe("a run", () => {
  const problem = small();
  const run = minimizeCompliance(problem, options);

  test("costs one analysis, one trace and one factorization per iteration", () => {
    expect(run.counters).toMatchObject({ analyses: 1, factorizations: 12, traces: 1, solves: 12 });
    expect(minimizeCompliance(problem, options).counters).toMatchObject({ analyses: 0, factorizations: 12, traces: 1 });
  });

  test("lowers the compliance, keeps bounds, move limit and volume", () => {
    expect(run.history.at(-1)!.objective).toBeLessThan(run.history[0]!.objective / 4);
    for (const { volume, change, milliseconds } of run.history) {
      expect(Math.abs(volume - 0.4)).toBeLessThan(1e-8);
      expect(change).toBeLessThanOrEqual(0.2 + 1e-15);
      expect(milliseconds).toBeGreaterThanOrEqual(0);
    }
    for (const field of [run.design, run.density])
      for (const value of floats(field)) expect(value >= 0 && value <= 1).toBe(true);
  });

  test("returns density and displacement of the design that the last objective belongs to", () => {
    const last = run.history.at(-1)!;
    expect(np.vdot(problem.load, run.displacement).item() / last.objective).toBeCloseTo(1, 13);
    expect(Math.abs(np.mean(run.density).item() - last.volume)).toBeLessThan(1e-13);
  });

  test("echoes what was asked, with defaults filled in", () => {
    expect(run.options).toEqual({
      volumeFraction: 0.4,
      filterRadius: 1.5,
      iterations: 12,
      penal: 3,
      eMin: 1e-9,
      move: 0.2,
      volumeTolerance: 1e-9,
      changeTolerance: 0,
      backend: "auto",
    });
  });

  test("without a filter radius has the same design on a mesh of any unit of length", () => {
    const on = (unit: number): MinimizeResult => {
      const mesh = gridMesh({ nelx: 12, nely: 4, size: [12 * unit, 4 * unit] });
      const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] });
      const load = nodalLoad(corner(mesh, "bottomRight"), [0, -1]);
      return minimizeCompliance({ mesh, system, load }, { volumeFraction: 0.4, iterations: 6 });
    };
    const [unit, small] = [on(1), on(2 ** -7)];
    expect(small.options.filterRadius).toBe(1.5 * 2 ** -7);
    expect(floats(small.density)).toEqual(floats(unit.density));
  });

  test("has the same bits when repeated, and the same numbers to 1e-9 on every back end", () => {
    expect(withoutTime(minimizeCompliance(small(), options).history)).toEqual(withoutTime(run.history));
    for (const backend of ["interpreter", "js", "wasm"] as const) {
      const other = minimizeCompliance(problem, { ...options, backend });
      other.history.forEach(({ objective }, k) =>
        expect(Math.abs(objective / run.history[k]!.objective - 1)).toBeLessThan(1e-9),
      );
    }
  });

  test.each([1, 5, 11])("restarted from its design after %i iterations it continues with the same bits", (first) => {
    const begun = minimizeCompliance(problem, { ...options, iterations: first });
    const continued = minimizeCompliance(problem, { ...options, iterations: 12 - first, initial: begun.design });
    expect(withoutTime([...begun.history, ...continued.history])).toEqual(withoutTime(run.history));
    expect(floats(continued.design)).toEqual(floats(run.design));
    expect(floats(continued.density)).toEqual(floats(run.density));
    expect(floats(continued.displacement)).toEqual(floats(run.displacement));
  });
});

describe("stops", () => {
  test.each([1, 4])("an abort in iteration %i ends the run after it, with its state", (at) => {
    const controller = new AbortController();
    const stopped = minimizeCompliance(small(), {
      ...options,
      signal: controller.signal,
      onIteration: ({ iteration }) => iteration === at && controller.abort(),
    });
    const plain = minimizeCompliance(small(), { ...options, iterations: at });
    expect(stopped.reason).toBe("aborted");
    expect(withoutTime(stopped.history)).toEqual(withoutTime(plain.history));
    expect(floats(stopped.design)).toEqual(floats(plain.design));
    expect(floats(stopped.displacement)).toEqual(floats(plain.displacement));
  });

  test("a signal aborted before the run leaves it one iteration, so that the result is one of a design", () => {
    const { history, reason, density, displacement } = minimizeCompliance(small(), {
      ...options,
      signal: AbortSignal.abort(),
    });
    expect([history.length, reason]).toEqual([1, "aborted"]);
    expect(density.shape).toEqual([16, 24]);
    expect(np.vdot(small().load, displacement).item()).toBeCloseTo(history[0]!.objective, 8);
  });

  test("a change below the tolerance ends it", () => {
    const { history, reason } = minimizeCompliance(small(), { ...options, iterations: 60, changeTolerance: 0.15 });
    expect(reason).toBe("change");
    expect(history.length).toBeLessThan(60);
    expect(history.at(-1)!.change).toBeLessThan(0.15);
    history.slice(0, -1).forEach(({ change }) => expect(change).toBeGreaterThanOrEqual(0.15));
  });

  test("an objective that is not finite ends it with that reason and keeps the last finite design", () => {
    const problem = small();
    const load = vectorField(problem.mesh, wave([17, 25, 2], 0).mul(1e200));
    const { history, reason, design, density } = minimizeCompliance({ ...problem, load }, options);
    expect([history.length, reason]).toEqual([0, "not finite"]);
    for (const value of floats(design)) expect(value).toBe(0.4);
    expect(density.shape).toEqual([16, 24]);
  });

  test("what a listener throws ends the run and leaves the library usable", () => {
    const problem = small();
    const failing = (): never => {
      throw new Error("out of paper");
    };
    expect(() => minimizeCompliance(problem, { ...options, onIteration: failing })).toThrow("out of paper");
    expect(minimizeCompliance(problem, { ...options, iterations: 1 }).history.length).toBe(1);
  });
});

describe("masks", () => {
  const problem = problems.michell({ nelx: 20, nely: 20 });
  /** An L: the upper right quarter is void, the load hangs at its lower edge. */
  const inside = Float64Array.from({ length: 400 }, (_, e) => (e % 20 >= 10 && Math.floor(e / 20) < 10 ? 0 : 1));
  const mask = elementField(problem.mesh, np.array(inside, { shape: [20, 20] }));

  test("void stays void in design and filtered density, and the volume of the whole grid is met from the start", () => {
    const { design, density, history } = minimizeCompliance({ ...problem, mask }, { ...options, volumeFraction: 0.3 });
    const [ownDesign, ownDensity] = [floats(design), floats(density)];
    inside.forEach((flag, e) => flag === 0 && expect([ownDesign[e], ownDensity[e]]).toEqual([0, 0]));
    for (const { volume } of history) expect(Math.abs(volume - 0.3)).toBeLessThan(1e-8);
    expect(Math.abs(np.mean(density).item() - 0.3)).toBeLessThan(1e-8);
    expect(history.at(-1)!.objective).toBeLessThan(history[0]!.objective);
  });

  test("a mask of ones changes no bit", () => {
    const plain = minimizeCompliance(problem, options);
    const masked = minimizeCompliance(
      { ...problem, mask: elementField(problem.mesh, 1) },
      { ...options, initial: elementField(problem.mesh, 0.4) },
    );
    expect(withoutTime(masked.history)).toEqual(withoutTime(plain.history));
  });

  test("a restart keeps its bits under a mask too", () => {
    const own = { ...problem, mask };
    const whole = minimizeCompliance(own, { ...options, volumeFraction: 0.3, iterations: 6 });
    const begun = minimizeCompliance(own, { ...options, volumeFraction: 0.3, iterations: 3 });
    const continued = minimizeCompliance(own, {
      ...options,
      volumeFraction: 0.3,
      iterations: 3,
      initial: begun.design,
    });
    expect(floats(continued.design)).toEqual(floats(whole.design));
  });

  test("masks that are not of ones and zeros, of another shape, or leave too little room are refused", () => {
    const run = (own: unknown, volumeFraction = 0.3): unknown =>
      minimizeCompliance({ ...problem, mask: own as ElementField }, { ...options, volumeFraction });
    expect(() => run(elementField(problem.mesh, 0.5))).toThrow(coded("InvalidProblem"));
    expect(() => run(np.ones(400))).toThrow(coded("ShapeMismatch"));
    expect(() => run(mask, 0.9)).toThrow(/leaves room for 0\.7/u);
    expect(() => run(elementField(problem.mesh, 0))).toThrow(coded("InvalidProblem"));
  });
});

describe("refusals", () => {
  const refused =
    (own: Partial<MinimizeOptions> | object): (() => unknown) =>
    () =>
      minimizeCompliance(small(), { ...options, ...own } as MinimizeOptions);

  test.each([0, 1.5, -0.1, NaN, Infinity])("volume fraction %d is unattainable", (volumeFraction) => {
    expect(refused({ volumeFraction })).toThrow(coded("InvalidProblem"));
  });

  test("volume fraction 1 is the full body", () => {
    const { design, history } = minimizeCompliance(small(), { ...options, iterations: 2, volumeFraction: 1 });
    for (const value of floats(design)) expect(value).toBe(1);
    expect(history[1]!.objective).toBe(history[0]!.objective);
  });

  test("an unknown option is refused with the nearest name", () => {
    expect(refused({ filterRadios: 2 })).toThrow(/"filterRadius"/u);
    expect(refused({ volfrac: 0.3 })).toThrow(coded("UnknownOption"));
    expect(refused({ filterRadios: 2 })).toThrow(coded("UnknownOption"));
  });

  test("options outside their domain are refused by name, all at once", () => {
    for (const wrong of [
      { iterations: 0 },
      { iterations: 2.5 },
      { move: 0 },
      { move: 2 },
      { volumeTolerance: 0 },
      { changeTolerance: NaN },
      { filterRadius: -1 },
      { penal: 0.5 },
      { eMin: 0 },
      { backend: "gpu" },
    ])
      expect(refused(wrong)).toThrow(
        expect.objectContaining({ code: "InvalidProblem", message: expect.stringContaining(Object.keys(wrong)[0]!) }),
      );
    expect(refused({ move: 0, penal: 0, iterations: 0 })).toThrow(/penal.*iterations.*move/su);
  });

  test("initial designs outside [0, 1] or of another shape are refused", () => {
    const { mesh } = small();
    for (const value of [-0.1, 1.1, NaN])
      expect(refused({ initial: elementField(mesh, value) })).toThrow(coded("InvalidProblem"));
    expect(refused({ initial: elementField(mesh, 0.4).T })).toThrow(coded("ShapeMismatch"));
  });

  test("several load cases are minimized together", () => {
    const problem = small();
    const load = vectorField(problem.mesh, np.stack([problem.load, np.flip(problem.load, 1).mul(0.5)]));
    const { history, displacement, counters } = minimizeCompliance({ ...problem, load }, options);
    expect(displacement.shape).toEqual([2, 17, 25, 2]);
    expect(counters).toMatchObject({ factorizations: 12, solves: 24 });
    expect(relativeGap(np.vdot(load, displacement), np.array(history.at(-1)!.objective))).toBeLessThan(1e-12);
  });
});

test("solid elements and self-weight are refused, not ignored", () => {
  const mesh = problems.mbb({ nelx: 8, nely: 4 }).mesh;
  const solid = elementField(mesh, 0);
  for (const problem of [{ ...problems.mbb({ nelx: 8, nely: 4 }), solid }, problems.arch({ nelx: 8, nely: 4 })])
    expect(() => minimizeCompliance(problem, { volumeFraction: 0.4 })).toThrow(/optimize/u);
});
