/**
 * Polynomials as vectors of coefficients, highest power first: [1, -3, 2] is x^2 - 3x + 2.
 * Shapes are known beforehand, so leading zeros stay. Roots are complex and therefore absent.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { createArray } from "../../src/array/create.ts";
import { resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { full, zerosOf } from "../../ops/arithmetic.ts";
import { gt, select } from "../../ops/comparison.ts";
import { stopGradient } from "../../ops/conversion.ts";
import { reduceSum, reshape } from "../../ops/shape.ts";
import { join, padZeros, sliceAxis } from "../../ops/slicing.ts";
import { convolve } from "./correlation.ts";
import { add, div, mul, sqrt, sub } from "./elementwise.ts";
import { asOperand, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { optionsLast } from "./options-last.ts";
import type { OptionsLast } from "./options-last.ts";
import { asFloat, asNumber } from "./reduction-parts.ts";

/** Coefficients as a vector. */
const coefficients = (asked: string, p: Operand): NDArray => {
  const own = asNumber(asOperand(asked, p));
  if (own.ndim > 1) throw new ShapeMismatch(asked, showShape(own.shape), "Give the coefficients as a vector");
  return reshape(own, { shape: [own.size] });
};

/** Two vectors of one dtype. */
const pair = (asked: string, p: Operand, q: Operand): readonly [NDArray, NDArray] => {
  const [left, right] = [coefficients(asked, p), coefficients(asked, q)];
  const { dtype } = resultType([left, right]);
  return [toDType(left, dtype), toDType(right, dtype)];
};

/** Zeros put in front up to a length. */
const lengthened = (p: NDArray, length: number): NDArray => padZeros(p, [[length - p.size, 0, 0]]);

const entry = (p: NDArray, k: number): NDArray => reshape(sliceAxis(p, 0, k, k + 1), { shape: [] });

/**
 * p + q.
 * @example np.polyadd(array([1, 2]), array([9, 5, 4])) // [9, 6, 6]
 */
export const polyadd = (p: Operand, q: Operand): NDArray => {
  const [left, right] = pair("np.polyadd", p, q);
  const length = Math.max(left.size, right.size);
  return add(lengthened(left, length), lengthened(right, length));
};

/**
 * p - q.
 * @example np.polysub(array([2, 10, -2]), array([3, 10, -4])) // [-1, 0, 2]
 */
export const polysub = (p: Operand, q: Operand): NDArray => {
  const [left, right] = pair("np.polysub", p, q);
  const length = Math.max(left.size, right.size);
  return sub(lengthened(left, length), lengthened(right, length));
};

/**
 * p q.
 * @throws ShapeMismatch
 * @example np.polymul(array([1, 2]), array([1, -2])) // [1, 0, -4]
 */
export const polymul = (p: Operand, q: Operand): NDArray => {
  const [left, right] = pair("np.polymul", p, q);
  return convolve(left, right);
};

/**
 * Quotient and remainder of p by q: p = quotient q + remainder, the remainder with one coefficient less than q (or
 * one). The leading coefficient of q must not be 0.
 * @throws ShapeMismatch
 * @example np.polydiv(array([3, 5, 2]), array([2, 1])) // [[1.5, 1.75], [0.25]]
 */
export const polydiv = (p: Operand, q: Operand): [NDArray, NDArray] => {
  const [left, right] = pair("np.polydiv", p, q).map(asFloat) as [NDArray, NDArray];
  if (left.size === 0 || right.size === 0)
    throw new ShapeMismatch("np.polydiv", "no coefficients", "Give at least one coefficient each");
  const tail = right.size - 1;
  if (left.size <= tail) return [zerosOf([1], left.dtype), left];
  const lead = entry(right, 0);
  const rest = sliceAxis(right, 0, 1, right.size);
  const quotient: NDArray[] = [];
  // What is left of p below the powers already divided, one coefficient shorter every time.
  let remainder = left;
  for (let k = 0; k < left.size - tail; k++) {
    const factor = div(entry(remainder, 0), lead);
    quotient.push(reshape(factor, { shape: [1] }));
    const below = sliceAxis(remainder, 0, 1, remainder.size);
    remainder = sub(below, padZeros(mul(rest, factor), [[0, below.size - tail, 0]]));
  }
  return [join(quotient, 0), remainder.size === 0 ? zerosOf([1], left.dtype) : remainder];
};

