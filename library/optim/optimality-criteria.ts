/**
 * optimalityCriteria: the multiplicative update of topology optimization as an optimizer under one constraint.
 */
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { isConcrete } from "../../src/array/ndarray.ts";
import { isLeft } from "../../src/fp.ts";
import { requireOptions } from "../../src/options.ts";
import { checkAll, checkNumber } from "../../src/validate-options.ts";
import { full } from "../numpy/creation.ts";
import { lessEqual } from "../numpy/elementwise.ts";
import "../numpy/methods.ts";
import { toDType } from "../numpy/operand.ts";
import { sum } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import { ravelTree } from "../ravel-tree.ts";
import { chosen } from "./constrained-choice.ts";
import { reachOf, updateDesign } from "./constrained-optimality-update.ts";
import {
  constraintRows,
  constraintsOf,
  finiteRows,
  largestViolation,
  objectiveRow,
  rowsOf,
} from "./constrained-rows.ts";
import type { Rows } from "./constrained-rows.ts";
import { boundVector, floatLeaves, requireBounds, requireOrdered } from "./constrained-variables.ts";
import type { Bounds, Evaluation, Optimizer } from "./types.ts";

export interface OptimalityCriteriaOptions extends Partial<Bounds> {
  /** Largest change of a variable. Default 0.2. */
  readonly move?: number;
  /** Exponent of the update, in (0, 1]. Default 0.5. */
  readonly damping?: number;
  /** Accepted value of the linearized constraint beyond 0. Default 1e-9. */
  readonly tolerance?: number;
}

type Settled = Required<OptimalityCriteriaOptions>;

/** All scalars: int32 for counts and the reason's code, float64 else. */
interface State {
  readonly iteration: NDArray;
  readonly reason: NDArray;
  readonly multiplier: NDArray;
  readonly bisections: NDArray;
  readonly largestViolation: NDArray;
  readonly change: NDArray;
}

const reasons = ["start", "solved", "out of reach", "not finite"] as const;
const codeOf = (reason: (typeof reasons)[number]): NDArray => full([], reasons.indexOf(reason), { dtype: "int32" });

const asked = "optim.optimalityCriteria";

const readOptions = (options: OptimalityCriteriaOptions): Settled => {
  requireOptions(asked, options, ["lower", "upper", "move", "damping", "tolerance"]);
  const { lower = 0, upper = 1, move = 0.2, damping = 0.5, tolerance = 1e-9 } = options;
  requireBounds(asked, { lower, upper });
  const checked = checkAll({
    move: checkNumber("move", move, (v) => v > 0 && v < Infinity, "a move limit is positive"),
    damping: checkNumber("damping", damping, (v) => v > 0 && v <= 1, "it lies in (0, 1]"),
    tolerance: checkNumber("tolerance", tolerance, (v) => v > 0 && v < Infinity, "a tolerance is positive"),
  });
  if (isLeft(checked)) throw new InvalidOption(asked, checked.left.join("; "), "Correct these options");
  return { lower, upper, ...checked.right };
};

/** The update multiplies: bounds below 0 make no sense. */
const requirePositive = (lower: NDArray): void => {
  if (isConcrete(lower) && lower.toTypedArray().some((bound) => bound < 0))
    throw new InvalidOption(asked, "a lower bound below 0", "Variables of a multiplicative update are 0 or more");
};

const requireOneConstraint = <P>(evaluation: Evaluation<P>): void => {
  const count = constraintsOf(asked, evaluation)?.size ?? 0;
  if (count !== 1)
    throw new ShapeMismatch(asked, `${count} constraints`, "It takes exactly one: use mma for more, or for none");
};

/** One update of the variables as a vector, and the state that tells of it. */
const stepOf = (
  { values, slopes }: Rows,
  vector: NDArray,
  bounds: { readonly lower: NDArray; readonly upper: NDArray },
  { move, damping, tolerance }: Settled,
): { readonly next: NDArray; readonly told: Omit<State, "iteration"> } => {
  const weights = constraintRows(slopes).reshape([vector.size]);
  // g + dg . (x_new - x) = 0.
  const wanted = sum(vector.mul(weights)).sub(constraintRows(values).reshape([]));
  const inputs = {
    design: vector,
    objectiveGradient: objectiveRow(slopes),
    volumeGradient: weights,
    ...bounds,
    volumeFraction: wanted,
    move,
    volumeTolerance: tolerance,
    damping,
  };
  const [least, largest] = reachOf(inputs);
  const update = updateDesign({ ...inputs, volumeFraction: wanted.maximum(least).minimum(largest) });
  const isMet = lessEqual(update.volume.sub(wanted), Math.max(tolerance, 1e-9));
  return {
    next: update.design,
    told: {
      reason: where(isMet, codeOf("solved"), codeOf("out of reach")),
      multiplier: where(largest.less(wanted), 0, update.lambda),
      bisections: toDType(update.bisections, "int32"),
      largestViolation: largestViolation(values),
      change: update.change,
    },
  };
};

