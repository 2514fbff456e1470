/**
 * Sparse matrices of any origin for tests, as lists of entries, and their dense counterparts.
 */
import fc from "fast-check";
import { Matrix, solve as denseSolve } from "ml-matrix";
import { compress } from "../../../kernels/sparse/compressed-columns.ts";
import type { Adjacency, ColumnPattern } from "../../../kernels/sparse/compressed-columns.ts";
import { uniform } from "./systems.ts";

export interface Entries {
  readonly n: number;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

type Entry = readonly [row: number, column: number, value: number];

export const entriesOf = (n: number, list: readonly Entry[]): Entries => ({
  n,
  rows: Int32Array.from(list, ([row]) => row),
  columns: Int32Array.from(list, ([, column]) => column),
  values: Float64Array.from(list, ([, , value]) => value),
});

/** A permutation from a seed. */
export const shuffled = (n: number, seed: number): number[] => {
  const keys = uniform(n, seed);
  return Array.from({ length: n }, (_, k) => k).sort((i, j) => keys[i]! - keys[j]!);
};

/**
 * A regular matrix without structure: large entries on a random transversal, small ones around, some places twice.
 * Many diagonal entries are missing.
 */
export const scattered = (n: number, perRow: number, seed: number): Entries => {
  const order = shuffled(n, seed + 1);
  const count = Math.floor(perRow * n);
  const random = uniform(3 * count + n, seed);
  const list: Entry[] = order.map((column, row) => [row, column, (random[row]! < 0.5 ? -1 : 1) * (2 + random[row]!)]);
  for (let k = 0; k < count; k++) {
    const [a, b, c] = [random[n + 3 * k]!, random[n + 3 * k + 1]!, random[n + 3 * k + 2]!];
    list.push([Math.floor(a * n), Math.floor(b * n), (c - 0.5) / Math.max(1, perRow)]);
  }
  return entriesOf(n, list);
};

/** The five-point Laplacian on a grid, positive definite, shifted by `shift` on the diagonal. */
export const laplacian = (nx: number, ny: number, shift = 0): Entries => {
  const list: Entry[] = [];
  const place = (i: number, j: number): number => i * ny + j;
  for (let i = 0; i < nx; i++) {
    for (let j = 0; j < ny; j++) {
      list.push([place(i, j), place(i, j), 4 + shift]);
      if (i > 0) list.push([place(i, j), place(i - 1, j), -1], [place(i - 1, j), place(i, j), -1]);
      if (j > 0) list.push([place(i, j), place(i, j - 1), -1], [place(i, j - 1), place(i, j), -1]);
    }
  }
  return entriesOf(nx * ny, list);
};

/** A positive definite matrix: B'B of a scattered B, plus a multiple of the identity. Every entry once. */
export const gram = (n: number, perRow: number, seed: number): Entries => {
  const B = denseOf(scattered(n, perRow, seed));
  const product = B.transpose().mmul(B);
  const list: Entry[] = [];
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      if (product.get(i, j) !== 0 || i === j) list.push([i, j, product.get(i, j) + (i === j ? 0.5 : 0)]);
  return entriesOf(n, list);
};

/** The dense matrix: repeated places add up. */
export const denseOf = ({ n, rows, columns, values }: Entries): Matrix => {
  const dense = Matrix.zeros(n, n);
  rows.forEach((row, k) => dense.set(row, columns[k]!, dense.get(row, columns[k]!) + values[k]!));
  return dense;
};

/** A^-1 b by ml-matrix. */
export const denseSolution = (dense: Matrix, b: Float64Array): Float64Array =>
  Float64Array.from(denseSolve(dense, Matrix.columnVector([...b])).to1DArray());

export const compressed = ({
  n,
  rows,
  columns,
  values,
}: Entries): { readonly pattern: ColumnPattern; readonly slots: Float64Array } => {
  const { pattern, slot } = compress(rows, columns, n, n);
  const slots = new Float64Array(pattern.rowOf.length);
  slot.forEach((place, k) => (slots[place]! += values[k]!));
  return { pattern, slots };
};

/** |b - A x| / |b|. */
export const residualOf = ({ rows, columns, values }: Entries, x: Float64Array, b: Float64Array): number => {
  const rest = b.slice();
  rows.forEach((row, k) => (rest[row]! -= values[k]! * x[columns[k]!]!));
  return Math.hypot(...rest) / Math.hypot(...b);
};

/** Largest difference relative to the largest entry. */
export const gap = (seen: Float64Array, expected: Float64Array): number => {
  const size = expected.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
  return seen.reduce((high, value, k) => Math.max(high, Math.abs(value - expected[k]!)), 0) / (size || 1);
};

export const rightHandSide = (n: number, seed: number): Float64Array => uniform(n, seed + 7).map((u) => 2 * u - 1);

/** Size, entries a row beyond the transversal, seed; shrinks towards small. */
export const shapes = (maxSize: number): fc.Arbitrary<readonly [number, number, number]> =>
  fc.tuple(fc.integer({ min: 1, max: maxSize }), fc.constantFrom(0, 0.5, 1, 3), fc.integer({ min: 1, max: 1_000_000 }));

/** Edges left between vertices when they are eliminated in this order, naively: the entries of L below the diagonal. */
export const fillOf = ({ start, neighbour }: Adjacency, order: ArrayLike<number>): number => {
  const around = Array.from({ length: order.length }, (_, v) => new Set(neighbour.subarray(start[v], start[v + 1])));
  let total = 0;
  for (let k = 0; k < order.length; k++) {
    const own = [...around[order[k]!]!];
    total += own.length;
    for (const u of own) {
      around[u]!.delete(order[k]!);
      for (const v of own) if (u !== v) around[u]!.add(v);
    }
  }
  return total;
};

/** A grid with -1 between neighbours and the same number everywhere on the diagonal. */
export const gridWithDiagonal = (nx: number, ny: number, diagonal: number): Entries => {
  const { n, rows, columns, values } = laplacian(nx, ny);
  return { n, rows, columns, values: values.map((value, k) => (rows[k] === columns[k] ? diagonal : value)) };
};

/** Numbers of positive and negative eigenvalues of that grid: diagonal - 2 cos(i pi / (nx + 1)) - 2 cos(j pi / (ny + 1)). */
export const gridInertia = (nx: number, ny: number, diagonal: number) => {
  const cosines = (count: number): number[] =>
    Array.from({ length: count }, (_, i) => 2 * Math.cos(((i + 1) * Math.PI) / (count + 1)));
  // Of sums of cosines that are zero, rounding leaves some 1e-16.
  const signOf = (one: number, other: number): number =>
    Math.abs(one + other) < 1e-14 ? Math.sign(diagonal) : Math.sign(diagonal - one - other);
  const signs = cosines(nx).flatMap((one) => cosines(ny).map((other) => signOf(one, other)));
  return { positive: signs.filter((sign) => sign > 0).length, negative: signs.filter((sign) => sign < 0).length };
};

/** |b - A x| / (|A| |x| + |b|), largest norms. */
export const backwardError = (matrix: Entries, x: Float64Array, b: Float64Array): number => {
  const [rest, size] = [b.slice(), b.map(Math.abs)];
  matrix.rows.forEach((row, k) => {
    const term = matrix.values[k]! * x[matrix.columns[k]!]!;
    rest[row]! -= term;
    size[row]! += Math.abs(term);
  });
  const largest = (v: Float64Array): number => v.reduce((high, entry) => Math.max(high, Math.abs(entry)), 0);
  return largest(rest) / (largest(size) || 1);
};
