/**
 * Operands of the array functions: raw numbers become weak scalars, dtypes are promoted, shapes broadcast.
 * This is the only place where primitives' demand for equal shapes and dtypes is met.
 */
import { showValue } from "../../src/describe.ts";
import { DTypeMismatch, InvalidOption, NotAnArray } from "../../src/error.ts";
import { weakScalar } from "../../src/array/create.ts";
import { isDType, isFloat, resultType } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import { bufferOf, isConcrete, NDArray, scalar } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { broadcastShapes, sameShape } from "../../src/array/shape.ts";
import { convert } from "../../ops/conversion.ts";
import { requireOptions } from "../../src/options.ts";
import { broadcast } from "../../ops/shape.ts";

/** What array functions accept: an array (concrete or traced) or a raw number or boolean. */
export type Operand = NDArray | number | boolean;

/** The operand as an array. @throws NotAnArray for lists, strings, undefined, Promises */
export const asOperand = (asked: string, x: unknown): NDArray => {
  if (x instanceof NDArray) return x;
  if (typeof x === "number" || typeof x === "boolean") return weakScalar(x);
  const kind =
    x === null
      ? "null"
      : Array.isArray(x) || ArrayBuffer.isView(x)
        ? "a list"
        : x instanceof Promise
          ? "a Promise"
          : typeof x === "object"
            ? "an object"
            : `a ${typeof x}`;
  throw new NotAnArray(
    asked,
    `${x === undefined ? "undefined" : kind} where an array or number is expected`,
    "Convert data with array(...) first",
  );
};

/** Refuses what is no list. */
export const requireList = (asked: string, name: string, value: unknown): void => {
  if (!Array.isArray(value)) throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a list");
};

/** Refuses what is no function. */
export const requireCallable = (asked: string, name: string, value: unknown): void => {
  if (typeof value !== "function") throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a function");
};

/** Refuses what is no dtype. */
export const requireDType = (asked: string, dtype: DType): void => {
  if (!isDType(dtype))
    throw new DTypeMismatch(asked, `dtype ${showValue(dtype)}`, "Use float64, float32, int32, uint32 or bool");
};

/** The dtype among the options, after checking them. */
export const dtypeOption = (
  asked: string,
  options: { readonly dtype?: DType },
  otherwise: DType,
  others: readonly string[] = [],
): DType => {
  requireOptions(asked, options, ["dtype", ...others]);
  const { dtype = otherwise } = options;
  requireDType(asked, dtype);
  return dtype;
};

/** The array in another dtype; weak scalars are rewritten without an equation. */
export const toDType = (x: NDArray, dtype: DType, keepWeak = false): NDArray => {
  if (x.dtype === dtype && (x.weakType === false || keepWeak)) return x;
  if (x.weakType !== false && isConcrete(x) && x.shape.length === 0 && isFloat(dtype))
    return scalar(bufferOf(x)[0]!, dtype);
  return convert(x, { dtype, weakType: false });
};

/** The array repeated to a shape it broadcasts to. */
export const broadcastArray = (x: NDArray, shape: Shape): NDArray => {
  if (sameShape(x.shape, shape)) return x;
  const lead = shape.length - x.shape.length;
  return broadcast(x, { shape, axes: x.shape.map((_, axis) => axis + lead) });
};

/** Whether all are strong arrays of one dtype and shape: nothing is to be done. */
const areAlike = (arrays: readonly NDArray[]): boolean => {
  const first = arrays[0]!;
  for (const { dtype, weakType, shape } of arrays)
    if (dtype !== first.dtype || weakType !== false || !sameShape(shape, first.shape)) return false;
  return true;
};

/** Operands with a common dtype and shape. All weak stays weak. */
export const promote = (asked: string, operands: readonly unknown[]): NDArray[] => {
  const arrays: NDArray[] = [];
  for (const x of operands) arrays.push(x instanceof NDArray ? x : asOperand(asked, x));
  if (areAlike(arrays)) return arrays;
  const { dtype, weakType } = resultType(arrays);
  const shape = broadcastShapes(asked, ...arrays.map((x) => x.shape));
  return arrays.map((x) => broadcastArray(toDType(x, dtype, weakType !== false), shape));
};

/** Operands of a function defined on floats: integers and booleans become float64. */
export const promoteFloat = (asked: string, operands: readonly unknown[]): NDArray[] => {
  const arrays = promote(asked, operands);
  return isFloat(arrays[0]!.dtype) ? arrays : arrays.map((x) => toDType(x, "float64"));
};

/** Operands of arithmetic: booleans count as int32. */
export const promoteNumber = (asked: string, operands: readonly unknown[]): NDArray[] => {
  const arrays = promote(asked, operands);
  return arrays[0]!.dtype === "bool" ? arrays.map((x) => toDType(x, "int32")) : arrays;
};
