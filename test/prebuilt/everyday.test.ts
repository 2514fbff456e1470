/**
 * Indexing, joining, padding and drawing, and their gradients, compile to nests and kernels alone: nothing leaves the module. Values are
 * those of eager evaluation, to the bit; eager calls that only move elements are not compiled.
 */
import { expect, test } from "vitest";
import { array, counters, explain, grad, jacfwd, jit, scan, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { restartEager } from "../../src/backend/eager.ts";
import { bitsOf } from "../backend/programs.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";

const places = array([2, 0, -1, 1], { dtype: "int32" });
const segments = array([0, 0, 2, 1, 2, 9], { dtype: "int32" });
const six = array([0.5, -1, 2, 1.25, -0.75, 3]);
const grid = np.arange(12).astype("float64").reshape([3, 4]).mul(0.25).sub(1);
const ascending = np.arange(6).astype("float64");

/** Functions of six numbers, or of a 3 x 4 grid. */
const ofSix: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  "indices given as an array": (x) => x.at(places).get(),
  "indices that are clipped": (x) => x.at(places).get({ mode: "clip" }),
  take: (x) => np.take(x, places),
  "at set": (x) => x.at(places).set(2),
  "at add": (x) => x.at(places).add(np.sin(np.take(x, places))),
  "at multiply at one place": (x) => x.at(1).mul(3),
  "at max": (x) => x.at(places).max(1),
  "at min": (x) => x.at(places).min(np.take(x, places)),
  segmentSum: (x) => np.segmentSum(x, segments, { numSegments: 3 }),
  segmentMax: (x) => np.segmentMax(x, segments, { numSegments: 3 }),
  concatenate: (x) => np.concatenate([x, np.sin(x), np.ones([2])]),
  stack: (x) => np.stack([x, np.cos(x)], { axis: 1 }),
  split: (x) => np.split(x, 3)[1]!,
  pad: (x) => np.pad(x, 2),
  "pad by reflection": (x) => np.pad(x, 2, { mode: "reflect" }),
  roll: (x) => np.mul(np.roll(x, 2), x),
  diff: (x) => np.diff(x),
  gradient: (x) => np.gradient(x) as NDArray,
  median: (x) => np.median(x),
  quantile: (x) => np.quantile(x, 0.3),
  sort: (x) => np.mul(np.sort(x), ascending),
  repeat: (x) => np.repeat(x, 3),
  diag: (x) => np.diag(x),
  interp: (x) => np.interp(x, ascending, ascending),
  topK: (x) => np.topK(x, 2)[0],
  dynamicSlice: (x) => np.dynamicSlice(x, [np.argmax(x)], [2]),
  dynamicUpdateSlice: (x) => np.dynamicUpdateSlice(x, np.square(np.dynamicSlice(x, [1], [2])), [np.argmin(x)]),
  "slices in a loop": (x) =>
    scan(
      (sum: NDArray, k: NDArray) => [sum.add(np.dynamicSlice(x, [k], [2])), sum],
      np.zeros([2]),
      np.arange(5).astype("int32"),
    )[0],
  "writes in a loop": (x) =>
    scan((own: NDArray, k: NDArray) => [own.at(k).mul(2), own], x, np.arange(5).astype("int32"))[0],
  "slices by example": (x) => vmap((k: NDArray) => np.dynamicSlice(x, [k], [2]))(places),
  select: (x) => np.select([np.greater(x, 1)], [x], 0),
  cumprod: (x) => np.cumprod(x),
};
const ofGrid: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  "take along an axis": (x) => np.takeAlongAxis(x, np.argsort(x, { axis: 1, descending: true }), { axis: 1 }),
  "take columns": (x) => np.take(x, places, { axis: 1 }),
  embedding: (x) =>
    np.take(
      x,
      array(
        [
          [0, 2],
          [2, 1],
        ],
        { dtype: "int32" },
      ),
      { axis: 0 },
    ),
  "one-hot product": (x) => np.dot(nn.oneHot(array([2, 0], { dtype: "int32" }), 3), x),
  diagonal: (x) => np.diag(x),
  triangle: (x) => np.tril(x),
  norms: (x) => linalg.norm(x, { axis: 1 }),
  "strided slices": (x) => x.at(np.slice(null, null, 2), np.slice(1, null, 2)).get(),
  cropping: (x) => x.at(np.slice(1), np.slice(0, -1)).get(),
  "crossed rows": (x) => np.cross(x.at(np.newaxis, 0, np.slice(0, 3)).get(), x.at(np.newaxis, 1, np.slice(0, 3)).get()),
  "stack of rows": (x) => np.stack([x.at(0).get(), x.at(2).get()]),
};

