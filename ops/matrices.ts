/**
 * Shared parts of the primitives on matrices: the last two axes are a matrix, all before it are batch axes.
 * Products, triangles and diagonals written with the primitives of lower families; loops of `evaluate` over a batch.
 */
import { DTypeMismatch, ShapeMismatch } from "../src/error.ts";
import { isFloat } from "../src/array/dtype.ts";
import { allocate } from "../src/array/storage.ts";
import type { DType } from "../src/array/dtype.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import type { BatchDim } from "../src/ir/primitive.ts";
import { add, full, mul } from "./arithmetic.ts";
import { keepWhere } from "./comparison.ts";
import { dot } from "./contraction.ts";
import { broadcast, moveAxis, reshape, transpose } from "./shape.ts";
import { slice } from "./slicing.ts";

// --- Types ------------------------------------------------------------------------------------

/** Refuses what is no stack of float matrices. */
export const requireMatrix = (asked: string, x: Aval): void => {
  if (x.shape.length < 2)
    throw new ShapeMismatch(asked, `shape ${showShape(x.shape)}`, "Give a matrix, or matrices in the last two axes");
  if (!isFloat(x.dtype)) throw new DTypeMismatch(asked, showAval(x), "Give floats: convert with astype");
};

/** Refuses what is no stack of square float matrices. */
export const requireSquare = (asked: string, x: Aval): void => {
  requireMatrix(asked, x);
  if (x.shape.at(-1) !== x.shape.at(-2))
    throw new ShapeMismatch(
      asked,
      `shape ${showShape(x.shape)} has ${x.shape.at(-2)} rows and ${x.shape.at(-1)} columns`,
      "Give square matrices in the last two axes",
    );
};

/** Refuses operands of different dtypes, or whose batch axes differ. */
export const requireSameStack = (asked: string, operands: readonly Aval[]): void => {
  const [first] = operands;
  for (const other of operands)
    if (!sameShape(first!.shape.slice(0, -2), other.shape.slice(0, -2)) || first!.dtype !== other.dtype)
      throw new ShapeMismatch(
        asked,
        operands.map(showAval).join(" and "),
        "Primitives take equal batch axes and dtypes; the functions of cotangent/linalg broadcast and promote",
      );
};

export const leadOf = ({ shape }: { readonly shape: Shape }): Shape => shape.slice(0, -2);
export const rowsOf = ({ shape }: { readonly shape: Shape }): number => shape.at(-2)!;
export const columnsOf = ({ shape }: { readonly shape: Shape }): number => shape.at(-1)!;

// --- Evaluation -------------------------------------------------------------------------------

/** Matrix k of a stack as float64, a copy that may be overwritten. */
export const matrixAt = (x: ConcreteArray, k: number): Float64Array => {
  const length = rowsOf(x) * columnsOf(x);
  return Float64Array.from(bufferOf(x).subarray(k * length, (k + 1) * length));
};

/** Runs `compute` on every matrix of a stack; its results, one list each, are put together and rounded to the dtype once. */
export const mapStack = (
  lead: Shape,
  tails: readonly Shape[],
  dtypes: readonly DType[],
  compute: (k: number) => readonly ArrayLike<number>[],
): ConcreteArray[] => {
  const count = sizeOf(lead);
  const outputs = tails.map((tail, output) => allocate(dtypes[output]!, count * sizeOf(tail)));
  for (let k = 0; k < count; k++)
    compute(k).forEach((values, output) => outputs[output]!.set(values, k * sizeOf(tails[output]!)));
  return outputs.map((buffer, output) => fromBuffer(buffer, [...lead, ...tails[output]!], dtypes[output]!));
};

/** " of matrix [1, 0] of the batch", or nothing where there is no batch: tells which member an error means. */
export const showMember = (lead: Shape, k: number): string => {
  if (lead.length === 0) return "";
  const index: number[] = [];
  for (let axis = lead.length - 1, rest = k; axis >= 0; axis--) {
    index.unshift(rest % lead[axis]!);
    rest = Math.floor(rest / lead[axis]!);
  }
  return ` of matrix ${showShape(index)} of the batch ${showShape(lead)}`;
};

// --- Programs of primitives -------------------------------------------------------------------

/** A B, matrix by matrix. */
export const matmul = (a: NDArray, b: NDArray): NDArray => {
  const batch = leadOf(a).map((_, axis) => axis);
  return dot(a, b, { contract: [[batch.length + 1], [batch.length]], batch: [batch, batch] });
};

