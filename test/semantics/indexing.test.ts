/**
 * Shapes, dtypes and indices: semantics 42 to 51, eager and compiled.
 */
import { expect, test } from "vitest";
import { array, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { slice } from "cotangent/numpy";
import { both, ints, refusal, slope, values } from "./eager-and-jit.ts";
import type { DType } from "./eager-and-jit.ts";

const { inf, nan } = np;
const typed = (dtype: DType, data: readonly unknown[] = [1, 2]): NDArray => array(data as number[], { dtype });

test("42: reductions of nothing", () => {
  const nothing = np.zeros(0);
  expect(both((x) => np.sum(x), nothing).item()).toBe(0);
  expect(both((x) => np.prod(x), nothing).item()).toBe(1);
  expect(both((x) => np.mean(x), nothing).item()).toBeNaN();
  expect(both((x) => np.any(x), nothing).item()).toBe(0);
  expect(both((x) => np.all(x), nothing).item()).toBe(1);
  for (const f of [np.max, np.min, np.argmax, np.argmin] as const)
    expect(refusal((x) => f(x), nothing)).toMatch(/^EmptyReduction: /);
});

test("42: the maximum of shape [2,0] throws over axis 1 and has shape [0] over axis 0", () => {
  const empty = np.zeros([2, 0]);
  expect(refusal((x) => np.max(x, { axis: 1 }), empty)).toMatch(/^EmptyReduction: .*float64\[2,0\]/);
  expect(both((x) => np.max(x, { axis: 0 }), empty).shape).toEqual([0]);
  expect(both((x) => np.argmax(x, { axis: 0 }), empty).shape).toEqual([0]);
  expect(values((x) => np.sum(x, { axis: 1 }), empty)).toEqual([0, 0]);
  expect(values((x) => np.mean(x, { axis: 1 }), empty)).toEqual([nan, nan]);
});

test("43: a broadcast error names both shapes, a product error the contracted sizes", () => {
  expect(refusal((x, y) => np.add(x, y), np.zeros([2, 3]), np.zeros([4]))).toMatch(/^ShapeMismatch: .*\[2,3\].*\[4\]/);
  expect(refusal((x, y) => np.matmul(x, y), np.zeros([2, 3]), np.zeros([4, 5]))).toMatch(
    /^ShapeMismatch: .*has 3, .*has 4/,
  );
  expect(refusal((x, y) => np.dot(x, y), np.zeros(3), np.zeros(4))).toMatch(/^ShapeMismatch: .*has 3, .*has 4/);
});

test("44: raw numbers never widen a float array, and a fraction turns integers into floats", () => {
  const dtypeOf = (x: NDArray, y: number): DType => both((v) => np.add(v, y), x).dtype;
  expect(dtypeOf(typed("int32"), 1.5)).toBe("float64");
  expect(dtypeOf(typed("int32"), 1)).toBe("int32");
  expect(dtypeOf(typed("uint32"), 1)).toBe("uint32");
  expect(dtypeOf(typed("float32"), 1)).toBe("float32");
  expect(dtypeOf(typed("float32"), 1.5)).toBe("float32");
  expect(dtypeOf(typed("float64"), 1)).toBe("float64");
  expect(dtypeOf(typed("bool", [true, false]), 1)).toBe("int32");
});

test("44: two raw numbers stay weak, and jit does not change that", () => {
  const halves = (x: NDArray): NDArray => np.mul(np.add(1, 0.5), x);
  expect(both(halves, typed("float32")).dtype).toBe("float32");
  const weak = jit((x: NDArray | number) => np.mul(x, 2))(1.5);
  expect(weak.weakType).not.toBe(false);
  expect(np.mul(1.5, 2).weakType).toBe(weak.weakType);
  expect(np.add(weak, typed("float32")).dtype).toBe("float32");
});

test("45: the promotion table", () => {
  const table: Readonly<Record<DType, readonly DType[]>> = {
    bool: ["int32", "int32", "uint32", "float32", "float64"],
    int32: ["int32", "int32", "float64", "float32", "float64"],
    uint32: ["uint32", "float64", "uint32", "float32", "float64"],
    float32: ["float32", "float32", "float32", "float32", "float64"],
    float64: ["float64", "float64", "float64", "float64", "float64"],
  };
  const dtypes: readonly DType[] = ["bool", "int32", "uint32", "float32", "float64"];
  for (const left of dtypes)
    expect(
      dtypes.map((right) => both((x, y) => np.add(x, y), typed(left, [1, 0]), typed(right, [1, 0])).dtype),
      left,
    ).toEqual(table[left]);
});

test("45: booleans sum to integers, means and quotients of integers are floats", () => {
  expect(both((x) => np.sum(x), typed("bool", [true, true, false]))).toMatchObject({ dtype: "int32" });
  expect(both((x) => np.sum(x), typed("bool", [true, true, false])).item()).toBe(2);
  expect(both((x) => np.mean(x), ints([1, 2])).item()).toBe(1.5);
  expect(both((x) => np.mean(x), ints([1, 2])).dtype).toBe("float64");
  expect(values((x, y) => np.div(x, y), ints([7, -7, 1]), ints([2, 2, 0]))).toEqual([3.5, -3.5, inf]);
});

test("45: floor division floors and the remainder has the divisor's sign", () => {
  const [x, y] = [
    [-7, 7, -7, 7, 6],
    [3, -3, -3, 3, 3],
  ] as const;
  for (const make of [ints, array] as const) {
    expect(values((a, b) => np.remainder(a, b), make(x as never), make(y as never))).toEqual([2, -2, -1, 1, 0]);
    expect(values((a, b) => np.floorDivide(a, b), make(x as never), make(y as never))).toEqual([-3, -3, 2, 2, 2]);
    expect(values((a, b) => np.fmod(a, b), make(x as never), make(y as never))).toEqual([-1, 1, -1, 1, 0]);
  }
  expect(values((a, b) => np.floorDivide(a, b), [1, -1, 0], [0, 0, 0])).toEqual([inf, -inf, nan]);
  expect(values((a, b) => np.floorDivide(a, b), ints([1, -1, 0]), ints([0, 0, 0]))).toEqual([-1, -1, -1]);
});

test("46: a negative number counts from the end once", () => {
  expect(both((x) => x.at(-1).get(), [1, 2, 3]).item()).toBe(3);
  expect(both((x) => x.at(-3).get(), [1, 2, 3]).item()).toBe(1);
  expect(
    values(
      (x) => x.at(-1, 0).get(),
      [
        [1, 2],
        [3, 4],
      ],
    ),
  ).toBe(3);
  expect(values((x) => x.at(-1).set(9), [1, 2, 3])).toEqual([1, 2, 9]);
});

test("46: a number out of range throws, naming axis and size, eager and compiled, read and written", () => {
  for (const f of [
    (x: NDArray) => x.at(0, 3).get(),
    (x: NDArray) => x.at(0, 3).set(1),
    (x: NDArray) => np.take(x, 3, { axis: 1 }),
  ])
    expect(refusal(f, np.zeros([2, 3]))).toMatch(/^IndexOutOfRange: .*index 3 on axis 1 of size 3/);
  expect(refusal((x) => x.at(-4).get(), [1, 2, 3])).toMatch(/^IndexOutOfRange: .*index -4 on axis 0 of size 3/);
  expect(refusal((x) => x.at(0).get(), np.zeros(0))).toMatch(/^IndexOutOfRange: .*size 0/);
  expect(refusal((x) => x.at(0, 0).get(), [1, 2, 3])).toMatch(/^IndexOutOfRange: .*2 indices for shape \[3\]/);
});

test("46: slices take NumPy's bounds", () => {
  const x = [0, 1, 2, 3, 4];
  const cut = (...bounds: Parameters<typeof slice>): unknown => values((v) => v.at(slice(...bounds)).get(), x);
  expect(cut(1)).toEqual([1, 2, 3, 4]);
  expect(cut(null, -1)).toEqual([0, 1, 2, 3]);
  expect(cut(1, null, 2)).toEqual([1, 3]);
  expect(cut(null, null, -1)).toEqual([4, 3, 2, 1, 0]);
  expect(cut(-2, null, -2)).toEqual([3, 1]);
  expect(cut(-100, 100)).toEqual(x);
  expect(cut(3, 1)).toEqual([]);
  expect(cut(100)).toEqual([]);
  expect(cut(100, null, -3)).toEqual([4, 1]);
});

test("46: an array of indices follows its mode, the same eager and compiled", () => {
  const places = ints([0, 3, -1, -4, 2]);
  const read = (options?: np.ReadOptions) => values((x, i) => x.at(i).get(options), [10, 20, 30], places);
  expect(read()).toEqual([10, 30, 30, 10, 30]);
  expect(read({ mode: "clip" })).toEqual([10, 30, 30, 10, 30]);
  expect(read({ mode: "wrap" })).toEqual([10, 10, 30, 30, 30]);
  expect(read({ mode: "fill" })).toEqual([10, nan, 30, nan, 30]);
  expect(read({ mode: "fill", fillValue: -7 })).toEqual([10, -7, 30, -7, 30]);
  expect(values((x, i) => x.at(i).get({ mode: "fill" }), ints([1]), ints([5]))).toEqual([-(2 ** 31)]);
  expect(values((x, i) => x.at(i).get({ mode: "fill" }), typed("uint32", [1]), ints([5]))).toEqual([2 ** 32 - 1]);
  expect(values((x, i) => np.take(x, i), [10, 20, 30], places)).toEqual([10, 30, 30, 10, 30]);
});

test("46: a uint32 index beyond int32 is out of range, not negative", () => {
  const far = array([2 ** 32 - 1], { dtype: "uint32" });
  expect(values((x, i) => x.at(i).get(), [10, 20, 30], far)).toEqual([30]);
  expect(values((x, i) => x.at(i).set(1), [10, 20, 30], far)).toEqual([10, 20, 30]);
});

test("46: writes out of range are dropped", () => {
  const places = ints([0, 3, -1, -4]);
  const add = (options?: np.WriteOptions) => values((x, i) => x.at(i).add(1, options), [10, 20, 30], places);
  expect(add()).toEqual([11, 20, 31]);
  expect(add({ mode: "clip" })).toEqual([12, 20, 32]);
  expect(add({ mode: "wrap" })).toEqual([12, 20, 32]);
  expect(values((x, i) => x.at(i).set(7), [10, 20, 30], places)).toEqual([7, 20, 7]);
  expect(values((x, i) => x.at(i).mul(2), [10, 20, 30], places)).toEqual([20, 20, 60]);
});

test("46: what is out of range has a zero gradient", () => {
  const places = ints([0, 3, -1, -4]);
  for (const mode of ["clip", "fill"] as const)
    expect(slope((x, i) => x.at(i).get({ mode }), [10, 20, 30], places).toList()).toEqual([1, 0, 1]);
  expect(slope((v, x, i) => x.at(i).add(v), [1, 2, 3, 4], [10, 20, 30], places).toList()).toEqual([1, 0, 1, 0]);
  expect(slope((v, x, i) => x.at(i).set(v), [1, 2, 3, 4], [10, 20, 30], places).toList()).toEqual([1, 0, 1, 0]);
});

test("47: repeated additions accumulate, the last of repeated writes wins, repeated factors multiply", () => {
  const places = ints([1, 1, 0, 1]);
  expect(values((x, i, v) => x.at(i).add(v), [10, 20], places, [1, 2, 3, 4])).toEqual([13, 27]);
  expect(values((x, i, v) => x.at(i).set(v), [10, 20], places, [1, 2, 3, 4])).toEqual([3, 4]);
  expect(values((x, i, v) => x.at(i).mul(v), [10, 20], places, [1, 2, 3, 4])).toEqual([30, 160]);
  expect(slope((v, x, i) => x.at(i).set(v), [1, 2, 3, 4], [10, 20], places).toList()).toEqual([0, 0, 1, 1]);
  expect(slope((x, i, v) => x.at(i).mul(v), [10, 20], places, [1, 2, 3, 4]).toList()).toEqual([3, 8]);
});

test("47: mul refuses the derivative by its factors where indices repeat or may repeat", () => {
  const byFactors = (places: NDArray) => grad((v: NDArray) => np.sum(array([10, 20]).at(places).mul(v)));
  expect(byFactors(ints([1, 0]))(array([3, 4])).toList()).toEqual([20, 10]);
  expect(() => byFactors(ints([1, 1]))(array([3, 4]))).toThrow(/^derivative of scatterMul.*more than once/);
  const traced = (options?: np.MultiplyOptions) =>
    jit((places: NDArray, v: NDArray) => grad((w: NDArray) => np.sum(array([10, 20]).at(places).mul(w, options)))(v));
  expect(() => traced()(ints([1, 0]), array([3, 4]))).toThrow(/traced, so repeats cannot be excluded/);
  expect((traced({ uniqueIndices: true })(ints([1, 0]), array([3, 4])) as NDArray).toList()).toEqual([20, 10]);
});

test("48: a write that reads its own array does not alias", () => {
  const shift = (x: NDArray): NDArray => x.at(slice(1)).set(np.add(1, x.at(slice(null, -1)).get()));
  expect(values(shift, np.zeros(8))).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
  const x = np.zeros(3);
  x.at(0).set(5);
  expect(x.toList()).toEqual([0, 0, 0]);
});

test("49: floats, strings and lists are no indices", () => {
  const x = array([1, 2, 3]);
  expect(refusal((v, i) => v.at(i).get(), x, [0, 1])).toMatch(/^DTypeMismatch: .*float64\[2\] on axis 0.*int32/);
  expect(refusal((v) => v.at(0.5).get(), x)).toMatch(/^InvalidIndex: .*0\.5/);
  expect(refusal((v) => v.at(nan).get(), x)).toMatch(/^InvalidIndex: .*NaN/);
  for (const index of ["0", true, undefined, { start: 1 }, () => 0])
    expect(refusal((v) => v.at(index as never).get(), x)).toMatch(/^InvalidIndex: /);
  for (const index of [[0, 1], new Int32Array(2)])
    expect(refusal((v) => v.at(index as never).get(), x)).toMatch(/^InvalidIndex: .*slice\(1, 8\).*array/);
  expect(refusal((v) => v.at(slice(0, 1.5)).get(), x)).toMatch(/^InvalidIndex: /);
  expect(refusal((v) => v.at(slice(0, 1, 0)).get(), x)).toMatch(/^InvalidIndex: /);
});

test("49: a mask selects eagerly, and a traced mask throws by name", () => {
  const x = array([
    [1, 2],
    [3, 4],
  ]);
  expect(x.at(x.greater(1)).get().toList()).toEqual([2, 3, 4]);
  expect(
    x
      .at(array([false, true]))
      .get()
      .toList(),
  ).toEqual([[3, 4]]);
  expect(x.at(x.greater(1)).set(0).toList()).toEqual([
    [1, 0],
    [0, 0],
  ]);
  expect(() => jit((v: NDArray) => v.at(v.greater(1)).get())(x)).toThrow(/np\.where/);
  const fixed = array([true, false]);
  expect(values((v) => v.at(fixed).get(), x)).toEqual([[1, 2]]);
  expect(refusal((v) => v.at(array([true, false, true])).get(), x)).toMatch(/^ShapeMismatch: .*\[3\].*\[2\]/);
});

test("50: what is written is cast to the dtype of the array", () => {
  expect(values((x) => x.at(0).set(2 ** 32 - 1), typed("uint32", [0, 1]))).toEqual([2 ** 32 - 1, 1]);
  const cast = both((x, v) => x.at(ints([0])).set(v), ints([0, 1]), [2.9]);
  expect([cast.dtype, cast.toList()]).toEqual(["int32", [2, 1]]);
  expect(both((x, v) => x.at(0).add(v), typed("float32", [0, 1]), 0.1).toList()).toEqual([Math.fround(0.1), 1]);
  expect(values((x) => x.at(0).set(7), typed("bool", [false, false]))).toEqual([true, false]);
});

test("51: arrays of no elements", () => {
  expect(values((x, y) => np.matmul(x, y), np.zeros([2, 0]), np.zeros([0, 3]))).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(both((x) => vmap((row: NDArray) => np.sum(row))(x), np.zeros([0, 3])).shape).toEqual([0]);
  expect(both((x, i) => x.at(i).get(), np.zeros([0, 3]), ints([])).shape).toEqual([0, 3]);
  expect(both((x, i) => x.at(i).get(), np.zeros([4, 3]), ints([])).shape).toEqual([0, 3]);
  expect(both((x, i) => x.at(i).get({ mode: "fill" }), np.zeros([0, 3]), ints([1])).toList()).toEqual([
    [nan, nan, nan],
  ]);
  expect(refusal((x, i) => x.at(i).get(), np.zeros([0, 3]), ints([1]))).toMatch(/^IndexOutOfRange: .*size 0/);
  expect(both((x) => np.sort(x), np.zeros([2, 0])).shape).toEqual([2, 0]);
  expect(both((x) => x.at(slice(2, 1)).set(5), [1, 2, 3]).toList()).toEqual([1, 2, 3]);
});
