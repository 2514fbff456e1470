/**
 * Diagonals and triangles: eye, diag, diagonal, trace, fillDiagonal, tri, tril, triu, vander and the indices of these.
 * Diagonal k lies k columns above the main one. Where elements stand is static, so all of it is linear in the values.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { allocate } from "../../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxes, normalizeAxis, requireShape, showShape } from "../../src/array/shape.ts";
import { full, integerPower, zerosOf } from "../../ops/arithmetic.ts";
import { keepWhere, select } from "../../ops/comparison.ts";
import { gather, scatterSet } from "../../ops/indexing.ts";
import * as shapes from "../../ops/shape.ts";
import { join } from "../../ops/slicing.ts";
import { requireOptions } from "../../src/options.ts";
import type { CreationOptions } from "./creation.ts";
import { asOperand, broadcastArray, dtypeOption, requireCallable, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { optionsLast } from "./options-last.ts";
import type { OptionsLast } from "./options-last.ts";
import { nonzero } from "./places.ts";
import type { NonzeroOptions } from "./places.ts";
import { counting, flattened, indexColumns } from "./true-places.ts";

export interface DiagonalOptions {
  /** Columns the diagonal lies above the main one; negative below. Default 0. */
  readonly k?: number;
}

const requireDiagonal = (asked: string, k: number): void => {
  if (!Number.isSafeInteger(k))
    throw new InvalidOption(asked, `k ${showValue(k)}`, "Diagonals are counted by whole numbers");
};

/** Rows and columns of a diagonal of a rows x columns matrix. */
const diagonalPlaces = (asked: string, rows: number, columns: number, k: number): readonly [number[], number[]] => {
  requireDiagonal(asked, k);
  const first = Math.max(0, -k);
  const length = Math.max(0, Math.min(rows - first, columns - first - k));
  const down = Array.from({ length }, (_, step) => first + step);
  return [down, down.map((row) => row + k)];
};

// --- Diagonals --------------------------------------------------------------------------------

/** The columns of a matrix, as many as rows by default, and options. */
type ColumnsAndOptions<Options> = OptionsLast<number, Options>;

/**
 * Ones on a diagonal: shape [rows, columns], columns - rows offset `k` up.
 * @param rest  columns, as many as rows by default; options k, dtype
 * @example np.eye(2, 3, { k: 1 }) // [[0, 1, 0], [0, 0, 1]]
 * @example np.eye(2, { dtype: "int32" }) // [[1, 0], [0, 1]]
 */
export const eye = (rows: number, ...rest: ColumnsAndOptions<CreationOptions & DiagonalOptions>): NDArray => {
  const [columns = rows, options = {}] = optionsLast<[number?, (CreationOptions & DiagonalOptions)?]>(rest, 1);
  const dtype = dtypeOption("np.eye", options, "float64", ["k"]);
  const out = allocate(dtype, requireShape("np.eye", [rows, columns]));
  const [down, across] = diagonalPlaces("np.eye", rows, columns, options.k ?? 0);
  down.forEach((row, step) => (out[row * columns + across[step]!] = 1));
  return fromBuffer(out, [rows, columns], dtype);
};

/**
 * The square identity matrix.
 * @example np.identity(2) // [[1, 0], [0, 1]]
 */
export const identity = (size: number, options: CreationOptions = {}): NDArray => eye(size, size, options);

export interface PlaneOptions {
  /** Which diagonal: 0 the main one, above it positive, below negative. Default 0. */
  readonly offset?: number;
  /** Axis of the rows, default 0. */
  readonly axis1?: number;
  /** Axis of the columns, default 1. */
  readonly axis2?: number;
}

/**
 * Diagonals of the matrices in two axes, the first two by default: shape [...other axes, length].
 * @param options  offset, axis1, axis2
 * @example np.diagonal(array([[1, 2], [3, 4]])) // [1, 4]
 */
export const diagonal = (x: Operand, options: PlaneOptions = {}): NDArray => {
  requireOptions("np.diagonal", options, ["offset", "axis1", "axis2"]);
  return diagonalOf("np.diagonal", asOperand("np.diagonal", x), options);
};

