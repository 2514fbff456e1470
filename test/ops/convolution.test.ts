/**
 * Laws of the convolution primitive: its rules agree with evaluate for strides, paddings, dilations and
 * both kinds of groups. That evaluate agrees with the definition is the kernel's own law.
 */
import { expect, test } from "vitest";
import { convolution } from "../../ops/convolution.ts";
import { createArray } from "../../src/array/create.ts";
import { describeRules } from "./linear-rules.ts";

const plain = {
  strides: [1],
  padding: [[0, 0]],
  lhsDilation: [1],
  rhsDilation: [1],
  featureGroups: 1,
  batchGroups: 1,
} as const;
const signal = createArray([[[1, 2, 3, 4]]]);

describeRules(convolution.primitive, false);

test("the kernel is not flipped", () => {
  expect(convolution(signal, createArray([[[1, 10]]]), plain).toList()).toEqual([[[21, 32, 43]]]);
});

test("operands that do not fit are refused with what they lack", () => {
  expect(() => convolution(signal, createArray([[[1], [1]]]), plain)).toThrow(
    /1 channels against 2 per group in 1 groups/,
  );
  expect(() => convolution(signal, createArray([[1]]), plain)).toThrow(/ranks 3 and 2/);
  expect(() => convolution(signal, signal, { ...plain, strides: [0] })).toThrow(/whole numbers from 1/);
  expect(() => convolution(signal, signal, { ...plain, strides: [] })).toThrow(/0 strides for 1 spatial axes/);
  expect(() => convolution(signal, signal, { ...plain, batchGroups: 2 })).toThrow(/1 images in 2 groups/);
});
