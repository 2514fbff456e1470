/** The floatParts family: neighbours, exponents and scaling of floats against their definition by the bits, on every back end. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit, vmap } from "cotangent";
import type { DType, NDArray } from "cotangent";
import type { Backend } from "../../src/backend/index.ts";
import { binaryExponent, log10, log2, nextAfter, scaleByPowerOfTwo } from "../../ops/float-parts.ts";

const backends: readonly Backend[] = ["interpreter", "js", "wasm"];

const floats = (dtype: DType): fc.Arbitrary<number> =>
  dtype === "float32" ? fc.float({ noNaN: true }) : fc.double({ noNaN: true });

/** Order of a number among all of its dtype: neighbours differ by 1; both zeros are 0. */
const rankOf = (x: number, dtype: DType): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  if (dtype === "float32") view.setFloat32(0, Math.abs(x));
  else view.setFloat64(0, Math.abs(x));
  const magnitude = dtype === "float32" ? BigInt(view.getInt32(0)) : view.getBigInt64(0);
  return x < 0 ? -magnitude : magnitude;
};

const eagerAndCompiled = (f: (...all: NDArray[]) => NDArray, inputs: readonly NDArray[]): NDArray => {
  const eager = f(...inputs);
  for (const backend of backends) {
    const compiled = jit(f, { backend })(...inputs);
    compiled.toTypedArray().forEach((value, k) => expect(value, backend).toBe(eager.toTypedArray()[k]));
    expect(compiled.dtype).toBe(eager.dtype);
  }
  return eager;
};

test.each<DType>(["float64", "float32"])("nextAfter of %s is one step in the order of its numbers", (dtype) => {
  fc.assert(
    fc.property(floats(dtype), floats(dtype), (x, y) => {
      const [from, to] = [array([x], { dtype }), array([y], { dtype })];
      const seen = eagerAndCompiled((a, b) => nextAfter(a!, b!), [from, to]).toTypedArray()[0]!;
      const step = x === y ? 0n : y > x ? 1n : -1n;
      expect(rankOf(seen, dtype)).toBe(rankOf(x, dtype) + step);
    }),
  );
});

test("nextAfter at zeros, at the ends, of NaN, and its derivative", () => {
  const [x, y] = [
    [0, -0, 0, -0, Infinity, 1, NaN],
    [1, -1, -0, 0, 0, NaN, 1],
  ];
  expect(nextAfter(array(x!), array(y!)).toList()).toEqual([5e-324, -5e-324, -0, 0, Number.MAX_VALUE, NaN, NaN]);
  expect(grad((v: NDArray) => nextAfter(v, array(9)))(1).item()).toBe(0);
  const mapped = vmap((a: NDArray) => nextAfter(a, array(2)))(array([1, 3]));
  expect(mapped.toList()).toEqual([1 + 2 ** -52, 3 - 2 ** -51]);
});

test("mantissa and exponent give the number back, and the mantissa is in [0.5, 1)", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
      const own = array([x]);
      const exponent = eagerAndCompiled((a) => binaryExponent(a!), [own]);
      const mantissa = scaleByPowerOfTwo(own, array([-exponent.toTypedArray()[0]!], { dtype: "int32" }));
      const size = Math.abs(mantissa.toTypedArray()[0]!);
      expect(x === 0 ? size === 0 : size >= 0.5 && size < 1).toBe(true);
      expect(scaleByPowerOfTwo(mantissa, exponent).toTypedArray()[0]).toBe(x);
    }),
  );
});

test("scaling rounds once, also into the subnormals", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2 ** 52, max: 2 ** 53 - 1 }), fc.integer({ min: -1150, max: -1060 }), (whole, n) => {
      // whole 2^n in units of the smallest subnormal, rounded half to even
      const drop = BigInt(Math.max(0, -1074 - n));
      const unit = 1n << drop;
      const [quotient, rest] = [BigInt(whole) / unit, BigInt(whole) % unit];
      const up = 2n * rest > unit || (2n * rest === unit && quotient % 2n === 1n) ? 1n : 0n;
      const wanted = Number(quotient + up) * 2 ** Math.max(n, -1074);
      const seen = scaleByPowerOfTwo(array([whole]), array([n], { dtype: "int32" }));
      expect(seen.toTypedArray()[0]).toBe(wanted);
    }),
  );
});

test("logarithms of whole powers are whole", () => {
  const exponents = Array.from({ length: 23 }, (_, k) => k);
  expect(log10(array(exponents.map((n) => 10 ** n))).toList()).toEqual(exponents);
  expect(log2(array(exponents.map((n) => 2 ** (n - 11)))).toList()).toEqual(exponents.map((n) => n - 11));
});
