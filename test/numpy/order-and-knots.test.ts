/**
 * Order and interpolation where differences do not look: ties, NaN, knots, ends; lexsort, topK, searchsorted with a sorter.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jacrev, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arrays, arraysOf } from "./arbitraries.ts";

const lists = (x: readonly NDArray[]): unknown[] => x.map((each) => each.toList());

test("lexsort orders by the last key, then the one before it, and keeps the order of equals", () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 0, max: 7 })
        .chain((size) => fc.array(arraysOf([size], "int32"), { minLength: 1, maxLength: 3 })),
      (keys) => {
        const columns = keys.map((key) => key.toList() as number[]);
        const wanted = columns[0]!
          .map((_, k) => k)
          .sort((left, right) => {
            const decisive = columns.findLast((column) => column[left] !== column[right]);
            return decisive === undefined ? left - right : decisive[left]! - decisive[right]!;
          });
        expect(np.lexsort(keys).toList()).toEqual(wanted);
        expect(jit((...own: NDArray[]) => np.lexsort(own))(...keys).toList()).toEqual(wanted);
      },
    ),
    { numRuns: 60 },
  );
  expect(() => np.lexsort([])).toThrow(/^np\.lexsort: no keys/);
  expect(() => np.lexsort([array([1]), array([1, 2])])).toThrow(/keys of shapes \[1\], \[2\]/);
});

test("topK gives the first of a descending sort and their places; NaN comes last", () => {
  fc.assert(
    fc.property(arrays({ minRank: 1, maxRank: 2, minSize: 1 }), fc.nat(), (x, seed) => {
      const count = seed % (x.shape.at(-1)! + 1);
      const [values, places] = np.topK(x, count);
      const sorted = np.sort(x, { descending: true });
      expect(values.toString()).toBe(sorted.at(np.ellipsis, np.slice(0, count)).get().toString());
      expect(np.takeAlongAxis(x, places).toString()).toBe(values.toString());
    }),
    { numRuns: 40 },
  );
  expect(lists(np.topK(array([1, NaN, 3, 1]), 3))).toEqual([
    [3, 1, 1],
    [2, 0, 3],
  ]);
  expect(
    lists(
      np.topK(
        array([
          [1, 2],
          [4, 3],
        ]),
        1,
        { axis: 0 },
      ),
    ),
  ).toEqual([[[4, 3]], [[1, 1]]]);
  expect(() => np.topK(array([1]), 2)).toThrow(/^np\.topK: 2 of 1 elements/);
  expect(grad((x: NDArray) => np.sum(np.topK(x, 2)[0]))(array([3, 9, 5])).toList()).toEqual([0, 1, 1]);
});

test("partition has the sorted element at its place, and refuses places beyond the axis", () => {
  const x = array([5, NaN, 1, 3]);
  for (const place of [0, 1, 2, -1]) {
    const parted = np.partition(x, place);
    expect(parted.at(place).get().item()).toBe(np.sort(x).at(place).get().item());
    expect(np.take(x, np.argpartition(x, place)).toList()).toEqual(parted.toList());
  }
  expect(
    np
      .partition(
        array([
          [3, 1],
          [2, 0],
        ]),
        0,
        { axis: null },
      )
      .toList(),
  ).toEqual([0, 1, 2, 3]);
  expect(() => np.partition(x, 4)).toThrow(/^np\.partition: place 4 of 4 elements/);
});

test("searchsorted through a sorter is searchsorted of the sorted", () => {
  fc.assert(
    fc.property(arrays({ minRank: 1, maxRank: 1 }), arrays(), (line, wanted) => {
      for (const side of ["left", "right"] as const)
        expect(np.searchsorted(line, wanted, { side, sorter: np.argsort(line) }).toString()).toBe(
          np.searchsorted(np.sort(line), wanted, { side }).toString(),
        );
    }),
    { numRuns: 40 },
  );
  expect(() => np.searchsorted(array([1, 2]), 1, { sorter: array([0], { dtype: "int32" }) })).toThrow(
    /argsort of the vector/,
  );
});

const knots = array([0, 1, 3]);
const heights = array([0.1, 0.7, -0.3]);

test("interp gives the values at the knots exactly, the ends beyond, NaN for NaN", () => {
  expect(np.interp(knots, knots, heights).toList()).toEqual(heights.toList());
  expect(np.interp(array([-1, 5, NaN, -Infinity]), knots, heights).toList()).toEqual([0.1, -0.3, NaN, 0.1]);
  expect(np.interp(array([-1, 0, 3, 5]), knots, heights, { left: 8, right: NaN }).toList()).toEqual([
    8,
    0.1,
    -0.3,
    NaN,
  ]);
  expect(np.interp(2, array([1]), array([5])).item()).toBe(5);
  expect(np.interp(array([NaN]), array([1]), array([5])).toList()).toEqual([NaN]);
  expect(np.interp(array([1], { dtype: "int32" }), knots, array([0, 5, 7], { dtype: "int32" })).dtype).toBe("float64");
});

test("between knots interp stays between the values of its piece", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 3, noNaN: true }), (x) => {
      const value = np.interp(x, knots, heights).item();
      const [low, high] = x <= 1 ? [0.1, 0.7] : [-0.3, 0.7];
      expect(value).toBeGreaterThanOrEqual(low - 1e-16);
      expect(value).toBeLessThanOrEqual(high + 1e-16);
    }),
  );
});

test("at a knot the slope of interp is that of the piece to its right, at the last that to its left, beyond zero", () => {
  const slope = (x: number): number => grad((own: NDArray) => np.interp(own, knots, heights))(array(x)).item();
  expect([-1, 0, 1, 2, 3, 4].map(slope)).toEqual([0, 0.6, -0.5, -0.5, -0.5, 0].map((each) => expect.closeTo(each, 15)));
});

test("the derivative by the values of interp is the weight of each knot", () => {
  const weights = jacrev((fp: NDArray) => np.interp(array([-1, 0.25, 1, 2.5]), knots, fp))(heights);
  expect((weights as NDArray).toList()).toEqual([
    [1, 0, 0],
    [0.75, 0.25, 0],
    [0, 1, 0],
    [0, 0.25, 0.75],
  ]);
});

test("two knots in one place jump there, and give no NaN to the gradient", () => {
  const step = (x: NDArray): NDArray => np.interp(x, array([0, 1, 1, 2]), array([0, 1, 5, 6]));
  expect(step(array([0.5, 1, 1.5])).toList()).toEqual([0.5, 5, 5.5]);
  expect(grad((x: NDArray) => np.sum(step(x)))(array([0.5, 1, 1.5])).toList()).toEqual([1, 1, 1]);
});

test("a periodic interp repeats, whatever the order of the knots", () => {
  const f = (x: NDArray): NDArray => np.interp(x, array([300, 10, 190]), array([3, 1, 2]), { period: 360 });
  expect(np.allclose(f(array([5, 365, -355])), f(array(5))).item()).toBe(1);
  expect(f(array([10, 190, 300, 370])).toList()).toEqual([1, 2, 3, 1]);
});

test("interp refuses what gives no function", () => {
  expect(() => np.interp(1, array([1, 2]), array([1]))).toThrow(/^np\.interp: knots float64\[2\]/);
  expect(() => np.interp(1, np.zeros(0), np.zeros(0))).toThrow(/at least 1/);
  expect(() => np.interp(1, knots, heights, { period: 0 })).toThrow(/period 0/);
  expect(() => np.interp(1, knots, heights, { period: 2, left: 1 })).toThrow(/no ends/);
});
