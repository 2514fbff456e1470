/**
 * The gamma distribution and what is made of it: gamma, loggamma, beta, dirichlet, chisquare, f, t, generalizedNormal,
 * ball. Differentiable in the parameters, to any order, at fixed probability (implicit reparameterization), as the
 * samplers reject. As in jax.random: the same key gives JAX's numbers up to rounding, in float64.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { requireShape } from "../../src/array/shape.ts";
import { ShapeMismatch } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { showAval } from "../../src/ir/aval.ts";
import { add, div, fullLike, mul, sub } from "../../ops/arithmetic.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { exp, power, sqrt } from "../../ops/exponential.ts";
import { abs, max, reduceMax } from "../../ops/extrema.ts";
import { randomGamma } from "../../ops/random-sampling.ts";
import { broadcast, reduceSum } from "../../ops/shape.ts";
import { asOperand } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { optionsLast } from "../numpy/options-last.ts";
import type { OptionsLast } from "../numpy/options-last.ts";
import { drawSigns } from "./bernoulli.ts";
import { drawExponential, drawNormal } from "./continuous.ts";
import {
  asParameter,
  constantOf,
  parameterShape,
  planParameterDraw,
  requireDrawDType,
  requireNumberWhere,
} from "./draw.ts";
import type { Draw, ParameterDrawOptions } from "./draw.ts";
import { requireKey, splitKeys } from "./keys.ts";

const requirePositive = (asked: string, parameters: Readonly<Record<string, Operand>>): void => {
  for (const [name, value] of Object.entries(parameters))
    requireNumberWhere(asked, name, value, (own) => own > 0, "a number > 0");
};

const halved = (x: NDArray): NDArray => div(x, fullLike(2, x));

const drawGamma = (key: NDArray, shape: NDArray): NDArray => randomGamma(key, shape, { logarithm: false });

const drawLoggamma = (key: NDArray, shape: NDArray): NDArray => randomGamma(key, shape, { logarithm: true });

/**
 * Gamma numbers of shape a and scale 1: density x^(a - 1) e^-x / Gamma(a).
 * @param a        number or array; an array's numbers not above 0 give NaN
 * @param options  shape, to which a broadcasts (default its shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * Differentiable in a, with the number's quantile held: the derivative is right in every expectation, and not the slope
 * of one draw, which jumps where another proposal is accepted. Cost: about 1.05 rounds a number; numbers of shapes below 0.01 may underflow, see loggamma.
 * @example random.gamma(random.key(0), 2.5, { shape: [2] }) // [1.8048802000827677, 1.5385596967070414]
 * @example grad((a) => random.gamma(random.key(0), a))(2.5) // 0.9033930685480547
 */
export const gamma = (key: NDArray, a: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requirePositive("random.gamma", { a });
  const { parameters, key: own } = planParameterDraw("random.gamma", key, [a], options);
  return drawGamma(own, parameters[0]!);
};

/**
 * Logarithms of gamma numbers, which keep their digits where the numbers underflow.
 * @param options  shape, to which a broadcasts (default its shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * Differentiable in a.
 * @example random.loggamma(random.key(0), 0.001, { shape: [2] }) // [-1113.0258463340726, -2280.535757981586]
 */
export const loggamma = (key: NDArray, a: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requirePositive("random.loggamma", { a });
  const { parameters, key: own } = planParameterDraw("random.loggamma", key, [a], options);
  return drawLoggamma(own, parameters[0]!);
};

/**
 * Beta numbers: density proportional to x^(a - 1) (1 - x)^(b - 1) on [0, 1].
 * @param options  shape, to which a and b broadcast (default their common shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * Differentiable in a and b.
 * @example random.beta(random.key(0), 0.5, 2, { shape: [2] }) // [0.17558441650064066, 0.5598273103781134]
 */
export const beta = (key: NDArray, a: Operand, b: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requirePositive("random.beta", { a, b });
  const { parameters, key: own } = planParameterDraw("random.beta", key, [a, b], options);
  const [logs, others] = splitKeys(own, 2).map((child, k) => drawLoggamma(child, parameters[k]!));
  const greater = stopGradient(max(logs!, others!));
  const [left, right] = [exp(sub(logs!, greater)), exp(sub(others!, greater))];
  return div(left, add(left, right));
};

/**
 * Dirichlet vectors, [...shape, categories]: positive, with sum 1.
 * @param alpha    concentrations on the last axis, above 0
 * @param options  shape, to which alpha without its last axis broadcasts (default that shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch
 * Differentiable in alpha.
 * @example random.dirichlet(random.key(0), array([0.5, 1, 3])) // [0.017581359231494204, 0.062492133539730925, 0.9199265072287749]
 */
export const dirichlet = (key: NDArray, alpha: NDArray, options: ParameterDrawOptions = {}): NDArray => {
  requireOptions("random.dirichlet", options, ["dtype", "shape"]);
  const own = asOperand("random.dirichlet", alpha);
  const categories = own.shape.at(-1);
  if (categories === undefined || categories === 0)
    throw new ShapeMismatch(
      "random.dirichlet",
      `alpha is ${showAval(own)}`,
      "alpha has the categories on its last axis",
    );
  const shape = parameterShape("random.dirichlet", options.shape, [own.shape.slice(0, -1)]);
  const dtype = requireDrawDType("random.dirichlet", options.dtype ?? "float64", ["float64", "float32"]);
  const logs = drawLoggamma(requireKey("random.dirichlet", key), asParameter(own, [...shape, categories], dtype));
  const axes = { axes: [shape.length] };
  const along = (x: NDArray): NDArray => broadcast(x, { shape: logs.shape, axes: shape.map((_, axis) => axis) });
  const scaled = exp(sub(logs, along(stopGradient(reduceMax(logs, axes)))));
  return div(scaled, along(reduceSum(scaled, axes)));
};

