/** Optimizers of one's own: what two functions say is what happens, wherever a method of the library could stand. */
import { describe, expect, test } from "vitest";
import { array, jit, tree } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { objectives, optimize, optimizeSeeds, pixels, problems } from "cotangent/topopt";
import { expectError } from "../semantics/support.ts";

const momentum = (rate: number, decay: number): optim.GradientTransformation =>
  optim.gradientTransformation({
    init: (params) => tree.map((p: NDArray) => np.zerosLike(p), params),
    update: (gradients, velocity) => {
      const next = tree.map((v: NDArray, g: NDArray) => v.mul(decay).sub(g.mul(rate)), velocity, gradients);
      return [next, next];
    },
  });

const problem = problems.mbb({ nelx: 12, nely: 4 });
const run = (optimizer: optim.GradientTransformation | optim.Optimizer): readonly number[] =>
  optimize({
    problem,
    parameterization: pixels(problem, { initial: 0.5 }),
    objective: (design, at) => objectives.compliance()(design, at).add(np.sum(design.density).mul(20)),
    optimizer,
    stop: { iterations: 6 },
  }).history.map(({ objective }) => objective);

describe("a gradient transformation of one's own", () => {
  test("takes the steps of the library's where it says the same, alone, in a chain, compiled and by seeds", () => {
    const [own, ours] = [momentum(2 ** -13, 0.5), optim.sgd(2 ** -13, { momentum: 0.5 })];
    expect(run(own)).toEqual(run(ours));
    expect(run(optim.chain(optim.clipByGlobalNorm(10), own))).toEqual(
      run(optim.chain(optim.clipByGlobalNorm(10), ours)),
    );
    const [params, gradients] = [{ w: array([1, 2]) }, { w: array([3, -4]) }];
    const step = jit((state: optim.ArrayTree) => own.update(gradients, state, params)[0]);
    expect(step(own.init(params)).w.toList()).toEqual([-3 * 2 ** -13, 2 ** -11]);
    const parameterization = pixels(problem, { initial: 0.5 });
    const batch = { problem, parameterization, optimizer: own, stop: { iterations: 3 } };
    expect(optimizeSeeds(batch, [0, 1])[1]!.history.map(({ objective }) => objective)).toEqual(
      optimize({ ...batch, seed: 1 }).history.map(({ objective }) => objective),
    );
  });
});

test("an optimizer of one's own is asked for the next point, for its report, and whether it is done", () => {
  const method = optim.optimizer({
    init: () => ({ evaluations: array(0), value: array(Infinity) }),
    update: ({ value, gradient }, { evaluations }, params) => [
      tree.map((x: NDArray, g: NDArray) => x.sub(g.mul(2 ** -10)).clip(0, 1), params, gradient),
      { evaluations: evaluations.add(1), value },
    ],
    bounds: { lower: 0, upper: 1 },
    isDone: ({ evaluations }) => evaluations.item() === 7,
    report: ({ value }) => ({ seen: value.item() }),
  });
  const { history, reason } = optimize({
    problem,
    parameterization: pixels(problem, { initial: 0.5 }),
    optimizer: method,
    stop: { iterations: 20 },
  });
  expect([reason, history.length]).toEqual(["optimizer", 7]);
  for (const { objective, optimizer } of history) expect(optimizer).toEqual({ seen: objective });
  expect(history[6]!.objective).toBeLessThan(history[0]!.objective);
});

test("what is no function, and other names, are refused", () => {
  const init = (): null => null;
  expectError(
    () => optim.gradientTransformation({ init } as never),
    "InvalidOption",
    "update undefined",
    "Give a function",
  );
  expectError(() => optim.gradientTransformation({ init, update: 3 } as never), "InvalidOption", "update 3");
  expectError(() => optim.gradientTransformation({ init, update: init, kind: "x" } as never), "UnknownOption", "kind");
  expectError(() => optim.optimizer({ init, update: init, report: "x" } as never), "InvalidOption", 'report "x"');
  expectError(() => optim.optimizer(null as never), "InvalidOption", "optim.optimizer");
});
