/**
 * Extrema family: max, min, abs, sign, clamp of elements; reduceMax, reduceMin, argmax, argmin over axes.
 * NaN propagates. Where several elements attain the extremum they share the derivative equally: the mean of
 * the one-sided slopes (JAX's convention); abs has slope 0 at 0, clamp slope 0 at its bounds.
 */
import { larger, magnitude, smaller } from "../kernels/elementwise.ts";
import type { BinaryLoop } from "../kernels/elementwise.ts";
import { planArgument } from "../kernels/prebuilt/argument.ts";
import { argmax as argmaxOf, argmin as argminOf } from "../kernels/reduction.ts";
import { unaryMath } from "../kernels/scalar-math.ts";
import { EmptyReduction } from "../src/error.ts";
import { allocate } from "../src/array/storage.ts";
import type { TypedArray } from "../src/array/dtype.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { dropAxes, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { binaryExpression, elementwise, prebuilt, unaryExpression } from "../src/ir/lowering.ts";
import { distinctReals, isZero, notLinear, reals, zeroTangent } from "../src/ir/primitive.ts";
import type { LawCase, Pick, Primitive, Tangent } from "../src/ir/primitive.ts";
import { addTangents, div, fullLike, mul, neg } from "./arithmetic.ts";
import type { Binary, Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import { and, eq, ge, gt, keepWhere, le, lt, or, select } from "./comparison.ts";
import { asDType } from "./conversion.ts";
import {
  applyBinary,
  applyUnary,
  mapBinary,
  mapUnary,
  noParameters,
  requireEqual,
  requireNumber,
  sampleElementwise,
  unaryJvp,
} from "./elementwise.ts";
import { absRules, extremeRules, maxRules, minRules, signRules } from "./extrema-rules.ts";
import { signExpression } from "./scalar-expressions.ts";
import { evaluateReduction, reduceSum, reductionBatch, spread } from "./shape.ts";
import type { AxesParams } from "./shape.ts";
import { perElement } from "./flops.ts";

// --- max and min of two -----------------------------------------------------------------------

/** jvp of max (`wins` is ge) and min (le): the tangent of the one that wins, half of each where they tie. */
const extremumJvp =
  (call: (x: NDArray, y: NDArray) => NDArray, wins: Binary) =>
  ([x, y]: readonly [NDArray, NDArray], [dx, dy]: readonly [Tangent, Tangent]): readonly [NDArray, Tangent] => {
    const weight = select(eq(x, y), fullLike(0.5, x), fullLike(1, x));
    const share = (tangent: Tangent, own: NDArray, other: NDArray): Tangent =>
      isZero(tangent) ? tangent : mul(keepWhere(wins(own, other), tangent), weight);
    return [call(x, y), addTangents(share(dx, x, y), share(dy, y, x))];
  };

const extremumOf = (loop: BinaryLoop, x: ConcreteArray, y: ConcreteArray): ConcreteArray =>
  x.dtype === "bool" ? mapBinary(loop.scalar, x, y) : applyBinary(loop, x, y);

/** The larger one. */
export const max: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "max",
  evaluate: ([x, y]) => extremumOf(larger, x, y),
  abstractEval: (operands) => requireEqual("max", operands),
  jvp: extremumJvp((x, y) => max(x, y), ge),
  transpose: notLinear,
  batch: elementwiseBatch(([x, y]) => max(x!, y!)),
  lower: elementwise(([x, y]) => binaryExpression("max", x!, y!)),
  simplify: maxRules,
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 2, [0.5]), reals(0.5, 0.501)),
    reference: (x, y) => (x! > y! ? x! : y!),
    maxUlp: 0,
  },
});

/** The smaller one. */
export const min: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "min",
  evaluate: ([x, y]) => extremumOf(smaller, x, y),
  abstractEval: (operands) => requireEqual("min", operands),
  jvp: extremumJvp((x, y) => min(x, y), le),
  transpose: notLinear,
  batch: elementwiseBatch(([x, y]) => min(x!, y!)),
  lower: elementwise(([x, y]) => binaryExpression("min", x!, y!)),
  simplify: minRules,
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 2, [0.5]), reals(0.5, 0.501)),
    reference: (x, y) => (x! < y! ? x! : y!),
    maxUlp: 0,
  },
});

