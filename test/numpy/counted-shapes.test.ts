/**
 * Functions whose shape depends on values: traced, `size` cuts or fills what eager evaluation gives; without it they
 * say what is missing. Sets are those of JavaScript; NaN, -0 and empty arrays as NumPy has them.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, DataDependentShape, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arrays } from "./arbitraries.ts";

type Counted = (x: NDArray, options?: np.SizeOptions) => NDArray;

const other = array([0.25, -1, 2, 2]);
const mask = array([1, 0, 1, 1, 0]);

/** Each with what it fills by default, given all distinct values there are. */
const counted: readonly (readonly [name: string, f: Counted, fill: (eager: number[]) => number])[] = [
  ["flatnonzero", np.flatnonzero, () => 0],
  ["extract", (x, options) => np.extract(x.greater(0), x, options), () => 0],
  ["trimZeros", (x, options) => np.trimZeros(np.ravel(x), options), () => 0],
  ["unique", (x, options) => np.unique(x, options), (eager) => eager[0] ?? 0],
  ["uniqueValues", (x, options) => np.uniqueValues(x, options), (eager) => eager[0] ?? 0],
  ["union1d", (x, options) => np.union1d(x, other, options), (eager) => eager[0]!],
  ["intersect1d", (x, options) => np.intersect1d(x, other, options), (eager) => eager[0] ?? 0],
  ["setdiff1d", (x, options) => np.setdiff1d(x, other, options), (eager) => eager[0] ?? 0],
  ["setxor1d", (x, options) => np.setxor1d(x, other, options), (eager) => eager[0] ?? 0],
];

