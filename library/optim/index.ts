/** cotangent/optim: optimizers as pure functions of arrays: gradients to steps, or evaluations to the next point. */
import "../numpy/methods.ts";

export type { ArrayTree, Bound, Bounds, Evaluation, GradientTransformation, Optimizer } from "./types.ts";
export type { LearningRate, Schedule } from "./options.ts";
export { adagrad } from "./adagrad.ts";
export type { AdagradOptions } from "./adagrad.ts";
export { adam, adamw } from "./adam.ts";
export type { AdamOptions, AdamWOptions } from "./adam.ts";
export { applyUpdates } from "./apply-updates.ts";
export { lbfgs } from "./lbfgs.ts";
export type { Lbfgs, LbfgsOptions } from "./lbfgs.ts";
export { gradientTransformation, optimizer } from "./own.ts";
export type { OwnGradientTransformation, OwnOptimizer } from "./own.ts";
export { rmsprop } from "./rmsprop.ts";
export type { RmspropOptions } from "./rmsprop.ts";
export {
  constant,
  cosineDecay,
  exponentialDecay,
  joinSchedules,
  linear,
  piecewiseConstant,
  polynomialDecay,
  warmupCosineDecay,
} from "./schedules.ts";
export type {
  ArraySchedule,
  CosineDecayOptions,
  ExponentialDecayOptions,
  PolynomialDecayOptions,
  WarmupCosineDecayOptions,
} from "./schedules.ts";
export { sgd } from "./sgd.ts";
export type { SgdOptions } from "./sgd.ts";
export {
  addDecayedWeights,
  chain,
  clip,
  clipByGlobalNorm,
  identity,
  scale,
  scaleBySchedule,
} from "./transformations.ts";

// --- Constrained problems ---------------------------------------------------------------------

export { mma } from "./mma.ts";
export { gcmma } from "./gcmma.ts";
export type { GcmmaOptions } from "./gcmma.ts";
export type { AsymptoteOptions } from "./constrained-asymptotes.ts";
export { augmentedLagrangian } from "./augmented-lagrangian.ts";
export type { AugmentedLagrangianOptions } from "./augmented-lagrangian-options.ts";
export { optimalityCriteria } from "./optimality-criteria.ts";
export type { OptimalityCriteriaOptions } from "./optimality-criteria.ts";
