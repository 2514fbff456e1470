/**
 * Spectral family on stacks of matrices: eigh, svd, pinv. With E = V' dA V and P = U' dA V:
 *   dw = diag E,  dV = V (F * E),  F_ij = 1 / (w_j - w_i)
 *   ds = diag P,  U' dU = (N + M) / 2,  V' dV = (N - M) / 2,  M = (P - P') / (s_i + s_j),  N = (P + P') / (s_j - s_i)
 *   dX = -X dA X + X X' dA' (I - A X) + (I - X A) dA' X' X,  X the pseudoinverse at constant rank
 * Where values agree to rounding, their vectors are determined as a space only. F and N are NaN there: 0 would be right
 * for some functions of them and wrong for others, which no linear rule can tell apart. dw and ds do not need them.
 * Source: Giles, An extended collection of matrix derivative results, 2008; Golub & Pereyra 1973.
 */
import { decomposeSvd } from "../kernels/dense/svd.ts";
import { symmetricEigen } from "../kernels/dense/symmetric-eigen.ts";
import { planEigen, planSvd } from "../kernels/prebuilt/spectral.ts";
import { NotDifferentiable } from "../src/error.ts";
import type { DType } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { showShape } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { defineMultiplePrimitive, definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt, routine } from "../src/ir/lowering.ts";
import { notLinear } from "../src/ir/primitive.ts";
import type { Primitive, TypeOf } from "../src/ir/primitive.ts";
import { add, full, fullLike, mul, neg, reciprocalOf, sub } from "./arithmetic.ts";
import { le, select } from "./comparison.ts";
import { stopGradient } from "./conversion.ts";
import { abs, reduceMax } from "./extrema.ts";
import {
  alongRows,
  besideDiagonal,
  columnsOf,
  diagonalOf,
  identityLike,
  leadOf,
  mapStack,
  matmul,
  matrixAt,
  requireMatrix,
  requireSquare,
  rowsOf,
  scaleColumns,
  symmetricPart,
  transposed,
} from "./matrices.ts";
import { broadcast, moveAxis } from "./shape.ts";

// --- Differences of values --------------------------------------------------------------------

const machineEpsilon = (dtype: DType): number => (dtype === "float32" ? 2 ** -23 : 2 ** -52);

/** What rounding may change in the values: their number times epsilon times the largest, repeated to a shape. */
const resolution = (values: NDArray, shape: Shape): NDArray => {
  const last = values.ndim - 1;
  const largest = reduceMax(abs(stopGradient(values)), { axes: [last] });
  const spread = broadcast(largest, { shape, axes: largest.shape.map((_, axis) => axis) });
  return mul(spread, full(values.shape[last]! * machineEpsilon(values.dtype), shape, values.dtype));
};

/** 1 / x, NaN where |x| is not above the bound. */
const reciprocalAbove = (x: NDArray, bound: NDArray): NDArray => {
  const isTied = le(abs(x), bound);
  return select(isTied, fullLike(NaN, x), reciprocalOf(select(isTied, fullLike(1, x), x)));
};

/** v_j combined with v_i at (i, j). */
const pairwise = (values: NDArray, combine: (column: NDArray, row: NDArray) => NDArray): NDArray => {
  const columns = alongRows(values, values.shape.at(-1)!);
  return combine(columns, transposed(columns));
};

/** 1 / (v_j - v_i) beside the diagonal, 0 on it. */
const reciprocalDifferences = (values: NDArray): NDArray => {
  const differences = pairwise(values, sub);
  return besideDiagonal(reciprocalAbove(differences, resolution(values, differences.shape)));
};

// --- eigh -------------------------------------------------------------------------------------

const eighTypes = (a: Aval): readonly [TypeOf, TypeOf] => {
  requireSquare("eigh", a);
  return [
    { shape: a.shape.slice(0, -1), dtype: a.dtype },
    { shape: a.shape, dtype: a.dtype },
  ];
};

/**
 * [eigenvalues ascending, orthonormal eigenvectors as columns] of the symmetric part (A + A') / 2. In each vector the
 * first component above half of its largest magnitude is positive. NaN or infinity in A gives NaN.
 */
