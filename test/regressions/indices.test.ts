/** Indices of uint32, which reach beyond int32: what they name is what their value says. */
import { expect, test } from "vitest";
import { array, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";

const unsigned = (values: readonly number[]): NDArray => array(values as number[], { dtype: "uint32" });
const x = array([10, 20, 30]);
const modes = ["clip", "wrap", "fill"] as const;

/** Place of an index in an axis of three elements, null outside. */
const placeOf = (index: number, mode: string): number | null => {
  if (index < 3) return index;
  if (mode === "clip") return 2;
  return mode === "wrap" ? index % 3 : null;
};

const places = [0, 2, 3, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1];
const agree = (f: (indices: NDArray) => NDArray, indices: NDArray, expected: unknown): void => {
  for (const call of [f, jit(f), (own: NDArray) => jit(vmap((k: NDArray) => f(k.reshape([1])).reshape([])))(own)])
    expect(call(indices).toList()).toEqual(expected);
};

test.each(modes)("reads at uint32 indices follow mode %s for every value", (mode) => {
  const expected = places.map((index) => {
    const place = placeOf(index, mode);
    return place === null ? NaN : 10 * (place + 1);
  });
  agree((k) => x.at(k).get({ mode }), unsigned(places), expected);
  agree((k) => np.take(x, k, { mode }), unsigned(places), expected);
  agree((k) => np.takeAlongAxis(x, k, { mode, axis: 0 }), unsigned(places), expected);
  const rows = array([[10, 20, 30]]);
  agree((k) => rows.at(np.zeros([1], { dtype: "int32" }), k).get({ mode }), unsigned(places), expected);
});

test.each(["clip", "wrap", "drop"] as const)("writes at uint32 indices follow mode %s for every value", (mode) => {
  const counts = [0, 0, 0];
  for (const index of places) {
    const place = placeOf(index, mode);
    if (place !== null) counts[place]! += 1;
  }
  for (const around of [(f: (k: NDArray) => NDArray) => f, (f: (k: NDArray) => NDArray) => jit(f)]) {
    expect(around((k) => np.zeros([3]).at(k).add(1, { mode }))(unsigned(places)).toList()).toEqual(counts);
    const written = counts.map((count) => (count === 0 ? 0 : 1));
    expect(around((k) => np.put(np.zeros([3]), k, 1, { mode }))(unsigned(places)).toList()).toEqual(written);
    expect(around((k) => np.putAlongAxis(np.zeros([3]), k, 1, { mode }))(unsigned(places)).toList()).toEqual(written);
  }
});

test("a traced whole number beyond int32 is taken modulo the size", () => {
  const f = (k: NDArray | number): NDArray => x.at(k).get({ mode: "wrap" });
  for (const index of [2 ** 31, 2 ** 40, -(2 ** 40), 7, -1])
    expect(jit(f)(index).item(), String(index)).toBe([10, 20, 30][((index % 3) + 3) % 3]);
});

test("segments of uint32 beyond int32 are dropped", () => {
  agree((k) => np.segmentSum(np.ones(k.shape), k, { numSegments: 1 }), unsigned([0]), [1]);
  const sums = (k: NDArray): NDArray => np.segmentSum(np.ones([7]), k, { numSegments: 4 });
  for (const f of [sums, jit(sums)]) expect(f(unsigned(places)).toList()).toEqual([1, 0, 1, 1]);
});

test("a dynamic slice that starts beyond int32 is moved to the end, not to the front", () => {
  for (const start of [2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32 - 3]) {
    const one = array(start, { dtype: "uint32" });
    agree((k) => np.dynamicSlice(x, [k.reshape([])], [1]), one.reshape([1]), [30]);
    agree((k) => np.dynamicSlice(x, k, [1]), unsigned([start]), [30]);
    agree(
      (k) =>
        np
          .dynamicUpdateSlice(x, array([7]), [k.reshape([])])
          .at(np.slice(2))
          .get(),
      one.reshape([1]),
      [7],
    );
  }
});

test("choices, positions, deletions and insertions read uint32 as it is", () => {
  const last = unsigned([2 ** 32 - 1, 2 ** 31 + 1]);
  const three = [array([1, 1]), array([2, 2]), array([3, 3])];
  for (const around of [(f: (k: NDArray) => NDArray) => f, (f: (k: NDArray) => NDArray) => jit(f)]) {
    expect(around((k) => np.choose(k, three))(last).toList()).toEqual([3, 3]);
    expect(around((k) => np.choose(k, three, { mode: "wrap" }))(last).toList()).toEqual([1, 1]);
    expect(around((k) => np.ravelMultiIndex([k], [3]))(last).toList()).toEqual([2, 2]);
    expect(around((k) => np.ravelMultiIndex([k], [5], { mode: "wrap" }))(last).toList()).toEqual([0, 4]);
    expect(around((k) => np.unravelIndex(k, [3])[0]!)(last).toList()).toEqual([2, 2]);
  }
  const far = unsigned([2 ** 32 - 1]);
  expect(jit((k: NDArray) => np.delete(x, k, { assumeUniqueIndices: true }))(far).toList()).toEqual([10, 20]);
  expect(jit((k: NDArray) => np.insert(x, k, 7))(far).toList()).toEqual([10, 20, 30, 0]);
});