// --- abs, sign, clamp -------------------------------------------------------------------------

/** Magnitude; the smallest int32 stays itself. */
export const abs: Unary = definePrimitive<[NDArray]>({
  name: "abs",
  evaluate: ([x]) => applyUnary(magnitude, x),
  abstractEval: ([x]) => requireNumber("abs", x),
  jvp: unaryJvp(
    (x) => abs(x),
    (dx, x) => mul(dx, sign(x)),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => abs(x!)),
  lower: elementwise(([x]) => unaryExpression("abs", x!)),
  simplify: absRules(() => ({ abs, neg })),
  laws: {
    sample: sampleElementwise(noParameters, reals(-2, 2, [0])),
    reference: (x) => (x! < 0 ? -x! : x!),
    maxUlp: 0,
  },
});

/** -1, 0 or 1; zero keeps its sign, NaN stays NaN. */
export const sign: Unary = definePrimitive<[NDArray]>({
  name: "sign",
  evaluate: ([x]) => mapUnary(unaryMath.sign, x),
  abstractEval: ([x]) => requireNumber("sign", x),
  jvp: zeroTangent(([x]: [NDArray]) => sign(x)),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => sign(x!)),
  lower: elementwise(([x]) => signExpression(x!)),
  simplify: signRules(() => sign),
  laws: { sample: sampleElementwise(noParameters, reals(-2, 2, [0])), reference: (x) => x! / Math.abs(x!), maxUlp: 0 },
});

/** x within [low, high]: min(max(x, low), high), so crossed bounds give `high`. The slope at a bound is 0. */
export const clamp: PrimitiveFunction<[NDArray, NDArray, NDArray], NoParams> = definePrimitive<
  [NDArray, NDArray, NDArray]
>({
  name: "clamp",
  evaluate: ([low, x, high]) => extremumOf(smaller, extremumOf(larger, x, low), high),
  abstractEval: (operands) => requireEqual("clamp", operands),
  jvp: ([low, x, high], [dLow, dx, dHigh]) => {
    const part = (tangent: Tangent, attained: () => NDArray): Tangent =>
      isZero(tangent) ? tangent : keepWhere(attained(), tangent);
    const parts = [
      part(dLow, () => and(lt(x, low), lt(low, high))),
      part(dx, () => and(gt(x, low), lt(x, high))),
      part(dHigh, () => or(gt(x, high), gt(low, high))),
    ];
    return [clamp(low, x, high), parts.reduce(addTangents)];
  },
  transpose: notLinear,
  batch: elementwiseBatch(([low, x, high]) => clamp(low!, x!, high!)),
  lower: elementwise(([low, x, high]) => binaryExpression("min", binaryExpression("max", x!, low!), high!)),
  laws: {
    sample: sampleElementwise(noParameters, reals(-1.001, -1), reals(-2, 2, [-1, 1]), reals(1, 1.001)),
    reference: (low, x, high) => (x! < low! ? low! : x! > high! ? high! : x!),
    maxUlp: 0,
  },
});

// --- reduceMax and reduceMin ------------------------------------------------------------------

const requireElements = (name: string, x: Aval, axes: readonly number[], outputSize: number): void => {
  if (outputSize > 0 && axes.some((axis) => x.shape[axis] === 0))
    throw new EmptyReduction(
      name,
      `${showAval(x)} over axes [${axes.join(",")}] has no elements to choose from`,
      "Give the axis at least one element, or treat the empty case apart",
    );
};

const reducedShape = (name: string, x: Aval, axes: readonly number[]): Shape => {
  const shape = dropAxes(x.shape, axes);
  requireElements(name, x, axes, sizeOf(shape));
  return shape;
};

/** The mean of the tangents of the elements that attain the extremum; NaN where the extremum is NaN, in both modes. */
const reductionJvp =
  (call: (x: NDArray, params: AxesParams) => NDArray): Primitive<[NDArray], AxesParams>["jvp"] =>
  ([x], [dx], params) => {
    const out = call(x, params);
    const attained = asDType(eq(x, spread(out, x.shape, params.axes)), x.dtype);
    const count = reduceSum(attained, params);
    return [out, div(reduceSum(mul(attained, dx as NDArray), params), count)];
  };

