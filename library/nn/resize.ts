/**
 * Resizing of arrays over ops/resampling.ts. Axes that shrink come first, so that nothing in between is larger than need be.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireShape, sameShape, showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { type ResizeMethod, resize as resizeAxes } from "../../ops/resampling.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand, promoteFloat } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";

export interface ResizeOptions {
  /**
   * "linear" (default): between the two nearest elements along every axis (bilinear in two, trilinear in three).
   * "cubic": Keys' cubic through the four nearest. "nearest": the element that holds the centre; keeps any dtype.
   */
  readonly method?: ResizeMethod;
  /** Whether axes that shrink are smoothed, by widening the interpolant to their scale. Default true; no matter for "nearest". */
  readonly antialias?: boolean;
}

const methods: readonly ResizeMethod[] = ["nearest", "linear", "cubic"];

/**
 * The array resized to a shape of the same rank, as jax.image.resize does: axes whose size stays are not touched. Elements are
 * cells of an axis that keeps its length (half-pixel centres): result j of n samples m elements at (j + 1/2) m / n - 1/2; weights
 * sum to one everywhere, so that constants stay and borders continue. Sizes need not be multiples of each other.
 * @param x      floats; other numbers become float64 unless the method is "nearest"
 * @param shape  one size per axis
 * @throws ShapeMismatch, InvalidShape, InvalidOption, UnknownOption
 * Derivatives: linear in x; the transposed map has the same weights. Cost: 2 operations (cubic: 4) per result and axis that
 * grows, as many per element and axis that shrinks. An element without weight is not read: its NaN or infinity stays where it is.
 * @example nn.resize(array([0, 4, 8]), [6]) // [0, 1, 3, 5, 7, 8]
 * @example nn.resize(array([0, 4, 8]), [5], { method: "nearest" }) // [0, 0, 4, 8, 8]
 * @example nn.resize(array([[1, 2, 3, 4]]), [1, 2], { antialias: false }) // [[1.5, 3.5]]
 */
export const resize = (x: Operand, shape: Shape, options: ResizeOptions = {}): NDArray => {
  requireOptions("nn.resize", options, ["method", "antialias"]);
  const { method = "linear", antialias = true } = options;
  if (!methods.includes(method))
    throw new InvalidOption("nn.resize", `method ${showValue(method)}`, 'Use "nearest", "linear" or "cubic"');
  if (typeof antialias !== "boolean")
    throw new InvalidOption("nn.resize", `antialias ${showValue(antialias)}`, "Give true or false");
  const own = method === "nearest" ? asOperand("nn.resize", x) : promoteFloat("nn.resize", [x])[0]!;
  requireShape("nn.resize", shape);
  if (shape.length !== own.ndim)
    throw new ShapeMismatch(
      "nn.resize",
      `${showShape(own.shape)} to ${showShape(shape)}`,
      "Give one size per axis, those of batch and channels too",
    );
  const reduced = own.shape.map((extent, axis) => Math.min(extent, shape[axis]!));
  const step = (from: NDArray, to: Shape): NDArray =>
    sameShape(from.shape, to)
      ? from
      : resizeAxes(from, { from: from.shape, to, method, antialias, isTransposed: false });
  return step(step(own, reduced), shape);
};
