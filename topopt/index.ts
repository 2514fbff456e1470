/** cotangent/topopt: topology optimization on the library's transforms and finite elements. */
export { problems } from "./problems.ts";
export type { Problem, ProblemSize, SpaceProblemSize } from "./problems.ts";
export { ramp, simp } from "./interpolation.ts";
export type { ModulusBounds } from "./interpolation.ts";
export { densityFilter } from "./filter.ts";
export type { FilterOptions } from "./filter.ts";
export { compliance, complianceAndDisplacement } from "./compliance.ts";
export { optimalityCriteria } from "./optimality-criteria.ts";
export type { OptimalityCriteria, OptimalityStep } from "./optimality-criteria.ts";
export { designObjective, minimizeCompliance } from "./minimize-compliance.ts";
export { problemPicture } from "./problem-picture.ts";
export type { HistoryEntry, MinimizeOptions, MinimizeResult, StopReason } from "./minimize-compliance.ts";
