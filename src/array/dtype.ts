/**
 * Element types and their promotion.
 * Numbers of JavaScript are weakly typed: they never widen a float array, and an integer joins an
 * integer array as an integer; a fraction turns it into float64.
 * The strong table is JAX's, except int32 + uint32 = float64: both are exact there and no int64 exists.
 */
import { DTypeMismatch } from "../error.ts";

export type DType = "float64" | "float32" | "int32" | "uint32" | "bool";

/** Whole raw numbers by the integer dtypes that hold them: both, int32 alone, uint32 alone, neither. */
export type WholeType = "integer" | "negative" | "unsigned" | "huge";
/** How strongly an array holds on to its dtype: `false` is strong, the others yield to strong operands. */
export type WeakType = false | "float" | WholeType;

/** Whether it stands for a whole raw number. */
export const isWeakWhole = (weakType: WeakType): weakType is WholeType => weakType !== false && weakType !== "float";

/** The kind of a raw number. Its type alone then says what it promotes to, so traced numbers do as known ones. */
export const weakTypeOf = (value: number): WeakType => {
  if (!Number.isInteger(value)) return "float";
  if (value < 0) return value >= -(2 ** 31) ? "negative" : "huge";
  return value < 2 ** 31 ? "integer" : value < 2 ** 32 ? "unsigned" : "huge";
};

/** Whether the dtype holds every raw number of the kind; floats hold all. */
export const holdsWeak = (dtype: DType, weakType: WeakType): boolean => {
  if (isFloat(dtype) || weakType === "integer") return true;
  return (dtype === "int32" && weakType === "negative") || (dtype === "uint32" && weakType === "unsigned");
};

export type TypedArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

/** The same with memory of its own, as the web takes it. */
export type OwnTypedArray =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

export const dtypes: readonly DType[] = ["float64", "float32", "int32", "uint32", "bool"];

export const isDType = (value: unknown): value is DType => dtypes.includes(value as DType);

export const isFloat = (dtype: DType): boolean => dtype === "float64" || dtype === "float32";

export const isInteger = (dtype: DType): boolean => dtype === "int32" || dtype === "uint32";

const bytesPerElement: Readonly<Record<DType, number>> = { float64: 8, float32: 4, int32: 4, uint32: 4, bool: 1 };

export const itemSize = (dtype: DType): number => bytesPerElement[dtype];

/** A number as it reads back from storage of the dtype: rounded, or wrapped as integers are. */
export const storedAs = (dtype: DType, value: number): number => {
  switch (dtype) {
    case "float64":
      return value;
    case "float32":
      return Math.fround(value);
    case "int32":
      return value | 0;
    case "uint32":
      return value >>> 0;
    case "bool":
      return value & 255;
  }
};

/** dtype of a typed array; `Uint8Array` reads as bool. Other views are refused. */
export const dtypeOf = (data: ArrayBufferView): DType => {
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint32Array) return "uint32";
  if (data instanceof Uint8Array) return "bool";
  throw new DTypeMismatch(
    "array(data)",
    `${data.constructor.name} has no dtype here`,
    "Use Float64Array, Float32Array, Int32Array, Uint32Array, or Uint8Array for booleans",
  );
};

const joined: Readonly<Record<DType, Readonly<Record<DType, DType>>>> = {
  float64: { float64: "float64", float32: "float64", int32: "float64", uint32: "float64", bool: "float64" },
  float32: { float64: "float64", float32: "float32", int32: "float32", uint32: "float32", bool: "float32" },
  int32: { float64: "float64", float32: "float32", int32: "int32", uint32: "float64", bool: "int32" },
  uint32: { float64: "float64", float32: "float32", int32: "float64", uint32: "uint32", bool: "uint32" },
  bool: { float64: "float64", float32: "float32", int32: "int32", uint32: "uint32", bool: "bool" },
};

/** Common dtype of two strong operands: total and symmetric. Lists go through `resultType`. */
export const promoteTypes = (left: DType, right: DType): DType => joined[left][right];

export interface Typed {
  readonly dtype: DType;
  readonly weakType: WeakType;
}

/** Common dtype of operands, weak numbers included, whatever their order. All weak gives a weak float64. */
export const resultType = (operands: readonly Typed[]): Typed => {
  const weak: WeakType[] = [];
  const strong: DType[] = [];
  for (const { dtype, weakType } of operands) {
    if (weakType === false) strong.push(dtype);
    else weak.push(weakType);
  }
  if (strong.length === 0) return { dtype: "float64", weakType: "float" };
  const floats = strong.filter(isFloat);
  const joint = (floats.length > 0 ? floats : strong).reduce(promoteTypes);
  const dtype = joint === "bool" && weak.length > 0 ? "int32" : joint;
  return { dtype: weak.every((weakType) => holdsWeak(dtype, weakType)) ? dtype : "float64", weakType: false };
};