const sampleReduction = (pick: Pick): LawCase<AxesParams> => {
  const shape = pick.shape({ maxRank: 3, minSize: 1 });
  return {
    inputs: [{ shape, dtype: "float64", domain: distinctReals(-2, 2) }],
    params: { axes: pick.subset(shape.length) },
  };
};

/** Largest element over axes; on bool: any. @throws EmptyReduction */
export const reduceMax: PrimitiveFunction<[NDArray], AxesParams> = definePrimitive<[NDArray], AxesParams>({
  name: "reduceMax",
  evaluate: ([x], { axes }) => {
    reducedShape("reduceMax", x, axes);
    return axes.length === 0 ? x : evaluateReduction("max", x, axes);
  },
  abstractEval: ([x], { axes }) => ({ shape: reducedShape("reduceMax", x, axes), dtype: x.dtype }),
  jvp: reductionJvp((x, params) => reduceMax(x, params)),
  transpose: notLinear,
  batch: reductionBatch((x, params) => reduceMax(x, params)),
  lower: { kind: "reduction", combine: "max", axes: ({ axes }) => axes },
  simplify: extremeRules("reduceMax", () => reduceMax),
  laws: { sample: sampleReduction },
});

/** Smallest element over axes; on bool: all. @throws EmptyReduction */
export const reduceMin: PrimitiveFunction<[NDArray], AxesParams> = definePrimitive<[NDArray], AxesParams>({
  name: "reduceMin",
  evaluate: ([x], { axes }) => {
    reducedShape("reduceMin", x, axes);
    return axes.length === 0 ? x : evaluateReduction("min", x, axes);
  },
  abstractEval: ([x], { axes }) => ({ shape: reducedShape("reduceMin", x, axes), dtype: x.dtype }),
  jvp: reductionJvp((x, params) => reduceMin(x, params)),
  transpose: notLinear,
  batch: reductionBatch((x, params) => reduceMin(x, params)),
  lower: { kind: "reduction", combine: "min", axes: ({ axes }) => axes },
  simplify: extremeRules("reduceMin", () => reduceMin),
  laws: { sample: sampleReduction },
});

// --- argmax and argmin ------------------------------------------------------------------------

export interface AxisParams {
  readonly axis: number;
}

type Argument = PrimitiveFunction<[NDArray], AxisParams>;

type Search = (buffer: TypedArray, shape: Shape, axis: number, out: TypedArray) => void;

const argument = (name: "argmax" | "argmin", search: Search): Argument => {
  const call: Argument = definePrimitive<[NDArray], AxisParams>({
    name,
    evaluate: ([x], { axis }) => {
      requireElements(name, x, [axis], 1);
      const shape = dropAxes(x.shape, [axis]);
      const out = allocate("int32", sizeOf(shape));
      search(bufferOf(x), x.shape, axis, out);
      return fromBuffer(out, shape, "int32");
    },
    abstractEval: ([x], { axis }) => {
      requireElements(name, x, [axis], 1);
      return { shape: dropAxes(x.shape, [axis]), dtype: "int32" };
    },
    jvp: zeroTangent(([x]: [NDArray], params: AxisParams) => call(x, params)),
    transpose: notLinear,
    batch: ([x], [dim], { axis }) =>
      axis < dim! ? [call(x, { axis }), dim! - 1] : [call(x, { axis: axis + 1 }), dim!],
    lower: prebuilt(([x], { axis }) => planArgument(name, x!.dtype, x!.shape, axis)),
    flops: perElement(1),
    laws: {
      sample: (pick) => {
        const shape = pick.shape({ minRank: 1, maxRank: 3, minSize: 1 });
        return {
          inputs: [{ shape, dtype: "float64", domain: distinctReals(-2, 2) }],
          params: { axis: pick.integer(0, shape.length - 1) },
        };
      },
    },
  });
  return call;
};

/** Index (int32) along an axis of the first NaN, else of the first maximum. @throws EmptyReduction */
export const argmax: Argument = argument("argmax", argmaxOf);

/** Index (int32) along an axis of the first NaN, else of the first minimum. @throws EmptyReduction */
export const argmin: Argument = argument("argmin", argminOf);

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  ...[max, min, abs, sign, clamp].map((call) => call.primitive as Primitive),
  ...[reduceMax, reduceMin].map((call) => call.primitive),
  ...[argmax, argmin].map((call) => call.primitive),
];
