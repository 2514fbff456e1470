/**
 * Random order: permutation and choice. Elements are sorted by random words, stably, several times where two words
 * may be equal: the probability of an order differs from the others' by about 1 / size^3. JAX's orders for a key.
 */
import { NDArray, bufferOf, isConcrete } from "../../src/array/ndarray.ts";
import { normalizeAxis, sizeOf } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { showAval } from "../../src/ir/aval.ts";
import { add, fullLike, mul, sub } from "../../ops/arithmetic.ts";
import { cumsum } from "../../ops/cumulative.ts";
import { log } from "../../ops/exponential.ts";
import { gatherAlong } from "../../ops/indexing.ts";
import { randomBits, randomUnit } from "../../ops/random-bits.ts";
import { broadcast, reshape } from "../../ops/shape.ts";
import { sliceAxis } from "../../ops/slicing.ts";
import { argsort } from "../../ops/sorting.ts";
import { arange, searchsorted, take } from "../numpy/index.ts";
import type { Operand } from "../numpy/index.ts";
import { drawGumbel } from "./continuous.ts";
import { asFloats, shapeAndOptions } from "./draw.ts";
import type { FloatType, ShapeAndOptions } from "./draw.ts";
import { randint } from "./integers.ts";
import { requireKey, shapeOf, splitKeys } from "./keys.ts";

/** Sorted by random words of its own shape along an axis, as often as its size asks. */
const shuffled = (key: NDArray, x: NDArray, axis: number): NDArray => {
  const rounds = Math.ceil((3 * Math.log(Math.max(1, x.size))) / Math.log(2 ** 32 - 1));
  let [next, out] = [key, x];
  for (let round = 0; round < rounds; round++) {
    const [rest, own] = splitKeys(next, 2);
    next = rest!;
    const words = randomBits(own!, { shape: x.shape, width: 32 });
    out = gatherAlong(out, argsort(words, { axis, descending: false }), axis);
  }
  return out;
};

const requireCount = (asked: string, count: number): number => {
  if (!Number.isInteger(count) || count < 0 || count >= 2 ** 31)
    throw new InvalidOption(asked, `a range of ${showValue(count)}`, "Give a whole number, 0 or more, or an array");
  return count;
};

export interface PermutationOptions {
  /** Axis that is reordered; default 0. */
  readonly axis?: number;
  /** Every line along the axis gets an order of its own; default false: slices stay together. */
  readonly independent?: boolean;
}

/**
 * An array in random order along an axis, or the integers 0 .. x - 1 (int32) in random order.
 * @throws InvalidKey, InvalidOption, IndexOutOfRange
 * Derivatives are permuted alike. Cost: a sort, two beyond 1600 elements.
 * @example random.permutation(random.key(0), 5) // [0, 1, 4, 3, 2]
 * @example random.permutation(random.key(1), array([[1, 2], [3, 4], [5, 6]])) // [[5, 6], [1, 2], [3, 4]]
 */
export const permutation = (key: NDArray, x: number | NDArray, options: PermutationOptions = {}): NDArray => {
  requireOptions("random.permutation", options, ["axis", "independent"]);
  const own = requireKey("random.permutation", key);
  if (!(x instanceof NDArray))
    return shuffled(own, arange(requireCount("random.permutation", x), undefined, 1, { dtype: "int32" }), 0);
  const axis = normalizeAxis("random.permutation", options.axis ?? 0, x.ndim);
  if (options.independent === true || x.ndim === 1) return shuffled(own, x, axis);
  const order = shuffled(own, arange(x.shape[axis]!, undefined, 1, { dtype: "int32" }), 0);
  return take(x, order, { axis });
};

export interface ChoiceOptions {
  /** Whether an element may come again; default true. */
  readonly replace?: boolean;
  /** Probabilities of the elements, [elements], up to a factor; default all equal. */
  readonly p?: NDArray;
  /** Axis of the elements; default 0. */
  readonly axis?: number;
}