const diagonalOf = (asked: string, x: NDArray, { offset = 0, axis1 = 0, axis2 = 1 }: PlaneOptions): NDArray => {
  if (x.ndim < 2) throw new ShapeMismatch(asked, `shape ${showShape(x.shape)}`, "Give at least two axes");
  const plane = [normalizeAxis(asked, axis1, x.ndim), normalizeAxis(asked, axis2, x.ndim)];
  normalizeAxes(asked, plane, x.ndim);
  const others = x.shape.flatMap((_, axis) => (plane.includes(axis) ? [] : [axis]));
  const front = shapes.transpose(x, { permutation: [...plane, ...others] });
  const places = indexColumns(...diagonalPlaces(asked, front.shape[0]!, front.shape[1]!, offset));
  const read = gather(front, places, { mode: "drop", batchDims: 0 });
  return shapes.moveAxis(read, 0, read.ndim - 1);
};

/**
 * The diagonal of a matrix, or the square matrix with a vector on its diagonal and zeros elsewhere.
 * @example np.diag(array([1, 2])) // [[1, 0], [0, 2]]
 */
export const diag = (x: Operand, options: DiagonalOptions = {}): NDArray => {
  requireOptions("np.diag", options, ["k"]);
  const own = asOperand("np.diag", x);
  if (own.ndim === 2) return diagonalOf("np.diag", own, { offset: options.k ?? 0 });
  if (own.ndim !== 1)
    throw new ShapeMismatch(
      "np.diag",
      `shape ${showShape(own.shape)}`,
      "Give a vector or a matrix; diagonal takes more axes",
    );
  return spreadOnDiagonal("np.diag", own, options);
};

const spreadOnDiagonal = (asked: string, vector: NDArray, { k = 0 }: DiagonalOptions): NDArray => {
  requireDiagonal(asked, k);
  const size = vector.size + Math.abs(k);
  requireShape(asked, [size, size]);
  const places = indexColumns(...diagonalPlaces(asked, size, size, k));
  return scatterSet(zerosOf([size, size], vector.dtype), places, vector, { mode: "drop", batchDims: 0 });
};

/**
 * The square matrix with the flattened array on a diagonal and zeros elsewhere.
 * @example np.diagflat(array([[1, 2]]), { k: 1 }) // [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
 */
export const diagflat = (x: Operand, options: DiagonalOptions = {}): NDArray => {
  requireOptions("np.diagflat", options, ["k"]);
  return spreadOnDiagonal("np.diagflat", flattened(asOperand("np.diagflat", x)), options);
};

/**
 * Sum of a diagonal of the matrices in two axes, the first two by default.
 * @param options  offset, axis1, axis2
 * @example np.trace(array([[1, 2], [3, 4]])) // 5
 */
export const trace = (x: Operand, options: PlaneOptions = {}): NDArray => {
  requireOptions("np.trace", options, ["offset", "axis1", "axis2"]);
  const along = diagonalOf("np.trace", asOperand("np.trace", x), options);
  return shapes.reduceSum(along.dtype === "bool" ? toDType(along, "int32") : along, { axes: [along.ndim - 1] });
};

/**
 * The array with its main diagonal replaced: places whose indices are all equal.
 * @param x        shape [rows, columns], or more axes of equal sizes
 * @param value    a number, or values taken in turn and from the front again
 * @param options  wrap: tall matrices go on with the diagonal below the square, one row left out
 * @example np.fillDiagonal(np.ones([2, 2]), 5) // [[5, 1], [1, 5]]
 */
export const fillDiagonal = (x: Operand, value: Operand, options: { readonly wrap?: boolean } = {}): NDArray => {
  requireOptions("np.fillDiagonal", options, ["wrap"]);
  const own = asOperand("np.fillDiagonal", x);
  const isCube = own.shape.every((extent) => extent === own.shape[0]);
  if (own.ndim < 2 || (own.ndim > 2 && !isCube))
    throw new ShapeMismatch(
      "np.fillDiagonal",
      `shape ${showShape(own.shape)}`,
      "Give a matrix, or more axes of equal sizes",
    );
  const columns = own.shape.at(-1)!;
  const step = own.ndim === 2 ? columns + 1 : own.shape.reduce((sum, extent) => sum * extent + 1, 0);
  const end = own.ndim === 2 && options.wrap !== true ? Math.min(own.size, columns * columns) : own.size;
  const places = Array.from({ length: own.size === 0 ? 0 : Math.ceil(end / step) }, (_, k) => k * step);
  const values = flattened(toDType(asOperand("np.fillDiagonal", value), own.dtype));
  if (values.size === 0) throw new ShapeMismatch("np.fillDiagonal", "no values", "Give at least one");
  const turns = indexColumns(places.map((_, k) => k % values.size));
  const updates = gather(values, turns, { mode: "drop", batchDims: 0 });
  const written = scatterSet(flattened(own), indexColumns(places), updates, { mode: "drop", batchDims: 0 });
  return shapes.reshape(written, { shape: own.shape });
};

