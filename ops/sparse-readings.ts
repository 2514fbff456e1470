/**
 * What a factorization of a sparse matrix tells besides solutions, each read from the factor at no further cost:
 *   sparseLogSize -> log |det A|      sparseSign -> sign of det A      sparseInertia -> eigenvalues above and below zero
 * d log |det A| = trace(A^-1 dA), written with solves so that it has all further derivatives; the others are piecewise
 * constant.
 */
import { InvalidOption } from "../src/error.ts";
import { fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { requireShape, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isZero, notLinear, zero, zeroTangent } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { mul } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { gather } from "./indexing.ts";
import { broadcast, moveAxis, reduceSum, reshape } from "./shape.ts";
import { keptFactor } from "./sparse-factors.ts";
import type { KeptFactor } from "./sparse-methods.ts";
import { factorAxes, requireFiniteValues, sliceOf, sparseSolve } from "./sparse-solve.ts";
import type { SparseParams } from "./sparse-solve.ts";

/** A function of the factor and the values that it belongs to. */
export type Reading = PrimitiveFunction<[NDArray, NDArray], SparseParams>;

/** Reads every factor of a batch; returns the axes of the batch. */
const readAll = (
  asked: string,
  [factor, values]: readonly [ConcreteArray, ConcreteArray],
  { pattern }: SparseParams,
  read: (kept: KeptFactor) => void,
): Shape => {
  const lead = factorAxes(asked, factor, values, pattern);
  for (let k = 0; k < sizeOf(lead); k++) {
    const own = sliceOf(values, k, pattern.count);
    requireFiniteValues(pattern, own);
    read(keptFactor(pattern, sliceOf(factor, k, factor.shape.at(-1)!), own));
  }
  return lead;
};

const leadOf = (asked: string, factor: Aval, values: Aval, { pattern }: SparseParams): Shape =>
  factorAxes(asked, factor, values, pattern);

const batchReading =
  (call: Reading): Primitive<[NDArray, NDArray], SparseParams>["batch"] =>
  ([factor, values], [factorDim, valuesDim], params, { size }) => [
    call(batchToFront(factor, factorDim, size), batchToFront(values, valuesDim, size), params),
    0,
  ];

const testedIn = "test/sparse/factorization.test.ts";

// --- Determinant ------------------------------------------------------------------------------

/** The unit matrix, once for every matrix of a batch. */
const unitVectors = (lead: Shape, n: number): NDArray => {
  requireShape("the derivative of a sparse log determinant", [...lead, n, n]);
  const entries = new Float64Array(n * n);
  for (let i = 0; i < n; i++) entries[i * n + i] = 1;
  const unit = fromBuffer(entries, [n, n], "float64");
  return lead.length === 0 ? unit : broadcast(unit, { shape: [...lead, n, n], axes: [lead.length, lead.length + 1] });
};

/** Entries along the last axis, named by a list that is the same for all of a batch; they come first then. */
const pickLast = (x: NDArray, indices: Int32Array): NDArray =>
  gather(moveAxis(x, x.ndim - 1, 0), fromBuffer(indices, [indices.length, 1], "int32"), { mode: "clip", batchDims: 0 });

/** trace(A^-1 dA), from all columns of A^-1. */
const traceOfSolves = (factor: NDArray, values: NDArray, tangent: NDArray, { pattern }: SparseParams): NDArray => {
  const n = pattern.shape[0];
  const lead = values.shape.slice(0, -1);
  const columns = sparseSolve(factor, values, unitVectors(lead, n), { pattern, isTransposed: false });
  const inverse = reshape(columns, { shape: [...lead, n * n] });
  // Row i of `columns` is the column i of the inverse.
  const entries = pickLast(
    inverse,
    pattern.rows.map((row, t) => row * n + pattern.columns[t]!),
  );
  const weights = broadcast(fromBuffer(pattern.weight, [pattern.weight.length], "float64"), {
    shape: entries.shape,
    axes: [0],
  });
  return reduceSum(mul(mul(entries, weights), pickLast(tangent, pattern.source)), { axes: [0] });
};

/** log |det A|, shape [...]. */
export const sparseLogSize: Reading = definePrimitive<[NDArray, NDArray], SparseParams>({
  name: "sparseLogSize",
  evaluate: ([factor, values], params) => {
    const sizes: number[] = [];
    const lead = readAll("sparseLogSize", [factor, values], params, (kept) => sizes.push(kept.determinant().logSize));
    return fromBuffer(Float64Array.from(sizes), lead, "float64");
  },
  abstractEval: ([factor, values], params) => ({
    shape: leadOf("sparseLogSize", factor, values, params),
    dtype: "float64",
  }),
  jvp: ([factor, values], [, dValues], params) => {
    const out = sparseLogSize(factor, values, params);
    return [out, isZero(dValues) ? zero(out) : traceOfSolves(factor, values, dValues as NDArray, params)];
  },
  transpose: notLinear,
  batch: (...given) => batchReading(sparseLogSize)(...given),
  lower: routine,
  laws: { testedIn },
});

/** Sign of det A, shape [...]. */
export const sparseSign: Reading = definePrimitive<[NDArray, NDArray], SparseParams>({
  name: "sparseSign",
  evaluate: ([factor, values], params) => {
    const signs: number[] = [];
    const lead = readAll("sparseSign", [factor, values], params, (kept) => signs.push(kept.determinant().sign));
    return fromBuffer(Float64Array.from(signs), lead, "float64");
  },
  abstractEval: ([factor, values], params) => ({
    shape: leadOf("sparseSign", factor, values, params),
    dtype: "float64",
  }),
  jvp: zeroTangent(([factor, values]: [NDArray, NDArray], params: SparseParams) => sparseSign(factor, values, params)),
  transpose: notLinear,
  batch: (...given) => batchReading(sparseSign)(...given),
  lower: routine,
  laws: { testedIn },
});

// --- Inertia ----------------------------------------------------------------------------------

/** Numbers of positive and of negative eigenvalues of a symmetric matrix, shape [..., 2]. */
export const sparseInertia: Reading = definePrimitive<[NDArray, NDArray], SparseParams>({
  name: "sparseInertia",
  evaluate: ([factor, values], params) => {
    const signs: number[] = [];
    const lead = readAll("sparseInertia", [factor, values], params, ({ inertia }) => {
      if (inertia === null) throw withoutInertia(params.pattern.label);
      const { positive, negative } = inertia();
      signs.push(positive, negative);
    });
    return fromBuffer(Int32Array.from(signs), [...lead, 2], "int32");
  },
  abstractEval: ([factor, values], params) => {
    if (params.pattern.assume === "general") throw withoutInertia(params.pattern.label);
    return { shape: [...leadOf("sparseInertia", factor, values, params), 2], dtype: "int32" };
  },
  jvp: zeroTangent(([factor, values]: [NDArray, NDArray], params: SparseParams) =>
    sparseInertia(factor, values, params),
  ),
  transpose: notLinear,
  batch: (...given) => batchReading(sparseInertia)(...given),
  lower: routine,
  laws: { testedIn },
});

const withoutInertia = (label: string): InvalidOption =>
  new InvalidOption(
    "inertia",
    `${label}, whose eigenvalues need not be real`,
    'Say { assume: "symmetric" } if the matrix is symmetric',
  );

/** The records of this family. */
export const family: readonly Primitive[] = [sparseLogSize.primitive, sparseSign.primitive, sparseInertia.primitive];
