/** Elementwise programs over long arrays go through a small frame block by block, with the interpreter's bits. */
import { expect, test } from "vitest";
import { array, counters, grad, jit, memoryAnalysis } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arenaInUse } from "../../src/backend/arena.ts";
import { blockLength } from "../../src/compile/blocks.ts";
import { bitsOf } from "./programs.ts";

const long = 5 * blockLength + 77;
const x = np.sin(np.arange(long)).reshape([1, long]);
const whole = np.arange(long).astype("int32");

const agree = (f: (...xs: NDArray[]) => readonly NDArray[], inputs: readonly NDArray[]): void => {
  const run = (backend: "wasm" | "interpreter"): string[] =>
    (jit((...xs: NDArray[]) => [...f(...xs)], { backend })(...inputs) as NDArray[]).map(bitsOf);
  expect(run("wasm")).toEqual(run("interpreter"));
};

test.each<[string, (...xs: NDArray[]) => readonly NDArray[], readonly NDArray[]]>([
  ["one result of one operand", (a) => [np.exp(a!).mul(a!)], [x]],
  ["several results, operands among them", (a, b) => [a!, np.sin(a!), b!.mul(3), a!.mul(b!).add(1)], [x, whole]],
  ["short operands beside long ones", (a, s) => [a!.mul(s!), a!.sub(np.sum(s!))], [x, array(0.3)]],
  ["operands of one repeated value", (a, b) => [a!.add(b!), b!.mul(2)], [x, np.full([1, long], 0.25)]],
  ["truth values", (a) => [np.greater(a!, 0), np.where(np.less(a!, 0.5), a!, 2)], [x]],
  ["float32", (a) => [np.tanh(a!.astype("float32"))], [x]],
  ["nothing but an operand", (a) => [a!], [x]],
  ["an operand before those that are read", (_, b) => [b!.mul(2)], [x, whole]],
  ["the same, of one repeated value", (_, b) => [b!.mul(2)], [x, np.full([1, long], 3)]],
  ["operands that change places", (a, b) => [b!, a!, b!.mul(2)], [x, whole]],
  [
    "an operand whose value the gradient does not need",
    (a, b) => [grad((w: NDArray) => np.sum(w.mul(np.sin(b!))))(a!)],
    [x, x],
  ],
])("%s", (_name, f, inputs) => agree(f, inputs));

test("the frame does not grow with the arrays", () => {
  const before = arenaInUse().capacity;
  const huge = np.ones([4_000_000]).add(0.5);
  expect(jit((a: NDArray) => np.sqrt(a).mul(a))(huge).size).toBe(4_000_000);
  expect(arenaInUse().capacity - before).toBeLessThan(8 * 4_000_000);
  expect(memoryAnalysis((a: NDArray) => np.sqrt(a).mul(a), huge).temporaryBytes).toBeLessThan(8 * 4_000_000 + 2 ** 20);
});

test("neighbours, sums and other orders take the whole array", () => {
  agree((a) => [np.cumsum(a!), np.flip(a!), a!.add(np.roll(a!, 1)), np.sum(a!)], [x.reshape([long])]);
});

test("it is compiled once", () => {
  const f = jit((a: NDArray) => np.cos(a));
  f(x);
  const { compilations } = counters();
  f(np.flip(x));
  expect(counters().compilations).toBe(compilations);
});
