/**
 * QR family: A = Q R by reflections, reduced or complete. With k = min(rows, columns), A1 the first k columns,
 * C = dA1 R1^-1, B = Q' C and the antisymmetric W = low(B) - low(B)':
 *   dQ = Q W + (C - Q B),  dR = Q' dA - W R
 * The further columns of a complete Q are the ones the reflections give: Q = I + (Q1 - I1) (Q11 - I)^-T (Q1 - I1)',
 * where Q1 are the first k columns and Q11 their first k rows; so they are differentiable too.
 * Source: Walter & Lehmann, QR decomposition of rectangular matrices, 2018; Ballard et al., Householder reconstruction, 2014.
 */
import { factorizeQr, formQ, formR } from "../kernels/dense/qr.ts";
import { planQr } from "../kernels/prebuilt/factorization.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt } from "../src/ir/lowering.ts";
import { notLinear } from "../src/ir/primitive.ts";
import type { Primitive, TypeOf } from "../src/ir/primitive.ts";
import { add, sub } from "./arithmetic.ts";
import { stopGradient } from "./conversion.ts";
import { denseSolve, lu, pivotPermutation, solveFromRight } from "./factorization.ts";
import {
  block,
  columnsOf,
  identityLike,
  leadOf,
  lowerPart,
  mapStack,
  matmul,
  matrixAt,
  requireMatrix,
  rowsOf,
  transposed,
  upperPart,
} from "./matrices.ts";
import { moveAxis } from "./shape.ts";
import { join, padZeros } from "./slicing.ts";
import { qrFlops } from "./flops.ts";

export interface QrParams {
  /** Q is square; else it has min(rows, columns) columns. */
  readonly complete: boolean;
}

/** Columns of Q, which are the rows of R. */
const widthOf = (a: Aval, { complete }: QrParams): number => (complete ? rowsOf(a) : Math.min(rowsOf(a), columnsOf(a)));

const qrTypes = (a: Aval, params: QrParams): readonly [TypeOf, TypeOf] => {
  requireMatrix("qr", a);
  const width = widthOf(a, params);
  return [
    { shape: [...leadOf(a), rowsOf(a), width], dtype: a.dtype },
    { shape: [...leadOf(a), width, columnsOf(a)], dtype: a.dtype },
  ];
};

/** Tangents of the reduced factors. */
const reducedTangents = (q: NDArray, r: NDArray, da: NDArray): readonly [dq: NDArray, dr: NDArray] => {
  const [rows, columns, rank] = [rowsOf(q), columnsOf(r), columnsOf(q)];
  const isTall = rows > rank;
  const square = columns === rank ? r : block(r, [0, rank], [0, rank]);
  const own = columns === rank ? da : block(da, [0, rows], [0, rank]);
  const c = solveFromRight(own, square, { lower: false, transposed: false, unitDiagonal: false });
  const b = matmul(transposed(q), c);
  const below = lowerPart(b, 1);
  const turn = sub(below, transposed(below));
  const dq = matmul(q, turn);
  const dr = upperPart(sub(matmul(transposed(q), da), matmul(turn, r)));
  return [isTall ? add(dq, sub(c, matmul(q, b))) : dq, dr];
};

/** Tangent of the columns that complete Q: with W = Q1 - I1 and W1' Y = W2' they are [0; I] + W Y. */
const completingTangent = (q: NDArray, dq: NDArray): NDArray => {
  const [rows, rank] = [rowsOf(q), columnsOf(q)];
  const head = sub(block(q, [0, rank], [0, rank]), identityLike(leadOf(q), rank, q.dtype));
  const tail = block(q, [rank, rows], [0, rank]);
  const [packed, pivots] = lu(stopGradient(head)) as [NDArray, NDArray];
  const permutation = pivotPermutation(pivots, { size: rank });
  const solve = (b: NDArray): NDArray => denseSolve(packed, permutation, head, b, { transposed: true });
  const y = solve(transposed(tail));
  const [dHead, dTail] = [block(dq, [0, rank], [0, rank]), block(dq, [rank, rows], [0, rank])];
  const dy = solve(sub(transposed(dTail), matmul(transposed(dHead), y)));
  return add(matmul(dq, y), matmul(join([head, tail], q.ndim - 2), dy));
};

/**
 * [Q, R] with orthonormal columns of Q and upper triangular R. Signs are those of the reflections: R_kk is opposite
 * to the element it replaces, except in the last row. Derivatives throw Singular where the leading columns are dependent.
 */
export const qr: PrimitiveFunction<[NDArray], QrParams, readonly NDArray[]> = defineMultiplePrimitive<
  [NDArray],
  QrParams
>({
  name: "qr",
  evaluate: ([a], params) => {
    const [q, r] = qrTypes(a, params);
    const width = widthOf(a, params);
    return mapStack(leadOf(a), [q.shape.slice(-2), r.shape.slice(-2)], [a.dtype, a.dtype], (k) => {
      const reflections = factorizeQr(matrixAt(a, k), rowsOf(a), columnsOf(a));
      return [formQ(reflections, width), formR(reflections, width)];
    });
  },
  abstractEval: ([a], params) => qrTypes(a, params),
  jvp: ([a], [da], params) => {
    const [q, r] = qr(a, params) as [NDArray, NDArray];
    const [rows, rank] = [rowsOf(a), Math.min(rowsOf(a), columnsOf(a))];
    if (columnsOf(q) === rank) return [[q, r], reducedTangents(q, r, da as NDArray)];
    const first = block(q, [0, rows], [0, rank]);
    const [dq, dr] = reducedTangents(first, block(r, [0, rank], [0, columnsOf(a)]), da as NDArray);
    const below = [...leadOf(a).map(() => [0, 0, 0] as const), [0, rows - rank, 0] as const, [0, 0, 0] as const];
    return [
      [q, r],
      [join([dq, completingTangent(first, dq)], q.ndim - 1), padZeros(dr, below)],
    ];
  },
  transpose: notLinear,
  batch: ([a], [dim], params) => [qr(moveAxis(a, dim!, 0), params), [0, 0]],
  lower: prebuilt(([a], params) => planQr(a!.dtype, a!.shape, widthOf(a!, params))),
  flops: qrFlops,
  laws: { testedIn: "test/linalg/orthogonal-factorization.test.ts" },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [qr.primitive];
