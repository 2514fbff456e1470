/**
 * Host escape and constants: pureCallback calls ordinary JavaScript on concrete values from traced code,
 * stopGradient makes a tree a constant to derivatives.
 */
import { bind } from "../src/ir/trace.ts";
import { asHost } from "../src/ir/tracer.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, NotAnArray } from "../src/error.ts";
import { createArray } from "../src/array/create.ts";
import type { DType } from "../src/array/dtype.ts";
import { isDType } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { NDArray as ArrayClass } from "../src/array/ndarray.ts";
import type { Shape } from "../src/array/shape.ts";
import { requireShape } from "../src/array/shape.ts";
import { flatten, requireSameTree, unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { callback } from "../ops/callback.ts";
import { stopGradient as stopGradientOf } from "../ops/conversion.ts";
import { flattenArrays, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { Arrays } from "./types.ts";

/** Type of an array that a callback promises to return. */
export interface ResultType {
  readonly shape: Shape;
  readonly dtype?: DType;
}

export interface CallbackOptions {
  /** Under vmap: call once per example, or once with the mapped axis in front of every array. Default "sequential". */
  readonly vectorized?: Vectorized;
}

/** What vmap does to a callback. */
export type Vectorized = "sequential" | "batched";

/** One of the two, or refused by name. */
export const requireVectorized = (asked: string, vectorized: Vectorized = "sequential"): Vectorized => {
  if (vectorized !== "sequential" && vectorized !== "batched")
    throw new InvalidOption(asked, `vectorized ${showValue(vectorized)}`, 'Use "sequential" or "batched"');
  return vectorized;
};

const isResultType = (node: unknown): node is ResultType =>
  typeof node === "object" &&
  node !== null &&
  "shape" in node &&
  Array.isArray(node.shape) &&
  Object.keys(node).every((key) => key === "shape" || key === "dtype");

/** The tree of result types with a number in the place of every type, and the types in order. */
const readTypes = (
  result: unknown,
): { readonly treedef: Treedef; readonly types: { readonly shape: Shape; readonly dtype: DType }[] } => {
  const types: { readonly shape: Shape; readonly dtype: DType }[] = [];
  const visit = (node: unknown): unknown => {
    if (isResultType(node)) {
      const { shape, dtype = "float64" } = node;
      requireShape("pureCallback", shape);
      if (!isDType(dtype))
        throw new InvalidOption(
          "pureCallback",
          `dtype ${showValue(dtype)}`,
          "Use float64, float32, int32, uint32 or bool",
        );
      types.push({ shape, dtype });
      return 0;
    }
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node === "object" && node !== null)
      return Object.fromEntries(
        Object.keys(node)
          .sort()
          .map((key) => [key, visit((node as Record<string, unknown>)[key])]),
      );
    if (node === null) return null;
    throw new NotAnArray(
      "pureCallback",
      `${node === undefined ? "undefined" : `a ${typeof node}`} among the result types`,
      "Describe every result as { shape, dtype }",
    );
  };
  const { treedef } = flatten(visit(result), "pureCallback");
  return { treedef, types };
};

/**
 * f(...args) computed on the host, on concrete arrays, also inside jit, grad's known part and vmap.
 * @param f        ordinary function of concrete arrays; it must be pure (it may be called again, or not at all)
 * @param result   { shape, dtype } of its result, or a tree of them
 * @param args     list of arguments, each a tree
 * @param options  vectorized: under vmap once per example ("sequential"), or once for all ("batched")
 * @throws ShapeMismatch, DTypeMismatch, TreeMismatch when the result is not as promised; InvalidOption; and what `f` throws
 * @throws LeakedTracer where `f` closes over a traced value: pass it as an argument
 * Derivatives: none of its own (NotDifferentiable); wrap it in customJvp, customVjp, customLinearSolve or customRoot.
 * @example pureCallback((x) => array(x.toTypedArray().sort()), { shape: [3] }, [array([3, 1, 2])]) // [1, 2, 3]
 */
export const pureCallback = (
  f: (...args: any[]) => unknown,
  result: unknown,
  args: readonly unknown[],
  options: CallbackOptions = {},
): any => {
  requireFunction("pureCallback", f);
  requireOptions("pureCallback", options, ["vectorized"]);
  if (!Array.isArray(args))
    throw new InvalidOption("pureCallback", "arguments that are not a list", "Write pureCallback(f, result, [x, y])");
  const vectorized = requireVectorized("pureCallback", options.vectorized);
  const asked = `pureCallback of ${nameOf(f as AnyFunction)}`;
  const { treedef: resultTree, types } = readTypes(result);
  const { arrays, treedef } = flattenArrays(args, "pureCallback");
  const outputs = bind(callback.primitive, arrays, {
    call: (inputs: readonly NDArray[]) => {
      const returned = asHost(asked, () => f(...(unflatten(treedef, inputs) as unknown[])));
      const flat = flattenArrays(fromTypedArrays(returned), "result of pureCallback");
      requireSameTree("result of pureCallback", resultTree, flat.treedef);
      return flat.arrays.map((x, k) =>
        x.weakType === false || x.shape.length > 0 ? x : createArray(x, { dtype: types[k]!.dtype }),
      );
    },
    outputs: types,
    vectorized,
  });
  return unflatten(resultTree, outputs);
};

/** Typed arrays that a host function returns become arrays of rank 1. */
const fromTypedArrays = (node: unknown): unknown => {
  if (ArrayBuffer.isView(node)) return createArray(node, node instanceof Uint8Array ? { dtype: "bool" } : {});
  if (node instanceof ArrayClass || typeof node !== "object" || node === null || node instanceof Promise) return node;
  if (Array.isArray(node)) return node.map(fromTypedArrays);
  return Object.fromEntries(Object.entries(node).map(([key, entry]) => [key, fromTypedArrays(entry)]));
};

/**
 * The same tree, a constant to every derivative.
 * @throws NotAnArray for functions and other things that are not arrays
 * @example grad((x) => x.mul(stopGradient(x)))(3) // 3
 */
export const stopGradient = <T>(tree: T): Arrays<T> => {
  const { arrays, treedef } = flattenArrays(tree, "stopGradient");
  return unflatten(
    treedef,
    arrays.map((x) => stopGradientOf(x)),
  ) as Arrays<T>;
};
