import type { Certificate, GradientCheck } from "cotangent/topopt";

/** A check that has passed. */
export const soundCheck: GradientCheck = {
  name: "objective",
  derivative: 1,
  difference: 1,
  gap: 2e-9,
  uncertainty: 1e-10,
  pairing: 3e-16,
  verdict: "passed",
};

export const certificateOf = (gradients: readonly GradientCheck[], verdict: Certificate["verdict"]): Certificate => ({
  iteration: 10,
  gradients,
  residual: 1e-14,
  verdict,
  isPassed: verdict === "passed",
});
