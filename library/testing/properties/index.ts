/**
 * cotangent/testing/properties: the laws of primitives and of random programs, and arbitraries, beside all of
 * cotangent/testing. Needs the package fast-check, 4.0 or later.
 */
export * from "../index.ts";
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
