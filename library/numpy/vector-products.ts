/**
 * Products of vectors and matrices with broadcasting of the leading axes: vecdot, matvec, vecmat, cross, kron.
 */
import { ShapeMismatch } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { broadcastShapes, normalizeAxis, showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { mul, sub } from "../../ops/arithmetic.ts";
import { moveAxis, reshape } from "../../ops/shape.ts";
import { join, padZeros, sliceAxis } from "../../ops/slicing.ts";
import { multiply } from "./elementwise.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { dataLast } from "./product-function.ts";
import type { ProductFunction } from "./product-function.ts";
import { matmul } from "./products.ts";
import { asNumber } from "./reduction-parts.ts";

/** Two operands of one dtype, booleans as int32. */
const pair = (asked: string, x: Operand, y: Operand): [NDArray, NDArray] => {
  const [left, right] = [asNumber(asOperand(asked, x)), asNumber(asOperand(asked, y))];
  const { dtype } = resultType([left, right]);
  return [toDType(left, dtype), toDType(right, dtype)];
};

const requireRanks = (asked: string, x: NDArray, y: NDArray, least: readonly [number, number]): void => {
  if (x.ndim < least[0] || y.ndim < least[1])
    throw new ShapeMismatch(
      asked,
      `shapes ${showShape(x.shape)} and ${showShape(y.shape)}`,
      `Give ranks of at least ${least[0]} and ${least[1]}`,
    );
};

const asColumn = (x: NDArray): NDArray => reshape(x, { shape: [...x.shape, 1] });
const asRow = (x: NDArray): NDArray => reshape(x, { shape: [...x.shape.slice(0, -1), 1, x.shape.at(-1)!] });
const without = (x: NDArray, axis: number): NDArray =>
  reshape(x, { shape: x.shape.toSpliced(axis < 0 ? axis + x.ndim : axis, 1) });

/**
 * Matrices times vectors: [..., m, n] and [..., n] give [..., m].
 * @throws ShapeMismatch
 * @example np.matvec(array([[1, 2], [3, 4]]), array([[1, 0], [1, 1]])) // [[1, 3], [3, 7]]
 */
export const matvec: ProductFunction = dataLast((x, y) => {
  const [matrix, vector] = pair("np.matvec", x, y);
  requireRanks("np.matvec", matrix, vector, [2, 1]);
  return without(matmul(matrix, asColumn(vector)), -1);
});

/**
 * Vectors times matrices: [..., m] and [..., m, n] give [..., n].
 * @throws ShapeMismatch
 * @example np.vecmat(array([1, 1]), array([[1, 2], [3, 4]])) // [4, 6]
 */
export const vecmat: ProductFunction = dataLast((x, y) => {
  const [vector, matrix] = pair("np.vecmat", x, y);
  requireRanks("np.vecmat", vector, matrix, [1, 2]);
  return without(matmul(asRow(vector), matrix), -2);
});

export interface VecdotOptions {
  /** Summed axis of both. Default -1. */
  readonly axis?: number;
}

/**
 * Sum of products along one axis of both; the other axes broadcast.
 * @throws ShapeMismatch
 * @example np.vecdot(array([[1, 2], [3, 4]]), array([1, 1])) // [3, 7]
 */
export const vecdot = (x: Operand, y: Operand, options: VecdotOptions = {}): NDArray => {
  requireOptions("np.vecdot", options, ["axis"]);
  const [left, right] = pair("np.vecdot", x, y);
  requireRanks("np.vecdot", left, right, [1, 1]);
  const last = (z: NDArray): NDArray => moveAxis(z, normalizeAxis("np.vecdot", options.axis ?? -1, z.ndim), z.ndim - 1);
  return without(without(matmul(asRow(last(left)), asColumn(last(right))), -1), -1);
};

export interface CrossOptions {
  /** Where the vectors of x, of y, and of the result lie. Default -1 each. */
  readonly axisa?: number;
  readonly axisb?: number;
  readonly axisc?: number;
  /** One axis for all three; overrides the others. */
  readonly axis?: number;
}

/** Components along the last axis as separate arrays, the third one 0 for vectors of two. */
const componentsOf = (x: NDArray): NDArray[] => {
  const last = x.ndim - 1;
  const padded =
    x.shape[last] === 2
      ? padZeros(
          x,
          [...x.shape.keys()].map((k) => [0, k === last ? 1 : 0, 0]),
        )
      : x;
  return [0, 1, 2].map((k) => without(sliceAxis(padded, last, k, k + 1), -1));
};

/**
 * Vector product of vectors of three components; of two with a third of 0. Two vectors of two components give the
 * third component alone. The other axes broadcast.
 * @throws ShapeMismatch  vectors of another length
 * @example np.cross(array([1, 0, 0]), array([0, 1, 0])) // [0, 0, 1]
 * np.cross(array([1, 2]), array([4, 5])) // -3
 */
export const cross = (x: Operand, y: Operand, options: CrossOptions = {}): NDArray => {
  requireOptions("np.cross", options, ["axisa", "axisb", "axisc", "axis"]);
  const [left, right] = pair("np.cross", x, y);
  requireRanks("np.cross", left, right, [1, 1]);
  const { axis, axisa = -1, axisb = -1, axisc = -1 } = options;
  const [own, other] = [
    moveAxis(left, normalizeAxis("np.cross", axis ?? axisa, left.ndim), left.ndim - 1),
    moveAxis(right, normalizeAxis("np.cross", axis ?? axisb, right.ndim), right.ndim - 1),
  ];
  const lengths = [own.shape.at(-1)!, other.shape.at(-1)!];
  if (lengths.some((length) => length !== 2 && length !== 3))
    throw new ShapeMismatch(
      "np.cross",
      `vectors of ${lengths[0]} and ${lengths[1]} components`,
      "Give vectors of 2 or 3 components, or name their axis",
    );
  const shape = broadcastShapes("np.cross", own.shape.slice(0, -1), other.shape.slice(0, -1));
  const [a, b] = [own, other].map((z) => componentsOf(z).map((part) => broadcastArray(part, shape)));
  const component = (k: number): NDArray => {
    const [next, after] = [(k + 1) % 3, (k + 2) % 3];
    return sub(mul(a![next]!, b![after]!), mul(a![after]!, b![next]!));
  };
  if (lengths[0] === 2 && lengths[1] === 2) return component(2);
  const out = join([0, 1, 2].map(component).map(asColumn), shape.length);
  return moveAxis(out, shape.length, normalizeAxis("np.cross", axis ?? axisc, shape.length + 1));
};

/**
 * Kronecker product: x with every element replaced by that element times y.
 * @example np.kron(array([1, 10]), array([1, 2])) // [1, 2, 10, 20]
 */
export const kron: ProductFunction = dataLast((x, y) => {
  const [left, right] = pair("np.kron", x, y);
  const rank = Math.max(left.ndim, right.ndim);
  const full = (z: NDArray): number[] => [...new Array<number>(rank - z.ndim).fill(1), ...z.shape];
  const [outer, inner] = [full(left), full(right)];
  const product = multiply(
    reshape(left, { shape: outer.flatMap((extent) => [extent, 1]) }),
    reshape(right, { shape: inner.flatMap((extent) => [1, extent]) }),
  );
  return reshape(product, { shape: outer.map((extent, axis) => extent * inner[axis]!) });
});
