/**
 * Moving asymptotes L < x < U and the convex separable approximations that they give, variables being fractions of their range:
 *   f(x) ~ f(x_k) + sum_j p_j (1 / (U_j - x_j) - 1 / (U_j - x_kj)) + q_j (1 / (x_j - L_j) - 1 / (x_kj - L_j))
 *   p = (U - x_k)^2 (1.001 f'+ + 0.001 f'- + rho),  q = (x_k - L)^2 (0.001 f'+ + 1.001 f'- + rho)
 * with f'+ and f'- the positive and negative parts of the slope. Value and slope at x_k are those of f.
 * Source: Svanberg 1987; Svanberg 2007, "MMA and GCMMA - two methods for nonlinear optimization", sections 3 and 5.
 */
import { InvalidOption } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { isLeft } from "../../src/fp.ts";
import { requireOptions } from "../../src/options.ts";
import { checkAll, checkNumber } from "../../src/validate-options.ts";
import type { Checked } from "../../src/validate-options.ts";
import { full } from "../numpy/creation.ts";
import { minimum, reciprocal } from "../numpy/elementwise.ts";
import "../numpy/methods.ts";
import { matmul } from "../numpy/products.ts";
import { max, sum } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import { constraintRows, objectiveRow } from "./constrained-rows.ts";
import type { Rows } from "./constrained-rows.ts";
import { requireBounds } from "./constrained-variables.ts";
import { solveSubproblem } from "./mma-subproblem.ts";
import type { Subproblem, SubproblemSolution } from "./mma-subproblem.ts";
import type { Bounds } from "./types.ts";

/** Least and largest distance of an asymptote from its variable, as fractions of the range. */
const [nearest, farthest] = [0.01, 10];
/** Part of a slope that the other asymptote takes, so that every approximation is strictly convex. */
const sliver = 0.001;

/** What mma and gcmma have in common. */
export interface AsymptoteOptions extends Bounds {
  /** Largest step of a variable, as a fraction of its range. Default 0.5. */
  readonly move?: number;
  /** Distance of the first asymptotes from the variable, as a fraction of its range. Default 0.5. */
  readonly asymptoteInit?: number;
  /** Factor of that distance where a variable moved twice in one direction. Default 1.2. */
  readonly asymptoteIncrease?: number;
  /** Factor of that distance where a variable turned back. Default 0.7. */
  readonly asymptoteDecrease?: number;
  /** Part of the way to an asymptote that a step leaves free. Default 0.1. */
  readonly asymptoteMargin?: number;
  /** Linear cost of violating a constraint, in units of the constraint's natural multiplier (see mma). Default 1000. */
  readonly penalty?: number;
  /** Accuracy of the subproblem's optimality conditions, relative to the largest slopes. Default 1e-9. */
  readonly tolerance?: number;
  /** Newton steps of one subproblem, at most. Default 200. */
  readonly subproblemLimit?: number;
}

export type Asymptotes = Required<AsymptoteOptions>;

const defaults = {
  move: 0.5,
  asymptoteInit: 0.5,
  asymptoteIncrease: 1.2,
  asymptoteDecrease: 0.7,
  asymptoteMargin: 0.1,
  penalty: 1000,
  tolerance: 1e-9,
  subproblemLimit: 200,
} as const;

type Numbers = { readonly [Name in keyof typeof defaults]: number };

const domains: { readonly [Name in keyof Numbers]: readonly [holds: (value: number) => boolean, claim: string] } = {
  move: [(v) => v > 0 && v <= 1, "it lies in (0, 1]"],
  asymptoteInit: [(v) => v >= nearest && v <= farthest, `it lies in [${nearest}, ${farthest}]`],
  asymptoteIncrease: [(v) => v >= 1 && v < Infinity, "it is 1 or more"],
  asymptoteDecrease: [(v) => v > 0 && v <= 1, "it lies in (0, 1]"],
  asymptoteMargin: [(v) => v > 0 && v < 1, "it lies in (0, 1)"],
  penalty: [(v) => v > 0 && v < Infinity, "a penalty is positive"],
  tolerance: [(v) => v >= 1e-11 && v <= 1e-2, "it lies in [1e-11, 1e-2]"],
  subproblemLimit: [(v) => Number.isSafeInteger(v) && v >= 1, "it is a whole number, 1 or more"],
};

/** The options with their defaults; `others` names those that the caller reads. @throws UnknownOption, InvalidOption */
export const readAsymptotes = (
  asked: string,
  options: AsymptoteOptions,
  others: readonly string[] = [],
): Asymptotes => {
  const names = Object.keys(defaults) as (keyof Numbers)[];
  requireOptions(asked, options, ["lower", "upper", ...names, ...others], true);
  requireBounds(asked, options);
  const checked = checkAll<Numbers>(
    Object.fromEntries(
      names.map((name) => [name, checkNumber(name, options[name] ?? defaults[name], ...domains[name])]),
    ) as { readonly [Name in keyof Numbers]: Checked<number> },
  );
  if (isLeft(checked)) throw new InvalidOption(asked, checked.left.join("; "), "Correct these options");
  return { lower: options.lower, upper: options.upper, ...checked.right };
};

