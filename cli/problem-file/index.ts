/** Problem files: what they may say, reading them, and the same as help and as JSON Schema. */
export { readRunFile } from "./read-run-file.ts";
export { describeRunFile } from "./describe-run-file.ts";
export { runFileSchema } from "./run-file-schema.ts";
export { check } from "./check.ts";
export { costLimits, estimateCost } from "./cost.ts";
export { scheduleAt } from "./schedule.ts";
export type { RunCost } from "./cost.ts";
export { isKept, volumeFractionOf } from "./settle.ts";
export type { Check } from "./check.ts";
export type { FileFault } from "./faults.ts";
export type { Remark } from "./geometry-checks.ts";
export type {
  CustomProblem,
  NamedProblem,
  OutputFormat,
  RunConstraint,
  RunFile,
  RunInterpolation,
  RunLoad,
  RunMesh,
  RunNetwork,
  RunObjective,
  RunOptimizer,
  RunOutput,
  RunParameterization,
  RunPixels,
  RunProblem,
  RunSchedule,
  RunSpring,
  RunStop,
  RunSupport,
  RunUnconstrainedOptimizer,
  Selector,
  SuiteProblem,
} from "./types.ts";
