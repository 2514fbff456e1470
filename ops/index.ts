/**
 * cotangent/ops: the first-order primitives, one line a family, in the order in which they build on each other.
 * A family's name leads to its file: `trigonometric.sin` is in ops/trigonometric.ts.
 */
export * as shape from "./shape.ts";
export * as conversion from "./conversion.ts";
export * as checkpointing from "./checkpointing.ts";
export * as arithmetic from "./arithmetic.ts";
export * as comparison from "./comparison.ts";
export * as exponential from "./exponential.ts";
export * as trigonometric from "./trigonometric.ts";
export * as rounding from "./rounding.ts";
export * as special from "./special.ts";
export * as entropy from "./entropy.ts";
export * as bessel from "./bessel.ts";
export * as integrals from "./integrals.ts";
export * as gammaShape from "./gamma-shape.ts";
export * as incomplete from "./incomplete.ts";
export * as combinations from "./combinations.ts";
export * as extrema from "./extrema.ts";
export * as slicing from "./slicing.ts";
export * as indexing from "./indexing.ts";
export * as scatterExtrema from "./scatter-extrema.ts";
export * as dynamicSlicing from "./dynamic-slicing.ts";
export * as integers from "./integers.ts";
export * as floatParts from "./float-parts.ts";
export * as cumulative from "./cumulative.ts";
export * as sorting from "./sorting.ts";
export * as randomBits from "./random-bits.ts";
export * as randomSampling from "./random-sampling.ts";
export * as contraction from "./contraction.ts";
export * as factorization from "./factorization.ts";
export * as orthogonalFactorization from "./orthogonal-factorization.ts";
export * as polar from "./polar.ts";
export * as spectral from "./spectral.ts";
export * as matrixFunctions from "./matrix-functions.ts";
export * as convolution from "./convolution.ts";
export * as windows from "./windows.ts";
export * as resampling from "./resampling.ts";
export * as feProducts from "./fe-products.ts";
export * as feSolve from "./fe-solve.ts";
export * as sparseSolve from "./sparse-solve.ts";
export * as sparseReadings from "./sparse-readings.ts";
export * as checks from "./checks.ts";
export * as callback from "./callback.ts";
