/** Bits of integers at the ends of their range, on every back end. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, jit } from "cotangent";
import type { DType, NDArray } from "cotangent";
import type { Backend } from "../../src/backend/index.ts";
import { gcd, populationCount, shiftLeft, shiftRight } from "../../ops/integers.ts";

const backends: readonly Backend[] = ["interpreter", "js", "wasm"];

const anyOf = (dtype: DType): fc.Arbitrary<number> =>
  dtype === "int32"
    ? fc.oneof(fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31)), fc.integer())
    : fc.oneof(fc.constantFrom(0, 2 ** 32 - 1, 2 ** 31), fc.integer({ min: 0, max: 2 ** 32 - 1 }));

const wrap = (x: bigint, dtype: DType): number =>
  Number(dtype === "int32" ? BigInt.asIntN(32, x) : BigInt.asUintN(32, x));

const onEvery = (f: (...all: NDArray[]) => NDArray, inputs: readonly NDArray[], wanted: number): void => {
  expect(f(...inputs).toTypedArray()[0]).toBe(wanted);
  for (const backend of backends) expect(jit(f, { backend })(...inputs).toTypedArray()[0], backend).toBe(wanted);
};

test.each<DType>(["int32", "uint32"])("shifts of %s are multiplication and floored division by 2^n", (dtype) => {
  const counts = fc.oneof(fc.integer({ min: 0, max: 31 }), anyOf(dtype));
  fc.assert(
    fc.property(anyOf(dtype), counts, (x, n) => {
      const inputs = [array([x], { dtype }), array([n], { dtype })];
      const isInside = n >= 0 && n < 32;
      const left = isInside ? wrap(BigInt(x) << BigInt(n), dtype) : 0;
      const right = isInside ? Math.floor(x / 2 ** n) : x < 0 ? -1 : 0;
      onEvery((a, b) => shiftLeft(a!, b!), inputs, left);
      onEvery((a, b) => shiftRight(a!, b!), inputs, right);
    }),
    { numRuns: 60 },
  );
});

test.each<DType>(["int32", "uint32"])("populationCount of %s counts the ones of its 32 bits", (dtype) => {
  fc.assert(
    fc.property(anyOf(dtype), (x) => {
      const ones = [...BigInt.asUintN(32, BigInt(x)).toString(2)].filter((bit) => bit === "1").length;
      onEvery((a) => populationCount(a!), [array([x], { dtype })], ones);
    }),
    { numRuns: 40 },
  );
});

test.each<DType>(["int32", "uint32"])("gcd of %s divides both and is a multiple of every common divisor", (dtype) => {
  fc.assert(
    fc.property(anyOf(dtype), anyOf(dtype), (x, y) => {
      let [a, b] = [BigInt(x), BigInt(y)];
      while (b !== 0n) [a, b] = [b, a % b];
      onEvery(
        (left, right) => gcd(left!, right!),
        [array([x], { dtype }), array([y], { dtype })],
        wrap(a < 0n ? -a : a, dtype),
      );
    }),
    { numRuns: 40 },
  );
});

test("floats and booleans have no bits to shift", () => {
  const [x, flags] = [array([1, 2]), array([true, false])];
  expect(() => shiftLeft(x, x)).toThrow(/DTypeMismatch|int32 or uint32/);
  expect(() => populationCount(flags)).toThrow(/int32 or uint32/);
});
