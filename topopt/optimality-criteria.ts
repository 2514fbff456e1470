/**
 * Optimality criteria update: x (-dc/dx / (lambda dv/dx))^(1/2) within a move limit and the bounds,
 * lambda by bisection so that a linear volume functional meets its target.
 * Source: Bendsoe 1995; Andreassen et al. 2011. Plain numbers, outside every trace.
 */
import { InvalidProblem } from "../src/error.ts";

export interface OptimalityCriteria {
  /** Design variables. */
  readonly design: Float64Array;
  /** dc/dx; positive entries count as zero. */
  readonly objectiveGradient: Float64Array;
  /** Weights w of the volume w . x, all >= 0: the volume's gradient. */
  readonly volumeGradient: Float64Array;
  readonly volumeFraction: number;
  /** Largest change of a variable. */
  readonly move: number;
  /** Accepted |w . x - volumeFraction|. */
  readonly volumeTolerance: number;
  /** Upper bounds; 1 without them. */
  readonly upper?: Float64Array | undefined;
}

export interface OptimalityStep {
  readonly design: Float64Array;
  readonly lambda: number;
  readonly volume: number;
  readonly bisections: number;
}

const lambdaLow = 1e-9;
const lambdaHigh = 1e9;
const bisectionLimit = 500;

/**
 * One update. The bisection halves [1e-9, 1e9] arithmetically, as the published program does.
 * Where the bounds and the move limit do not allow the target, the closest reachable volume is taken.
 * @throws InvalidProblem when a gradient is not finite
 * @example
 * const half = Float64Array.of(0.5, 0.5);
 * const settings = { volumeGradient: half, volumeFraction: 0.5, move: 0.2, volumeTolerance: 1e-9 };
 * optimalityCriteria({ design: half, objectiveGradient: Float64Array.of(-4, -1), ...settings }).design.map((x) => Math.sign(x - 0.5)) // [1, -1]
 */
export const optimalityCriteria = (options: OptimalityCriteria): OptimalityStep => {
  const { design, objectiveGradient, volumeGradient, volumeFraction, move, volumeTolerance, upper } = options;
  const count = design.length;
  const strength = new Float64Array(count);
  for (let e = 0; e < count; e++) {
    const slope = objectiveGradient[e]!;
    if (!Number.isFinite(slope))
      throw new InvalidProblem(
        "optimalityCriteria",
        `the gradient of element ${e} is ${slope}`,
        "The objective must have a finite gradient",
      );
    // Without weight a variable is free of cost: it takes its upper bound where it helps, its lower one where it does not.
    strength[e] = slope < 0 ? Math.min(Number.MAX_VALUE, Math.sqrt(-slope / volumeGradient[e]!)) : 0;
  }
  const next = new Float64Array(count);
  const volumeAt = (lambda: number): number => {
    const scale = 1 / Math.sqrt(lambda);
    let volume = 0;
    for (let e = 0; e < count; e++) {
      const x = design[e]!;
      const target = x * strength[e]! * scale;
      const low = Math.max(0, x - move);
      const high = Math.min(upper === undefined ? 1 : upper[e]!, x + move);
      const value = target < low ? low : target > high ? high : target;
      next[e] = value;
      volume += value * volumeGradient[e]!;
    }
    return volume;
  };
  let low = lambdaLow;
  let high = lambdaHigh;
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
  return { design: next, lambda, volume, bisections };
};
