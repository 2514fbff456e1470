/** What a hierarchy takes, known from the size of its grid alone. */
import { directFactorLength } from "../sparse/grid.ts";
import { countOf, geometryOf, nestedCells } from "./geometry.ts";
import { stencilBytes } from "./kernels.ts";

/** Fields of every grid but the coarsest: see layout.ts. */
const fieldsPerGrid = 5;

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
    if (level === levels - 1) return sum + fields;
    const moduli = level === 0 ? 12 * geometry.length : stencilBytes(components, geometry);
    return sum + fieldsPerGrid * fields + moduli;
  }, 0);
  const matrices = matrixBytes * countOf(coarsest);
  const iteration = Math.max(matrices, 2 * 8 * components * geometryOf(all[0]!).length);
  return { grids: grids + iteration, factor: 8 * directFactorLength(coarsest, components) };
};
