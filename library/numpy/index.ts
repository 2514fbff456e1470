/** cotangent/numpy: NumPy's functions in camelCase on immutable, traceable arrays. */
import "./methods.ts";

export * from "./creation.ts";
export * from "./closeness.ts";
export * from "./elementwise.ts";
export * from "./indexing.ts";
export * from "./manipulation.ts";
export * from "./products.ts";
export * from "./reductions.ts";
export * from "./sorting.ts";
export type { Operand } from "./operand.ts";
export { NDArray } from "../../src/array/ndarray.ts";
export type { DType } from "../../src/array/dtype.ts";

/** Archimedes' constant. */
export const pi: number = Math.PI;
/** Euler's number. */
export const e: number = Math.E;
/** Positive infinity. */
export const inf: number = Infinity;
/** Not a number. */
export const nan: number = NaN;
