/**
 * Continuous distributions without parameters, or with bounds: uniform, normal, truncatedNormal, exponential,
 * laplace, logistic, gumbel, cauchy, maxwell. A uniform number goes through the inverse of the distribution function,
 * operation by operation as in jax.random: the same key gives JAX's numbers up to rounding.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { InvalidOption } from "../../src/error.ts";
import { add, div, fullLike, mul, neg, sub } from "../../ops/arithmetic.ts";
import { gt, lt, or, select } from "../../ops/comparison.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { log, log1p, sqrt } from "../../ops/exponential.ts";
import { abs, max, min, sign } from "../../ops/extrema.ts";
import { nextAfter } from "../../ops/float-parts.ts";
import { reduceSum } from "../../ops/shape.ts";
import { erf, erfc, erfcinv, erfinv } from "../../ops/special.ts";
import { tan } from "../../ops/trigonometric.ts";
import { asOperand } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import {
  asParameter,
  constantOf,
  drawBetween,
  drawBetweenArrays,
  drawUnit,
  floatLimits,
  parameterShape,
  planDraw,
  planParameterDraw,
  shapeAndOptions,
} from "./draw.ts";
import type { Draw, DrawOptions, ParameterDrawOptions, ShapeAndOptions } from "./draw.ts";

/** Refuses two numbers in the wrong order; elements of arrays are not compared. */
const requireOrder = (
  asked: string,
  low: Operand,
  high: Operand,
  isOrdered: (low: number, high: number) => boolean,
) => {
  if (typeof low === "number" && typeof high === "number" && !isOrdered(low, high))
    throw new InvalidOption(asked, `bounds ${low} and ${high}`, "Give the lower bound first");
};

export interface UniformOptions extends DrawOptions {
  /** Lower bound, included: a number, or an array that broadcasts to the shape; default 0. */
  readonly minval?: Operand;
  /** Upper bound, excluded (but rounding may give it where minval is not 0); default 1. */
  readonly maxval?: Operand;
}

/**
 * Uniform numbers in [minval, maxval): 52 random bits each, 23 in float32.
 * @throws InvalidKey, InvalidShape, ShapeMismatch, DTypeMismatch, InvalidOption for numbers in the wrong order
 * Derivatives with respect to the bounds. Cost: one cipher block a number.
 * @example random.uniform(random.key(0), [2]) // [0.41845711171638644, 0.21629545460551136]
 * @example random.uniform(random.key(0), [2], { minval: -1, maxval: array([1, 10]) }) // [-0.16308577656722711, 1.3792500006606252]
 */
export const uniform = (key: NDArray, ...rest: ShapeAndOptions<UniformOptions>): NDArray => {
  const draw = planDraw("random.uniform", key, rest, ["minval", "maxval"]);
  const { minval = 0, maxval = 1 } = shapeAndOptions(rest)[1];
  if (minval === 0 && maxval === 1) return drawUnit(draw);
  requireOrder("random.uniform", minval, maxval, (low, high) => low <= high);
  const bounds = [minval, maxval].map((bound) => asOperand("random.uniform", bound));
  parameterShape(
    "random.uniform",
    draw.shape,
    bounds.map((bound) => bound.shape),
  );
  const [low, high] = bounds.map((bound) => asParameter(bound, draw.shape, draw.dtype));
  return drawBetweenArrays(draw, low!, high!);
};

/** sqrt(2) erfinv(u), u uniform in (-1, 1). */
export const drawNormal = (draw: Draw): NDArray =>
  mul(constantOf(draw, Math.SQRT2), erfinv(drawBetween(draw, -1 + floatLimits[draw.dtype].epsilon / 2, 1)));

/**
 * Normal numbers with mean 0 and variance 1; scale and shift them for others.
 * @throws InvalidKey, InvalidShape, DTypeMismatch
 * @example random.normal(random.key(0), [2]) // [-0.20584213947964342, -0.7847657764467411]
 * @example random.normal(random.key(0), [2]).mul(0.1).add(5) // [4.979415786052035, 4.9215234223553255]
 */
