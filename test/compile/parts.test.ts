/** Parts of nests: shares of the outermost loop that cover every round once, and only where rounds are independent. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showNest } from "../../src/compile/kernel-ir.ts";
import { partsOf, sharesOf, workOf } from "../../src/compile/parts.ts";
import { buildProgram } from "../../src/compile/program.ts";
import { add, div, mul } from "../../ops/arithmetic.ts";
import { broadcast, reduceSum, transpose } from "../../ops/shape.ts";
import { sin } from "../../ops/trigonometric.ts";
import { filled, jaxprOf } from "../backend/programs.ts";

const nestOf = (f: (x: NDArray) => readonly NDArray[], shape: readonly number[]) => {
  const [step] = buildProgram(jaxprOf((x) => f(x!), [filled(shape, "float64", [1, 2])])).steps;
  if (step?.kind !== "nest") throw new Error("the program begins with something else");
  return step.nest;
};

test("shares follow each other, begin at whole lines of the cache where they are long, and end with the extent", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100000 }), fc.integer({ min: 1, max: 8 }), (extent, count) => {
      const shares = sharesOf(extent, count);
      expect([shares[0], shares.at(-1), shares.length]).toEqual([0, extent, count + 1]);
      shares.slice(1).forEach((end, k) => expect(end).toBeGreaterThanOrEqual(shares[k]!));
      if (extent >= 128 * count) for (const share of shares.slice(0, -1)) expect(share % 64).toBe(0);
    }),
  );
});

test("a part has its own rounds, from its own first element on", () => {
  const nest = nestOf((x) => [add(sin(x), transpose(x, { permutation: [1, 0] }))], [6, 6]);
  const [first, second] = partsOf(nest, 2, 0)!.map(showNest);
  expect(first).toContain("for i0 < 3");
  expect(second).toContain("for i0 < 3");
  expect(first).toContain("b0[6*i0 + i1]");
  expect(second).toContain("b0[18 + 6*i0 + i1]");
  expect(second).toContain("b0[3 + i0 + 6*i1]");
});

test("sums are shared by their results, and a single sum not at all", () => {
  const rows = nestOf((x) => [reduceSum(mul(x, x), { axes: [1] })], [8, 50]);
  expect(partsOf(rows, 4, 0)).toHaveLength(4);
  expect(
    partsOf(
      nestOf((x) => [reduceSum(x, { axes: [0, 1] })], [8, 50]),
      4,
      0,
    ),
  ).toBeNull();
  expect(
    partsOf(
      nestOf((x) => [reduceSum(x, { axes: [0] })], [800]),
      4,
      0,
    ),
  ).toBeNull();
});

test("what is too little work, or too few rounds, stays whole", () => {
  const nest = nestOf((x) => [sin(x)], [3]);
  expect(partsOf(nest, 2, workOf(nest.body) + 1)).toBeNull();
  expect(partsOf(nest, 2, workOf(nest.body))).toHaveLength(2);
  expect(partsOf(nest, 4, 0)).toBeNull();
});

test("parts have places of their own for what every round fills anew", () => {
  const shares = (x: NDArray): NDArray => {
    const powers = sin(x);
    return div(powers, broadcast(reduceSum(powers, { axes: [1] }), { shape: x.shape, axes: [0] }));
  };
  const { steps, buffers } = buildProgram(
    jaxprOf((x) => [shares(x!)], [filled([8, 50], "float64", [1])]),
    true,
    2,
  );
  const [step] = steps;
  if (step?.kind !== "nest") throw new Error("the program begins with something else");
  const [buffer, size] = [...step.nest.refilled!][0]!;
  const [first, second] = partsOf(step.nest, 2, 0)!.map(showNest);
  expect(buffers[buffer]!.shape).toEqual([2 * size]);
  expect(first).toContain(`b${buffer}[i1]`);
  expect(second).toContain(`b${buffer}[${size} + i1]`);
});
