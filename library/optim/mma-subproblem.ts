/**
 * The convex separable subproblem of the method of moving asymptotes, by a primal-dual interior method:
 *   minimize    sum_j p_0j / (U_j - x_j) + q_0j / (x_j - L_j) + sum_i c_i y_i + d_i y_i^2 / 2
 *   subject to  sum_j p_ij / (U_j - x_j) + q_ij / (x_j - L_j) - y_i <= b_i,  alpha <= x <= beta,  y >= 0
 * Newton's method on the optimality conditions with every product of a variable and its multiplier set to a target, a part
 * of their mean, until all are below the tolerance. Steps keep products near their mean and let the other conditions lag
 * behind by a factor at most, so that infeasible subproblems need no more of them than others. All but the constraints' multipliers is eliminated: one m x m system a step, whatever n is.
 * Source: Svanberg 2007, section 5 (problem, conditions); Wright 1997, chapter 6 (neighbourhood of the central path).
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { full } from "../numpy/creation.ts";
import { eye } from "../numpy/diagonals.ts";
import {
  div,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  reciprocal,
  sqrt,
} from "../numpy/elementwise.ts";
import { stack } from "../numpy/joining.ts";
import "../numpy/methods.ts";
import { inner, matmul } from "../numpy/products.ts";
import { sum } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import { solve } from "../linalg/solving.ts";
import { whileLoop } from "../../transforms/while-loop.ts";
import { chosen } from "./constrained-choice.ts";
import { constraintRows, objectiveRow } from "./constrained-rows.ts";

export interface Subproblem {
  /** p and q: objective first, then the constraints; shape [1 + m, n], all > 0, slopes of about 1 at most. */
  readonly rising: NDArray;
  readonly falling: NDArray;
  /** -L and U, shape [n]: distances of the asymptotes from 0, where the approximations were made. */
  readonly below: NDArray;
  readonly above: NDArray;
  /** alpha and beta, shape [n]; alpha < beta, the largest difference being about 1. */
  readonly lower: NDArray;
  readonly upper: NDArray;
  /** b, shape [m]. */
  readonly limits: NDArray;
  /** Sizes of the constraints, shape [m], 1 or more: what a violation is compared with. */
  readonly weights: NDArray;
  /** c, shape [m]; d is 1 / weights. */
  readonly penalty: NDArray;
}

export interface SubproblemSolution {
  readonly point: NDArray;
  /** Of the constraints, shape [m]. */
  readonly multipliers: NDArray;
  /** y relative to `weights`, shape [m]: what the constraints could not be met by. */
  readonly excess: NDArray;
  /** Newton steps, int32. */
  readonly iterations: NDArray;
  /** Whether the optimality conditions hold to the tolerance. */
  readonly isSettled: NDArray;
}

/** Everything that the optimality conditions speak of; all but `point` is positive. */
interface Iterate {
  readonly point: NDArray;
  /** xi and eta: multipliers of the lower and upper bounds, shape [n]. */
  readonly lowerForce: NDArray;
  readonly upperForce: NDArray;
  /** y and mu, lambda and s, all of shape [m]. */
  readonly excess: NDArray;
  readonly excessMultipliers: NDArray;
  readonly multipliers: NDArray;
  readonly slack: NDArray;
}

/** How far an iterate is from optimal. All scalars. */
interface Gap {
  /** Largest of the conditions without products. */
  readonly largest: NDArray;
  /** Products of variables and multipliers, which should vanish. */
  readonly mean: NDArray;
  readonly leastProduct: NDArray;
  readonly largestProduct: NDArray;
}

/** Products at the start; those of bounds are larger where a slope presses. */
const firstProduct = 0.1;
/** What a step aims at, as a part of the mean product: after a long step, from 0.9 on, and after a short one. */
const [long, longAim, shortAim] = [0.9, 0.02, 0.3];
/** Part of the way to the boundary that a step may go. */
const toBoundary = 0.995;
/** Least part of the mean that a product may fall to: close to the boundary no direction is of use. */
const central = 1e-4;
/** Conditions without products may be as far from met as this many mean products, or must come closer. */
const slackness = 1000;
/** Halvings of a step that does not help. */
const mostHalvings = 30;

/** Derivatives of the Lagrangian at an iterate, the constraints' values and their slopes. */
interface Slopes {
  readonly slope: NDArray;
  readonly curvature: NDArray;
  /** Shape [m]. */
  readonly values: NDArray;
  /** Shape [m, n]. */
  readonly constraintSlopes: NDArray;
}

const slopesAt = (problem: Subproblem, { point, multipliers }: Iterate): Slopes => {
  const { rising, falling, below, above } = problem;
  const [up, down] = [reciprocal(above.sub(point)), reciprocal(below.add(point))];
  const [up2, down2] = [up.square(), down.square()];
  const [risingRows, fallingRows] = [constraintRows(rising), constraintRows(falling)];
  const sumRising = objectiveRow(rising).add(matmul(multipliers, risingRows));
  const sumFalling = objectiveRow(falling).add(matmul(multipliers, fallingRows));
  return {
    slope: sumRising.mul(up2).sub(sumFalling.mul(down2)),
    curvature: sumRising.mul(up2).mul(up).add(sumFalling.mul(down2).mul(down)).mul(2),
    values: matmul(risingRows, up).add(matmul(fallingRows, down)),
    constraintSlopes: risingRows.mul(up2).sub(fallingRows.mul(down2)),
  };
};

