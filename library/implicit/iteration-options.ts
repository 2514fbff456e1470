/**
 * Options, checks and reports that newton and fixedPoint share.
 */
import { isFloat } from "../../src/array/dtype.ts";
import { showValue } from "../../src/describe.ts";
import { DTypeMismatch, InvalidOption, NotConverged } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showAval } from "../../src/ir/aval.ts";
import { requireOptions } from "../../src/options.ts";
import { leafPaths } from "../../src/tree/tree.ts";
import { checked } from "../../ops/checks.ts";
import { likeTree } from "../../transforms/closures.ts";
import { flattenArrays, nameOf, requireFunction } from "../../transforms/flat.ts";
import type { AnyFunction, FlatArrays } from "../../transforms/flat.ts";
import { abs } from "../numpy/elementwise.ts";
import { stack } from "../numpy/joining.ts";
import { toDType } from "../numpy/operand.ts";
import { max } from "../numpy/reductions.ts";
import { ravelTree } from "../ravel-tree.ts";

export interface IterationOptions {
  /** Ends the iteration: the step is at most tolerance (1 + |x|) in the largest norm. */
  readonly tolerance?: number;
  /** Steps after which NotConverged is thrown. */
  readonly maxIterations?: number;
}

type Limits = Required<IterationOptions>;

/** The options with their defaults. @throws UnknownOption, InvalidOption */
const readLimits = (asked: string, options: IterationOptions, defaults: Limits): Limits => {
  requireOptions(asked, options, ["tolerance", "maxIterations"]);
  const { tolerance = defaults.tolerance, maxIterations = defaults.maxIterations } = options;
  if (typeof tolerance !== "number" || !(tolerance > 0 && tolerance < Infinity))
    throw new InvalidOption(asked, `tolerance ${showValue(tolerance)}`, "Give a positive number");
  if (!Number.isSafeInteger(maxIterations) || maxIterations < 1)
    throw new InvalidOption(asked, `maxIterations ${showValue(maxIterations)}`, "Give a whole number from 1");
  return { tolerance, maxIterations };
};

/** The leaves of x0, all of them floats. @throws NotAnArray, DTypeMismatch with the path */
const requireFloats = (asked: string, x0: unknown): FlatArrays => {
  const flat = flattenArrays(x0, `${asked}, x0`);
  const other = flat.arrays.findIndex(({ dtype }) => !isFloat(dtype));
  if (other >= 0)
    throw new DTypeMismatch(
      asked,
      `x0${leafPaths(flat.treedef)[other]!} is ${showAval(flat.arrays[other]!)}`,
      'Unknowns are floats: convert with astype("float64"), and close over integers and booleans',
    );
  return flat;
};

/** Largest magnitude; 0 for nothing. */
export const largestOf = (x: NDArray): NDArray => max(abs(x), { initial: 0 });

/** A function of trees on vectors, where its search starts, and when that ends. */
export interface VectorProblem<T> extends Limits {
  readonly asked: string;
  readonly onVectors: (x: NDArray) => NDArray;
  readonly start: NDArray;
  readonly restore: (x: NDArray) => T;
}

/** @throws NotAnArray, DTypeMismatch, UnknownOption, InvalidOption; `onVectors` where f returns another tree */
export const vectorProblem = <T>(
  name: string,
  f: (x: T) => T,
  x0: unknown,
  { options, maxIterations }: { readonly options: IterationOptions; readonly maxIterations: number },
): VectorProblem<T> => {
  requireFunction(name, f);
  const asked = `${name} of ${nameOf(f as unknown as AnyFunction)}`;
  const { arrays, treedef } = requireFloats(asked, x0);
  const [start, restore] = ravelTree(x0) as readonly [NDArray, (vector: NDArray) => T];
  const like = likeTree(asked, treedef, arrays);
  const tolerance = start.dtype === "float32" ? 1e-6 : 1e-12;
  const limits = readLimits(name, options, { tolerance, maxIterations });
  return { ...limits, asked, onVectors: (x) => ravelTree(like(f(restore(x))))[0], start, restore };
};

/** What an iteration has come to. */
interface Ending {
  readonly x: NDArray;
  readonly iterations: NDArray;
  /** What is left of the residual, or of the last change. */
  readonly residual: NDArray;
  readonly hasSettled: NDArray;
}

/** x, unless the iteration that made it did not end by itself. */
export const requireSettled = (
  asked: string,
  { x, iterations, residual, hasSettled }: Ending,
  remedy: string,
): NDArray =>
  checked(x, stack([iterations, residual, hasSettled].map((entry) => toDType(entry, "float64"))), {
    width: 3,
    verify: ([steps, size, settled]) => {
      if (settled === 1) return;
      const reason = Number.isFinite(size) ? "the iteration limit is reached" : "the function gives NaN or infinity";
      throw new NotConverged(asked, { reason, iterations: steps!, residual: size! }, remedy);
    },
  });
