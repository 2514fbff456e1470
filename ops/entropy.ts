/**
 * Products with logarithms, continued to the edges of their domain: xlogy, xlog1py, relEntr, klDiv, logit. Floats only.
 * Where the first factor is 0 the product is 0 and so is its slope by the other; relEntr and klDiv have slope 0 by p
 * at p = 0 (as in JAX), where the limit is -infinity. Values from kernels/special-functions/entropy.ts.
 */
import * as scalarMath from "../kernels/scalar-math.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import { callExpression, elementwise } from "../src/ir/lowering.ts";
import { notLinear, reals } from "../src/ir/primitive.ts";
import type { Domain, Primitive } from "../src/ir/primitive.ts";
import { add, div, fullLike, mul, neg, sub } from "./arithmetic.ts";
import type { Binary, Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { eq, keepWhere, not, select } from "./comparison.ts";
import {
  binaryJvp,
  mapBinary,
  mapUnary,
  noParameters,
  requireEqualFloats,
  requireFloat,
  sampleElementwise,
  unaryJvp,
} from "./elementwise.ts";
import { log, log1p } from "./exponential.ts";

type Slope = (x: NDArray, y: NDArray) => NDArray;

interface Product {
  /** The name of `scalar` in kernels/scalar-math.ts. */
  readonly name: string;
  readonly scalar: (x: number, y: number) => number;
  readonly left: Slope;
  readonly right: Slope;
  readonly second: Domain;
  readonly reference: (x: number, y: number) => number;
}

const define = ({ name, scalar, left, right, second, reference }: Product): Binary => {
  const call: Binary = definePrimitive<[NDArray, NDArray]>({
    name,
    evaluate: ([x, y]) => mapBinary(scalar, x, y),
    abstractEval: (operands) => requireEqualFloats(name, operands),
    jvp: binaryJvp(
      (x, y) => call(x, y),
      (dx, dy) => add(dx, dy),
      (dx, x, y) => mul(dx, left(x, y)),
      (dy, x, y) => mul(dy, right(x, y)),
    ),
    transpose: notLinear,
    batch: elementwiseBatch(([x, y]) => call(x!, y!)),
    lower: elementwise(([x, y]) => callExpression(name, x!, y!)),
    laws: {
      sample: sampleElementwise(noParameters, reals(0.3, 2), second),
      reference: (x, y) => reference(x!, y!),
      maxUlp: 256,
    },
  });
  return call;
};

const isZero = (x: NDArray): NDArray => eq(x, fullLike(0, x));

/** x / y where x is not 0, else 0: also 0 / 0 is 0. */
const quotient = (x: NDArray, y: NDArray): NDArray => {
  const isNothing = isZero(x);
  return keepWhere(not(isNothing), div(x, select(isNothing, fullLike(1, y), y)));
};

/** log(p / q), 0 where p is 0. */
const logRatio = (p: NDArray, q: NDArray): NDArray => {
  const isNothing = isZero(p);
  const one = fullLike(1, p);
  return sub(log(select(isNothing, one, p)), log(select(isNothing, one, q)));
};

/** x log(y), and 0 for x = 0. */
export const xlogy: Binary = define({
  name: "xlogy",
  scalar: scalarMath.xlogy,
  left: (_x, y) => log(y),
  right: quotient,
  second: reals(1.2, 4),
  reference: (x, y) => x * Math.log2(y) * Math.LN2,
});

/** x log(1 + y), and 0 for x = 0. */
export const xlog1py: Binary = define({
  name: "xlog1py",
  scalar: scalarMath.xlog1py,
  left: (_x, y) => log1p(y),
  right: (x, y) => quotient(x, add(fullLike(1, y), y)),
  second: reals(0.1, 3),
  reference: (x, y) => x * 2 * Math.atanh(y / (2 + y)),
});

/** p log(p / q); 0 for p = 0, infinite outside p >= 0, q > 0. */
export const relEntr: Binary = define({
  name: "relEntr",
  scalar: scalarMath.relEntr,
  left: (p, q) => add(logRatio(p, q), keepWhere(not(isZero(p)), fullLike(1, p))),
  right: (p, q) => neg(quotient(p, q)),
  second: reals(2.5, 4),
  reference: (p, q) => p * (Math.log2(p) - Math.log2(q)) * Math.LN2,
});

/** p log(p / q) - p + q; q for p = 0, infinite outside p >= 0, q > 0. */
export const klDiv: Binary = define({
  name: "klDiv",
  scalar: scalarMath.klDiv,
  left: logRatio,
  right: (p, q) => sub(fullLike(1, p), quotient(p, q)),
  second: reals(3, 4),
  reference: (p, q) => p * (Math.log2(p) - Math.log2(q)) * Math.LN2 - p + q,
});

/** log(p / (1 - p)); infinite with infinite slope at 0 and 1. */
export const logit: Unary = definePrimitive<[NDArray]>({
  name: "logit",
  evaluate: ([p]) => mapUnary(scalarMath.logit, p),
  abstractEval: ([p]) => requireFloat("logit", p),
  jvp: unaryJvp(
    (p) => logit(p),
    (dp, p) => div(dp, mul(p, sub(fullLike(1, p), p))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([p]) => logit(p!)),
  lower: elementwise(([p]) => callExpression("logit", p!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(0.1, 0.9)),
    reference: (p) => 2 * Math.atanh(2 * p! - 1),
    maxUlp: 64,
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [xlogy, xlog1py, relEntr, klDiv, logit].map((call) => call.primitive);
