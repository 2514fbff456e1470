/**
 * One of two trees of arrays by a truth value that may be traced: how a pure update keeps or replaces a state.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireSameTree, unflatten } from "../../src/tree/tree.ts";
import { flattenArrays } from "../../transforms/flat.ts";
import { where } from "../numpy/selection.ts";

/** The first tree where the condition, a scalar, holds, else the second; both have one structure. */
export const chosen = <T>(condition: NDArray, whenTrue: T, whenFalse: T): T => {
  const [first, second] = [flattenArrays(whenTrue, "chosen"), flattenArrays(whenFalse, "chosen")];
  requireSameTree("chosen", first.treedef, second.treedef);
  return unflatten(
    first.treedef,
    first.arrays.map((leaf, k) => where(condition, leaf, second.arrays[k]!)),
  ) as T;
};
