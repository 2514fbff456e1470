/**
 * Writes at indices, by segment and along axes: their definitions element by element, ties, repeats, refusals.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arraysOf, build, elementAt } from "./arbitraries.ts";

const int = (list: number[]): NDArray => array(list, { dtype: "int32", shape: [list.length] });

const writing = fc
  .record({ size: fc.integer({ min: 1, max: 5 }), count: fc.integer({ min: 0, max: 5 }) })
  .chain(({ size, count }) =>
    fc.tuple(
      arraysOf([size]),
      fc.array(fc.integer({ min: -size - 2, max: size + 1 }), { minLength: count, maxLength: count }),
      arraysOf([count]),
    ),
  );

/** Every write in turn; places beyond the array are dropped, negative ones count from the end once. */
const oneByOne = (
  x: NDArray,
  places: readonly number[],
  values: NDArray,
  write: (old: number, value: number) => number,
): number[] => {
  const out = x.toList() as number[];
  places.forEach((place, k) => {
    const at = place < 0 ? place + out.length : place;
    if (at >= 0 && at < out.length) out[at] = write(out[at]!, elementAt(values, [k]));
  });
  return out;
};

test("every write is its scalar operation, one place after the other, eager and compiled", () => {
  fc.assert(
    fc.property(writing, ([x, places, values]) => {
      const writes = {
        set: (_old: number, value: number) => value,
        add: (old: number, value: number) => old + value,
        sub: (old: number, value: number) => old - value,
        mul: (old: number, value: number) => old * value,
        max: Math.max,
        min: Math.min,
      };
      for (const [name, write] of Object.entries(writes)) {
        const f = (own: NDArray, at: NDArray, given: NDArray): NDArray =>
          own.at(at)[name as keyof typeof writes](given);
        const wanted = array(oneByOne(x, places, values, write)).toString();
        expect(f(x, int(places), values).toString(), name).toBe(wanted);
        expect(jit(f)(x, int(places), values).toString(), name).toBe(wanted);
      }
    }),
    { numRuns: 60 },
  );
});

test("divisors and exponents of one place multiply", () => {
  const x = array([8, 27, 2]);
  expect(
    x
      .at(int([0, 0, 2]))
      .div(array([2, 4, 5]))
      .toList(),
  ).toEqual([1, 27, 0.4]);
  expect(
    x
      .at(int([1, 2, 2]))
      .power(array([2, 2, 3]))
      .toList(),
  ).toEqual([8, 729, 64]);
  expect(x.at(np.slice(1)).div(2).toList()).toEqual([8, 13.5, 1]);
  expect(x.at(0).power(2).toList()).toEqual([64, 27, 2]);
});

test("apply replaces the elements by what the function makes of them, once per place", () => {
  const x = array([1, 2, 3]);
  expect(
    x
      .at(int([0, 0, -1]))
      .apply((v) => v.mul(10))
      .toList(),
  ).toEqual([10, 2, 30]);
  expect(
    x
      .at(np.slice(null, null, -2))
      .apply((v) => v.add(array([100, 200])))
      .toList(),
  ).toEqual([201, 2, 103]);
  expect(
    x
      .at(int([5]))
      .apply((v) => v.mul(0))
      .toList(),
  ).toEqual([1, 2, 3]);
});

test("integers and booleans refuse the writes that leave their kind", () => {
  expect(() => int([1]).at(0).div(2)).toThrow(/^x\.at\(\.\.\.\)\.div: int32\[1\]/);
  expect(() => int([1]).at(0).power(2)).toThrow(/^x\.at\(\.\.\.\)\.power/);
  expect(() => array([true]).at(0).max(false)).toThrow(/Booleans are set/);
  expect(() =>
    array([1])
      .at(0)
      .max(1, { uniqueIndices: true } as never),
  ).toThrow(/option "uniqueIndices"/);
  expect(() =>
    array([1])
      .at(int([0]))
      .apply((v) => v, { mode: "nearest" } as never),
  ).toThrow(/mode "nearest"/);
});

test("the derivative of mul, div and power by values at repeated places is refused", () => {
  for (const name of ["mul", "div", "power"] as const) {
    const f = (v: NDArray): NDArray =>
      np.sum(
        array([2, 3])
          .at(int([0, 0]))
          [name](v),
      );
    expect(() => grad(f)(array([2, 2])), name).toThrow(/name a place more than once/);
    expect(grad((x: NDArray) => np.sum(x.at(int([0, 0]))[name](array([2, 2]))))(array([1, 1])).size).toBe(2);
  }
});

test("at extrema: ties share the gradient equally, in a box as at indices", () => {
  const f = (x: NDArray, v: NDArray): NDArray => np.sum(x.at(np.slice(0, 2)).max(v));
  const [dx, dv] = grad(f, { argnums: [0, 1] })(array([1, 5, 2]), array([1, 3]));
  expect([dx.toList(), dv.toList()]).toEqual([
    [0.5, 1, 1],
    [0.5, 0],
  ]);
});

