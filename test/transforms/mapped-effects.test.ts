/**
 * Effects under vmap: what a mapped function shows is what its examples show one by one, each as often, in whatever
 * branches and loops they differ. Values that are not mapped are shown once, if any example comes by.
 */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  array,
  checkpoint,
  cond,
  configure,
  customJvp,
  customLinearSolve,
  customRoot,
  customVjp,
  debugCallback,
  debugPrint,
  foriLoop,
  grad,
  jit,
  jvp,
  linearize,
  makeJaxpr,
  NDArray,
  scan,
  switchCase,
  validateJaxpr,
  vmap,
  whileLoop,
} from "cotangent";
import * as np from "cotangent/numpy";

type Scalar = (x: NDArray) => NDArray;

const lines: string[] = [];
/** What was printed since the last call, in no order. */
const printed = (): string[] => lines.splice(0).sort();
beforeEach(() => {
  configure({ onPrint: (line) => lines.push(line) });
  printed();
});
afterEach(() => configure({ onPrint: null }));

const say =
  (tag: string, f: Scalar): Scalar =>
  (x) => {
    debugPrint("{} {}", tag, x);
    return f(x);
  };
const add = (step: number): Scalar => say(`add ${step}`, (x) => x.add(step));
const keep: Scalar = (x) => x;
const isPositive = (x: NDArray): NDArray => np.greater(x, 0);

/** Functions in which examples part, by what they contain. */
const programs: Readonly<Record<string, Scalar>> = {
  cond: (x) => cond(isPositive(x), add(1), say("down", np.negative as Scalar), x),
  "a branch in a branch": (x) =>
    cond(isPositive(x), (y: NDArray) => cond(np.greater(y, 2), add(1), add(2), y), add(3), x),
  switchCase: (x) => switchCase(np.astype(np.mod(x, 3), "int32"), [add(1), add(2), keep], x),
  while: (x) => whileLoop((y: NDArray) => np.less(y, 3), add(1), x),
  "a test that shows": (x) =>
    whileLoop(
      (y: NDArray) => np.less(say("test", keep)(y), 3),
      (y: NDArray) => y.add(1),
      x,
    ),
  "while in cond": (x) =>
    cond(isPositive(x), (y: NDArray) => whileLoop((z: NDArray) => np.less(z, 4), add(1), y), keep, x),
  "cond in while": (x) =>
    whileLoop(
      (y: NDArray) => np.less(y, 4),
      (y: NDArray) => cond(isPositive(y), add(1), add(2), y),
      x,
    ),
  "while in while": (x) =>
    whileLoop(
      (y: NDArray) => np.less(y, 4),
      (y: NDArray) => whileLoop((z: NDArray) => np.less(np.mod(z, 3), 2), add(1), y.add(1)).add(1),
      x,
    ),
};

/** What may stand in a branch that only some examples take; differentiable in both modes. */
const contents: Readonly<Record<string, Scalar>> = {
  scan: (x) => scan((c: NDArray, y: NDArray) => [add(1)(c).add(y), null], x, array([1, 2]))[0],
  "checkpointed scan": (x) =>
    scan((c: NDArray, y: NDArray) => [add(1)(c).add(y), null], x, array([1, 2, 3, 4]), { checkpoint: 2 })[0],
  foriLoop: (x) => foriLoop(0, 2, (_k, c: NDArray) => add(1)(c), x),
  jit: jit(add(1)),
  checkpoint: checkpoint(add(1)),
  customJvp: customJvp(add(1), { jvp: ([x]: NDArray[], [dx]: NDArray[]) => [add(1)(x!), dx!] }),
  customRoot: (x) =>
    customRoot(
      (y: NDArray) => y.sub(x),
      array(0),
      () => say("root", keep)(x),
      (_g, b) => b,
    ),
  customLinearSolve: (x) =>
    customLinearSolve(
      (y: NDArray) => y.mul(2),
      x,
      (_m, b) => b.div(2),
      { symmetric: true },
    ).add(say("beside", keep)(x)),
};
const branches = Object.fromEntries(
  Object.entries(contents).map(([name, f]) => [name, (x: NDArray): NDArray => cond(isPositive(x), f, keep, x)]),
);

const examples = fc.array(fc.integer({ min: -3, max: 5 }), { minLength: 1, maxLength: 5 });

/** What a function shows when it is called for every example. */
const oneByOne = (f: Scalar, xs: readonly number[]): string[] => {
  xs.forEach((x) => f(array(x)));
  return printed();
};

