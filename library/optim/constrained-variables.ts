/**
 * Bounded variables as one vector: a tree of float arrays becomes fractions of the way from lower to upper bound, and back.
 * Methods that see fractions do not depend on the units of the variables. Where both bounds are equal a variable stays.
 */
import { DTypeMismatch, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { isConcrete } from "../../src/array/ndarray.ts";
import { sameShape, showShape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { avalOf, showAval } from "../../src/ir/aval.ts";
import { leafPaths, requireSameTree } from "../../src/tree/tree.ts";
import { flattenArrays } from "../../transforms/flat.ts";
import type { FlatArrays } from "../../transforms/flat.ts";
import { full } from "../numpy/creation.ts";
import { concatenate } from "../numpy/joining.ts";
import "../numpy/methods.ts";
import { broadcastArray, toDType } from "../numpy/operand.ts";
import { where } from "../numpy/selection.ts";
import { ravelTree } from "../ravel-tree.ts";
import type { Bound, Bounds } from "./types.ts";

export interface BoundedVariables<P> {
  /** Fractions in [0, 1], shape [n], float64; 0.5 where the bounds are equal. */
  readonly point: NDArray;
  /** Upper less lower bounds, shape [n]. */
  readonly range: NDArray;
  /** Fractions as a tree like the parameters, every leaf in its own dtype. */
  readonly restore: (point: NDArray) => P;
}

/** The parameters, all of them floats, at least one number. @throws NotAnArray, DTypeMismatch, InvalidOption */
export const floatLeaves = (asked: string, params: unknown): FlatArrays => {
  const flat = flattenArrays(params, `${asked}, params`);
  const other = flat.arrays.findIndex(({ dtype }) => !isFloat(dtype));
  if (other >= 0)
    throw new DTypeMismatch(
      asked,
      `params${leafPaths(flat.treedef)[other]!} is ${showAval(avalOf(flat.arrays[other]!))}`,
      'Variables are floats: convert with astype("float64"), and keep integers and booleans apart',
    );
  if (flat.arrays.every(({ size }) => size === 0))
    throw new InvalidOption(asked, "params without a number", "Give at least one variable");
  return flat;
};

/** A bound of every variable, shape [n], float64. @throws TreeMismatch, ShapeMismatch */
export const boundVector = (asked: string, { arrays, treedef }: FlatArrays, bound: Bound): NDArray => {
  const given = typeof bound === "number" ? arrays.map(() => full([], bound)) : boundLeaves(asked, treedef, bound);
  const parts = arrays.map((own, k) => {
    const leaf = toDType(given[k]!, "float64");
    if (leaf.ndim > 0 && !sameShape(leaf.shape, own.shape))
      throw new ShapeMismatch(
        asked,
        `a bound of shape ${showShape(leaf.shape)} for params${leafPaths(treedef)[k]!} of shape ${showShape(own.shape)}`,
        "A bound is a number, or an array of the variables' shape",
      );
    return broadcastArray(leaf, own.shape).reshape([own.size]);
  });
  return parts.length === 1 ? parts[0]! : concatenate(parts);
};

const boundLeaves = (asked: string, treedef: FlatArrays["treedef"], bound: Bound): readonly NDArray[] => {
  const flat = flattenArrays(bound, `${asked}, bounds`);
  requireSameTree(`the bounds of ${asked}`, treedef, flat.treedef);
  return flat.arrays;
};

/** Concrete bounds must be numbers in order; traced ones are not looked at. @throws InvalidOption */
export const requireOrdered = (asked: string, lower: NDArray, upper: NDArray): void => {
  if (!isConcrete(lower) || !isConcrete(upper)) return;
  const [lows, highs] = [lower.toTypedArray(), upper.toTypedArray()];
  const wrong = lows.findIndex((low, k) => !(Number.isFinite(low) && Number.isFinite(highs[k]) && low <= highs[k]!));
  if (wrong >= 0)
    throw new InvalidOption(
      asked,
      `variable ${wrong} between ${lows[wrong]} and ${highs[wrong]}`,
      "Every variable needs finite bounds, lower <= upper",
    );
};

/** Bounds that are plain numbers, checked when an optimizer is made. @throws InvalidOption */
export const requireBounds = (asked: string, { lower, upper }: Bounds): void => {
  for (const [name, bound] of Object.entries({ lower, upper }))
    if (bound === undefined || bound === null || (typeof bound === "number" && !Number.isFinite(bound)))
      throw new InvalidOption(
        asked,
        `${name} ${showValue(bound)}`,
        "Give finite bounds: a number, or a tree like params",
      );
  if (typeof lower === "number" && typeof upper === "number" && lower > upper)
    throw new InvalidOption(asked, `lower ${lower} above upper ${upper}`, "Give lower <= upper");
};

/**
 * The parameters as fractions of their bounds.
 * @throws InvalidOption where bounds are not finite or not in order, TreeMismatch, ShapeMismatch, DTypeMismatch
 * Parameters beyond a bound count as lying on it.
 */
export const boundedVariables = <P>(asked: string, bounds: Bounds, params: P): BoundedVariables<P> => {
  const flat = floatLeaves(asked, params);
  const [lower, upper] = [boundVector(asked, flat, bounds.lower), boundVector(asked, flat, bounds.upper)];
  requireOrdered(asked, lower, upper);
  const range = upper.sub(lower);
  const isFree = range.greater(0);
  const [vector, restore] = ravelTree(params);
  const offset = toDType(vector, "float64").sub(lower);
  const point = where(isFree, offset.div(where(isFree, range, 1)), 0.5).clip(0, 1);
  const backTo = (fractions: NDArray): P =>
    restore(lower.add(fractions.mul(range)).maximum(lower).minimum(upper)) as unknown as P;
  return { point, range, restore: backTo };
};

/** A whole number from `least`. @throws InvalidOption */
export const requireCount = (asked: string, name: string, value: number, least: number): number => {
  if (!Number.isSafeInteger(value) || value < least)
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, `Give a whole number from ${least}`);
  return value;
};
