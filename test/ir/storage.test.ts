/**
 * Storage of arrays: short ones share blocks without meeting, nobody outside reaches them, and an array of one repeated
 * value is in everything like one that stores it.
 */
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { array, configure, jit, makeJaxpr, NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { dtypes, storedAs } from "../../src/array/dtype.ts";
import { allocate, copyOf } from "../../src/array/storage.ts";
import { bufferOf, fromBuffer, repeated, repeatedValue, scalar, viewAs } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { bitsOf } from "../backend/programs.ts";
import { expectError } from "../semantics/support.ts";

afterEach(() => configure({ maxElements: 2 ** 31 }));

const dtype = fc.constantFrom(...dtypes);
const number = fc.oneof(
  fc.constantFrom(NaN, -0, 0, 1, -1, 2.5, 255, 256, 2 ** 31, 2 ** 32 + 3, -(2 ** 31) - 1, 1e300, Infinity, 1e-320),
  fc.double(),
);

test("arrays of any lengths and types are zeroed and never share an element", () => {
  const request = fc.tuple(dtype, fc.integer({ min: 0, max: 70 }));
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 200 }), (requests) => {
      const made = requests.map(([type, length]) => allocate(type, length));
      for (const values of made) expect(values.every((value) => value === 0)).toBe(true);
      made.forEach((values, k) => values.fill(1 + (k % 200)));
      made.forEach((values, k) => expect(values.every((value) => value === 1 + (k % 200))).toBe(true));
    }),
    { numRuns: 30 },
  );
});

test("elements are handed out as copies with memory of their own", () => {
  for (const type of dtypes)
    for (const length of [1, 9, 12, 40, 300]) {
      const x = np
        .ones([length])
        .astype(type)
        .add(np.zeros([length]).astype(type))
        .astype(type);
      const copy = x.toTypedArray();
      expect(copy.buffer.byteLength).toBe(copy.byteLength);
      copy.fill(7);
      expect(x.toTypedArray().every((value) => value === 1)).toBe(true);
      expect(copyOf(copy)).toEqual(copy);
    }
});

test("a number is stored as its dtype stores it", () => {
  fc.assert(
    fc.property(dtype, number, (type, value) => {
      expect(storedAs(type, value)).toBe(allocate(type, 1).fill(value)[0]);
    }),
  );
});

test("shapes cannot be changed, whichever array they come from", () => {
  const shape = [2, 3];
  const made = [fromBuffer(allocate("float64", 6), shape, "float64"), repeated(1, shape, "float64"), scalar(1)];
  for (const x of [...made, viewAs(made[0]!, [6]), np.zeros([0]), array(2), made[2]!])
    expect(Object.isFrozen(x.shape)).toBe(true);
});

// --- Repeated values --------------------------------------------------------------------------

const stored = (x: ConcreteArray): ConcreteArray => fromBuffer(copyOf(bufferOf(x)), x.shape, x.dtype);

test("an array of one repeated value knows it, under other shapes too, without storage", () => {
  fc.assert(
    fc.property(dtype, number, (type, value) => {
      const x = repeated(value, [2, 3], type);
      expect(repeatedValue(x)).toBe(storedAs(type, value));
      expect(repeatedValue(viewAs(x, [6]))).toBe(storedAs(type, value));
      expect(Array.from(bufferOf(x))).toEqual(new Array(6).fill(storedAs(type, value)));
      expect(bufferOf(x)).toBe(bufferOf(x));
    }),
  );
  expect(repeatedValue(stored(repeated(2, [3], "float64")))).toBeUndefined();
});

const operations: Readonly<Record<string, (x: NDArray, y: NDArray) => NDArray>> = {
  add: (x, y) => np.add(x, y),
  sub: (x, y) => np.sub(x, y),
  mul: (x, y) => np.mul(x, y),
  div: (x, y) => np.div(x, y),
  power: (x, y) => np.pow(x, y),
  square: (x) => np.square(x),
  maximum: (x, y) => np.maximum(x, y),
  minimum: (x, y) => np.minimum(x, y),
  clip: (x, y) => np.clip(x, y, 2),
  less: (x, y) => np.less(x, y),
  equal: (x, y) => np.equal(x, y),
  where: (x, y) => np.where(np.greater(x, y), x, y),
  exp: (x) => np.exp(x),
  sqrt: (x) => np.sqrt(x),
  floor: (x) => np.floor(x),
  sum: (x) => np.sum(x),
  rows: (x) => np.max(x, { axis: 0 }),
  transpose: (x) => np.transpose(x),
  reshape: (x) => np.reshape(x, [3, 2]),
  concatenate: (x, y) => np.concatenate([x, y]),
  slice: (x) => x.at(1).get(),
  convert: (x) => x.astype("int32"),
  broadcast: (x) => np.broadcastTo(x, [4, 2, 3]),
  product: (x, y) => np.matmul(x, np.transpose(y)),
  jit: (x, y) => jit((a: NDArray, b: NDArray) => np.add(a, b).mul(a))(x, y),
};

test.each(Object.entries(operations))("%s of repeated values is that of stored ones, to the bit", (_name, f) => {
  const operand = fc
    .tuple(fc.constantFrom("float64", "float32", "int32", "bool"), number)
    .map(([type, value]) => repeated(value, [2, 3], type as "float64"));
  fc.assert(
    fc.property(operand, operand, (x, y) => {
      const wanted = bitsOf(f(stored(x), stored(y)));
      expect([f(x, y), f(stored(x), y), f(x, stored(y))].map(bitsOf)).toEqual([wanted, wanted, wanted]);
    }),
    { numRuns: 30 },
  );
});

test("limits hold for repeated values, though they need no storage", () => {
  configure({ maxElements: 1000 });
  expectError(() => np.ones([1001]), "TooLarge", "1001");
  expectError(() => np.broadcastTo(array(1), [11, 100]), "TooLarge", "1100");
  expect(np.ones([1000]).size).toBe(1000);
});

test("a scalar is a literal of a jaxpr whether it is stored or not", () => {
  const text = (x: NDArray): string => String(makeJaxpr((y: NDArray) => y.mul(x))(np.ones([2])));
  expect(text(scalar(2.5))).toBe(text(stored(scalar(2.5))));
});
