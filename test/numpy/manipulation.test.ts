/**
 * Rearrangements equal their definitions element by element, and comparisons up to rounding follow NumPy.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arrays, arraysOf, build, elementAt } from "./arbitraries.ts";

const { inf, nan } = np;
const withAxis = (options: Parameters<typeof arrays>[0]) =>
  arrays({ minRank: 1, ...options }).chain((x) => fc.tuple(fc.constant(x), fc.integer({ min: 0, max: x.ndim - 1 })));

test("roll moves every element on, round the end", () => {
  fc.assert(
    fc.property(withAxis({}), fc.integer({ min: -7, max: 7 }), ([x, axis], shift) => {
      const extent = x.shape[axis]!;
      const wanted = build(x.shape, (place) =>
        elementAt(x, place.with(axis, (((place[axis]! - shift) % extent) + extent) % extent)),
      );
      expect(np.roll(x, shift, { axis }).toString()).toBe(wanted.toString());
      expect(np.roll(np.roll(x, shift), -shift).toString()).toBe(x.toString());
    }),
  );
  expect(
    np
      .roll(
        array([
          [1, 2],
          [3, 4],
        ]),
        1,
      )
      .toList(),
  ).toEqual([
    [4, 1],
    [2, 3],
  ]);
});

test("repeat gives every element as often as its count says", () => {
  fc.assert(
    fc.property(
      withAxis({}).chain(([x, axis]) =>
        fc.tuple(
          fc.constant(x),
          fc.constant(axis),
          fc.array(fc.integer({ min: 0, max: 3 }), { minLength: x.shape[axis]!, maxLength: x.shape[axis]! }),
        ),
      ),
      ([x, axis, counts]) => {
        const from = counts.flatMap((count, k) => new Array<number>(count).fill(k));
        const wanted = build(x.shape.with(axis, from.length), (place) =>
          elementAt(x, place.with(axis, from[place[axis]!]!)),
        );
        expect(np.repeat(x, counts, { axis }).toString()).toBe(wanted.toString());
      },
    ),
  );
  expect(
    np
      .repeat(
        array([
          [1, 2],
          [3, 4],
        ]),
        2,
      )
      .toList(),
  ).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  expect(grad((x: NDArray) => np.sum(np.repeat(x, [3, 0])))(array([1, 2])).toList()).toEqual([3, 0]);
});

test("diag makes and reads diagonals, trace sums them", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4 }).chain((n) => arraysOf([n])),
      fc.integer({ min: -3, max: 3 }),
      (v, k) => {
        const size = v.size + Math.abs(k);
        const wanted = build([size, size], ([row, column]) =>
          column! - row! === k ? elementAt(v, [Math.min(row!, column!)]) : 0,
        );
        expect(np.diag(v, { k }).toString()).toBe(wanted.toString());
        expect(np.diag(np.diag(v, { k }), { k }).toString()).toBe(v.toString());
        expect(np.trace(np.diag(v, { k }), { offset: k }).item()).toBe(np.sum(v).item());
      },
    ),
  );
  fc.assert(
    fc.property(arrays({ minRank: 2, maxRank: 3 }), fc.integer({ min: -4, max: 4 }), (x, k) => {
      const [rows, columns] = x.shape as [number, number];
      const length = Math.max(0, Math.min(rows + Math.min(0, k), columns - Math.max(0, k)));
      const wanted = build([...x.shape.slice(2), length], (place) =>
        elementAt(x, [place.at(-1)! + Math.max(0, -k), place.at(-1)! + Math.max(0, k), ...place.slice(0, -1)]),
      );
      expect(np.diagonal(x, { offset: k }).toString()).toBe(wanted.toString());
    }),
  );
  expect(grad((x: NDArray) => np.trace(x))(np.ones([2, 2])).toList()).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

test("transpose refuses axes that repeat, and pad and full convert their value", () => {
  expect(() => np.transpose(np.ones([2, 2]), [0, 1, 0])).toThrow(/Name every axis once/);
  expect(np.pad(array([true, false]), 1, { value: 0.5 }).toList()).toEqual([true, true, false, true]);
  expect(np.full(2, 0.5, { dtype: "bool" }).toList()).toEqual([true, true]);
  expect(np.full([], 3e9, { dtype: "int32" }).item()).toBe(2 ** 31 - 1);
  expect(np.fullLike(array([true]), 2).toList()).toEqual([true]);
});

test("tile and split are inverse, and refuse counts that are no counts", () => {
  fc.assert(
    fc.property(withAxis({}), fc.integer({ min: 1, max: 3 }), ([x, axis], times) => {
      const counts = x.shape.map((_, k) => (k === axis ? times : 1));
      for (const part of np.split(np.tile(x, counts), times, { axis })) expect(part.toString()).toBe(x.toString());
    }),
  );
  expect(() => np.tile(array([1]), -1)).toThrow(/^np\.tile/);
  expect(() => np.repeat(array([1, 2]), [1])).toThrow(/1 counts for 2 elements/);
});

test("isclose bounds |x - y| by atol + rtol |y|; equal infinities are close, NaN only when asked", () => {
  const close = (x: number, y: number, options?: np.ClosenessOptions): number => {
    const eager = np.isclose(x, y, options).item();
    expect(jit((left: NDArray, right: NDArray) => np.isclose(left, right, options))(array(x), array(y)).item()).toBe(
      eager,
    );
    return eager;
  };
  expect([close(1, 1 + 1e-6), close(1, 1.1), close(0, 1e-9), close(0, 1e-7)]).toEqual([1, 0, 1, 0]);
  expect([
    close(1000, 1001, { rtol: 1e-3, atol: 0 }),
    close(10, 11, { rtol: 0.095, atol: 0 }),
    close(11, 10, { rtol: 0.095, atol: 0 }),
  ]).toEqual([1, 1, 0]);
  expect([close(inf, inf), close(inf, -inf), close(inf, 1), close(1, inf), close(-inf, -inf)]).toEqual([1, 0, 0, 0, 1]);
  expect([close(nan, nan), close(nan, nan, { equalNan: true }), close(nan, 1, { equalNan: true })]).toEqual([0, 1, 0]);
});

test("allclose broadcasts, arrayEqual does not", () => {
  expect(np.allclose(np.ones([2, 3]), 1).item()).toBe(1);
  expect(np.arrayEqual(np.ones([2, 3]), 1).item()).toBe(0);
  expect(np.arrayEqual(array([1, 2]), array([1, 2], { dtype: "int32" })).item()).toBe(1);
  expect(np.arrayEqual(array([nan]), array([nan])).item()).toBe(0);
  expect(np.arrayEqual(array([nan]), array([nan]), { equalNan: true }).item()).toBe(1);
  expect(np.arrayEqual(np.zeros(0), np.zeros(0)).item()).toBe(1);
});

test("creation and conversion refuse options and dtypes they do not know", () => {
  expect(() => np.zeros(3, { dtyp: "int32" } as never)).toThrow(/Did you mean "dtype"/);
  expect(() => np.ones(3, { dtype: "float16" as never })).toThrow(/dtype "float16"/);
  expect(() => np.linspace(0, 1, 3, { endPoint: true } as never)).toThrow(/Did you mean "endpoint"/);
  expect(() => np.astype(array([1]), "complex64" as never)).toThrow(/dtype "complex64"/);
  expect(() => np.full([2], array([[1, 2]]))).toThrow(/\[1,2\] to \[2\]/);
  expect(() =>
    np.pad(array([1]), [
      [1, 2],
      [3, 4],
    ]),
  ).toThrow(/for rank 1/);
  expect(() => np.sum(array([1]), { axis: "0" as never })).toThrow(/axis "0" of an array/);
});

test("numbers in equal steps", () => {
  expect(np.arange(0, 1, 0.25).toList()).toEqual([0, 0.25, 0.5, 0.75]);
  expect(np.arange(5, 0, -2).toList()).toEqual([5, 3, 1]);
  expect(np.arange(2, 2).shape).toEqual([0]);
  expect(np.linspace(0, 1, 3).toList()).toEqual([0, 0.5, 1]);
  expect(np.linspace(0, 1, 2, { endpoint: false }).toList()).toEqual([0, 0.5]);
  expect(np.linspace(2, 5, 1).toList()).toEqual([2]);
  expect(np.eye(2, 3, { k: 1 }).toList()).toEqual([
    [0, 1, 0],
    [0, 0, 1],
  ]);
});
