/**
 * Family of functions of square matrices whose derivatives of every order are themselves primitives:
 * det, mixedCofactor (its derivatives) and matrixExponential. With T(A; D1..Dk) the k-th derivative along D1..Dk,
 *   dT = T(A; D1..Dk, dA) + sum of T(A; .. dDi ..),
 * which is exact where a formula with inverses or eigenvectors breaks down: at singular matrices, at repeated values.
 * T is symmetric in its directions. <G, C(A; D, ..)> = <D, C(A; G, ..)> for cofactors, <D, T(A; G', ..)'> for exp.
 */
import { exponentialDerivative } from "../kernels/dense/exponential.ts";
import { determinantOf, factorizeLu } from "../kernels/dense/lu.ts";
import { mixedCofactor as mixedCofactorOf } from "../kernels/dense/mixed-cofactor.ts";
import { ShapeMismatch } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isKnownInput, isLinearInput, isNonzero, notLinear, reals } from "../src/ir/primitive.ts";
import type { LawCase, Pick, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { add, mul } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { leadOf, mapStack, matrixAt, requireSquare, rowsOf, transposed } from "./matrices.ts";
import { moveAxis, only, reduceSum } from "./shape.ts";

type Kernel = (a: Float64Array, size: number, directions: readonly Float64Array[]) => Float64Array;
type Derivatives = PrimitiveFunction<readonly NDArray[], NoParams>;

const derivativeType = (asked: string, operands: readonly Aval[]): TypeOf => {
  const [a] = operands;
  requireSquare(asked, a!);
  if (operands.some((other) => !sameShape(other.shape, a!.shape) || other.dtype !== a!.dtype))
    throw new ShapeMismatch(
      asked,
      operands.map(showAval).join(" and "),
      "Directions have the shape and dtype of the matrix",
    );
  return { shape: a!.shape, dtype: a!.dtype };
};

const sampleMatrices =
  (most: number, bound: number) =>
  (pick: Pick): LawCase<NoParams> => {
    const size = pick.integer(0, 3);
    const shape = [...pick.shape({ maxRank: 1, maxSize: 2 }), size, size];
    const spec = { shape, dtype: "float64" as const, domain: reals(-bound, bound) };
    return { inputs: Array.from({ length: 1 + pick.integer(0, most) }, () => spec), params: {} };
  };

/** The primitive T(A; D1..Dk) of any k; `pair` gives the cotangent of one direction from G and the others. */
const derivatives = (
  name: string,
  kernel: Kernel,
  pair: (a: NDArray, cotangent: NDArray, others: readonly NDArray[]) => NDArray,
  sample: (pick: Pick) => LawCase<NoParams>,
): Derivatives => {
  const call: Derivatives = definePrimitive<readonly NDArray[]>({
    name,
    evaluate: (operands) => {
      const { shape, dtype } = derivativeType(name, operands);
      return mapStack(leadOf(operands[0]!), [shape.slice(-2)], [dtype], (k) => {
        const [a, ...directions] = operands.map((operand) => matrixAt(operand, k));
        return [kernel(a!, shape.at(-1)!, directions)];
      });
    },
    abstractEval: (operands) => derivativeType(name, operands),
    jvp: (operands, tangents) => {
      const terms = tangents.flatMap((tangent, k) => {
        if (!isNonzero(tangent)) return [];
        return [k === 0 ? call(...operands, tangent) : call(...operands.with(k, tangent))];
      });
      return [call(...operands), terms.reduce((sum, term) => add(sum, term))];
    },
    transpose: (cotangents, operands, params) => {
      const linear = operands.findIndex(isLinearInput);
      if (linear <= 0 || operands.some((operand, k) => k !== linear && isLinearInput(operand)))
        return notLinear(cotangents, operands, params);
      const [a, ...others] = operands.filter(isKnownInput);
      return operands.map((_, k) => (k === linear ? pair(a!, only(cotangents), others) : null));
    },
    batch: (operands, dims, _params, { size }) => [
      call(...operands.map((operand, k) => batchToFront(operand, dims[k]!, size))),
      0,
    ],
    lower: routine,
    laws: { sample },
  });
  return call;
};

/**
 * C(A; D1..Dk): the k-th derivative of the cofactor matrix of A along D1..Dk; the cofactor matrix itself for none.
 * Exact at every rank: no division occurs. Cost: a singular value decomposition and n^(k + 1).
 */
export const mixedCofactor: Derivatives = derivatives(
  "mixedCofactor",
  mixedCofactorOf,
  (a, cotangent, others) => mixedCofactor(a, cotangent, ...others),
  sampleMatrices(2, 2),
);

/** exp(A), or its k-th derivative along D1..Dk. Cost: an exponential of size 2^k n. */
export const matrixExponential: Derivatives = derivatives(
  "matrixExponential",
  exponentialDerivative,
  (a, cotangent, others) => transposed(matrixExponential(a, transposed(cotangent), ...others)),
  sampleMatrices(2, 1),
);

const detType = (a: Aval): TypeOf => {
  requireSquare("det", a);
  return { shape: leadOf(a), dtype: a.dtype };
};

/** Determinant, by LU; its derivative is the cofactor matrix, so it is right at singular matrices in every order. */
export const det: PrimitiveFunction<[NDArray], NoParams> = definePrimitive<[NDArray]>({
  name: "det",
  evaluate: ([a]) => {
    const { shape, dtype } = detType(a);
    const size = rowsOf(a);
    return mapStack(shape, [[]], [dtype], (k) => {
      const matrix = matrixAt(a, k);
      const pivots = new Int32Array(size);
      factorizeLu(matrix, size, size, pivots);
      return [[determinantOf(matrix, size, pivots)]];
    });
  },
  abstractEval: ([a]) => detType(a),
  jvp: ([a], [da]) => {
    const { ndim } = a;
    return [det(a), reduceSum(mul(mixedCofactor(a), da as NDArray), { axes: [ndim - 2, ndim - 1] })];
  },
  transpose: notLinear,
  batch: ([a], [dim]) => [det(moveAxis(a, dim!, 0)), 0],
  lower: routine,
  laws: { sample: sampleMatrices(0, 2) },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  det.primitive,
  mixedCofactor.primitive as Primitive,
  matrixExponential.primitive as Primitive,
];
