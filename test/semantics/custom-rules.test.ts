/**
 * Semantics 6-13: functions with a reverse rule of their own.
 */
import { describe, expect, test } from "vitest";
import {
  array,
  customVjp,
  foriLoop,
  grad,
  hessian,
  jacrev,
  jit,
  jvp,
  linearize,
  makeJaxpr,
  NDArray,
  stopGradient,
  vjp,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { validateClosed } from "../../src/ir/validate.ts";
import { errorOf, expectError, values } from "./support.ts";

type Scalar = (x: NDArray) => NDArray;

/** x^2 whose rule leaves out the factor 2, so that it is seen which code is differentiated. */
const halfSquare = customVjp((x: NDArray) => np.square(x), {
  fwd: (x: NDArray) => [np.square(x), x],
  bwd: (x: NDArray, g: NDArray) => [np.mul(g, x)],
});

const xs = array([0.5, -1, 3]);

test("6: grad of grad differentiates the rule: f(3) = 9, f'(3) = 3, f''(3) = 1, f'''(3) = 0", () => {
  expect(halfSquare(array(3)).item()).toBe(9);
  expect(grad(halfSquare)(array(3)).item()).toBe(3);
  expect(grad(grad(halfSquare))(array(3)).item()).toBe(1);
  expect(grad(grad(grad(halfSquare)))(array(3)).item()).toBe(0);
  expect(grad(jit(grad(jit(halfSquare))))(array(3)).item()).toBe(1);
  expect(jacrev(jacrev(halfSquare))(array(3)).item()).toBe(1);
});

describe("7: forward mode through a function with a reverse rule only is refused by name", () => {
  const one = array(1);
  const calls: Readonly<Record<string, () => unknown>> = {
    jvp: () => jvp(halfSquare, [one], [one]),
    "jvp of jit": () => jvp(jit(halfSquare), [one], [one]),
    "jit of jvp": () => jit((x: NDArray) => jvp(halfSquare, [x], [one])[1])(one),
    "jvp of vmap": () => jvp(vmap(halfSquare), [xs], [xs]),
    "vmap of jvp": () => vmap((x: NDArray) => jvp(halfSquare, [x], [one])[1])(xs),
    "vmap of jit of jvp": () => vmap(jit((x: NDArray) => jvp(halfSquare, [x], [one])[1]))(xs),
    "the map of linearize": () => linearize(halfSquare, one)[1](one),
  };

  test.each(Object.entries(calls))("%s", (_name, call) => expectError(call, "ForwardModeOfCustomVjp"));

  test("and hessian, which differentiates the backward rule forwards, suggests jacrev(jacrev(f)) where that rule has such a function in it", () => {
    const nested: Scalar = customVjp((x: NDArray) => np.pow(x, 3), {
      fwd: (x: NDArray) => [np.pow(x, 3), x],
      bwd: (x: NDArray, g: NDArray) => [np.mul(g, halfSquare(x))],
    });
    expectError(() => hessian(nested)(one), "ForwardModeOfCustomVjp", "jacrev(jacrev(f))");
    expectError(
      () => hessian((x: NDArray) => np.sum(vmap(nested)(x)))(xs),
      "ForwardModeOfCustomVjp",
      "jacrev(jacrev(f))",
    );
    expect(jacrev(jacrev(nested))(array(3)).item()).toBe(3);
    expect(hessian(halfSquare)(array(3)).item()).toBe(1);
  });
});

test("8: vmap of it, vmap of its grad, grad of its vmap and their mixes are the loop per example", () => {
  const rule =
    (f: Scalar): Scalar =>
    (x) =>
      np.sin(f(x));
  const loop = (f: Scalar): number[] => (xs.toList() as number[]).map((x) => f(array(x)).item());
  const total = (f: Scalar) => (x: NDArray) => np.sum(vmap(f)(x));
  const f = rule(halfSquare);
  expect(values(vmap(f)(xs))).toEqual(loop(f));
  expect(values(vmap(grad(f))(xs))).toEqual(loop(grad(f)));
  expect(values(grad(total(f))(xs))).toEqual(loop(grad(f)));
  expect(values(vmap(jit(grad(f)))(xs))).toEqual(loop(grad(f)));
  expect(values(jit(vmap(grad(jit(f))))(xs))).toEqual(loop(grad(f)));
  expect(values(vmap(grad(grad(f)))(xs))).toEqual(loop(grad(grad(f))));
  expect(values(grad((x: NDArray) => np.sum(grad(total(f))(x)))(xs))).toEqual(loop(grad(grad(f))));
  expect(values(grad(total(grad(f)))(xs))).toEqual(loop(grad(grad(f))));
});

describe("9: rules may close over outer tracers", () => {
  /** x y with a rule that says y^2 x: both its parts use y from outside. */
  const timesClosed = (y: NDArray): Scalar =>
    customVjp((x: NDArray) => np.mul(x, y), {
      fwd: (x: NDArray) => [np.mul(x, y), [x, y]],
      bwd: ([x]: [NDArray, NDArray], g: NDArray) => [np.mul(np.mul(g, np.square(y)), x)],
    });

  test("of jit and of vmap", () => {
    expect(jit((y: NDArray) => grad(timesClosed(y))(array(2)))(array(3)).item()).toBe(18);
    expect(values(vmap((y: NDArray) => grad(timesClosed(y))(array(2)))(array([1, 2, 3])))).toEqual([2, 8, 18]);
    expect(values(jit(vmap((y: NDArray) => grad(jit(timesClosed(y)))(array(2))))(array([1, 2, 3])))).toEqual([
      2, 8, 18,
    ]);
    expect(values(vmap((y: NDArray) => vmap(grad(timesClosed(y)))(array([1, 2])))(array([1, 3])))).toEqual([
      [1, 2],
      [9, 18],
    ]);
  });

  test("of an outer grad, which then differentiates the rule's code", () => {
    expect(grad((y: NDArray) => grad(timesClosed(y))(array(2)))(array(3)).item()).toBe(12);
    expect(jvp((y: NDArray) => grad(timesClosed(y))(array(2)), [array(3)], [array(1)])[1].item()).toBe(12);
  });
});

test("10: a derivative by a value that a rule closes over is an error with a name, eager and jitted, not a silent zero", () => {
  const closing = (y: NDArray): Scalar =>
    customVjp((x: NDArray) => np.mul(x, y), {
      fwd: (x: NDArray) => [np.mul(x, y), null],
      bwd: (_none: null, g: NDArray) => [np.mul(g, y)],
    });
  const f = (y: NDArray): NDArray => closing(y)(np.mul(y, 2));
  expectError(() => grad(f)(array(3)), "ClosedOverDifferentiation");
  expectError(() => grad(jit(f))(array(3)), "ClosedOverDifferentiation");
  expectError(() => jit(grad(f))(array(3)), "ClosedOverDifferentiation");
  expect(grad((y: NDArray) => closing(stopGradient(y))(np.mul(y, 2)))(array(3)).item()).toBe(6);
});

test("10: the same where the backward rule alone closes over it, whatever it does with it", () => {
  const rules: Record<string, (y: NDArray) => (r: null, g: NDArray) => NDArray[]> = {
    "computes with it": (y) => (_none, g) => [np.mul(g, y)],
    "returns it": (y) => () => [y],
    "differentiates it": (y) => (_none, g) => [grad((z: NDArray) => np.mul(np.mul(z, y), g))(array(1))],
    "compiles it": (y) => (_none, g) => [jit((z: NDArray) => np.mul(z, y))(g)],
    "loops with it": (y) => (_none, g) => [foriLoop(0, 2, (_k, z: NDArray) => np.mul(z, y), g)],
  };
  for (const [name, rule] of Object.entries(rules)) {
    const closing = (y: NDArray): Scalar =>
      customVjp(
        function twice(x: NDArray) {
          return np.mul(x, 2);
        },
        { fwd: (x: NDArray) => [np.mul(x, 2), null], bwd: rule(y) },
      );
    const f = (y: NDArray): NDArray => np.add(closing(y)(y), y);
    const one = array(3);
    const gradients: (() => unknown)[] = [
      () => grad(f)(one),
      () => vjp(f, one)[1](array(1)),
      () => jit(grad(f))(one),
      () => grad(jit(f))(one),
      () => vmap(grad(f))(array([3, 4])),
      () => grad((y: NDArray) => np.sum(vmap(closing(y))(np.mul(array([3, 4]), y))))(one),
      () => grad(grad(f) as Scalar)(one),
    ];
    gradients.forEach((run, k) => {
      const error = errorOf(run);
      expect(error.code, `${name}, ${k}: ${error.message}`).toBe("ClosedOverDifferentiation");
      expect(error.message).toContain("derivative of twice");
    });
    expect(grad((y: NDArray) => np.add(closing(y)(array(2)), y))(one).item(), name).toBe(1);
  }
});

describe("11: null from the backward rule", () => {
  type Parameters = { w: NDArray; b: NDArray[] };
  const linear = (
    bwd: (residuals: [Parameters, NDArray], g: NDArray) => readonly unknown[],
  ): ((p: Parameters, x: NDArray) => NDArray) =>
    customVjp((p: Parameters, x: NDArray) => np.add(np.mul(p.w, x), p.b[0]!), {
      fwd: (p: Parameters, x: NDArray) => [np.add(np.mul(p.w, x), p.b[0]!), [p, x]],
      bwd,
    });
  const parameters: Parameters = { w: array(2), b: [array(1), array([5, 5])] };

  test("is zero for an input", () => {
    const f = linear(([p], g) => [null, np.mul(g, p.w)]);
    const [dp, dx] = grad(f, { argnums: [0, 1] })(parameters, array(3)) as [Parameters, NDArray];
    expect([dp.w.item(), dp.b[0]!.item(), values(dp.b[1]!), dx.item()]).toEqual([0, 0, [0, 0], 2]);
  });

  test("is zeros for a whole subtree, also under jit and vmap", () => {
    const f = linear(([, x], g) => [{ w: np.mul(g, x), b: null }, null]);
    for (const transform of [grad(f), jit(grad(f)), grad(jit(f))]) {
      const dp = transform(parameters, array(3));
      expect([dp.w.item(), dp.b[0]!.item(), values(dp.b[1]!)]).toEqual([3, 0, [0, 0]]);
    }
    const mapped = vmap(grad(f), { inAxes: [null, 0] })(parameters, array([3, 4]));
    expect([values(mapped.w), values(mapped.b[1]!)]).toEqual([
      [3, 4],
      [
        [0, 0],
        [0, 0],
      ],
    ]);
  });
});

describe("12: a wrong cotangent from the backward rule is named", () => {
  const withBwd = (bwd: (...args: never[]) => unknown): Scalar =>
    customVjp(
      function square(x: NDArray) {
        return np.square(x);
      },
      { fwd: (x: NDArray) => [np.square(x), x], bwd: bwd as never },
    );
  const run =
    (bwd: (...args: never[]) => unknown, wrap: (f: Scalar) => Scalar = (f) => f) =>
    () =>
      grad((x: NDArray) => np.sum(wrap(withBwd(bwd))(x)))(array([1, 2]));

  test.each([
    ["eager", (f: Scalar) => f],
    ["jitted", (f: Scalar) => jit(f)],
  ] as const)("%s", (_name, wrap) => {
    expectError(
      run(() => [array([1, 2, 3])], wrap),
      "TreeMismatch",
      "square",
      "[0]",
      "float64[3]",
      "float64[2]",
    );
    expectError(
      run(() => [array([1, 2], { dtype: "float32" })], wrap),
      "TreeMismatch",
      "float32[2]",
      "float64[2]",
    );
    expectError(
      run(() => [array([1, 2]), array([1, 2])], wrap),
      "TreeMismatch",
      "a list of 2",
      "1 argument",
    );
    expectError(
      run(() => [], wrap),
      "TreeMismatch",
      "a list of 0",
    );
    expectError(
      run(() => array([1, 2]), wrap),
      "TreeMismatch",
      "1 argument",
    );
    expectError(
      run(() => [[array([1, 2])]], wrap),
      "TreeMismatch",
      "[0]",
    );
    expectError(
      run(() => [{ w: array([1, 2]) }], wrap),
      "TreeMismatch",
      "[0]",
    );
    expectError(
      run(() => null, wrap),
      "TreeMismatch",
      "null",
    );
  });

  test("and so is a forward rule that returns no pair", () => {
    const f = customVjp((x: NDArray) => np.square(x), {
      fwd: ((x: NDArray) => np.square(x)) as never,
      bwd: () => [null],
    });
    expectError(() => grad(f)(array(1)), "TreeMismatch", "[output, residuals]");
  });

  test("and so is one whose output is not the function's, where both are traced", () => {
    const withFwd = (out: (x: NDArray) => unknown): Scalar =>
      customVjp(
        function square(x: NDArray) {
          return np.square(x);
        },
        { fwd: (x: NDArray) => [out(x), x], bwd: (x: NDArray) => [x] },
      );
    const outputs: readonly ((x: NDArray) => unknown)[] = [
      (x) => [x],
      (x) => ({ x }),
      () => np.ones([3]),
      (x) => np.astype(x, "float32"),
      () => null,
    ];
    for (const out of outputs) {
      expectError(() => jit(withFwd(out))(array(2)), "TreeMismatch", "fwd of square");
      expectError(() => grad(jit(withFwd(out)))(array(2)), "TreeMismatch", "fwd of square");
    }
  });

  test("every mutation of a right rule for two arguments is caught", () => {
    const right = (g: NDArray): unknown[] => [np.mul(g, array([1, 1])), { w: np.sum(g) }];
    const mutations: readonly ((list: unknown[]) => unknown)[] = [
      (list) => list.slice(1),
      (list) => [...list, null],
      (list) => [list[1], list[0]],
      ([x, p]) => [np.sum(x as NDArray), p],
      ([x]) => [x, {}],
      ([x, p]) => [x, { ...(p as object), extra: x }],
      ([x]) => [x, { w: x }],
      ([x, p]) => [x, [p]],
      ([x]) => [x, "zero"],
    ];
    const f = (bwd: (r: null, g: NDArray) => unknown): ((x: NDArray, p: { w: NDArray }) => NDArray) =>
      customVjp((x: NDArray, p: { w: NDArray }) => np.mul(x, p.w), {
        fwd: (x: NDArray, p: { w: NDArray }) => [np.mul(x, p.w), null],
        bwd: bwd as never,
      });
    const call = (bwd: (r: null, g: NDArray) => unknown): unknown =>
      vjp(f(bwd), array([1, 2]), { w: array(2) })[1](array([1, 1]));
    expect(call((_r, g) => right(g))).toBeDefined();
    for (const mutate of mutations) {
      let code = "nothing";
      try {
        call((_r, g) => mutate(right(g)));
      } catch (error) {
        code = (error as { code?: string }).code ?? String(error);
      }
      expect(["TreeMismatch", "NotAnArray"], mutate.toString()).toContain(code);
    }
  });
});

test("13: a function whose rules are not defined refuses to be called, not only to be differentiated", () => {
  for (const rules of [
    {},
    { fwd: (x: NDArray) => [x, x] },
    { bwd: () => [null] },
    { fwd: "x", bwd: () => [null] },
    undefined,
  ]) {
    const call = (): unknown => customVjp((x: NDArray) => np.square(x), rules as never)(array(3));
    expectError(call, "MissingRule");
  }
});

test("its staged form is valid IR under every transform", () => {
  const f = (x: NDArray): NDArray => np.sum(vmap(halfSquare)(x));
  for (const g of [
    f,
    grad(f),
    jit(grad(f)),
    (x: NDArray) => grad((y: NDArray) => np.sum(grad(f)(y)))(x),
    vmap(grad(halfSquare)),
  ])
    validateClosed(makeJaxpr(g)(xs));
});
