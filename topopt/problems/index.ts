/** Problems by name, their types, and the check of what they hold passive. */
export { problems } from "./problems.ts";
export type { Mechanism, Problem, ProblemSize, SpaceProblemSize } from "./problem.ts";
export type { InverterOptions } from "./inverter.ts";
export type { LBracketOptions } from "./l-bracket.ts";
export type { Suite, SuiteTask } from "./suite/suite.ts";
export { requirePassive } from "./passive.ts";
