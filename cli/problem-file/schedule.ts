/**
 * Numbers that change from iteration to iteration: a straight line between two iterations, or steps.
 */
import { number, named, byKind, list, refine, tuple, whole } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import type { NumberRange } from "./description.ts";
import { byKey, record, required, withDefault } from "./records.ts";
import type { RunSchedule } from "./types.ts";

/** Iterations of one run, at most. */
export const largestIterations = 10_000_000;

const iteration: Decoder<number> = whole({ least: 1, most: largestIterations });

type Ramp = Extract<RunSchedule, { readonly from: number }>;
type Steps = Extract<RunSchedule, { readonly steps: unknown }>;

/** A schedule of numbers in a range; `name` is what help calls it. */
export const schedule = (name: string, range: NumberRange): Decoder<RunSchedule> => {
  const value = number(range);
  const ramp = record<Ramp>({
    from: required(value, "value up to iteration start"),
    to: required(value, "value from iteration end on"),
    start: withDefault(iteration, 1, "last iteration of the first value"),
    end: required(iteration, "first iteration of the last value, after start"),
  });
  const step = tuple<readonly [number, number]>("a pair [iteration, value]", iteration, value);
  const rising = refine(list(step, 1, 1000), "iterations from 1 that rise", (pairs) => {
    if (pairs[0]![0] !== 1) return `the first step begins at iteration ${pairs[0]![0]}: begin at 1`;
    const late = pairs.findIndex(([at], k) => k > 0 && at <= pairs[k - 1]![0]);
    return late < 0 ? null : `iteration ${pairs[late]![0]} follows ${pairs[late - 1]![0]}: iterations rise`;
  });
  const steps = record<Steps>({ steps: required(rising, "each value holds from its iteration up to the next") });
  return named(name, () => {
    const ordered = refine(byKey<Ramp | Steps>({ from: ramp, steps }), "", (own) =>
      "from" in own && own.start >= own.end ? `start ${own.start} is not before end ${own.end}` : null,
    );
    return byKind<RunSchedule>({ number: value, record: ordered });
  });
};

/**
 * What a schedule is at an iteration, counted from 1.
 * @example scheduleAt({ from: 1, to: 3, start: 1, end: 5 }, 3) // 2
 * @example scheduleAt({ steps: [[1, 1], [50, 2]] }, 49) // 1
 */
export const scheduleAt = (own: RunSchedule, at: number): number => {
  if (typeof own === "number") return own;
  if ("steps" in own) return own.steps.findLast(([from]) => from <= at)![1];
  if (at <= own.start) return own.from;
  if (at >= own.end) return own.to;
  return own.from + ((at - own.start) / (own.end - own.start)) * (own.to - own.from);
};
