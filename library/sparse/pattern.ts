/**
 * Sparsity patterns: static lists of rows and columns, checked once, with what may be assumed of the matrix.
 * Patterns given as bare lists are recognized by their contents, so that each is analysed once.
 */
import { showValue } from "../../src/describe.ts";
import {
  IndexOutOfRange,
  InvalidIndex,
  InvalidOption,
  InvalidShape,
  NotStatic,
  ShapeMismatch,
} from "../../src/error.ts";
import { isInteger } from "../../src/array/dtype.ts";
import { bufferOf, fromBuffer, isConcrete, NDArray } from "../../src/array/ndarray.ts";
import { requireShape, showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { lastReport, patternOf } from "../../ops/sparse-pattern.ts";
import type { Assumption, SparsePattern as Entries, SparseReport, Triangle } from "../../ops/sparse-pattern.ts";

/** Row or column numbers: whole numbers from 0, known while tracing. */
export type StaticIndices = readonly number[] | Int32Array | Uint32Array | Float64Array | NDArray;

export interface PatternOptions {
  /** [rows, columns]; by default the smallest that holds all entries, square where the matrix is symmetric. */
  readonly shape?: readonly [number, number];
  /** What solvers may rely on: "general" (default), "symmetric", or "positive definite" (symmetric too). */
  readonly assume?: Assumption;
  /**
   * Of a symmetric matrix: "both" (default) when entries are given on both sides of the diagonal, the matrix is then
   * the symmetric part of what is given; "lower" or "upper" when one side is given and stands for the other too.
   */
  readonly triangle?: Triangle;
}

/** Which entries a sparse matrix has, without their values. */
export interface SparsePattern {
  /** [rows, columns]. */
  readonly shape: readonly [number, number];
  /** Number of values. */
  readonly count: number;
  readonly assume: Assumption;
  readonly triangle: Triangle;
  /** Row of every value, int32. */
  readonly rows: NDArray;
  /** Column of every value, int32. */
  readonly columns: NDArray;
  /** What the last solve did; null before the first. */
  readonly report: () => SparseReport | null;
}

/** Tables behind a pattern; its public fields are immutable arrays. */
const tables = new WeakMap<SparsePattern, Entries>();

/** A pattern that sparsePattern made; records that only look like one are refused. */
export const requirePattern = (asked: string, value: unknown): SparsePattern => {
  if (typeof value === "object" && value !== null && tables.has(value as SparsePattern)) return value as SparsePattern;
  throw new InvalidOption(
    asked,
    "a pattern that sparsePattern(...) did not make",
    "Pass the record that sparsePattern returned, not a copy of it",
  );
};

/** Whether an argument stands for a pattern, not for a list of rows. */
export const isPattern = (asked: string, value: unknown): value is SparsePattern =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof NDArray) &&
  requirePattern(asked, value) === value;

/** The static record behind a pattern. */
export const entriesOf = (pattern: SparsePattern): Entries => tables.get(pattern)!;

// --- Checks -----------------------------------------------------------------------------------

/** The numbers of a list, known now. */
const staticNumbers = (asked: string, what: string, indices: StaticIndices): ArrayLike<number> => {
  if (indices instanceof NDArray) {
    if (!isConcrete(indices))
      throw new NotStatic(
        asked,
        `${what} are traced`,
        "The pattern is static: make it outside of the transformed function, with sparsePattern",
      );
    if (indices.shape.length !== 1 || !isInteger(indices.dtype))
      throw new InvalidIndex(
        asked,
        `${what} are ${indices.dtype}${showShape(indices.shape)}`,
        "Give one axis of integers",
      );
    return bufferOf(indices);
  }
  if (Array.isArray(indices) || ArrayBuffer.isView(indices)) return indices as ArrayLike<number>;
  throw new InvalidIndex(
    asked,
    `${what} are ${indices === null ? "null" : `a value of type ${typeof indices}`}`,
    "Give a list of whole numbers, or the very pattern that sparsePattern returned",
  );
};

const requireIndices = (asked: string, what: string, numbers: ArrayLike<number>, extent: number): Int32Array => {
  const out = new Int32Array(numbers.length);
  for (let k = 0; k < numbers.length; k++) {
    const index: unknown = numbers[k];
    if (typeof index !== "number" || !Number.isInteger(index))
      throw new InvalidIndex(asked, `entry ${k} has ${what} ${showValue(index)}`, "Rows and columns are whole numbers");
    if (index < 0 || index >= extent)
      throw new IndexOutOfRange(
        asked,
        `entry ${k} has ${what} ${index} of ${extent}`,
        "Rows and columns count from 0, and negative ones do not wrap; or give a larger { shape }",
      );
    out[k] = index;
  }
  return out;
};

const largest = (numbers: ArrayLike<number>): number => {
  let high = -1;
  for (let k = 0; k < numbers.length; k++) if (Number.isInteger(numbers[k]) && numbers[k]! > high) high = numbers[k]!;
  return high;
};

const requirePair = (asked: string, shape: readonly number[]): readonly [number, number] => {
  if (!Array.isArray(shape) || shape.length !== 2)
    throw new InvalidShape(asked, `shape ${showValue(shape)}`, "A matrix has two axes: [rows, columns]");
  const [rows, columns] = shape as [number, number];
  requireShape(asked, [rows]);
  requireShape(asked, [columns]);
  return [rows, columns];
};

