/**
 * Continuous distributions with parameters, of which every draw is a smooth function: rayleigh, weibullMin, pareto,
 * lognormal, doubleSidedMaxwell, triangular, wald. Derivatives with respect to the parameters are those of the draw
 * at fixed randomness. As in jax.random: the same key gives JAX's numbers up to rounding.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { add, div, mul, sub } from "../../ops/arithmetic.ts";
import { lt, select } from "../../ops/comparison.ts";
import { exp, log, power, sqrt } from "../../ops/exponential.ts";
import { max } from "../../ops/extrema.ts";
import { randomWald } from "../../ops/random-sampling.ts";
import type { Operand } from "../numpy/operand.ts";
import { optionsLast } from "../numpy/options-last.ts";
import type { OptionsLast } from "../numpy/options-last.ts";
import { drawSigns } from "./bernoulli.ts";
import { drawExponential, drawMaxwell, drawNormal } from "./continuous.ts";
import { constantOf, drawUnit, floatLimits, planParameterDraw, requireNumberWhere } from "./draw.ts";
import type { ParameterDrawOptions } from "./draw.ts";
import { splitKeys } from "./keys.ts";

const isPositive = (value: number): boolean => value > 0;
const isNotNegative = (value: number): boolean => value >= 0;

/**
 * Rayleigh numbers: scale times the length of a vector of two normal numbers.
 * @param options  shape, to which the parameters broadcast (default their common shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * @example random.rayleigh(random.key(0), 2, { shape: [2] }) // [2.639971022975167, 3.499839951255364]
 */
export const rayleigh = (key: NDArray, scale: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requireNumberWhere("random.rayleigh", "scale", scale, isNotNegative, "a number >= 0");
  const { parameters, ...draw } = planParameterDraw("random.rayleigh", key, [scale], options);
  const u = max(drawUnit(draw), constantOf(draw, floatLimits[draw.dtype].tiny));
  return mul(parameters[0]!, sqrt(mul(log(u), constantOf(draw, -2))));
};

/**
 * Weibull numbers: distribution function 1 - e^-(x / scale)^concentration on x >= 0.
 * @param options  shape, to which the parameters broadcast (default their common shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * @example random.weibullMin(random.key(0), 2, 1.5, { shape: [2] }) // [1.3296393946277114, 0.7803592074120229]
 */
export const weibullMin = (
  key: NDArray,
  scale: Operand,
  concentration: Operand,
  options: ParameterDrawOptions = {},
): NDArray => {
  requireNumberWhere("random.weibullMin", "scale", scale, isNotNegative, "a number >= 0");
  requireNumberWhere("random.weibullMin", "concentration", concentration, isPositive, "a number > 0");
  const { parameters, ...draw } = planParameterDraw("random.weibullMin", key, [scale, concentration], options);
  return mul(power(drawExponential(draw), div(constantOf(draw, 1), parameters[1]!)), parameters[0]!);
};

/**
 * Pareto numbers: density b x^-(b + 1) on x >= 1.
 * @param options  shape, to which b broadcasts (default its shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * @example random.pareto(random.key(0), 3, { shape: [2] }) // [1.198043949871981, 1.0846323283402735]
 */
export const pareto = (key: NDArray, b: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requireNumberWhere("random.pareto", "b", b, isPositive, "a number > 0");
  const { parameters, ...draw } = planParameterDraw("random.pareto", key, [b], options);
  return exp(div(drawExponential(draw), parameters[0]!));
};

/**
 * Log-normal numbers: e to a normal number of standard deviation sigma.
 * @param rest  sigma, 1 by default; options shape, to which sigma broadcasts (default its shape), dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * @example random.lognormal(random.key(0), 0.5, { shape: [2] }) // [0.9021981814084403, 0.6754454443368441]
 */
export const lognormal = (key: NDArray, ...rest: OptionsLast<Operand, ParameterDrawOptions>): NDArray => {
  const [sigma = 1, options = {}] = optionsLast<[Operand?, ParameterDrawOptions?]>(rest, 1);
  requireNumberWhere("random.lognormal", "sigma", sigma, isNotNegative, "a number >= 0");
  const { parameters, ...draw } = planParameterDraw("random.lognormal", key, [sigma], options);
  return exp(mul(drawNormal(draw), parameters[0]!));
};

/**
 * Maxwell numbers with a random sign, times scale, plus loc.
 * @param options  shape, to which the parameters broadcast (default their common shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * @example random.doubleSidedMaxwell(random.key(0), 1, 2, { shape: [2] }) // [4.969224084752314, -3.95641479737663]
 */
export const doubleSidedMaxwell = (
  key: NDArray,
  loc: Operand,
  scale: Operand,
  options: ParameterDrawOptions = {},
): NDArray => {
  requireNumberWhere("random.doubleSidedMaxwell", "scale", scale, isNotNegative, "a number >= 0");
  const { parameters, ...draw } = planParameterDraw("random.doubleSidedMaxwell", key, [loc, scale], options);
  const [lengthKey, signKey] = splitKeys(draw.key, 2);
  const length = drawMaxwell({ ...draw, key: lengthKey! });
  return add(mul(mul(drawSigns(signKey!, draw.shape, draw.dtype), length), parameters[1]!), parameters[0]!);
};

/**
 * Triangular numbers: the density rises linearly from left to mode and falls linearly to right.
 * @param options  shape, to which the parameters broadcast (default their common shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch
 * @example random.triangular(random.key(0), -1, 0, 3, { shape: [2] }) // [0.35831215708529207, -0.06984849705972873]
 */
export const triangular = (
  key: NDArray,
  left: Operand,
  mode: Operand,
  right: Operand,
  options: ParameterDrawOptions = {},
): NDArray => {
  const { parameters, ...draw } = planParameterDraw("random.triangular", key, [left, mode, right], options);
  const [low, peak, high] = parameters as readonly [NDArray, NDArray, NDArray];
  const u = drawUnit(draw);
  const [width, rise, fall] = [sub(high, low), sub(peak, low), sub(high, peak)];
  const rest = sub(constantOf(draw, 1), u);
  // Before sqrt, the part that is not taken is replaced by 1: its slope there could be infinite.
  const isRising = lt(u, div(rise, width));
  const area = mul(select(isRising, u, rest), width);
  const step = sqrt(mul(area, select(isRising, rise, fall)));
  return select(isRising, add(low, step), sub(high, step));
};

/**
 * Wald (inverse Gaussian) numbers with the given mean and shape parameter 1.
 * Source: Michael, Schucany & Haas 1976, a choice between the roots of a quadratic.
 * @param options  shape, to which mean broadcasts (default its shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption
 * Differentiable in mean, at fixed probability: the choice of the root is accounted for.
 * @example random.wald(random.key(0), 2, { shape: [2] }) // [0.223279448624482, 3.9008552452779335]
 */
export const wald = (key: NDArray, mean: Operand, options: ParameterDrawOptions = {}): NDArray => {
  requireNumberWhere("random.wald", "mean", mean, isPositive, "a number > 0");
  const { parameters, key: own } = planParameterDraw("random.wald", key, [mean], options);
  return randomWald(own, parameters[0]!);
};
