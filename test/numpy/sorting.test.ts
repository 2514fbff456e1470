/**
 * sort, argsort, searchsorted against the plainest definitions, on lines that hold NaN, both zeros and infinities.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arrays, build, elementAt } from "./arbitraries.ts";

const awkward = fc.constantFrom(0, -0, 1, -1, 2, NaN, Infinity, -Infinity, 5e-324);
const lines = fc.array(awkward, { maxLength: 12 });

/** NaN after everything, zeros equal. */
const before = (x: number, y: number): boolean => x < y || (Number.isNaN(y) && !Number.isNaN(x));

const stableOrder = (line: readonly number[], descending: boolean): number[] => {
  const order = line.map((_, k) => k);
  const isBefore = (x: number, y: number): boolean =>
    Number.isNaN(x) || Number.isNaN(y) || !descending ? before(x, y) : x > y;
  return order.sort((left, right) =>
    isBefore(line[left]!, line[right]!) ? -1 : isBefore(line[right]!, line[left]!) ? 1 : left - right,
  );
};

test("argsort is the stable order, and sort reads in that order", () => {
  fc.assert(
    fc.property(lines, fc.boolean(), (line, descending) => {
      const x = array(line, { dtype: "float64", shape: [line.length] });
      const order = stableOrder(line, descending);
      expect(np.argsort(x, { descending }).toList()).toEqual(order);
      expect(np.sort(x, { descending }).toList()).toEqual(order.map((k) => line[k]));
      expect(jit((v: NDArray) => np.sort(v, { descending }))(x).toList()).toEqual(order.map((k) => line[k]));
    }),
    { numRuns: 300 },
  );
});

test("sort works line by line along any axis, and takeAlongAxis of argsort is sort", () => {
  fc.assert(
    fc.property(
      arrays({ minRank: 1 }).chain((x) => fc.tuple(fc.constant(x), fc.integer({ min: 0, max: x.ndim - 1 }))),
      ([x, axis]) => {
        const wanted = build(x.shape, (place) => {
          const line = Array.from({ length: x.shape[axis]! }, (_, k) => elementAt(x, place.with(axis, k)));
          return line.sort((left, right) => left - right)[place[axis]!]!;
        });
        expect(np.sort(x, { axis }).toString()).toBe(wanted.toString());
        expect(np.takeAlongAxis(x, np.argsort(x, { axis }), { axis }).toString()).toBe(wanted.toString());
        expect(
          vmap((v: NDArray) => np.sort(v, { axis }))(np.stack([x, x]))
            .at(1)
            .get()
            .toString(),
        ).toBe(wanted.toString());
      },
    ),
  );
});

test("integers and booleans sort too", () => {
  expect(np.sort(array([3, -1, 2], { dtype: "int32" })).toList()).toEqual([-1, 2, 3]);
  expect(np.sort(array([2 ** 32 - 1, 0, 7], { dtype: "uint32" }), { descending: true }).toList()).toEqual([
    2 ** 32 - 1,
    7,
    0,
  ]);
  expect(np.sort(array([true, false, true])).toList()).toEqual([false, true, true]);
  expect(
    np
      .sort(
        array([
          [3, 1],
          [2, 0],
        ]),
        { axis: null },
      )
      .toList(),
  ).toEqual([0, 1, 2, 3]);
});

test("a hundred thousand numbers sort without recursion", () => {
  const count = 100_000;
  const x = array(Float64Array.from({ length: count }, (_, k) => (k * 7919) % count));
  expect(np.arrayEqual(np.sort(x), np.arange(count)).item()).toBe(1);
});

test("searchsorted counts the elements before a value, or before and equal to it", () => {
  fc.assert(
    fc.property(lines, fc.array(awkward, { maxLength: 5 }), (line, wanted) => {
      const sorted = np.sort(array(line, { dtype: "float64", shape: [line.length] }));
      const values = array(wanted, { dtype: "float64", shape: [wanted.length] });
      const left = wanted.map((value) => line.filter((x) => before(x, value)).length);
      const right = wanted.map((value) => line.filter((x) => !before(value, x)).length);
      expect(np.searchsorted(sorted, values).toList()).toEqual(left);
      expect(np.searchsorted(sorted, values, { side: "right" }).toList()).toEqual(right);
      expect(
        jit((x: NDArray, v: NDArray) => np.searchsorted(x, v, { side: "right" }))(sorted, values).toList(),
      ).toEqual(right);
    }),
    { numRuns: 200 },
  );
});

test("searchsorted has the shape of its values", () => {
  expect(
    np
      .searchsorted(
        array([1, 2, 3]),
        array([
          [0, 2],
          [3, 9],
        ]),
      )
      .toList(),
  ).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(np.searchsorted(array([1, 2, 3]), 2.5).item()).toBe(2);
  expect(np.searchsorted(array([1, 2, 3], { dtype: "int32" }), 2.5).item()).toBe(2);
});
