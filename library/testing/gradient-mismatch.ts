/**
 * The message of a wrong derivative: where, which mode and order, both numbers, and what their ratio suggests.
 */
import { GradientMismatch } from "../../src/error.ts";

export interface Place {
  readonly asked: string;
  /** Nest of modes, the outermost first. */
  readonly mode: string;
  readonly order: number;
  /** Path of the output leaf. */
  readonly path: string;
  /** Flat index in that leaf; -1 for a sum over all. */
  readonly element: number;
  /** Seed of direction and weights. */
  readonly seed: number;
}

const isNear = (ratio: number, wanted: number): boolean => Math.abs(ratio - wanted) < 1e-3 * Math.abs(wanted);

/** What usually makes such a pair of numbers. */
const hintFor = (seen: number, wanted: number, { element }: Place): string => {
  if (!Number.isFinite(seen))
    return "The derivative is not finite: look for 0/0 or 0 * infinity in the branch not taken";
  if (!Number.isFinite(wanted)) return "The differences are not finite: the point is at the border of the domain";
  if (seen === 0)
    return "The derivative is zero: a stopGradient, a value taken out of the trace, or a rule that forgets this input";
  const ratio = seen / wanted;
  if (isNear(ratio, -1)) return "The sign is the opposite";
  for (const factor of [2, 3, 4, 0.5])
    if (isNear(ratio, factor))
      return `It is ${factor} times what it should be: a factor, or a term counted twice or once`;
  if (element < 0)
    return "The transpose rule is not that of the jvp: look for an index, an axis, or a missing sum over a broadcast axis";
  return "Compare the rule with the formula, term by term";
};

/** Whether a derivative and the nearest difference are no further apart than the differences are among themselves. */
export const isUnresolvedBy = (seen: number, wanted: number, estimates: readonly number[]): boolean => {
  const gaps = estimates.flatMap((left, k) => estimates.slice(k + 1).map((right) => Math.abs(left - right)));
  return Math.abs(seen - wanted) <= 10 * Math.min(...gaps);
};

/** The error; `input` is the path of the argument leaf that alone shows it, "" where only their sum does. */
export const gradientMismatch = (
  place: Place,
  seen: number,
  wanted: number,
  input: string,
  isUnresolved = false,
): GradientMismatch => {
  const { asked, mode, order, path, element, seed } = place;
  const where = element < 0 ? "the pairing of its pullback" : `output${path}, element ${element},`;
  const along = input === "" ? "" : ` along argument ${input}`;
  const kind = element < 0 ? "jvp or differences give" : "differences give";
  return new GradientMismatch(
    `${asked}, ${mode} mode, order ${order}`,
    `${where}${along} is ${seen} where ${kind} ${wanted} (direction of seed ${seed})`,
    isUnresolved
      ? "The differences disagree among themselves about as much: the function is too steep or too noisy there; choose another point or scale"
      : hintFor(seen, wanted, place),
    { isUnresolved },
  );
};
