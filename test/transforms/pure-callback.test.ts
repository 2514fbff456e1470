/** pureCallback: the host inside traced code, under every transform; what goes wrong there is named and harmless (fault 82). */
import { describe, expect, test } from "vitest";
import { array, customJvp, grad, jit, jvp, NDArray, pureCallback, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { isTracing } from "../../src/ir/trace.ts";
import { expectError, values } from "../semantics/support.ts";

const one = array(1);
const xs = array([0, 1, 2]);
const backends = ["wasm", "js", "interpreter"] as const;

/** sinh by the host, with its derivative by the host. */
const host =
  (f: (x: number) => number) =>
  (x: NDArray): NDArray =>
    pureCallback((y: NDArray) => f(y.item()), { shape: [] }, [x]) as NDArray;
const sinh = customJvp(host(Math.sinh), {
  jvp: ([x]: readonly NDArray[], [dx]: readonly NDArray[]) => [host(Math.sinh)(x!), np.mul(dx!, host(Math.cosh)(x!))],
});

test("with a rule of customJvp it has derivatives in every mode, compiled and mapped", () => {
  const slopes = [0, 1, 2].map(Math.cosh);
  for (const slope of [
    grad(sinh),
    jit(grad(sinh)),
    grad(jit(sinh)),
    (x: NDArray) => jvp(sinh, [x], [one])[1],
    jit((x: NDArray) => jvp(jit(sinh), [x], [one])[1]),
  ]) {
    expect(values(vmap(slope)(xs))).toEqual(slopes);
    expect(slope(array(2)).item()).toBe(slopes[2]);
  }
  expectError(() => grad(host(Math.sinh))(one), "NotDifferentiable", "customJvp");
});

describe("82: what the host function throws", () => {
  class Planted extends Error {}
  const bomb = { isArmed: true };
  const fragile = (x: NDArray): NDArray =>
    np.add(
      host((y) => {
        if (bomb.isArmed) throw new Planted();
        return 2 * y;
      })(np.sin(x)),
      1,
    );
  const guarded = customJvp(fragile, {
    jvp: ([x]: readonly NDArray[], [dx]: readonly NDArray[]) => [fragile(x!), dx!],
  });

  test.each(backends)("on %s arrives as it was thrown, and the next call is right", (backend) => {
    const f = jit(fragile, { backend });
    for (const run of [
      () => fragile(one),
      () => f(one),
      () => vmap(f)(xs),
      () => jit(vmap(fragile), { backend })(xs),
      () => grad(jit(guarded, { backend }))(one),
      () => f(pureCallback((x: NDArray) => f(x), { shape: [] }, [one]) as NDArray),
    ]) {
      bomb.isArmed = true;
      expect(run).toThrow(Planted);
      expect(isTracing()).toBe(false);
      bomb.isArmed = false;
      expect(run).not.toThrow();
      expect(f(one).item()).toBe(2 * Math.sin(1) + 1);
    }
  });
});

test("a promise, nothing, text and another structure are refused, eager and compiled", () => {
  const returning = (result: unknown) => (x: NDArray) => pureCallback(() => result, { shape: [] }, [x]) as NDArray;
  const refused: readonly (readonly [unknown, string, string])[] = [
    [Promise.resolve(1), "NotAnArray", "async"],
    [undefined, "NotAnArray", "undefined"],
    ["1", "NotAnArray", "string"],
    [[1], "TreeMismatch", "[*]"],
    [xs, "ShapeMismatch", "[3]"],
    [array(1, { dtype: "int32" }), "DTypeMismatch", "int32"],
  ];
  for (const [result, code, part] of refused) {
    expectError(() => returning(result)(one), code, part);
    for (const backend of backends) expectError(() => jit(returning(result), { backend })(one), code, part);
  }
});

test("batched and sequential give the same; batched calls once", () => {
  let calls = 0;
  const f = (vectorized: "batched" | "sequential") => (x: NDArray, y: NDArray) =>
    pureCallback((a: NDArray, b: NDArray) => (calls++, np.mul(a, b)), { shape: [] }, [x, y], { vectorized }) as NDArray;
  for (const [vectorized, count] of [
    ["batched", 1],
    ["sequential", 3],
  ] as const) {
    calls = 0;
    expect(values(vmap(f(vectorized), { inAxes: [0, 0] })(xs, xs))).toEqual([0, 1, 4]);
    expect(calls).toBe(count);
  }
  expectError(
    () => pureCallback((x: NDArray) => x, { shape: [] }, [one], { vectorized: "once" as never }),
    "InvalidOption",
    '"once"',
  );
});

test("a callback whose result nobody needs is not called by a compiled program: it is pure", () => {
  let calls = 0;
  const f = jit((x: NDArray) => (host((y) => (calls++, y))(x), x));
  f(one);
  expect(calls).toBe(0);
});
