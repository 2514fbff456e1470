/**
 * The optimality criteria update as a pure function of arrays, so that it compiles into the program around it:
 * x (-dc/dx / (lambda dv/dx))^damping within a move limit and the bounds, lambda by bisection of a volume that is linear.
 * Source: Bendsoe 1995; Andreassen et al. 2011 (damping 1/2).
 */
import { createArray as array } from "../../src/array/create.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
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
  pow,
  sqrt,
  sub,
} from "../numpy/elementwise.ts";
import { max, sum } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import "../numpy/methods.ts";
import { whileLoop } from "../../transforms/while-loop.ts";

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
  /** Lower bounds, shape of `design`; 0 without them. */
  readonly lower?: NDArray | undefined;
  /** Volume to be met. */
  readonly volumeFraction: Scalar;
  readonly move: Scalar;
  readonly volumeTolerance: Scalar;
  /** Exponent of the update; 1/2 without it. */
  readonly damping?: number;
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

/** The root that a damping asks for; that of 1/2 is rounded correctly, other powers nearly so. */
const rootOf = (damping: number): ((x: NDArray) => NDArray) => (damping === 0.5 ? sqrt : (x) => pow(x, damping));

/** Roots of the slopes per volume; a variable without volume is free: it takes the bound that helps. */
const strengthsOf = (root: (x: NDArray) => NDArray, objectiveGradient: NDArray, volumeGradient: NDArray): NDArray => {
  const hasVolume = greater(volumeGradient, 0);
  const helps = less(objectiveGradient, 0);
  const perVolume = div(where(helps, neg(objectiveGradient), 0), where(hasVolume, volumeGradient, 1));
  const finite = minimum(Number.MAX_VALUE, root(perVolume));
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

/** What the bounds and the move limit leave of a variable, as vectors. */
const intervalOf = ({ design, lower, upper, move }: UpdateInputs): readonly [lowest: NDArray, highest: NDArray] => {
  const [own, low, high] = [design, lower ?? 0, upper ?? 1].map((field) =>
    typeof field === "number" ? field : asVector(field),
  ) as [NDArray, NDArray | number, NDArray | number];
  return [maximum(low, sub(own, move)), minimum(high, own.add(move))];
};

const asVector = (field: NDArray): NDArray => field.reshape([sizeOf(field.shape)]);

/**
 * The least and the largest volume that an update may come to. Targets beyond them are missed whatever lambda is; to ask for
 * the end of this reach instead spares the bisection the search.
 */
export const reachOf = (inputs: UpdateInputs): readonly [least: NDArray, largest: NDArray] => {
  const [lowest, highest] = intervalOf(inputs);
  const [design, slopes, weights] = [inputs.design, inputs.objectiveGradient, inputs.volumeGradient].map(asVector);
  const rises = logicalAnd(less(slopes!, 0), greater(design!, 0));
  return [sum(mul(lowest, weights!)), sum(mul(where(rises, highest, lowest), weights!))];
};

/**
 * One update.
 * @returns  the next design and, as scalars, what the bisection found
 * Where the target cannot be met the closest reachable volume is taken. Gradients that are not finite give a design without
 * meaning: look at them first.
 * Derivatives: none worth having, a bisection has piecewise constant results. Cost: some sixty passes over the variables.
 */
export const updateDesign = (inputs: UpdateInputs): Update => {
  const { volumeFraction, volumeTolerance } = inputs;
  const { shape } = inputs.design;
  const [design, slopes, weights] = [inputs.design, inputs.objectiveGradient, inputs.volumeGradient].map(asVector) as [
    NDArray,
    NDArray,
    NDArray,
  ];
  const root = rootOf(inputs.damping ?? 0.5);
  const unscaled = mul(design, strengthsOf(root, slopes, weights));
  const [lowest, highest] = intervalOf(inputs);
  // Comparison and choice take three vector instructions; minimum and maximum ten, for the sake of NaN and -0.
  const designAt = (lambda: NDArray): NDArray => {
    const wanted = mul(unscaled, div(1, root(lambda)));
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