/** A', matrix by matrix. */
export const transposed = (a: NDArray): NDArray => {
  const rank = a.ndim;
  return transpose(a, {
    permutation: [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2],
  });
};

/** (A + A') / 2. */
export const symmetricPart = (a: NDArray): NDArray => mul(add(a, transposed(a)), full(0.5, a.shape, a.dtype));

const mask = (shape: Shape, isKept: (row: number, column: number) => boolean): NDArray => {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const kept = new Uint8Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) kept[i * columns + j] = isKept(i, j) ? 1 : 0;
  const one = fromBuffer(kept, [rows, columns], "bool");
  return shape.length === 2 ? one : broadcast(one, { shape, axes: [shape.length - 2, shape.length - 1] });
};

/** The lower triangle, zeros elsewhere; `k` diagonals below the main one are dropped. */
export const lowerPart = (a: NDArray, k = 0): NDArray =>
  keepWhere(
    mask(a.shape, (i, j) => i - j >= k),
    a,
  );

/** The upper triangle, zeros elsewhere; `k` diagonals above the main one are dropped. */
export const upperPart = (a: NDArray, k = 0): NDArray =>
  keepWhere(
    mask(a.shape, (i, j) => j - i >= k),
    a,
  );

/** The matrix with a diagonal of zeros. */
export const besideDiagonal = (a: NDArray): NDArray =>
  keepWhere(
    mask(a.shape, (i, j) => i !== j),
    a,
  );

/** The identity, repeated along the batch axes. */
export const identityLike = (lead: Shape, size: number, dtype: DType): NDArray => {
  const ones = allocate(dtype, size * size);
  for (let k = 0; k < size; k++) ones[k * (size + 1)] = 1;
  const one = fromBuffer(ones, [size, size], dtype);
  return lead.length === 0
    ? one
    : broadcast(one, { shape: [...lead, size, size], axes: [lead.length, lead.length + 1] });
};

/** Diagonal `offset` columns above the main one, as an axis in place of the last two. */
export const diagonalOf = (a: NDArray, offset = 0): NDArray => {
  const [lead, rows, columns] = [leadOf(a), rowsOf(a), columnsOf(a)];
  const first = Math.max(0, -offset);
  const length = Math.max(0, Math.min(rows - first, columns - first - offset));
  if (length === 0) return full(0, [...lead, 0], a.dtype);
  const start = first * columns + first + offset;
  return slice(reshape(a, { shape: [...lead, rows * columns] }), {
    start: [...lead.map(() => 0), start],
    limit: [...lead, start + (length - 1) * (columns + 1) + 1],
    stride: [...lead.map(() => 1), columns + 1],
  });
};

/** Repeats a vector of one number a column along the rows of a matrix. */
export const alongRows = (values: NDArray, rows: number): NDArray => {
  const last = values.ndim - 1;
  const lead = values.shape.slice(0, -1);
  return broadcast(values, {
    shape: [...lead, rows, values.shape[last]!],
    axes: [...lead.map((_, axis) => axis), last + 1],
  });
};

/** A diag(v). */
export const scaleColumns = (a: NDArray, v: NDArray): NDArray => mul(a, alongRows(v, rowsOf(a)));

/** Rows and columns from..to of every matrix. */
export const block = (
  a: NDArray,
  rows: readonly [from: number, to: number],
  columns: readonly [from: number, to: number],
): NDArray => {
  const lead = leadOf(a);
  return slice(a, {
    start: [...lead.map(() => 0), rows[0], columns[0]],
    limit: [...lead, rows[1], columns[1]],
    stride: a.shape.map(() => 1),
  });
};

// --- Batching ---------------------------------------------------------------------------------

/**
 * A mapped axis of right-hand sides alone becomes more columns, so that the matrix is neither repeated nor factored
 * again: [solve(columns), mapped axis of the result].
 */
export const batchColumns = (b: NDArray, dim: number, solve: (b: NDArray) => NDArray): readonly [NDArray, BatchDim] => {
  const last = moveAxis(b, dim, b.ndim - 1);
  const [columns, size] = [last.shape.at(-2)!, last.shape.at(-1)!];
  const wide = solve(reshape(last, { shape: [...last.shape.slice(0, -2), columns * size] }));
  return [reshape(wide, { shape: [...wide.shape.slice(0, -1), columns, size] }), wide.ndim];
};
