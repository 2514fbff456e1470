/**
 * Random vectors and matrices made by factorizations: multivariateNormal (Cholesky) and orthogonal (QR).
 * JAX's numbers for the same key, up to the rounding of the factorization.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireShape, showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { ShapeMismatch } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { add } from "../../ops/arithmetic.ts";
import { sign } from "../../ops/extrema.ts";
import { cholesky } from "../../ops/factorization.ts";
import { diagonalOf, scaleColumns, transposed } from "../../ops/matrices.ts";
import { qr } from "../../ops/orthogonal-factorization.ts";
import { reshape } from "../../ops/shape.ts";
import { matmul } from "../numpy/index.ts";
import { asOperand } from "../numpy/operand.ts";
import { drawNormal } from "./continuous.ts";
import { asParameter, parameterShape, planDraw, requireDrawDType } from "./draw.ts";
import type { DrawOptions, ParameterDrawOptions } from "./draw.ts";
import { requireKey } from "./keys.ts";

/**
 * Normal vectors, [...shape, n], with a mean and a covariance.
 * @param mean     [..., n]
 * @param cov      [..., n, n], symmetric and positive definite; a Cholesky factor maps independent numbers
 * @param options  shape, to which the leading axes of mean and cov broadcast (default their common shape); dtype
 * @throws InvalidKey, ShapeMismatch, DTypeMismatch, and what the factorization throws
 * Differentiable in mean and cov. Cost: one factorization of each covariance.
 * @example random.multivariateNormal(random.key(0), array([0, 5]), array([[1, 0.5], [0.5, 2]])) // [-0.20584213947964342, 3.8589313893038852]
 */
export const multivariateNormal = (
  key: NDArray,
  mean: NDArray,
  cov: NDArray,
  options: ParameterDrawOptions = {},
): NDArray => {
  requireOptions("random.multivariateNormal", options, ["dtype", "shape"]);
  const [center, spread] = [mean, cov].map((x) => asOperand("random.multivariateNormal", x)) as [NDArray, NDArray];
  const size = center.shape.at(-1);
  if (size === undefined || spread.shape.at(-1) !== size || spread.shape.at(-2) !== size)
    throw new ShapeMismatch(
      "random.multivariateNormal",
      `mean ${showShape(center.shape)} and cov ${showShape(spread.shape)}`,
      "mean ends with [n] and cov with [n, n]",
    );
  const shape = parameterShape("random.multivariateNormal", options.shape, [
    center.shape.slice(0, -1),
    spread.shape.slice(0, -2),
  ]);
  const dtype = requireDrawDType("random.multivariateNormal", options.dtype ?? "float64", ["float64", "float32"]);
  const full = [...shape, size];
  const z = drawNormal({ key: requireKey("random.multivariateNormal", key), shape: full, dtype });
  const factor = cholesky(asParameter(spread, spread.shape, dtype));
  const moved = reshape(matmul(factor, reshape(z, { shape: [...full, 1] })), { shape: full });
  return add(asParameter(center, full, dtype), moved);
};

export interface OrthogonalOptions extends DrawOptions {
  /** Columns; default as many as rows. */
  readonly m?: number;
  /** Leading axes of the result; default none. */
  readonly shape?: number | Shape;
}

/**
 * Matrices with orthonormal columns (or rows, if there are fewer of them), uniform in Haar's measure: [...shape, n, m].
 * Source: Mezzadri 2007, QR of a normal matrix with the signs of R's diagonal.
 * @throws InvalidKey, InvalidShape, DTypeMismatch
 * @example
 * const q = random.orthogonal(random.key(0), 3);
 * np.allclose(np.matmul(q.T, q), np.eye(3)).item() // 1
 */
export const orthogonal = (key: NDArray, n: number, options: OrthogonalOptions = {}): NDArray => {
  requireOptions("random.orthogonal", options, ["dtype", "m", "shape"]);
  const { m = n, shape = [] } = options;
  const draw = planDraw("random.orthogonal", key, [shape, options], ["m", "shape"]);
  requireShape("random.orthogonal", [...draw.shape, n, m]);
  const [long, short] = [Math.max(n, m), Math.min(n, m)];
  const [q, r] = qr(drawNormal({ ...draw, shape: [...draw.shape, long, short] }), { complete: false });
  const turned = scaleColumns(q!, sign(diagonalOf(r!)));
  return n < m ? transposed(turned) : turned;
};
