/**
 * Chains of conversions of which no bit shows the one in the middle: a dtype that holds every value of another one, and
 * integers modulo 2^32 to and fro.
 */
import { isFloat, isInteger } from "../src/array/dtype.ts";
import type { DType } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import type { Simplification } from "../src/ir/primitive.ts";
import { rule } from "./rules.ts";

interface ConvertParams {
  readonly dtype: DType;
  readonly weakType: any;
}

/** Whether every value of the first dtype is one of the second. */
const isHeld = (from: DType, by: DType): boolean =>
  from === "bool" || from === by || (by === "float64" && (from === "float32" || isInteger(from)));

/** Whether the conversion by way of the middle one gives what the direct one does. */
const isDirect = (from: DType, middle: DType, to: DType): boolean => {
  if (isInteger(from) && isInteger(middle)) return from === to || to === "bool";
  if (!isHeld(from, middle)) return false;
  // A float saturates where one integer dtype wraps into the other.
  return !isInteger(from) || !isInteger(to) || from === to || !isFloat(middle);
};

export const convertRules = (convert: () => PrimitiveFunction<[NDArray], ConvertParams>): readonly Simplification[] => [
  rule(
    "a conversion by way of a dtype that holds all values is direct",
    "the first step loses nothing, so the last one rounds, saturates or wraps as alone; integers wrap to and fro",
    ([x]: readonly NDArray[], params: ConvertParams, { madeBy }) => {
      const made = madeBy(x!, convert());
      if (made === null) return null;
      const [source] = made.inputs;
      return isDirect(source.dtype, x!.dtype, params.dtype) ? convert()(source, params) : null;
    },
  ),
];
