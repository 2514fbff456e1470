/**
 * Laws of the contraction family: dot agrees with its definition, and its rules with evaluate.
 */
import { expect, test } from "vitest";
import { dot } from "../../ops/contraction.ts";
import { createArray } from "../../src/array/create.ts";
import { describeRules } from "./linear-rules.ts";

const product = { contract: [[1], [0]], batch: [[], []] } as const;
const a = createArray([
  [1, 2, 3],
  [4, 5, 6],
]);

describeRules(dot.primitive, false);

test("dot of two matrices is the matrix product", () => {
  expect(
    dot(
      a,
      createArray([
        [1, 0],
        [0, 1],
        [1, 1],
      ]),
      product,
    ).toList(),
  ).toEqual([
    [4, 5],
    [10, 11],
  ]);
});

test("integers multiply modulo 2^32 and booleans as or of ands", () => {
  const large = createArray([[65536, 1]], { dtype: "int32" });
  expect(dot(large, createArray([[65536], [5]], { dtype: "int32" }), product).toList()).toEqual([[5]]);
  expect(dot(createArray([[true, true]]), createArray([[true], [true]]), product).toList()).toEqual([[true]]);
});

test("a sum over nothing is zero", () => {
  expect(dot(createArray([], { shape: [2, 0] }), createArray([], { shape: [0, 2] }), product).toList()).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test("operands that do not fit are refused by size and axis", () => {
  expect(() => dot(a, a, product)).toThrow(
    /contracting sizes 3 \(axis 1 of \[2,3\]\) and 2 \(axis 0 of \[2,3\]\) differ/,
  );
  expect(() => dot(a, a, { contract: [[2], [0]], batch: [[], []] })).toThrow(/axis 2 of float64\[2,3\]/);
  expect(() => dot(a, a, { contract: [[0], [0]], batch: [[0], [1]] })).toThrow(/repeat/);
  expect(() => dot(a, createArray([[true], [true], [true]]), product)).toThrow(/float64\[2,3\] and bool\[3,1\]/);
});
