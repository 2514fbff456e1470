/**
 * Naive definitions of the sparse family: the dense matrix is written down entry by entry from the pattern's meaning
 * (assumption and values), then multiplied.
 */
import type { SparsePattern } from "../../ops/sparse-pattern.ts";
import { read, sums } from "./tables.ts";
import type { Index, Reference, Table } from "./tables.ts";

/** Entry (row, column) of the matrix of the values under these leading axes. */
const entry = (
  { source, rows, columns, weight }: SparsePattern,
  values: (k: number) => number,
  row: number,
  column: number,
): number =>
  [...source].reduce((sum, k, t) => (rows[t] === row && columns[t] === column ? sum + weight[t]! * values(k) : sum), 0);

const along =
  (x: Table, lead: Index) =>
  (k: number): number =>
    read(x, [...lead, k]);

const positions = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

export const sparseReferences: Readonly<Record<string, Reference>> = {
  sparseMatvec: sums(([values, x], { pattern, isTransposed }: { pattern: SparsePattern; isTransposed: boolean }) => {
    const lead = values!.shape.length - 1;
    const [outLength, inLength] = isTransposed ? [pattern.shape[1], pattern.shape[0]] : pattern.shape;
    return {
      shape: [...x!.shape.slice(0, -1), outLength],
      dtype: "float64",
      at: (index) => {
        const [cases, place] = [index.slice(0, -1), index.at(-1)!];
        const own = along(values!, index.slice(0, lead));
        return positions(inLength).reduce(
          (sum, k) =>
            sum + (isTransposed ? entry(pattern, own, k, place) : entry(pattern, own, place, k)) * along(x!, cases)(k),
          0,
        );
      },
    };
  }),
  sparseOuter: sums(([u, v], { pattern }: { pattern: SparsePattern }) => ({
    shape: [...u!.shape.slice(0, -1), pattern.count],
    dtype: "float64",
    at: (index) => {
      const [lead, place] = [index.slice(0, -1), index.at(-1)!];
      // The form u' A v is linear in the values: its derivative is the form of a unit value.
      const unit = (k: number): number => (k === place ? 1 : 0);
      return positions(pattern.shape[0]).reduce(
        (sum, i) =>
          positions(pattern.shape[1]).reduce(
            (row, j) => row + along(u!, lead)(i) * entry(pattern, unit, i, j) * along(v!, lead)(j),
            sum,
          ),
        0,
      );
    },
  })),
};
