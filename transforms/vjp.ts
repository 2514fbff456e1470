/**
 * Reverse mode: linearize, then transpose. vjp gives a pullback, grad and valueAndGrad gradients of a scalar.
 */
import { GradNeedsScalar, NotDifferentiable } from "../src/error.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { avalOf, showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { zero } from "../src/ir/primitive.ts";
import type { Tangent } from "../src/ir/primitive.ts";
import { flatten, partial, sameTree, unflatten } from "../src/tree/tree.ts";
import { full, materialize } from "../ops/arithmetic.ts";
import { backwardPass } from "./backward.ts";
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
import type { Cotangent, Liberal } from "./types.ts";

/** Cotangents of all inputs (symbolic zeros where they do not vary) from those of all outputs. */
const pull = (
  linear: Linearization["linear"],
  depends: readonly boolean[],
  varies: readonly boolean[],
  types: readonly Aval[],
  cotangents: readonly Tangent[],
): Tangent[] => {
  const arriving = cotangents.filter((_, k) => depends[k]!);
  const results = backwardPass(linear, arriving);
  let next = 0;
  return varies.map((yes, k) => (yes ? results[next++]! : zero(types[k]!)));
};

/**
 * Value of `f` and its pullback: cotangents of the output to cotangents of every argument.
 * @returns [out, pullback]; pullback(cotangent) is a list with one entry per primal. It may be called many
 *   times and may leave a jitted function.
 * @throws TreeMismatch, ShapeMismatch for a cotangent unlike the output
 * Cost: `f` plus its residuals in memory; each pullback about twice `f`.
 * @example const [y, pull] = vjp((x) => np.sin(x), array(0)); pull(array(1)) // [1]
 */
export const vjp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: Liberal<A>
): [R, (cotangent: Liberal<Cotangent<R>>) => Cotangent<A>] => {
  requireFunction("vjp", f);
  const asked = `vjp of ${nameOf(f as AnyFunction)}`;
  const { arrays, treedef } = flattenDifferentiable(primals, asked);
  const flat = flatFunction(f as AnyFunction, treedef, asked);
  const varies = arrays.map((x) => isFloat(x.dtype));
  const { outputs, linear, depends } = linearizeFlat(asked, flat.call, arrays, varies);
  const outTree = flat.outTree();
  const types = arrays.map(avalOf);
  const outTypes = outputs.map(avalOf);
  const pullback = partial(linear.constants as NDArray[], (residuals) => (cotangent: unknown): unknown => {
    const cotangents = flattenTangents(asked, "cotangent", cotangent, outTree, outTypes);
    const leaving = pull({ jaxpr: linear.jaxpr, constants: residuals }, depends, varies, types, cotangents);
    return unflatten(treedef, leaving.map(materialize));
  });
  return [unflatten(outTree, outputs), pullback] as never;
};

export interface GradOptions extends AuxOption {
  /** Arguments to differentiate by, from 0. One number gives a bare gradient, a list gives a list. */
  readonly argnums?: number | readonly number[];
  /** Integers and booleans get gradients of zeros instead of an error. */
  readonly allowInt?: boolean;
}

const gradOptionNames = ["argnums", "hasAux", "allowInt"];

const valueAndGradFlat = (
  name: string,
  f: AnyFunction,
  options: GradOptions,
  args: readonly unknown[],
): { value: unknown; gradients: unknown; aux: unknown } => {
  const asked = `${name} of ${nameOf(f)}`;
  const argnums = options.argnums ?? 0;
  const positions = requireArgnums(asked, argnums, args.length);
  const selected = positions.map((position) => args[position]);
  const { arrays, treedef } = flattenDifferentiable(selected, asked);
  if (options.allowInt !== true) requireDifferentiable(asked, arrays, treedef);
  const flat = flatWithAux(fixOtherArguments(f, args, positions), treedef, asked, options.hasAux === true);
  const varies = arrays.map((x) => isFloat(x.dtype));
  const { outputs, linear, depends } = linearizeFlat(asked, flat.call, arrays, varies);
  requireScalar(asked, outputs, sameTree(flat.outTree(), flatten(0).treedef));
  const seed = full(1, [], outputs[0]!.dtype);
  const leaving = pull(linear, depends, varies, arrays, [seed]).map(materialize);
  const gradients = unflatten(treedef, leaving) as unknown[];
  return { value: outputs[0], gradients: typeof argnums === "number" ? gradients[0] : gradients, aux: flat.aux() };
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
  ): (x: Liberal<A>, ...rest: Liberal<Rest>) => [Cotangent<A>, Aux];
  <A = NDArray, Rest extends readonly unknown[] = []>(
    f: (x: A, ...rest: Rest) => NDArray,
    options?: GradOptions & { readonly argnums?: 0; readonly hasAux?: false },
  ): (x: Liberal<A>, ...rest: Liberal<Rest>) => Cotangent<A>;
  <const N extends number, Args extends readonly unknown[]>(
    f: (...args: Args) => NDArray,
    options: GradOptions & { readonly argnums: N; readonly hasAux?: false },
  ): (...args: Liberal<Args>) => Cotangent<Args[N]>;
  <const Ns extends readonly number[], Args extends readonly unknown[]>(
    f: (...args: Args) => NDArray,
    options: GradOptions & { readonly argnums: Ns; readonly hasAux?: false },
  ): (...args: Liberal<Args>) => { -readonly [K in keyof Ns]: Ns[K] extends number ? Cotangent<Args[Ns[K]]> : never };
  <Args extends readonly unknown[], Aux>(
    f: (...args: Args) => readonly [NDArray, Aux],
    options: GradOptions & { readonly hasAux: true },
  ): (...args: Liberal<Args>) => [any, Aux];
}

/**
 * Gradient of a scalar function.
 * @param f        function of trees of float arrays, returning one scalar (or [scalar, aux] with hasAux)
 * @param options  argnums (default 0), hasAux, allowInt
 * @returns a function of the same arguments; its result has the tree, shapes and dtypes of the chosen argument
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
  ): (x: Liberal<A>, ...rest: Liberal<Rest>) => [[NDArray, Aux], Cotangent<A>];
  <A = NDArray, Rest extends readonly unknown[] = []>(
    f: (x: A, ...rest: Rest) => NDArray,
    options?: GradOptions & { readonly argnums?: 0; readonly hasAux?: false },
  ): (x: Liberal<A>, ...rest: Liberal<Rest>) => [NDArray, Cotangent<A>];
  <const N extends number, Args extends readonly unknown[]>(
    f: (...args: Args) => NDArray,
    options: GradOptions & { readonly argnums: N; readonly hasAux?: false },
  ): (...args: Liberal<Args>) => [NDArray, Cotangent<Args[N]>];
  <const Ns extends readonly number[], Args extends readonly unknown[]>(
    f: (...args: Args) => NDArray,
    options: GradOptions & { readonly argnums: Ns; readonly hasAux?: false },
  ): (
    ...args: Liberal<Args>
  ) => [NDArray, { -readonly [K in keyof Ns]: Ns[K] extends number ? Cotangent<Args[Ns[K]]> : never }];
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
