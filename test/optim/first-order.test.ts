/**
 * First-order optimizers: their trajectories are Keras's and those of the formulas in plain numbers; states are trees of
 * arrays that keep their shapes and dtypes.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit, NDArray, scan, tree, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import type { GradientTransformation } from "cotangent/optim";
import { expectError } from "../semantics/support.ts";
import { formulas } from "./formulas.ts";

interface Table {
  readonly source: string;
  readonly curvatures: number[];
  readonly targets: number[];
  readonly starts: number[];
  readonly trajectories: {
    readonly optimizer: string;
    readonly arguments: Readonly<Record<string, any>>;
    readonly points: number[][];
  }[];
}

const table = JSON.parse(
  readFileSync(new URL("../reference/optimizer-trajectories.json", import.meta.url), "utf8"),
) as Table;

type Arguments = Readonly<Record<string, any>>;

const given = (options: Arguments): Arguments =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

const limitsOf = ({ global_clipnorm: norm, clipvalue: limit }: Arguments): GradientTransformation[] => [
  ...(norm === undefined ? [] : [optim.clipByGlobalNorm(norm)]),
  ...(limit === undefined ? [] : [optim.clip(limit)]),
];

/** Ours for the names and arguments of Keras. */
const ours: Readonly<Record<string, (args: Arguments) => GradientTransformation>> = {
  SGD: (args) =>
    optim.chain(
      ...limitsOf(args),
      optim.sgd(args["learning_rate"], given({ momentum: args["momentum"], nesterov: args["nesterov"] })),
    ),
  Adam: ({ learning_rate: rate, beta_1: b1, beta_2: b2, epsilon, amsgrad }) =>
    optim.adam(rate, given({ b1, b2, epsilon, amsgrad })),
  AdamW: ({ learning_rate: rate, weight_decay: weightDecay }) => optim.adamw(rate, given({ weightDecay })),
  RMSprop: ({ learning_rate: rate, rho, momentum, centered, epsilon }) =>
    optim.rmsprop(rate, given({ rho, momentum, centered, epsilon })),
  Adagrad: ({ learning_rate: rate, initial_accumulator_value: initialAccumulator, epsilon }) =>
    optim.adagrad(rate, given({ initialAccumulator, epsilon })),
};

const { curvatures, targets, starts } = table;

/** The table's parameters as a tree. */
const asTree = (x: NDArray): { a: NDArray; b: NDArray[] } => ({ a: x.at(0).get(), b: [np.dynamicSlice(x, [1], [3])] });

const fromTree = ({ a, b }: { a: NDArray; b: NDArray[] }): NDArray => np.concatenate([a.reshape([1]), b[0]!]);

const gradientAt = (x: NDArray): NDArray => x.sub(array(targets)).mul(array(curvatures));

const trajectory = ({ init, update }: GradientTransformation, steps: number): number[][] => {
  let params = asTree(array(starts));
  let state = init(params);
  return Array.from({ length: steps }, () => {
    const [updates, next] = update(asTree(gradientAt(fromTree(params))), state, params);
    params = optim.applyUpdates(params, updates);
    state = next;
    return fromTree(params).toList() as number[];
  });
};

const expectClose = (seen: number[][], wanted: readonly (readonly number[])[]): void =>
  wanted.forEach((point, k) =>
    point.forEach((value, i) => expect(Math.abs(seen[k]![i]! - value)).toBeLessThanOrEqual(1e-12)),
  );

describe.each(table.trajectories.map((own) => [own.optimizer, JSON.stringify(own.arguments), own] as const))(
  "%s %s",
  (name, _text, { arguments: args, points }) => {
    test(`goes where ${table.source.split(",")[0]} goes, to 1e-12`, () => {
      expectClose(trajectory(ours[name]!(args), points.length), points);
    });

    test("goes where its formula in plain numbers goes, to 1e-12", () => {
      const formula = formulas[name]!(args);
      let x = [...starts];
      const wanted = points.map(
        () =>
          (x = formula(
            x,
            x.map((value, i) => curvatures[i]! * (value - targets[i]!)),
          )),
      );
      expectClose(trajectory(ours[name]!(args), points.length), wanted);
    });
  },
);

const optimizers: Readonly<Record<string, GradientTransformation>> = {
  sgd: optim.sgd(0.1),
  "sgd with momentum": optim.sgd(optim.cosineDecay(0.1, 10), { momentum: 0.9, nesterov: true }),
  adam: optim.adam(0.1),
  amsgrad: optim.adam(optim.exponentialDecay(0.1, 5, 0.5), { amsgrad: true }),
  adamw: optim.adamw(0.1, { weightDecay: 0.1 }),
  rmsprop: optim.rmsprop(0.1, { centered: true, momentum: 0.5 }),
  adagrad: optim.adagrad(0.1),
  "a chain": optim.chain(
    optim.clipByGlobalNorm(1),
    optim.addDecayedWeights(0.01),
    optim.scaleBySchedule(optim.linear(1, 0, 9)),
    optim.adam(0.1),
    optim.scale(0.5),
  ),
};

const bits = (x: unknown): unknown =>
  tree.leaves(x).map((leaf) => ({ dtype: (leaf as NDArray).dtype, values: [...(leaf as NDArray).toTypedArray()] }));

const loss = (p: { w: NDArray; b: NDArray }): NDArray =>
  np.sum(np.square(p.w.sub(1))).add(np.sum(np.sin(p.b.astype("float64"))));

const start = { w: array([0.5, -2, 3]), b: array([[1, 2]], { dtype: "float32" }) };

/** Parameters and state after some steps. */
const stepper =
  ({ update }: GradientTransformation) =>
  (params: typeof start, state: optim.ArrayTree): readonly [typeof start, optim.ArrayTree] => {
    const [updates, next] = update(grad(loss)(params), state, params);
    return [optim.applyUpdates(params, updates), next];
  };

