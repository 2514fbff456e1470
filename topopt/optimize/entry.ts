/** What is said of one iteration: plain numbers and words, as they go into tables and files; NaN where a design has no value. */

/** A constraint where it stands. */
export interface ConstraintEntry {
  readonly value: number;
  readonly bound: number;
  readonly sense: "<=" | ">=";
  /** How far the value is from the bound; negative where the constraint is violated. */
  readonly slack: number;
}

/** Violations up to this, relative to the bound (absolute where that is 0), count as none. */
const tolerated = 1e-4;

/** Whether a violation relative to its bound counts. */
export const isTolerated = (violation: number): boolean => violation <= tolerated;

/** Whether a constraint is violated; what is no number is. */
export const isViolated = ({ bound, slack }: ConstraintEntry): boolean => !isTolerated(-slack / (Math.abs(bound) || 1));

export interface IterationEntry {
  /** From 1. */
  readonly iteration: number;
  /** Of the design that was evaluated, before the update. */
  readonly objective: number;
  /** Mean of the physical density, filtered and projected, where material may be. */
  readonly volume: number;
  /** 4 mean(density (1 - density)) where material may be: 0 black and white, 1 all at one half. */
  readonly greyness: number;
  readonly constraints: Readonly<Record<string, ConstraintEntry>>;
  /** Whether no constraint is violated by more than 1e-4 of its bound (by more than 1e-4, where the bound is 0). */
  readonly isFeasible: boolean;
  /** Residuals of what the parameterization keeps by construction: of a network's volume. */
  readonly enforced: Readonly<Record<string, number>>;
  /** Euclidean norm of the objective's gradient by the parameters. */
  readonly gradientNorm: number;
  /** Largest change of a parameter in the update. */
  readonly change: number;
  /** Values of the continuation. */
  readonly continuation: Readonly<Record<string, number>>;
  /** What the optimizer says of its step. */
  readonly optimizer: Readonly<Record<string, number | string | boolean>>;
}
