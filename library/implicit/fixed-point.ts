/**
 * fixedPoint: x with f(x) = x by repeated application, differentiated implicitly.
 *   dx = (I - df/dx)^-1 df, solved by gmres, so that nothing of the iteration is kept
 * Source: Christianson 1994 (reverse mode of fixed points).
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { rootNamed } from "../../transforms/custom-root.ts";
import type { Arrays, Given, Result } from "../../transforms/types.ts";
import { whileLoop } from "../../transforms/while-loop.ts";
import { full } from "../numpy/creation.ts";
import { add, isfinite, less, lessEqual, logicalAnd, logicalNot, mul, sub } from "../numpy/elementwise.ts";
import { gmres } from "../sparse/krylov/gmres.ts";
import { largestOf, requireSettled, vectorProblem } from "./iteration-options.ts";
import type { IterationOptions } from "./iteration-options.ts";

interface Search {
  readonly x: NDArray;
  readonly iterations: NDArray;
  readonly change: NDArray;
  readonly hasSettled: NDArray;
}

/**
 * The fixed point that x0, f(x0), f(f(x0)), .. tends to.
 * @param f        tree to a tree like it, a contraction near the fixed point; derivatives flow into what it closes over
 * @param x0       where to start: a tree of float arrays
 * @param options  tolerance (1e-12; 1e-6 for float32), maxIterations (10000)
 * @returns        x, like x0, with |f(x) - x| <= tolerance (1 + |x|)
 * @throws NotConverged with iterations and the last change, also from compiled code; DTypeMismatch
 * Derivatives: forward and reverse, any order, by the implicit function theorem; x0 has derivative zero.
 * Cost: one f an iteration; a derivative solves a linear system by products with df/dx.
 * @example fixedPoint((x) => np.cos(x), array(1)) // 0.7390851332151607
 */
export const fixedPoint = <X, T = Arrays<X>>(
  f: (x: T) => NoInfer<T>,
  x0: Given<X, T>,
  options: IterationOptions = {},
): Result<T> => {
  const problem = vectorProblem<T>("fixedPoint", f, x0, { options, maxIterations: 10_000 });
  const { asked, onVectors, start, restore, tolerance, maxIterations } = problem;
  const residual = (x: NDArray): NDArray => sub(onVectors(x), x);
  const search = (g: (x: NDArray) => NDArray, from: NDArray): NDArray => {
    const found = whileLoop<Search>(
      ({ iterations, change, hasSettled }) =>
        logicalAnd(logicalAnd(less(iterations, maxIterations), logicalNot(hasSettled)), isfinite(change)),
      ({ x, iterations }) => {
        const step = g(x);
        const next = add(x, step);
        const change = largestOf(step);
        const isSmall = lessEqual(change, mul(tolerance, add(largestOf(next), 1)));
        const hasSettled = logicalAnd(isSmall, isfinite(change));
        return { x: next, iterations: add(iterations, 1), change, hasSettled };
      },
      {
        x: from,
        iterations: full([], 0, { dtype: "int32" }),
        change: full([], 0, { dtype: from.dtype }),
        hasSettled: full([], 0, { dtype: "bool" }),
      },
    );
    return requireSettled(asked, { ...found, residual: found.change }, remedy);
  };
  const root = rootNamed(asked, {
    f: residual,
    initialGuess: start,
    solve: search,
    tangentSolve: (g, b) => gmres(g, b, { rtol: tolerance }).x,
  });
  return restore(root) as Result<T>;
};

const remedy = "The function must be a contraction: damp it, start closer, raise maxIterations or loosen the tolerance";
