/** Runs: what is asked of one, the machine and the loop around it, certificates of its gradients. */
export { certifier } from "./certificate.ts";
export type { Certificate, GradientCheck } from "./certificate.ts";
export type { ConstraintEntry, IterationEntry } from "./entry.ts";
export { experiment } from "./experiment.ts";
export type { Experiment, Step } from "./experiment.ts";
export { optimizeSeeds } from "./seeds.ts";
export type { SeedResult } from "./seeds.ts";
export type { EndReason, Evaluated, RunState } from "./transition.ts";
export { optimize } from "./optimize.ts";
export type { OptimizeResult } from "./optimize.ts";
export type { OptimizeOptions, Scheduled, StopRule } from "./options.ts";
