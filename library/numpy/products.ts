/**
 * Products and sums over paired axes: dot, matmul, tensordot, inner, outer, vdot. Those of two operands alone
 * also work data-last, for pipe: np.matmul(y) is (x) => np.matmul(x, y).
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { resultType } from "../../src/array/dtype.ts";
import { broadcastShapes, normalizeAxis, showShape } from "../../src/array/shape.ts";
import { dot as dotGeneral } from "../../ops/contraction.ts";
import { reshape } from "../../ops/shape.ts";
import { mul } from "./elementwise.ts";
import { dataLast } from "./product-function.ts";
import type { ProductFunction } from "./product-function.ts";
import type { Operand } from "./operand.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";

const pair = (asked: string, x: Operand, y: Operand): [NDArray, NDArray] => {
  const [left, right] = [asOperand(asked, x), asOperand(asked, y)];
  const { dtype } = resultType([left, right]);
  return [toDType(left, dtype), toDType(right, dtype)];
};

const requireContracting = (asked: string, x: NDArray, xAxis: number, y: NDArray, yAxis: number): void => {
  if (x.shape[xAxis] !== y.shape[yAxis])
    throw new ShapeMismatch(
      asked,
      `shapes ${showShape(x.shape)} and ${showShape(y.shape)}: axis ${xAxis} has ${x.shape[xAxis]}, axis ${yAxis} has ${y.shape[yAxis]}`,
      "The contracted sizes must be equal",
    );
};

/**
 * Sum of products over the last axis of x and the second to last of y (the only one of a vector).
 * Scalars multiply. dot of two vectors is a number.
 * @example np.dot(array([1, 2]), array([3, 4])) // 11
 */
export const dot: ProductFunction = dataLast((x, y) => {
  const [left, right] = pair("np.dot", x, y);
  if (left.ndim === 0 || right.ndim === 0) return mul(left, right);
  const axes = [left.ndim - 1, Math.max(0, right.ndim - 2)] as const;
  requireContracting("np.dot", left, axes[0], right, axes[1]);
  return dotGeneral(left, right, { contract: [[axes[0]], [axes[1]]], batch: [[], []] });
});

/**
 * Matrix product with broadcasting of the leading axes; vectors as rows and columns.
 * @example np.matmul(array([[1, 2], [3, 4]]), array([1, 1])) // [3, 7]
 */
export const matmul: ProductFunction = dataLast((x, y) => {
  const [left, right] = pair("np.matmul", x, y);
  if (left.ndim === 0 || right.ndim === 0)
    throw new ShapeMismatch(
      "np.matmul",
      `shapes ${showShape(left.shape)} and ${showShape(right.shape)}`,
      "Scalars multiply with np.mul",
    );
  requireContracting("np.matmul", left, left.ndim - 1, right, Math.max(0, right.ndim - 2));
  if (left.ndim <= 2 && right.ndim <= 2) return dot(left, right);
  const rows = left.ndim === 1 ? reshape(left, { shape: [1, left.size] }) : left;
  const columns = right.ndim === 1 ? reshape(right, { shape: [right.size, 1] }) : right;
  const lead = broadcastShapes(
    `np.matmul of ${showShape(left.shape)} and ${showShape(right.shape)}`,
    rows.shape.slice(0, -2),
    columns.shape.slice(0, -2),
  );
  const a = broadcastArray(rows, [...lead, ...rows.shape.slice(-2)]);
  const b = broadcastArray(columns, [...lead, ...columns.shape.slice(-2)]);
  const batch = lead.map((_, axis) => axis);
  const out = dotGeneral(a, b, { contract: [[lead.length + 1], [lead.length]], batch: [batch, batch] });
  const keep = [
    ...lead,
    ...(left.ndim === 1 ? [] : [rows.shape.at(-2)!]),
    ...(right.ndim === 1 ? [] : [columns.shape.at(-1)!]),
  ];
  return reshape(out, { shape: keep });
});

/**
 * Sum over the last `axes` axes of x and the first of y, or over the named pairs [axes of x, axes of y].
 * @example np.tensordot(np.ones([2, 3]), np.ones([3, 4]), 1).shape // [2, 4]
 */
export const tensordot = (
  x: Operand,
  y: Operand,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): NDArray => {
  const [left, right] = pair("np.tensordot", x, y);
  if (typeof axes === "number" && !(Number.isInteger(axes) && axes >= 0 && axes <= Math.min(left.ndim, right.ndim)))
    throw new ShapeMismatch(
      "np.tensordot",
      `${axes} axes of shapes ${showShape(left.shape)} and ${showShape(right.shape)}`,
      "Sum over as many axes as both have",
    );
  if (typeof axes !== "number" && !(Array.isArray(axes) && axes.length === 2 && axes.every(Array.isArray)))
    throw new InvalidOption("np.tensordot", `axes ${showValue(axes)}`, "Give a number, or two lists of axes");
  const ofLeft = typeof axes === "number" ? Array.from({ length: axes }, (_, k) => left.ndim - axes + k) : axes[0];
  const ofRight = typeof axes === "number" ? Array.from({ length: axes }, (_, k) => k) : axes[1];
  const own = ofLeft.map((axis) => normalizeAxis("np.tensordot", axis, left.ndim));
  const other = ofRight.map((axis) => normalizeAxis("np.tensordot", axis, right.ndim));
  if (new Set(own).size !== own.length || new Set(other).size !== other.length)
    throw new ShapeMismatch(
      "np.tensordot",
      `axes ${showShape(own)} and ${showShape(other)} repeat`,
      "Name every axis once",
    );
  if (own.length !== other.length)
    throw new ShapeMismatch("np.tensordot", `${own.length} axes of x and ${other.length} of y`, "Pair the axes");
  own.forEach((axis, k) => requireContracting("np.tensordot", left, axis, right, other[k]!));
  return dotGeneral(left, right, { contract: [own, other], batch: [[], []] });
};

/**
 * Sum over the last axes of both.
 * @example np.inner(array([[1, 2], [3, 4]]), array([1, 1])) // [3, 7]
 */
export const inner: ProductFunction = dataLast((x, y) => {
  const [left, right] = pair("np.inner", x, y);
  if (left.ndim === 0 || right.ndim === 0) return mul(left, right);
  requireContracting("np.inner", left, left.ndim - 1, right, right.ndim - 1);
  return dotGeneral(left, right, { contract: [[left.ndim - 1], [right.ndim - 1]], batch: [[], []] });
});

/**
 * All products of two flattened arrays: shape [x.size, y.size].
 * @example np.outer(array([1, 2]), array([3, 4])) // [[3, 4], [6, 8]]
 */
export const outer: ProductFunction = dataLast((x, y) => {
  const [left, right] = pair("np.outer", x, y);
  return mul(reshape(left, { shape: [left.size, 1] }), reshape(right, { shape: [1, right.size] }));
});

/**
 * Sum of products of all elements.
 * @example np.vdot(array([[1, 2], [3, 4]]), np.ones([4])) // 10
 */
export const vdot: ProductFunction = dataLast((x, y) => {
  const [left, right] = pair("np.vdot", x, y);
  if (left.size !== right.size)
    throw new ShapeMismatch(
      "np.vdot",
      `${left.size} and ${right.size} elements`,
      "Both need the same number of elements",
    );
  return dot(reshape(left, { shape: [left.size] }), reshape(right, { shape: [right.size] }));
});
