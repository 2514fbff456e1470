/**
 * newton: roots of systems by Newton's method with dense Jacobians and step halving, differentiated implicitly.
 *   x <- x - t J^-1 f(x), t = 1, 1/2, .. until |f| falls
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { flattenArrays, nameOf, requireFunction } from "../../transforms/flat.ts";
import type { AnyFunction } from "../../transforms/flat.ts";
import { likeTree } from "../../transforms/closures.ts";
import { customRoot } from "../../transforms/custom-root.ts";
import { jacfwd } from "../../transforms/hessian.ts";
import { whileLoop } from "../../transforms/while-loop.ts";
import { solve } from "../linalg/solving.ts";
import { full, zerosLike } from "../numpy/creation.ts";
import {
  abs,
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
import { max } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import { ravelTree } from "../ravel-tree.ts";
import { readLimits, requireSettled } from "./iteration-options.ts";
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

/** Largest magnitude; 0 for nothing. */
const sizeOf = (x: NDArray): NDArray => max(abs(x), { initial: 0 });

/** Halvings of a step that does not help, at most. */
const mostHalvings = 2 ** -20;

/** The longest of the steps 1, 1/2, .. along the direction that makes |f| smaller. */
const stepAlong = (f: VectorFunction, x: NDArray, value: NDArray, direction: NDArray): Step => {
  const size = sizeOf(value);
  const attempt = (scale: NDArray): Step => {
    const next = sub(x, mul(toDType(scale, x.dtype), direction));
    return { scale, x: next, value: f(next) };
  };
  return whileLoop<Step>(
    ({ scale, value: seen }) => logicalAnd(greater(scale, mostHalvings), logicalNot(lessEqual(sizeOf(seen), size))),
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
 * @throws NotConverged with iterations and residual, also from compiled code; Singular where the Jacobian is
 * Derivatives: forward and reverse, any order, by the implicit function theorem; x0 has derivative zero.
 * Cost: one Jacobian and one dense factorization a step, n^3 for n unknowns; one more per derivative.
 * @example newton((x) => x.mul(x).sub(2), array(1)) // Math.SQRT2
 */
export const newton = <T>(f: (x: T) => T, x0: T, options: IterationOptions = {}): T => {
  requireFunction("newton", f);
  const asked = `newton of ${nameOf(f as unknown as AnyFunction)}`;
  const [start, restore] = ravelTree(x0);
  const { arrays, treedef } = flattenArrays(x0, asked);
  const like = likeTree(asked, treedef, arrays);
  const { tolerance, maxIterations } = readLimits("newton", options, {
    tolerance: start.dtype === "float32" ? 1e-6 : 1e-12,
    maxIterations: 50,
  });
  const onVectors: VectorFunction = (x) => ravelTree(like(f(restore(x))))[0];
  const search = (g: VectorFunction, from: NDArray): NDArray => {
    const found = whileLoop<Search>(
      ({ iterations, hasSettled, value }) =>
        logicalAnd(logicalAnd(less(iterations, maxIterations), logicalNot(hasSettled)), isfinite(sizeOf(value))),
      ({ x, value, iterations }) => {
        const direction = solve(jacfwd(g)(x) as NDArray, value);
        const next = stepAlong(g, x, value, direction);
        const length = sizeOf(direction);
        const isShort = logicalAnd(lessEqual(length, mul(tolerance, add(sizeOf(x), 1))), isfinite(length));
        // A short step that no longer makes the residual smaller has met rounding: x stays.
        const helps = lessEqual(sizeOf(next.value), sizeOf(value));
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
    return requireSettled(asked, found.x, found.iterations, sizeOf(found.value), found.hasSettled, newtonRemedy);
  };
  const root = customRoot(onVectors, start, search, (g, b) => solve(jacfwd(g)(zerosLike(b)) as NDArray, b));
  return restore(root);
};

const newtonRemedy = "Start closer to the root, raise maxIterations, or loosen the tolerance";
