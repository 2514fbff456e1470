/**
 * Search direction of L-BFGS. Without bounds d = -H g. With bounds the variables at a bound that the negative gradient
 * points out of stay; d = -H g on the others, H made of the pairs' parts there, and x + d is projected onto the bounds.
 * Where that is no direction of descent, the projected gradient step of the same size takes its place.
 * Source: two-metric projection, Bertsekas 1982; with L-BFGS, Schmidt, Kim & Sra 2011 (minConf_TMP).
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import {
  div,
  equal,
  isfinite,
  less,
  lessEqual,
  logicalAnd,
  maximum,
  minimum,
  mul,
  neg,
  sqrt,
  sub,
} from "../numpy/elementwise.ts";
import { full } from "../numpy/creation.ts";
import { toDType } from "../numpy/operand.ts";
import { where } from "../numpy/selection.ts";
import type { Memory } from "./lbfgs-memory.ts";
import { dot, inverseHessianTimes } from "./lbfgs-memory.ts";
import type { Box } from "./search-bounds.ts";
import { freeIn, longestWithin, withinBox } from "./search-bounds.ts";

export interface Direction {
  /** [n], of the parameters' dtype: x + direction lies within the bounds. */
  readonly vector: NDArray;
  /** Its inner product with the gradient; negative, or there is nowhere to go. */
  readonly slope: NDArray;
  /** Largest multiple that stays within the bounds. */
  readonly longest: NDArray;
  /** Norm of the gradient on the free variables. */
  readonly gradientNorm: NDArray;
}

/** Least cosine of the angle between a direction and the gradient; the rest is rounding or projected away. */
const leastCosine = 1e-10;

/** Steps longer than this multiple of a direction are not tried. */
const longestStep = 1e10;

/** Where a step x - s leads, as a direction of the dtype of x. */
const towards = (box: Box | null, x: NDArray, step: NDArray): NDArray => {
  if (box === null) return toDType(neg(step), x.dtype);
  const from = toDType(x, "float64");
  const box64 = { lower: toDType(box.lower, "float64"), upper: toDType(box.upper, "float64") };
  return toDType(sub(withinBox(box64, sub(from, step)), from), x.dtype);
};

/** The direction at x; without pairs in the memory the projected gradient step of length `initialStep`. */
export const directionAt = (
  x: NDArray,
  gradient: NDArray,
  memory: Memory,
  { box, initialStep }: { readonly box: Box | null; readonly initialStep: number },
): Direction => {
  const free = box === null ? null : freeIn(box, x, gradient);
  const own = toDType(free === null ? gradient : where(free, gradient, 0), "float64");
  const norm = sqrt(dot(own, own));
  const isZero = equal(norm, 0);
  const steepest = where(isZero, 0, div(initialStep, where(isZero, 1, norm)));
  const { product, scale } = inverseHessianTimes(memory, own, free, steepest);
  const candidate = towards(box, x, product);
  const slope = dot(gradient, candidate);
  const enough = mul(-leastCosine, mul(norm, sqrt(dot(candidate, candidate))));
  const isUsable = logicalAnd(isfinite(slope), logicalAnd(less(slope, 0), lessEqual(slope, enough)));
  const vector = where(isUsable, candidate, towards(box, x, mul(scale, own)));
  return {
    vector,
    slope: dot(gradient, vector),
    longest: box === null ? full([], longestStep) : minimum(maximum(longestWithin(box, x, vector), 1), longestStep),
    gradientNorm: norm,
  };
};
