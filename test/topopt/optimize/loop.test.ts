/** The loop: promises, signals, taking up where a run was left, and what it hands over. */
import { describe, expect, test } from "vitest";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import {
  constraint,
  decodeCheckpoint,
  designOf,
  encodeCheckpoint,
  experiment,
  objectives,
  optimize,
  optimizeAsync,
  pixels,
  problems,
  ramp,
} from "cotangent/topopt";
import type { OptimizeOptions, RunState } from "cotangent/topopt";

const problem = problems.mbb({ nelx: 24, nely: 8 });
const asked: OptimizeOptions<ElementField> = {
  problem,
  parameterization: pixels(problem, { initial: 0.4 }),
  constraints: { volume: constraint(objectives.volume(), "<=", 0.4) },
  optimizer: optim.mma,
  stop: { iterations: 12 },
  certificate: false,
};
const bitsOf = (value: unknown): string => Buffer.from(encodeCheckpoint(value)).toString("base64");

describe("optimizeAsync", () => {
  test("gives what optimize gives, to the bit", async () => {
    const [one, other] = [optimize(asked), await optimizeAsync(asked)];
    expect(bitsOf(other.state)).toBe(bitsOf(one.state));
    expect(other.history).toEqual(one.history);
  });

  test("lets a timer end the run, which optimize cannot", async () => {
    const endingSoon = () => {
      const controller = new AbortController();
      const start = ({ iteration }: { readonly iteration: number }): void => {
        if (iteration === 1) setTimeout(() => controller.abort(), 0);
      };
      return { signal: controller.signal, callbacks: [start] };
    };
    const stop = { iterations: 1_000_000 };
    expect((await optimizeAsync({ ...asked, stop, ...endingSoon() })).reason).toBe("aborted");
    expect(optimize({ ...asked, ...endingSoon() }).reason).toBe("iterations");
  });

  test("does nothing where its signal fires before the first iteration", async () => {
    const controller = new AbortController();
    let calls = 0;
    const run = optimizeAsync({ ...asked, signal: controller.signal, callbacks: [() => calls++] });
    controller.abort(new Error("closed"));
    await expect(run).rejects.toThrow("closed");
    expect(calls).toBe(0);
  });

  test("waits for callbacks, one after the other", async () => {
    const order: string[] = [];
    const later = (name: string) => async (entry: { readonly iteration: number }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      order.push(`${name}${entry.iteration}`);
    };
    await optimizeAsync({ ...asked, stop: { iterations: 2 }, callbacks: [later("a"), later("b")] });
    expect(order).toEqual(["a1", "b1", "a2", "b2"]);
  });

  test("is rejected with what optimize throws", async () => {
    const wrong = { ...asked, optimizer: optim.adam(0.1) };
    await expect(optimizeAsync(wrong)).rejects.toThrow(expect.objectContaining({ code: "InvalidProblem" }));
    await expect(
      optimizeAsync({ ...asked, callbacks: [() => Promise.reject(new Error("no more paper"))] }),
    ).rejects.toThrow("no more paper");
  });
});

describe("callbacks", () => {
  test("that return promises are refused by optimize, which could not wait", () => {
    expect(() => optimize({ ...asked, callbacks: [() => Promise.resolve()] })).toThrow(/promise.*optimizeAsync/su);
  });

  test("see the design that the entry is about, its certificate, and a state to go on from", () => {
    const seen: { iteration: number; volume: number; certified: boolean; state: RunState<ElementField> }[] = [];
    const whole = optimize({
      ...asked,
      certificate: true,
      callbacks: [
        ({ iteration, volume }, { state, certificate }) => {
          const mean = np.mean(state.last!.density).item();
          seen.push({ iteration, volume: mean - volume, certified: certificate !== null, state });
        },
      ],
    });
    expect(seen.map(({ iteration, certified }) => [iteration, certified])).toEqual(
      Array.from({ length: 12 }, (_, k) => [k + 1, [1, 10, 12].includes(k + 1)]),
    );
    for (const { volume } of seen) expect(Math.abs(volume)).toBeLessThan(1e-14);
    const again = optimize({ ...asked, from: seen[4]!.state });
    expect(bitsOf(again.state)).toBe(bitsOf(whole.state));
  });
});

describe("a run taken up", () => {
  const whole = optimize(asked);

  test("from a state that was saved ends in the same bits, and tells of its own iterations", () => {
    const half = optimize({ ...asked, stop: { iterations: 5 } });
    const from = decodeCheckpoint<RunState<ElementField>>(encodeCheckpoint(half.state));
    const rest = optimize({ ...asked, from });
    expect(bitsOf(rest.state)).toBe(bitsOf(whole.state));
    expect([...half.history, ...rest.history]).toEqual(whole.history);
  });

  test("goes on whatever its optimizer keeps, nothing included", () => {
    const plain = { ...asked, constraints: {}, optimizer: optim.sgd(1e-4) };
    const from = optimize({ ...plain, stop: { iterations: 5 } }).state;
    expect(bitsOf(optimize({ ...plain, from }).state)).toBe(bitsOf(optimize(plain).state));
  });

  test("from a state that has all its iterations is that state", () => {
    const { history, reason, best, counters } = optimize({ ...asked, from: whole.state });
    expect([history, reason, best, counters.factorizations]).toEqual([[], "iterations", whole.state.best, 0]);
  });

  test("from parameters begins anew at these", () => {
    const { history } = optimize({ ...asked, from: { params: whole.params }, stop: { iterations: 1 } });
    expect(history[0]).toMatchObject({ iteration: 1, objective: whole.history.at(-1)!.objective });
  });

  test("from a state of another mesh or another optimizer is refused", () => {
    const other = problems.mbb({ nelx: 12, nely: 8 });
    const wrong = [
      { ...asked, problem: other, parameterization: pixels(other), from: whole.state },
      { ...asked, optimizer: optim.gcmma, from: whole.state },
      { ...asked, from: { params: np.zeros([3]) as ElementField } },
      { ...asked, from: 3 as never },
    ];
    for (const own of wrong) expect(() => optimize(own)).toThrow(expect.objectContaining({ code: "InvalidProblem" }));
  });
});

describe("a signal", () => {
  test("that has fired before is the reason why nothing runs", () => {
    let calls = 0;
    const signal = AbortSignal.abort(new Error("closed"));
    expect(() => optimize({ ...asked, signal, callbacks: [() => calls++] })).toThrow("closed");
    expect(calls).toBe(0);
  });

  test("callbacks and milliseconds are no part of an experiment, which has no loop", () => {
    const own = { ...asked, stop: { iterations: 3 } };
    for (const more of [
      { signal: new AbortController().signal },
      { callbacks: [] },
      { from: { params: 0 } },
      { stop: { milliseconds: 3 } },
    ])
      expect(() => experiment({ ...own, ...(more as object) })).toThrow(
        expect.objectContaining({ code: "UnknownOption" }),
      );
  });
});

test("a result's designs are interpolated as the run has done", () => {
  const result = optimize({
    ...asked,
    interpolation: (density, { q }) => ramp(density, { q }),
    continuation: { q: (k) => k },
    stop: { iterations: 9 },
  });
  const compliance = objectives.compliance();
  expect(compliance(result.design(), {}).item()).toBeCloseTo(result.history.at(-1)!.objective, 8);
  expect(compliance(result.design("best"), {}).item()).toBeCloseTo(result.best.objective, 8);
  const simplified = compliance(designOf(problem, result.density), {}).item();
  expect(Math.abs(simplified / result.history.at(-1)!.objective - 1)).toBeGreaterThan(0.05);
});
