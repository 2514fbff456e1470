/** cotangent/topopt: topology optimization on the library's transforms and finite elements. */
export { problems } from "./problems/index.ts";
export type {
  InverterOptions,
  LBracketOptions,
  Mechanism,
  Problem,
  ProblemSize,
  SpaceProblemSize,
  Suite,
  SuiteTask,
} from "./problems/index.ts";
export { selfWeight } from "./self-weight.ts";
export { ramp, simp } from "./interpolation.ts";
export type { ModulusBounds } from "./interpolation.ts";
export { densityFilter } from "./filter.ts";
export type { FilterOptions } from "./filter.ts";
export { helmholtzFilter } from "./helmholtz-filter.ts";
export type { HelmholtzFilterOptions } from "./helmholtz-filter.ts";
export { sensitivityFilter } from "./sensitivity-filter.ts";
export type { SensitivityFilterOptions } from "./sensitivity-filter.ts";
export { tanhProjection, volumePreservingProjection, volumePreservingSigmoid } from "./projections.ts";
export type { TanhProjectionOptions, VolumePreservingSigmoidOptions } from "./projections.ts";
export { largestStress, pNormStress } from "./stress.ts";
export type { PNormStressOptions, RelaxedStressOptions } from "./stress.ts";
export { compliance, complianceAndDisplacement } from "./compliance.ts";
export { optimalityCriteria } from "./optimality-criteria.ts";
export type { OptimalityCriteria, OptimalityStep } from "./optimality-criteria.ts";
export { designObjective, minimizeCompliance } from "./minimize-compliance.ts";
export { problemPicture } from "./problem-picture.ts";
export { convergencePlot, runReport } from "./run-report.ts";
export type { NamedRuns, RunReportOptions } from "./run-report.ts";
export type { HistoryEntry, MinimizeOptions, MinimizeResult, StopReason } from "./minimize-compliance.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
export type { Saved } from "./checkpoint.ts";
export { constraint } from "./constraints.ts";
export type { Constraint, Sense } from "./constraints.ts";
export { describeCertificate, describeIteration } from "./describe.ts";
export { designOf } from "./design.ts";
export type { Design, Interpolation, Objective } from "./design.ts";
export { neural } from "./neural.ts";
export type { Neural, NeuralOptions } from "./neural.ts";
export { objectives } from "./objectives.ts";
export type { ComplianceOptions } from "./objectives.ts";
export { experiment, historyRows, optimize, optimizeAsync, optimizeSeeds } from "./optimize/index.ts";
export type {
  Bounds,
  Callback,
  Certificate,
  ConstraintEntry,
  EndReason,
  Evaluated,
  Experiment,
  ExperimentOptions,
  GradientCheck,
  IterationEntry,
  LoopOptions,
  Moment,
  OptimizeOptions,
  OptimizeResult,
  RunResult,
  RunState,
  Scheduled,
  SeedResult,
  Step,
  StopRule,
  Verdict,
} from "./optimize/index.ts";
export type { Continuation, Parameterization } from "./parameterization.ts";
export { pixels } from "./pixels.ts";
export type { FieldMap, PixelOptions, Symmetry } from "./pixels.ts";
export {
  inChunks,
  landscape,
  memoryCsv,
  memorySweep,
  principalDirections,
  projectTrajectory,
  rematerialized,
} from "./analysis/index.ts";
export type {
  Landscape,
  LandscapeOptions,
  Layers,
  MemoryRow,
  MemorySweepOptions,
  PrincipalDirections,
  PrincipalOptions,
  ProjectedTrajectory,
  Span,
} from "./analysis/index.ts";
