/**
 * Forward mode: jvp (one direction) and linearize (a reusable tangent map).
 */
import { NotDifferentiable, ShapeMismatch, TreeMismatch } from "../src/error.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape } from "../src/array/shape.ts";
import { avalOf, showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { evaluateClosed } from "../src/ir/evaluate.ts";
import { zero } from "../src/ir/primitive.ts";
import type { Tangent } from "../src/ir/primitive.ts";
import { leafPaths, partial, requireSameTree, unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import type { Mark } from "../src/ir/tracer.ts";
import { asType } from "../ops/conversion.ts";
import { materialize } from "../ops/arithmetic.ts";
import { chosen, spreadTangents } from "./flagged.ts";
import { dualOf, jvpFlat, linearizeFlat } from "./forward.ts";
import {
  flatFunction,
  flattenArrays,
  flattenDifferentiable,
  lowerAux,
  nameOf,
  requireFunction,
  splitAux,
} from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { AnyFunction } from "./flat.ts";
import type { Arrays, ArraysOfList, Cotangent, Given, Liberal } from "./types.ts";

export interface AuxOption {
  /** The function returns [value, aux]; aux is passed through undifferentiated. */
  readonly hasAux?: boolean;
}

interface FlatWithAux {
  readonly call: (inputs: readonly NDArray[], mark: Mark) => NDArray[];
  readonly outTree: () => Treedef;
  readonly aux: () => unknown;
}

/** A function of trees that may return [value, aux], on flat arrays of a trace with a mark. */
export const flatWithAux = (f: AnyFunction, argsTree: Treedef, asked: string, hasAux: boolean): FlatWithAux => {
  let aux: unknown;
  const value: AnyFunction = hasAux
    ? (...args: never[]) => {
        const [out, rest] = splitAux(asked, f(...args));
        aux = rest;
        return out;
      }
    : f;
  const flat = flatFunction(value, argsTree, asked);
  return {
    call: (inputs: readonly NDArray[], mark: Mark): NDArray[] => {
      const outputs = flat.call(inputs);
      if (hasAux) aux = lowerAux(aux, mark, (tracer) => dualOf(tracer, mark)[0]);
      return outputs;
    },
    outTree: flat.outTree,
    aux: () => aux,
  };
};

/** What a tree of tangents or cotangents has to fit. */
interface Fitting {
  readonly asked: string;
  /** "tangents" or "cotangent", for messages. */
  readonly what: string;
  readonly treedef: Treedef;
  readonly types: readonly Aval[];
  /** Integers are tangents like others; else theirs are zero. */
  readonly allowInt?: boolean;
}

/** A tangent tree as flat tangents: same structure, shapes and dtypes as the primals. */
export const flattenTangents = (
  tree: unknown,
  { asked, what, treedef, types, allowInt = false }: Fitting,
): Tangent[] => {
  const { arrays, treedef: seen } = flattenArrays(tree, asked);
  requireSameTree(`${asked}, ${what}`, treedef, seen);
  return arrays.map((tangent, k) => {
    const type = types[k]!;
    if (!isFloat(type.dtype) && !allowInt) return zero(type);
    if (!sameShape(tangent.shape, type.shape))
      throw new ShapeMismatch(
        asked,
        `${what}${leafPaths(treedef)[k]!} is ${showAval(tangent)} where ${showAval(type)} is needed`,
        "Tangents and cotangents have the shape of their value",
      );
    return asType(tangent, { dtype: type.dtype, weakType: false });
  });
};

/** Value and tangent; with hasAux also what the function returned beside its value. */
export interface Jvp {
  <X extends readonly unknown[] | [], R, Aux, A extends readonly unknown[] = ArraysOfList<X>>(
    f: (...args: A) => readonly [R, Aux],
    primals: Given<X, A>,
    tangents: NoInfer<Liberal<A>>,
    options: { readonly hasAux: true },
  ): [Arrays<R>, Cotangent<R>, Aux];
  <X extends readonly unknown[] | [], R, A extends readonly unknown[] = ArraysOfList<X>>(
    f: (...args: A) => R,
    primals: Given<X, A>,
    tangents: NoInfer<Liberal<A>>,
    options?: { readonly hasAux?: false },
  ): [Arrays<R>, Cotangent<R>];
}

/**
 * Value and directional derivative of `f` at `primals` along `tangents`.
 * @param primals   list of arguments, each a tree of arrays
 * @param tangents  list of the same structure, shapes and dtypes; entries for integers are ignored
 * @returns [out, tangentOut], or [out, tangentOut, aux] with hasAux
 * @throws TreeMismatch, ShapeMismatch, ForwardModeOfCustomVjp
 * Cost: about three times `f`, and no memory beyond it.
 * @example jvp((x) => np.sin(x), [array(0)], [array(1)]) // [0, 1]
 */
export const jvp: Jvp = ((f: AnyFunction, primals: unknown, tangents: unknown, options?: AuxOption): unknown => {
  requireFunction("jvp", f);
  const asked = `jvp of ${nameOf(f)}`;
  requireOptions("jvp", options, ["hasAux"]);
  if (!Array.isArray(primals) || !Array.isArray(tangents))
    throw new TreeMismatch(asked, "primals or tangents are not lists", "Write jvp(f, [x, y], [dx, dy])");
  const { arrays, treedef } = flattenDifferentiable(primals, asked);
  const flatTangents = flattenTangents(tangents, { asked, what: "tangents", treedef, types: arrays });
  const flat = flatWithAux(f, treedef, asked, options?.hasAux === true);
  const [outputs, outTangents] = jvpFlat(asked, flat.call, arrays, flatTangents);
  const out = unflatten(flat.outTree(), outputs);
  const tangentOut = unflatten(flat.outTree(), outTangents.map(materialize));
  return options?.hasAux === true ? [out, tangentOut, flat.aux()] : [out, tangentOut];
}) as never;

/**
 * Value of `f` at `primals` and its tangent map, which may be called many times: `f` runs once.
 * @returns [out, tangentMap], tangentMap(...tangents) gives the derivative along them
 * @example const [y, df] = linearize((x) => np.sin(x), array(0)); df(array(1)) // 1
 */
export const linearize = <X extends readonly unknown[], R, A extends readonly unknown[] = ArraysOfList<X>>(
  f: (...args: A) => R,
  ...primals: Given<X, A>
): [Arrays<R>, (...tangents: Liberal<A>) => Cotangent<R>] => {
  requireFunction("linearize", f);
  const asked = `linearize of ${nameOf(f as AnyFunction)}`;
  const { arrays, treedef } = flattenDifferentiable(primals, asked);
  const flat = flatFunction(f as AnyFunction, treedef, asked);
  const varies = arrays.map((x) => isFloat(x.dtype));
  const { outputs, linear, depends } = linearizeFlat(asked, flat.call, arrays, varies);
  const outTree = flat.outTree();
  const types = arrays.map(avalOf);
  const outTypes = outputs.map(avalOf);
  const tangentMap = partial(linear.constants as NDArray[], (residuals) => (...tangents: unknown[]): unknown => {
    const flatTangents = flattenTangents(tangents, { asked, what: "tangents", treedef, types });
    const results = evaluateClosed(
      { jaxpr: linear.jaxpr, constants: residuals },
      chosen(flatTangents, varies).map(materialize),
    );
    return unflatten(outTree, spreadTangents(depends, outTypes, results).map(materialize));
  });
  return [unflatten(outTree, outputs), tangentMap] as never;
};

/** Refuses leaves that have no derivative, naming the first by its path. */
export const requireDifferentiable = (asked: string, types: readonly Aval[], treedef: Treedef): void => {
  types.forEach((type, k) => {
    if (isFloat(type.dtype)) return;
    throw new NotDifferentiable(
      asked,
      `argument ${leafPaths(treedef)[k]!} is ${showAval(type)}`,
      "Only floats have derivatives: convert with astype, choose other argnums, or pass allowInt: true for zeros",
    );
  });
};
