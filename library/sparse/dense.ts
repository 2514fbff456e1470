/**
 * From sparse matrices to dense ones and back: linear maps of the values.
 */
import { InvalidOption, NotStatic, ShapeMismatch } from "../../src/error.ts";
import { bufferOf, fromBuffer, isConcrete } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireShape, showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { gather, scatterAdd } from "../../ops/indexing.ts";
import { zerosOf } from "../../ops/arithmetic.ts";
import { mul } from "../numpy/elementwise.ts";
import { asOperand, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { floatType, patternPart, requireValues } from "./operands.ts";
import { entriesOf, requirePattern, sparsePattern } from "./pattern.ts";
import type { PatternOptions, SparsePattern } from "./pattern.ts";

/** Pairs of int32 as an index array, shape [count, 2]. */
const places = (rows: Int32Array, columns: Int32Array): NDArray => {
  const pairs = new Int32Array(2 * rows.length);
  rows.forEach((row, k) => {
    pairs[2 * k] = row;
    pairs[2 * k + 1] = columns[k]!;
  });
  return fromBuffer(pairs, [rows.length, 2], "int32");
};

/**
 * The dense matrix, shape [rows, columns]: repeated places add up, a symmetric matrix has both triangles.
 * @throws ShapeMismatch, TooLarge
 * Derivatives: linear, any order.
 * @example sparse.todense(array([2, 1, 4]), sparse.sparsePattern([0, 1, 1], [0, 0, 1])) // [[2, 0], [1, 4]]
 */
export const todense = (values: Operand, pattern: SparsePattern): NDArray => {
  const asked = "todense";
  requirePattern(asked, pattern);
  const own = asOperand(asked, values);
  requireValues(asked, own, pattern);
  requireShape(asked, pattern.shape);
  const wide = toDType(own, floatType(own));
  const { source, rows, columns, weight } = entriesOf(pattern);
  const isPlain = pattern.assume === "general";
  const indices = fromBuffer(source, [source.length, 1], "int32");
  const picked = isPlain ? wide : gather(wide, indices, { mode: "clip", batchDims: 0 });
  const weights = toDType(fromBuffer(weight, [weight.length], "float64"), wide.dtype);
  const terms = isPlain ? wide : mul(picked, weights);
  return scatterAdd(zerosOf(pattern.shape, wide.dtype), places(rows, columns), terms, { mode: "drop", batchDims: 0 });
};

export interface FromDenseOptions {
  /** Take the values at the places of this pattern; the matrix may then be traced, and is zero elsewhere. */
  readonly pattern?: SparsePattern;
  readonly assume?: PatternOptions["assume"];
  readonly triangle?: PatternOptions["triangle"];
}

/** Places of entries that are not zero, in the triangle asked for. */
const occupied = (matrix: NDArray, { triangle }: FromDenseOptions): readonly [number[], number[]] => {
  if (!isConcrete(matrix))
    throw new NotStatic(
      "fromDense",
      "the matrix is traced, so its zeros are not known",
      "Give { pattern }, or make the pattern outside of the transformed function",
    );
  const [rows, columns]: [number[], number[]] = [[], []];
  bufferOf(matrix).forEach((value: number, at: number) => {
    const [row, column] = [Math.floor(at / matrix.shape[1]!), at % matrix.shape[1]!];
    if (value === 0 || (triangle === "lower" && column > row) || (triangle === "upper" && column < row)) return;
    rows.push(row);
    columns.push(column);
  });
  return [rows, columns];
};

/**
 * Pattern and values of a dense matrix, row by row: of its entries that are not zero, or at the places of a given pattern.
 * @param matrix   shape [rows, columns]; concrete unless a pattern is given
 * @returns        { values, pattern }, with todense(values, pattern) the matrix
 * @throws ShapeMismatch, NotStatic for a traced matrix without pattern, InvalidOption for a pattern with repeated places
 * Derivatives: linear in the matrix.
 * @example sparse.fromDense(array([[2, 0], [1, 4]])).values // [2, 1, 4]
 */
export const fromDense = (
  matrix: Operand,
  options: FromDenseOptions = {},
): { readonly values: NDArray; readonly pattern: SparsePattern } => {
  const asked = "fromDense";
  requireOptions(asked, options, ["pattern", "assume", "triangle"]);
  const own = asOperand(asked, matrix);
  if (own.ndim !== 2)
    throw new ShapeMismatch(asked, `an array of shape ${showShape(own.shape)}`, "A matrix has two axes");
  const { pattern: given, assume, triangle } = options;
  if (given !== undefined && (assume !== undefined || triangle !== undefined))
    throw new InvalidOption(asked, "a pattern and assumptions", "The pattern already holds what is assumed");
  const pattern = given === undefined ? newPattern(own, options) : requirePattern(asked, given);
  if (own.shape[0] !== pattern.shape[0] || own.shape[1] !== pattern.shape[1])
    throw new ShapeMismatch(
      asked,
      `a matrix of shape ${showShape(own.shape)} for a pattern of shape ${showShape(pattern.shape)}`,
      "They must agree",
    );
  requireSinglePlaces(pattern);
  const indices = places(bufferOf32(pattern.rows), bufferOf32(pattern.columns));
  return { values: gather(toDType(own, floatType(own)), indices, { mode: "fill", batchDims: 0 }), pattern };
};

/** A matrix that is declared symmetric is. */
const requireSymmetric = (matrix: NDArray): void => {
  if (!isConcrete(matrix)) return;
  const [rows, columns] = matrix.shape as [number, number];
  const entries = bufferOf(matrix);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < row; column++)
      if (rows !== columns || entries[row * columns + column] !== entries[column * columns + row])
        throw new InvalidOption(
          "fromDense",
          `a matrix that is not symmetric at [${row}, ${column}], with assume`,
          'Give (A + A\')/2, or leave "assume" away',
        );
};

const newPattern = (matrix: NDArray, options: FromDenseOptions): SparsePattern => {
  if (options.assume !== undefined && options.assume !== "general") requireSymmetric(matrix);
  const shape = matrix.shape as unknown as readonly [number, number];
  const { assume, triangle } = options;
  return sparsePattern(...occupied(matrix, options), patternPart({ shape, assume, triangle }));
};

const bufferOf32 = (x: NDArray): Int32Array => x.toTypedArray() as Int32Array;

/** A value at a repeated place would count as often as the place is named. */
const requireSinglePlaces = ({ rows, columns, shape }: SparsePattern): void => {
  const [rowOf, columnOf] = [bufferOf32(rows), bufferOf32(columns)];
  const seen = new Set<number>();
  rowOf.forEach((row, k) => seen.add(row * shape[1] + columnOf[k]!));
  if (seen.size < rowOf.length)
    throw new InvalidOption(
      "fromDense",
      `a pattern that names ${rowOf.length - seen.size} places again`,
      "Name every place once",
    );
};