/**
 * The polynomial at x, of the shape of x, by Horner's rule.
 * @example np.polyval(array([3, 0, 1]), array([5, 2])) // [76, 13]
 */
export const polyval = (p: Operand, x: Operand): NDArray => {
  const own = coefficients("np.polyval", p);
  const at = asNumber(asOperand("np.polyval", x));
  const { dtype } = resultType([own, at]);
  const point = toDType(at, dtype);
  let value: NDArray = zerosOf(point.shape, dtype);
  for (let k = 0; k < own.size; k++) {
    const coefficient = toDType(entry(own, k), dtype);
    value = k === 0 ? add(value, coefficient) : add(mul(value, point), coefficient);
  }
  return value;
};

const requireOrder = (asked: string, m: number): void => {
  if (!Number.isInteger(m) || m < 0)
    throw new InvalidOption(asked, `order ${showValue(m)}`, "Give a whole number from 0");
};

/**
 * The m-th derivative; of a constant the vector without coefficients.
 * @throws InvalidOption
 * @example np.polyder(array([1, 1, 1, 1])) // [3, 2, 1]
 */
export const polyder = (p: Operand, m = 1): NDArray => {
  requireOrder("np.polyder", m);
  const own = coefficients("np.polyder", p);
  const length = Math.max(0, own.size - m);
  const factors = Float64Array.from({ length }, (_, k) => {
    let factor = 1;
    for (let step = 0; step < m; step++) factor *= own.size - 1 - k - step;
    return factor;
  });
  return mul(sliceAxis(own, 0, 0, length), constant(factors, own));
};

/** Numbers in the dtype of x. */
const constant = (values: Float64Array, x: NDArray): NDArray => toDType(createArray(values), x.dtype);

export interface PolyintOptions {
  /** Constants of integration, the first for the first integral; one number stands for all. Default 0. */
  readonly k?: Operand;
}

/**
 * The m-th integral.
 * @param rest  m, 1 by default; options k
 * @throws InvalidOption, ShapeMismatch
 * @example np.polyint(array([6, 2])) // [3, 2, 0]
 * np.polyint(array([6, 2]), 1, { k: 7 }) // [3, 2, 7]
 */
export const polyint = (p: Operand, ...rest: OptionsLast<number, PolyintOptions>): NDArray => {
  const [m = 1, options = {}] = optionsLast<[number?, PolyintOptions?]>(rest, 1);
  requireOptions("np.polyint", options, ["k"]);
  requireOrder("np.polyint", m);
  let own = asFloat(coefficients("np.polyint", p));
  const constants = toDType(asOperand("np.polyint", options.k ?? 0), own.dtype);
  if (constants.ndim > 1 || (constants.ndim === 1 && constants.size !== m))
    throw new ShapeMismatch("np.polyint", `${constants.size} constants for ${m} integrals`, "Give one, or one each");
  for (let step = 0; step < m; step++) {
    const powers = Float64Array.from({ length: own.size }, (_, k) => own.size - k);
    const last = constants.ndim === 0 ? constants : entry(constants, step);
    own = join([div(own, constant(powers, own)), reshape(last, { shape: [1] })], 0);
  }
  return own;
};

/**
 * Coefficients of the monic polynomial with these roots.
 * @param roots  shape [n]; a matrix's characteristic polynomial is not offered: its roots may be complex
 * @throws ShapeMismatch
 * @example np.poly(array([1, 2])) // [1, -3, 2]
 */
export const poly = (roots: Operand): NDArray => {
  const own = asFloat(asOperand("np.poly", roots));
  if (own.ndim > 1) throw new ShapeMismatch("np.poly", showShape(own.shape), "Give the roots as a vector");
  const flat = reshape(own, { shape: [own.size] });
  let product = full(1, [1], own.dtype);
  for (let k = 0; k < flat.size; k++) {
    const shifted = mul(product, entry(flat, k));
    product = sub(padZeros(product, [[0, 1, 0]]), padZeros(shifted, [[1, 0, 0]]));
  }
  return product;
};

// --- Fitting ----------------------------------------------------------------------------------

export interface PolyfitOptions {
  /** Weight of each residual (not squared), shape [points]. Default: all 1. */
  readonly w?: Operand;
}

const inner = (x: NDArray, y: NDArray): NDArray => reduceSum(mul(x, y), { axes: [0] });

