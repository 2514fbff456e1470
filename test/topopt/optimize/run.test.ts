/** optimize and experiment: what a run reports, where it ends, and that it can be taken up again. */
import { describe, expect, test } from "vitest";
import { counters } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import {
  constraint,
  decodeCheckpoint,
  encodeCheckpoint,
  experiment,
  minimizeCompliance,
  objectives,
  optimize,
  pixels,
  problems,
} from "cotangent/topopt";
import type { Continuation, Design, OptimizeOptions, Parameterization, RunState } from "cotangent/topopt";
import { elementField } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";

const problem = problems.mbb({ nelx: 24, nely: 8 });
const parameterization = pixels(problem, { initial: 0.4, filter: 1.5 });
const volume = constraint(objectives.volume(), "<=", 0.4);
const mma = optim.mma({ lower: 0, upper: 1 });
const asked: OptimizeOptions<ElementField> = {
  problem,
  parameterization,
  constraints: { volume },
  optimizer: mma,
  stop: { iterations: 12 },
  certificate: false,
};

const bitsOf = (value: unknown): string => Buffer.from(encodeCheckpoint(value)).toString("base64");

describe("a run", () => {
  const result = optimize(asked);

  test("reports every constraint with its slack at every iteration", () => {
    for (const { constraints, volume: seen, isFeasible } of result.history) {
      expect(Object.keys(constraints)).toEqual(["volume"]);
      const { value, bound, slack, sense } = constraints["volume"]!;
      expect([bound, sense]).toEqual([0.4, "<="]);
      expect(slack).toBe(0.4 - value);
      expect(value).toBeCloseTo(seen, 14);
      expect(isFeasible).toBe(slack >= -4e-5);
    }
  });

  test("lowers its objective and keeps the best design that keeps the constraints", () => {
    const feasible = result.history.filter((entry) => entry.isFeasible).map((entry) => entry.objective);
    expect(result.history.at(-1)!.objective).toBeLessThan(0.6 * result.history[0]!.objective);
    expect(result.best.objective).toBe(Math.min(...feasible));
    expect(result.history[result.best.iteration - 1]!.objective).toBe(result.best.objective);
  });

  test("gives the density and the parameters that its last objective belongs to", () => {
    const density = parameterization.density(result.params, {});
    expect(np.allclose(density, result.density, { rtol: 0, atol: 1e-14 }).item()).toBe(1);
  });

  test("takes one trace and, for objective and constraints together, one factorization per iteration", () => {
    const output = problem.load;
    const twice = optimize({
      ...asked,
      constraints: { volume, sag: constraint(objectives.displacement(output), "<=", 500) },
    });
    expect(twice.counters.factorizations).toBe(12);
    expect(twice.counters.traces).toBe(1);
    expect(Object.keys(twice.history[0]!.constraints)).toEqual(["volume", "sag"]);
  });

  test("is the same to the bit when it is run again", () => {
    expect(bitsOf(optimize(asked).state)).toBe(bitsOf(result.state));
  });
});

describe("an experiment", () => {
  test.each(["mma", "adam", "lbfgs", "gcmma", "optimalityCriteria"] as const)(
    "of %s, saved and taken up after any iteration, goes on to the same bits",
    (kind) => {
      const optimizers = {
        mma,
        gcmma: optim.gcmma({ lower: 0, upper: 1 }),
        adam: optim.adam(0.02),
        lbfgs: optim.lbfgs({ lower: 0, upper: 1 }),
        optimalityCriteria: optim.optimalityCriteria(),
      };
      const knowsConstraints = !["adam", "lbfgs"].includes(kind);
      const options: OptimizeOptions<ElementField> = {
        ...asked,
        optimizer: optimizers[kind],
        constraints: knowsConstraints ? { volume } : {},
        objective: knowsConstraints
          ? objectives.compliance()
          : (design, at) => objectives.compliance()(design, at).add(np.sum(design.density).mul(5)),
        continuation: { penal: (k) => Math.min(3, 1 + k / 4) },
        stop: { iterations: 8 },
      };
      const run = experiment(options);
      const states: RunState<ElementField>[] = [run.start()];
      for (let k = 0; k < 8; k++) states.push(run.step(states.at(-1)!).state);
      const wanted = bitsOf(states.at(-1));
      for (const k of [0, 1, 3, 6]) {
        const again = experiment(options);
        let state = decodeCheckpoint<RunState<ElementField>>(encodeCheckpoint(states[k]));
        while (state.iteration < 8) state = again.step(state).state;
        expect(bitsOf(state), `taken up after ${k}`).toBe(wanted);
      }
    },
  );

  test("does not compile anew when the continuation moves", () => {
    const run = experiment({ ...asked, continuation: { penal: (k) => 1 + k / 8 } });
    let { state } = run.step(run.start());
    const before = counters();
    for (let k = 0; k < 4; k++) ({ state } = run.step(state));
    expect(counters().traces).toBe(before.traces);
    expect(counters().compilations).toBe(before.compilations);
  });
});

