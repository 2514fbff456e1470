/**
 * Random integers and categories: randint, categorical, geometric, poisson, binomial, multinomial. No derivatives:
 * counts jump. JAX's numbers for the same key: exactly in randint, elsewhere where no rounding decides a tie.
 */
import type { DType } from "../../src/array/dtype.ts";
import { isInteger } from "../../src/array/dtype.ts";
import { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxis, sameShape, showShape, sizeOf } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { DTypeMismatch, EmptyReduction, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { showAval } from "../../src/ir/aval.ts";
import { add, div, full, fullLike, mul, neg, sub, zerosOf } from "../../ops/arithmetic.ts";
import { eq, gt, le, ne, select } from "../../ops/comparison.ts";
import { asDType } from "../../ops/conversion.ts";
import { cumsum } from "../../ops/cumulative.ts";
import { log, log1p } from "../../ops/exponential.ts";
import { argmax, max, min } from "../../ops/extrema.ts";
import { randomBits } from "../../ops/random-bits.ts";
import { randomBinomial, randomPoisson } from "../../ops/random-sampling.ts";
import { floor, rem } from "../../ops/rounding.ts";
import { moveAxis, reshape } from "../../ops/shape.ts";
import { join, sliceAxis } from "../../ops/slicing.ts";
import { argsort } from "../../ops/sorting.ts";
import { asOperand } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { drawGumbel } from "./continuous.ts";
import {
  asFloats,
  asParameter,
  drawUnit,
  parameterShape,
  planCounts,
  requireDrawDType,
  requireNumberWhere,
} from "./draw.ts";
import type { CountOptions, FloatType } from "./draw.ts";
import { requireKey, shapeOf, splitKeys } from "./keys.ts";

// --- randint ----------------------------------------------------------------------------------

type IntegerType = "int32" | "uint32";

const rangeOf: Readonly<Record<IntegerType, readonly [least: number, greatest: number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
};

/** A bound in the dtype and shape of the draw; one beyond the greatest integer stands for that integer. */
const asBound = (name: string, bound: number | NDArray, shape: Shape, dtype: IntegerType): NDArray => {
  if (bound instanceof NDArray) {
    if (!isInteger(bound.dtype))
      throw new DTypeMismatch("random.randint", `${name} is ${showAval(bound)}`, "Bounds are integers");
    return asParameter(bound, shape, dtype);
  }
  const [least, greatest] = rangeOf[dtype];
  if (!Number.isInteger(bound) || bound < least || bound > greatest + 1)
    throw new InvalidOption(
      "random.randint",
      `${name} ${showValue(bound)} for ${dtype}`,
      "Bounds are whole numbers in the range of the dtype; maxval, excluded, may be one above",
    );
  return full(Math.min(bound, greatest), shape, dtype);
};

/**
 * Integers in [minval, maxval). Spans up to 2^16 are drawn from 64 bits, equally likely to 2^-48. Larger ones are drawn
 * from 32 bits, as in JAX: each integer has either the floor or the ceiling of 2^32 / span of all words.
 * @param minval   whole number or integer array that broadcasts to the shape
 * @param maxval   likewise, excluded; where an array's is not above minval, the result is minval
 * @param options  dtype "int32" (default) or "uint32"
 * @throws InvalidKey, InvalidShape, ShapeMismatch, DTypeMismatch, InvalidOption
 * @example random.randint(random.key(0), [5], 0, 10) // [9, 0, 2, 3, 1]
 */
export const randint = (
  key: NDArray,
  shape: number | Shape,
  minval: number | NDArray,
  maxval: number | NDArray,
  options: { readonly dtype?: IntegerType } = {},
): NDArray => {
  requireOptions("random.randint", options, ["dtype"]);
  const dtype = requireDrawDType("random.randint", options.dtype ?? "int32", ["int32", "uint32"]);
  if (typeof minval === "number" && typeof maxval === "number" && !(minval < maxval))
    throw new InvalidOption("random.randint", `minval ${minval} and maxval ${maxval}`, "maxval is above minval");
  const own = shapeOf("random.randint", shape);
  const bounds = [minval, maxval].map((bound) => asOperand("random.randint", bound));
  parameterShape(
    "random.randint",
    own,
    bounds.map((bound) => bound.shape),
  );
  const [low, high] = [asBound("minval", minval, own, dtype), asBound("maxval", maxval, own, dtype)];
  const words = splitKeys(requireKey("random.randint", key), 2).map((child) =>
    randomBits(child, { shape: own, width: 32 }),
  );
  const isBeyond = maxval === rangeOf[dtype][1] + 1;
  return add(low, asDType(offsetBelow(words[0]!, words[1]!, spanOf(low, high, isBeyond)), dtype));
};

/** high - low as uint32, one more where high stands for the number above it; at least 1; 0 stands for 2^32. */
const spanOf = (low: NDArray, high: NDArray, isBeyond: boolean): NDArray => {
  const difference = asDType(sub(high, low), "uint32");
  const one = fullLike(1, difference);
  return isBeyond ? add(difference, one) : select(le(high, low), one, difference);
};

/** The 64-bit number upper 2^32 + lower modulo the span, as far as 32-bit products hold it. */
const offsetBelow = (upper: NDArray, lower: NDArray, span: NDArray): NDArray => {
  const half = rem(fullLike(2 ** 16, span), span);
  const factor = rem(mul(half, half), span);
  return rem(add(mul(rem(upper, span), factor), rem(lower, span)), span);
};

// --- categorical ------------------------------------------------------------------------------

export interface CategoricalOptions {
  /** Axis of the categories; default the last. */
  readonly axis?: number;
  /** Shape of the draw; ends with the shape of logits without the axis (or broadcasts it); default that shape. */
  readonly shape?: number | Shape;
  /** Whether a category may come again among the draws of the leading axes; default true. */
  readonly replace?: boolean;
}

/**
 * Indices (int32) drawn with probabilities softmax(logits), in the precision of logits.
 * @param logits  logarithms of probabilities, up to a constant; -Infinity for what never comes
 * @throws InvalidKey, ShapeMismatch, InvalidOption, IndexOutOfRange, EmptyReduction
 * Cost: categories times draws (with replacement); float32 does not see probabilities below 1e-7.
 * @example random.categorical(random.key(0), array([0, 1, 2]), { shape: [5] }) // [2, 2, 2, 1, 1]
 * @example random.categorical(random.key(0), array([0, 1, 2]), { shape: [3], replace: false }) // [2, 1, 0]
 */
export const categorical = (key: NDArray, logits: Operand, options: CategoricalOptions = {}): NDArray => {
  requireOptions("random.categorical", options, ["axis", "shape", "replace"]);
  const own = requireKey("random.categorical", key);
  const weights = asFloats("random.categorical", logits);
  const axis = normalizeAxis("random.categorical", options.axis ?? -1, weights.ndim);
  const batch = weights.shape.toSpliced(axis, 1);
  const shape = parameterShape("random.categorical", options.shape, [batch]);
  if (sizeOf(shape) === 0) return zerosOf(shape, "int32");
  if (weights.shape[axis] === 0)
    throw new EmptyReduction(
      "random.categorical",
      `logits ${showAval(weights)} with no categories on axis ${axis} for a draw of shape ${showShape(shape)}`,
      "Give logits of at least one category, or draw nothing",
    );
  const lead = shape.slice(0, shape.length - batch.length);
  const dtype = weights.dtype as FloatType;
  if (options.replace === false) return withoutReplacement(own, weights, axis, lead, shape);
  const full = [...lead, ...shape.slice(lead.length).toSpliced(axis, 0, weights.shape[axis]!)];
  const noise = drawGumbel({ key: own, shape: full, dtype });
  return argmax(add(noise, asParameter(weights, full, dtype)), { axis: lead.length + axis });
};

/** The greatest of logits + gumbel, one for each place of the leading axes of the draw. */
const withoutReplacement = (key: NDArray, logits: NDArray, axis: number, lead: Shape, shape: Shape): NDArray => {
  const count = lead.reduce((product, extent) => product * extent, 1);
  const batch = logits.shape.toSpliced(axis, 1);
  if (count > logits.shape[axis]! || !sameShape(shape, [...lead, ...batch]))
    throw new InvalidOption(
      "random.categorical without replacement",
      `shape ${showShape(shape)} from logits ${showShape(logits.shape)} with categories on axis ${axis}`,
      "The shape is [...draws, ...others], with at most as many draws as categories",
    );
  const noise = drawGumbel({ key, shape: logits.shape, dtype: logits.dtype as FloatType });
  const order = argsort(add(logits, noise), { axis, descending: true });
  const drawn = moveAxis(sliceAxis(order, axis, 0, count), axis, 0);
  return reshape(drawn, { shape });
};

// --- Counts -----------------------------------------------------------------------------------

/** Counts in a dtype. NaN becomes -1 in int32 and 2^32 - 1 in uint32, which no count is. */
const asCounts = (counts: NDArray, dtype: DType): NDArray => {
  if (dtype === "float64" || dtype === "float32") return asDType(counts, dtype);
  const mark = fullLike(dtype === "int32" ? -1 : 2 ** 32 - 1, counts);
  return asDType(select(ne(counts, counts), mark, counts), dtype);
};

const isProbability = (value: number): boolean => value >= 0 && value <= 1;

/**
 * Numbers of trials up to the first success, 1 or more, at success probability p.
 * @param options  shape, to which p broadcasts (default its shape); dtype, default "int32"
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * @example random.geometric(random.key(0), 0.2, { shape: [5] }) // [4, 7, 1, 3, 3]
 */
export const geometric = (key: NDArray, p: Operand, options: CountOptions = {}): NDArray => {
  requireNumberWhere("random.geometric", "p", p, (value) => value > 0 && value <= 1, "a probability in (0, 1]");
  const { parameters, dtype, ...draw } = planCounts("random.geometric", key, [p], options);
  const u = drawUnit({ ...draw, dtype: "float64" });
  const [zero, one] = [fullLike(0, u), fullLike(1, u)];
  const trials = div(log(select(eq(u, zero), one, u)), log1p(neg(parameters[0]!)));
  return asCounts(add(floor(trials), one), dtype);
};

/**
 * Poisson counts of a mean rate: exact rejection for any rate, no table.
 * @param rate     number or array; an array's rates below 0 or NaN give -1 (NaN in float dtypes)
 * @param options  shape, to which the rate broadcasts (default its shape); dtype, default "int32"
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * The tangent is zero: counts are piecewise constant in the rate.
 * @example random.poisson(random.key(0), 4, { shape: [5] }) // [0, 1, 5, 5, 2]
 */
export const poisson = (key: NDArray, rate: Operand, options: CountOptions = {}): NDArray => {
  requireNumberWhere("random.poisson", "rate", rate, (value) => value >= 0, "a number >= 0");
  const { parameters, key: own, dtype } = planCounts("random.poisson", key, [rate], options);
  return asCounts(randomPoisson(own, parameters[0]!), dtype);
};

/**
 * Successes in n independent trials of probability p.
 * @param options  shape, to which n and p broadcast (default their common shape); dtype, default "int32"
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * The tangent is zero. An array's counts or probabilities that are none give -1 (NaN in float dtypes).
 * @example random.binomial(random.key(0), 10, 0.3, { shape: [5] }) // [4, 1, 3, 4, 3]
 */
export const binomial = (key: NDArray, n: Operand, p: Operand, options: CountOptions = {}): NDArray => {
  requireNumberWhere("random.binomial", "n", n, (value) => value >= 0, "a number >= 0");
  requireNumberWhere("random.binomial", "p", p, isProbability, "a probability in [0, 1]");
  const { parameters, key: own, dtype } = planCounts("random.binomial", key, [n, p], options);
  return asCounts(randomBinomial(own, parameters[0]!, parameters[1]!), dtype);
};

/**
 * Counts of n trials that fall into categories, [...shape, categories]: binomial counts of what is left, in turn.
 * @param p        probabilities on the last axis; only their ratios count
 * @param options  shape, to which n and p without its last axis broadcast; dtype, default "int32"
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * @example random.multinomial(random.key(0), 10, array([0.2, 0.3, 0.5])) // [1, 4, 5]
 */
export const multinomial = (key: NDArray, n: Operand, p: NDArray, options: CountOptions = {}): NDArray => {
  requireOptions("random.multinomial", options, ["dtype", "shape"]);
  requireNumberWhere("random.multinomial", "n", n, (value) => value >= 0, "a number >= 0");
  const odds = asFloats("random.multinomial", p);
  const categories = odds.shape.at(-1);
  if (categories === undefined)
    throw new ShapeMismatch("random.multinomial", `p is ${showAval(odds)}`, "p has the categories on its last axis");
  const count = asOperand("random.multinomial", n);
  const shape = parameterShape("random.multinomial", options.shape, [count.shape, odds.shape.slice(0, -1)]);
  const { parameters, dtype, key: own } = planCounts("random.multinomial", key, [count], { ...options, shape });
  const chances = moveAxis(asParameter(odds, [...shape, categories], "float64"), shape.length, 0);
  const left = cumsum(chances, { axis: 0, reverse: true });
  const [zero, one] = [zerosOf(left.shape, "float64"), full(1, left.shape, "float64")];
  const ratios = max(min(div(chances, select(gt(left, zero), left, one)), one), zero);
  const keys = splitKeys(own, categories);
  let remaining = parameters[0]!;
  const counts = keys.map((child, k) => {
    const ratio = reshape(sliceAxis(ratios, 0, k, k + 1), { shape });
    const drawn = randomBinomial(child, remaining, ratio);
    remaining = sub(remaining, drawn);
    return reshape(drawn, { shape: [...shape, 1] });
  });
  if (counts.length === 0) return zerosOf([...shape, 0], dtype);
  return asCounts(join(counts, shape.length), dtype);
};
