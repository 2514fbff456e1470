/**
 * Rules that hold users' functions: as closures while evaluating, as jaxprs once staged.
 * Staging lifts everything the functions close over into common constants, so that enclosing
 * transforms reach those values and nothing outlives its trace.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { ShapeMismatch } from "../src/error.ts";
import { sameType, showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { batchToFront } from "../ops/batching.ts";
import { asType } from "../ops/conversion.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import type { ClosedJaxpr, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { variable } from "../src/ir/jaxpr.ts";
import { zero } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim, Tangent } from "../src/ir/primitive.ts";
import { leafPaths, requireSameTree } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { flattenArrays } from "./flat.ts";
import { adapts } from "./loop-body.ts";
import { jvpFlat } from "./forward.ts";
import { keyOfOthers, remembering } from "./remember.ts";
import { batchUnderMark } from "./vmap.ts";

/** A function on flat arrays. */
export type ArrayFunction = (inputs: readonly NDArray[]) => readonly NDArray[];

/** Jaxprs without constants of their own: those of all are the leading inputs of each. */
interface Sharing {
  readonly constants: readonly NDArray[];
  readonly jaxprs: readonly Jaxpr[];
}

const rememberSharing = remembering<Sharing>();

/** Jaxprs that share one list of constants, which become the leading inputs of each; the same for the same parts. */
export const shareConstants = (parts: readonly ClosedJaxpr[]): Sharing =>
  rememberSharing(parts[0]!, keyOfOthers(parts), () => {
    const constants = [...new Set(parts.flatMap((part) => part.constants))];
    const jaxprs = parts.map(({ jaxpr, constants: own }) => {
      const bound = new Map<NDArray, Variable>(own.map((value, k) => [value, jaxpr.constants[k]!]));
      const leading = constants.map((value) => bound.get(value) ?? variable(value));
      return { ...jaxpr, constants: [], inputs: [...leading, ...jaxpr.inputs] };
    });
    return { constants, jaxprs };
  });

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
  (f: ArrayFunction, dims: readonly BatchDim[], context: BatchContext): ArrayFunction =>
  (inputs) =>
    batchUnderMark(context, f, inputs, dims);

/** Operands of an implicit call over a mapped axis: constants as they are, the unknowns with the axis in front. */
export const unknownsInFront = (
  constantCount: number,
  inputs: readonly NDArray[],
  dims: readonly BatchDim[],
  size: number,
): { readonly operands: NDArray[]; readonly own: BatchDim[] } => ({
  operands: inputs.map((x, k) => (k < constantCount ? x : batchToFront(x, dims[k]!, size))),
  own: dims.map((dim, k) => (k < constantCount ? dim : 0)),
});

/** Leaves of a tree that must have this structure, shapes and dtypes; weak numbers take the dtype. */
export const likeTree =
  (asked: string, treedef: Treedef, types: readonly Aval[]) =>
  (tree: unknown): NDArray[] => {
    const flat = flattenArrays(tree, asked);
    requireSameTree(asked, treedef, flat.treedef);
    return flat.arrays.map((x, k) => {
      const settled = adapts(x, types[k]!) ? asType(x, types[k]!) : x;
      if (!sameType(settled, types[k]!))
        throw new ShapeMismatch(
          asked,
          `${showAval(settled)} at ${leafPaths(treedef)[k] || "the top"} where ${showAval(types[k]!)} is needed`,
          "Operators, solvers and residuals return arrays of the shapes and dtypes of their unknowns",
        );
      return settled;
    });
  };
