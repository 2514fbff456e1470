/** Where everything of a hierarchy lies, in bytes from the beginning of its memory. */
import { alignedTo16 } from "../multifrontal/layout.ts";
import { elementScratch, stencilBytes, stencilTables } from "./kernels.ts";
import type { Grid, Plan } from "./plan.ts";

/** Fields of a grid: one plane per component. */
export interface GridFields {
  /** What is to be solved for on this grid, and what it gives. */
  readonly right: number;
  readonly solution: number;
  /** Residuals. */
  readonly rest: number;
  /** The smoother's last step. */
  readonly move: number;
  /** One over the diagonal, 0 where nothing moves. */
  readonly inverse: number;
  /** Places of dofs that do not move. */
  readonly still: number;
  /** The stored matrix, and the tables of its kernels; without meaning on the finest and the coarsest grid, which have none. */
  readonly stencil: number;
  readonly tables: number;
}

export interface Layout {
  readonly modulus: number;
  readonly kindAt: number;
  readonly kinds: number;
  readonly scratch: number;
  readonly springPlaces: number;
  readonly springs: number;
  /** Matrices of the elements being built, one per grid, and one more. */
  readonly matrices: number;
  /** Matrices of the coarsest elements, until a solve begins. */
  readonly coarsestMatrices: number;
  readonly grids: readonly GridFields[];
  /** Fields of conjugate gradients on the finest grid: displacement and search direction. */
  readonly displacement: number;
  readonly direction: number;
  /** From here to `stencilsEnd` are the stored matrices. */
  readonly stencils: number;
  readonly stencilsEnd: number;
  readonly bytes: number;
}

/** Numbers of a field with all its components. */
export const fieldNumbers = ({ components }: Plan, { geometry }: Grid): number => components * geometry.length;

export const layoutOf = (plan: Plan): Layout => {
  const { components, elementSize, grids, kinds, kindAt, springs, coarsestAnalysis, modes } = plan;
  let next = 0;
  const take = (bytes: number): number => {
    const place = next;
    next += alignedTo16(bytes);
    return place;
  };
  const matrixBytes = 8 * elementSize ** 2;
  const finest = grids[0]!;
  const last = grids.length - 1;
  const modulus = take(8 * finest.geometry.length);
  // Matrices of the coarsest elements are read before a solve begins, which then writes its fields there.
  const fieldBytes = 8 * fieldNumbers(plan, finest);
  const iteration = take(Math.max(2 * fieldBytes, matrixBytes * coarsestAnalysis.elementCount));
  const places = {
    modulus,
    kindAt: take(4 * kindAt.length),
    kinds: take(matrixBytes * kinds.length),
    scratch: take(elementScratch(modes, finest.geometry).bytes),
    springPlaces: take(4 * springs.length),
    springs: take(8 * springs.length),
    matrices: take(matrixBytes * (grids.length + 1)),
    coarsestMatrices: iteration,
    displacement: iteration,
    direction: iteration + fieldBytes,
  };
  const fields = grids.map((grid, level) => {
    const field = (): number => take(8 * fieldNumbers(plan, grid));
    const isCoarsest = level === last;
    const right = field();
    return {
      right,
      // The coarsest grid is solved where its right-hand side is.
      solution: isCoarsest ? right : field(),
      rest: isCoarsest ? right : field(),
      move: isCoarsest ? right : field(),
      inverse: isCoarsest ? right : field(),
      still: take(4 * grid.still.length),
      tables: level === 0 || isCoarsest ? 0 : take(stencilTables(components, grid.geometry.cells.length)),
    };
  });
  const stencils = next;
  const stored = fields.map((own, level) => ({
    ...own,
    stencil: level === 0 || level === last ? 0 : take(stencilBytes(components, grids[level]!.geometry)),
  }));
  return { ...places, grids: stored, stencils, stencilsEnd: next, bytes: next };
};
