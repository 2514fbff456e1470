/**
 * Conversion family: convert (element type and weakness) and stopGradient. Both are identities as far as
 * the target can hold the value; the derivative passes between floats and nowhere else.
 * Floats turn into integers towards zero, saturating, NaN into 0; into bool by x != 0, NaN is true.
 */
import type { DType, WeakType } from "../src/array/dtype.ts";
import { isFloat, isInteger } from "../src/array/dtype.ts";
import { castBuffer } from "../src/array/create.ts";
import { bufferOf, fromBuffer, viewAs } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { elementwise } from "../src/ir/lowering.ts";
import { isLinearInput, notLinear, reals, zero, zeroTangent } from "../src/ir/primitive.ts";
import type { LinearInput, Primitive } from "../src/ir/primitive.ts";
import { elementwiseBatch } from "./batching.ts";
import { convertRules } from "./conversion-rules.ts";
import { noParameters } from "./elementwise.ts";
import { only } from "./shape.ts";

interface ConvertParams {
  readonly dtype: DType;
  readonly weakType: WeakType;
}

/** Whether the conversion is a linear map: between floats, or between integers modulo 2^32. */
const isLinearCast = (from: DType, to: DType): boolean =>
  (isFloat(from) && isFloat(to)) || (isInteger(from) && isInteger(to));

/** Elements in another dtype, and how strongly the result holds on to it. */
export const convert: PrimitiveFunction<[NDArray], ConvertParams> = definePrimitive<[NDArray], ConvertParams>({
  name: "convert",
  evaluate: ([x], { dtype, weakType }) =>
    x.dtype === dtype
      ? viewAs(x, x.shape, weakType)
      : fromBuffer(castBuffer(bufferOf(x), x.dtype, dtype), x.shape, dtype, weakType),
  abstractEval: ([x], { dtype }) => ({ shape: x.shape, dtype }),
  jvp: ([x], [dx], params) => {
    const out = convert(x, params);
    return [out, isLinearCast(x.dtype, params.dtype) ? asDType(dx as NDArray, params.dtype) : zero(out)];
  },
  transpose: (cotangents, [x], { dtype }) => {
    const from = dtypeOf(x);
    return isLinearCast(from, dtype) ? [asDType(only(cotangents), from)] : notLinear(cotangents, [x], {});
  },
  batch: elementwiseBatch(([x], params: ConvertParams) => convert(x!, params)),
  lower: elementwise(([x], { dtype }) => (x!.dtype === dtype ? x! : { op: "convert", x: x!, dtype })),
  weakType: (_inputs, { weakType }) => weakType,
  simplify: convertRules(() => convert),
  laws: {
    // Differences are not accurate in float32: derivatives between the floats stand in test/ops/conversion.test.ts.
    sample: (pick) => {
      const [from, to] = pick.oneOf<readonly [DType, DType]>([
        ["float64", "float64"],
        ["float64", "float32"],
        ["float32", "float64"],
        ["float64", "int32"],
        ["float64", "bool"],
        ["float32", "int32"],
        ["float32", "bool"],
        ["int32", "float64"],
        ["int32", "float32"],
        ["int32", "uint32"],
        ["uint32", "float64"],
        ["uint32", "float32"],
        ["bool", "float64"],
        ["bool", "int32"],
      ]);
      const domain = from === "uint32" || from === "bool" ? reals(0, 1) : reals(-3, 3, [-3, -2, -1, 0, 1, 2, 3]);
      return {
        inputs: [{ shape: pick.shape({ maxRank: 3 }), dtype: from, domain }],
        params: { dtype: to, weakType: false },
      };
    },
  },
});

/** The array itself, or its elements as a strong array of the dtype. */
export const asDType = (x: NDArray, dtype: DType): NDArray =>
  x.dtype === dtype ? x : convert(x, { dtype, weakType: false });

/** x in the dtype and weakness of this type. */
export const asType = (x: NDArray, { dtype, weakType }: ConvertParams): NDArray =>
  x.dtype === dtype && x.weakType === weakType ? x : convert(x, { dtype, weakType });

const dtypeOf = (x: NDArray | LinearInput): DType => (isLinearInput(x) ? x.aval.dtype : x.dtype);

/** x, a constant to every derivative. */
export const stopGradient: PrimitiveFunction<[NDArray], NoParams> = definePrimitive<[NDArray]>({
  name: "stopGradient",
  evaluate: ([x]) => x,
  abstractEval: ([x]) => ({ shape: x.shape, dtype: x.dtype }),
  jvp: zeroTangent(([x]: [NDArray]) => stopGradient(x)),
  transpose: () => [null], // agrees with jvp: nothing flows back
  batch: elementwiseBatch(([x]) => stopGradient(x!)),
  lower: elementwise(([x]) => x!),
  weakType: ([x]) => x.weakType,
  laws: {
    // integers: on floats the rule contradicts differences, on purpose
    sample: (pick) => ({
      inputs: [{ shape: pick.shape({ maxRank: 3 }), dtype: "int32", domain: reals(-3, 3) }],
      params: noParameters(),
    }),
    reference: (x) => x,
    maxUlp: 0,
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [convert.primitive, stopGradient.primitive];
