/** cotangent/testing: are derivatives, mapping and compiling of a function right? Needs no test runner and no other package. */
export { checkGrads } from "./check-grads.ts";
export type { CheckGradsOptions, GradReport, Mode } from "./check-grads.ts";
export { checkVmap } from "./check-vmap.ts";
export type { CheckVmapOptions, VmapReport } from "./check-vmap.ts";
export { checkJit } from "./check-jit.ts";
export type { CheckJitOptions, JitReport } from "./check-jit.ts";
