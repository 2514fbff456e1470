/**
 * Kinks: points where the slope on one side differs from that on the other, so that no difference quotient can judge a
 * derivative; jumps count too. Seen by third differences of five values at distance h: where f is smooth they are of
 * order h^3, at a kink of order h and at a jump of order 1. A kink on which differences happen to agree with a
 * derivative is seen by slopes on the two sides that are as far apart at a large distance as at a small one.
 */
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import type { Direction, FlatMap } from "./differences.ts";
import { valuesAlong } from "./differences.ts";

export interface Kink {
  readonly output: number;
  readonly element: number;
  /** What differs, in words. */
  readonly seen: string;
}

/** Slopes whose difference is smaller than this part of them, or of 1, count as one. */
const slopePart = 1e-2;

const areApart = (behind: number, ahead: number, part = slopePart): boolean =>
  Math.abs(ahead - behind) > part * Math.max(1, Math.abs(behind), Math.abs(ahead));

/** Slopes beside the point where they differ; else values closer to it, which those slopes do not explain. */
const describeKink = ([far, near, here, after, beyond]: readonly number[], step: number): string => {
  const [behind, ahead] = [(near! - far!) / step, (beyond! - after!) / step];
  return areApart(behind, ahead)
    ? `slope ${behind} before the point and ${ahead} after it`
    : `value ${near} before the point, ${here} there and ${after} after it, all within ${step}, between slopes ${behind} and ${ahead}`;
};

/** Whether five values at distance `step` show a kink. */
const isKinked = ([far, near, here, after, beyond]: readonly number[], step: number): boolean => {
  const behind = (here! - far!) / (2 * step);
  const ahead = (beyond! - here!) / (2 * step);
  if (!Number.isFinite(behind) && !Number.isFinite(ahead)) return false;
  const bend = Math.max(
    Math.abs(after! - 3 * here! + 3 * near! - far!),
    Math.abs(beyond! - 3 * after! + 3 * here! - near!),
  );
  return !(bend / step <= slopePart * Math.max(1, Math.abs(behind), Math.abs(ahead)));
};

type Values = readonly ArrayLike<number>[];

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
      const own = values.map((outputs) => outputs[output]![k]!);
      if (isKinked(own, step)) return { output, element: k, seen: describeKink(own, step) };
    }
  }
  return null;
};

/** Slopes of a kink differ by more than this part of them, or of 1, and equally far from the point but for this part. */
const [hiddenPart, steadiness] = [1e-3, 0.1];

/** A kink at the point itself, whose slopes before and after it hold at both steps. */
export const findKinkHere = (
  f: FlatMap,
  inputs: readonly ConcreteArray[],
  direction: Direction,
  [wide, narrow]: readonly [wide: number, narrow: number],
): Kink | null => {
  const [behindWide, behindNarrow, here, aheadNarrow, aheadWide] = [-wide, -narrow, 0, narrow, wide].map((scale) =>
    valuesAlong(f, inputs, direction, scale),
  ) as [Values, Values, Values, Values, Values];
  for (let output = 0; output < here.length; output++) {
    for (let element = 0; element < here[output]!.length; element++) {
      const at = (values: Values): number => values[output]![element]!;
      const [behind, ahead] = [(at(here) - at(behindNarrow)) / narrow, (at(aheadNarrow) - at(here)) / narrow];
      const [farBehind, farAhead] = [(at(here) - at(behindWide)) / wide, (at(aheadWide) - at(here)) / wide];
      const [gap, farGap] = [ahead - behind, farAhead - farBehind];
      if (areApart(behind, ahead, hiddenPart) && Math.abs(farGap - gap) <= steadiness * Math.abs(gap))
        return { output, element, seen: `slope ${behind} before the point and ${ahead} after it` };
    }
  }
  return null;
};
