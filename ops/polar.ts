/**
 * Polar family on stacks of matrices: polar (Q of A = Q P with Q'Q = I and P symmetric), nuclearNorm, whose gradient Q is,
 * and symmetricLyapunov, which gives dQ without singular vectors, hence right at repeated singular values in every order:
 *   dQ = Q X + (I - Q Q') dA / P,  P X + X P = Q' dA - dA' Q,  P = Q' A
 * Source: Higham, Functions of Matrices, 2008, chapter 8.
 */
import { decomposeSvd } from "../kernels/dense/svd.ts";
import { symmetricEigen } from "../kernels/dense/symmetric-eigen.ts";
import { ShapeMismatch } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { showShape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isLinearInput, isNonzero, notLinear } from "../src/ir/primitive.ts";
import type { Primitive, TypeOf } from "../src/ir/primitive.ts";
import { add, full, mul, neg, sub } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import {
  columnsOf,
  identityLike,
  leadOf,
  mapStack,
  matmul,
  matrixAt,
  requireMatrix,
  requireSameStack,
  requireSquare,
  rowsOf,
  symmetricPart,
  transposed,
} from "./matrices.ts";
import { moveAxis, only, reduceSum } from "./shape.ts";

// --- P X + X P = C ----------------------------------------------------------------------------

/** Y A, or Y' A, of square matrices; rows of Y are its first index. */
const product = (y: Float64Array, a: Float64Array, size: number, isTransposed: boolean): Float64Array => {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const factor = isTransposed ? y[k * size + i]! : y[i * size + k]!;
      for (let j = 0; j < size; j++) out[i * size + j]! += factor * a[k * size + j]!;
    }
  return out;
};

const transposedCopy = (a: Float64Array, size: number): Float64Array =>
  a.map((_, k) => a[(k % size) * size + Math.floor(k / size)]!);

/** V ((V' C V)_ij / (w_i + w_j)) V'; NaN where a sum is 0 to rounding. */
const solveLyapunov = (p: Float64Array, c: Float64Array, size: number): Float64Array => {
  const values = new Float64Array(size);
  const vectors = new Float64Array(size * size);
  symmetricEigen(p, size, values, vectors);
  const bound = size * 2 ** -52 * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const half = product(vectors, c, size, true);
  const inBasis = product(vectors, transposedCopy(half, size), size, true);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const sum = values[i]! + values[j]!;
      const k = i * size + j;
      inBasis[k] = Math.abs(sum) <= bound ? NaN : inBasis[k]! / sum;
    }
  // inBasis holds the transposed; the two products below turn it back.
  const left = product(vectors, inBasis, size, false);
  return product(vectors, transposedCopy(left, size), size, false);
};

const lyapunovType = (operands: readonly Aval[]): TypeOf => {
  const [p, c] = operands as [Aval, Aval];
  requireSquare("symmetricLyapunov", p);
  requireSquare("symmetricLyapunov", c);
  requireSameStack("symmetricLyapunov", operands);
  return { shape: c.shape, dtype: c.dtype };
};

/**
 * X with P X + X P = C for the symmetric part of P. NaN where two eigenvalues add to 0, since no single X solves it then.
 * Linear in C and its own transpose there; dX solves the same equation for dC - dP X - X dP.
 */
export const symmetricLyapunov: PrimitiveFunction<[NDArray, NDArray], NoParams> = definePrimitive<[NDArray, NDArray]>({
  name: "symmetricLyapunov",
  evaluate: ([p, c]) => {
    const { shape, dtype } = lyapunovType([p, c]);
    const size = rowsOf(c);
    return mapStack(leadOf(c), [shape.slice(-2)], [dtype], (k) => [
      solveLyapunov(matrixAt(p, k), matrixAt(c, k), size),
    ]);
  },
  abstractEval: lyapunovType,
  jvp: ([p, c], [dp, dc]) => {
    const x = symmetricLyapunov(p, c);
    const terms: NDArray[] = [];
    if (isNonzero(dc!)) terms.push(dc);
    if (isNonzero(dp!)) {
      const change = symmetricPart(dp);
      terms.push(neg(add(matmul(change, x), matmul(x, change))));
    }
    return [
      x,
      symmetricLyapunov(
        p,
        terms.reduce((sum, term) => add(sum, term)),
      ),
    ];
  },
  transpose: (cotangents, operands, params) => {
    const [p] = operands;
    if (isLinearInput(p)) return notLinear(cotangents, operands, params);
    return [null, symmetricLyapunov(p, only(cotangents))];
  },
  batch: ([p, c], dims, _params, { size }) => [
    symmetricLyapunov(batchToFront(p, dims[0]!, size), batchToFront(c, dims[1]!, size)),
    0,
  ],
  lower: routine,
  laws: { testedIn: "test/linalg/polar.test.ts" },
});

