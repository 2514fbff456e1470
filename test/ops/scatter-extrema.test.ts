/**
 * Scattered extrema where the generated laws do not look: ties, NaN, signs of zero, integers, out of range.
 */
import { expect, test } from "vitest";
import { array, grad, jvp } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { scatterMax, scatterMin } from "../../ops/scatter-extrema.ts";

const drop = { mode: "drop", batchDims: 0 } as const;
const at = (...places: number[]): NDArray => array(places, { dtype: "int32", shape: [places.length, 1] });
const gradients = (operand: NDArray, places: NDArray, updates: NDArray): unknown[] =>
  grad((x: NDArray, u: NDArray) => np.sum(scatterMax(x, places, u, drop)), { argnums: [0, 1] })(operand, updates).map(
    (each) => each.toList(),
  );

test("all that attain the extremum of a place share its derivative equally", () => {
  // place 0: the operand and one update tie; place 1: two updates tie above the operand; place 2: the operand alone
  expect(gradients(array([5, 1, 9]), at(0, 1, 1, 2, 0), array([5, 4, 4, 3, 2]))).toEqual([
    [0.5, 0, 1],
    [0.5, 0.5, 0.5, 0, 0],
  ]);
  expect(gradients(array([2]), at(0, 0, 0), array([2, 2, 2]))).toEqual([[0.25], [0.25, 0.25, 0.25]]);
});

test("a place that is NaN has a NaN derivative, other places have their own", () => {
  const [x, u] = gradients(array([1, 2, 3]), at(0, 1), array([NaN, 5])) as number[][];
  expect(x).toEqual([NaN, 0, 1]);
  expect(u).toEqual([NaN, 1]);
});

test("NaN wins, 0 stands above -0, and writes out of range are dropped with a zero derivative", () => {
  expect(scatterMax(array([1, -0, NaN]), at(0, 1, 2), array([NaN, 0, 5]), drop).toList()).toEqual([NaN, 0, NaN]);
  expect(scatterMin(array([0, 0]), at(0, 1), array([-0, 3]), drop).toList()).toEqual([-0, 0]);
  expect(gradients(array([1, 2]), at(7, -1), array([9, 0]))).toEqual([
    [1, 1],
    [0, 0],
  ]);
});

test("clip and wrap write at the place they turn to", () => {
  expect(scatterMax(array([1, 2]), at(7), array([9]), { mode: "clip", batchDims: 0 }).toList()).toEqual([1, 9]);
  expect(scatterMin(array([1, 2]), at(-2), array([-9]), { mode: "wrap", batchDims: 0 }).toList()).toEqual([-9, 2]);
});

test("integers compare as integers, unsigned ones too", () => {
  const unsigned = array([2 ** 32 - 1, 0], { dtype: "uint32" });
  const updates = array([1, 2 ** 31], { dtype: "uint32" });
  expect(scatterMax(unsigned, at(0, 1), updates, drop).toList()).toEqual([2 ** 32 - 1, 2 ** 31]);
  expect(scatterMin(unsigned, at(0, 1), updates, drop).toList()).toEqual([1, 0]);
});

test("forward and reverse agree at ties", () => {
  const f = (x: NDArray): NDArray => np.sum(scatterMin(x, at(1, 1), array([2, 2]), drop));
  expect(jvp(f, [array([1, 2])], [array([0, 1])])[1].item()).toBeCloseTo(1 / 3, 15);
  expect(grad(f)(array([1, 2])).toList()).toEqual([1, 1 / 3]);
});
