/**
 * The loops over elements: each gives its own function of every element, stored as the type of the result demands, for all
 * types of arrays, as do the loops that take any function.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as elementwise from "../../kernels/elementwise.ts";
import type { BinaryLoop, UnaryLoop } from "../../kernels/elementwise.ts";
import { allocateLike } from "../../kernels/numeric-array.ts";
import type { NumericArray } from "../../kernels/numeric-array.ts";

const specials = [
  NaN,
  -0,
  0,
  1,
  -1,
  0.5,
  2.5,
  -2.5,
  2147483647,
  -2147483648,
  4294967295,
  1e300,
  5e-324,
  Infinity,
  -Infinity,
];
const models: readonly NumericArray[] = [Float64Array, Float32Array, Int32Array, Uint32Array, Uint8Array].map(
  (type) => new type(0),
);

const value = fc.oneof(fc.constantFrom(...specials), fc.double(), fc.integer({ min: -5, max: 5 }));

/** Two operands of one type and a place for a result, of the same type or of bools. */
const operands = fc
  .tuple(fc.constantFrom(...models), fc.boolean(), fc.array(fc.tuple(value, value), { maxLength: 20 }))
  .map(([model, isBool, pairs]) => {
    const [x, y] = [allocateLike(model, pairs.length), allocateLike(model, pairs.length)];
    pairs.forEach(([first, second], k) => ([x[k], y[k]] = [first, second]));
    return { x, y, out: isBool ? new Uint8Array(pairs.length) : allocateLike(model, pairs.length) };
  });

/** Elements as the store into an array like `out` makes them, one by one. */
const stored = (out: NumericArray, element: (k: number) => number): NumericArray => {
  const result = allocateLike(out, out.length);
  for (let k = 0; k < out.length; k += 1) result[k] = element(k);
  return result;
};

const loops = Object.entries(elementwise).filter(
  (entry): entry is [string, UnaryLoop | BinaryLoop] => typeof entry[1] === "object",
);

describe.each(loops)("%s", (_name, { scalar, loop }) => {
  test("loops over its function of one element", () => {
    fc.assert(
      fc.property(operands, ({ x, y, out }) => {
        if (scalar.length === 1) (loop as UnaryLoop["loop"])(x, out);
        else (loop as BinaryLoop["loop"])(x, y, out);
        expect(out).toEqual(stored(out, (k) => (scalar as BinaryLoop["scalar"])(x[k]!, y[k]!)));
      }),
    );
  });
});

test("any function is applied to all elements, into any type of array", () => {
  const f = (x: number): number => 3 * x - 0.5;
  fc.assert(
    fc.property(operands, fc.constantFrom(...models), ({ x }, model) => {
      const out = allocateLike(model, x.length);
      elementwise.mapOne(f, x, out);
      expect(out).toEqual(stored(out, (k) => f(x[k]!)));
    }),
  );
});

test("any function of two is applied to all pairs, of any types", () => {
  const f = (x: number, y: number): number => x / 3 - y;
  fc.assert(
    fc.property(operands, operands, fc.constantFrom(...models), ({ x: first }, { x: second }, model) => {
      const length = Math.min(first.length, second.length);
      const [x, y, out] = [first.subarray(0, length), second.subarray(0, length), allocateLike(model, length)];
      elementwise.mapTwo(f, x, y, out);
      expect(out).toEqual(stored(out, (k) => f(x[k]!, y[k]!)));
    }),
  );
});

test("a choice takes each element from one of two arrays; what is kept leaves the others as they are", () => {
  fc.assert(
    fc.property(operands, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), ({ x, y }, truths) => {
      const condition = Uint8Array.from(truths.slice(0, x.length), Number);
      const [chosen, kept] = [allocateLike(x, x.length), y.slice()];
      elementwise.choose(condition, x, y, chosen);
      elementwise.keep(condition, x, kept);
      expect(chosen).toEqual(stored(x, (k) => (condition[k] === 1 ? x[k]! : y[k]!)));
      expect(kept).toEqual(chosen);
    }),
  );
});