/** The last points and the asymptotes that were used at the last, all of shape [n] and fractions. */
export interface Track {
  readonly previous: NDArray;
  readonly beforePrevious: NDArray;
  readonly lowerAsymptote: NDArray;
  readonly upperAsymptote: NDArray;
}

/** Before the first point. */
export const startOfTrack = (point: NDArray, { asymptoteInit }: Asymptotes): Track => ({
  previous: point,
  beforePrevious: point,
  lowerAsymptote: point.sub(asymptoteInit),
  upperAsymptote: point.add(asymptoteInit),
});

/**
 * The track with a new point: asymptotes come closer to a variable that turned back and recede from one that went on.
 * @param count  points on the track so far, int32; the first two get asymptotes at the initial distance
 */
export const moveAsymptotes = (track: Track, point: NDArray, count: NDArray, options: Asymptotes): Track => {
  const { asymptoteInit, asymptoteIncrease, asymptoteDecrease } = options;
  const turn = point.sub(track.previous).mul(track.previous.sub(track.beforePrevious));
  const factor = where(turn.greater(0), asymptoteIncrease, where(turn.less(0), asymptoteDecrease, 1));
  const isEarly = count.less(2);
  const below = where(isEarly, asymptoteInit, factor.mul(track.previous.sub(track.lowerAsymptote)));
  const above = where(isEarly, asymptoteInit, factor.mul(track.upperAsymptote.sub(track.previous)));
  return {
    previous: point,
    beforePrevious: track.previous,
    lowerAsymptote: point.sub(below.clip(nearest, farthest)),
    upperAsymptote: point.add(above.clip(nearest, farthest)),
  };
};

/** Distances of the asymptotes, shape [n], and constants p and q of all rows, shape [1 + m, n]. */
interface Distances {
  readonly below: NDArray;
  readonly above: NDArray;
}
interface Approximation extends Distances {
  readonly rising: NDArray;
  readonly falling: NDArray;
}

/** @param convexity  rho of every row, shape [1 + m], in units of the row's slopes */
const approximate = ({ slopes }: Rows, { below, above }: Distances, convexity: NDArray): Approximation => {
  const [up, down] = [slopes.maximum(0), slopes.neg().maximum(0)];
  const rho = convexity.reshape([convexity.size, 1]);
  return {
    below,
    above,
    rising: up
      .mul(1 + sliver)
      .add(down.mul(sliver))
      .add(rho)
      .mul(above.square()),
    falling: up
      .mul(sliver)
      .add(down.mul(1 + sliver))
      .add(rho)
      .mul(below.square()),
  };
};

/** sum_j p_j / (U_j - x_j) + q_j / (x_j - L_j) of every row, after a step from the point. */
const sumsAt = ({ rising, falling, below, above }: Approximation, step: NDArray): NDArray =>
  matmul(rising, reciprocal(above.sub(step))).add(matmul(falling, reciprocal(below.add(step))));

/** A subproblem and the way back from its variables, steps in units of the widest interval that a variable may move in. */
export interface ScaledSubproblem extends Subproblem {
  readonly centre: NDArray;
  readonly unit: NDArray;
}

/** The subproblem around the track's last point. */
export const subproblemOf = (rows: Rows, track: Track, convexity: NDArray, options: Asymptotes): ScaledSubproblem => {
  const { previous, lowerAsymptote, upperAsymptote } = track;
  const { move, asymptoteMargin } = options;
  const sizes = sum(rows.slopes.abs(), { axis: 1 });
  const weights = constraintRows(sizes).maximum(1);
  const [below, above] = [previous.sub(lowerAsymptote), upperAsymptote.sub(previous)];
  const fall = minimum(below.mul(1 - asymptoteMargin), move).minimum(previous);
  const rise = minimum(above.mul(1 - asymptoteMargin), move).minimum(previous.neg().add(1));
  const unit = max(fall.add(rise));
  const scaled = approximate(rows, { below: below.div(unit), above: above.div(unit) }, convexity);
  return {
    ...scaled,
    lower: fall.div(unit).neg(),
    upper: rise.div(unit),
    limits: constraintRows(sumsAt(scaled, full([], 0)).sub(rows.values.div(unit))),
    weights,
    // The natural multiplier: what balances the largest slopes, or their sums if that is more.
    penalty: objectiveRow(sizes).div(weights).maximum(1).mul(options.penalty),
    centre: previous,
    unit,
  };
};

/** The subproblem's solution as fractions of the ranges. */
export const solveAround = (
  problem: ScaledSubproblem,
  { tolerance, subproblemLimit: limit }: Asymptotes,
): SubproblemSolution => {
  const { point, excess, ...found } = solveSubproblem(problem, { tolerance, limit });
  return {
    ...found,
    point: problem.centre.add(point.mul(problem.unit)).clip(0, 1),
    excess: excess.mul(problem.unit),
  };
};

/** The approximations' values at another point, shape [1 + m]. */
export const approximateAt = (rows: Rows, track: Track, convexity: NDArray, point: NDArray): NDArray => {
  const { previous, lowerAsymptote, upperAsymptote } = track;
  const distances = { below: previous.sub(lowerAsymptote), above: upperAsymptote.sub(previous) };
  const approximation = approximate(rows, distances, convexity);
  const change = sumsAt(approximation, point.sub(previous)).sub(sumsAt(approximation, full([], 0)));
  return rows.values.add(change);
};
