/**
 * The scale of one axis: from values to ticks, labels and places in [0, 1].
 * Axes that cover begin and end at a tick; others begin and end at the data and show the ticks within.
 */
import { isNarrow, largestMagnitude, linearTicks, logTicks, minorLogTicks, tickLabels } from "./ticks.ts";

/** Linear or logarithmic to base ten. */
export type ScaleKind = "linear" | "log";

/** A finished scale. */
export interface AxisScale {
  readonly kind: ScaleKind;
  /** Ticks within the axis, increasing, with a label each. */
  readonly ticks: readonly number[];
  readonly labels: readonly string[];
  /** Grid values without a label. */
  readonly minor: readonly number[];
  /** Place of a drawable value: 0 at the start of the axis, 1 at its end. */
  readonly place: (value: number) => number;
}

/**
 * Whether a value has a place on an axis: finite, magnitude at most 1e200, and at least 1e-200 where the axis is logarithmic.
 * @param value  any number
 * @param kind   kind of axis
 * @returns      true where it can be drawn
 */
export function isDrawable(value: number, kind: ScaleKind): boolean {
  return Math.abs(value) <= largestMagnitude && (kind === "linear" || value >= 1 / largestMagnitude);
}

/**
 * The scale that shows a list of values.
 * @param values   what will be drawn; those that are not drawable are left out, none at all gives [0, 1] or [1, 10]
 * @param options  kind; ticks wanted; covers: extend the axis to whole ticks; whole: only integer ticks
 * @returns        the scale
 */
export function axisScale(
  values: readonly number[],
  options: { readonly kind: ScaleKind; readonly count: number; readonly covers: boolean; readonly whole?: boolean },
): AxisScale {
  const { kind, count, covers } = options;
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!isDrawable(value, kind)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = kind === "log" ? [1, 10] : [0, 1];
  const covering = kind === "log" ? logTicks(low, high, count) : linearTicks(low, high, count);
  // A range of no width is widened by the ticks; then the axis must follow them, or it would have no length.
  const follows = covers || isNarrow(low, high);
  const start = follows ? covering[0]! : low;
  const end = follows ? covering.at(-1)! : high;
  const ticks = covering.filter(
    (tick) => tick >= start && tick <= end && (options.whole !== true || Number.isInteger(tick)),
  );
  const along = kind === "log" ? Math.log10 : (value: number): number => value;
  const origin = along(start);
  const length = along(end) - origin;
  return {
    kind,
    ticks,
    labels: tickLabels(ticks),
    minor: kind === "log" ? minorLogTicks(ticks) : [],
    place: (value) => (along(value) - origin) / length,
  };
}
