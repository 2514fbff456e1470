/**
 * Forward mode: jvp (one direction) and linearize (a reusable tangent map).
 */
import { NotDifferentiable, ShapeMismatch, TreeMismatch } from "../src/error.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape } from "../src/array/shape.ts";
import { showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { evaluateClosed } from "../src/ir/evaluate.ts";
import { zero } from "../src/ir/primitive.ts";
import type { Tangent } from "../src/ir/primitive.ts";
import { leafPaths, partial, requireSameTree, unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import type { Mark } from "../src/ir/tracer.ts";
import { convert } from "../ops/conversion.ts";
import { materialize } from "../ops/arithmetic.ts";
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
import type { Cotangent, Liberal } from "./types.ts";

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

/** A tangent tree as flat tangents: same structure, shapes and dtypes as the primals. */
export const flattenTangents = (
  asked: string,
  what: string,
  tree: unknown,
  treedef: Treedef,
  types: readonly Aval[],
  allowInt = false,
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
    return tangent.dtype === type.dtype && tangent.weakType === false
      ? tangent
      : convert(tangent, { dtype: type.dtype, weakType: false });
  });
};

/** Value and tangent; with hasAux also what the function returned beside its value. */
export interface Jvp {
  <A extends readonly unknown[], R, Aux>(
    f: (...args: A) => readonly [R, Aux],
    primals: Liberal<A>,
    tangents: Liberal<A>,
    options: { readonly hasAux: true },
  ): [R, Cotangent<R>, Aux];
  <A extends readonly unknown[], R>(
    f: (...args: A) => R,
    primals: Liberal<A>,
    tangents: Liberal<A>,
    options?: { readonly hasAux?: false },
  ): [R, Cotangent<R>];
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
  const flatTangents = flattenTangents(asked, "tangents", tangents, treedef, arrays);
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
export const linearize = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: Liberal<A>
): [R, (...tangents: Liberal<A>) => Cotangent<R>] => {
  requireFunction("linearize", f);
  const asked = `linearize of ${nameOf(f as AnyFunction)}`;
  const { arrays, treedef } = flattenDifferentiable(primals, asked);
  const flat = flatFunction(f as AnyFunction, treedef, asked);
  const varies = arrays.map((x) => isFloat(x.dtype));
  const { outputs, linear, depends } = linearizeFlat(asked, flat.call, arrays, varies);
  const outTree = flat.outTree();
  const types = arrays.map(({ shape, dtype, weakType }) => ({ shape, dtype, weakType }));
  const outTypes = outputs.map(({ shape, dtype, weakType }) => ({ shape, dtype, weakType }));
  const tangentMap = partial(linear.constants as NDArray[], (residuals) => (...tangents: unknown[]): unknown => {
    const flatTangents = flattenTangents(asked, "tangents", tangents, treedef, types);
    const results = evaluateClosed(
      { jaxpr: linear.jaxpr, constants: residuals },
      flatTangents.filter((_, k) => varies[k]!).map(materialize),
    );
    let next = 0;
    return unflatten(
      outTree,
      depends.map((yes, k) => (yes ? results[next++]! : materialize(zero(outTypes[k]!)))),
    );
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