test("newaxis adds an axis and ellipsis fills the others, reading and writing", () => {
  const x = np.arange(12).reshape(2, 3, 2);
  expect(x.at(np.newaxis, 1).get().shape).toEqual([1, 3, 2]);
  expect(x.at(np.ellipsis, 0).get().toList()).toEqual(x.at(null, null, 0).get().toList());
  expect(x.at(0, np.ellipsis, np.newaxis).get().shape).toEqual([3, 2, 1]);
  expect(x.at(int([1, 0]), np.newaxis, np.ellipsis).get().shape).toEqual([2, 1, 3, 2]);
  expect(
    x
      .at(np.ellipsis, np.newaxis, int([1]))
      .add(1)
      .toList(),
  ).toEqual(x.at(null, null, 1).add(1).toList());
  expect(x.at(np.ellipsis).set(0).shape).toEqual([2, 3, 2]);
  expect(() => x.at(np.ellipsis, np.ellipsis)).toThrow(/2 ellipses/);
  expect(() => x.at(0, 0, np.ellipsis, 0, 0)).toThrow(/^IndexOutOfRange|4 indices for shape/);
});

test("segments combine the rows that belong to them, in any order, and drop the others", () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 0, max: 6 })
        .chain((rows) =>
          fc.tuple(
            arraysOf([rows, 2]),
            fc.array(fc.integer({ min: -1, max: 4 }), { minLength: rows, maxLength: rows }),
          ),
        ),
      ([x, segments]) => {
        const combine = (f: (left: number, right: number) => number, identity: number): string =>
          build([4, 2], ([segment, column]) =>
            segments.reduce(
              (sum, own, row) => (own === segment ? f(sum, elementAt(x, [row, column!])) : sum),
              identity,
            ),
          ).toString();
        const options = { numSegments: 4 };
        expect(np.segmentSum(x, int(segments), options).toString()).toBe(combine((a, b) => a + b, 0));
        expect(np.segmentProd(x, int(segments), options).toString()).toBe(combine((a, b) => a * b, 1));
        expect(np.segmentMax(x, int(segments), options).toString()).toBe(combine(Math.max, -Infinity));
        expect(np.segmentMin(x, int(segments), options).toString()).toBe(combine(Math.min, Infinity));
      },
    ),
    { numRuns: 50 },
  );
  expect(np.segmentMax(int([3]), int([0]), { numSegments: 2 }).toList()).toEqual([3, -(2 ** 31)]);
  expect(np.segmentMin(array([3], { dtype: "uint32" }), int([0]), { numSegments: 2 }).toList()).toEqual([
    3,
    2 ** 32 - 1,
  ]);
  expect(np.segmentSum(array([true, true]), int([0, 0]), { numSegments: 1 }).toList()).toEqual([2]);
  expect(() => np.segmentSum(array([1]), array([0]), { numSegments: 1 })).toThrow(/^np\.segmentSum: segments float64/);
  expect(() => np.segmentSum(array([1]), int([0, 1]), { numSegments: 1 })).toThrow(/segments \[2\] for shape \[1\]/);
  expect(() => np.segmentSum(array([1]), int([0]), {} as never)).toThrow(/^np\.segmentSum with numSegments/);
});

test("putAlongAxis writes what takeAlongAxis reads", () => {
  const x = array([
    [3, 1, 2],
    [9, 7, 8],
  ]);
  const order = np.argsort(x);
  const back = np.putAlongAxis(np.zerosLike(x), order, np.sort(x));
  expect(back.toList()).toEqual(x.toList());
  expect(np.putAlongAxis(x, int([5, 5]).reshape(2, 1), 0).toList()).toEqual(x.toList());
  expect(() => np.putAlongAxis(x, int([0]), 1)).toThrow(/^np\.putAlongAxis: .*Both need the same rank/);
  expect(() => np.putAlongAxis(x, array([[0]]), 1)).toThrow(/Indices are integers/);
});

test("a write that is to fill drops what lies beyond the array, as reads that fill pair with it", () => {
  const x = array([1, 2, 3]);
  const places = int([1, 7, -9]);
  for (const write of ["set", "add", "sub", "mul", "div", "power", "max", "min"] as const) {
    const filled = x.at(places)[write](5, { mode: "fill" });
    expect(filled.toList()).toEqual(x.at(places)[write](5, { mode: "drop" }).toList());
    expect([filled.at(0).get().item(), filled.at(2).get().item()]).toEqual([1, 3]);
  }
  const column = int([7, 1]);
  expect(np.put(x, column, 9, { mode: "fill" }).toList()).toEqual([1, 9, 3]);
  expect(np.putAlongAxis(x, column, 9, { mode: "fill" }).toList()).toEqual([1, 9, 3]);
  const total = (y: NDArray): NDArray => np.sum(y.at(places).set(0, { mode: "fill" }));
  expect(jit(grad(total))(x).toList()).toEqual([1, 0, 1]);
});