/**
 * Optimality criteria for one constraint g <= 0: every update takes
 *   x_new = x (-df/dx / (lambda dg/dx))^damping  within [x - move, x + move] and the bounds
 * with the multiplier lambda, by bisection, for which the linearized constraint g + dg . (x_new - x) is 0: exact for a
 * volume, which is linear. Where the constraint holds without a multiplier there is none, and variables rise as they may.
 * @param options  lower (0), upper (1): bounds, numbers or trees like the parameters, 0 or more; move (0.2), in the unit
 *   of the variables; damping (0.5); tolerance (1e-9), of the linearized constraint
 * @returns an Optimizer with these bounds. report: iteration; reason, "solved", "out of reach" (bounds, move limit or a zero gradient do not
 *   allow the constraint: the closest was taken), "not finite" (the point stays) or "start"; multiplier; bisections;
 *   largestViolation of the point evaluated last; change, the largest step
 * @throws InvalidOption, UnknownOption; at an update ShapeMismatch where there is not exactly one constraint, TreeMismatch
 * Made for compliance under a volume: raising a variable helps the objective and costs volume. Elsewhere it is a heuristic:
 * a positive slope of the objective counts as zero, so that its variable falls; a variable whose constraint has slope 0
 * or less takes the bound that helps. A variable at 0 stays there but for its bound. Derivatives: none.
 * Cost of an update: some sixty passes over the variables. Source: Bendsoe 1995; Andreassen et al. 2011.
 * @example
 * // Two bars of stiffness 4 x and y that share 1 of material: the optimum is x = 2 y.
 * const method = optim.optimalityCriteria();
 * const slopes = (x) => np.square(x).pow(-1).mul(array([-4, -1]));
 * let [x, state] = [array([0.5, 0.5]), method.init(array([0.5, 0.5]))];
 * for (let k = 0; k < 20; k++)
 *   [x, state] = method.update({
 *     value: np.sum(array([4, 1]).div(x)), gradient: slopes(x),
 *     constraints: np.sum(x).sub(1).reshape([1]), constraintGradients: array([[1, 1]]),
 *   }, state, x);
 * [np.allclose(x, array([2 / 3, 1 / 3])), method.report(state).reason] // [true, "solved"]
 */
export const optimalityCriteria = (options: OptimalityCriteriaOptions = {}): Optimizer => {
  const settled = readOptions(options);
  return {
    kind: "optimizer",
    init: (params) => {
      floatLeaves(asked, params);
      return {
        iteration: full([], 0, { dtype: "int32" }),
        reason: codeOf("start"),
        multiplier: full([], 0),
        bisections: full([], 0, { dtype: "int32" }),
        largestViolation: full([], 0),
        change: full([], 0),
      };
    },
    update: (evaluation, given, params) => {
      const state = given as unknown as State;
      requireOneConstraint(evaluation);
      const flat = floatLeaves(asked, params);
      const bounds = {
        lower: boundVector(asked, flat, settled.lower),
        upper: boundVector(asked, flat, settled.upper),
      };
      requireOrdered(asked, bounds.lower, bounds.upper);
      requirePositive(bounds.lower);
      const { rows, isFinite } = finiteRows(rowsOf(asked, evaluation, params));
      const [vector, restore] = ravelTree(params);
      const { next, told } = stepOf(rows, toDType(vector, "float64"), bounds, settled);
      const moved: State = { iteration: state.iteration.add(1), ...told };
      return [
        chosen(isFinite, restore(next) as typeof params, params),
        chosen<State>(isFinite, moved, { ...state, reason: codeOf("not finite") }) as never,
      ];
    },
    bounds: { lower: settled.lower, upper: settled.upper },
    report: (given) => {
      const { reason, ...numbers } = given as unknown as State;
      return {
        reason: reasons[reason.item()]!,
        ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, value.item()])),
      };
    },
  };
};
