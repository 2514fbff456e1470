/**
 * The matrix of an element between sums and differences of its corners instead of the corners themselves. Where reflections
 * leave the element as it is, as they do rectangles and boxes of isotropic material, nearly nothing remains of it: 10 of 64
 * entries in plane stress, 45 of 576 in a brick, and motions of the whole element drop out. A product costs a butterfly
 * along each axis before and after: a fourth of the multiplications in the plane, a seventh in three dimensions.
 */
import { cornersOf } from "./geometry.ts";

interface ModeEntry {
  readonly row: number;
  readonly column: number;
  readonly value: number;
}

export interface Modes {
  readonly dimension: number;
  readonly components: number;
  /** Ascending by row, then column. Mode (m, component) has number m * components + component, bit k of m: difference along the k-th axis from the last. */
  readonly entries: readonly ModeEntry[];
}

/**
 * Entries below this fraction of the largest are rounding. Of the library's elements, edges up to one to a thousand, rounding
 * leaves 2e-16 at most, and no true entry is below 6e-11.
 */
const negligible = 1e-14;

/** Sums and differences along every axis: row m, column corner. */
const signOf = (mode: number, corner: number): number => {
  let differences = mode & ~corner;
  let sign = 1;
  for (; differences !== 0; differences &= differences - 1) sign = -sign;
  return sign;
};

/**
 * @param matrix      element matrix, row-major, dofs by corner in the order of cornersOf, then by component
 * @param components  dofs per node
 */
export const modesOf = (matrix: Float64Array, components: number): Modes => {
  const size = Math.sqrt(matrix.length);
  const corners = size / components;
  const dimension = Math.log2(corners);
  const scale = 1 / corners ** 2;
  const between = (row: number, column: number): number => {
    const [m, i] = [Math.floor(row / components), row % components];
    const [n, k] = [Math.floor(column / components), column % components];
    let sum = 0;
    for (let a = 0; a < corners; a++)
      for (let b = 0; b < corners; b++)
        sum += signOf(m, a) * signOf(n, b) * matrix[(a * components + i) * size + b * components + k]!;
    return sum * scale;
  };
  const all: ModeEntry[] = [];
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) all.push({ row, column, value: between(row, column) });
  const largest = all.reduce((high, { value }) => Math.max(high, Math.abs(value)), 0);
  return { dimension, components, entries: all.filter(({ value }) => Math.abs(value) > negligible * largest) };
};

/**
 * An element matrix with its corners in the order of cornersOf.
 * @param corners  for every corner of the given matrix its steps along the axes, slowest first
 */
export const withCorners = (
  matrix: Float64Array,
  corners: readonly (readonly number[])[],
  components: number,
): Float64Array => {
  const size = corners.length * components;
  const given = cornersOf(corners[0]!.length).map((steps) =>
    corners.findIndex((own) => own.every((step, axis) => step === steps[axis])),
  );
  const dof = (local: number): number => given[Math.floor(local / components)]! * components + (local % components);
  return Float64Array.from(matrix, (_, k) => matrix[dof(Math.floor(k / size)) * size + dof(k % size)]!);
};
