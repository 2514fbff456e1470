/**
 * Factorization family on stacks of matrices: triangularSolve, cholesky, lu (with its permutation), denseSolve.
 * Each derivative is written with triangular solves and products, so every order exists where the factors do:
 *   dL = L low(L^-1 dA L^-T)            A = L L', low: lower triangle with half the diagonal (Murray 2016)
 *   dL = L low(X), dU = up(X) U         P A = L U, X = L^-1 P dA U^-1
 *   dx = A^-1 (db - dA x)               the factor is a value: forward, tangent and adjoint share it
 */
import { factorizeCholesky } from "../kernels/dense/cholesky.ts";
import { factorizeLu, permutationOf } from "../kernels/dense/lu.ts";
import { solveTriangular, zeroOnDiagonal } from "../kernels/dense/triangular.ts";
import type { TriangularForm } from "../kernels/dense/triangular.ts";
import {
  planCholesky,
  planDenseSolve,
  planLu,
  planPermutation,
  planTriangularSolve,
} from "../kernels/prebuilt/factorization.ts";
import { DTypeMismatch, NotPositiveDefinite, ShapeMismatch, Singular } from "../src/error.ts";
import { bufferOf } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Shape } from "../src/array/shape.ts";
import { sameShape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { defineMultiplePrimitive, definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt } from "../src/ir/lowering.ts";
import { isLinearInput, isZero, notLinear, reals, requireKnown, zero, zeroTangent } from "../src/ir/primitive.ts";
import type { LawCase, Pick, Primitive, Tangent, TypeOf } from "../src/ir/primitive.ts";
import { add, full, mul, neg, sub } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { gather } from "./indexing.ts";
import {
  batchColumns,
  block,
  columnsOf,
  identityLike,
  leadOf,
  lowerPart,
  mapStack,
  matmul,
  matrixAt,
  requireSameStack,
  requireMatrix,
  requireSquare,
  rowsOf,
  showMember,
  symmetricPart,
  transposed,
  upperPart,
} from "./matrices.ts";
import { moveAxis, only, reshape } from "./shape.ts";
import { join } from "./slicing.ts";
import { choleskyFlops, luFlops, movesOnly, solveFlops } from "./flops.ts";

// --- triangularSolve --------------------------------------------------------------------------

/** Type of X = op(A)^-1 B: the stack of right-hand sides. */
const requireSystem = (asked: string, a: Aval, b: Aval): TypeOf => {
  requireSquare(asked, a);
  requireMatrix(asked, b);
  requireSameStack(asked, [a, b]);
  if (rowsOf(a) !== rowsOf(b))
    throw new ShapeMismatch(
      asked,
      `${showAval(a)} and right-hand sides ${showAval(b)}`,
      "The right-hand sides need one row for each row of the matrix",
    );
  return { shape: b.shape, dtype: b.dtype };
};

const refuseSingular = (
  asked: string,
  what: string,
  matrix: Float64Array,
  size: number,
  lead: Shape,
  k: number,
): void => {
  const at = zeroOnDiagonal(matrix, size);
  if (at >= 0)
    throw new Singular(
      asked,
      `${what} ${at}${showMember(lead, k)} is 0`,
      "The matrix has no inverse; lstsq and pinv give the solution of least norm",
    );
};

/** The part of a tangent of the matrix that the solve reads. */
const readPart = (da: NDArray, { lower, unitDiagonal }: TriangularForm): NDArray => {
  const dropped = unitDiagonal ? 1 : 0;
  return lower ? lowerPart(da, dropped) : upperPart(da, dropped);
};

const sampleTriangularSolve = (pick: Pick): LawCase<TriangularForm> => {
  const lead = pick.shape({ maxRank: 2, minSize: 0, maxSize: 2 });
  const size = pick.integer(0, 3);
  return {
    inputs: [
      { shape: [...lead, size, size], dtype: "float64", domain: reals(0.5, 1.5) },
      { shape: [...lead, size, pick.integer(0, 3)], dtype: "float64", domain: reals(-2, 2) },
    ],
    params: {
      lower: pick.oneOf([true, false]),
      transposed: pick.oneOf([true, false]),
      unitDiagonal: pick.oneOf([true, false]),
    },
  };
};

/** X with op(A) X = B for a triangular A. @throws Singular where the diagonal holds a zero */
export const triangularSolve: PrimitiveFunction<[NDArray, NDArray], TriangularForm> = definePrimitive<
  [NDArray, NDArray],
  TriangularForm
>({
  name: "triangularSolve",
  evaluate: ([a, b], params) => {
    const { shape, dtype } = requireSystem("triangularSolve", a, b);
    const size = rowsOf(a);
    return mapStack(leadOf(b), [shape.slice(-2)], [dtype], (k) => {
      const matrix = matrixAt(a, k);
      if (!params.unitDiagonal) refuseSingular("triangularSolve", "diagonal element", matrix, size, leadOf(a), k);
      const x = matrixAt(b, k);
      solveTriangular(matrix, size, x, columnsOf(b), params);
      return [x];
    });
  },
  abstractEval: ([a, b]) => requireSystem("triangularSolve", a, b),
  jvp: ([a, b], [da, db], params) => {
    const x = triangularSolve(a, b, params);
    if (isZero(da)) return [x, triangularSolve(a, db as NDArray, params)];
    const part = readPart(da, params);
    const moved = matmul(params.transposed ? transposed(part) : part, x);
    return [x, triangularSolve(a, isZero(db) ? neg(moved) : sub(db, moved), params)];
  },
  transpose: (cotangents, [a, b], params) =>
    isLinearInput(a)
      ? notLinear(cotangents, [a, b], params)
      : [null, triangularSolve(a, only(cotangents), { ...params, transposed: !params.transposed })],
  batch: ([a, b], [aDim, bDim], params, { size }) =>
    aDim === null
      ? batchColumns(b, bDim!, (columns) => triangularSolve(a, columns, params))
      : [triangularSolve(moveAxis(a, aDim, 0), batchToFront(b, bDim, size), params), 0],
  lower: prebuilt(([a, b], params) => planTriangularSolve(a!.dtype, a!.shape, b!.shape, params)),
  flops: solveFlops(1, 1),
  laws: { sample: sampleTriangularSolve },
});

const plainLower = { lower: true, transposed: false, unitDiagonal: false } as const;
const unitLower = { lower: true, transposed: false, unitDiagonal: true } as const;

/** B A^-1 for a triangular A. */
export const solveFromRight = (b: NDArray, a: NDArray, params: TriangularForm): NDArray =>
  transposed(triangularSolve(a, transposed(b), { ...params, transposed: !params.transposed }));

// --- cholesky ---------------------------------------------------------------------------------

/** Lower triangle with half the diagonal. */
const halvedLower = (a: NDArray): NDArray => mul(add(lowerPart(a), lowerPart(a, 1)), full(0.5, a.shape, a.dtype));

/**
 * Lower Cholesky factor of the symmetric part of A.
 * @throws NotPositiveDefinite naming the pivot; NaN in A gives NaN instead
 */
export const cholesky: PrimitiveFunction<[NDArray], NoParams> = definePrimitive<[NDArray]>({
  name: "cholesky",
  evaluate: ([a]) => {
    requireSquare("cholesky", a);
    const size = rowsOf(a);
    return mapStack(leadOf(a), [[size, size]], [a.dtype], (k) => {
      const matrix = matrixAt(a, k);
      for (let i = 0; i < size; i++)
        for (let j = 0; j < i; j++) matrix[i * size + j] = matrix[i * size + j]! / 2 + matrix[j * size + i]! / 2;
      const refused = factorizeCholesky(matrix, size);
      if (refused >= 0)
        throw new NotPositiveDefinite(
          "cholesky",
          `pivot ${refused}${showMember(leadOf(a), k)} is ${matrix[refused * size + refused]}`,
          "Give a symmetric positive definite matrix; a small multiple of the identity makes a semidefinite one definite",
        );
      return [matrix];
    });
  },
  abstractEval: ([a]) => {
    requireSquare("cholesky", a);
    return { shape: a.shape, dtype: a.dtype };
  },
  jvp: ([a], [da]) => {
    const l = cholesky(a);
    const left = triangularSolve(l, symmetricPart(da as NDArray), plainLower);
    const both = solveFromRight(left, l, { ...plainLower, transposed: true });
    return [l, matmul(l, halvedLower(both))];
  },
  transpose: notLinear,
  batch: ([a], [dim]) => [cholesky(moveAxis(a, dim!, 0)), 0],
  lower: prebuilt(([a]) => planCholesky(a!.dtype, a!.shape)),
  flops: choleskyFlops,
  laws: { testedIn: "test/linalg/factorization.test.ts" },
});

// --- lu ---------------------------------------------------------------------------------------

/** The matrix followed by rows and columns of the identity up to a square of the given size. */
const extendByIdentity = (a: NDArray, size: number): NDArray => {
  const [rows, columns] = [rowsOf(a), columnsOf(a)];
  const identity = identityLike(leadOf(a), size, a.dtype);
  const wide = columns === size ? a : join([a, block(identity, [0, rows], [columns, size])], a.ndim - 1);
  return rows === size ? wide : join([wide, block(identity, [rows, size], [0, size])], a.ndim - 2);
};

/** The rows of a matrix in the order of a permutation, matrix by matrix. */
export const permuteRows = (a: NDArray, permutation: NDArray): NDArray =>
  gather(a, reshape(permutation, { shape: [...permutation.shape, 1] }), {
    mode: "clip",
    batchDims: permutation.ndim - 1,
  });

const luTypes = (a: Aval): readonly [TypeOf, TypeOf] => {
  requireMatrix("lu", a);
  return [
    { shape: a.shape, dtype: a.dtype },
    { shape: [...leadOf(a), Math.min(rowsOf(a), columnsOf(a))], dtype: "int32" },
  ];
};

/** Tangent of the packed factors: L and U change by L low(X) and up(X) U. */
const luTangent = (packed: NDArray, permutation: NDArray, da: NDArray): NDArray => {
  const [rows, columns] = [rowsOf(packed), columnsOf(packed)];
  const rank = Math.min(rows, columns);
  const square = block(packed, [0, rank], [0, rank]);
  const lower = extendByIdentity(
    rows === rank ? lowerPart(square, 1) : lowerPart(block(packed, [0, rows], [0, rank]), 1),
    rows,
  );
  const upper = extendByIdentity(upperPart(block(packed, [0, rank], [0, columns])), columns);
  const left = triangularSolve(lower, permuteRows(da, permutation), unitLower);
  const x = solveFromRight(left, upper, { lower: false, transposed: false, unitDiagonal: false });
  const lowerChange = matmul(
    add(lowerPart(lower, 1), identityLike(leadOf(packed), rows, packed.dtype)),
    lowerPart(x, 1),
  );
  return add(lowerPart(lowerChange, 1), upperPart(matmul(upperPart(x), upper)));
};

/**
 * Packed factors of P A = L U (L below the diagonal, its ones not stored) and the pivots: step k exchanged rows k and
 * pivots[k]. Singular matrices have factors, but their derivative throws Singular.
 */
export const lu: PrimitiveFunction<[NDArray], NoParams, readonly NDArray[]> = defineMultiplePrimitive<[NDArray]>({
  name: "lu",
  evaluate: ([a]) => {
    const [factors, pivots] = luTypes(a);
    return mapStack(leadOf(a), [factors.shape.slice(-2), pivots.shape.slice(-1)], [a.dtype, "int32"], (k) => {
      const matrix = matrixAt(a, k);
      const steps = new Int32Array(pivots.shape.at(-1)!);
      factorizeLu(matrix, rowsOf(a), columnsOf(a), steps);
      return [matrix, steps];
    });
  },
  abstractEval: ([a]) => luTypes(a),
  jvp: ([a], [da]) => {
    const [packed, pivots] = lu(a) as [NDArray, NDArray];
    const permutation = pivotPermutation(pivots, { size: rowsOf(a) });
    return [
      [packed, pivots],
      [luTangent(packed, permutation, da as NDArray), zero(pivots)],
    ];
  },
  transpose: notLinear,
  batch: ([a], [dim]) => [lu(moveAxis(a, dim!, 0)), [0, 0]],
  lower: prebuilt(([a]) => planLu(a!.dtype, a!.shape)),
  weakType: () => [false, false],
  flops: luFlops,
  laws: { testedIn: "test/linalg/factorization.test.ts" },
});

export interface PermutationParams {
  /** How many rows are permuted; at least as many as pivots. */
  readonly size: number;
}

const permutationType = (pivots: Aval, { size }: PermutationParams): TypeOf => {
  if (pivots.dtype !== "int32")
    throw new DTypeMismatch("pivotPermutation", showAval(pivots), "Give the pivots of lu: int32");
  if (pivots.shape.length === 0 || pivots.shape.at(-1)! > size)
    throw new ShapeMismatch("pivotPermutation", `${showAval(pivots)} for ${size} rows`, "Give at most a pivot a row");
  return { shape: [...pivots.shape.slice(0, -1), size], dtype: "int32" };
};

/** The permutation that exchanging rows by pivots amounts to: entry i is the row that comes to place i. */
export const pivotPermutation: PrimitiveFunction<[NDArray], PermutationParams> = definePrimitive<
  [NDArray],
  PermutationParams
>({
  name: "pivotPermutation",
  evaluate: ([pivots], params) => {
    permutationType(pivots, params);
    const steps = pivots.shape.at(-1)!;
    return mapStack(pivots.shape.slice(0, -1), [[params.size]], ["int32"], (k) => {
      const order = new Int32Array(params.size);
      permutationOf(bufferOf(pivots).subarray(k * steps, (k + 1) * steps), order);
      return [order];
    });
  },
  abstractEval: ([pivots], params) => permutationType(pivots, params),
  jvp: zeroTangent(([pivots]: [NDArray], params: PermutationParams) => pivotPermutation(pivots, params)),
  transpose: notLinear,
  batch: ([pivots], [dim], params) => [pivotPermutation(moveAxis(pivots, dim!, 0), params), 0],
  lower: prebuilt(([pivots], { size }) => planPermutation(pivots!.shape, size)),
  flops: movesOnly,
  laws: {
    sample: (pick) => {
      const size = pick.integer(1, 4);
      const shape = [...pick.shape({ maxRank: 2, maxSize: 2 }), pick.integer(0, size)];
      return { inputs: [{ shape, dtype: "int32", domain: reals(0, size - 1) }], params: { size } };
    },
  },
});

// --- denseSolve ------------------------------------------------------------------------------

export interface LinearSolveParams {
  /** The system is A' X = B. */
  readonly transposed: boolean;
}

type SolveOperands = [packed: NDArray, permutation: NDArray, a: NDArray, b: NDArray];

const linearSolveType = (packed: Aval, permutation: Aval, a: Aval, b: Aval): TypeOf => {
  const type = requireSystem("denseSolve", a, b);
  if (!sameShape(packed.shape, a.shape) || !sameShape(permutation.shape, a.shape.slice(0, -1)))
    throw new ShapeMismatch(
      "denseSolve",
      `factors ${showAval(packed)} and ${showAval(permutation)} of a matrix ${showAval(a)}`,
      "Give the factors of this matrix",
    );
  return type;
};

/** X := op(A)^-1 B by the factors, in place; rows of B are taken, or put back, in the order of the permutation. */
const solveByFactors = (
  packed: Float64Array,
  order: ArrayLike<number>,
  b: Float64Array,
  columns: number,
  isTransposed: boolean,
): Float64Array => {
  const size = order.length;
  const upper = { lower: false, transposed: isTransposed, unitDiagonal: false };
  const x = new Float64Array(b.length);
  if (!isTransposed) {
    for (let i = 0; i < size; i++) x.set(b.subarray(order[i]! * columns, (order[i]! + 1) * columns), i * columns);
    solveTriangular(packed, size, x, columns, unitLower);
    solveTriangular(packed, size, x, columns, upper);
    return x;
  }
  solveTriangular(packed, size, b, columns, upper);
  solveTriangular(packed, size, b, columns, { ...unitLower, transposed: true });
  for (let i = 0; i < size; i++) x.set(b.subarray(i * columns, (i + 1) * columns), order[i]! * columns);
  return x;
};

/**
 * X with op(A) X = B, by the packed factors of A and their permutation. Differentiated through A and B: tangents of
 * the factors are not asked for, since they follow from A's. @throws Singular naming the pivot
 */
export const denseSolve: PrimitiveFunction<SolveOperands, LinearSolveParams> = definePrimitive<
  SolveOperands,
  LinearSolveParams
>({
  name: "denseSolve",
  evaluate: ([packed, permutation, a, b], params) => {
    const { shape, dtype } = linearSolveType(packed, permutation, a, b);
    const size = rowsOf(a);
    return mapStack(leadOf(b), [shape.slice(-2)], [dtype], (k) => {
      const matrix = matrixAt(packed, k);
      refuseSingular("linear solve", "pivot", matrix, size, leadOf(a), k);
      const order = bufferOf(permutation).subarray(k * size, (k + 1) * size);
      return [solveByFactors(matrix, order, matrixAt(b, k), columnsOf(b), params.transposed)];
    });
  },
  abstractEval: ([packed, permutation, a, b]) => linearSolveType(packed, permutation, a, b),
  jvp: ([packed, permutation, a, b], [, , da, db], params) => {
    const x = denseSolve(packed, permutation, a, b, params);
    let rhs: Tangent = db;
    if (!isZero(da)) {
      const moved = matmul(params.transposed ? transposed(da) : da, x);
      rhs = isZero(db) ? neg(moved) : sub(db, moved);
    }
    return [x, isZero(rhs) ? zero(x) : denseSolve(packed, permutation, a, rhs, params)];
  },
  transpose: (cotangents, inputs, params) => {
    const [packed, permutation, a] = inputs;
    if (isLinearInput(packed) || isLinearInput(a)) return notLinear(cotangents, inputs, params);
    const flipped = { transposed: !params.transposed };
    return [null, null, null, denseSolve(packed, requireKnown(permutation), a, only(cotangents), flipped)];
  },
  batch: ([packed, permutation, a, b], [packedDim, permutationDim, aDim, bDim], params, { size }) =>
    packedDim === null && permutationDim === null && aDim === null
      ? batchColumns(b, bDim!, (columns) => denseSolve(packed, permutation, a, columns, params))
      : [
          denseSolve(
            batchToFront(packed, packedDim, size),
            batchToFront(permutation, permutationDim, size),
            batchToFront(a, aDim, size),
            batchToFront(b, bDim, size),
            params,
          ),
          0,
        ],
  lower: prebuilt(([packed, , , b], params) =>
    planDenseSolve(packed!.dtype, packed!.shape, b!.shape, params.transposed),
  ),
  flops: solveFlops(2, 3),
  laws: { testedIn: "test/linalg/factorization.test.ts" },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  triangularSolve.primitive,
  cholesky.primitive,
  lu.primitive,
  pivotPermutation.primitive,
  denseSolve.primitive,
];
