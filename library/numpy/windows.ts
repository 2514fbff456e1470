/**
 * Windows of a static number of points: weights that fall off towards both ends, symmetric, at most 1; and i0, the
 * Bessel function that Kaiser's window is made of. Source: Oppenheim & Schafer, Discrete-Time Signal Processing, 2nd ed., 7.2.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import { requireShape, showShape } from "../../src/array/shape.ts";
import { div, mul, sub } from "../../ops/arithmetic.ts";
import { besselI, besselIScaled } from "../../ops/bessel.ts";
import { exp } from "../../ops/exponential.ts";
import { abs } from "../../ops/extrema.ts";
import { unary } from "./elementwise-function.ts";
import type { UnaryFunction } from "./elementwise-function.ts";
import type { Operand } from "./operand.ts";
import { broadcastArray, promoteFloat, toDType } from "./operand.ts";

/** The window of `count` points by its value at offset n = 1 - count, 3 - count, ..., count - 1 from the middle. */
const windowOf = (name: string, count: number, value: (n: number, last: number) => number): NDArray => {
  if (!Number.isInteger(count))
    throw new InvalidOption(`np.${name}`, `${showValue(count)} points`, "Give a whole number of points");
  const length = Math.max(0, count);
  requireShape(`np.${name}`, [length]);
  const points = Float64Array.from({ length }, (_, k) => (length === 1 ? 1 : value(2 * k + 1 - length, length - 1)));
  return fromBuffer(points, [length], "float64");
};

/**
 * Triangle that is 0 at both ends.
 * @throws InvalidOption
 * @example np.bartlett(5) // [0, 0.5, 1, 0.5, 0]
 */
export const bartlett = (count: number): NDArray => windowOf("bartlett", count, (n, last) => 1 - Math.abs(n) / last);

/**
 * 0.42 + 0.5 cos(t) + 0.08 cos(2t), t from -pi to pi.
 * @throws InvalidOption
 * @example np.blackman(5) // [0, 0.34, 1, 0.34, 0]
 */
export const blackman = (count: number): NDArray =>
  windowOf(
    "blackman",
    count,
    (n, last) => 0.5 * Math.cos((Math.PI * n) / last) + (0.42 + 0.08 * Math.cos((2 * Math.PI * n) / last)),
  );

/**
 * 0.54 + 0.46 cos(t), t from -pi to pi.
 * @throws InvalidOption
 * @example np.hamming(3) // [0.08, 1, 0.08]
 */
export const hamming = (count: number): NDArray =>
  windowOf("hamming", count, (n, last) => 0.54 + 0.46 * Math.cos((Math.PI * n) / last));

/**
 * 0.5 + 0.5 cos(t), t from -pi to pi.
 * @throws InvalidOption
 * @example np.hanning(5) // [0, 0.5, 1, 0.5, 0]
 */
export const hanning = (count: number): NDArray =>
  windowOf("hanning", count, (n, last) => 0.5 + 0.5 * Math.cos((Math.PI * n) / last));

/**
 * Modified Bessel function of the first kind and order 0; its derivative is that of order 1.
 * @example np.i0(array([0, 1])) // [1, 1.2660658777520084]
 */
export const i0: UnaryFunction = unary("i0", promoteFloat, (x) => besselI(x, { order: 0 }));

/**
 * Kaiser's window: I0(beta sqrt(1 - t^2)) / I0(beta), t from -1 to 1; the larger beta, the narrower. Differentiable
 * in beta; no beta is too large.
 * @param beta  a number
 * @throws InvalidOption, ShapeMismatch
 * @example np.kaiser(3, 0) // [1, 1, 1]
 */
export const kaiser = (count: number, beta: Operand): NDArray => {
  const heights = windowOf("kaiser", count, (n, last) => Math.sqrt(1 - (n / last) ** 2));
  const [own] = promoteFloat("np.kaiser", [beta]) as [NDArray];
  if (own.ndim !== 0) throw new ShapeMismatch("np.kaiser", `beta of shape ${showShape(own.shape)}`, "Give one number");
  const width = abs(toDType(own, own.dtype));
  const spread = broadcastArray(width, heights.shape);
  const argument = mul(spread, toDType(heights, width.dtype));
  // Both scaled by e^-x, so that only the difference of the arguments is raised.
  const ratio = div(besselIScaled(argument, { order: 0 }), besselIScaled(spread, { order: 0 }));
  return mul(ratio, exp(sub(argument, spread)));
};