describe.each(Object.entries(optimizers))("%s", (_name, optimizer) => {
  const step = stepper(optimizer);
  const run = (f: typeof step): unknown => {
    let carry: readonly [typeof start, optim.ArrayTree] = [start, optimizer.init(start)];
    for (let k = 0; k < 7; k++) carry = f(...carry);
    return carry;
  };

  test.each(["wasm", "js"] as const)("compiled to %s gives the interpreter's bits", (backend) => {
    expect(bits(run(jit(step as never, { backend }) as unknown as typeof step))).toEqual(
      bits(run(jit(step as never, { backend: "interpreter" }) as unknown as typeof step)),
    );
  });

  test("state and parameters keep structure, shapes and dtypes: they are carried by a scan, with the loop's values", () => {
    const init = [start, optimizer.init(start)] as const;
    const [last] = scan((carry: typeof init) => [step(...carry), null], init as never, null as never, {
      length: 7,
    }) as unknown as [typeof init, null];
    const wanted = run(step);
    expect(tree.structure(last).text).toBe(tree.structure(wanted).text);
    const [seen, plain] = [tree.leaves(last) as NDArray[], tree.leaves(wanted) as NDArray[]];
    seen.forEach((x, k) => {
      expect([x.dtype, x.shape]).toEqual([plain[k]!.dtype, plain[k]!.shape]);
      expect([...x.toTypedArray()]).toEqual([...plain[k]!.toTypedArray()]);
    });
  });

  test("mapped over starts it equals a loop", () => {
    const many = {
      w: array([
        [0.5, -2, 3],
        [1, 4, -1],
      ]),
      b: array([[[1, 2]], [[0, -3]]], { dtype: "float32" }),
    };
    const twice = (params: typeof start): typeof start => {
      const first = step(params, optimizer.init(params));
      return step(...first)[0];
    };
    const mapped = vmap(twice)(many) as typeof start;
    [0, 1].forEach((k) => {
      const alone = twice({ w: many.w.at(k).get(), b: many.b.at(k).get() });
      expect(mapped.w.at(k).get().toList()).toEqual(alone.w.toList());
      expect(mapped.b.at(k).get().toList()).toEqual(alone.b.toList());
    });
  });
});

test("a schedule is asked for the count of steps done, from 0 on", () => {
  const { init, update } = optim.sgd((k) => k.mul(10).add(1));
  let state = init(array(0));
  const seen = [0, 1, 2].map(() => {
    const [step, next] = update(array(1), state, array(0));
    state = next;
    return step.item();
  });
  expect(seen).toEqual([-1, -11, -21]);
});

test("a learning rate that is traced is differentiated", () => {
  const after = (rate: NDArray): NDArray => {
    const { init, update } = optim.sgd(rate);
    const w = array(3);
    return optim.applyUpdates(w, update(array(2), init(w), w)[0]);
  };
  expect(grad(after)(array(0.1)).item()).toBe(-2);
});

test("Adam's first step is the learning rate against the sign of the gradient, whatever its size", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-2, max: 1e6, noNaN: true }), fc.boolean(), (size, isNegative) => {
      const { init, update } = optim.adam(0.01, { epsilon: 0 });
      const g = array(isNegative ? -size : size);
      const [step] = update(g, init(array(0)), array(0));
      expect(Math.abs(step.item() - (isNegative ? 0.01 : -0.01))).toBeLessThan(1e-14);
    }),
  );
});

describe("wrong options and trees are refused by name", () => {
  test.each<[string, () => unknown, string, string]>([
    ["a negative rate", () => optim.sgd(-1), "InvalidOption", "learningRate is -1"],
    ["momentum 1", () => optim.sgd(0.1, { momentum: 1 }), "InvalidOption", "momentum is 1"],
    ["nesterov alone", () => optim.sgd(0.1, { nesterov: true }), "InvalidOption", "nesterov without momentum"],
    [
      "two bad numbers at once",
      () => optim.adam(0.1, { b1: 2, b2: -1 }),
      "InvalidOption",
      "b1 is 2, but it lies in [0, 1); b2 is -1",
    ],
    ["a misspelt option", () => optim.adam(0.1, { beta1: 0.9 } as never), "UnknownOption", 'Did you mean "b1"'],
    ["weight decay of adam", () => optim.adam(0.1, { weightDecay: 1 } as never), "UnknownOption", "weightDecay"],
    ["text for a number", () => optim.rmsprop(0.1, { rho: "0.9" as never }), "InvalidOption", "a string"],
    ["a number for a switch", () => optim.rmsprop(0.1, { centered: 1 as never }), "InvalidOption", "centered"],
    ["no accumulator", () => optim.adagrad(0.1, { initialAccumulator: -1 }), "InvalidOption", "initialAccumulator"],
    ["a rate that is a vector", () => optim.sgd(array([1, 2])), "ShapeMismatch", "learningRate"],
    ["an optimizer in a chain", () => optim.chain(optim.lbfgs() as never), "InvalidOption", "part 0"],
    ["a clip of 0", () => optim.clip(0), "InvalidOption", "limit is 0"],
    [
      "integers",
      () => optim.sgd(0.1, { momentum: 0.9 }).init({ w: array([1], { dtype: "int32" }) }),
      "DTypeMismatch",
      "w",
    ],
    ["another tree", () => optim.applyUpdates({ w: array(1) } as object, { v: array(1) }), "TreeMismatch", "v"],
    ["another shape", () => optim.applyUpdates({ w: array([1]) }, { w: array([1, 2]) }), "ShapeMismatch", "w"],
  ])("%s", (_what, call, code, part) => {
    expectError(call, code, part);
  });
});
