/**
 * Fault 12: a rule of the user's that returns a wrong count, structure, shape or dtype is refused by its name, whichever
 * way it is wrong; and fault 13 for rules that go one way only.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, customJvp, customVjp, grad, jit, jvp, linearize, NDArray, vjp, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { errorOf, expectError } from "../semantics/support.ts";

interface Parameters {
  readonly w: NDArray;
  readonly b: readonly NDArray[];
}

const parameters: Parameters = { w: array([2, 3]), b: [array(1), array([[1], [2]])] };
const x = array([0.5, -1]);

const model = (p: Parameters, y: NDArray): NDArray => np.sum(np.mul(p.w, y)).add(p.b[0]!);

/** Places in [parameters, x], as what is there and how a right cotangent is changed there. */
const places = ["w", "b0", "b1", "x"] as const;

const changes: Readonly<Record<string, (leaf: NDArray) => unknown>> = {
  "another shape": (leaf) => np.concatenate([leaf.ravel(), array([1])]),
  "one axis more": (leaf) => np.stack([leaf]),
  "another dtype": (leaf) => leaf.astype("float32"),
  integers: (leaf) => leaf.astype("int32"),
  "a list": (leaf) => [leaf],
  "an object": (leaf) => ({ leaf }),
  "a string": () => "0",
  "a function": () => () => 0,
  "a promise": async (leaf) => leaf,
  undefined: () => undefined,
};

/** The right cotangents with one leaf changed. */
const mutated = (place: (typeof places)[number], change: (leaf: NDArray) => unknown): unknown[] => {
  const leaf = (own: (typeof places)[number], value: NDArray): unknown => (own === place ? change(value) : value);
  return [
    {
      w: leaf("w", np.zerosLike(parameters.w)),
      b: [leaf("b0", array(0, { dtype: "float64" }).add(np.zeros([]))), leaf("b1", np.zerosLike(parameters.b[1]!))],
    },
    leaf("x", np.zerosLike(x)),
  ];
};

const withBwd = (bwd: (...all: never[]) => unknown): typeof model =>
  customVjp(
    function affine(p: Parameters, y: NDArray) {
      return model(p, y);
    },
    { fwd: (p: Parameters, y: NDArray) => [model(p, y), null], bwd: bwd as never },
  );

const wrappers: Readonly<Record<string, (f: typeof model) => unknown>> = {
  vjp: (f) => vjp(f, parameters, x)[1](array(1)),
  grad: (f) => grad(f)(parameters, x),
  "grad of jit": (f) => grad(jit(f))(parameters, x),
  "jit of grad": (f) => jit(grad(f, { argnums: [0, 1] }))(parameters, x),
  "vmap of grad": (f) => vmap(grad(f), { inAxes: [null, 0] })(parameters, np.stack([x, x])),
};

describe("12: a backward rule that is wrong at one leaf is refused by the name of its function", () => {
  test("the rule that is not mutated is accepted by every transform", () => {
    for (const run of Object.values(wrappers)) run(withBwd(() => mutated("w", (leaf) => leaf)));
  });

  test.each(Object.entries(wrappers))("under %s", (_name, run) => {
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom(...Object.keys(changes)), (place, change) => {
        const { code, message } = errorOf(() => run(withBwd(() => mutated(place, changes[change]!))));
        expect(["TreeMismatch", "NotAnArray"], `${change} at ${place}: ${message}`).toContain(code);
        expect(message).toContain("bwd of affine");
      }),
      { numRuns: 60 },
    );
  });

  test("also where it returns too few, too many or no list", () => {
    for (const returned of [[], [null], [null, null, null], null, undefined, 3, "x", { 0: null, 1: null }, x])
      for (const run of Object.values(wrappers))
        expectError(() => run(withBwd(() => returned)), "TreeMismatch", "affine");
  });
});

describe("12: a forward rule that is wrong is refused by the name of its function", () => {
  const withJvp = (rule: (...all: never[]) => unknown): ((y: NDArray) => NDArray) =>
    customJvp(
      function scale(y: NDArray) {
        return y.mul(2);
      },
      { jvp: rule as never },
    );
  const runs: Readonly<Record<string, (f: (y: NDArray) => NDArray) => unknown>> = {
    jvp: (f) => jvp(f, [x], [x]),
    linearize: (f) => linearize(f, x)[1](x),
    grad: (f) => grad((y: NDArray) => np.sum(f(y)))(x),
    "jit of grad": (f) => jit(grad((y: NDArray) => np.sum(f(y))))(x),
    vmap: (f) => vmap((y: NDArray) => jvp(f, [y], [y])[1])(np.stack([x, x])),
  };
  const wrong: Readonly<Record<string, (y: NDArray, dy: NDArray) => unknown>> = {
    "no pair": (y) => y,
    "three results": (y, dy) => [y, dy, dy],
    "an output of another shape": (y, dy) => [np.stack([y, y]), dy],
    "an output of another dtype": (y, dy) => [y.astype("float32"), dy],
    "a tangent of another shape": (y, dy) => [y.mul(2), np.stack([dy, dy])],
    "a tangent of another dtype": (y, dy) => [y.mul(2), dy.astype("float32")],
    "a tangent in a list": (y, dy) => [y.mul(2), [dy]],
    "a string": (y) => [y.mul(2), "0"],
    undefined: () => undefined,
  };
  test.each(Object.entries(wrong))("%s", (_name, rule) => {
    for (const [name, run] of Object.entries(runs)) {
      const { code, message } = errorOf(() => run(withJvp(([y]: [NDArray], [dy]: [NDArray]) => rule(y, dy))));
      expect(["TreeMismatch", "NotAnArray"], `${name}: ${message}`).toContain(code);
      expect(message, name).toContain("scale");
    }
  });
});
