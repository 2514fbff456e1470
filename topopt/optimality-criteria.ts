/**
 * Optimality criteria update: x (-dc/dx / (lambda dv/dx))^(1/2) within a move limit and the bounds,
 * lambda by bisection so that a linear volume functional meets its target.
 * Source: Bendsoe 1995; Andreassen et al. 2011. Plain numbers, outside every trace.
 */
import { InvalidProblem, ShapeMismatch } from "../src/error.ts";
import { fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import type { ElementField } from "../library/fem/index.ts";

export interface OptimalityCriteria {
  /** Design variables, shape [nely, nelx]. */
  readonly design: ElementField;
  /** dc/dx, shape of `design`; positive entries count as zero. */
  readonly objectiveGradient: ElementField;
  /** Weights w of the volume w . x, all >= 0: the volume's gradient, shape of `design`. */
  readonly volumeGradient: ElementField;
  readonly volumeFraction: number;
  /** Largest change of a variable. */
  readonly move: number;
  /** Accepted |w . x - volumeFraction|. */
  readonly volumeTolerance: number;
  /** Upper bounds, shape of `design`; 1 without them. */
  readonly upper?: ElementField | undefined;
}

export interface OptimalityStep {
  readonly design: ElementField;
  readonly lambda: number;
  readonly volume: number;
  /** Whether the volume meets its target; false where bounds, move limit or a zero gradient do not allow it. */
  readonly isVolumeReached: boolean;
  readonly bisections: number;
}

const lambdaLow = 1e-9;
const lambdaHigh = 1e9;
const bisectionLimit = 2000;

/** The bracket of lambda: the published one, widened by decades until it holds the target. */
const bracketOf = (volumeAt: (lambda: number) => number, target: number): readonly [number, number] => {
  let [low, high] = [lambdaLow, lambdaHigh];
  while (volumeAt(high) > target && high < 1e300) high *= 1e3;
  while (volumeAt(low) < target && low > 1e-300) low /= 1e3;
  return [low, high];
};

/** Square roots of the slopes per volume; a variable without volume is free: it takes the bound that helps. */
const strengthsOf = (objectiveGradient: Float64Array, volumeGradient: Float64Array): Float64Array =>
  objectiveGradient.map((slope, e) => {
    if (!Number.isFinite(slope))
      throw new InvalidProblem(
        "optimalityCriteria",
        `the gradient of element ${e} is ${slope}`,
        "The objective must have a finite gradient",
      );
    return slope < 0 ? Math.min(Number.MAX_VALUE, Math.sqrt(-slope / volumeGradient[e]!)) : 0;
  });

const valuesLike = (design: ElementField, what: string, field: ElementField): Float64Array => {
  if (!sameShape(design.shape, field.shape))
    throw new ShapeMismatch(
      "optimalityCriteria",
      `${what} has shape ${showShape(field.shape)}, the design ${showShape(design.shape)}`,
      "All fields of an update are element fields of one mesh",
    );
  return field.toTypedArray() as Float64Array;
};

/**
 * One update. The bisection halves [1e-9, 1e9] arithmetically, as the published program does; the bracket is widened
 * where the target lies outside, so the unit of the objective does not matter.
 * Where the bounds and the move limit do not allow the target, the closest reachable volume is taken and said
 * (isVolumeReached).
 * @throws InvalidProblem when a gradient is not finite, ShapeMismatch
 * @example
 * const half = elementField(mesh, 0.5);
 * const slope = elementField(mesh, [[-4, -4, -1, -1], [-4, -4, -1, -1]]);
 * const volumeGradient = elementField(mesh, 1 / 8);
 * const step = optimalityCriteria({ design: half, objectiveGradient: slope, volumeGradient, volumeFraction: 0.5, move: 0.2, volumeTolerance: 1e-9 });
 * np.sign(step.design.sub(0.5)).at(0).get() // [1, 1, -1, -1]
 */
export const optimalityCriteria = (options: OptimalityCriteria): OptimalityStep => {
  const { volumeFraction, move, volumeTolerance } = options;
  const design = options.design.toTypedArray() as Float64Array;
  const weights = valuesLike(options.design, "volumeGradient", options.volumeGradient);
  const strengths = strengthsOf(valuesLike(options.design, "objectiveGradient", options.objectiveGradient), weights);
  const upper = options.upper === undefined ? undefined : valuesLike(options.design, "upper", options.upper);
  const next = new Float64Array(design.length);
  const unscaled = design.map((x, e) => x * strengths[e]!);
  const lowest = design.map((x) => Math.max(0, x - move));
  const highest = design.map((x, e) => Math.min(upper === undefined ? 1 : upper[e]!, x + move));
  const volumeAt = (lambda: number): number => {
    const scale = 1 / Math.sqrt(lambda);
    let volume = 0;
    for (let e = 0; e < next.length; e++) {
      const target = unscaled[e]! * scale;
      const value = Math.min(Math.max(target, lowest[e]!), highest[e]!);
      next[e] = value;
      volume += value * weights[e]!;
    }
    return volume;
  };
  let [low, high] = bracketOf(volumeAt, volumeFraction);
  let lambda = low;
  let volume = 0;
  let bisections = 0;
  while (bisections < bisectionLimit) {
    bisections++;
    lambda = (low + high) / 2;
    volume = volumeAt(lambda);
    if (Math.abs(volume - volumeFraction) < volumeTolerance || lambda === low || lambda === high) break;
    if (volume > volumeFraction) low = lambda;
    else high = lambda;
  }
  const reachable = Math.max(volumeTolerance, 1e-9);
  return {
    design: fromBuffer(next, options.design.shape, "float64") as NDArray as ElementField,
    lambda,
    volume,
    isVolumeReached: Math.abs(volume - volumeFraction) <= reachable,
    bisections,
  };
};