/**
 * Elements of an array along an axis, or integers below a number (int32), chosen at random.
 * @param a     array, or a number for 0 .. a - 1
 * @param rest  shape of the choice, in the place of the axis, [] by default; options replace, p, axis
 * @throws InvalidKey, InvalidShape, InvalidOption, ShapeMismatch, IndexOutOfRange
 * Derivatives with respect to the elements; none with respect to p.
 * @example random.choice(random.key(0), 10, [4]) // [9, 0, 2, 3]
 * @example random.choice(random.key(0), array([1, 2, 3]), [3], { replace: false }) // [1, 2, 3]
 * @example random.choice(random.key(0), 3, [5], { p: array([0.1, 0.1, 0.8]) }) // [2, 2, 0, 2, 2]
 */
export const choice = (key: NDArray, a: number | NDArray, ...rest: ShapeAndOptions<ChoiceOptions>): NDArray => {
  const [shape, options] = shapeAndOptions(rest);
  requireOptions("random.choice", options, ["replace", "p", "axis"]);
  const own = requireKey("random.choice", key);
  const drawn = shapeOf("random.choice", shape);
  const axis = a instanceof NDArray ? normalizeAxis("random.choice", options.axis ?? 0, a.ndim) : 0;
  const count = a instanceof NDArray ? a.shape[axis]! : requireCount("random.choice", a);
  const draws = sizeOf(drawn);
  const { replace = true, p } = options;
  if (draws > 0 && (count === 0 || (!replace && draws > count)))
    throw new InvalidOption(
      "random.choice",
      `${draws} choices of ${count} elements${replace ? "" : " without replacement"}`,
      "Choose from at least one element, and without replacement no more than there are",
    );
  const indices =
    draws === 0
      ? emptyIndices(drawn)
      : p === undefined
        ? equalChoice(own, count, drawn, replace)
        : weightedChoice(own, p, count, drawn, replace);
  return a instanceof NDArray ? take(a, indices, { axis }) : indices;
};

const emptyIndices = (shape: Shape): NDArray => reshape(arange(0, undefined, 1, { dtype: "int32" }), { shape });

const equalChoice = (key: NDArray, count: number, shape: Shape, replace: boolean): NDArray =>
  replace ? randint(key, shape, 0, count) : reshape(sliceAxis(permutation(key, count), 0, 0, sizeOf(shape)), { shape });

/** By the place of a uniform number in the running sums, or by the greatest of log p + gumbel. */
const weightedChoice = (key: NDArray, p: NDArray, count: number, shape: Shape, replace: boolean): NDArray => {
  const weights = requireWeights(p, count, replace ? 1 : sizeOf(shape));
  const dtype = weights.dtype as FloatType;
  if (!replace) {
    const noisy = add(drawGumbel({ key, shape: [count], dtype }), log(weights));
    const order = argsort(noisy, { axis: 0, descending: true });
    return reshape(sliceAxis(order, 0, 0, sizeOf(shape)), { shape });
  }
  const sums = cumsum(weights, { axis: 0, reverse: false });
  const total = broadcast(reshape(sliceAxis(sums, 0, count - 1, count), { shape: [] }), { shape, axes: [] });
  const u = randomUnit(key, { shape, dtype });
  return searchsorted(sums, mul(total, sub(fullLike(1, u), u)));
};

/** Probabilities of the right shape; concrete ones are looked at. */
const requireWeights = (p: NDArray, count: number, needed: number): NDArray => {
  const weights = asFloats("random.choice", p as Operand);
  if (weights.shape.length !== 1 || weights.shape[0] !== count)
    throw new ShapeMismatch("random.choice", `p is ${showAval(weights)} for ${count} elements`, "Give one for each");
  if (!isConcrete(weights)) return weights;
  const values = bufferOf(weights);
  const isWeight = values.every((value) => value >= 0 && value < Infinity);
  if (!isWeight || values.filter((value) => value > 0).length < needed)
    throw new InvalidOption(
      "random.choice",
      `p is ${weights.toString()} for ${needed} different choices`,
      "Probabilities are >= 0, and as many as are needed are above 0",
    );
  return weights;
};
