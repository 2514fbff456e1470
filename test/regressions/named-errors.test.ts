/** Errors speak of the function that was called and of its own arguments, not of what it is built from. */
import { describe, expect, test } from "vitest";
import { array, bisect, fixedPoint, foriLoop, jit, map, newton, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { expectError } from "../semantics/support.ts";

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing thrown";
};

const three = array(3, { dtype: "int32" });

describe.each([
  ["known bounds", (body: any, init: any) => foriLoop(0, 3, body, init)],
  ["traced bounds", (body: any, init: any) => jit((n: NDArray) => foriLoop(0, n, body, init))(three)],
])("foriLoop with %s", (_, loop) => {
  const refuse = (body: unknown, init: unknown, code: string, ...parts: string[]): void => {
    expectError(() => loop(body, init), code, "foriLoop of", ...parts);
    expect(messageOf(() => loop(body, init))).not.toMatch(/scan|whileLoop|carry|\[\d\]\.[a-z]|at \[\d/);
  };

  test("lists what changes by the paths of its own state", () => {
    const grow = function grow(_i: NDArray, s: NDArray): NDArray {
      return np.concatenate([s, s]);
    };
    refuse(
      grow,
      array([1]),
      "CarryMismatch",
      "foriLoop of grow",
      "the state enters as float64[1] and leaves as float64[2]",
    );
    const init = { a: array([1]), b: [array([1]), array(2)] };
    const mixed = (_i: NDArray, s: typeof init): unknown => ({
      a: s.a,
      b: [s.b[0]!.astype("float32"), np.stack([s.b[1]!])],
    });
    refuse(mixed, init, "CarryMismatch", ": .b[0] enters as float64[1]", "; .b[1] enters as float64[]");
    refuse((_i: NDArray, s: NDArray) => [s], array(1), "CarryMismatch", "structure * and leaves with [*]");
  });

  test("names a value that is no array by its place in the state", () => {
    refuse(() => undefined, array(1), "NotAnArray", "undefined at the top");
    refuse(() => ({ a: "x" }), { a: array(1) }, "NotAnArray", "a string at .a");
    refuse((_i: NDArray, s: NDArray) => s, { a: "x" }, "NotAnArray", "initial state", "a string at .a");
  });
});

test("bounds of foriLoop are called lower and upper", () => {
  const same = (_i: NDArray, s: NDArray): NDArray => s;
  expectError(() => foriLoop(0.5, 3, same, array(1)), "DTypeMismatch", "lower is 0.5");
  expectError(() => foriLoop(0, array([1, 2]), same, array(1)), "ShapeMismatch", "upper is float64[2]");
  expectError(() => foriLoop(0, undefined as never, same, array(1)), "NotAnArray", "upper");
  expectError(() => foriLoop(0, 2 ** 40, same, array(1)), "InvalidOption", `upper is ${2 ** 40}`);
});

test("map speaks of xs and of the output of its function", () => {
  const first = (x: NDArray): NDArray => x;
  const calls: readonly [run: () => unknown, code: string, part: string][] = [
    [() => map(first, array(1)), "LoopLength", "xs is float64[]"],
    [
      () => map((x: { a: NDArray }) => x.a, { a: np.ones([2]), b: np.ones([3]) } as never),
      "LoopLength",
      "xs.b has 3 rows",
    ],
    [() => map(first, null as never), "LoopLength", "xs has no arrays"],
    [() => map(first, { a: "x" } as never), "NotAnArray", "xs: a string at .a"],
    [
      () => map(() => ({ q: [undefined] }), array([1])),
      "NotAnArray",
      "output of map of a function: undefined at .q[0]",
    ],
  ];
  for (const [run, code, part] of calls) {
    expectError(run, code, "map of", part);
    expect(messageOf(run)).not.toMatch(/scan|length \}|, y:/);
  }
});

test("bisect answers for what its function returns", () => {
  const results: readonly [f: (x: NDArray) => unknown, code: string][] = [
    [(x) => np.stack([x, x]), "ShapeMismatch"],
    [(x) => x.astype("float32"), "ShapeMismatch"],
    [(x) => np.greater(x, 0), "ShapeMismatch"],
    [(x) => [x, x], "TreeMismatch"],
    [() => undefined, "NotAnArray"],
  ];
  for (const [f, code] of results) {
    expectError(() => bisect(f as never), code, "bisect of");
    expectError(() => jit(() => bisect(f as never))(), code, "bisect of");
  }
});

test("newton and fixedPoint name the unknown that is no float", () => {
  const solvers: Record<string, (x0: unknown) => unknown> = {
    newton: (x0) => newton((x: unknown) => x, x0),
    fixedPoint: (x0) => fixedPoint((x: unknown) => x, x0),
  };
  for (const [name, solve] of Object.entries(solvers)) {
    expectError(() => solve(array(1, { dtype: "int32" })), "DTypeMismatch", `${name} of`, "x0 is int32[]");
    expectError(() => solve({ a: array(1), b: [array([true])] }), "DTypeMismatch", `${name} of`, "x0.b[0] is bool[1]");
    expectError(() => solve({ a: "x" }), "NotAnArray", `${name} of`, "x0: a string at .a");
    expect(messageOf(() => solve(array(1, { dtype: "int32" })))).not.toMatch(/ravelTree/);
  }
});

test("a draw from no categories names random.categorical and the shapes; nothing drawn is no error", () => {
  const key = random.key(0);
  const draw = (shape: readonly number[], options = {}): NDArray => random.categorical(key, np.zeros(shape), options);
  expectError(() => draw([3, 0]), "EmptyReduction", "random.categorical: logits float64[3,0]", "axis 1", "shape [3]");
  expectError(() => draw([0], { shape: [2, 2] }), "EmptyReduction", "random.categorical", "shape [2,2]");
  expectError(() => draw([0], { replace: false }), "EmptyReduction", "random.categorical");
  expectError(() => jit(() => draw([0, 2], { axis: 0 }))(), "EmptyReduction", "random.categorical", "axis 0");
  expectError(
    () => vmap((x: NDArray) => random.categorical(key, x))(np.zeros([2, 0])),
    "EmptyReduction",
    "categorical",
  );
  expect(draw([0, 0]).shape).toEqual([0]);
  expect(draw([0], { shape: [0] }).shape).toEqual([0]);
});
