/**
 * Bounds of parameters: numbers for all, or trees of one array per parameter, as vectors beside raveled parameters.
 */
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { DType } from "../../src/array/dtype.ts";
import { bufferOf, isConcrete } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { sameShape } from "../../src/array/shape.ts";
import { join } from "../../ops/slicing.ts";
import { reshape } from "../../ops/shape.ts";
import { leafPaths, requireSameTree } from "../../src/tree/tree.ts";
import type { Treedef } from "../../src/tree/tree.ts";
import { avalOf, showAval } from "../../src/ir/aval.ts";
import { flattenArrays } from "../../transforms/flat.ts";
import type { FlatArrays } from "../../transforms/flat.ts";
import { full } from "../numpy/creation.ts";
import {
  abs,
  add,
  clip,
  div,
  equal,
  greater,
  isfinite,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  sub,
} from "../numpy/elementwise.ts";
import { broadcastArray, toDType } from "../numpy/operand.ts";
import { all, max, min } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import type { Bound } from "./types.ts";

/** Bounds of raveled parameters: vectors [n] or scalars, of the parameters' common dtype. */
export interface Box {
  readonly lower: NDArray;
  readonly upper: NDArray;
}

const requireNoNaN = (asked: string, name: string, bound: Bound): void => {
  const { arrays } = flattenArrays(bound, `${asked}, ${name}`);
  if (arrays.some((x) => isConcrete(x) && bufferOf(x).some((value) => Number.isNaN(value))))
    throw new InvalidOption(asked, `${name} holds NaN`, "Use -Infinity and Infinity where there is no bound");
};

/** Refuses bounds that hold NaN or of which the lower exceeds the upper, as far as their values are known. */
export const requireBounds = (asked: string, lower: Bound | undefined, upper: Bound | undefined): void => {
  if (lower !== undefined) requireNoNaN(asked, "lower", lower);
  if (upper !== undefined) requireNoNaN(asked, "upper", upper);
  if (typeof lower === "number" && typeof upper === "number" && lower > upper)
    throw new InvalidOption(asked, `lower ${lower} above upper ${upper}`, "Exchange them");
};

/** A bound beside raveled parameters, rounded to the dtype of every array: one number where all have one dtype. */
const flatBound = (asked: string, bound: Bound, { arrays, treedef }: FlatArrays, dtype: DType): NDArray => {
  const isNumber = typeof bound === "number";
  if (isNumber && arrays.every((x) => x.dtype === dtype)) return full([], bound, { dtype });
  const own = isNumber ? arrays.map(() => full([], bound)) : boundLeaves(asked, treedef, bound);
  const parts = arrays.map((x, k) => {
    const leaf = own[k]!;
    if (leaf.shape.length > 0 && !sameShape(leaf.shape, x.shape))
      throw new ShapeMismatch(
        asked,
        `${showAval(avalOf(leaf))} beside the parameters ${leafPaths(treedef)[k]!} ${showAval(avalOf(x))}`,
        "A bound is a number, or an array of the parameters' shape",
      );
    const rounded = toDType(toDType(leaf, x.dtype), dtype);
    return reshape(broadcastArray(rounded, x.shape), { shape: [x.size] });
  });
  return join(parts, 0);
};

const boundLeaves = (asked: string, treedef: Treedef, bound: Bound): readonly NDArray[] => {
  const flat = flattenArrays(bound, asked);
  requireSameTree(asked, treedef, flat.treedef);
  return flat.arrays;
};

/** The bounds beside raveled parameters, null without any. @throws InvalidOption, TreeMismatch, ShapeMismatch */
export const boxOf = (
  asked: string,
  bounds: { readonly lower?: Bound | undefined; readonly upper?: Bound | undefined },
  params: FlatArrays,
  dtype: DType,
): Box | null => {
  const { lower, upper } = bounds;
  if (lower === undefined && upper === undefined) return null;
  const box = {
    lower: flatBound(`${asked}, lower`, lower ?? -Infinity, params, dtype),
    upper: flatBound(`${asked}, upper`, upper ?? Infinity, params, dtype),
  };
  const crossed = greater(box.lower, box.upper);
  if (isConcrete(crossed) && bufferOf(crossed).some((holds) => holds !== 0))
    throw new InvalidOption(asked, "a lower bound above the upper one", "Exchange them");
  return box;
};

/** The nearest point within the bounds. */
export const withinBox = (box: Box | null, x: NDArray): NDArray => (box === null ? x : clip(x, box.lower, box.upper));

/** Variables that a step against the gradient can move: not at a bound that the negative gradient points out of. */
export const freeIn = ({ lower, upper }: Box, x: NDArray, gradient: NDArray): NDArray => {
  const isHeldBelow = logicalAnd(lessEqual(x, lower), greater(gradient, 0));
  const isHeldAbove = logicalAnd(lessEqual(upper, x), less(gradient, 0));
  return logicalNot(logicalOr(isHeldBelow, isHeldAbove));
};

/** Whether all of a point lies within the bounds, a scalar. */
export const isWithinBox = (box: Box | null, x: NDArray): NDArray => all(equal(withinBox(box, x), x));

/** So close to a bound, in its unit and in the range's, a variable lies at it: methods with barriers come no closer. */
const near = 1e-6;

/** Largest entry of a gradient, float64, among the variables that a step against it can move; 0 without any. */
export const slopeWithin = (box: Box | null, x: NDArray, gradient: NDArray): NDArray => {
  if (box === null) return max(abs(gradient));
  const [lower, upper] = [toDType(box.lower, "float64"), toDType(box.upper, "float64")];
  const range = sub(upper, lower);
  const margin = where(isfinite(range), mul(minimum(range, 1), near), 0);
  const inner = { lower: add(lower, margin), upper: sub(upper, margin) };
  return max(where(freeIn(inner, toDType(x, "float64"), gradient), abs(gradient), 0));
};

/** The longest step along a direction that stays within the bounds, Infinity if all do. */
export const longestWithin = ({ lower, upper }: Box, x: NDArray, direction: NDArray): NDArray => {
  const room = where(less(direction, 0), sub(lower, x), where(greater(direction, 0), sub(upper, x), Infinity));
  const divisor = where(less(direction, 0), direction, where(greater(direction, 0), direction, 1));
  return min(maximum(toDType(div(toDType(room, "float64"), toDType(divisor, "float64")), "float64"), 0));
};
