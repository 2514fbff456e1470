/**
 * Axes that callers of NumPy write with or without their name: np.flip(x, 0) and np.flip(x, { axis: 0 }).
 */
import { requireOptions } from "../../src/options.ts";

/** One axis or several; null for what the function does without. */
export type Axes = number | readonly number[] | null;

/** Axes by place, or by name. */
export type AxisArgument = Axes | { readonly axis?: Axes };

/** The axes, however they were written. @throws UnknownOption, InvalidOption */
export const axesGiven = (asked: string, given: AxisArgument | undefined): Axes | undefined => {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given as Axes | undefined;
  requireOptions(asked, given, ["axis"]);
  return (given as { readonly axis?: Axes }).axis;
};
