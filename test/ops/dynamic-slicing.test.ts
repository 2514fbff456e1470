/**
 * Dynamic slicing: boxes are moved inside, rules agree with evaluate, mapped and nested starts with a loop, and the
 * jaxpr keeps one equation however often it is transposed.
 */
import { expect, test } from "vitest";
import { array, grad, jit, linearize, makeJaxpr, vmap, vjp } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { dynamicSlice, dynamicUpdateSlice } from "../../ops/dynamic-slicing.ts";
import { describeRules } from "./linear-rules.ts";

const starts = (...list: number[]): NDArray => array(list, { dtype: "int32" });
const matrix = np.arange(12).reshape(3, 4);

describeRules(dynamicSlice.primitive, true);
describeRules(dynamicUpdateSlice.primitive, true);

test("a box that would stick out is moved inside, however far away it is", () => {
  expect(dynamicSlice(matrix, starts(9, -3), { sizes: [2, 3] }).toList()).toEqual([
    [4, 5, 6],
    [8, 9, 10],
  ]);
  expect(dynamicSlice(matrix, starts(-(2 ** 31), 2 ** 31 - 1), { sizes: [1, 1] }).toList()).toEqual([[3]]);
  expect(dynamicSlice(matrix, array([2 ** 32 - 1, 0], { dtype: "uint32" }), { sizes: [1, 1] }).toList()).toEqual([[8]]);
  expect(dynamicUpdateSlice(np.zeros([4]), array([1, 2]), starts(3)).toList()).toEqual([0, 0, 1, 2]);
});

test("boxes of size 0, the whole array and scalars are boxes", () => {
  expect(dynamicSlice(matrix, starts(1, 1), { sizes: [0, 2] }).shape).toEqual([0, 2]);
  expect(dynamicSlice(matrix, starts(1, 1), { sizes: [3, 4] }).toList()).toEqual(matrix.toList());
  expect(dynamicSlice(array(5), starts(), { sizes: [] }).item()).toBe(5);
  expect(dynamicUpdateSlice(array(5), array(7), starts()).item()).toBe(7);
});

test("what sticks out or does not fit is refused by name", () => {
  expect(() => dynamicSlice(matrix, starts(0), { sizes: [1, 1] })).toThrow(/^dynamicSlice: starts \[1\] and sizes/);
  expect(() => dynamicSlice(matrix, starts(0, 0), { sizes: [4, 1] })).toThrow(
    /a box of sizes \[4,1\] in shape \[3,4\]/,
  );
  expect(() => dynamicSlice(matrix, array([0, 0]), { sizes: [1, 1] })).toThrow(/starts are float64\[2\]/);
  expect(() => dynamicUpdateSlice(matrix, starts(1, 1), starts(0, 0))).toThrow(/^dynamicUpdateSlice: float64\[3,4\]/);
});

test("mapped starts agree with a loop, whether the array is mapped or not, twice over", () => {
  const list = array(
    [
      [0, 2],
      [5, -1],
      [1, 1],
    ],
    { dtype: "int32" },
  );
  const box = (x: NDArray, at: NDArray): NDArray => dynamicSlice(x, at, { sizes: [2, 2] });
  const loop = np.stack([0, 1, 2].map((k) => box(matrix, list.at(k).get())));
  expect(vmap(box, { inAxes: [null, 0] })(matrix, list).toList()).toEqual(loop.toList());
  const many = np.stack([matrix, matrix.mul(2), matrix.neg()]);
  const both = np.stack([0, 1, 2].map((k) => box(many.at(k).get(), list.at(k).get())));
  expect(vmap(box)(many, list).toList()).toEqual(both.toList());
  const nested = vmap(vmap(box, { inAxes: [null, 0] }), { inAxes: [0, null] })(many, list);
  expect(nested.at(1).get().toList()).toEqual(loop.mul(2).toList());
});

test("mapped updates at mapped starts agree with a loop", () => {
  const write = (x: NDArray, u: NDArray, at: NDArray): NDArray => dynamicUpdateSlice(x, u, at);
  const list = array([[0], [9], [2]], { dtype: "int32" });
  const updates = array([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(vmap(write, { inAxes: [null, 0, 0] })(np.zeros([4]), updates, list).toList()).toEqual([
    [1, 2, 0, 0],
    [0, 0, 3, 4],
    [0, 0, 5, 6],
  ]);
});

test("the cotangent of a read is one write, of a write one read", () => {
  const [, pullback] = vjp((x: NDArray) => dynamicSlice(x, starts(1, 1), { sizes: [1, 2] }), matrix);
  const read = String(makeJaxpr(pullback)(np.ones([1, 2])));
  expect(read.match(/dynamicUpdateSlice/g)).toHaveLength(1);
  const [, back] = vjp((u: NDArray) => dynamicUpdateSlice(matrix, u, starts(1, 1)), np.ones([1, 2]));
  const write = String(makeJaxpr(back)(matrix));
  expect(write.match(/dynamicSlice/g)).toHaveLength(1);
  expect(write).not.toContain("dynamicUpdateSlice");
});

test("a loop that reads and writes rows has the gradient of the unrolled one, compiled too", () => {
  const step = jit((x: NDArray, k: NDArray): NDArray => {
    const row = dynamicSlice(x, np.stack([k, array(0, { dtype: "int32" })]), { sizes: [1, 4] });
    const next = np.stack([k.add(array(1, { dtype: "int32" })), array(0, { dtype: "int32" })]);
    return dynamicUpdateSlice(x, np.sin(row), next);
  });
  const looped = (x: NDArray): NDArray =>
    np.sum(step(step(x, array(0, { dtype: "int32" })), array(1, { dtype: "int32" })));
  const unrolled = (x: NDArray): NDArray => {
    const first = x.at(0).get();
    return np.sum(np.stack([first, np.sin(first), np.sin(np.sin(first))]));
  };
  expect(np.allclose(grad(looped)(matrix), grad(unrolled)(matrix), { rtol: 1e-15, atol: 1e-15 }).item()).toBe(1);
  const [, linear] = linearize(looped, matrix);
  expect(linear(np.ones([3, 4])).item()).toBeCloseTo(np.sum(grad(looped)(matrix)).item(), 14);
});
