/** cotangent/numpy: NumPy's functions in camelCase on immutable, traceable arrays. */
import "./methods.ts";

export * from "./creation.ts";
export * from "./ranges.ts";
export * from "./diagonals.ts";
export * from "./places.ts";
export * from "./closeness.ts";
export * from "./elementwise.ts";
export * from "./indexing.ts";
export * from "./taking.ts";
export * from "./dynamic-slices.ts";
export * from "./manipulation.ts";
export * from "./joining.ts";
export * from "./rearranging.ts";
export * from "./padding.ts";
export * from "./products.ts";
export * from "./einsum.ts";
export * from "./functional.ts";
export * from "./reductions.ts";
export * from "./sorting.ts";
export * from "./interpolation.ts";
export * from "./sets.ts";
export * from "./selection.ts";
export * from "./segments.ts";
export * from "./inserting.ts";
export * from "./angles.ts";
export * from "./bitwise.ts";
export * from "./calculus.ts";
export * from "./correlation.ts";
export * from "./cumulative.ts";
export * from "./dtypes.ts";
export * from "./floating-point.ts";
export * from "./histograms.ts";
export * from "./nan-reductions.ts";
export * from "./polynomials.ts";
export * from "./quantiles.ts";
export * from "./statistics.ts";
export * from "./vector-products.ts";
export * from "./windows.ts";
export type { ProductFunction } from "./product-function.ts";
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
/** The Euler-Mascheroni constant, the limit of 1 + 1/2 + ... + 1/n - log n. */
export const eulerGamma: number = 0.5772156649015329;
