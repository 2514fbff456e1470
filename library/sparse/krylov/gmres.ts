/**
 * GMRES with restarts, preconditioned from the right: for general operators, the residual never grows.
 * Arnoldi's basis V by two passes of Gram-Schmidt; the rotations that make H triangular are kept as one orthogonal
 * matrix Q, so that a step is products of fixed shapes whatever its number: column k of R is Q h.
 * Source: Saad & Schultz 1986; two passes: Giraud, Langou & Rozloznik 2005.
 */
import { showValue } from "../../../src/describe.ts";
import { InvalidOption } from "../../../src/error.ts";
import type { NDArray } from "../../../src/array/ndarray.ts";
import { zerosOf } from "../../../ops/arithmetic.ts";
import { sliceAxis } from "../../../ops/slicing.ts";
import { foriLoop, whileLoop } from "../../../transforms/while-loop.ts";
import {
  abs,
  add,
  div,
  equal,
  greater,
  isfinite,
  less,
  lessEqual,
  logicalAnd,
  mul,
  sqrt,
  square,
  sub,
} from "../../numpy/elementwise.ts";
import { where } from "../../numpy/selection.ts";
import { diag, eye } from "../../numpy/diagonals.ts";
import { toDType } from "../../numpy/operand.ts";
import { dot, matmul, outer } from "../../numpy/products.ts";
import { arange } from "../../numpy/ranges.ts";
import { krylov, optionNames, stop } from "./iteration.ts";
import type { CycleResult, KrylovOptions, KrylovResult, Method, Progress, System } from "./iteration.ts";
import { norm, number } from "./vectors.ts";
import { requireOptions } from "../../../src/options.ts";

export interface GmresOptions<T> extends KrylovOptions<T> {
  /** Steps before a restart, which is also the number of vectors kept. Default 30. */
  readonly restart?: number;
}

/** Small matrices are float64; m steps at most. */
interface State {
  /** Basis vectors by rows, [m + 1, n]; zero where none is yet. */
  readonly basis: NDArray;
  /** Product of the rotations, [m + 1, m + 1]. */
  readonly rotations: NDArray;
  /** [m + 1, m], upper triangular. */
  readonly triangle: NDArray;
  /** Steps of this cycle. */
  readonly count: NDArray;
  /** Norm of the residual. */
  readonly size: NDArray;
  readonly iterations: NDArray;
  readonly reason: NDArray;
}

/** The unit vector with a one at a place that may be traced. */
const unit = (place: NDArray, length: number): NDArray =>
  toDType(equal(arange(length), toDType(place, "float64")), "float64");

/** w without its parts along the basis, and these parts. */
const orthogonalize = (basis: NDArray, w: NDArray): readonly [NDArray, NDArray] => {
  const first = matmul(basis, w);
  const once = sub(w, matmul(first, basis));
  const second = matmul(basis, once);
  return [sub(once, matmul(second, basis)), toDType(add(first, second), "float64")];
};

const arnoldiStep = ({ apply, precondition }: System, start: NDArray, m: number, state: State): State => {
  const { basis, rotations, triangle, count } = state;
  const [here, next] = [unit(count, m + 1), unit(add(count, 1), m + 1)];
  const own = toDType(matmul(toDType(here, basis.dtype), basis), basis.dtype);
  const [w, along] = orthogonalize(basis, apply(precondition(own)));
  const length = norm(w);
  // What is left is rounding: the space is invariant, and the solution lies in it.
  const isInvariant = lessEqual(length, mul(4 * Number.EPSILON, norm(along)));
  const beyond = where(isInvariant, number(0), length);
  const direction = div(w, toDType(where(isInvariant, number(1), length), w.dtype));
  const grown = outer(toDType(next, w.dtype), where(isInvariant, zerosOf(w.shape, w.dtype), direction));
  const column = matmul(rotations, add(along, mul(beyond, next)));
  const [a, b] = [dot(here, column), dot(next, column)];
  const radius = sqrt(add(square(a), square(b)));
  const isZero = equal(radius, 0);
  const safe = where(isZero, number(1), radius);
  const [c, s] = [where(isZero, number(1), div(a, safe)), div(b, safe)];
  const [upper, lower] = [matmul(here, rotations), matmul(next, rotations)];
  const turned = add(
    rotations,
    add(
      outer(here, sub(add(mul(c, upper), mul(s, lower)), upper)),
      outer(next, sub(sub(mul(c, lower), mul(s, upper)), lower)),
    ),
  );
  const triangular = add(column, sub(mul(sub(radius, a), here), mul(b, next)));
  const size = mul(start, abs(dot(next, matmul(turned, unit(number(0), m + 1)))));
  return {
    basis: add(basis, grown),
    rotations: turned,
    triangle: add(triangle, outer(triangular, sliceAxis(here, 0, 0, m))),
    count: add(count, 1),
    size: where(isZero, state.size, size),
    iterations: add(state.iterations, 1),
    reason: toDType(
      where(
        isfinite(radius),
        where(logicalAnd(isInvariant, isZero), number(stop.breakdown), number(stop.running)),
        number(stop.notFinite),
      ),
      "float64",
    ),
  };
};

