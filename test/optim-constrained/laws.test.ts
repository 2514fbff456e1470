/** What holds for every method of constrained problems: back ends, threads, vmap, scan, resuming, dtypes, trees. */
import { afterEach, describe, expect, test } from "vitest";
import { array, configure, jit, scan, tree, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { augmentedLagrangian } from "../../library/optim/augmented-lagrangian.ts";
import { gcmma } from "../../library/optim/gcmma.ts";
import { lbfgs } from "../../library/optim/lbfgs.ts";
import { mma } from "../../library/optim/mma.ts";
import { optimalityCriteria } from "../../library/optim/optimality-criteria.ts";
import type { ArrayTree, GradientTransformation, Optimizer } from "../../library/optim/types.ts";
import { evaluate, numbers, run, stepOf } from "./drive.ts";
import type { ConstrainedProblem } from "./drive.ts";

/** Sum of costs 1 / x under a budget: what all four can do. */
const problem: ConstrainedProblem = {
  objective: (x) => np.sum(np.linspace(1, 3, x.size).div(x)),
  constraints: (x) => np.mean(x).sub(0.5).reshape([1]),
};

const descent: GradientTransformation = {
  kind: "gradient transformation",
  init: () => null,
  update: (gradients, state) => [tree.map((g: NDArray) => g.mul(-0.01), gradients as never) as never, state],
};

const bounds = { lower: 0.1, upper: 1 } as const;
const methods: readonly (readonly [name: string, method: Optimizer])[] = [
  ["mma", mma(bounds)],
  ["gcmma", gcmma(bounds)],
  ["optimalityCriteria", optimalityCriteria(bounds)],
  ["augmentedLagrangian of steps", augmentedLagrangian({ inner: descent, innerIterations: 3 })],
  // A bound that these steps meet.
  [
    "augmentedLagrangian of clipped steps",
    augmentedLagrangian({ inner: descent, innerIterations: 3, lower: 0.1, upper: 0.72 }),
  ],
  ["augmentedLagrangian of a line search", augmentedLagrangian({ inner: lbfgs(bounds), innerIterations: 3 })],
  [
    "augmentedLagrangian of a search",
    augmentedLagrangian({ inner: gcmma({ ...bounds, constraints: 0 }), innerIterations: 3 }),
  ],
];

const start = np.linspace(0.3, 0.7, 9);

/** All numbers of a tree of arrays. */
const bitsOf = (state: unknown): number[][] => tree.leaves(state as ArrayTree).map((leaf) => numbers(leaf as NDArray));

describe.each(methods)("%s", (_name, method) => {
  afterEach(() => configure({ threads: 1 }));

  const after = (options: object): number[][] => {
    const step = stepOf(method, problem, options);
    let [x, state] = [start, method.init(start)];
    for (let k = 0; k < 5; k++) [x, state] = step(x, state);
    return bitsOf([x, state]);
  };

  test("every back end and any number of threads give the bits of the interpreter", () => {
    const wanted = after({ backend: "interpreter" });
    for (const threads of [1, 2, 4]) {
      configure({ threads });
      for (const backend of ["js", "wasm"]) expect(after({ backend })).toEqual(wanted);
    }
  });

  test("without jit it gives the bits of the compiled program", () => {
    let [x, state] = [start, method.init(start)];
    for (let k = 0; k < 2; k++) [x, state] = method.update(evaluate(problem, x), state, x);
    const compiled = run(method, problem, start, 2);
    expect(bitsOf([x, state])).toEqual(bitsOf([compiled.x, compiled.state]));
  });

  test("vmap over starts gives the bits of a loop", () => {
    const starts = np.stack([start, np.full(9, 0.4), np.linspace(0.9, 0.2, 9)]);
    const step = (x: NDArray, state: ArrayTree): readonly [NDArray, ArrayTree] =>
      method.update(evaluate(problem, x), state, x);
    const all = jit(vmap(step as never)) as unknown as typeof step;
    let [x, state] = [starts, vmap(method.init as never)(starts as never) as ArrayTree];
    for (let k = 0; k < 4; k++) [x, state] = all(x, state);
    for (let row = 0; row < 3; row++) {
      const own = run(method, problem, starts.at(row).get(), 4);
      expect(numbers(x.at(row).get())).toEqual(numbers(own.x));
      const rows = tree.map((leaf: NDArray) => leaf.at(row).get(), state as never);
      expect(bitsOf(rows)).toEqual(bitsOf(own.state));
    }
  });

  test("scan carries its state, and gives the bits of a loop", () => {
    const carried = jit((x: NDArray) =>
      scan(
        ([point, state]: readonly [NDArray, ArrayTree]) => {
          const next = method.update(evaluate(problem, point), state, point);
          return [next, next[0]] as never;
        },
        [x, method.init(x)] as never,
        null as never,
        { length: 4 },
      ),
    );
    const [[x, state]] = carried(start) as unknown as [[NDArray, ArrayTree]];
    const own = run(method, problem, start, 4);
    expect(bitsOf([x, state])).toEqual(bitsOf([own.x, own.state]));
  });

  test("resumed from a state that was written as text it goes on with the same bits", () => {
    const whole = run(method, problem, start, 8);
    const half = run(method, problem, start, 4);
    const written = JSON.stringify(
      tree.leaves([half.x, half.state] as ArrayTree).map((leaf) => {
        const { dtype, shape } = leaf as NDArray;
        return { dtype, shape, values: numbers(leaf as NDArray).map(String) };
      }),
    );
    const read = (JSON.parse(written) as { dtype: never; shape: number[]; values: string[] }[]).map((leaf) =>
      array(leaf.values.map(Number), { dtype: "float64" }).astype(leaf.dtype).reshape(leaf.shape),
    );
    let [x, state] = tree.unflatten(tree.structure([half.x, half.state] as ArrayTree), read) as unknown as [
      NDArray,
      ArrayTree,
    ];
    const step = stepOf(method, problem);
    for (let k = 0; k < 4; k++) [x, state] = step(x, state);
    expect(bitsOf([x, state])).toEqual(bitsOf([whole.x, whole.state]));
  });

  test("every leaf of the parameters keeps its dtype and shape, and a tree gives the numbers of one vector", () => {
    const split = (x: NDArray): { a: NDArray; b: readonly [NDArray] } => ({
      a: x.at(np.slice(0, 4)).get().reshape([2, 2]),
      b: [x.at(np.slice(4)).get()],
    });
    const join = ({ a, b }: ReturnType<typeof split>): NDArray => np.concatenate([a.reshape([4]), b[0]]);
    const { value, gradient, constraints, constraintGradients } = evaluate(problem, start);
    const rows = constraintGradients!;
    const params = split(start);
    const given = {
      value,
      gradient: split(gradient),
      constraints: constraints!,
      constraintGradients: {
        a: rows.at(np.ellipsis, np.slice(0, 4)).get().reshape([1, 2, 2]),
        b: [rows.at(np.ellipsis, np.slice(4)).get()] as const,
      },
    };
    const [next] = method.update(given, method.init(params), params);
    const [plain] = method.update(evaluate(problem, start), method.init(start), start);
    expect(numbers(join(next))).toEqual(numbers(plain));

    const single = { a: params.a.astype("float32"), b: [params.b[0]] as const };
    const [mixed, state] = method.update(given, method.init(single), single);
    expect([mixed.a.dtype, mixed.a.shape, mixed.b[0].dtype]).toEqual(["float32", [2, 2], "float64"]);
    const [again] = method.update(
      { ...given, gradient: { ...given.gradient, a: given.gradient.a.astype("float32") } },
      state,
      mixed,
    );
    expect([again.a.dtype, again.b[0].dtype]).toEqual(["float32", "float64"]);
  });

  test("the state is a tree of arrays: floats of 64 bits, whole numbers of 32, truth values", () => {
    const { state } = run(method, problem, start, 2);
    const kinds = new Set(tree.leaves(state as ArrayTree).map((leaf) => (leaf as NDArray).dtype));
    for (const kind of kinds) expect(["float64", "int32", "bool"]).toContain(kind);
  });
});

test("an mma of 20,000 variables has the bits of one thread with two and four", () => {
  const size = 20_000;
  const wave = (frequency: number): NDArray => np.sin(np.arange(1, size + 1).mul(frequency));
  const x = wave(1.7).mul(0.4).add(0.5);
  const evaluation = {
    value: array(100),
    gradient: np.square(wave(0.37)).neg(),
    constraints: array([0.01, -0.02]),
    constraintGradients: np
      .stack([wave(0.1), wave(1.1)])
      .add(1.2)
      .div(size),
  };
  const method = mma({ lower: 0, upper: 1 });
  const bits = (backend: string): number[][] => {
    const update = jit(
      (given: typeof evaluation, state: ArrayTree, point: NDArray) => method.update(given, state, point),
      { backend } as never,
    );
    return bitsOf(update(evaluation as never, method.init(x) as never, x as never));
  };
  try {
    const wanted = bits("js");
    for (const threads of [1, 2, 4]) {
      configure({ threads });
      expect(bits("wasm")).toEqual(wanted);
    }
  } finally {
    configure({ threads: 1 });
  }
});
