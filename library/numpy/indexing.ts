/**
 * Reading and writing at indices: x.at(...).get(), .set(v), .add(v) and the other writes.
 * Numbers, slices and null are static: a box is cut out, or padded back. Arrays of integers gather and
 * scatter inside that box. Nothing is written in place: every write gives a new array.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { neg } from "../../ops/arithmetic.ts";
import { expandIndices, planIndices } from "./index-forms.ts";
import type { Index } from "./index-forms.ts";
import { asOperand } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { readArrays, readBox, requireReadOptions, reshaped, writeAt } from "./selected-elements.ts";
import type { MultiplyOptions, ReadOptions, Write, WriteOptions } from "./selected-elements.ts";

export { ellipsis, newaxis, slice } from "./index-forms.ts";
export type { Index, Slice } from "./index-forms.ts";
export type { MultiplyOptions, ReadOptions, WriteOptions } from "./selected-elements.ts";

/** Elements of an array at some indices, to be read or replaced. */
export interface IndexedArray<T extends NDArray = NDArray> {
  /** The elements. */
  readonly get: (options?: ReadOptions) => NDArray;
  /** The array with these elements replaced; where a place is named twice the last value wins. */
  readonly set: (values: Operand, options?: WriteOptions) => T;
  /** The array with values added; repeats accumulate. */
  readonly add: (values: Operand, options?: WriteOptions) => T;
  /** The array with values subtracted; repeats accumulate. */
  readonly sub: (values: Operand, options?: WriteOptions) => T;
  /** The array with these elements multiplied; repeats accumulate. */
  readonly mul: (values: Operand, options?: MultiplyOptions) => T;
  /** The array with these elements (floats) divided; repeats accumulate. */
  readonly div: (values: Operand, options?: MultiplyOptions) => T;
  /** The array with these elements (floats) raised to powers; the exponents of a place named twice multiply. */
  readonly power: (exponents: Operand, options?: MultiplyOptions) => T;
  /** The array with the larger of element and value; NaN wins, ties share the gradient equally. */
  readonly max: (values: Operand, options?: WriteOptions) => T;
  /** The array with the smaller of element and value; NaN wins, ties share the gradient equally. */
  readonly min: (values: Operand, options?: WriteOptions) => T;
  /** The array with a function applied to these elements, all at once; to a place named twice it is applied once. */
  readonly apply: (f: (elements: NDArray) => Operand, options?: WriteOptions) => T;
}

/**
 * The elements of `x` at indices, one per leading axis: whole numbers (negative from the end; they take the
 * axis away), `slice(start, stop, step)`, null for a whole axis, arrays of integers (negative ones count from
 * the end once; several broadcast together) or of booleans; `newaxis` for a new axis of size 1, `ellipsis` for all axes
 * that the others leave over. As in NumPy, the axes of arrays stand where the
 * arrays do, or in front if something stands between them. Lists of JavaScript are refused: write a slice or array.
 * @throws IndexOutOfRange for a number beyond the axis, eager and traced alike; InvalidIndex, DTypeMismatch
 * @throws TracerConversion for a traced mask
 * Arrays follow `mode`. What is read or written out of range has a zero gradient.
 * @example
 * np.at(array([1, 2, 3]), np.slice(1)).add(10) // [1, 12, 13]
 * array([1, 2, 3]).at(array([0, 0], { dtype: "int32" })).add(10) // [21, 2, 3]
 * array([1, 2, 3]).at(0).max(9) // [9, 2, 3]
 * array([[1, 2], [3, 4]]).at(np.ellipsis, -1, np.newaxis).get() // [[2], [4]]
 */
export const at = <T extends NDArray>(x: T, ...indices: readonly Index[]): IndexedArray<T> => {
  const source = asOperand("np.at", x);
  const expanded = expandIndices("x.at(...)", source.shape, indices);
  const own = reshaped(source, expanded.shape);
  const plan = planIndices("x.at(...)", own.shape, expanded.indices);
  const write =
    (name: Write, method: string = name) =>
    (values: Operand, options?: MultiplyOptions): T =>
      reshaped(writeAt(`x.at(...).${method}`, own, plan, values, name, options), source.shape) as T;
  const read = (options: ReadOptions): NDArray => {
    const region = readBox(own, plan);
    return plan.arrays.length === 0 ? region : readArrays("x.at(...).get", region, plan, options);
  };
  return {
    get: (options = {}) => {
      requireReadOptions("x.at(...).get", options);
      return read(options);
    },
    set: write("set"),
    add: write("add"),
    sub: (values, options) => write("add", "sub")(neg(asOperand("x.at(...).sub", values)), options),
    mul: write("mul"),
    div: write("div"),
    power: write("power"),
    max: write("max"),
    min: write("min"),
    apply: (f, options) => {
      const mode = options?.mode === "wrap" ? "wrap" : "clip";
      return write("set", "apply")(f(read({ mode })), options);
    },
  };
};
