/**
 * What the Krylov methods share: trees as one vector, options, and the outer loop. A cycle runs until its own residual
 * says that it is done; then b - A x is computed anew, and the method starts again from x if that is not small enough.
 * The solution is differentiated through A x = b (customLinearSolve); the report travels as three further unknowns
 * with the identity as their matrix, so that it leaves the solve without being part of its derivatives.
 */
import { showValue } from "../../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../../src/error.ts";
import type { DType } from "../../../src/array/dtype.ts";
import type { NDArray } from "../../../src/array/ndarray.ts";
import { requireOptions } from "../../../src/options.ts";
import { requireSameTree } from "../../../src/tree/tree.ts";
import { requireConverged } from "../../../ops/convergence.ts";
import { stopGradient } from "../../../ops/conversion.ts";
import { full, zerosOf } from "../../../ops/arithmetic.ts";
import { reshape } from "../../../ops/shape.ts";
import { sliceAxis } from "../../../ops/slicing.ts";
import { customLinearSolve } from "../../../transforms/custom-linear-solve.ts";
import { flattenArrays, requireFunction } from "../../../transforms/flat.ts";
import { linearTranspose } from "../../../transforms/make-jaxpr.ts";
import { whileLoop } from "../../../transforms/while-loop.ts";
import {
  add,
  div,
  equal,
  greater,
  greaterEqual,
  isfinite,
  less,
  lessEqual,
  logicalAnd,
  maximum,
  mul,
  sub,
} from "../../numpy/elementwise.ts";
import { where } from "../../numpy/selection.ts";
import { stack } from "../../numpy/joining.ts";
import { toDType } from "../../numpy/operand.ts";
import { fromVector, layoutOf, norm, number, onVectors, toVector } from "./vectors.ts";
import type { Layout, VectorMap } from "./vectors.ts";

export interface KrylovOptions<T> {
  /** Where to start; zero by default. It does not change the solution, and no derivative flows through it. */
  readonly x0?: T;
  /** |b - A x| <= max(rtol |b|, atol) is asked for. Default 1e-8; 1e-5 when everything is float32. */
  readonly rtol?: number;
  /** Default 0. */
  readonly atol?: number;
  /** Default ten times the number of unknowns. */
  readonly maxIterations?: number;
  /** An approximation of A^-1, linear: residual to correction, of the tree of b. Never differentiated. */
  readonly preconditioner?: (residual: T) => T;
  /** Default true: NotConverged is thrown. False: the last iterate is returned, and the report tells. */
  readonly throwOnFailure?: boolean;
}

/** A solution and how it was found. All of it may be traced. */
export interface KrylovResult<T> {
  readonly x: T;
  /** Steps taken, int32. */
  readonly iterations: NDArray;
  /** |b - A x| / |b|, computed from x; 0 for b = 0. */
  readonly residual: NDArray;
  /** Why it stopped, int32: an index into stopReasons, 0 for success. */
  readonly reason: NDArray;
  /** Whether |b - A x| is small enough. */
  readonly converged: NDArray;
}

/** Numbers of stopReasons. `running` is none of them. */
export const stop = { running: -1, converged: 0, limit: 1, breakdown: 2, indefinite: 3, stagnation: 4, notFinite: 5 };

/** One system on flat vectors. Scalars and counts are float64 of rank 0 unless they are of the vector's dtype. */
export interface System {
  readonly apply: VectorMap;
  readonly precondition: VectorMap;
  /** Largest residual norm that is small enough. */
  readonly tolerance: NDArray;
  readonly limit: number;
  readonly size: number;
  readonly dtype: DType;
}

export interface Progress {
  readonly x: NDArray;
  /** b - A x, computed anew. */
  readonly residual: NDArray;
  readonly iterations: NDArray;
}

/** What a method does between two looks at the true residual. */
export interface CycleResult {
  readonly x: NDArray;
  readonly iterations: NDArray;
  /** `stop.running` when it ended as planned. */
  readonly reason: NDArray;
}

export interface Method {
  readonly name: string;
  readonly isSymmetric: boolean;
  readonly cycle: (system: System, from: Progress) => CycleResult;
  /** A cycle that leaves more than this part of the residual makes no progress. */
  readonly stall: number;
}

