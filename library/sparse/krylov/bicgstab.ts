/**
 * BiCGStab, preconditioned from the right: for general operators, two products a step and little memory.
 * When it breaks down it starts again with another shadow residual, as long as that makes progress.
 * Source: van der Vorst 1992.
 */
import type { NDArray } from "../../../src/array/ndarray.ts";
import { zerosOf } from "../../../ops/arithmetic.ts";
import { whileLoop } from "../../../transforms/while-loop.ts";
import {
  abs,
  add,
  div,
  equal,
  greater,
  isfinite,
  lessEqual,
  logicalAnd,
  logicalOr,
  mul,
  neg,
} from "../../numpy/elementwise.ts";
import { where } from "../../numpy/selection.ts";
import { toDType } from "../../numpy/operand.ts";
import { goesOn, krylov, stop } from "./iteration.ts";
import type { CycleResult, KrylovOptions, KrylovResult, Method, Progress, System } from "./iteration.ts";
import { axpy, inner, norm, number } from "./vectors.ts";

interface State {
  readonly x: NDArray;
  readonly r: NDArray;
  readonly p: NDArray;
  readonly v: NDArray;
  readonly rho: NDArray;
  readonly alpha: NDArray;
  readonly omega: NDArray;
  readonly iterations: NDArray;
  readonly reason: NDArray;
}

/** An inner product this small beside the lengths of its vectors is rounding. */
const orthogonal = Number.EPSILON;

const isNegligible = (product: NDArray, one: NDArray, other: NDArray): NDArray =>
  lessEqual(abs(product), mul(orthogonal, mul(norm(one), norm(other))));

/** Quotient, 0 where the denominator is. */
const safeQuotient = (x: NDArray, y: NDArray): NDArray => {
  const isZero = equal(y, 0);
  return where(isZero, number(0), div(x, where(isZero, number(1), y)));
};

const step = ({ apply, precondition, tolerance }: System, shadow: NDArray, state: State): State => {
  const rho = inner(shadow, state.r);
  const beta = mul(safeQuotient(rho, state.rho), safeQuotient(state.alpha, state.omega));
  const p = axpy(beta, axpy(neg(state.omega), state.v, state.p), state.r);
  const y = precondition(p);
  const v = apply(y);
  const along = inner(shadow, v);
  const alpha = safeQuotient(rho, along);
  const s = axpy(neg(alpha), v, state.r);
  const z = precondition(s);
  const t = apply(z);
  const omega = safeQuotient(inner(t, s), inner(t, t));
  const r = axpy(neg(omega), t, s);
  const isLost = logicalOr(isNegligible(rho, shadow, state.r), isNegligible(along, shadow, v));
  const isStuck = logicalAnd(equal(omega, 0), greater(norm(r), tolerance));
  const isFinite = isfinite(add(add(rho, along), add(omega, norm(r))));
  const reason = where(
    isFinite,
    where(logicalOr(isLost, isStuck), number(stop.breakdown), number(stop.running)),
    number(stop.notFinite),
  );
  const keep = equal(reason, stop.notFinite);
  return {
    x: where(keep, state.x, axpy(omega, z, axpy(alpha, y, state.x))),
    r: where(keep, state.r, r),
    p,
    v,
    rho,
    alpha,
    omega,
    iterations: add(state.iterations, 1),
    reason: toDType(reason, "float64"),
  };
};

const cycle = (system: System, { x, residual, iterations }: Progress): CycleResult => {
  const zero = zerosOf([system.size], system.dtype);
  return whileLoop<State>(
    (state) => goesOn(system, state),
    (state) => step(system, residual, state),
    {
      x,
      r: residual,
      p: zero,
      v: zero,
      rho: number(1),
      alpha: number(1),
      omega: number(1),
      iterations,
      reason: number(stop.running),
    },
  );
};

const method: Method = { name: "bicgstab", isSymmetric: false, cycle, stall: 0.5 };

/**
 * Solves A x = b by BiCGStab; A is any regular operator, given as a function.
 * @param operator  x to A x: linear, of trees like b; derivatives flow into what it closes over
 * @param b         right-hand side: an array, or a tree of arrays
 * @param options   as for cg
 * @returns         { x, iterations, residual, reason, converged }, as cg
 * @throws NotConverged, InvalidOption, UnknownOption, ShapeMismatch, TreeMismatch
 * Derivatives: as cg; the adjoint solves with the transposed operator and preconditioner. Cost: two products an
 * iteration.
 * @example
 * const { x } = sparse.bicgstab((v) => np.matmul(array([[2, 1], [-1, 3]]), v), array([4, 5]));
 * np.allclose(x, array([1, 2])) // true
 */
export const bicgstab = <T>(operator: (x: T) => T, b: T, options: KrylovOptions<T> = {}): KrylovResult<T> =>
  krylov(method, operator, b, options);
