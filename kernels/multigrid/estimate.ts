/** What a hierarchy takes, known from the size of its grid alone. */
import { directFactorLength } from "../sparse/grid.ts";
import { geometryOf, nestedCells } from "./geometry.ts";
import { stencilBytes } from "./kernels.ts";

/** Fields of the finest grid and of the others: see layout.ts. */
const fieldsOf = (level: number): number => (level === 0 ? 7 : 5);

/**
 * Bytes of the grids but for small tables, and of the factor of the coarsest one (an upper bound).
 * @param cells  elements per axis, slowest first
 */
export const hierarchyBytes = (
  cells: readonly number[],
  components: number,
  levels: number,
): { readonly grids: number; readonly factor: number } => {
  const all = nestedCells(cells, levels);
  const coarsest = all.at(-1)!;
  const matrixBytes = 8 * (components * 2 ** cells.length) ** 2;
  const grids = all.reduce((sum, own, level) => {
    const geometry = geometryOf(own);
    const fields = 8 * components * geometry.length;
    if (level === levels - 1) return sum + fields + matrixBytes * own.reduce((count, cell) => count * cell, 1);
    const moduli = level === 0 ? 12 * geometry.length : stencilBytes(components, geometry);
    return sum + fieldsOf(level) * fields + moduli;
  }, 0);
  return { grids, factor: 8 * directFactorLength(coarsest, components) };
};