describe.each(Object.entries({ ...programs, ...branches }))("%s", (_name, f) => {
  test("mapped, it shows what every example shows alone, eager, compiled and mapped twice", () => {
    fc.assert(
      fc.property(examples, (xs) => {
        const wanted = oneByOne(f, xs);
        const mapped: ((x: NDArray) => unknown)[] = [
          vmap(f),
          jit(vmap(f)),
          vmap(jit(f)),
          (x) => vmap(vmap(f))(x.reshape([1, xs.length])),
          (x) => jit(vmap(vmap(f), { inAxes: 1 }))(x.reshape([1, xs.length])),
          (x) => jvp(vmap(f), [x], [x]),
          (x) => linearize(vmap(f), x),
        ];
        mapped.forEach((run, k) => {
          run(array(xs));
          expect(printed(), String(k)).toEqual(wanted);
        });
      }),
      { numRuns: 6 },
    );
  });

  test("values are those of the examples alone, and the IR is valid", () => {
    const xs = [-2, 0, 1, 3, 5];
    const wanted = xs.map((x) => f(array(x)).item());
    expect(vmap(f)(array(xs)).toList()).toEqual(wanted);
    expect(jit(vmap(f))(array(xs)).toList()).toEqual(wanted);
    validateJaxpr(makeJaxpr(vmap(vmap(f)))(array([xs])).jaxpr);
  });
});

test.each(Object.entries(branches))(
  "the gradient of a branch with %s shows what the examples' gradients show",
  (_name, f) => {
    const xs = [-2, 1, 3];
    const wanted = oneByOne(grad(f) as Scalar, xs);
    for (const run of [vmap(grad(f)), jit(vmap(grad(f))), grad((x: NDArray) => np.sum(vmap(f)(x)))]) {
      run(array(xs));
      expect(printed()).toEqual(wanted);
    }
  },
);

test("both rules of customVjp in a branch show for the examples that take it", () => {
  const square = customVjp((x: NDArray) => x.mul(x), {
    fwd: (x: NDArray) => [say("fwd", keep)(x).mul(x), x],
    bwd: (x: NDArray, g: NDArray) => [say("bwd", keep)(x).mul(g).mul(2)],
  });
  const f: Scalar = (x) => cond(isPositive(x), square, keep, x);
  for (const run of [vmap(grad(f)), jit(vmap(grad(f))), grad((x: NDArray) => np.sum(vmap(f)(x)))]) {
    expect((run(array([-2, 1, 3])) as NDArray).toList()).toEqual([1, 2, 6]);
    expect(printed()).toEqual(["bwd 1", "bwd 3", "fwd 1", "fwd 3"]);
  }
});

test("what is not mapped is shown once if any example comes by, else not", () => {
  const f: Scalar = (x) => cond(isPositive(x), (y: NDArray) => (debugPrint("here"), y), keep, x);
  const shown = (xs: readonly number[]): string[] => {
    vmap(f)(array(xs as number[]));
    jit(vmap(f))(array(xs as number[]));
    return printed();
  };
  expect(shown([-1, 2, 3])).toEqual(["here", "here"]);
  expect(shown([-1, -2])).toEqual([]);
  vmap(f)(np.zeros([0]));
  vmap(programs["while"]!)(np.zeros([0]));
  expect(printed()).toEqual([]);
});

test("a function that sees a batch gets the rows of the examples that are there", () => {
  const seen: unknown[] = [];
  const show: Scalar = (x) => {
    debugCallback({ call: (rows: NDArray) => seen.push(rows.toList()), vectorized: "batched" }, x);
    return x;
  };
  const f: Scalar = (x) => cond(isPositive(x), show, keep, x);
  for (const run of [vmap(f), jit(vmap(f))]) {
    run(array([1, -2, 3]));
    run(array([-1, -2]));
    run(array([4]));
  }
  expect(seen.splice(0)).toEqual([[1, 3], [4], [1, 3], [4]]);
  // Mapped twice, an example is a row; its own examples that are not there show one that is.
  vmap(vmap(f))(
    array([
      [1, -2],
      [-3, -4],
      [5, 6],
    ]),
  );
  expect(seen).toEqual([
    [
      [1, 1],
      [5, 6],
    ],
  ]);
});

test("a mapped loop makes its test once a step", () => {
  const { jaxpr } = makeJaxpr(
    vmap((x: NDArray) =>
      whileLoop(
        (y: NDArray) => np.less(np.sin(y), 3),
        (y: NDArray) => y.add(1),
        x,
      ),
    ),
  )(array([1, 2]));
  const loop = jaxpr.equations.find(({ primitive }) => primitive.name === "while")!;
  const { condition, body } = loop.params as Record<string, { equations: readonly { primitive: { name: string } }[] }>;
  const sines = (part: typeof body): number =>
    part!.equations.filter(({ primitive }) => primitive.name === "sin").length;
  expect([sines(condition), sines(body)]).toEqual([0, 1]);
});
