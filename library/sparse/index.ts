/** cotangent/sparse: sparse linear systems: direct and Krylov solvers. */
import "../numpy/methods.ts";

export {};
