/**
 * Floating-point family: binaryExponent, scaleByPowerOfTwo, nextAfter; and log2, log10, exact at whole powers.
 * x = m 2^e with 0.5 <= |m| < 1 (C's frexp): e is piecewise constant, x 2^n is linear in x, and a neighbour
 * has no slope, as in JAX. float32 steps among float32 numbers.
 */
import {
  binaryExponent as exponentOf,
  nextAfter as neighbour,
  nextAfterFloat32,
  scaleByPowerOfTwo as scaled,
} from "../kernels/float-parts.ts";
import { DTypeMismatch, ShapeMismatch } from "../src/error.ts";
import { sameShape } from "../src/array/shape.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import { callExpression, elementwise } from "../src/ir/lowering.ts";
import { isLinearInput, isZero, notLinear, reals, requireKnown, zero, zeroTangent } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { div, fullLike, mul } from "./arithmetic.ts";
import type { Binary, Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import {
  mapBinary,
  mapElementary,
  mapUnary,
  noParameters,
  requireEqualFloats,
  requireFloat,
  sampleElementwise,
  unaryJvp,
} from "./elementwise.ts";
import { only } from "./shape.ts";

/** The whole e (int32) with 2^(e - 1) <= |x| < 2^e; 0 for zero, infinities and NaN. */
export const binaryExponent: Unary = definePrimitive<[NDArray]>({
  name: "binaryExponent",
  evaluate: ([x]) => mapUnary(exponentOf, x, "int32"),
  abstractEval: ([x]) => ({ shape: requireFloat("binaryExponent", x).shape, dtype: "int32" }),
  jvp: zeroTangent(([x]: [NDArray]) => binaryExponent(x)),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => binaryExponent(x!)),
  lower: elementwise(([x]) => ({ op: "call", function: "binaryExponent", args: [x!], dtype: "int32" })),
  laws: {
    sample: sampleElementwise(noParameters, reals(-9, 9, [-8, -4, -2, -1, 0, 1, 2, 4, 8])),
    reference: (x) => Math.floor(Math.log2(Math.abs(x!))) + 1,
    maxUlp: 0,
  },
});

/** x 2^n for an int32 n of x's shape, rounded once. */
export const scaleByPowerOfTwo: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "scaleByPowerOfTwo",
  evaluate: ([x, n]) => mapBinary(scaled, x, n),
  abstractEval: ([x, n]) => {
    if (n.dtype !== "int32")
      throw new DTypeMismatch("scaleByPowerOfTwo", `the exponent is ${showAval(n)}`, "Give int32 exponents");
    if (!sameShape(x.shape, n.shape))
      throw new ShapeMismatch("scaleByPowerOfTwo", `${showAval(x)} and ${showAval(n)}`, "Give equal shapes");
    return requireFloat("scaleByPowerOfTwo", x);
  },
  jvp: ([x, n], [dx]) => {
    const out = scaleByPowerOfTwo(x, n);
    return [out, isZero(dx) ? zero(out) : scaleByPowerOfTwo(dx, n)];
  },
  transpose: (cotangents, [x, n]) =>
    isLinearInput(x) ? [scaleByPowerOfTwo(only(cotangents), requireKnown(n)), null] : notLinear(cotangents, [x, n], {}),
  batch: elementwiseBatch(([x, n]) => scaleByPowerOfTwo(x!, n!)),
  lower: elementwise(([x, n]) => callExpression("scaleByPowerOfTwo", x!, n!)),
  weakType: ([x]) => x.weakType,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ maxRank: 3 });
      return {
        inputs: [
          { shape, dtype: "float64", domain: reals(-2, 2) },
          { shape, dtype: "int32", domain: reals(-3, 3) },
        ],
        params: {},
      };
    },
    reference: (x, n) => x! * 2 ** n!,
    maxUlp: 0,
  },
});

/** The number of x's dtype next to x on the way to y. */
export const nextAfter: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "nextAfter",
  evaluate: ([x, y]) => mapBinary(x.dtype === "float32" ? nextAfterFloat32 : neighbour, x, y),
  abstractEval: (operands) => requireEqualFloats("nextAfter", operands),
  jvp: zeroTangent(([x, y]: [NDArray, NDArray]) => nextAfter(x, y)),
  transpose: notLinear,
  batch: elementwiseBatch(([x, y]) => nextAfter(x!, y!)),
  lower: elementwise(([x, y]) => callExpression(x!.dtype === "float32" ? "nextAfterFloat32" : "nextAfter", x!, y!)),
  laws: { testedIn: "test/ops/float-parts.test.ts" },
});

const logarithm = (name: "log2" | "log10", factor: number, reference: (x: number) => number): Unary => {
  const call: Unary = definePrimitive<[NDArray]>({
    name,
    evaluate: ([x]) => mapElementary(name, x),
    abstractEval: ([x]) => requireFloat(name, x),
    jvp: unaryJvp(
      (x) => call(x),
      (dx, x) => div(dx, mul(fullLike(factor, x), x)),
    ),
    transpose: notLinear,
    batch: elementwiseBatch(([x]) => call(x!)),
    lower: elementwise(([x]) => callExpression(name, x!)),
    laws: {
      sample: sampleElementwise(noParameters, reals(0.1, 4)),
      reference: (x) => reference(x!),
      maxUlp: 6,
    },
  });
  return call;
};

/** Logarithm to base 2. */
export const log2: Unary = logarithm("log2", Math.LN2, (x) => (2 * Math.atanh((x - 1) / (x + 1))) / Math.LN2);

/** Logarithm to base 10. */
export const log10: Unary = logarithm("log10", Math.LN10, (x) => (2 * Math.atanh((x - 1) / (x + 1))) / Math.LN10);

/** Every primitive of this file. */
export const family: readonly Primitive[] = [binaryExponent, scaleByPowerOfTwo, nextAfter, log2, log10].map(
  (call) => call.primitive,
);
