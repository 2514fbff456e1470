/** What certificates say. */

/** What was found of one function. */
export interface GradientCheck {
  /** "objective", or the name of a constraint. */
  readonly name: string;
  /** <grad, d>, and the derivative along d by differences. */
  readonly derivative: number;
  readonly difference: number;
  /** |derivative - difference| relative to the difference. */
  readonly gap: number;
  /** What the differences are off by, by their own estimate, relative to them. */
  readonly uncertainty: number;
  /** |<grad, d> - jvp(d)| relative to |grad| |d|; null where a custom rule gives no forward derivative. */
  readonly pairing: number | null;
  readonly verdict: Verdict;
}

/** "undecided": differences have no digits here, as at a kink, so that nothing was shown. */
export type Verdict = "passed" | "failed" | "undecided";

export interface Certificate {
  readonly iteration: number;
  readonly gradients: readonly GradientCheck[];
  /** |K u - f| / |f| of the design's own solve, the largest of the load cases; null where nothing is solved. */
  readonly residual: number | null;
  /**
   * "failed" where a gradient did, or the residual is above 1e-6 and rounding is not why (the system's report has a backward
   * error above 1e-12); "passed" where all did.
   */
  readonly verdict: Verdict;
  /** Whether all is shown to be right: the verdict is "passed". */
  readonly isPassed: boolean;
}

/** Of several: "failed" if one is, "passed" if all are and there is one. */
export const worstVerdict = (verdicts: readonly Verdict[]): Verdict => {
  if (verdicts.includes("failed")) return "failed";
  return verdicts.length > 0 && verdicts.every((own) => own === "passed") ? "passed" : "undecided";
};
