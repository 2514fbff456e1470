/**
 * General sparse systems as a closed family over a static pattern (ops/sparse-pattern.ts):
 *   sparseFactor(values) -> factor       sparseSolve(factor, values, b) -> x = A^-1 b, or A'^-1 b
 *   sparseMatvec(values, x) -> A x       sparseOuter(u, v) -> derivative of u' A v by the values
 * A is linear in the values, so dx = A^-1 (db - dA x), the cotangent of b is lambda = A'^-1 ct and that of the values
 * -sparseOuter(lambda, x): only at the pattern. The factor is a value that forward, adjoint and tangents share.
 * Axes: those of values come first in right-hand sides too, then further right-hand sides, then the vector.
 */
import { refine } from "../kernels/sparse/refinement.ts";
import type { Quality } from "../kernels/sparse/refinement.ts";
import { DTypeMismatch, InvalidOption, NotFinite, ShapeMismatch } from "../src/error.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import type { Shape } from "../src/array/shape.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import { counts } from "../src/counters.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isLinearInput, isZero, notLinear, reals, requireKnown, zero } from "../src/ir/primitive.ts";
import type { BatchDim, Pick, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { notify } from "../src/notice.ts";
import { bilinearJvp, neg, sub } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { moveAxis, only, reduceSum } from "./shape.ts";
import { factorizePattern, factorLength, keptFactor, magnificationOf, usageOf } from "./sparse-factors.ts";
import { patternOf, recordReport, tripleValues } from "./sparse-pattern.ts";
import type { SparsePattern } from "./sparse-pattern.ts";

export interface SparseParams {
  readonly pattern: SparsePattern;
}

export interface SideParams extends SparseParams {
  /** The transposed matrix is meant. */
  readonly isTransposed: boolean;
}

// --- Shapes and checks ------------------------------------------------------------------------

/** Axes of an operand in front of its last, which has this length. */
const leadingAxes = (asked: string, what: string, x: Aval, length: number): Shape => {
  if (x.shape.length === 0 || x.shape.at(-1) !== length)
    throw new ShapeMismatch(
      asked,
      `${what} has shape ${showShape(x.shape)} where its last axis must have ${length} entries`,
      "One value per entry of the pattern; one entry of the vector per row or column of the matrix",
    );
  if (x.dtype !== "float64")
    throw new DTypeMismatch(asked, `${what} is ${showAval(x)}`, "Primitives compute in float64: convert first");
  return x.shape.slice(0, -1);
};

const requirePrefix = (asked: string, prefix: Shape, whole: Shape): void => {
  if (!sameShape(prefix, whole.slice(0, prefix.length)))
    throw new ShapeMismatch(
      asked,
      `leading axes ${showShape(prefix)} of the values and ${showShape(whole)} of the vector`,
      "The values' leading axes must lead the vector's too",
    );
};

/** [length of vectors multiplied, length of products]. */
const sides = ({ pattern: { shape }, isTransposed }: SideParams): readonly [number, number] =>
  isTransposed ? shape : [shape[1], shape[0]];

/** The k-th of equally long parts of an array. */
export const sliceOf = (x: ConcreteArray, k: number, length: number): Float64Array =>
  (bufferOf(x) as Float64Array).subarray(k * length, (k + 1) * length);

/** Place of the first number that is NaN or infinite, -1 without one. */
const firstNotFinite = (numbers: Float64Array): number => {
  for (let k = 0; k < numbers.length; k++) if (!(Math.abs(numbers[k]!) < Infinity)) return k;
  return -1;
};

/** Refuses values that are not finite, by the first one's place. */
export const requireFiniteValues = ({ source, rows, columns, label }: SparsePattern, values: Float64Array): void => {
  const at = firstNotFinite(values);
  if (at < 0) return;
  const triple = source.indexOf(at);
  throw new NotFinite(
    "sparseSolve",
    `value ${at} of ${label}, in row ${rows[triple]} and column ${columns[triple]}, is ${values[at]}`,
    "Give finite values",
  );
};

const requireFiniteRhs = (rhs: Float64Array): void => {
  const at = firstNotFinite(rhs);
  if (at >= 0)
    throw new NotFinite(
      "sparseSolve",
      `entry ${at} of the right-hand side is ${rhs[at]}`,
      "Give finite right-hand sides; in reverse mode this is the cotangent of the solution, so the objective's derivative is not finite",
    );
};

const requireFiniteSolution = (x: Float64Array): void => {
  const at = firstNotFinite(x);
  if (at >= 0)
    throw new NotFinite(
      "sparseSolve",
      `entry ${at} of the solution is ${x[at]}: it overflows`,
      "Scale the system; its numbers are too far apart for float64",
    );
};

// --- sparseFactor -----------------------------------------------------------------------------

/**
 * A factorization of the matrix, to be handed to sparseSolve with the same values: for a positive definite pattern the
 * Cholesky factor's entries and a ticket, otherwise a ticket for an LDL' or LU factor, which is made again should it have been dropped.
 * Its own tangent is zero by convention: the derivative of a solve flows through the values.
 */
export const sparseFactor: PrimitiveFunction<[NDArray], SparseParams> = definePrimitive<[NDArray], SparseParams>({
  name: "sparseFactor",
  evaluate: ([values], { pattern }) => {
    const lead = leadingAxes("sparseFactor", "values", values, pattern.count);
    const length = factorLength(pattern);
    const out = new Float64Array(sizeOf(lead) * length);
    for (let k = 0; k < sizeOf(lead); k++) {
      const own = sliceOf(values, k, pattern.count);
      requireFiniteValues(pattern, own);
      factorizePattern(pattern, own, out.subarray(k * length, (k + 1) * length));
    }
    return fromBuffer(out, [...lead, length], "float64");
  },
  abstractEval: ([values], { pattern }): TypeOf => {
    requireSquare(pattern);
    return {
      shape: [...leadingAxes("sparseFactor", "values", values, pattern.count), factorLength(pattern)],
      dtype: "float64",
    };
  },
  jvp: ([values], _tangents, params) => {
    const factor = sparseFactor(values, params);
    return [factor, zero(factor)];
  },
  transpose: notLinear,
  batch: ([values], [dim], params) => [sparseFactor(moveAxis(values, dim!, 0), params), 0],
  lower: routine,
  laws: { testedIn: "test/sparse/sparse-solve.test.ts" },
});

const requireSquare = ({ shape }: SparsePattern): void => {
  if (shape[0] !== shape[1])
    throw new ShapeMismatch("sparseSolve", `a matrix of shape ${showShape(shape)}`, "Only square systems are solved");
};

// --- sparseSolve ------------------------------------------------------------------------------

/** Backward error above which the factor is of another matrix: rounding leaves at most about 1e-14. */
const foreignFactor = 1e-6;

/** Digits that a solution may lose before it is remarked. */
const alarmingMagnification = 1e12;

const requireOwnFactor = ({ normwiseError }: Quality): void => {
  if (!(normwiseError <= foreignFactor))
    throw new InvalidOption(
      "sparseSolve",
      `A x misses the right-hand side: the backward error is ${normwiseError.toExponential(1)}`,
      "Give sparseSolve the factor of these values",
    );
};

/** Remarks a matrix that leaves few digits of solutions, whichever right-hand side it is first solved with. */
const remarkNearlySingular = (pattern: SparsePattern, magnification: number): void => {
  if (magnification > alarmingMagnification)
    notify(
      "IllConditioned",
      `sparse ${pattern.id}`,
      `a solve with ${pattern.label} magnifies relative errors of the matrix at least ${magnification.toExponential(1)} times: few digits of the solution are left. The matrix is nearly singular; check the values.`,
    );
};

interface Job {
  readonly params: SideParams;
  readonly factor: Float64Array;
  readonly values: Float64Array;
}

/** Solves all right-hand sides of one matrix; returns the worst residual and backward error. */
const solveAll = ({ params, factor, values }: Job, rhs: Float64Array, out: Float64Array): readonly [number, number] => {
  const { pattern, isTransposed } = params;
  const n = pattern.shape[0];
  const kept = keptFactor(pattern, factor, values);
  const solve = (vectors: Float64Array): void => kept.solve(vectors, isTransposed);
  const [rows, columns] = isTransposed ? [pattern.columns, pattern.rows] : [pattern.rows, pattern.columns];
  const matrix = { rows, columns, values: tripleValues(pattern, values) };
  out.set(rhs);
  solve(out);
  if (rhs.length > 0) remarkNearlySingular(pattern, magnificationOf(pattern, kept, values));
  let worst: readonly [number, number] = [0, 0];
  for (let from = 0; from < rhs.length; from += n) {
    const own = rhs.subarray(from, from + n);
    const x = out.subarray(from, from + n);
    counts.solves++;
    requireFiniteSolution(x);
    const quality = refine(matrix, own, solve, x);
    requireOwnFactor(quality);
    worst = [Math.max(worst[0], quality.residual), Math.max(worst[1], quality.backwardError)];
  }
  return worst;
};

/** Axes of a batch of factors and of the values that they belong to. */
export const factorAxes = (asked: string, factor: Aval, values: Aval, pattern: SparsePattern): Shape => {
  requireSquare(pattern);
  const lead = leadingAxes(asked, "values", values, pattern.count);
  const expected = [...lead, factorLength(pattern)];
  if (!sameShape(factor.shape, expected))
    throw new ShapeMismatch(
      asked,
      `the factor has shape ${showShape(factor.shape)} where ${showShape(expected)} is needed`,
      "Use the factor of this pattern and these values",
    );
  return lead;
};

const solveAxes = (factor: Aval, values: Aval, b: Aval, { pattern }: SideParams): { lead: Shape; all: Shape } => {
  const lead = factorAxes("sparseSolve", factor, values, pattern);
  const all = leadingAxes("sparseSolve", "the right-hand side", b, pattern.shape[0]);
  requirePrefix("sparseSolve", lead, all);
  return { lead, all };
};

/** x = A^-1 b, or A'^-1 b, with the factor of A; refined by one step where that lowers the backward error. */
export const sparseSolve: PrimitiveFunction<[NDArray, NDArray, NDArray], SideParams> = definePrimitive<
  [NDArray, NDArray, NDArray],
  SideParams
>({
  name: "sparseSolve",
  evaluate: ([factor, values, b], params) => {
    const { pattern } = params;
    const { lead, all } = solveAxes(factor, values, b, params);
    const length = factorLength(pattern);
    const perMatrix = sizeOf(all.slice(lead.length)) * pattern.shape[0];
    const out = new Float64Array(b.size);
    let worst: readonly [number, number] = [0, 0];
    for (let k = 0; k < sizeOf(lead); k++) {
      const own = sliceOf(values, k, pattern.count);
      const rhs = sliceOf(b, k, perMatrix);
      requireFiniteValues(pattern, own);
      requireFiniteRhs(rhs);
      const job = { params, factor: sliceOf(factor, k, length), values: own };
      const [residual, backward] = solveAll(job, rhs, out.subarray(k * perMatrix, (k + 1) * perMatrix));
      worst = [Math.max(worst[0], residual), Math.max(worst[1], backward)];
    }
    recordReport(pattern, {
      ...usageOf(pattern),
      residual: worst[0],
      backwardError: worst[1],
      rightHandSides: sizeOf(all),
    });
    return fromBuffer(out, b.shape, "float64");
  },
  abstractEval: ([factor, values, b], params): TypeOf => {
    solveAxes(factor, values, b, params);
    return { shape: b.shape, dtype: "float64" };
  },
  jvp: ([factor, values, b], [, dValues, dB], params) => {
    const x = sparseSolve(factor, values, b, params);
    const moved = isZero(dValues) ? null : sparseMatvec(dValues as NDArray, x, params);
    if (moved === null && isZero(dB)) return [x, zero(x)];
    const rhs = moved === null ? (dB as NDArray) : isZero(dB) ? neg(moved) : sub(dB as NDArray, moved);
    return [x, sparseSolve(factor, values, rhs, params)];
  },
  transpose: (cotangents, [factor, values, b], params) => {
    if (isLinearInput(factor) || isLinearInput(values)) return notLinear(cotangents, [factor, values, b], params);
    return [null, null, sparseSolve(factor, values, only(cotangents), otherSide(params))];
  },
  batch: ([factor, values, b], [factorDim, valuesDim, bDim], params, { size }) => {
    const lead = values.shape.length - 1 - (valuesDim === null ? 0 : 1);
    if (factorDim === null && valuesDim === null)
      return [sparseSolve(factor, values, moveAxis(b, bDim!, lead), params), lead];
    return [
      sparseSolve(
        batchToFront(factor, factorDim, size),
        batchToFront(values, valuesDim, size),
        batchToFront(b, bDim, size),
        params,
      ),
      0,
    ];
  },
  lower: routine,
  laws: { testedIn: "test/sparse/sparse-solve.test.ts" },
});

/** The transposed matrix; a symmetric one is its own. */
const otherSide = ({ pattern, isTransposed }: SideParams): SideParams => ({
  pattern,
  isTransposed: pattern.assume === "general" && !isTransposed,
});

// --- sparseMatvec -----------------------------------------------------------------------------

/** Small matrices for the laws: rectangular, with a repeated place, an empty row and an empty column; symmetric ones. */
const lawPatterns = [
  patternOf({
    rows: Int32Array.of(0, 2, 0, 2, 0),
    columns: Int32Array.of(1, 0, 3, 3, 1),
    shape: [3, 4],
    assume: "general",
    triangle: "both",
  }),
  patternOf({
    rows: Int32Array.of(0, 1, 1, 0, 2),
    columns: Int32Array.of(0, 0, 1, 1, 1),
    shape: [3, 3],
    assume: "symmetric",
    triangle: "both",
  }),
  patternOf({
    rows: Int32Array.of(0, 1, 1, 1),
    columns: Int32Array.of(0, 0, 1, 0),
    shape: [2, 2],
    assume: "positive definite",
    triangle: "lower",
  }),
];

const lawField = (shape: Shape) => ({ shape, dtype: "float64" as const, domain: reals(-1, 1) });

const lawParams = (pick: Pick): SideParams => {
  const pattern = pick.oneOf(lawPatterns);
  return { pattern, isTransposed: pattern.assume === "general" && pick.oneOf([false, true]) };
};

/** A x, or A' x. Linear in the values and in x. */
export const sparseMatvec: PrimitiveFunction<[NDArray, NDArray], SideParams> = definePrimitive<
  [NDArray, NDArray],
  SideParams
>({
  name: "sparseMatvec",
  evaluate: ([values, x], params) => {
    const { pattern, isTransposed } = params;
    const [inLength, outLength] = sides(params);
    const lead = leadingAxes("sparseMatvec", "values", values, pattern.count);
    const all = leadingAxes("sparseMatvec", "the vector", x, inLength);
    const perMatrix = sizeOf(all.slice(lead.length));
    const [rows, columns] = isTransposed ? [pattern.columns, pattern.rows] : [pattern.rows, pattern.columns];
    const out = new Float64Array(sizeOf(all) * outLength);
    for (let k = 0; k < sizeOf(lead); k++) {
      const entries = tripleValues(pattern, sliceOf(values, k, pattern.count));
      for (let c = k * perMatrix; c < (k + 1) * perMatrix; c++) {
        const source = sliceOf(x, c, inLength);
        const target = out.subarray(c * outLength, (c + 1) * outLength);
        for (let t = 0; t < entries.length; t++)
          target[rows[t]!] = target[rows[t]!]! + entries[t]! * source[columns[t]!]!;
      }
    }
    return fromBuffer(out, [...all, outLength], "float64");
  },
  abstractEval: ([values, x], params): TypeOf => {
    const [inLength, outLength] = sides(params);
    const all = leadingAxes("sparseMatvec", "the vector", x, inLength);
    requirePrefix("sparseMatvec", leadingAxes("sparseMatvec", "values", values, params.pattern.count), all);
    return { shape: [...all, outLength], dtype: "float64" };
  },
  jvp: bilinearJvp((values, x, params: SideParams) => sparseMatvec(values, x, params)),
  transpose: (cotangents, [values, x], params) => {
    const cotangent = only(cotangents);
    if (!isLinearInput(values)) return [null, sparseMatvec(values, cotangent, otherSide(params))];
    const { pattern, isTransposed } = params;
    const vector = requireKnown(x);
    const [u, v] = isTransposed ? [vector, cotangent] : [cotangent, vector];
    const outer = sparseOuter(u, v, { pattern });
    const lead = values.aval.shape.length - 1;
    const cases = outer.shape.length - 1 - lead;
    return [cases === 0 ? outer : reduceSum(outer, { axes: Array.from({ length: cases }, (_, k) => lead + k) }), null];
  },
  batch: ([values, x], [valuesDim, xDim], params, { size }) => {
    const lead = values.shape.length - 1 - (valuesDim === null ? 0 : 1);
    if (valuesDim === null) return [sparseMatvec(values, moveAxis(x, xDim!, lead), params), lead];
    return [sparseMatvec(batchToFront(values, valuesDim, size), batchToFront(x, xDim, size), params), 0];
  },
  lower: routine,
  laws: {
    sample: (pick) => {
      const params = lawParams(pick);
      const lead = pick.oneOf<Shape>([[], [2]]);
      const cases = pick.oneOf<Shape>([[], [3]]);
      const inputs = [lawField([...lead, params.pattern.count]), lawField([...lead, ...cases, sides(params)[0]])];
      return { inputs, params };
    },
  },
});

// --- sparseOuter ------------------------------------------------------------------------------

/** The derivative of u' A v by every value: u_i v_j at its place, both ways where the matrix is symmetric. Bilinear. */
export const sparseOuter: PrimitiveFunction<[NDArray, NDArray], SparseParams> = definePrimitive<
  [NDArray, NDArray],
  SparseParams
>({
  name: "sparseOuter",
  evaluate: ([u, v], { pattern }) => {
    const { count, source, rows, columns, weight, shape } = pattern;
    const lead = leadingAxes("sparseOuter", "the left vector", u, shape[0]);
    const out = new Float64Array(sizeOf(lead) * count);
    for (let k = 0; k < sizeOf(lead); k++) {
      const [left, right] = [sliceOf(u, k, shape[0]), sliceOf(v, k, shape[1])];
      const target = out.subarray(k * count, (k + 1) * count);
      for (let t = 0; t < source.length; t++) {
        const at = source[t]!;
        target[at] = target[at]! + weight[t]! * left[rows[t]!]! * right[columns[t]!]!;
      }
    }
    return fromBuffer(out, [...lead, count], "float64");
  },
  abstractEval: ([u, v], { pattern }): TypeOf => {
    const lead = leadingAxes("sparseOuter", "the left vector", u, pattern.shape[0]);
    const other = leadingAxes("sparseOuter", "the right vector", v, pattern.shape[1]);
    if (!sameShape(lead, other))
      throw new ShapeMismatch(
        "sparseOuter",
        `leading axes ${showShape(lead)} and ${showShape(other)}`,
        "Both vectors need the same leading axes",
      );
    return { shape: [...lead, pattern.count], dtype: "float64" };
  },
  jvp: bilinearJvp((u, v, params: SparseParams) => sparseOuter(u, v, params)),
  transpose: (cotangents, [u, v], { pattern }) =>
    isLinearInput(u)
      ? [sparseMatvec(only(cotangents), requireKnown(v), { pattern, isTransposed: false }), null]
      : [null, sparseMatvec(only(cotangents), u, otherSide({ pattern, isTransposed: false }))],
  batch: ([u, v], [uDim, vDim], params, { size }) => [
    sparseOuter(batchToFront(u, uDim as BatchDim, size), batchToFront(v, vDim as BatchDim, size), params),
    0,
  ],
  lower: routine,
  laws: {
    sample: (pick) => {
      const { pattern } = lawParams(pick);
      const lead = pick.oneOf<Shape>([[], [2]]);
      return {
        inputs: [lawField([...lead, pattern.shape[0]]), lawField([...lead, pattern.shape[1]])],
        params: { pattern },
      };
    },
  },
});

/** The records of this family. */
export const family: readonly Primitive[] = [
  sparseFactor.primitive,
  sparseSolve.primitive,
  sparseMatvec.primitive,
  sparseOuter.primitive,
];
