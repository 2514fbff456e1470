/**
 * Faults 24 to 35: values and indices that go wrong easily. Every misuse throws by name, every special value is
 * stated, and eager and compiled calls do the same.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit, jvp, vmap } from "cotangent";
import type { DType, NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import { both, derivative, ints, refusal, slope, values } from "../semantics/eager-and-jit.ts";

const { inf, nan } = np;
const dtypes: readonly DType[] = ["bool", "int32", "uint32", "float32", "float64"];

test("24: extrema of nothing throw EmptyReduction, whatever the dtype, alone and under vmap", () => {
  for (const [name, f] of Object.entries({ max: np.max, min: np.min, argmax: np.argmax, argmin: np.argmin })) {
    for (const dtype of dtypes)
      expect(
        refusal((x) => f(x), np.zeros(0, { dtype })),
        name,
      ).toMatch(/^EmptyReduction: /);
    expect(refusal((x) => vmap((row: NDArray) => f(row))(x), np.zeros([2, 0]))).toMatch(/^EmptyReduction: /);
    expect(refusal((x) => f(x, { axis: 1 }), np.zeros([3, 0, 2]))).toMatch(/^EmptyReduction: /);
  }
  expect(refusal((x) => nn.softmax(x), np.zeros(0))).toBe("nothing thrown");
});

test("24: options of reductions are checked", () => {
  expect(() => np.sum(array([1]), { ddof: 1 } as never)).toThrow(/option "ddof"/);
  expect(() => np.sum(array([1]), { axes: 0 } as never)).toThrow(/Did you mean "axis"/);
  expect(() => np.max(array([1]), { axis: 1 })).toThrow(/axis 1 of an array of rank 1/);
  expect(() => np.sum(np.ones([2, 2]), { axis: [0, -2] })).toThrow(/repeat/);
});

test("25: promotion is total and symmetric, through every joining function", () => {
  const joins: readonly ((x: NDArray, y: NDArray) => NDArray)[] = [
    (x, y) => np.add(x, y),
    (x, y) => np.maximum(x, y),
    (x, y) => np.where(true, x, y),
    (x, y) => np.concatenate([x, y]),
    (x, y) => np.stack([x, y]),
    (x, y) => np.outer(x, y),
  ];
  for (const left of dtypes)
    for (const right of dtypes)
      for (const join of joins) {
        const [x, y] = [np.ones(2, { dtype: left }), np.ones(2, { dtype: right })];
        expect(both(join, x, y).dtype).toBe(both(join, y, x).dtype);
      }
});

test("26: integers wrap on overflow and divide by zero to all ones", () => {
  const [high, low] = [2 ** 31 - 1, -(2 ** 31)];
  expect(values((x) => np.add(x, 1), ints([high]))).toEqual([low]);
  expect(values((x) => np.neg(x), ints([low]))).toEqual([low]);
  expect(values((x) => np.abs(x), ints([low]))).toEqual([low]);
  expect(values((x) => np.mul(x, x), ints([65536, 65537]))).toEqual([0, 131073]);
  expect(values((x) => np.sum(x), ints([high, 1]))).toBe(low);
  expect(values((x) => np.prod(x), ints([65536, 65537]))).toBe(65536);
  expect(values((x) => np.pow(x, 31), ints([2, -2, 3]))).toEqual([low, low, Number(BigInt.asIntN(32, 3n ** 31n))]);
  expect(values((x) => np.floorDivide(x, 0), ints([5, -5]))).toEqual([-1, -1]);
  expect(values((x) => np.floorDivide(x, -1), ints([low]))).toEqual([low]);
  expect(values((x) => np.remainder(x, 0), ints([5, -5]))).toEqual([5, -5]);
  const unsigned = array([0, 1], { dtype: "uint32" });
  expect(values((x) => np.sub(x, 1), unsigned)).toEqual([2 ** 32 - 1, 0]);
  expect(values((x) => np.floorDivide(x, 0), unsigned)).toEqual([2 ** 32 - 1, 2 ** 32 - 1]);
});

test("27: NaN and infinity propagate through sums, products and matrices", () => {
  for (const f of [np.sum, np.mean, np.prod, np.max, np.min, np.var] as const)
    expect(both((x) => f(x), [1, nan, 2]).item()).toBeNaN();
  expect(both((x) => np.sum(x), [inf, 1]).item()).toBe(inf);
  expect(both((x) => np.sum(x), [inf, -inf]).item()).toBeNaN();
  expect(both((x) => np.sum(x), [1e308, 1e308]).item()).toBe(inf);
  expect(values((x, y) => np.matmul(x, y), [[0, 1]], [[inf], [1]])).toEqual([[nan]]);
});

test("28: the sign of zero is kept where IEEE 754 keeps it, compiled too", () => {
  const z = array([-0]);
  const table: readonly (readonly [(x: NDArray) => NDArray, number])[] = [
    [(x) => np.neg(x), 0],
    [(x) => np.mul(x, 1), -0],
    [(x) => np.mul(x, -1), 0],
    [(x) => np.add(x, 0), 0],
    [(x) => np.add(x, -0), -0],
    [(x) => np.sub(x, 0), -0],
    [(x) => np.minimum(x, 0), -0],
    [(x) => np.maximum(x, 0), 0],
    [(x) => np.sqrt(x), -0],
    [(x) => np.sin(x), -0],
    [(x) => np.round(x), -0],
    [(x) => np.pow(x, 3), -0],
    [(x) => np.sign(x), -0],
    [(x) => np.abs(x), 0],
    [(x) => x.at(0).get().reshape(1), -0],
    [(x) => np.sort(x), -0],
    [(x) => np.where(x.equal(0), x, 1), -0],
  ];
  for (const [f, wanted] of table) expect(values(f, z)).toEqual([wanted]);
});

describe("29: kinks have one slope", () => {
  const table: readonly (readonly [name: string, f: (x: NDArray) => NDArray, at: number, slope: number])[] = [
    ["abs at 0", np.abs, 0, 0],
    ["sign at 0", np.sign, 0, 0],
    ["maximum with its equal", (x) => np.maximum(x, 1), 1, 0.5],
    ["minimum with its equal", (x) => np.minimum(1, x), 1, 0.5],
    ["maximum with itself", (x) => np.maximum(x, x), 1, 1],
    ["clip at its lower bound", (x) => np.clip(x, 0, 1), 0, 0.5],
    ["clip at its upper bound", (x) => np.clip(x, 0, 1), 1, 0.5],
    ["relu at 0", nn.relu, 0, 0],
    ["relu6 at 6", nn.relu6, 6, 0],
    ["max of two equals", (x) => np.max(np.stack([x, x, np.mul(x, -1)])), 2, 1],
    ["floor at a whole number", np.floor, 2, 0],
    ["remainder at a jump", (x) => np.remainder(x, 2), 2, 1],
    ["hypot with 0 at 0", (x) => np.hypot(x, 0), 0, 0],
    ["cbrt at 0", np.cbrt, 0, inf],
    ["sqrt at 0", np.sqrt, 0, inf],
    ["safeSqrt at 0", nn.safeSqrt, 0, 0],
    ["where at its boundary", (x) => np.where(x.greater(0), np.mul(x, 2), np.mul(x, 3)), 0, 3],
  ];
  test.each(table)("%s, forwards, backwards, mapped and compiled", (_name, f, at, wanted) => {
    expect(derivative(f, at)).toBe(wanted);
    expect(both((x) => jvp(f, [x], [array(1)])[1] as NDArray, at).item()).toBe(wanted);
    expect(both((x) => vmap(grad(f))(x) as NDArray, [at, at]).toList()).toEqual([wanted, wanted]);
  });
});

test("30: where-guarded roots, logarithms and quotients have NaN gradients, their double-where repairs do not", () => {
  const guarded: readonly (readonly [f: (x: NDArray) => NDArray, repaired: (x: NDArray) => NDArray])[] = [
    [
      (x) => np.where(x.greater(0), np.sqrt(x), 0),
      (x) => np.where(x.greater(0), np.sqrt(np.where(x.greater(0), x, 1)), 0),
    ],
    [
      (x) => np.where(x.greater(0), np.log(x), 0),
      (x) => np.where(x.greater(0), np.log(np.where(x.greater(0), x, 1)), 0),
    ],
    [
      (x) => np.where(x.equal(0), 0, np.div(1, x)),
      (x) => np.where(x.equal(0), 0, np.div(1, np.where(x.equal(0), 1, x))),
    ],
  ];
  for (const [f, repaired] of guarded) {
    expect(both(f, 0).item()).toBe(0);
    expect(derivative(f, 0)).toBeNaN();
    expect(derivative(repaired, 0)).toBe(0);
    expect(derivative(repaired, 2)).toBe(derivative(f, 2));
  }
});

test("31: 17 million float32 ones sum to 17 million", () => {
  expect(np.sum(np.ones(17_000_000, { dtype: "float32" })).item()).toBe(17_000_000);
});

test.runIf(process.env["COTANGENT_NIGHTLY"] === "1")(
  "31: 1e8 float32 ones sum to 1e8, eager and compiled",
  () => {
    const ones = np.ones(100_000_000, { dtype: "float32" });
    expect(np.sum(ones).item()).toBe(1e8);
    for (const backend of ["wasm", "js"] as const)
      expect(jit((x: NDArray) => np.sum(x), { backend })(ones).item()).toBe(1e8);
  },
  120_000,
);

test("32: saturation and subnormals bring no spurious NaN or infinity", () => {
  const points = [-750, -745.2, -709.9, -89, -37, -1e-310, 0, 5e-324, 37, 89, 709.7];
  for (const [name, f] of Object.entries({
    exp: np.exp,
    tanh: np.tanh,
    sigmoid: nn.sigmoid,
    softplus: nn.softplus,
    silu: nn.silu,
    expm1: np.expm1,
    arctan: np.arctan,
    relu: nn.relu,
  }))
    for (const x of points) {
      expect(Number.isFinite(both((v) => f(v), x).item()), `${name}(${x})`).toBe(true);
      expect(Number.isFinite(derivative(f, x)), `slope of ${name} at ${x}`).toBe(true);
    }
  for (const x of [750, 1e4, 1e308])
    for (const f of [np.tanh, nn.sigmoid, nn.softplus, nn.silu])
      expect(derivative(f, x)).toBe(f === nn.softplus || f === nn.silu ? 1 : 0);
  expect(both((x) => np.mean(x), [1e-320, 3e-320]).item()).toBe(2e-320);
  expect(both((x) => np.hypot(x, x), 1e308).item()).toBeCloseTo(1.4142135623730951e308, -300);
});

test("33: a static index is in range or throws, an array of indices follows its mode", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 }), fc.integer({ min: -9, max: 9 }), (size, index) => {
      const x = array(
        Array.from({ length: size }, (_, k) => k + 1),
        { shape: [size] },
      );
      const isInside = index >= -size && index < size;
      const place = index < 0 ? index + size : index;
      for (const f of [(v: NDArray) => v.at(index).get(), (v: NDArray) => np.take(v, index)])
        if (isInside) expect(both(f, x).item()).toBe(place + 1);
        else expect(refusal(f, x)).toMatch(new RegExp(`^IndexOutOfRange: .*index ${index} on axis 0 of size ${size}`));
      if (size === 0) return;
      expect(values((v, i) => v.at(i).get({ mode: "fill", fillValue: 0 }), x, ints([index]))).toEqual([
        isInside ? place + 1 : 0,
      ]);
      expect(values((v, i) => v.at(i).get(), x, ints([index]))).toEqual([Math.min(size, Math.max(1, place + 1))]);
      expect(values((v, i) => v.at(i).add(1), x, ints([index]))).toEqual(
        (x.toList() as number[]).map((value, k) => (isInside && k === place ? value + 1 : value)),
      );
    }),
    { numRuns: 60 },
  );
});

test("33: modes and options of reads and writes are checked", () => {
  const [x, i] = [array([1, 2]), ints([0])];
  expect(() => x.at(i).get({ mode: "drop" as never })).toThrow(/mode "drop".*"clip"/);
  expect(() => x.at(i).set(1, { mode: "nearest" as never })).toThrow(/mode "nearest".*"drop"/);
  expect(() => x.at(i).get({ fillvalue: 0 } as never)).toThrow(/Did you mean "fillValue"/);
  expect(() => x.at(i).add(1, { uniqueIndices: true } as never)).toThrow(/uniqueIndices/);
  expect(() => x.at(i).set(array([1, 2, 3]))).toThrow(/values of shape \[3\]|do not broadcast/);
  expect(() => array([true]).at(0).add(1)).toThrow(/Booleans are set/);
});

test("34: added duplicates do not depend on their order, set duplicates on the last alone", () => {
  const writes = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -8, max: 8 })), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(
      writes.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
      ),
      ([list, shuffled]) => {
        const apply = (write: "add" | "set", pairs: readonly (readonly [number, number])[]): unknown =>
          values(
            (i, v) => np.zeros(4).at(i)[write](v),
            ints(pairs.map(([place]) => place)),
            pairs.map(([, value]) => value),
          );
        expect(apply("add", shuffled)).toEqual(apply("add", list));
        const last = new Map(list);
        expect(apply("set", list)).toEqual(Array.from({ length: 4 }, (_, k) => last.get(k) ?? 0));
      },
    ),
  );
});

test("35: sort keeps the order of ties, and so does its gradient", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, -0, 1, 2, nan), { minLength: 1, maxLength: 8 }), (line) => {
      const weights = np.arange(line.length);
      const order = np.argsort(array(line));
      const wanted = np.zeros(line.length).at(order).set(weights).toList();
      expect(slope((x) => np.sort(x).mul(weights), line).toList()).toEqual(wanted);
    }),
  );
});

test("a compiled function throws what the eager one throws", () => {
  expect(refusal((x) => np.add(x, np.zeros(4)), np.zeros(3))).toMatch(/^ShapeMismatch: .*\[3\].*\[4\]/);
  expect(() => jit((x: NDArray) => x.at("0" as never).get())(array([1]))).toThrow(/a string on axis 0/);
});