/**
 * Indices of the main diagonal of a square matrix, or of more axes: one int32 vector per axis.
 * @example np.diagIndices(2) // [[0, 1], [0, 1]]
 */
export const diagIndices = (size: number, rank = 2): NDArray[] => {
  requireShape("np.diagIndices", [size]);
  requireShape("np.diagIndices", [rank]);
  return Array.from({ length: rank }, () => counting(size));
};

/**
 * Indices of the main diagonal of an array whose axes have equal sizes.
 * @example np.diagIndicesFrom(np.zeros([2, 2])) // [[0, 1], [0, 1]]
 */
export const diagIndicesFrom = (x: NDArray): NDArray[] => {
  const { shape } = asOperand("np.diagIndicesFrom", x);
  if (shape.length < 2 || shape.some((extent) => extent !== shape[0]))
    throw new ShapeMismatch(
      "np.diagIndicesFrom",
      `shape ${showShape(shape)}`,
      "Give at least two axes, all of one size",
    );
  return diagIndices(shape[0]!, shape.length);
};

// --- Triangles --------------------------------------------------------------------------------

/** True on and below a diagonal. */
const lowerMask = (asked: string, rows: number, columns: number, k: number): ConcreteArray => {
  requireDiagonal(asked, k);
  const out = allocate("bool", requireShape(asked, [rows, columns]));
  for (let row = 0; row < rows; row++) out.fill(1, row * columns, row * columns + reach(row + k + 1, columns));
  return fromBuffer(out, [rows, columns], "bool");
};

const reach = (count: number, columns: number): number => Math.max(0, Math.min(columns, count));

/**
 * Ones on and below a diagonal, zeros above: shape [rows, columns].
 * @param rest  columns, as many as rows by default; options k, dtype
 * @example np.tri(2, 3, { k: 1 }) // [[1, 1, 0], [1, 1, 1]]
 * @example np.tri(2, { k: -1 }) // [[0, 0], [1, 0]]
 */
export const tri = (rows: number, ...rest: ColumnsAndOptions<CreationOptions & DiagonalOptions>): NDArray => {
  const [columns = rows, options = {}] = optionsLast<[number?, (CreationOptions & DiagonalOptions)?]>(rest, 1);
  const dtype = dtypeOption("np.tri", options, "float64", ["k"]);
  return toDType(lowerMask("np.tri", rows, columns, options.k ?? 0), dtype);
};

const matrixOf = (asked: string, x: Operand): NDArray => {
  const own = asOperand(asked, x);
  if (own.ndim < 2) throw new ShapeMismatch(asked, `shape ${showShape(own.shape)}`, "Give at least two axes");
  return own;
};

const maskOf = (asked: string, { shape }: NDArray, k: number): NDArray =>
  broadcastArray(lowerMask(asked, shape.at(-2)!, shape.at(-1)!, k), shape);

/**
 * Elements on and below a diagonal of the matrices in the last two axes, zeros above.
 * @example np.tril(array([[1, 2], [3, 4]])) // [[1, 0], [3, 4]]
 */
export const tril = (x: Operand, options: DiagonalOptions = {}): NDArray => {
  requireOptions("np.tril", options, ["k"]);
  const own = matrixOf("np.tril", x);
  return keepWhere(maskOf("np.tril", own, options.k ?? 0), own);
};

/**
 * Elements on and above a diagonal of the matrices in the last two axes, zeros below.
 * @example np.triu(array([[1, 2], [3, 4]])) // [[1, 2], [0, 4]]
 */
export const triu = (x: Operand, options: DiagonalOptions = {}): NDArray => {
  requireOptions("np.triu", options, ["k"]);
  const own = matrixOf("np.triu", x);
  requireDiagonal("np.triu", options.k ?? 0);
  return select(maskOf("np.triu", own, (options.k ?? 0) - 1), zerosOf(own.shape, own.dtype), own);
};

export interface TriangleOptions extends DiagonalOptions {
  /** Columns of the matrix; by default as many as rows. */
  readonly columns?: number;
}

/**
 * Row and column indices of the elements on and below a diagonal: two int32 vectors.
 * @example np.trilIndices(2) // [[0, 1, 1], [0, 0, 1]]
 */
