/**
 * Laws of convert and stopGradient beyond those all families share.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createArray } from "../../src/array/create.ts";
import { dtypes, isFloat } from "../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { scalar } from "../../src/array/ndarray.ts";
import { isZero } from "../../src/ir/primitive.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { asDType, convert, stopGradient } from "../../ops/conversion.ts";
import { cos, sin } from "../../ops/trigonometric.ts";
import { jit } from "../../transforms/jit.ts";
import { jvp } from "../../transforms/jvp.ts";
import { grad, vjp } from "../../transforms/vjp.ts";
import { floats, numbersOf, tangentOf } from "./sampling.ts";

const backends = ["js", "wasm", "interpreter"] as const;

const to = (numbers: readonly number[], dtype: (typeof dtypes)[number]): number[] =>
  numbersOf(convert(floats(numbers), { dtype, weakType: false }));

test("floats become integers towards zero, saturating, NaN as 0", () => {
  expect(to([1.9, -1.9, NaN, Infinity, -Infinity, 3e9, -3e9, -0], "int32")).toEqual([
    1, -1, 0, 2147483647, -2147483648, 2147483647, -2147483648, 0,
  ]);
  expect(to([1.9, -1.9, NaN, Infinity, 5e9, 3e9], "uint32")).toEqual([1, 0, 0, 4294967295, 4294967295, 3e9]);
});

test("truth is being different from zero, so a fraction and NaN are true", () => {
  expect(to([0, -0, 0.5, -2, NaN], "bool")).toEqual([0, 0, 1, 1, 1]);
});

test("integers wrap into each other modulo 2^32", () => {
  const negative = createArray([-1, -2147483648], { dtype: "int32" });
  const unsigned = asDType(negative, "uint32");
  expect(numbersOf(unsigned)).toEqual([4294967295, 2147483648]);
  expect(numbersOf(asDType(unsigned, "int32"))).toEqual([-1, -2147483648]);
});

test("the tangent passes between floats in the dtype of the other side and is a symbolic zero elsewhere", () => {
  for (const from of dtypes)
    for (const into of dtypes) {
      const x = createArray([1, 0], { dtype: from });
      const tangent = tangentOf(convert.primitive, [x], [x], { dtype: into, weakType: false });
      const isInteger = !isFloat(from) && !isFloat(into) && from !== "bool" && into !== "bool";
      if ((isFloat(from) && isFloat(into)) || isInteger) expect((tangent as ConcreteArray).dtype).toBe(into);
      else expect(isZero(tangent)).toBe(true);
    }
});

test("a float32 input computed with in float64 has a float32 gradient", () => {
  const cube = (x: NDArray): NDArray => {
    const wide = asDType(x, "float64");
    return mul(wide, mul(wide, wide));
  };
  const slope = grad(cube)(scalar(0.1, "float32")) as NDArray;
  expect([slope.dtype, Number(slope)]).toEqual(["float32", Math.fround(3 * Math.fround(0.1) ** 2)]);
});

test("between the floats a value, its tangent and its cotangent are rounded by Math.fround, to the bit, on every back end", () => {
  const wild = fc.array(fc.double(), { minLength: 1, maxLength: 6 });
  const bits = (x: NDArray): number[] => [...(x as ConcreteArray).toTypedArray()];
  fc.assert(
    fc.property(wild, (numbers) => {
      const wide = createArray(numbers, { dtype: "float64" });
      const rounded = numbers.map(Math.fround);
      const narrow = createArray(rounded, { dtype: "float32" });
      const toSingle = (x: NDArray): NDArray => asDType(x, "float32");
      const toDouble = (x: NDArray): NDArray => asDType(x, "float64");
      for (const around of [
        (f: typeof toSingle) => f,
        ...backends.map((backend) => (f: typeof toSingle) => jit(f, { backend })),
      ]) {
        expect(bits(around(toSingle)(wide))).toEqual(rounded);
        expect(bits(around(toDouble)(narrow))).toEqual(rounded);
      }
      expect(bits(jvp(toSingle, [wide], [wide])[1])).toEqual(rounded);
      expect(bits(jvp(toDouble, [narrow], [narrow])[1])).toEqual(rounded);
      const [pulledWide] = vjp(toSingle, wide)[1](narrow) as NDArray[];
      const [pulledNarrow] = vjp(toDouble, narrow)[1](wide) as NDArray[];
      expect([pulledWide!.dtype, pulledNarrow!.dtype]).toEqual(["float64", "float32"]);
      expect([bits(pulledWide!), bits(pulledNarrow!)]).toEqual([rounded, rounded]);
    }),
  );
});

test("a conversion that drops fractions refuses to be transposed", () => {
  const x = { kind: "linear", aval: floats([1]) } as const;
  expect(() =>
    convert.primitive.transpose([createArray([1], { dtype: "int32" })], [x], { dtype: "int32", weakType: false }),
  ).toThrow(/not linear/);
});

test("weakness is that of the parameters, whatever the input's", () => {
  const weak = scalar(2, "float64", "integer");
  expect(convert(weak, { dtype: "float64", weakType: false }).weakType).toBe(false);
  expect(convert(scalar(2), { dtype: "float64", weakType: "float" }).weakType).toBe("float");
  expect(add(convert(weak, { dtype: "float64", weakType: false }), weak).weakType).toBe(false);
});

test("asDType gives the array itself where the dtype is right already", () => {
  const x = floats([1, 2]);
  expect(asDType(x, "float64")).toBe(x);
  expect(asDType(x, "float32").dtype).toBe("float32");
});

test("the gradient of sin(x) cos(stop(x)) is cos(x)^2", () => {
  expect(Number(grad((x: NDArray) => mul(sin(x), cos(stopGradient(x))))(scalar(3.14)))).toBeCloseTo(
    Math.cos(3.14) ** 2,
    15,
  );
});

test("stopGradient keeps values, dtype and weakness, and lets no tangent or cotangent through", () => {
  const x = scalar(3, "float64", "integer");
  const out = stopGradient(x);
  expect([out.weakType, out.dtype, numbersOf(out)]).toEqual(["integer", "float64", [3]]);
  expect(isZero(tangentOf(stopGradient.primitive, [x], [x]))).toBe(true);
  expect(stopGradient.primitive.transpose([x], [{ kind: "linear", aval: x }], {})).toEqual([null]);
});
