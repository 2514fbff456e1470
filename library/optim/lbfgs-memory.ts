/**
 * Memory of L-BFGS: the last steps s and gradient changes y as rows of two matrices, a ring that one row is written
 * into per step, and the product of the inverse Hessian that they stand for with a vector.
 * Source: Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 7.4 (two loops); inner products in float64.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { foriLoop } from "../../transforms/while-loop.ts";
import { full, zeros } from "../numpy/creation.ts";
import { dynamicSlice, dynamicUpdateSlice } from "../numpy/dynamic-slices.ts";
import { add, div, equal, greater, minimum, mul, remainder, sqrt, sub } from "../numpy/elementwise.ts";
import { toDType } from "../numpy/operand.ts";
import { sum } from "../numpy/reductions.ts";
import { reshape } from "../../ops/shape.ts";
import type { DType } from "../../src/array/dtype.ts";
import { where } from "../numpy/selection.ts";

export interface Memory {
  /** Rows s = x' - x and y = g' - g, [memory, n], of the parameters' dtype. */
  readonly steps: NDArray;
  readonly changes: NDArray;
  /** s.y of every row, all positive where a pair is held, and s.y / y.y of the newest: [memory] and a scalar. */
  readonly curvatures: NDArray;
  readonly scale: NDArray;
  /** Pairs held. */
  readonly count: NDArray;
  /** Row that the next pair goes to. */
  readonly next: NDArray;
}

const int32 = (value: number): NDArray => full([], value, { dtype: "int32" });

export const emptyMemory = (rows: number, n: number, dtype: DType): Memory => ({
  steps: zeros([rows, n], { dtype }),
  changes: zeros([rows, n], { dtype }),
  curvatures: zeros([rows]),
  scale: full([], 0),
  count: int32(0),
  next: int32(0),
});

/** Inner product, in float64 whatever the vectors are. */
export const dot = (x: NDArray, y: NDArray): NDArray => sum(mul(toDType(x, "float64"), toDType(y, "float64")));

const rowOf = (matrix: NDArray, k: NDArray): NDArray => {
  const [, n] = matrix.shape as [number, number];
  return reshape(dynamicSlice(matrix, [k, 0], [1, n]), { shape: [n] });
};

const elementOf = (x: NDArray, k: NDArray): NDArray => reshape(dynamicSlice(x, [k], [1]), { shape: [] });

const withElement = (x: NDArray, k: NDArray, value: NDArray): NDArray =>
  dynamicUpdateSlice(x, reshape(value, { shape: [1] }), [k]);

/** Curvature s.y of a pair relative to |s||y| that is more than rounding. */
const leastCurvature = 2 ** -52;

/** A step and the gradient's change along it, with the inner products of the two. */
export interface Pair {
  readonly step: NDArray;
  readonly change: NDArray;
  readonly stepSquare: NDArray;
  readonly curvature: NDArray;
  readonly changeSquare: NDArray;
}

export const pairOf = (step: NDArray, change: NDArray): Pair => ({
  step,
  change,
  stepSquare: dot(step, step),
  curvature: dot(step, change),
  changeSquare: dot(change, change),
});

/** Whether a pair's curvature is positive beyond rounding. */
export const curves = ({ curvature, stepSquare, changeSquare }: Pair): NDArray =>
  greater(curvature, mul(leastCurvature, mul(sqrt(stepSquare), sqrt(changeSquare))));

/** The memory with one more pair where `stores` holds; the oldest goes when it is full. */
export const remember = (memory: Memory, pair: Pair, stores: NDArray): Memory => {
  const { next, count, curvatures } = memory;
  const [rows, n] = memory.steps.shape as [number, number];
  const written = (matrix: NDArray, row: NDArray): NDArray => {
    const kept = where(stores, row, rowOf(matrix, next));
    return dynamicUpdateSlice(matrix, reshape(kept, { shape: [1, n] }), [next, 0]);
  };
  return {
    steps: written(memory.steps, pair.step),
    changes: written(memory.changes, pair.change),
    curvatures: withElement(curvatures, next, where(stores, pair.curvature, elementOf(curvatures, next))),
    scale: where(stores, div(pair.curvature, where(stores, pair.changeSquare, 1)), memory.scale),
    count: where(stores, minimum(add(count, 1), rows), count),
    next: where(stores, remainder(add(next, 1), rows), next),
  };
};

/** A pair as the product uses it, its numbers in float64. */
interface Row {
  readonly s: NDArray;
  readonly y: NDArray;
  /** 1 / s.y, or 0 for a pair that is left out, and s.y / y.y. */
  readonly inverse: NDArray;
  readonly scale: NDArray;
}

/** Pair k, the newest being 0. On a part of the variables its inner products are others than those remembered. */
const pairAt = (memory: Memory, k: NDArray, restrict: ((x: NDArray) => NDArray) | null): Row => {
  const [rows] = memory.steps.shape as [number, number];
  const row = remainder(add(sub(memory.next, add(k, 1)), rows), rows);
  const s = toDType(rowOf(memory.steps, row), "float64");
  const y = toDType(rowOf(memory.changes, row), "float64");
  if (restrict === null) return { s, y, inverse: div(1, elementOf(memory.curvatures, row)), scale: memory.scale };
  const part = pairOf(restrict(s), restrict(y));
  const counts = curves(part);
  const inverse = where(counts, div(1, where(counts, part.curvature, 1)), 0);
  const scale = where(counts, div(part.curvature, where(counts, part.changeSquare, 1)), 0);
  return { s: part.step, y: part.change, inverse, scale };
};

interface FirstLoop {
  readonly vector: NDArray;
  /** Coefficients of the y, and 1 / s.y of the pairs (0 for one that is left out), newest first. */
  readonly coefficients: NDArray;
  readonly inverses: NDArray;
  /** s.y / y.y of the newest pair that counts: the size of the inverse Hessian; 0 without one. */
  readonly scale: NDArray;
}

/**
 * H v on the variables that are free: the pairs' parts on the other variables are left out, with pairs whose curvature
 * then is not positive. Without pairs H is `otherwise` times the identity.
 * @param vector  float64 [n], 0 where a variable is not free
 * @param free    boolean [n], or null where all are
 */
export const inverseHessianTimes = (
  memory: Memory,
  vector: NDArray,
  free: NDArray | null,
  otherwise: NDArray,
): { readonly product: NDArray; readonly scale: NDArray } => {
  const { count } = memory;
  const [rows] = memory.steps.shape as [number, number];
  const restrict = free === null ? null : (x: NDArray): NDArray => where(free, x, 0);
  const first = foriLoop<FirstLoop>(
    0,
    count,
    (k, { vector: before, coefficients, inverses, scale }) => {
      const { s, y, inverse, scale: own } = pairAt(memory, k, restrict);
      const coefficient = mul(inverse, dot(s, before));
      return {
        vector: sub(before, mul(coefficient, y)),
        coefficients: withElement(coefficients, k, coefficient),
        inverses: withElement(inverses, k, inverse),
        scale: where(equal(scale, 0), own, scale),
      };
    },
    { vector, coefficients: zeros([rows]), inverses: zeros([rows]), scale: full([], 0) },
  );
  const scale = where(greater(first.scale, 0), first.scale, otherwise);
  const product = foriLoop<NDArray>(
    0,
    count,
    (step, before) => {
      const k = sub(sub(count, 1), step);
      const { s, y } = pairAt(memory, k, restrict);
      const correction = mul(elementOf(first.inverses, k), dot(y, before));
      return add(before, mul(s, sub(elementOf(first.coefficients, k), correction)));
    },
    mul(scale, first.vector),
  );
  return { product, scale };
};
