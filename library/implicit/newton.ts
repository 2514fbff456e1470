/**
 * newton: roots of systems by Newton's method with dense Jacobians and step halving, differentiated implicitly.
 *   x <- x - t J^-1 f(x), t = 1, 1/2, .. until |f| falls
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { rootNamed } from "../../transforms/custom-root.ts";
import { jacfwd } from "../../transforms/hessian.ts";
import type { Arrays, Given, Result } from "../../transforms/types.ts";
import { whileLoop } from "../../transforms/while-loop.ts";
import { solve } from "../linalg/solving.ts";
import { full, zerosLike } from "../numpy/creation.ts";
import {
  add,
  greater,
  isfinite,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  mul,
  sub,
} from "../numpy/elementwise.ts";
import { toDType } from "../numpy/operand.ts";
import { where } from "../numpy/selection.ts";
import { largestOf, requireSettled, vectorProblem } from "./iteration-options.ts";
import type { IterationOptions } from "./iteration-options.ts";

interface Search {
  readonly x: NDArray;
  readonly value: NDArray;
  readonly iterations: NDArray;
  readonly hasSettled: NDArray;
}

interface Step {
  readonly scale: NDArray;
  readonly x: NDArray;
  readonly value: NDArray;
}

type VectorFunction = (x: NDArray) => NDArray;

/** Halvings of a step that does not help, at most. */
const mostHalvings = 2 ** -20;

/** The longest of the steps 1, 1/2, .. along the direction that makes |f| smaller. */
const stepAlong = (f: VectorFunction, x: NDArray, value: NDArray, direction: NDArray): Step => {
  const size = largestOf(value);
  const attempt = (scale: NDArray): Step => {
    const next = sub(x, mul(toDType(scale, x.dtype), direction));
    return { scale, x: next, value: f(next) };
  };
  return whileLoop<Step>(
    ({ scale, value: seen }) => logicalAnd(greater(scale, mostHalvings), logicalNot(lessEqual(largestOf(seen), size))),
    ({ scale }) => attempt(mul(scale, 0.5)),
    attempt(full([], 1)),
  );
};

/**
 * A root of f near x0: a tree x with f(x) = 0.
 * @param f        residual, tree to a tree like it; derivatives flow into what it closes over
 * @param x0       where to start; a scalar, a vector, or a tree of float arrays
 * @param options  tolerance (1e-12; 1e-6 for float32), maxIterations (50)
 * @returns        x, like x0
 * @throws NotConverged with iterations and residual, also from compiled code; Singular where the Jacobian is; DTypeMismatch
 * Derivatives: forward and reverse, any order, by the implicit function theorem; x0 has derivative zero.
 * Cost: one Jacobian and one dense factorization a step, n^3 for n unknowns; one more per derivative.
 * @example newton((x) => x.mul(x).sub(2), array(1)) // Math.SQRT2
 */
export const newton = <X, T = Arrays<X>>(
  f: (x: T) => NoInfer<T>,
  x0: Given<X, T>,
  options: IterationOptions = {},
): Result<T> => {
  const problem = vectorProblem<T>("newton", f, x0, { options, maxIterations: 50 });
  const { asked, onVectors, start, restore, tolerance, maxIterations } = problem;
  const search = (g: VectorFunction, from: NDArray): NDArray => {
    const found = whileLoop<Search>(
      ({ iterations, hasSettled, value }) =>
        logicalAnd(logicalAnd(less(iterations, maxIterations), logicalNot(hasSettled)), isfinite(largestOf(value))),
      ({ x, value, iterations }) => {
        const direction = solve(jacfwd(g)(x), value);
        const next = stepAlong(g, x, value, direction);
        const length = largestOf(direction);
        const isShort = logicalAnd(lessEqual(length, mul(tolerance, add(largestOf(x), 1))), isfinite(length));
        // A short step that no longer makes the residual smaller has met rounding: x stays.
        const helps = lessEqual(largestOf(next.value), largestOf(value));
        const moves = logicalOr(helps, logicalNot(isShort));
        return {
          x: where(moves, next.x, x),
          value: where(moves, next.value, value),
          iterations: add(iterations, 1),
          hasSettled: isShort,
        };
      },
      {
        x: from,
        value: g(from),
        iterations: full([], 0, { dtype: "int32" }),
        hasSettled: full([], 0, { dtype: "bool" }),
      },
    );
    return requireSettled(asked, { ...found, residual: largestOf(found.value) }, newtonRemedy);
  };
  const root = rootNamed(asked, {
    f: onVectors,
    initialGuess: start,
    solve: search,
    tangentSolve: (g, b) => solve(jacfwd(g)(zerosLike(b)), b),
  });
  return restore(root) as Result<T>;
};

const newtonRemedy = "Start closer to the root, raise maxIterations, or loosen the tolerance";