export const eigh: PrimitiveFunction<[NDArray], NoParams, readonly NDArray[]> = defineMultiplePrimitive<[NDArray]>({
  name: "eigh",
  evaluate: ([a]) => {
    eighTypes(a);
    const size = rowsOf(a);
    return mapStack(leadOf(a), [[size], [size, size]], [a.dtype, a.dtype], (k) => {
      const values = new Float64Array(size);
      const vectors = new Float64Array(size * size);
      symmetricEigen(matrixAt(a, k), size, values, vectors);
      return [values, vectors];
    });
  },
  abstractEval: ([a]) => eighTypes(a),
  jvp: ([a], [da]) => {
    const [values, vectors] = eigh(a) as [NDArray, NDArray];
    if (rowsOf(a) === 0)
      return [
        [values, vectors],
        [values, vectors],
      ];
    const e = matmul(transposed(vectors), matmul(symmetricPart(da as NDArray), vectors));
    return [
      [values, vectors],
      [diagonalOf(e), matmul(vectors, mul(reciprocalDifferences(values), e))],
    ];
  },
  transpose: notLinear,
  batch: ([a], [dim]) => [eigh(moveAxis(a, dim!, 0)), [0, 0]],
  lower: prebuilt(([a]) => planEigen(a!.dtype, a!.shape)),
  laws: { testedIn: "test/linalg/spectral.test.ts" },
});

// --- svd --------------------------------------------------------------------------------------

export interface SvdParams {
  /** U and V' are square; else they have min(rows, columns) columns and rows. */
  readonly full: boolean;
}

const svdTypes = (a: Aval, params: SvdParams): readonly [TypeOf, TypeOf, TypeOf] => {
  requireMatrix("svd", a);
  const [lead, rows, columns] = [leadOf(a), rowsOf(a), columnsOf(a)];
  const rank = Math.min(rows, columns);
  return [
    { shape: [...lead, rows, params.full ? rows : rank], dtype: a.dtype },
    { shape: [...lead, rank], dtype: a.dtype },
    { shape: [...lead, params.full ? columns : rank, columns], dtype: a.dtype },
  ];
};

/** Part of the tangent of singular vectors outside of their space: (X - Q Q' X) / s. */
const outside = (q: NDArray, x: NDArray, s: NDArray): NDArray =>
  scaleColumns(sub(x, matmul(q, matmul(transposed(q), x))), reciprocalAbove(s, resolution(s, s.shape)));

const svdTangents = (u: NDArray, s: NDArray, vt: NDArray, da: NDArray): readonly NDArray[] => {
  const v = transposed(vt);
  const image = matmul(da, v);
  const p = matmul(transposed(u), image);
  const sums = pairwise(s, add);
  const antisymmetric = mul(sub(p, transposed(p)), besideDiagonal(reciprocalAbove(sums, resolution(s, sums.shape))));
  const symmetric = mul(add(p, transposed(p)), reciprocalDifferences(s));
  const half = fullLike(0.5, p);
  let du = matmul(u, mul(add(symmetric, antisymmetric), half));
  let dv = matmul(v, mul(sub(symmetric, antisymmetric), half));
  if (rowsOf(u) > columnsOf(u)) du = add(du, outside(u, image, s));
  if (rowsOf(v) > columnsOf(v)) dv = add(dv, outside(v, matmul(transposed(da), u), s));
  return [du, diagonalOf(p), transposed(dv)];
};

/**
 * [U, singular values descending, V'] with A = U diag(s) V'. In each right vector the first component above half of
 * its largest magnitude is positive. NaN or infinity in A gives NaN.
 */
export const svd: PrimitiveFunction<[NDArray], SvdParams, readonly NDArray[]> = defineMultiplePrimitive<
  [NDArray],
  SvdParams
