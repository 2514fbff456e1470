/**
 * Kinks: points where the slope on one side differs from that on the other, so that no difference quotient can judge a
 * derivative; jumps count too. Seen by third differences of five values at distance h: where f is smooth they are of
 * order h^3, at a kink of order h and at a jump of order 1.
 */
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import type { Direction, FlatMap } from "./differences.ts";
import { valuesAlong } from "./differences.ts";

export interface Kink {
  /** Slopes along the direction, before the point and after it. */
  readonly behind: number;
  readonly ahead: number;
}

/** The kink that five values at distance `step` show, if any. */
const kinkOf = ([far, near, here, after, beyond]: readonly number[], step: number): Kink | null => {
  const behind = (here! - far!) / (2 * step);
  const ahead = (beyond! - here!) / (2 * step);
  if (!Number.isFinite(behind) && !Number.isFinite(ahead)) return null;
  const bend = Math.max(
    Math.abs(after! - 3 * here! + 3 * near! - far!),
    Math.abs(beyond! - 3 * after! + 3 * here! - near!),
  );
  const isSmooth = bend / step <= 1e-2 * Math.max(1, Math.abs(behind), Math.abs(ahead));
  return isSmooth && Number.isFinite(bend) ? null : { behind, ahead };
};

/** A kink within 2 `step` of the point along the direction, in one element or (null) anywhere. */
export const findKink = (
  f: FlatMap,
  inputs: readonly ConcreteArray[],
  direction: Direction,
  step: number,
  only: { readonly output: number; readonly element: number } | null,
): Kink | null => {
  const values = [-2, -1, 0, 1, 2].map((k) => valuesAlong(f, inputs, direction, k * step));
  for (let output = 0; output < values[0]!.length; output++) {
    if (only !== null && only.output !== output) continue;
    for (let k = 0; k < values[0]![output]!.length; k++) {
      if (only !== null && only.element !== k) continue;
      const kink = kinkOf(
        values.map((outputs) => outputs[output]![k]!),
        step,
      );
      if (kink !== null) return kink;
    }
  }
  return null;
};
