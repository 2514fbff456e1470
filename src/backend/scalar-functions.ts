/**
 * The scalar functions that expressions may call, by name: those of kernels/scalar-math.ts that the
 * interpreter uses too, hence equal bits. Arguments and result are float64; the caller rounds or wraps.
 */
import * as scalarMath from "../../kernels/scalar-math.ts";
import { InvalidJaxpr } from "../error.ts";

export type ScalarFunction = (...x: number[]) => number;

const exported: Readonly<Record<string, unknown>> = scalarMath;
const floats: Readonly<Record<string, ScalarFunction>> = { ...scalarMath.unaryMath, ...scalarMath.binaryMath };

/** @throws InvalidJaxpr */
export const scalarFunction = (name: string): ScalarFunction => {
  const found = Object.hasOwn(floats, name) ? floats[name] : exported[name];
  if (typeof found !== "function")
    throw new InvalidJaxpr(
      "compilation of an expression",
      `no scalar function ${name}`,
      "Name a function of kernels/scalar-math.ts",
    );
  return found as ScalarFunction;
};