/** y with triangle y = rhs in the first `count` unknowns, zero in the others. */
const backSubstitute = ({ triangle, count }: State, rhs: NDArray, m: number): NDArray => {
  const isUsed = less(arange(m), count);
  const square = sliceAxis(triangle, 0, 0, m);
  const pivots = diag(square);
  const isSound = logicalAnd(isUsed, greater(abs(pivots), 0));
  const inverse = where(isSound, div(1, where(isSound, pivots, number(1))), number(0));
  return foriLoop(
    0,
    m,
    (k, y: NDArray) => {
      const here = unit(sub(m - 1, k), m);
      const row = matmul(here, square);
      return add(y, mul(mul(here, inverse), sub(dot(here, rhs), dot(row, y))));
    },
    zerosOf([m], "float64"),
  );
};

const cycleOf =
  (restart: number) =>
  (system: System, { x, residual, iterations }: Progress): CycleResult => {
    const m = Math.max(1, Math.min(restart, system.size));
    const start = norm(residual);
    const first = div(residual, toDType(start, residual.dtype));
    const end = whileLoop<State>(
      ({ count, size, iterations: taken, reason }) =>
        logicalAnd(
          logicalAnd(equal(reason, stop.running), less(count, m)),
          logicalAnd(greater(size, system.tolerance), less(taken, system.limit)),
        ),
      (state) => arnoldiStep(system, start, m, state),
      {
        basis: outer(toDType(unit(number(0), m + 1), system.dtype), first),
        rotations: eye(m + 1),
        triangle: zerosOf([m + 1, m], "float64"),
        count: number(0),
        size: start,
        iterations,
        reason: number(stop.running),
      },
    );
    const rhs = mul(start, sliceAxis(matmul(end.rotations, unit(number(0), m + 1)), 0, 0, m));
    const y = backSubstitute(end, rhs, m);
    const step = matmul(toDType(y, system.dtype), sliceAxis(end.basis, 0, 0, m));
    return { x: add(x, system.precondition(step)), iterations: end.iterations, reason: end.reason };
  };

/**
 * Solves A x = b by restarted GMRES; A is any regular operator, given as a function.
 * @param operator  x to A x: linear, of trees like b; derivatives flow into what it closes over
 * @param b         right-hand side: an array, or a tree of arrays
 * @param options   as for cg, and restart: steps before a restart (default 30)
 * @returns         { x, iterations, residual, reason, converged }, as cg
 * @throws NotConverged, InvalidOption, UnknownOption, ShapeMismatch, TreeMismatch
 * Derivatives: as cg; the adjoint solves with the transposed operator and preconditioner. Cost: one product with A and
 * four with the basis an iteration; memory for `restart` vectors.
 * @example
 * const { x, converged } = sparse.gmres((v) => np.matmul(array([[0, 1], [-1, 0]]), v), array([3, 4]));
 * np.allclose(x, array([-4, 3])) // true
 * converged // true
 */
export const gmres = <T>(operator: (x: T) => T, b: T, options: GmresOptions<T> = {}): KrylovResult<T> => {
  requireOptions("gmres", options, [...optionNames, "restart"]);
  const { restart = 30, ...rest } = options;
  if (!Number.isSafeInteger(restart) || restart < 1)
    throw new InvalidOption("gmres", `restart ${showValue(restart)}`, "Give a whole number of steps, one or more");
  const method: Method = { name: "gmres", isSymmetric: false, cycle: cycleOf(restart), stall: 1 - 1e-6 };
  return krylov(method, operator, b, rest, [...optionNames, "restart"]);
};
