/**
 * Gamma shape family: gammaShapeDerivative, how the gamma distribution moves with its shape at every order. Floats only.
 *   Q_n = -(d/da)^n P(a, x) / (x density), a quotient that keeps its digits where numerator and density both vanish
 * Rules: d/da Q_n = Q_(n+1) - Q_n B_1 and dQ_n / d log x = -B_n - Q_n (a - x), with B_n as below.
 */
import { gammaShapeDerivative as shapeDerivative } from "../kernels/gamma-shape-derivative.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { notLinear, reals } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { add, fullLike, mul, neg, sub } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { binaryJvp, mapBinary, requireEqual, requireFloat } from "./elementwise.ts";
import { exp } from "./exponential.ts";
import { digamma, polygamma } from "./special.ts";

export interface GammaShapeParams {
  /** Of the derivative by the shape, at least 1. */
  readonly order: number;
}

/** B_n of the density of log x: its n-th derivative by the shape over itself (kernels/gamma-shape-derivative.ts). */
const densityRatio = (order: number, shape: NDArray, logX: NDArray): NDArray => {
  const cumulants = Array.from({ length: order }, (_, k) =>
    k === 0 ? sub(logX, digamma(shape)) : neg(polygamma(shape, { order: k })),
  );
  const bell = [fullLike(1, shape)];
  for (let n = 0; n < order; n++) {
    let choose = 1;
    let sum = mul(cumulants[0]!, bell[n]!);
    for (let k = 1; k <= n; k++) {
      choose = (choose * (n - k + 1)) / k;
      sum = add(sum, mul(fullLike(choose, shape), mul(cumulants[k]!, bell[n - k]!)));
    }
    bell.push(sum);
  }
  return bell[order]!;
};

/**
 * Q_n = -(d/da)^n P(a, x) / (x density) of the gamma distribution at shape a and log x; Q_1 is d log x / da.
 */
export const gammaShapeDerivative: PrimitiveFunction<[NDArray, NDArray], GammaShapeParams> = definePrimitive<
  [NDArray, NDArray],
  GammaShapeParams
>({
  name: "gammaShapeDerivative",
  evaluate: ([shape, logX], { order }) => mapBinary((a, y) => shapeDerivative(order, a, y), shape, logX),
  abstractEval: (operands) => {
    requireEqual("gammaShapeDerivative", operands);
    return requireFloat("gammaShapeDerivative", operands[0]);
  },
  jvp: ([shape, logX], tangents, { order }) =>
    binaryJvp(
      (a, y) => gammaShapeDerivative(a, y, { order }),
      (x, y) => add(x, y),
      (da, a, y, out) =>
        mul(da, sub(gammaShapeDerivative(a, y, { order: order + 1 }), mul(out, densityRatio(1, a, y)))),
      (dy, a, y, out) => mul(dy, neg(add(densityRatio(order, a, y), mul(out, sub(a, exp(y)))))),
    )([shape, logX], tangents),
  transpose: notLinear,
  batch: elementwiseBatch(([shape, logX], params: GammaShapeParams) => gammaShapeDerivative(shape!, logX!, params)),
  lower: routine,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ maxRank: 2 });
      return {
        inputs: [
          { shape, dtype: "float64", domain: reals(0.5, 6) },
          { shape, dtype: "float64", domain: reals(-2, 2.5) },
        ],
        params: { order: pick.oneOf([1, 1, 2]) },
      };
    },
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [gammaShapeDerivative.primitive as Primitive];