const gapOf = (problem: Subproblem, iterate: Iterate): Gap => {
  const { weights, penalty, limits, lower, upper } = problem;
  const { point, lowerForce, upperForce, excess, excessMultipliers, multipliers, slack } = iterate;
  const { slope, values } = slopesAt(problem, iterate);
  const conditions = [
    slope.sub(lowerForce).add(upperForce),
    penalty.add(excess.div(weights)).sub(multipliers).sub(excessMultipliers).div(penalty.maximum(1)),
    values.sub(excess).add(slack).sub(limits).div(weights),
  ];
  const products = [
    lowerForce.mul(point.sub(lower)),
    upperForce.mul(upper.sub(point)),
    excessMultipliers.mul(excess),
    multipliers.mul(slack),
  ];
  const overAll = (parts: readonly NDArray[], reduce: (part: NDArray) => NDArray): NDArray => stack(parts.map(reduce));
  return {
    largest: overAll(conditions, (part) => part.abs().max()).max(),
    mean: sum(overAll(products, (part) => sum(part))).div(2 * (lower.size + limits.size)),
    leastProduct: overAll(products, (part) => part.min()).min(),
    largestProduct: overAll(products, (part) => part.max()).max(),
  };
};

/** Largest of all conditions, products being compared with 0. */
const distanceOf = (gap: Gap): NDArray => gap.largest.maximum(gap.largestProduct);

/**
 * Newton's direction. With X = Psi'' + xi / (x - alpha) + eta / (beta - x), Y = d + mu / y, S = s / lambda and G the
 * constraints' slopes, the conditions leave (G X^-1 G' + Y^-1 + S) dlambda = r_lambda - G X^-1 r_x + Y^-1 r_y.
 */
const directionAt = (problem: Subproblem, iterate: Iterate, target: NDArray): Iterate => {
  const { weights, penalty, limits, lower, upper } = problem;
  const { point, lowerForce, upperForce, excess, excessMultipliers, multipliers, slack } = iterate;
  const { slope, curvature, values, constraintSlopes } = slopesAt(problem, iterate);
  const [room, headroom] = [point.sub(lower), upper.sub(point)];
  const stiffness = curvature.add(lowerForce.div(room)).add(upperForce.div(headroom));
  const pull = slope.sub(target.div(room)).add(target.div(headroom));
  const excessStiffness = reciprocal(weights).add(excessMultipliers.div(excess));
  const excessPull = penalty.add(excess.div(weights)).sub(multipliers).sub(target.div(excess));
  const violation = values.sub(excess).sub(limits).add(target.div(multipliers));
  const flexible = constraintSlopes.div(stiffness);
  const diagonal = reciprocal(excessStiffness).add(slack.div(multipliers));
  const matrix = inner(flexible, constraintSlopes).add(eye(weights.size).mul(diagonal));
  const right = violation.sub(matmul(flexible, pull)).add(excessPull.div(excessStiffness));
  const steps = solveScaled(matrix, right);
  const move = pull.add(matmul(steps, constraintSlopes)).div(stiffness).neg();
  const excessMove = steps.sub(excessPull).div(excessStiffness);
  return {
    point: move,
    lowerForce: target.sub(lowerForce.mul(move)).div(room).sub(lowerForce),
    upperForce: target.add(upperForce.mul(move)).div(headroom).sub(upperForce),
    excess: excessMove,
    excessMultipliers: target.sub(excessMultipliers.mul(excessMove)).div(excess).sub(excessMultipliers),
    multipliers: steps,
    slack: target.sub(slack.mul(steps)).div(multipliers).sub(slack),
  };
};

/** Solution of a symmetric positive definite system whose diagonal may span many decades. */
const solveScaled = (matrix: NDArray, right: NDArray): NDArray => {
  const diagonal = sum(matrix.mul(eye(right.size)), { axis: 1 });
  const scale = reciprocal(sqrt(diagonal));
  return solve(matrix.mul(scale).mul(scale.reshape([right.size, 1])), right.mul(scale)).mul(scale);
};

/** The longest step, 1 at most, that keeps all that is positive so. */
const longestStep = ({ lower, upper }: Subproblem, iterate: Iterate, direction: Iterate): NDArray => {
  const { point, ...multipliers } = iterate;
  const ratios = [
    direction.point.neg().div(point.sub(lower)).max(),
    direction.point.div(upper.sub(point)).max(),
    ...Object.entries(multipliers).map(([name, value]) => direction[name as keyof Iterate].neg().div(value).max()),
  ];
  const worst = stack(ratios).max();
  return minimum(1, div(toBoundary, worst.maximum(toBoundary)));
};

const along = (iterate: Iterate, direction: Iterate, step: NDArray): Iterate =>
  Object.fromEntries(
    Object.entries(iterate).map(([name, value]) => [name, value.add(direction[name as keyof Iterate].mul(step))]),
  ) as unknown as Iterate;

