/**
 * Passes: each gives a valid jaxpr with the same outputs to the bit, on random programs and on the cases
 * where a careless pass would err: signed zeros, NaN, repeated calls of one inner jaxpr.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { scalar } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { removeDeadCode } from "../../src/compile/dead-code.ts";
import { inlineCalls } from "../../src/compile/inline.ts";
import { optimize } from "../../src/compile/optimize.ts";
import type { Jaxpr } from "../../src/ir/jaxpr.ts";
import { validateJaxpr } from "../../src/ir/validate.ts";
import { add, div, integerPower, mul, sub } from "../../ops/arithmetic.ts";
import { callback } from "../../ops/callback.ts";
import { and, eq, ge, lt, ne, or, xor } from "../../ops/comparison.ts";
import { power } from "../../ops/exponential.ts";
import { max, min } from "../../ops/extrema.ts";
import { jit } from "../../transforms/jit.ts";
import { filled, jaxprOf, programs, runOn } from "../backend/programs.ts";

const passes: readonly (readonly [string, (jaxpr: Jaxpr) => Jaxpr])[] = [
  ["inlineCalls", inlineCalls],
  ["removeDeadCode", removeDeadCode],
  ["optimize", optimize],
];

test.each(passes)("%s keeps random programs valid and their results the same", (_name, pass) => {
  fc.assert(
    fc.property(programs(30), ({ jaxpr, inputs }) => {
      const passed = pass(jaxpr);
      validateJaxpr(passed);
      expect(runOn("interpreter", passed, inputs)).toEqual(runOn("interpreter", jaxpr, inputs));
    }),
    { numRuns: 40 },
  );
});

test("every pass is the identity on what it has already treated", () => {
  fc.assert(
    fc.property(programs(30), ({ jaxpr }) => {
      for (const [, pass] of passes) {
        const once = pass(jaxpr);
        expect(pass(once)).toBe(once);
      }
    }),
    { numRuns: 40 },
  );
});

const x = filled([3], "float64", [1, -0, NaN]);

test("equal equations are computed once, and literals of either sign of zero stay apart", () => {
  const two = scalar(2);
  const jaxpr = jaxprOf(
    (a) => [
      mul(a!, a!),
      mul(a!, a!),
      integerPower(a!, { exponent: 3 }),
      integerPower(a!, { exponent: 3 }),
      mul(a!, scalar(0)),
      mul(a!, scalar(-0)),
    ],
    [two],
  );
  const shared = optimize(jaxpr);
  expect(shared.equations.map(({ primitive }) => primitive.name)).toEqual(["mul", "integerPower", "mul", "mul"]);
  expect(runOn("wasm", jaxpr, [two]).slice(4)).toEqual(runOn("interpreter", jaxpr, [two]).slice(4));
});

test("operands of symmetric operations may change places, those of others may not", () => {
  const y = filled([3], "float64", [NaN, 0, 2]);
  const names = (f: (a: NDArray, b: NDArray) => NDArray, of = x): string[] => {
    const jaxpr = jaxprOf((a, b) => [f(a!, b!), f(b!, a!)], [of, of]);
    return optimize(jaxpr).equations.map(({ primitive }) => primitive.name);
  };
  for (const f of [add, mul, max, min, eq, ne]) expect(names(f)).toHaveLength(1);
  for (const f of [sub, div, lt, ge, power]) expect(names(f)).toHaveLength(2);
  const whole = filled([3], "int32", [1, 2, -3]);
  for (const f of [and, or, xor]) expect(names(f, whole)).toHaveLength(1);
  const swapped = jaxprOf((a, b) => [max(a!, b!), max(b!, a!), min(b!, a!), add(b!, a!), add(a!, b!)], [x, y]);
  expect(runOn("interpreter", optimize(swapped), [x, y])).toEqual(runOn("interpreter", swapped, [x, y]));
});

test("host functions that look alike are not taken for one another", () => {
  const outputs = [{ shape: [], dtype: "float64" as const }];
  const host = (value: number) => () => [scalar(value)];
  const jaxpr = jaxprOf(
    (a) => [host(1), host(2)].flatMap((call) => callback(a!, { call, outputs, vectorized: "sequential" })),
    [x],
  );
  expect(optimize(jaxpr).equations).toHaveLength(2);
});

test("calls of one jaxpr with different arguments, nested and exchanged, are told apart", () => {
  const swap = jit((a: NDArray, b: NDArray) => [b, a, add(a, b)] as const);
  const twice = jit((a: NDArray, b: NDArray) => {
    const [left, right, sum] = swap(a, b);
    return swap(left, mul(right, sum));
  });
  const jaxpr = jaxprOf((a, b) => [...twice(a!, b!), ...twice(b!, a!)], [scalar(2), scalar(5)]);
  const inlined = inlineCalls(jaxpr);
  validateJaxpr(inlined);
  expect(inlined.equations.some(({ primitive }) => primitive.name === "jit")).toBe(false);
  expect(runOn("interpreter", inlined, [scalar(2), scalar(5)])).toEqual(
    runOn("interpreter", jaxpr, [scalar(2), scalar(5)]),
  );
});

test("calls nested five thousand deep are inlined without recursion", () => {
  let jaxpr = jaxprOf((a) => [add(a!, a!)], [scalar(1)]);
  const shell = jaxprOf((a) => [jit((b: NDArray) => mul(b, b))(a!)], [scalar(1)]);
  const call = shell.equations[0]!;
  for (let depth = 0; depth < 5000; depth++)
    jaxpr = { ...shell, equations: [{ ...call, params: { ...call.params, jaxpr } }] };
  expect(inlineCalls(jaxpr).equations.map(({ primitive }) => primitive.name)).toEqual(["add"]);
});
