/**
 * Fills in what follows from other parts of a file.
 */
import { defaultRadius } from "../../topopt/filter.ts";
import { factsOf } from "./problem-section.ts";
import type { FileSections } from "./sections.ts";
import type { RunConstraint, RunFile, RunOptimizer, RunProblem } from "./types.ts";

/** The fraction asked for, or the problem's own. */
export const volumeFractionOf = ({
  volumeFraction,
  problem,
}: Pick<FileSections, "volumeFraction" | "problem">): number | undefined =>
  volumeFraction ?? factsOf(problem).volumeFraction;

/** The density that pixels begin at. */
export const initialOf = (own: Pick<FileSections, "volumeFraction" | "problem" | "parameterization">): number =>
  ("initial" in own.parameterization ? own.parameterization.initial : undefined) ?? volumeFractionOf(own) ?? 0.5;

/** The radius of the density filter. */
const filterRadiusOf = ({ problem, parameterization }: Pick<FileSections, "problem" | "parameterization">): number => {
  const { counts, size } = factsOf(problem);
  return parameterization.filter ?? defaultRadius({ size, elementShape: [...counts].reverse() });
};

type Parts = Pick<
  FileSections,
  "problem" | "volumeFraction" | "parameterization" | "objective" | "constraints" | "optimizer"
>;

/** Optimizers that take constraints. */
export const constrainedKinds = ["mma", "gcmma", "optimalityCriteria", "augmentedLagrangian"] as const;

export const isConstrained = (kind: RunOptimizer["kind"]): boolean =>
  (constrainedKinds as readonly string[]).includes(kind);

/** Whether a value is on the right side of a bound. */
export const isKept = ({ sense, bound }: RunConstraint, value: number): boolean =>
  sense === "<=" ? value <= bound : value >= bound;

/** The file's constraints; where it says nothing, pixels under an optimizer that takes constraints keep the volume. */
export const settledConstraints = (own: Parts): RunFile["constraints"] => {
  if (own.constraints !== undefined) return own.constraints;
  const bound = volumeFractionOf(own);
  const isMeant =
    own.parameterization.kind === "pixels" && own.objective.kind !== "volume" && isConstrained(own.optimizer.kind);
  return isMeant && bound !== undefined ? { volume: { kind: "volume", sense: "<=", bound } } : {};
};

/** A problem with its defaults; one record from here on, by which it is known again. */
export const settledProblem = (own: RunProblem): RunProblem =>
  "mesh" in own && own.physics === "elasticity" ? { ...own, poisson: own.poisson ?? 0.3 } : own;

/** The whole file with defaults; its problem has them. */
export const settle = (own: FileSections): RunFile => {
  const volumeFraction = volumeFractionOf(own);
  const parameterization = { ...own.parameterization, filter: filterRadiusOf(own) };
  return {
    ...own,
    ...(volumeFraction === undefined ? {} : { volumeFraction }),
    parameterization:
      parameterization.kind === "pixels" ? { ...parameterization, initial: initialOf(own) } : parameterization,
    constraints: settledConstraints(own),
  };
};