/** Whether a cycle goes on: nothing stopped it, its residual is too large, and there are steps left. */
export const goesOn = (
  { tolerance, limit }: System,
  { r, iterations, reason }: { readonly r: NDArray; readonly iterations: NDArray; readonly reason: NDArray },
): NDArray => logicalAnd(equal(reason, stop.running), logicalAnd(greater(norm(r), tolerance), less(iterations, limit)));

// --- Outer loop -------------------------------------------------------------------------------

interface Search {
  readonly x: NDArray;
  readonly residual: NDArray;
  readonly size: NDArray;
  readonly iterations: NDArray;
  readonly reason: NDArray;
}

/** The first of several answers whose condition holds. */
const firstOf = (otherwise: number, ...cases: readonly (readonly [condition: NDArray, answer: NDArray])[]): NDArray =>
  cases.reduceRight((rest, [condition, answer]) => where(condition, answer, rest), number(otherwise));

/** x from zero for this right-hand side, with what happened. */
const search = (method: Method, system: System, rhs: NDArray): Search => {
  const { tolerance, limit } = system;
  const start = norm(rhs);
  return whileLoop<Search>(
    ({ reason }) => equal(reason, stop.running),
    ({ x, residual, size, iterations }) => {
      const cycle = method.cycle(system, { x, residual, iterations });
      const next = sub(rhs, system.apply(cycle.x));
      const nextSize = norm(next);
      const reason = firstOf(
        stop.running,
        [lessEqual(nextSize, tolerance), number(stop.converged)],
        [equal(isfinite(nextSize), false), number(stop.notFinite)],
        [greater(cycle.reason, stop.breakdown), cycle.reason],
        [greaterEqual(cycle.iterations, limit), number(stop.limit)],
        [
          greater(nextSize, mul(method.stall, size)),
          where(equal(cycle.reason, stop.breakdown), stop.breakdown, stop.stagnation),
        ],
      );
      return {
        x: cycle.x,
        residual: next,
        size: nextSize,
        iterations: cycle.iterations,
        reason: toDType(reason, "float64"),
      };
    },
    {
      x: zerosOf([system.size], system.dtype),
      residual: rhs,
      size: start,
      iterations: number(0),
      reason: toDType(
        firstOf(
          stop.running,
          [lessEqual(start, tolerance), number(stop.converged)],
          [equal(isfinite(start), false), number(stop.notFinite)],
        ),
        "float64",
      ),
    },
  );
};

// --- Options ----------------------------------------------------------------------------------

export const optionNames = ["x0", "rtol", "atol", "maxIterations", "preconditioner", "throwOnFailure"] as const;

interface Settings {
  readonly rtol: number;
  readonly atol: number;
  readonly limit: number;
  readonly throwOnFailure: boolean;
}

const readSettings = (
  asked: string,
  options: Omit<KrylovOptions<never>, "x0" | "preconditioner">,
  { size, dtype }: Layout,
): Settings => {
  const { rtol = dtype === "float32" ? 1e-5 : 1e-8, atol = 0, throwOnFailure = true } = options;
  const { maxIterations = Math.max(1, 10 * size) } = options;
  for (const [name, value] of [["rtol", rtol] as const, ["atol", atol] as const])
    if (typeof value !== "number" || !(value >= 0 && value < Infinity))
      throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Tolerances are finite numbers, zero or more");
  if (!Number.isSafeInteger(maxIterations) || maxIterations < 0)
    throw new InvalidOption(asked, `maxIterations ${showValue(maxIterations)}`, "Give a whole number, zero or more");
  if (typeof throwOnFailure !== "boolean")
    throw new InvalidOption(asked, `throwOnFailure ${showValue(throwOnFailure)}`, "Use true or false");
  return { rtol, atol, limit: maxIterations, throwOnFailure };
};

// --- The solve --------------------------------------------------------------------------------

/** Unknowns of the solve that is differentiated: x, and the report [scale or iterations, residual, reason]. */
interface Unknowns {
  readonly x: NDArray;
  readonly report: NDArray;
}

/** One solve by a method: of the system itself, or of its transpose for the adjoint. */
interface Side {
  readonly asked: string;
  readonly mustConverge: boolean;
  readonly precondition: VectorMap;
}

