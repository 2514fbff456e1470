/**
 * Fusion: how many loop nests known programs take, what is stored, and that layout costs no code.
 */
import { expect, test } from "vitest";
import { scalar } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import type { Nest } from "../../src/compile/kernel-ir.ts";
import { buildProgram } from "../../src/compile/program.ts";
import { add, div, full, mul, sub } from "../../ops/arithmetic.ts";
import { exp, tanh } from "../../ops/exponential.ts";
import { reduceMax } from "../../ops/extrema.ts";
import { broadcast, reduceSum, reshape, transpose } from "../../ops/shape.ts";
import { concatenate, reverse, slice } from "../../ops/slicing.ts";
import { jit } from "../../transforms/jit.ts";
import { filled, jaxprOf } from "../backend/programs.ts";

const array = (shape: Shape): NDArray => filled(shape, "float64", [1, 2, 3]);
const nestsOf = (f: (...inputs: NDArray[]) => readonly NDArray[], ...shapes: Shape[]): Nest[] =>
  buildProgram(jaxprOf(f, shapes.map(array))).steps.flatMap((step) => (step.kind === "nest" ? [step.nest] : []));
const loopsOf = (nest: Nest): number => JSON.stringify(nest.body).split('"kind":"loop"').length - 1;

const softmax = (x: NDArray): NDArray => {
  const [rows, columns] = x.shape as [number, number];
  const wide = (y: NDArray): NDArray => broadcast(y, { shape: [rows, columns], axes: [0] });
  const shifted = exp(sub(x, wide(reduceMax(x, { axes: [1] }))));
  return div(shifted, wide(reduceSum(shifted, { axes: [1] })));
};

test("an elementwise chain is one nest of one loop, whatever its rank", () => {
  const nests = nestsOf((x, y) => [tanh(add(mul(x!, y!), x!))], [3, 4, 5], [3, 4, 5]);
  expect(nests).toHaveLength(1);
  expect(loopsOf(nests[0]!)).toBe(1);
});

test("several outputs and a trailing reduction share one nest", () => {
  expect(
    nestsOf((x) => [exp(x!), mul(x!, x!), reduceSum(mul(x!, x!), { axes: [1] }), reduceMax(x!, { axes: [1] })], [6, 7]),
  ).toHaveLength(1);
});

test("reductions over different axes take a nest each", () => {
  expect(nestsOf((x) => [reduceSum(x!, { axes: [0] }), reduceSum(x!, { axes: [1] })], [6, 7])).toHaveLength(2);
});

test("softmax over rows is one nest, since every row needs itself alone", () => {
  expect(nestsOf((x) => [softmax(x!)], [6, 7])).toHaveLength(1);
});

test("layout operations of inputs are strides, not code", () => {
  const nests = nestsOf(
    (x, y) => [
      add(
        transpose(reverse(x!, { axes: [0] }), { permutation: [1, 0] }),
        broadcast(slice(y!, { start: [1], limit: [9], stride: [2] }), { shape: [3, 4], axes: [1] }),
      ),
    ],
    [4, 3],
    [9],
  );
  expect(nests).toHaveLength(1);
});

test("a layout operation that changes nothing does not interrupt a chain", () => {
  expect(
    nestsOf((x) => [exp(reshape(transpose(tanh(x!), { permutation: [0, 1] }), { shape: [3, 4] }))], [3, 4]),
  ).toHaveLength(1);
});

test("a transpose of a computed value splits the chain in two", () => {
  expect(nestsOf((x) => [exp(transpose(tanh(x!), { permutation: [1, 0] }))], [3, 4])).toHaveLength(2);
});

test("broadcast literals and what is computed from them are constants", () => {
  const nests = nestsOf((x) => [add(x!, mul(full(2, [5], "float64"), full(3, [5], "float64")))], [5]);
  expect(JSON.stringify(nests)).toContain('"value":6');
  expect(nests).toHaveLength(1);
});

test("outputs that are inputs, literals or repetitions take no nest", () => {
  expect(
    nestsOf((x) => [x!, x!, reshape(x!, { shape: [2, 3] }), scalar(3), full(1, [4], "float64")], [6]),
  ).toHaveLength(0);
});

test("inner compiled functions fuse with their caller", () => {
  const inner = jit((x: NDArray) => mul(x, x));
  expect(nestsOf((x) => [inner(inner(add(x!, x!)))], [6])).toHaveLength(1);
});

test("work after a routine does not join groups before it when it needs its result", () => {
  const { steps } = buildProgram(jaxprOf((x) => [exp(concatenate(tanh(x!), x!, { axis: 0 }))], [array([4])]));
  expect(steps.map(({ kind }) => kind === "nest")).toEqual([true, false, true]);
});

test("what does not vary in the inner loop is loaded outside it", () => {
  const [nest] = nestsOf((x, y) => [mul(x!, exp(broadcast(y!, { shape: [6, 7], axes: [0] })))], [6, 7], [6]);
  const outer = nest!.body[0]!;
  expect(outer.kind === "loop" && outer.body.map(({ kind }) => kind)).toEqual(["load", "set", "loop"]);
});
