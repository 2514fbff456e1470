/**
 * Between users' functions of trees and the flat lists of arrays that traces work on:
 * flattening arguments and results, argnums, auxiliary outputs.
 */
import { isWeakWhole } from "../src/array/dtype.ts";
import { InvalidArgnums, InvalidOption } from "../src/error.ts";
import { weakScalar } from "../src/array/create.ts";
import { NDArray } from "../src/array/ndarray.ts";
import { describeValue } from "../src/describe.ts";
import { flatten, unflatten } from "../src/tree/tree.ts";
import type { Leaf, Treedef } from "../src/tree/tree.ts";
import { convert } from "../ops/conversion.ts";
import type { Mark, Tracer } from "../src/ir/tracer.ts";
import { isTracer } from "../src/ir/tracer.ts";

/** Any function users may transform. */
export type AnyFunction = (...args: never[]) => unknown;

export const nameOf = (f: AnyFunction): string => (f.name === "" ? "a function" : f.name);

/** Numbers and booleans become weak scalars. */
const asArray = (leaf: Leaf): NDArray => (leaf instanceof NDArray ? leaf : weakScalar(leaf));

export interface FlatArrays {
  readonly arrays: NDArray[];
  readonly treedef: Treedef;
}

export const flattenArrays = (tree: unknown, asked: string): FlatArrays => {
  const { leaves, treedef } = flatten(tree, asked);
  return { arrays: leaves.map(asArray), treedef };
};

/** Arguments to differentiate by: whole JavaScript numbers are floats here, never integers. */
export const flattenDifferentiable = (tree: unknown, asked: string): FlatArrays => {
  const { arrays, treedef } = flattenArrays(tree, asked);
  return {
    arrays: arrays.map((x) => (isWeakWhole(x.weakType) ? convert(x, { dtype: "float64", weakType: "float" }) : x)),
    treedef,
  };
};

/** A user's function on flat arrays; the structure of its result is known after the first call. */
export interface FlatFunction {
  readonly call: (arrays: readonly NDArray[]) => NDArray[];
  readonly outTree: () => Treedef;
}

/** `f` taking the leaves of an argument list of structure `argsTree`. */
export const flatFunction = (f: AnyFunction, argsTree: Treedef, asked: string): FlatFunction => {
  let outTree: Treedef | null = null;
  return {
    call: (arrays) => {
      const args = unflatten(argsTree, arrays) as never[];
      const { arrays: outputs, treedef } = flattenArrays(f(...args), `output of ${asked}`);
      outTree = treedef;
      return outputs;
    },
    outTree: () => outTree!,
  };
};

/** Transforms take functions; anything else is refused by name. */
export const requireFunction = (asked: string, f: unknown): void => {
  if (typeof f !== "function")
    throw new InvalidOption(
      asked,
      `${describeValue(f)} where the function to transform is expected`,
      "Give the function itself as the first argument",
    );
};

// --- Arguments --------------------------------------------------------------------------------

/** Distinct positions among `count` arguments, from 0; negative ones are counted from the end. */
export const requireArgnums = (
  asked: string,
  argnums: number | readonly number[],
  count: number,
): readonly number[] => {
  const given = typeof argnums === "number" ? [argnums] : argnums;
  const list = given.map((position) => {
    if (!Number.isInteger(position) || position < -count || position >= count)
      throw new InvalidArgnums(
        asked,
        `position ${position} of a call with ${count} arguments`,
        "Positions are whole numbers from 0, or from -1 for the last backwards; arguments left out cannot be named",
      );
    return position < 0 ? position + count : position;
  });
  if (new Set(list).size !== list.length)
    throw new InvalidArgnums(
      asked,
      `positions [${given.join(",")}] of a call with ${count} arguments repeat`,
      "Name every argument once",
    );
  return list;
};

/** `f` with the arguments at `positions` replaced by those given later, the others fixed. */
export const fixOtherArguments =
  (f: AnyFunction, args: readonly unknown[], positions: readonly number[]): AnyFunction =>
  (...selected: unknown[]): unknown => {
    const all = [...args];
    positions.forEach((position, k) => (all[position] = selected[k]));
    return (f as (...all: unknown[]) => unknown)(...all);
  };

/** `f` of the arguments that are not static, the static ones in their places. */
export const bindStatics =
  (f: AnyFunction, statics: readonly number[], args: readonly unknown[]): AnyFunction =>
  (...traced: unknown[]): unknown => {
    let next = 0;
    return (f as (...all: unknown[]) => unknown)(...args.map((arg, k) => (statics.includes(k) ? arg : traced[next++])));
  };

// --- Auxiliary outputs ------------------------------------------------------------------------

/** Splits [value, aux]; `owner` is named when the function did not return a pair. */
export const splitAux = (asked: string, result: unknown): readonly [unknown, unknown] => {
  if (!Array.isArray(result) || result.length !== 2)
    throw new InvalidOption(
      `${asked} with hasAux`,
      `the function returned ${describeValue(result)}`,
      "Return [value, aux]",
    );
  return [result[0], result[1]];
};

/** Anything, with this trace's tracers replaced by what they stand for outside it. */
export const lowerAux = <P>(aux: unknown, mark: Mark, value: (tracer: Tracer<P>) => unknown): unknown => {
  const visit = (node: unknown): unknown => {
    if (isTracer(node)) return node.mark === mark ? value(node as Tracer<P>) : node;
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node === "object" && node !== null && Object.getPrototypeOf(node) === Object.prototype)
      return Object.fromEntries(Object.entries(node).map(([key, entry]) => [key, visit(entry)]));
    return node;
  };
  return visit(aux);
};
