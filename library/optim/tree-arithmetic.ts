/**
 * Arithmetic of trees of arrays: what gradient transformations do with parameters, gradients and their own state.
 * All trees of one operation have the structure and shapes of the first, whose dtypes the results keep.
 */
import { DTypeMismatch, ShapeMismatch } from "../../src/error.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { sameShape } from "../../src/array/shape.ts";
import { avalOf, showAval } from "../../src/ir/aval.ts";
import { leafPaths, requireSameTree, unflatten } from "../../src/tree/tree.ts";
import { flattenDifferentiable } from "../../transforms/flat.ts";
import type { FlatArrays } from "../../transforms/flat.ts";
import { full, zerosLike } from "../numpy/creation.ts";
import { add, mul, sqrt } from "../numpy/elementwise.ts";
import { toDType } from "../numpy/operand.ts";
import { sum } from "../numpy/reductions.ts";

/** The arrays of a tree of floats; numbers are float64. @throws DTypeMismatch with the path of anything else */
export const floatLeaves = (asked: string, tree: unknown): FlatArrays => {
  const { arrays, treedef } = flattenDifferentiable(tree, asked);
  arrays.forEach((x, k) => {
    if (!isFloat(x.dtype))
      throw new DTypeMismatch(
        asked,
        `${leafPaths(treedef)[k] || "the tree"} is ${showAval(avalOf(x))}`,
        "Parameters and gradients are floats; keep integers and booleans apart",
      );
  });
  return { arrays: arrays.map((x) => toDType(x, x.dtype)), treedef };
};

/** The arrays of a tree that has the structure and shapes of another, in the other's dtypes. */
export const leavesLike = (asked: string, first: FlatArrays, other: unknown): readonly NDArray[] => {
  const { arrays, treedef } = floatLeaves(asked, other);
  requireSameTree(asked, first.treedef, treedef);
  return arrays.map((x, k) => {
    const { shape, dtype } = first.arrays[k]!;
    if (!sameShape(x.shape, shape))
      throw new ShapeMismatch(
        asked,
        `${leafPaths(treedef)[k] || "an array"} is ${showAval(avalOf(x))} where ${showAval(avalOf(first.arrays[k]!))} was before`,
        "Parameters, gradients and state have the same shapes",
      );
    return toDType(x, dtype);
  });
};

/**
 * `f` of the leaves of trees of one structure: a tree like the first, in its dtypes.
 * @throws TreeMismatch, ShapeMismatch, DTypeMismatch with the path
 */
export const mapLeaves = <P>(
  asked: string,
  f: (leaf: NDArray, ...others: NDArray[]) => NDArray,
  first: P,
  ...others: readonly unknown[]
): P => {
  const flat = floatLeaves(asked, first);
  const rest = others.map((other) => leavesLike(asked, flat, other));
  const results = flat.arrays.map((x, k) => toDType(f(x, ...rest.map((arrays) => arrays[k]!)), x.dtype));
  return unflatten(flat.treedef, results) as P;
};

/** Zeros in the place of every array. */
export const zerosLikeTree = <P>(asked: string, params: P): P => mapLeaves(asked, (x) => zerosLike(x), params);

/** Every array times a scalar, which takes the array's dtype. */
export const scaleTree = <P>(asked: string, factor: NDArray, tree: P): P =>
  mapLeaves(asked, (x) => mul(x, toDType(factor, x.dtype)), tree);

/** Square root of the sum of all squares, a float64 scalar: summed in float64 whatever the arrays are. */
export const treeNorm = (asked: string, tree: unknown): NDArray =>
  sqrt(
    floatLeaves(asked, tree).arrays.reduce(
      (total, x) => {
        const own = toDType(x, "float64");
        return add(total, sum(mul(own, own)));
      },
      full([], 0),
    ),
  );

/** The count 0 as the state of a schedule. */
export const firstStep = (): NDArray => full([], 0, { dtype: "int32" });

export const nextStep = (step: NDArray): NDArray => toDType(add(step, 1), "int32");
