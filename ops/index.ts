/**
 * cotangent/ops: the first-order primitives, one line a family, in the order in which they build on each other.
 * A family's name leads to its file: `trigonometric.sin` is in ops/trigonometric.ts.
 */
export * as shape from "./shape.ts";
export * as conversion from "./conversion.ts";
export * as arithmetic from "./arithmetic.ts";
export * as comparison from "./comparison.ts";
export * as exponential from "./exponential.ts";
export * as trigonometric from "./trigonometric.ts";
export * as rounding from "./rounding.ts";
export * as extrema from "./extrema.ts";
export * as slicing from "./slicing.ts";
export * as indexing from "./indexing.ts";
export * as cumulative from "./cumulative.ts";
export * as sorting from "./sorting.ts";
export * as contraction from "./contraction.ts";
export * as convolution from "./convolution.ts";
export * as feSolve from "./fe-solve.ts";
export * as callback from "./callback.ts";
