/** Parameters stay where they mean something, whichever optimizer moves them. */
import { describe, expect, test } from "vitest";
import type { NDArray } from "cotangent";
import { elementField } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { constraint, neural, objectives, optimize, pixels, problems } from "cotangent/topopt";
import type { Design, OptimizeOptions } from "cotangent/topopt";

const problem = problems.mbb({ nelx: 12, nely: 6 });
const volume = constraint(objectives.volume(), "<=", 0.4);
const asked = {
  problem,
  parameterization: pixels(problem, { initial: 0.4 }),
  stop: { iterations: 15 },
  certificate: false,
} as const;

const optimizers: Readonly<Record<string, Pick<OptimizeOptions<ElementField>, "optimizer" | "constraints">>> = {
  mma: { optimizer: optim.mma, constraints: { volume } },
  gcmma: {
    optimizer: optim.gcmma,
    constraints: { volume, half: constraint(objectives.volume(), "<=", 0.5) },
  },
  lbfgs: { optimizer: (bounds) => optim.lbfgs(bounds) },
  "sgd of a huge step": { optimizer: optim.sgd(1e3) },
  "augmented Lagrangian of adam": {
    optimizer: (bounds, constraints) => optim.augmentedLagrangian({ ...bounds, constraints, inner: optim.adam(0.3) }),
    constraints: { volume },
  },
  "augmented Lagrangian of lbfgs": {
    optimizer: (bounds, constraints) =>
      optim.augmentedLagrangian({ ...bounds, constraints, inner: optim.lbfgs(bounds) }),
    constraints: { volume },
  },
};

describe("pixels lie between 0 and 1 at every iteration of", () => {
  test.each(Object.keys(optimizers))("%s", (name) => {
    const ranges: number[] = [];
    optimize({
      ...asked,
      ...optimizers[name]!,
      callbacks: [(_, { state: { params } }) => void ranges.push(np.min(params).item(), np.max(params).item())],
    });
    expect(Math.min(...ranges)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ranges)).toBeLessThanOrEqual(1);
  });
});

describe("an optimizer is refused", () => {
  test.each([
    ["without bounds", optim.lbfgs(), /without bounds.*lie in \[0, 1\]/su],
    ["with wider ones", optim.mma({ lower: -1, upper: 1 }), /between -1 and 1.*lie in \[0, 1\]/su],
    [
      "with wider ones in one place",
      optim.lbfgs({ lower: 0, upper: elementField(problem.mesh, 1).add(elementField(problem.mesh, 0.5)) }),
      /between 0 and 1\.5/su,
    ],
    [
      "with an inner one without bounds",
      optim.augmentedLagrangian({ inner: optim.adam(0.1) }),
      /without bounds.*lie in \[0, 1\]/su,
    ],
  ] as const)("%s", (_name, optimizer, message) => {
    const constraints = optimizer.kind === "optimizer" && optimizer.bounds === undefined ? {} : {};
    expect(() => optimize({ ...asked, constraints, optimizer })).toThrow(message);
  });

  test("whose bounds the first parameters are outside of, as weights of a network under optimality criteria", () => {
    const parameterization = neural(problem, nn.siren({ width: 4 }), { volumeFraction: 0.4 });
    expect(() =>
      optimize({ ...asked, parameterization, constraints: { volume }, optimizer: optim.optimalityCriteria() }),
    ).toThrow(/first parameters between -.*optimizer has bounds 0 and 1/su);
  });

  test("where a function makes none", () => {
    expect(() => optimize({ ...asked, optimizer: (() => 3) as never })).toThrow(/optimizer makes 3/u);
  });
});

test("a function that makes an optimizer is told bounds and constraints, once", () => {
  const told: unknown[] = [];
  const optimizer = (bounds: optim.LbfgsOptions, constraints: number): optim.Optimizer => {
    told.push([bounds, constraints]);
    return optim.mma({ lower: 0, upper: 1 });
  };
  const limit = constraint((design: Design): NDArray => np.mean(design.density), "<=", 0.5);
  optimize({ ...asked, constraints: { volume, limit }, optimizer, stop: { iterations: 2 } });
  expect(told).toEqual([[{ lower: 0, upper: 1 }, 2]]);
});
