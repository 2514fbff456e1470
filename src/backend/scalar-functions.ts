/**
 * The scalar functions that expressions may call, by name: those of kernels/elementary and kernels/scalar-math.ts that the
 * interpreter uses too, hence equal bits. Elementary functions take and give numbers of the dtype; arguments and results of
 * all others are float64, and the caller rounds or wraps.
 */
import { elementary, scalarOf } from "../../kernels/elementary/index.ts";
import * as scalarMath from "../../kernels/scalar-math.ts";
import { isFloat } from "../array/dtype.ts";
import type { DType } from "../array/dtype.ts";
import { InvalidJaxpr } from "../error.ts";

export type ScalarFunction = (...x: number[]) => number;

const exported: Readonly<Record<string, unknown>> = scalarMath;
const floats: Readonly<Record<string, ScalarFunction>> = { ...scalarMath.unaryMath, ...scalarMath.binaryMath };

/** Whether the function is a text of kernels/elementary in the precision of the dtype. */
export const isElementary = (name: string, dtype: DType): dtype is "float64" | "float32" =>
  isFloat(dtype) && Object.hasOwn(elementary, name);

/**
 * @param dtype  of the result
 * @throws InvalidJaxpr
 */
export const scalarFunction = (name: string, dtype: DType): ScalarFunction => {
  if (isElementary(name, dtype)) return scalarOf(name, dtype);
  const found = Object.hasOwn(floats, name) ? floats[name] : exported[name];
  if (typeof found !== "function")
    throw new InvalidJaxpr(
      "compilation of an expression",
      `no scalar function ${name}`,
      "Name a function of kernels/elementary or kernels/scalar-math.ts",
    );
  return found as ScalarFunction;
};