/** Steps of the compiled program that its host has to run. */
const hostSteps = (f: (...operands: never[]) => unknown, ...operands: NDArray[]): readonly string[] =>
  explain(f as (...operands: NDArray[]) => unknown, ...operands)
    .split("\n")
    .filter((line) => /\broutine /.test(line));

const flat = (x: unknown): readonly string[] => (Array.isArray(x) ? x.flatMap(flat) : [bitsOf(x as ConcreteArray)]);

const cases = [
  ...Object.entries(ofSix).map(([name, f]) => [name, f, six] as const),
  ...Object.entries(ofGrid).map(([name, f]) => [name, f, grid] as const),
];

test.each(cases)("%s: value and derivatives stay inside, with the bits of eager evaluation", (_name, f, x) => {
  const loss = (y: NDArray): NDArray => np.sum(np.square(f(y)));
  const several = np.stack([x, np.flip(x)]);
  expect(hostSteps(f, x)).toEqual([]);
  expect(hostSteps(grad(loss), x)).toEqual([]);
  expect(hostSteps(jacfwd(loss), x)).toEqual([]);
  expect(hostSteps(vmap(grad(loss)), several)).toEqual([]);
  expect(flat(jit(vmap(grad(loss)))(several))).toEqual(flat(vmap(grad(loss))(several)));
  expect(flat(jit(grad(loss))(x))).toEqual(flat(grad(loss)(x)));
  expect(flat(jit(f)(x))).toEqual(flat(f(x)));
});

test.each([
  ["bits", (key: NDArray) => random.bits(key, [7])],
  ["uniform", (key: NDArray) => random.uniform(key, [7])],
  ["normal", (key: NDArray) => random.normal(key, [7], { dtype: "float32" })],
  ["keys of a key", (key: NDArray) => random.split(key, 3)],
  ["a key and a number", (key: NDArray) => random.foldIn(key, 5)],
  ["permutation", (key: NDArray) => random.permutation(key, 9)],
  ["integers", (key: NDArray) => random.randint(key, [5], 0, 10)],
  ["choice", (key: NDArray) => random.choice(key, 10, [3])],
] as const)("random draws stay inside: %s", (_name, draw) => {
  const key = random.key(3);
  expect(hostSteps(draw, key)).toEqual([]);
  expect(flat(jit(draw)(key))).toEqual(flat(draw(key)));
});

test("arrays of repeated keys, places in every row: compiled values are the eager ones", () => {
  const keys = random.split(random.key(1), 5);
  const rows = vmap((key: NDArray) => np.take(random.uniform(key, [6]), places));
  expect(flat(jit(rows)(keys))).toEqual(flat(rows(keys)));
});

const compilationsOf = (body: () => unknown): number => {
  const before = counters().eagerCompilations;
  body();
  return counters().eagerCompilations - before;
};

test("eager calls that move elements are evaluated, and large draws compiled", () => {
  restartEager(true);
  const x = np.arange(100_000).astype("float64");
  x.toTypedArray();
  expect(
    compilationsOf(() => {
      np.concatenate([x, x]);
      np.pad(x, 1);
      x.at(places).get();
      x.at(places).set(1);
    }),
  ).toBe(0);
  expect(compilationsOf(() => random.bits(random.key(0), [2000]))).toBe(1);
  expect(compilationsOf(() => random.bits(random.key(0), [200]))).toBe(0);
  restartEager();
});
