/**
 * Floating-point operations of routines, for explanations of what a program costs (src/compile/cost.ts). Factorizations
 * by the leading terms of the textbook; a fused multiplication and addition counts two.
 */
import { sizeOf } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";

type Flops = (inputs: readonly Aval[]) => number;

/** Elements are moved, nothing is computed. */
export const movesOnly: Flops = () => 0;

/** So many operations for each element of an operand. */
export const perElement =
  (count: number, operand = 0): Flops =>
  (inputs) =>
    count * sizeOf(inputs[operand]!.shape);

/** Comparisons of sorting by merging, lines of this length. */
export const sortingFlops = (elements: number, length: number): number =>
  Math.round(elements * Math.log2(Math.max(1, length)));

/** Operations for each of a batch of matrices, from rows and columns. */
const perMatrix =
  (flops: (rows: number, columns: number) => number): Flops =>
  ([a]) => {
    const [rows, columns] = [a!.shape.at(-2)!, a!.shape.at(-1)!];
    const count = rows * columns === 0 ? 0 : sizeOf(a!.shape) / (rows * columns);
    return Math.round(count * flops(rows, columns));
  };

export const choleskyFlops: Flops = perMatrix((n) => n ** 3 / 3);

export const luFlops: Flops = perMatrix((m, n) => (m >= n ? n * n * (m - n / 3) : m * m * (n - m / 3)));

/** Householder, with the orthogonal factor formed. */
export const qrFlops: Flops = perMatrix((m, n) => 4 * Math.min(m, n) * m * n - (4 * Math.min(m, n) ** 3) / 3);

/** So many operations for each number of the right-hand sides and each row of the matrix, the first operand. */
export const solveFlops =
  (count: number, right: number): Flops =>
  (inputs) =>
    count * inputs[0]!.shape.at(-1)! * sizeOf(inputs[right]!.shape);
