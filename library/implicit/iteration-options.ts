/**
 * Options and reports that newton and fixedPoint share.
 */
import { InvalidOption, NotConverged } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireOptions } from "../../src/options.ts";
import { checked } from "../../ops/checks.ts";
import { stack } from "../numpy/joining.ts";
import { toDType } from "../numpy/operand.ts";

export interface IterationOptions {
  /** Ends the iteration: the step is at most tolerance (1 + |x|) in the largest norm. */
  readonly tolerance?: number;
  /** Steps after which NotConverged is thrown. */
  readonly maxIterations?: number;
}

export type Limits = Required<IterationOptions>;

/** The options with their defaults. @throws UnknownOption, InvalidOption */
export const readLimits = (asked: string, options: IterationOptions, defaults: Limits): Limits => {
  requireOptions(asked, options, ["tolerance", "maxIterations"]);
  const { tolerance = defaults.tolerance, maxIterations = defaults.maxIterations } = options;
  if (!(tolerance > 0 && tolerance < Infinity))
    throw new InvalidOption(asked, `tolerance ${String(tolerance)}`, "Give a positive number");
  if (!Number.isSafeInteger(maxIterations) || maxIterations < 1)
    throw new InvalidOption(asked, `maxIterations ${String(maxIterations)}`, "Give a whole number from 1");
  return { tolerance, maxIterations };
};

/** x, unless the iteration that made it did not end by itself. */
export const requireSettled = (
  asked: string,
  x: NDArray,
  iterations: NDArray,
  residual: NDArray,
  hasSettled: NDArray,
  remedy: string,
): NDArray =>
  checked(x, stack([iterations, residual, hasSettled].map((entry) => toDType(entry, "float64"))), {
    width: 3,
    verify: ([steps, size, settled]) => {
      if (settled === 1) return;
      const reason = Number.isFinite(size) ? "the iteration limit is reached" : "the function gives NaN or infinity";
      throw new NotConverged(asked, { reason, iterations: steps!, residual: size! }, remedy);
    },
  });
