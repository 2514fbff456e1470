/**
 * Calls of a jitted function after one another: each has the trace of its own signature, whatever the call before was.
 */
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { array, configure, counters, grad, jit, NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { bitsOf } from "../backend/programs.ts";
import { expectError } from "../semantics/support.ts";

afterEach(() => configure({ debugNans: false }));

const leaves: readonly (NDArray | number | boolean)[] = [
  array([1, 2]),
  array([3, 4]),
  array([[1, 2]]),
  array([1, 2], { dtype: "float32" }),
  array([1, 2], { dtype: "int32" }),
  array(2),
  2,
  -2,
  2.5,
  3e9,
  true,
];
const tree = fc.constantFrom<unknown>(...leaves, [array([1, 2]), 3], { a: array([5]) }, null);

const total = (x: unknown): NDArray => {
  if (x === null) return array(0);
  if (x instanceof NDArray || typeof x === "number" || typeof x === "boolean") return np.sum(np.mul(x, 2));
  return Object.values(x as object).reduce((sum: NDArray, entry) => sum.add(total(entry)), array(1));
};

test("any sequence of signatures gives what a function jitted for each gives", () => {
  fc.assert(
    fc.property(fc.array(fc.array(tree, { maxLength: 3 }), { maxLength: 12 }), (calls) => {
      const body = (...args: unknown[]): NDArray => args.map(total).reduce((x, y) => x.add(y), array(0.5));
      const shared = jit(body as (...args: never[]) => NDArray) as (...args: unknown[]) => NDArray;
      const before = counters().traces;
      const seen = calls.map((args) => bitsOf(shared(...args)));
      const traced = counters().traces - before;
      expect(seen).toEqual(calls.map((args) => bitsOf((jit(body as never) as typeof shared)(...args))));
      expect(calls.map((args) => bitsOf(shared(...args)))).toEqual(seen);
      expect(traced).toBeLessThanOrEqual(calls.length);
      expect(counters().traces - before).toBe(traced + calls.length);
    }),
    { numRuns: 60 },
  );
});

test("a call like the one before is not traced, and sees its own values", () => {
  const f = jit((x: NDArray, y: NDArray) => x.mul(y));
  f(array([1, 2]), 3);
  const before = counters().traces;
  expect(f(array([5, 6]), 7).toList()).toEqual([35, 42]);
  expect(counters().traces).toBe(before);
  expect(f(array([5, 6]), 0.5).toList()).toEqual([2.5, 3]);
  expect(counters().traces).toBe(before + 1);
});

test("a switch that looks for faults has traces of its own", () => {
  const f = jit((x: NDArray) => np.log(x));
  expect(f(array([-1])).toList()).toEqual([NaN]);
  configure({ debugNans: true });
  expectError(() => f(array([-1])), "FoundNaN", "log");
  configure({ debugNans: false });
  expect(f(array([-1])).toList()).toEqual([NaN]);
});

test("static arguments are compared at every call", () => {
  const f = jit((x: NDArray, power: number) => np.pow(x, power), { staticArgnums: 1 });
  expect([2, 3, 2].map((power) => f(array([2]), power).toList())).toEqual([[4], [8], [4]]);
});

test("what a trace closes over of another is not remembered", () => {
  const scaled = (factor: NDArray): NDArray => {
    const inner = jit((x: NDArray) => np.sum(x.mul(factor)));
    return inner(array([1, 2])).add(inner(array([3, 4])));
  };
  expect(grad(scaled)(2).item()).toBe(10);
  expect(grad(scaled)(5).item()).toBe(10);
});

test("what is no leaf is refused as in the first call", () => {
  const f = jit((x: NDArray) => x.add(1));
  f(array([1]));
  expectError(() => (f as (x: unknown) => unknown)("1"), "NotAnArray", "string");
  expect(f(array([1])).toList()).toEqual([2]);
});
