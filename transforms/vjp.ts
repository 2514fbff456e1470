/**
 * Reverse mode: linearize, then transpose. vjp gives a pullback, grad and valueAndGrad gradients of a scalar.
 */
import { GradNeedsScalar, NotDifferentiable } from "../src/error.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { avalOf, showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import type { Tangent } from "../src/ir/primitive.ts";
import { flatten, partial, sameTree, unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { full, materialize } from "../ops/arithmetic.ts";
import { backwardPass } from "./backward.ts";
import { chosen, spreadTangents } from "./flagged.ts";
import { linearizeFlat } from "./forward.ts";
import type { Linearization } from "./forward.ts";
import {
  fixOtherArguments,
  flatFunction,
  flattenDifferentiable,
  nameOf,
  requireArgnums,
  requireFunction,
} from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { AnyFunction } from "./flat.ts";
import type { AuxOption } from "./jvp.ts";
import { flattenTangents, flatWithAux, requireDifferentiable } from "./jvp.ts";
import type { ArgumentAt, ArgumentsAt, Arrays, ArraysOfList, Cotangent, Given, GivenAt, Liberal } from "./types.ts";

const variesOf = (types: readonly Aval[]): boolean[] => types.map(({ dtype }) => isFloat(dtype));

/** Cotangents of all inputs (symbolic zeros where they do not vary) from those of all outputs. */
const pull = (
  { linear, depends }: Pick<Linearization, "linear" | "depends">,
  types: readonly Aval[],
  cotangents: readonly Tangent[],
): Tangent[] => spreadTangents(variesOf(types), types, backwardPass(linear, chosen(cotangents, depends)));

/**
 * Value of `f` and its pullback: cotangents of the output to cotangents of every argument.
 * @returns [out, pullback]; pullback(cotangent) is a list with one entry per primal. It may be called many
 *   times and may leave a jitted function.
 * @throws TreeMismatch, ShapeMismatch for a cotangent unlike the output
 * Cost: `f` plus its residuals in memory; each pullback about twice `f`.
 * @example const [y, pull] = vjp((x) => np.sin(x), array(0)); pull(array(1)) // [1]
 */
export const vjp = <X extends readonly unknown[], R, A extends readonly unknown[] = ArraysOfList<X>>(
  f: (...args: A) => R,
  ...primals: Given<X, A>
): [Arrays<R>, (cotangent: Liberal<Cotangent<R>>) => Cotangent<A>] => {
  requireFunction("vjp", f);
  const asked = `vjp of ${nameOf(f as AnyFunction)}`;
  const { arrays, treedef } = flattenDifferentiable(primals, asked);
  const flat = flatFunction(f as AnyFunction, treedef, asked);
  const { outputs, linear, depends } = linearizeFlat(asked, flat.call, arrays, variesOf(arrays));
  const outTree = flat.outTree();
  const types = arrays.map(avalOf);
  const outTypes = outputs.map(avalOf);
  const pullback = partial(linear.constants as NDArray[], (residuals) => (cotangent: unknown): unknown => {
    const cotangents = flattenTangents(cotangent, { asked, what: "cotangent", treedef: outTree, types: outTypes });
    const own = { jaxpr: linear.jaxpr, constants: residuals };
    const leaving = pull({ linear: own, depends }, types, cotangents);
    return unflatten(treedef, leaving.map(materialize));
  });
  return [unflatten(outTree, outputs), pullback] as never;
};

export interface GradOptions extends AuxOption {
  /** Arguments to differentiate by, from 0, or from -1 backwards. One number gives a bare gradient, a list gives a list. */
  readonly argnums?: number | readonly number[];
  /** Integers and booleans get gradients of zeros instead of an error. */
  readonly allowInt?: boolean;
}

const gradOptionNames = ["argnums", "hasAux", "allowInt"];

/** A function linearized by the arguments that are differentiated. */
export interface Point {
  /** Those arguments, flat. */
  readonly arrays: readonly NDArray[];
  readonly treedef: Treedef;
  readonly linearization: Linearization;
  readonly outTree: Treedef;
  readonly aux: unknown;
}

export const linearizeAt = (asked: string, f: AnyFunction, options: GradOptions, args: readonly unknown[]): Point => {
  const positions = requireArgnums(asked, options.argnums ?? 0, args.length);
  const selected = positions.map((position) => args[position]);
  const { arrays, treedef } = flattenDifferentiable(selected, asked);
  if (options.allowInt !== true) requireDifferentiable(asked, arrays, treedef);
  const flat = flatWithAux(fixOtherArguments(f, args, positions), treedef, asked, options.hasAux === true);
  const linearization = linearizeFlat(asked, flat.call, arrays, variesOf(arrays));
  return { arrays, treedef, linearization, outTree: flat.outTree(), aux: flat.aux() };
};

const valueAndGradFlat = (
  name: string,
  f: AnyFunction,
  options: GradOptions,
  args: readonly unknown[],
): { value: unknown; gradients: unknown; aux: unknown } => {
  const asked = `${name} of ${nameOf(f)}`;
  const { arrays, treedef, linearization, outTree, aux } = linearizeAt(asked, f, options, args);
  const { outputs } = linearization;
  requireScalar(asked, outputs, sameTree(outTree, flatten(0).treedef));
  const seed = full(1, [], outputs[0]!.dtype);
  const gradients = unflatten(treedef, pull(linearization, arrays, [seed]).map(materialize)) as unknown[];
  const isBare = typeof (options.argnums ?? 0) === "number";
  return { value: outputs[0], gradients: isBare ? gradients[0] : gradients, aux };
};

const requireScalar = (asked: string, outputs: readonly Aval[], isLeaf: boolean): void => {
  const [output] = outputs;
  if (!isLeaf || outputs.length !== 1 || output!.shape.length > 0)
    throw new GradNeedsScalar(
      asked,
      isLeaf ? `the output is ${showAval(output!)}` : `the output is a tree of ${outputs.length} arrays`,
      "Return one number (np.sum, np.mean), use hasAux for extra outputs, or jacrev / vjp for several",
    );
  if (!isFloat(output!.dtype))
    throw new NotDifferentiable(asked, `the output is ${showAval(output!)}`, "Return a float");
};

/** The gradient of a function of A, R... by its first argument (or by `argnums`). */
export interface Grad {
  <A = NDArray, Rest extends readonly unknown[] = [], Aux = unknown>(
    f: (x: A, ...rest: Rest) => readonly [NDArray, Aux],
    options: GradOptions & { readonly hasAux: true; readonly argnums?: 0 },
  ): (x: Liberal<A>, ...rest: Rest) => [Cotangent<A>, Aux];
  <A = NDArray, Rest extends readonly unknown[] = []>(
    f: (x: A, ...rest: Rest) => NDArray,
    options?: GradOptions & { readonly argnums?: 0; readonly hasAux?: false },
  ): (x: Liberal<A>, ...rest: Rest) => Cotangent<A>;
  <const N extends number, Args extends readonly unknown[]>(
    f: (...args: Args) => NDArray,
    options: GradOptions & { readonly argnums: N; readonly hasAux?: false },
  ): (...args: GivenAt<Args, N>) => Cotangent<ArgumentAt<Args, N>>;
  <const Ns extends readonly number[], Args extends readonly unknown[]>(
    f: (...args: Args) => NDArray,
    options: GradOptions & { readonly argnums: Ns; readonly hasAux?: false },
  ): (...args: GivenAt<Args, Ns[number]>) => Cotangent<ArgumentsAt<Args, Ns>>;
  <Args extends readonly unknown[], Aux>(
    f: (...args: Args) => readonly [NDArray, Aux],
    options: GradOptions & { readonly hasAux: true },
  ): (...args: Liberal<Args>) => [any, Aux];
}

/**
 * Gradient of a scalar function.
 * @param f        function of trees of float arrays, returning one scalar (or [scalar, aux] with hasAux)
 * @param options  argnums (default 0; -1 is the last), hasAux, allowInt
 * @returns a function of the same arguments, numbers allowed where it differentiates (the others reach `f` as they are);
 *   its result has the tree, shapes and dtypes of the chosen argument
 * @throws GradNeedsScalar, NotDifferentiable (with the leaf's path), InvalidArgnums, UnknownOption
 * Reverse mode, any order by nesting. Cost: about three times `f`.
 * @example grad((x) => np.sum(np.sin(x)))(array([0, np.pi])) // [1, -1]
 */
export const grad: Grad = ((f: AnyFunction, options: GradOptions = {}) => {
  requireFunction("grad", f);
  requireOptions("grad", options, gradOptionNames);
  return (...args: unknown[]): unknown => {
    const { gradients, aux } = valueAndGradFlat("grad", f, options, args);
    return options.hasAux === true ? [gradients, aux] : gradients;
  };
}) as never;

/** The value and the gradient of a function, in one evaluation. */
export interface ValueAndGrad {
  <A = NDArray, Rest extends readonly unknown[] = [], Aux = unknown>(
    f: (x: A, ...rest: Rest) => readonly [NDArray, Aux],
    options: GradOptions & { readonly hasAux: true; readonly argnums?: 0 },
  ): (x: Liberal<A>, ...rest: Rest) => [[NDArray, Aux], Cotangent<A>];
  <A = NDArray, Rest extends readonly unknown[] = []>(
    f: (x: A, ...rest: Rest) => NDArray,
    options?: GradOptions & { readonly argnums?: 0; readonly hasAux?: false },
  ): (x: Liberal<A>, ...rest: Rest) => [NDArray, Cotangent<A>];
  <const N extends number, Args extends readonly unknown[]>(
    f: (...args: Args) => NDArray,
    options: GradOptions & { readonly argnums: N; readonly hasAux?: false },
  ): (...args: GivenAt<Args, N>) => [NDArray, Cotangent<ArgumentAt<Args, N>>];
  <const Ns extends readonly number[], Args extends readonly unknown[]>(
    f: (...args: Args) => NDArray,
    options: GradOptions & { readonly argnums: Ns; readonly hasAux?: false },
  ): (...args: GivenAt<Args, Ns[number]>) => [NDArray, Cotangent<ArgumentsAt<Args, Ns>>];
  <Args extends readonly unknown[], Aux>(
    f: (...args: Args) => readonly [NDArray, Aux],
    options: GradOptions & { readonly hasAux: true },
  ): (...args: Liberal<Args>) => [[NDArray, Aux], any];
}

/**
 * Value and gradient of a scalar function in one evaluation; arguments and errors as `grad`.
 * @returns a function giving [value, gradient], or [[value, aux], gradient] with hasAux
 * @example valueAndGrad((x) => np.sum(x.mul(x)))(array([1, 2])) // [5, [2, 4]]
 */
export const valueAndGrad: ValueAndGrad = ((f: AnyFunction, options: GradOptions = {}) => {
  requireFunction("valueAndGrad", f);
  requireOptions("valueAndGrad", options, gradOptionNames);
  return (...args: unknown[]): unknown => {
    const { value, gradients, aux } = valueAndGradFlat("valueAndGrad", f, options, args);
    return options.hasAux === true ? [[value, aux], gradients] : [value, gradients];
  };
}) as never;