describe("a run ends", () => {
  test("after so many iterations, when the design rests, and when its time is over", () => {
    expect(optimize({ ...asked, stop: { iterations: 3 } }).reason).toBe("iterations");
    const resting = optimize({ ...asked, stop: { iterations: 200, change: 0.05 } });
    expect([resting.reason, resting.history.at(-1)!.change < 0.05]).toEqual(["change", true]);
    expect(resting.history.slice(0, -1).every(({ change }) => change >= 0.05)).toBe(true);
    expect(optimize({ ...asked, stop: { iterations: 1e6, milliseconds: 1e-3 } }).history).toHaveLength(1);
  });

  test("after the iteration in which its signal fires, with what was reached", () => {
    const controller = new AbortController();
    const result = optimize({
      ...asked,
      signal: controller.signal,
      callbacks: [({ iteration }) => void (iteration === 4 && controller.abort())],
    });
    expect([result.reason, result.history.length, result.best.iteration <= 4]).toEqual(["aborted", 4, true]);
  });

  test.each([
    ["value", 3],
    ["value", 7],
    ["gradient", 5],
  ] as const)("at a %s that is no number, here at iteration %i, and keeps the designs before it", (what, bad) => {
    const result = optimize({
      ...asked,
      continuation: { poison: (k) => (k === bad ? 2 : 1) },
      objective: (design, { poison }) => {
        const drop = np.where(np.greater(poison!, 1), Number.NaN, what === "value" ? 0 : 1);
        const value = objectives.compliance()(design, {});
        return what === "value" ? value.add(drop) : value.mul(drop);
      },
    });
    expect(result.reason).toBe("not finite");
    expect(result.history.map(({ objective }) => Number.isNaN(objective))).toEqual(
      Array.from({ length: bad }, (_, k) => k === bad - 1),
    );
    // The gradient's NaN is refused by the adjoint solve.
    expect(result.failure === null).toBe(what === "value");
    expect(np.all(np.isfinite(result.density)).item()).toBe(1);
    expect(result.best.iteration).toBe(bad - 1);
    expect(result.state.last!.iteration).toBe(bad - 1);
  });

  test("with NotFinite where the first design has no value", () => {
    expect(() => optimize({ ...asked, objective: () => np.log(np.array(-1)).mul(np.array(1)) })).toThrow(
      expect.objectContaining({ code: "NotFinite" }),
    );
  });
});

describe("what is asked", () => {
  test("is refused with everything that is wrong with it", () => {
    const wrong = { ...asked, optimizer: {}, stop: { iterations: 0.5, change: -1 }, seed: 0.1, callbacks: [1] };
    for (const name of ["optimizer", "stop.iterations", "stop.change", "seed", "callbacks"])
      expect(() => optimize(wrong as never)).toThrow(new RegExp(name, "u"));
  });

  test("is refused where an optimizer would ignore the constraints", () => {
    expect(() => optimize({ ...asked, optimizer: optim.adam(0.1) })).toThrow(
      /volume.*knows none.*augmentedLagrangian/su,
    );
  });

  test("keeps pixels between 0 and 1 whatever the gradient", () => {
    const { params } = optimize({ ...asked, constraints: {}, optimizer: optim.sgd(1e3), stop: { iterations: 5 } });
    expect([np.min(params).item() >= 0, np.max(params).item() <= 1]).toEqual([true, true]);
  });
});

test("optimality criteria make the same designs as minimizeCompliance", () => {
  const byHand = minimizeCompliance(problem, { volumeFraction: 0.4, filterRadius: 1.5, iterations: 30 });
  const result = optimize({ ...asked, optimizer: optim.optimalityCriteria(), stop: { iterations: 30 } });
  result.history.forEach(({ objective }, k) => expect(objective).toBeCloseTo(byHand.history[k]!.objective, 5));
});

describe("an optimizer that compares values", () => {
  const free = {
    ...asked,
    constraints: {},
    objective: (design: Design, at: Continuation) =>
      objectives.compliance()(design, at).add(np.sum(design.density).mul(5)),
    optimizer: optim.lbfgs({ lower: 0, upper: 1 }),
  };

  test("begins anew when the continuation moves, and only then", () => {
    const { history } = optimize({
      ...free,
      continuation: { penal: (k) => (k < 7 ? 2 : 3) },
      stop: { iterations: 12 },
    });
    const evaluations = history.map((entry) => entry.optimizer["evaluations"]);
    // The state after iteration 6 is that of a beginning; the entry of the seventh is its first evaluation.
    expect(evaluations).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
  });

  test("ends the run when it has nothing to add", () => {
    const mean = ({ density }: Design): np.NDArray => np.mean(density);
    const { reason, history } = optimize({ ...free, objective: mean, stop: { iterations: 100 } });
    expect([reason, history.length < 100]).toEqual(["optimizer", true]);
    expect(history.at(-1)!.objective).toBeLessThan(1e-12);
  });
});

