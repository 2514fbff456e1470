/**
 * Sparse systems as arrays, their dense counterparts by plain loops, and dense solves by ml-matrix, for the tests of
 * cotangent/sparse.
 */
import { Matrix, solve } from "ml-matrix";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import type { PatternOptions, SparsePattern, Triangle } from "cotangent/sparse";
import { sparsePattern, sparseSolve } from "cotangent/sparse";
import { wave } from "../fem/fields.ts";
import type { Entries } from "../kernels/sparse/general-systems.ts";
import { entriesOf, gram, laplacian, scattered } from "../kernels/sparse/general-systems.ts";

export interface SparseCase {
  readonly name: string;
  readonly pattern: SparsePattern;
  readonly values: NDArray;
}

export const floats = (x: NDArray): Float64Array => x.toTypedArray() as Float64Array;

/** What the values mean, written down entry by entry from the documentation. */
export const denseRows = (
  { rows, columns, shape, assume, triangle }: SparsePattern,
  values: ArrayLike<number>,
): number[][] => {
  const dense = Array.from({ length: shape[0] }, () => new Array<number>(shape[1]).fill(0));
  const columnOf = columns.toTypedArray();
  rows.toTypedArray().forEach((row, k) => (dense[row]![columnOf[k]!]! += values[k]!));
  if (assume === "general") return dense;
  return dense.map((own, i) =>
    own.map((value, j) => {
      const mirrored = dense[j]![i]!;
      if (i === j) return value;
      return triangle === "both" ? (value + mirrored) / 2 : value + mirrored;
    }),
  );
};

/** A^-1 B by ml-matrix; b by rows of right-hand sides' entries. */
export const denseSolve = (dense: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] =>
  solve(new Matrix(dense.map((row) => [...row])), new Matrix(b.map((row) => [...row]))).to2DArray();

const caseOf = (name: string, { n, rows, columns, values }: Entries, options: PatternOptions = {}): SparseCase => ({
  name,
  pattern: sparsePattern(rows, columns, { shape: [n, n], ...options }),
  values: array(values),
});

/** Only the entries on one side of the diagonal. */
const oneSide = ({ n, rows, columns, values }: Entries, triangle: Triangle): Entries => {
  const sign = triangle === "lower" ? 1 : -1;
  return entriesOf(
    n,
    [...rows].flatMap((row, k) => (sign * (row - columns[k]!) >= 0 ? [[row, columns[k]!, values[k]!] as const] : [])),
  );
};

const saddle = entriesOf(5, [
  ...([
    [0, 0, 2],
    [1, 1, 3],
    [2, 2, 1],
    [1, 0, -1],
    [3, 0, 1],
    [3, 2, 1],
    [4, 1, 1],
    [4, 2, -2],
  ] as const),
]);

/** One of every kind: assumptions, triangles, repeated places, missing diagonals. */
export const sparseCases = (seed = 1): SparseCase[] => [
  caseOf("general", scattered(6, 1, seed)),
  caseOf("general with repeated places", scattered(4, 5, seed + 1)),
  caseOf("symmetric, both triangles", laplacian(3, 2, -5.3), { assume: "symmetric" }),
  caseOf("symmetric, lower triangle, indefinite", saddle, { assume: "symmetric", triangle: "lower" }),
  caseOf("positive definite, both triangles", gram(5, 1, seed + 2), { assume: "positive definite" }),
  caseOf("positive definite, upper triangle", oneSide(gram(5, 1, seed + 3), "upper"), {
    assume: "positive definite",
    triangle: "upper",
  }),
];

/** A right-hand side, or several side by side. */
export const rhsOf = ({ pattern }: SparseCase, phase = 0, columns?: number): NDArray =>
  wave(columns === undefined ? [pattern.shape[0]] : [pattern.shape[0], columns], phase);

/** The solve of a pattern as a function of values and right-hand side. */
export const solveWith =
  (pattern: SparsePattern) =>
  (values: NDArray, b: NDArray): NDArray =>
    sparseSolve(values, pattern, b);
