/** Laws of the sorting and cumulative families: their rules agree with evaluate. */
import { describe, expect, test } from "vitest";
import { cumsum } from "../../ops/cumulative.ts";
import { scatterMul } from "../../ops/indexing.ts";
import { argsort, sort } from "../../ops/sorting.ts";
import { createArray } from "../../src/array/create.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { newMark } from "../../src/ir/tracer.ts";
import { batchIsALoop, describeRules, jvpIsTheDifference, typeIsWhatEvaluateReturns } from "./linear-rules.ts";

describeRules(cumsum.primitive, true);

describe.each([
  ["sort", sort.primitive],
  ["argsort", argsort.primitive],
  ["scatterMul", scatterMul.primitive],
] as const)("%s", (_name, primitive) => {
  test("abstractEval gives the type that evaluate returns", () => typeIsWhatEvaluateReturns(primitive));
  test("its batching equals a loop", () => batchIsALoop(primitive));
});

test("scatterMul: its jvp is the difference quotient", () => jvpIsTheDifference(scatterMul.primitive));

test("scatterMul is linear in its operand, repeats included", () => {
  const indices = createArray([[1], [1], [0]], { dtype: "int32" });
  const updates = createArray([2, 3, 5]);
  const params = { mode: "drop", batchDims: 0, uniqueIndices: false } as const;
  const linear = { kind: "linear", aval: { shape: [3], dtype: "float64", weakType: false } } as const;
  const [cotangent] = scatterMul.primitive.transpose([createArray([1, 1, 1])], [linear, indices, updates], params);
  expect((cotangent as NDArray).toList()).toEqual([5, 6, 1]);
});

test("a sort out of range of its axes throws", () => {
  for (const call of [sort, argsort])
    expect(() => call(createArray([1]), { axis: 1, descending: false })).toThrow(/axis 1 of float64\[1\]/);
  expect(() => cumsum(createArray([1]), { axis: -1, reverse: false })).toThrow(/axis -1/);
  expect(() =>
    cumsum.primitive.jvp(
      [createArray([true])],
      [createArray([1])],
      { axis: 0, reverse: false },
      { mark: newMark("test") },
    ),
  ).toThrow(/bool/);
});
