/** Iterations and certificates of a run as lines of text, for callbacks and logs. */
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import { isViolated } from "./optimize/entry.ts";
import type { Certificate, GradientCheck, IterationEntry } from "./optimize/index.ts";

/** Seven digits are what tables of compliances show. */
const number = (value: number): string => value.toPrecision(7);
const size = (value: number): string => value.toExponential(1);

/** Refuses what lacks one of some fields. */
const requireFields = (asked: string, given: object, fields: Readonly<Record<string, string>>, hint: string): void => {
  const own = (given ?? {}) as Readonly<Record<string, unknown>>;
  const kindOf = (value: unknown): string => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value);
  const lacking = Object.keys(fields).find((name) => kindOf(own[name]) !== fields[name]);
  if (lacking !== undefined)
    throw new InvalidOption(asked, `${showValue(given)}, whose ${lacking} is ${showValue(own[lacking])}`, hint);
};

const entryFields = {
  iteration: "number",
  objective: "number",
  volume: "number",
  greyness: "number",
  change: "number",
  constraints: "object",
} as const;

const certificateFields = { iteration: "number", gradients: "array", verdict: "string" } as const;

/** Constraints where they stand: "volume 0.4012000 <= 0.4 (violated)". */
export const describeConstraints = ({ constraints }: IterationEntry): string =>
  Object.entries(constraints)
    .map(([name, own]) => {
      const [value, violated] = [number(own.value), isViolated(own) ? " (violated)" : ""];
      return `${name} ${value} ${own.sense} ${own.bound}${violated}`;
    })
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
  requireFields("describeIteration", entry, entryFields, "Give what a callback of optimize is given");
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
  requireFields(
    "describeCertificate",
    certificate,
    certificateFields,
    "Give one of the certificates of a result of optimize",
  );
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
