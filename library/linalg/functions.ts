/**
 * Functions of square matrices: det, slogdet, expm.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import { full, neg } from "../../ops/arithmetic.ts";
import { ne, select } from "../../ops/comparison.ts";
import { log } from "../../ops/exponential.ts";
import { abs, sign } from "../../ops/extrema.ts";
import { lu } from "../../ops/factorization.ts";
import { det as detOf, matrixExponential } from "../../ops/matrix-functions.ts";
import { diagonalOf, leadOf, rowsOf } from "../../ops/matrices.ts";
import { broadcast, reduceSum } from "../../ops/shape.ts";
import { toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { add } from "../numpy/elementwise.ts";
import { prod } from "../numpy/reductions.ts";
import { squareOperand } from "./operand.ts";

/**
 * Determinant. A singular matrix gives 0 up to rounding, as LU finds it.
 * @param x  shape [..., n, n]
 * @throws ShapeMismatch
 * Derivatives: any order, at every matrix: the gradient is the cofactor matrix, computed without division, so it and all
 * further derivatives are right at singular matrices of any rank. Cost: n^3 / 3; gradient a singular value
 * decomposition; k-th derivative n^k on top of it.
 * @example linalg.det(array([[1, 2], [3, 4]])) // -2
 * grad((x) => linalg.det(x))(array([[1, 2], [2, 4]])) // [[4, -2], [-2, 1]]
 */
export const det = (x: Operand): NDArray => detOf(squareOperand("linalg.det", x));

/**
 * Sign and logarithm of the magnitude of the determinant, which neither overflows nor vanishes: [sign, log |det|].
 * @param x  shape [..., n, n]; a singular matrix gives [0, -Infinity]
 * @throws ShapeMismatch; differentiation throws Singular at singular matrices, where the logarithm has no derivative
 * Derivatives: any order; the sign's is 0. Cost: n^3 / 3 multiply-adds.
 * @example linalg.slogdet(array([[0, 2], [1, 0]])) // [-1, Math.log(2)]
 */
export const slogdet = (x: Operand): readonly [sign: NDArray, logabsdet: NDArray] => {
  const own = squareOperand("linalg.slogdet", x);
  const size = rowsOf(own);
  const [packed, pivots] = lu(toDType(own, "float64")) as [NDArray, NDArray];
  const diagonal = diagonalOf(packed);
  const places = fromBuffer(
    Int32Array.from({ length: size }, (_, k) => k),
    [size],
    "int32",
  );
  const isExchanged = ne(pivots, broadcast(places, { shape: pivots.shape, axes: [pivots.ndim - 1] }));
  const signs = sign(diagonal);
  const axis = diagonal.ndim - 1;
  return [
    // Adding 0 turns the -0 of a singular matrix into 0.
    toDType(add(prod(select(isExchanged, neg(signs), signs), { axis }), 0), own.dtype),
    toDType(size === 0 ? full(0, leadOf(own), "float64") : reduceSum(log(abs(diagonal)), { axes: [axis] }), own.dtype),
  ];
};

/**
 * Exponential of square matrices, the sum of X^k / k!, by scaling and squaring with a Pade approximant of degree 13.
 * @param x  shape [..., n, n]; NaN or infinity anywhere makes all of the result NaN
 * @throws ShapeMismatch
 * Derivatives: any order, exact, also at repeated eigenvalues and defective matrices; the k-th costs an exponential of size 2^k n.
 * @example linalg.expm(array([[0, 1], [0, 0]])) // [[1, 1], [0, 1]]
 */
export const expm = (x: Operand): NDArray => matrixExponential(squareOperand("linalg.expm", x));
