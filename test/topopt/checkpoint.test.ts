/** Fault 85: what a checkpoint holds comes back to the bit, or not at all. */
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { array, NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arrays } from "cotangent/testing/properties";
import { decodeCheckpoint, encodeCheckpoint } from "cotangent/topopt";
import type { Saved } from "cotangent/topopt";

const corrupt = expect.objectContaining({ code: "CorruptCheckpoint" });

/** Equal to the bit, dtype and weak type included. */
const isSame = (left: Saved, right: Saved): boolean => {
  if (left instanceof NDArray && right instanceof NDArray)
    return (
      left.dtype === right.dtype &&
      left.weakType === right.weakType &&
      JSON.stringify(left.shape) === JSON.stringify(right.shape) &&
      Array.from(left.toTypedArray()).every((value, k) => Object.is(value, right.toTypedArray()[k]))
    );
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null)
    return Object.is(left, right);
  const [names, others] = [Object.keys(left), Object.keys(right)];
  return (
    Array.isArray(left) === Array.isArray(right) &&
    JSON.stringify(names) === JSON.stringify(others) &&
    names.every((name) => isSame((left as Record<string, Saved>)[name]!, (right as Record<string, Saved>)[name]!))
  );
};

const savedValues: fc.Arbitrary<Saved> = fc.letrec<{ value: Saved }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false),
    fc.double(),
    fc.string(),
    arrays() as fc.Arbitrary<NDArray>,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$array", "$record", "__proto__", "toString")), tie("value"), {
      maxKeys: 4,
    }),
  ),
})).value;

describe("a checkpoint", () => {
  property.prop([savedValues])("gives back what was put in, to the bit", (value) =>
    isSame(decodeCheckpoint(encodeCheckpoint(value)), value),
  );

  property.prop([savedValues])("is the same bytes for the same value", (value) => {
    expect(encodeCheckpoint(value)).toEqual(encodeCheckpoint(value));
  });

  test("keeps NaN, -0 and infinities, in arrays and outside", () => {
    const value = { odd: [Number.NaN, -0, Infinity, -Infinity], array: array([Number.NaN, -0, Infinity]) };
    expect(isSame(decodeCheckpoint(encodeCheckpoint(value)), value)).toBe(true);
  });

  const small = encodeCheckpoint({ step: 3, state: [np.arange(3), array([true, false])], name: "run" });

  test("is refused at every length but its own", () => {
    for (let length = 0; length < small.length; length++)
      expect(() => decodeCheckpoint(small.subarray(0, length))).toThrow(corrupt);
    expect(() => decodeCheckpoint(new Uint8Array([...small, 0]))).toThrow(corrupt);
  });

  test("is refused when any of its bits has changed", () => {
    for (let at = 0; at < small.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const changed = small.slice();
        changed[at] = changed[at]! ^ (1 << bit);
        expect(() => decodeCheckpoint(changed), `bit ${bit} of byte ${at}`).toThrow(corrupt);
      }
  });

  test("can be read at any place in memory", () => {
    const moved = new Uint8Array(small.length + 3);
    moved.set(small, 3);
    expect(isSame(decodeCheckpoint(moved.subarray(3)), decodeCheckpoint(small))).toBe(true);
  });

  test("holds no functions, no class instances and no tracers, and says where they are", () => {
    expect(() => encodeCheckpoint({ state: [1, { f: () => 0 }] } as never)).toThrow(/value\.state\[1\]\.f/u);
    expect(() => encodeCheckpoint(new Map() as never)).toThrow(expect.objectContaining({ code: "InvalidElement" }));
  });
});
