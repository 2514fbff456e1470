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
  /** The largest modulus. */
  readonly stiffest: number;
}

/** Residuals below this fraction of the terms that cancel in them are rounding. */
const rounding = 2 ** -50;

/** The recurrence may differ from the true residual by so much before it is begun anew. */
const drift = 2;

/** Iterates until the residual of the recurrence is small; `right` and `displacement` belong together. */
const descend = (
  { vectors, count, displacement, direction, right, solution, image, product, precondition }: Iteration,
  norm: number,
  tolerance: number,
  mostIterations: number,
  history: number[],
): StopReason => {
  precondition();
  let energy = vectors.dot(right, solution, count);
  vectors.direct(direction, solution, count, 0);
  for (let k = 1; k <= mostIterations; k++) {
    product(direction, image);
    const curvature = vectors.dot(direction, image, count);
    if (!(curvature > 0 && energy > 0) || curvature === Infinity) return "breakdown";
    const step = energy / curvature;
    const residual = Math.sqrt(vectors.advance(displacement, right, direction, image, count, step)) / norm;
    history.push(residual);
    if (!Number.isFinite(residual)) return "breakdown";
    if (residual <= tolerance) return "converged";
    precondition();
    const next = vectors.dot(right, solution, count);
    vectors.direct(direction, solution, count, next / energy);
    energy = next;
  }
  return "iterations";
};

/**
 * Solves from where `displacement` is, `right` being its residual.
 * @param norm  |f|, > 0
 */
export const conjugateGradients = (
  iteration: Iteration,
  norm: number,
  tolerance: number,
  mostIterations: number,
): Convergence => {
  const { vectors, count, right, displacement, resetResidual, stiffest } = iteration;
  const sizeOf = (field: number): number => Math.sqrt(vectors.dot(field, field, count));
  /** What rounding leaves of the residual at this displacement. */
  const floor = (): number => rounding * (1 + (stiffest * sizeOf(displacement)) / norm);
  const history = [sizeOf(right) / norm];
  let residual = history[0]!;
  let reason: StopReason = "converged";
  while (residual > tolerance) {
    const before = residual;
    const left = mostIterations - (history.length - 1);
    reason = left <= 0 ? "iterations" : descend(iteration, norm, tolerance, left, history);
    resetResidual();
    residual = sizeOf(right) / norm;
    if (reason !== "converged" || residual <= drift * tolerance) break;
    if (residual <= floor()) reason = "rounding";
    // The recurrence has come apart from the residual. It is begun anew as long as that helps.
    else if (!(residual < before / 2)) reason = "stagnated";
    if (reason !== "converged") break;
  }
  return { reason, iterations: history.length - 1, residual, history };
};