describe.each(counted)("%s", (_name, f, defaultFill) => {
  test("traced with a size gives what eager gives, cut or filled", () => {
    fc.assert(
      fc.property(
        arrays({ minRank: 1, maxRank: 2 }),
        fc.integer({ min: 0, max: 6 }),
        fc.boolean(),
        (x, size, fills) => {
          const eager = f(x).toList() as number[];
          const fill = fills ? -7 : defaultFill(eager);
          const wanted = Array.from({ length: size }, (_, k) => eager[k] ?? fill);
          const options = fills ? { size, fillValue: -7 } : { size };
          expect(jit((own: NDArray) => f(own, options))(x).toList()).toEqual(wanted);
          expect(f(x, options).toList()).toEqual(wanted);
          expect(
            vmap((own: NDArray) => f(own, options))(np.stack([x, x]))
              .at(1)
              .get()
              .toList(),
          ).toEqual(wanted);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("traced without a size says what to give", () => {
    expect(() => jit((x: NDArray) => f(x))(array([1, 0, 2]))).toThrow(DataDependentShape);
    expect(() => vmap((x: NDArray) => f(x))(array([[1, 0, 2]]))).toThrow(/^np\.\w+: .*Give \{ size \}/);
  });

  test("differentiated needs no size: the values are known", () => {
    const x = array([1, 0, 2, -1]);
    const total = (own: NDArray): NDArray => np.sum(np.astype(f(own), "float64"));
    expect(grad(total)(x).toList()).toEqual(
      grad((own: NDArray) => np.sum(np.astype(f(own, { size: f(x).size }), "float64")))(x).toList(),
    );
  });

  test("a misspelt option or a size that is none is refused", () => {
    expect(() => f(array([1]), { sise: 1 } as never)).toThrow(/option "sise"/);
    expect(() => f(array([1]), { size: 1.5 })).toThrow(/dimension 1\.5/);
  });
});

test("nonzero, argwhere and where give places that can be read again", () => {
  fc.assert(
    fc.property(arrays({ minRank: 1 }), (x) => {
      const places = np.nonzero(x);
      expect(places).toHaveLength(x.ndim);
      expect(
        x
          .at(...places)
          .get()
          .toList(),
      ).toEqual((np.ravel(x).toList() as number[]).filter((value) => value !== 0));
      expect(np.argwhere(x).toList()).toEqual(np.stack(places, { axis: 1 }).toList());
      expect(np.where(x).map(String)).toEqual(places.map(String));
    }),
    { numRuns: 40 },
  );
  expect(np.nonzero(array([[0, 3]]), { size: 2, fillValue: [-1, 9] }).map((each) => each.toList())).toEqual([
    [0, -1],
    [1, 9],
  ]);
  expect(np.argwhere(array(5)).shape).toEqual([1, 0]);
  expect(np.argwhere(array(0)).shape).toEqual([0, 0]);
  expect(() => np.nonzero(array(5))).toThrow(/^np\.nonzero: a scalar/);
  expect(() => np.nonzero(array([5]), { size: 1, fillValue: [1, 2] })).toThrow(/2 fill values/);
});

test("a mask known while a function is traced needs no size", () => {
  const known = array([true, false, true]);
  expect(jit((x: NDArray) => np.compress(known, x))(array([1, 2, 3])).toList()).toEqual([1, 3]);
  expect(jit((x: NDArray) => x.add(np.extract(mask, np.arange(5)).size))(array(1)).item()).toBe(4);
  expect(jit((x: NDArray) => np.trilIndices(2)[0]!.add(x))(array(1)).toList()).toEqual([1, 2, 2]);
});

test("compress refuses conditions that do not fit, and may be shorter than the axis", () => {
  expect(np.compress(array([false, true]), array([1, 2, 3])).toList()).toEqual([2]);
  expect(() => np.compress(array([1, 1]), array([1]))).toThrow(/condition \[2\] for axis 0 of \[1\]/);
  expect(() => np.compress(array([[1]]), array([1]))).toThrow(/The condition is a vector/);
});

test("unique is the sorted set, its inverse gives back the array, its counts add up", () => {
  fc.assert(
    fc.property(arrays({ maxRank: 2 }), (x) => {
      const list = np.ravel(x).toList() as number[];
      const [values, first, inverse, counts] = np.unique(x, {
        returnIndex: true,
        returnInverse: true,
        returnCounts: true,
      });
      expect(values!.toList()).toEqual([...new Set(list)].sort((left, right) => left - right));
      expect(first!.toList()).toEqual((values!.toList() as number[]).map((value) => list.indexOf(value)));
      expect(inverse!.shape).toEqual(x.shape);
      if (x.size > 0) expect(np.take(values!, inverse!).toString()).toBe(x.toString());
      expect(counts!.toList()).toEqual(
        (values!.toList() as number[]).map((value) => list.filter((each) => each === value).length),
      );
    }),
    { numRuns: 40 },
  );
});

test("NaN are one for unique, many for uniqueValues, and in no other set; -0 is 0", () => {
  const x = array([NaN, -0, NaN, 0, 1]);
  expect(np.unique(x).toList()).toEqual([-0, 1, NaN]);
  expect(np.unique(x, { equalNan: false }).toList()).toEqual([-0, 1, NaN, NaN]);
  expect(np.uniqueValues(x).toList()).toEqual([-0, 1, NaN, NaN]);
  expect(np.isin(x, x).toList()).toEqual([false, true, false, true, true]);
  expect(np.intersect1d(x, array([0, NaN])).toList()).toEqual([-0]);
  expect(
    np.unique(
      array([
        [NaN, 1],
        [NaN, 1],
      ]),
      { axis: 0 },
    ).shape,
  ).toEqual([1, 2]);
});

test("sets of integers are integers, of mixed dtypes what both join to", () => {
  const [int, unsigned] = [array([-1, 2], { dtype: "int32" }), array([2, 4294967295], { dtype: "uint32" })];
  expect(np.unique(int).dtype).toBe("int32");
  expect(np.union1d(int, unsigned).toList()).toEqual([-1, 2, 4294967295]);
  expect(np.isin(int, unsigned, { invert: true }).toList()).toEqual([true, false]);
  expect(np.unique(array([true, false, true])).toList()).toEqual([false, true]);
});

test("intersect1d says where elements first stand, also when it is filled", () => {
  const [x, y] = [array([5, 3, 5, 1]), array([1, 5, 5])];
  const [values, inX, inY] = jit((a: NDArray, b: NDArray) =>
    np.intersect1d(a, b, { returnIndices: true, size: 3, fillValue: -1 }),
  )(x, y);
  expect([values, inX, inY].map((each) => each!.toList())).toEqual([
    [1, 5, -1],
    [3, 0, 4],
    [0, 1, 3],
  ]);
});

test("delete and insert are inverse, eager and with traced places", () => {
  fc.assert(
    fc.property(arrays({ minRank: 1, maxRank: 2, minSize: 1 }), fc.nat(), fc.nat(), (x, seed, axisSeed) => {
      const axis = axisSeed % x.ndim;
      const place = seed % x.shape[axis]!;
      const row = np.take(x, array([place], { dtype: "int32" }), { axis });
      const without = np.delete(x, place, { axis });
      expect(np.insert(without, array([place], { dtype: "int32" }), row, { axis }).toString()).toBe(x.toString());
      const traced = jit((own: NDArray, at: NDArray) => np.delete(own, at, { axis, assumeUniqueIndices: true }));
      expect(traced(x, array([place], { dtype: "int32" })).toString()).toBe(without.toString());
      const put = jit((own: NDArray, at: NDArray, values: NDArray) => np.insert(own, at, values, { axis }));
      expect(put(without, array([place], { dtype: "int32" }), row).toString()).toBe(x.toString());
    }),
    { numRuns: 30 },
  );
  expect(() => np.delete(array([1, 2]), 2)).toThrow(/^np\.delete: place 2\. Use -2 to 1/);
  expect(() => np.insert(array([1, 2]), 3, 0)).toThrow(/^np\.insert: place 3/);
  expect(() => np.insert(array([1, 2]), 1.5, 0)).toThrow(/place 1\.5/);
  expect(() => np.insert(array([[1, 2]]), 0, array([1, 2, 3]), { axis: 0 })).toThrow(/np\.insert/);
  expect(() => jit((at: NDArray) => np.delete(array([1, 2]), at))(array([0], { dtype: "int32" }))).toThrow(
    /assumeUniqueIndices: true/,
  );
  expect(np.delete(array([1, 2, 3]), array([true, false, true])).toList()).toEqual([2]);
  expect(() => np.delete(array([1, 2, 3]), array([true]))).toThrow(/A mask has one entry each/);
});

test("repeat with traced counts needs the total, cuts and fills up", () => {
  const f = (total: number) => jit((n: NDArray) => np.repeat(array([5, 6, 7]), n, { totalRepeatLength: total }));
  const counts = array([2, 0, 1], { dtype: "int32" });
  expect(f(3)(counts).toList()).toEqual([5, 5, 7]);
  expect(f(2)(counts).toList()).toEqual([5, 5]);
  expect(f(5)(counts).toList()).toEqual([5, 5, 7, 7, 7]);
  expect(np.repeat(array([5, 6, 7]), counts, { totalRepeatLength: 5 }).toList()).toEqual([5, 5, 7, 7, 7]);
  expect(() => jit((n: NDArray) => np.repeat(array([5, 6, 7]), n))(counts)).toThrow(/totalRepeatLength/);
});