// --- polar ------------------------------------------------------------------------------------

const polarType = (a: Aval): TypeOf => {
  requireMatrix("polar", a);
  if (rowsOf(a) < columnsOf(a))
    throw new ShapeMismatch(
      "polar",
      `a matrix of shape ${showShape(a.shape)}`,
      "Give at least as many rows as columns, or the transposed matrix",
    );
  return { shape: a.shape, dtype: a.dtype };
};

/** U V' of A = U diag(s) V'. */
const orthogonalFactor = (a: Float64Array, rows: number, columns: number): Float64Array => {
  const { u, vt } = decomposeSvd(a, rows, columns, false);
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < columns; k++) {
      const factor = u[i * columns + k]!;
      for (let j = 0; j < columns; j++) out[i * columns + j]! += factor * vt[k * columns + j]!;
    }
  return out;
};

const polarTangent = (a: NDArray, q: NDArray, da: NDArray): NDArray => {
  const p = matmul(transposed(q), a);
  const along = matmul(transposed(q), da);
  const inside = matmul(q, symmetricLyapunov(p, sub(along, transposed(along))));
  if (rowsOf(a) === columnsOf(a)) return inside;
  // P X + X P = 2 I is solved by the inverse of P.
  const two = mul(identityLike(leadOf(p), rowsOf(p), p.dtype), full(2, p.shape, p.dtype));
  return add(inside, matmul(sub(da, matmul(q, along)), symmetricLyapunov(p, two)));
};

/**
 * The factor Q with orthonormal columns of A = Q P, P positive semidefinite; the orthogonal matrix next to A. Its
 * derivatives exist at full rank, where values agree too; they are NaN below. NaN or infinity in A gives NaN.
 */
export const polar: PrimitiveFunction<[NDArray], NoParams> = definePrimitive<[NDArray]>({
  name: "polar",
  evaluate: ([a]) => {
    const { shape, dtype } = polarType(a);
    return mapStack(leadOf(a), [shape.slice(-2)], [dtype], (k) => [
      orthogonalFactor(matrixAt(a, k), rowsOf(a), columnsOf(a)),
    ]);
  },
  abstractEval: ([a]) => polarType(a),
  jvp: ([a], [da]) => {
    const q = polar(a);
    return [q, a.size === 0 ? q : polarTangent(a, q, da as NDArray)];
  },
  transpose: notLinear,
  batch: ([a], [dim]) => [polar(moveAxis(a, dim!, 0)), 0],
  lower: routine,
  laws: { testedIn: "test/linalg/polar.test.ts" },
});

/** polar of any matrices; with fewer rows than columns its rows are orthonormal. */
export const polarOf = (a: NDArray): NDArray =>
  rowsOf(a) < columnsOf(a) ? transposed(polar(transposed(a))) : polar(a);

const nuclearType = (a: Aval): TypeOf => {
  requireMatrix("nuclearNorm", a);
  return { shape: leadOf(a), dtype: a.dtype };
};

/** Sum of the singular values. Its gradient is the polar factor, which is a subgradient below full rank. */
export const nuclearNorm: PrimitiveFunction<[NDArray], NoParams> = definePrimitive<[NDArray]>({
  name: "nuclearNorm",
  evaluate: ([a]) => {
    const { shape, dtype } = nuclearType(a);
    return mapStack(shape, [[]], [dtype], (k) => {
      const { values } = decomposeSvd(matrixAt(a, k), rowsOf(a), columnsOf(a), false);
      return [[values.reduce((sum, value) => sum + value, 0)]];
    });
  },
  abstractEval: ([a]) => nuclearType(a),
  jvp: ([a], [da]) => {
    const { ndim } = a;
    return [nuclearNorm(a), reduceSum(mul(polarOf(a), da as NDArray), { axes: [ndim - 2, ndim - 1] })];
  },
  transpose: notLinear,
  batch: ([a], [dim]) => [nuclearNorm(moveAxis(a, dim!, 0)), 0],
  lower: routine,
  laws: { testedIn: "test/linalg/polar.test.ts" },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [symmetricLyapunov.primitive, polar.primitive, nuclearNorm.primitive];
