/**
 * Rules that hold users' functions: as closures while evaluating, as jaxprs once staged.
 * Staging lifts everything the functions close over into common constants, so that enclosing
 * transforms reach those values and nothing outlives its trace.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { ShapeMismatch } from "../src/error.ts";
import { sameType, showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { convert } from "../ops/conversion.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import type { ClosedJaxpr, Jaxpr } from "../src/ir/jaxpr.ts";
import { variable } from "../src/ir/jaxpr.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { zero } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim, Tangent } from "../src/ir/primitive.ts";
import { leafPaths, requireSameTree } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { flattenArrays } from "./flat.ts";
import { adapts } from "./loop-body.ts";
import { jvpFlat } from "./forward.ts";
import { batchUnderMark } from "./vmap.ts";

/** A function on flat arrays. */
export type ArrayFunction = (inputs: readonly NDArray[]) => readonly NDArray[];

export const stageClosure = (owner: string, f: ArrayFunction, types: readonly Aval[]): ClosedJaxpr =>
  stageFunction(owner, f, types);

/** Jaxprs that share one list of constants, which become the leading inputs of each. */
export const shareConstants = (
  parts: readonly ClosedJaxpr[],
): { readonly constants: readonly NDArray[]; readonly jaxprs: readonly Jaxpr[] } => {
  const constants = [...new Set(parts.flatMap((part) => part.constants))];
  const jaxprs = parts.map(({ jaxpr, constants: own }) => ({
    ...jaxpr,
    constants: [],
    inputs: [...constants.map((value) => jaxpr.constants[own.indexOf(value)] ?? variable(value)), ...jaxpr.inputs],
  }));
  return { constants, jaxprs };
};

/** A jaxpr as a function, its leading inputs fixed. */
export const jaxprFunction =
  (jaxpr: Jaxpr, leading: readonly NDArray[] = []): ArrayFunction =>
  (inputs) =>
    evaluateJaxpr(jaxpr, [], [...leading, ...inputs]);

/** Tangents of f(inputs) along these tangents; zero where nothing moves. */
export const tangentsOf = (f: ArrayFunction, inputs: readonly NDArray[], tangents: readonly Tangent[]): Tangent[] =>
  jvpFlat("an implicit derivative", (primals) => f(primals), inputs, tangents)[1];

/** Symbolic zeros for these values. */
export const zerosFor = (values: readonly NDArray[]): Tangent[] => values.map(zero);

/** A rule batched over some of its inputs; its results have the mapped axis in front. */
export const batchedRule =
  (f: ArrayFunction, dims: readonly BatchDim[], { mark, size }: BatchContext): ArrayFunction =>
  (inputs) =>
    batchUnderMark(mark, size, f, inputs, dims);

/** Leaves of a tree that must have this structure, shapes and dtypes; weak numbers take the dtype. */
export const likeTree =
  (asked: string, treedef: Treedef, types: readonly Aval[]) =>
  (tree: unknown): NDArray[] => {
    const flat = flattenArrays(tree, asked);
    requireSameTree(asked, treedef, flat.treedef);
    return flat.arrays.map((x, k) => {
      const settled = !adapts(x, types[k]!) ? x : convert(x, { dtype: types[k]!.dtype, weakType: types[k]!.weakType });
      if (!sameType(settled, types[k]!))
        throw new ShapeMismatch(
          asked,
          `${showAval(settled)} at ${leafPaths(treedef)[k] || "the top"} where ${showAval(types[k]!)} is needed`,
          "Operators, solvers and residuals return arrays of the shapes and dtypes of their unknowns",
        );
      return settled;
    });
  };
