/** Runs: what is asked of one, the machine and the loop around it, certificates of its gradients. */
export type { Bounds } from "./bounds.ts";
export type { Certificate, GradientCheck, Verdict } from "./verdict.ts";
export type { Scheduled } from "./continuation.ts";
export type { ConstraintEntry, IterationEntry } from "./entry.ts";
export { experiment, isCertifiedAt } from "./experiment.ts";
export type { Experiment, Step } from "./experiment.ts";
export { historyRows } from "./history-rows.ts";
export { optimizeSeeds } from "./seeds.ts";
export type { SeedResult } from "./seeds.ts";
export type { EndReason, Evaluated, RunState } from "./state.ts";
export { optimize, optimizeAsync } from "./optimize.ts";
export type { OptimizeResult } from "./optimize.ts";
export type { Callback, ExperimentOptions, LoopOptions, Moment, OptimizeOptions, StopRule } from "./options.ts";
export type { RunResult } from "./result.ts";
