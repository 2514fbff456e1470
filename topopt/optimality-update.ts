/**
 * The optimality criteria update as a pure function of arrays, so that it compiles into the program around it:
 * x (-dc/dx / (lambda dv/dx))^(1/2) within a move limit and the bounds, lambda by bisection.
 * Source: Bendsoe 1995; Andreassen et al. 2011.
 */
import { createArray as array } from "../src/array/create.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sizeOf } from "../src/array/shape.ts";
import {
  abs,
  div,
  equal,
  greater,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  sqrt,
  sub,
} from "../library/numpy/elementwise.ts";
import { max, sum } from "../library/numpy/reductions.ts";
import { where } from "../library/numpy/selection.ts";
import "../library/numpy/methods.ts";
import { whileLoop } from "../transforms/while-loop.ts";

/** A number, or an array of one. */
type Scalar = NDArray | number;

interface UpdateInputs {
  /** Design variables, of any shape. */
  readonly design: NDArray;
  /** dc/dx, shape of `design`; positive entries count as zero, as NaN does. */
  readonly objectiveGradient: NDArray;
  /** Weights of the volume, shape of `design`, all >= 0. */
  readonly volumeGradient: NDArray;
  /** Upper bounds, shape of `design`. */
  readonly upper: NDArray | undefined;
  readonly volumeFraction: Scalar;
  readonly move: Scalar;
  readonly volumeTolerance: Scalar;
}

/** All but `design` are scalars. */
interface Update {
  readonly design: NDArray;
  readonly lambda: NDArray;
  readonly volume: NDArray;
  readonly isVolumeReached: NDArray;
  readonly bisections: NDArray;
  /** Largest change of a variable. */
  readonly change: NDArray;
}

/** The bracket of lambda that the published program has, and what it is widened by. */
const [lambdaLow, lambdaHigh, widening] = [1e-9, 1e9, 1e3];
/** Lambdas beyond which a bracket is not widened. */
const [leastLambda, largestLambda] = [1e-300, 1e300];
const bisectionLimit = 2000;

/** Square roots of the slopes per volume; a variable without volume is free: it takes the bound that helps. */
const strengthsOf = (objectiveGradient: NDArray, volumeGradient: NDArray): NDArray => {
  const hasVolume = greater(volumeGradient, 0);
  const helps = less(objectiveGradient, 0);
  const perVolume = div(where(helps, neg(objectiveGradient), 0), where(hasVolume, volumeGradient, 1));
  const finite = minimum(Number.MAX_VALUE, sqrt(perVolume));
  return where(helps, where(hasVolume, finite, Number.MAX_VALUE), 0);
};

type VolumeAt = (lambda: NDArray) => NDArray;

/** The bracket of lambda, widened by decades until it holds the target. */
const bracketOf = (volumeAt: VolumeAt, target: Scalar): readonly [NDArray, NDArray] => [
  whileLoop(
    (low) => logicalAnd(less(volumeAt(low), target), greater(low, leastLambda)),
    (low) => div(low, widening),
    array(lambdaLow),
  ),
  whileLoop(
    (high) => logicalAnd(greater(volumeAt(high), target), less(high, largestLambda)),
    (high) => mul(high, widening),
    array(lambdaHigh),
  ),
];

interface Bisection {
  readonly low: NDArray;
  readonly high: NDArray;
  readonly lambda: NDArray;
  readonly volume: NDArray;
  readonly bisections: NDArray;
  readonly isDone: NDArray;
}

/** Halves the bracket arithmetically until the volume meets the target or no number lies in between. */
const bisect = (volumeAt: VolumeAt, target: Scalar, tolerance: Scalar): Bisection => {
  const [low, high] = bracketOf(volumeAt, target);
  const start = { low, high, lambda: low, volume: array(0), bisections: array(0), isDone: array(false) };
  return whileLoop(
    (state: Bisection) => logicalAnd(logicalNot(state.isDone), less(state.bisections, bisectionLimit)),
    (state: Bisection): Bisection => {
      const lambda = div(state.low.add(state.high), 2);
      const volume = volumeAt(lambda);
      const isMet = less(abs(sub(volume, target)), tolerance);
      const isTight = logicalOr(equal(lambda, state.low), equal(lambda, state.high));
      const isTooLow = greater(volume, target);
      return {
        low: where(isTooLow, lambda, state.low),
        high: where(isTooLow, state.high, lambda),
        lambda,
        volume,
        bisections: state.bisections.add(1),
        isDone: logicalOr(isMet, isTight),
      };
    },
    start,
  );
};

/**
 * One update.
 * @returns  the next design and, as scalars, what the bisection found
 * Where the target cannot be met the closest reachable volume is taken. Gradients that are not finite give a design without
 * meaning: look at them first.
 * Derivatives: none worth having, a bisection has piecewise constant results. Cost: some sixty passes over the variables.
 */
export const updateDesign = (inputs: UpdateInputs): Update => {
  const { volumeFraction, move, volumeTolerance } = inputs;
  const { shape } = inputs.design;
  const [design, slopes, weights] = [inputs.design, inputs.objectiveGradient, inputs.volumeGradient].map((field) =>
    field.reshape([sizeOf(shape)]),
  ) as [NDArray, NDArray, NDArray];
  const unscaled = mul(design, strengthsOf(slopes, weights));
  const lowest = maximum(0, sub(design, move));
  const highest = minimum(inputs.upper === undefined ? 1 : inputs.upper.reshape([sizeOf(shape)]), design.add(move));
  // Comparison and choice take three vector instructions; minimum and maximum ten, for the sake of NaN and -0.
  const designAt = (lambda: NDArray): NDArray => {
    const wanted = mul(unscaled, div(1, sqrt(lambda)));
    const raised = where(less(wanted, lowest), lowest, wanted);
    return where(greater(raised, highest), highest, raised);
  };
  const volumeAt = (lambda: NDArray): NDArray => sum(mul(designAt(lambda), weights));
  const { lambda, volume, bisections } = bisect(volumeAt, volumeFraction, volumeTolerance);
  const next = designAt(lambda);
  return {
    design: next.reshape(shape),
    lambda,
    volume,
    isVolumeReached: lessEqual(abs(sub(volume, volumeFraction)), maximum(volumeTolerance, 1e-9)),
    bisections,
    change: max(abs(sub(next, design))),
  };
};