>({
  name: "svd",
  evaluate: ([a], params) => {
    const types = svdTypes(a, params);
    const [rows, columns] = [rowsOf(a), columnsOf(a)];
    const tails = [types[0].shape.slice(-2), types[1].shape.slice(-1), types[2].shape.slice(-2)];
    return mapStack(leadOf(a), tails, [a.dtype, a.dtype, a.dtype], (k) => {
      const { u, values, vt } = decomposeSvd(matrixAt(a, k), rows, columns, params.full);
      return [u, values, vt];
    });
  },
  abstractEval: ([a], params) => svdTypes(a, params),
  jvp: ([a], [da], params) => {
    if (params.full && rowsOf(a) !== columnsOf(a))
      throw new NotDifferentiable(
        "derivative of svd",
        `full matrices of shape ${showShape(a.shape)}: their further columns are any basis of a space`,
        "Ask for { fullMatrices: false }, or for svdvals",
      );
    const [u, s, vt] = svd(a, params) as [NDArray, NDArray, NDArray];
    return [[u, s, vt], s.size === 0 ? [u, s, vt].map((x) => fullLike(0, x)) : svdTangents(u, s, vt, da as NDArray)];
  },
  transpose: notLinear,
  batch: ([a], [dim], params) => [svd(moveAxis(a, dim!, 0), params), [0, 0, 0]],
  lower: prebuilt(([a], { full }) => planSvd(a!.dtype, a!.shape, full)),
  laws: { testedIn: "test/linalg/spectral.test.ts" },
});

// --- pinv -------------------------------------------------------------------------------------

export interface PinvParams {
  /** Singular values up to this times the largest count as zero. */
  readonly rcond: number;
}

const pinvType = (a: Aval): TypeOf => {
  requireMatrix("pinv", a);
  return { shape: [...leadOf(a), columnsOf(a), rowsOf(a)], dtype: a.dtype };
};

/** V diag(1 / s) U' over the singular values that count. */
const pseudoinverse = (a: Float64Array, rows: number, columns: number, rcond: number): Float64Array => {
  const { u, values, vt } = decomposeSvd(a, rows, columns, false);
  const rank = values.length;
  const out = new Float64Array(columns * rows);
  for (let k = 0; k < rank; k++) {
    if (values[k]! <= rcond * values[0]!) continue;
    for (let j = 0; j < columns; j++) {
      const factor = vt[k * columns + j]! / values[k]!;
      for (let i = 0; i < rows; i++) out[j * rows + i]! += factor * u[i * rank + k]!;
    }
  }
  return out;
};

const pinvTangent = (a: NDArray, x: NDArray, da: NDArray): NDArray => {
  const [rows, columns] = [rowsOf(a), columnsOf(a)];
  const [xt, dat] = [transposed(x), transposed(da)];
  const inner = neg(matmul(x, matmul(da, x)));
  const left = sub(identityLike(leadOf(a), rows, a.dtype), matmul(a, x));
  const right = sub(identityLike(leadOf(a), columns, a.dtype), matmul(x, a));
  const outer = add(matmul(matmul(x, xt), matmul(dat, left)), matmul(matmul(right, dat), matmul(xt, x)));
  return add(inner, outer);
};

/** Moore-Penrose pseudoinverse; its derivative is that at constant rank. NaN or infinity in A gives NaN. */
export const pinv: PrimitiveFunction<[NDArray], PinvParams> = definePrimitive<[NDArray], PinvParams>({
  name: "pinv",
  evaluate: ([a], { rcond }) => {
    const { shape, dtype } = pinvType(a);
    return mapStack(leadOf(a), [shape.slice(-2)], [dtype], (k) => [
      pseudoinverse(matrixAt(a, k), rowsOf(a), columnsOf(a), rcond),
    ]);
  },
  abstractEval: ([a]) => pinvType(a),
  jvp: ([a], [da], params) => {
    const x = pinv(a, params);
    return [x, pinvTangent(a, x, da as NDArray)];
  },
  transpose: notLinear,
  batch: ([a], [dim], params) => [pinv(moveAxis(a, dim!, 0), params), 0],
  lower: routine,
  laws: { testedIn: "test/linalg/spectral.test.ts" },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [eigh.primitive, svd.primitive, pinv.primitive];
