/** cotangent/testing: the checks this library is tested with, for functions and primitives of one's own. */
export { checkGrads } from "./check-grads.ts";
export type { CheckGradsOptions, GradReport, Mode } from "./check-grads.ts";
export { checkVmap } from "./check-vmap.ts";
export type { CheckVmapOptions, VmapReport } from "./check-vmap.ts";
export { checkJit } from "./check-jit.ts";
export type { CheckJitOptions, JitReport } from "./check-jit.ts";
export { checkLaws } from "./check-laws.ts";
export type { CheckLawsOptions, LawReport } from "./check-laws.ts";
export type { Definition, Reference, Table } from "./definition.ts";
export { arrays, axes, broadcastableShapes, dtypes, shapes, trees } from "./arbitraries.ts";
export type { ArrayArbitraryOptions, ArrayTree, ShapeOptions } from "./arbitraries.ts";
export { caseOf, generateProgram, printProgram, programFunction, programs } from "./program-arbitrary.ts";
export type { ProgramOptions } from "./program-arbitrary.ts";
export { checkProgram } from "./program-laws.ts";
export type { CheckProgramOptions, ProgramReport } from "./program-laws.ts";
export { createQuota } from "./quota.ts";
export type { Quota } from "./quota.ts";
export type { Instruction, OwnPrimitive, Program } from "./program.ts";
