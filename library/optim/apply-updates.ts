/** applyUpdates: parameters plus steps. */
import { add } from "../numpy/elementwise.ts";
import { mapLeaves } from "./tree-arithmetic.ts";

/**
 * Parameters with steps added, array by array: p + u.
 * @param params   tree of float arrays
 * @param updates  tree of the same structure and shapes, as `update` of a gradient transformation gives it
 * @returns        a tree like `params`, in its dtypes
 * @throws TreeMismatch, ShapeMismatch, DTypeMismatch with the path
 * Derivatives: linear in both.
 * @example optim.applyUpdates({ w: array([1, 2]) }, { w: array([0.5, -1]) }) // { w: [1.5, 1] }
 */
export const applyUpdates = <P>(params: P, updates: NoInfer<P>): P =>
  mapLeaves("optim.applyUpdates", (p, u) => add(p, u), params, updates);
