/**
 * Conjugate gradients, preconditioned: for symmetric positive definite operators, one product a step.
 *   p = z + beta p, alpha = (r'z) / (p'A p), x += alpha p, r -= alpha A p, z = M r
 * Source: Hestenes & Stiefel 1952.
 */
import type { NDArray } from "../../../src/array/ndarray.ts";
import { whileLoop } from "../../../transforms/while-loop.ts";
import { add, div, equal, greater, isfinite, neg } from "../../numpy/elementwise.ts";
import { toDType } from "../../numpy/operand.ts";
import { where } from "../../numpy/selection.ts";
import { goesOn, krylov, stop } from "./iteration.ts";
import type { CycleResult, KrylovOptions, KrylovResult, Method, Progress, System } from "./iteration.ts";
import { axpy, inner, norm, number } from "./vectors.ts";

interface State {
  readonly x: NDArray;
  readonly r: NDArray;
  readonly p: NDArray;
  /** r' M r. */
  readonly rho: NDArray;
  readonly iterations: NDArray;
  readonly reason: NDArray;
}

/** `running` while a quantity that must be positive is; not finite, or not positive definite. */
const verdict = (positive: NDArray): NDArray =>
  where(
    greater(positive, 0),
    where(isfinite(positive), number(stop.running), number(stop.notFinite)),
    where(isfinite(positive), number(stop.indefinite), number(stop.notFinite)),
  );

const step = ({ apply, precondition }: System, { x, r, p, rho, iterations }: State): State => {
  const image = apply(p);
  const curvature = inner(p, image);
  const ofMatrix = verdict(curvature);
  const isSound = equal(ofMatrix, stop.running);
  const alpha = where(isSound, div(rho, where(isSound, curvature, number(1))), number(0));
  const residual = axpy(neg(alpha), image, r);
  const z = precondition(residual);
  const next = inner(residual, z);
  const isDone = equal(norm(residual), 0);
  const reason = where(isSound, where(isDone, number(stop.running), verdict(next)), ofMatrix);
  return {
    x: axpy(alpha, p, x),
    r: residual,
    p: axpy(div(next, rho), p, z),
    rho: next,
    iterations: add(iterations, 1),
    reason: toDType(reason, "float64"),
  };
};

const cycle = (system: System, { x, residual, iterations }: Progress): CycleResult => {
  const z = system.precondition(residual);
  const rho = inner(residual, z);
  return whileLoop<State>(
    (state) => goesOn(system, state),
    (state) => step(system, state),
    { x, r: residual, p: z, rho, iterations, reason: toDType(verdict(rho), "float64") },
  );
};

const method: Method = { name: "cg", isSymmetric: true, cycle, stall: 0.5 };

/**
 * Solves A x = b by conjugate gradients; A is symmetric positive definite and given as a function.
 * @param operator  x to A x: linear, of trees like b; derivatives flow into what it closes over
 * @param b         right-hand side: an array, or a tree of arrays
 * @param options   x0, rtol, atol, maxIterations, preconditioner (symmetric positive definite), throwOnFailure
 * @returns         { x, iterations, residual, reason, converged }; x has the tree and shapes of b
 * @throws NotConverged (with reason, iterations and residual; also from jit and vmap, and for the adjoint solve),
 *   InvalidOption, UnknownOption, ShapeMismatch, TreeMismatch
 * Derivatives: forward and reverse, any order, by further solves, A being symmetric for all values of what it closes
 * over; nothing flows through x0, the preconditioner or the report. Cost: one product with A an iteration, and one at the end.
 * @example
 * const values = array([4, 1, 1, 3]);
 * const pattern = sparse.sparsePattern([0, 0, 1, 1], [0, 1, 0, 1]);
 * const { x, iterations } = sparse.cg((v) => sparse.sparseMatvec(values, pattern, v), array([1, 2]));
 * np.allclose(x, array([1 / 11, 7 / 11])) // true
 * iterations // 2
 */
export const cg = <T>(operator: (x: T) => T, b: T, options: KrylovOptions<T> = {}): KrylovResult<T> =>
  krylov(method, operator, b, options);