const oneOf = <T extends string>(asked: string, name: string, value: T, choices: readonly T[]): void => {
  if (!choices.includes(value))
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, `Use ${choices.map((c) => `"${c}"`).join(", ")}`);
};

const requireTriangle = (asked: string, rows: Int32Array, columns: Int32Array, triangle: Triangle): void => {
  if (triangle === "both") return;
  const sign = triangle === "lower" ? 1 : -1;
  const outside = rows.findIndex((row, k) => sign * (row - columns[k]!) < 0);
  if (outside >= 0)
    throw new InvalidOption(
      asked,
      `entry ${outside}, in row ${rows[outside]} and column ${columns[outside]}, is not in the ${triangle} triangle`,
      'Leave it out, or give both triangles with { triangle: "both" }',
    );
};

// --- Making patterns --------------------------------------------------------------------------

/** Everything that tells patterns apart. */
interface Contents {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly shape: readonly [number, number];
  readonly assume: Assumption;
  readonly triangle: Triangle;
}

const readContents = (
  asked: string,
  givenRows: StaticIndices,
  givenColumns: StaticIndices,
  { shape, assume = "general", triangle }: PatternOptions,
): Contents => {
  oneOf(asked, "assume", assume, ["general", "symmetric", "positive definite"]);
  oneOf(asked, "triangle", triangle ?? "both", ["both", "lower", "upper"]);
  if (assume === "general" && triangle !== undefined)
    throw new InvalidOption(
      asked,
      `triangle "${triangle}" of a general matrix`,
      'Say { assume: "symmetric" } or { assume: "positive definite" }, or leave triangle out',
    );
  const rowNumbers = staticNumbers(asked, "rows", givenRows);
  const columnNumbers = staticNumbers(asked, "columns", givenColumns);
  if (rowNumbers.length !== columnNumbers.length)
    throw new ShapeMismatch(
      asked,
      `${rowNumbers.length} rows and ${columnNumbers.length} columns`,
      "Every entry has one row and one column",
    );
  const extents: readonly [number, number] = [largest(rowNumbers) + 1, largest(columnNumbers) + 1];
  const square = Math.max(...extents);
  const [rowCount, columnCount] = requirePair(asked, shape ?? (assume === "general" ? extents : [square, square]));
  const rows = requireIndices(asked, "row", rowNumbers, rowCount);
  const columns = requireIndices(asked, "column", columnNumbers, columnCount);
  if (assume !== "general" && rowCount !== columnCount)
    throw new ShapeMismatch(asked, `a ${assume} matrix of shape ${showShape([rowCount, columnCount])}`, "It is square");
  requireTriangle(asked, rows, columns, triangle ?? "both");
  return { rows, columns, shape: [rowCount, columnCount], assume, triangle: triangle ?? "both" };
};

const makePattern = (contents: Contents): SparsePattern => {
  const { rows, columns, shape, assume, triangle } = contents;
  const entries = patternOf(contents);
  const pattern: SparsePattern = Object.freeze({
    shape: Object.freeze(shape),
    count: rows.length,
    assume,
    triangle,
    rows: fromBuffer(rows, [rows.length], "int32"),
    columns: fromBuffer(columns, [columns.length], "int32"),
    report: () => lastReport(entries),
  });
  tables.set(pattern, entries);
  return pattern;
};

/**
 * The places of a sparse matrix's values, made once and used by many solves; its analysis is made on first use.
 * @param rows     row of every value, from 0: a list, typed array, or concrete array of integers
 * @param columns  column of every value; places may repeat, their values add up
 * @throws IndexOutOfRange (with the entry), InvalidIndex, NotStatic for traced indices, ShapeMismatch, InvalidShape,
 *   InvalidOption for an entry outside the named triangle
 * @example sparse.sparsePattern([0, 0, 1], [0, 1, 1]).shape // [2, 2]
 */
export const sparsePattern = (
  rows: StaticIndices,
  columns: StaticIndices,
  options: PatternOptions = {},
): SparsePattern => {
  requireOptions("sparsePattern", options, ["shape", "assume", "triangle"]);
  return makePattern(readContents("sparsePattern", rows, columns, options));
};

// --- Patterns recognized by contents ----------------------------------------------------------

/** Patterns given as lists that are remembered at a time. */
const rememberedPatterns = 16;

const remembered: (Contents & { readonly pattern: SparsePattern })[] = [];

const sameNumbers = (left: Int32Array, right: Int32Array): boolean =>
  left.length === right.length && left.every((value, k) => value === right[k]);

const sameContents = (left: Contents, right: Contents): boolean =>
  left.shape[0] === right.shape[0] &&
  left.shape[1] === right.shape[1] &&
  left.assume === right.assume &&
  left.triangle === right.triangle &&
  sameNumbers(left.rows, right.rows) &&
  sameNumbers(left.columns, right.columns);

/** The pattern with these contents: one made earlier, or a new one. */
export const recognizedPattern = (
  asked: string,
  rows: StaticIndices,
  columns: StaticIndices,
  options: PatternOptions,
): SparsePattern => {
  const contents = readContents(asked, rows, columns, options);
  const at = remembered.findIndex((entry) => sameContents(entry, contents));
  const entry = at < 0 ? { ...contents, pattern: makePattern(contents) } : remembered[at]!;
  if (at >= 0) remembered.splice(at, 1);
  remembered.unshift(entry);
  remembered.length = Math.min(remembered.length, rememberedPatterns);
  return entry.pattern;
};