/**
 * Least squares by orthogonalizing the columns one after the other (modified Gram-Schmidt, twice), the right-hand
 * side among them, which is as stable as Householder's method; then back substitution.
 * Source: Björck, Numerical Methods for Least Squares Problems, 1996, 2.4.
 */
const leastSquares = (columns: readonly NDArray[], right: NDArray): NDArray[] => {
  const basis: NDArray[] = [];
  const factors: NDArray[][] = [];
  const project = (x: NDArray): { readonly rest: NDArray; readonly shares: NDArray[] } => {
    let rest = x;
    const shares: NDArray[] = [];
    for (let pass = 0; pass < 2; pass++)
      basis.forEach((direction, k) => {
        const spread = x.ndim === 2 ? reshape(direction, { shape: [direction.size, 1] }) : direction;
        const share = inner(spread, rest);
        rest = sub(rest, mul(spread, share));
        shares[k] = pass === 0 ? share : add(shares[k]!, share);
      });
    return { rest, shares };
  };
  for (const column of columns) {
    const { rest, shares } = project(column);
    const length = sqrt(inner(rest, rest));
    factors.push([...shares, length]);
    basis.push(div(rest, length));
  }
  const { shares } = project(right);
  const solution: NDArray[] = [];
  for (let k = columns.length - 1; k >= 0; k--) {
    const known = factors.slice(k + 1).map((column, j) => mul(column[k]!, solution[k + 1 + j]!));
    solution[k] = div(
      known.reduce((rest, part) => sub(rest, part), shares[k]!),
      factors[k]![k]!,
    );
  }
  return solution;
};

/**
 * Coefficients of the polynomial of a degree with the least sum of squared residuals w (p(x) - y).
 * Differentiable in x, y and w. Fewer different points than coefficients give NaN or infinity.
 * @param x  shape [points]
 * @param y  shape [points], or [points, cases]
 * @returns  shape [degree + 1], or [degree + 1, cases]
 * @throws ShapeMismatch, InvalidOption
 * Cost: points degree^2.
 * @example np.round(np.polyfit(array([0, 1, 2, 3]), array([1, 2, 5, 10]), 2), { decimals: 9 }) // [1, 0, 1]
 */
export const polyfit = (x: Operand, y: Operand, degree: number, options: PolyfitOptions = {}): NDArray => {
  requireOptions("np.polyfit", options, ["w"]);
  requireOrder("np.polyfit", degree);
  const given = [x, y, ...(options.w === undefined ? [] : [options.w])].map((each) =>
    asFloat(asOperand("np.polyfit", each)),
  );
  const { dtype } = resultType(given);
  const [points, values, weights = null] = given.map((each) => toDType(each, dtype)) as [NDArray, NDArray, NDArray?];
  if (
    points.ndim !== 1 ||
    values.ndim < 1 ||
    values.ndim > 2 ||
    values.shape[0] !== points.size ||
    (weights !== null && (weights.ndim !== 1 || weights.size !== points.size)) ||
    points.size <= degree
  )
    throw new ShapeMismatch(
      "np.polyfit",
      `${given.map((each) => showShape(each.shape)).join(" and ")} for degree ${degree}`,
      "Give x [points], y [points] or [points, cases], w [points], and more points than the degree",
    );
  const rows = (each: NDArray): NDArray => (weights === null ? each : mul(each, weights));
  // Columns of length about 1 keep the powers comparable.
  const scale = stopGradient(sqrt(div(inner(points, points), points.size)));
  const reach = select(gt(scale, zerosOf([], dtype)), scale, full(1, [], dtype));
  const scaled = div(points, reach);
  const powers: NDArray[] = [full(1, [points.size], dtype)];
  for (let k = 1; k <= degree; k++) powers.push(mul(powers[k - 1]!, scaled));
  const right =
    values.ndim === 1 || weights === null ? rows(values) : mul(values, reshape(weights, { shape: [points.size, 1] }));
  const solution = leastSquares(powers.map(rows), right);
  let divisor: NDArray = full(1, [], dtype);
  const ascending = solution.map((coefficient) => {
    const own = div(coefficient, divisor);
    divisor = mul(divisor, reach);
    return reshape(own, { shape: [1, ...own.shape] });
  });
  return join(ascending.reverse(), 0);
};