/** Twice a gamma number of half the degrees of freedom. */
const drawChisquare = (key: NDArray, df: NDArray): NDArray => mul(exp(drawLoggamma(key, halved(df))), fullLike(2, df));

/**
 * Chi-square numbers: the squared length of a vector of df normal numbers.
 * @param options  shape, to which df broadcasts (default its shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * Differentiable in df.
 * @example random.chisquare(random.key(0), 3, { shape: [2] }) // [1.813893477449012, 1.4483538511993954]
 */
export const chisquare = (key: NDArray, df: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requirePositive("random.chisquare", { df });
  const { parameters, key: own } = planParameterDraw("random.chisquare", key, [df], options);
  return drawChisquare(own, parameters[0]!);
};

/**
 * F numbers: the ratio of two chi-square numbers, each over its degrees of freedom.
 * @param options  shape, to which the parameters broadcast (default their common shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * Differentiable in both parameters.
 * @example random.f(random.key(0), 3, 5, { shape: [2] }) // [1.5479804676135491, 0.35745633257619785]
 */
export const f = (key: NDArray, dfnum: Operand, dfden: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requirePositive("random.f", { dfnum, dfden });
  const { parameters, key: own } = planParameterDraw("random.f", key, [dfnum, dfden], options);
  const [numerator, denominator] = parameters as readonly [NDArray, NDArray];
  const [below, above] = splitKeys(own, 2);
  return div(div(drawChisquare(above!, numerator), numerator), div(drawChisquare(below!, denominator), denominator));
};

/**
 * Student's t numbers: a normal number over the root of a chi-square number over its degrees of freedom.
 * @param options  shape, to which df broadcasts (default its shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * Differentiable in df.
 * @example random.t(random.key(0), 4, { shape: [2] }) // [1.4388140107357847, -0.5761896547622787]
 */
export const t = (key: NDArray, df: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requirePositive("random.t", { df });
  const { parameters, ...draw } = planParameterDraw("random.t", key, [df], options);
  const [normalKey, gammaKey] = splitKeys(draw.key, 2);
  const half = halved(parameters[0]!);
  return mul(drawNormal({ ...draw, key: normalKey! }), sqrt(div(half, drawGamma(gammaKey!, half))));
};

/** A random sign times a gamma number of shape 1 / p to the power 1 / p. */
const drawGeneralizedNormal = (draw: Draw, p: NDArray): NDArray => {
  const [gammaKey, signKey] = splitKeys(draw.key, 2);
  const inverse = div(constantOf(draw, 1), p);
  return mul(drawSigns(signKey!, draw.shape, draw.dtype), power(drawGamma(gammaKey!, inverse), inverse));
};

/**
 * Generalized normal numbers: density proportional to e^-|x|^p.
 * @param options  shape, to which p broadcasts (default its shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * Differentiable in p.
 * @example random.generalizedNormal(random.key(0), 1.5, { shape: [2] }) // [1.0052064165636194, -1.6840824023561447]
 */
export const generalizedNormal = (key: NDArray, p: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requirePositive("random.generalizedNormal", { p });
  const { parameters, ...draw } = planParameterDraw("random.generalizedNormal", key, [p], options);
  return drawGeneralizedNormal(draw, parameters[0]!);
};

/**
 * Points uniform in the unit ball of the p-norm, [...shape, d].
 * Source: Barthe, Guedon, Mendelson & Naor 2005.
 * @param d     number of coordinates
 * @param rest  p, 2 by default: a number > 0, or an array that broadcasts to the shape; options shape of the draw without the
 *   coordinates, dtype
 * @throws InvalidKey, InvalidShape, ShapeMismatch, DTypeMismatch, InvalidOption
 * @example random.ball(random.key(0), 3) // [-0.8670379536639613, -0.45310375921933566, 0.08450900352631437]
 */
export const ball = (key: NDArray, d: number, ...rest: OptionsLast<Operand, ParameterDrawOptions>): NDArray => {
  const [p = 2, options = {}] = optionsLast<[Operand?, ParameterDrawOptions?]>(rest, 1);
  requirePositive("random.ball", { p });
  const { parameters, ...draw } = planParameterDraw("random.ball", key, [p], options);
  const shape: Shape = [...draw.shape, d];
  requireShape("random.ball", shape);
  const [pointKey, lengthKey] = splitKeys(draw.key, 2);
  const own = parameters[0]!;
  const along = (x: NDArray): NDArray => broadcast(x, { shape, axes: draw.shape.map((_, axis) => axis) });
  const point = drawGeneralizedNormal({ ...draw, key: pointKey!, shape }, along(own));
  const sum = reduceSum(power(abs(point), along(own)), { axes: [draw.shape.length] });
  const length = power(add(sum, drawExponential({ ...draw, key: lengthKey! })), div(constantOf(draw, 1), own));
  return div(point, along(length));
};