interface Trial {
  readonly step: NDArray;
  readonly halvings: NDArray;
  readonly gap: Gap;
}

/** Halves the longest step until no product is far below their mean, and the other conditions do not lag behind. */
const searchAlong = (problem: Subproblem, search: Search, direction: Iterate): Trial & { readonly helps: NDArray } => {
  const least = minimum(central, search.gap.leastProduct.div(search.gap.mean));
  const fails = ({ step, gap: { largest, mean, leastProduct }, halvings }: Trial): NDArray => {
    const isCentral = leastProduct.div(mean).greaterEqual(least);
    const isClose = largest.lessEqual(maximum(search.gap.largest.mul(step.mul(-0.01).add(1)), mean.mul(slackness)));
    return logicalOr(halvings.equal(0), logicalNot(logicalAnd(isCentral, isClose)));
  };
  const found = whileLoop<Trial>(
    (trial) => logicalAnd(less(trial.halvings, mostHalvings), fails(trial)),
    ({ step: last, halvings }) => {
      const step = last.mul(0.5);
      return { step, halvings: halvings.add(1), gap: gapOf(problem, along(search.iterate, direction, step)) };
    },
    // Twice the longest step: the first halving tries that.
    {
      step: longestStep(problem, search.iterate, direction).mul(2),
      halvings: full([], 0, { dtype: "int32" }),
      gap: search.gap,
    },
  );
  return { ...found, helps: logicalNot(fails(found)) };
};

/**
 * A start in the middle of the bounds at which all conditions without products hold. For every constraint, violated by v,
 * lambda s = mu y = T with s = y - v and lambda + mu = c give y: a start with some products far above the others is slow.
 */
const startOf = (problem: Subproblem): Iterate => {
  const { lower, upper, limits, weights, penalty } = problem;
  const point = lower.add(upper).mul(0.5);
  const unset = full([], 0);
  const bare = { point, lowerForce: unset, upperForce: unset, excess: unset, excessMultipliers: unset, slack: unset };
  const { values } = slopesAt(problem, { ...bare, multipliers: limits.mul(0) });
  const violation = values.sub(limits);
  const cost = penalty.mul(violation);
  const twice = 2 * firstProduct;
  const root = sqrt(cost.square().add(twice * twice));
  const excess = cost.add(root).add(twice).div(penalty.mul(2));
  // y - v as a sum of positive numbers.
  const apart = where(cost.greater(0), div(twice * twice, root.add(cost)), root.sub(cost));
  const slack = apart.add(twice).div(penalty.mul(2));
  const multipliers = div(firstProduct, slack);
  const { slope } = slopesAt(problem, { ...bare, multipliers });
  const barrier = div(twice, upper.sub(lower));
  return {
    point,
    lowerForce: slope.maximum(0).add(barrier),
    upperForce: slope.neg().maximum(0).add(barrier),
    excess,
    excessMultipliers: penalty.add(excess.div(weights)).sub(multipliers),
    multipliers,
    slack,
  };
};

interface Search {
  readonly iterate: Iterate;
  readonly gap: Gap;
  readonly target: NDArray;
  readonly iterations: NDArray;
  readonly isDone: NDArray;
}

/**
 * Solves the subproblem.
 * @param tolerance  of every optimality condition: slopes relative to 1, constraints to their weights, products absolutely
 * Ends where the tolerance is met, where no step helps any more (rounding), or after `limit` steps; the last two are
 * told apart from the first by `isSettled`. Cost: 10 to 40 Newton steps, each some 40 passes over n numbers and 6 over [m, n].
 */
export const solveSubproblem = (
  problem: Subproblem,
  { tolerance, limit }: { readonly tolerance: number; readonly limit: number },
): SubproblemSolution => {
  const start = startOf(problem);
  const gap = gapOf(problem, start);
  const found = whileLoop<Search>(
    ({ isDone, iterations }) => logicalAnd(logicalNot(isDone), less(iterations, limit)),
    (search) => {
      const direction = directionAt(problem, search.iterate, search.target);
      const { step, gap: reached, helps } = searchAlong(problem, search, direction);
      const aim = where(step.greaterEqual(long), longAim, shortAim);
      return {
        iterate: along(search.iterate, direction, where(helps, step, 0)),
        gap: chosen(helps, reached, search.gap),
        target: reached.mean.mul(aim).maximum(tolerance * 0.1),
        iterations: search.iterations.add(1),
        isDone: logicalOr(logicalNot(helps), distanceOf(reached).lessEqual(tolerance)),
      };
    },
    {
      iterate: start,
      gap,
      target: gap.mean.mul(shortAim),
      iterations: full([], 0, { dtype: "int32" }),
      isDone: full([], 0, { dtype: "bool" }),
    },
  );
  const { point, multipliers, excess } = found.iterate;
  return {
    point: maximum(problem.lower, minimum(problem.upper, point)),
    multipliers,
    excess: excess.div(problem.weights),
    iterations: found.iterations,
    isSettled: distanceOf(found.gap).less(10 * tolerance),
  };
};
