/** Iterations and certificates of a run as lines of text, for callbacks and logs. */
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import type { Certificate, GradientCheck, IterationEntry } from "./optimize/index.ts";

/** Seven digits are what tables of compliances show. */
const number = (value: number): string => value.toPrecision(7);
const size = (value: number): string => value.toExponential(1);

const requireField = (asked: string, given: object, field: string, hint: string): void => {
  if (typeof given !== "object" || given === null || !(field in given))
    throw new InvalidOption(asked, showValue(given), hint);
};

/** Constraints where they stand: "volume 0.4012000 <= 0.4 (violated)". */
export const describeConstraints = ({ constraints, isFeasible }: IterationEntry): string =>
  Object.entries(constraints)
    .map(
      ([name, { value, bound, sense, slack }]) =>
        `${name} ${number(value)} ${sense} ${bound}${slack < 0 && !isFeasible ? " (violated)" : ""}`,
    )
    .join("  ");

/**
 * An iteration as a line of text: its number, the objective, constraints with their bounds (without any: the volume), greyness
 * and change.
 * @param entry  what callbacks of optimize are given, or an entry of its history
 * @throws InvalidOption
 * Cost: one string.
 * @example
 * const { history } = optimize({ problem, parameterization: pixels(problem), optimizer: optim.adam(0.01), stop: { iterations: 1 } });
 * describeIteration(history[0]!) // 1  objective 285.5527  volume 0.5000000  greyness 1.000  change 1.0e-2
 */
export const describeIteration = (entry: IterationEntry): string => {
  requireField("describeIteration", entry, "constraints", "Give what a callback of optimize is given");
  const { iteration, objective, volume, greyness, change } = entry;
  return [
    String(iteration).padStart(5),
    `objective ${number(objective)}`,
    describeConstraints(entry) || `volume ${number(volume)}`,
    `greyness ${greyness.toFixed(3)}`,
    `change ${size(change)}`,
  ].join("  ");
};

/** "volume failed (gap 1.0e-2)"; the pairing only where it is what failed: then the gap alone would say nothing. */
const checkOf = ({ name, verdict, gap, uncertainty, pairing }: GradientCheck): string => {
  if (verdict === "undecided") return `${name} undecided (differences are uncertain by ${size(uncertainty)})`;
  const paired = verdict === "failed" && pairing !== null ? `, forward and reverse apart by ${size(pairing)}` : "";
  return `${name} ${verdict} (gap ${size(gap)}${paired})`;
};

/**
 * A certificate as a line of text: what it says of the gradient of every function, and of the solver. An alarm is in capitals.
 * @param certificate  one of those of a result of optimize
 * @throws InvalidOption
 * Cost: one string.
 * @example
 * const { certificates } = optimize({ problem, parameterization: pixels(problem), optimizer: optim.adam(0.01), stop: { iterations: 1 } });
 * describeCertificate(certificates[0]!) // gradients certified at iteration 1: objective passed (gap ...
 */
export const describeCertificate = (certificate: Certificate): string => {
  requireField("describeCertificate", certificate, "gradients", "Give one of the certificates of a result of optimize");
  const { iteration, gradients, verdict, residual } = certificate;
  const isSolver = gradients.every((own) => own.verdict !== "failed");
  const title = {
    passed: "gradients certified",
    undecided: "gradients undecided",
    failed: isSolver ? "THE SOLVER HAS NOT SOLVED" : "GRADIENTS ARE WRONG",
  }[verdict];
  const solver = residual === null ? "" : `; residual ${size(residual)}`;
  return `${title} at iteration ${iteration}: ${gradients.map(checkOf).join(", ")}${solver}`;
};