export const normal = (key: NDArray, ...rest: ShapeAndOptions<DrawOptions>): NDArray =>
  drawNormal(planDraw("random.normal", key, rest));

/** erf^-1 of a uniform number between erf(low) and erf(high), in units of sqrt(2). */
const between = (u: NDArray, low: NDArray, high: NDArray): NDArray => {
  const [from, to] = [erf(low), erf(high)];
  return erfinv(max(from, add(mul(u, sub(to, from)), from)));
};

/** The same number from erfc, which keeps its digits where erf is nearly 1; NaN where both ends underflow. */
const betweenPositive = (u: NDArray, low: NDArray, high: NDArray): NDArray => {
  const [from, to] = [erfc(low), erfc(high)];
  const isThere = gt(add(from, to), fullLike(0, from));
  return select(isThere, erfcinv(add(mul(u, sub(to, from)), from)), fullLike(NaN, from));
};

/** Where both bounds are on one side of 0: "above" or "below"; "central" around it. */
type Side = "above" | "below" | "central";

const sideOf = (lower: number, upper: number): Side => (lower > 0 ? "above" : upper < 0 ? "below" : "central");

/** Between bounds on one known side, in units of sqrt(2). */
const betweenOn: Readonly<Record<Side, (u: NDArray, low: NDArray, high: NDArray) => NDArray>> = {
  above: betweenPositive,
  below: (u, low, high) => neg(betweenPositive(u, neg(low), neg(high))),
  central: between,
};

/** Between bounds on any side; arguments of the formulas not taken are replaced, since their slopes could be infinite. */
const betweenAny = (u: NDArray, low: NDArray, high: NDArray): NDArray => {
  const [zero, one] = [fullLike(0, u), fullLike(1, u)];
  const [isAbove, isBelow] = [gt(low, zero), lt(high, zero)];
  const isTail = or(isAbove, isBelow);
  const central = between(u, select(isTail, neg(one), low), select(isTail, one, high));
  const near = select(isAbove, low, select(isBelow, neg(low), zero));
  const far = select(isAbove, high, select(isBelow, neg(high), one));
  const tail = betweenPositive(u, near, far);
  return select(isTail, select(isAbove, tail, neg(tail)), central);
};

/** Normal numbers between bounds in the shape and dtype of the draw, by the formula for their side if it is known. */
const drawTruncatedNormal = (draw: Draw, lower: NDArray, upper: NDArray, side: Side | null): NDArray => {
  const root = constantOf(draw, Math.SQRT2);
  const place = side === null ? betweenAny : betweenOn[side];
  const x = mul(root, place(drawUnit(draw), div(lower, root), div(upper, root)));
  const least = nextAfter(stopGradient(lower), constantOf(draw, Infinity));
  const greatest = nextAfter(stopGradient(upper), constantOf(draw, -Infinity));
  return min(max(x, least), greatest);
};

/**
 * Normal numbers under the condition that they lie in the open interval (lower, upper).
 * @param lower    in units of the standard deviation from the mean; -Infinity for none
 * @param options  shape, to which the bounds broadcast (default their common shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, InvalidOption for numbers in the wrong order
 * Derivatives with respect to the bounds. Accurate for bounds far out on one side, to
 * 37 (13 in float32); NaN where the probability underflows, beyond 38 (14).
 * @example random.truncatedNormal(random.key(0), -2, 2, { shape: [2] }) // [-0.19635199236715076, -0.7414705651387616]
 */
export const truncatedNormal = (
  key: NDArray,
  lower: Operand,
  upper: Operand,
  options: ParameterDrawOptions = {},
): NDArray => {
  requireOrder("random.truncatedNormal", lower, upper, (low, high) => low < high);
  const { parameters, ...draw } = planParameterDraw("random.truncatedNormal", key, [lower, upper], options);
  const side = typeof lower === "number" && typeof upper === "number" ? sideOf(lower, upper) : null;
  return drawTruncatedNormal(draw, parameters[0]!, parameters[1]!, side);
};

