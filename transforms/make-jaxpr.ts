/**
 * Looking at a function without running it: makeJaxpr, evalShape, and linearTranspose of a linear function.
 */
import { isDType } from "../src/array/dtype.ts";
import type { DType } from "../src/array/dtype.ts";
import { NDArray as ArrayClass } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { requireShape } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { avalOf } from "../src/ir/aval.ts";
import type { ClosedJaxpr } from "../src/ir/jaxpr.ts";
import { printJaxpr } from "../src/ir/print.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { newMark, Tracer } from "../src/ir/tracer.ts";
import { unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { materialize } from "../ops/arithmetic.ts";
import { backwardPass } from "./backward.ts";
import { flatFunction, flattenArrays, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { flattenTangents } from "./jvp.ts";
import type { Arrays, ArraysOfList, Cotangent, Given, Liberal } from "./types.ts";

/** A traced function: the jaxpr, its constants, and the structure of its output. Prints as text. */
export interface TracedFunction extends ClosedJaxpr {
  readonly outTree: Treedef;
  toString(): string;
}

export const traceOn = (
  asked: string,
  f: AnyFunction,
  args: readonly unknown[],
): { closed: ClosedJaxpr; outTree: Treedef; treedef: Treedef; arrays: readonly NDArray[] } => {
  const { arrays, treedef } = flattenArrays(args, asked);
  const flat = flatFunction(f, treedef, asked);
  const closed = stageFunction(asked, (inputs) => flat.call(inputs), arrays);
  return { closed, outTree: flat.outTree(), treedef, arrays };
};

/**
 * The jaxpr of `f` for arguments of these shapes and dtypes; values do not matter.
 * @example String(makeJaxpr((x) => np.sin(x))(array(1))) // { lambda ; a:float64[] . let b:float64[] = sin a in (b) }
 */
export const makeJaxpr = <A extends readonly any[]>(
  f: (...args: A) => unknown,
): ((...args: Liberal<A>) => TracedFunction) => {
  requireFunction("makeJaxpr", f);
  const asked = `makeJaxpr of ${nameOf(f as AnyFunction)}`;
  return (...args) => {
    const { closed, outTree } = traceOn(asked, f as AnyFunction, args as readonly unknown[]);
    return { ...closed, outTree, toString: () => printJaxpr(closed.jaxpr) };
  };
};

/** Shape and dtype of an array that was never computed. */
export interface ShapeAndDType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The tree of `T` where an array may be given by its shape and dtype alone. */
export type Abstract<T> = T extends NDArray
  ? T | number | ShapeAndDType
  : T extends null
    ? null
    : T extends readonly unknown[] | object
      ? { [K in keyof T]: Abstract<T[K]> }
      : T;

/** The arguments that a function sees where shapes were given. */
export type Realized<X extends readonly unknown[]> = { -readonly [K in keyof X]: MapShapes<X[K]> };

type MapShapes<T> = T extends { readonly shape: Shape; readonly dtype: string } | number | boolean
  ? NDArray
  : T extends readonly unknown[] | object
    ? { -readonly [K in keyof T]: MapShapes<T[K]> }
    : T;

/** Arrays that have a type and no value in the place of shapes. */
const withPlaceholders = (node: unknown): unknown => {
  if (node instanceof ArrayClass || typeof node !== "object" || node === null) return node;
  if (Array.isArray(node)) return node.map(withPlaceholders);
  const { shape, dtype } = node as Partial<ShapeAndDType>;
  if (Array.isArray(shape) && isDType(dtype)) {
    requireShape("evalShape", shape);
    return new Tracer(newMark("evalShape"), { shape, dtype, weakType: false }, null);
  }
  return Object.fromEntries(Object.entries(node).map(([key, entry]) => [key, withPlaceholders(entry)]));
};

/** The tree of `T` with shapes in the place of arrays. */
export type Shapes<T> = T extends NDArray | number | boolean
  ? ShapeAndDType
  : T extends null
    ? null
    : { [K in keyof T]: Shapes<T[K]> };

/**
 * Shapes and dtypes of f(...args), without computing anything.
 * @param args  arrays, or records { shape, dtype } in their place: nothing of that size is allocated
 * @example evalShape((x) => np.sum(x, { axis: 0 }), np.zeros([3, 4])) // { shape: [4], dtype: "float64" }
 */
export const evalShape = <X extends readonly unknown[], R, A extends readonly unknown[] = Realized<X>>(
  f: (...args: A) => R,
  ...args: X & NoInfer<Abstract<A>>
): Shapes<R> => {
  requireFunction("evalShape", f);
  const { closed, outTree } = traceOn(
    `evalShape of ${nameOf(f as AnyFunction)}`,
    f as AnyFunction,
    (args as readonly unknown[]).map(withPlaceholders),
  );
  const shapes = closed.jaxpr.outputs.map(({ aval: { shape, dtype } }) => ({ shape, dtype }));
  return unflatten(outTree, shapes) as Shapes<R>;
};

/**
 * The transpose of a linear function: cotangent of the output to cotangents of the arguments.
 * @param primals  arguments of the right shapes and dtypes (their values are not used); integers are allowed
 * @throws NotLinear when an operation of `f` is not linear; constants that are only added do not matter to a transpose
 * @example linearTranspose((x) => x.mul(2), array(0, { dtype: "int32" }))(3) // [6]
 */
export const linearTranspose = <X extends readonly unknown[], R, A extends readonly unknown[] = ArraysOfList<X>>(
  f: (...args: A) => R,
  ...primals: Given<X, A>
): ((cotangent: Liberal<Arrays<R>>) => Cotangent<A>) => {
  requireFunction("linearTranspose", f);
  const asked = `linearTranspose of ${nameOf(f as AnyFunction)}`;
  const { closed, outTree, treedef } = traceOn(asked, f as AnyFunction, primals as readonly unknown[]);
  const outTypes = closed.jaxpr.outputs.map(({ aval }) => avalOf(aval));
  return (cotangent) => {
    const cotangents = flattenTangents(cotangent, {
      asked,
      what: "cotangent",
      treedef: outTree,
      types: outTypes,
      allowInt: true,
    });
    return unflatten(treedef, backwardPass(closed, cotangents).map(materialize)) as Cotangent<A>;
  };
};