export const trilIndices = (rows: number, options: TriangleOptions = {}): NDArray[] => {
  requireOptions("np.trilIndices", options, ["k", "columns"]);
  return nonzero(lowerMask("np.trilIndices", rows, options.columns ?? rows, options.k ?? 0));
};

/**
 * Row and column indices of the elements on and above a diagonal: two int32 vectors.
 * @example np.triuIndices(2) // [[0, 0, 1], [0, 1, 1]]
 */
export const triuIndices = (rows: number, options: TriangleOptions = {}): NDArray[] => {
  requireOptions("np.triuIndices", options, ["k", "columns"]);
  requireDiagonal("np.triuIndices", options.k ?? 0);
  const below = lowerMask("np.triuIndices", rows, options.columns ?? rows, (options.k ?? 0) - 1);
  const above = Uint8Array.from(bufferOf(below), (isBelow) => 1 - isBelow);
  return nonzero(fromBuffer(above, below.shape, "bool"));
};

const sidesOf = (asked: string, x: NDArray): readonly [rows: number, columns: number] => {
  const { shape } = asOperand(asked, x);
  if (shape.length !== 2) throw new ShapeMismatch(asked, `shape ${showShape(shape)}`, "Give a matrix");
  return [shape[0]!, shape[1]!];
};

/**
 * trilIndices for the shape of a matrix.
 * @example np.trilIndicesFrom(np.zeros([2, 2])) // [[0, 1, 1], [0, 0, 1]]
 */
export const trilIndicesFrom = (x: NDArray, options: DiagonalOptions = {}): NDArray[] => {
  requireOptions("np.trilIndicesFrom", options, ["k"]);
  const [rows, columns] = sidesOf("np.trilIndicesFrom", x);
  return trilIndices(rows, { ...options, columns });
};

/**
 * triuIndices for the shape of a matrix.
 * @example np.triuIndicesFrom(np.zeros([2, 2])) // [[0, 0, 1], [0, 1, 1]]
 */
export const triuIndicesFrom = (x: NDArray, options: DiagonalOptions = {}): NDArray[] => {
  requireOptions("np.triuIndicesFrom", options, ["k"]);
  const [rows, columns] = sidesOf("np.triuIndicesFrom", x);
  return triuIndices(rows, { ...options, columns });
};

/**
 * Indices of the elements that a function of matrices, such as np.triu, leaves standing in a matrix of ones.
 * @param mask     called with ones of shape [size, size] and { k }
 * @param options  k; size and fillValue, needed while a function is traced
 * @example np.maskIndices(2, np.triu) // [[0, 0, 1], [0, 1, 1]]
 */
export const maskIndices = (
  size: number,
  mask: (ones: NDArray, options: DiagonalOptions) => NDArray,
  options: DiagonalOptions & NonzeroOptions = {},
): NDArray[] => {
  requireOptions("np.maskIndices", options, ["k", "size", "fillValue"]);
  const { k, ...counted } = options;
  requireShape("np.maskIndices", [size, size]);
  requireCallable("np.maskIndices", "mask", mask);
  return nonzero(mask(full(1, [size, size], "float64"), k === undefined ? {} : { k }), counted);
};

interface VanderOptions {
  readonly increasing?: boolean;
}

/**
 * Powers of the elements of a vector, one row each: x^(columns - 1) .. x, 1.
 * @param rest  columns, as many as elements by default; options increasing: powers 1, x, .. x^(columns - 1)
 * @example np.vander(array([2, 3])) // [[2, 1], [3, 1]]
 * @example np.vander(array([2, 3]), { increasing: true }) // [[1, 2], [1, 3]]
 */
export const vander = (x: Operand, ...rest: ColumnsAndOptions<VanderOptions>): NDArray => {
  const [columns, options = {}] = optionsLast<[number?, VanderOptions?]>(rest, 1);
  requireOptions("np.vander", options, ["increasing"]);
  const source = asOperand("np.vander", x);
  if (source.ndim !== 1) throw new ShapeMismatch("np.vander", `shape ${showShape(source.shape)}`, "Give a vector");
  const own = source.dtype === "bool" ? toDType(source, "int32") : source;
  const count = columns === undefined ? own.size : columns;
  requireShape("np.vander", [own.size, count]);
  const exponents = Array.from({ length: count }, (_, k) => (options.increasing === true ? k : count - 1 - k));
  const powers = exponents.map((exponent) => shapes.reshape(integerPower(own, { exponent }), { shape: [own.size, 1] }));
  return powers.length === 0 ? zerosOf([own.size, 0], own.dtype) : join(powers, 1);
};
