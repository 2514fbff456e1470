/**
 * Conjugate gradients preconditioned by a cycle, on the finest grid.
 * Source: Hestenes & Stiefel 1952; Saad 2003, algorithm 9.1.
 */
import type { VectorKernels } from "./kernels.ts";

/** Why a solve ended. */
export type StopReason =
  /** The residual is below the tolerance. */
  | "converged"
  /** It is as small as rounding lets it be, which is above the tolerance: a load on soft material next to stiff one. */
  | "rounding"
  /** As many iterations as allowed. */
  | "iterations"
  /** The residual of the recurrence has come apart from the true one, and beginning anew does not help. */
  | "stagnated"
  /** The matrix or the cycle is not positive definite, or numbers are not finite. */
  | "breakdown";

export interface Convergence {
  readonly reason: StopReason;
  readonly iterations: number;
  /** |K u - f| / |f| over the dofs that move, computed anew from u. */
  readonly residual: number;
  /** The same before the first and after every iteration, as the recurrence has it. */
  readonly history: readonly number[];
}

export interface Iteration {
  readonly vectors: VectorKernels;
  /** Numbers of a field. */
  readonly count: number;
  readonly displacement: number;
  readonly direction: number;
  /** Residual; the cycle's right-hand side. */
  readonly right: number;
  /** What the cycle gives. */
  readonly solution: number;
  /** Product of K and the direction. */
  readonly image: number;
  readonly product: (u: number, out: number) => void;
  readonly precondition: () => void;
  /** right = f - K displacement. */
  readonly resetResidual: () => void;
  /** Stiffness, a force over a displacement, of the stiffest and of the softest element or spring. */
  readonly stiffest: number;
  readonly softest: number;
}

/**
 * Residuals below this fraction of the terms that cancel in them are rounding. Measured on 450 random structures asked for more
 * than rounding allows: half end at 0.2 of 2^-53, 99 in a hundred below 5.7 of it; this is 8.
 */
const rounding = 2 ** -50;

/**
 * A part that only the softest elements hold, off by d, leaves a residual of softest times d, which may be far below the
 * tolerance of a load on stiff ones. Residuals of such parts may be the tolerance times this of the displacement: at 1e-8, two
 * thousandths of what an entry of the softest matrix makes of it. On designs of members it costs no iteration, or one.
 */
const weaklyHeld = 2e5;

/** The residual of the recurrence goes below the tolerance by so much, since the true one may differ from it. */
const margin = 2;

/** Euclidean norm of a field. */
const sizeOf = ({ vectors, count }: Iteration, field: number): number => Math.sqrt(vectors.dot(field, field, count));

/**
 * What is known of the energy of the solution, 2 f'u - u'Ku = u'Ku + 2 r'u: below it, 0 for u = 0, and larger by its gain
 * after every step. Overwrites `image`.
 */
const energyBelow = ({ vectors, count, displacement, right, image, product }: Iteration): number => {
  product(displacement, image);
  return vectors.dot(displacement, image, count) + 2 * vectors.dot(displacement, right, count);
};

/**
 * Iterates until the residual of the recurrence is small, also where the softest elements alone hold something, and the last
 * two steps have changed the energy by little. `right` and `displacement` belong together.
 * Source of the estimate: Strakos & Tichy 2002; a step of conjugate gradients lowers the energy of the error by what is added here.
 */
const descend = (
  iteration: Iteration,
  norm: number,
  tolerance: number,
  mostIterations: number,
  history: number[],
): StopReason => {
  const { vectors, count, displacement, direction, right, solution, image, product, precondition } = iteration;
  const weak = (weaklyHeld * tolerance * iteration.softest) / norm;
  let energy = energyBelow(iteration);
  let before = Infinity;
  precondition();
  let slope = vectors.dot(right, solution, count);
  vectors.direct(direction, solution, count, 0);
  for (let k = 1; k <= mostIterations; k++) {
    product(direction, image);
    const curvature = vectors.dot(direction, image, count);
    if (!(curvature > 0 && slope > 0) || curvature === Infinity) return "breakdown";
    const step = slope / curvature;
    const residual = Math.sqrt(vectors.advance(displacement, right, direction, image, count, step)) / norm;
    history.push(residual);
    if (!Number.isFinite(residual)) return "breakdown";
    const gain = step * slope;
    energy += gain;
    const isStill = residual <= tolerance / margin && gain + before <= tolerance ** 2 * energy;
    if (isStill && residual <= weak * sizeOf(iteration, displacement)) return "converged";
    if (residual === 0) return "converged";
    before = gain;
    precondition();
    const next = vectors.dot(right, solution, count);
    vectors.direct(direction, solution, count, next / slope);
    slope = next;
  }
  return "iterations";
};

/**
 * Solves from where `displacement` is, `right` being its residual. However small that is there are two steps at least, since
 * only they can say what is missing of the energy.
 * @param norm  |f|, > 0
 */
export const conjugateGradients = (
  iteration: Iteration,
  norm: number,
  tolerance: number,
  mostIterations: number,
): Convergence => {
  const { right, displacement, resetResidual, stiffest } = iteration;
  /** What rounding leaves of the residual at this displacement. */
  const floor = (): number => rounding * (1 + (stiffest * sizeOf(iteration, displacement)) / norm);
  const history = [sizeOf(iteration, right) / norm];
  let residual = history[0]!;
  let reason: StopReason = "converged";
  do {
    const before = residual;
    const left = mostIterations - (history.length - 1);
    reason = left <= 0 ? "iterations" : descend(iteration, norm, tolerance, left, history);
    resetResidual();
    residual = sizeOf(iteration, right) / norm;
    if (reason !== "converged" || residual <= tolerance) break;
    if (residual <= floor()) reason = "rounding";
    // The recurrence has come apart from the residual. It is begun anew as long as that helps.
    else if (!(residual < before / 2)) reason = "stagnated";
  } while (reason === "converged");
  return { reason, iterations: history.length - 1, residual, history };
};