const solveSide =
  (method: Method, layout: Layout, { rtol, atol, limit }: Settings, side: Side) =>
  (apply: (unknowns: Unknowns) => Unknowns, { x: rhs, report }: Unknowns): Unknowns => {
    // Zero in tangent and adjoint solves, whose tolerance is relative to their own right-hand sides.
    const given = reshape(sliceAxis(report, 0, 0, 1), { shape: [] });
    const scale = where(greater(given, 0), given, norm(rhs));
    const system: System = {
      apply: (x) => apply({ x, report }).x,
      precondition: side.precondition,
      tolerance: maximum(mul(rtol, scale), atol),
      limit,
      size: layout.size,
      dtype: layout.dtype,
    };
    const { x, size, iterations, reason } = search(method, system, rhs);
    const relative = where(equal(size, 0), 0, div(size, where(equal(size, 0), 1, scale)));
    const found = stack([iterations, toDType(relative, "float64"), reason]);
    return { x: side.mustConverge ? requireConverged(x, found, side.asked) : x, report: found };
  };

/** A method as a function of operator, right-hand side and options. */
export const krylov = <T>(
  method: Method,
  operator: (x: T) => T,
  b: T,
  options: KrylovOptions<T>,
  known: readonly string[] = optionNames,
): KrylovResult<T> => {
  const asked = method.name;
  requireFunction(asked, operator);
  requireOptions(asked, options, known);
  const { arrays, ...layout } = layoutOf(asked, b);
  const settings = readSettings(asked, options, layout);
  const { x0, preconditioner } = options;
  if (preconditioner !== undefined) requireFunction(`${asked}, preconditioner`, preconditioner);
  const apply = onVectors(`the operator of ${asked}`, operator, layout);
  const precondition: VectorMap =
    preconditioner === undefined ? (r) => r : onVectors(`the preconditioner of ${asked}`, preconditioner, layout);
  const rhs = toVector(arrays, layout.dtype);
  const scale = stopGradient(norm(rhs));
  const start = x0 === undefined ? null : startVector(asked, x0, layout, scale);
  const remaining = start === null ? rhs : sub(rhs, apply(start));
  const solution = customLinearSolve<{ x: NDArray; report: NDArray }>(
    ({ x, report }) => ({ x: apply(x), report }),
    { x: remaining, report: stack([scale, number(0), number(0)]) },
    solveSide(method, layout, settings, { asked, mustConverge: settings.throwOnFailure, precondition }),
    {
      transposeSolve: solveSide(method, layout, settings, {
        asked: `${asked}, adjoint solve`,
        mustConverge: true,
        precondition:
          method.isSymmetric || preconditioner === undefined
            ? precondition
            : (r) => linearTranspose(precondition, zerosOf([layout.size], layout.dtype))(r)[0],
      }),
      symmetric: method.isSymmetric,
    },
  );
  const report = stopGradient(solution.report);
  const entry = (k: number): NDArray => reshape(sliceAxis(report, 0, k, k + 1), { shape: [] });
  const x = start === null ? solution.x : add(start, solution.x);
  return {
    x: fromVector(x, layout) as T,
    iterations: toDType(entry(0), "int32"),
    residual: entry(1),
    reason: toDType(entry(2), "int32"),
    converged: equal(entry(2), stop.converged),
  };
};

/** The start as a vector; zero for a right-hand side of zeros, whose solution is zero exactly. */
const startVector = (asked: string, x0: unknown, layout: Layout, scale: NDArray): NDArray => {
  const { arrays, treedef } = flattenArrays(x0, `${asked}, x0`);
  requireSameTree(`${asked}, x0`, layout.treedef, treedef);
  arrays.forEach(({ shape }, k) => {
    if (shape.join() !== layout.types[k]!.shape.join())
      throw new ShapeMismatch(
        `${asked}, x0`,
        `shape [${shape.join(", ")}] where b has [${layout.types[k]!.shape.join(", ")}]`,
        "x0 has the tree and shapes of b",
      );
  });
  const vector = stopGradient(toVector(arrays, layout.dtype));
  return where(greater(scale, 0), vector, full(0, vector.shape, vector.dtype));
};