describe("a design that is none of the problem is refused:", () => {
  const plain = { mesh: problem.mesh, system: problem.system, load: problem.load };
  const flags = (at: number): ElementField =>
    elementField(
      problem.mesh,
      np.array(
        Float64Array.from({ length: 192 }, (_, e) => (e === at ? 1 : 0)),
        { shape: [8, 24] },
      ),
    );

  test.each([
    [
      "densities above 1",
      { parameterization: pixels(problem, { projection: (x) => x.mul(3) as ElementField }) },
      /densities between 1\.5 and 1\.5/u,
    ],
    [
      "parameters outside of the bounds",
      { from: { params: elementField(problem.mesh, 5) } },
      /between 5 and 5.*bounds 0 and 1/u,
    ],
    [
      "material where the mask is 0",
      {
        problem: { ...problem, mask: elementField(problem.mesh, np.sub(1, flags(3))) },
        parameterization: pixels(plain),
      },
      /above 0 in element 3/u,
    ],
    [
      "none where it is solid",
      { problem: { ...problem, solid: flags(5) }, parameterization: pixels(plain) },
      /below 1 in element 5/u,
    ],
  ] as const)("%s", (_name, own, message) => {
    expect(() => optimize({ ...asked, ...own } as never)).toThrow(message);
  });
});

describe("an error says", () => {
  const messageOf = (own: Partial<OptimizeOptions<ElementField>>): string => {
    try {
      optimize({ ...asked, ...own });
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };

  test("which constraint is no scalar, and which no number", () => {
    const field = constraint((design: Design) => design.density as never, "<=", 1);
    expect(messageOf({ constraints: { volume, field } })).toMatch(/constraint "field" gives float64\[8,24\]/u);
    const count = constraint(({ density }: Design) => np.sum(density.greater(0.5)), "<=", 1);
    expect(messageOf({ constraints: { volume, count } })).toMatch(/constraint "count" gives int/u);
    const broken = constraint(({ density }: Design) => np.log(np.mean(density).neg()), "<=", 1);
    expect(messageOf({ constraints: { volume, broken } })).toMatch(/first design: broken is NaN/u);
    expect(messageOf({ objective: (() => 3) as never })).toMatch(/the objective gives 3/u);
  });

  test("which schedule gives no number, and when", () => {
    expect(messageOf({ continuation: { penal: (k) => (k < 3 ? 2 : Number.NaN) } })).toMatch(
      /penal is NaN at iteration 3/u,
    );
    expect(messageOf({ continuation: { penal: () => undefined as never } })).toMatch(/penal is undefined/u);
    expect(messageOf({ continuation: { penal: 3, beata: 8 } })).toMatch(
      /ask for no "beata" .* They ask for penal: name it so/u,
    );
    const reading = (design: Design, { weight }: Continuation) => np.mul(weight!, objectives.compliance()(design, {}));
    expect(messageOf({ objective: reading, continuation: { weight: () => 2, weigth: () => 2 } })).toMatch(
      /no "weigth" .* They ask for weight, penal:/u,
    );
  });

  test("what a problem lacks, and what a signal is not", () => {
    expect(messageOf({ problem: { system: problem.system } as never })).toMatch(/problem is/u);
    expect(messageOf({ signal: { aborted: false } as never })).toMatch(/AbortSignal/u);
  });
});

test("callbacks cannot change what they are shown", () => {
  const spoil = (entry: { objective: number }): void => void (entry.objective = -1);
  expect(() => optimize({ ...asked, callbacks: [spoil as never] })).toThrow(TypeError);
  const bend = (_entry: unknown, { state }: { state: { best: { objective: number } } }): void =>
    void (state.best.objective = -1);
  expect(() => optimize({ ...asked, callbacks: [bend as never] })).toThrow(TypeError);
});

test("numbers are parameters, too", () => {
  const parameterization: Parameterization<{ readonly w: NDArray }> = {
    name: "one number",
    init: () => ({ w: 0.5 }) as never,
    density: ({ w }) => elementField(problem.mesh, np.ones([8, 24]).mul(w)),
  };
  const { history, params } = optimize({
    problem,
    parameterization,
    optimizer: optim.adam(0.01),
    stop: { iterations: 3 },
  });
  expect([history.length, params.w.item() > 0.5]).toEqual([3, true]);
});
