/** A job without what most jobs share, and plain arithmetic for the right numbers. */
import type { Floats, Job, Precision } from "../job.ts";

export type Draft = Omit<Job, "precision" | "isJitted" | "readsBack" | "ways"> &
  Partial<Pick<Job, "isJitted" | "readsBack" | "ways">>;

export const single = (precision: Precision, draft: Draft): Job => ({
  isJitted: true,
  readsBack: false,
  ways: ["auto"],
  ...draft,
  precision,
});

export const both = (draft: (precision: Precision) => Draft): readonly Job[] =>
  (["float64", "float32"] as const).map((precision) => single(precision, draft(precision)));

export const floats = (precision: Precision, length: number, value: (i: number) => number): Floats => {
  const values = precision === "float64" ? new Float64Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = value(i);
  return values;
};

/** Numbers in [-1, 1) that look random and are the same in every run (mulberry32). */
export const scattered = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
};

export const mapped = (input: ArrayLike<number>, value: (x: number) => number): Float64Array =>
  Float64Array.from(input, value);

/** The sum, with the rounding errors carried along. */
export const total = (input: ArrayLike<number>): number => {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < input.length; i++) {
    const term = input[i]! - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return sum;
};
