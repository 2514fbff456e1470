/** optimizeSeeds: every seed as it would be alone, whatever becomes of the others. */
import { describe, expect, test } from "vitest";
import { counters } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import * as random from "cotangent/random";
import { elementField } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import { neural, objectives, optimize, optimizeSeeds, pixels, problems } from "cotangent/topopt";
import type { Parameterization, SeedResult } from "cotangent/topopt";

const problem = problems.mbb({ nelx: 24, nely: 8 });

describe("runs from several seeds", () => {
  const field = neural(problem, nn.siren({ width: 8, depth: 2, omega: 10, dtype: "float64" }), { volumeFraction: 0.4 });
  const common = { problem, parameterization: field, optimizer: optim.adam(1e-2), stop: { iterations: 6 } };
  const seeds = [3, 1, 4];
  const told: (readonly [number, number, number])[] = [];
  const together = optimizeSeeds(
    {
      ...common,
      callbacks: [
        ({ iteration, objective }, { seed, state }) =>
          void told.push([seed, iteration, state.last!.objective - objective]),
      ],
    },
    seeds,
  );

  test("are what each would be alone", () => {
    seeds.forEach((seed, k) => {
      const alone = optimize({ ...common, seed, certificate: false });
      const own = together[k]!;
      expect([own.seed, own.reason, own.history.length]).toEqual([seed, "iterations", 6]);
      own.history.forEach(({ objective }, at) => expect(objective / alone.history[at]!.objective).toBeCloseTo(1, 10));
      expect(np.max(np.abs(own.density.sub(alone.density))).item()).toBeLessThan(1e-9);
      expect(own.best.iteration).toBe(alone.best.iteration);
    });
  });

  test("have certificates of the first and the last design each, and the volume that was asked for", () => {
    for (const { certificates, verdict, history } of together) {
      expect([verdict, certificates.map(({ iteration }) => iteration)]).toEqual(["passed", [1, 6]]);
      for (const { enforced } of history) expect(Math.abs(enforced["volume"]!)).toBeLessThan(1e-12);
    }
  });

  test("tell callbacks which of them an entry belongs to", () => {
    expect(told).toEqual([1, 2, 3, 4, 5, 6].flatMap((iteration) => seeds.map((seed) => [seed, iteration, 0])));
  });

  test("take one analysis and one program", () => {
    const before = counters();
    optimizeSeeds({ ...common, certificate: false }, seeds);
    const after = counters();
    expect(after.traces - before.traces).toBe(1);
    expect(after.factorizations - before.factorizations).toBe(18);
    expect(after.analyses).toBe(before.analyses);
  });

  test("refuse callbacks that return promises, whose errors would be lost", () => {
    const callbacks = [() => Promise.resolve()];
    expect(() => optimizeSeeds({ ...common, callbacks }, seeds)).toThrow(/promise/u);
  });

  test("are refused without seeds", () => {
    for (const wrong of [[], [0.5], 3])
      expect(() => optimizeSeeds(common, wrong as never)).toThrow(expect.objectContaining({ code: "InvalidProblem" }));
  });
});

/** Pixels that begin somewhere else for every seed. */
const scattered: Parameterization<ElementField> = {
  ...pixels(problem, { initial: 0.4 }),
  init: (key) =>
    elementField(problem.mesh, random.uniform(key, problem.mesh.elementShape, { minval: 0.3, maxval: 0.5 })),
};
const heavy = (weight: number) => (design: Parameters<ReturnType<typeof objectives.compliance>>[0]) =>
  objectives.compliance()(design, {}).add(np.sum(design.density).mul(weight));

const historyOf = ({ history }: SeedResult<unknown>): readonly number[] => history.map(({ objective }) => objective);

describe("a seed", () => {
  test("whose optimizer compares values begins anew with the continuation, as it does alone", () => {
    const asked = {
      problem,
      parameterization: scattered,
      objective: heavy(5),
      optimizer: (bounds: optim.LbfgsOptions) => optim.lbfgs(bounds),
      continuation: { penal: (k: number) => (k < 4 ? 2 : 3) },
      stop: { iterations: 8 },
      certificate: false,
    };
    for (const own of optimizeSeeds(asked, [0, 1])) {
      const alone = optimize({ ...asked, seed: own.seed });
      expect(own.history.map(({ optimizer }) => optimizer["evaluations"])).toEqual([1, 2, 3, 1, 2, 3, 4, 5]);
      alone.history.forEach(({ objective }, k) => expect(own.history[k]!.objective / objective).toBeCloseTo(1, 8));
    }
  });

  /** No number where the mean density has come above a bound: seeds get there at different iterations, or not at all. */
  const fragile =
    (most: number, failing: "value" | "solver"): ((design: Parameters<ReturnType<typeof heavy>>[0]) => NDArray) =>
    (design) => {
      const bad = np.greater(np.mean(design.density), most);
      const value = heavy(5)(design);
      return failing === "value" ? np.where(bad, Number.NaN, value) : value.mul(np.where(bad, Number.NaN, 1));
    };

  test.each(["value", "solver"] as const)("that comes to no %s ends alone, and the others go on", (failing) => {
    const asked = {
      problem,
      parameterization: {
        ...scattered,
        // Half of the seeds begin with less material, and reach the bound later.
        init: (key: NDArray) =>
          elementField(
            problem.mesh,
            scattered.init(key).mul(np.where(np.greater(random.uniform(key, []), 0.5), 1, 0.8)),
          ),
      },
      objective: fragile(0.42, failing),
      optimizer: optim.sgd(3e-4),
      stop: { iterations: 30 },
      certificate: false,
    };
    const runs = optimizeSeeds(asked, [0, 1, 2, 3, 4, 5]);
    const lengths = runs.map(({ history }) => history.length);
    expect(new Set(lengths).size).toBeGreaterThan(1);
    expect(runs.map(({ reason }) => reason)).toContain("not finite");
    for (const own of runs) {
      const alone = optimize({ ...asked, seed: own.seed });
      expect([own.reason, own.history.length, own.failure?.code]).toEqual([
        alone.reason,
        alone.history.length,
        alone.failure?.code,
      ]);
      historyOf(own).forEach((objective, k) => {
        if (k < own.history.length - 1) expect(objective / alone.history[k]!.objective).toBeCloseTo(1, 8);
      });
    }
  });
});
