/**
 * Questions about element types: what a dtype is, what operands promote to, which numbers it holds.
 */
import { showValue } from "../../src/describe.ts";
import { DTypeMismatch, InvalidOption } from "../../src/error.ts";
import { isDType, isFloat, isInteger, resultType as joinTypes } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import { asOperand, requireDType } from "./operand.ts";
import type { Operand } from "./operand.ts";

/** Families of dtypes in the array API's words. */
export type DTypeKind =
  | "bool"
  | "signed integer"
  | "unsigned integer"
  | "integral"
  | "real floating"
  | "complex floating"
  | "numeric";

const kinds: Readonly<Record<DTypeKind, (dtype: DType) => boolean>> = {
  bool: (dtype) => dtype === "bool",
  "signed integer": (dtype) => dtype === "int32",
  "unsigned integer": (dtype) => dtype === "uint32",
  integral: isInteger,
  "real floating": isFloat,
  "complex floating": () => false,
  numeric: (dtype) => dtype !== "bool",
};

/**
 * Whether a dtype is the given one, is of the given kind, or is in a list of such.
 * @throws DTypeMismatch, InvalidOption
 * @example np.isdtype("int32", "integral") // true
 * np.isdtype("float32", ["bool", "float64"]) // false
 */
export const isdtype = (dtype: DType, kind: DType | DTypeKind | readonly (DType | DTypeKind)[]): boolean => {
  requireDType("np.isdtype", dtype);
  return (Array.isArray(kind) ? (kind as readonly (DType | DTypeKind)[]) : [kind as DType | DTypeKind]).some((each) => {
    if (Object.hasOwn(kinds, each)) return kinds[each as DTypeKind](dtype);
    if (isDType(each)) return each === dtype;
    throw new InvalidOption(
      "np.isdtype",
      `kind ${showValue(each)}`,
      `Use a dtype or one of ${Object.keys(kinds).join(", ")}`,
    );
  });
};

/**
 * The dtype that operands promote to: arrays, numbers (which yield to arrays) and dtypes.
 * @throws NotAnArray, DTypeMismatch
 * @example np.resultType("float32", "int32", 1.5) // "float32"
 */
export const resultType = (...operands: readonly (Operand | DType)[]): DType => {
  if (operands.length === 0) throw new InvalidOption("np.resultType", "no operands", "Give arrays, numbers or dtypes");
  return joinTypes(
    operands.map((each) => {
      if (typeof each !== "string") return asOperand("np.resultType", each);
      requireDType("np.resultType", each);
      return { dtype: each, weakType: false as const };
    }),
  ).dtype;
};

/** What a float dtype can hold. */
export interface FloatLimits {
  readonly dtype: DType;
  readonly bits: number;
  /** Distance from 1 to the next larger number. */
  readonly eps: number;
  /** Distance from 1 to the next smaller number. */
  readonly epsneg: number;
  readonly max: number;
  readonly min: number;
  /** Smallest positive number of full precision. */
  readonly tiny: number;
  readonly smallestNormal: number;
  readonly smallestSubnormal: number;
  /** Decimal digits that survive. */
  readonly precision: number;
  /** Bits of the mantissa, without the hidden one. */
  readonly nmant: number;
}

const floatLimits = (dtype: DType, bits: number, nmant: number, bias: number, precision: number): FloatLimits => ({
  dtype,
  bits,
  eps: 2 ** -nmant,
  epsneg: 2 ** -(nmant + 1),
  max: (2 - 2 ** -nmant) * 2 ** bias,
  min: -(2 - 2 ** -nmant) * 2 ** bias,
  tiny: 2 ** (1 - bias),
  smallestNormal: 2 ** (1 - bias),
  smallestSubnormal: 2 ** (1 - bias - nmant),
  precision,
  nmant,
});

/**
 * Limits of float64 or float32.
 * @throws DTypeMismatch
 * @example np.finfo("float64").eps // 2.220446049250313e-16
 */
export const finfo = (dtype: DType): FloatLimits => {
  if (dtype === "float64") return floatLimits(dtype, 64, 52, 1023, 15);
  if (dtype === "float32") return floatLimits(dtype, 32, 23, 127, 6);
  throw new DTypeMismatch("np.finfo", `dtype ${showValue(dtype)}`, "Give float64 or float32");
};

/** What an integer dtype can hold. */
export interface IntegerLimits {
  readonly dtype: DType;
  readonly bits: number;
  readonly max: number;
  readonly min: number;
}

/**
 * Limits of int32 or uint32.
 * @throws DTypeMismatch
 * @example np.iinfo("int32").max // 2147483647
 */
export const iinfo = (dtype: DType): IntegerLimits => {
  if (dtype === "int32") return { dtype, bits: 32, max: 2 ** 31 - 1, min: -(2 ** 31) };
  if (dtype === "uint32") return { dtype, bits: 32, max: 2 ** 32 - 1, min: 0 };
  throw new DTypeMismatch("np.iinfo", `dtype ${showValue(dtype)}`, "Give int32 or uint32");
};
