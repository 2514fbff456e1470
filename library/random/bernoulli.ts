/**
 * Coins: bernoulli (true with probability p) and rademacher (a random sign). JAX's numbers for the same key.
 */
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { full, mul, sub } from "../../ops/arithmetic.ts";
import { lt } from "../../ops/comparison.ts";
import { asDType } from "../../ops/conversion.ts";
import { randomUnit } from "../../ops/random-bits.ts";
import type { Operand } from "../numpy/operand.ts";
import { optionsLast } from "../numpy/options-last.ts";
import type { OptionsLast } from "../numpy/options-last.ts";
import type { CountOptions, FloatType, ShapeAndOptions } from "./draw.ts";
import {
  asFloats,
  asParameter,
  parameterShape,
  requireDrawDType,
  requireNumberWhere,
  shapeAndOptions,
} from "./draw.ts";
import { requireKey, shapeOf } from "./keys.ts";

type BernoulliOptions = Omit<CountOptions, "dtype">;

/**
 * Booleans that are true with probability p, compared in p's own precision (float64 for numbers).
 * @param rest  p, 0.5 by default: a number in [0, 1] or an array, whose numbers beyond it give never or always; options
 *   shape of the draw, to which p broadcasts, default its shape
 * @throws InvalidKey, InvalidOption, ShapeMismatch. No derivative: booleans.
 * @example random.bernoulli(random.key(0), 0.3, { shape: [4] }) // [false, true, false, false]
 */
export const bernoulli = (key: NDArray, ...rest: OptionsLast<Operand, BernoulliOptions>): NDArray => {
  const [p = 0.5, options = {}] = optionsLast<[Operand?, BernoulliOptions?]>(rest, 1);
  requireOptions("random.bernoulli", options, ["shape"]);
  requireNumberWhere("random.bernoulli", "p", p, (value) => value >= 0 && value <= 1, "a probability in [0, 1]");
  const own = asFloats("random.bernoulli", p);
  const shape = parameterShape("random.bernoulli", options.shape, [own.shape]);
  const dtype = own.dtype as FloatType;
  return lt(randomUnit(requireKey("random.bernoulli", key), { shape, dtype }), asParameter(own, shape, dtype));
};

/** Random signs, -1 or 1, in a dtype. */
export const drawSigns = (key: NDArray, shape: Shape, dtype: DType): NDArray => {
  const coins = lt(randomUnit(key, { shape, dtype: "float64" }), full(0.5, shape, "float64"));
  return sub(mul(full(2, shape, dtype), asDType(coins, dtype)), full(1, shape, dtype));
};

/**
 * Random signs: -1 or 1 with equal probability.
 * @param rest  shape, [] by default; options dtype "int32" (default), "float64" or "float32"
 * @throws InvalidKey, InvalidShape, DTypeMismatch. No derivative: constants.
 * @example random.rademacher(random.key(0), [4]) // [1, 1, -1, -1]
 */
export const rademacher = (
  key: NDArray,
  ...rest: ShapeAndOptions<{ readonly dtype?: "int32" | FloatType }>
): NDArray => {
  const [shape, options] = shapeAndOptions(rest);
  requireOptions("random.rademacher", options, ["dtype"]);
  const dtype = requireDrawDType("random.rademacher", options.dtype ?? "int32", ["int32", "float64", "float32"]);
  return drawSigns(requireKey("random.rademacher", key), shapeOf("random.rademacher", shape), dtype);
};
