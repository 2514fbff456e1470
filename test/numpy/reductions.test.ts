/**
 * Reductions over any axes equal a loop over all elements, with and without keepdims; running sums; averages.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arrays, build, elementAt, placesOf } from "./arbitraries.ts";

interface Case {
  readonly x: NDArray;
  readonly axes: readonly number[];
  readonly keepdims: boolean;
}

const casesOf = (minSize: number): fc.Arbitrary<Case> =>
  arrays({ minSize }).chain((x) =>
    fc.record({
      x: fc.constant(x),
      axes: fc
        .subarray(x.shape.map((_, axis) => axis))
        .map((list) => list.map((axis) => (axis % 2 === 0 ? axis : axis - x.ndim))),
      keepdims: fc.boolean(),
    }),
  );

/** All elements that fall on one place of the result, and the result's shape. */
const reduce = ({ x, axes, keepdims }: Case, combine: (values: readonly number[]) => number): NDArray => {
  const reduced = axes.map((axis) => (axis < 0 ? axis + x.ndim : axis));
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  const shape = kept.map((axis) => x.shape[axis]!);
  const groups = new Map<string, number[]>(placesOf(shape).map((place) => [String(place), []]));
  for (const place of placesOf(x.shape))
    groups.get(String(kept.map((axis) => place[axis]!)))!.push(elementAt(x, place));
  const out = array([...groups.values()].map(combine), { shape });
  return keepdims
    ? np.reshape(
        out,
        x.shape.map((extent, axis) => (reduced.includes(axis) ? 1 : extent)),
      )
    : out;
};

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const variance = (values: readonly number[], ddof = 0): number =>
  total(values.map((value) => (value - total(values) / values.length) ** 2)) / Math.max(0, values.length - ddof);

type Reduction = (x: NDArray, options?: np.ReductionOptions) => NDArray;

const reductions: readonly (readonly [string, Reduction, (values: readonly number[]) => number, number])[] = [
  ["sum", np.sum, total, 0],
  ["mean", np.mean, (values) => total(values) / values.length, 0],
  ["prod", np.prod, (values) => values.reduce((product, value) => product * value, 1), 0],
  ["max", np.max, (values) => Math.max(...values), 1],
  ["min", np.min, (values) => Math.min(...values), 1],
  ["any", np.any, (values) => (values.some((value) => value !== 0) ? 1 : 0), 0],
  ["all", np.all, (values) => (values.every((value) => value !== 0) ? 1 : 0), 0],
  ["var", np.var, (values) => variance(values), 0],
  ["std", np.std, (values) => Math.sqrt(variance(values)), 0],
];

const close = (seen: NDArray, wanted: NDArray): void => {
  expect(seen.shape).toEqual(wanted.shape);
  expect(
    np.allclose(seen, wanted, { rtol: 1e-13, atol: 1e-13, equalNan: true }).item(),
    `${seen.toString()} against ${wanted.toString()}`,
  ).toBe(1);
};

describe.each(reductions)("%s", (_name, f, reference, minSize) => {
  test("over any axes equals a loop, eager and compiled", () => {
    fc.assert(
      fc.property(casesOf(minSize), (each) => {
        const options = { axis: each.axes, keepdims: each.keepdims };
        const wanted = reduce(each, reference);
        close(f(each.x, options), wanted);
        close(jit((x: NDArray) => f(x, options))(each.x), wanted);
      }),
      { numRuns: 50 },
    );
  });

  test("without options reduces everything, and over one mapped axis equals vmap", () => {
    fc.assert(
      fc.property(arrays({ minRank: 1, minSize: 1 }), (x) => {
        close(f(x), reduce({ x, axes: x.shape.map((_, axis) => axis), keepdims: false }, reference));
        const rest = x.shape.map((_, axis) => axis).slice(1);
        close(vmap((row: NDArray) => f(row))(x), f(x, { axis: rest }));
      }),
      { numRuns: 20 },
    );
  });
});

test("var divides by the count less ddof, and by 0 once nothing is left", () => {
  const x = array([1, 2, 4]);
  expect(np.var(x, { ddof: 1 }).item()).toBeCloseTo(variance([1, 2, 4], 1), 14);
  expect(np.var(array([5]), { ddof: 1 }).item()).toBeNaN();
  expect(np.std(x, { ddof: 2 }).item()).toBeCloseTo(Math.sqrt(variance([1, 2, 4], 2)), 14);
});

test("cumsum adds up along its axis, from either end in the gradient", () => {
  fc.assert(
    fc.property(
      arrays({ minRank: 1 }).chain((x) => fc.tuple(fc.constant(x), fc.integer({ min: -x.ndim, max: x.ndim - 1 }))),
      ([x, axis]) => {
        const at = axis < 0 ? axis + x.ndim : axis;
        const wanted = build(x.shape, (place) =>
          total(Array.from({ length: place[at]! + 1 }, (_, k) => elementAt(x, place.with(at, k)))),
        );
        expect(np.cumsum(x, { axis }).toString()).toBe(wanted.toString());
        expect(jit((v: NDArray) => np.cumsum(v, { axis }))(x).toString()).toBe(wanted.toString());
      },
    ),
  );
  expect(
    np
      .cumsum(
        array([
          [1, 2],
          [3, 4],
        ]),
      )
      .toList(),
  ).toEqual([1, 3, 6, 10]);
  expect(np.cumsum(array([true, true, false])).toString()).toBe("array([1, 2, 2], int32)");
  expect(np.cumsum(array([1, Infinity, -Infinity, 1])).toList()).toEqual([1, Infinity, NaN, NaN]);
  expect(
    np
      .cumsum(array([1, 1e100, 1, -1e100]))
      .at(-1)
      .get()
      .item(),
  ).toBe(2);
});

test("average weighs its elements", () => {
  const x = array([
    [1, 2],
    [3, 5],
  ]);
  expect(np.average(x, { axis: 0, weights: array([[1], [3]]) }).toList()).toEqual([2.5, 4.25]);
  expect(np.average(x, { axis: 1, weights: array([1, 3]) }).toList()).toEqual([1.75, 4.5]);
  expect(np.average(x).item()).toBe(2.75);
});

test("argmax and argmin find the first extremum along any axis", () => {
  fc.assert(
    fc.property(
      arrays({ minRank: 1, minSize: 1 }).chain((x) =>
        fc.tuple(fc.constant(x), fc.integer({ min: 0, max: x.ndim - 1 })),
      ),
      ([x, axis]) => {
        const shape = x.shape.toSpliced(axis, 1);
        const line = (place: number[]): number[] =>
          Array.from({ length: x.shape[axis]! }, (_, k) => elementAt(x, place.toSpliced(axis, 0, k)));
        expect(np.argmax(x, { axis }).toString()).toBe(
          build(shape, (place) => line(place).indexOf(Math.max(...line(place))), "int32").toString(),
        );
        expect(np.argmin(x, { axis }).toString()).toBe(
          build(shape, (place) => line(place).indexOf(Math.min(...line(place))), "int32").toString(),
        );
        expect(np.argmax(x).item()).toBe([...x.toTypedArray()].indexOf(Math.max(...x.toTypedArray())));
      },
    ),
  );
});