/** -log(1 - u). */
export const drawExponential = (draw: Draw): NDArray => neg(log1p(neg(drawUnit(draw))));

/**
 * Exponential numbers with mean 1: density e^-x on x >= 0.
 * @throws InvalidKey, InvalidShape, DTypeMismatch
 * @example random.exponential(random.key(0), [2]) // [0.5420705551711603, 0.24372318502372997]
 */
export const exponential = (key: NDArray, ...rest: ShapeAndOptions<DrawOptions>): NDArray =>
  drawExponential(planDraw("random.exponential", key, rest));

/**
 * Laplace numbers: density e^-|x| / 2.
 * @throws InvalidKey, InvalidShape, DTypeMismatch
 * @example random.laplace(random.key(0), [2]) // [0.17803369470862349, 0.8379627799904482]
 */
export const laplace = (key: NDArray, ...rest: ShapeAndOptions<DrawOptions>): NDArray => {
  const draw = planDraw("random.laplace", key, rest);
  const u = drawBetween(draw, -1 + floatLimits[draw.dtype].epsilon / 2, 1);
  return mul(sign(u), log1p(neg(abs(u))));
};

/**
 * Logistic numbers: distribution function 1 / (1 + e^-x).
 * @throws InvalidKey, InvalidShape, DTypeMismatch
 * @example random.logistic(random.key(0), [2]) // [-0.3291103200974086, -1.2873867755266637]
 */
export const logistic = (key: NDArray, ...rest: ShapeAndOptions<DrawOptions>): NDArray => {
  const draw = planDraw("random.logistic", key, rest);
  const u = drawBetween(draw, floatLimits[draw.dtype].tiny, 1);
  return sub(log(u), log1p(neg(u)));
};

/** -log(-log(u)), u in (0, 1). */
export const drawGumbel = (draw: Draw): NDArray =>
  neg(log(neg(log(drawBetween(draw, floatLimits[draw.dtype].tiny, 1)))));

/**
 * Gumbel numbers: distribution function e^-e^-x. The index of the largest of logits + gumbel is a categorical draw.
 * @throws InvalidKey, InvalidShape, DTypeMismatch
 * @example random.gumbel(random.key(0), [2]) // [0.13790565977540292, -0.4259929367942607]
 */
export const gumbel = (key: NDArray, ...rest: ShapeAndOptions<DrawOptions>): NDArray =>
  drawGumbel(planDraw("random.gumbel", key, rest));

/**
 * Cauchy numbers: density 1 / (pi (1 + x^2)); no mean.
 * @throws InvalidKey, InvalidShape, DTypeMismatch
 * @example random.cauchy(random.key(0), [2]) // [-0.2619295066536063, -1.2378460184296847]
 */
export const cauchy = (key: NDArray, ...rest: ShapeAndOptions<DrawOptions>): NDArray => {
  const draw = planDraw("random.cauchy", key, rest);
  const u = drawBetween(draw, floatLimits[draw.dtype].epsilon, 1);
  return tan(mul(constantOf(draw, Math.PI), sub(u, constantOf(draw, 0.5))));
};

/** Length of a vector of three normal numbers. */
export const drawMaxwell = (draw: Draw): NDArray => {
  const vectors = drawNormal({ ...draw, shape: [...draw.shape, 3] });
  return sqrt(reduceSum(mul(vectors, vectors), { axes: [draw.shape.length] }));
};

/**
 * Maxwell numbers: the length of a vector of three normal numbers.
 * @throws InvalidKey, InvalidShape, DTypeMismatch
 * @example random.maxwell(random.key(0), [2]) // [1.9890699115189199, 0.4246073832137717]
 */
export const maxwell = (key: NDArray, ...rest: ShapeAndOptions<DrawOptions>): NDArray =>
  drawMaxwell(planDraw("random.maxwell", key, rest));
