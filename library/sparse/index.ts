/** cotangent/sparse: sparse linear systems: direct and Krylov solvers. */
import "../numpy/methods.ts";

export { sparsePattern } from "./pattern.ts";
export type { PatternOptions, SparsePattern, StaticIndices } from "./pattern.ts";
export { fromDense, todense } from "./dense.ts";
export type { FromDenseOptions } from "./dense.ts";
export { factorize } from "./factorization.ts";
export type { Factorization, Factorize, SparseInertia, SparseSlogdet } from "./factorization.ts";
export { sparseFactor, sparseMatvec, sparseSolve } from "./solve.ts";
export type { MatvecOptions, SolveOptions, SparseFactor, SparseMatvec, SparseSolve } from "./solve.ts";
export type { Assumption, SparseReport, Triangle } from "../../ops/sparse-pattern.ts";
export { bicgstab } from "./krylov/bicgstab.ts";
export { cg } from "./krylov/cg.ts";
export { gmres } from "./krylov/gmres.ts";
export type { GmresOptions } from "./krylov/gmres.ts";
export type { KrylovOptions, KrylovResult } from "./krylov/iteration.ts";
export { stopReasons } from "../../ops/convergence.ts";
