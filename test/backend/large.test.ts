/**
 * Size: chains and fans of 100,000 equations compile without recursion, in groups of bounded size.
 */
import { expect, test } from "vitest";
import { scalar } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { buildProgram } from "../../src/compile/program.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { reduceSum, transpose } from "../../ops/shape.ts";
import { filled, jaxprOf, runOn } from "./programs.ts";

const count = 100_000;
const x = filled([3], "float64", [1, -0.5, 1e-3]);
const chain = jaxprOf(
  (a) => {
    let y: NDArray = a!;
    for (let k = 0; k < count; k++) y = k % 3 === 0 ? mul(y, scalar(1 - k / 1e9)) : add(y, a!);
    return [y];
  },
  [x].map(() => scalar(0)),
);

test("a chain of 100,000 equations runs on every back end", () => {
  const inputs = [scalar(0.7)];
  const expected = runOn("interpreter", chain, inputs);
  expect(runOn("js", chain, inputs)).toEqual(expected);
  expect(runOn("wasm", chain, inputs)).toEqual(expected);
});

test("a long chain is cut into groups, and its frame does not grow with it", () => {
  const { steps, plan } = buildProgram(chain);
  expect(steps.length).toBeGreaterThan(count / 1000);
  expect(Math.max(...steps.map((step) => (step.kind === "nest" ? step.nest.locals.length : 0)))).toBeLessThan(1000);
  expect(plan.bytes).toBeLessThan(1000);
});

test("a fan of 5,000 outputs runs on every back end", () => {
  const fan = jaxprOf((a) => Array.from({ length: 5_000 }, (_, k) => mul(a!, scalar(k))), [scalar(0)]);
  const expected = runOn("interpreter", fan, [scalar(3)]);
  expect(runOn("wasm", fan, [scalar(3)])).toEqual(expected);
  expect(runOn("js", fan, [scalar(3)])).toEqual(expected);
});

test("a thousand nests that depend on each other reuse two buffers", () => {
  const y = filled([4, 4], "float64", [0.1, 0.2, -0.3]);
  const jaxpr = jaxprOf(
    (a) => {
      let value: NDArray = a!;
      for (let k = 0; k < 1000; k++) value = add(transpose(value, { permutation: [1, 0] }), value);
      return [reduceSum(value, { axes: [0] })];
    },
    [y],
  );
  expect(buildProgram(jaxpr).plan.bytes).toBeLessThan(5 * 128);
  expect(runOn("wasm", jaxpr, [y])).toEqual(runOn("interpreter", jaxpr, [y]));
});
