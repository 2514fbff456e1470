/** Certificates of gradients as lines of text: an alarm for what is wrong, a word for what could not be decided. */
import type { Certificate, GradientCheck } from "../../topopt/index.ts";

const digits = (value: number): string => value.toExponential(1);

/** "volume failed (gap 1.0e-2)"; the pairing only where it is what failed: then the gap alone would say nothing. */
const checkOf = ({ name, verdict, gap, uncertainty, pairing }: GradientCheck): string => {
  if (verdict === "undecided") return `${name} undecided (differences are uncertain by ${digits(uncertainty)})`;
  const paired = verdict === "failed" && pairing !== null ? `, forward and reverse apart by ${digits(pairing)}` : "";
  return `${name} ${verdict} (gap ${digits(gap)}${paired})`;
};

/** What a certificate says of all its functions and of the solver. */
export const certificateLine = ({ iteration, gradients, verdict, residual }: Certificate): string => {
  const isSolver = gradients.every((own) => own.verdict !== "failed");
  const title = {
    passed: "gradients certified",
    undecided: "gradients undecided",
    failed: isSolver ? "THE SOLVER HAS NOT SOLVED" : "GRADIENTS ARE WRONG",
  }[verdict];
  const solver = residual === null ? "" : `; residual ${digits(residual)}`;
  return `${title} at iteration ${iteration}: ${gradients.map(checkOf).join(", ")}${solver}`;
};
