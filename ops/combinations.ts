/**
 * Binomial coefficients and rising factorials of floats. Slopes by logarithmic differentiation: the value times
 * differences of digamma (Abramowitz & Stegun 6.3.1), NaN at the poles of gamma.
 */
import * as scalarMath from "../kernels/scalar-math.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import { callExpression, elementwise } from "../src/ir/lowering.ts";
import { notLinear, reals } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { add, fullLike, mul, sub } from "./arithmetic.ts";
import type { Binary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { binaryJvp, mapBinary, noParameters, requireEqualFloats, sampleElementwise } from "./elementwise.ts";
import { lgammaSeries } from "./special-references.ts";
import { digamma } from "./special.ts";

/** digamma(x + 1). */
const above = (x: NDArray): NDArray => digamma(add(x, fullLike(1, x)));

/** gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1)); 0 for whole k outside 0 to n. */
export const binomial: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "binomial",
  evaluate: ([n, k]) => mapBinary(scalarMath.binomial, n, k),
  abstractEval: (operands) => requireEqualFloats("binomial", operands),
  jvp: binaryJvp(
    (n, k) => binomial(n, k),
    (left, right) => add(left, right),
    (dn, n, k, out) => mul(dn, mul(out, sub(above(n), above(sub(n, k))))),
    (dk, n, k, out) => mul(dk, mul(out, sub(above(sub(n, k)), above(k)))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([n, k]) => binomial(n!, k!)),
  lower: elementwise(([n, k]) => callExpression("binomial", n!, k!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(3, 6), reals(0.2, 2.8)),
    reference: (n, k) => Math.exp(lgammaSeries(n! + 1) - lgammaSeries(k! + 1) - lgammaSeries(n! - k! + 1)),
    maxUlp: 512,
  },
});

/** gamma(z + m) / gamma(z), the rising factorial. */
export const poch: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "poch",
  evaluate: ([z, m]) => mapBinary(scalarMath.poch, z, m),
  abstractEval: (operands) => requireEqualFloats("poch", operands),
  jvp: binaryJvp(
    (z, m) => poch(z, m),
    (left, right) => add(left, right),
    (dz, z, m, out) => mul(dz, mul(out, sub(digamma(add(z, m)), digamma(z)))),
    (dm, z, m, out) => mul(dm, mul(out, digamma(add(z, m)))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([z, m]) => poch(z!, m!)),
  lower: elementwise(([z, m]) => callExpression("poch", z!, m!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(1, 3), reals(0.2, 1.8)),
    reference: (z, m) => Math.exp(lgammaSeries(z! + m!) - lgammaSeries(z!)),
    maxUlp: 512,
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [binomial.primitive, poch.primitive];
